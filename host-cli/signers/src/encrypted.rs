//! PKCS#8 with a passphrase (RFC 5958, section 3): PBES2 (RFC 8018, section 6.2) with PBKDF2 or scrypt (RFC 7914), and AES.

use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::{Decode as _, Encode as _};
use pkcs8::pkcs5::scrypt::Params;
use pkcs8::pkcs5::{EncryptionScheme, pbes2};
use sitrep_metadata::secret;
use zeroize::Zeroizing;

/// How much memory a file may ask scrypt to take, in bytes: what a person may have chosen for a strong passphrase, and no machine lacks.
pub const SCRYPT_MEMORY: u64 = 128 << 20;

/// How much work a file may ask of scrypt, in bytes that it goes over: some ten seconds.
pub const SCRYPT_WORK: u64 = 4 << 30;

/// How many rounds of PBKDF2 a file may ask for: some ten seconds. RFC 8018 names this number for the most critical keys.
pub const PBKDF2_ROUNDS: u32 = 10_000_000;

/// scrypt as new keys have it: N = 2^14, r = 8, p = 5. OpenSSL takes no larger N where nobody sets its limit of memory; p makes up for it.
const NEW: (u8, u32, u32) = (14, 8, 5);

/// Why nothing was decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecryptFault {
    /// It does not decode.
    Malformed,
    /// It asks for more than [`SCRYPT_MEMORY`], [`SCRYPT_WORK`] or [`PBKDF2_ROUNDS`].
    Costs,
    /// Encrypted in another way, such as with DES.
    Scheme,
    /// The passphrase is another one.
    Passphrase,
}

/// Checks what the DER of an EncryptedPrivateKeyInfo asks for, before anybody is asked for a passphrase.
///
/// # Errors
/// [`DecryptFault`], but no [`DecryptFault::Passphrase`].
pub fn check(der: &[u8]) -> Result<(), DecryptFault> {
    parameters(der).map(|_| ())
}

fn parameters(der: &[u8]) -> Result<(pbes2::Parameters, &[u8]), DecryptFault> {
    let info = EncryptedPrivateKeyInfoRef::from_der(der).map_err(|error| match error.kind() {
        // Of algorithms that the crate does not know.
        pkcs8::der::ErrorKind::OidUnknown { .. } | pkcs8::der::ErrorKind::Value { .. } => DecryptFault::Scheme,
        _ => DecryptFault::Malformed,
    })?;
    let EncryptionScheme::Pbes2(parameters) = info.encryption_algorithm else { return Err(DecryptFault::Scheme) };
    let is_bearable = match &parameters.kdf {
        pbes2::Kdf::Pbkdf2(kdf) => kdf.iteration_count <= PBKDF2_ROUNDS,
        pbes2::Kdf::Scrypt(kdf) => {
            let block = 128 * u64::from(kdf.block_size);
            let memory = block.saturating_mul(kdf.cost_parameter);
            // Beside N blocks there are p of them.
            let lanes = u64::from(kdf.parallelization);
            memory.max(block.saturating_mul(lanes)) <= SCRYPT_MEMORY && memory.saturating_mul(lanes) <= SCRYPT_WORK
        }
        _ => return Err(DecryptFault::Scheme),
    };
    if is_bearable { Ok((parameters, info.encrypted_data.as_bytes())) } else { Err(DecryptFault::Costs) }
}

/// Decrypts the DER of an EncryptedPrivateKeyInfo to that of a PrivateKeyInfo.
///
/// # Errors
/// [`DecryptFault`]
pub fn decrypt(der: &[u8], passphrase: &[u8]) -> Result<Zeroizing<Vec<u8>>, DecryptFault> {
    let (parameters, data) = parameters(der)?;
    secret::wiped(|| {
        let mut plain = Zeroizing::new(data.to_vec());
        let length = match parameters.decrypt_in_place(passphrase, &mut plain) {
            Ok(plain) => plain.len(),
            Err(pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. }) => return Err(DecryptFault::Scheme),
            Err(_) => return Err(DecryptFault::Passphrase),
        };
        plain.truncate(length);
        // One wrong passphrase in 256 leaves padding that is right.
        pkcs8::PrivateKeyInfoRef::from_der(&plain).map_err(|_| DecryptFault::Passphrase)?;
        Ok(plain)
    })
}

/// Encrypts the DER of a PrivateKeyInfo to PEM, with scrypt and AES-256.
///
/// # Errors
/// When the system has no random numbers.
pub fn encrypt(der: &[u8], passphrase: &[u8]) -> Result<Zeroizing<String>, getrandom::Error> {
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    getrandom::fill(&mut salt)?;
    getrandom::fill(&mut iv)?;
    let (log_n, r, p) = NEW;
    let encrypted = secret::wiped(|| {
        let params = Params::new(log_n, r, p).ok()?;
        let parameters = pbes2::Parameters::generate_scrypt_aes256cbc(params, &salt, iv).ok()?;
        let data = parameters.encrypt(passphrase, der).ok()?;
        let encrypted_data = OctetStringRef::new(&data).ok()?;
        EncryptedPrivateKeyInfoRef { encryption_algorithm: parameters.into(), encrypted_data }.to_der().ok()
    });
    // Parameters and lengths are fixed: there is nothing that could be refused.
    Ok(secret::to_pem("ENCRYPTED PRIVATE KEY", &encrypted.unwrap_or_default()))
}
