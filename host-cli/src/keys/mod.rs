//! Public keys of layout owners, from the files that `--verification-keys` and `sitrep key show` name.
//!
//! | form of the file | read by |
//! |---|---|
//! | PEM (a SubjectPublicKeyInfo, as `openssl pkey -pubout` writes it) | `pem` |
//! | securesystemslib's JSON | `json` |
//! | OpenSSH, Ed25519 only | `openssh` |
//! | minisign and signify | `signify` |
//!
//! A key is its public bytes. Key ids are labels under which a signature of the key may stand in a layout, and in-toto's dialects compute
//! them differently from the same key (`ids`). All of them are tried: a label opens no door, the signature has to be good.

mod error;
mod ids;
mod json;
mod openssh;
mod pem;
mod signify;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use sitrep_core::bundle::MAGIC;

use crate::schemes::HostKey;

pub use error::{KeyError, KeyFileFault, PrivateForm};
pub use ids::{KeyIds, fingerprint};
pub use openssh::{OpenSshFault, fingerprint as openssh_fingerprint};
pub use signify::SignifyFault;

/// Largest key file that is read, in bytes. An RSA key of 8192 bits takes 1.6 KiB; this keeps a wrong file from being read whole.
const MAX_FILE: u64 = 64 * 1024;

/// One owner's public key, with everything that core needs to look for its signature.
#[derive(Clone, Debug)]
pub struct OwnerFile {
    /// The file that it was read from.
    pub path: PathBuf,
    /// The form of the file.
    pub format: Format,
    /// in-toto's name of the kind of key, such as `ed25519`.
    pub keytype: String,
    /// in-toto's name of the signature scheme.
    pub scheme: String,
    /// `keyval.public`: hexadecimal or PEM.
    pub public: String,
    /// The key id that the file gives the key itself; only JSON does.
    pub given_id: Option<String>,
    /// The labels under which a signature of this key may stand, the likeliest first.
    pub ids: Vec<String>,
    decoded: HostKey,
}

/// The form of a key's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `BEGIN PUBLIC KEY`, or `BEGIN PRIVATE KEY` where the public half is asked for.
    Pem,
    /// securesystemslib's JSON.
    Json,
    /// One line that starts with `ssh-ed25519`.
    OpenSsh,
    /// minisign or signify, which have one form.
    Signify,
}

impl Format {
    /// Its name, for people and for JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pem => "PEM",
            Self::Json => "securesystemslib JSON",
            Self::OpenSsh => "OpenSSH",
            Self::Signify => "minisign or signify",
        }
    }
}

/// Reads every file. The order is kept.
///
/// # Errors
/// [`KeyError`] for the first file that is no usable public key, or holds the same one as an earlier file.
pub fn read_owners(paths: &[PathBuf]) -> Result<Vec<OwnerFile>, KeyError> {
    let mut owners: Vec<OwnerFile> = Vec::with_capacity(paths.len());
    for path in paths {
        let owner = read(path).and_then(|bytes| OwnerFile::parse(path, &bytes));
        let owner = owner.map_err(|fault| KeyError { path: path.clone(), fault })?;
        if let Some(other) = owners.iter().find(|other| other.decoded == owner.decoded) {
            return Err(KeyError { path: owner.path, fault: KeyFileFault::Duplicate(other.path.clone()) });
        }
        owners.push(owner);
    }
    Ok(owners)
}

/// A public key, and whether its file holds the private half too.
#[derive(Clone, Debug)]
pub struct PublicHalf {
    /// The public key.
    pub key: OwnerFile,
    /// Was it taken out of a private key?
    pub is_private: bool,
}

/// Reads a file with a public key, or with a private one in PKCS#8 or JSON, of which the public half is taken.
///
/// # Errors
/// [`KeyError`] when it is neither.
pub fn read_public_half(path: &Path) -> Result<PublicHalf, KeyError> {
    let half = read(path).and_then(|bytes| PublicHalf::parse(path, &bytes));
    half.map_err(|fault| KeyError { path: path.into(), fault })
}

fn read(path: &Path) -> Result<Vec<u8>, KeyFileFault> {
    use std::io::Read;
    let file = std::fs::File::open(path).map_err(KeyFileFault::Read)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(KeyFileFault::Read)?;
    Ok(bytes)
}

