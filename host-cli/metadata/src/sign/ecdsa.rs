//! ECDSA keys in memory: on P-256 with SHA-256 and on P-384 with SHA-384, signatures in DER, nonces that follow from key and message (RFC 6979).

use p256::ecdsa::signature::Signer as _;
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use zeroize::Zeroizing;

use super::signing::{Sign, SignFault, VerifyingKey};
use crate::keys::host_key::HostKey;
use crate::secret;

/// An ECDSA key pair. The private half is overwritten when this is dropped.
pub struct EcdsaSigner {
    secret: Secret,
    key: Box<VerifyingKey>,
}

/// Where it stays, however often this is moved.
enum Secret {
    P256(Box<p256::ecdsa::SigningKey>),
    P384(Box<p384::ecdsa::SigningKey>),
}

impl Secret {
    fn p256(secret: p256::SecretKey) -> Self {
        Self::P256(Box::new(p256::ecdsa::SigningKey::from(&secret)))
    }

    fn p384(secret: p384::SecretKey) -> Self {
        Self::P384(Box::new(p384::ecdsa::SigningKey::from(&secret)))
    }
}

impl EcdsaSigner {
    /// The key on P-256 of this number, big-endian; `None` where it is none of the curve's.
    #[must_use]
    pub fn p256(number: &Zeroizing<[u8; 32]>) -> Option<Self> {
        secret::wiped(|| p256::SecretKey::from_slice(&**number).ok().map(Secret::p256)).map(Self::of)
    }

    /// The key on P-384 of this number, big-endian; `None` where it is none of the curve's.
    #[must_use]
    pub fn p384(number: &Zeroizing<[u8; 48]>) -> Option<Self> {
        secret::wiped(|| p384::SecretKey::from_slice(&**number).ok().map(Secret::p384)).map(Self::of)
    }

    /// The key of a DER PrivateKeyInfo (PKCS#8, RFC 5958; RFC 5915); `None` where it is no key of either curve.
    #[must_use]
    pub fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let secret = secret::wiped(|| {
            let p256 = p256::SecretKey::from_pkcs8_der(der).ok().map(Secret::p256);
            p256.or_else(|| p384::SecretKey::from_pkcs8_der(der).ok().map(Secret::p384))
        });
        secret.map(Self::of)
    }

    /// The key of a DER ECPrivateKey (RFC 5915), as `BEGIN EC PRIVATE KEY` has it; `None` where it is no key of either curve.
    #[must_use]
    pub fn from_sec1(der: &[u8]) -> Option<Self> {
        let secret = secret::wiped(|| {
            let p256 = p256::SecretKey::from_sec1_der(der).ok().map(Secret::p256);
            p256.or_else(|| p384::SecretKey::from_sec1_der(der).ok().map(Secret::p384))
        });
        secret.map(Self::of)
    }

    fn of(secret: Secret) -> Self {
        let key = VerifyingKey::listed(|| match &secret {
            Secret::P256(key) => HostKey::P256(*key.verifying_key()),
            Secret::P384(key) => HostKey::P384(*key.verifying_key()),
        });
        Self { secret, key }
    }

    /// The private key (PKCS#8) in DER; empty where it cannot be written, which does not happen.
    #[must_use]
    pub fn private_der(&self) -> Zeroizing<Vec<u8>> {
        secret::wiped(|| {
            let der = match &self.secret {
                Secret::P256(key) => key.to_pkcs8_der(),
                Secret::P384(key) => key.to_pkcs8_der(),
            };
            der.map(|der| der.to_bytes()).unwrap_or_default()
        })
    }
}

impl Sign for EcdsaSigner {
    fn key(&self) -> &VerifyingKey {
        &self.key
    }

    fn unchecked(&self, message: &[u8]) -> Result<Vec<u8>, SignFault> {
        let made = secret::wiped(|| match &self.secret {
            Secret::P256(key) => {
                key.try_sign(message).map(|made: p256::ecdsa::Signature| made.to_der().as_bytes().to_vec())
            }
            Secret::P384(key) => {
                key.try_sign(message).map(|made: p384::ecdsa::Signature| made.to_der().as_bytes().to_vec())
            }
        });
        made.map_err(|error| SignFault::Failed(error.to_string(), None))
    }
}
