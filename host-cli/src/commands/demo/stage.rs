//! What the story and the attacks have in common: people, names of files, and the command lines that are told again at the end.

use serde_json::Value;
use sitrep_metadata::sign::Signer;

use super::error::DemoError;
use super::teller::Teller;
use crate::error::CliError;

/// Everybody in the story.
pub(super) struct People {
    /// Decides how the software is made.
    pub(super) owner: Signer,
    /// Writes it.
    pub(super) developer: Signer,
    /// Builds what users get.
    pub(super) packager: Signer,
}

/// How the packager packages.
pub(super) const PACKAGE: [&str; 3] = ["cp", "hello.sh", "hello-1.0.sh"];

pub(super) const VERIFY: &str =
    "verify hello.sitrep --verification-keys keys/owner.pub --artifact hello-1.0.sh=work/hello-1.0.sh";
pub(super) const VERIFY_ARTIFACT: &str =
    "verify hello.sitrep --verification-keys keys/owner.pub --artifact hello-1.0.sh=tampered/hello-1.0.sh";
pub(super) const VERIFY_LINK: &str = "verify tampered/link/root.layout --verification-keys keys/owner.pub";
pub(super) const VERIFY_INSIDER: &str = "verify tampered/insider/root.layout --verification-keys keys/owner.pub";
pub(super) const VERIFY_FLIPPED: &str = "verify tampered/flipped.sitrep --verification-keys keys/owner.pub";

/// Where in-toto looks for a step's link.
pub(super) fn link_name(step: &str, functionary: &Signer) -> String {
    format!("metadata/{step}.{}.link", &functionary.id()[..8])
}

/// Writes JSON as in-toto does: with line breaks, so that people can read it. What is signed is its canonical form.
pub(super) fn write_json(teller: &Teller, name: &str, value: &Value) -> Result<(), DemoError> {
    let text = serde_json::to_string_pretty(value).map_err(|error| CliError::Write(name.into(), error.into()))?;
    teller.write(name, text.as_bytes())
}

/// Reads it again.
pub(super) fn read_json(teller: &Teller, name: &str) -> Result<Value, DemoError> {
    serde_json::from_slice(&teller.read(name)?).map_err(|error| CliError::Read(name.into(), error.into()).into())
}
