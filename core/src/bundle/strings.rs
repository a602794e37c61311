//! The strings section: every distinct string of the bundle, once.

use core::cmp::Ordering;
use core::fmt;

use super::words::{self, HOT_WORDS};
use crate::error::{Code, Error, Result};
use crate::features::{Features, HexBytes, hex_bytes, hex_string};
use crate::hex;
use crate::wire::{Index, Input};

/// Strings between two entries of the index.
const BLOCK: u32 = 16;

/// A string's value, read in place.
#[derive(Clone, Copy, Debug)]
pub enum Str<'b> {
    /// The text itself.
    Text(&'b str),
    /// Bytes whose lower-case hexadecimal digits are the text.
    Hex(HexBytes<'b>),
}

impl<'b> Str<'b> {
    /// Length of the value in bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            // Cannot overflow: a slice is at most half the address space.
            Self::Hex(bytes) => hex_bytes(bytes).len().saturating_mul(2),
        }
    }

    /// Is the value the empty string?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Byte `index` of the value.
    #[must_use]
    pub fn byte(&self, index: usize) -> Option<u8> {
        match self {
            Self::Text(text) => text.as_bytes().get(index).copied(),
            Self::Hex(bytes) => {
                let [high, low] = hex::digits(*hex_bytes(bytes).get(index / 2)?);
                Some(if index.is_multiple_of(2) { high } else { low })
            }
        }
    }

    /// The bytes of the value.
    pub fn bytes(&self) -> impl Iterator<Item = u8> + use<'b> {
        let value = *self;
        (0..self.len()).map_while(move |index| value.byte(index))
    }

    /// The order of the values' bytes.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(own), Self::Text(other)) => own.cmp(other),
            _ => self.bytes().cmp(other.bytes()),
        }
    }

    /// The value, where it is stored as text.
    #[must_use]
    pub const fn text(&self) -> Option<&'b str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Hex(_) => None,
        }
    }

    /// Is the value this text?
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        match self {
            Self::Text(own) => *own == text,
            Self::Hex(_) => self.len() == text.len() && self.bytes().eq(text.bytes()),
        }
    }

    /// Is the value this text, in any case of its ASCII letters?
    #[must_use]
    pub fn is_ignoring_case(&self, text: &str) -> bool {
        match self {
            Self::Text(own) => own.eq_ignore_ascii_case(text),
            Self::Hex(_) => {
                let mut both = self.bytes().zip(text.bytes());
                self.len() == text.len() && both.all(|(own, other)| own.eq_ignore_ascii_case(&other))
            }
        }
    }

    /// The bytes that the value spells as exactly `2 * N` hexadecimal digits of any case.
    #[must_use]
    pub fn decode_hex<const N: usize>(&self) -> Option<[u8; N]> {
        match self {
            Self::Hex(bytes) => hex_bytes(bytes).try_into().ok(),
            Self::Text(text) => hex::decode(text),
        }
    }
}

impl PartialEq for Str<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(own), Self::Text(other)) => own == other,
            (Self::Hex(own), Self::Hex(other)) => own == other,
            (Self::Hex(_), Self::Text(text)) => self.is(text),
            (Self::Text(text), Self::Hex(_)) => other.is(text),
        }
    }
}

impl Eq for Str<'_> {}

impl fmt::Display for Str<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Hex(bytes) => hex::write(hex_bytes(bytes), f),
        }
    }
}

impl serde::Serialize for Str<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Hex(_) => serializer.collect_str(self),
        }
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Str<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        match self {
            Self::Text(text) => defmt::write!(f, "{=str}", text),
            Self::Hex(bytes) => {
                for byte in hex_bytes(bytes) {
                    defmt::write!(f, "{=u8:02x}", *byte);
                }
            }
        }
    }
}

/// The strings section, checked.
#[derive(Clone, Copy, Debug)]
pub struct Strings<'b> {
    /// What may be in the bundle: here, because whatever is read from a bundle has its strings at hand.
    features: Features,
    count: u32,
    index: Index<'b>,
    entries: &'b [u8],
}

impl<'b> Strings<'b> {
    /// Checks the whole section: lengths, UTF-8, and that the index says where the blocks are.
    pub(super) fn open(section: &'b [u8], features: Features) -> Result<Self> {
        let mut input = Input::new(section);
        let count = input.varint()?;
        let index = Index::take(&mut input, section.len(), count, BLOCK)?;
        let entries = input.rest();
        for number in 0..count {
            let offset = entries.len().saturating_sub(input.len());
            if number.is_multiple_of(BLOCK) && index.offset(number / BLOCK) != Some(offset) {
                return Err(Code::BundleString.into());
            }
            Self::entry(&mut input, features, usize::MAX)?;
        }
        if !input.is_empty() {
            return Err(Code::BundleTrailing.into());
        }
        Ok(Self { features, count, index, entries })
    }

    fn entry(input: &mut Input<'b>, features: Features, most: usize) -> Result<Str<'b>> {
        let head = input.length()?;
        let bytes = input.take(head >> 1)?;
        if bytes.len() > features.work().string as usize {
            return Err(Code::LimitProfile.into());
        }
        if bytes.len() > most {
            return Ok(Str::Text(""));
        }
        if head & 1 == 1 {
            let string = hex_string(bytes).filter(|_| features.has(Features::HEX_STRINGS));
            return string.ok_or_else(|| Code::LimitProfile.into());
        }
        Ok(Str::Text(core::str::from_utf8(bytes).map_err(|_| Code::BundleString)?))
    }

    /// Refuses what the profile that the bundle was opened for leaves out.
    #[inline]
    pub(crate) const fn need(&self, feature: Features) -> Result<()> {
        if self.features.has(feature) { Ok(()) } else { Err(Error::new(Code::LimitProfile)) }
    }

    #[inline]
    pub(crate) const fn features(&self) -> Features {
        self.features
    }

    #[inline]
    pub(crate) const fn has(&self, feature: Features) -> bool {
        self.features.has(feature)
    }

    /// How many strings the section holds.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// The string that a reference of BUNDLE.md, section 3, names.
    ///
    /// # Errors
    /// [`Code::BundleString`] where there is none.
    pub fn get(&self, reference: u32) -> Result<Str<'b>> {
        self.get_within(reference, usize::MAX)
    }

    /// The same, but empty where more than `most` bytes are stored: whoever looks for a name need not check the UTF-8 of what is none.
    pub(crate) fn get_within(&self, reference: u32, most: usize) -> Result<Str<'b>> {
        let Some(number) = reference.checked_sub(HOT_WORDS) else {
            return word(reference);
        };
        if number >= self.count {
            return Err(Code::BundleString.into());
        }
        let offset = self.index.offset(number / BLOCK).ok_or(Code::BundleString)?;
        let mut input = Input::new(self.entries.get(offset..).ok_or(Code::BundleString)?);
        for _ in 0..number % BLOCK {
            let head = input.length()?;
            input.take(head >> 1)?;
        }
        Self::entry(&mut input, self.features, most)
    }
}

/// Word `number` of the format.
pub(super) fn word(number: u32) -> Result<Str<'static>> {
    words::word(number as usize).map(Str::Text).ok_or_else(|| Code::BundleString.into())
}
