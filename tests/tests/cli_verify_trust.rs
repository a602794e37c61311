//! `sitrep verify --trust` and `sitrep pack --trust`: each member of a trust policy decides, in either of its forms.

use std::fs;
use std::path::Path;

use serde_json::Value;
use sitrep_cli::shell::temporary::Directory;
use sitrep_metadata::sign::Signer;
use sitrep_tests::command::{Run, copy_of, sitrep, vectors};

/// The demo, whose owner is alice, and the keys of two more owners. They are test keys.
fn demo() -> (Directory, [Signer; 2]) {
    let directory = copy_of(&vectors().join("in-toto-demo/metablock-ed25519/pristine"));
    let signers = [Signer::from_seed([1; 32]), Signer::from_seed([2; 32])];
    for (signer, name) in signers.iter().zip(["bob", "carol"]) {
        sitrep_signers::file::write(signer, directory.path(), name).unwrap();
    }
    (directory, signers)
}

fn run(directory: &Path, line: &str) -> Run {
    sitrep(directory, &line.split_whitespace().collect::<Vec<_>>())
}

/// Makes `t.json` and `t.bin`, and verifies with both; their answers have to be one.
fn verify(directory: &Path, policy: &str, more: &str) -> Run {
    run(directory, &format!("trust init -o t.json -q {policy}")).expect(0);
    run(directory, "trust compile t.json -o t.bin -q").expect(0);
    let [json, compiled] =
        ["t.json", "t.bin"].map(|policy| run(directory, &format!("verify root.layout --trust {policy} {more}")));
    assert_eq!((json.code, &json.stderr), (compiled.code, &compiled.stderr));
    json
}

/// Adds signatures to the layout.
fn sign(directory: &Path, signers: &[Signer]) {
    let path = directory.join("root.layout");
    let mut layout: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for signer in signers {
        let signature = signer.metablock(layout["signed"].clone())["signatures"][0].take();
        layout["signatures"].as_array_mut().unwrap().push(signature);
    }
    fs::write(path, layout.to_string()).unwrap();
}

const ALICE: &str = "--verification-keys alice.pub --inspections skip";
const THREE: &str = "--verification-keys alice.pub bob.pub carol.pub --inspections skip";

#[test]
fn as_many_owners_as_the_policy_says_must_have_signed() {
    let (directory, signers) = demo();
    let path = directory.path();
    verify(path, &format!("{THREE} --threshold 1"), "").expect(0);
    let second = signers[0].id().to_owned();
    let error = format!("owner-unsigned: a required owner key has not signed the layout (key {}", &second[..8]);
    verify(path, &format!("{THREE} --threshold 2"), "").expect(1).error(&error);
    sign(path, &signers[1..]);
    let run = verify(path, &format!("{THREE} --threshold 2"), "-v").expect(0);
    assert!(run.stdout.contains(signers[1].id()) && !run.stdout.contains(&second), "{}", run.stdout);
    verify(path, THREE, "").expect(1).error("owner-unsigned: ");
    sign(path, &signers[..1]);
    verify(path, THREE, "").expect(0);
    // Carol's signature under Bob's name counts for neither.
    let mut layout: Value = serde_json::from_slice(&fs::read(path.join("root.layout")).unwrap()).unwrap();
    layout["signatures"][2]["sig"] = layout["signatures"][1]["sig"].clone();
    fs::write(path.join("root.layout"), layout.to_string()).unwrap();
    verify(path, &format!("{THREE} --threshold 2"), "").expect(0);
    verify(path, THREE, "").expect(1).error("owner-signature: ");
}

#[test]
fn inspections_are_refused_skipped_or_run() {
    let (directory, _) = demo();
    let path = directory.path();
    let refuse = "--verification-keys alice.pub --inspections refuse";
    verify(path, refuse, "").expect(1).error("inspections-not-run: ");
    let run = verify(path, ALICE, "").expect(0);
    assert!(run.stdout.contains("inspection-skipped"), "{}", run.stdout);
    // The policy's own file is none that inspections see, as little as keys are.
    fs::create_dir(path.join("target")).unwrap();
    fs::copy(path.join("demo-project.tar.gz"), path.join("target/demo-project.tar.gz")).unwrap();
    fs::rename(path.join("t.json"), path.join("target/t.json")).unwrap();
    let line = "verify root.layout --trust target/t.json --run-inspections --target-dir target --json";
    let report: Value =
        serde_json::from_str(&sitrep(path, &line.split(' ').collect::<Vec<_>>()).expect(0).stdout).unwrap();
    assert_eq!((&report["verdict"], &report["inspections"][0]["state"]), (&"verified".into(), &"observed".into()));
}

