//! Signed in-toto metadata: Metablock and DSSE envelopes out of JSON files.
use std::fmt;

use crate::json::Value;

/// One signed file, parsed. Parsing needs no shared state, so files are read in parallel.
#[derive(Clone, Debug)]
pub struct Document;

/// A signature of an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Which key made it, as the envelope says.
    pub keyid: Option<String>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Document {
    /// Parses a file.
    ///
    /// # Errors
    /// What was expected, and where.
    pub fn parse(_json: &[u8]) -> Result<Self, DocumentError> {
        unimplemented!()
    }
    /// The payload. The values of `materials` and `products` are not to be seen in it.
    pub fn payload(&self) -> Value<'_> {
        unimplemented!()
    }
    /// `_type` of the payload.
    pub fn type_name(&self) -> Option<&str> {
        unimplemented!()
    }
    /// `name` of the payload.
    pub fn name(&self) -> Option<&str> {
        unimplemented!()
    }
    /// The payload type of a DSSE envelope; `None` for a Metablock.
    pub fn payload_type(&self) -> Option<&str> {
        unimplemented!()
    }
    /// The signatures that can be checked.
    pub fn signatures(&self) -> &[Signature] {
        unimplemented!()
    }
    /// What was left out of the document.
    pub fn notes(&self) -> &[DocumentNote] {
        unimplemented!()
    }
}

/// Something in a file that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentNote;

impl fmt::Display for DocumentNote {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        unimplemented!()
    }
}

/// Why a file is not signed in-toto metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentError;

impl fmt::Display for DocumentError {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        unimplemented!()
    }
}

impl std::error::Error for DocumentError {}
