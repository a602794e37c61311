//! Where signing keys live: made of the operating system's random numbers, and kept in files, encrypted or not.
#![forbid(unsafe_code)]

pub mod encrypted;
pub mod file;
mod openssh;

use sitrep_metadata::secret;
use sitrep_metadata::sign::{EcdsaSigner, Signer};
use zeroize::Zeroizing;

/// Makes an Ed25519 key from the operating system's random numbers.
///
/// # Errors
/// When the system has none.
pub fn generate() -> Result<Signer, getrandom::Error> {
    // Zeros alone, which never come, are no key.
    generate_with(Signer::from_secret)
}

/// Makes an ECDSA key on P-256.
///
/// # Errors
/// When the system has no random numbers.
pub fn generate_p256() -> Result<EcdsaSigner, getrandom::Error> {
    generate_with(EcdsaSigner::p256)
}

/// Makes an ECDSA key on P-384.
///
/// # Errors
/// When the system has no random numbers.
pub fn generate_p384() -> Result<EcdsaSigner, getrandom::Error> {
    generate_with(EcdsaSigner::p384)
}

/// Takes random bytes until they make a key: almost always the first (FIPS 186-5, appendix A.2.2).
fn generate_with<const N: usize, K>(key_of: impl Fn(&Zeroizing<[u8; N]>) -> Option<K>) -> Result<K, getrandom::Error> {
    secret::wiped(|| {
        let mut bytes = Zeroizing::new([0; N]);
        loop {
            getrandom::fill(&mut *bytes)?;
            if let Some(key) = key_of(&bytes) {
                return Ok(key);
            }
        }
    })
}
