//! An update package: what a slot and the staging area hold (firmware/BOOT.md). Every byte of it may come from an attacker.
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 4 | `SITS` |
//! | 4 | 4 | [`VERSION`] |
//! | 8 | 4 | length of the artifact |
//! | 12 | 4 | length of the bundle |
//! | 16 | 4 | length of the policy update |
//! | 20 | 12 | zero; nobody looks at them |
//! | 1024 | | artifact, then bundle, then policy update, without gaps |
//!
//! Numbers are little-endian. A package may hold a policy update alone, or none.

use crate::error::{Code, Result};
use crate::wire::Input;

/// The first bytes of a package.
pub const MAGIC: [u8; 4] = *b"SITS";

/// The version of the format that this crate reads.
pub const VERSION: u32 = 1;

/// How many bytes the head has: as many as the longest word that flash is written in, so that it is written at once, after everything else.
pub const HEAD: usize = 32;

/// Where the artifact starts, in bytes from the package's start. Images run where they lie, and processors want their vector tables aligned: 256
/// interrupts take 1 KiB on a Cortex-M. No field of the package says where: a signed image would run at a wrong address.
pub const ARTIFACT: usize = 1024;

/// A package, read in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Package<'a> {
    /// What is to run, not to be used before it was verified; empty in a package that holds a policy update alone.
    pub artifact: &'a [u8],
    /// What vouches for it, not looked at yet.
    pub bundle: &'a [u8],
    /// A [`super::PolicyUpdate`], not looked at yet; empty where there is none.
    pub policy_update: &'a [u8],
    /// What follows. Nothing looks at it.
    pub rest: &'a [u8],
}

/// The head of a package with parts of these many bytes.
#[must_use]
pub fn head(artifact: u32, bundle: u32, policy_update: u32) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    let fields = [u32::from_le_bytes(MAGIC), VERSION, artifact, bundle, policy_update];
    for (place, field) in head.as_chunks_mut::<4>().0.iter_mut().zip(fields) {
        *place = field.to_le_bytes();
    }
    head
}

impl<'a> Package<'a> {
    /// Reads the package at the start of `flash`.
    ///
    /// # Errors
    /// [`Code::PackageHead`] where there is none, or its lengths do not fit into `flash`.
    pub fn read(flash: &'a [u8]) -> Result<Self> {
        read(flash).ok_or(Code::PackageHead.into())
    }

    /// How many bytes it takes from its start.
    #[must_use]
    pub const fn length(&self) -> usize {
        // They all lay in one slice.
        let parts = self.artifact.len().saturating_add(self.bundle.len()).saturating_add(self.policy_update.len());
        parts.saturating_add(ARTIFACT)
    }
}

fn read(flash: &[u8]) -> Option<Package<'_>> {
    let ([magic, version, lengths @ ..], parts) = flash.split_at_checked(ARTIFACT).and_then(|(head, parts)| {
        let (fields, _) = head.as_chunks::<4>();
        Some((fields.first_chunk::<5>()?, parts))
    })?;
    if *magic != MAGIC || u32::from_le_bytes(*version) != VERSION {
        return None;
    }
    let mut input = Input::new(parts);
    // 32 bits fit usize on every target that core supports.
    let [artifact, bundle, policy_update] = lengths.map(|length| input.take(u32::from_le_bytes(length) as usize));
    Some(Package {
        artifact: artifact.ok()?,
        bundle: bundle.ok()?,
        policy_update: policy_update.ok()?,
        rest: input.rest(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_holds_three_parts() {
        let mut flash = [0xff; ARTIFACT + 9];
        flash[..HEAD].copy_from_slice(&head(3, 2, 1));
        flash[ARTIFACT..ARTIFACT + 6].copy_from_slice(b"artbup");
        let package = Package { artifact: b"art", bundle: b"bu", policy_update: b"p", rest: &[0xff; 3] };
        assert_eq!(Package::read(&flash), Ok(package));
        assert_eq!(package.length(), ARTIFACT + 6);
        for length in 0..package.length() {
            assert!(Package::read(&flash[..length]).is_err(), "{length} bytes");
        }
        assert!(Package::read(&flash[..package.length()]).is_ok());
    }

    #[test]
    fn a_head_that_does_not_fit_is_refused() {
        let mut flash = [0xff; ARTIFACT + 4];
        assert!(Package::read(&flash).is_err());
        let max = u32::MAX;
        for (artifact, bundle, update) in
            [(max, 0, 0), (0, max, 0), (0, 0, max), (max, max, max), (4, 1, 0), (5, max, 0)]
        {
            flash[..HEAD].copy_from_slice(&head(artifact, bundle, update));
            assert!(Package::read(&flash).is_err(), "{artifact} {bundle} {update}");
        }
        for byte in 0..8 {
            flash[..HEAD].copy_from_slice(&head(1, 1, 1));
            flash[byte] ^= 1;
            assert!(Package::read(&flash).is_err(), "byte {byte}");
        }
    }
}
