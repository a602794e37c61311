//! The end of a slot, where its own application says that it works. Nothing else is believed from there.

use sitrep_core::Time;

use crate::flash::Region;
use crate::journal::{sealed, unsealed};

/// How many bytes at the end of a slot are not the package's.
pub const TRAILER: u32 = 128;

/// How many bytes a mark takes: whole words of every flash. So there is room for more than one, where the power was cut while it was written.
pub const MARK: usize = 32;

const CONTENT: usize = 16;

const MAGIC: [u8; 4] = *b"SITC";

/// The trailer of a slot.
#[must_use]
pub const fn of(slot: Region) -> Region {
    slot.after(slot.length.saturating_sub(TRAILER))
}

/// A mark: the application works, and it is later than this time, in seconds; 0 where the application does not know.
#[must_use]
pub fn mark(Time(seconds): Time) -> [u8; MARK] {
    sealed::<CONTENT, MARK>(&[u32::from_le_bytes(MAGIC), seconds as u32, (seconds >> 32) as u32])
}

/// The time of the first good mark in a trailer; `None` where there is no mark.
#[must_use]
pub fn find(trailer: &[u8]) -> Option<Time> {
    let mut marks = trailer.as_chunks::<MARK>().0.iter();
    let [low, high] = marks.find_map(|mark| unsealed::<2>(mark, CONTENT, MAGIC))?;
    Some(Time(u64::from(high) << 32 | u64::from(low)))
}
