//! Envelopes in JSON: layouts, links, attestations, and files of many.

use std::path::Path;

use serde::Serialize;
use sitrep_core::bundle::Bundle;
use sitrep_core::limits;
use sitrep_metadata::budget::REBUILT;
use sitrep_metadata::bundle::pack::Packer;
use sitrep_metadata::bundle::shown::Shown;
use sitrep_metadata::envelope::attestation_bundle::AttestationFile;
use sitrep_metadata::envelope::document::{Document, DocumentError};

use super::{EXPECTED, Payload, counted, payload, write_payloads};
use crate::error::CliError;
use crate::show::lines::Lines;
use crate::show::messages::note;
use crate::sources::kinds;
use crate::sources::note::{Ignored, Note};

/// How many parts of a file that are no envelopes get a note of their own.
const NOTES: usize = 8;

/// What the envelopes of a file say of themselves.
#[derive(Debug, Serialize)]
pub(super) struct ShownMetadata {
    length: usize,
    payloads: Vec<Payload>,
}

impl ShownMetadata {
    /// Reads the envelopes, and says which could not be read.
    ///
    /// # Errors
    /// [`CliError`] where the file as a whole is none.
    pub(super) fn read(path: &Path, bytes: Vec<u8>) -> Result<Self, CliError> {
        let length = bytes.len();
        let file = AttestationFile { path: path.to_owned(), bytes };
        let (mut packer, mut count) = (Packer::new(), 0);
        let (mut notes, mut ignored) = (Vec::new(), 0);
        for (part, text) in file.texts() {
            let reason = match text.map_err(DocumentError::Json).and_then(Document::parse) {
                Ok(_) if count > limits::HOST.links => Ignored::TooMany,
                Ok(document) => {
                    packer.add("envelope", document);
                    count += 1;
                    continue;
                }
                Err(error) => Ignored::Invalid(error),
            };
            let is_end = matches!(reason, Ignored::TooMany);
            ignored += 1;
            if notes.len() < NOTES || is_end {
                notes.push(Note { file: path.to_owned(), part, reason });
            }
            if is_end {
                break;
            }
        }
        if count == 0 && ignored == 1 {
            // That is then what is wrong with the file.
            let otherwise = notes.pop().map_or_else(|| CliError::Unknown(path.to_owned()), CliError::NoEnvelope);
            return Err(kinds::explain(path, &file.bytes, EXPECTED, otherwise));
        }
        if ignored > notes.len() {
            notes.push(Note::new(path, Ignored::MoreLines(ignored - notes.len())));
        }
        notes.iter().for_each(|ignored| note(ignored));
        let damaged = |error| CliError::Bundle { path: path.to_owned(), error };
        let bundle = packer.finish(limits::HOST.profile)?;
        let mut buffer = vec![0; limits::HOST.path];
        let bundle = Bundle::open(&bundle, &mut buffer).map_err(damaged)?;
        let (mut shown, mut rebuilt) = (Shown::of(length as u64), REBUILT.of(length as u64));
        let payloads = bundle.envelopes().map(|envelope| {
            // It is called as its file is, and not by what it would be unpacked to.
            Ok(Payload { label: None, ..payload(&bundle, &envelope?, &mut shown, &mut rebuilt)? })
        });
        Ok(Self { length, payloads: payloads.collect::<Result<_, _>>().map_err(damaged)? })
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut out = Lines::default();
        out.line(format_args!("{} in {} bytes of JSON", counted(self.payloads.len() as u64, "envelope"), self.length));
        out.line(format_args!("nothing below is verified: it is what the file says of itself"));
        write_payloads(&mut out, &self.payloads);
        out.into_text()
    }
}
