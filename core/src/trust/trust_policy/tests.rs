//! Both forms: what they say, and that nothing else is a policy.

extern crate std;

use std::borrow::ToOwned;
use std::string::String;
use std::vec::Vec;
use std::{format, vec};

use serde::{Serialize, Serializer};

use super::*;
use crate::bundle::Str;
use crate::trust::signature::PublicKey;
use crate::trust::{Inspections, RequiredAttestation};

const ALICE: &str = "03759fed0728796dd086f924e7a29f34ba223fce5c871f7db782a737aa6676d8";
const BOB: &str = "9083d50d3b253cde2179d5b48f059a11b55eaa78e09d28d3b9f39dfce5d74682";
/// The ids of Alice's key in the Python 3 and in the older dialect, from securesystemslib.
const ALICE_IDS: [&str; 2] = [
    "b532df9a5ac343e73bfef6a519aceeabc0dfdcd0ae6957a84b81172bb5b97f02",
    "828c55bcf165bc6662a8d9185e2f3b37829b2dd13176ef52b6b0fa1471a119d1",
];

/// A policy with every member.
fn full() -> String {
    format!(
        r#"{{
  "format": "sitrep-trust-policy",
  "version": 1,
  "owners": [
    {{"keytype": "ed25519", "scheme": "ed25519", "public": "{ALICE}", "keyids": ["alice", "{}"]}},
    {{"keytype": "rsa", "scheme": "rsassa-pss-sha256", "public": "MIIBojANBgkq/+8="}},
    {{"keytype": "ed25519", "scheme": "ed25519", "public": "{BOB}"}}
  ],
  "threshold": 2,
  "product": {{"step": "package", "artifact": "out/app.bin"}},
  "inspections": "skip",
  "attestations": [
    {{"type": "https://slsa.dev/provenance/v1", "step": "build"}},
    {{"type": "urn:example:ü"}}
  ],
  "earliest_time": "2026-01-01T00:00:00Z",
  "security_version": 4294967295,
  "revision": 7
}}
"#,
        ALICE_IDS[1]
    )
}

fn json(text: &[u8]) -> Result<String> {
    let mut memory = TrustMemory::new();
    TrustPolicy::from_json(text, &mut memory).map(|policy| words(&policy))
}

fn read(bytes: &[u8]) -> Result<String> {
    TrustPolicy::read(bytes).map(|policy| words(&policy))
}

/// What a policy says, whatever it was read from.
fn words(policy: &TrustPolicy<'_>) -> String {
    let Trust { owners, threshold, inspections, product_step, attestations, security_version, earliest_time, device } =
        policy.trust;
    assert_eq!(device, None);
    let owner = |OwnerKey { key: PublicKey { keytype, scheme, public }, ids }: OwnerKey<'_>| {
        format!("{keytype} {scheme} {public} {:?}", ids.iter().collect::<Vec<_>>())
    };
    let owners: Vec<String> = owners.iter().map(owner).collect();
    let attestations: Vec<_> = attestations.iter().collect();
    let product = (product_step, policy.artifact);
    let revision = policy.revision;
    format!(
        "{owners:?} {threshold} {inspections:?} {product:?} {attestations:?} {security_version} {earliest_time:?} {revision}"
    )
}

fn code<T>(result: Result<T>) -> Option<&'static str> {
    result.err().map(|error| error.code().name())
}

