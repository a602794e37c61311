//! Key files as GnuPG exports them: a key, its subkeys, and the signatures that bind these to it (RFC 4880, section 11.1).
//!
//! Anybody can add packets to a key on its way, so a subkey belongs to the key only where the key has signed that, and a key or subkey that the key has
//! revoked is none. Names, and what others say of them, are passed over.

use std::fmt;

use sha1::{Digest as _, Sha1};

use super::armor;
use super::key::{MAX_SUBKEYS, OpenPgpKey, Part};
use super::packets::{Packet, Packets, subpacket, take_block, take_number};
use super::signature::{Hash, Headers, VERSION, check, dsa_numbers, trailer};
use crate::hex;
use crate::keys::host_key::{HostKey, KeyFault};

/// How many signatures by the key on itself are checked. GnuPG exports one for each subkey; bounds the time that a file takes.
const MAX_CHECKS: usize = 256;

// Packets (RFC 4880, section 4.3).
const SIGNATURE: u8 = 2;
const SECRET_KEY: u8 = 5;
const PUBLIC_KEY: u8 = 6;
const SECRET_SUBKEY: u8 = 7;
const USER_ID: u8 = 13;
const PUBLIC_SUBKEY: u8 = 14;
const USER_ATTRIBUTE: u8 = 17;

// Types of signatures (section 5.2.1).
const SUBKEY_BINDING: u8 = 0x18;
const KEY_REVOCATION: u8 = 0x20;
const SUBKEY_REVOCATION: u8 = 0x28;

// Types of subpackets (section 5.2.3.1).
const CREATION_TIME: u8 = 2;
const KEY_FLAGS: u8 = 27;
/// When GnuPG stopped to believe SHA-1 in what keys say of others: 2019-01-19, in seconds since 1970.
const SHA1_END: u32 = 1_547_856_000;
/// A key flag: it may sign documents (section 5.2.3.21).
const MAY_SIGN: u8 = 2;

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
    /// More signatures or subkeys than are read.
    TooMuch,
    /// GnuPG's own file of keys.
    Keybox,
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
                    "holds an OpenPGP key with more than {MAX_SUBKEYS} subkeys or {MAX_CHECKS} signatures on them"
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
    for signature in &primary.signatures {
        if own.cannot_read(signature, KEY_REVOCATION)
            || own.has_signed(signature, KEY_REVOCATION, &[], &mut left)?.is_some()
        {
            return Err(OpenPgpFault::Revoked);
        }
    }
    let mut signing = Vec::new();
    for subkey in subkeys {
        // Whose it is first, which is cheaper to find out.
        if own.lets_sign(&subkey, &mut left)? {
            // One that cannot be used signs nothing.
            signing.extend(read_key(subkey.body).ok().map(|key| Part { id: fingerprint(subkey.body), key }));
        }
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
    /// Has the key bound this subkey to itself, for signing, and not revoked that?
    fn lets_sign(&self, subkey: &Entry<'_>, left: &mut usize) -> Result<bool, OpenPgpFault> {
        let head = head(subkey.body);
        let mut newest = None;
        for signature in &subkey.signatures {
            if self.cannot_read(signature, SUBKEY_REVOCATION)
                || self.has_signed(signature, SUBKEY_REVOCATION, &head, left)?.is_some()
            {
                return Ok(false);
            }
            if let Some(hashed) = self.has_signed(signature, SUBKEY_BINDING, &head, left)? {
                let time = subpacket(hashed, CREATION_TIME).map(<[u8]>::to_vec);
                // Without flags it may do all that its algorithm can.
                let may_sign = subpacket(hashed, KEY_FLAGS)
                    .is_none_or(|flags| flags.first().is_some_and(|flags| flags & MAY_SIGN != 0));
                newest = newest.max(Some((time, may_sign)));
            }
        }
        Ok(newest.is_some_and(|(_, may_sign)| may_sign))
    }

    /// Is it a signature of that type in a form that is not known here: of another version or hash function, or by another kind of key? A revocation that
    /// cannot be checked may be good.
    fn cannot_read(&self, signature: &[u8], kind: u8) -> bool {
        let said = match signature {
            [2 | 3, _, said, ..] | [_, said, ..] => *said,
            _ => return false,
        };
        let headers = take_apart(signature).and_then(|(headers, _)| Headers::of(headers));
        said == kind && headers.is_none_or(|headers| !headers.is_by(&self.key))
    }

    /// The hashed subpackets of a signature, if it is of that type and this key's on itself and `more`.
    fn has_signed<'s>(
        &self,
        signature: &'s [u8],
        kind: u8,
        more: &[u8],
        left: &mut usize,
    ) -> Result<Option<&'s [u8]>, OpenPgpFault> {
        let Some((headers, numbers)) = take_apart(signature) else { return Ok(None) };
        let Some(parsed) = Headers::of(headers).filter(|parsed| parsed.kind == kind && parsed.is_by(&self.key)) else {
            return Ok(None);
        };
        *left = left.checked_sub(1).ok_or(OpenPgpFault::TooMuch)?;
        if parsed.hash == Hash::Sha1 && kind == SUBKEY_BINDING && !is_old(parsed.hashed) {
            return Ok(None);
        }
        let digest = parsed.hash.digest(&[&self.head, more, headers, &trailer(headers)]);
        let is_good = self.signature(numbers).is_some_and(|bytes| check(&self.key, parsed.hash, &digest, &bytes));
        Ok(is_good.then_some(parsed.hashed))
    }

    /// The numbers of a signature by this kind of key, as [`check`] takes them.
    fn signature(&self, mut numbers: &[u8]) -> Option<Vec<u8>> {
        let first = take_number(&mut numbers)?;
        match self.key {
            HostKey::Dsa(_) => dsa_numbers(first, take_number(&mut numbers)?),
            HostKey::Ed25519(_) => {
                let mut bytes = vec![0; 64];
                // Leading zeros are left out of numbers.
                for (half, number) in bytes.chunks_mut(32).zip([first, take_number(&mut numbers)?]) {
                    let start = half.len().checked_sub(number.len())?;
                    half.get_mut(start..)?.copy_from_slice(number);
                }
                Some(bytes)
            }
            _ => Some(first.to_vec()),
        }
    }
}

