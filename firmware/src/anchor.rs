//! The trust anchor: whom this device trusts, and for what.
//!
//! Written in the factory into a page of its own, so that no update can change it. A fixed form, as the device has no use for
//! another parser:
//!
//! | field | bytes |
//! |---|---|
//! | magic | 4: `SITA` |
//! | version | 1: 1 |
//! | threshold | 1: how many of the owners must have signed the layout |
//! | inspections | 1: 0 refuses a layout that has any, 1 skips them |
//! | number of owners | 1: at most [`OWNERS`] |
//! | owners | 160 each: the raw Ed25519 public key, and two key ids of 64 hexadecimal digits |
//! | length of the artifact's name | 1 |
//! | artifact's name | the name under which the last step records it; UTF-8 |
//!
//! Each owner has two key ids because in-toto's dialects name one key differently ([`sitrep_core::ed25519_key_ids`]). They only
//! say where to look for a signature, and are written down to save hashing them at every boot.

use core::str;

use sitrep_core::Inspections;

/// The first bytes of an anchor.
pub const MAGIC: [u8; 4] = *b"SITA";

/// The version of the form above.
pub const VERSION: u8 = 1;

/// How many owners an anchor can name. Bounds the boot's stack.
pub const OWNERS: usize = 4;

const KEY: usize = 32;
const ID: usize = 64;

/// Whom this device trusts, read in place.
#[derive(Clone, Copy, Debug)]
pub struct Anchor<'a> {
    owners: &'a [[u8; KEY + 2 * ID]],
    threshold: u8,
    inspections: Inspections,
    artifact: &'a str,
}

/// A project owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner<'a> {
    /// The raw Ed25519 public key, 32 bytes.
    pub key: &'a [u8],
    /// The key ids under which signatures of this key are looked for.
    pub ids: [&'a str; 2],
}

/// The bytes are no anchor of this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoAnchor;

impl<'a> Anchor<'a> {
    /// Reads the anchor at the start of `flash`; what follows it is not looked at.
    ///
    /// # Errors
    /// [`NoAnchor`] when any field is not as the module describes it, or when the threshold cannot be met or asks for nobody.
    pub fn read(flash: &'a [u8]) -> Result<Self, NoAnchor> {
        let (head, rest) = flash.split_first_chunk::<8>().ok_or(NoAnchor)?;
        let [m0, m1, m2, m3, version, threshold, inspections, count] = *head;
        if [m0, m1, m2, m3] != MAGIC || version != VERSION || threshold == 0 || threshold > count {
            return Err(NoAnchor);
        }
        let inspections = match inspections {
            0 => Inspections::Refuse,
            1 => Inspections::Skip,
            _ => return Err(NoAnchor),
        };
        let count = Some(usize::from(count)).filter(|count| *count <= OWNERS).ok_or(NoAnchor)?;
        let (owners, rest) = rest.split_at_checked(count * (KEY + 2 * ID)).ok_or(NoAnchor)?;
        let (length, rest) = rest.split_first().ok_or(NoAnchor)?;
        let name = rest.get(..usize::from(*length)).ok_or(NoAnchor)?;
        let artifact = str::from_utf8(name).map_err(|_| NoAnchor)?;
        let (owners, _) = owners.as_chunks();
        if owners.iter().any(|owner| !owner[KEY..].iter().all(u8::is_ascii_hexdigit)) {
            return Err(NoAnchor);
        }
        Ok(Self { owners, threshold, inspections, artifact })
    }

    /// The project's owners.
    pub fn owners(&self) -> impl Iterator<Item = Owner<'a>> + use<'a> {
        self.owners.iter().map(|owner| {
            let (key, ids) = owner.split_at(KEY);
            let (one, other) = ids.split_at(ID);
            // Digits, as `read` has seen.
            Owner { key, ids: [one, other].map(|id| str::from_utf8(id).unwrap_or_default()) }
        })
    }

    /// How many of the owners must have signed the layout.
    #[must_use]
    pub fn threshold(&self) -> usize {
        usize::from(self.threshold)
    }

    /// What to do about inspections of the layout, which a device cannot run: refuse or skip.
    #[must_use]
    pub const fn inspections(&self) -> Inspections {
        self.inspections
    }

    /// The name under which the supply chain's last step records what lies in the slot.
    #[must_use]
    pub const fn artifact(&self) -> &'a str {
        self.artifact
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchor() -> heapless::Vec<u8, 512> {
        let mut bytes = heapless::Vec::new();
        bytes.extend_from_slice(b"SITA\x01\x02\x01\x02").unwrap();
        for owner in *b"ab" {
            bytes.extend_from_slice(&[owner; KEY]).unwrap();
            bytes.extend_from_slice(&[owner; 2 * ID]).unwrap();
        }
        bytes.extend_from_slice(b"\x03app").unwrap();
        bytes
    }

    #[test]
    fn an_anchor_says_whom_to_trust() {
        let mut page = anchor();
        page.extend_from_slice(&[0xff; 64]).unwrap(); // erased flash behind it
        let anchor = Anchor::read(&page).unwrap();
        assert_eq!((anchor.threshold(), anchor.inspections(), anchor.artifact()), (2, Inspections::Skip, "app"));
        let owners = anchor.owners().map(|owner| (owner.key[0], owner.key.len(), owner.ids[1].len()));
        assert!(owners.eq([(b'a', KEY, ID), (b'b', KEY, ID)]));
    }

    #[test]
    fn no_part_of_an_anchor_is_one() {
        let whole = anchor();
        for length in 0..whole.len() {
            assert!(Anchor::read(&whole[..length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn a_malformed_anchor_is_none() {
        let defects = [
            ("magic", 0, b's'),
            ("version", 4, 2),
            ("nobody has to sign", 5, 0),
            ("more have to sign than there are", 5, 3),
            ("unknown treatment of inspections", 6, 2),
            ("too many owners", 7, 5),
            ("key id is no hexadecimal number", 8 + KEY, b'g'),
            ("name is no UTF-8", 8 + 2 * (KEY + 2 * ID) + 1, 0xff),
        ];
        for (defect, at, byte) in defects {
            let mut bytes = anchor();
            bytes[at] = byte;
            assert!(Anchor::read(&bytes).is_err(), "{defect}");
        }
    }
}
