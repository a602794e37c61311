//! What was signed of an envelope: its payload's text, and DSSE's frame around it.

use super::dsse;
use super::emit::emit;
use super::writer::Writer;
use crate::bundle::{Bundle, Envelope, Kind, Reader, Scratch, Style};
use crate::error::{Code, Error, Result};

impl<'b> Envelope<'b> {
    /// Hands the exact bytes that were signed to `sink`: canonical JSON, or the DSSE pre-authentication encoding.
    ///
    /// # Errors
    /// A code of class `bundle` where the tokens are damaged. `sink` may have seen bytes by then.
    pub fn signed_bytes(
        &self,
        bundle: &'b Bundle<'b>,
        scratch: &mut Scratch<'_>,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<()> {
        self.signed_text(bundle, scratch, bundle.text_limit(), &mut None, sink)
    }

    /// The same where the text may take no more than a text of `limit` bytes; `spent` says what it took, also where
    /// it is refused: `None` where that was more.
    pub(crate) fn signed_text(
        &self,
        bundle: &'b Bundle<'b>,
        scratch: &mut Scratch<'_>,
        limit: u32,
        spent: &mut Option<u32>,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<()> {
        if let Kind::Dsse { payload_type, payload_length, .. } = self.kind {
            dsse::write_header(&mut Writer::new(scratch.chunk, sink), payload_type, payload_length);
        }
        self.text(bundle, scratch, limit, spent, sink)
    }

    /// Hands the payload's text to `sink`: canonical JSON, or the text that a DSSE envelope holds.
    ///
    /// # Errors
    /// As [`Self::signed_bytes`].
    pub fn payload(
        &self,
        bundle: &'b Bundle<'b>,
        scratch: &mut Scratch<'_>,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<()> {
        self.text(bundle, scratch, bundle.text_limit(), &mut None, sink)
    }

    /// The same where the text may have no more than `most` bytes, if that is less than any text may have.
    ///
    /// # Errors
    /// As [`Self::payload`]; [`Code::LimitText`] where it is longer.
    pub fn payload_within(
        &self,
        bundle: &'b Bundle<'b>,
        scratch: &mut Scratch<'_>,
        most: u32,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<()> {
        self.text(bundle, scratch, bundle.text_limit().min(most), &mut None, sink)
    }

    fn text(
        &self,
        bundle: &'b Bundle<'b>,
        scratch: &mut Scratch<'_>,
        limit: u32,
        spent: &mut Option<u32>,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<()> {
        let style = match self.kind {
            Kind::Dsse { style, .. } => style,
            Kind::Metablock | Kind::Observation => Style::CANONICAL,
        };
        let mut out = Writer::with_limit(scratch.chunk, limit, sink);
        let emitted = emit(Reader::of(self), bundle, style, self.patches(), scratch.path, &mut out);
        *spent = if out.is_over() { None } else { Some(out.spent()) };
        emitted.map_err(|error| error.in_envelope(self.number()))?;
        out.flush();
        match self.kind {
            Kind::Dsse { payload_length, .. } if out.total() != Some(payload_length) => {
                Err(Error::new(Code::BundlePayloadLength).in_envelope(self.number()))
            }
            _ => Ok(()),
        }
    }
}
