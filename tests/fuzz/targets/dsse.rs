//! Arbitrary bytes as the payload of a DSSE envelope, or after an `@` as the whole envelope: taken where serde_json takes the payload; what is signed is
//! the pre-authentication encoding of the payload, byte for byte.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use libfuzzer_sys::fuzz_target;
use sitrep_core::limits::NESTING;
use sitrep_fuzz::document::signed_bytes;
use sitrep_fuzz::json::Json;
use sitrep_fuzz::text::pre_authentication;
use sitrep_metadata::envelope::document::{Document, DocumentError};

fuzz_target!(|data: &[u8]| match data.split_first() {
    Some((b'@', envelope)) => whole(envelope),
    _ => payload(data),
});

fn payload(payload: &[u8]) {
    let encoded = STANDARD.encode(payload);
    let envelope = format!(r#"{{"payload":"{encoded}","payloadType":"a\u00e9","signatures":[{{"sig":"AA=="}}]}}"#);
    let value = Json::read(payload);
    match Document::parse(envelope.as_bytes()) {
        Ok(document) => {
            let value = value.expect("serde_json takes it as well");
            assert!(!value.has_duplicate() && value.depth() <= NESTING);
            if let Some(bytes) = signed_bytes(&document) {
                assert_eq!(bytes, pre_authentication("a\u{e9}", payload));
            }
        }
        Err(error) => {
            assert!(matches!(error, DocumentError::Payload(_)), "{error}");
            let Ok(value) = value else { return };
            assert!(value.has_duplicate() || value.depth() > NESTING, "{error}");
        }
    }
}

fn whole(envelope: &[u8]) {
    let Ok(document) = Document::parse(envelope) else { return };
    let Some(payload_type) = document.payload_type() else { return };
    let value = Json::read(envelope).expect("serde_json takes it as well");
    let encoded = value.get("payload").and_then(Json::as_str).expect("there is a payload");
    let decoded = STANDARD.decode(encoded).or_else(|_| URL_SAFE.decode(encoded)).expect("it is base64");
    assert_eq!(value.get("payloadType").and_then(Json::as_str), Some(payload_type));
    if let Some(bytes) = signed_bytes(&document) {
        assert_eq!(bytes, pre_authentication(payload_type, &decoded));
    }
}
