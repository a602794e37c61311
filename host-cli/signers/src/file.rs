//! Private keys that `--signing-key` names: Ed25519 in PKCS#8, in PEM, as `openssl genpkey -algorithm ed25519` writes them. They are written in the
//! same form.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sitrep_metadata::keys::host_key::ed25519_seed;
use sitrep_metadata::keys::key_fault::KeyFault;
use sitrep_metadata::secret;
use sitrep_metadata::sign::Signer;
use zeroize::Zeroizing;

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
    /// It holds PKCS#8 with a password.
    Encrypted,
    /// It holds a private key in OpenSSH's own form.
    OpenSsh,
    /// PKCS#8 that does not decode.
    Malformed,
    /// A key of another kind.
    Algorithm,
    /// The same key as in the other file.
    Duplicate(PathBuf),
}

/// Reads the start of a file, so many bytes of it.
pub type ReadStart = dyn Fn(&Path, u64) -> io::Result<Zeroizing<Vec<u8>>>;

/// Reads every file by `read`. The order is kept.
///
/// # Errors
/// [`SigningKeyError`] for the first file that nobody can sign with, or that holds the same key as an earlier one.
pub fn read_signers(paths: &[PathBuf], read: &ReadStart) -> Result<Vec<Signer>, SigningKeyError> {
    let mut signers: Vec<Signer> = Vec::with_capacity(paths.len());
    for path in paths {
        let failed = |fault| SigningKeyError { path: path.clone(), fault };
        let signer = secret::wiped(|| signer(path, read)).map_err(failed)?;
        if let Some((earlier, _)) = paths.iter().zip(&signers).find(|(_, other)| other.id() == signer.id()) {
            return Err(failed(SigningKeyFault::Duplicate(earlier.clone())));
        }
        signers.push(signer);
    }
    Ok(signers)
}

fn signer(path: &Path, read: &ReadStart) -> Result<Signer, SigningKeyFault> {
    let text = read(path, MAX_FILE).map_err(SigningKeyFault::Read)?;
    let text = str::from_utf8(&text).map_err(|_| SigningKeyFault::Form)?;
    if text.contains("-----BEGIN PUBLIC KEY-----") {
        return Err(SigningKeyFault::Public);
    }
    let label = text.trim_start().strip_prefix("-----BEGIN ").and_then(|rest| rest.split("-----").next());
    match label {
        Some("PRIVATE KEY") => {}
        Some("ENCRYPTED PRIVATE KEY") => return Err(SigningKeyFault::Encrypted),
        Some("OPENSSH PRIVATE KEY") => return Err(SigningKeyFault::OpenSsh),
        // These forms are older than Ed25519.
        Some("RSA PRIVATE KEY" | "EC PRIVATE KEY" | "DSA PRIVATE KEY") => return Err(SigningKeyFault::Algorithm),
        _ => return Err(SigningKeyFault::Form),
    }
    let (_, der) = secret::from_pem(text.trim()).ok_or(SigningKeyFault::Malformed)?;
    match ed25519_seed(&der) {
        Ok(seed) => Signer::from_secret(&seed).ok_or(SigningKeyFault::Malformed),
        Err(KeyFault::Algorithm) => Err(SigningKeyFault::Algorithm),
        Err(_) => Err(SigningKeyFault::Malformed),
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
                write!(f, "{path} is no signing key: expected PKCS#8 in PEM (BEGIN PRIVATE KEY) without a password")
            }
            SigningKeyFault::Encrypted => {
                write!(f, "{path} holds a private key with a password, expected one without (BEGIN PRIVATE KEY)")
            }
            SigningKeyFault::OpenSsh => {
                write!(f, "{path} holds a private key of OpenSSH, expected PKCS#8 in PEM (BEGIN PRIVATE KEY)")
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
            SigningKeyFault::Encrypted => {
                "write it without the password, where nobody else can read it, with: openssl pkey -in KEY -out FILE; delete it when you have signed"
            }
            SigningKeyFault::Form | SigningKeyFault::Algorithm | SigningKeyFault::OpenSsh => {
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
    use sitrep_metadata::keys::host_key::HostKey;
    use std::fs;

    /// The private key of RFC 8410, section 10.3, and its public key of section 10.1.
    const RFC: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
    const RFC_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";

    fn whole(path: &Path, _: u64) -> io::Result<Zeroizing<Vec<u8>>> {
        fs::read(path).map(Zeroizing::new)
    }

    #[test]
    fn a_key_in_pkcs8_is_read_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("k.pem");
        let read = |text: &[u8]| {
            fs::write(&path, text).unwrap();
            read_signers(std::slice::from_ref(&path), &whole).map(|signers| signers[0].public())
        };
        let public = HostKey::from_pem(RFC_PUBLIC).unwrap();
        assert_eq!(HostKey::Ed25519(read(RFC.as_bytes()).unwrap()), public);
        let signer = Signer::from_seed([7; 32]);
        write(&signer, directory.path(), "own").unwrap();
        assert_eq!(read(&fs::read(directory.path().join("own.key")).unwrap()).unwrap(), signer.public());
        for (text, expected) in [
            (RFC_PUBLIC, "k.pem holds a public key, expected the private one"),
            ("", "is no signing key"),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\n", "holds a private key with a password"),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\n", "holds a private key of OpenSSH"),
            ("-----BEGIN EC PRIVATE KEY-----\n", "is of another kind than Ed25519"),
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
        let error = read_signers(&[path.clone(), path], &whole).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("k.pem holds the same key as "), "{error}");
        let error = read_signers(&[directory.path().join("none")], &whole).map(|_| ()).unwrap_err().to_string();
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
