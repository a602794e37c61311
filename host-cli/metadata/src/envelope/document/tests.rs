use super::*;

fn error(json: &str) -> String {
    Document::parse(json.as_bytes()).unwrap_err().to_string()
}

fn dsse(payload: &str) -> String {
    format!(r#"{{"payload":"{payload}","payloadType":"t","signatures":[]}}"#)
}

#[test]
fn both_kinds_are_recognised() {
    let metablock = br#"{"signed":{"_type":"link","name":"s"},"signatures":[{"keyid":"ab","sig":"00fF"}]}"#;
    let document = Document::parse(metablock).unwrap();
    assert_eq!((document.type_name(), document.name(), document.payload_type()), (Some("link"), Some("s"), None));
    assert_eq!(document.signatures(), [Signature::bare(Some("ab".to_owned()), vec![0, 0xff])]);

    let dsse = br#"{"payload":"eyJfdHlwZSI6ImxpbmsifQ==","payloadType":"t","signatures":[{"sig":"-_8="},{"keyid":"","sig":"\/\/8="}]}"#;
    let document = Document::parse(dsse).unwrap();
    assert_eq!((document.type_name(), document.payload_type()), (Some("link"), Some("t")));
    let expected = [vec![0xfb, 0xff], vec![0xff, 0xff]].map(|bytes| Signature::bare(None, bytes));
    assert_eq!(document.signatures(), expected);
}

#[test]
fn errors_say_what_was_expected() {
    for (json, expected) in [
        ("[]", "1:1: expected an object"),
        ("{}", "expected a member `signed` (Metablock) or `payload` (DSSE)"),
        (r#"{"signed":1}"#, "1:11: expected an object"),
        (r#"{"payload":1}"#, "1:12: expected a string"),
        (r#"{"signed":{}}"#, "expected an array `signatures`"),
        (r#"{"signed":{},"signatures":{}}"#, "expected an array `signatures`"),
        (
            r#"{"signed":{},"payload":""}"#,
            "expected one of `signed` (Metablock), `payload` (DSSE) and `dsseEnvelope` (Sigstore), found several",
        ),
        (r#"{"signed":{},"signed":{}}"#, "1:14: expected every key once, found \"signed\" twice"),
        (r#"{"signed":{"a":1.0},"signatures":[]}"#, "1:16: expected an integer"),
        (r#"{"signed":{"a":1e3},"signatures":[]}"#, "1:16: expected an integer"),
        (r#"{"payload":"e30=","signatures":[]}"#, "expected a string `payloadType` beside `payload`"),
        (&dsse("e30"), "expected `payload` in base64, padded and without white space"),
        (&dsse("e3 0="), "expected `payload` in base64, padded and without white space"),
        (&dsse("e30=\\n"), "expected `payload` in base64, padded and without white space"),
        (&dsse("-_+/"), "expected `payload` in base64, padded and without white space"),
        (&dsse("e31="), "expected `payload` in base64, padded and without white space"),
        (&dsse("ewp9fQ=="), "in the payload, 2:2: expected the end of the text"),
        (&dsse("/w=="), "in the payload, 1:1: expected UTF-8"),
        (&dsse(""), "in the payload, 1:1: the text ends here, expected a value"),
    ] {
        assert_eq!(error(json), expected, "{json}");
    }
    assert!(Document::parse(dsse("e30=").as_bytes()).is_ok());
}

#[test]
fn envelopes_stand_in_sigstore_bundles() {
    let envelope = dsse("e30=");
    let bundle = |media_type: &str| {
        format!(
            r#"{{"verificationMaterial":{{"certificate":{{}}}},"dsseEnvelope":{envelope},"mediaType":{media_type}}}"#
        )
    };
    let plain = Document::parse(envelope.as_bytes()).unwrap();
    for known in SIGSTORE_BUNDLES {
        let document = Document::parse(bundle(&format!("{known:?}")).as_bytes()).unwrap();
        assert!(document.is_copy_of(&plain), "{known}");
    }
    let expected = "expected the `mediaType` of a Sigstore bundle of version 0.1, 0.2 or 0.3 beside `dsseEnvelope`";
    let found = |media_type: &str| format!("{expected}, found {media_type}");
    let future = r#""application/vnd.dev.sigstore.bundle.v0.4+json""#;
    for (json, expected) in [
        (bundle(future), found(future)),
        (bundle(r#""""#), found(r#""""#)),
        (bundle("1"), expected.to_owned()),
        (format!(r#"{{"dsseEnvelope":{envelope}}}"#), expected.to_owned()),
        (
            r#"{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","messageSignature":{}}"#.to_owned(),
            "expected an envelope, found a Sigstore bundle with the signature of a file, which says nothing".to_owned(),
        ),
    ] {
        assert_eq!(error(&json), expected, "{json}");
    }
    let known = r#""application/vnd.dev.sigstore.bundle.v0.3+json""#;
    for (from, to) in [
        // Two envelopes in one, and others than envelopes in it.
        (r#"{"verif"#, r#"{"payload":"e30=","verif"#),
        (r#"{"verif"#, r#"{"signed":{},"verif"#),
        (r#"{"payload""#, r#"{"dsseEnvelope":{},"payloads""#),
        (r#"{"payload""#, r#"{"signed":{},"payloads""#),
        (r#""dsseEnvelope":{"#, r#""dsseEnvelope":[{"#),
        (r#""certificate":{}"#, r#""certificate":{},"certificate":{}"#),
        (r#""mediaType""#, r#""dsseEnvelope":{},"mediaType""#),
    ] {
        let json = bundle(known);
        assert!(json.contains(from) && Document::parse(json.as_bytes()).is_ok());
        assert!(Document::parse(json.replacen(from, to, 1).as_bytes()).is_err(), "{from} -> {to}");
    }
}

#[test]
fn signatures_that_cannot_be_checked_are_noted() {
    let json = br#"{"signed":{},"signatures":[{"sig":"00"},{"keyid":"a","sig":"0"},{"keyid":"a","sig":"0g"},
        {"keyid":"a","sig":"00","other_headers":"04"},{"keyid":"a","sig":""},1,{"keyid":"","sig":"00"},{"keyid":"a","sig":"00"}]}"#;
    let document = Document::parse(json).unwrap();
    assert_eq!(document.signatures().len(), 1);
    let reasons: Vec<_> = document.notes().iter().map(|note| note.reason).collect();
    use NoteReason::{NoKeyid, NotHex, OpenPgp};
    assert_eq!(reasons, [NoKeyid, NotHex, NotHex, OpenPgp, NotHex, NoKeyid, NoKeyid]);
    assert_eq!(document.notes()[0].to_string(), "signature 1 ignored: expected a key id");

    let many = vec![r#"{"keyid":"a","sig":"00"}"#; 33].join(",");
    assert_eq!(
        error(&format!(r#"{{"signed":{{}},"signatures":[{many}]}}"#)),
        "expected at most 32 signatures, found 33"
    );
}

#[test]
fn a_payload_may_be_nested_as_deep_as_core_allows() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let metablock = |depth| format!(r#"{{"signed":{{"a":{}}},"signatures":[]}}"#, nested(depth));
    assert!(Document::parse(metablock(31).as_bytes()).is_ok());
    assert!(error(&metablock(32)).contains("nested"));
    let payload = |depth| dsse(&STANDARD.encode(nested(depth)));
    assert!(Document::parse(payload(32).as_bytes()).is_ok());
    assert!(error(&payload(33)).contains("nested"));
}
