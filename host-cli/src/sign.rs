//! Signing, as little as is needed: Ed25519 keys, Metablock envelopes, and links recorded around a command that really runs. DSSE envelopes are in
//! `dsse`.
//!
//! Keys live in unencrypted files. Where that will not do, sign with a tool that guards its keys: sitrep takes anybody's envelopes.

use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{fs, io};

use ed25519_compact::{KeyPair, Seed};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::hex;
use crate::recording::{RecordError, Recording, record};
use crate::schemes::ED25519_DER;

/// What stands before the 32 bytes of an Ed25519 key's seed in PKCS#8 (RFC 8410, section 7).
const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// An Ed25519 key pair and its in-toto key id.
pub struct Signer {
    pair: KeyPair,
    id: String,
}

impl Signer {
    /// Makes a key from the operating system's random numbers.
    ///
    /// # Errors
    /// When the system has none.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        Ok(Self::from_seed(seed))
    }

    /// The key that belongs to a seed (RFC 8032, section 5.1.5).
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let pair = KeyPair::from_seed(Seed::new(seed));
        let key = json!({"keytype": "ed25519", "keyval": {"public": hex::encode(&*pair.pk)}, "scheme": "ed25519"});
        let id = hex::encode(&Sha256::digest(canonical(&key).as_bytes()));
        Self { pair, id }
    }

    /// The key id: SHA-256 of the key's canonical JSON, as securesystemslib 1.x computes it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        *self.pair.pk
    }

    /// The signature of a message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        *self.pair.sk.sign(message, None)
    }

    /// The key as it stands in a layout's `keys`.
    #[must_use]
    pub fn public_json(&self) -> Value {
        json!({"keyid": self.id, "keytype": "ed25519", "keyval": {"public": hex::encode(&*self.pair.pk)}, "scheme": "ed25519"})
    }

    /// Writes `NAME.pub` and, readable by its owner only, `NAME.key` (PKCS#8), both in PEM.
    ///
    /// # Errors
    /// The operating system's; also when a file is there already.
    pub fn write(&self, directory: &Path, name: &str) -> io::Result<()> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        write_pem(&options, &directory.join(format!("{name}.pub")), "PUBLIC KEY", &ED25519_DER, &*self.pair.pk)?;
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let seed = self.pair.sk.seed();
        write_pem(&options, &directory.join(format!("{name}.key")), "PRIVATE KEY", &PKCS8, &*seed)
    }

    /// A Metablock: the signature is over the canonical JSON of `signed`.
    #[must_use]
    pub fn metablock(&self, signed: Value) -> Value {
        let signature = self.pair.sk.sign(canonical(&signed), None);
        json!({"signatures": [{"keyid": self.id, "sig": hex::encode(&*signature)}], "signed": signed})
    }
}

fn write_pem(options: &fs::OpenOptions, path: &Path, label: &str, prefix: &[u8], key: &[u8]) -> io::Result<()> {
    let der = [prefix, key].concat();
    let pem = spki::der::pem::encode_string(label, spki::der::pem::LineEnding::LF, &der).map_err(io::Error::other)?;
    io::Write::write_all(&mut options.open(path)?, pem.as_bytes())
}

/// OLPC canonical JSON: keys ascending, no white space, only `"` and `\` escaped.
#[must_use]
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::String(string) => write_string(string, text),
        Value::Array(items) => {
            text.push('[');
            for (number, item) in items.iter().enumerate() {
                text.push_str(if number > 0 { "," } else { "" });
                write_canonical(item, text);
            }
            text.push(']');
        }
        // Sorted here, because serde_json's map is ordered only while no crate asks it for the order of insertion. UTF-8 bytes
        // order as code points do.
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| *key);
            text.push('{');
            for (number, (key, item)) in members.into_iter().enumerate() {
                text.push_str(if number > 0 { "," } else { "" });
                write_string(key, text);
                text.push(':');
                write_canonical(item, text);
            }
            text.push('}');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

fn write_string(string: &str, text: &mut String) {
    text.push('"');
    text.extend(string.chars().flat_map(|c| matches!(c, '"' | '\\').then_some('\\').into_iter().chain([c])));
    text.push('"');
}

/// Why a step could not be recorded.
#[derive(Debug)]
pub enum StepError {
    /// The directory could not be recorded before or after.
    Record(RecordError),
    /// The command could not be started.
    Start(io::Error),
    /// The command did not return 0; what it wrote to standard error.
    Failed(String),
}

