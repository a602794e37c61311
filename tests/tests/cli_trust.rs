//! `sitrep trust` as users run it: policies are made, shown, checked and compiled, and what is none is said to be none.

use std::fs;
use std::path::Path;

use serde_json::Value;
use sitrep_cli::shell::temporary::Directory;
use sitrep_tests::command::{Run, names, sitrep, vectors};

/// A directory with the demo's owner in three kinds of key: `ed25519.pub`, `rsa.pub`, `ecdsa.pub`.
fn keys() -> Directory {
    let directory = Directory::new("trust").unwrap();
    for kind in ["ed25519", "rsa", "ecdsa"] {
        let key = vectors().join(format!("in-toto-demo/metablock-{kind}/pristine/alice.pub"));
        fs::copy(key, directory.path().join(format!("{kind}.pub"))).unwrap();
    }
    directory
}

fn trust(directory: &Path, line: &str) -> Run {
    let args: Vec<&str> = ["trust"].into_iter().chain(line.split(' ')).collect();
    sitrep(directory, &args)
}

/// What a device can use.
const DEVICE: &str = "init --verification-keys ed25519.pub --product-artifact app.bin -o device.json";

#[test]
fn every_command_has_help_with_exit_codes() {
    let directory = keys();
    for command in ["--help", "init --help", "show --help", "check -h", "compile --help"] {
        let run = trust(directory.path(), command).expect(0);
        assert!(run.stdout.contains("Exit codes:") && run.stdout.contains("Examples:"), "{command}:\n{}", run.stdout);
    }
    for wrong in [
        "",
        "frobnicate",
        "show",
        "init -o t.json",
        "init --verification-keys ed25519.pub",
        "init --verification-keys ed25519.pub -o t.json --threshold many",
        "init --verification-keys ed25519.pub -o t.json --threshold -1",
        "init --verification-keys ed25519.pub -o t.json --security-version 4294967296",
        "init --verification-keys ed25519.pub -o t.json --inspections observed",
        "init --verification-keys ed25519.pub -o t.json --require-attestation provenance",
        "check t.json --profile pocket",
    ] {
        let run = trust(directory.path(), wrong).expect(2);
        assert!(run.stdout.is_empty() && !run.stderr.is_empty(), "{wrong}");
    }
    assert_eq!(names(directory.path()), ["ecdsa.pub", "ed25519.pub", "rsa.pub"]);
}

#[test]
fn a_policy_is_made_and_shown() {
    let directory = keys();
    let path = directory.path();
    let line = "init --verification-keys ed25519.pub rsa.pub ecdsa.pub --threshold 2 --product-step package --product-artifact out/app.bin \
        --inspections skip --require-attestation https://slsa.dev/provenance/v1 --require-attestation urn:x@build --earliest-time 2026-01-01T00:00:00Z \
        --security-version 3 --revision 200 -o t.json";
    let run = trust(path, line).expect(0);
    assert_eq!(run.stdout, "written: t.json, 2 of 3 owners must have signed\n");
    let json: Value = serde_json::from_slice(&fs::read(path.join("t.json")).unwrap()).unwrap();
    assert_eq!((&json["format"], &json["version"]), (&"sitrep-trust-policy".into(), &1.into()));
    assert_eq!(json["owners"][0]["public"], "9083d50d3b253cde2179d5b48f059a11b55eaa78e09d28d3b9f39dfce5d74682");
    assert!(json["owners"][0].get("keyids").is_none(), "computed ids follow from the key");

    let shown: Value = serde_json::from_str(&trust(path, "show t.json --json").expect(0).stdout).unwrap();
    // As openssl and sha256sum print it, and as in-toto calls the key in the demo's layout.
    let fingerprint = "34ed0334ddbe6f999b93209f8629e1db36df05e0b3437a869afb2ba1a5be7336";
    let id = "dcd376c824d73cf6f424fadde97632ce2d5e20b2ab05af3e8d4e2e27a6330423";
    assert_eq!(
        (&shown["owners"][0]["fingerprint"], &shown["owners"][0]["keyids"][0]),
        (&fingerprint.into(), &id.into())
    );
    assert_eq!(shown["attestations"][0]["type"], "https://slsa.dev/provenance/v1");
    assert_eq!((&shown["attestations"][0]["step"], &shown["attestations"][1]["step"]), (&Value::Null, &"build".into()));
    assert_eq!((&shown["threshold"], &shown["security_version"]), (&2.into(), &3.into()));
    assert_eq!(shown["revision"], 200);

    let text = trust(path, "show t.json").expect(0).stdout;
    for expected in [
        "2 of these 3 owners",
        fingerprint,
        id,
        "rsa, rsassa-pss-sha256",
        "out/app.bin of step package",
        "skipped, and the verdict names them",
        "urn:x is demanded of step build",
        "layouts that expired before 2026-01-01T00:00:00Z are refused",
        "at least 3",
        "revision 200",
    ] {
        assert!(text.contains(expected), "{expected}:\n{text}");
    }

    // The compiled form says the same.
    trust(path, "compile t.json -o t.bin").expect(0);
    let mut compiled: Value = serde_json::from_str(&trust(path, "show t.bin --json").expect(0).stdout).unwrap();
    assert_eq!((&shown["form"], &compiled["form"]), (&"json".into(), &"compiled".into()));
    compiled["form"] = "json".into();
    assert_eq!(compiled, shown);
    assert!(trust(path, "compile t.bin -o again.bin --quiet").expect(0).stdout.is_empty());
    assert_eq!(fs::read(path.join("t.bin")).unwrap(), fs::read(path.join("again.bin")).unwrap());
}

