//! Files that commands write: only what is theirs is replaced.

use std::io::Read as _;
use std::path::Path;

use crate::error::CliError;
use crate::shell::files::OpenFile;

/// May an output be written here: is there nothing, or a regular file that `is_own` knows by its first bytes, at most `most` of them?
/// Nothing else is read, since a pipe may never end, and nothing else is overwritten.
///
/// # Errors
/// [`CliError::Occupied`] where there is something else.
pub(crate) fn check_output(path: &Path, most: u64, is_own: impl FnOnce(&[u8]) -> bool) -> Result<(), CliError> {
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    let read = || {
        let mut start = Vec::new();
        OpenFile::regular(path)?.take(most).read_to_end(&mut start).map(|_| start)
    };
    if read().is_ok_and(|start| is_own(&start)) { Ok(()) } else { Err(CliError::Occupied(path.into())) }
}

/// The same for an output that starts with four bytes of its own.
///
/// # Errors
/// [`CliError::Occupied`] where there is something else.
pub(crate) fn check_magic(path: &Path, magic: &[u8; 4]) -> Result<(), CliError> {
    check_output(path, magic.len() as u64, |start| start == magic)
}