#[test]
fn the_product_s_step_is_the_policy_s_unless_another_is_named() {
    let (directory, _) = demo();
    let path = directory.path();
    let artifact = "--artifact demo-project.tar.gz";
    verify(path, ALICE, artifact).expect(0);
    verify(path, &format!("{ALICE} --product-step package"), artifact).expect(0);
    let clone = format!("{ALICE} --product-step clone");
    verify(path, &clone, artifact).expect(1).error("artifact-unknown: ");
    verify(path, &clone, &format!("--product-of package {artifact}")).expect(0);
    verify(path, &format!("{ALICE} --product-step nowhere"), artifact).expect(1).error("artifact-step: ");
}

#[test]
fn what_the_policy_demands_must_be_there() {
    let (directory, _) = demo();
    let path = directory.path();
    // in-toto's demo attests nothing, and expires in 2040.
    for (policy, code) in [
        ("--require-attestation https://slsa.dev/provenance/v1", "attestation-missing"),
        ("--require-attestation https://slsa.dev/provenance/v1@clone", "attestation-missing"),
        ("--require-attestation urn:x@nowhere", "artifact-step"),
        ("--security-version 1", "attestation-missing"),
        ("--earliest-time 2040-01-01T00:00:00Z", "layout-expired"),
    ] {
        verify(path, &format!("{ALICE} {policy}"), "--at 2030-01-01T00:00:00Z").expect(1).error(&format!("{code}: "));
    }
    // The command line adds to what the policy demands.
    verify(path, ALICE, "--require-attestation spdx-v3").expect(1).error("attestation-missing: ");
    let run =
        verify(path, &format!("{ALICE} --earliest-time 2031-01-01T00:00:00Z"), "--at 2030-01-01T00:00:00Z").expect(0);
    assert!(run.stdout.contains("clock-behind"), "{}", run.stdout);
}

#[test]
fn a_bundle_is_packed_for_who_has_the_policy() {
    let (directory, signers) = demo();
    let path = directory.path();
    let pack = |more: &str| run(path, &format!("pack root.layout --trust t.json -o a.sitrep {more}"));
    run(path, "trust init --verification-keys alice.pub bob.pub -o t.json").expect(0);
    pack("").expect(1).error("owner-unsigned: ");
    sign(path, &signers);
    // A host may run the inspections when it verifies; a device with this policy refuses the layout.
    pack("").expect(0);
    fs::remove_file(path.join("a.sitrep")).unwrap();
    pack("--profile device").expect(1).error("inspections-not-run: ");
    assert!(!path.join("a.sitrep").exists());
    run(path, "trust init --verification-keys alice.pub bob.pub --inspections skip -o t.json").expect(0);
    pack("--profile device").expect(0);
    run(path, "verify a.sitrep --trust t.json").expect(0);
}

/// The policy's earliest time takes the place of an earlier one, whoever gave that.
#[test]
fn a_time_before_the_policys_is_told() {
    let (directory, _) = demo();
    let policy = format!("{ALICE} --earliest-time 2030-01-01T00:00:00Z");
    let run = verify(directory.path(), &policy, "--at 2029-12-31T23:59:59Z").expect(0);
    let warning =
        "clock-behind: the given time is before the earliest time of the trust policy, so that time counts instead";
    assert!(run.stdout.contains(&format!("  warning {warning}")), "{}", run.stdout);
    let pack = ["pack", "root.layout", "--trust", "t.json", "-o", "a.sitrep", "--at", "2029-12-31T23:59:59Z"];
    let packed = sitrep(directory.path(), &pack).expect(0);
    assert!(packed.stderr.starts_with(&format!("sitrep: note: {warning}")), "{}", packed.stderr);
    let run = verify(directory.path(), &policy, "--at 2030-01-01T00:00:00Z").expect(0);
    assert!(!run.stdout.contains("clock-behind"), "{}", run.stdout);
    let error = "--at \"1969-12-31T23:59:59Z\" is before 1970, or a date or time of day that there is not";
    sitrep(directory.path(), &["verify", "root.layout", "--trust", "t.json", "--at", "1969-12-31T23:59:59Z"])
        .expect(2)
        .error(error);
}

#[test]
fn one_of_policy_and_keys_is_given() {
    let (directory, _) = demo();
    let path = directory.path();
    run(path, &format!("trust init {ALICE} -o t.json")).expect(0);
    for wrong in [
        "verify root.layout",
        "verify root.layout --trust t.json --verification-keys alice.pub",
        "pack root.layout -o a.sitrep",
        "pack root.layout -o a.sitrep --trust t.json --verification-keys alice.pub",
        "pack root.layout -o a.sitrep --trust t.json --no-verify",
    ] {
        let run = run(path, wrong).expect(2);
        assert!(run.stdout.is_empty() && !run.stderr.is_empty(), "{wrong}");
    }
    run(path, "verify root.layout --trust nothing.json").expect(2).error("cannot read nothing.json: ");
    run(path, "verify root.layout --trust alice.pub")
        .expect(2)
        .error("alice.pub: trust-syntax: it is a public key, expected a trust policy");
    run(path, "pack root.layout --trust root.layout -o a.sitrep").expect(2).error("root.layout: trust-");
    assert!(!path.join("a.sitrep").exists());
}
