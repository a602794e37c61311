//! A bundle, as `sitrep pack` wrote it.

use std::path::Path;

use sitrep_core::bundle::MAGIC;

use crate::error::CliError;
use crate::shell::files::{Contents, read};
use crate::sources::kinds;

/// Reads a bundle into memory. It is not mapped: a file that somebody else changes between check and use would be another
/// file than the one that was checked.
///
/// # Errors
/// [`CliError`] when it cannot be read or does not start as a bundle does.
pub fn load_bundle(path: &Path) -> Result<Vec<u8>, CliError> {
    let bytes = read(path, Contents::Binary).map_err(|error| CliError::Read(path.into(), error))?;
    if bytes.starts_with(&MAGIC) {
        return Ok(bytes);
    }
    Err(kinds::explain(path, &bytes, "a bundle", CliError::NoBundle(path.into())))
}
