//! Public keys of layout owners, from the files that `--verification-keys` names.
//!
//! Two forms are read: PEM (a SubjectPublicKeyInfo, as `openssl pkey -pubout` writes it) and securesystemslib's JSON
//! (`{"keytype", "scheme", "keyval": {"public"}, "keyid"?}`). A key is its public bytes; key ids are labels under which a
//! signature of the key may stand in a layout, and in-toto's dialects compute them differently from the same key. All of
//! them are tried: a label opens no door, the signature has to be good.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};
use sitrep_core::bundle::MAGIC;

use crate::hex;
use crate::schemes::{HostKey, KeyFault, RSA_MAX_BITS, RSA_MIN_BITS, agrees};

/// Largest key file that is read, in bytes. An RSA key of 8192 bits takes 1.6 KiB; this keeps a wrong file from being read whole.
const MAX_FILE: u64 = 64 * 1024;

/// One owner's public key, with everything that core needs to look for its signature.
#[derive(Clone, Debug)]
pub struct OwnerFile {
    /// The file that it was read from.
    pub path: PathBuf,
    /// in-toto's name of the kind of key, such as `ed25519`.
    pub keytype: String,
    /// in-toto's name of the signature scheme.
    pub scheme: String,
    /// `keyval.public`: hexadecimal or PEM.
    pub public: String,
    /// The labels under which a signature of this key may stand, the likeliest first.
    pub ids: Vec<String>,
    decoded: HostKey,
}

/// Why the keys cannot be used.
#[derive(Debug)]
pub struct KeyError {
    /// The file that is to blame.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: KeyFileFault,
}

/// What is wrong with a key file.
#[derive(Debug)]
pub enum KeyFileFault {
    /// The operating system did not let it be read.
    Read(std::io::Error),
    /// Neither PEM nor JSON.
    NeitherForm,
    /// A sitrep bundle, an in-toto layout or link where a key was expected.
    Metadata,
    /// JSON, but not a securesystemslib key.
    Json(serde_json::Error),
    /// The key does not decode.
    Key(KeyFault),
    /// Key type and scheme do not belong together, or this build has no such scheme.
    Scheme {
        /// `keytype` as given.
        keytype: String,
        /// `scheme` as given.
        scheme: String,
    },
    /// The key's bytes are of another kind than its `keytype` or `scheme` says.
    Mismatch,
    /// Several blocks of PEM. To take the first would be to leave out whom somebody meant.
    Several,
    /// OpenPGP, which this version cannot check.
    OpenPgp,
    /// The same public key as in the other file. Whoever asks for two owners should not get one who counts twice.
    Duplicate(PathBuf),
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.fault {
            KeyFileFault::Read(error) => write!(f, "cannot read the key {path}: {error}"),
            KeyFileFault::NeitherForm => write!(f, "{path} is no public key: expected PEM or securesystemslib JSON"),
            KeyFileFault::Metadata => write!(f, "{path} is no public key but a bundle or in-toto metadata"),
            KeyFileFault::Json(error) => write!(f, "{path} is no public key in securesystemslib JSON: {error}"),
            KeyFileFault::Key(KeyFault::Malformed) => {
                f.write_fmt(format_args!(
                    "{path} is no public key: expected a SubjectPublicKeyInfo in PEM with nothing after it, or in JSON the 64 \
                     hexadecimal digits of an Ed25519 key"
                ))
            }
            KeyFileFault::Key(KeyFault::Private) => write!(f, "{path} holds a private key, expected the public one"),
            KeyFileFault::Key(KeyFault::OtherPem) => {
                write!(f, "{path} holds PEM of another kind, expected a SubjectPublicKeyInfo (BEGIN PUBLIC KEY)")
            }
            KeyFileFault::Key(KeyFault::Algorithm) => {
                write!(f, "the key {path} is neither Ed25519, RSA, ECDSA P-256 nor ECDSA P-384")
            }
            KeyFileFault::Key(KeyFault::RsaSize(bits)) => {
                write!(f, "the RSA key {path} has {bits} bits, expected {RSA_MIN_BITS} to {RSA_MAX_BITS}")
            }
            KeyFileFault::Scheme { keytype, scheme } => {
                write!(f, "the key {path} has type {keytype:?} with scheme {scheme:?}, which do not go together here")
            }
            KeyFileFault::Mismatch => write!(f, "the key {path} is of another kind than its keytype and scheme say"),
            KeyFileFault::Several => write!(f, "{path} holds more than one block of PEM, expected one public key"),
            KeyFileFault::OpenPgp => write!(f, "{path} holds an OpenPGP key, which this version cannot check"),
            KeyFileFault::Duplicate(other) => write!(f, "{path} holds the same public key as {}", other.display()),
        }
    }
}

