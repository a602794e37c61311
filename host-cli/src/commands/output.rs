//! Files that commands write: only what is theirs is replaced.

use std::io::Read as _;
use std::path::Path;

use crate::error::CliError;
use crate::shell::files::{FileId, OpenFile, check_writable};

/// May an output be written here: is there nothing, or a regular file that `is_own` knows by its first bytes, at most `most` of them?
/// Nothing else is read, since a pipe may never end, and nothing else is overwritten.
///
/// # Errors
/// [`CliError::Occupied`] where there is something else, [`CliError::Write`] where nothing can be written.
pub(crate) fn check_output(path: &Path, most: u64, is_own: impl FnOnce(&[u8]) -> bool) -> Result<(), CliError> {
    if path.symlink_metadata().is_err() {
        return check_writable(path).map_err(|error| CliError::Write(path.into(), error));
    }
    let read = || {
        let mut start = Vec::new();
        OpenFile::regular(path)?.take(most).read_to_end(&mut start).map(|_| start)
    };
    if !read().is_ok_and(|start| is_own(&start)) {
        return Err(CliError::Occupied(path.into()));
    }
    check_writable(path).map_err(|error| CliError::Write(path.into(), error))
}

/// May an output be written here: is there nothing?
///
/// # Errors
/// [`CliError::Occupied`] where there is something, [`CliError::Write`] where nothing can be written.
pub(crate) fn check_new(path: &Path) -> Result<(), CliError> {
    check_output(path, 0, |_| false)
}

/// The same for an output that starts with four bytes of its own.
///
/// # Errors
/// As [`check_output`].
pub(crate) fn check_magic(path: &Path, magic: &[u8; 4]) -> Result<(), CliError> {
    check_output(path, magic.len() as u64, |start| start == magic)
}

/// Is the output another file than the input that it is made of?
///
/// # Errors
/// [`CliError::OverInput`] where both are one file.
pub(crate) fn check_other_than(output: &Path, input: &Path) -> Result<(), CliError> {
    let id = |path| FileId::of(path).ok();
    if id(output).is_some_and(|output| id(input) == Some(output)) {
        return Err(CliError::OverInput(output.into()));
    }
    Ok(())
}
