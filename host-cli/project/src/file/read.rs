//! How values of a file are read: words with and without brackets, commands, keys, JSON.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{Command, Extra, InlineKey, KeySource, Words};
use crate::expires::Expires;

impl<'de> Deserialize<'de> for Expires {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_str(&text).map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMany("a text or a list of texts")).map(|(words, _)| Self(words))
    }
}

impl<'de> Deserialize<'de> for Command {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_any(OneOrMany("a command, or the list of its words"))? {
            (words, false) => Ok(Self(words)),
            (words, true) => Self::split(words.first().map(String::as_str).unwrap_or_default())
                .ok_or_else(|| de::Error::custom("a quotation mark in the command is not closed")),
        }
    }
}

impl Command {
    /// Splits a command as a shell would; `None` where a quotation mark is not closed.
    #[must_use]
    pub fn split(text: &str) -> Option<Self> {
        shlex::split(text).map(Self)
    }

    /// The command as one text, which is split into the same words again; `None` where there is none that a person would want to read.
    #[must_use]
    pub fn joined(words: &[String]) -> Option<String> {
        let text = shlex::try_join(words.iter().map(String::as_str)).ok()?;
        let is_readable = !words.is_empty() && !text.chars().any(char::is_control);
        (is_readable && shlex::split(&text).as_deref() == Some(words)).then_some(text)
    }
}

/// Reads a text (`true`) or a list of texts.
struct OneOrMany(&'static str);

impl<'de> Visitor<'de> for OneOrMany {
    type Value = (Vec<String>, bool);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok((vec![text.to_owned()], true))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = list.next_element()? {
            words.push(word);
        }
        Ok((words, false))
    }
}

impl<'de> Deserialize<'de> for KeySource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Source;
        impl<'de> Visitor<'de> for Source {
            type Value = KeySource;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the path of a public key, or a table with id, keytype, scheme and public")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<KeySource, E> {
                Ok(KeySource::File(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<KeySource, A::Error> {
                InlineKey::deserialize(de::value::MapAccessDeserializer::new(map)).map(KeySource::Inline)
            }
        }
        deserializer.deserialize_any(Source)
    }
}

impl<'de> Deserialize<'de> for Extra {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        serde_json::from_str(&text)
            .map(Self)
            .map_err(|error| de::Error::custom(format!("expected a JSON object: {error}")))
    }
}
