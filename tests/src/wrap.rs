//! Wraps payloads as in-toto does and packs them.
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sitrep_metadata::bundle::pack::Packer;
use sitrep_metadata::envelope::document::Document;

/// A DSSE envelope around `payload`, signed by nobody.
#[must_use]
pub fn dsse(payload: &str) -> String {
    let payload = STANDARD.encode(payload);
    format!(r#"{{"payload":"{payload}","payloadType":"application/vnd.in-toto+json","signatures":[]}}"#)
}

/// A Metablock around `signed`, signed by nobody.
#[must_use]
pub fn metablock(signed: &str) -> String {
    format!(r#"{{"signatures":[],"signed":{signed}}}"#)
}

/// A bundle that holds just this document.
#[must_use]
pub fn pack(document: &str) -> Vec<u8> {
    let document = Document::parse(document.as_bytes()).unwrap_or_else(|error| panic!("{error}: {document}"));
    let mut packer = Packer::new();
    packer.add("root.layout", document);
    packer.finish(0).unwrap_or_else(|error| panic!("{error}"))
}
