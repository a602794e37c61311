//! Key files as GnuPG exports them: a key, its subkeys, and the signatures that bind these to it (RFC 4880, section 11.1).
//!
//! Anybody can add packets to a key on its way, so a subkey belongs to the key only where the key has signed that, and a key or subkey that the key has
//! revoked is none. Nor can a key take another's subkey for its own: one that signs has to have signed whose it is, too. Names, and what others say of them,
//! are passed over.

use std::fmt;

use sha1::{Digest as _, Sha1};

use super::armor;
use super::key::{MAX_SUBKEYS, OpenPgpKey, Part};
use super::key_signature::{
    KEY_REVOCATION, KeySignature, MAX_CHECKS, PRIMARY_KEY_BINDING, SUBKEY_BINDING, SUBKEY_REVOCATION, TooMuch,
    said_kind,
};
use super::packets::{Packet, Packets, take_number};
use super::signature::VERSION;
use crate::hex;
use crate::keys::host_key::HostKey;
use crate::keys::key_fault::KeyFault;
use crate::keys::public_numbers::PublicNumbers;

// Packets (RFC 4880, section 4.3).
const SIGNATURE: u8 = 2;
const SECRET_KEY: u8 = 5;
const PUBLIC_KEY: u8 = 6;
const SECRET_SUBKEY: u8 = 7;
const USER_ID: u8 = 13;
const PUBLIC_SUBKEY: u8 = 14;
const USER_ATTRIBUTE: u8 = 17;

/// Why a file with an OpenPGP key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenPgpFault {
    /// Damaged, or something else of OpenPGP's.
    Malformed,
    /// The secret key.
    Secret,
    /// Signatures, but no key.
    Signature,
    /// Several keys. To take the first would be to leave out whom somebody meant.
    Several,
    /// A key of another version than 4.
    Version(u8),
    /// A key of another algorithm than RSA, DSA and Ed25519, by number.
    Algorithm(u8),
    /// The numbers of the key do not fit.
    Key(KeyFault),
    /// The key's owner has revoked it.
    Revoked,
    /// More signatures or subkeys than are read, or more bytes.
    TooMuch,
    /// GnuPG's own file of keys.
    Keybox,
}

impl From<TooMuch> for OpenPgpFault {
    fn from(_: TooMuch) -> Self {
        Self::TooMuch
    }
}

impl fmt::Display for OpenPgpFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("is no OpenPGP public key: expected one key as `gpg --export` writes it"),
            Self::Secret => f.write_str("holds an OpenPGP secret key, expected the public one"),
            Self::Signature => f.write_str("holds an OpenPGP signature, expected a public key"),
            Self::Several => f.write_str("holds several OpenPGP keys, expected one"),
            Self::Version(version) => write!(f, "holds an OpenPGP key of version {version}, expected version 4"),
            Self::Algorithm(number) => {
                write!(f, "holds an OpenPGP key of {}, expected RSA, DSA or Ed25519", algorithm_name(*number))
            }
            Self::Key(fault) => write!(f, "holds an OpenPGP key that cannot be used: {fault}"),
            Self::Revoked => f.write_str("holds an OpenPGP key that its owner has revoked"),
            Self::TooMuch => {
                write!(
                    f,
                    "holds an OpenPGP key with more than {MAX_SUBKEYS} subkeys, {MAX_CHECKS} signatures on them, or 1 MiB"
                )
            }
            Self::Keybox => f.write_str("is GnuPG's own file of keys, expected one key as `gpg --export` writes it"),
        }
    }
}

/// Algorithms that in-toto has no form for (RFC 4880, section 9.1; RFC 9580, section 9.1).
fn algorithm_name(number: u8) -> String {
    match number {
        2 | 3 => "RSA for one use".into(),
        16 => "Elgamal".into(),
        18 | 25 | 26 => "ECDH".into(),
        19 => "ECDSA".into(),
        27 => "Ed25519 in its newer form".into(),
        28 => "Ed448".into(),
        number => format!("algorithm {number}"),
    }
}

