//! The envelopes section: each signed payload with its signatures (BUNDLE.md, section 5).

use super::forms::Extra;
use super::strings::{Str, Strings, check_name};
use super::style::Style;
use super::tokens::Reader;
use crate::error::{Code, Error, Result};
use crate::features::Features;
use crate::limits::Work;
use crate::wire::{Index, Input, Offset};

/// Envelopes between two entries of the index.
const BLOCK: u16 = 16;

// Bits of an envelope's first byte: what follows it.
/// The number of the sublayout that it belongs to.
const HAS_PARENT: u8 = 16;
/// The name of the step for which it is a sublayout.
const HAS_STEP: u8 = 32;
/// Of each signature, whether it is one of OpenPGP.
const HAS_OPENPGP: u8 = 64;

/// The payload type of in-toto layouts and links.
const IN_TOTO: &str = "application/vnd.in-toto+json";

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
    /// Is it of OpenPGP? Then the bytes are as BUNDLE.md, section 5.4, says.
    pub is_openpgp: bool,
}

/// One envelope, its frame checked; its tokens are checked as they are read.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'b> {
    number: u16,
    parent: Extra<u16>,
    step: Extra<Option<Str<'b>>>,
    pub(crate) kind: Kind<'b>,
    strings: &'b Strings<'b>,
    label: Extra<Option<Str<'b>>>,
    signature_count: u32,
    has_openpgp: Extra<bool>,
    signatures: Input<'b>,
    patches: Extra<Patches<'b>>,
    tokens: &'b [u8],
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
    fn read(number: u16, body: &'b [u8], strings: &'b Strings<'b>) -> Result<Self> {
        let damaged = || Error::new(Code::BundleEnvelope).in_envelope(number);
        let mut input = Input::new(body);
        let kind = input.byte()?;
        if kind & (HAS_PARENT | HAS_STEP) != 0 {
            strings.need(Features::SUBLAYOUTS).map_err(|error| error.in_envelope(number))?;
        }
        let has_openpgp = kind & HAS_OPENPGP != 0;
        if has_openpgp {
            strings.need(Features::OPENPGP).map_err(|error| error.in_envelope(number))?;
        }
        let parent = if kind & HAS_PARENT == 0 { 0 } else { take_parent(&mut input, number)? };
        let step = if kind & HAS_STEP == 0 { None } else { Some(strings.get(input.varint()?)?) };
        let label = take_optional(&mut input, strings)?;
        let signature_count = input.varint()?;
        if signature_count > strings.features().work().signatures {
            return Err(Error::new(Code::LimitSignatures).in_envelope(number));
        }
        let signatures = input;
        for _ in 0..signature_count {
            skip_signature(&mut input, has_openpgp)?;
        }
        let mut patches = Patches::NONE;
        let kind = match kind & !(HAS_PARENT | HAS_STEP) {
            0 | HAS_OPENPGP => Kind::Metablock,
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
        Ok(Self {
            number,
            parent: Extra::new(parent),
            step: Extra::new(step),
            kind,
            strings,
            label: Extra::new(label),
            signature_count,
            has_openpgp: Extra::new(has_openpgp),
            signatures,
            patches: Extra::new(patches),
            tokens: input.rest(),
        })
    }

    /// Checks once, when the bundle is opened, what the packer says beside the frame: names of a length that may stand many times, key ids that are there,
    /// patches that can be read.
    pub(super) fn check(&self) -> Result<()> {
        let payload_type = match self.kind {
            Kind::Dsse { payload_type, .. } => Some(payload_type),
            Kind::Metablock | Kind::Observation => None,
        };
        [payload_type, self.step(), self.label()].into_iter().flatten().try_for_each(check_name)?;
        let mut signatures = self.signatures;
        for _ in 0..self.signature_count {
            take_signature(&mut signatures, self.strings, self.has_openpgp())?.keyid.map_or(Ok(()), check_name)?;
        }
        let mut patches = self.patches();
        while patches.next()?.is_some() {}
        Ok(())
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
            Kind::Dsse { payload_type, .. } => payload_type.is(IN_TOTO),
            Kind::Metablock | Kind::Observation => true,
        }
    }

    fn has_openpgp(&self) -> bool {
        self.has_openpgp.get().unwrap_or(false)
    }

    /// The maxima of the work that a verification may take.
    pub(crate) const fn work(&self) -> &'static Work {
        self.strings.features().work()
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
        let mut patches = self.patches();
        // Read once already by `check`, so that no error can be left.
        core::iter::from_fn(|| patches.next().ok().flatten()).fold(0, |count, _| count.saturating_add(1))
    }

    /// The formatting patches of the payload's text.
    pub(crate) fn patches(&self) -> Patches<'b> {
        self.patches.get().unwrap_or(Patches::NONE)
    }

    /// The signatures, in the order of the file.
    pub fn signatures(&self) -> impl Iterator<Item = Signature<'b>> + use<'b> {
        let (mut input, strings, has_openpgp) = (self.signatures, self.strings, self.has_openpgp());
        // Read once already by `check`, so that no error can be left.
        (0..self.signature_count).map_while(move |_| take_signature(&mut input, strings, has_openpgp).ok())
    }
}

