//! The strings section: every distinct string of the bundle, once.

use core::cmp::Ordering;
use core::fmt;

use super::forms::{HexBytes, as_hex, hex_bytes};
use super::words::{self, HOT_WORDS};
use crate::error::{Code, Error, Result};
use crate::features::Features;
use crate::hex;
use crate::limits::LABEL;
use crate::wire::{Index, Input};

/// Strings between two entries of the index.
const BLOCK: u32 = 16;

/// A string's value, read in place. It is UTF-8, which was seen to when the bundle was opened: it is compared and rebuilt as bytes, and only
/// who shows it to people has its characters looked for again.
#[derive(Clone, Copy)]
pub struct Str<'b>(Stored<'b>);

/// How a string is stored.
#[derive(Clone, Copy)]
pub(crate) enum Stored<'b> {
    /// Its UTF-8.
    Text(&'b [u8]),
    /// Bytes whose lower-case hexadecimal digits are the text.
    Hex(HexBytes<'b>),
}

impl<'b> Str<'b> {
    /// A text.
    #[must_use]
    pub const fn new(text: &'b str) -> Self {
        Self(Stored::Text(text.as_bytes()))
    }

    /// A text of which it is known that it is UTF-8; nothing depends on it but what people see.
    pub(crate) const fn of_utf8(text: &'b [u8]) -> Self {
        Self(Stored::Text(text))
    }

    /// The text that the lower-case hexadecimal digits of `bytes` make; `None` in a build where no string is stored so.
    #[must_use]
    pub fn of_hex(bytes: &'b [u8]) -> Option<Self> {
        as_hex(bytes).map(Stored::Hex).map(Self)
    }

    pub(crate) const fn stored(&self) -> Stored<'b> {
        self.0
    }

    /// Length of the value in bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        match &self.0 {
            Stored::Text(text) => text.len(),
            // Cannot overflow: a slice is at most half the address space.
            Stored::Hex(bytes) => hex_bytes(bytes).len().saturating_mul(2),
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
        match &self.0 {
            Stored::Text(text) => text.get(index).copied(),
            Stored::Hex(bytes) => {
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
        match (self.0, other.0) {
            (Stored::Text(own), Stored::Text(other)) => own.cmp(other),
            _ => self.bytes().cmp(other.bytes()),
        }
    }

    /// The value's UTF-8, where it is stored as that.
    #[must_use]
    pub const fn utf8(&self) -> Option<&'b [u8]> {
        match self.0 {
            Stored::Text(text) => Some(text),
            Stored::Hex(_) => None,
        }
    }

    /// The value, where it is stored as text. Takes as long as the text is: for who shows it, or hands it on as text.
    #[must_use]
    pub fn text(&self) -> Option<&'b str> {
        core::str::from_utf8(self.utf8()?).ok()
    }

    /// Is the value this text?
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        *self == Str::new(text)
    }

    /// Is the value this text, in any case of its ASCII letters?
    #[must_use]
    pub fn is_ignoring_case(&self, text: &str) -> bool {
        match &self.0 {
            Stored::Text(own) => own.eq_ignore_ascii_case(text.as_bytes()),
            Stored::Hex(_) => {
                let mut both = self.bytes().zip(text.bytes());
                self.len() == text.len() && both.all(|(own, other)| own.eq_ignore_ascii_case(&other))
            }
        }
    }

    /// The bytes that the value spells as exactly `2 * N` hexadecimal digits of any case.
    #[must_use]
    pub fn decode_hex<const N: usize>(&self) -> Option<[u8; N]> {
        match &self.0 {
            Stored::Hex(bytes) => hex_bytes(bytes).try_into().ok(),
            Stored::Text(text) => hex::decode(text),
        }
    }
}

impl<'b> From<&'b str> for Str<'b> {
    fn from(text: &'b str) -> Self {
        Self::new(text)
    }
}

impl PartialEq for Str<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self.0, other.0) {
            (Stored::Text(own), Stored::Text(other)) => own == other,
            (Stored::Hex(own), Stored::Hex(other)) => own == other,
            _ => self.len() == other.len() && self.bytes().eq(other.bytes()),
        }
    }
}

impl Eq for Str<'_> {}

impl fmt::Display for Str<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Stored::Text(_) => f.write_str(self.text().unwrap_or_default()),
            Stored::Hex(bytes) => hex::write(hex_bytes(bytes), f),
        }
    }
}

impl fmt::Debug for Str<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl serde::Serialize for Str<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        match self.text() {
            Some(text) => serializer.serialize_str(text),
            None => serializer.collect_str(self),
        }
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Str<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        match &self.0 {
            Stored::Text(_) => defmt::write!(f, "{=str}", self.text().unwrap_or_default()),
            Stored::Hex(bytes) => {
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
            let string = Self::entry(&mut input, features)?;
            if string.utf8().is_some_and(|text| core::str::from_utf8(text).is_err()) {
                return Err(Code::BundleString.into());
            }
        }
        if !input.is_empty() {
            return Err(Code::BundleTrailing.into());
        }
        Ok(Self { features, count, index, entries })
    }

    fn entry(input: &mut Input<'b>, features: Features) -> Result<Str<'b>> {
        let head = input.length()?;
        let bytes = input.take(head >> 1)?;
        if head & 1 == 0 {
            return Ok(Str::of_utf8(bytes));
        }
        Str::of_hex(bytes).filter(|_| features.has(Features::HEX_STRINGS)).ok_or_else(|| Code::LimitProfile.into())
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
        Self::entry(&mut input, self.features)
    }
}

/// Refuses a name that is longer than names are: it is compared, and shown, as often as somebody repeats it.
pub(crate) fn check_name(name: Str<'_>) -> Result<()> {
    // A boot loader compares a few names a few hundred times, and who packs for it has looked.
    if name.len() > LABEL && Features::BUILD.has(Features::AMPLE_WORK) { Err(Code::LimitName.into()) } else { Ok(()) }
}

/// Word `number` of the format.
pub(super) fn word(number: u32) -> Result<Str<'static>> {
    words::word(number as usize).map(Str::new).ok_or_else(|| Code::BundleString.into())
}