#[test]
fn a_policy_in_json_says_what_is_believed() {
    let mut memory = TrustMemory::new();
    let text = full();
    let TrustPolicy { trust, artifact, revision } = TrustPolicy::from_json(text.as_bytes(), &mut memory).unwrap();
    assert_eq!(revision, 7);
    let owners: Vec<_> = trust.owners.iter().collect();
    let ids: Vec<Vec<&str>> = owners.iter().map(|owner| owner.ids.iter().collect()).collect();
    assert_eq!(ids[..2], [vec!["alice", ALICE_IDS[1], ALICE_IDS[0]], vec![]]);
    assert_eq!(ids[2].len(), 2);
    assert!(owners[0].key.public.text() == Some(ALICE) && owners[1].key.keytype.is("rsa"));
    assert_eq!((trust.threshold, trust.product_step, artifact), (2, Some("package"), Some("out/app.bin")));
    assert_eq!((trust.inspections, trust.security_version), (Inspections::Skip, u32::MAX));
    assert_eq!(trust.earliest_time, Time::parse("2026-01-01T00:00:00Z"));
    let attestations = [("https://slsa.dev/provenance/v1", Some("build")), ("urn:example:ü", None)];
    let attestations = attestations.map(|(predicate_type, step)| RequiredAttestation { predicate_type, step });
    assert!(trust.attestations.iter().eq(attestations));
}

/// A policy with only what it must have, and after `more`.
fn small(more: &str) -> String {
    format!(
        r#"{{"format":"sitrep-trust-policy","version":1,"owners":[{{"keytype":"ed25519","scheme":"ed25519","public":"{ALICE}"}}],"threshold":1{more}}}"#
    )
}

#[test]
fn what_a_policy_does_not_say_is_the_cautious_thing() {
    let mut memory = TrustMemory::new();
    let text = small("");
    let TrustPolicy { trust, artifact, revision } = TrustPolicy::from_json(text.as_bytes(), &mut memory).unwrap();
    assert_eq!(revision, 0);
    assert_eq!((trust.inspections, trust.product_step, artifact), (Inspections::Refuse, None, None));
    assert_eq!((trust.security_version, trust.earliest_time, trust.attestations.len()), (0, None, 0));
}

