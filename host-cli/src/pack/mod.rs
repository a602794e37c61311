//! Writes bundles (core's BUNDLE.md).
//!
//! Documents are added one by one; [`Packer::finish`] then counts their strings, merges their artifact maps and writes the three sections. Equal documents
//! in equal order give equal bytes.

mod artifacts;
mod excess;
mod observation;
mod paths;
mod runs;
mod strings;
mod tokens;
mod wire;

use std::collections::BTreeMap;
use std::fmt;

use sitrep_core::bundle::{MAGIC, VERSION};
use sitrep_core::limits::{Features, PROFILES, SHAPES, VARIANTS};

use self::excess::Excess;
pub use self::excess::LeftOut;
use self::runs::Runs;
use self::strings::Strings;
use self::tokens::{Tokens, Writer};
pub(crate) use self::wire::push_varint;
use crate::metadata::{Document, Wrapping};
use crate::payload::{ArtifactList, Formatting, PatchKind};

// Bits of an envelope's first byte: what follows it.
/// The number of the sublayout that it belongs to.
const HAS_PARENT: u8 = 16;
/// The name of the step for which it is a sublayout.
const HAS_STEP: u8 = 32;

/// Collects documents, then writes one bundle.
#[derive(Clone, Debug, Default)]
pub struct Packer {
    documents: Vec<Labelled>,
}

#[derive(Clone, Debug)]
struct Labelled {
    /// The number of the sublayout that it belongs to; 0 for the root layout's.
    parent: u16,
    /// The step for which it is a sublayout.
    step: Option<String>,
    file_name: String,
    /// Does the file name follow from the document?
    derived: bool,
    document: Document,
}

/// What was seen of an inspection.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// The number of the sublayout that it belongs to; 0 for the root layout's.
    pub parent: u16,
    /// Name of the inspection.
    pub name: String,
    /// The command that was run.
    pub command: Vec<String>,
    /// What it returned.
    pub return_value: i32,
    /// SHA-256 digests of the files before it ran, by path.
    pub materials: BTreeMap<String, [u8; 32]>,
    /// SHA-256 digests of the files after it ran, by path.
    pub products: BTreeMap<String, [u8; 32]>,
}

impl Packer {
    /// A packer without documents.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a document: first the layout, then its links and attestations. `file_name` becomes the label when it is not the derived one.
    /// Gives the envelope's number.
    pub fn add(&mut self, file_name: &str, document: Document) -> u16 {
        self.add_to(0, file_name, document)
    }

    /// Adds a link or an attestation of the sublayout with number `parent`, which was added before.
    pub fn add_to(&mut self, parent: u16, file_name: &str, document: Document) -> u16 {
        self.push(parent, None, file_name, document)
    }

    /// Adds a sublayout, which stands for a step of the layout with number `parent`. What it is signed with does not say which step.
    pub fn add_sublayout(&mut self, parent: u16, step: &str, file_name: &str, document: Document) -> u16 {
        self.push(parent, Some(step.to_owned()), file_name, document)
    }

    fn push(&mut self, parent: u16, step: Option<String>, file_name: &str, document: Document) -> u16 {
        let keyid = document.signatures().first().and_then(|signature| signature.keyid.as_deref());
        let derived = derived_file_name(step.as_deref(), document.type_name(), document.name(), keyid);
        let derived = derived.is_some_and(|derived| derived == file_name);
        self.documents.push(Labelled { parent, step, file_name: file_name.to_owned(), derived, document });
        // More are refused when the bundle is written.
        u16::try_from(self.documents.len() - 1).unwrap_or(u16::MAX)
    }

    /// Adds what was observed of an inspection.
    pub fn add_observation(&mut self, observation: &Observation) {
        let document = observation::document(observation);
        let parent = observation.parent;
        self.documents.push(Labelled { parent, step: None, file_name: String::new(), derived: true, document });
    }

    /// The documents with their file names, in the order in which they were added.
    pub fn documents(&self) -> impl Iterator<Item = (&str, &Document)> {
        self.documents.iter().map(|labelled| (labelled.file_name.as_str(), &labelled.document))
    }

    /// The documents of the layout with number `parent`.
    pub(crate) fn documents_of(&self, parent: u16) -> impl Iterator<Item = &Document> {
        let of_parent = self.documents.iter().skip(1).filter(move |labelled| labelled.parent == parent);
        of_parent.map(|labelled| &labelled.document)
    }

