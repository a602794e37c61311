//! Gives the files back that a bundle was packed from, with the exact bytes that were signed.

use std::collections::{HashMap, HashSet};
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sitrep_core::bundle::{Bundle, Envelope, Event, Kind, Reader, Scratch, Signature};
use sitrep_core::error::{Code, Error};
use sitrep_core::limits::{CHUNK, TEXTS_BASE, TEXTS_RATIO};

use crate::attestation_bundle::is_bundle_name;
use crate::files::is_file_name;
use crate::input::SUBLAYOUT_DEPTH;
use crate::pack::{derived_file_name, sublayout_directory};

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
/// Where the bundle is damaged, or a file name is not usable.
pub fn envelopes(bundle: &Bundle<'_>) -> Result<Vec<UnpackedEnvelope>, UnpackError> {
    let mut unpacked = Vec::new();
    let length: u64 = bundle.section_lengths().into_iter().map(u64::from).sum();
    let mut left = length.saturating_mul(TEXTS_RATIO.into()).saturating_add(TEXTS_BASE.into());
    // No path is longer than the section that all are in.
    let mut path = vec![0; bundle.section_lengths()[1] as usize];
    for envelope in bundle.envelopes() {
        let envelope = envelope.map_err(UnpackError::Bundle)?;
        if matches!(envelope.kind(), Kind::Observation) {
            continue;
        }
        let name = file_name(&envelope)?;
        let json = json(bundle, &envelope, &mut path).map_err(UnpackError::Bundle)?;
        // No more than core would rebuild to check signatures on it.
        left = left.checked_sub(json.len() as u64).ok_or(UnpackError::Bundle(Code::LimitText.into()))?;
        let step = envelope.step().map(|step| step.to_string());
        unpacked.push(UnpackedEnvelope { parent: envelope.parent(), step, name, json });
    }
    Ok(unpacked)
}

/// Turns every envelope of `bundle` into a file, or a line of an attestation bundle. What belongs to a sublayout is in its directory.
///
/// # Errors
/// Where the bundle is damaged, or its file names are not usable.
pub fn unpack(bundle: &Bundle<'_>) -> Result<Vec<UnpackedFile>, UnpackError> {
    let envelopes = envelopes(bundle)?;
    let directories = envelopes.iter().map(|envelope| directory(&envelopes, envelope.parent));
    let directories: Vec<String> = directories.collect::<Result<_, _>>()?;
    let mut files: Vec<UnpackedFile> = Vec::new();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    for (UnpackedEnvelope { name, mut json, .. }, directory) in envelopes.into_iter().zip(&directories) {
        let path = format!("{directory}{name}");
        match numbers.get(&path).and_then(|number| files.get_mut(*number)) {
            Some(file) if is_bundle_name(&name) => file.json.append(&mut json),
            Some(_) => return Err(UnpackError::NameTwice(path)),
            None => {
                numbers.insert(path.clone(), files.len());
                files.push(UnpackedFile { name: path, json });
            }
        }
    }
    let directories: HashSet<&str> = directories.iter().map(|directory| directory.trim_end_matches('/')).collect();
    // A file would be in the way of a directory.
    match files.iter().find(|file| directories.contains(file.name.as_str())) {
        Some(file) => Err(UnpackError::NameTwice(file.name.clone())),
        None => Ok(files),
    }
}

/// The directory of what belongs to the layout with number `parent`, with a `/` at its end; for the root layout, nothing.
fn directory(envelopes: &[UnpackedEnvelope], parent: u16) -> Result<String, UnpackError> {
    let mut components = Vec::new();
    let mut number = parent;
    while number > 0 {
        // Core has seen to it that parents come before their children.
        let Some(sublayout) = envelopes.get(usize::from(number)) else { break };
        let component = sublayout_directory(&sublayout.name).filter(|component| is_file_name(component));
        components.push(component.ok_or_else(|| UnpackError::NoDirectory(sublayout.name.clone()))?);
        if components.len() > SUBLAYOUT_DEPTH {
            return Err(UnpackError::TooDeep);
        }
        number = sublayout.parent;
    }
    Ok(components.iter().rev().flat_map(|component| [component, "/"]).collect())
}

fn file_name(envelope: &Envelope<'_>) -> Result<String, UnpackError> {
    let name = match envelope.label() {
        Some(label) => label.to_string(),
        None => derived_name(envelope)
            .map_err(UnpackError::Bundle)?
            .ok_or_else(|| UnpackError::NoName(envelope.number()))?,
    };
    if is_file_name(&name) { Ok(name) } else { Err(UnpackError::UnsafeName(name)) }
}

