//! Files of every kind that people take for a public key: each is told what it is, and what makes a key of that very kind.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::vectors;

/// A file, what is said of it, and what to do.
struct Kind {
    name: &'static str,
    bytes: Vec<u8>,
    says: &'static str,
    /// All of the hint, or what it begins with.
    hint: &'static str,
    /// The file with the key that the hint's command writes; `None` where there is no command, or none that a test can run.
    leads_to: Option<&'static str>,
}

const ANOTHER: &str = "let the owner sign with another key: Ed25519, RSA of 2048 bits or more, or ECDSA";

fn kind(name: &'static str, bytes: impl Into<Vec<u8>>, says: &'static str, hint: &'static str) -> Kind {
    Kind { name, bytes: bytes.into(), says, hint, leads_to: None }
}

fn file(name: &'static str, says: &'static str, hint: &'static str) -> Kind {
    kind(name, vectors::bytes(name), says, hint)
}

impl Kind {
    fn leads_to(self, key: &'static str) -> Self {
        Self { leads_to: Some(key), ..self }
    }
}

/// What is between the lines of PEM.
fn der(name: &str) -> Vec<u8> {
    let text = vectors::text(name);
    STANDARD.decode(text.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap()
}

fn pem(label: &str, bytes: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(bytes))
}

/// An OpenSSH key of a security key, as far as it is looked at.
fn security_key(kind: &str) -> Vec<u8> {
    let part = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes(), bytes].concat();
    [part(kind.as_bytes()), part(&[7; 32]), part(b"ssh:")].concat()
}

