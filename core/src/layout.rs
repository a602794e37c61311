//! The layout: the owner's policy (in-toto specification, section 4.3), read from tokens into the verifier's memory.
//!
//! Every member that decisions need is checked here, whether or not verification comes that far: a layout with a malformed rule
//! is malformed. No member stands in an object twice: the emitter has seen to that when the signatures were checked.

use crate::bundle::{Event, Reader, Str};
use crate::error::{Code, Error, List, Result};
use crate::keys::KeySet;
use crate::memory::State;
use crate::names;
use crate::rules::Rule;
use crate::signature::{PublicKey, Schemes};
use crate::time::Time;
use crate::trust::SignedLayout;

/// A key of the layout.
#[derive(Clone, Copy, Debug)]
pub struct LayoutKey<'b> {
    /// Its label.
    pub id: Str<'b>,
    /// The key.
    pub key: PublicKey<'b>,
    /// The number of the first key with the same public bytes: two labels of one key are one signer.
    pub(crate) signer: u16,
}

/// Is it a step, or an inspection?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A step, for which functionaries sign links.
    Step,
    /// An inspection, which the verifier runs.
    Inspection,
}

/// A step or inspection of the layout, and what verification found out about it.
#[derive(Clone, Copy, Debug)]
pub struct Step<'b> {
    /// Its name.
    pub name: Str<'b>,
    /// Step or inspection.
    pub role: Role,
    /// How many distinct keys must vouch for it.
    pub threshold: u32,
    /// Labels of the keys that may sign its links.
    pub(crate) allowed: KeySet,
    /// Where the layout's payload holds its values; `None` for those that it leaves out.
    pub(crate) materials_rules: Option<u32>,
    pub(crate) products_rules: Option<u32>,
    pub(crate) command: Option<u32>,
    /// The signers that vouched for it, as numbers of keys.
    pub(crate) vouched: KeySet,
    /// How many links counted, and the number of the first among the links read.
    pub(crate) links: u16,
    pub(crate) link: Option<u16>,
}

impl Step<'_> {
    pub(crate) const fn rules(&self, list: List) -> Option<u32> {
        match list {
            List::Materials => self.materials_rules,
            List::Products => self.products_rules,
        }
    }
}

/// What the layout says besides keys and steps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout<'b> {
    pub(crate) signed: SignedLayout<'b>,
    pub(crate) expires: Time,
}

impl<'b> Layout<'b> {
    /// Reads a signed layout; keys, steps and inspections go to `state`. No list may have more than `rules` rules.
    #[inline(never)]
    pub(crate) fn read(
        signed: SignedLayout<'b>,
        state: &mut State<'_, 'b>,
        schemes: &dyn Schemes,
        rules: usize,
    ) -> Result<Self> {
        let mut reader = Reader::of(&signed.envelope);
        if !reader.object()? {
            return Err(Code::LayoutType.into());
        }
        let (mut is_layout, mut expires, mut keys, mut steps, mut inspect) = (false, None, None, None, None);
        while let Some(member) = reader.key()? {
            match member.text().unwrap_or_default() {
                "_type" => {
                    is_layout = reader.string()?.is_some_and(|kind| kind.is("layout"));
                    if !is_layout {
                        return Err(Code::LayoutType.into());
                    }
                }
                "expires" => {
                    let text = reader.string()?.and_then(|text| text.text());
                    expires = Some(text.and_then(Time::parse).ok_or(Code::LayoutExpires)?);
                }
                "keys" => keys = Some(later(&mut reader)?),
                "steps" => steps = Some(later(&mut reader)?),
                "inspect" => inspect = Some(later(&mut reader)?),
                _ => reader.skip()?,
            }
        }
        if !is_layout {
            return Err(Code::LayoutType.into());
        }
        let missing = Error::new(Code::LayoutMember);
        let (keys, steps, inspect) = (keys.ok_or(missing)?, steps.ok_or(missing)?, inspect.ok_or(missing)?);
        let at = |offset| Reader::new(signed.envelope.strings, signed.envelope.tokens, offset);
        read_keys(at(keys), state, schemes)?;
        read_steps(at(steps), Role::Step, state, rules)?;
        read_steps(at(inspect), Role::Inspection, state, rules)?;
        Ok(Self { signed, expires: expires.ok_or(missing)? })
    }

    /// A reader that stands before the value at `offset` of the payload.
    pub(crate) fn reader(&self, offset: u32) -> Reader<'b> {
        Reader::new(self.signed.envelope.strings, self.signed.envelope.tokens, offset)
    }
}

/// Remembers where a member's value is, and reads past it.
fn later(reader: &mut Reader<'_>) -> Result<u32> {
    let offset = reader.offset();
    reader.skip()?;
    Ok(offset)
}

fn read_keys<'b>(mut reader: Reader<'b>, state: &mut State<'_, 'b>, schemes: &dyn Schemes) -> Result<()> {
    if !reader.object()? {
        return Err(Code::LayoutMember.into());
    }
    while let Some(id) = reader.key()? {
        let number = state.keys.len() as u16;
        let key = read_key(id, &mut reader).map_err(|error| error.at_key(number))?;
        let same = state.keys.iter().find(|earlier| schemes.same_key(&earlier.key, &key));
        let signer = same.map_or(number, |earlier| earlier.signer);
        state.keys.push(LayoutKey { id, key, signer }).map_err(|_| Error::new(Code::LimitKeys).at_key(number))?;
    }
    Ok(())
}

