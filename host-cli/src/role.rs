//! What an envelope is for, as it says of itself.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use sitrep_core::Error;
use sitrep_core::bundle::{ArtifactRuns, Bundle, Envelope, Event, Kind, Reader};
use sitrep_core::limits::HOST;

use crate::predicates::{is_link, name_of};

/// How many subjects of a statement are shown.
const SUBJECTS: usize = 4;

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
    /// The role of an envelope with this payload.
    #[must_use]
    pub fn of(envelope: &Envelope<'_>, payload: &Value) -> Self {
        let is_dsse = match envelope.kind() {
            Kind::Observation => return Self::Observation,
            Kind::Metablock => false,
            Kind::Dsse { .. } => true,
        };
        match (payload["_type"].as_str(), payload["predicateType"].as_str()) {
            (Some("layout"), _) if envelope.number() == 0 => Self::Layout,
            (Some("layout"), _) => Self::Sublayout,
            (Some("link"), _) => Self::Link,
            (Some(statement), Some(predicate_type)) if is_dsse && STATEMENTS.contains(&statement) => {
                if is_link(predicate_type) { Self::LinkStatement } else { Self::Attestation }
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
}

impl Predicate {
    /// Of a statement; `None` for any other payload.
    #[must_use]
    pub fn of(payload: &Value) -> Option<Self> {
        let uri = payload["predicateType"].as_str()?;
        Some(Self { uri: uri.to_owned(), name: name_of(uri) })
    }
}

/// What a statement is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subjects {
    /// How many artifacts.
    pub count: usize,
    /// The first few.
    pub first: Vec<Subject>,
}

/// One artifact that a statement is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Values by algorithm.
    pub digest: Map<String, Value>,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_deref().unwrap_or("(no name)"))?;
        if self.digest.is_empty() {
            return f.write_str(" without digest");
        }
        self.digest.iter().try_for_each(|(algorithm, digest)| match digest {
            Value::String(digest) => write!(f, " {algorithm}:{digest}"),
            other => write!(f, " {algorithm}:{other}"),
        })
    }
}

impl Subjects {
    /// Of a statement, whose payload has been read; `None` where it lists none.
    ///
    /// # Errors
    /// A code of class `bundle` where the tokens are damaged.
    pub fn of<'b>(bundle: &'b Bundle<'b>, envelope: &Envelope<'b>, payload: &Value) -> Result<Option<Self>, Error> {
        if let Some(subjects) = payload["subject"].as_array() {
            let subject = |subject: &Value| Subject {
                name: subject["name"].as_str().map(str::to_owned),
                digest: subject["digest"].as_object().cloned().unwrap_or_default(),
            };
            let first = subjects.iter().take(SUBJECTS).map(subject).collect();
            return Ok(Some(Self { count: subjects.len(), first }));
        }
        match artifact_list(envelope)? {
            Some(runs) => Ok(Some(Self { count: runs.count()? as usize, first: first_of(bundle, runs)? })),
            None => Ok(None),
        }
    }
}

/// The payload's `subject`, where that is an artifact list.
fn artifact_list<'b>(envelope: &Envelope<'b>) -> Result<Option<ArtifactRuns<'b>>, Error> {
    let mut reader = Reader::of(envelope);
    let (mut depth, mut is_subject) = (0_usize, false);
    while let Some(event) = reader.next_event()? {
        match event {
            Event::Artifacts(runs) if depth == 1 && is_subject => return Ok(Some(runs)),
            Event::ObjectStart | Event::ArrayStart => depth += 1,
            Event::End => depth -= 1,
            Event::Key(key) if depth == 1 => {
                is_subject = key.is("subject");
                continue;
            }
            _ => {}
        }
        is_subject = false;
    }
    Ok(None)
}

fn first_of<'b>(bundle: &'b Bundle<'b>, mut runs: ArtifactRuns<'b>) -> Result<Vec<Subject>, Error> {
    let mut path = vec![0; HOST.path];
    let mut cursor = bundle.paths(&mut path);
    let mut first = Vec::new();
    while let Some(run) = runs.next_run()? {
        for number in run.first..run.first + run.count {
            if first.len() == SUBJECTS {
                return Ok(first);
            }
            cursor.seek(number)?;
            let mut digests = cursor.digests(run.variant)?;
            let mut digest = Map::new();
            while let Some((algorithm, value)) = digests.next_digest()? {
                digest.insert(algorithm.to_string(), Value::String(value.to_string()));
            }
            let name = Some(String::from_utf8_lossy(cursor.path()).into_owned());
            first.push(Subject { name, digest });
        }
    }
    Ok(first)
}
