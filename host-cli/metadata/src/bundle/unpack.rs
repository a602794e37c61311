//! Gives the files back that a bundle was packed from, with the exact bytes that were signed.

mod base64_text;

use std::collections::{HashMap, HashSet};
use std::fmt;

use sitrep_core::bundle::{Bundle, Envelope, Event, Kind, Reader, Scratch, Signature, Str};
use sitrep_core::error::{Code, Error};
use sitrep_core::limits::CHUNK;

use self::base64_text::Base64;
use crate::budget::{Budget, Exhausted, FILES, PATHS};
use crate::bundle::pack::{derived_file_name, sublayout_directory};
use crate::envelope::attestation_bundle::is_bundle_name;
use crate::envelope::document::openpgp_of_bundle;
use crate::keys::openpgp::OpenPgpSignature;
use crate::limits::SUBLAYOUT_DEPTH;
use crate::names::{FILE_NAME, is_file_name};

/// One envelope of a bundle, as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnpackedEnvelope {
    /// The number of the sublayout that it belongs to; 0 for the root layout.
    pub parent: u16,
    /// The step for which it is a sublayout.
    pub step: Option<String>,
    /// The name of its file: one normal component.
    pub name: String,
    /// The envelope: one line.
    pub json: Vec<u8>,
}

/// A file of a bundle's metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnpackedFile {
    /// Its path: normal components, divided by `/`. No other file has it, and no directory that a file is in.
    pub name: String,
    /// What it holds: an envelope, or one on each line.
    pub json: Vec<u8>,
}

/// Turns every envelope of `bundle` into JSON. Observations are left out: nobody signed them, and they are in no file.
///
/// The texts are not byte for byte those that were packed, but what was signed is, and the signatures are.
///
/// # Errors
/// Where the bundle is damaged or expands to too much, or a file name is not usable.
pub fn envelopes(bundle: &Bundle<'_>) -> Result<Vec<UnpackedEnvelope>, UnpackError> {
    let mut writer = Writer::new(bundle);
    let mut unpacked = Vec::new();
    for envelope in bundle.envelopes() {
        let envelope = envelope.map_err(UnpackError::Bundle)?;
        if matches!(envelope.kind(), Kind::Observation) {
            continue;
        }
        let name = file_name(&envelope)?;
        let mut json = Vec::new();
        writer.write(&envelope, &mut |bytes| json.extend_from_slice(bytes))?;
        let step = envelope.step().map(|step| step.to_string());
        unpacked.push(UnpackedEnvelope { parent: envelope.parent(), step, name, json });
    }
    Ok(unpacked)
}

/// Turns every envelope of `bundle` into a file, or a line of an attestation bundle. What belongs to a sublayout is in its directory.
///
/// # Errors
/// Where the bundle is damaged or expands to too much, or its file names are not usable.
pub fn unpack(bundle: &Bundle<'_>) -> Result<Vec<UnpackedFile>, UnpackError> {
    let mut writer = Writer::new(bundle);
    let unpacked = plan(bundle)?.into_iter().map(|file| {
        let mut json = Vec::new();
        writer.write_file(&file, &mut |bytes| json.extend_from_slice(bytes))?;
        Ok(UnpackedFile { name: file.path, json })
    });
    unpacked.collect()
}

/// A file that a bundle becomes, before it is written.
#[derive(Clone, Debug)]
pub struct PlannedFile<'b> {
    /// Its path, as in [`UnpackedFile::name`].
    pub path: String,
    /// The envelopes that are its lines.
    envelopes: Vec<Envelope<'b>>,
}

