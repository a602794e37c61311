//! The layout: the owner's policy (in-toto specification, section 4.3), read from tokens into the verifier's memory.
//!
//! Every member that decisions need is checked here, whether or not verification comes that far: a layout with a malformed rule
//! is malformed. No member stands in an object twice: the emitter has seen to that when the signatures were checked.

use crate::bundle::{Name, Reader, Str, names};
use crate::error::{Code, Error, List, Result};
use crate::features::{Extra, Features, hex_bytes};
use crate::keys::KeySet;
use crate::members::{Members, Offset};
use crate::memory::State;
use crate::names;
use crate::parameters::{Parameters, Substitution};
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
    /// The number of its layout's envelope: 0 for the root layout.
    pub layout: u16,
    /// How many distinct keys must vouch for it.
    pub threshold: u32,
    /// Labels of the keys that may sign its links.
    pub(crate) allowed: KeySet,
    /// Where the layout's payload holds its values; `None` for those that it leaves out.
    pub(crate) materials_rules: Option<Offset>,
    pub(crate) products_rules: Option<Offset>,
    pub(crate) command: Extra<Option<Offset>>,
    /// The signers that vouched for it, as numbers of keys.
    pub(crate) vouched: KeySet,
    /// How many links counted, and the number of the first among the links read.
    pub(crate) links: u16,
    pub(crate) link: Option<u16>,
}

impl Step<'_> {
    pub(crate) const fn rules(&self, list: List) -> Option<Offset> {
        match list {
            List::Materials => self.materials_rules,
            List::Products => self.products_rules,
        }
    }
}

/// Which of the verifier's keys, steps or links are those of one layout: numbers from `first` on, below `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: u16,
    pub(crate) end: u16,
}

impl Span {
    /// All of the first `end` from `first` on.
    pub(crate) const fn new(first: usize, end: usize) -> Self {
        Self { first: first as u16, end: end as u16 }
    }

    pub(crate) fn numbers(self) -> impl DoubleEndedIterator<Item = u16> {
        self.first..self.end
    }

    /// The part of `all` that it names: all of it, where there is one layout only.
    pub(crate) fn of<T>(self, all: &[T]) -> &[T] {
        if !Features::BUILD.has(Features::SUBLAYOUTS) {
            return all;
        }
        all.get(usize::from(self.first)..usize::from(self.end)).unwrap_or(&[])
    }

    pub(crate) fn of_mut<T>(self, all: &mut [T]) -> &mut [T] {
        if !Features::BUILD.has(Features::SUBLAYOUTS) {
            return all;
        }
        all.get_mut(usize::from(self.first)..usize::from(self.end)).unwrap_or(&mut [])
    }
}

/// What a layout says, besides what its keys and steps say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// Number of its envelope.
    pub(crate) envelope: u16,
    /// Number of the link that it stands for; the root layout stands for none.
    pub(crate) link: Option<u16>,
    pub(crate) expires: Time,
    /// Steps, then inspections.
    pub(crate) steps: Span,
}

impl Layout {
    /// Reads a signed layout; keys, steps and inspections go to `state`. No list may have more than `RULES` rules.
    #[inline(never)]
    pub(crate) fn read<'b, const RULES: usize, const PATH: usize>(
        signed: &SignedLayout<'b>,
        state: &mut State<'_, 'b>,
        schemes: &dyn Schemes,
        parameters: Parameters<'_>,
    ) -> Result<Self> {
        let mut reader = Reader::of(&signed.envelope);
        let mut found = Members::NONE;
        found.read(&mut reader, &const { names(["expires", "keys", "steps", "inspect"]) }, Code::LayoutType)?;
        if !found.kind.is_some_and(|kind| kind.is("layout")) {
            return Err(Code::LayoutType.into());
        }
        let [expires @ Some(_), Some(keys), Some(steps), Some(inspect)] = found.offsets else {
            return Err(Code::LayoutMember.into());
        };
        let expires = reader.string_at(expires)?.and_then(|text| text.text()).and_then(Time::parse);
        let expires = expires.ok_or(Code::LayoutExpires)?;
        let keys = read_keys(reader.at(keys), state, schemes)?;
        let first = state.steps.len();
        let envelope = signed.envelope.number();
        let mut reading = Steps { envelope, keys, first, rules: RULES, parameters, space: &mut [0; PATH] };
        reading.read(reader.at(steps), Role::Step, state)?;
        reading.read(reader.at(inspect), Role::Inspection, state)?;
        let steps = Span::new(first, state.steps.len());
        Ok(Self { envelope, link: signed.link, expires, steps })
    }
}

fn read_keys<'b>(mut reader: Reader<'b>, state: &mut State<'_, 'b>, schemes: &dyn Schemes) -> Result<Span> {
    reader.object_or(Code::LayoutMember)?;
    let first = state.keys.len();
    while let Some(id) = reader.key()? {
        let number = state.keys.len() as u16;
        let key = read_key(id, &mut reader).map_err(|error| error.at_key(number))?;
        let same = state.keys.iter().skip(first).find(|earlier| schemes.same_key(&earlier.key, &key));
        let signer = same.map_or(number, |earlier| earlier.signer);
        state.keys.push(LayoutKey { id, key, signer }).map_err(|_| Error::new(Code::LimitKeys).at_key(number))?;
    }
    Ok(Span::new(first, state.keys.len()))
}

