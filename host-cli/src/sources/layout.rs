//! A layout in any of the states that it goes through on its author's desk.

use std::path::Path;

use sitrep_core::bundle::MAGIC;
use sitrep_metadata::envelope::document::Document;
use sitrep_metadata::lint;

use crate::error::CliError;
use crate::shell::files::{self, Contents};
use crate::sources::note::{Ignored, InputError};

/// Reads a layout: a Metablock, with or without signatures, a DSSE envelope, or the bare layout.
///
/// # Errors
/// [`CliError`] when the file cannot be read, or is neither.
pub fn read(path: &Path) -> Result<Document, CliError> {
    let bytes = files::read(path, Contents::BundleOrMetadata).map_err(|error| CliError::Read(path.into(), error))?;
    if bytes.starts_with(&MAGIC) {
        return Err(CliError::NoLayout(path.into()));
    }
    Ok(lint::parse(&bytes).map_err(|error| InputError::new(path, Ignored::Invalid(error)))?)
}
