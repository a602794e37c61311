//! Files that are no keys of any form that is read, as far as they are worth telling apart: people give what they have.

use super::{KeyFileFault, PrivateForm};
use crate::keys::host_key::HostKey;

/// What a text is that has none of the forms of keys.
pub(super) fn text(text: &str) -> KeyFileFault {
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let starts = |what: &str| start.get(..what.len()).is_some_and(|start| start.eq_ignore_ascii_case(what));
    if start.is_empty() {
        KeyFileFault::Empty
    } else if starts("<!doctype html") || starts("<html") {
        KeyFileFault::Html
    } else if starts("PuTTY-User-Key-File-") {
        KeyFileFault::Private(PrivateForm::Putty)
    } else if text.lines().any(|line| line.starts_with("AGE-SECRET-KEY-") || line.starts_with("age1")) {
        KeyFileFault::Age
    } else {
        KeyFileFault::NoForm
    }
}

/// What bytes are that are no text.
pub(super) fn binary(bytes: &[u8]) -> KeyFileFault {
    if HostKey::from_der(bytes).is_ok() {
        return KeyFileFault::Der;
    }
    // A certificate begins with its version or its number inside two sequences (RFC 5280, section 4.1).
    match bytes {
        [0x30, 0x82, _, _, 0x30, 0x82, _, _, 0xa0 | 0x02, ..] => KeyFileFault::DerCertificate,
        _ => KeyFileFault::NoForm,
    }
}