#[test]
fn all_owners_have_to_sign_unless_fewer_are_asked_for() {
    let directory = keys();
    let path = directory.path();
    trust(path, "init --verification-keys ed25519.pub rsa.pub -o t.json").expect(0);
    let shown: Value = serde_json::from_str(&trust(path, "show t.json --json").expect(0).stdout).unwrap();
    assert_eq!((&shown["threshold"], &shown["inspections"]), (&2.into(), &"refuse".into()));
    for (threshold, code) in [("0", "trust-threshold"), ("3", "trust-threshold")] {
        let run =
            trust(path, &format!("init --verification-keys ed25519.pub rsa.pub --threshold {threshold} -o other.json"));
        run.expect(2).error(&format!("the trust policy would not be valid: {code}"));
    }
    let line = "init -o other.json --verification-keys ed25519.pub";
    trust(path, &format!("{line} --earliest-time tomorrow")).expect(2).error("--earliest-time \"tomorrow\" is no time");
    trust(path, &format!("{line} --product-artifact a/../app"))
        .expect(2)
        .error("the trust policy would not be valid: trust-syntax");
    trust(path, &format!("{line} --product-step a\"b"))
        .expect(2)
        .error("the trust policy would not be valid: \"a\\\"b\" holds");
    trust(path, &format!("{line} ed25519.pub")).expect(2).error("ed25519.pub holds the same public key");
    assert!(!path.join("other.json").exists());
}

#[test]
fn nothing_is_overwritten_but_a_trust_policy() {
    let directory = keys();
    let path = directory.path();
    let key = fs::read(path.join("rsa.pub")).unwrap();
    trust(path, "init --verification-keys ed25519.pub -o rsa.pub").expect(2).error("rsa.pub exists already");
    trust(path, DEVICE).expect(0);
    trust(path, "compile device.json -o rsa.pub").expect(2).error("rsa.pub exists already");
    trust(path, "compile device.json -o .").expect(2).error(". exists already");
    assert_eq!(fs::read(path.join("rsa.pub")).unwrap(), key);
    // Either form may take the place of either.
    trust(path, "compile device.json -o t").expect(0);
    trust(path, "init --verification-keys rsa.pub -o t").expect(0);
    trust(path, "compile device.json -o t").expect(0);
    trust(path, "compile device.json -o no/such/t").expect(2).error("cannot write no/such/t");
}