/// The name that follows from the step or the payload's `_type` and `name`, and from the first signature.
fn derived_name(envelope: &Envelope<'_>) -> Result<Option<String>, Error> {
    let step = envelope.step().map(|step| step.to_string());
    let [mut type_name, mut name] = [None, None];
    let mut reader = Reader::of(envelope);
    let (mut depth, mut key) = (0_usize, None);
    while let Some(event) = reader.next_event()? {
        match event {
            Event::ObjectStart | Event::ArrayStart => depth += 1,
            Event::End => depth = depth.saturating_sub(1),
            Event::Key(of_member) if depth == 1 => {
                key = Some(of_member);
                continue;
            }
            Event::Text(text) if depth == 1 => {
                if key.is_some_and(|key| key.is("_type")) {
                    type_name = Some(text.to_string());
                } else if key.is_some_and(|key| key.is("name")) {
                    name = Some(text.to_string());
                }
            }
            _ => {}
        }
        key = None;
    }
    let keyid = envelope.signatures().next().and_then(|signature| signature.keyid).map(|keyid| keyid.to_string());
    Ok(derived_file_name(step.as_deref(), type_name.as_deref(), name.as_deref(), keyid.as_deref()))
}

fn json<'b>(bundle: &'b Bundle<'b>, envelope: &Envelope<'b>, path: &mut [u8]) -> Result<Vec<u8>, Error> {
    let mut chunk = [0; CHUNK];
    let mut scratch = Scratch { path, chunk: &mut chunk };
    let mut payload = Vec::new();
    envelope.payload(bundle, &mut scratch, &mut |bytes| payload.extend_from_slice(bytes))?;
    let mut json = Vec::new();
    match envelope.kind() {
        Kind::Dsse { payload_type, .. } => {
            push(&mut json, "{\"payload\":\"");
            push(&mut json, &STANDARD.encode(&payload));
            push(&mut json, "\",\"payloadType\":");
            push_string(&mut json, &payload_type.to_string());
            push(&mut json, ",\"signatures\":[");
            push_signatures(&mut json, envelope, |bytes| STANDARD.encode(bytes));
            push(&mut json, "]}\n");
        }
        Kind::Metablock | Kind::Observation => {
            push(&mut json, "{\"signatures\":[");
            push_signatures(&mut json, envelope, crate::hex::encode);
            push(&mut json, "],\"signed\":");
            push_escaping_controls(&mut json, &payload);
            push(&mut json, "}\n");
        }
    }
    Ok(json)
}

fn push_signatures(json: &mut Vec<u8>, envelope: &Envelope<'_>, encode: impl Fn(&[u8]) -> String) {
    for (number, Signature { keyid, bytes }) in envelope.signatures().enumerate() {
        push(json, if number > 0 { ",{" } else { "{" });
        if let Some(keyid) = keyid {
            push(json, "\"keyid\":");
            push_string(json, &keyid.to_string());
            push(json, ",");
        }
        push(json, "\"sig\":\"");
        push(json, &encode(bytes));
        push(json, "\"}");
    }
}

fn push(json: &mut Vec<u8>, text: &str) {
    json.extend_from_slice(text.as_bytes());
}

fn push_string(json: &mut Vec<u8>, text: &str) {
    json.push(b'"');
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') {
            json.push(b'\\');
        }
        push_escaping_controls(json, &[byte]);
    }
    json.push(b'"');
}

/// Canonical JSON has control characters as they are, but only ever inside of strings; JSON wants them escaped there.
fn push_escaping_controls(json: &mut Vec<u8>, canonical: &[u8]) {
    for part in canonical.split_inclusive(|byte| *byte < b' ') {
        match part.split_last() {
            Some((control, before)) if *control < b' ' => {
                json.extend_from_slice(before);
                push(json, &format!("\\u{control:04x}"));
            }
            _ => json.extend_from_slice(part),
        }
    }
}

/// Why a bundle cannot be unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnpackError {
    /// It is damaged.
    Bundle(Error),
    /// The envelope with this number has no file name, and none follows from its payload.
    NoName(u16),
    /// This is not the name of one file in a directory.
    UnsafeName(String),
    /// Two envelopes have this file name, or one has the name of a sublayout's directory.
    NameTwice(String),
    /// Envelopes belong to one with this file name, which gives no directory for them.
    NoDirectory(String),
    /// Sublayouts are nested too deeply.
    TooDeep,
}

impl fmt::Display for UnpackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundle(error) => write!(f, "{error}"),
            Self::NoName(number) => write!(f, "expected a file name for envelope {number}"),
            Self::UnsafeName(name) => write!(f, "expected the name of one file in a directory, found {name:?}"),
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
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
