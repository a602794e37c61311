//! Projects with a `sitrep.toml`, as their people have them.
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use std::fs;

use sitrep_cli::shell::temporary::Directory;
use sitrep_metadata::sign::Signer;

/// A fresh directory with this `sitrep.toml` and, in `keys/`, both halves of keys of these names.
#[must_use]
pub fn project(text: &str, people: &[&str]) -> Directory {
    let directory = Directory::new("project").unwrap();
    let keys = directory.path().join("keys");
    fs::create_dir(&keys).unwrap();
    for (number, name) in (1..).zip(people) {
        sitrep_signers::file::write(&Signer::from_seed([number; 32]), &keys, name).unwrap();
    }
    fs::write(directory.path().join("sitrep.toml"), text).unwrap();
    directory
}
