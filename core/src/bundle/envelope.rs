//! The envelopes section: each signed payload with its signatures (BUNDLE.md, section 5).

use super::Bundle;
use super::strings::{Str, Strings};
use super::style::Style;
use super::tokens::Reader;
use crate::dsse;
use crate::error::{Code, Error, Result};
use crate::features::{Extra, Features};
use crate::json::{Writer, emit};
use crate::limits::Work;
use crate::members::Offset;
use crate::wire::Input;

// Bits of an envelope's first byte: what follows it.
/// The number of the sublayout that it belongs to.
const HAS_PARENT: u8 = 16;
/// The name of the step for which it is a sublayout.
const HAS_STEP: u8 = 32;

/// How a payload was wrapped when it was signed.
#[derive(Clone, Copy, Debug)]
pub enum Kind<'b> {
    /// in-toto's traditional format: canonical JSON is signed.
    Metablock,
    /// A DSSE envelope: the pre-authentication encoding of the payload's text is signed.
    Dsse {
        /// The envelope's `payloadType`.
        payload_type: Str<'b>,
        /// Length of the payload in bytes.
        payload_length: u32,
        /// How the payload's text is laid out.
        style: Style,
    },
    /// What the host saw when it ran an inspection. Signed by nobody; never in a file.
    Observation,
}

/// One signature of an envelope.
#[derive(Clone, Copy, Debug)]
pub struct Signature<'b> {
    /// The label under which the signer's key is to be found.
    pub keyid: Option<Str<'b>>,
    /// The signature itself; 64 bytes for Ed25519.
    pub bytes: &'b [u8],
}

/// One envelope, its framing checked; its tokens are checked as they are read.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'b> {
    pub(crate) number: u16,
    parent: Extra<u16>,
    step: Extra<Option<Str<'b>>>,
    pub(crate) kind: Kind<'b>,
    pub(crate) strings: &'b Strings<'b>,
    label: Extra<Option<Str<'b>>>,
    signature_count: u32,
    signatures: Input<'b>,
    patches: Extra<Patches<'b>>,
    pub(crate) tokens: &'b [u8],
}

/// Buffers that rebuilding a text needs.
#[derive(Debug)]
pub struct Scratch<'s> {
    /// Holds the longest path.
    pub path: &'s mut [u8],
    /// Gathers bytes before they are handed on; of any length, at best [`crate::limits::CHUNK`] or more.
    pub chunk: &'s mut [u8],
}

