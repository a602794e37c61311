//! Private keys that `--signing-key` names: Ed25519, and ECDSA on P-256 and P-384. In PEM: PKCS#8, plain or encrypted, SEC 1 (`BEGIN EC PRIVATE KEY`),
//! and OpenSSH's own form. They are written in PKCS#8.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sitrep_metadata::keys::host_key::{HostKey, ed25519_seed};
use sitrep_metadata::keys::key_fault::KeyFault;
use sitrep_metadata::secret;
use sitrep_metadata::sign::{EcdsaSigner, Sign, Signer};
use zeroize::Zeroizing;

use crate::encrypted::{self, DecryptFault};
use crate::openssh;

/// Largest file that is read, in bytes. A key takes 119.
const MAX_FILE: u64 = 64 * 1024;

/// Why nobody can sign with a file.
#[derive(Debug)]
pub struct SigningKeyError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: SigningKeyFault,
}

/// What is wrong with the file of a signing key.
#[derive(Debug)]
pub enum SigningKeyFault {
    /// The operating system did not let it be read.
    Read(io::Error),
    /// It holds a public key.
    Public,
    /// It holds something else than a private key in PEM.
    Form,
    /// A form older than PKCS#8 that is encrypted.
    OlderEncrypted,
    /// Encrypted in a way that is not known here; is it OpenSSH's own form?
    Cipher {
        /// Is the file in OpenSSH's own form?
        is_openssh: bool,
    },
    /// Whoever made it asks for more time or memory than is given before a passphrase can be tried.
    Costs {
        /// Is the file in OpenSSH's own form?
        is_openssh: bool,
    },
    /// It needs a passphrase, and there is none to be had.
    NoPassphrase(io::Error),
    /// The passphrase is another one.
    Passphrase,
    /// It does not decode.
    Malformed,
    /// An RSA key.
    Rsa,
    /// A key of another kind.
    Algorithm,
    /// The same key as in the other file.
    Duplicate(PathBuf),
}

/// Reads the start of a file, so many bytes of it.
pub type ReadStart = dyn Fn(&Path, u64) -> io::Result<Zeroizing<Vec<u8>>>;

/// Gives the passphrase of a key's file.
pub type Passphrase<'p> = dyn FnMut(&Path) -> io::Result<Zeroizing<Vec<u8>>> + 'p;

/// Reads every file by `read`, and asks for the passphrases of those that have one. The order is kept.
///
/// # Errors
/// [`SigningKeyError`] for the first file that nobody can sign with, or that holds the same key as an earlier one.
pub fn read_signers(
    paths: &[PathBuf],
    read: &ReadStart,
    passphrase: &mut Passphrase<'_>,
) -> Result<Vec<Box<dyn Sign>>, SigningKeyError> {
    let mut signers: Vec<Box<dyn Sign>> = Vec::with_capacity(paths.len());
    for path in paths {
        let failed = |fault| SigningKeyError { path: path.clone(), fault };
        let signer = secret::wiped(|| signer(path, read, passphrase)).map_err(failed)?;
        if let Some((earlier, _)) = paths.iter().zip(&signers).find(|(_, other)| other.key().key == signer.key().key) {
            return Err(failed(SigningKeyFault::Duplicate(earlier.clone())));
        }
        signers.push(signer);
    }
    Ok(signers)
}

fn signer(path: &Path, read: &ReadStart, passphrase: &mut Passphrase<'_>) -> Result<Box<dyn Sign>, SigningKeyFault> {
    let text = read(path, MAX_FILE).map_err(SigningKeyFault::Read)?;
    let text = str::from_utf8(&text).map_err(|_| SigningKeyFault::Form)?;
    if text.contains("-----BEGIN PUBLIC KEY-----") {
        return Err(SigningKeyFault::Public);
    }
    let text = without_parameters(text.trim());
    let label = text.strip_prefix("-----BEGIN ").and_then(|rest| rest.split("-----").next());
    let decode = || secret::from_pem(text).map(|(_, der)| der).ok_or(SigningKeyFault::Malformed);
    let ask = |passphrase: &mut Passphrase<'_>| passphrase(path).map_err(SigningKeyFault::NoPassphrase);
    match label {
        Some("PRIVATE KEY") => of_pkcs8(&decode()?),
        Some("ENCRYPTED PRIVATE KEY") => {
            let der = decode()?;
            // Nobody is asked for what would not help.
            encrypted::check(&der)?;
            of_pkcs8(&encrypted::decrypt(&der, &ask(passphrase)?)?)
        }
        Some("OPENSSH PRIVATE KEY") => {
            let bytes = of_openssh(text).ok_or(SigningKeyFault::Malformed)?;
            let opened = openssh::Opened::new(&bytes)?;
            let passphrase = if opened.is_encrypted() { ask(passphrase)? } else { Zeroizing::default() };
            Ok(opened.key(&passphrase)?)
        }
        Some("EC PRIVATE KEY" | "RSA PRIVATE KEY") if text.contains("Proc-Type:") => {
            Err(SigningKeyFault::OlderEncrypted)
        }
        Some("EC PRIVATE KEY") => match EcdsaSigner::from_sec1(&decode()?) {
            Some(signer) => Ok(Box::new(signer)),
            None => Err(SigningKeyFault::Algorithm),
        },
        Some("RSA PRIVATE KEY") => Err(SigningKeyFault::Rsa),
        // It is older than all others.
        Some("DSA PRIVATE KEY") => Err(SigningKeyFault::Algorithm),
        _ => Err(SigningKeyFault::Form),
    }
}

