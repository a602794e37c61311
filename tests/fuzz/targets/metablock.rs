//! Arbitrary bytes as a Metablock: taken where serde_json takes them and they have the form; what is signed is the canonical JSON of `signed`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sitrep_core::limits::{NESTING, SIGNATURES};
use sitrep_fuzz::document::signed_bytes;
use sitrep_fuzz::json::Json;
use sitrep_fuzz::text::canonical;
use sitrep_metadata::envelope::document::{Document, DocumentError};

fuzz_target!(|data: &[u8]| {
    let value = Json::read(data);
    match Document::parse(data) {
        Ok(document) => {
            let value = value.expect("serde_json takes it as well");
            assert!(!value.has_duplicate());
            if document.payload_type().is_some() {
                // A DSSE envelope, which has a target of its own.
                return;
            }
            let signed = value.get("signed").expect("there is a payload");
            assert!(matches!(signed, Json::Object(_)) && !signed.has_fraction() && signed.depth() <= NESTING);
            if let Some(bytes) = signed_bytes(&document) {
                assert_eq!(String::from_utf8_lossy(&bytes), canonical(&signed.sorted()));
            }
        }
        Err(error) => {
            let Ok(value) = value else { return };
            let (Some(signed), Some(Json::Array(signatures))) = (value.get("signed"), value.get("signatures")) else {
                return;
            };
            // Nothing in its form speaks against it.
            let is_good = matches!(signed, Json::Object(_))
                && !value.has_duplicate()
                && !signed.has_fraction()
                && signed.depth() <= NESTING
                && value.depth() <= NESTING
                && value.get("payload").is_none()
                && signatures.len() <= SIGNATURES as usize;
            assert!(!is_good || matches!(error, DocumentError::TooManySignatures(_)), "{error}");
        }
    }
});