impl<'b> Envelope<'b> {
    #[inline(never)]
    fn read(number: u16, body: &'b [u8], strings: &'b Strings<'b>) -> Result<Self> {
        let damaged = || Error::new(Code::BundleEnvelope).in_envelope(number);
        let Work { signatures: most_signatures, tokens: most_tokens, .. } = strings.features().work();
        let mut input = Input::new(body);
        let kind = input.byte()?;
        if kind & (HAS_PARENT | HAS_STEP) != 0 {
            strings.need(Features::SUBLAYOUTS).map_err(|error| error.in_envelope(number))?;
        }
        let parent = if kind & HAS_PARENT == 0 { 0 } else { take_parent(&mut input, number)? };
        let step = if kind & HAS_STEP == 0 { None } else { Some(strings.get(input.varint()?)?) };
        let label = reference(&mut input, strings, usize::MAX)?;
        let signature_count = input.varint()?;
        if signature_count > *most_signatures {
            return Err(Error::new(Code::LimitSignatures).in_envelope(number));
        }
        let signatures = input;
        for _ in 0..signature_count {
            // Each envelope is read many times, and a label may be long.
            take_signature(&mut input, strings, 0)?;
        }
        let mut patches = Patches::NONE;
        let kind = match kind & !(HAS_PARENT | HAS_STEP) {
            0 => Kind::Metablock,
            1 => {
                let payload_type = strings.get(input.varint()?)?;
                let payload_length = input.varint()?;
                let style = Style::take(&mut input, strings).map_err(|error| error.in_envelope(number))?;
                patches = Patches::take(&mut input, strings).map_err(|error| error.in_envelope(number))?;
                Kind::Dsse { payload_type, payload_length, style }
            }
            2 if cfg!(feature = "observations") && signature_count == 0 => Kind::Observation,
            _ => return Err(damaged()),
        };
        if input.len() > *most_tokens as usize {
            return Err(Error::new(Code::LimitProfile).in_envelope(number));
        }
        Ok(Self {
            number,
            parent: Extra::new(parent),
            step: Extra::new(step),
            kind,
            strings,
            label: Extra::new(label),
            signature_count,
            signatures,
            patches: Extra::new(patches),
            tokens: input.rest(),
        })
    }

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
        self.signed_text(bundle, scratch, bundle.text_limit(), sink)
    }

    /// The same where the text may have no more than `limit` bytes.
    pub(crate) fn signed_text(
        &self,
        bundle: &'b Bundle<'b>,
        scratch: &mut Scratch<'_>,
        limit: u32,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<()> {
        if let Kind::Dsse { payload_type, payload_length, .. } = self.kind {
            dsse::write_header(&mut Writer::new(scratch.chunk, sink), payload_type, payload_length);
        }
        self.text(bundle, scratch, limit, sink)
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
        self.text(bundle, scratch, bundle.text_limit(), sink)
    }

    fn text(
        &self,
        bundle: &'b Bundle<'b>,
        scratch: &mut Scratch<'_>,
        limit: u32,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<()> {
        let style = match self.kind {
            Kind::Dsse { style, .. } => style,
            Kind::Metablock | Kind::Observation => Style::CANONICAL,
        };
        let mut out = Writer::with_limit(scratch.chunk, limit, sink);
        emit(Reader::of(self), bundle, style, self.patches.get().unwrap_or(Patches::NONE), scratch.path, &mut out)
            .map_err(|error| error.in_envelope(self.number))?;
        out.flush();
        match self.kind {
            Kind::Dsse { payload_length, .. } if out.total() != Some(payload_length) => {
                Err(Error::new(Code::BundlePayloadLength).in_envelope(self.number))
            }
            _ => Ok(()),
        }
    }

    /// A reader that stands before the value at `offset` of the payload.
    pub(crate) fn reader_at(&self, offset: Offset) -> Reader<'b> {
        Reader::new(self.strings, self.tokens, offset.get())
    }

    /// Its number in the bundle; 0 is the layout.
    #[must_use]
    pub const fn number(&self) -> u16 {
        self.number
    }

    /// The number of the layout's envelope that it is evidence for: 0 for the root layout, otherwise a sublayout's.
    #[must_use]
    pub fn parent(&self) -> u16 {
        self.parent.get().unwrap_or(0)
    }

    /// The step that it is evidence for, where its payload does not say that: sublayouts do not know which step they stand for. Like all
    /// that the packer adds this is not to be believed: who signed the sublayout must be allowed to carry out the step.
    #[must_use]
    pub fn step(&self) -> Option<Str<'b>> {
        self.step.get().flatten()
    }

    /// How the payload was wrapped.
    #[must_use]
    pub const fn kind(&self) -> Kind<'b> {
        self.kind
    }

    /// Was it signed as in-toto metadata? A Metablock always was; a DSSE envelope says it.
    pub(crate) fn is_in_toto(&self) -> bool {
        match self.kind {
            Kind::Dsse { payload_type, .. } => payload_type.is(dsse::IN_TOTO),
            Kind::Metablock | Kind::Observation => true,
        }
    }

    /// May a signature of this envelope be by the key whose label `is_label` knows?
    pub(crate) fn may_be_by(&self, signature: &Signature<'b>, is_label: impl FnOnce(Str<'b>) -> bool) -> bool {
        match signature.keyid {
            Some(keyid) => is_label(keyid),
            // DSSE key ids are optional hints; a Metablock signature needs one.
            None => matches!(self.kind, Kind::Dsse { .. }),
        }
    }

    /// The file name to unpack to, where it does not follow from the payload.
    #[must_use]
    pub fn label(&self) -> Option<Str<'b>> {
        self.label.get().flatten()
    }

    /// Bytes that the payload's tokens take.
    #[must_use]
    pub const fn token_bytes(&self) -> usize {
        self.tokens.len()
    }

    /// How many formatting patches the payload's text needs.
    #[must_use]
    pub fn patch_count(&self) -> u32 {
        self.patches.get().map_or(0, |patches| patches.left)
    }

    /// The signatures, in the order of the file.
    pub fn signatures(&self) -> impl Iterator<Item = Signature<'b>> + use<'b> {
        let (mut input, strings) = (self.signatures, self.strings);
        // Read once already by `read`, so that no error can be left.
        (0..self.signature_count).map_while(move |_| take_signature(&mut input, strings, usize::MAX).ok())
    }
}

