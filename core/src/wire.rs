//! Reading postcard from a slice, in place.

use core::num::NonZeroU32;

use crate::error::{Code, Result};

/// Where the value of a member starts in the tokens of its payload: never at 0, where the object itself is.
pub(crate) type Offset = NonZeroU32;

/// What is left to read of a slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<'b> {
    rest: &'b [u8],
}

impl<'b> Input<'b> {
    pub(crate) const fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// How many bytes are left. Offsets are differences of this.
    pub(crate) const fn len(&self) -> usize {
        self.rest.len()
    }

    pub(crate) const fn rest(&self) -> &'b [u8] {
        self.rest
    }

    #[cfg_attr(feature = "full", inline)]
    #[cfg_attr(not(feature = "full"), inline(never))]
    pub(crate) fn byte(&mut self) -> Result<u8> {
        let (&byte, rest) = self.rest.split_first().ok_or(Code::BundleTruncated)?;
        self.rest = rest;
        Ok(byte)
    }

    #[inline]
    pub(crate) fn varint(&mut self) -> Result<u32> {
        // Nearly all are below 128.
        if let Some((&byte @ 0..=0x7f, rest)) = self.rest.split_first() {
            self.rest = rest;
            return Ok(u32::from(byte));
        }
        self.long_varint()
    }

    /// As postcard reads it: seven bits a byte, the lowest first, and of the fifth byte four. Its own code is for any reader and takes 300 bytes of flash.
    #[inline(never)]
    fn long_varint(&mut self) -> Result<u32> {
        let (mut value, mut shift) = (0, 0_u32);
        loop {
            let byte = u32::from(self.byte()?);
            value |= (byte & 0x7f) << shift;
            if byte < 0x80 || shift == 28 {
                return if shift == 28 && byte > 0x0f { Err(Code::BundleTruncated.into()) } else { Ok(value) };
            }
            shift = shift.wrapping_add(7);
        }
    }

    /// A varint that is used as a length or count in memory.
    #[inline]
    pub(crate) fn length(&mut self) -> Result<usize> {
        // u32 fits usize on every target that core supports (32 and 64 bits).
        Ok(self.varint()? as usize)
    }

    #[cfg_attr(not(feature = "full"), inline(never))]
    pub(crate) fn take(&mut self, length: usize) -> Result<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Code::BundleTruncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

/// The offset of a block, from a section's index of little-endian numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Index<'b> {
    bytes: &'b [u8],
    wide: bool,
}

impl<'b> Index<'b> {
    /// Takes the index of `count` entries in blocks of `block` from `input`, in a section of `section_length` bytes.
    pub(crate) fn take(input: &mut Input<'b>, section_length: usize, count: u32, block: u32) -> Result<Self> {
        let wide = section_length > usize::from(u16::MAX);
        let blocks = count.div_ceil(block).saturating_sub(1) as usize;
        let length = blocks.checked_mul(if wide { 4 } else { 2 }).ok_or(Code::BundleTruncated)?;
        Ok(Self { bytes: input.take(length)?, wide })
    }

    /// Offset of block `number` from the start of the entries; the first block's is 0.
    pub(crate) fn offset(&self, number: u32) -> Option<usize> {
        let Some(position) = (number as usize).checked_sub(1) else { return Some(0) };
        if self.wide {
            let (entries, _) = self.bytes.as_chunks::<4>();
            entries.get(position).map(|entry| u32::from_le_bytes(*entry) as usize)
        } else {
            let (entries, _) = self.bytes.as_chunks::<2>();
            entries.get(position).map(|entry| usize::from(u16::from_le_bytes(*entry)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_postcard_reads_them() {
        let edges = [0, 1, 0x0f, 0x10, 0x7f, 0x80, 0x81, 0xff];
        for number in 0..edges.len().pow(6) {
            let mut rest = number;
            let bytes: [u8; 6] = core::array::from_fn(|_| {
                let edge = edges[rest % edges.len()];
                rest /= edges.len();
                edge
            });
            for length in 0..=bytes.len() {
                let mut input = Input::new(&bytes[..length]);
                let expected = postcard::take_from_bytes::<u32>(&bytes[..length]).ok();
                let found = input.varint().ok().map(|value| (value, input.rest()));
                assert_eq!(found, expected, "{:x?}", &bytes[..length]);
            }
        }
    }
}
