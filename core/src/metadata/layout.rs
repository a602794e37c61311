//! The layout: the owner's policy (in-toto specification, section 4.3), read from tokens into the verifier's memory.
//!
//! Every member that decisions need is checked here, whether or not verification comes that far: a layout with a malformed rule
//! is malformed. No member stands in an object twice: the emitter has seen to that when the signatures were checked.

use heapless::VecView;

use crate::bundle::{Extra, Name, Reader, Str, Unread, check_name, names};
use crate::error::{Class, Code, Error, List, Result};
use crate::features::Features;
use crate::limits::KEYS;
use crate::metadata::known::Known;
use crate::metadata::members::Members;
use crate::metadata::parameters::{Parameters, Substitution};
use crate::metadata::rules::Rule;
use crate::metadata::signed_layout::{ShortDigest, SignedLayout};
use crate::metadata::step::{LayoutKey, Role, Span, Step};
use crate::names;
use crate::time::Time;
use crate::trust::keys::KeySet;
use crate::trust::signature::{PublicHalf, PublicKey, Schemes};
use crate::wire::Offset;

/// What a layout says, besides what its keys and steps say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// Number of its envelope.
    pub(crate) envelope: u16,
    /// Number of the link that it stands for; the root layout stands for none.
    pub(crate) link: Option<u16>,
    /// Of a sublayout, what tells apart what was signed.
    pub(crate) digest: Extra<ShortDigest>,
    pub(crate) expires: Time,
    /// Steps, then inspections.
    pub(crate) steps: Span,
    /// Nothing but [`Layout::read`] makes one.
    _read: (),
}

impl Layout {
    /// Reads a signed layout; keys, steps and inspections go to `known`. No list may have more than `RULES` rules.
    #[inline(never)]
    pub(crate) fn read<'b, const RULES: usize, const PATH: usize>(
        signed: &SignedLayout<'b>,
        known: &mut Known<'_, 'b>,
        schemes: &dyn Schemes,
        parameters: Parameters<'_>,
    ) -> Result<Self> {
        let mut reader = Reader::of(signed.envelope());
        let mut found = Members::NONE;
        found.read(&mut reader, &const { names(["expires", "keys", "steps", "inspect"]) }, Code::LayoutType)?;
        if !found.kind.is_some_and(|kind| kind.is("layout")) {
            return Err(Code::LayoutType.into());
        }
        let [expires @ Some(_), Some(keys), Some(steps), Some(inspect)] = found.offsets else {
            return Err(Code::LayoutMember.into());
        };
        let expires = reader.string_at(expires)?.and_then(|text| text.utf8()).and_then(Time::read);
        let expires = expires.ok_or(Code::LayoutExpires)?;
        let keys = read_keys(reader.at(keys), known.keys, schemes)?;
        let first = known.steps.len();
        let envelope = signed.envelope().number();
        let mut reading = Steps { envelope, keys, first, rules: RULES, parameters, space: &mut [0; PATH] };
        reading.read(reader.at(steps), Role::Step, known)?;
        reading.read(reader.at(inspect), Role::Inspection, known)?;
        let steps = Span::new(first, known.steps.len());
        Ok(Self { envelope, link: signed.link(), digest: signed.digest(), expires, steps, _read: () })
    }
}

fn read_keys<'b>(mut reader: Reader<'b>, all: &mut VecView<LayoutKey<'b>>, schemes: &dyn Schemes) -> Result<Span> {
    reader.object_or(Code::LayoutMember)?;
    let first = all.len();
    while let Some(id) = reader.key()? {
        let number = all.len() as u16;
        let key = check_name(id).and_then(|()| read_key(id, &mut reader));
        let (key, subkeys) = key.map_err(|error| error.at_key(number))?;
        let same = all.iter().skip(first).find(|earlier| schemes.same_key(&earlier.key, &key));
        let signer = same.map_or(number, |earlier| earlier.signer);
        push_key(LayoutKey { id, key, signer, is_subkey: false }, all)?;
        if let Some(subkeys) = subkeys
            && cfg!(feature = "openpgp")
            && schemes.is_openpgp(&key)
        {
            read_subkeys(reader.at(subkeys), first, all, schemes)?;
        }
    }
    Ok(Span::new(first, all.len()))
}