#[test]
fn no_other_json_is_a_policy() {
    // What is replaced in the full policy, by what, and what is said about it.
    for (from, to, expected) in [
        ("\"sitrep-trust-policy\"", "\"layout\"", "trust-version"),
        ("\"version\": 1", "\"version\": 2", "trust-version"),
        ("\"version\": 1", "\"version\": 01", "trust-syntax"),
        ("\"version\": 1", "\"version\": 1.0", "trust-syntax"),
        ("\"version\": 1", "\"version\": 1e0", "trust-syntax"),
        ("\"version\": 1", "\"version\": -1", "trust-syntax"),
        ("\"version\": 1", "\"version\": \"1\"", "trust-syntax"),
        ("\"version\": 1,", "", "trust-syntax"),
        ("\"threshold\": 2,", "", "trust-syntax"),
        ("\"threshold\": 2", "\"threshold\": 0", "trust-threshold"),
        ("\"threshold\": 2", "\"threshold\": 4", "trust-threshold"),
        ("\"threshold\": 2", "\"threshold\": 4294967295", "trust-threshold"),
        ("\"threshold\": 2", "\"threshold\": 4294967296", "trust-syntax"),
        ("\"threshold\": 2", "\"threshold\": 99999999999999999999999", "trust-syntax"),
        ("\"threshold\": 2", "\"threshold\": 1e5", "trust-syntax"),
        ("\"threshold\": 2", "\"threshold\": null", "trust-syntax"),
        ("\"threshold\": 2", "\"threshold\": true", "trust-syntax"),
        ("\"threshold\": 2", "\"threshold\": 2, \"threshold\": 2", "trust-syntax"),
        ("\"threshold\": 2", "\"threshold\": 2, \"treshold\": 2", "trust-syntax"),
        ("\"threshold\": 2", "\"thresho\\u006cd\": 2", "trust-syntax"),
        ("\"threshold\"", "\"Threshold\"", "trust-syntax"),
        ("\"threshold\": 2,", "\"threshold\": 2,,", "trust-syntax"),
        ("\"threshold\": 2,", "\"threshold\": 2", "trust-syntax"),
        ("\"threshold\": 2,", "\"threshold\": 2 /* why */,", "trust-syntax"),
        ("4294967295", "4294967296", "trust-syntax"),
        ("4294967295", "4294967295,", "trust-syntax"),
        ("4294967295", "-0", "trust-syntax"),
        ("\"revision\": 7", "\"revision\": 4294967296", "trust-syntax"),
        ("\"revision\": 7", "\"revision\": \"7\"", "trust-syntax"),
        ("\"owners\": [", "\"owners\": [,", "trust-syntax"),
        ("\"owners\": [", "\"owners\": [ ,", "trust-syntax"),
        ("[\"alice\", ", "[,\"alice\" ", "trust-syntax"),
        ("[\"alice\"", "[\"\"", "trust-key"),
        ("[\"alice\"", "[\"al\\u0069ce\"", "trust-syntax"),
        ("[\"alice\"", "[\"al\tice\"", "trust-syntax"),
        ("[\"alice\"", "[\"al\0ice\"", "trust-syntax"),
        ("[\"alice\"", "[[\"alice\"]", "trust-syntax"),
        ("03759fed", "0375", "trust-key"),
        ("03759fed", "g3759fed", "trust-key"),
        ("03759fed", "0x759fed", "trust-key"),
        ("\"keytype\": \"ed25519\"", "\"keytype\": \"Ed25519\"", "trust-key"),
        ("\"scheme\": \"ed25519\"", "\"scheme\": \"rsassa-pss-sha256\"", "trust-key"),
        ("\"keytype\": \"ed25519\"", "\"keytype\": [\"ed25519\"]", "trust-syntax"),
        ("\"keytype\": \"rsa\"", "\"keytype\": \"\"", "trust-key"),
        ("MIIBojANBgkq/+8=", "", "trust-key"),
        ("MIIBojANBgkq/+8=", "-----BEGIN PUBLIC KEY-----", "trust-key"),
        (BOB, ALICE, "trust-owners"),
        (BOB, "03759FED0728796DD086F924E7A29F34BA223FCE5C871F7DB782A737AA6676D8", "trust-owners"),
        ("\"skip\"", "\"observed\"", "trust-syntax"),
        ("\"skip\"", "\"\"", "trust-syntax"),
        ("\"skip\"", "{\"skip\": []}", "trust-syntax"),
        ("\"skip\"", "null", "trust-syntax"),
        ("{\"step\": \"package\"", "{\"step\": \"../package\"", "trust-syntax"),
        ("{\"step\": \"package\"", "{\"step\": \"\"", "trust-syntax"),
        ("out/app.bin", "out/../app.bin", "trust-syntax"),
        ("out/app.bin", "", "trust-syntax"),
        ("\"artifact\": \"out/app.bin\"", "\"artefact\": \"out/app.bin\"", "trust-syntax"),
        ("\"urn:example:ü\"", "\"\"", "trust-syntax"),
        ("\"step\": \"build\"", "\"step\": \"a/b\"", "trust-syntax"),
        ("2026-01-01T00:00:00Z", "2026-01-01", "trust-time"),
        ("2026-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "trust-time"),
        ("2026-01-01T00:00:00Z", "", "trust-time"),
        ("{\n", "\u{feff}{\n", "trust-syntax"),
        ("{\n", "[{\n", "trust-syntax"),
        ("}\n", "}\n{}", "trust-syntax"),
        ("}\n", "}\n\0", "trust-syntax"),
        ("}\n", "}\n}", "trust-syntax"),
        ("}\n", "}\u{a0}", "trust-syntax"),
    ] {
        let text = full();
        assert!(text.contains(from), "{from}");
        // The last one of what stands at the end, otherwise the first.
        let text = if from == "}\n" { text.trim_end().to_owned() + &to[1..] } else { text.replacen(from, to, 1) };
        assert_eq!(code(json(text.as_bytes())), Some(expected), "{from} -> {to}");
    }
    for text in [&b""[..], b" ", b"{}", b"[]", b"\"\"", b"0", b"null", b"{\"a\"", b"\xff\xfe{\0}\0", b"\0"] {
        assert_eq!(code(json(text)), Some("trust-syntax"), "{text:?}");
    }
    // Latin-1: in a string that is kept, and in the name of a member.
    for text in ["package", "step", "threshold"] {
        let policy = full();
        let mut latin1 = policy.clone().into_bytes();
        latin1[policy.find(text).unwrap()] = 0xe9;
        assert_eq!(code(json(&latin1)), Some("trust-syntax"), "{text}");
    }
}

#[test]
fn every_member_may_stand_once() {
    let text = full();
    for member in [
        "\"format\": \"sitrep-trust-policy\"",
        "\"version\": 1",
        "\"inspections\": \"skip\"",
        "\"earliest_time\": \"2026-01-01T00:00:00Z\"",
        "\"security_version\": 4294967295",
        "\"revision\": 7",
        "\"step\": \"package\"",
        "\"artifact\": \"out/app.bin\"",
        "\"type\": \"urn:example:ü\"",
        "\"step\": \"build\"",
        "\"keytype\": \"rsa\"",
        "\"scheme\": \"rsassa-pss-sha256\"",
        "\"public\": \"MIIBojANBgkq/+8=\"",
    ] {
        assert!(text.contains(member), "{member}");
        let twice = text.replacen(member, &format!("{member}, {member}"), 1);
        assert_eq!(code(json(twice.as_bytes())), Some("trust-syntax"), "{member}");
    }
    for list in ["owners", "attestations", "product"] {
        let twice = text.replacen("\"threshold\"", &format!("\"{list}\": [], \"threshold\""), 1);
        assert_eq!(code(json(twice.as_bytes())), Some("trust-syntax"), "{list}");
    }
}

#[test]
fn garbage_in_unknown_members_is_never_entered() {
    for garbage in [
        "[".repeat(1_000_000),
        "{\"a\":".repeat(1_000_000),
        "[{}".repeat(100_000),
        "x".repeat(1_000_000),
        "1".repeat(1_000_000),
        "\"".to_owned() + &"\\\"".repeat(500_000),
        "}".repeat(1_000_000),
    ] {
        for text in [small(&format!(",\"x\":{garbage}")), format!("{{\"x\":{garbage}"), garbage.clone()] {
            assert_eq!(code(json(text.as_bytes())), Some("trust-syntax"), "{}", &text[text.len() - 20..]);
        }
    }
}

#[test]
fn what_is_cut_or_added_to_is_no_policy() {
    let text = full();
    let whole = text.trim_end().as_bytes();
    for length in 0..whole.len() {
        assert_eq!(code(json(&whole[..length])), Some("trust-syntax"), "{length} bytes");
    }
    let read = json(whole).unwrap();
    for byte in 0..=255 {
        let longer = json(&[whole, &[byte]].concat());
        assert_eq!(longer.is_ok(), b" \t\r\n".contains(&byte), "{byte:#x}");
        assert!(longer.is_err() || longer == Ok(read.clone()));
    }
}

#[test]
fn lists_have_limits() {
    let owner = |number: usize| format!("{{\"keytype\":\"rsa\",\"scheme\":\"x\",\"public\":\"K{number}\"}}");
    let owners = |count| {
        let list: Vec<String> = (0..count).map(owner).collect();
        let text = small("");
        let (start, end) = (text.find('[').unwrap() + 1, text.find(']').unwrap());
        format!("{}{}{}", &text[..start], list.join(","), &text[end..])
    };
    assert_eq!(code(json(owners(TRUST_OWNERS).as_bytes())), None);
    assert_eq!(code(json(owners(TRUST_OWNERS + 1).as_bytes())), Some("trust-limit"));
    assert_eq!(code(json(owners(0).as_bytes())), Some("trust-owners"));

    let ids = |count: usize| {
        let list: Vec<String> = (0..count).map(|number| format!("\"{number}\"")).collect();
        small("").replace("\"public\"", &format!("\"keyids\":[{}],\"public\"", list.join(",")))
    };
    // Two more are computed.
    assert_eq!(code(json(ids(TRUST_KEY_IDS - 2).as_bytes())), None);
    assert_eq!(code(json(ids(TRUST_KEY_IDS - 1).as_bytes())), Some("trust-limit"));
    assert_eq!(code(json(ids(TRUST_KEY_IDS + 1).as_bytes())), Some("trust-limit"));

    let attestations = |count| {
        let list = vec!["{\"type\":\"urn:x\"}"; count];
        small(&format!(",\"attestations\":[{}]", list.join(",")))
    };
    assert_eq!(code(json(attestations(TRUST_ATTESTATIONS).as_bytes())), None);
    assert_eq!(code(json(attestations(TRUST_ATTESTATIONS + 1).as_bytes())), Some("trust-limit"));
}

/// The compiled form, as serde and postcard write it: the reader was not derived from this.
#[derive(Clone, Serialize)]
struct Compiled<'a> {
    #[serde(serialize_with = "list")]
    owners: Vec<CompiledOwner<'a>>,
    threshold: u32,
    product_step: &'a str,
    artifact: &'a str,
    inspections: CompiledInspections,
    #[serde(serialize_with = "list")]
    attestations: Vec<(&'a str, &'a str)>,
    earliest_time: &'a str,
    security_version: u32,
    revision: u32,
    end: u8,
}

