//! One signature: how bundles keep it, and what makes it good.

use rsa::BoxedUint;
use rsa::traits::PublicKeyParts;
use sha1::Sha1;
use sha2::digest::Digest;
use sha2::{Sha256, Sha384, Sha512};

use crate::keys::dsa::verify as verify_dsa;
use crate::keys::host_key::HostKey;
use crate::keys::padding::pkcs1;

/// The version of keys and signatures that in-toto knows.
pub(super) const VERSION: u8 = 4;
/// The type of signatures on documents, as they are (RFC 4880, section 5.2.1).
const ON_BINARY: u8 = 0;
/// The trailer's second byte.
const TRAILER: u8 = 0xff;

/// The members of a signature besides its key id, decoded from hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenPgpSignature {
    /// `other_headers`
    pub headers: Vec<u8>,
    /// `short_keyid`, which older versions of in-toto wrote.
    pub short_keyid: Option<Vec<u8>>,
    /// `signature`
    pub signature: Vec<u8>,
}

impl OpenPgpSignature {
    /// As a bundle keeps it (BUNDLE.md, section 5.4).
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { headers, short_keyid, signature } = self;
        let mut bytes = Vec::with_capacity(headers.len() + signature.len() + 16);
        for part in [headers.as_slice(), short_keyid.as_deref().unwrap_or_default()] {
            push_part(&mut bytes, part);
        }
        bytes.extend_from_slice(signature);
        bytes
    }

    /// Reads what a bundle keeps; `None` where it is of another form.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let Parts { headers, short_keyid, signature } = Parts::of(bytes)?;
        let short_keyid = Some(short_keyid.to_vec()).filter(|id| !id.is_empty());
        Some(Self { headers: headers.to_vec(), short_keyid, signature: signature.to_vec() })
    }
}

/// The same, borrowed.
struct Parts<'s> {
    headers: &'s [u8],
    short_keyid: &'s [u8],
    signature: &'s [u8],
}

impl<'s> Parts<'s> {
    fn of(bytes: &'s [u8]) -> Option<Self> {
        let (headers, rest) = take_part(bytes)?;
        let (short_keyid, signature) = take_part(rest)?;
        Some(Self { headers, short_keyid, signature })
    }
}

/// Writes bytes after their number, which postcard would write so.
fn push_part(out: &mut Vec<u8>, part: &[u8]) {
    let mut length = part.len();
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend_from_slice(part);
}

fn take_part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut length, mut rest) = (0_usize, bytes);
    for shift in [0, 7, 14, 21] {
        let (byte, after) = rest.split_first()?;
        rest = after;
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return rest.split_at_checked(length);
        }
    }
    None
}

/// Is `signature`, as a bundle keeps it, the key's over the bytes that `message` writes?
///
/// # Errors
/// What `message` returned.
pub fn verify<E>(
    key: &HostKey,
    signature: &[u8],
    message: impl FnOnce(&mut dyn FnMut(&[u8])) -> Result<(), E>,
) -> Result<bool, E> {
    let Some(Parts { headers, signature, .. }) = Parts::of(signature) else { return Ok(false) };
    // in-toto has GnuPG sign with SHA-256, and knows no other.
    let is_one = |parsed: &Headers| parsed.kind == ON_BINARY && parsed.hash == Hash::Sha256 && parsed.is_by(key);
    if !Headers::of(headers).as_ref().is_some_and(is_one) {
        return Ok(false);
    }
    let mut digest = Sha256::new();
    message(&mut |bytes| digest.update(bytes))?;
    digest.update(headers);
    digest.update(trailer(headers));
    Ok(check(key, Hash::Sha256, &digest.finalize(), signature))
}

/// What is signed after the headers.
pub(super) fn trailer(headers: &[u8]) -> [u8; 6] {
    let length = u32::try_from(headers.len()).unwrap_or(u32::MAX);
    let [a, b, c, d] = length.to_be_bytes();
    [VERSION, TRAILER, a, b, c, d]
}

