//! Private keys of every form that signs, beside the programs that make and read them: openssl, ssh-keygen, and in-toto's library in Python.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use sitrep_cli::shell::temporary::Directory;
use sitrep_tests::command::{Run, binary, names, sitrep, vectors};
use sitrep_tests::in_toto;
use sitrep_tests::required::leave_out;

/// Runs another program, which has to succeed; `None` where this machine does not have it.
fn program(directory: &Path, line: &[&str]) -> Option<String> {
    let mut command = Command::new(line[0]);
    let Ok(output) = command.args(&line[1..]).current_dir(directory).stdin(Stdio::null()).output() else {
        leave_out(line[0], format_args!("keys of {}", line[0]), "there is none");
        return None;
    };
    assert!(output.status.success(), "{line:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// A directory with a file that is attested, and the passphrases right and wrong.
fn place() -> Directory {
    let directory = Directory::new("signing").unwrap();
    for (name, text) in [("app", "app"), ("right", "pass word\n"), ("wrong", "pass wort\n")] {
        fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

/// Signs an attestation.
fn attest(directory: &Path, key: &str, more: &[&str]) -> Run {
    let fixed = ["attest", "security-version", "--security-version", "1", "--subject", "app", "-o", "out.jsonl"];
    sitrep(directory, &[&fixed[..], &["--signing-key", key], more].concat())
}

/// What was signed, the signature and the key id in the file that was written.
fn signed(directory: &Path) -> (Vec<u8>, Vec<u8>, String) {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let envelope: Value = serde_json::from_slice(&fs::read(directory.join("out.jsonl")).unwrap()).unwrap();
    let text = |value: &Value| STANDARD.decode(value.as_str().unwrap()).unwrap();
    let payload = text(&envelope["payload"]);
    let kind = envelope["payloadType"].as_str().unwrap();
    let message = sitrep_metadata::envelope::dsse::pre_authentication_encoding(kind, &payload);
    let signature = &envelope["signatures"][0];
    (message, text(&signature["sig"]), signature["keyid"].as_str().unwrap().to_owned())
}

/// openssl says that the signature is that of the public key.
fn openssl_verifies(directory: &Path, public: &str) {
    let (message, signature, _) = signed(directory);
    fs::write(directory.join("message"), message).unwrap();
    fs::write(directory.join("signature"), signature).unwrap();
    let kind = program(directory, &["openssl", "pkey", "-pubin", "-in", public, "-noout", "-text"]).unwrap();
    let verify = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in", "message", "-sigfile"];
    let digest: &[&str] = match () {
        () if kind.contains("P-384") => &["-digest", "sha384"],
        () if kind.contains("P-256") => &["-digest", "sha256"],
        () => &[],
    };
    program(directory, &[&verify[..], &["signature"], digest].concat()).unwrap();
}

const KINDS: [(&str, &str, &[&str]); 3] = [
    ("ed25519", "ed25519", &["-algorithm", "ed25519"]),
    ("ecdsa-p256", "p256", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ("ecdsa-p384", "p384", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
];

#[test]
fn keys_of_openssl_sign() {
    let directory = place();
    let path = directory.path();
    for (_, name, kind) in KINDS {
        let [plain, public] = [format!("{name}.key"), format!("{name}.pub")];
        if program(path, &[&["openssl", "genpkey", "-out", &plain], kind].concat()).is_none() {
            return;
        }
        program(path, &["openssl", "pkey", "-in", &plain, "-pubout", "-out", &public]);
        attest(path, &plain, &[]).expect(0);
        openssl_verifies(path, &public);
        for (form, options) in [
            ("pbkdf2", &["-v2", "aes-256-cbc"][..]),
            ("pbkdf2-sha512", &["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA512", "-iter", "5000"]),
            ("scrypt", &["-scrypt"]),
        ] {
            let file = format!("{name}.{form}.key");
            let encrypt = ["openssl", "pkcs8", "-topk8", "-in", &plain, "-passout", "file:right", "-out", &file];
            program(path, &[&encrypt[..], options].concat());
            attest(path, &file, &["--passphrase-file", "right"]).expect(0);
            openssl_verifies(path, &public);
            let run = attest(path, &file, &["--passphrase-file", "wrong"]).expect(2);
            run.error(&format!("the passphrase is not that of {file}"));
        }
        if name != "ed25519" {
            program(path, &["openssl", "ec", "-in", &plain, "-out", "older.key"]);
            assert!(fs::read_to_string(path.join("older.key")).unwrap().contains("BEGIN EC PRIVATE KEY"));
            attest(path, "older.key", &[]).expect(0);
            openssl_verifies(path, &public);
        }
    }
    // In ways that are refused, with a command that helps.
    let encrypt = ["openssl", "pkcs8", "-topk8", "-in", "p256.key", "-passout", "file:right"];
    program(path, &[&encrypt[..], &["-v2", "des3", "-out", "des.key"]].concat());
    let run = attest(path, "des.key", &["--passphrase-file", "right"]).expect(2);
    let run = run.error("des.key holds a private key that is encrypted in a way that is not read here");
    assert!(run.stderr.contains("openssl pkcs8 -topk8 -scrypt"), "{}", run.stderr);
    program(path, &[&encrypt[..], &["-v2", "aes-256-cbc", "-iter", "10000001", "-out", "slow.key"]].concat());
    attest(path, "slow.key", &["--passphrase-file", "right"]).expect(2).error("slow.key asks for more work");
    // openssl makes no such key itself: N, and r, which becomes 127.
    let (label, mut der) =
        sitrep_metadata::secret::from_pem(&fs::read_to_string(path.join("p256.scrypt.key")).unwrap())
            .map(|(label, der)| (label.to_owned(), der.to_vec()))
            .unwrap();
    assert_eq!(label, "ENCRYPTED PRIVATE KEY");
    let costs = memchr::memmem::find(&der, &[2, 2, 0x40, 0, 2, 1, 8]).unwrap();
    der[costs + 6] = 127;
    fs::write(path.join("large.key"), &*sitrep_metadata::secret::to_pem("ENCRYPTED PRIVATE KEY", &der)).unwrap();
    attest(path, "large.key", &["--passphrase-file", "right"]).expect(2).error("large.key asks for more work");
    for file in ["rsa.private.pem", "rsa.pkcs1.private.pem"] {
        fs::copy(vectors().join("keys").join(file), path.join(file)).unwrap();
        attest(path, file, &[]).expect(2).error(&format!("{file} holds an RSA key"));
    }
}

#[test]
fn keys_of_openssh_sign() {
    let directory = place();
    let path = directory.path();
    for (name, kind) in [
        ("ed25519", &["-t", "ed25519"][..]),
        ("p256", &["-t", "ecdsa", "-b", "256"]),
        ("p384", &["-t", "ecdsa", "-b", "384"]),
    ] {
        for passphrase in ["", "pass word"] {
            let file = format!("{name}{}", passphrase.len());
            let made = ["ssh-keygen", "-q", "-N", passphrase, "-C", "somebody", "-f", &file];
            if program(path, &[&made[..], kind].concat()).is_none() {
                return;
            }
            let public = format!("{file}.pem");
            if name == "ed25519" {
                let shown = sitrep(path, &["key", "show", "--pem", &format!("{file}.pub")]).expect(0);
                fs::write(path.join(&public), shown.stdout).unwrap();
            } else {
                let public_file = format!("{file}.pub");
                let pem = program(path, &["ssh-keygen", "-e", "-m", "PKCS8", "-f", &public_file]).unwrap();
                fs::write(path.join(&public), pem).unwrap();
            }
            let more: &[&str] = if passphrase.is_empty() { &[] } else { &["--passphrase-file", "right"] };
            attest(path, &file, more).expect(0);
            openssl_verifies(path, &public);
            if !passphrase.is_empty() {
                let run = attest(path, &file, &["--passphrase-file", "wrong"]).expect(2);
                run.error(&format!("the passphrase is not that of {file}"));
            }
        }
    }
    program(path, &["ssh-keygen", "-q", "-N", "pass word", "-t", "ed25519", "-Z", "aes128-cbc", "-f", "cbc"]);
    let run = attest(path, "cbc", &["--passphrase-file", "right"]).expect(2);
    assert!(run.stderr.contains("ssh-keygen -p -f KEY"), "{}", run.stderr);
}

#[test]
fn keys_that_are_made_are_read_by_all() {
    let directory = place();
    let path = directory.path();
    for (kind, name, _) in KINDS {
        let made = ["key", "generate", name, "--type", kind, "--passphrase-file", "right", "--json"];
        let shown: Value = serde_json::from_str(&sitrep(path, &made).expect(0).stdout).unwrap();
        let [private, public] = [format!("{name}.key"), format!("{name}.pub")];
        assert_eq!(fs::metadata(path.join(&private)).unwrap().permissions().mode() & 0o777, 0o600);
        attest(path, &private, &["--passphrase-file", "right"]).expect(0);
        assert_eq!(signed(path).2, shown["keys"][0]["key_ids"]["python3"].as_str().unwrap());
        let again = sitrep(path, &made).expect(2);
        again.error(&format!("{private} exists already"));
        let read = ["openssl", "pkey", "-in", &private, "-passin", "file:right", "-pubout"];
        if let Some(pem) = program(path, &read) {
            assert_eq!(pem, fs::read_to_string(path.join(&public)).unwrap());
            openssl_verifies(path, &public);
        }
        if let Some(programs) = in_toto::programs() {
            let (message, signature, _) = signed(path);
            fs::write(path.join("message"), message).unwrap();
            fs::write(path.join("signature"), signature).unwrap();
            let script = "import sys
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner, Signature, SSlibKey
name = sys.argv[1]
private = load_pem_private_key(open(name + '.key', 'rb').read(), b'pass word')
signer = CryptoSigner(private)
key = SSlibKey.from_crypto(private.public_key())
message = open('message', 'rb').read()
key.verify_signature(Signature(key.keyid, open('signature', 'rb').read().hex()), message)
key.verify_signature(signer.sign(message), message)
print(key.keyid)";
            let python = programs.join("python");
            let id = program(path, &[python.to_str().unwrap(), "-c", script, name]).unwrap();
            assert_eq!(id.trim(), shown["keys"][0]["key_ids"]["python3"].as_str().unwrap());
        }
    }
    sitrep(path, &["key", "generate", "-o", "bare", "--no-passphrase"]).expect(0);
    attest(path, "bare.key", &[]).expect(0);
    // Devices check Ed25519.
    sitrep(path, &["trust", "init", "--verification-keys", "bare.pub", "--product-artifact", "app", "-o", "t"])
        .expect(0);
    let sign = ["trust", "sign", "t", "--passphrase-file", "right", "-o", "signed", "--signing-key"];
    sitrep(path, &[&sign[..], &["p256.key"]].concat())
        .expect(2)
        .error("a key of scheme ecdsa-sha2-nistp256 was to sign");
    sitrep(path, &[&sign[..], &["ed25519.key", "bare.key"]].concat()).expect(0);
    let hidden: Vec<_> = names(path).into_iter().filter(|name| name.starts_with('.')).collect();
    assert!(hidden.is_empty(), "{hidden:?}");
}

/// A command in a session of its own, which has no terminal.
fn without_terminal(directory: &Path, script: &str) -> Run {
    let mut command = Command::new("setsid");
    command.args(["--wait", "sh", "-c", script]).current_dir(directory).stdin(Stdio::null());
    let output = command.env("SITREP", binary()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { code: output.status.code().unwrap_or(-1), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

#[test]
fn passphrases_come_from_everywhere_but_arguments() {
    let directory = place();
    let path = directory.path();
    sitrep(path, &["key", "generate", "k", "--passphrase-file", "right"]).expect(0);
    let sign = "attest security-version --security-version 1 --subject app -o out.jsonl --signing-key k.key";
    without_terminal(path, &format!("SITREP_PASSPHRASE='pass word' $SITREP {sign}")).expect(0);
    without_terminal(path, &format!("$SITREP {sign} --passphrase-file /dev/fd/3 3<right")).expect(0);
    without_terminal(path, &format!("cat right | $SITREP {sign} --passphrase-file /dev/stdin")).expect(0);
    let run =
        without_terminal(path, &format!("$SITREP {sign}")).expect(2).error("no passphrase for k.key: none was given");
    assert!(run.stderr.contains("--passphrase-file FILE"), "{}", run.stderr);
    let run = without_terminal(path, "$SITREP key generate other").expect(2).error("no passphrase for other.key");
    assert!(run.stderr.contains("--no-passphrase") && !path.join("other.key").exists(), "{}", run.stderr);
    without_terminal(path, "SITREP_PASSPHRASE= $SITREP key generate other")
        .expect(2)
        .error("the passphrase for other.key is empty");
    fs::write(path.join("empty"), "\n").unwrap();
    sitrep(path, &["key", "generate", "other", "--passphrase-file", "empty"])
        .expect(2)
        .error("cannot use --passphrase-file empty: its first line is empty");
    // In a terminal, which util-linux's script makes: asked for twice, and not shown.
    let typed = |lines: &str, command: &str| {
        let script = format!("printf '{lines}' | script -qec \"$SITREP {command}\" /dev/null");
        without_terminal(path, &script)
    };
    if program(path, &["script", "--version"]).is_some() {
        let run = typed("secret\\nsecret\\n", "key generate other").expect(0);
        assert!(run.stdout.contains("new passphrase of other.key: "), "{}", run.stdout);
        let run = typed(
            "secret\\n",
            "attest security-version --security-version 1 --subject app -o out.jsonl --signing-key other.key",
        );
        assert!(run.expect(0).stdout.contains("passphrase of other.key: "));
        let run = typed("one\\ntwo\\n", "key generate third").expect(2);
        assert!(run.stdout.contains("the two passphrases for third.key differ") && !path.join("third.key").exists());
    }
}
