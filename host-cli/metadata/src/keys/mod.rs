//! Public keys of layout owners, from the files that `--verification-keys` and `sitrep key show` name.
//!
//! | form of the file | read by |
//! |---|---|
//! | PEM (a SubjectPublicKeyInfo, as `openssl pkey -pubout` writes it, or RSA's own form) | `pem` |
//! | securesystemslib's JSON, of bare keys and of OpenPGP's | `json` |
//! | OpenSSH, Ed25519 only | `openssh` |
//! | minisign and signify | `signify` |
//! | OpenPGP, armored or as it is | `openpgp` |
//!
//! What else people have that looks like a key is told apart as well (`strange`), so that they are told what to do.
//!
//! A key is its public bytes. Key ids are labels under which a signature of the key may stand in a layout, and in-toto's dialects compute
//! them differently from the same key (`ids`). All of them are tried: a label opens no door, the signature has to be good.

mod dsa;
mod error;
pub mod host_key;
pub(crate) mod ids;
mod json;
pub mod key_fault;
pub mod openpgp;
mod openssh;
mod padding;
mod pem;
mod pem_block;
mod private_form;
pub mod public_numbers;
pub mod schemes;
mod signify;
mod strange;
#[cfg(test)]
mod strange_tests;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use sitrep_core::bundle::MAGIC;
use sitrep_core::{Str, WithSubkeys};

use crate::keys::host_key::HostKey;
use crate::keys::openpgp::{OpenPgpFault, OpenPgpKey};

pub use error::{KeyError, KeyFileFault};
pub use ids::{KeyIds, fingerprint};
pub use openssh::{OpenSshFault, fingerprint as openssh_fingerprint};
pub use private_form::PrivateForm;
pub use signify::SignifyFault;

/// Largest key file that is read, in bytes. An RSA key of 8192 bits takes 1.6 KiB, an OpenPGP key that many people have signed some hundred; this keeps a wrong
/// file from being read whole.
pub const MAX_FILE: u64 = 1024 * 1024;

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
    /// `keyval.public`: hexadecimal or PEM. Of an OpenPGP key all of it, in JSON, as it stands in a layout.
    pub public: String,
    /// The key id that the file gives the key itself; only JSON does.
    pub given_id: Option<String>,
    /// The labels under which a signature of this key may stand, the likeliest first.
    pub ids: Vec<String>,
    decoded: HostKey,
    /// Others that sign for it: OpenPGP's subkeys.
    others: Vec<HostKey>,
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
    /// OpenPGP.
    OpenPgp,
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
            Self::OpenPgp => "OpenPGP",
        }
    }
}

/// Adds an owner's key to those of other files.
///
/// # Errors
/// [`KeyFileFault::Duplicate`] where it is the key of one of them, or signs for one.
pub fn push_distinct(owners: &mut Vec<OwnerFile>, owner: OwnerFile) -> Result<(), KeyError> {
    if let Some(other) = owners.iter().find(|other| other.all().any(|key| owner.all().any(|own| own == key))) {
        return Err(KeyError { path: owner.path, fault: KeyFileFault::Duplicate(other.path.clone()) });
    }
    owners.push(owner);
    Ok(())
}

/// A public key, and whether its file holds the private half too.
#[derive(Clone, Debug)]
pub struct PublicHalf {
    /// The public key.
    pub key: OwnerFile,
    /// Was it taken out of a private key?
    pub is_private: bool,
}

