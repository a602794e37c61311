use proptest::prelude::*;
use proptest::sample::Index;

use super::document::Document;
use super::*;

/// The owners of the demo's three variants: Ed25519, RSA, ECDSA.
fn owners() -> Vec<OwnerFile> {
    let file = |kind| format!("in-toto-demo/metablock-{kind}/pristine/alice.pub");
    let names = ["ed25519", "rsa", "ecdsa"].map(file);
    crate::vectors::owners(&names.each_ref().map(String::as_str)).unwrap()
}

/// A policy with every member.
fn full() -> Policy {
    let mut owners = owners();
    owners[1].ids.insert(0, "alice at work".into());
    Policy {
        threshold: 2,
        product_step: Some("package".into()),
        artifact: Some("out/app.bin".into()),
        inspections: Inspections::Skip,
        attestations: vec![required("https://spdx.dev/Document", Some("build")), required("urn:example:ü", None)],
        earliest_time: Time::parse("2026-01-01T00:00:00Z"),
        security_version: 7,
        revision: 300,
        ..Policy::all_of(owners)
    }
}

fn required(predicate_type: &str, step: Option<&str>) -> RequiredAttestation {
    RequiredAttestation { predicate_type: predicate_type.into(), step: step.map(Into::into) }
}

fn parse(bytes: &[u8]) -> Result<(Policy, Form), String> {
    let error = |fault| PolicyError { path: "t".into(), fault }.to_string();
    Policy::parse(Path::new("t"), bytes).map_err(error)
}