impl std::error::Error for KeyError {}

impl KeyError {
    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self.fault {
            KeyFileFault::Read(_) => "give the project owner's public key file",
            KeyFileFault::Metadata => "--verification-keys takes every file after it; put INPUT first",
            KeyFileFault::Key(KeyFault::Private | KeyFault::OtherPem) => {
                "write the public key with: openssl pkey -in KEY -pubout"
            }
            KeyFileFault::Duplicate(_) => {
                "each file given must be another owner's key, all of whom have to sign; give this one once"
            }
            KeyFileFault::Several => "give each key in a file of its own",
            KeyFileFault::OpenPgp => "let the owner sign the layout with an Ed25519, RSA or ECDSA key",
            KeyFileFault::Scheme { .. } | KeyFileFault::Mismatch => {
                "see `sitrep verify --help` for the key types and schemes"
            }
            _ => "write a PEM key with: openssl pkey -pubin -in KEY -pubout",
        }
    }
}

/// Reads every file. The order is kept.
///
/// # Errors
/// [`KeyError`] for the first file that is no usable public key, or holds the same one as an earlier file.
pub fn read_owners(paths: &[PathBuf]) -> Result<Vec<OwnerFile>, KeyError> {
    let mut owners: Vec<OwnerFile> = Vec::with_capacity(paths.len());
    for path in paths {
        let owner = OwnerFile::read(path).map_err(|fault| KeyError { path: path.clone(), fault })?;
        if let Some(other) = owners.iter().find(|other| other.decoded == owner.decoded) {
            return Err(KeyError { path: owner.path, fault: KeyFileFault::Duplicate(other.path.clone()) });
        }
        owners.push(owner);
    }
    Ok(owners)
}

/// securesystemslib's form of a public key. Members that it does not name (`keyid_hash_algorithms`, `private`) say nothing about the key.
#[derive(Deserialize)]
struct KeyFile {
    keytype: String,
    scheme: String,
    keyval: KeyVal,
    keyid: Option<String>,
}

#[derive(Deserialize)]
struct KeyVal {
    public: String,
}

impl OwnerFile {
    fn read(path: &Path) -> Result<Self, KeyFileFault> {
        use std::io::Read;
        let file = std::fs::File::open(path).map_err(KeyFileFault::Read)?;
        let mut bytes = Vec::new();
        file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(KeyFileFault::Read)?;
        Self::parse(path, &bytes)
    }

