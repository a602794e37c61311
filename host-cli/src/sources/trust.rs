//! What is believed: a trust policy, or keys all of which must have signed, from the files that a command line names.

use std::path::{Path, PathBuf};

use sitrep_metadata::file_kind::FileKind;
use sitrep_metadata::trust_policy::{Form, MAX_POLICY, Policy, PolicyError, PolicyFault};

use crate::error::CliError;
use crate::shell::files::read_start;
use crate::sources::keys::read_owners;

/// What the command line says is believed: a policy, or keys all of which must have signed.
///
/// # Errors
/// [`CliError`] when a file cannot be read, or is not what it should be.
pub fn given(trust: Option<&Path>, keys: &[PathBuf]) -> Result<Policy, CliError> {
    Ok(match trust {
        Some(path) => read_policy(path)?.0,
        None => Policy::all_of(read_owners(keys)?),
    })
}

/// Reads a policy in either form.
///
/// # Errors
/// [`CliError::Read`] when the file cannot be read, [`CliError::Policy`] when it is no valid policy, [`CliError::WrongKind`] when it is
/// something else.
pub fn read_policy(path: &Path) -> Result<(Policy, Form), CliError> {
    let bytes = read_start(path, MAX_POLICY + 1).map_err(|error| CliError::Read(path.into(), error))?;
    Policy::parse(path, &bytes).map_err(|fault| match (&fault, FileKind::of(&bytes)) {
        (PolicyFault::Refused { error, .. }, Some(kind)) if kind != FileKind::Policy => {
            CliError::WrongKind { path: path.into(), kind, expected: "a trust policy", code: Some(error.code()) }
        }
        _ => PolicyError { path: path.into(), fault }.into(),
    })
}