#[test]
fn a_device_s_needs_are_checked() {
    let directory = keys();
    let path = directory.path();
    trust(path, DEVICE).expect(0);
    let run = trust(path, "check device.json --profile device").expect(0);
    assert_eq!(run.stdout, "valid: device.json, a trust policy in JSON\n");
    let run = trust(path, "compile device.json --profile device -o device.bin").expect(0);
    let length = fs::metadata(path.join("device.bin")).unwrap().len();
    assert_eq!(run.stdout, format!("compiled: device.bin, {length} bytes\n"));
    assert!(trust(path, "check device.bin --profile device --quiet").expect(0).stdout.is_empty());

    trust(path, "init --verification-keys ed25519.pub rsa.pub -o host.json").expect(0);
    let run = trust(path, "check host.json").expect(0);
    for expected in ["not for a device:", "owner-scheme: owner 2 has a key of type rsa", "trust-artifact: "] {
        assert!(run.stdout.contains(expected), "{}", run.stdout);
    }
    let run = trust(path, "check host.json --profile device").expect(1).error("host.json: owner-scheme: owner 2");
    let run = run.error("host.json: trust-artifact: the trust policy does not name the artifact");
    assert!(run.stdout.is_empty() && run.stderr.contains("sitrep: hint: "), "{}", run.stderr);
    trust(path, "compile host.json --profile device -o host.bin").expect(1).error("host.json: owner-scheme: owner 2");
    assert!(!path.join("host.bin").exists());
    trust(path, "compile host.json -o host.bin").expect(0);
}

#[test]
fn what_is_no_policy_is_named() {
    let directory = keys();
    let path = directory.path();
    trust(path, DEVICE).expect(0);
    trust(path, "compile device.json -o device.bin").expect(0);
    let json = fs::read_to_string(path.join("device.json")).unwrap();
    let compiled = fs::read(path.join("device.bin")).unwrap();
    let garbage = format!("{{\"x\": {}", "[".repeat(60_000));
    for (bytes, expected) in [
        (&b""[..], "t: trust-syntax: "),
        (
            json.replace("\"threshold\"", "\"treshold\"").as_bytes(),
            "t: trust-syntax: the trust policy is damaged, or not of its form: unknown field `treshold`",
        ),
        (json.replace("\"threshold\": 1", "\"threshold\": 2").as_bytes(), "t: trust-threshold: "),
        (json.replace("\"version\": 1", "\"version\": 2").as_bytes(), "t: trust-version: "),
        (json.replace("9083d50d", "xyz").as_bytes(), "t: trust-key: a key of the trust policy is malformed (owner 1)"),
        (garbage.as_bytes(), "t: trust-syntax: "),
        (" ".repeat(70_000).as_bytes(), "t: trust-version: the file has more than 64 KiB"),
        (&compiled[..compiled.len() - 1], "t: trust-syntax: "),
        (&[&compiled[..], b"\0"].concat(), "t: trust-syntax: "),
        (b"SITT\x02", "t: trust-version: "),
        (b"SITR\x01", "t: trust-syntax: "),
    ] {
        fs::write(path.join("t"), bytes).unwrap();
        // Whether it is valid is the question of `check`; the others cannot do their work.
        trust(path, "check t").expect(1).error(expected);
        trust(path, "compile t -o out.bin").expect(1).error(expected);
        let run = trust(path, "show t").expect(2).error(expected);
        assert!(run.stdout.is_empty() && run.stderr.lines().count() == 2, "{}", run.stderr);
    }
    for command in ["check nothing", "show nothing", "compile nothing -o out.bin"] {
        trust(path, command).expect(2).error("cannot read nothing: ");
    }
    assert!(!path.join("out.bin").exists());
}

#[test]
fn a_policy_gives_no_orders_to_the_terminal() {
    let directory = keys();
    let path = directory.path();
    trust(path, DEVICE).expect(0);
    let json = fs::read_to_string(path.join("device.json")).unwrap();
    // Right-to-left override: no control character, so a policy may hold it.
    fs::write(path.join("device.json"), json.replace("app.bin", "app\u{202e}nib")).unwrap();
    let run = trust(path, "show device.json").expect(0);
    assert!(run.stdout.contains("app\\u{202e}nib"), "{}", run.stdout);
    let run = trust(path, "show device.json --json").expect(0);
    assert!(run.stdout.contains("app\\u202enib"), "{}", run.stdout);
}