    /// Reads a key from the contents of the file `path`.
    ///
    /// # Errors
    /// [`KeyFileFault`] when they are no usable public key.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, KeyFileFault> {
        if bytes.starts_with(&MAGIC) {
            return Err(KeyFileFault::Metadata);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| KeyFileFault::NeitherForm)?;
        if bytes.len() as u64 > MAX_FILE {
            return Err(KeyFileFault::NeitherForm);
        }
        if text.trim_start().starts_with('{') {
            return Self::from_json(path, text);
        }
        match text.matches("-----BEGIN").count() {
            0 => return Err(KeyFileFault::NeitherForm),
            1 if text.contains("-----BEGIN PGP") => return Err(KeyFileFault::OpenPgp),
            1 => {}
            _ => return Err(KeyFileFault::Several),
        }
        let decoded = HostKey::from_pem(text).map_err(KeyFileFault::Key)?;
        let (keytype, scheme) = decoded.names();
        Ok(Self::new(path, keytype.into(), scheme.into(), decoded, None))
    }

    fn from_json(path: &Path, text: &str) -> Result<Self, KeyFileFault> {
        let key: KeyFile = match serde_json::from_str(text) {
            Ok(key) => key,
            Err(_) if text.contains("\"signatures\"") => return Err(KeyFileFault::Metadata),
            Err(error) => return Err(KeyFileFault::Json(error)),
        };
        let KeyFile { keytype, scheme, keyval, keyid } = key;
        if !agrees(&keytype, &scheme) {
            return Err(KeyFileFault::Scheme { keytype, scheme });
        }
        let decoded = HostKey::decode(&keytype, &keyval.public).map_err(KeyFileFault::Key)?;
        let fits = match &decoded {
            HostKey::Ed25519(_) => keytype == "ed25519",
            HostKey::Rsa(_) => keytype == "rsa",
            HostKey::P256(_) => scheme == "ecdsa-sha2-nistp256",
            HostKey::P384(_) => scheme == "ecdsa-sha2-nistp384",
        };
        if !fits {
            return Err(KeyFileFault::Mismatch);
        }
        Ok(Self::new(path, keytype, scheme, decoded, keyid))
    }

    fn new(path: &Path, keytype: String, scheme: String, decoded: HostKey, keyid: Option<String>) -> Self {
        let public = decoded.public_text();
        let mut ids: Vec<String> = keyid.into_iter().collect();
        for id in computed_ids(&keytype, &scheme, &public) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Self { path: path.into(), keytype, scheme, public, ids, decoded }
    }
}

