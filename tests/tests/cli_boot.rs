//! What a device's boot reads is made on the host, and what it leaves is shown there: attestations of a security version, signed trust policies, update
//! packages, boot reports.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sitrep_cli::sign::Signer;
use sitrep_cli::temporary::Directory;
use sitrep_core::boot_report::{
    BLOCK, BootDecision, BootReport, BootSlot, Checked, FORMAT, ImageReport, Refusal, SlotReport, SlotState,
};
use sitrep_core::update::{Package, PolicyUpdate};
use sitrep_core::{Code, Ed25519, List, Place, TrustPolicy};
use sitrep_tests::chain::{Signed, Wrapping, entry, keyid};
use sitrep_tests::command::{Run, sitrep, vectors};
use sitrep_tests::in_toto;

const PEOPLE: [&str; 4] = ["alice", "bob", "carol", "builder"];

fn run(directory: &Path, line: &str) -> Run {
    sitrep(directory, &line.split_whitespace().collect::<Vec<_>>())
}

fn sha256(bytes: &[u8]) -> String {
    sitrep_cli::hex::encode(&Sha256::digest(bytes))
}

/// Everybody's keys, `app-a.bin` and `app-b.bin`, a layout by Alice of one step, and the builder's link.
fn project() -> Directory {
    let directory = Directory::new("boot").unwrap();
    let path = directory.path();
    for name in PEOPLE {
        // The keys of `sitrep_tests::chain`.
        Signer::from_seed(Sha256::digest(name).into()).write(path, name).unwrap();
    }
    let digest = |name: &str| {
        fs::write(path.join(name), format!("image {name}")).unwrap();
        json!({"sha256": sha256(format!("image {name}").as_bytes())})
    };
    let products = json!({"app-a.bin": digest("app-a.bin"), "app-b.bin": digest("app-b.bin")});
    let builder = keyid("builder");
    let link = json!({
        "_type": "link", "name": "build", "materials": {}, "products": products, "byproducts": {}, "command": [], "environment": {},
    });
    let layout = json!({
        "_type": "layout", "expires": "2040-01-01T00:00:00Z", "inspect": [], "readme": "",
        "keys": {builder.as_str(): entry("builder", &builder)},
        "steps": [{
            "_type": "step", "name": "build", "expected_command": [], "expected_materials": [], "expected_products": [],
            "pubkeys": [builder], "threshold": 1,
        }],
    });
    let write = |name: String, payload: Value, signer: &str| {
        let signed = Signed { payload, wrapping: Wrapping::Dsse, signers: vec![(keyid(signer), signer.to_owned())] };
        fs::write(path.join(name), signed.envelope().to_string()).unwrap();
    };
    write("root.layout".to_owned(), layout, "alice");
    write(format!("build.{}.link", &builder[..8]), link, "builder");
    directory
}

const ATTEST: &str = "attest security-version --security-version 7 --product thermostat --hardware rev-b rev-c \
    --time 2026-11-01T00:00:00Z --subject app-a.bin app-b.bin --signing-key builder.key -o app.intoto.jsonl";
const POLICY: &str = "trust init --verification-keys alice.pub --product-artifact app-{slot}.bin -q -o trust.json";
const DEVICE: &str = "--device-product thermostat --device-hardware rev-c";

/// The same with the attestation, a trust policy for both slots, and the bundle.
fn packed() -> Directory {
    let directory = project();
    for line in [ATTEST, POLICY, "pack root.layout --trust trust.json --profile boot -q -o app.sitrep"] {
        run(directory.path(), line).expect(0);
    }
    directory
}

