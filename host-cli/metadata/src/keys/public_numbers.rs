//! The numbers that public keys are, read from every form that keys have, before anything is asked about them: that takes long, and keys are compared with
//! one another. A [`HostKey`](super::host_key::HostKey) is made of them alone, so two forms of one key are never two keys.

use std::hash::{Hash, Hasher};

use spki::der::Decode;
use spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};

use crate::keys::key_fault::KeyFault;
use crate::keys::pem_block::Block;

/// The algorithm identifiers of a SubjectPublicKeyInfo: RFC 8410 section 3, RFC 8017 appendix C, RFC 5480 section 2.1.1.
pub(super) const OID_ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
pub(super) const OID_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
pub(super) const OID_EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const OID_P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const OID_P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const OID_P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// The numbers of a public key, big-endian and without leading zeros. Equal of all forms of one key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PublicNumbers {
    /// The 32 bytes of RFC 8032.
    Ed25519([u8; 32]),
    /// Modulus and exponent.
    Rsa([Vec<u8>; 2]),
    /// A point on a curve of NIST's.
    Ec(Curve, Point),
    /// `p`, `q`, `g` and `y`.
    Dsa([Vec<u8>; 4]),
}

/// A curve of NIST's (FIPS 186-5; RFC 5480, section 2.1.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// P-256
    P256,
    /// P-384
    P384,
    /// P-521
    P521,
}

impl Curve {
    pub(super) const fn of(oid: ObjectIdentifier) -> Option<Self> {
        match oid {
            OID_P256 => Some(Self::P256),
            OID_P384 => Some(Self::P384),
            OID_P521 => Some(Self::P521),
            _ => None,
        }
    }

    /// How many bytes a coordinate has.
    const fn size(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

/// A point as SEC 1 writes it (section 2.3.3), with both coordinates or compressed. Whether it lies on its curve is not known yet.
#[derive(Clone, Debug)]
pub struct Point(Vec<u8>);

impl Point {
    fn of(curve: Curve, bytes: &[u8]) -> Option<Self> {
        let coordinates = match bytes.first()? {
            2 | 3 => 1,
            4 => 2,
            _ => return None,
        };
        (bytes.len() == 1 + coordinates * curve.size()).then(|| Self(bytes.to_vec()))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// What both ways of writing it have: x, and whether y is odd.
    fn compressed(&self) -> (&[u8], bool) {
        match &*self.0 {
            [4, coordinates @ ..] => {
                let (x, y) = coordinates.split_at(coordinates.len() / 2);
                (x, y.last().is_some_and(|last| last & 1 == 1))
            }
            [sign, x @ ..] => (x, *sign == 3),
            [] => (&[], false),
        }
    }
}

impl PartialEq for Point {
    fn eq(&self, other: &Self) -> bool {
        self.compressed() == other.compressed()
    }
}

impl Eq for Point {}

impl Hash for Point {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.compressed().hash(state);
    }
}

impl PublicNumbers {
    /// Reads the `public` of a key of that type: 64 hexadecimal digits for `ed25519`, PEM for all others.
    ///
    /// # Errors
    /// [`KeyFault`] when the text is of another form.
    pub fn decode(keytype: &str, public: &str) -> Result<Self, KeyFault> {
        if keytype == "ed25519" {
            if public.trim_start().starts_with("-----BEGIN ") {
                return Err(KeyFault::Ed25519Pem);
            }
            let bytes = crate::hex::decode(public).ok_or(KeyFault::Malformed)?;
            return Ok(Self::Ed25519(bytes.try_into().map_err(|_| KeyFault::Malformed)?));
        }
        Self::from_pem(public)
    }

    /// Reads PEM of any supported algorithm: a SubjectPublicKeyInfo, or RSA's own form (PKCS#1).
    ///
    /// # Errors
    /// [`KeyFault`] when it is something else.
    pub fn from_pem(pem: &str) -> Result<Self, KeyFault> {
        let Block { label, der } = Block::only(pem).ok_or(KeyFault::Malformed)?;
        match label {
            "PUBLIC KEY" => Self::from_der(&der),
            // Some tools put this label before a SubjectPublicKeyInfo.
            "RSA PUBLIC KEY" => Self::from_pkcs1(&der).or_else(|fault| match Self::from_der(&der) {
                Ok(key @ Self::Rsa(_)) => Ok(key),
                _ => Err(fault),
            }),
            label if label.ends_with("PRIVATE KEY") => Err(KeyFault::Private),
            _ => Err(KeyFault::OtherPem),
        }
    }

    /// Reads a DER RSAPublicKey (RFC 8017, appendix A.1.1).
    ///
    /// # Errors
    /// [`KeyFault`] when it is something else.
    pub fn from_pkcs1(der: &[u8]) -> Result<Self, KeyFault> {
        let key = rsa::pkcs1::RsaPublicKeyRef::from_der(der).map_err(|_| KeyFault::Malformed)?;
        Ok(Self::rsa(key.modulus.as_bytes(), key.public_exponent.as_bytes()))
    }

    /// Reads a DER SubjectPublicKeyInfo of any supported algorithm.
    ///
    /// # Errors
    /// [`KeyFault`] when it is something else.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyFault> {
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| KeyFault::Malformed)?;
        let bytes = info.subject_public_key.as_bytes().ok_or(KeyFault::Malformed)?;
        match info.algorithm.oid {
            OID_ED25519 => Ok(Self::Ed25519(bytes.try_into().map_err(|_| KeyFault::Malformed)?)),
            OID_RSA if info.algorithm.parameters.is_some_and(|parameters| !parameters.is_null()) => {
                Err(KeyFault::Malformed)
            }
            OID_RSA => Self::from_pkcs1(bytes),
            OID_EC => {
                let curve = info.algorithm.parameters_oid().ok().and_then(Curve::of).ok_or(KeyFault::Algorithm)?;
                Ok(Self::Ec(curve, Point::of(curve, bytes).ok_or(KeyFault::Malformed)?))
            }
            _ => Err(KeyFault::Algorithm),
        }
    }