#[allow(clippy::too_many_lines, reason = "a table")]
fn kinds() -> Vec<Kind> {
    let private = "holds a private key, expected the public one";
    let older = "holds a private key in a form that is older than PKCS#8, expected the public one";
    let of_openssh = "holds a private key of OpenSSH, expected the public one";
    let of_openpgp = "holds a private key of OpenPGP, expected the public one";
    let sk = "sk- keys sign in a form of their own that in-toto does not have: let the owner sign with another key";
    let give = "give the project owner's public key file; `sitrep key show --help` says in which forms";
    let pkcs8 = "write the public key with: sitrep key show --pem KEY, or for PEM openssl pkey -in KEY -pubout";
    let pkey = "write the public key with: openssl pkey -in KEY -pubout";
    let gpg = "write the owner's key with: gpg --export KEYID";
    let gpg_other = "let the owner sign with another key: of OpenPGP, RSA of 2048 bits or more, or Ed25519";
    let openssh = |kind: &str| format!("{kind} {} owner\n", STANDARD.encode(security_key(kind)));
    let openssh_private = [b"openssh-key-v1\0".to_vec(), security_key("sk-ssh-ed25519@openssh.com")].concat();
    vec![
        // Nothing, and what was fetched or named by mistake.
        kind("empty", "", "is empty", give),
        kind("blank", " \r\n\n", "is empty", give),
        kind(
            "page",
            "<!DOCTYPE html>\n<html><head>",
            "is a web page",
            "get the file itself, not the page that shows it",
        ),
        kind("page in lower case", "\n<html lang=en>", "is a web page", "get the file itself"),
        kind("text", "hello\n", "is no public key: expected PEM", give),
        kind("binary", [0xff, 0xfe, 0, 1], "is no public key: expected PEM", give),
        kind("layout", "{\"signatures\":[],\"signed\":{}}", "in-toto metadata", "give the file of a key"),
        kind("bundle", "SITR\u{1}", "a bundle or in-toto metadata", "give the file of a key"),
        // PEM and DER.
        file("keys/rsa-1024.pem", "has 1024 bits, expected 2048 to 8192", ANOTHER),
        file(
            "keys/certificate.pem",
            "holds a certificate",
            "write its public key with: openssl x509 -in FILE -noout -pubkey",
        )
        .leads_to("keys/p256.pem"),
        file(
            "keys/request.pem",
            "holds a request for a certificate",
            "write its public key with: openssl req -in FILE -noout -pubkey",
        )
        .leads_to("keys/p256.pem"),
        kind(
            "key in DER",
            der("keys/rsa.pem"),
            "holds a public key in DER",
            "write it as PEM with: openssl pkey -pubin -inform DER -in KEY -pubout",
        )
        .leads_to("keys/rsa.pem"),
        kind(
            "certificate in DER",
            der("keys/certificate.pem"),
            "holds a certificate in DER",
            "write its public key with: openssl x509 -inform DER -in FILE -noout -pubkey",
        )
        .leads_to("keys/p256.pem"),
        kind("other PEM", pem("DH PARAMETERS", &[1]), "PEM of another kind (\"DH PARAMETERS\")", give),
        // Private keys.
        file("keys/ed25519.private.pem", private, pkcs8),
        file("keys/rsa.private.pem", private, pkcs8),
        file("keys/p521.private.pem", private, pkcs8),
        file("keys/x25519.private.pem", private, ANOTHER),
        file("keys/rsa-1024.private.pem", private, ANOTHER),
        file("keys/rsa.pkcs1.private.pem", older, pkey).leads_to("keys/rsa.pem"),
        file("keys/p256.sec1.private.pem", older, pkey).leads_to("keys/p256.pem"),
        file(
            "keys/ed25519.encrypted.private.pem",
            "holds a private key with a password, expected the public one",
            pkey,
        ),
        file("keys/older-ed25519.private.json", private, pkcs8),
        file("keys/openssh-ed25519", of_openssh, "write the public key with: ssh-keygen -y -f KEY")
            .leads_to("keys/openssh-ed25519.pub"),
        file("keys/openssh-rsa", of_openssh, "write the public key as PEM with: ssh-keygen -e -m PKCS8 -f KEY"),
        file("keys/openssh-ecdsa", of_openssh, "write the public key as PEM with: ssh-keygen -e -m PKCS8 -f KEY"),
        kind(
            "private security key",
            pem("OPENSSH PRIVATE KEY", &openssh_private),
            "holds a private key of OpenSSH for a security key, expected the public one",
            sk,
        ),
        kind(
            "cosign",
            pem("ENCRYPTED SIGSTORE PRIVATE KEY", b"{}"),
            "holds a private key of cosign, expected the public one",
            "write the public key with: cosign public-key --key KEY",
        ),
        kind(
            "older cosign",
            pem("ENCRYPTED COSIGN PRIVATE KEY", b"{}"),
            "holds a private key of cosign, expected the public one",
            "write the public key with: cosign public-key --key KEY",
        ),
        file(
            "keys/minisign.key",
            "holds a private key of minisign, expected the public one",
            "write the public key with: minisign -R -s KEY -p FILE",
        ),
        file(
            "keys/signify.sec",
            "holds a private key of signify, expected the public one",
            "give the public key, which `signify -G -p FILE` wrote",
        ),
        kind(
            "PuTTY",
            "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
            "holds a private key of PuTTY, expected the public one",
            "write the public key with: puttygen KEY -L",
        ),
        kind("unknown private", pem("TSS2 PRIVATE KEY", &[1]), private, "ask the owner for the public key"),
        file("openpgp/keys/secret.asc", of_openpgp, "let the owner write the public key with: gpg --export KEYID"),
        file("openpgp/keys/secret.gpg", of_openpgp, "let the owner write the public key with: gpg --export KEYID"),
        kind(
            "age",
            "# created: 2026\n# public key: age1qqq\nAGE-SECRET-KEY-1QQQ\n",
            "age, which encrypts and signs nothing",
            ANOTHER,
        ),
        // OpenSSH.
        file(
            "keys/openssh-rsa.pub",
            "an OpenSSH key of type ssh-rsa",
            "write it as PEM with: ssh-keygen -e -m PKCS8 -f KEY",
        ),
        file(
            "keys/openssh-ecdsa.pub",
            "of type ecdsa-sha2-nistp256",
            "write it as PEM with: ssh-keygen -e -m PKCS8 -f KEY",
        ),
        kind("security key", openssh("sk-ssh-ed25519@openssh.com"), "of type sk-ssh-ed25519@openssh.com", sk),
        kind("ECDSA security key", openssh("sk-ecdsa-sha2-nistp256@openssh.com"), "of type sk-ecdsa", sk),
        kind("DSS", openssh("ssh-dss"), "of type ssh-dss", ANOTHER),
        file(
            "keys/openssh-ed25519-cert.pub",
            "holds an OpenSSH certificate (ssh-ed25519-cert-v01@openssh.com)",
            "give the key that was certified",
        ),
        file(
            "keys/openssh-ed25519.rfc4716",
            "an SSH key as of RFC 4716",
            "write it in OpenSSH's form with: ssh-keygen -i -f KEY",
        )
        .leads_to("keys/openssh-ed25519.pub"),
        // Signatures in the place of keys.
        file(
            "keys/minisign.minisig",
            "holds a signature of minisign or signify",
            "give the file that `minisign -G -p FILE`",
        ),
        file(
            "keys/signify.sig",
            "holds a signature of minisign or signify",
            "give the file that `minisign -G -p FILE`",
        ),
        file("openpgp/keys/signature.gpg", "holds an OpenPGP signature", gpg),
        file("openpgp/keys/signature.asc", "holds an OpenPGP signature", gpg),
        // OpenPGP.
        file(
            "openpgp/keys/several.asc",
            "holds several OpenPGP keys",
            "write each into a file of its own with: gpg --export KEYID",
        ),
        file(
            "openpgp/keys/several.gpg",
            "holds several OpenPGP keys",
            "write each into a file of its own with: gpg --export KEYID",
        ),
        file("openpgp/keys/revoked.asc", "that its owner has revoked", "ask the owner which key is in use now"),
        file("openpgp/keys/rsa1024.asc", "the RSA key has 1024 bits", gpg_other),
        file("openpgp/keys/ecdsa.asc", "an OpenPGP key of ECDSA, expected RSA, DSA or Ed25519", gpg_other),
        file("openpgp/keys/pubring.kbx", "is GnuPG's own file of keys", gpg),
        // JSON of others.
        kind(
            "JWK",
            "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}",
            "holds a JSON Web Key",
            "ask the owner for the key as PEM (BEGIN PUBLIC KEY)",
        ),
        kind(
            "set of JWKs",
            "{\"keys\":[{\"kty\":\"RSA\"}]}",
            "holds a JSON Web Key",
            "ask the owner for the key as PEM",
        ),
        kind("other JSON", "{\"a\":1}", "is no public key in securesystemslib JSON", "see `sitrep verify --help`"),
    ]
}