/// Was it signed before collisions of SHA-1 came within reach of those who would have a key sign one thing and show another?
fn is_old(hashed: &[u8]) -> bool {
    let time = subpacket(hashed, CREATION_TIME).and_then(|time| time.try_into().ok());
    time.is_some_and(|time| u32::from_be_bytes(time) < SHA1_END)
}

/// A signature's headers, up to the end of its hashed subpackets, and its numbers.
fn take_apart(signature: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = signature.get(4..)?;
    take_block(&mut rest)?;
    let headers = signature.get(..signature.len().checked_sub(rest.len())?)?;
    // Subpackets that are not signed, and the first two bytes of the digest.
    take_block(&mut rest)?;
    Some((headers, rest.get(2..)?))
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

/// Reads a key's packet: version, time of creation, algorithm, numbers (RFC 4880, section 5.5.2).
fn read_key(body: &[u8]) -> Result<HostKey, OpenPgpFault> {
    let (algorithm, mut numbers) = match body {
        [VERSION, _, _, _, _, algorithm, numbers @ ..] if body.len() <= usize::from(u16::MAX) => (*algorithm, numbers),
        [version, ..] if *version != VERSION => return Err(OpenPgpFault::Version(*version)),
        _ => return Err(OpenPgpFault::Malformed),
    };
    let mut number = || take_number(&mut numbers).ok_or(OpenPgpFault::Malformed);
    match algorithm {
        1 => HostKey::from_rsa_numbers(number()?, number()?).map_err(OpenPgpFault::Key),
        17 => HostKey::from_dsa_numbers([number()?, number()?, number()?, number()?]).map_err(OpenPgpFault::Key),
        22 => {
            let point = numbers.strip_prefix(&ED25519).and_then(|mut point| take_number(&mut point));
            // Before the point stands that it is a bare one (RFC 9580, section 11.2).
            let point = point.and_then(|point| point.strip_prefix(&[0x40])).ok_or(OpenPgpFault::Algorithm(22))?;
            Ok(HostKey::Ed25519(point.try_into().map_err(|_| OpenPgpFault::Malformed)?))
        }
        algorithm => Err(OpenPgpFault::Algorithm(algorithm)),
    }
}

/// The length and the bytes of the curve's object identifier, 1.3.6.1.4.1.11591.15.1.
const ED25519: [u8; 10] = [9, 0x2b, 6, 1, 4, 1, 0xda, 0x47, 0x0f, 1];
