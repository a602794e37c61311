//! Searching bytes eight at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// The highest bit of each byte below `limit` (at most 128) is set; above the first such byte, other bits may be.
const fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(ONES * limit as u64) & !word & HIGHS
}

/// As [`below`], for bytes that equal `byte`.
const fn equal(word: u64, byte: u8) -> u64 {
    below(word ^ (ONES * byte as u64), 1)
}

/// Where the plain part of a string's inside ends: at the first quote, backslash or control character.
#[inline]
pub(crate) fn find_end_of_plain(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut position = 0;
    for word in words {
        let word = u64::from_le_bytes(*word);
        // The lowest set bit is exact: a false one can only follow a true one.
        let found = equal(word, b'"') | equal(word, b'\\') | below(word, b' ');
        if found != 0 {
            return position + (found.trailing_zeros() / 8) as usize;
        }
        position += 8;
    }
    position + rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..b' ')).count()
}

/// How many bytes both start with.
#[inline]
pub(crate) fn common_prefix(one: &[u8], other: &[u8]) -> usize {
    let (one_words, _) = one.as_chunks::<8>();
    let (other_words, _) = other.as_chunks::<8>();
    let mut length = 0;
    for (one, other) in one_words.iter().zip(other_words) {
        let difference = u64::from_le_bytes(*one) ^ u64::from_le_bytes(*other);
        if difference != 0 {
            return length + (difference.trailing_zeros() / 8) as usize;
        }
        length += 8;
    }
    length + one.iter().zip(other).skip(length).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_ends_at_the_first_special_byte() {
        for special in [b'"', b'\\', 0, b'\n', 0x1f] {
            for position in 0..40 {
                let mut bytes = [b'a'; 40];
                bytes[position] = special;
                assert_eq!(find_end_of_plain(&bytes), position);
                // Neighbours that a borrow between bytes could touch.
                for neighbour in [b'!', b'#', b'[', b']', b' ', 0x80, 0xff] {
                    let mut bytes = [neighbour; 40];
                    bytes[position] = special;
                    assert_eq!(find_end_of_plain(&bytes), position);
                }
            }
        }
        assert_eq!(find_end_of_plain("a\u{e9} \u{10ffff}\u{7f}zzzzzzz".as_bytes()), 16);
    }

    #[test]
    fn prefixes_are_compared_to_the_byte() {
        for length in 0..30 {
            let one = [b'x'; 30];
            let mut other = one;
            other[length] = b'y';
            assert_eq!(common_prefix(&one, &other), length);
            assert_eq!(common_prefix(&one[..length], &one), length);
            assert_eq!(common_prefix(&one, &one[..length]), length);
        }
    }
}