/// Parents stand before their children, so that no envelope can be its own ancestor.
fn take_parent(input: &mut Input<'_>, number: u16) -> Result<u16> {
    match u16::try_from(input.varint()?) {
        Ok(parent) if parent > 0 && parent < number => Ok(parent),
        _ => Err(Error::new(Code::BundleEnvelope).in_envelope(number)),
    }
}

/// A string that may be missing; empty where it has more than `most` bytes.
fn reference<'b>(input: &mut Input<'b>, strings: &'b Strings<'b>, most: usize) -> Result<Option<Str<'b>>> {
    input.varint()?.checked_sub(1).map(|reference| strings.get_within(reference, most)).transpose()
}

fn take_signature<'b>(input: &mut Input<'b>, strings: &'b Strings<'b>, most: usize) -> Result<Signature<'b>> {
    let keyid = reference(input, strings, most)?;
    let length = input.length()?;
    Ok(Signature { keyid, bytes: input.take(length)? })
}

/// The envelopes of a bundle, in order.
#[derive(Clone, Debug)]
pub struct Envelopes<'b> {
    pub(super) input: Input<'b>,
    pub(super) strings: &'b Strings<'b>,
    pub(super) next: u16,
    pub(super) count: u16,
}

impl<'b> Iterator for Envelopes<'b> {
    type Item = Result<Envelope<'b>>;

    fn next(&mut self) -> Option<Self::Item> {
        let number = self.next;
        if number >= self.count {
            return None;
        }
        self.next = number.saturating_add(1);
        let body = self.input.length().and_then(|length| self.input.take(length));
        Some(body.and_then(|body| Envelope::read(number, body, self.strings)))
    }
}

/// One place where the text does not follow its style.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patch<'b> {
    /// Lexical tokens from the one that the patch before is for to the one that this is for.
    pub(crate) skip: u32,
    pub(crate) kind: PatchKind,
    pub(crate) bytes: &'b [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PatchKind {
    Space,
    String,
}

/// The patches that are left (BUNDLE.md, section 5.2).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patches<'b> {
    left: u32,
    input: Input<'b>,
}

impl<'b> Patches<'b> {
    pub(crate) const NONE: Self = Self { left: 0, input: Input::new(&[]) };

    /// Takes all patches from `input`, checking that they can be read.
    fn take(input: &mut Input<'b>, strings: &Strings<'_>) -> Result<Self> {
        let left = input.varint()?;
        if left > 0 {
            strings.need(Features::PATCHES)?;
        }
        let all = Self { left, input: *input };
        let mut patches = all;
        while patches.next()?.is_some() {}
        *input = patches.input;
        Ok(all)
    }

    pub(crate) fn next(&mut self) -> Result<Option<Patch<'b>>> {
        let Some(left) = self.left.checked_sub(1).filter(|_| Features::BUILD.has(Features::PATCHES)) else {
            return Ok(None);
        };
        self.left = left;
        let skip = self.input.varint()?;
        let head = self.input.length()?;
        let bytes = self.input.take(head >> 1)?;
        let kind = if head & 1 == 0 { PatchKind::Space } else { PatchKind::String };
        if kind == PatchKind::Space && !bytes.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
            return Err(Code::BundlePatch.into());
        }
        Ok(Some(Patch { skip, kind, bytes }))
    }
}
