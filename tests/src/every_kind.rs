//! A chain with every kind of evidence (tests/vectors/every-kind): a link as the predicate of a statement, a sublayout, two signers of one step, and
//! attestations that are demanded.
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use std::path::{Path, PathBuf};

use sitrep_cli::sources::input::Input;
use sitrep_core::{Items, RequiredAttestation, Trust};

/// The attestations that are demanded of it.
pub const ATTESTATIONS: [RequiredAttestation<'static>; 2] = [
    RequiredAttestation { predicate_type: "https://slsa.dev/provenance/v1", step: None },
    RequiredAttestation { predicate_type: "https://in-toto.io/attestation/test-result/v0.1", step: Some("test") },
];

/// What is demanded of it, but for the owner.
pub const DEMANDS: Trust<'static> =
    Trust { attestations: Items::new(&ATTESTATIONS), security_version: 3, ..Trust::new(&[], 1) };

/// Where its files are.
#[must_use]
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/every-kind")
}

/// Its bundle.
#[must_use]
pub fn bundle() -> Vec<u8> {
    let input = Input::from_directory(&directory().join("root.layout"), &directory()).unwrap();
    assert!(input.notes.is_empty(), "{:?}", input.notes);
    input.packer.finish(0).unwrap()
}

/// The owner's Ed25519 key.
#[must_use]
pub fn owner() -> [u8; 32] {
    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(directory().join("owner.json")).unwrap()).unwrap();
    let digits = json["keyval"]["public"].as_str().unwrap();
    std::array::from_fn(|byte| u8::from_str_radix(&digits[2 * byte..2 * byte + 2], 16).unwrap())
}
