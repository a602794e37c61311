//! Gives the files back that a bundle was packed from, with the exact bytes that were signed.

use std::collections::HashSet;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sitrep_core::bundle::{Bundle, Envelope, Event, Kind, Reader, Scratch, Signature};
use sitrep_core::error::Error;
use sitrep_core::limits::CHUNK;

use crate::input::is_file_name;
use crate::pack::derived_file_name;

/// One envelope of a bundle, as a JSON file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnpackedFile {
    /// The name of the file: one normal component, and no other file of the bundle has it.
    pub name: String,
    /// What it holds.
    pub json: Vec<u8>,
}

/// Turns every envelope of `bundle` into a file. Observations are left out: nobody signed them.
///
/// The files are not byte for byte those that were packed, but what was signed is, and the signatures are.
///
/// # Errors
/// Where the bundle is damaged, or its file names are not usable.
pub fn unpack(bundle: &Bundle<'_>) -> Result<Vec<UnpackedFile>, UnpackError> {
    let mut names = HashSet::new();
    let mut files = Vec::new();
    // No path is longer than the section that all are in.
    let mut path = vec![0; bundle.section_lengths()[1] as usize];
    for envelope in bundle.envelopes() {
        let envelope = envelope.map_err(UnpackError::Bundle)?;
        if matches!(envelope.kind(), Kind::Observation) {
            continue;
        }
        let name = file_name(&envelope)?;
        if !names.insert(name.clone()) {
            return Err(UnpackError::NameTwice(name));
        }
        let json = file(bundle, &envelope, &mut path).map_err(UnpackError::Bundle)?;
        files.push(UnpackedFile { name, json });
    }
    Ok(files)
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

/// The name that follows from the payload's `_type` and `name` and from the first signature.
fn derived_name(envelope: &Envelope<'_>) -> Result<Option<String>, Error> {
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
    Ok(derived_file_name(type_name.as_deref(), name.as_deref(), keyid.as_deref()))
}

fn file<'b>(bundle: &'b Bundle<'b>, envelope: &Envelope<'b>, path: &mut [u8]) -> Result<Vec<u8>, Error> {
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
    /// Two envelopes have this file name.
    NameTwice(String),
}

impl fmt::Display for UnpackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundle(error) => write!(f, "{error}"),
            Self::NoName(number) => write!(f, "expected a file name for envelope {number}"),
            Self::UnsafeName(name) => write!(f, "expected the name of one file in a directory, found {name:?}"),
            Self::NameTwice(name) => write!(f, "expected every file name once, found {name:?} twice"),
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
