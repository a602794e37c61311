//! The in-toto demo as in-toto 3.1 wrote it (tests/vectors/in-toto-demo), and verification of its bundles with core alone.
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use std::path::{Path, PathBuf};

use sitrep_cli::sources::input::Input;
use sitrep_core::bundle::{Bundle, Scratch};
use sitrep_core::{Error, HostMemory, Inspections, Items, Outcome, Trust, verify};

use crate::core_alone::{Owner, request};

/// Longest path of the host's profile.
const PATH: usize = sitrep_core::limits::HOST.path;

/// The directory of one of the twelve sets: `metablock-ed25519`, `dsse-rsa`, ...; `pristine` or `tampered`.
#[must_use]
pub fn directory(set: &str, state: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/in-toto-demo").join(set).join(state)
}

/// The bundle of a set.
#[must_use]
pub fn bundle(set: &str, state: &str) -> Vec<u8> {
    let directory = directory(set, state);
    let input = Input::from_directory(&directory.join("root.layout"), &directory).unwrap();
    assert!(input.notes.is_empty(), "{:?}", input.notes);
    input.packer.finish(0).unwrap()
}

/// The owner's Ed25519 key of a set, from the end of its SPKI.
#[must_use]
pub fn owner(set: &str) -> [u8; 32] {
    use base64::Engine as _;
    let pem = std::fs::read_to_string(directory(set, "pristine").join("alice.pub")).unwrap();
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = base64::engine::general_purpose::STANDARD.decode(base64).unwrap();
    *der.last_chunk().unwrap()
}

/// Verifies with core alone: one owner, no clock, inspections skipped, nothing demanded.
///
/// # Errors
/// Core's, when the bytes are no bundle; what is wrong with its contents is in the outcome.
pub fn verified<R>(bytes: &[u8], owner: &[u8; 32], then: impl FnOnce(&Outcome<'_, '_>) -> R) -> Result<R, Error> {
    verified_with(bytes, owner, &Trust { inspections: Inspections::Skip, ..Trust::new(&[], 1) }, then)
}

/// The same where more is demanded; `demands` has no owner of its own.
///
/// # Errors
/// As [`verified`].
pub fn verified_with<R>(
    bytes: &[u8],
    owner: &[u8; 32],
    demands: &Trust<'_>,
    then: impl FnOnce(&Outcome<'_, '_>) -> R,
) -> Result<R, Error> {
    let mut path = [0; PATH];
    let bundle = Bundle::open(bytes, &mut path)?;
    let owner = Owner::new(owner);
    let ids = owner.ids();
    let owners = [owner.key(&ids)];
    let trust = Trust { owners: Items::new(&owners), ..*demands };
    let mut memory = Box::new(HostMemory::new());
    let outcome = verify(&request(&bundle, &trust), &mut memory, &mut ());
    Ok(then(&outcome))
}

/// The signed bytes of every envelope.
///
/// # Errors
/// Core's, where they cannot be rebuilt.
pub fn signed_bytes(bytes: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    let (mut path, mut chunk) = ([0; PATH], [0; 512]);
    let bundle = Bundle::open(bytes, &mut path)?;
    let mut scratch = Scratch { path: &mut path, chunk: &mut chunk };
    let mut all = Vec::new();
    for envelope in bundle.envelopes() {
        let mut signed = Vec::new();
        envelope?.signed_bytes(&bundle, &mut scratch, &mut |bytes| signed.extend_from_slice(bytes))?;
        all.push(signed);
    }
    Ok(all)
}
