//! `sitrep key show`, and keys of every form where a verification takes them.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use sitrep_tests::command::{copy_of, sitrep, vectors};

fn keys() -> sitrep_cli::shell::temporary::Directory {
    copy_of(&vectors().join("keys"))
}

/// The one key that `sitrep key show --json` shows of a file.
fn shown(directory: &Path, file: &str) -> Value {
    let run = sitrep(directory, &["key", "show", file, "--json"]).expect(0);
    let shown: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(shown["keys"].as_array().unwrap().len(), 1);
    shown["keys"][0].clone()
}

/// Runs another program; `None` where this machine does not have it.
fn program(directory: &Path, name: &str, args: &[&str]) -> Option<Output> {
    let output = Command::new(name).args(args).current_dir(directory).stdin(Stdio::null()).output();
    let Ok(output) = output else {
        // Not `println`, which is shown only for tests that fail.
        let _ = writeln!(std::io::stderr(), "skipped: there is no {name}");
        return None;
    };
    assert!(output.status.success(), "{name} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output)
}

fn text(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

#[test]
fn every_key_is_shown_as_its_program_shows_it() {
    let directory = keys();
    let path = directory.path();
    let expected: Value = serde_json::from_slice(&fs::read(path.join("expected.json")).unwrap()).unwrap();
    for (file, expected) in expected.as_object().unwrap() {
        let key = shown(path, file);
        for member in ["keytype", "scheme", "fingerprint", "openssh_fingerprint"] {
            assert_eq!(key[member], expected[member], "{file}: {member}");
        }
        assert_eq!(key["key_ids"]["python3"], expected["python3"], "{file}");
        let people = sitrep(path, &["key", "show", file]).expect(0);
        for member in ["fingerprint", "openssh_fingerprint", "python3", "older_python"] {
            let value = expected[member].as_str().unwrap_or_default();
            assert!(people.stdout.contains(value), "{file}: no {member} {value} in\n{}", people.stdout);
        }
        let pem = sitrep(path, &["key", "show", "--pem", file]).expect(0);
        assert_eq!(pem.stdout, expected["pem"].as_str().unwrap(), "{file}");
    }
    // Ids that are one are shown once, with all who have it.
    let people = sitrep(path, &["key", "show", "ed25519.pem"]).expect(0);
    assert!(people.stdout.contains("(older Python; Rust; Go)"), "{}", people.stdout);
}

#[test]
fn fresh_keys_have_the_fingerprints_of_ssh_keygen_and_openssl() {
    let directory = sitrep_cli::shell::temporary::Directory::new("test").unwrap();
    let path = directory.path();
    if program(path, "ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", "fresh", "-f", "fresh"]).is_some() {
        let listed = program(path, "ssh-keygen", &["-lf", "fresh.pub"]).unwrap();
        let key = shown(path, "fresh.pub");
        assert_eq!(text(&listed).split(' ').nth(1), key["openssh_fingerprint"].as_str());
    }
    for (name, args) in [
        ("ed25519", &["-algorithm", "ed25519"][..]),
        ("p256", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
        ("p384", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
        ("p521", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]),
        ("rsa", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
    ] {
        if program(path, "openssl", &[&["genpkey", "-out", name][..], args].concat()).is_none() {
            return;
        }
        let pem = program(path, "openssl", &["pkey", "-in", name, "-pubout"]).unwrap();
        let half = sitrep(path, &["key", "show", "--pem", name]).expect(0);
        assert_eq!(half.stdout, text(&pem), "{name}");
        fs::write(path.join("public"), &half.stdout).unwrap();
        program(path, "openssl", &["pkey", "-pubin", "-in", "public", "-outform", "DER", "-out", "der"]).unwrap();
        let digest = program(path, "openssl", &["dgst", "-sha256", "-r", "der"]).unwrap();
        assert_eq!(text(&digest).split(' ').next(), shown(path, "public")["fingerprint"].as_str(), "{name}");
    }
}

#[test]
fn fresh_keys_have_the_key_ids_of_in_toto() {
    const SCRIPT: &str = "import sys\n\
        from cryptography.hazmat.primitives.serialization import load_pem_public_key\n\
        from securesystemslib.signer import SSlibKey\n\
        for name in sys.argv[1:]:\n\
        \x20   print(SSlibKey.from_crypto(load_pem_public_key(open(name, 'rb').read())).keyid)\n";
    let Some(python) = std::env::var_os("SITREP_IN_TOTO").map(|bin| Path::new(&bin).join("python")) else {
        let _ = writeln!(std::io::stderr(), "skipped: there is no in-toto; tests/run sets it up");
        return;
    };
    let directory = keys();
    let path = directory.path();
    let names = ["ed25519.pem", "rsa.pem", "p256.pem", "p384.pem", "p521.pem"];
    let output = program(path, python.to_str().unwrap(), &[&["-c", SCRIPT][..], &names].concat()).unwrap();
    let ids: Vec<&str> = text(&output).lines().collect();
    assert_eq!(ids.len(), names.len());
    for (name, id) in names.iter().zip(ids) {
        assert_eq!(shown(path, name)["key_ids"]["python3"], id, "{name}");
    }
}

#[test]
fn the_public_half_of_a_private_key_is_shown_with_a_note() {
    let directory = keys();
    for name in ["ed25519", "rsa", "p256", "p384", "p521"] {
        let private = format!("{name}.private.pem");
        let run = sitrep(directory.path(), &["key", "show", "--pem", &private]).expect(0);
        assert_eq!(run.stdout, fs::read_to_string(directory.path().join(format!("{name}.pem"))).unwrap());
        assert!(run.stderr.contains(&format!("note: {private} holds a private key")), "{}", run.stderr);
        assert_eq!(shown(directory.path(), &private)["is_private"], true);
        let run = sitrep(directory.path(), &["key", "show", &private]).expect(0);
        assert!(run.stdout.contains("public half of a private key"), "{}", run.stdout);
    }
}

#[test]
fn wrong_files_are_all_named_and_nothing_is_shown() {
    let directory = keys();
    let wrong = ["README.md", "openssh-rsa.pub", "certificate.pem", "minisign.key", "missing"];
    let run = sitrep(directory.path(), &[&["key", "show", "ed25519.pem"][..], &wrong].concat()).expect(2);
    assert_eq!(run.stdout, "");
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(lines.len(), 2 * wrong.len(), "{}", run.stderr);
    for (name, lines) in wrong.iter().zip(lines.chunks(2)) {
        assert!(lines[0].starts_with("sitrep: error: ") && lines[0].contains(name), "{}", lines[0]);
        assert!(lines[1].starts_with("sitrep: hint: "), "{}", lines[1]);
    }
}

#[test]
fn owners_keys_may_have_any_form() {
    let directory = copy_of(&vectors().join("in-toto-demo/metablock-ed25519/pristine"));
    let path = directory.path();
    let pack = |key: &str| sitrep(path, &["pack", "root.layout", "--verification-keys", key, "-o", "out.sitrep"]);
    pack("alice.pub").expect(0);
    // The owner's key in the other forms, made of the bytes that the first one holds.
    let key = shown(path, "alice.pub");
    let bytes = sitrep_metadata::hex::decode(key["public"].as_str().unwrap()).unwrap();
    let encode = |head: &[u8]| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode([head, &bytes].concat())
    };
    let ssh = encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20");
    let signify = encode(b"Ed12345678");
    for (name, form) in [
        ("alice.ssh", format!("ssh-ed25519 {ssh} alice\n")),
        ("alice.signify", format!("untrusted comment: alice\n{signify}\n")),
        ("alice.minisign", signify),
    ] {
        fs::write(path.join(name), form).unwrap();
        pack(name).expect(0);
        sitrep(path, &["pack", "root.layout", "--verification-keys", "alice.pub", name, "-o", "out.sitrep"])
            .expect(2)
            .error(&format!("{name} holds the same public key as alice.pub"));
    }
}

#[test]
fn a_private_key_is_no_owners_key() {
    let directory = keys();
    fs::copy(
        vectors().join("in-toto-demo/metablock-ed25519/pristine/root.layout"),
        directory.path().join("root.layout"),
    )
    .unwrap();
    for (name, hint) in [
        ("ed25519.private.pem", "sitrep key show --pem KEY"),
        ("rsa.pkcs1.private.pem", "openssl pkey -in KEY -pubout"),
        ("openssh-ed25519", "ssh-keygen -y -f KEY"),
        ("older-ed25519.private.json", "sitrep key show --pem KEY"),
    ] {
        let run = sitrep(directory.path(), &["verify", "root.layout", "--verification-keys", name])
            .expect(2)
            .error(&format!("{name} holds a private key"));
        assert!(run.stderr.contains(hint), "{}", run.stderr);
    }
}
