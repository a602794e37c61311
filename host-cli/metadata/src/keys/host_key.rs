//! Public keys of every kind that a host can check signatures of, decoded.

use ::dsa::VerifyingKey as DsaKey;
use ed25519_compact::{KeyPair, Seed};
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, PublicKey as RsaPublicKey};
use spki::der::asn1::OctetStringRef;
use spki::der::{Decode, Encode};
use spki::{Document, EncodePublicKey};
use zeroize::Zeroizing;

use crate::keys::dsa;
use crate::keys::key_fault::{KeyFault, RSA_MAX_BITS, RSA_MIN_BITS};
use crate::keys::public_numbers::{Curve, OID_EC, OID_ED25519, OID_RSA, Point, PublicNumbers};

/// What stands before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410, section 4).
pub(crate) const ED25519_DER: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];

/// A decoded public key of any kind.
#[derive(Clone, Debug, PartialEq)]
pub enum HostKey {
    /// The 32 bytes of RFC 8032.
    Ed25519([u8; 32]),
    /// Modulus and exponent, within the size limits.
    Rsa(RsaPublicKey),
    /// A point on NIST P-256.
    P256(p256::ecdsa::VerifyingKey),
    /// A point on NIST P-384.
    P384(p384::ecdsa::VerifyingKey),
    /// A point on NIST P-521.
    P521(p521::ecdsa::VerifyingKey),
    /// A number and its group, within the size limits. Only OpenPGP has such keys.
    Dsa(DsaKey),
}

/// Decodes a DER PrivateKeyInfo (PKCS#8, RFC 5958) with an Ed25519 key (RFC 8410, section 7).
///
/// # Errors
/// [`KeyFault`] when it is something else.
pub fn ed25519_seed(der: &[u8]) -> Result<Zeroizing<[u8; 32]>, KeyFault> {
    let info = p256::pkcs8::PrivateKeyInfoRef::from_der(der).map_err(|_| KeyFault::Malformed)?;
    if info.algorithm.oid != OID_ED25519 {
        return Err(KeyFault::Algorithm);
    }
    let seed = <&OctetStringRef>::from_der(info.private_key.as_bytes()).map_err(|_| KeyFault::Malformed)?;
    seed.as_bytes().try_into().map(Zeroizing::new).map_err(|_| KeyFault::Malformed)
}

impl HostKey {
    /// The key of these numbers.
    ///
    /// # Errors
    /// [`KeyFault`] where they make none, or one of a size that is not taken.
    pub fn new(numbers: &PublicNumbers) -> Result<Self, KeyFault> {
        match numbers {
            PublicNumbers::Ed25519(bytes) => Ok(Self::Ed25519(*bytes)),
            PublicNumbers::Rsa([modulus, exponent]) => Self::from_rsa_numbers(modulus, exponent),
            PublicNumbers::Ec(curve, point) => Self::from_point(*curve, point),
            PublicNumbers::Dsa([p, q, g, y]) => dsa::key([p, q, g, y]).map(Self::Dsa),
        }
    }

    /// Decodes the `public` of a key of that type: 64 hexadecimal digits for `ed25519`, PEM for all others.
    ///
    /// # Errors
    /// [`KeyFault`] when the text is no such key.
    pub fn decode(keytype: &str, public: &str) -> Result<Self, KeyFault> {
        Self::new(&PublicNumbers::decode(keytype, public)?)
    }

    /// Decodes PEM of any supported algorithm: a SubjectPublicKeyInfo, or RSA's own form (PKCS#1).
    ///
    /// # Errors
    /// [`KeyFault`] when it is something else.
    pub fn from_pem(pem: &str) -> Result<Self, KeyFault> {
        Self::new(&PublicNumbers::from_pem(pem)?)
    }

    /// Decodes a DER RSAPublicKey (RFC 8017, appendix A.1.1).
    ///
    /// # Errors
    /// [`KeyFault`] when it is something else.
    pub fn from_pkcs1(der: &[u8]) -> Result<Self, KeyFault> {
        Self::new(&PublicNumbers::from_pkcs1(der)?)
    }

