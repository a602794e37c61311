//! Files that are artifacts: which ones a command line means.

use std::ffi::OsString;
use std::io;

use crate::args::{self, Artifact};
use crate::error::CliError;

/// The artifacts of a command line: those of `option` as `[NAME=]FILE`, then those of `option`-as, NAME and FILE in two words.
///
/// # Errors
/// [`CliError::Ambiguous`] where a text that was split at `=` is the name of a file itself, [`CliError::ArtifactName`] for a name that no metadata
/// can hold.
pub fn artifacts(option: &'static str, split: &[Artifact], words: &[OsString]) -> Result<Vec<Artifact>, CliError> {
    for whole in split.iter().filter_map(|artifact| artifact.split_from.as_ref()) {
        match whole.symlink_metadata() {
            Ok(_) => return Err(CliError::Ambiguous(option, whole.clone())),
            Err(error) if is_no_name(&error) => {}
            // Who may not look does not know.
            Err(error) => return Err(CliError::Read(whole.clone(), error)),
        }
    }
    let pairs = args::pairs(words).map_err(|name| CliError::ArtifactName(option, name))?;
    Ok(split.iter().cloned().chain(pairs).collect())
}

/// Is certainly no file called so?
fn is_no_name(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | InvalidFilename)
}
