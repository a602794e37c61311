//! The verdict is one value, whoever writes it: serde_json on the host, serde-json-core on a device.

use serde_json::Value;
use sitrep_core::{ArtifactVerdict, Code, SECURITY_VERSION};
use sitrep_tests::chain::key;
use sitrep_tests::demo::{bundle, owner, verified};
use sitrep_tests::raw_bundle::{Envelope, Node, RawBundle, one_run, text};
use sitrep_tests::raw_chain::{FUNCTIONARY, OWNER, functionaries, layout, link, metablock, signed};

#[test]
fn device_and_host_write_the_same_verdict() {
    for (set, state, code) in [
        ("metablock-ed25519", "pristine", None),
        ("dsse-ed25519", "pristine", None),
        ("metablock-ed25519", "tampered", Some(Code::RuleDisallow)),
        ("dsse-ed25519", "tampered", Some(Code::RuleDisallow)),
    ] {
        verified(&bundle(set, state), &owner(set), |outcome| {
            let verdict = outcome.verdict();
            let mut buffer = [0; 8192];
            let length = verdict.write_json(&mut buffer).unwrap();
            let by_device: Value = serde_json::from_slice(&buffer[..length]).unwrap();
            assert_eq!(by_device, serde_json::to_value(verdict).unwrap(), "{set} {state}");
            assert_eq!(by_device["error"]["code"].as_str(), code.map(Code::name), "{set} {state}");
            assert_eq!(verdict.write_json(&mut buffer[..length - 1]), None, "{set} {state}");
            // With an artifact, its step and its digests.
            let Ok(chain) = outcome.supply_chain() else { return };
            let name = "demo-project.tar.gz";
            let product = chain.product(name, &mut [0; 256]).ok();
            let artifacts = [ArtifactVerdict { name, result: Ok(()), product }];
            let verdict = verdict.with_artifacts(&artifacts);
            let length = verdict.write_json(&mut buffer).unwrap();
            let by_device: Value = serde_json::from_slice(&buffer[..length]).unwrap();
            assert_eq!(by_device, serde_json::to_value(verdict).unwrap(), "{set} {state}");
            let [artifact] = by_device["artifacts"].as_array().unwrap().as_slice() else { panic!() };
            assert_eq!((&artifact["step"], &artifact["security_version"]), (&"package".into(), &Value::Null));
            assert_eq!(artifact["digest"]["sha256"].as_str().map(str::len), Some(64), "{artifact}");
        })
        .unwrap();
    }
}

/// An attestation that the functionary of a chain of one step has signed, about these subjects.
fn attestation(predicate_type: &str, predicate: Node, subject: Node) -> Value {
    let statement = Node::Object(vec![
        ("_type", text("https://in-toto.io/Statement/v1")),
        ("predicate", predicate),
        ("predicateType", text(predicate_type)),
        ("subject", subject),
    ]);
    let envelopes = vec![
        metablock(layout(&functionaries(1), 1, &Vec::new(), &Vec::new()), OWNER),
        metablock(link(0, one_run(0, 0), one_run(2, 0)), FUNCTIONARY),
        Envelope::dsse(statement, vec![signed(FUNCTIONARY)]),
    ];
    let paths = ["a", "b", "c"].map(|path| (path.to_owned(), 1)).to_vec();
    let bytes = RawBundle { envelopes, paths, ..RawBundle::default() }.bytes();
    let verdict = verified(&bytes, &key(OWNER).pk, |outcome| serde_json::to_value(outcome.verdict()).unwrap()).unwrap();
    let mut attestations = verdict["attestations"].as_array().unwrap().clone();
    assert_eq!(attestations.len(), 1, "{verdict}");
    attestations.remove(0)
}

#[test]
fn attestations_say_how_many_subjects_they_have_however_these_are_stored() {
    let spelled_out = |count| {
        let digest = Node::Object(vec![("sha512", text("ab".repeat(64)))]);
        Node::Repeat(count, Box::new(Node::Object(vec![("digest", digest), ("name", text("elsewhere"))])))
    };
    for (subject, count) in [
        (Node::Subjects(vec![[0, 1, 0], [1, 1, 0]]), 2),
        (Node::Subjects(vec![[0, 3, 0]]), 3),
        (Node::List(Vec::new()), 0),
        (spelled_out(4), 4),
        (text("a"), 0),
    ] {
        let told = attestation("https://example.com/type", Node::Number(0), subject);
        assert_eq!((&told["predicate_type"], &told["subjects"]), (&"https://example.com/type".into(), &count.into()));
        assert_eq!(told["security_version"], Value::Null);
    }
    let seven = || Node::Object(vec![("securityVersion", Node::Number(7))]);
    let told = |predicate_type| attestation(predicate_type, seven(), Node::Subjects(vec![[0, 1, 0]]));
    assert_eq!(told(SECURITY_VERSION)["security_version"], 7);
    assert_eq!(told("https://example.com/type")["security_version"], Value::Null);
}