#[derive(Clone, Serialize)]
struct CompiledOwner<'a> {
    key: CompiledKey<'a>,
    #[serde(serialize_with = "list")]
    ids: Vec<&'a str>,
}

#[derive(Clone, Serialize)]
enum CompiledKey<'a> {
    Ed25519([u8; 32]),
    Other { keytype: &'a str, scheme: &'a str, public: &'a str },
    Unknown,
}

#[derive(Clone, Serialize)]
enum CompiledInspections {
    Refuse,
    Skip,
    Other,
}

/// serde itself knows no `Vec` here.
fn list<T: Serialize, S: Serializer>(items: &[T], serializer: S) -> core::result::Result<S::Ok, S::Error> {
    serializer.collect_seq(items)
}

impl Compiled<'_> {
    fn bytes(&self) -> Vec<u8> {
        let mut buffer = [0; 8192];
        let body = postcard::to_slice(self, &mut buffer).unwrap();
        let mut length = [0; 5];
        let length = postcard::to_slice(&(body.len() as u32), &mut length).unwrap();
        [b"SITT\x01", &*length, body].concat()
    }
}

fn ed25519<'a>(public: &str, ids: &[&'a str]) -> CompiledOwner<'a> {
    let key = CompiledKey::Ed25519(Str::new(public).decode_hex().unwrap());
    CompiledOwner { key, ids: ids.to_vec() }
}

