//! What was ignored while loading, and why.

use std::path::{Path, PathBuf};
use std::{fmt, io};

use sitrep_core::limits::HOST;
use sitrep_metadata::bundle::pack::PackError;
use sitrep_metadata::envelope::attestation_bundle::Part;
use sitrep_metadata::envelope::document::{DocumentError, DocumentNote};
use sitrep_metadata::limits::{ATTESTATION_FILES, EVIDENCE, EVIDENCE_AGAIN, SUBLAYOUT_DEPTH};

/// Why a file, or a part of one, does not count.
#[derive(Debug)]
pub enum Ignored {
    /// It could not be read.
    Unreadable(io::Error),
    /// It is not signed in-toto metadata.
    Invalid(DocumentError),
    /// It has a path that is too long.
    PathTooLong {
        /// How many bytes the path has.
        length: usize,
        /// How many it may have.
        limit: usize,
    },
    /// It holds a link of the step with this name, and its file is named after another.
    OtherStep(String),
    /// One of its signatures cannot be checked.
    Signature(DocumentNote),
    /// A Metablock stands in an attestation bundle.
    NotDsse,
    /// A layout stands in an attestation bundle, where nothing says which step it is a sublayout for.
    Layout,
    /// So many more lines or elements are like those before.
    MoreLines(usize),
    /// An attestation bundle's file name cannot be kept in a bundle.
    FileName,
    /// A sublayout is nested too deeply.
    TooDeep,
    /// The directory of a sublayout is one of those that it is in.
    OwnDirectory,
    /// Together with what was loaded before it has too many bytes.
    TooMuch,
    /// It has been read under another name, and cannot be read again.
    Again,
    /// So many more signatures of an envelope cannot be checked.
    MoreSignatures(usize),
    /// So many more files with attestations are in the directory.
    MoreFiles(usize),
    /// A file that was named for its attestations holds none; why its first text is none.
    NoAttestation(Option<Box<Ignored>>),
    /// There are too many envelopes; nothing from here on is loaded.
    TooMany,
    /// It does not fit into a bundle with the others.
    Excess(PackError),
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "expected a readable file: {error}"),
            Self::Invalid(error) => write!(f, "{error}"),
            Self::PathTooLong { length, limit } => {
                write!(f, "expected paths of artifacts of at most {limit} bytes, found one of {length}")
            }
            Self::OtherStep(step) => {
                write!(f, "expected a link of the step in the file's name, found one of step {step:?}")
            }
            Self::Signature(note) => write!(f, "{note}"),
            Self::NotDsse => f.write_str("expected a DSSE envelope, found a Metablock"),
            Self::Layout => f.write_str(
                "expected a link or an attestation, found a layout: sublayouts are files named STEP.KEYID8.link",
            ),
            Self::MoreLines(count) => write!(f, "{count} more envelopes are ignored"),
            Self::FileName => f.write_str("expected a file name in UTF-8 and without backslash"),
            Self::TooDeep => write!(f, "expected at most {SUBLAYOUT_DEPTH} sublayouts inside each other"),
            Self::OwnDirectory => {
                f.write_str("expected a directory of its own for the sublayout's links, found one that it is in")
            }
            Self::TooMuch => write!(f, "expected at most {} MiB of links and attestations in all", EVIDENCE >> 20),
            Self::Again => write!(
                f,
                "it has been read under another name; expected at most {} MiB of such files in all",
                EVIDENCE_AGAIN >> 20
            ),
            Self::MoreSignatures(count) => write!(f, "{count} more signatures ignored"),
            Self::MoreFiles(count) => {
                write!(f, "expected at most {ATTESTATION_FILES} files with attestations, {count} more are ignored")
            }
            Self::NoAttestation(None) => f.write_str("expected attestations, found an empty file"),
            Self::NoAttestation(Some(reason)) => write!(f, "expected attestations, found none: {reason}"),
            Self::TooMany => {
                write!(f, "expected at most {} links and attestations in all; the rest is left out", HOST.links)
            }
            Self::Excess(error) => write!(f, "left out: {error}"),
        }
    }
}

/// A file, or a part of one, that was ignored.
#[derive(Debug)]
pub struct Note {
    /// Which file.
    pub file: PathBuf,
    /// Which part of it, where it holds several envelopes.
    pub part: Part,
    /// Why.
    pub reason: Ignored,
}

impl Note {
    pub(crate) fn new(file: &Path, reason: Ignored) -> Self {
        Self { file: file.to_owned(), part: Part::default(), reason }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        match (self.part, &self.reason) {
            // The line is all that the error has seen of the file.
            (Part { line: Some(line), element: None }, Ignored::Invalid(DocumentError::Json(error))) => {
                write!(f, "{file}: {line}:{}: {}", error.column(), error.explained())
            }
            (Part { line: None, element: None }, reason) => write!(f, "{file}: {reason}"),
            (part, reason) => write!(f, "{file}: {part}: {reason}"),
        }
    }
}

/// Why there is nothing to verify.
#[derive(Debug)]
pub struct InputError {
    /// The layout.
    pub file: PathBuf,
    /// What is wrong with it.
    pub reason: Box<Ignored>,
}

impl InputError {
    pub(crate) fn new(file: &Path, reason: Ignored) -> Self {
        Self { file: file.to_owned(), reason: Box::new(reason) }
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.reason)
    }
}

impl std::error::Error for InputError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.reason {
            Ignored::Unreadable(error) => Some(error),
            Ignored::Invalid(error) => Some(error),
            Ignored::Excess(error) => Some(error),
            _ => None,
        }
    }
}
