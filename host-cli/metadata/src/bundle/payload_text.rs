//! What a document's signatures are over, rebuilt by core: the text, and what it says.

use std::fmt;

use serde_json::Value;
use sitrep_core::bundle::{Bundle, Scratch};
use sitrep_core::limits::{CHUNK, HOST};
use sitrep_core::{Code, Error};

use crate::bundle::pack::{PackError, Packer};
use crate::bundle::view;
use crate::envelope::document::Document;

/// A payload.
#[derive(Clone, Debug, PartialEq)]
pub struct PayloadText {
    /// Its text, as it was signed: canonical JSON, or what a DSSE envelope holds.
    pub text: String,
    /// What it says. In the place of artifacts stands their number.
    pub value: Value,
}

/// Why a document's text is not to be had.
#[derive(Debug)]
pub enum PayloadError {
    /// No bundle can hold it.
    Pack(PackError),
    /// It takes too much, as core sees it.
    Core(Error),
}

impl fmt::Display for PayloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pack(error) => error.fmt(f),
            Self::Core(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PayloadError {}

impl PayloadText {
    /// The payload of a document.
    ///
    /// # Errors
    /// [`PayloadError`] where it is larger than anything that a host verifies.
    pub fn of(document: &Document) -> Result<Self, PayloadError> {
        let mut packer = Packer::new();
        packer.add("root.layout", document.clone());
        let bytes = packer.finish(HOST.profile).map_err(PayloadError::Pack)?;
        let mut path = vec![0; HOST.path];
        let bundle = Bundle::open_for(HOST.features, &bytes, &mut path).map_err(PayloadError::Core)?;
        let envelope = bundle.envelope(0).map_err(PayloadError::Core)?;
        let value = view::value(&envelope).map_err(PayloadError::Core)?;
        let (mut path, mut chunk, mut text) = (vec![0; HOST.path], [0; CHUNK], Vec::new());
        let mut scratch = Scratch { path: &mut path, chunk: &mut chunk };
        let written = envelope.payload(&bundle, &mut scratch, &mut |bytes| text.extend_from_slice(bytes));
        written.map_err(PayloadError::Core)?;
        // Core has read it as UTF-8.
        let text = String::from_utf8(text).map_err(|_| PayloadError::Core(Code::BundleString.into()))?;
        Ok(Self { text, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::canonical;
    use crate::vectors;

    #[test]
    fn the_text_is_what_was_signed() {
        for set in ["metablock-rsa", "dsse-ecdsa"] {
            let file = format!("in-toto-demo/{set}/pristine/root.layout");
            let payload = PayloadText::of(&Document::parse(&vectors::bytes(&file)).unwrap()).unwrap();
            let json = vectors::json(&file);
            match json["payload"].as_str() {
                None => assert_eq!((payload.text, payload.value), (canonical(&json["signed"]), json["signed"].clone())),
                Some(encoded) => {
                    use base64::Engine as _;
                    let text = base64::engine::general_purpose::STANDARD.decode(encoded).unwrap();
                    assert_eq!(payload.text.as_bytes(), text);
                    assert_eq!(payload.value, serde_json::from_slice::<Value>(&text).unwrap());
                }
            }
        }
    }
}