    /// Decodes a DER SubjectPublicKeyInfo of any supported algorithm.
    ///
    /// # Errors
    /// [`KeyFault`] when it is something else.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyFault> {
        Self::new(&PublicNumbers::from_der(der)?)
    }

    /// An RSA key of this modulus and exponent, big-endian.
    fn from_rsa_numbers(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyFault> {
        let bits = length_in_bits(modulus);
        if !(RSA_MIN_BITS..=RSA_MAX_BITS).contains(&bits) {
            return Err(KeyFault::RsaSize(bits));
        }
        let [modulus, exponent] = [modulus, exponent].map(BoxedUint::from_be_slice_vartime);
        RsaPublicKey::new(modulus, exponent).map(Self::Rsa).map_err(|_| KeyFault::Numbers)
    }

    /// An ECDSA key of this point.
    fn from_point(curve: Curve, point: &Point) -> Result<Self, KeyFault> {
        let bytes = point.bytes();
        let key = match curve {
            Curve::P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(bytes).map(Self::P256),
            Curve::P384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(bytes).map(Self::P384),
            Curve::P521 => p521::ecdsa::VerifyingKey::from_sec1_bytes(bytes).map(Self::P521),
        };
        key.map_err(|_| KeyFault::Numbers)
    }

    /// Decodes a DER PrivateKeyInfo (PKCS#8, RFC 5958) and takes the public half.
    ///
    /// # Errors
    /// [`KeyFault`] when it is something else, or of an algorithm or size that would be refused as a public key.
    pub fn from_private_der(der: &[u8]) -> Result<Self, KeyFault> {
        use p256::pkcs8::DecodePrivateKey;
        let info = p256::pkcs8::PrivateKeyInfoRef::from_der(der).map_err(|_| KeyFault::Malformed)?;
        match info.algorithm.oid {
            OID_ED25519 => {
                let pair = KeyPair::try_from_seed(Seed::new(*ed25519_seed(der)?)).map_err(|_| KeyFault::Malformed)?;
                Ok(Self::Ed25519(*pair.pk))
            }
            OID_RSA => {
                let private = rsa::pkcs1::RsaPrivateKeyRef::from_der(info.private_key.as_bytes());
                let public = private.and_then(|key| key.public_key().to_der()).map_err(|_| KeyFault::Malformed)?;
                Self::from_pkcs1(&public)
            }
            OID_EC => match info.algorithm.parameters_oid().ok().and_then(Curve::of) {
                Some(Curve::P256) => p256::SecretKey::from_pkcs8_der(der)
                    .map(|key| Self::P256(key.public_key().into()))
                    .map_err(|_| KeyFault::Malformed),
                Some(Curve::P384) => p384::SecretKey::from_pkcs8_der(der)
                    .map(|key| Self::P384(key.public_key().into()))
                    .map_err(|_| KeyFault::Malformed),
                Some(Curve::P521) => p521::SecretKey::from_pkcs8_der(der)
                    .map(|key| Self::P521(key.public_key().into()))
                    .map_err(|_| KeyFault::Malformed),
                None => Err(KeyFault::Algorithm),
            },
            _ => Err(KeyFault::Algorithm),
        }
    }

    /// The `keytype` and default `scheme` that in-toto gives a bare key of this kind (securesystemslib, `SSlibKey.from_crypto`). There are
    /// no bare keys of DSA.
    #[must_use]
    pub const fn names(&self) -> (&'static str, &'static str) {
        match self {
            Self::Ed25519(_) => ("ed25519", "ed25519"),
            Self::Rsa(_) => ("rsa", "rsassa-pss-sha256"),
            Self::P256(_) => ("ecdsa", "ecdsa-sha2-nistp256"),
            Self::P384(_) => ("ecdsa", "ecdsa-sha2-nistp384"),
            Self::P521(_) => ("ecdsa", "ecdsa-sha2-nistp521"),
            Self::Dsa(_) => ("dsa", "dsa"),
        }
    }

    /// Is it of the kind that a key of that type signs with by that scheme, which go together ([`super::schemes::agrees`])?
    #[must_use]
    pub fn goes_with(&self, keytype: &str, scheme: &str) -> bool {
        match self {
            Self::Ed25519(_) => matches!(keytype, "ed25519" | "eddsa"),
            Self::Rsa(_) => keytype == "rsa",
            Self::P256(_) => scheme == "ecdsa-sha2-nistp256",
            Self::P384(_) => scheme == "ecdsa-sha2-nistp384",
            Self::P521(_) => scheme == "ecdsa-sha2-nistp521",
            Self::Dsa(_) => keytype == "dsa",
        }
    }

    /// Its length as people name it: of the modulus, or of the curve's field.
    #[must_use]
    pub fn bits(&self) -> u32 {
        match self {
            Self::Rsa(key) => key.n().bit_width(),
            Self::Dsa(key) => key.components().p().bit_width(),
            Self::Ed25519(_) | Self::P256(_) => 256,
            Self::P384(_) => 384,
            Self::P521(_) => 521,
        }
    }

    /// The key as it stands in in-toto's `keyval.public`: hexadecimal for Ed25519, otherwise PEM with a line feed at the end.
    /// However the file was wrapped, the text is the same: key ids are hashes of it.
    #[must_use]
    pub fn public_text(&self) -> String {
        match self {
            Self::Ed25519(bytes) => crate::hex::encode(bytes),
            _ => self.to_pem(),
        }
    }

    /// The key as a SubjectPublicKeyInfo in DER.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let der = match self {
            Self::Ed25519(bytes) => return [&ED25519_DER[..], bytes].concat(),
            Self::Rsa(key) => key.to_public_key_der(),
            Self::P256(key) => key.to_public_key_der(),
            Self::P384(key) => key.to_public_key_der(),
            Self::P521(key) => key.to_public_key_der(),
            Self::Dsa(key) => key.to_public_key_der(),
        };
        // What has been decoded can be encoded.
        der.map(Document::into_vec).unwrap_or_default()
    }

    /// The same in PEM, with a line feed at the end.
    #[must_use]
    pub fn to_pem(&self) -> String {
        use spki::der::pem::{LineEnding, encode_string};
        encode_string("PUBLIC KEY", LineEnding::LF, &self.to_der()).unwrap_or_default()
    }
}

/// How many bits a big-endian number without leading zeros has.
fn length_in_bits(number: &[u8]) -> u32 {
    let first = number.first().map_or(0, |first| first.leading_zeros());
    u32::try_from(number.len()).unwrap_or(u32::MAX).saturating_mul(8).saturating_sub(first)
}
