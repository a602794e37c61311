//! Private keys that `--signing-key` names: Ed25519 in PKCS#8, in PEM, as `openssl genpkey -algorithm ed25519` writes them.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use spki::Document;

use crate::schemes::{KeyFault, ed25519_seed};
use crate::sign::Signer;

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
    /// It holds something else than PEM of PKCS#8 without a password.
    Form,
    /// PKCS#8 that does not decode.
    Malformed,
    /// A key of another kind.
    Algorithm,
    /// The same key as in the other file.
    Duplicate(PathBuf),
}

/// Reads every file. The order is kept.
///
/// # Errors
/// [`SigningKeyError`] for the first file that nobody can sign with, or that holds the same key as an earlier one.
pub fn read_signers(paths: &[PathBuf]) -> Result<Vec<Signer>, SigningKeyError> {
    let mut signers: Vec<Signer> = Vec::with_capacity(paths.len());
    for path in paths {
        let failed = |fault| SigningKeyError { path: path.clone(), fault };
        let signer = read(path).map_err(failed)?;
        if let Some((earlier, _)) = paths.iter().zip(&signers).find(|(_, other)| other.id() == signer.id()) {
            return Err(failed(SigningKeyFault::Duplicate(earlier.clone())));
        }
        signers.push(signer);
    }
    Ok(signers)
}

fn read(path: &Path) -> Result<Signer, SigningKeyFault> {
    let mut text = Vec::new();
    let file = File::open(path).map_err(SigningKeyFault::Read)?;
    file.take(MAX_FILE).read_to_end(&mut text).map_err(SigningKeyFault::Read)?;
    let text = String::from_utf8(text).map_err(|_| SigningKeyFault::Form)?;
    if text.contains("-----BEGIN PUBLIC KEY-----") {
        return Err(SigningKeyFault::Public);
    }
    if !text.trim_start().starts_with("-----BEGIN PRIVATE KEY-----") {
        return Err(SigningKeyFault::Form);
    }
    let (_, document) = Document::from_pem(text.trim()).map_err(|_| SigningKeyFault::Malformed)?;
    match ed25519_seed(document.as_bytes()) {
        Ok(seed) => Ok(Signer::from_seed(seed)),
        Err(KeyFault::Algorithm) => Err(SigningKeyFault::Algorithm),
        Err(_) => Err(SigningKeyFault::Malformed),
    }
}

impl fmt::Display for SigningKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.fault {
            SigningKeyFault::Read(error) => write!(f, "cannot read the signing key {path}: {error}"),
            SigningKeyFault::Public => write!(f, "{path} holds a public key, expected the private one"),
            SigningKeyFault::Form => {
                write!(f, "{path} is no signing key: expected PKCS#8 in PEM (BEGIN PRIVATE KEY) without a password")
            }
            SigningKeyFault::Malformed => write!(
                f,
                "{path} holds a private key that does not decode, expected PKCS#8 in PEM with nothing before or after it"
            ),
            SigningKeyFault::Algorithm => write!(f, "the signing key {path} is of another kind than Ed25519"),
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
            SigningKeyFault::Form | SigningKeyFault::Algorithm => {
                "devices check Ed25519: make a key with openssl genpkey -algorithm ed25519 -out KEY, or sign with a tool that has yours"
            }
            SigningKeyFault::Malformed => "see what `openssl pkey -in KEY -noout -text_pub` says of it",
            SigningKeyFault::Duplicate(_) => "give each key once: nobody counts twice",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::temporary::Directory;
    use std::fs;

    /// The private key of RFC 8410, section 10.3, and its public key of section 10.1.
    const RFC: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
    const RFC_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";

    #[test]
    fn a_key_in_pkcs8_is_read_and_nothing_else() {
        let directory = Directory::new("key").unwrap();
        let path = directory.path().join("k.pem");
        let read = |text: &[u8]| {
            fs::write(&path, text).unwrap();
            read_signers(std::slice::from_ref(&path)).map(|signers| signers[0].public())
        };
        let public = crate::schemes::HostKey::from_pem(RFC_PUBLIC).unwrap();
        assert_eq!(crate::schemes::HostKey::Ed25519(read(RFC.as_bytes()).unwrap()), public);
        let signer = Signer::from_seed([7; 32]);
        signer.write(directory.path(), "own").unwrap();
        assert_eq!(read(&fs::read(directory.path().join("own.key")).unwrap()).unwrap(), signer.public());
        for (text, expected) in [
            (RFC_PUBLIC, "k.pem holds a public key, expected the private one"),
            ("", "is no signing key"),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\n", "without a password"),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\n", "is no signing key"),
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
        let error = read_signers(&[path.clone(), path]).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("k.pem holds the same key as "), "{error}");
        let error = read_signers(&[directory.path().join("none")]).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("cannot read the signing key "), "{error}");
    }
}