#[test]
fn every_kind_of_key_comes_back_from_both_forms() {
    let policy = full();
    let json = policy.to_json().unwrap();
    let compiled = policy.to_compiled().unwrap();
    for (bytes, form) in [(json.as_bytes(), Form::Json), (&compiled, Form::Compiled)] {
        let (read, read_form) = parse(bytes).unwrap();
        assert_eq!(read_form, form);
        for (read, owner) in read.owners.iter().zip(&policy.owners) {
            assert_eq!((&read.keytype, &read.scheme), (&owner.keytype, &owner.scheme));
            assert_eq!((&read.public, &read.ids), (&owner.public, &owner.ids), "{form:?}");
        }
        assert_eq!((read.to_json().unwrap(), read.to_compiled().unwrap()), (json.clone(), compiled.clone()));
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let json = full().to_json().unwrap();
    let rsa = public_text(&owners()[1]);
    for (from, to, expected) in [
        ("\"threshold\"", "\"treshold\"", "unknown field `treshold`, expected one of"),
        ("\"threshold\": 2", "\"threshold\": -2", "trust-syntax: the trust policy is damaged, or not of its form: "),
        ("\"threshold\": 2", "\"threshold\": 2.0", "at line "),
        ("\"threshold\": 2", "\"threshold\": 4", "trust-threshold: "),
        (
            "\"version\": 1",
            "\"version\": 2",
            "trust-version: the trust policy is of another version, or no trust policy: expected \"sitrep-trust-policy\" version 1, found \"sitrep-trust-policy\" version 2",
        ),
        ("\"alice at work\"", "\"alice \\u0061t work\"", "its strings must not hold a backslash"),
        ("\"out/app.bin\"", "null", "a member is null"),
        ("\"out/app.bin\"", "\"out//app.bin\"", "a name that it cannot have"),
        ("\"skip\"", "\"ignore\"", "unknown variant `ignore`, expected `refuse` or `skip`"),
        (&rsa[..], &rsa[..40], "t: trust-key: owner 2 is no public key"),
        (&rsa[..], &rsa[1..], "t: trust-key: owner 2 is no public key"),
        ("\"rsassa-pss-sha256\"", "\"rsassa-pss-md5\"", "t: trust-key: the key owner 2 has type \"rsa\" with scheme"),
        ("9083d50d", "9083", "trust-key: a key of the trust policy is malformed (owner 1)"),
        ("}\n", "}\n}\n", "trailing characters at line "),
    ] {
        assert!(json.contains(from), "{from}");
        let changed = match from {
            "}\n" => format!("{}{to}", json.strip_suffix(from).unwrap()),
            _ => json.replacen(from, to, 1),
        };
        let error = parse(changed.as_bytes()).unwrap_err();
        assert!(error.contains(expected), "{from} -> {to}: {error}");
    }
    assert!(parse(b"SITR\x01").unwrap_err().contains("trust-syntax"));
    assert!(parse(b"SITT\x07").unwrap_err().contains("trust-version"));
    assert!(parse(&[b' '; MAX_POLICY as usize + 1]).unwrap_err().contains("more than 64 KiB"));
    assert!(parse(json.replace("build", "b\u{e9}").as_bytes()).is_ok());
    assert!(parse(json.as_bytes().strip_suffix(b"}\n").unwrap()).unwrap_err().contains("EOF"));
}

/// Core compares texts; the key is the same in any of them.
#[test]
fn one_key_in_two_spellings_is_one_owner() {
    let [_, rsa, _] = &owners()[..] else { panic!() };
    let mut der = rsa.decoded().to_der();
    let policy = Policy { threshold: 1, ..Policy::all_of(vec![rsa.clone(), rsa.clone()]) };
    assert!(matches!(policy.to_json(), Err(WriteError::Refused(error)) if error.code() == Code::TrustOwners));
    // The outermost length in more bytes than it needs: no DER, so that there are no two spellings.
    assert_eq!(der[..2], [0x30, 0x82]);
    der.splice(1..2, [0x83, 0]);
    let once = Policy::all_of(vec![rsa.clone()]).to_json().unwrap();
    let twice = once.replace(&public_text(rsa), &STANDARD.encode(der));
    assert!(parse(twice.as_bytes()).unwrap_err().contains("owner 1 is no public key"));
}

#[test]
fn what_json_would_have_to_escape_is_not_written() {
    for text in ["a\"b", "a\\b", "a\nb", "a\u{85}b"] {
        let policy = Policy { product_step: Some(text.into()), ..full() };
        assert!(matches!(policy.to_json(), Err(WriteError::Escape(_))), "{text:?}");
    }
    let policy = Policy { threshold: 4, ..full() };
    assert!(matches!(policy.to_json(), Err(WriteError::Refused(error)) if error.code() == Code::TrustThreshold));
    let policy = Policy { artifact: Some("x/../app".into()), ..full() };
    assert!(matches!(policy.to_compiled(), Err(WriteError::Refused(error)) if error.code() == Code::TrustSyntax));
}

#[test]
fn a_device_takes_ed25519_and_needs_an_artifact() {
    let codes = |policy: &Policy| {
        policy.device_obstacles(&sitrep_core::limits::DEVICE).iter().map(|it| it.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(&full()), [Code::OwnerScheme, Code::OwnerScheme]);
    let alone = Policy { owners: owners()[..1].to_vec(), threshold: 1, ..full() };
    assert_eq!(codes(&alone), []);
    assert_eq!(codes(&Policy { artifact: None, ..alone.clone() }), [Code::TrustArtifact]);
    assert_eq!(codes(&Policy { artifact: Some("x".repeat(257)), ..alone.clone() }), [Code::LimitPath]);
    assert_eq!(codes(&Policy { artifact: Some("x".repeat(256)), ..alone.clone() }), []);
    // With a slot's name in the place of `{slot}`, once.
    let of_slot =
        |length: usize| Policy { artifact: Some(format!("{{slot}}{}", "x".repeat(length - 1))), ..alone.clone() };
    assert_eq!(codes(&of_slot(64)), []);
    assert_eq!(codes(&of_slot(65)), [Code::LimitPath]);
    let twice = Policy { artifact: Some("{slot}-{slot}".into()), ..alone.clone() };
    assert_eq!(twice.artifact_names(), ["a-{slot}", "b-{slot}"]);
    assert_eq!(alone.artifact_names(), ["out/app.bin"]);
}

#[test]
fn only_trust_policies_are_overwritten() {
    let json = full().to_json().unwrap();
    assert!(is_policy(json.as_bytes()) && is_policy(&full().to_compiled().unwrap()));
    assert!(is_policy(json.replace("\"version\": 1", "\"version\": 9").as_bytes()), "of another version, but a policy");
    assert!(
        !is_policy(b"")
            && !is_policy(b"{}")
            && !is_policy(b"[]")
            && !is_policy(b"SIT")
            && !is_policy(&json.as_bytes()[1..])
    );
}

/// What stands in the place of some bytes: punctuation, digits, and what sends readers astray.
const PIECES: [&str; 24] = [
    "", "{", "}", "[", "]", ",", ":", "\"", "\\", " ", "\n", "0", "1", "-", ".", "e", "null", "true", "\0", "\u{7f}",
    "\u{feff}", "ü", "\"step\"", "[]",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    /// serde-json-core accepts some texts that are no JSON: whatever comes through core's reader is what serde_json reads too.
    #[test]
    fn what_core_takes_is_json_and_says_the_same(
        edits in prop::collection::vec((any::<Index>(), 0..3_usize, 0..PIECES.len()), 1..4)
    ) {
        let mut text = full().to_json().unwrap().into_bytes();
        for (at, removed, piece) in edits {
            let at = at.index(text.len());
            let end = (at + removed).min(text.len());
            text.splice(at..end, PIECES[piece].bytes());
        }
        let mut memory = TrustMemory::new();
        let Ok(core) = TrustPolicy::from_json(&text, &mut memory) else { return Ok(()) };
        let document: Document = serde_json::from_slice(&text).unwrap();
        prop_assert_eq!(core.trust.threshold, document.threshold as usize);
        prop_assert_eq!(core.trust.security_version, document.security_version);
        prop_assert_eq!(core.revision, document.revision);
        prop_assert_eq!(core.trust.product_step, document.product.step.as_deref());
        prop_assert_eq!(core.artifact, document.product.artifact.as_deref());
        prop_assert_eq!(core.trust.earliest_time.map(|time| time.to_string()), document.earliest_time);
        prop_assert_eq!(core.trust.owners.len(), document.owners.len());
        for (core, document) in core.trust.owners.iter().zip(&document.owners) {
            prop_assert!(core.key.public.to_string() == document.public && core.key.scheme.is(&document.scheme));
            prop_assert!(core.ids.iter().take(document.keyids.len()).eq(document.keyids.iter()));
        }
        prop_assert_eq!(core.trust.attestations.len(), document.attestations.len());
        for (core, document) in core.trust.attestations.iter().zip(&document.attestations) {
            prop_assert_eq!((core.predicate_type, core.step), (&document.r#type[..], document.step.as_deref()));
        }
    }
}