impl<'b> Reader<'b> {
    /// Reads the payload of an envelope.
    #[must_use]
    pub fn of(envelope: &Envelope<'b>) -> Self {
        Self::new(envelope.strings, envelope.tokens, 0)
    }
}

/// Parents stand before their children, so that no envelope can be its own ancestor.
fn take_parent(input: &mut Input<'_>, number: u16) -> Result<u16> {
    match u16::try_from(input.varint()?) {
        Ok(parent) if parent > 0 && parent < number => Ok(parent),
        _ => Err(Error::new(Code::BundleEnvelope).in_envelope(number)),
    }
}

/// A string that may be missing.
fn take_optional<'b>(input: &mut Input<'b>, strings: &'b Strings<'b>) -> Result<Option<Str<'b>>> {
    input.varint()?.checked_sub(1).map(|reference| strings.get(reference)).transpose()
}

fn take_signature<'b>(input: &mut Input<'b>, strings: &'b Strings<'b>, has_openpgp: bool) -> Result<Signature<'b>> {
    let keyid = take_optional(input, strings)?;
    let (length, is_openpgp) = signature_head(input, has_openpgp)?;
    Ok(Signature { keyid, bytes: input.take(length)?, is_openpgp })
}

/// How many bytes a signature has, and whether it is of OpenPGP.
fn signature_head(input: &mut Input<'_>, has_openpgp: bool) -> Result<(usize, bool)> {
    let head = input.length()?;
    Ok(if has_openpgp { (head >> 1, head & 1 == 1) } else { (head, false) })
}

/// Reads past a signature: envelopes are looked up far more often than anybody asks who signed them.
fn skip_signature(input: &mut Input<'_>, has_openpgp: bool) -> Result<()> {
    input.varint()?;
    let (length, _) = signature_head(input, has_openpgp)?;
    input.take(length).map(|_| ())
}

/// The envelopes section: where each envelope lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section<'b> {
    count: u16,
    /// A boot loader's bundles have one block.
    index: Extra<Index<'b>>,
    entries: &'b [u8],
}

impl<'b> Section<'b> {
    /// Reads the section's table. Its envelopes are unchecked until [`Self::check`].
    pub(super) fn open(section: &'b [u8], work: &Work) -> Result<Self> {
        let mut input = Input::new(section);
        let count = u16::try_from(input.varint()?).map_err(|_| Code::LimitEnvelopes)?;
        if count > work.envelopes {
            return Err(Code::LimitEnvelopes.into());
        }
        let index = Extra::read(|| Index::take(&mut input, section.len(), count.into(), BLOCK.into()))?;
        Ok(Self { count, index, entries: input.rest() })
    }

    /// Checks all envelopes up to their tokens, and that the index says where the blocks are.
    pub(super) fn check(&self, strings: &Strings<'_>) -> Result<()> {
        let mut input = Input::new(self.entries);
        for number in 0..self.count {
            let offset = self.entries.len().saturating_sub(input.len());
            let block = self.index.get().filter(|_| number.is_multiple_of(BLOCK));
            if block.is_some_and(|index| index.offset(u32::from(number / BLOCK)) != Some(offset)) {
                return Err(Error::new(Code::BundleEnvelope).in_envelope(number));
            }
            let envelope = Envelope::read(number, take_body(&mut input)?, strings)?;
            envelope.check().map_err(|error| error.in_envelope(number))?;
        }
        if input.is_empty() { Ok(()) } else { Err(Code::BundleTrailing.into()) }
    }

    pub(super) const fn count(&self) -> u16 {
        self.count
    }

    /// Envelope `number`, in the same time whatever the number is.
    #[inline(never)]
    pub(super) fn get(&self, number: u16, strings: &'b Strings<'b>) -> Result<Envelope<'b>> {
        if number >= self.count {
            return Err(Code::BundleEnvelope.into());
        }
        let start = match self.index.get() {
            Some(index) => index.offset(u32::from(number / BLOCK)).ok_or(Code::BundleEnvelope)?,
            None => 0,
        };
        let mut input = Input::new(self.entries.get(start..).ok_or(Code::BundleEnvelope)?);
        for _ in 0..number % BLOCK {
            take_body(&mut input)?;
        }
        Envelope::read(number, take_body(&mut input)?, strings)
    }
}

fn take_body<'b>(input: &mut Input<'b>) -> Result<&'b [u8]> {
    let length = input.length()?;
    input.take(length)
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
    input: Input<'b>,
}

impl<'b> Patches<'b> {
    pub(crate) const NONE: Self = Self { input: Input::new(&[]) };

    /// Takes all patches from `input`.
    fn take(input: &mut Input<'b>, strings: &Strings<'_>) -> Result<Self> {
        let length = input.length()?;
        if length > 0 {
            strings.need(Features::PATCHES)?;
        }
        Ok(Self { input: Input::new(input.take(length)?) })
    }

    pub(crate) fn next(&mut self) -> Result<Option<Patch<'b>>> {
        if self.input.is_empty() || !Features::BUILD.has(Features::PATCHES) {
            return Ok(None);
        }
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
