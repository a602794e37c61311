//! What a device's boot reads is made on the host: attestations of a security version, signed trust policies, update packages.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sitrep_cli::shell::temporary::Directory;
use sitrep_core::update::{Package, PolicyUpdate};
use sitrep_core::{Code, Ed25519, TrustPolicy};
use sitrep_metadata::sign::Signer;
use sitrep_tests::chain::{Signed, Wrapping, entry, keyid};
use sitrep_tests::command::{Run, sitrep, vectors};
use sitrep_tests::in_toto;

const PEOPLE: [&str; 4] = ["alice", "bob", "carol", "builder"];

fn run(directory: &Path, line: &str) -> Run {
    sitrep(directory, &line.split_whitespace().collect::<Vec<_>>())
}

fn sha256(bytes: &[u8]) -> String {
    sitrep_metadata::hex::encode(&Sha256::digest(bytes))
}

/// Everybody's keys, `app-a.bin` and `app-b.bin`, a layout by Alice of one step, and the builder's link.
fn project() -> Directory {
    let directory = Directory::new("boot").unwrap();
    let path = directory.path();
    for name in PEOPLE {
        // The keys of `sitrep_tests::chain`.
        sitrep_signers::file::write(&Signer::from_seed(Sha256::digest(name).into()), path, name).unwrap();
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
    let statement = sitrep_metadata::envelope::dsse::Envelope::parse(text.as_bytes()).unwrap().payload;
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
        let envelope = sitrep_metadata::envelope::dsse::Envelope::parse(&fs::read(path.join(name)).unwrap()).unwrap();
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
    fs::write(directory.path().join("wrong"), "another passphrase").unwrap();
    let keys = vectors().join("keys");
    for (name, expected) in [
        ("p521.private.pem", "is neither Ed25519 nor ECDSA on P-256 or P-384"),
        ("rsa.private.pem", "holds an RSA key"),
        ("x25519.private.pem", "is neither Ed25519 nor ECDSA on P-256 or P-384"),
        ("ed25519.encrypted.private.pem", "the passphrase is not that of"),
        ("openssh-rsa", "holds an RSA key"),
        ("openssh-ecdsa.pub", "is no signing key"),
        ("rsa.pkcs1.private.pem", "holds an RSA key"),
        ("minisign.key", "is no signing key"),
        ("ed25519.json", "is no signing key"),
        ("ed25519.pem", "holds a public key"),
        ("none", "cannot read the signing key"),
    ] {
        let key = keys.join(name);
        let line = format!(
            "attest security-version --security-version 1 --subject app-a.bin --signing-key {} --passphrase-file wrong -o o",
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
        "file": {"path": "app-b.bin", "bytes": 15, "sha256": sha256(b"image app-b.bin")},
    });
    assert_eq!(json["artifacts"], json!([expected]));
    let json: Value = serde_json::from_str(&verify("--artifact x=app-b.bin --json").expect(1).stdout).unwrap();
    let expected = json!({
        "name": "x", "result": "artifact-unknown", "step": null, "digest": null, "security_version": null, "time": null,
        "file": {"path": "app-b.bin", "bytes": null, "sha256": null},
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
    // Without a product there is nothing that a boot loader would ask these of.
    let without = "pack root.layout --verification-keys alice.pub --profile boot -o other.sitrep";
    run(path, without).expect(0);
    run(path, &format!("{without} {DEVICE}")).expect(2).error("profile boot asks for a security version");
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
    assert!(missing.contains("(1 of 2 that are needed; no signature by the keys with the fingerprints "), "{missing}");
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
    update("new.json --from old.json").expect(2).error("new.json is a trust policy, expected a signed trust policy");
    update("root.layout --from old.json").expect(2).error("root.layout is a layout, expected a signed trust policy");
    update("e.json --from root.layout").expect(1).error("root.layout: trust-syntax: ");
    update("none --from old.json").expect(2).error("cannot read none");
    // Signed, but no policy or not as devices read it.
    for (payload, code, error) in [
        (fs::read(path.join("new.json")).unwrap(), 2, "s.json holds a signed trust policy in JSON"),
        (b"SITT\x01\x01\x5a".to_vec(), 1, "s.json: trust-syntax: "),
    ] {
        let signers = ["alice", "bob"].map(|name| Signer::from_seed(Sha256::digest(name).into()));
        let envelope =
            sitrep_metadata::envelope::dsse::Envelope::sign("application/vnd.sitrep.trust-policy", payload, &signers)
                .unwrap();
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
    let cut = run(path, "inspect p.sits").expect(2).error("p.sits: package-head: the update package is cut or damaged");
    assert!(cut.stderr.contains("hint: copy it again"), "{}", cut.stderr);
    run(path, "inspect trust.json")
        .expect(2)
        .error("trust.json is a trust policy, expected signed metadata, a bundle, ");
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
    package("--policy-update alice.json").expect(2).error("alice.json is a trust policy, expected a policy update");
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

#[test]
fn what_was_not_verified_is_said() {
    let directory = packed();
    let path = directory.path();
    let parts = "boot-package --bundle app.sitrep --artifact app-b.bin --trust trust.json --slot b -o p.sits";
    let done = run(path, parts).expect(0);
    assert!(
        done.stderr.starts_with("sitrep: note: verified for a device that was not told which product"),
        "{}",
        done.stderr
    );
    assert!(run(path, &format!("{parts} -q")).expect(0).stderr.is_empty());
    assert!(run(path, &format!("{parts} {DEVICE}")).expect(0).stderr.is_empty());
    // A bundle of which every device that knows its product makes nothing.
    fs::remove_file(path.join("app.intoto.jsonl")).unwrap();
    run(path, "pack root.layout --trust trust.json --profile boot -q -o app.sitrep").expect(0);
    assert!(run(path, parts).expect(0).stderr.contains("sitrep: note: "));
    run(path, &format!("{parts} {DEVICE}")).expect(1).error("attestation-missing: ");

    // A signature that nobody made is shown as what the file says of itself.
    run(path, &POLICY.replace("trust.json", "new.json --revision 1")).expect(0);
    run(path, "trust sign new.json --signing-key alice.key -q -o signed.json").expect(0);
    run(path, "trust update signed.json --from trust.json -q -o new.situ").expect(0);
    let mut update = fs::read(path.join("new.situ")).unwrap();
    *update.last_mut().unwrap() ^= 1;
    fs::write(path.join("forged.situ"), update).unwrap();
    let shown = run(path, "inspect forged.situ").expect(0).stdout;
    let disclaimer = shown.find("nothing below is verified: ").unwrap();
    assert!(disclaimer < shown.find("signed by ed25519").unwrap(), "{shown}");
}

#[test]
fn options_that_would_be_ignored_are_refused() {
    let directory = packed();
    let path = directory.path();
    run(path, &POLICY.replace("trust.json", "new.json --revision 1")).expect(0);
    run(path, "trust sign new.json --signing-key alice.key -q -o signed.json").expect(0);
    run(path, "trust update signed.json --from trust.json -q -o new.situ").expect(0);
    let package = |more: &str| run(path, &format!("boot-package {more} -o p.sits"));
    for more in ["--at garbage", "--at 2030-01-01T00:00:00Z", "--slot a"] {
        let refused = package(&format!("--policy-update new.situ --trust trust.json {more}")).expect(2);
        assert!(refused.stderr.contains("--bundle <NAME.sitrep>"), "{more}: {}", refused.stderr);
    }
    package(&format!("--policy-update new.situ --trust trust.json {DEVICE}"))
        .expect(2)
        .error("--device-product goes with --bundle");
    package("--bundle app.sitrep --artifact app-b.bin --slot b --trust trust.json --at garbage")
        .expect(2)
        .error("--at \"garbage\" is no time");
    let nothing = package("").expect(2).stderr;
    assert!(nothing.contains("--bundle <NAME.sitrep>|--policy-update <FILE>"), "{nothing}");
    assert!(!path.join("p.sits").exists());
}

#[test]
fn what_no_device_could_use_is_not_attested() {
    let directory = project();
    let path = directory.path();
    fs::write(path.join("empty.bin"), "").unwrap();
    run(path, &ATTEST.replace("app-b.bin", "empty.bin")).expect(2).error("empty.bin is empty");
    for (from, to, expected) in [
        ("--product thermostat", "", "--product <ID>"),
        ("--hardware rev-b rev-c", "", "--hardware <ID>..."),
        ("thermostat", "thermo\u{202e}stat", "expected an identifier"),
        ("rev-c", "rev\u{200b}c", "expected an identifier"),
        ("rev-c", "rev\u{1b}c", "expected an identifier"),
        ("--security-version 7", "--security-version 4294967295", "no greater number could ever follow"),
        ("2026-11-01T00:00:00Z", "10000-01-01T00:00:00Z", "is no time of the form"),
    ] {
        let refused = run(path, &ATTEST.replace(from, to)).expect(2);
        assert!(refused.stderr.contains(expected), "{to:?}: {}", refused.stderr);
    }
    assert!(!path.join("app.intoto.jsonl").exists());
    run(path, &ATTEST.replace("version 7", "version 4294967294")).expect(0);
}

/// A device takes only a greater revision, and there is none after the last.
#[test]
fn a_policy_that_nothing_could_replace_is_for_no_device() {
    let directory = project();
    let path = directory.path();
    run(path, &format!("{THREE} -o old.json")).expect(0);
    let last = run(path, &format!("{THREE} --revision 4294967295 -o last.json")).expect(2);
    assert!(last.stderr.contains("no greater number could ever follow: count up by one"), "{}", last.stderr);
    run(path, &format!("{THREE} --revision 4294967294 -o almost.json")).expect(0);
    let almost = fs::read_to_string(path.join("almost.json")).unwrap();
    fs::write(path.join("last.json"), almost.replace("4294967294", "4294967295")).unwrap();
    let expected = "policy-update-revision: no policy could ever replace one of revision 4294967295";
    for line in [
        "trust sign last.json --signing-key alice.key -o e.json",
        "trust compile last.json --profile boot -o last.bin",
        "trust compile last.json --profile host -o last.bin",
        "trust check last.json --profile device",
    ] {
        let refused = run(path, line).expect(1).error(&format!("last.json: {expected}"));
        assert!(refused.stderr.contains("sitrep: hint: ") && refused.stderr.contains("counted up by one"), "{line}");
    }
    let checked = run(path, "trust check last.json").expect(0).stdout;
    assert!(checked.contains("not for a device:") && checked.contains(expected), "{checked}");
    run(path, &format!("{THREE} --security-version 4294967294 -o version.json")).expect(0);
    let version = fs::read_to_string(path.join("version.json")).unwrap();
    fs::write(path.join("version.json"), version.replace("4294967294", "4294967295")).unwrap();
    let refused = run(path, "trust compile version.json --profile host -o last.bin").expect(1);
    refused.error("version.json: security-version: no statement can say security version 4294967295");
    assert!(!path.join("last.bin").exists());
    // Compiled and signed by another tool.
    run(path, "trust compile almost.json -q -o last.bin").expect(0);
    let signers = ["alice", "bob"].map(|name| Signer::from_seed(Sha256::digest(name).into()));
    let mut payload = fs::read(path.join("last.bin")).unwrap();
    let revision = payload.len() - 6;
    assert_eq!(payload[revision], 0xfe);
    payload[revision] = 0xff;
    let envelope =
        sitrep_metadata::envelope::dsse::Envelope::sign("application/vnd.sitrep.trust-policy", payload, &signers)
            .unwrap();
    fs::write(path.join("e.json"), envelope.to_json()).unwrap();
    run(path, "trust update e.json --from old.json -o u.situ").expect(1).error(&format!("e.json: {expected}"));
    assert!(!path.join("u.situ").exists());
    run(path, "trust sign almost.json --signing-key alice.key bob.key -q -o e.json").expect(0);
    run(path, "trust update e.json --from old.json -q -o u.situ").expect(0);
}

#[test]
fn a_signed_policy_is_not_signed_again() {
    let directory = project();
    let path = directory.path();
    run(path, &format!("{THREE} --revision 1 -o new.json")).expect(0);
    run(path, "trust sign new.json --signing-key alice.key -q -o new.alice.json").expect(0);
    for line in ["trust sign new.alice.json --signing-key bob.key -o e.json", "trust check new.alice.json"] {
        let refused =
            run(path, line).expect(1).error("new.alice.json is a signed trust policy, expected the policy itself");
        assert!(
            refused.stderr.contains("`sitrep trust update` puts the envelopes of all owners together"),
            "{}",
            refused.stderr
        );
    }
    // Another owner wants to see it first.
    let shown = run(path, "trust show new.alice.json").expect(0).stdout;
    for line in
        ["trust policy new.alice.json, compiled, revision 1\n", "  signed by key id ", "  no signature was checked"]
    {
        assert!(shown.contains(line), "{line:?} is not in\n{shown}");
    }
    let json = |file: &str| -> Value {
        serde_json::from_str(&run(path, &format!("trust show {file} --json")).expect(0).stdout).unwrap()
    };
    let signed = json("new.alice.json");
    assert_eq!((&signed["signed_by"][0], &json("new.json")["signed_by"]), (&keyid("alice").into(), &Value::Null));
    // A name that is too long for a slot is so in every profile.
    let long = POLICY.replace("app-{slot}.bin", &format!("{}{{slot}}", "x".repeat(64)));
    run(path, &long).expect(0);
    let refused = run(path, "trust check trust.json --profile device").expect(1).error("trust.json: limit-path: ");
    assert!(refused.stderr.contains("hint: give what is run a shorter name"), "{}", refused.stderr);
}

#[test]
fn a_package_fits_into_its_slot() {
    use sitrep_firmware::trailer::TRAILER;
    let directory = packed();
    let path = directory.path();
    let package =
        |more: &str| run(path, &format!("boot-package --bundle app.sitrep --artifact app-b.bin -o p.sits {more}"));
    package("").expect(0);
    let length = fs::metadata(path.join("p.sits")).unwrap().len() + u64::from(TRAILER);
    fs::remove_file(path.join("p.sits")).unwrap();
    let refused = package(&format!("--slot-size {}", length - 1)).expect(1).error("package-head: ");
    assert!(
        refused.stderr.contains(&format!("a slot {}", length - 1)) && !path.join("p.sits").exists(),
        "{}",
        refused.stderr
    );
    package(&format!("--slot-size {length}")).expect(0);
    // Sparse files take no room; they would in memory. Each could be a part by itself.
    fs::remove_file(path.join("p.sits")).unwrap();
    for name in ["app-b.bin", "new.situ"] {
        fs::File::create(path.join(name)).unwrap().set_len(1 << 31).unwrap();
    }
    let refused = package("--policy-update new.situ")
        .expect(2)
        .error("no slot can hold a package with an artifact of 2147483648 bytes, ");
    assert!(refused.stderr.contains("beyond 4 GiB") && !path.join("p.sits").exists(), "{}", refused.stderr);
}