/// The text without the block that `openssl ecparam -genkey` writes before the key.
fn without_parameters(text: &str) -> &str {
    const END: &str = "-----END EC PARAMETERS-----";
    if !text.starts_with("-----BEGIN EC PARAMETERS-----") {
        return text;
    }
    text.split_once(END).map_or(text, |(_, rest)| rest.trim_start())
}

/// The bytes of OpenSSH's PEM, whose lines are longer than RFC 7468 has them.
fn of_openssh(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    const LABEL: &str = "OPENSSH PRIVATE KEY-----";
    let body = text.strip_prefix("-----BEGIN ")?.strip_prefix(LABEL)?;
    let body = body.strip_suffix(LABEL)?.strip_suffix("-----END ")?;
    // What is 70 characters long becomes 64. Memory has its final length from the start: what grows leaves copies.
    let mut pem = Zeroizing::new(String::with_capacity(text.len() + text.len() / 64 + 64));
    pem.push_str("-----BEGIN OPENSSH PRIVATE KEY-----\n");
    let mut length = 0;
    for character in body.chars().filter(|character| !character.is_ascii_whitespace()) {
        if length == 64 {
            pem.push('\n');
            length = 0;
        }
        pem.push(character);
        length += 1;
    }
    pem.push_str("\n-----END OPENSSH PRIVATE KEY-----\n");
    secret::from_pem(&pem).map(|(_, bytes)| bytes)
}

fn of_pkcs8(der: &[u8]) -> Result<Box<dyn Sign>, SigningKeyFault> {
    match ed25519_seed(der) {
        Ok(seed) => Ok(Box::new(Signer::from_secret(&seed).ok_or(SigningKeyFault::Malformed)?)),
        Err(KeyFault::Algorithm) => match EcdsaSigner::from_pkcs8(der) {
            Some(signer) => Ok(Box::new(signer)),
            None => Err(match HostKey::from_private_der(der) {
                Ok(HostKey::Rsa(_)) | Err(KeyFault::RsaSize(_)) => SigningKeyFault::Rsa,
                Err(KeyFault::Malformed) => SigningKeyFault::Malformed,
                _ => SigningKeyFault::Algorithm,
            }),
        },
        Err(_) => Err(SigningKeyFault::Malformed),
    }
}

impl From<DecryptFault> for SigningKeyFault {
    fn from(fault: DecryptFault) -> Self {
        match fault {
            DecryptFault::Malformed => Self::Malformed,
            DecryptFault::Costs => Self::Costs { is_openssh: false },
            DecryptFault::Scheme => Self::Cipher { is_openssh: false },
            DecryptFault::Passphrase => Self::Passphrase,
        }
    }
}

impl From<openssh::Fault> for SigningKeyFault {
    fn from(fault: openssh::Fault) -> Self {
        match fault {
            openssh::Fault::Malformed => Self::Malformed,
            openssh::Fault::Costs => Self::Costs { is_openssh: true },
            openssh::Fault::Cipher => Self::Cipher { is_openssh: true },
            openssh::Fault::Passphrase => Self::Passphrase,
            openssh::Fault::Rsa => Self::Rsa,
            openssh::Fault::Algorithm => Self::Algorithm,
        }
    }
}

/// Writes `NAME.pub` and, readable by its owner only, `NAME.key` (PKCS#8), both in PEM.
///
/// # Errors
/// The operating system's; also when a file is there already.
pub fn write(signer: &Signer, directory: &Path, name: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    options.open(directory.join(format!("{name}.pub")))?.write_all(signer.public_pem().as_bytes())?;
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(directory.join(format!("{name}.key")))?.write_all(signer.private_pem().as_bytes())
}

impl fmt::Display for SigningKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.fault {
            SigningKeyFault::Read(error) => write!(f, "cannot read the signing key {path}: {error}"),
            SigningKeyFault::Public => write!(f, "{path} holds a public key, expected the private one"),
            SigningKeyFault::Form => {
                write!(f, "{path} is no signing key: expected a private key in PEM (BEGIN PRIVATE KEY)")
            }
            SigningKeyFault::OlderEncrypted | SigningKeyFault::Cipher { .. } => {
                write!(f, "{path} holds a private key that is encrypted in a way that is not read here")
            }
            SigningKeyFault::Costs { .. } => write!(
                f,
                "{path} asks for more work before a passphrase can be tried than is done: {} MiB for scrypt, {} rounds of PBKDF2, {} of bcrypt",
                encrypted::SCRYPT_MEMORY >> 20,
                encrypted::PBKDF2_ROUNDS,
                openssh::ROUNDS
            ),
            SigningKeyFault::NoPassphrase(error) => write!(f, "no passphrase for {path}: {error}"),
            SigningKeyFault::Passphrase => write!(f, "the passphrase is not that of {path}"),
            SigningKeyFault::Malformed => write!(
                f,
                "{path} holds a private key that does not decode, expected PKCS#8 in PEM with nothing before or after it"
            ),
            SigningKeyFault::Rsa => write!(f, "{path} holds an RSA key, and files sign with Ed25519 and ECDSA alone"),
            SigningKeyFault::Algorithm => {
                write!(f, "the signing key {path} is neither Ed25519 nor ECDSA on P-256 or P-384")
            }
            SigningKeyFault::Duplicate(other) => write!(f, "{path} holds the same key as {}", other.display()),
        }
    }
}