impl PublicHalf {
    /// Reads a key from the contents of the file `path`.
    ///
    /// # Errors
    /// [`KeyFileFault`] when they are neither a usable public key nor a private one in PKCS#8 or JSON.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, KeyFileFault> {
        check_length(bytes)?;
        if openpgp::is_binary(bytes) {
            return openpgp(path, bytes);
        }
        let text = text(bytes)?;
        let (form, private) = form(text)?;
        let bare = |decoded: HostKey| OwnerFile::bare(path, form, decoded);
        let key = match (form, private) {
            (Format::Pem, None) => bare(pem::read(text)?),
            (Format::Pem, Some(PrivateForm::Pkcs8)) => bare(pem::public_half(text)?),
            (_, Some(private)) => return Err(KeyFileFault::Private(private)),
            (Format::OpenSsh, None) => bare(HostKey::Ed25519(openssh::read(text).map_err(KeyFileFault::OpenSsh)?)),
            (Format::Signify, None) => bare(HostKey::Ed25519(signify::read(text).map_err(KeyFileFault::Signify)?)),
            (Format::OpenPgp, None) => return openpgp(path, bytes),
            (Format::Json, None) if json::is_openpgp(text) => {
                let key =
                    OpenPgpKey::from_json(text).map_err(|fault| KeyFileFault::OpenPgp(OpenPgpFault::Key(fault)))?;
                return Ok(Self { key: OwnerFile::openpgp(path, form, &key), is_private: false });
            }
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
        if !openpgp::is_binary(bytes)
            && let text = text(bytes)?
            && let (_, Some(private)) = form(text)?
        {
            let is_unusable = private == PrivateForm::Pkcs8 && pem::public_half(text).is_err();
            return Err(KeyFileFault::Private(if is_unusable { PrivateForm::Unusable } else { private }));
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
        Self { path: path.into(), format, keytype, scheme, public, given_id, ids, decoded, others: Vec::new() }
    }

    fn openpgp(path: &Path, format: Format, key: &OpenPgpKey) -> Self {
        let (keytype, scheme) = key.names();
        Self {
            path: path.into(),
            format,
            keytype: keytype.into(),
            scheme: scheme.into(),
            public: key.to_json(),
            given_id: Some(key.primary.id.clone()),
            ids: key.ids(),
            decoded: key.primary.key.clone(),
            others: key.subkeys.iter().map(|subkey| subkey.key.clone()).collect(),
        }
    }

    /// Is it a key of OpenPGP, whose validity nobody asks about?
    #[must_use]
    pub fn is_openpgp(&self) -> bool {
        openpgp::is_scheme(&self.scheme)
    }

    /// Its public bytes as the verifier takes them.
    pub(crate) fn public_half(&self) -> sitrep_core::PublicHalf<'_> {
        if self.is_openpgp() {
            sitrep_core::PublicHalf::OpenPgp(WithSubkeys { text: &self.public, signer: None })
        } else {
            Str::new(&self.public).into()
        }
    }

    /// The key, and what signs for it.
    fn all(&self) -> impl Iterator<Item = &HostKey> {
        std::iter::once(&self.decoded).chain(&self.others)
    }

    /// The key itself.
    #[must_use]
    pub const fn decoded(&self) -> &HostKey {
        &self.decoded
    }

    /// The ids that in-toto's dialects compute for it; `None` of an OpenPGP key, whose id is its fingerprint in all.
    #[must_use]
    pub fn dialects(&self) -> Option<KeyIds> {
        (!self.is_openpgp()).then(|| KeyIds::of(&self.keytype, &self.scheme, &self.decoded))
    }
}

fn openpgp(path: &Path, bytes: &[u8]) -> Result<PublicHalf, KeyFileFault> {
    let key = openpgp::read(bytes).map_err(|fault| match fault {
        OpenPgpFault::Secret => KeyFileFault::Private(PrivateForm::OpenPgp),
        fault => KeyFileFault::OpenPgp(fault),
    })?;
    Ok(PublicHalf { key: OwnerFile::openpgp(path, Format::OpenPgp, &key), is_private: false })
}

fn check_length(bytes: &[u8]) -> Result<(), KeyFileFault> {
    if bytes.len() as u64 <= MAX_FILE {
        return Ok(());
    }
    let is_openpgp = openpgp::is_binary(bytes) || bytes.starts_with(b"-----BEGIN PGP PUBLIC KEY BLOCK");
    Err(if is_openpgp { KeyFileFault::OpenPgp(OpenPgpFault::TooMuch) } else { KeyFileFault::NoForm })
}

/// What every form but a bundle and OpenPGP's packets is made of.
fn text(bytes: &[u8]) -> Result<&str, KeyFileFault> {
    if bytes.starts_with(&MAGIC) {
        return Err(KeyFileFault::Metadata);
    }
    check_length(bytes)?;
    std::str::from_utf8(bytes).map_err(|_| strange::binary(bytes))
}

/// Tells the form by how the text looks; of a private key also how it is kept. JSON does not show it before it is read.
fn form(text: &str) -> Result<(Format, Option<PrivateForm>), KeyFileFault> {
    if text.trim_start().starts_with('{') {
        Ok((Format::Json, None))
    } else if openpgp::is_armored(text) {
        Ok((Format::OpenPgp, None))
    } else if pem::looks_like(text) {
        Ok((Format::Pem, pem::form(text)?))
    } else if openssh::looks_like(text) {
        Ok((Format::OpenSsh, None))
    } else if let Some(private) = signify::secret(text) {
        Ok((Format::Signify, Some(private)))
    } else if signify::looks_like(text) {
        Ok((Format::Signify, None))
    } else {
        Err(strange::text(text))
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