impl PublicHalf {
    /// Reads a key from the contents of the file `path`.
    ///
    /// # Errors
    /// [`KeyFileFault`] when they are neither a usable public key nor a private one in PKCS#8 or JSON.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, KeyFileFault> {
        let text = text(bytes)?;
        let (form, private) = form(text)?;
        let bare = |decoded: HostKey| OwnerFile::bare(path, form, decoded);
        let key = match (form, private) {
            (Format::Pem, None) => bare(pem::read(text)?),
            (Format::Pem, Some(PrivateForm::Pkcs8)) => bare(pem::public_half(text)?),
            (_, Some(private)) => return Err(KeyFileFault::Private(private)),
            (Format::OpenSsh, None) => bare(HostKey::Ed25519(openssh::read(text)?)),
            (Format::Signify, None) => bare(HostKey::Ed25519(signify::read(text)?)),
            (Format::Json, None) => {
                let json::JsonKey { keytype, scheme, keyid, decoded, is_private } = json::read(text)?;
                return Ok(Self { key: OwnerFile::new(path, form, (keytype, scheme), keyid, decoded), is_private });
            }
        };
        Ok(Self { key, is_private: private.is_some() })
    }
}

impl OwnerFile {
    /// Reads a public key from the contents of the file `path`.
    ///
    /// # Errors
    /// [`KeyFileFault`] when they are no usable public key; a private one is refused as well.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, KeyFileFault> {
        // Whoever gives a private key where a public one belongs is told so, whether or not it could be used.
        if let (_, Some(private)) = form(text(bytes)?)? {
            return Err(KeyFileFault::Private(private));
        }
        match PublicHalf::parse(path, bytes)? {
            PublicHalf { is_private: true, .. } => Err(KeyFileFault::Private(PrivateForm::Json)),
            PublicHalf { key, .. } => Ok(key),
        }
    }

    /// A key that says nothing of itself: type and scheme are in-toto's defaults.
    fn bare(path: &Path, format: Format, decoded: HostKey) -> Self {
        let (keytype, scheme) = decoded.names();
        Self::new(path, format, (keytype.into(), scheme.into()), None, decoded)
    }

    fn new(
        path: &Path,
        format: Format,
        (keytype, scheme): (String, String),
        given_id: Option<String>,
        decoded: HostKey,
    ) -> Self {
        let mut ids = ids::labels(&keytype, &scheme, &decoded);
        if let Some(given) = &given_id {
            ids.retain(|id| id != given);
            ids.insert(0, given.clone());
        }
        let public = decoded.public_text();
        Self { path: path.into(), format, keytype, scheme, public, given_id, ids, decoded }
    }

    /// The key itself.
    #[must_use]
    pub const fn decoded(&self) -> &HostKey {
        &self.decoded
    }

    /// The ids that in-toto's dialects compute for it.
    #[must_use]
    pub fn dialects(&self) -> KeyIds {
        KeyIds::of(&self.keytype, &self.scheme, &self.decoded)
    }
}

/// What every form but a bundle is made of.
fn text(bytes: &[u8]) -> Result<&str, KeyFileFault> {
    if bytes.starts_with(&MAGIC) {
        return Err(KeyFileFault::Metadata);
    }
    if bytes.len() as u64 > MAX_FILE {
        return Err(KeyFileFault::NoForm);
    }
    std::str::from_utf8(bytes).map_err(|_| KeyFileFault::NoForm)
}

/// Tells the form by how the text looks; of a private key also how it is kept. JSON does not show it before it is read.
fn form(text: &str) -> Result<(Format, Option<PrivateForm>), KeyFileFault> {
    if text.trim_start().starts_with('{') {
        Ok((Format::Json, None))
    } else if pem::looks_like(text) {
        Ok((Format::Pem, pem::form(text)?))
    } else if openssh::looks_like(text) {
        Ok((Format::OpenSsh, None))
    } else if signify::is_secret(text) {
        Ok((Format::Signify, Some(PrivateForm::Signify)))
    } else if signify::looks_like(text) {
        Ok((Format::Signify, None))
    } else {
        Err(KeyFileFault::NoForm)
    }
}

/// The text without the line ends at its end, of any system's kind.
fn without_line_ends(text: &str) -> &str {
    text.trim_end_matches(['\r', '\n'])
}

/// The text's only line.
fn only_line(text: &str) -> Option<&str> {
    let line = without_line_ends(text);
    (!line.contains(['\r', '\n'])).then_some(line)
}