#[test]
fn every_kind_of_file_is_told_what_it_is_and_what_to_do() {
    for Kind { name, bytes, says, hint, .. } in kinds() {
        let path = PathBuf::from("the-file");
        let fault = OwnerFile::parse(&path, &bytes).err().unwrap_or_else(|| panic!("{name} was read"));
        let error = KeyError { path, fault };
        let line = error.to_string();
        assert!(line.contains(says) && line.contains("the-file") && !line.contains('\n'), "{name}: {line}");
        assert!(error.hint().starts_with(hint) && !error.hint().contains('\n'), "{name}: {line}: {}", error.hint());
        // `sitrep key show` reads the public half of some; of others it says the same.
        if let Err(fault) = PublicHalf::parse(Path::new("the-file"), &bytes) {
            assert!(KeyError { path: "the-file".into(), fault }.to_string().contains("the-file"), "{name}");
        }
    }
}

/// Where the programs are installed, the commands that hints name give keys that are read, and the right ones.
#[test]
#[cfg(unix)]
#[allow(
    clippy::disallowed_types,
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "tests run where there are files and programs"
)]
fn hints_lead_to_the_key() {
    use std::process::{Command, Stdio};
    let mut count = 0;
    for Kind { name, bytes, .. } in kinds() {
        let Err(fault) = OwnerFile::parse(Path::new("k"), &bytes) else { continue };
        let error = KeyError { path: "k".into(), fault };
        let Some((_, command)) = error.hint().split_once("with: ") else { continue };
        let mut words = command.split(' ');
        let program = words.next().unwrap();
        // What asks for a password, or needs somebody's own keys, is not run.
        if !["openssl", "ssh-keygen"].contains(&program) || name.contains("encrypted") {
            continue;
        }
        let path = std::env::temp_dir().join(format!("sitrep-hint-{}-{count}", std::process::id()));
        std::fs::write(&path, &bytes).unwrap();
        // OpenSSH reads private keys that others cannot.
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let words = words.map(|word| if ["KEY", "FILE"].contains(&word) { path.as_os_str() } else { word.as_ref() });
        let output = Command::new(program).args(words).stdin(Stdio::null()).output();
        std::fs::remove_file(&path).unwrap();
        let Ok(output) = output else {
            eprintln!("skipped: there is no {program}");
            continue;
        };
        assert!(output.status.success(), "{name}: {command}: {}", String::from_utf8_lossy(&output.stderr));
        let key = OwnerFile::parse(Path::new("k"), &output.stdout).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
        let expected = kinds().into_iter().find(|kind| kind.name == name).and_then(|kind| kind.leads_to);
        if let Some(expected) = expected {
            let expected = vectors::owners(&[expected]).unwrap();
            assert_eq!(key.decoded, expected[0].decoded, "{name}");
        }
        count += 1;
    }
    println!("{count} commands were run");
}
