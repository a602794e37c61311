//! Keys in in-toto's JSON: `{"type", "method", "hashes", "keyid", "keyval": {"public": {...}}, "subkeys"?}`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use sitrep_core::bundle::{Event, Unread};

use crate::hex;
use crate::keys::host_key::HostKey;
use crate::keys::key_fault::{KeyFault, RSA_MAX_BITS};
use crate::keys::openpgp::{DSA, EDDSA, RSA};
use crate::keys::public_numbers::PublicNumbers;

/// How many subkeys of an owner's key are read. GnuPG makes one, people who have a card for each machine a handful; bounds the checks of a signature that
/// does not say which of them it is by.
pub(super) const MAX_SUBKEYS: usize = 32;

/// How many hexadecimal digits a number may have: a modulus with a byte of zeros before it.
const MAX_DIGITS: usize = RSA_MAX_BITS as usize / 4 + 2;

/// How many numbers a key may have: DSA's four.
const MAX_NUMBERS: usize = 4;

/// An owner's key, with the subkeys that sign for it.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenPgpKey {
    /// The key itself.
    pub primary: Part,
    /// Those of its subkeys that sign.
    pub subkeys: Vec<Part>,
}

/// A key or a subkey.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Its key id: the fingerprint in lower-case hexadecimal.
    pub id: String,
    /// Its numbers.
    pub key: HostKey,
}

impl OpenPgpKey {
    /// The key ids under which its signatures may stand.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        self.parts().map(|part| part.id.clone()).collect()
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        std::iter::once(&self.primary).chain(&self.subkeys)
    }

    /// `type` and `method`.
    #[must_use]
    pub const fn names(&self) -> (&'static str, &'static str) {
        names(&self.primary.key)
    }

    /// The key as it stands in a layout, but for what is not asked (its times).
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut key = self.primary.to_value();
        if !self.subkeys.is_empty() {
            let subkeys: Map<_, _> = self.subkeys.iter().map(|part| (part.id.clone(), part.to_value())).collect();
            key["subkeys"] = subkeys.into();
        }
        key.to_string()
    }

    /// Reads a key as in-toto writes it.
    ///
    /// # Errors
    /// [`KeyFault`] where it is none, or the key itself cannot be used.
    pub fn from_json(text: &str) -> Result<Self, KeyFault> {
        let mut parts = all_numbers(text)?.into_iter();
        let (id, numbers) = parts.next().ok_or(KeyFault::OpenPgp)?;
        let primary = Part { id, key: HostKey::new(&numbers)? };
        // A subkey that cannot be used signs nothing.
        let subkeys = parts.filter_map(|(id, numbers)| Some(Part { id, key: HostKey::new(&numbers).ok()? }));
        Ok(Self { primary, subkeys: subkeys.collect() })
    }
}

/// The numbers of the key as in-toto writes it, and then of its subkeys as far as they are any, with their key ids.
///
/// # Errors
/// [`KeyFault`] where it is none.
pub fn all_numbers(text: &str) -> Result<Vec<(String, PublicNumbers)>, KeyFault> {
    let mut key = Written::read(text)?;
    let id = key.keyid.clone().ok_or(KeyFault::OpenPgp)?;
    let subkeys = key.subkeys.take().unwrap_or_default();
    let primary = key.numbers(&id)?;
    let subkeys = subkeys.into_iter().filter_map(|(id, subkey)| {
        let numbers = subkey.numbers(&id).ok()?;
        Some((id, numbers))
    });
    Ok(std::iter::once((id, primary)).chain(subkeys).collect())
}

impl Part {
    fn to_value(&self) -> Value {
        let (kind, method) = names(&self.key);
        json!({
            "hashes": ["pgp+SHA2"],
            "keyid": self.id,
            "keyval": {"private": "", "public": numbers(&self.key)},
            "method": method,
            "type": kind,
        })
    }
}

/// A key in JSON. What else may stand in it says nothing about its signatures.
#[derive(Deserialize)]
struct Written {
    #[serde(rename = "type")]
    _kind: String,
    method: String,
    keyid: Option<String>,
    keyval: KeyVal,
    subkeys: Option<BTreeMap<String, Written>>,
}

impl Written {
    fn read(text: &str) -> Result<Self, KeyFault> {
        let key: Self = serde_json::from_str(text).map_err(|_| KeyFault::OpenPgp)?;
        let subkeys = key.subkeys.as_ref().map_or(0, BTreeMap::len);
        if subkeys > MAX_SUBKEYS { Err(KeyFault::OpenPgp) } else { Ok(key) }
    }

