//! The bundle format (BUNDLE.md): one file with a layout, its links and their signatures.
//!
//! Everything is read in place. [`Bundle::open`] checks the framing and the shared tables once; tokens are checked whenever they
//! are read, because they are read only in order. Nothing here writes: what rebuilds a payload's text from its tokens is `text`.

mod artifacts;
mod digests;
mod envelope;
mod forms;
mod joined;
mod strings;
mod style;
mod templates;
mod tokens;
mod unread;
mod words;

pub use artifacts::{Artifacts, PathCursor};
pub use digests::DigestSet;
use envelope::Section;
pub use envelope::{Envelope, Kind, Scratch, Signature};
pub(crate) use envelope::{Patch, PatchKind, Patches};
pub(crate) use forms::{Extra, hex_bytes};
pub(crate) use strings::{Stored, check_name};
pub use strings::{Str, Strings};
pub use style::{Escapes, Indent, Style};
pub use templates::{Piece, TEMPLATE_COUNT, template_piece};
pub use tokens::{ArtifactRuns, Event, Form, Number, Reader, Run};
pub use unread::Unread;
pub use words::{HOT_WORDS, WORDS};
pub(crate) use words::{Name, names};

#[cfg(feature = "observations")]
use crate::error::Error;
use crate::error::{Code, Result};
use crate::features::Features;
use crate::limits::{TEXT_BASE, TEXT_RATIO};
use crate::wire::Input;

/// The first bytes of every bundle.
pub const MAGIC: [u8; 4] = *b"SITR";

/// The format version that this crate reads.
pub const VERSION: u8 = 1;

/// What follows the magic and the version (BUNDLE.md, section 2).
#[derive(Clone, Copy, Debug)]
struct Header {
    profile: u8,
    strings: u32,
    artifacts: u32,
    envelopes: u32,
}

/// A bundle whose framing, strings and artifacts have been checked. What is read from it borrows it.
#[derive(Clone, Debug)]
pub struct Bundle<'b> {
    header: Header,
    artifacts: Artifacts<'b>,
    envelopes: Section<'b>,
}

impl<'b> Bundle<'b> {
    /// Reads and checks a bundle. `path` is a buffer for its longest path; its length is the limit for paths.
    ///
    /// # Errors
    /// A code of class `bundle`, or `limit-path` and other limits, where `bytes` is not what BUNDLE.md describes.
    pub fn open(bytes: &'b [u8], path: &mut [u8]) -> Result<Self> {
        Self::open_for(Features::BUILD, bytes, path)
    }

    /// As [`Self::open`], for a verifier that can do no more than `features` ([`crate::limits::Limits::features`]).
    ///
    /// # Errors
    /// As [`Self::open`]; [`Code::LimitProfile`] for what the features leave out, here or wherever it is met later.
    pub fn open_for(features: Features, bytes: &'b [u8], path: &mut [u8]) -> Result<Self> {
        let bundle = Self::read(features, bytes, path)?;
        // Where there are no observations, an envelope that says it is one is damaged.
        #[cfg(feature = "observations")]
        for envelope in bundle.envelopes() {
            let envelope = envelope?;
            if matches!(envelope.kind(), Kind::Observation) {
                return Err(Error::new(Code::BundleEnvelope).in_envelope(envelope.number()));
            }
        }
        Ok(bundle)
    }

    /// As [`Self::open`], for a bundle that the caller made in memory with what it observed when it ran the layout's inspections. Nobody
    /// signs observations: bytes from anywhere else must never come here.
    ///
    /// # Errors
    /// As [`Self::open`].
    #[cfg(feature = "observations")]
    pub fn open_with_observations(bytes: &'b [u8], path: &mut [u8]) -> Result<Self> {
        Self::read(Features::BUILD, bytes, path)
    }

    fn read(features: Features, bytes: &'b [u8], path: &mut [u8]) -> Result<Self> {
        let rest = bytes.strip_prefix(&MAGIC).ok_or(Code::BundleMagic)?;
        let (version, rest) = rest.split_first().ok_or(Code::BundleTruncated)?;
        if *version != VERSION {
            return Err(Code::BundleVersion.into());
        }
        let mut input = Input::new(rest);
        let header = Header {
            profile: input.byte()?,
            strings: input.varint()?,
            artifacts: input.varint()?,
            envelopes: input.varint()?,
        };
        let strings = Strings::open(input.take(header.strings as usize)?, features)?;
        let artifacts = Artifacts::open(input.take(header.artifacts as usize)?, strings)?;
        let envelopes = input.take(header.envelopes as usize)?;
        if !input.is_empty() {
            return Err(Code::BundleTrailing.into());
        }
        let envelopes = Section::open(envelopes, features.work())?;
        let mut bundle = Self { header, artifacts, envelopes };
        let found = bundle.artifacts.check(path)?;
        bundle.artifacts.found(found);
        bundle.envelopes.check(bundle.strings())?;
        Ok(bundle)
    }

    /// A cursor over the paths of all artifacts, before the first. `path` is a buffer for the longest path.
    pub fn paths<'a, 's>(&'a self, path: &'s mut [u8]) -> PathCursor<'a, 's> {
        PathCursor::new(&self.artifacts, path)
    }

    /// Number of the profile that the bundle was packed for ([`crate::limits::Limits::profile`]); 0 for none.
    #[must_use]
    pub const fn profile(&self) -> u8 {
        self.header.profile
    }

    /// Lengths in bytes of the three sections: strings, artifacts, envelopes.
    #[must_use]
    pub const fn section_lengths(&self) -> [u32; 3] {
        [self.header.strings, self.header.artifacts, self.header.envelopes]
    }

    /// The longest text that a payload may have.
    pub(crate) const fn text_limit(&self) -> u32 {
        self.length().saturating_mul(TEXT_RATIO).saturating_add(TEXT_BASE)
    }

    /// Bytes of all sections.
    pub(crate) const fn length(&self) -> u32 {
        let [strings, artifacts, envelopes] = self.section_lengths();
        strings.saturating_add(artifacts).saturating_add(envelopes)
    }

    /// The strings section.
    #[must_use]
    pub const fn strings(&self) -> &Strings<'b> {
        self.artifacts.strings()
    }

    /// The artifacts section.
    #[must_use]
    pub const fn artifacts(&self) -> &Artifacts<'b> {
        &self.artifacts
    }

    /// The envelopes, the layout first.
    #[must_use]
    pub fn envelopes(&self) -> impl DoubleEndedIterator<Item = Result<Envelope<'_>>> + Clone {
        (0..self.envelopes.count()).map(|number| self.envelope(number))
    }

    /// How many envelopes there are.
    #[must_use]
    pub const fn envelope_count(&self) -> u16 {
        self.envelopes.count()
    }

    /// Envelope `number`.
    ///
    /// # Errors
    /// [`Code::BundleEnvelope`] where there is none.
    pub fn envelope(&self, number: u16) -> Result<Envelope<'_>> {
        self.envelopes.get(number, self.strings())
    }
}