fn push_key<'b>(key: LayoutKey<'b>, all: &mut VecView<LayoutKey<'b>>) -> Result<()> {
    let number = all.len() as u16;
    all.push(key).map_err(|_| Error::new(Code::LimitKeys).at_key(number))
}

/// Reads the subkeys of the key that was read last. Whoever holds one signs for that key; so whoever holds a subkey of two keys is one signer for
/// both, and all whose keys hang together this way are.
fn read_subkeys<'b>(
    mut reader: Reader<'b>,
    first: usize,
    all: &mut VecView<LayoutKey<'b>>,
    schemes: &dyn Schemes,
) -> Result<()> {
    let Some(mut signer) = all.last().map(|key| key.signer) else { return Ok(()) };
    if !reader.object()? {
        return Ok(());
    }
    while let Some(id) = reader.key()? {
        let mut value = reader.clone();
        reader.skip()?;
        let key = match read_key(id, &mut value) {
            Ok((key, _)) => key,
            // A key of OpenPGP makes no layout invalid; this part of it can sign nothing.
            Err(error) if error.code().class() == Class::Layout => continue,
            Err(error) => return Err(error),
        };
        let same = all.iter().skip(first).find(|earlier| schemes.same_key(&earlier.key, &key));
        if let Some(other) = same.map(|earlier| earlier.signer).filter(|other| *other != signer) {
            let (low, high) = (signer.min(other), signer.max(other));
            all.iter_mut().skip(first).filter(|key| key.signer == high).for_each(|key| key.signer = low);
            signer = low;
        }
        push_key(LayoutKey { id, key, signer, is_subkey: true }, all)?;
    }
    Ok(())
}

/// Reads a key, and where its subkeys stand. A key of a kind that nobody here knows is one that can sign nothing, and so is one of OpenPGP in the form of
/// a bare key, which securesystemslib has for signatures of its own; malformed is only what is none of the kinds that in-toto has.
fn read_key<'b>(id: Str<'b>, reader: &mut Reader<'b>) -> Result<(PublicKey<'b>, Option<Offset>)> {
    const BARE: [Name; 3] = names(["keyid", "keytype", "scheme"]);
    const OPENPGP: [Name; 2] = names(["type", "method"]);
    let malformed = Error::new(Code::LayoutKey);
    // Templates spell values out, so they are read where they stand.
    let (mut bare, mut openpgp, mut public, mut subkeys) = ([None; 3], [None; 2], None, None);
    reader.object_or(malformed)?;
    while let Some(member) = reader.key()? {
        if member.is("keyval") {
            reader.object_or(malformed)?;
            while let Some(member) = reader.key()? {
                if member.is("public") { public = Some(take_public(reader)?) } else { reader.skip()? }
            }
        } else if Features::BUILD.has(Features::FOREIGN_KEYS)
            && let Some(text) = named(member, &OPENPGP, &mut openpgp)
        {
            *text = reader.text()?;
        } else if let Some(text) = named(member, &BARE, &mut bare) {
            *text = Some(reader.string_or(malformed)?);
        } else {
            if cfg!(feature = "openpgp") && member.is("subkeys") {
                subkeys = Offset::new(reader.offset());
            }
            reader.skip()?;
        }
    }
    let [own, keytype, scheme] = bare;
    if own.is_some_and(|own| own != id) {
        return Err(Code::LayoutKeyId.into());
    }
    if let (Some((keytype, scheme)), Some(public @ PublicHalf::Text(_))) = (keytype.zip(scheme), public) {
        return Ok((PublicKey { keytype, scheme, public }, None));
    }
    reader.need(Features::FOREIGN_KEYS)?;
    let none = PublicHalf::Other(Unread::NONE);
    match (keytype.zip(scheme), openpgp) {
        (Some((keytype, scheme)), _) if !has_text(keytype) || scheme.is(OPENPGP_RSA) => {
            Ok((PublicKey { keytype, scheme, public: none }, None))
        }
        (None, [Some(keytype), Some(scheme)]) => {
            let public = public.filter(|public| matches!(public, PublicHalf::Other(_))).unwrap_or(none);
            Ok((PublicKey { keytype, scheme, public }, subkeys))
        }
        _ => Err(malformed),
    }
}

