//! Private keys in OpenSSH's own form (OpenSSH's PROTOCOL.key): Ed25519, and ECDSA on P-256 and P-384; plain, or as `ssh-keygen` encrypts them.

use aes::Aes256;
use aes::cipher::{KeyIvInit as _, StreamCipher as _};
use sitrep_metadata::secret;
use sitrep_metadata::sign::{EcdsaSigner, Sign, Signer};
use zeroize::Zeroizing;

/// How many rounds of bcrypt a file may ask for: some ten seconds. `ssh-keygen` takes 16 or 24 unless `-a` says otherwise.
pub(crate) const ROUNDS: u32 = 1024;

const MAGIC: &[u8] = b"openssh-key-v1\0";

/// Why there is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It does not decode.
    Malformed,
    /// It asks for more than [`ROUNDS`].
    Costs,
    /// Another cipher than `aes256-ctr`.
    Cipher,
    /// The passphrase is another one.
    Passphrase,
    /// RSA.
    Rsa,
    /// Of another kind.
    Algorithm,
}

/// A key's file, taken apart and not decrypted.
pub(crate) struct Opened<'f> {
    /// Salt and rounds, where it is encrypted.
    kdf: Option<(&'f [u8], u32)>,
    private: &'f [u8],
}

/// What the rest of a file is read from, piece by piece (RFC 4251, section 5).
struct Reader<'f>(&'f [u8]);

impl<'f> Reader<'f> {
    fn number(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*number))
    }

    fn string(&mut self) -> Option<&'f [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (string, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(string)
    }
}

impl<'f> Opened<'f> {
    /// Takes a file's bytes apart.
    pub(crate) fn new(bytes: &'f [u8]) -> Result<Self, Fault> {
        let mut reader = Reader(bytes.strip_prefix(MAGIC).ok_or(Fault::Malformed)?);
        let mut string = || reader.string().ok_or(Fault::Malformed);
        let (cipher, kdf, options) = (string()?, string()?, string()?);
        // One key a file; that is all that there ever was.
        if reader.number() != Some(1) {
            return Err(Fault::Malformed);
        }
        let mut string = || reader.string().ok_or(Fault::Malformed);
        let (public, private) = (string()?, string()?);
        match Reader(public).string().ok_or(Fault::Malformed)? {
            b"ssh-ed25519" | b"ecdsa-sha2-nistp256" | b"ecdsa-sha2-nistp384" => {}
            b"ssh-rsa" => return Err(Fault::Rsa),
            _ => return Err(Fault::Algorithm),
        }
        let kdf = match (cipher, kdf) {
            (b"none", b"none") => None,
            (b"aes256-ctr", b"bcrypt") => {
                let mut options = Reader(options);
                let salt = options.string().filter(|salt| !salt.is_empty()).ok_or(Fault::Malformed)?;
                match options.number().ok_or(Fault::Malformed)? {
                    0 => return Err(Fault::Malformed),
                    rounds if rounds > ROUNDS => return Err(Fault::Costs),
                    rounds => Some((salt, rounds)),
                }
            }
            _ => return Err(Fault::Cipher),
        };
        Ok(Self { kdf, private })
    }

    /// Does it need a passphrase?
    pub(crate) const fn is_encrypted(&self) -> bool {
        self.kdf.is_some()
    }

    /// The key.
    pub(crate) fn key(&self, passphrase: &[u8]) -> Result<Box<dyn Sign>, Fault> {
        secret::wiped(|| {
            let mut plain = Zeroizing::new(self.private.to_vec());
            if let Some((salt, rounds)) = self.kdf {
                let mut derived = Zeroizing::new([0; 48]);
                bcrypt_pbkdf::bcrypt_pbkdf(passphrase, salt, rounds, &mut *derived).map_err(|_| Fault::Passphrase)?;
                let (key, iv) = derived.split_at(32);
                let mut cipher = ctr::Ctr128BE::<Aes256>::new_from_slices(key, iv).map_err(|_| Fault::Malformed)?;
                cipher.apply_keystream(&mut plain);
            }
            let mut reader = Reader(&plain);
            let checks = (reader.number(), reader.number());
            if checks.0.is_none() || checks.0 != checks.1 {
                return Err(if self.is_encrypted() { Fault::Passphrase } else { Fault::Malformed });
            }
            read(&mut reader).ok_or(Fault::Malformed)
        })
    }
}

/// The key behind the check numbers.
fn read(reader: &mut Reader<'_>) -> Option<Box<dyn Sign>> {
    match reader.string()? {
        b"ssh-ed25519" => {
            let public = reader.string()?;
            let seed = Zeroizing::new(*reader.string()?.first_chunk()?);
            let signer = Signer::from_secret(&seed)?;
            (signer.public() == public).then(|| Box::new(signer) as Box<dyn Sign>)
        }
        b"ecdsa-sha2-nistp256" => {
            let [_, _] = [reader.string()?, reader.string()?];
            Some(Box::new(EcdsaSigner::p256(&*number(reader)?)?))
        }
        b"ecdsa-sha2-nistp384" => {
            let [_, _] = [reader.string()?, reader.string()?];
            Some(Box::new(EcdsaSigner::p384(&*number(reader)?)?))
        }
        _ => None,
    }
}

/// A positive number (`mpint`), with zeros before it as far as there is room.
fn number<const N: usize>(reader: &mut Reader<'_>) -> Option<Box<Zeroizing<[u8; N]>>> {
    let bytes = reader.string()?;
    let bytes = bytes.strip_prefix(&[0]).unwrap_or(bytes);
    let mut number = Box::new(Zeroizing::new([0; N]));
    let start = N.checked_sub(bytes.len())?;
    number.get_mut(start..)?.copy_from_slice(bytes);
    Some(number)
}
