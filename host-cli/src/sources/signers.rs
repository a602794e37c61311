//! What to sign with.

use sitrep_metadata::sign::Signer;
use sitrep_signers::file::read_signers;

use crate::args::SigningKeys;
use crate::error::CliError;
use crate::shell::files;
use crate::shell::privacy::hide_process;

/// Opens every key. What asks for a passphrase, asks here.
///
/// # Errors
/// [`CliError`] for the first that cannot be used.
pub(crate) fn open_signers(keys: &SigningKeys) -> Result<Vec<Signer>, CliError> {
    hide_process().map_err(CliError::Privacy)?;
    Ok(read_signers(&keys.signing_key, &files::read_secret_start)?)
}