fn read_key<'b>(id: Str<'b>, reader: &mut Reader<'b>) -> Result<PublicKey<'b>> {
    let malformed = Error::new(Code::LayoutKey);
    // Templates spell values out, so they are read where they stand.
    let (mut own, mut inner) = ([None; 3], [None]);
    reader.object_or(malformed)?;
    while let Some(member) = reader.key()? {
        if !member.is("keyval") {
            read_text(member, &const { names(["keyid", "keytype", "scheme"]) }, &mut own, reader)?;
            continue;
        }
        reader.object_or(malformed)?;
        while let Some(member) = reader.key()? {
            read_text(member, &const { names(["public"]) }, &mut inner, reader)?;
        }
    }
    match (own, inner) {
        ([Some(own), ..], _) if own != id => Err(Code::LayoutKeyId.into()),
        ([_, Some(keytype), Some(scheme)], [Some(public)]) => Ok(PublicKey { keytype, scheme, public: public.into() }),
        _ => Err(malformed),
    }
}

/// Reads the value of a member: a string where `names` has its name, anything otherwise.
#[inline(never)]
fn read_text<'b>(
    member: Str<'b>,
    names: &[Name],
    texts: &mut [Option<Str<'b>>],
    reader: &mut Reader<'b>,
) -> Result<()> {
    match names.iter().zip(texts).find(|(name, _)| member.is(name.text())) {
        Some((_, text)) => *text = Some(reader.string_or(Code::LayoutKey)?),
        None => reader.skip()?,
    }
    Ok(())
}

/// What is needed to read a layout's steps and inspections.
struct Steps<'a, 's> {
    /// Number of the layout's envelope.
    envelope: u16,
    /// The layout's own keys, and the number of its first step.
    keys: Span,
    first: usize,
    /// The most rules in one list.
    rules: usize,
    parameters: Parameters<'a>,
    /// Holds the words of one list of rules that parameters change.
    space: &'s mut [u8],
}

impl Steps<'_, '_> {
    fn read<'b>(&mut self, mut reader: Reader<'b>, role: Role, state: &mut State<'_, 'b>) -> Result<()> {
        reader.array_or(Code::LayoutMember)?;
        while reader.element() {
            let number = state.steps.len() as u16;
            let step = self.read_step(&mut reader, role, state.keys).map_err(|error| error.at_step(number))?;
            if state.steps.iter().skip(self.first).any(|earlier| earlier.name == step.name) {
                return Err(Error::new(Code::LayoutName).at_step(number));
            }
            state.steps.push(step).map_err(|_| Error::new(Code::LimitSteps).at_step(number))?;
            // After it is kept, so that a refusal can name it.
            for list in [List::Materials, List::Products] {
                if let Some(offset) = step.rules(list) {
                    self.check_rules(reader.at(offset), list).map_err(|error| error.at_step(number))?;
                }
            }
        }
        Ok(())
    }

    #[inline(never)]
    fn read_step<'b>(&self, reader: &mut Reader<'b>, role: Role, keys: &[LayoutKey<'b>]) -> Result<Step<'b>> {
        const RUN: Name = Name::of("run");
        const NAMES: [Name; 6] =
            names(["name", "expected_materials", "expected_products", "expected_command", "threshold", "pubkeys"]);
        let [name, materials, products, command, threshold, pubkeys] = NAMES;
        let command = if role == Role::Step { command } else { RUN };
        let names = [name, materials, products, command, threshold, pubkeys];
        let mut found = Members::NONE;
        found.read(reader, &names, Code::LayoutMember)?;
        let [name, materials_rules, products_rules, command, threshold, pubkeys] = found.offsets;
        let name = reader.string_at_or(name, Code::LayoutMember)?;
        if !is_step_name(name) {
            return Err(Code::LayoutName.into());
        }
        if let Some(command) = command
            && reader.has(Features::COMMANDS)
            && !self.parameters.check_strings(&mut reader.at(command))?
        {
            return Err(Code::LayoutMember.into());
        }
        let mut step = Step {
            name,
            role,
            layout: self.envelope,
            threshold: 0,
            allowed: KeySet::default(),
            materials_rules,
            products_rules,
            command: Extra::new(command),
            vouched: KeySet::default(),
            links: 0,
            link: None,
        };
        if role == Role::Step {
            let [Some(_), Some(_), Some(threshold), Some(pubkeys)] =
                [materials_rules, products_rules, threshold, pubkeys]
            else {
                return Err(Code::LayoutMember.into());
            };
            let threshold = reader.integer_at(threshold)?;
            step.threshold = threshold.filter(|threshold| *threshold >= 1).ok_or(Code::LayoutThreshold)?;
            step.allowed = read_allowed(reader.at(pubkeys), self.keys, keys)?;
        }
        Ok(step)
    }

    fn check_rules(&mut self, mut reader: Reader<'_>, list: List) -> Result<()> {
        reader.array_or(Code::LayoutMember)?;
        let mut substitution = Substitution::new(self.parameters, self.space);
        let mut count: usize = 0;
        while reader.element() {
            let place = |error: Error| error.at_rule(list, count as u16);
            Rule::read(&mut reader, &mut substitution).map_err(place)?;
            if count >= self.rules {
                return Err(place(Code::LimitRules.into()));
            }
            count = count.saturating_add(1);
        }
        Ok(())
    }
}

fn is_step_name(name: Str<'_>) -> bool {
    match name {
        Str::Text(text) => names::is_step_name(text),
        Str::Hex(bytes) => !hex_bytes(&bytes).is_empty(),
    }
}

/// The keys that a step names and the layout has; others can sign nothing.
fn read_allowed<'b>(mut reader: Reader<'b>, own: Span, keys: &[LayoutKey<'b>]) -> Result<KeySet> {
    let missing = Error::new(Code::LayoutMember);
    reader.array_or(missing)?;
    let mut allowed = KeySet::default();
    while reader.element() {
        let id = reader.string_or(missing)?;
        if let Some((number, _)) = own.numbers().zip(own.of(keys)).find(|(_, key)| key.id == id) {
            allowed.insert(number);
        }
    }
    Ok(allowed)
}