    /// An RSA key's, which may have zeros before them.
    pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Self {
        Self::Rsa([modulus, exponent].map(|number| without_zeros(number).to_vec()))
    }

    /// A DSA key's, `p`, `q`, `g` and `y`, which may have zeros before them.
    pub(super) fn dsa(numbers: [&[u8]; 4]) -> Self {
        Self::Dsa(numbers.map(|number| without_zeros(number).to_vec()))
    }
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::host_key::HostKey;
    use p256::elliptic_curve::sec1::ToSec1Point;

    #[test]
    fn one_point_is_one_key_however_it_is_written() {
        let pem = crate::vectors::text("keys/p256.pem");
        let HostKey::P256(key) = HostKey::from_pem(&pem).unwrap() else { panic!("of another kind") };
        let numbers = |bytes: &[u8]| Some(PublicNumbers::Ec(Curve::P256, Point::of(Curve::P256, bytes)?));
        let [whole, compressed] = [false, true].map(|compress| key.as_affine().to_sec1_point(compress));
        let (whole, compressed) = (numbers(whole.as_bytes()).unwrap(), numbers(compressed.as_bytes()).unwrap());
        assert_eq!(whole, compressed);
        assert_eq!(PublicNumbers::from_pem(&pem).unwrap(), whole);
        assert_eq!(HostKey::new(&whole), HostKey::new(&compressed));
        // The other point of that x, and forms that have none or another of these numbers.
        let bytes = key.as_affine().to_sec1_point(true).as_bytes().to_vec();
        let other = [&[bytes[0] ^ 1], &bytes[1..]].concat();
        assert_ne!(numbers(&other).unwrap(), whole);
        assert_ne!(HostKey::new(&numbers(&other).unwrap()), HostKey::new(&whole));
        for bad in [&[5][..], &[0], &[4], &[]] {
            assert_eq!(numbers(&[bad, &bytes[1..]].concat()), None, "{bad:?}");
        }
        // One that lies beside the curve.
        let mut beside = key.to_sec1_point(false).as_bytes().to_vec();
        beside[64] ^= 2;
        assert_eq!(HostKey::new(&numbers(&beside).unwrap()), Err(KeyFault::Numbers));
    }
}