/// The key ids that in-toto's dialects compute for a bare key: SHA-256 over the canonical JSON of the key, without
/// (securesystemslib 1.x) and with `keyid_hash_algorithms` (older Python, Rust, Go); over PEM with the line feed at the end
/// (Python) and without (Go).
fn computed_ids(keytype: &str, scheme: &str, public: &str) -> Vec<String> {
    let trimmed = public.trim_end();
    let mut texts = vec![public];
    if trimmed != public {
        texts.push(trimmed);
    }
    let mut ids = Vec::new();
    for text in texts {
        for algorithms in ["", "\"keyid_hash_algorithms\":[\"sha256\",\"sha512\"],"] {
            // Nothing in these strings needs an escape: PEM and hexadecimal have neither quotes nor backslashes, and
            // canonical JSON leaves line feeds as they are.
            let canonical = format!(
                "{{{algorithms}\"keytype\":\"{keytype}\",\"keyval\":{{\"public\":\"{text}\"}},\"scheme\":\"{scheme}\"}}"
            );
            ids.push(hex::encode(&Sha256::digest(canonical.as_bytes())));
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/in-toto-demo");

    fn demo(set: &str) -> (PathBuf, serde_json::Value) {
        let dir = Path::new(DEMO).join(set).join("pristine");
        let layout = std::fs::read(dir.join("root.layout")).unwrap();
        (dir.join("alice.pub"), serde_json::from_slice(&layout).unwrap())
    }

    #[test]
    fn the_demos_keys_find_their_signatures() {
        for set in ["metablock-ed25519", "metablock-rsa", "metablock-ecdsa", "dsse-ed25519", "dsse-rsa", "dsse-ecdsa"] {
            let (path, layout) = demo(set);
            let owners = read_owners(&[path]).unwrap();
            let keyid = layout["signatures"][0]["keyid"].as_str().unwrap();
            assert_eq!(owners[0].ids[0], keyid, "{set}");
        }
    }

    #[test]
    fn functionary_keys_of_the_layouts_have_the_ids_that_are_computed() {
        for set in ["metablock-ed25519", "metablock-rsa", "metablock-ecdsa"] {
            for (id, key) in demo(set).1["signed"]["keys"].as_object().unwrap() {
                let mut key = key.clone();
                key.as_object_mut().unwrap().remove("keyid");
                let owner = OwnerFile::parse(Path::new("k"), key.to_string().as_bytes()).unwrap();
                assert_eq!(&owner.ids[0], id, "{set}");
            }
        }
    }

    #[test]
    fn line_ends_and_wrapping_of_pem_do_not_change_a_key() {
        for set in ["metablock-ed25519", "metablock-rsa", "metablock-ecdsa"] {
            let (path, _) = demo(set);
            let text = std::fs::read_to_string(&path).unwrap();
            let expected = OwnerFile::parse(&path, text.as_bytes()).unwrap();
            for variant in [text.trim_end().to_owned(), text.replace('\n', "\r\n"), format!("{text}\n\n")] {
                let owner = OwnerFile::parse(&path, variant.as_bytes()).unwrap();
                assert_eq!((owner.ids, owner.public), (expected.ids.clone(), expected.public.clone()), "{set}");
            }
        }
    }

    #[test]
    fn a_given_key_id_comes_first_and_the_computed_ones_follow() {
        let json = br#"{"keytype":"ed25519","scheme":"ed25519","keyid":"alice",
            "keyval":{"public":"03759fed0728796dd086f924e7a29f34ba223fce5c871f7db782a737aa6676d8","private":""}}"#;
        let owner = OwnerFile::parse(Path::new("k"), json).unwrap();
        // The ids of the Python 3 and of the older dialect for this key, from securesystemslib.
        assert_eq!(
            owner.ids,
            [
                "alice",
                "b532df9a5ac343e73bfef6a519aceeabc0dfdcd0ae6957a84b81172bb5b97f02",
                "828c55bcf165bc6662a8d9185e2f3b37829b2dd13176ef52b6b0fa1471a119d1",
            ]
        );
    }

    #[test]
    fn one_key_in_two_files_is_refused() {
        let (path, _) = demo("metablock-rsa");
        let (same, _) = demo("dsse-rsa");
        let error = read_owners(&[path, same]).unwrap_err();
        assert!(matches!(error.fault, KeyFileFault::Duplicate(_)), "{error}");
    }

    #[test]
    fn what_is_no_public_key_is_named() {
        let parse = |text: &str| OwnerFile::parse(Path::new("k"), text.as_bytes()).unwrap_err();
        assert!(matches!(parse("hello"), KeyFileFault::NeitherForm));
        assert!(matches!(parse("SITR\u{1}"), KeyFileFault::Metadata));
        assert!(matches!(parse("{\"signatures\":[],\"signed\":{}}"), KeyFileFault::Metadata));
        assert!(matches!(parse("{\"keytype\":\"rsa\"}"), KeyFileFault::Json(_)));
        assert!(matches!(
            parse(r#"{"keytype":"rsa","scheme":"ed25519","keyval":{"public":""}}"#),
            KeyFileFault::Scheme { .. }
        ));
        let private = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n";
        assert!(matches!(parse(private), KeyFileFault::Key(KeyFault::Private)));
        let (rsa, _) = demo("metablock-rsa");
        let pem = std::fs::read_to_string(rsa).unwrap();
        assert!(matches!(parse(&format!("{pem}{pem}")), KeyFileFault::Several));
        assert!(matches!(parse(&format!("{pem}more")), KeyFileFault::Key(KeyFault::Malformed)));
        let pgp = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ==\n-----END PGP PUBLIC KEY BLOCK-----\n";
        assert!(matches!(parse(pgp), KeyFileFault::OpenPgp));
        let as_ecdsa =
            serde_json::json!({"keytype": "ecdsa", "scheme": "ecdsa-sha2-nistp256", "keyval": {"public": pem}});
        assert!(matches!(parse(&as_ecdsa.to_string()), KeyFileFault::Mismatch));
    }
}