fn other<'a>(keytype: &'a str, scheme: &'a str, public: &'a str) -> CompiledOwner<'a> {
    CompiledOwner { key: CompiledKey::Other { keytype, scheme, public }, ids: vec![] }
}

fn compiled() -> Compiled<'static> {
    Compiled {
        owners: vec![
            ed25519(ALICE, &["alice", ALICE_IDS[1], ALICE_IDS[0]]),
            other("rsa", "rsassa-pss-sha256", "MIIBojANBgkq/+8="),
            ed25519(BOB, &BOB_IDS),
        ],
        threshold: 2,
        product_step: "package",
        artifact: "out/app.bin",
        inspections: CompiledInspections::Skip,
        attestations: vec![("https://slsa.dev/provenance/v1", "build"), ("urn:example:ü", "")],
        earliest_time: "2026-01-01T00:00:00Z",
        security_version: u32::MAX,
        revision: 7,
        end: END,
    }
}

/// As in-toto 3.1 wrote it, and the older dialect's.
const BOB_IDS: [&str; 2] = [
    "dcd376c824d73cf6f424fadde97632ce2d5e20b2ab05af3e8d4e2e27a6330423",
    "370a16fd8fd5cee8bcddd38ff89f5b9976937f6890371e93c53c8d73bac9c9c6",
];