/// Which files a bundle becomes.
///
/// # Errors
/// Where the bundle is damaged, or its file names are not usable or take too much.
pub fn plan<'b>(bundle: &'b Bundle<'b>) -> Result<Vec<PlannedFile<'b>>, UnpackError> {
    let mut budget = PATHS.of(length(bundle));
    let mut directories = Directories::default();
    let mut files: Vec<PlannedFile<'b>> = Vec::new();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut used = HashSet::new();
    for envelope in bundle.envelopes() {
        let envelope = envelope.map_err(UnpackError::Bundle)?;
        if matches!(envelope.kind(), Kind::Observation) {
            continue;
        }
        let name = file_name(&envelope)?;
        let directory = directories.of(envelope.parent(), &mut budget)?;
        used.insert(envelope.parent());
        let path = format!("{directory}{name}");
        directories.add(&envelope, &name);
        match numbers.get(&path).and_then(|number| files.get_mut(*number)) {
            Some(file) if is_bundle_name(&name) => file.envelopes.push(envelope),
            Some(_) => return Err(UnpackError::NameTwice(path)),
            None => {
                budget.take(path.len() as u64)?;
                numbers.insert(path.clone(), files.len());
                files.push(PlannedFile { path, envelopes: vec![envelope] });
            }
        }
    }
    // A file would be in the way of a directory.
    for directory in used.into_iter().filter(|number| *number > 0) {
        let directory = directories.of(directory, &mut budget)?;
        let path = directory.trim_end_matches('/');
        if numbers.contains_key(path) {
            return Err(UnpackError::NameTwice(path.to_owned()));
        }
    }
    Ok(files)
}

/// The directories of sublayouts.
#[derive(Default)]
struct Directories {
    /// Of every envelope, which may be a sublayout: the layout that it belongs to, and the name of its file.
    files: HashMap<u16, (u16, String)>,
    /// Those that were asked for, with a `/` at the end.
    paths: HashMap<u16, String>,
}

impl Directories {
    fn add(&mut self, envelope: &Envelope<'_>, name: &str) {
        self.files.insert(envelope.number(), (envelope.parent(), name.to_owned()));
    }

    /// The directory of what belongs to the layout with this number, with a `/` at its end; for the root layout, nothing.
    fn of(&mut self, number: u16, budget: &mut Budget) -> Result<&str, UnpackError> {
        if number == 0 {
            return Ok("");
        }
        if !self.paths.contains_key(&number) {
            let path = self.path(number)?;
            budget.take(path.len() as u64)?;
            self.paths.insert(number, path);
        }
        Ok(self.paths.get(&number).map_or("", String::as_str))
    }

    fn path(&self, number: u16) -> Result<String, UnpackError> {
        let mut components = Vec::new();
        let mut number = number;
        while number > 0 {
            // Core has seen to it that parents come before their children.
            let Some((parent, name)) = self.files.get(&number) else { break };
            let component = sublayout_directory(name).filter(|component| is_file_name(component));
            components.push(component.ok_or_else(|| UnpackError::NoDirectory(name.clone()))?);
            if components.len() > SUBLAYOUT_DEPTH {
                return Err(UnpackError::TooDeep);
            }
            number = *parent;
        }
        Ok(components.iter().rev().flat_map(|component| [component, "/"]).collect())
    }
}

pub(super) fn file_name(envelope: &Envelope<'_>) -> Result<String, UnpackError> {
    let name = match envelope.label() {
        Some(label) if label.len() > FILE_NAME => return Err(UnpackError::LongName(label.len())),
        Some(label) => label.to_string(),
        None => derived_name(envelope)?.ok_or_else(|| UnpackError::NoName(envelope.number()))?,
    };
    if name.len() > FILE_NAME {
        return Err(UnpackError::LongName(name.len()));
    }
    if is_file_name(&name) { Ok(name) } else { Err(UnpackError::UnsafeName(name)) }
}

/// The name that follows from the step or the payload's `_type` and `name`, and from the first signature.
fn derived_name(envelope: &Envelope<'_>) -> Result<Option<String>, UnpackError> {
    let [mut type_name, mut name] = [None, None];
    let mut reader = Reader::of(envelope);
    let (mut depth, mut key) = (0_usize, None);
    while let Some(event) = reader.next_event().map_err(UnpackError::Bundle)? {
        match event {
            Event::ObjectStart | Event::ArrayStart => depth += 1,
            Event::End => depth = depth.saturating_sub(1),
            Event::Key(of_member) if depth == 1 => {
                key = Some(of_member);
                continue;
            }
            Event::Text(text) if depth == 1 => {
                if key.is_some_and(|key| key.is("_type")) {
                    type_name = Some(text);
                } else if key.is_some_and(|key| key.is("name")) {
                    name = Some(text);
                }
            }
            _ => {}
        }
        key = None;
    }
    let keyid = envelope.signatures().next().and_then(|signature| signature.keyid);
    let parts = [envelope.step(), type_name, name, keyid];
    if let Some(long) = parts.iter().flatten().find(|part| part.len() > FILE_NAME) {
        return Err(UnpackError::LongName(long.len()));
    }
    let [step, type_name, name, keyid] = parts.map(|part| part.map(|part| part.to_string()));
    Ok(derived_file_name(step.as_deref(), type_name.as_deref(), name.as_deref(), keyid.as_deref()))
}

