//! Files that are of another kind than a command takes: what they are is said in place of what is wrong with them.

use std::path::Path;

use sitrep_metadata::file_kind::FileKind;

use crate::error::CliError;
use crate::shell::files::{self, Contents, NoText};

/// Reads a file that is to be what `expected` says.
///
/// # Errors
/// [`CliError::WrongKind`] where it is to be JSON, is none, and is known by how it begins; otherwise [`CliError::Read`].
pub(crate) fn read(path: &Path, contents: Contents, expected: &'static str) -> Result<Vec<u8>, CliError> {
    files::read(path, contents).map_err(|error| {
        let no_text = error.get_ref().and_then(|inner| inner.downcast_ref::<NoText>());
        let kind = no_text.and_then(|no_text| FileKind::of(&no_text.start));
        wrong(path, kind, expected).unwrap_or_else(|| CliError::Read(path.into(), error))
    })
}

/// What to say of a file with these contents, which is not what `expected` says: what it is, or `otherwise` where that cannot be told.
pub(crate) fn explain(path: &Path, bytes: &[u8], expected: &'static str, otherwise: impl Into<CliError>) -> CliError {
    wrong(path, FileKind::of(bytes), expected).unwrap_or_else(|| otherwise.into())
}

/// The error about a file of this kind.
pub(crate) fn wrong(path: &Path, kind: Option<FileKind>, expected: &'static str) -> Option<CliError> {
    kind.map(|kind| CliError::WrongKind { path: path.into(), kind, expected, code: None })
}
