//! DSSE's pre-authentication encoding (DSSE protocol 1.0.2, section "Signature definition").

use crate::bundle::Str;
use crate::json::{Writer, decimal};

/// The payload type of in-toto layouts and links.
pub(crate) const IN_TOTO: &str = "application/vnd.in-toto+json";

/// Writes `DSSEv1 SP len(type) SP type SP len(payload) SP`; the payload itself follows.
pub(crate) fn write_header(out: &mut Writer<'_>, payload_type: Str<'_>, payload_length: u32) {
    let type_length = u32::try_from(payload_type.len()).unwrap_or(u32::MAX);
    out.write(b"DSSEv1 ");
    out.write(decimal(type_length, &mut [0; 10]));
    out.write(b" ");
    match payload_type.text() {
        Some(text) => out.write(text.as_bytes()),
        None => payload_type.bytes().for_each(|byte| out.write(&[byte])),
    }
    out.write(b" ");
    out.write(decimal(payload_length, &mut [0; 10]));
    out.write(b" ");
    out.flush();
}