/// Does the file hold OpenPGP's packets as they are, or is it GnuPG's own?
#[must_use]
pub fn is_binary(bytes: &[u8]) -> bool {
    let first = Packets(bytes).take().map(|packet| packet.tag);
    matches!(first, Some(SIGNATURE | SECRET_KEY | PUBLIC_KEY)) || is_keybox(bytes)
}

fn is_keybox(bytes: &[u8]) -> bool {
    bytes.get(8..12) == Some(b"KBXf")
}

/// Reads the one key of a file, in ASCII armor or as it is.
///
/// # Errors
/// Why there is none, or it cannot be used.
pub fn read(bytes: &[u8]) -> Result<OpenPgpKey, OpenPgpFault> {
    if is_keybox(bytes) {
        return Err(OpenPgpFault::Keybox);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if text.matches("-----BEGIN PGP ").count() > 1 => Err(OpenPgpFault::Several),
        Ok(text) => parse(&armor::decode(text).ok_or(OpenPgpFault::Malformed)?),
        Err(_) => parse(bytes),
    }
}

/// A key or subkey, and the signatures that follow it.
struct Entry<'b> {
    body: &'b [u8],
    signatures: Vec<&'b [u8]>,
}

fn parse(bytes: &[u8]) -> Result<OpenPgpKey, OpenPgpFault> {
    let (mut primary, mut subkeys): (Option<Entry<'_>>, Vec<Entry<'_>>) = (None, Vec::new());
    // Signatures after a name are about that.
    let mut is_after_name = false;
    let mut packets = Packets(bytes);
    while let Some(Packet { tag, body }) = packets.take() {
        let entry = Entry { body, signatures: Vec::new() };
        match tag {
            SECRET_KEY | SECRET_SUBKEY => return Err(OpenPgpFault::Secret),
            PUBLIC_KEY if primary.is_some() => return Err(OpenPgpFault::Several),
            PUBLIC_KEY => primary = Some(entry),
            _ if primary.is_none() && tag == SIGNATURE => return Err(OpenPgpFault::Signature),
            PUBLIC_SUBKEY if primary.is_some() => {
                is_after_name = false;
                subkeys.push(entry);
            }
            USER_ID | USER_ATTRIBUTE => is_after_name = true,
            SIGNATURE if !is_after_name => {
                if let Some(entry) = subkeys.last_mut().or(primary.as_mut()) {
                    entry.signatures.push(body);
                }
            }
            _ => {}
        }
    }
    let primary = primary.filter(|_| packets.0.is_empty()).ok_or(OpenPgpFault::Malformed)?;
    let own = Own { key: read_key(primary.body)?, head: head(primary.body) };
    let mut left = MAX_CHECKS;
    for signature in primary.signatures.iter().filter(|signature| said_kind(signature) == Some(KEY_REVOCATION)) {
        if own.revokes(signature, &[], &mut left)? {
            return Err(OpenPgpFault::Revoked);
        }
    }
    let mut signing = Vec::new();
    for subkey in subkeys {
        signing.extend(own.signing(&subkey, &mut left)?);
    }
    if signing.len() > MAX_SUBKEYS {
        return Err(OpenPgpFault::TooMuch);
    }
    Ok(OpenPgpKey { primary: Part { id: fingerprint(primary.body), key: own.key }, subkeys: signing })
}

/// The key that has to have signed all that counts.
struct Own {
    key: HostKey,
    /// Its packet, as it is signed.
    head: Vec<u8>,
}

