//! Supply chains of any size: three steps, each of which lists as many artifacts as one asks for.
//!
//! `source` makes the files, `build` and `package` each take the products of the step before as materials and make as
//! many of their own: 5 × N entries in all. Every run writes the same bytes.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use ed25519_compact::{KeyPair, Seed};
use sha2::{Digest, Sha256};

/// A chain on disk.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The layout, a Metablock; the links lie beside it.
    pub layout: PathBuf,
    /// The owner's raw Ed25519 public key.
    pub owner: [u8; 32],
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

/// Writes the chain with `artifacts` artifacts a step into `directory`.
///
/// # Errors
/// When a file cannot be written.
pub fn write(directory: &Path, artifacts: usize) -> io::Result<Chain> {
    let owner = key("owner");
    let functionaries = [0, 1, 2].map(|number| key(&format!("functionary{number}")));
    let layout = directory.join("root.layout");
    fs::write(&layout, metablock(&owner, &layout_text(&functionaries)))?;
    let lists = [0, 1, 2].map(|step| artifact_list(step, artifacts));
    for (step, functionary) in functionaries.iter().enumerate() {
        let link = link_text(NAMES[step], if step == 0 { "{}" } else { &lists[step - 1] }, &lists[step]);
        let keyid = keyid(functionary);
        fs::write(directory.join(format!("{}.{}.link", NAMES[step], &keyid[..8])), metablock(functionary, &link))?;
    }
    Ok(Chain { layout, owner: *owner.pk, artifact_name: path(2, 0), artifact: content(2, 0) })
}

/// Of the key of whoever has this name.
fn key(name: &str) -> KeyPair {
    KeyPair::from_seed(Seed::new(Sha256::digest(name).into()))
}

/// As Python in-toto before version 3 names and writes keys.
fn keyid(key: &KeyPair) -> String {
    let public = hex(&*key.pk);
    let members = format!(
        r#"{{"keyid_hash_algorithms":["sha256","sha512"],"keytype":"ed25519","keyval":{{"public":"{public}"}},"scheme":"ed25519"}}"#
    );
    hex(&Sha256::digest(members))
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
        let digest = hex(&Sha256::digest(content(step, artifact)));
        write!(text, r#"{comma}"{path}":{{"sha256":"{digest}"}}"#).expect("a string takes any text");
    }
    text + "}"
}

fn layout_text(functionaries: &[KeyPair; 3]) -> String {
    let mut keys = functionaries.each_ref().map(|key| {
        let (id, public) = (keyid(key), hex(&*key.pk));
        format!(
            r#""{id}":{{"keyid":"{id}","keyid_hash_algorithms":["sha256","sha512"],"keytype":"ed25519","keyval":{{"private":"","public":"{public}"}},"scheme":"ed25519"}}"#
        )
    });
    keys.sort();
    let materials = [
        r#"["DISALLOW","*"]"#,
        r#"["MATCH","src/*","WITH","PRODUCTS","FROM","source"],["DISALLOW","*"]"#,
        r#"["MATCH","*","IN","build","WITH","PRODUCTS","IN","build","FROM","build"],["DISALLOW","*"]"#,
    ];
    let steps = [0, 1, 2].map(|step| {
        let (name, directory, materials, id) =
            (NAMES[step], DIRECTORIES[step], materials[step], keyid(&functionaries[step]));
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

/// The envelope of a payload that is canonical JSON already.
fn metablock(key: &KeyPair, signed: &str) -> String {
    let signature = hex(&*key.sk.sign(signed, None));
    format!(r#"{{"signatures":[{{"keyid":"{}","sig":"{signature}"}}],"signed":{signed}}}"#, keyid(key))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