    /// Where the document with this number is unpacked to: its file name, and before it the directories of the sublayouts that it is in.
    #[must_use]
    pub fn path(&self, number: u16) -> Option<String> {
        let labelled = self.documents.get(usize::from(number))?;
        match labelled.parent {
            0 => Some(labelled.file_name.clone()),
            parent => {
                let directory = self.path(parent)?;
                Some(format!("{}/{}", sublayout_directory(&directory)?, labelled.file_name))
            }
        }
    }

    /// Writes the bundle. `profile` is the number for its header ([`sitrep_core::limits::Limits::profile`]; 0 for none).
    ///
    /// # Errors
    /// What cannot go into a bundle.
    pub fn finish(&self, profile: u8) -> Result<Vec<u8>, PackError> {
        self.write(profile).map_err(|excess| excess.error)
    }

    fn write(&self, profile: u8) -> Result<Vec<u8>, Excess> {
        if self.documents.len() > usize::from(u16::MAX) {
            return Err(PackError::TooManyEnvelopes(self.documents.len()).into());
        }
        let lists: Vec<&ArtifactList> =
            self.documents.iter().flat_map(|labelled| &labelled.document.payload.lists).collect();
        let tokens = Tokens::new();
        let mut strings = Strings::new(features(profile).has(Features::HEX_STRINGS));
        for labelled in &self.documents {
            labelled.count_strings(&tokens, &mut strings);
        }
        artifacts::count_strings(&lists, &mut strings);
        strings.number();

        let artifacts = artifacts::merge(&lists, &strings).map_err(|surplus| self.excess(surplus))?;
        let envelopes = self.envelopes(&tokens, &strings, &artifacts.runs)?;
        let strings = strings.section()?;

        let mut bundle =
            Vec::with_capacity(32 + strings.len() + artifacts.head.len() + artifacts.entries.len() + envelopes.len());
        bundle.extend_from_slice(&MAGIC);
        bundle.extend_from_slice(&[VERSION, profile]);
        for (section, length) in [
            (Section::Strings, strings.len()),
            (Section::Artifacts, artifacts.head.len() + artifacts.entries.len()),
            (Section::Envelopes, envelopes.len()),
        ] {
            push_varint(&mut bundle, u32::try_from(length).map_err(|_| PackError::TooLarge(section))?);
        }
        for part in [strings, artifacts.head, artifacts.entries, envelopes] {
            bundle.extend_from_slice(&part);
        }
        Ok(bundle)
    }

    fn envelopes(&self, tokens: &Tokens, strings: &Strings<'_>, runs: &[Runs]) -> Result<Vec<u8>, PackError> {
        let mut section = Vec::new();
        push_varint(&mut section, self.documents.len() as u32);
        let mut rest = runs;
        let mut body = Vec::new();
        for labelled in &self.documents {
            let (runs, after) = rest.split_at_checked(labelled.document.payload.lists.len()).unwrap_or_default();
            rest = after;
            body.clear();
            labelled.push_body(tokens, strings, runs, &mut body);
            let length = u32::try_from(body.len()).map_err(|_| PackError::TooLarge(Section::Envelopes))?;
            push_varint(&mut section, length);
            section.extend_from_slice(&body);
        }
        Ok(section)
    }
}

impl Labelled {
    fn count_strings<'a>(&'a self, tokens: &Tokens, strings: &mut Strings<'a>) {
        if let Some(step) = &self.step {
            strings.count_reference(step);
        }
        if !self.derived {
            strings.count_reference(&self.file_name);
        }
        for keyid in self.document.signatures().iter().filter_map(|signature| signature.keyid.as_deref()) {
            strings.count_reference(keyid);
        }
        if let Some(payload_type) = self.document.payload_type() {
            strings.count_reference(payload_type);
        }
        tokens.write(self.document.payload(), strings);
    }

    /// Writes the body of the envelope (BUNDLE.md, section 5).
    fn push_body(&self, tokens: &Tokens, strings: &Strings<'_>, runs: &[Runs], out: &mut Vec<u8>) {
        let kind = match &self.document.wrapping {
            Wrapping::Metablock => 0,
            Wrapping::Dsse { .. } => 1,
            Wrapping::Observation => 2,
        };
        let has_parent = if self.parent > 0 { HAS_PARENT } else { 0 };
        let has_step = if self.step.is_some() { HAS_STEP } else { 0 };
        out.push(kind | has_parent | has_step);
        if self.parent > 0 {
            push_varint(out, u32::from(self.parent));
        }
        if let Some(step) = &self.step {
            push_varint(out, strings.reference(step));
        }
        let optional = |string: Option<&str>| string.map_or(0, |string| strings.reference(string) + 1);
        push_varint(out, optional((!self.derived).then_some(self.file_name.as_str())));
        push_varint(out, self.document.signatures().len() as u32);
        for signature in self.document.signatures() {
            push_varint(out, optional(signature.keyid.as_deref()));
            push_varint(out, signature.bytes.len() as u32);
            out.extend_from_slice(&signature.bytes);
        }
        if let Wrapping::Dsse { payload_type, formatting } = &self.document.wrapping {
            push_varint(out, strings.reference(payload_type));
            push_formatting(out, formatting);
        }
        let lists = &self.document.payload.lists;
        tokens.write(self.document.payload(), &mut Writer { out, strings, lists, runs });
    }
}

