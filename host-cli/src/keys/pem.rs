//! PEM: SubjectPublicKeyInfo (`openssl pkey -pubout`), and for `sitrep key show` private keys in PKCS#8.

use spki::Document;

use super::{KeyFileFault, PrivateForm};
use crate::schemes::{HostKey, KeyFault};

const BEGIN: &str = "-----BEGIN ";

/// Is there PEM of any kind in the text?
pub(super) fn looks_like(text: &str) -> bool {
    text.contains(BEGIN)
}

/// Looks at the label of the text's one block: `None` for a public key, for a private one how it is kept.
pub(super) fn form(text: &str) -> Result<Option<PrivateForm>, KeyFileFault> {
    let mut parts = text.split(BEGIN).skip(1);
    let (Some(block), None) = (parts.next(), parts.next()) else { return Err(KeyFileFault::Several) };
    let label = block.split("-----").next().unwrap_or_default();
    Ok(match label {
        "PUBLIC KEY" => None,
        "PRIVATE KEY" => Some(PrivateForm::Pkcs8),
        "OPENSSH PRIVATE KEY" => Some(PrivateForm::OpenSsh),
        label if label.starts_with("PGP ") => return Err(KeyFileFault::OpenPgp),
        label if label.ends_with("PRIVATE KEY") => Some(PrivateForm::OtherPem),
        "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => return Err(KeyFileFault::Certificate),
        "RSA PUBLIC KEY" => return Err(KeyFileFault::Pkcs1),
        _ => return Err(KeyFileFault::OtherPem),
    })
}

/// Reads a SubjectPublicKeyInfo.
pub(super) fn read(text: &str) -> Result<HostKey, KeyFileFault> {
    HostKey::from_pem(text).map_err(KeyFileFault::Key)
}

/// Reads a private key in PKCS#8, and takes its public half.
pub(super) fn public_half(text: &str) -> Result<HostKey, KeyFileFault> {
    let (_, document) = Document::from_pem(text.trim()).map_err(|_| KeyFileFault::MalformedPrivate)?;
    HostKey::from_private_der(document.as_bytes()).map_err(|fault| match fault {
        KeyFault::Malformed => KeyFileFault::MalformedPrivate,
        fault => KeyFileFault::Key(fault),
    })
}
