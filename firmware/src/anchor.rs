//! The trust anchor: whom this device trusts, and for what.
//!
//! Written in the factory into a page of its own, so that no update can change it. A fixed form and not JSON: the
//! device has no use for another parser.
//!
//! | field | bytes |
//! |---|---|
//! | magic | 4: `SITA` |
//! | version | 1: 1 |
//! | threshold | 1: how many of the owners must have signed the layout |
//! | inspections | 1: 0 refuses a layout that has any, 1 skips them |
//! | number of owners | 1 |
//! | owners | 32 each: raw Ed25519 public keys |
//! | length of the artifact's name | 1 |
//! | artifact's name | the name under which the last step records it; UTF-8 |

/// The first bytes of an anchor.
pub const MAGIC: [u8; 4] = *b"SITA";

/// The version of the form above.
pub const VERSION: u8 = 1;

/// Whom this device trusts, read in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor<'a> {
    /// Ed25519 public keys of the project's owners.
    pub owners: &'a [[u8; 32]],
    /// How many of the owners must have signed the layout.
    pub threshold: u8,
    /// Whether inspections of the layout, which a device cannot run, are skipped instead of refused.
    pub skip_inspections: bool,
    /// The name under which the supply chain's last step records what lies in the slot.
    pub artifact: &'a str,
}

/// The bytes are no anchor of this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoAnchor;

impl<'a> Anchor<'a> {
    /// Reads the anchor at the start of `flash`; what follows it is not looked at.
    ///
    /// # Errors
    /// [`NoAnchor`] when any field is not as the module describes it, when nobody is trusted, or when the threshold
    /// cannot be met or asks for nobody.
    pub fn read(flash: &'a [u8]) -> Result<Self, NoAnchor> {
        let (head, rest) = flash.split_first_chunk::<8>().ok_or(NoAnchor)?;
        let [m0, m1, m2, m3, version, threshold, inspections, owners] = *head;
        if [m0, m1, m2, m3] != MAGIC || version != VERSION || threshold == 0 || threshold > owners || inspections > 1 {
            return Err(NoAnchor);
        }
        let (owners, rest) = rest.split_at_checked(usize::from(owners) * 32).ok_or(NoAnchor)?;
        let (length, rest) = rest.split_first().ok_or(NoAnchor)?;
        let name = rest.get(..usize::from(*length)).ok_or(NoAnchor)?;
        Ok(Self {
            owners: owners.as_chunks().0,
            threshold,
            skip_inspections: inspections == 1,
            artifact: core::str::from_utf8(name).map_err(|_| NoAnchor)?,
        })
    }
}
