//! Hexadecimal digits, without tables or allocation.

use core::fmt;

/// The two lower-case digits of a byte. Arithmetic instead of a table, so that loops over it become vector code on the host.
#[inline]
pub(crate) const fn digits(byte: u8) -> [u8; 2] {
    [digit(byte >> 4), digit(byte & 15)]
}

#[inline]
const fn digit(nibble: u8) -> u8 {
    // 0-9 are 0x30.., a-f are 0x61..: 39 further on for nibbles above 9.
    let letter = (nibble.wrapping_add(6) >> 4).wrapping_mul(39);
    nibble.wrapping_add(0x30).wrapping_add(letter)
}

/// Writes the digits of `bytes` over the start of `out`; returns how many bytes were written.
#[inline]
pub(crate) fn encode(bytes: &[u8], out: &mut [u8]) -> usize {
    let (pairs, _) = out.as_chunks_mut::<2>();
    let mut written: usize = 0;
    for (pair, byte) in pairs.iter_mut().zip(bytes) {
        *pair = digits(*byte);
        written = written.saturating_add(2);
    }
    written
}

/// `N` bytes from exactly `2 * N` digits of any case.
pub(crate) fn decode<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let (pairs, rest) = text.as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(bytes)
}

/// The value of one digit of any case.
pub(crate) const fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit.wrapping_sub(b'0')),
        b'a'..=b'f' => Some(digit.wrapping_sub(b'a').wrapping_add(10)),
        b'A'..=b'F' => Some(digit.wrapping_sub(b'A').wrapping_add(10)),
        _ => None,
    }
}

pub(crate) fn write(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for byte in bytes {
        for digit in digits(*byte) {
            fmt::Write::write_char(f, char::from(digit))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_its_digits() {
        for byte in 0..=255u8 {
            let mut expected = heapless::String::<2>::new();
            core::fmt::write(&mut expected, format_args!("{byte:02x}")).unwrap();
            assert_eq!(digits(byte), expected.as_bytes());
            assert_eq!(decode::<1>(expected.as_bytes()), Some([byte]));
        }
        assert_eq!(decode::<1>(b"0g"), None);
        assert_eq!(decode::<1>(b"000"), None);
    }
}
