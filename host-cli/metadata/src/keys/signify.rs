//! Public keys of minisign and signify: a line with a comment, and one with base64 of `Ed`, 8 bytes of key number and the 32 bytes of an
//! Ed25519 key (minisign(1); signify(1)). minisign also shows its keys as the second line alone.
//!
//! The number tells signatures of several keys apart. It has no part in in-toto's key ids.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::private_form::PrivateForm;
use super::{only_line, without_line_ends};

const COMMENT: &str = "untrusted comment: ";
const ALGORITHM: [u8; 2] = *b"Ed";
/// Bytes of a public key: algorithm, number, key.
const LENGTH: usize = 2 + 8 + 32;
/// Bytes of a signature: algorithm, number, signature.
const SIGNATURE: usize = 2 + 8 + 64;

/// What is wrong with a file that looks like a key of minisign or signify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignifyFault {
    /// The first two bytes name another algorithm.
    Algorithm([u8; 2]),
    /// A signature.
    Signature,
    /// More than the two lines.
    Lines,
    /// Not the base64 of so many bytes.
    Malformed,
}

/// Is this the form of a minisign or signify key?
pub(super) fn looks_like(text: &str) -> bool {
    // Alone, the line is told from any other text by its length, or by what a key's first two bytes come to.
    text.starts_with(COMMENT)
        || only_line(text).and_then(decode).is_some_and(|bytes| bytes.len() == LENGTH || bytes.starts_with(&ALGORITHM))
}

/// A secret key of minisign or signify: it has the same form, and is longer than a signature. Behind its algorithm stands how it is encrypted: `Sc` or nothing by
/// minisign, `BK` by signify.
pub(super) fn secret(text: &str) -> Option<PrivateForm> {
    let bytes = text.strip_prefix(COMMENT).and_then(|text| text.lines().nth(1)).and_then(decode)?;
    if bytes.len() <= SIGNATURE || !bytes.starts_with(&ALGORITHM) {
        return None;
    }
    Some(if bytes.get(2..4) == Some(b"BK") { PrivateForm::Signify } else { PrivateForm::Minisign })
}

/// Reads the one key of a file that [`looks_like`] one.
pub(super) fn read(text: &str) -> Result<[u8; 32], SignifyFault> {
    let line = match text.strip_prefix(COMMENT) {
        None => only_line(text).ok_or(SignifyFault::Lines)?,
        Some(text) => {
            let (_, rest) = text.split_once('\n').ok_or(SignifyFault::Malformed)?;
            match only_line(rest) {
                Some(line) => line,
                None if rest.lines().next().and_then(decode).is_some_and(|bytes| bytes.len() == SIGNATURE) => {
                    return Err(SignifyFault::Signature);
                }
                None => return Err(SignifyFault::Lines),
            }
        }
    };
    let bytes = decode(line).ok_or(SignifyFault::Malformed)?;
    if bytes.len() == SIGNATURE {
        return Err(SignifyFault::Signature);
    }
    let bytes: [u8; LENGTH] = bytes.try_into().map_err(|_| SignifyFault::Malformed)?;
    let ([first, second, ..], Some(key)) = (&bytes, bytes.last_chunk::<32>()) else {
        return Err(SignifyFault::Malformed);
    };
    if [*first, *second] == ALGORITHM { Ok(*key) } else { Err(SignifyFault::Algorithm([*first, *second])) }
}

fn decode(line: &str) -> Option<Vec<u8>> {
    STANDARD.decode(without_line_ends(line)).ok()
}