#[test]
fn an_attestation_is_an_in_toto_statement_in_a_dsse_envelope() {
    let directory = project();
    let path = directory.path();
    let run_it = run(path, ATTEST).expect(0);
    assert_eq!(run_it.stdout, "attested: app.intoto.jsonl, security version 7 of 2 files, signed by 1 key\n");
    let text = fs::read_to_string(path.join("app.intoto.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 1);
    let envelope: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(envelope["payloadType"], "application/vnd.in-toto+json");
    assert_eq!(envelope["signatures"][0]["keyid"], keyid("builder").as_str());
    let statement = sitrep_cli::dsse::Envelope::parse(text.as_bytes()).unwrap().payload;
    let expected = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","predicate":{{"hardware":["rev-b","rev-c"],"product":"thermostat","securityVersion":7,"time":"2026-11-01T00:00:00Z"}},"predicateType":"urn:sitrep:security-version:v1","subject":[{{"digest":{{"sha256":"{}"}},"name":"app-a.bin"}},{{"digest":{{"sha256":"{}"}},"name":"app-b.bin"}}]}}"#,
        sha256(b"image app-a.bin"),
        sha256(b"image app-b.bin")
    );
    assert_eq!(String::from_utf8(statement).unwrap(), expected);

    // What is not said is left out, and the clock may be asked.
    let line = "attest security-version --security-version 0 --subject x=app-a.bin --signing-key builder.key -o v.intoto.jsonl";
    run(path, line).expect(0);
    let predicate = |name: &str| {
        let envelope = sitrep_cli::dsse::Envelope::parse(&fs::read(path.join(name)).unwrap()).unwrap();
        let statement: Value = serde_json::from_slice(&envelope.payload).unwrap();
        statement["predicate"].clone()
    };
    assert_eq!(predicate("v.intoto.jsonl"), json!({"securityVersion": 0}));
    // An attestation is replaced, nothing else is.
    run(path, &format!("{line} --time now -q")).expect(0);
    assert!(predicate("v.intoto.jsonl")["time"].as_str().unwrap() > "2026-11-21");
    let layout = fs::read(path.join("root.layout")).unwrap();
    run(path, &line.replace("v.intoto.jsonl", "root.layout")).expect(2).error("root.layout exists already");
    assert_eq!(fs::read(path.join("root.layout")).unwrap(), layout);

    run(path, &line.replace("app-a.bin", "none")).expect(2).error("cannot read none");
    run(path, &format!("{line} --time today")).expect(2).error("--time \"today\" is no time");
    run(path, &line.replace("builder.key", "builder.pub")).expect(2).error("builder.pub holds a public key");
}

#[test]
fn who_cannot_sign_is_told_why() {
    let directory = project();
    let keys = vectors().join("keys");
    for (name, expected) in [
        ("p256.private.pem", "is of another kind than Ed25519"),
        ("rsa.private.pem", "is of another kind than Ed25519"),
        ("x25519.private.pem", "is of another kind than Ed25519"),
        ("ed25519.encrypted.private.pem", "without a password"),
        ("openssh-ed25519", "without a password"),
        ("minisign.key", "is no signing key"),
        ("ed25519.json", "is no signing key"),
        ("ed25519.pem", "holds a public key"),
        ("none", "cannot read the signing key"),
    ] {
        let key = keys.join(name);
        let line = format!(
            "attest security-version --security-version 1 --subject app-a.bin --signing-key {} -o o",
            key.display()
        );
        let run = run(directory.path(), &line).expect(2);
        assert!(run.stderr.contains(expected) && run.stderr.contains("sitrep: hint: "), "{name}: {}", run.stderr);
    }
    let line = format!("{} alice.key alice.key -o o", "trust sign none --signing-key");
    run(directory.path(), &line).expect(2).error("alice.key holds the same key as alice.key");
    assert!(!directory.path().join("o").exists());
}

#[test]
fn a_chain_is_verified_for_a_device() {
    let directory = packed();
    let path = directory.path();
    let verify = |more: &str| run(path, &format!("verify app.sitrep --trust trust.json {more}"));
    verify(DEVICE).expect(0);
    let text = verify(&format!("{DEVICE} --artifact app-a.bin")).expect(0).stdout;
    let digest = sha256(b"image app-a.bin");
    let expected = format!(
        "  artifact app-a.bin is what step build produced\n    sha256 {digest}\n    security version 7, certainly later than 2026-11-01T00:00:00Z\n"
    );
    assert!(text.contains(&expected), "{text}");
    // What the file should have been is told, too.
    let json: Value =
        serde_json::from_str(&verify(&format!("{DEVICE} --artifact app-a.bin=app-b.bin --json")).expect(1).stdout)
            .unwrap();
    let expected = json!({
        "name": "app-a.bin", "result": "artifact-digest", "step": "build", "digest": {"sha256": digest}, "security_version": 7,
        "time": "2026-11-01T00:00:00Z",
    });
    assert_eq!(json["artifacts"], json!([expected]));
    let json: Value = serde_json::from_str(&verify("--artifact x=app-b.bin --json").expect(1).stdout).unwrap();
    let expected = json!({
        "name": "x", "result": "artifact-unknown", "step": null, "digest": null, "security_version": null, "time": null,
    });
    assert_eq!(json["artifacts"], json!([expected]));
    let json: Value = serde_json::from_str(&verify(&format!("{DEVICE} --json")).expect(0).stdout).unwrap();
    assert_eq!(json["trust"]["device"], json!({"product": "thermostat", "hardware": "rev-c"}));
    verify("--device-product kettle --device-hardware rev-c").expect(1).error("attestation-product: ");
    verify("--device-product thermostat --device-hardware rev-a").expect(1).error("attestation-hardware: ");
    // Without the attestation there is none for any device.
    fs::remove_file(path.join("app.intoto.jsonl")).unwrap();
    let pack = "pack root.layout --trust trust.json --profile boot -o other.sitrep";
    run(path, &format!("{pack} {DEVICE}")).expect(1).error("attestation-missing: ");
    run(path, pack).expect(0);
    // Neither slot's product.
    run(path, &POLICY.replace("app-", "other-")).expect(0);
    verify("").expect(1).error("artifact-unknown: ");
    run(path, pack).expect(1).error("artifact-unknown: ");
}

const THREE: &str =
    "trust init --verification-keys alice.pub bob.pub carol.pub --threshold 2 --product-artifact app.bin -q";

#[test]
fn owners_replace_a_trust_policy() {
    let directory = project();
    let path = directory.path();
    run(path, &format!("{THREE} --revision 3 -o old.json")).expect(0);
    run(path, "trust init --verification-keys bob.pub --product-artifact app.bin --revision 4 -q -o new.json")
        .expect(0);
    for name in ["alice", "bob", "carol", "builder"] {
        let run = run(path, &format!("trust sign new.json --signing-key {name}.key -o {name}.json")).expect(0);
        assert_eq!(run.stdout, format!("signed: {name}.json, revision 4, by 1 key\n"));
    }
    let update = |envelopes: &str| run(path, &format!("trust update {envelopes} --from old.json -o new.situ"));
    for envelopes in ["alice.json", "alice.json alice.json", "alice.json builder.json"] {
        update(envelopes).expect(1).error("policy-update-signature: ");
        assert!(!path.join("new.situ").exists());
    }
    let missing = update("bob.json").expect(1).stderr;
    assert!(missing.contains("(1 of 2 that are needed, without fingerprint "), "{missing}");
    let done = update("carol.json builder.json alice.json").expect(0);
    assert!(
        done.stdout.starts_with("written: new.situ, ")
            && done.stdout.ends_with(": revision 4 in place of 3, signed by 2 of 3 owners\n")
    );

    // Core, as on a device.
    let bytes = fs::read(path.join("new.situ")).unwrap();
    run(path, "trust compile old.json -q -o old.bin").expect(0);
    run(path, "trust compile new.json -q -o new.bin").expect(0);
    let old = fs::read(path.join("old.bin")).unwrap();
    let old = TrustPolicy::read(&old).unwrap();
    let read = PolicyUpdate::read(&bytes).unwrap();
    assert_eq!(read.policy, fs::read(path.join("new.bin")).unwrap());
    assert_eq!(read.verify(&old, old.revision, &Ed25519).unwrap().revision, 4);
    assert_eq!(read.verify(&old, 4, &Ed25519).unwrap_err().code(), Code::PolicyUpdateRevision);

    // An older one, and one that is no newer.
    run(path, &format!("{THREE} --revision 4 -o old.json")).expect(0);
    update("alice.json bob.json")
        .expect(1)
        .error("policy-update-revision: the new trust policy's revision is not greater");
    let shown = run(path, "inspect new.situ").expect(0).stdout;
    assert!(shown.contains("policy update, ") && shown.contains("compiled, revision 4"), "{shown}");
    let shown: Value = serde_json::from_str(&run(path, "inspect new.situ --json").expect(0).stdout).unwrap();
    assert_eq!((&shown["policy"]["revision"], shown["signatures"].as_array().unwrap().len()), (&4.into(), 2));
}

#[test]
fn what_a_device_would_refuse_is_not_signed() {
    let directory = project();
    let path = directory.path();
    fs::copy(vectors().join("keys/rsa.pem"), path.join("rsa.pub")).unwrap();
    run(path, "trust init --verification-keys rsa.pub --product-artifact app.bin -q -o rsa.json").expect(0);
    run(path, "trust sign rsa.json --signing-key alice.key -o e.json").expect(1).error("rsa.json: owner-scheme: ");
    run(path, "trust init --verification-keys bob.pub -q -o no-artifact.json").expect(0);
    run(path, "trust sign no-artifact.json --signing-key alice.key -o e.json")
        .expect(1)
        .error("no-artifact.json: trust-artifact: ");
    run(path, "trust sign root.layout --signing-key alice.key -o e.json")
        .expect(1)
        .error("root.layout: trust-syntax: ");
    assert!(!path.join("e.json").exists());

    run(path, &format!("{THREE} -o old.json")).expect(0);
    run(path, &format!("{THREE} --revision 1 -o new.json")).expect(0);
    run(path, &format!("{THREE} --revision 2 -o newer.json")).expect(0);
    run(path, "trust sign new.json --signing-key alice.key bob.key -o e.json").expect(0);
    run(path, "trust sign newer.json --signing-key bob.key -o f.json").expect(0);
    let update = |line: &str| run(path, &format!("trust update {line} -o u.situ"));
    update("e.json f.json --from old.json").expect(2).error("e.json and f.json hold different trust policies");
    update("new.json --from old.json").expect(2).error("new.json: expected a DSSE envelope: missing field `payload`");
    update("root.layout --from old.json").expect(2).error(
        "root.layout: expected the payload type application/vnd.sitrep.trust-policy, found \"application/vnd.in-toto+json\"",
    );
    update("e.json --from root.layout").expect(1).error("root.layout: trust-syntax: ");
    update("none --from old.json").expect(2).error("cannot read none");
    // Signed, but no policy or not as devices read it.
    for (payload, code, error) in [
        (fs::read(path.join("new.json")).unwrap(), 2, "s.json holds a signed trust policy in JSON"),
        (b"SITT\x01\x01\x5a".to_vec(), 1, "s.json: trust-syntax: "),
    ] {
        let signers = ["alice", "bob"].map(|name| Signer::from_seed(Sha256::digest(name).into()));
        let envelope = sitrep_cli::dsse::Envelope::sign("application/vnd.sitrep.trust-policy", payload, &signers);
        fs::write(path.join("s.json"), envelope.to_json()).unwrap();
        update("s.json --from old.json").expect(code).error(error);
    }
    assert!(!path.join("u.situ").exists());
    // Nothing else is overwritten.
    run(path, "trust update e.json --from old.json -o e.json").expect(2).error("e.json exists already");
    run(path, "trust sign new.json --signing-key alice.key -o old.json").expect(2).error("old.json exists already");
    update("e.json --from old.json").expect(0);
    update("e.json --from old.json -q").expect(0);
}

/// securesystemslib checks what is signed here, and signs what is read here.
#[test]
fn other_tools_envelopes_are_one_with_these() {
    const SCRIPT: &str = r#"
import json, sys
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner, SSlibKey
read = lambda name: open(name, "rb").read()
keys = [SSlibKey.from_crypto(load_pem_public_key(read(name + ".pub"))) for name in ("alice", "bob")]
builder = SSlibKey.from_crypto(load_pem_public_key(read("builder.pub")))
policy = Envelope.from_dict(json.loads(read("signed.json")))
assert len(policy.verify(keys, 2)) == 2 and policy.payload == read("new.bin")
statement = Envelope.from_dict(json.loads(read("app.intoto.jsonl")))
assert len(statement.verify([builder], 1)) == 1
signers = [CryptoSigner(load_pem_private_key(read(name + ".key"), None)) for name in ("alice", "bob")]
theirs = Envelope(read("new.bin"), "application/vnd.sitrep.trust-policy", {})
for signer in signers:
    theirs.sign(signer)
open("theirs.json", "w").write(json.dumps(theirs.to_dict()))
"#;
    let Some(programs) = in_toto::programs() else { return };
    let directory = project();
    let path = directory.path();
    run(path, &format!("{THREE} -o old.json")).expect(0);
    run(path, &format!("{THREE} --revision 1 -o new.json")).expect(0);
    run(path, "trust compile new.json -q -o new.bin").expect(0);
    run(path, "trust sign new.json --signing-key alice.key bob.key -o signed.json").expect(0);
    run(path, ATTEST).expect(0);
    let output = Command::new(programs.join("python")).args(["-c", SCRIPT]).current_dir(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    run(path, "trust update signed.json --from old.json -q -o ours.situ").expect(0);
    run(path, "trust update theirs.json --from old.json -q -o theirs.situ").expect(0);
    assert_eq!(fs::read(path.join("ours.situ")).unwrap(), fs::read(path.join("theirs.situ")).unwrap());
}

#[test]
fn a_package_holds_what_was_given_and_is_shown() {
    let directory = packed();
    let path = directory.path();
    let done = run(path, "boot-package --bundle app.sitrep --artifact app-b.bin -o p.sits").expect(0);
    assert!(done.stdout.starts_with("packaged without verifying: p.sits, "), "{}", done.stdout);
    let bytes = fs::read(path.join("p.sits")).unwrap();
    let package = Package::read(&bytes).unwrap();
    assert_eq!((package.artifact, package.length()), (&b"image app-b.bin"[..], bytes.len()));
    assert_eq!(package.bundle, fs::read(path.join("app.sitrep")).unwrap());
    assert!(package.policy_update.is_empty());
    // The gap before the artifact reads as flash where nobody has written.
    assert!(bytes[32..1024].iter().all(|byte| *byte == 0xff));

    let shown = run(path, "inspect p.sits").expect(0).stdout;
    for expected in [
        "update package, format version 1, ",
        "artifact: 15 bytes at offset 1024",
        &sha256(b"image app-b.bin"),
        "sitrep bundle, format version 1, packed for profile boot",
        "attestation security-version-v1",
    ] {
        assert!(shown.contains(expected), "{expected}:\n{shown}");
    }
    let shown: Value = serde_json::from_str(&run(path, "inspect p.sits --json").expect(0).stdout).unwrap();
    assert_eq!((&shown["artifact"]["length"], &shown["policy_update"]), (&15.into(), &Value::Null));
    assert_eq!(shown["bundle"]["profile"], "boot");

    fs::write(path.join("p.sits"), &bytes[..bytes.len() - 1]).unwrap();
    run(path, "inspect p.sits").expect(2).error("p.sits: package-head: ");
    run(path, "inspect trust.json").expect(2).error("trust.json is no sitrep bundle, update package or policy update");
}

#[test]
fn a_package_is_verified_as_the_device_does() {
    let directory = packed();
    let path = directory.path();
    let package = |line: &str| run(path, &format!("boot-package {line} -o p.sits"));
    let parts = "--bundle app.sitrep --artifact app-b.bin --trust trust.json";
    let done = package(&format!("{parts} --slot b {DEVICE}")).expect(0);
    assert!(done.stdout.starts_with("verified and packaged: p.sits, "), "{}", done.stdout);
    fs::remove_file(path.join("p.sits")).unwrap();
    package(&format!("{parts} --slot a {DEVICE}")).expect(1).error("artifact-digest: ");
    package(&format!("{parts} --slot b --device-product kettle --device-hardware rev-c"))
        .expect(1)
        .error("attestation-product: ");
    package(parts).expect(2).error("the trust policy names the artifact \"app-{slot}.bin\", but no slot was given");
    package(&format!("--bundle app.sitrep --artifact app-b.bin {DEVICE}"))
        .expect(2)
        .error("--device-product goes with --trust");
    package(&format!("{parts} --slot b --at 2041-01-01T00:00:00Z")).expect(1).error("layout-expired: ");
    package(&format!("{parts} --slot b --profile host")).expect(2).error("a host boots no update package");
    package("--bundle app-a.bin --artifact app-b.bin").expect(2).error("app-a.bin is no sitrep bundle");
    fs::write(path.join("empty"), "").unwrap();
    package("--bundle app.sitrep --artifact empty").expect(2).error("empty is empty");
    run(path, "pack root.layout --trust trust.json -q -o host.sitrep").expect(0);
    package("--bundle host.sitrep --artifact app-b.bin").expect(2).error("host.sitrep was not packed for profile boot");
    let bundle = fs::read(path.join("app.sitrep")).unwrap();
    fs::write(path.join("cut.sitrep"), &bundle[..bundle.len() - 1]).unwrap();
    package("--bundle cut.sitrep --artifact app-b.bin").expect(1).error("cut.sitrep: bundle-truncated: ");
    assert!(!path.join("p.sits").exists());
    run(path, "boot-package --bundle app.sitrep --artifact app-b.bin -o trust.json")
        .expect(2)
        .error("trust.json exists already");
}

#[test]
fn a_package_brings_the_owners_that_allow_its_artifact() {
    let directory = packed();
    let path = directory.path();
    // The device believes Bob, who allows nothing of this; his successor is Alice.
    run(path, "trust init --verification-keys bob.pub --product-artifact app-{slot}.bin -q -o bob.json").expect(0);
    run(path, &POLICY.replace("trust.json", "alice.json --revision 1")).expect(0);
    run(path, "trust sign alice.json --signing-key bob.key -o signed.json").expect(0);
    run(path, "trust update signed.json --from bob.json -q -o alice.situ").expect(0);
    let package = |line: &str| run(path, &format!("boot-package {line} -o p.sits"));
    let parts = "--bundle app.sitrep --artifact app-a.bin --slot a";
    package(&format!("{parts} --trust bob.json")).expect(1).error("owner-unsigned: ");
    package(&format!("{parts} --trust bob.json --policy-update alice.situ")).expect(0);
    let bytes = fs::read(path.join("p.sits")).unwrap();
    assert_eq!(Package::read(&bytes).unwrap().policy_update, fs::read(path.join("alice.situ")).unwrap());
    let shown = run(path, "inspect p.sits").expect(0).stdout;
    assert!(shown.contains("compiled, revision 1") && shown.contains("sitrep bundle, "), "{shown}");
    // A policy update alone; not for a device that has it.
    package("--trust bob.json --policy-update alice.situ").expect(0);
    assert!(run(path, "inspect p.sits").expect(0).stdout.contains("no artifact"));
    package("--trust alice.json --policy-update alice.situ").expect(1).error("alice.situ: policy-update-");
    package("--policy-update alice.json").expect(2).error("alice.json is no policy update");
    let update = fs::read(path.join("alice.situ")).unwrap();
    fs::write(path.join("cut.situ"), &update[..update.len() - 1]).unwrap();
    package("--policy-update cut.situ").expect(1).error("cut.situ: policy-update-form: ");
    run(path, "inspect cut.situ").expect(2).error("cut.situ: policy-update-form: ");
    // As long as the old policy is in force, what it allows may come with the new one.
    run(path, "trust init --verification-keys bob.pub --product-artifact app-{slot}.bin --revision 2 -q -o bob.json")
        .expect(0);
    run(path, "trust sign bob.json --signing-key alice.key -q -o signed.json").expect(0);
    run(path, "trust update signed.json --from alice.json -q -o bob.situ").expect(0);
    package(&format!("{parts} --trust alice.json --policy-update bob.situ")).expect(0);
}

/// What the README tells its reader to type, in such a project.
#[cfg(unix)]
#[test]
fn the_commands_of_the_readme_work() {
    let directory = project();
    let path = directory.path();
    let init = "trust init --verification-keys alice.pub bob.pub --threshold 1 --product-artifact app-{slot}.bin -q";
    run(path, &format!("{init} -o trust.json")).expect(0);
    run(path, &format!("{init} --revision 1 -o new.json")).expect(0);
    let readme = include_str!("../../README.md");
    let section = readme.split("\n## ").find(|section| section.starts_with("Update a device\n")).unwrap();
    let script: String = section.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
    assert!(script.contains("sitrep boot-package --policy-update "), "{script}");
    let programs = std::env::var_os("PATH").unwrap_or_default();
    let own = [sitrep_tests::command::binary().parent().unwrap().to_owned()];
    let programs = std::env::join_paths(own.into_iter().chain(std::env::split_paths(&programs))).unwrap();
    let mut sh = Command::new("sh");
    let output = sh.args(["-e", "-c", &script]).current_dir(path).env("PATH", programs).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(text.matches("verified and packaged: ").count(), 2, "{text}");
}

fn report() -> BootReport {
    let place = Place { step: Some(1), rule: Some((List::Products, 2)), attestation: Some(0), ..Place::default() };
    BootReport {
        format: FORMAT,
        decision: BootDecision::Trial(BootSlot::B),
        slots: [
            SlotReport { state: SlotState::Confirmed, checked: Checked::No },
            SlotReport { state: SlotState::Started, checked: Checked::Verified },
        ],
        staging: Checked::Refused(Refusal { code: Code::SecurityVersion.number(), place }),
        policy: 3,
        pending_policy: Some(4),
        counter: 7,
        time_floor: 1_790_000_000,
        clock: None,
        image: Some(ImageReport { sha256: [0xab; 32], security_version: 8 }),
        warnings: [Code::ExpiryUnknown.number(), 1999, 0, 0, 0, 0],
        warning_count: 9,
    }
}

#[test]
fn a_boot_report_is_found_in_a_dump() {
    let directory = Directory::new("report").unwrap();
    let path = directory.path();
    let mut block = vec![0; BLOCK];
    let length = report().write(&mut block).unwrap();
    block.truncate(length);
    // What looks like the start of one is passed over; what follows does not matter.
    let dump = [&[0xff; 100][..], b"SITB", &[0; 20], &block, &[0; 100]].concat();
    fs::write(path.join("ram.bin"), dump).unwrap();
    let text = run(path, "boot-report ram.bin").expect(0);
    for expected in [
        "boot report at offset 124",
        "slot b runs on trial",
        "slot a      confirmed",
        "slot b      started, not confirmed yet",
        "verified at this boot",
        "staging     refused: security-version: the attested security version is below what the trust policy demands (step 1, rule of products 2, attestation 0)",
        "policy      revision 3; 4 comes into force",
        "security version 7 or greater may run",
        "later than 2026-09-21T14:13:20Z",
        "clock       none",
        "sha256 abababab",
        "warning expiry-unknown: ",
        "warning code 1999, which this version of sitrep does not know",
        "9 warnings in all",
    ] {
        assert!(text.stdout.contains(expected), "{expected}:\n{}", text.stdout);
    }
    assert!(text.stderr.is_empty());
    let json: Value = serde_json::from_str(&run(path, "boot-report ram.bin --json").expect(0).stdout).unwrap();
    assert_eq!(json["decision"], json!({"kind": "trial", "slot": "b"}));
    assert_eq!(
        json["slots"],
        json!({"a": {"state": "confirmed", "check": "none"}, "b": {"state": "started", "check": "verified"}})
    );
    assert_eq!(
        json["staging"]["refusal"]["place"],
        json!({"step": 1, "list": "products", "rule": 2, "attestation": 0})
    );
    assert_eq!(json["policy"], json!({"revision": 3, "pending_revision": 4}));
    assert_eq!(
        (&json["time_floor"], &json["clock"], &json["offset"]),
        (&"2026-09-21T14:13:20Z".into(), &Value::Null, &124.into())
    );
    assert_eq!(json["warnings"][1], json!({"number": 1999, "code": null, "message": null}));

    let recovery = BootReport {
        decision: BootDecision::Recovery(Refusal { code: Code::OwnerSignature.number(), place: Place::default() }),
        image: None,
        clock: Some(1_790_000_001),
        time_floor: 0,
        ..report()
    };
    let mut other = vec![0; BLOCK];
    let length = recovery.write(&mut other).unwrap();
    fs::write(path.join("two.bin"), [&other[..length], &block].concat()).unwrap();
    let text = run(path, "boot-report two.bin").expect(0);
    assert!(
        text.stdout.contains("recovery: nothing may run: owner-signature: ")
            && text.stdout.contains("nothing is known")
    );
    assert_eq!(text.stderr, "sitrep: note: 1 more whole boot reports follow: what is shown is the first\n");
}

#[test]
fn what_is_no_boot_report_is_told_apart() {
    let directory = Directory::new("report").unwrap();
    let path = directory.path();
    let mut block = vec![0; BLOCK];
    let length = report().write(&mut block).unwrap();
    let show = |bytes: &[u8]| {
        fs::write(path.join("ram.bin"), bytes).unwrap();
        run(path, "boot-report ram.bin").expect(2)
    };
    show(&[0xff; 64]).error("ram.bin holds no boot report: \"SITB\" stands nowhere in it");
    show(b"").error("ram.bin holds no boot report");
    show(&[b"xx", &block[..length - 1]].concat()).error("ram.bin: at offset 2: the boot report is cut off");
    let mut changed = block.clone();
    changed[20] ^= 1;
    show(&changed).error("ram.bin: at offset 0: the boot report was changed after the boot");
    let other = [&b"SITB\x01\0\0\0"[..], &[FORMAT + 1]].concat();
    let sum = Sha256::digest(&other);
    show(&[&other[..], &sum[..4]].concat()).error("ram.bin: at offset 0: the boot report is of another format");
    run(path, "boot-report none").expect(2).error("cannot read none");
}