impl std::error::Error for SigningKeyError {}

impl SigningKeyError {
    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match &self.fault {
            SigningKeyFault::Read(_) | SigningKeyFault::Public => "give the file of the private key",
            SigningKeyFault::OlderEncrypted
            | SigningKeyFault::Cipher { is_openssh: false }
            | SigningKeyFault::Costs { is_openssh: false } => {
                "encrypt it anew with: openssl pkcs8 -topk8 -scrypt -in KEY -out FILE"
            }
            SigningKeyFault::Cipher { is_openssh: true } => "encrypt it anew with: ssh-keygen -p -f KEY",
            SigningKeyFault::Costs { is_openssh: true } => "encrypt it anew with: ssh-keygen -p -a 24 -f KEY",
            SigningKeyFault::NoPassphrase(_) => {
                "give --passphrase-file FILE, set SITREP_PASSPHRASE, or run it in a terminal"
            }
            SigningKeyFault::Passphrase => {
                "if it is right, the file is damaged: see whether the program that made it opens it"
            }
            SigningKeyFault::Form | SigningKeyFault::Rsa | SigningKeyFault::Algorithm => {
                "make a key with: sitrep key generate NAME"
            }
            SigningKeyFault::Malformed => "see what `openssl pkey -in KEY -noout -text_pub` says of it",
            SigningKeyFault::Duplicate(_) => "give each key once: nobody counts twice",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// The private key of RFC 8410, section 10.3, and its public key of section 10.1.
    const RFC: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
    const RFC_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";

    fn whole(path: &Path, _: u64) -> io::Result<Zeroizing<Vec<u8>>> {
        fs::read(path).map(Zeroizing::new)
    }

    fn none(_: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
        Err(io::ErrorKind::NotFound.into())
    }

    #[test]
    fn a_key_in_pkcs8_is_read_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("k.pem");
        let read = |text: &[u8]| {
            fs::write(&path, text).unwrap();
            read_signers(std::slice::from_ref(&path), &whole, &mut none).map(|signers| signers[0].key().key.clone())
        };
        let public = HostKey::from_pem(RFC_PUBLIC).unwrap();
        assert_eq!(read(RFC.as_bytes()).unwrap(), public);
        let signer = Signer::from_seed([7; 32]);
        write(&signer, directory.path(), "own").unwrap();
        assert_eq!(
            read(&fs::read(directory.path().join("own.key")).unwrap()).unwrap(),
            HostKey::Ed25519(signer.public())
        );
        for (text, expected) in [
            (RFC_PUBLIC, "k.pem holds a public key, expected the private one"),
            ("", "is no signing key"),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\n", "does not decode"),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\n", "does not decode"),
            ("-----BEGIN EC PRIVATE KEY-----\n", "does not decode"),
            ("-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n", "in a way that is not read here"),
            ("-----BEGIN RSA PRIVATE KEY-----\n", "holds an RSA key"),
            ("-----BEGIN DSA PRIVATE KEY-----\n", "is neither Ed25519 nor ECDSA"),
            ("-----BEGIN COSIGN PRIVATE KEY-----\n", "is no signing key"),
            (&RFC[..60], "does not decode"),
            (&RFC.replace("MC4C", "MC5C"), "does not decode"),
            (&format!("{RFC}{RFC}"), "does not decode"),
        ] {
            let error = read(text.as_bytes()).unwrap_err();
            assert!(error.to_string().contains(expected), "{text}: {error}");
            assert!(!error.hint().is_empty());
        }
        assert!(read(b"\xff").unwrap_err().to_string().contains("is no signing key"));
        fs::write(&path, RFC).unwrap();
        let error = read_signers(&[path.clone(), path], &whole, &mut none).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("k.pem holds the same key as "), "{error}");
        let error =
            read_signers(&[directory.path().join("none")], &whole, &mut none).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("cannot read the signing key "), "{error}");
    }

    #[test]
    fn keys_are_never_overwritten_and_private_ones_are_their_owners() {
        let directory = tempfile::tempdir().unwrap();
        let signer = Signer::from_seed([7; 32]);
        write(&signer, directory.path(), "owner").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(directory.path().join("owner.key")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert!(write(&signer, directory.path(), "owner").is_err());
    }
}