/// The hash functions of signatures (RFC 4880, section 9.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// The digest of all parts, one after the other.
    pub(super) fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        fn of<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
            parts.iter().fold(D::new(), |digest, part| digest.chain_update(part)).finalize().to_vec()
        }
        match self {
            Self::Sha1 => of::<Sha1>(parts),
            Self::Sha256 => of::<Sha256>(parts),
            Self::Sha384 => of::<Sha384>(parts),
            Self::Sha512 => of::<Sha512>(parts),
        }
    }
}

/// What the head of a signature packet says, from its version to the end of its hashed subpackets.
#[derive(Clone, Copy)]
pub(super) struct Headers {
    pub(super) kind: u8,
    algorithm: u8,
    pub(super) hash: Hash,
}

impl Headers {
    /// `None` where they are of another version or length, or of a hash function that is not known.
    pub(super) fn of(headers: &[u8]) -> Option<Self> {
        let [VERSION, kind, algorithm, hash, high, low, hashed @ ..] = headers else { return None };
        if hashed.len() != usize::from(u16::from_be_bytes([*high, *low])) {
            return None;
        }
        let hash = match hash {
            2 => Hash::Sha1,
            8 => Hash::Sha256,
            9 => Hash::Sha384,
            10 => Hash::Sha512,
            _ => return None,
        };
        Some(Self { kind: *kind, algorithm: *algorithm, hash })
    }

    /// Do they say that a key of this kind signed?
    pub(super) fn is_by(&self, key: &HostKey) -> bool {
        algorithm(key) == Some(self.algorithm)
    }
}

/// The number of a key's algorithm (RFC 4880, section 9.1).
pub(super) const fn algorithm(key: &HostKey) -> Option<u8> {
    match key {
        HostKey::Rsa(_) => Some(1),
        HostKey::Dsa(_) => Some(17),
        HostKey::Ed25519(_) => Some(22),
        HostKey::P256(_) | HostKey::P384(_) | HostKey::P521(_) => None,
    }
}

/// Is this the key's signature over a digest? As in-toto writes it: RSA's number without leading zeros, of DSA both numbers in DER, the 64 bytes of Ed25519.
pub(super) fn check(key: &HostKey, hash: Hash, digest: &[u8], signature: &[u8]) -> bool {
    match key {
        HostKey::Rsa(key) => {
            let Some(zeros) = key.size().checked_sub(signature.len()) else { return false };
            let padded = [&vec![0; zeros][..], signature].concat();
            match hash {
                Hash::Sha1 => pkcs1::<Sha1>(key, &padded, digest),
                Hash::Sha256 => pkcs1::<Sha256>(key, &padded, digest),
                Hash::Sha384 => pkcs1::<Sha384>(key, &padded, digest),
                Hash::Sha512 => pkcs1::<Sha512>(key, &padded, digest),
            }
        }
        HostKey::Dsa(key) => {
            dsa::Signature::try_from(signature).is_ok_and(|signature| verify_dsa(key, digest, &signature))
        }
        // What is signed is the digest: the older of OpenPGP's two ways with this curve.
        HostKey::Ed25519(key) => ed25519_compact::Signature::from_slice(signature)
            .is_ok_and(|signature| ed25519_compact::PublicKey::new(*key).verify(digest, &signature).is_ok()),
        HostKey::P256(_) | HostKey::P384(_) | HostKey::P521(_) => false,
    }
}

/// Two numbers of DSA as [`check`] takes them; `None` where one is zero.
pub(super) fn dsa_numbers(r: &[u8], s: &[u8]) -> Option<Vec<u8>> {
    use p256::ecdsa::signature::SignatureEncoding;
    let [r, s] = [r, s].map(BoxedUint::from_be_slice_vartime);
    Some(dsa::Signature::from_components(r, s)?.to_vec())
}