impl Own {
    /// The subkey, if the key has bound it to itself, for signing, and not revoked that.
    fn signing(&self, subkey: &Entry<'_>, left: &mut usize) -> Result<Option<Part>, TooMuch> {
        let head = head(subkey.body);
        let mut newest: Option<KeySignature<'_>> = None;
        for signature in &subkey.signatures {
            match said_kind(signature) {
                Some(SUBKEY_REVOCATION) if self.revokes(signature, &head, left)? => return Ok(None),
                Some(SUBKEY_BINDING) => {
                    let Some(signature) = KeySignature::of(signature) else { continue };
                    if signature.is_good(&self.key, &[&self.head, &head], left)?
                        && newest.is_none_or(|newest| newest.time() <= signature.time())
                    {
                        newest = Some(signature);
                    }
                }
                _ => {}
            }
        }
        let Some(binding) = newest.filter(KeySignature::lets_sign) else { return Ok(None) };
        // One that cannot be used signs nothing.
        let Ok(key) = read_key(subkey.body) else { return Ok(None) };
        for signature in binding.embedded().filter(|signature| said_kind(signature) == Some(PRIMARY_KEY_BINDING)) {
            let Some(signature) = KeySignature::of(signature) else { continue };
            if signature.is_good(&key, &[&self.head, &head], left)? {
                return Ok(Some(Part { id: fingerprint(subkey.body), key }));
            }
        }
        Ok(None)
    }

    /// Does this signature, which says that it is a revocation, revoke the key, or its subkey `more`? One in a form that is not known here may be good: of
    /// another version or hash function, or by another kind of key.
    fn revokes(&self, signature: &[u8], more: &[u8], left: &mut usize) -> Result<bool, TooMuch> {
        match KeySignature::of(signature).filter(|signature| signature.is_by(&self.key)) {
            None => Ok(true),
            Some(signature) => signature.is_good(&self.key, &[&self.head, more], left),
        }
    }
}

/// A key as it is hashed (RFC 4880, section 5.2.4).
fn head(body: &[u8]) -> Vec<u8> {
    let [.., high, low] = body.len().to_be_bytes();
    [&[0x99, high, low], body].concat()
}

/// The fingerprint of a key of version 4 (RFC 4880, section 12.2).
fn fingerprint(body: &[u8]) -> String {
    hex::encode(&Sha1::digest(head(body)))
}

/// The key of a packet.
fn read_key(body: &[u8]) -> Result<HostKey, OpenPgpFault> {
    HostKey::new(&read_numbers(body)?).map_err(OpenPgpFault::Key)
}

/// Reads a key's packet: version, time of creation, algorithm, numbers (RFC 4880, section 5.5.2).
fn read_numbers(body: &[u8]) -> Result<PublicNumbers, OpenPgpFault> {
    let (algorithm, mut numbers) = match body {
        [VERSION, _, _, _, _, algorithm, numbers @ ..] if body.len() <= usize::from(u16::MAX) => (*algorithm, numbers),
        [version, ..] if *version != VERSION => return Err(OpenPgpFault::Version(*version)),
        _ => return Err(OpenPgpFault::Malformed),
    };
    let mut number = || take_number(&mut numbers).ok_or(OpenPgpFault::Malformed);
    match algorithm {
        1 => Ok(PublicNumbers::rsa(number()?, number()?)),
        17 => Ok(PublicNumbers::dsa([number()?, number()?, number()?, number()?])),
        22 => {
            let point = numbers.strip_prefix(&ED25519).and_then(|mut point| take_number(&mut point));
            // Before the point stands that it is a bare one (RFC 9580, section 11.2).
            let point = point.and_then(|point| point.strip_prefix(&[0x40])).ok_or(OpenPgpFault::Algorithm(22))?;
            Ok(PublicNumbers::Ed25519(point.try_into().map_err(|_| OpenPgpFault::Malformed)?))
        }
        algorithm => Err(OpenPgpFault::Algorithm(algorithm)),
    }
}

/// The length and the bytes of the curve's object identifier, 1.3.6.1.4.1.11591.15.1.
const ED25519: [u8; 10] = [9, 0x2b, 6, 1, 4, 1, 0xda, 0x47, 0x0f, 1];