/// The scheme of OpenPGP whose keys have the same type as others.
const OPENPGP_RSA: &str = "pgp+rsa-pkcsv1.5";

/// Is this one of in-toto's types of keys whose public bytes are text?
fn has_text(keytype: Str<'_>) -> bool {
    ["ed25519", "rsa", "ecdsa"].iter().any(|known| keytype.is(known))
}

fn take_public<'b>(reader: &mut Reader<'b>) -> Result<PublicHalf<'b>> {
    let offset = Offset::new(reader.offset());
    Ok(match reader.text()? {
        Some(text) => PublicHalf::Text(text),
        None => PublicHalf::Other(Unread::at(reader, offset)),
    })
}

/// Where the text of a member goes, if `names` has its name.
fn named<'t, 'b>(member: Str<'b>, names: &[Name], texts: &'t mut [Option<Str<'b>>]) -> Option<&'t mut Option<Str<'b>>> {
    names.iter().zip(texts).find(|(name, _)| member.is(name.text())).map(|(_, text)| text)
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
    fn read<'b>(&mut self, mut reader: Reader<'b>, role: Role, known: &mut Known<'_, 'b>) -> Result<()> {
        reader.array_or(Code::LayoutMember)?;
        while reader.element() {
            let number = known.steps.len() as u16;
            let step = self.read_step(&mut reader, role, known.keys).map_err(|error| error.at_step(number))?;
            if known.steps.iter().skip(self.first).any(|earlier| earlier.name == step.name) {
                return Err(Error::new(Code::LayoutName).at_step(number));
            }
            known.steps.push(step).map_err(|_| Error::new(Code::LimitSteps).at_step(number))?;
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
        check_name(name)?;
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
    match name.utf8() {
        Some(text) => names::is_step_name(text),
        // Of digits all are one.
        None => !name.is_empty(),
    }
}

/// The keys that a step names and the layout has, each with its subkeys, or a subkey alone; others can sign nothing.
fn read_allowed<'b>(mut reader: Reader<'b>, own: Span, keys: &[LayoutKey<'b>]) -> Result<KeySet> {
    let missing = Error::new(Code::LayoutMember);
    reader.array_or(missing)?;
    let mut allowed = KeySet::default();
    let mut named = 0..KEYS;
    while reader.element() {
        if named.next().is_none() && Features::BUILD.has(Features::AMPLE_WORK) {
            return Err(Code::LimitKeys.into());
        }
        let id = reader.string_or(missing)?;
        let from = |is_subkey| {
            let is_other = move |key: &LayoutKey<'_>| cfg!(feature = "openpgp") && key.is_subkey != is_subkey;
            own.numbers().zip(own.of(keys)).skip_while(move |(_, key)| key.id != id || is_other(key))
        };
        // Whatever ids others give their subkeys, this one is the key's own.
        let mut keys = from(false);
        if let Some((number, _)) = keys.next() {
            allowed.insert(number);
            if cfg!(feature = "openpgp") {
                keys.take_while(|(_, key)| key.is_subkey).for_each(|(number, _)| allowed.insert(number));
            }
        } else if cfg!(feature = "openpgp")
            && let Some((number, _)) = from(true).next()
        {
            allowed.insert(number);
        }
    }
    Ok(allowed)
}
