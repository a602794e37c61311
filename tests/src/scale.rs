//! Supply chains of any size: three steps, each of which lists as many artifacts as one asks for.
//!
//! `source` makes the files, `build` and `package` each take the products of the step before as materials and make as
//! many of their own: 5 × N entries in all. Every run writes the same bytes, in any [`Form`] that in-toto writes.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_compact::{KeyPair, Seed};
use sha2::{Digest, Sha256};
use sitrep_metadata::hex;

/// What the files look like. The default is that of Python in-toto before version 3, which all others read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Form {
    /// How keys are named.
    pub keys: Keys,
    /// What payloads are wrapped in.
    pub wrapping: Wrapping,
}

/// How keys are written in a layout, and with it what their ids are the hash of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keys {
    /// With `keyid_hash_algorithms` and an empty `private`: Python in-toto before version 3.
    #[default]
    Legacy,
    /// Without: Python in-toto 3. Its `in-toto-verify` finds an owner's signature by this id only.
    Version3,
}

/// What a payload is wrapped in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wrapping {
    /// `signatures` and `signed`, on one line without spaces.
    #[default]
    Metablock,
    /// A DSSE envelope, payload and envelope with the spaces of Python's `json.dumps`.
    Dsse,
}

/// The DSSE payload type of layouts and links.
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// A chain on disk.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The layout; the links lie beside it.
    pub layout: PathBuf,
    /// The owner's raw Ed25519 public key.
    pub owner: [u8; 32],
    /// A file with the owner's public key (PEM), as `--verification-keys` takes it.
    pub owner_file: PathBuf,
    /// The name of a product of the last step.
    pub artifact_name: String,
    /// The bytes of that product.
    pub artifact: Vec<u8>,
}

const NAMES: [&str; 3] = ["source", "build", "package"];
const DIRECTORIES: [&str; 3] = ["src", "build", "pkg"];
const EXTENSIONS: [&str; 3] = ["c", "o", "bin"];
const MODULES: [&str; 10] = ["kernel", "drivers", "net", "crypto", "fs", "lib", "arch", "tools", "sound", "block"];
const PARTS: [&str; 8] = ["core", "util", "proto", "mgmt", "io", "api", "test", "hal"];

/// Writes the chain with `artifacts` artifacts a step into `directory`, in the default form.
///
/// # Errors
/// When a file cannot be written.
pub fn write(directory: &Path, artifacts: usize) -> io::Result<Chain> {
    write_as(directory, artifacts, Form::default())
}

/// Writes the chain with `artifacts` artifacts a step into `directory`.
///
/// # Errors
/// When a file cannot be written.
pub fn write_as(directory: &Path, artifacts: usize, form: Form) -> io::Result<Chain> {
    let owner = key("owner");
    let functionaries = [0, 1, 2].map(|number| key(&format!("functionary{number}")));
    let layout = directory.join("root.layout");
    fs::write(&layout, form.wrap(&owner, layout_text(&functionaries, form.keys)))?;
    let lists = [0, 1, 2].map(|step| artifact_list(step, artifacts));
    for (step, functionary) in functionaries.iter().enumerate() {
        let link = link_text(NAMES[step], if step == 0 { "{}" } else { &lists[step - 1] }, &lists[step]);
        let keyid = form.keys.id(functionary);
        fs::write(directory.join(format!("{}.{}.link", NAMES[step], &keyid[..8])), form.wrap(functionary, link))?;
    }
    let owner_file = directory.join("owner.pub");
    fs::write(&owner_file, pem(&owner))?;
    Ok(Chain { layout, owner: *owner.pk, owner_file, artifact_name: path(2, 0), artifact: content(2, 0) })
}

/// Of the key of whoever has this name.
fn key(name: &str) -> KeyPair {
    KeyPair::from_seed(Seed::new(Sha256::digest(name).into()))
}

