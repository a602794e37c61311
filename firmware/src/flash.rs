//! Flash as the boot sees it: NOR flash that is written in words, erased in pages, and read in place.

use embedded_storage::nor_flash::NorFlash;

/// Flash that the processor sees as memory. All offsets are in one address space, which a board may spread over several chips.
///
/// A word (`WRITE_SIZE` bytes, at most 32) is written once and then not again before its page (`ERASE_SIZE` bytes) is erased, which makes every bit
/// of it 1: flash with error correction allows no more.
pub trait Flash: NorFlash {
    /// What lies in a region now. It borrows the flash, so that nothing is erased or written while somebody reads.
    ///
    /// As long as the region; empty where the flash has no such region.
    fn mapped(&self, region: Region) -> &[u8];
}

/// A part of the flash, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Where it starts.
    pub start: u32,
    /// How long it is.
    pub length: u32,
}

impl Region {
    /// The first offset behind it.
    #[must_use]
    pub const fn end(self) -> u32 {
        self.start.saturating_add(self.length)
    }

    /// Its first `length` bytes, or all of it where it has less.
    #[must_use]
    pub const fn first(self, length: u32) -> Self {
        Self { start: self.start, length: if length < self.length { length } else { self.length } }
    }

    /// What lies behind its first `length` bytes.
    #[must_use]
    pub const fn after(self, length: u32) -> Self {
        Self { start: self.first(length).end(), length: self.length.saturating_sub(length) }
    }
}

/// One of the two places that images run from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Slot {
    /// The first.
    A = 0x3a,
    /// The second.
    B = 0xc5,
}

impl Slot {
    /// Both.
    pub const ALL: [Self; 2] = [Self::A, Self::B];

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        self.of([Self::B, Self::A])
    }

    /// What belongs to this one of a pair.
    #[must_use]
    pub const fn of<T: Copy>(self, [a, b]: [T; 2]) -> T {
        match self {
            Self::A => a,
            Self::B => b,
        }
    }

    /// Which of two belongs to this one.
    pub const fn which<T>(self, [a, b]: &mut [T; 2]) -> &mut T {
        match self {
            Self::A => a,
            Self::B => b,
        }
    }

    /// `a` or `b`: what `{slot}` in the artifact's name of a trust policy stands for.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.of(["a", "b"])
    }
}

/// Where everything lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Map {
    /// The pages of the trust policies. Only the boot writes them.
    pub policy: [Region; 2],
    /// The boot's own state. Only the boot writes it.
    pub journal: [Region; 2],
    /// The slots: a package each, and in the last bytes the trailer ([`crate::trailer`]), which its own application writes.
    pub slots: [Region; 2],
    /// Where the application leaves packages.
    pub staging: Region,
}

impl Map {
    /// Does the boot work with this map on flash of these sizes? To be asked when a board is compiled: `const _: () = assert!(MAP.is_good(..))`.
    #[must_use]
    pub const fn is_good(&self, write_size: u32, erase_size: u32) -> bool {
        let Self { policy: [p, q], journal: [j, k], slots: [a, b], staging } = self;
        let regions = [*p, *q, *j, *k, *a, *b, *staging];
        if !write_size.is_power_of_two()
            || write_size > 32
            || erase_size < 256
            || !erase_size.is_multiple_of(CHUNK as u32)
        {
            return false;
        }
        let mut number = 0;
        while number < regions.len() {
            let Region { start, length } = regions[number];
            if length == 0
                || !start.is_multiple_of(erase_size)
                || !length.is_multiple_of(erase_size)
                || start.checked_add(length).is_none()
            {
                return false;
            }
            let mut other = 0;
            while other < number {
                if start < regions[other].end() && regions[other].start < regions[number].end() {
                    return false;
                }
                other += 1;
            }
            number += 1;
        }
        // A policy fits either page, a package either slot, and its image lies where vector tables may.
        let is_aligned = a.start.is_multiple_of(1024) && b.start.is_multiple_of(1024);
        is_aligned && p.length == q.length && a.length == b.length && a.length > 2048 && staging.length > 1024
    }

    /// The whole of a slot.
    #[must_use]
    pub const fn slot(&self, slot: Slot) -> Region {
        slot.of(self.slots)
    }
}

/// The flash did not do what it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlashError;

/// Erases a region, which consists of whole pages.
///
/// # Errors
/// [`FlashError`] where the flash says so.
pub fn erase<F: Flash>(flash: &mut F, region: Region) -> Result<(), FlashError> {
    flash.erase(region.start, region.end()).map_err(|_| FlashError)
}

/// Writes whole words to an erased place, and reads them again.
///
/// # Errors
/// [`FlashError`] where the flash says so, or something else stands there afterwards.
#[inline(never)]
pub fn write<F: Flash>(flash: &mut F, start: u32, bytes: &[u8]) -> Result<(), FlashError> {
    flash.write(start, bytes).map_err(|_| FlashError)?;
    let length = u32::try_from(bytes.len()).map_err(|_| FlashError)?;
    if flash.mapped(Region { start, length }) == bytes { Ok(()) } else { Err(FlashError) }
}

/// How many bytes are copied at once: whole words of every flash, and no more than a slot's trailer, which no package reaches into.
const CHUNK: usize = 128;

/// Copies what lies in `from` to the start of `to`, which is erased and at least as long, and fills the last chunk with erased bytes.
///
/// # Errors
/// [`FlashError`] as [`write()`].
#[inline(never)]
pub fn copy<F: Flash>(flash: &mut F, mut from: Region, mut to: Region) -> Result<(), FlashError> {
    while from.length > 0 {
        let mut chunk = [0xff; CHUNK];
        let part = flash.mapped(from.first(CHUNK as u32));
        if part.is_empty() {
            return Err(FlashError);
        }
        chunk.iter_mut().zip(part).for_each(|(place, byte)| *place = *byte);
        write(flash, to.start, &chunk)?;
        (from, to) = (from.after(CHUNK as u32), to.after(CHUNK as u32));
    }
    Ok(())
}

/// Does a place look as if it was erased?
#[must_use]
pub fn is_erased(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0xff)
}
