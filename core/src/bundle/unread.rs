//! A value that is left to whoever has a use for it.

#[cfg(feature = "openpgp")]
use super::strings::Strings;
use super::tokens::Reader;
use crate::wire::Offset;

/// A value of a payload that this crate does not read itself.
#[derive(Clone, Copy, Debug)]
pub struct Unread<'b> {
    #[cfg(feature = "openpgp")]
    place: Option<(&'b Strings<'b>, &'b [u8], Offset)>,
    #[cfg(not(feature = "openpgp"))]
    nowhere: core::marker::PhantomData<&'b ()>,
}

impl<'b> Unread<'b> {
    /// There is no such value.
    pub(crate) const NONE: Self = Self {
        #[cfg(feature = "openpgp")]
        place: None,
        #[cfg(not(feature = "openpgp"))]
        nowhere: core::marker::PhantomData,
    };

    /// The value at `offset` of the payload that `reader` reads.
    #[cfg(feature = "openpgp")]
    pub(crate) fn at(reader: &Reader<'b>, offset: Option<Offset>) -> Self {
        let (strings, tokens) = reader.payload();
        Self { place: offset.map(|offset| (strings, tokens, offset)) }
    }

    /// The same where nobody has a use for it.
    #[cfg(not(feature = "openpgp"))]
    pub(crate) const fn at(_: &Reader<'b>, _: Option<Offset>) -> Self {
        Self::NONE
    }

    /// A reader that stands before the value; `None` where there is none, or the crate was built without the feature `openpgp`.
    #[must_use]
    pub fn reader(&self) -> Option<Reader<'b>> {
        #[cfg(feature = "openpgp")]
        return self.place.map(|(strings, tokens, offset)| Reader::new(strings, tokens, offset.get()));
        #[cfg(not(feature = "openpgp"))]
        None
    }
}

impl PartialEq for Unread<'_> {
    /// Is it the same place?
    fn eq(&self, other: &Self) -> bool {
        #[cfg(feature = "openpgp")]
        return match (self.place, other.place) {
            (Some((_, own, at)), Some((_, other, other_at))) => core::ptr::eq(own, other) && at == other_at,
            (None, None) => true,
            _ => false,
        };
        #[cfg(not(feature = "openpgp"))]
        return self.nowhere == other.nowhere;
    }
}

impl Eq for Unread<'_> {}