/// Bytes of a bundle but for its header.
pub(super) fn length(bundle: &Bundle<'_>) -> u64 {
    bundle.section_lengths().into_iter().map(u64::from).sum()
}

/// Writes envelopes as JSON, as far as the budget goes.
#[derive(Debug)]
pub struct Writer<'b> {
    bundle: &'b Bundle<'b>,
    budget: Budget,
    path: Vec<u8>,
}

impl<'b> Writer<'b> {
    /// For envelopes of this bundle.
    #[must_use]
    pub fn new(bundle: &'b Bundle<'b>) -> Self {
        // No path is longer than the section that all are in.
        let path = vec![0; bundle.section_lengths()[1] as usize];
        Self { bundle, budget: FILES.of(length(bundle)), path }
    }

    /// Hands the contents of a file to `out`, piece by piece; returns how many bytes these are.
    ///
    /// # Errors
    /// Where an envelope is damaged or expands to too much. `out` may have seen some of it by then.
    pub fn write_file(&mut self, file: &PlannedFile<'b>, out: &mut dyn FnMut(&[u8])) -> Result<u64, UnpackError> {
        let mut length = 0;
        for envelope in &file.envelopes {
            length += self.write(envelope, out)?;
        }
        Ok(length)
    }

    /// How many bytes all envelopes take as files.
    ///
    /// # Errors
    /// As [`Self::write_file`].
    pub fn length(&mut self) -> Result<u64, UnpackError> {
        let mut length = 0;
        for envelope in self.bundle.envelopes() {
            length += self.write(&envelope.map_err(UnpackError::Bundle)?, &mut |_| {})?;
        }
        Ok(length)
    }

    /// Hands an envelope to `out` as one line of JSON.
    fn write(&mut self, envelope: &Envelope<'b>, out: &mut dyn FnMut(&[u8])) -> Result<u64, UnpackError> {
        let left = self.budget.left();
        let mut length = 0;
        let mut out = |bytes: &[u8]| {
            length += bytes.len() as u64;
            if length <= left {
                out(bytes);
            }
        };
        let result = json(self.bundle, envelope, left, &mut self.path, &mut out);
        // A text that ended because it is too long is not damaged; its last piece was not handed over.
        let room = self.budget.take(length.saturating_add(if result.is_err() { CHUNK as u64 } else { 0 }));
        result.map_err(|error| match room {
            Err(exhausted) if error.code() == Code::LimitText => UnpackError::Expands(exhausted),
            _ => UnpackError::Bundle(error),
        })?;
        room?;
        Ok(length)
    }
}

fn json<'b>(
    bundle: &'b Bundle<'b>,
    envelope: &Envelope<'b>,
    most: u64,
    path: &mut [u8],
    out: &mut dyn FnMut(&[u8]),
) -> Result<(), Error> {
    let mut chunk = [0; CHUNK];
    let mut scratch = Scratch { path, chunk: &mut chunk };
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    match envelope.kind() {
        Kind::Dsse { payload_type, .. } => {
            push(out, "{\"payload\":\"");
            let mut base64 = Base64::default();
            envelope.payload_within(bundle, &mut scratch, most, &mut |bytes| base64.push(bytes, out))?;
            base64.finish(out);
            push(out, "\",\"payloadType\":");
            push_string(out, payload_type);
            push(out, ",\"signatures\":[");
            push_signatures(out, envelope, |bytes, out| {
                let mut base64 = Base64::default();
                base64.push(bytes, out);
                base64.finish(out);
            });
            push(out, "]}\n");
        }
        Kind::Metablock | Kind::Observation => {
            push(out, "{\"signatures\":[");
            push_signatures(out, envelope, |bytes, out| push(out, &crate::hex::encode(bytes)));
            push(out, "],\"signed\":");
            envelope.payload_within(bundle, &mut scratch, most, &mut |bytes| push_escaping_controls(out, bytes))?;
            push(out, "}\n");
        }
    }
    Ok(())
}

type Encode = fn(&[u8], &mut dyn FnMut(&[u8]));