#[test]
fn the_compiled_form_says_what_the_json_says() {
    assert_eq!(read(&compiled().bytes()), json(full().as_bytes()));
}

#[test]
fn what_follows_a_page_s_policy_is_not_looked_at() {
    let bytes = compiled().bytes();
    let expected = TrustPolicy::read_page(&bytes).map(|policy| words(&policy)).unwrap();
    for erased in [0, 0xff] {
        let page = [&bytes[..], &[erased; 4096]].concat();
        assert_eq!(TrustPolicy::read_page(&page).map(|policy| words(&policy)).unwrap(), expected);
        for length in 0..bytes.len() {
            // Power was cut while the page was written.
            let cut = [&bytes[..length], &[erased; 4096]].concat();
            assert!(TrustPolicy::read_page(&cut).is_err(), "{length} bytes, {erased:#x} behind them");
        }
    }
    for length in 0..bytes.len() {
        assert!(read(&bytes[..length]).is_err(), "{length} bytes");
    }
    for byte in 0..=255 {
        assert_eq!(code(read(&[&bytes[..], &[byte]].concat())), Some("trust-syntax"), "{byte:#x}");
    }
}

#[test]
fn no_other_bytes_are_a_policy() {
    let whole = compiled();
    let changed = |change: &dyn Fn(&mut Compiled<'static>)| {
        let mut policy = whole.clone();
        change(&mut policy);
        policy.bytes()
    };
    let with = |change: &dyn Fn(&mut Compiled<'static>)| code(read(&changed(change)));
    let distinct = |count| "ABCDEFGHIJ".split("").skip(1).take(count).map(|key| other("rsa", "x", key)).collect();
    assert_eq!(with(&|policy| policy.owners.clear()), Some("trust-owners"));
    assert_eq!(with(&|policy| policy.owners[2] = ed25519(ALICE, &["x"])), Some("trust-owners"));
    assert_eq!(with(&|policy| policy.owners[1] = other("ed25519", "ed25519", "A")), Some("trust-key"));
    assert_eq!(with(&|policy| policy.owners[1] = other("rsa", "ed25519", BOB)), Some("trust-key"));
    assert_eq!(with(&|policy| policy.owners[1] = other("", "x", "A")), Some("trust-key"));
    assert_eq!(with(&|policy| policy.owners[1] = other("rsa", "", "A")), Some("trust-key"));
    assert_eq!(with(&|policy| policy.owners[1] = other("rsa", "x", "")), Some("trust-key"));
    assert_eq!(with(&|policy| policy.owners[1] = other("rsa", "x", "A B")), Some("trust-key"));
    assert_eq!(with(&|policy| policy.owners[1].key = CompiledKey::Unknown), Some("trust-syntax"));
    assert_eq!(with(&|policy| policy.owners[0].ids = vec![""]), Some("trust-key"));
    assert_eq!(with(&|policy| policy.owners[0].ids = vec!["x"; TRUST_KEY_IDS + 1]), Some("trust-limit"));
    assert_eq!(with(&|policy| policy.owners = distinct(TRUST_OWNERS)), None);
    assert_eq!(with(&|policy| policy.owners = distinct(TRUST_OWNERS + 1)), Some("trust-limit"));
    assert_eq!(with(&|policy| policy.threshold = 0), Some("trust-threshold"));
    assert_eq!(with(&|policy| policy.threshold = 4), Some("trust-threshold"));
    assert_eq!(with(&|policy| policy.product_step = "a/b"), Some("trust-syntax"));
    assert_eq!(with(&|policy| policy.artifact = "./a"), Some("trust-syntax"));
    assert_eq!(with(&|policy| policy.inspections = CompiledInspections::Other), Some("trust-syntax"));
    assert_eq!(with(&|policy| policy.inspections = CompiledInspections::Refuse), None);
    assert_eq!(with(&|policy| policy.attestations[0].0 = ""), Some("trust-syntax"));
    assert_eq!(with(&|policy| policy.attestations[0].1 = ".."), Some("trust-syntax"));
    assert_eq!(with(&|policy| policy.attestations = vec![("x", ""); TRUST_ATTESTATIONS + 1]), Some("trust-limit"));
    assert_eq!(with(&|policy| policy.earliest_time = "2026"), Some("trust-time"));
    assert_eq!(with(&|policy| policy.end = 0), Some("trust-syntax"));

    // What a device leaves to the verification is of the right form.
    let on_device = |change: &dyn Fn(&mut Compiled<'static>)| TrustPolicy::read_page(&changed(change)).map(|_| ());
    assert_eq!(on_device(&|policy| policy.threshold = 0), Ok(()));
    assert_eq!(code(on_device(&|policy| policy.earliest_time = "2026")), Some("trust-time"));
    assert_eq!(code(on_device(&|policy| policy.end = 0)), Some("trust-syntax"));

    let bytes = whole.bytes();
    assert_eq!(code(read(&[b"SITR", &bytes[4..]].concat())), Some("trust-version"));
    assert_eq!(code(read(&[b"SITT\x02", &bytes[5..]].concat())), Some("trust-version"));
    assert_eq!(code(read(&[0xff; 64])), Some("trust-version"));
    assert_eq!(code(read(full().as_bytes())), Some("trust-version"));
    // Something between the end and the end of the body.
    let (head, body) = bytes.split_at(7);
    let longer = [&head[..5], &[head[5] + 1, head[6]], body, &[END]].concat();
    assert_eq!(code(read(&longer)), Some("trust-syntax"));
    let at = bytes.windows(5).position(|window| window == b"alice").unwrap();
    let mut latin1 = bytes.clone();
    latin1[at] = 0xe9;
    assert_eq!(code(read(&latin1)), Some("trust-syntax"));
    let mut endless = bytes.clone();
    endless[7] = 0xff; // the number of owners is the start of a varint that never ends
    endless[8..16].fill(0xff);
    assert_eq!(code(read(&endless)), Some("trust-syntax"));
}

/// Every single byte of the compiled form, changed in every way: another policy, or none; never a panic.
#[test]
fn changed_bytes_do_no_harm() {
    let bytes = compiled().bytes();
    let whole = read(&bytes).unwrap();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            assert_ne!(read(&changed), Ok(whole.clone()), "byte {at}, bit {bit}");
        }
    }
}

/// The example of BUNDLE.md, in both of its forms.
#[test]
fn the_examples_of_the_format_description_are_one_policy() {
    let section = include_str!("../../../BUNDLE.md").split("\n## 12. ").nth(1).unwrap();
    let block = |kind: &str| section.split(kind).nth(1).unwrap().split("```").next().unwrap();
    let mut bytes = Vec::new();
    for line in block("```text\n").lines() {
        // Hexadecimal digits and texts in quotes; a remark stands behind two spaces.
        for word in line.trim_start().split("  ").next().unwrap().split(' ') {
            match word.strip_prefix('"') {
                Some(text) => bytes.extend_from_slice(text.strip_suffix('"').unwrap().as_bytes()),
                None => bytes.extend(word.as_bytes().chunks(2).map(|pair| {
                    let [byte] = crate::hex::decode(pair).unwrap();
                    byte
                })),
            }
        }
    }
    let compiled = read(&bytes).unwrap();
    assert_eq!(json(block("```json\n").as_bytes()), Ok(compiled));
}
