//! Signatures of keys on keys, as far as they say which subkeys sign for a key (RFC 4880, sections 5.2.1 and 5.2.3).

use super::packets::{Subpackets, take_block, take_number};
use super::signature::{Hash, Headers, check, dsa_numbers, trailer};
use crate::keys::host_key::HostKey;

/// How many signatures are checked. GnuPG exports two for each subkey that signs; bounds the time that a file takes.
pub(super) const MAX_CHECKS: usize = 256;

/// More than [`MAX_CHECKS`] signatures would have to be checked.
pub(super) struct TooMuch;

// Types of signatures (section 5.2.1).
pub(super) const SUBKEY_BINDING: u8 = 0x18;
pub(super) const PRIMARY_KEY_BINDING: u8 = 0x19;
pub(super) const KEY_REVOCATION: u8 = 0x20;
pub(super) const SUBKEY_REVOCATION: u8 = 0x28;

// Types of subpackets (section 5.2.3.1).
const CREATION_TIME: u8 = 2;
const KEY_FLAGS: u8 = 27;
const EMBEDDED_SIGNATURE: u8 = 32;
/// When GnuPG stopped to believe SHA-1 in what keys say of others: 2019-01-19, in seconds since 1970.
const SHA1_END: u32 = 1_547_856_000;
/// A key flag: it may sign documents (section 5.2.3.21).
const MAY_SIGN: u8 = 2;

/// The type that a signature says it has, of whatever version.
pub(super) const fn said_kind(signature: &[u8]) -> Option<u8> {
    match signature {
        [2 | 3, _, kind, ..] | [_, kind, ..] => Some(*kind),
        _ => None,
    }
}

/// A signature packet of version 4 (RFC 4880, section 5.2.3).
#[derive(Clone, Copy)]
pub(super) struct KeySignature<'b> {
    /// What is signed of it: up to the end of its hashed subpackets.
    head: &'b [u8],
    headers: Headers,
    hashed: Subpackets<'b>,
    /// `None` where they are malformed. Nobody has signed them.
    unhashed: Option<Subpackets<'b>>,
    /// The first two bytes of the digest.
    start: [u8; 2],
    numbers: &'b [u8],
}

impl<'b> KeySignature<'b> {
    pub(super) fn of(signature: &'b [u8]) -> Option<Self> {
        let mut rest = signature.get(4..)?;
        let hashed = Subpackets::of(take_block(&mut rest)?)?;
        let head = signature.get(..signature.len().checked_sub(rest.len())?)?;
        let unhashed = Subpackets::of(take_block(&mut rest)?);
        let (start, numbers) = rest.split_first_chunk()?;
        Some(Self { head, headers: Headers::of(head)?, hashed, unhashed, start: *start, numbers })
    }

    /// Does it say that a key of this kind signed?
    pub(super) fn is_by(&self, key: &HostKey) -> bool {
        self.headers.is_by(key)
    }

    /// Is it the key's over these parts? What it takes is taken from `left`.
    ///
    /// # Errors
    /// [`TooMuch`] where nothing is left.
    pub(super) fn is_good(&self, key: &HostKey, parts: &[&[u8]], left: &mut usize) -> Result<bool, TooMuch> {
        if !self.is_by(key) {
            return Ok(false);
        }
        // Hashing takes long as well: keys may be long.
        *left = left.checked_sub(1).ok_or(TooMuch)?;
        let digest = self.headers.hash.digest(&[parts, &[self.head, &trailer(self.head)]].concat());
        // Collisions of SHA-1 are within reach of those who would have a key sign one thing and show another. A revocation takes nothing that is not the key's.
        let is_weak = self.headers.hash == Hash::Sha1 && !is_revocation(self.headers.kind) && !self.is_old();
        if is_weak || digest.get(..2) != Some(&self.start) {
            return Ok(false);
        }
        *left = left.checked_sub(more_effort(key)).ok_or(TooMuch)?;
        Ok(self.bytes(key).is_some_and(|bytes| check(key, self.headers.hash, &digest, &bytes)))
    }

    /// Its numbers as [`check`] takes them.
    fn bytes(&self, key: &HostKey) -> Option<Vec<u8>> {
        let mut numbers = self.numbers;
        let first = take_number(&mut numbers)?;
        match key {
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

    /// When it was made, in seconds since 1970.
    pub(super) fn time(&self) -> Option<u32> {
        self.hashed.get(CREATION_TIME).and_then(|time| time.try_into().ok()).map(u32::from_be_bytes)
    }

    /// Was it made while SHA-1 was still believed?
    fn is_old(&self) -> bool {
        self.time().is_some_and(|time| time < SHA1_END)
    }

    /// May what it binds sign documents? Without flags it may do all that its algorithm can.
    pub(super) fn lets_sign(&self) -> bool {
        let flags = self.hashed.get(KEY_FLAGS);
        flags.is_none_or(|flags| flags.first().is_some_and(|flags| flags & MAY_SIGN != 0))
    }

    /// The signatures in it, which stand where everybody can put some.
    pub(super) fn embedded(&self) -> impl Iterator<Item = &'b [u8]> + use<'b> {
        [Some(self.hashed), self.unhashed]
            .into_iter()
            .flatten()
            .flat_map(|subpackets| subpackets.all(EMBEDDED_SIGNATURE))
    }
}

const fn is_revocation(kind: u8) -> bool {
    matches!(kind, KEY_REVOCATION | SUBKEY_REVOCATION)
}

/// How many more of [`MAX_CHECKS`] a check takes than one by a fast algorithm.
const fn more_effort(key: &HostKey) -> usize {
    match key {
        HostKey::Dsa(_) => 3,
        _ => 0,
    }
}