impl std::fmt::Display for StepError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Record(error) => error.fmt(f),
            Self::Start(error) => write!(f, "the step's command does not start: {error}"),
            Self::Failed(stderr) => write!(f, "the step's command failed: {}", stderr.trim()),
        }
    }
}

impl std::error::Error for StepError {}

/// Runs a step's command in `directory` and returns its link, unsigned: materials are the files below the directory before,
/// products those after.
///
/// # Errors
/// [`StepError`]; a command that fails makes no link.
pub fn run_step(name: &str, directory: &Path, command: &[&str]) -> Result<Value, StepError> {
    let materials = record(directory, &HashSet::new()).map_err(StepError::Record)?;
    let (program, arguments) =
        command.split_first().ok_or_else(|| StepError::Start(io::ErrorKind::InvalidInput.into()))?;
    let output = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .output()
        .map_err(StepError::Start)?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(StepError::Failed(stderr));
    }
    let products = record(directory, &HashSet::new()).map_err(StepError::Record)?;
    Ok(json!({
        "_type": "link",
        "name": name,
        "command": command,
        "materials": artifacts(&materials),
        "products": artifacts(&products),
        "byproducts": {"return-value": 0, "stdout": String::from_utf8_lossy(&output.stdout), "stderr": stderr},
        "environment": {},
    }))
}

/// A recording as a link's `materials` or `products` member.
#[must_use]
pub fn artifacts(recording: &Recording) -> Value {
    let members = recording.iter().map(|(path, digest)| (path.clone(), json!({"sha256": hex::encode(digest)})));
    Value::Object(members.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::read_owners;
    use crate::schemes::{HostKey, KeyFault};
    use crate::temporary::Directory;

    #[test]
    fn canonical_json_is_what_the_demo_signed() {
        // The RSA and ECDSA sets check the host's schemes end to end, too.
        for set in ["metablock-rsa", "metablock-ecdsa"] {
            let directory = format!("{}/../tests/vectors/in-toto-demo/{set}/pristine", env!("CARGO_MANIFEST_DIR"));
            let layout: Value = serde_json::from_slice(&fs::read(format!("{directory}/root.layout")).unwrap()).unwrap();
            let owner = read_owners(&[format!("{directory}/alice.pub").into()]).unwrap().remove(0);
            let key = HostKey::from_pem(&owner.public).unwrap();
            let signature = hex::decode(layout["signatures"][0]["sig"].as_str().unwrap()).unwrap();
            let message = canonical(&layout["signed"]);
            let verify = |message: &str| {
                key.verify::<()>(&owner.scheme, &signature, |sink| {
                    sink(message.as_bytes());
                    Ok(())
                })
            };
            assert!(verify(&message).is_ok(), "{set}");
            assert!(verify(&message.replace("foo.py", "bar.py")).is_err(), "{set}");
        }
    }

    #[test]
    fn only_two_characters_are_escaped() {
        assert_eq!(
            canonical(&json!({"b": "\n\"\\\u{1}é", "a": [1, true, null, {}]})),
            "{\"a\":[1,true,null,{}],\"b\":\"\n\\\"\\\\\u{1}é\"}"
        );
    }

    #[test]
    fn written_keys_are_read_again() {
        let directory = Directory::new("sign").unwrap();
        let signer = Signer::from_seed([7; 32]);
        signer.write(directory.path(), "owner").unwrap();
        let owners = read_owners(&[directory.path().join("owner.pub")]).unwrap();
        assert_eq!(owners[0].ids[0], signer.id());
        let private = fs::read_to_string(directory.path().join("owner.key")).unwrap();
        assert_eq!(HostKey::from_pem(&private), Err(KeyFault::Private));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(directory.path().join("owner.key")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert!(signer.write(directory.path(), "owner").is_err(), "keys are never overwritten");
    }

    #[cfg(unix)]
    #[test]
    fn a_step_is_recorded_before_and_after() {
        let directory = Directory::new("sign").unwrap();
        fs::write(directory.path().join("in"), "x").unwrap();
        let link = run_step("copy", directory.path(), &["cp", "in", "out"]).unwrap();
        assert_eq!(link["materials"].as_object().unwrap().len(), 1);
        assert_eq!(link["products"]["out"], link["materials"]["in"]);
        assert!(matches!(run_step("fail", directory.path(), &["sh", "-c", "exit 3"]), Err(StepError::Failed(_))));
        assert!(matches!(run_step("none", directory.path(), &["no-such-program"]), Err(StepError::Start(_))));
    }
}
