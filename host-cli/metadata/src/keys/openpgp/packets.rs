//! Packets and the numbers in them (RFC 4880, sections 3.2 and 4.2).

/// A packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packet<'b> {
    pub(super) tag: u8,
    pub(super) body: &'b [u8],
}

/// Packets one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packets<'b>(pub(super) &'b [u8]);

impl<'b> Packets<'b> {
    /// The next packet; `None` at the end, and where the bytes are none: then some are left.
    pub(super) fn take(&mut self) -> Option<Packet<'b>> {
        let (head, rest) = self.0.split_first()?;
        let (tag, length, rest) = match head {
            0xc0.. => {
                let (length, rest) = new_length(rest)?;
                (head & 0x3f, length, rest)
            }
            0x80..0xc0 => {
                let size = match head & 3 {
                    0 => 1,
                    1 => 2,
                    2 => 4,
                    // Of no length: only messages are.
                    _ => return None,
                };
                let (length, rest) = rest.split_at_checked(size)?;
                (head >> 2 & 0xf, big_endian(length), rest)
            }
            _ => return None,
        };
        let (body, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(Packet { tag, body })
    }
}

/// The length of a packet in the new format, or of a subpacket. Packets in several parts, as only messages have, are none here.
fn new_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    match first {
        0..192 => Some((usize::from(*first), rest)),
        192..224 => {
            let (second, rest) = rest.split_first()?;
            Some(((usize::from(*first) - 192) * 256 + usize::from(*second) + 192, rest))
        }
        255 => {
            let (length, rest) = rest.split_at_checked(4)?;
            Some((big_endian(length), rest))
        }
        _ => None,
    }
}

fn big_endian(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

/// A number: its bits in two bytes, and its bytes.
pub(super) fn take_number<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (bits, rest) = bytes.split_at_checked(2)?;
    let (number, rest) = rest.split_at_checked(big_endian(bits).div_ceil(8))?;
    *bytes = rest;
    Some(number)
}

/// Bytes after their number, of two bytes.
pub(super) fn take_block<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (length, rest) = bytes.split_at_checked(2)?;
    let (block, rest) = rest.split_at_checked(big_endian(length))?;
    *bytes = rest;
    Some(block)
}

/// The subpackets of a signature (RFC 4880, section 5.2.3.1).
#[derive(Clone, Copy, Debug)]
pub(super) struct Subpackets<'b>(&'b [u8]);

impl<'b> Subpackets<'b> {
    /// `None` where the bytes are none to their end.
    pub(super) fn of(bytes: &'b [u8]) -> Option<Self> {
        let mut rest = bytes;
        while !rest.is_empty() {
            take_subpacket(&mut rest)?;
        }
        Some(Self(bytes))
    }

    /// The contents of the first one of that type, whether or not it is critical.
    pub(super) fn get(self, wanted: u8) -> Option<&'b [u8]> {
        self.all(wanted).next()
    }

    /// The contents of all of that type.
    pub(super) fn all(mut self, wanted: u8) -> impl Iterator<Item = &'b [u8]> {
        let all = std::iter::from_fn(move || take_subpacket(&mut self.0));
        all.filter(move |(kind, _)| *kind == wanted).map(|(_, contents)| contents)
    }
}

/// Type and contents of the next subpacket.
fn take_subpacket<'b>(bytes: &mut &'b [u8]) -> Option<(u8, &'b [u8])> {
    // Of subpackets, two bytes of length go up to 254.
    let (length, rest) = match *bytes {
        [first @ 224..=254, second, rest @ ..] => {
            ((usize::from(*first) - 192) * 256 + usize::from(*second) + 192, rest)
        }
        bytes => new_length(bytes)?,
    };
    let (subpacket, rest) = rest.split_at_checked(length)?;
    *bytes = rest;
    let (kind, contents) = subpacket.split_first()?;
    Some((kind & 0x7f, contents))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_every_form_are_read() {
        let body = vec![7; 300];
        let with = |head: &[u8], length: usize| [head, &body[..length]].concat();
        for (bytes, tag, length) in [
            (with(&[0x98, 5], 5), 6, 5),
            (with(&[0x99, 1, 44], 300), 6, 300),
            (with(&[0x9a, 0, 0, 1, 44], 300), 6, 300),
            (with(&[0xc6, 191], 191), 6, 191),
            (with(&[0xc6, 192, 0], 192), 6, 192),
            (with(&[0xc6, 192, 108], 300), 6, 300),
            (with(&[0xce, 255, 0, 0, 1, 44], 300), 14, 300),
        ] {
            let mut packets = Packets(&bytes);
            assert_eq!(packets.take(), Some(Packet { tag, body: &body[..length] }), "{:x?}", &bytes[..6]);
            assert!(packets.0.is_empty() && packets.take().is_none());
            // Cut, it is none, and something is left.
            let mut packets = Packets(&bytes[..bytes.len() - 1]);
            assert!(packets.take().is_none() && !packets.0.is_empty());
        }
        for bad in [&[0x9b, 5][..], &[0xc6, 224, 1], &[0x18, 0], &[0x99, 1]] {
            assert!(Packets(bad).take().is_none(), "{bad:x?}");
        }
    }

    #[test]
    fn subpackets_are_found_behind_others() {
        let long = [&[192, 10, 2][..], &[0; 201], &[2, 27 | 0x80, 3, 2, 27, 4]].concat();
        let subpackets = Subpackets::of(&long).unwrap();
        assert_eq!(subpackets.get(27), Some(&[3][..]));
        assert_eq!(subpackets.all(27).collect::<Vec<_>>(), [[3], [4]]);
        assert_eq!(subpackets.get(2).map(<[u8]>::len), Some(201));
        assert_eq!(subpackets.get(3), None);
        for bad in [&[0][..], &[5, 27], &[255, 0, 0, 0], &[2, 27, 2, 0]] {
            assert!(Subpackets::of(bad).is_none(), "{bad:x?}");
        }
    }
}
