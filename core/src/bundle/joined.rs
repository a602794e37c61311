//! The format's own tables, joined by the compiler: all parts one after the other, and where each starts. A table of slices takes four times the flash.

use core::ops::Range;

/// How many bytes all parts have.
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "evaluated only by the compiler")]
pub(super) const fn length(parts: &[&[u8]]) -> usize {
    let (mut length, mut number) = (0, 0);
    while number < parts.len() {
        length += parts[number].len();
        number += 1;
    }
    length
}

/// All parts, which have `N` bytes.
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "evaluated only by the compiler")]
pub(super) const fn bytes<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let (mut bytes, mut place, mut number) = ([0; N], 0, 0);
    while number < parts.len() {
        let mut byte = 0;
        while byte < parts[number].len() {
            bytes[place] = parts[number][byte];
            (place, byte) = (place + 1, byte + 1);
        }
        number += 1;
    }
    bytes
}

/// Where each part starts, and at last where they end: `N` is one more than there are parts.
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "evaluated only by the compiler")]
pub(super) const fn starts<const N: usize>(parts: &[&[u8]]) -> [u16; N] {
    let (mut starts, mut number) = ([0; N], 0);
    while number < parts.len() {
        starts[number + 1] = starts[number] + parts[number].len() as u16;
        number += 1;
    }
    starts
}

/// Where part `number` lies; `None` where there is none.
pub(super) fn range(starts: &[u16], number: usize) -> Option<Range<usize>> {
    let end = *starts.get(number.checked_add(1)?)?;
    Some(usize::from(*starts.get(number)?)..usize::from(end))
}
