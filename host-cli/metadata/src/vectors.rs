//! The files of tests/vectors, for this crate's tests.
#![allow(clippy::disallowed_methods, reason = "tests run where there are files")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::keys::{KeyError, OwnerFile, PublicHalf, push_distinct};

/// Where a file lies.
pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(name)
}

pub(crate) fn bytes(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap()
}

pub(crate) fn text(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap()
}

pub(crate) fn json(name: &str) -> Value {
    serde_json::from_slice(&bytes(name)).unwrap()
}

/// Owners' keys.
pub(crate) fn owners(names: &[&str]) -> Result<Vec<OwnerFile>, KeyError> {
    let mut owners = Vec::new();
    for name in names {
        let path = path(name);
        let owner = OwnerFile::parse(&path, &bytes(name)).map_err(|fault| KeyError { path, fault })?;
        push_distinct(&mut owners, owner)?;
    }
    Ok(owners)
}

/// The public half of a key.
pub(crate) fn public_half(name: &str) -> Result<PublicHalf, KeyError> {
    let path = path(name);
    PublicHalf::parse(&path, &bytes(name)).map_err(|fault| KeyError { path, fault })
}
