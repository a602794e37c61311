//! Writes bundles (core's BUNDLE.md).
//!
//! Documents are added one by one; [`Packer::finish`] then counts their strings, merges their artifact maps and writes the three sections. Equal documents
//! in equal order give equal bytes.

mod artifacts;
mod excess;
mod names;
mod observation;
mod paths;
mod runs;
mod strings;
mod tokens;
mod wire;

use std::collections::BTreeMap;
use std::fmt;

use sitrep_core::bundle::{MAGIC, VERSION};
use sitrep_core::limits::{AMPLE, BOOT, DEVICE, Features, LABEL, PROFILES, SHAPES, VARIANTS};

use self::excess::Excess;
pub use self::excess::LeftOut;
pub use self::names::Named;
use self::runs::Runs;
use self::strings::Strings;
use self::tokens::{Tokens, Writer};
use self::wire::{push_index, push_varint};
use crate::envelope::document::{Document, Signature, Wrapping};
use crate::limits::STRINGS;
use crate::payload::{ArtifactList, Formatting};

/// Envelopes between two entries of the index.
const BLOCK: usize = 16;

// Bits of an envelope's first byte: what follows it.
/// The number of the sublayout that it belongs to.
const HAS_PARENT: u8 = 16;
/// The name of the step for which it is a sublayout.
const HAS_STEP: u8 = 32;
/// Of each signature, whether it is one of OpenPGP.
const HAS_OPENPGP: u8 = 64;

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
        self.documents.push(Labelled { parent, step, file_name: file_name.to_owned(), document });
        // More are refused when the bundle is written.
        u16::try_from(self.documents.len() - 1).unwrap_or(u16::MAX)
    }

    /// Adds what was observed of an inspection.
    pub fn add_observation(&mut self, observation: &Observation) {
        let document = observation::document(observation);
        let parent = observation.parent;
        self.documents.push(Labelled { parent, step: None, file_name: String::new(), document });
    }

    /// The documents with their file names, in the order in which they were added.
    pub fn documents(&self) -> impl Iterator<Item = (&str, &Document)> {
        self.documents.iter().map(|labelled| (labelled.file_name.as_str(), &labelled.document))
    }

    /// Puts another layout in the place of the first document.
    pub(crate) fn replace_root(&mut self, document: Document) {
        if let Some(root) = self.documents.first_mut() {
            root.document = document;
        }
    }

    /// Takes the last document away.
    pub(crate) fn remove_last(&mut self) {
        self.documents.pop();
    }

    /// The steps of the root layout of which there is a link, or a sublayout in its place: names as they stand in the evidence, some perhaps twice.
    #[must_use]
    pub fn step_names(&self) -> Vec<String> {
        let of_root = self.documents.iter().skip(1).filter(|labelled| labelled.parent == 0);
        let name =
            |labelled: &Labelled| labelled.step.clone().or_else(|| labelled.document.step_name().map(str::to_owned));
        of_root.filter_map(name).collect()
    }

    /// The documents of the layout with number `parent`.
    pub fn documents_of(&self, parent: u16) -> impl Iterator<Item = &Document> {
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

    /// Which documents have signatures that a bundle of this profile is written without, by number, and how many: those of OpenPGP, which no device can
    /// check.
    #[must_use]
    pub fn signatures_left_out(&self, profile: u8) -> Vec<(u16, usize)> {
        if takes_openpgp(profile) {
            return Vec::new();
        }
        let count = |labelled: &Labelled| labelled.document.signatures().iter().filter(|one| one.is_openpgp).count();
        (0..).zip(self.documents.iter().map(count)).filter(|(_, count)| *count > 0).collect()
    }

    /// Writes the bundle. `profile` is the number for its header ([`sitrep_core::limits::Limits::profile`]; 0 for none).
    ///
    /// # Errors
    /// What cannot go into a bundle.
    pub fn finish(&self, profile: u8) -> Result<Vec<u8>, PackError> {
        self.write(profile).map_err(|excess| excess.error)
    }

    fn write(&self, profile: u8) -> Result<Vec<u8>, Excess> {
        if self.documents.len() > usize::from(AMPLE.envelopes) {
            return Err(PackError::TooManyEnvelopes(self.documents.len()).into());
        }
        self.check_names()?;
        let lists: Vec<&ArtifactList> =
            self.documents.iter().flat_map(|labelled| &labelled.document.payload.lists).collect();
        let tokens = Tokens::new();
        let mut strings = Strings::new(features(profile).has(Features::HEX_STRINGS));
        let openpgp = takes_openpgp(profile);
        let mut surplus = Vec::new();
        for (number, labelled) in self.documents.iter().enumerate() {
            labelled.count_strings(openpgp, &tokens, &mut strings);
            if strings.count() > STRINGS {
                surplus.push(number);
            }
        }
        if !surplus.is_empty() {
            return Err(Excess::of(surplus, PackError::TooManyStrings(strings.count())));
        }
        artifacts::count_strings(&lists, &mut strings);
        strings.number();

        let artifacts = artifacts::merge(&lists, &strings).map_err(|surplus| self.excess(surplus))?;
        let envelopes = self.envelopes(openpgp, &tokens, &strings, &artifacts.runs)?;
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

    fn envelopes(
        &self,
        openpgp: bool,
        tokens: &Tokens,
        strings: &Strings<'_>,
        runs: &[Runs],
    ) -> Result<Vec<u8>, PackError> {
        let too_large = |_| PackError::TooLarge(Section::Envelopes);
        let (mut entries, mut offsets) = (Vec::new(), Vec::new());
        let mut rest = runs;
        let mut body = Vec::new();
        for (number, labelled) in self.documents.iter().enumerate() {
            if number > 0 && number.is_multiple_of(BLOCK) {
                offsets.push(u32::try_from(entries.len()).map_err(too_large)?);
            }
            let (runs, after) = rest.split_at_checked(labelled.document.payload.lists.len()).unwrap_or_default();
            rest = after;
            body.clear();
            labelled.push_body(openpgp, tokens, strings, runs, &mut body);
            push_varint(&mut entries, u32::try_from(body.len()).map_err(too_large)?);
            entries.extend_from_slice(&body);
        }
        let mut section = Vec::new();
        push_varint(&mut section, self.documents.len() as u32);
        let others = section.len() + entries.len();
        push_index(&mut section, &offsets, others);
        section.append(&mut entries);
        Ok(section)
    }
}

impl Labelled {
    /// The signatures that go into the bundle.
    fn signatures(&self, openpgp: bool) -> impl Iterator<Item = &Signature> + Clone {
        self.document.signatures().iter().filter(move |signature| openpgp || !signature.is_openpgp)
    }

    /// The file name, where it does not follow from what is packed.
    fn label(&self, openpgp: bool) -> Option<&str> {
        let Self { step, file_name, document, .. } = self;
        let keyid = self.signatures(openpgp).next().and_then(|signature| signature.keyid.as_deref());
        let derived = derived_file_name(step.as_deref(), document.type_name(), document.name(), keyid);
        let is_observation = document.wrapping == Wrapping::Observation;
        (!is_observation && derived.as_deref() != Some(file_name)).then_some(file_name)
    }

    fn count_strings<'a>(&'a self, openpgp: bool, tokens: &Tokens, strings: &mut Strings<'a>) {
        if let Some(step) = &self.step {
            strings.count_reference(step);
        }
        if let Some(label) = self.label(openpgp) {
            strings.count_reference(label);
        }
        for keyid in self.signatures(openpgp).filter_map(|signature| signature.keyid.as_deref()) {
            strings.count_reference(keyid);
        }
        if let Some(payload_type) = self.document.payload_type() {
            strings.count_reference(payload_type);
        }
        tokens.write(self.document.payload(), &self.document.payload.lists, strings);
    }

    /// Writes the body of the envelope (BUNDLE.md, section 5).
    fn push_body(&self, openpgp: bool, tokens: &Tokens, strings: &Strings<'_>, runs: &[Runs], out: &mut Vec<u8>) {
        let kind = match &self.document.wrapping {
            Wrapping::Metablock => 0,
            Wrapping::Dsse { .. } => 1,
            Wrapping::Observation => 2,
        };
        let has_parent = if self.parent > 0 { HAS_PARENT } else { 0 };
        let has_step = if self.step.is_some() { HAS_STEP } else { 0 };
        let has_openpgp = self.signatures(openpgp).any(|signature| signature.is_openpgp);
        out.push(kind | has_parent | has_step | if has_openpgp { HAS_OPENPGP } else { 0 });
        if self.parent > 0 {
            push_varint(out, u32::from(self.parent));
        }
        if let Some(step) = &self.step {
            push_varint(out, strings.reference(step));
        }
        let optional = |string: Option<&str>| string.map_or(0, |string| strings.reference(string) + 1);
        push_varint(out, optional(self.label(openpgp)));
        push_varint(out, self.signatures(openpgp).count() as u32);
        for Signature { keyid, bytes, is_openpgp } in self.signatures(openpgp) {
            push_varint(out, optional(keyid.as_deref()));
            let length = bytes.len() as u32;
            push_varint(out, if has_openpgp { length << 1 | u32::from(*is_openpgp) } else { length });
            out.extend_from_slice(bytes);
        }
        if let Wrapping::Dsse { payload_type, formatting } = &self.document.wrapping {
            push_varint(out, strings.reference(payload_type));
            push_formatting(out, formatting);
        }
        let lists = &self.document.payload.lists;
        tokens.write(self.document.payload(), lists, &mut Writer { out, strings, lists, runs });
    }
}

