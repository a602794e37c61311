//! ASCII armor (RFC 4880, section 6.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END: &str = "-----END PGP PUBLIC KEY BLOCK-----";

/// Does the text begin as a public key in armor does?
#[must_use]
pub fn is_armored(text: &str) -> bool {
    text.trim_start().starts_with(BEGIN)
}

/// The bytes of the one public key block that is all of the text; `None` where it is something else.
///
/// Its checksum is not looked at: it only finds errors of transport, and what they change is no key, or another.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let inner = text.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
    // Headers such as `Version: ...`, up to an empty line.
    let mut lines = inner.lines().map(str::trim).skip(1).skip_while(|line| line.contains(':')).peekable();
    lines.next_if(|line| line.is_empty());
    let body: String = lines.take_while(|line| !line.starts_with('=')).collect();
    STANDARD.decode(body).ok()
}
