//! A supply chain that was verified but for its inspections.
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sitrep_cli::shell::temporary::Directory;
use sitrep_metadata::sign::Signer;

use crate::command::{Run, sitrep};

/// SHA-256 of the artifact `x`, whose contents are `x`.
const X: &str = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";

/// The options with which [`verify`] calls `sitrep`.
pub const VERIFY: [&str; 7] =
    ["verify", "root.layout", "--verification-keys", "owner.pub", "--run-inspections", "--target-dir", "target"];

/// An inspection that runs this command, and after whose rules nothing is looked at.
#[must_use]
pub fn inspection(name: &str, run: &[&str]) -> Value {
    json!({"_type": "inspection", "name": name, "run": run, "expected_materials": [], "expected_products": []})
}

/// A chain of one step that puts out `x`, with these inspections, and an empty directory `target`.
#[must_use]
pub fn chain(inspections: &[Value]) -> Directory {
    nested(&[inspections])
}

/// The same, where a sublayout stands for the step, and one for the step of that, and so on: each with its inspections, the root layout
/// first.
#[must_use]
pub fn nested(layouts: &[&[Value]]) -> Directory {
    let directory = Directory::new("test").unwrap();
    let (owner, functionary) = (Signer::from_seed([1; 32]), Signer::from_seed([2; 32]));
    sitrep_signers::file::write(&owner, directory.path(), "owner").unwrap();
    let evidence = format!("ci:make.{}", &functionary.id()[..8]);
    let (mut signer, mut file) = (&owner, directory.path().join("root.layout"));
    let mut inside = directory.path().to_owned();
    for inspections in layouts {
        let layout = signer.metablock(json!({
            "_type": "layout", "expires": "2040-01-01T00:00:00Z", "readme": "",
            "keys": {functionary.id(): functionary.public_json()},
            "steps": [{
                "_type": "step", "name": "ci:make", "pubkeys": [functionary.id()], "threshold": 1, "expected_command": [],
                "expected_materials": [], "expected_products": [["CREATE", "x"], ["DISALLOW", "*"]],
            }],
            "inspect": inspections,
        }));
        fs::create_dir_all(&inside).unwrap();
        fs::write(file, layout.to_string()).unwrap();
        (signer, file) = (&functionary, inside.join(format!("{evidence}.link")));
        inside.push(&evidence);
    }
    let link = functionary.metablock(json!({
        "_type": "link", "name": "ci:make", "command": [], "byproducts": {}, "environment": {},
        "materials": {}, "products": {"x": {"sha256": X}},
    }));
    fs::write(file, link.to_string()).unwrap();
    fs::write(directory.path().join("x"), "x").unwrap();
    fs::create_dir(directory.path().join("target")).unwrap();
    directory
}

/// Verifies the chain, and runs its inspections in `target`.
#[must_use]
#[track_caller]
pub fn verify(directory: &Path, more: &[&str]) -> Run {
    sitrep(directory, &[&VERIFY[..], more].concat())
}