fn push_signatures(out: &mut dyn FnMut(&[u8]), envelope: &Envelope<'_>, encode: Encode) {
    for (number, Signature { keyid, bytes, is_openpgp }) in envelope.signatures().enumerate() {
        push(out, if number > 0 { ",{" } else { "{" });
        if let Some(keyid) = keyid {
            push(out, "\"keyid\":");
            push_string(out, keyid);
            push(out, ",");
        }
        match openpgp_of_bundle(bytes, is_openpgp) {
            Some(OpenPgpSignature { headers, short_keyid, signature }) => {
                push_hex(out, "other_headers", &headers);
                if let Some(short_keyid) = short_keyid {
                    push(out, ",");
                    push_hex(out, "short_keyid", &short_keyid);
                }
                push(out, ",");
                push_hex(out, "signature", &signature);
            }
            None => {
                push(out, "\"sig\":\"");
                encode(bytes, out);
                push(out, "\"");
            }
        }
        push(out, "}");
    }
}

fn push_hex(out: &mut dyn FnMut(&[u8]), member: &str, bytes: &[u8]) {
    push(out, &format!("\"{member}\":\"{}\"", crate::hex::encode(bytes)));
}

fn push(out: &mut dyn FnMut(&[u8]), text: &str) {
    out(text.as_bytes());
}

fn push_string(out: &mut dyn FnMut(&[u8]), string: Str<'_>) {
    push(out, "\"");
    match string.text() {
        Some(text) => push_escaped(out, text),
        // Hexadecimal digits.
        None => push(out, &string.to_string()),
    }
    push(out, "\"");
}

fn push_escaped(out: &mut dyn FnMut(&[u8]), text: &str) {
    for part in text.as_bytes().split_inclusive(|byte| matches!(byte, b'"' | b'\\')) {
        match part.split_last() {
            Some((special @ (b'"' | b'\\'), before)) => {
                push_escaping_controls(out, before);
                out(&[b'\\', *special]);
            }
            _ => push_escaping_controls(out, part),
        }
    }
}

/// Canonical JSON has control characters as they are, but only ever inside of strings; JSON wants them escaped there.
pub(super) fn push_escaping_controls(out: &mut dyn FnMut(&[u8]), canonical: &[u8]) {
    for part in canonical.split_inclusive(|byte| *byte < b' ') {
        match part.split_last() {
            Some((control, before)) if *control < b' ' => {
                out(before);
                push(out, &format!("\\u{control:04x}"));
            }
            _ => out(part),
        }
    }
}

/// Why a bundle cannot be unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnpackError {
    /// It is damaged.
    Bundle(Error),
    /// It expands to more than is made of it.
    Expands(Exhausted),
    /// The envelope with this number has no file name, and none follows from its payload.
    NoName(u16),
    /// This is not the name of one file in a directory.
    UnsafeName(String),
    /// A file name has so many bytes.
    LongName(usize),
    /// Two envelopes have this file name, or one has the name of a sublayout's directory.
    NameTwice(String),
    /// Envelopes belong to one with this file name, which gives no directory for them.
    NoDirectory(String),
    /// Sublayouts are nested too deeply.
    TooDeep,
}

impl From<Exhausted> for UnpackError {
    fn from(exhausted: Exhausted) -> Self {
        Self::Expands(exhausted)
    }
}

impl fmt::Display for UnpackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundle(error) => write!(f, "{error}"),
            Self::Expands(exhausted) => write!(f, "the bundle {exhausted}"),
            Self::NoName(number) => write!(f, "expected a file name for envelope {number}"),
            Self::UnsafeName(name) => write!(f, "expected the name of one file in a directory, found {name:?}"),
            Self::LongName(length) => {
                write!(f, "expected names of files of at most {FILE_NAME} bytes, found one of {length}")
            }
            Self::NameTwice(name) => write!(f, "expected every file name once, found {name:?} twice"),
            Self::NoDirectory(name) => {
                write!(f, "expected a file name such as STEP.KEYID8.link for a sublayout, found {name:?}")
            }
            Self::TooDeep => write!(f, "expected at most {SUBLAYOUT_DEPTH} sublayouts inside each other"),
        }
    }
}

impl std::error::Error for UnpackError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Bundle(error) => Some(error),
            Self::Expands(exhausted) => Some(exhausted),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
