//! What signs, as the command line names it.

use sitrep_metadata::sign::Sign;
use sitrep_signers::file::read_signers;

use crate::args::SigningKeys;
use crate::error::CliError;
use crate::shell::files::read_secret_start;
use crate::shell::privacy::hide_process;
use crate::sources::passphrases::Passphrases;

/// Opens everything that is to sign, and asks for passphrases where it has to. Whatever is asked is asked here, so commands call this before they do
/// anything else. From here on other programs do not see this process's memory.
///
/// # Errors
/// [`CliError`] for the first key that cannot be used, or that is given twice.
pub fn open_signers(keys: &SigningKeys) -> Result<Vec<Box<dyn Sign>>, CliError> {
    hide_process().map_err(CliError::Privacy)?;
    let passphrases = Passphrases::new(keys.passphrase_file.as_deref())?;
    Ok(read_signers(&keys.signing_key, &read_secret_start, &mut |path| passphrases.of(path))?)
}
