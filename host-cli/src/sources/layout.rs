//! A layout in any of the states that it goes through on its author's desk.

use std::path::Path;

use sitrep_core::bundle::MAGIC;
use sitrep_metadata::envelope::document::Document;
use sitrep_metadata::file_kind::FileKind;
use sitrep_metadata::lint;

use crate::error::CliError;
use crate::shell::files::Contents;
use crate::sources::kinds;
use crate::sources::note::{Ignored, InputError};

const EXPECTED: &str = "a layout";

/// Reads a layout: a Metablock, with or without signatures, a DSSE envelope, or the bare layout.
///
/// # Errors
/// [`CliError`] when the file cannot be read, or is neither.
pub fn read(path: &Path) -> Result<Document, CliError> {
    let bytes = kinds::read(path, Contents::BundleOrMetadata, EXPECTED)?;
    if bytes.starts_with(&MAGIC) {
        return Err(CliError::NoLayout(path.into()));
    }
    let document = lint::parse(&bytes).map_err(|error| {
        let otherwise = CliError::Draft(InputError::new(path, Ignored::Invalid(error)));
        kinds::explain(path, &bytes, EXPECTED, otherwise)
    })?;
    let kind = FileKind::of_document(&document).filter(|kind| *kind != FileKind::Layout);
    kinds::wrong(path, kind, EXPECTED).map_or(Ok(document), Err)
}
