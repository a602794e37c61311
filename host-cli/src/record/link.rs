//! A step's link as a file: signed, and there whole or not at all.

use std::fmt;
use std::io;
use std::path::Path;

use sitrep_metadata::envelope::link::{Link, LinkError, LinkForm};

use crate::shell::files::write_with;

/// Why a link was not written.
#[derive(Debug)]
pub enum WriteError<E> {
    /// It cannot be said in this form.
    Link(LinkError),
    /// It was not signed.
    Sign(E),
    /// The file cannot be written.
    Io(io::Error),
}

impl<E: fmt::Display> fmt::Display for WriteError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(error) => error.fmt(f),
            Self::Sign(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for WriteError<E> {}

/// Signs a link and writes it to `path`, replacing what is there. `sign` gets what is to be signed, and gives signatures with the ids of their keys.
///
/// # Errors
/// [`WriteError`]; then `path` is as before.
pub fn write<E>(
    path: &Path,
    link: &Link<'_>,
    form: LinkForm,
    sign: impl FnOnce(&[u8]) -> Result<Vec<(String, Vec<u8>)>, E>,
) -> Result<(), WriteError<E>> {
    // Gone again before the file is written.
    let signatures = sign(&link.message(form).map_err(WriteError::Link)?).map_err(WriteError::Sign)?;
    write_with(path, |out| link.write(form, &signatures, out)).map_err(WriteError::Io)
}
