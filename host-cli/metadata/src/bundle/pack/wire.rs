//! Writing numbers and strings as postcard does (BUNDLE.md, section 1).

pub(super) use crate::varint::push_varint;

/// How many bytes [`push_varint`] appends.
pub(super) const fn varint_length(value: u32) -> u32 {
    // Seven bits a byte; zero takes one as well.
    (38 - (value | 1).leading_zeros()) / 7
}

/// Appends the offsets of all blocks but the first, in the width that a section of this length has: `others` is what the section holds besides.
pub(super) fn push_index(out: &mut Vec<u8>, offsets: &[u32], others: usize) {
    let narrow = others + 2 * offsets.len() <= usize::from(u16::MAX);
    for offset in offsets {
        let bytes = offset.to_le_bytes();
        out.extend_from_slice(if narrow { bytes.get(..2).unwrap_or(&bytes) } else { &bytes });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_numbers_are_known_before_they_are_written() {
        for bits in 0..32 {
            for value in [(1u32 << bits) - 1, 1 << bits, u32::MAX] {
                let mut bytes = Vec::new();
                push_varint(&mut bytes, value);
                assert_eq!(bytes.len() as u32, varint_length(value), "{value}");
            }
        }
    }
}
