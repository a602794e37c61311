//! JSON values as serde_json reads them, with everything that a `serde_json::Value` hides: members in their order, keys that stand twice,
//! numbers as they are written.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Deeper texts are not looked into: sitrep refuses them long before.
const DEPTH: usize = 100;

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// A string.
    Text(String),
    /// An array.
    Array(Vec<Json>),
    /// An object, its members in order.
    Object(Vec<(String, Json)>),
    /// A list of descriptors as decisions see it: what each is called, and its digest set. In no text.
    Described(Vec<(String, Json)>),
}

/// Why serde_json does not say what a text's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is no JSON.
    NotJson,
    /// It is nested deeper than this reader goes; the rest has not been looked at.
    Deep,
}

impl Json {
    /// Reads a text.
    ///
    /// # Errors
    /// [`Refused`] where that is not possible.
    pub fn read(text: &[u8]) -> Result<Self, Refused> {
        let raw: &RawValue = serde_json::from_slice(text).map_err(|_| Refused::NotJson)?;
        Self::of(raw.get(), 0)
    }

    fn of(raw: &str, depth: usize) -> Result<Self, Refused> {
        if depth > DEPTH {
            return Err(Refused::Deep);
        }
        let no_json = |_| Refused::NotJson;
        Ok(match raw.as_bytes().first() {
            Some(b'{') => {
                let Members(members) = serde_json::from_str(raw).map_err(no_json)?;
                let members = members.into_iter().map(|(key, value)| Ok((key, Self::of(value.get(), depth + 1)?)));
                Self::Object(members.collect::<Result<_, _>>()?)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(raw).map_err(no_json)?;
                Self::Array(items.into_iter().map(|item| Self::of(item.get(), depth + 1)).collect::<Result<_, _>>()?)
            }
            Some(b'"') => Self::Text(serde_json::from_str(raw).map_err(no_json)?),
            Some(b't' | b'f') => Self::Bool(serde_json::from_str(raw).map_err(no_json)?),
            Some(b'n') => Self::Null,
            _ => Self::Number(raw.to_owned()),
        })
    }

    /// A string.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// The member of an object; the last, where it stands there more often.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().rev().find(|(own, _)| own == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items of an array; none for other values.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match self {
            Self::Array(items) => items,
            _ => &[],
        }
    }

    /// How deep containers are nested in it: 0 for a value that is none.
    #[must_use]
    pub fn depth(&self) -> usize {
        match self {
            Self::Array(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Self::Object(members) => 1 + members.iter().map(|(_, value)| value.depth()).max().unwrap_or(0),
            Self::Described(_) => 3,
            _ => 0,
        }
    }

    /// Is what `question` asks true of this value, or of any inside?
    pub fn any(&self, question: &mut impl FnMut(&Self) -> bool) -> bool {
        question(self)
            || match self {
                Self::Array(items) => items.iter().any(|item| item.any(question)),
                Self::Object(members) => members.iter().any(|(_, value)| value.any(question)),
                _ => false,
            }
    }

    /// Is this text what decisions were taken from? A descriptor is called by its `name`, else by its `uri`.
    #[must_use]
    pub fn says(&self, decided: &Self) -> bool {
        match (self, decided) {
            (Self::Array(items), Self::Described(entries)) => {
                let is_entry = |(item, (name, digests)): (&Self, &(String, Self))| {
                    let called = item.get("name").or_else(|| item.get("uri")).and_then(Self::as_str);
                    called == Some(name.as_str()) && item.get("digest") == Some(digests)
                };
                items.len() == entries.len() && items.iter().zip(entries).all(is_entry)
            }
            (Self::Array(items), Self::Array(decided)) => {
                items.len() == decided.len() && items.iter().zip(decided).all(|(item, decided)| item.says(decided))
            }
            (Self::Object(members), Self::Object(decided)) => {
                let is_member = |((key, value), (own, decided)): (&(String, Self), &(String, Self))| {
                    key == own && value.says(decided)
                };
                members.len() == decided.len() && members.iter().zip(decided).all(is_member)
            }
            (text, decided) => text == decided,
        }
    }

    /// Has an object in it a key twice?
    #[must_use]
    pub fn has_duplicate(&self) -> bool {
        self.any(&mut |value| match value {
            Self::Object(members) => {
                let mut keys = HashSet::new();
                !members.iter().all(|(key, _)| keys.insert(key))
            }
            _ => false,
        })
    }

    /// The same value as canonical JSON has it: keys sorted, no minus zero.
    #[must_use]
    pub fn sorted(&self) -> Self {
        match self {
            Self::Array(items) => Self::Array(items.iter().map(Self::sorted).collect()),
            Self::Object(members) => {
                let mut members: Vec<_> = members.iter().map(|(key, value)| (key.clone(), value.sorted())).collect();
                members.sort_by(|(one, _), (other, _)| one.chars().cmp(other.chars()));
                Self::Object(members)
            }
            Self::Number(number) if number == "-0" => Self::Number("0".to_owned()),
            other => other.clone(),
        }
    }

    /// Is a number in it that canonical JSON does not have?
    #[must_use]
    pub fn has_fraction(&self) -> bool {
        self.any(&mut |value| matches!(value, Self::Number(number) if number.contains(['.', 'e', 'E'])))
    }
}

/// The members of an object, not looked into.
struct Members<'j>(Vec<(String, &'j RawValue)>);

impl<'de: 'j, 'j> Deserialize<'de> for Members<'j> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Collect).map(Self)
    }
}