fn push_formatting(out: &mut Vec<u8>, formatting: &Formatting) {
    push_varint(out, formatting.length);
    if let Some((byte, spaces)) = formatting.style.encode() {
        out.push(byte);
        out.extend(spaces);
    }
    push_varint(out, formatting.patches.bytes.len() as u32);
    out.extend_from_slice(&formatting.patches.bytes);
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
#[must_use]
pub fn sublayout_directory(file_name: &str) -> Option<&str> {
    file_name.strip_suffix(".link").filter(|directory| !directory.is_empty())
}

/// The name of the file with the link of a step by a key: `NAME.KEYID8.link` (in-toto specification, section 4.4).
#[must_use]
pub fn link_file_name(step: &str, keyid: &str) -> String {
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
    /// A name has so many bytes.
    NameTooLong(Named, usize),
    /// So many different lists of algorithms, or more, are used in digest sets.
    TooManyShapes(usize),
    /// This path has more different digest sets than [`VARIANTS`].
    TooManyVariants(String),
    /// There are so many envelopes.
    TooManyEnvelopes(usize),
    /// There are so many different strings, or more.
    TooManyStrings(usize),
    /// A section would be 4 GiB or longer.
    TooLarge(Section),
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PathTooLong(length) => {
                write!(f, "expected paths of artifacts of at most 65535 bytes, found one of {length}")
            }
            Self::NameTooLong(named, length) => {
                write!(f, "expected {named} of at most {LABEL} bytes, found one of {length}")
            }
            Self::TooManyShapes(count) => {
                write!(f, "expected at most {SHAPES} different lists of digest algorithms, found at least {count}")
            }
            Self::TooManyVariants(path) => {
                write!(f, "expected at most {VARIANTS} different digests of one path, found more of {path:?}")
            }
            Self::TooManyStrings(count) => {
                write!(f, "expected at most {STRINGS} different strings, found at least {count}")
            }
            Self::TooManyEnvelopes(count) => write!(f, "expected at most {} envelopes, found {count}", AMPLE.envelopes),
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

/// Do bundles of the profile have signatures of OpenPGP? Of no use to a device, they only take room there.
fn takes_openpgp(profile: u8) -> bool {
    profile != DEVICE.profile && profile != BOOT.profile
}

/// What verifiers of a profile can do: all of it, where the number is none of a profile.
fn features(profile: u8) -> Features {
    PROFILES.iter().find(|limits| limits.profile == profile).map_or(Features::ALL, |limits| limits.features)
}

#[cfg(test)]
mod tests;
