//! Where signing keys live: made of the operating system's random numbers, and kept in files that are not encrypted. Where that will not do, sign
//! with a tool that guards its keys: sitrep takes anybody's envelopes.
#![forbid(unsafe_code)]

pub mod file;

use sitrep_metadata::secret;
use sitrep_metadata::sign::Signer;
use zeroize::Zeroizing;

/// Makes a key from the operating system's random numbers.
///
/// # Errors
/// When the system has none.
pub fn generate() -> Result<Signer, getrandom::Error> {
    secret::wiped(|| {
        let mut seed = Zeroizing::new([0; 32]);
        loop {
            getrandom::fill(&mut *seed)?;
            // Zeros alone, which never come, are no key.
            if let Some(signer) = Signer::from_secret(&seed) {
                return Ok(signer);
            }
        }
    })
}