fn read_key<'b>(id: Str<'b>, reader: &mut Reader<'b>) -> Result<PublicKey<'b>> {
    let malformed = Error::new(Code::LayoutKey);
    if !reader.object()? {
        return Err(malformed);
    }
    let (mut keytype, mut scheme, mut public) = (None, None, None);
    while let Some(member) = reader.key()? {
        match member.text().unwrap_or_default() {
            "keyid" => {
                if reader.string()?.ok_or(malformed)? != id {
                    return Err(Code::LayoutKeyId.into());
                }
            }
            "keytype" => {
                keytype = Some(reader.string()?.ok_or(malformed)?);
            }
            "scheme" => {
                scheme = Some(reader.string()?.ok_or(malformed)?);
            }
            "keyval" => {
                if !reader.object()? {
                    return Err(malformed);
                }
                while let Some(member) = reader.key()? {
                    if !member.is("public") {
                        reader.skip()?;
                        continue;
                    }
                    public = Some(reader.string()?.ok_or(malformed)?);
                }
            }
            _ => reader.skip()?,
        }
    }
    match (keytype, scheme, public) {
        (Some(keytype), Some(scheme), Some(public)) => Ok(PublicKey { keytype, scheme, public }),
        _ => Err(malformed),
    }
}

fn read_steps<'b>(mut reader: Reader<'b>, role: Role, state: &mut State<'_, 'b>, rules: usize) -> Result<()> {
    if !reader.array()? {
        return Err(Code::LayoutMember.into());
    }
    while reader.element()? {
        let number = state.steps.len() as u16;
        let step = read_step(&mut reader, role, state, rules).map_err(|error| error.at_step(number))?;
        if state.steps.iter().any(|earlier| earlier.name == step.name) {
            return Err(Error::new(Code::LayoutName).at_step(number));
        }
        state.steps.push(step).map_err(|_| Error::new(Code::LimitSteps).at_step(number))?;
    }
    Ok(())
}

fn read_step<'b>(reader: &mut Reader<'b>, role: Role, state: &State<'_, 'b>, rules: usize) -> Result<Step<'b>> {
    let missing = Error::new(Code::LayoutMember);
    if !reader.object()? {
        return Err(missing);
    }
    let (mut name, mut threshold, mut allowed) = (None, None, None);
    let (mut materials_rules, mut products_rules, mut command) = (None, None, None);
    while let Some(member) = reader.key()? {
        match (member.text().unwrap_or_default(), role) {
            ("name", _) => {
                let text = reader.string()?.ok_or(missing)?;
                if !is_step_name(text) {
                    return Err(Code::LayoutName.into());
                }
                name = Some(text);
            }
            ("expected_materials", _) => {
                materials_rules = Some(reader.offset());
                check_rules(reader, List::Materials, rules)?;
            }
            ("expected_products", _) => {
                products_rules = Some(reader.offset());
                check_rules(reader, List::Products, rules)?;
            }
            ("threshold", Role::Step) => {
                let number = match reader.next_event()? {
                    Some(Event::Number(number)) => number.to_u32(),
                    _ => None,
                };
                threshold = Some(number.filter(|number| *number >= 1).ok_or(Code::LayoutThreshold)?);
            }
            ("pubkeys", Role::Step) => {
                allowed = Some(read_allowed(reader, state)?);
            }
            ("expected_command", Role::Step) | ("run", Role::Inspection) => {
                command = Some(reader.offset());
                if !skip_strings(reader)? {
                    return Err(missing);
                }
            }
            _ => reader.skip()?,
        }
    }
    let is_whole = materials_rules.is_some() && products_rules.is_some() && threshold.is_some() && allowed.is_some();
    if role == Role::Step && !is_whole {
        return Err(missing);
    }
    Ok(Step {
        name: name.ok_or(missing)?,
        role,
        threshold: threshold.unwrap_or_default(),
        allowed: allowed.unwrap_or_default(),
        materials_rules,
        products_rules,
        command,
        vouched: KeySet::default(),
        links: 0,
        link: None,
    })
}

fn is_step_name(name: Str<'_>) -> bool {
    match name {
        Str::Text(text) => names::is_step_name(text),
        Str::Hex(bytes) => !bytes.is_empty(),
    }
}

/// The keys that a step names and the layout has; others can sign nothing.
fn read_allowed<'b>(reader: &mut Reader<'b>, state: &State<'_, 'b>) -> Result<KeySet> {
    let missing = Error::new(Code::LayoutMember);
    if !reader.array()? {
        return Err(missing);
    }
    let mut allowed = KeySet::default();
    while reader.element()? {
        let id = reader.string()?.ok_or(missing)?;
        if let Some(number) = state.keys.iter().position(|key| key.id == id) {
            allowed.insert(number as u16);
        }
    }
    Ok(allowed)
}

fn check_rules(reader: &mut Reader<'_>, list: List, most: usize) -> Result<()> {
    if !reader.array()? {
        return Err(Code::LayoutMember.into());
    }
    let mut count: usize = 0;
    while reader.element()? {
        let place = |error: Error| error.at_rule(list, count as u16);
        Rule::read(reader).map_err(place)?;
        if count >= most {
            return Err(place(Code::LimitRules.into()));
        }
        count = count.saturating_add(1);
    }
    Ok(())
}

/// Reads past a list of strings; `false` where it is something else.
pub(crate) fn skip_strings(reader: &mut Reader<'_>) -> Result<bool> {
    if !reader.array()? {
        return Ok(false);
    }
    while reader.element()? {
        if reader.string()?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}
