//! Base64 of bytes that come piece by piece.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Bytes that are encoded at once; three bytes give four characters.
const PIECE: usize = 3 * 1024;

/// What has come and was not encoded yet.
#[derive(Default)]
pub(super) struct Base64 {
    pending: Vec<u8>,
    text: String,
}

impl Base64 {
    /// Encodes the next bytes, as far as they fill a piece.
    pub(super) fn push(&mut self, mut bytes: &[u8], out: &mut dyn FnMut(&[u8])) {
        while let Some((first, rest)) = bytes.split_at_checked(PIECE - self.pending.len()) {
            self.pending.extend_from_slice(first);
            self.encode(out);
            bytes = rest;
        }
        self.pending.extend_from_slice(bytes);
    }

    /// Encodes what is left, with padding.
    pub(super) fn finish(mut self, out: &mut dyn FnMut(&[u8])) {
        self.encode(out);
    }

    fn encode(&mut self, out: &mut dyn FnMut(&[u8])) {
        self.text.clear();
        STANDARD.encode_string(&self.pending, &mut self.text);
        out(self.text.as_bytes());
        self.pending.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_give_the_text_of_the_whole() {
        let bytes: Vec<u8> = (0..3 * PIECE + 100).map(|number| (number % 251) as u8).collect();
        for length in [0, 1, 2, 3, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, bytes.len()] {
            for piece in [1, 7, 512, PIECE, 2 * PIECE + 1] {
                let (mut text, mut base64) = (Vec::new(), Base64::default());
                let mut out = |part: &[u8]| text.extend_from_slice(part);
                bytes[..length].chunks(piece).for_each(|part| base64.push(part, &mut out));
                base64.finish(&mut out);
                assert_eq!(text, STANDARD.encode(&bytes[..length]).into_bytes(), "{length} in pieces of {piece}");
            }
        }
    }
}