fn push_formatting(out: &mut Vec<u8>, formatting: &Formatting) {
    push_varint(out, formatting.length);
    if let Some((byte, spaces)) = formatting.style.encode() {
        out.push(byte);
        out.extend(spaces);
    }
    push_varint(out, formatting.patches.len() as u32);
    let mut last = 0;
    for patch in &formatting.patches {
        push_varint(out, patch.token - last);
        last = patch.token;
        push_varint(out, (patch.bytes.len() as u32) << 1 | u32::from(patch.kind == PatchKind::String));
        out.extend_from_slice(&patch.bytes);
    }
}

/// The file name that follows from an envelope's step, or its payload's `_type` and `name`, and from the first signature's key id
/// (BUNDLE.md, section 5).
pub(crate) fn derived_file_name(
    step: Option<&str>,
    type_name: Option<&str>,
    name: Option<&str>,
    keyid: Option<&str>,
) -> Option<String> {
    match (step, type_name) {
        (Some(step), _) => Some(link_file_name(step, keyid?)),
        (None, Some("layout")) => Some("root.layout".to_owned()),
        (None, Some("link")) => Some(link_file_name(name?, keyid?)),
        _ => None,
    }
}

/// The directory with the links of the sublayout in this file: the file's name without `.link`.
pub(crate) fn sublayout_directory(file_name: &str) -> Option<&str> {
    file_name.strip_suffix(".link").filter(|directory| !directory.is_empty())
}

/// The name of the file with the link of a step by a key: `NAME.KEYID8.link` (in-toto specification, section 4.4).
pub(crate) fn link_file_name(step: &str, keyid: &str) -> String {
    let short: String = keyid.chars().take(8).collect();
    format!("{step}.{short}.link")
}

/// A section of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// BUNDLE.md, section 3.
    Strings,
    /// BUNDLE.md, section 4.
    Artifacts,
    /// BUNDLE.md, section 5.
    Envelopes,
}

/// What cannot go into a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackError {
    /// An artifact's path has so many bytes.
    PathTooLong(usize),
    /// So many different lists of algorithms are used in digest sets.
    TooManyShapes(usize),
    /// This path has more different digest sets than [`VARIANTS`].
    TooManyVariants(String),
    /// There are so many envelopes.
    TooManyEnvelopes(usize),
    /// A section would be 4 GiB or longer.
    TooLarge(Section),
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PathTooLong(length) => {
                write!(f, "expected paths of artifacts of at most 65535 bytes, found one of {length}")
            }
            Self::TooManyShapes(count) => {
                write!(f, "expected at most {SHAPES} different lists of digest algorithms, found {count}")
            }
            Self::TooManyVariants(path) => {
                write!(f, "expected at most {VARIANTS} different digests of one path, found more of {path:?}")
            }
            Self::TooManyEnvelopes(count) => write!(f, "expected at most {} envelopes, found {count}", u16::MAX),
            Self::TooLarge(section) => {
                let section = match section {
                    Section::Strings => "strings",
                    Section::Artifacts => "artifacts",
                    Section::Envelopes => "envelopes",
                };
                write!(f, "expected less than 4 GiB of {section}")
            }
        }
    }
}

impl std::error::Error for PackError {}

/// What verifiers of a profile can do: all of it, where the number is none of a profile.
fn features(profile: u8) -> Features {
    PROFILES.iter().find(|limits| limits.profile == profile).map_or(Features::ALL, |limits| limits.features)
}

#[cfg(test)]
mod tests;
