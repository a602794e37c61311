//! The update slot: what the device is asked to trust. Every byte of it may come from an attacker.
//!
//! | field | bytes |
//! |---|---|
//! | magic | 4: `SITS` |
//! | length of the bundle | 4, little-endian |
//! | length of the artifact | 4, little-endian |
//! | bundle | see core/BUNDLE.md |
//! | artifact | |

/// The first bytes of a slot.
pub const MAGIC: [u8; 4] = *b"SITS";

/// What lies in a slot, read in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot<'a> {
    /// The bundle, not looked at yet.
    pub bundle: &'a [u8],
    /// The artifact, not to be used before [`mod@crate::boot`] has said so.
    pub artifact: &'a [u8],
    /// What follows in the flash. A boot does not look at it.
    pub rest: &'a [u8],
}

/// Nothing was written to the slot, or its lengths do not fit into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSlot;

/// The head of a slot for a bundle and an artifact of these many bytes.
#[must_use]
pub const fn head(bundle: u32, artifact: u32) -> [u8; 12] {
    let [m0, m1, m2, m3] = MAGIC;
    let [b0, b1, b2, b3] = bundle.to_le_bytes();
    let [a0, a1, a2, a3] = artifact.to_le_bytes();
    [m0, m1, m2, m3, b0, b1, b2, b3, a0, a1, a2, a3]
}

impl<'a> Slot<'a> {
    /// Reads the slot at the start of `flash`.
    ///
    /// # Errors
    /// [`NoSlot`] when it does not start with the magic or is longer than `flash`.
    pub fn read(flash: &'a [u8]) -> Result<Self, NoSlot> {
        let (magic, rest) = flash.split_first_chunk::<4>().ok_or(NoSlot)?;
        let (bundle, rest) = rest.split_first_chunk().ok_or(NoSlot)?;
        let (artifact, rest) = rest.split_first_chunk().ok_or(NoSlot)?;
        if *magic != MAGIC {
            return Err(NoSlot);
        }
        let (bundle, rest) = rest.split_at_checked(length(*bundle)?).ok_or(NoSlot)?;
        let (artifact, rest) = rest.split_at_checked(length(*artifact)?).ok_or(NoSlot)?;
        Ok(Self { bundle, artifact, rest })
    }
}

/// A length field as this machine counts bytes.
fn length(field: [u8; 4]) -> Result<usize, NoSlot> {
    usize::try_from(u32::from_le_bytes(field)).map_err(|_| NoSlot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_holds_a_bundle_and_an_artifact() {
        let mut flash = [0xff; 20];
        flash[..12].copy_from_slice(&head(2, 3));
        flash[12..17].copy_from_slice(b"buart");
        assert_eq!(Slot::read(&flash), Ok(Slot { bundle: b"bu", artifact: b"art", rest: &[0xff; 3] }));
        for length in 0..17 {
            assert_eq!(Slot::read(&flash[..length]), Err(NoSlot), "{length} bytes");
        }
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused() {
        for (bundle, artifact) in [(u32::MAX, 0), (0, u32::MAX), (u32::MAX, u32::MAX), (1, 0)] {
            assert_eq!(Slot::read(&head(bundle, artifact)), Err(NoSlot), "{bundle} {artifact}");
        }
        assert_eq!(Slot::read(&[0xff; 64]), Err(NoSlot));
    }
}
