//! What an envelope is for, as it says of itself.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value;
use sitrep_core::Error;
use sitrep_core::bundle::{Bundle, Envelope, Kind, Str};

use crate::bundle::known::{Component, Digest, Known, Said, Scalar};
use crate::bundle::shown::Shown;
use crate::payload::predicates::{LINKS, name_of};

/// `_type` of a statement.
const STATEMENTS: [&str; 2] = ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"];

/// What an envelope is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The root layout.
    Layout,
    /// A layout in place of a step's link.
    Sublayout,
    /// A step's link.
    Link,
    /// A step's link in the form of a statement.
    LinkStatement,
    /// A statement with any other predicate.
    Attestation,
    /// What was seen of an inspection.
    Observation,
    /// Nothing that counts.
    Other,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Layout => "layout",
            Self::Sublayout => "sublayout",
            Self::Link => "link",
            Self::LinkStatement => "link statement",
            Self::Attestation => "attestation",
            Self::Observation => "observation",
            Self::Other => "payload",
        })
    }
}

impl Role {
    /// The role of an envelope of whose payload this is known.
    #[must_use]
    pub fn of(envelope: &Envelope<'_>, payload: &Known<'_>) -> Self {
        let is_dsse = match envelope.kind() {
            Kind::Observation => return Self::Observation,
            Kind::Metablock => false,
            Kind::Dsse { .. } => true,
        };
        let Some(type_name) = payload.type_name else { return Self::Other };
        match payload.predicate_type {
            _ if type_name.is("layout") && envelope.number() == 0 => Self::Layout,
            _ if type_name.is("layout") => Self::Sublayout,
            _ if type_name.is("link") => Self::Link,
            Some(predicate_type) if is_dsse && STATEMENTS.iter().any(|statement| type_name.is(statement)) => {
                if LINKS.iter().any(|link| predicate_type.is(link)) { Self::LinkStatement } else { Self::Attestation }
            }
            _ => Self::Other,
        }
    }
}

/// What a statement says of its predicate.
#[derive(Clone, Debug, Serialize)]
pub struct Predicate {
    /// Its type's URI.
    pub uri: String,
    /// What people call the type, where it is known.
    pub name: Option<&'static str>,
    /// What it says, as far as it is shown: the first values that are no objects and no lists.
    pub says: Vec<Says>,
    /// Does it say more?
    pub says_more: bool,
}

/// One value of a predicate.
#[derive(Clone, Debug, Serialize)]
pub struct Says {
    /// The way to it: names of members with dots between them, and numbers of elements in brackets.
    pub member: String,
    /// The value.
    pub value: Value,
}

impl Says {
    fn of(said: &Said<'_>, shown: &mut Shown) -> Self {
        let mut member = String::new();
        for component in &said.path {
            match component {
                Component::Member(name) => {
                    let dot = if member.is_empty() { "" } else { "." };
                    member += &format!("{dot}{}", shown.name(*name));
                }
                Component::Element(number) => member += &format!("[{number}]"),
            }
        }
        let value = match said.value {
            Scalar::Null => Value::Null,
            Scalar::Bool(value) => Value::Bool(value),
            Scalar::Integer(value) => Value::from(value),
            Scalar::Number(text) => {
                let text = shown.name(Str::new(text));
                serde_json::from_str(&text).unwrap_or(Value::String(text))
            }
            Scalar::Text(text) => Value::String(shown.name(text)),
        };
        Self { member, value }
    }
}

impl fmt::Display for Says {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", if self.member.is_empty() { "itself" } else { &self.member }, self.value)
    }
}

impl Predicate {
    /// Of a statement; `None` for any other payload.
    pub fn of(payload: &Known<'_>, shown: &mut Shown) -> Option<Self> {
        let uri = shown.name(payload.predicate_type?);
        let name = name_of(&uri);
        let says = payload.said.iter().map(|said| Says::of(said, shown)).collect();
        Some(Self { uri, name, says, says_more: payload.says_more })
    }
}

/// What a statement is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subjects {
    /// How many artifacts.
    pub count: u64,
    /// The first few.
    pub first: Vec<Subject>,
}

/// One artifact that a statement is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Values by algorithm.
    pub digest: BTreeMap<String, String>,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_deref().unwrap_or("(no name)"))?;
        if self.digest.is_empty() {
            return f.write_str(" without digest");
        }
        self.digest.iter().try_for_each(|(algorithm, digest)| write!(f, " {algorithm}:{digest}"))
    }
}

impl Subjects {
    /// Of a statement; `None` where it lists none.
    ///
    /// # Errors
    /// A code of class `bundle` where the bundle is damaged.
    pub fn of<'b>(bundle: &'b Bundle<'b>, payload: &Known<'b>, shown: &mut Shown) -> Result<Option<Self>, Error> {
        let Some(subjects) = &payload.subjects else { return Ok(None) };
        let mut first = Vec::new();
        let mut push = |name: Option<Str<'_>>, digests: &[Digest<'_>]| {
            let digest = digests.iter().map(|(algorithm, value)| (shown.name(*algorithm), shown.name(*value)));
            let digest = digest.collect();
            first.push(Subject { name: shown.optional(name), digest });
        };
        subjects.first.iter().for_each(|subject| push(subject.name.or(subject.uri), &subject.digest));
        subjects.each_artifact(bundle, &mut |path, digests| push(Some(Str::new(path)), digests))?;
        Ok(Some(Self { count: subjects.count, first }))
    }
}
