//! DSSE's pre-authentication encoding (DSSE protocol 1.0.2, section "Signature definition").

use super::emit::decimal;
use super::writer::Writer;
use crate::bundle::Str;

/// Writes `DSSEv1 SP len(type) SP type SP len(payload) SP`; the payload itself follows.
pub(crate) fn write_header(out: &mut Writer<'_>, payload_type: Str<'_>, payload_length: u32) {
    let type_length = u32::try_from(payload_type.len()).unwrap_or(u32::MAX);
    out.write(b"DSSEv1 ");
    out.write(decimal(type_length, &mut [0; 10]));
    out.write(b" ");
    match payload_type.utf8() {
        Some(text) => out.write(text),
        None => payload_type.bytes().for_each(|byte| out.write(&[byte])),
    }
    out.write(b" ");
    out.write(decimal(payload_length, &mut [0; 10]));
    out.write(b" ");
    out.flush();
}