    /// Its numbers, where it stands under its own id.
    fn numbers(&self, id: &str) -> Result<PublicNumbers, KeyFault> {
        match &self.keyid {
            Some(keyid) if keyid != id => Err(KeyFault::OpenPgp),
            _ => from_json(&self.method, &self.keyval.public),
        }
    }
}

#[derive(Deserialize)]
struct KeyVal {
    public: Value,
}

const fn names(key: &HostKey) -> (&'static str, &'static str) {
    match key {
        HostKey::Rsa(_) => ("rsa", RSA),
        HostKey::Dsa(_) => ("dsa", DSA),
        _ => ("eddsa", EDDSA),
    }
}

fn numbers(key: &HostKey) -> Value {
    use rsa::traits::PublicKeyParts;
    match key {
        HostKey::Rsa(key) => json!({
            "e": hex::encode(&key.e().to_be_bytes_trimmed_vartime()),
            "n": hex::encode(&key.n().to_be_bytes_trimmed_vartime()),
        }),
        HostKey::Dsa(key) => {
            let group = key.components();
            json!({
                "g": hex::encode(&group.g().to_be_bytes_trimmed_vartime()),
                "p": hex::encode(&group.p().to_be_bytes_trimmed_vartime()),
                "q": hex::encode(&group.q().to_be_bytes_trimmed_vartime()),
                "y": hex::encode(&key.y().to_be_bytes_trimmed_vartime()),
            })
        }
        HostKey::Ed25519(point) => json!({"q": hex::encode(point)}),
        _ => Value::Null,
    }
}

/// Reads the `public` of a key in a layout that core has read.
///
/// # Errors
/// [`KeyFault`] where these are not the numbers of such a key.
pub fn from_layout(method: &str, public: &Unread<'_>) -> Result<PublicNumbers, KeyFault> {
    of_members(method, &members_of(public)?)
}

fn members_of(public: &Unread<'_>) -> Result<Members, KeyFault> {
    let mut reader = public.reader().ok_or(KeyFault::OpenPgp)?;
    if !matches!(reader.next_event(), Ok(Some(Event::ObjectStart))) {
        return Err(KeyFault::OpenPgp);
    }
    let mut members = Members::new();
    while let Ok(Some(Event::Key(name))) = reader.next_event() {
        match reader.next_event() {
            // Before anything is copied: tokens can name a long text many times.
            Ok(Some(Event::Text(digits)))
                if name.len() == 1 && digits.len() <= MAX_DIGITS && members.len() < MAX_NUMBERS =>
            {
                members.insert(name.to_string(), hex::decode(&digits.to_string()).ok_or(KeyFault::OpenPgp)?);
            }
            // What tools add says nothing of the key.
            Ok(Some(Event::Text(_))) if name.len() != 1 => {}
            _ => return Err(KeyFault::OpenPgp),
        }
    }
    Ok(members)
}

/// Reads the `public` of a key in JSON.
///
/// # Errors
/// [`KeyFault`] where these are not the numbers of such a key.
pub fn from_json(method: &str, public: &Value) -> Result<PublicNumbers, KeyFault> {
    let members = public.as_object().ok_or(KeyFault::OpenPgp)?;
    let number = |(name, digits): (&String, &Value)| {
        let digits = digits.as_str().filter(|digits| digits.len() <= MAX_DIGITS)?;
        Some((name.clone(), hex::decode(digits)?))
    };
    let members: Option<Members> = members.iter().map(number).collect();
    of_members(method, &members.filter(|members| members.len() <= MAX_NUMBERS).ok_or(KeyFault::OpenPgp)?)
}

/// Numbers by name, big-endian.
type Members = BTreeMap<String, Vec<u8>>;

fn of_members(method: &str, members: &Members) -> Result<PublicNumbers, KeyFault> {
    let number = |name: &str| members.get(name).map(Vec::as_slice).ok_or(KeyFault::OpenPgp);
    match method {
        RSA => Ok(PublicNumbers::rsa(number("n")?, number("e")?)),
        DSA => Ok(PublicNumbers::dsa([number("p")?, number("q")?, number("g")?, number("y")?])),
        EDDSA => Ok(PublicNumbers::Ed25519(number("q")?.try_into().map_err(|_| KeyFault::OpenPgp)?)),
        _ => Err(KeyFault::OpenPgp),
    }
}