/// The SubjectPublicKeyInfo of RFC 8410, section 4.
fn pem(key: &KeyPair) -> String {
    let info = [&b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"[..], &*key.pk].concat();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(info))
}

impl Keys {
    /// The hash of the canonical JSON of the key's members, without `private`.
    fn id(self, key: &KeyPair) -> String {
        hex::encode(&Sha256::digest(format!("{{{}}}", self.members(key, ""))))
    }

    /// The members that both ids and layouts have, and `private` as it is given.
    fn members(self, key: &KeyPair, private: &str) -> String {
        let public = hex::encode(&*key.pk);
        let algorithms = match self {
            Self::Legacy => r#""keyid_hash_algorithms":["sha256","sha512"],"#,
            Self::Version3 => "",
        };
        format!(r#"{algorithms}"keytype":"ed25519","keyval":{{{private}"public":"{public}"}},"scheme":"ed25519""#)
    }

    /// The key as a member of a layout's `keys`.
    fn entry(self, key: &KeyPair) -> String {
        let private = match self {
            Self::Legacy => r#""private":"","#,
            Self::Version3 => "",
        };
        let id = self.id(key);
        format!(r#""{id}":{{"keyid":"{id}",{}}}"#, self.members(key, private))
    }
}

impl Form {
    /// A file with a payload that is canonical JSON, signed.
    fn wrap(self, key: &KeyPair, payload: String) -> String {
        let keyid = self.keys.id(key);
        match self.wrapping {
            Wrapping::Metablock => {
                let signature = hex::encode(&*key.sk.sign(&payload, None));
                format!(r#"{{"signatures":[{{"keyid":"{keyid}","sig":"{signature}"}}],"signed":{payload}}}"#)
            }
            Wrapping::Dsse => {
                let payload = spaced(&payload);
                let head = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len());
                let signature = STANDARD.encode(*key.sk.sign(head + &payload, None));
                let payload = STANDARD.encode(payload);
                format!(
                    r#"{{"payload": "{payload}", "payloadType": "{PAYLOAD_TYPE}", "signatures": [{{"keyid": "{keyid}", "sig": "{signature}"}}]}}"#
                )
            }
        }
    }
}

/// Canonical JSON without escapes, as Python's `json.dumps` spaces it.
fn spaced(json: &str) -> String {
    let mut spaced = String::with_capacity(json.len() + json.len() / 16);
    let mut in_string = false;
    for char in json.chars() {
        in_string ^= char == '"';
        spaced.push(char);
        if !in_string && matches!(char, ',' | ':') {
            spaced.push(' ');
        }
    }
    spaced
}

/// The content of artifact number `artifact` of a step.
fn content(step: usize, artifact: usize) -> Vec<u8> {
    format!("{step}:{artifact}").into_bytes()
}

fn path(step: usize, artifact: usize) -> String {
    let (module, part) = (MODULES[artifact / 997 % 10], PARTS[artifact / 61 % 8]);
    let (directory, extension) = (DIRECTORIES[step], EXTENSIONS[step]);
    format!("{directory}/{module}/{part}{:03}/component_{artifact:06}.{extension}", artifact / 1000)
}

fn artifact_list(step: usize, artifacts: usize) -> String {
    let mut entries: Vec<_> = (0..artifacts).map(|artifact| (path(step, artifact), artifact)).collect();
    entries.sort();
    let mut text = String::from("{");
    for (path, artifact) in entries {
        let comma = if text.len() > 1 { "," } else { "" };
        let digest = hex::encode(&Sha256::digest(content(step, artifact)));
        write!(text, r#"{comma}"{path}":{{"sha256":"{digest}"}}"#).expect("a string takes any text");
    }
    text + "}"
}

fn layout_text(functionaries: &[KeyPair; 3], form: Keys) -> String {
    let mut keys = functionaries.each_ref().map(|key| form.entry(key));
    keys.sort();
    let materials = [
        r#"["DISALLOW","*"]"#,
        r#"["MATCH","src/*","WITH","PRODUCTS","FROM","source"],["DISALLOW","*"]"#,
        r#"["MATCH","*","IN","build","WITH","PRODUCTS","IN","build","FROM","build"],["DISALLOW","*"]"#,
    ];
    let steps = [0, 1, 2].map(|step| {
        let (name, directory, materials, id) =
            (NAMES[step], DIRECTORIES[step], materials[step], form.id(&functionaries[step]));
        format!(
            r#"{{"_type":"step","expected_command":["make","{name}"],"expected_materials":[{materials}],"expected_products":[["CREATE","{directory}/*"],["DISALLOW","*"]],"name":"{name}","pubkeys":["{id}"],"threshold":1}}"#
        )
    });
    format!(
        r#"{{"_type":"layout","expires":"2040-01-01T00:00:00Z","inspect":[],"keys":{{{}}},"readme":"","steps":[{}]}}"#,
        keys.join(","),
        steps.join(",")
    )
}

fn link_text(name: &str, materials: &str, products: &str) -> String {
    format!(
        r#"{{"_type":"link","byproducts":{{"return-value":0,"stderr":"","stdout":""}},"command":["make","{name}"],"environment":{{}},"materials":{materials},"name":"{name}","products":{products}}}"#
    )
}
