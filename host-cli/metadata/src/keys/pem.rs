//! PEM: public keys (`openssl pkey -pubout`), and for `sitrep key show` private keys in PKCS#8.

use super::host_key::HostKey;
use super::key_fault::KeyFault;
use super::openssh;
use super::pem_block::{BEGIN, Block, DASHES};
use super::private_form::PrivateForm;
use crate::keys::error::KeyFileFault;
use crate::keys::openpgp::OpenPgpFault;
use crate::secret;

/// Is there PEM of any kind in the text?
pub(super) fn looks_like(text: &str) -> bool {
    text.contains(BEGIN)
}

/// Looks at the label of the text's one block: `None` for a public key, for a private one how it is kept.
pub(super) fn form(text: &str) -> Result<Option<PrivateForm>, KeyFileFault> {
    let mut parts = text.split(BEGIN).skip(1);
    let (Some(block), None) = (parts.next(), parts.next()) else { return Err(KeyFileFault::Several) };
    let label = block.split(DASHES).next().unwrap_or_default();
    Ok(match label {
        "PUBLIC KEY" | "RSA PUBLIC KEY" => None,
        "PRIVATE KEY" => Some(PrivateForm::Pkcs8),
        "ENCRYPTED PRIVATE KEY" => Some(PrivateForm::Encrypted),
        "RSA PRIVATE KEY" | "EC PRIVATE KEY" | "DSA PRIVATE KEY" => Some(PrivateForm::Older),
        "OPENSSH PRIVATE KEY" => {
            Some(Block::only(text).map_or(PrivateForm::OpenSsh, |block| openssh::private_form(&block)))
        }
        "ENCRYPTED SIGSTORE PRIVATE KEY" | "ENCRYPTED COSIGN PRIVATE KEY" => Some(PrivateForm::Cosign),
        "PGP PRIVATE KEY BLOCK" => Some(PrivateForm::OpenPgp),
        label if label.ends_with("PRIVATE KEY") => Some(PrivateForm::Unknown),
        // Beside other text.
        "PGP PUBLIC KEY BLOCK" => return Err(KeyFileFault::OpenPgp(OpenPgpFault::Malformed)),
        "PGP SIGNATURE" | "PGP SIGNED MESSAGE" => return Err(KeyFileFault::OpenPgp(OpenPgpFault::Signature)),
        "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => return Err(KeyFileFault::Certificate),
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => return Err(KeyFileFault::CertificateRequest),
        label => return Err(KeyFileFault::OtherPem(label.chars().take(40).collect())),
    })
}

/// Reads a public key.
pub(super) fn read(text: &str) -> Result<HostKey, KeyFileFault> {
    HostKey::from_pem(text).map_err(KeyFileFault::Key)
}

/// Reads a private key in PKCS#8, and takes its public half.
pub(super) fn public_half(text: &str) -> Result<HostKey, KeyFileFault> {
    let key = secret::wiped(|| {
        let block = Block::only(text).ok_or(KeyFault::Malformed)?;
        HostKey::from_private_der(&block.der)
    });
    key.map_err(|fault| match fault {
        KeyFault::Malformed => KeyFileFault::MalformedPrivate,
        fault => KeyFileFault::Key(fault),
    })
}
