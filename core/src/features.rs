//! What a verifier can do beside the least, by profile: what the profile `boot` lacks, so that its code fits into small flash.
//!
//! This is the one place that knows the crate's feature `full`, but for attributes that keep functions apart. Everywhere else the question is [`Features::has`]: without `full` its answer is known to
//! the compiler, which leaves out what is behind it; with it the profile that a bundle was opened for answers ([`crate::Bundle::open_for`]), so that
//! whoever packs refuses what the device will refuse, at the same place and with the same code.

pub(crate) use forms::*;

use crate::limits::{AMPLE, SCARCE, Work};

/// A set of capabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features(u16);

impl Features {
    /// None of them: the profile `boot`.
    pub const NONE: Self = Self(0);
    /// Layouts in place of links.
    pub const SUBLAYOUTS: Self = Self(1);
    /// Values for the `{name}`s of a layout.
    pub const PARAMETERS: Self = Self(1 << 1);
    /// Warnings about commands: another than expected, or one that failed.
    pub const COMMANDS: Self = Self(1 << 2);
    /// Formatting patches: texts that follow no style.
    pub const PATCHES: Self = Self(1 << 3);
    /// Styles of DSSE payloads with line feeds and indentation, and with the escapes of Go.
    pub const STYLES: Self = Self(1 << 4);
    /// Digest sets other than one SHA-256.
    pub const DIGESTS: Self = Self(1 << 5);
    /// Artifact maps and members in no order.
    pub const UNORDERED: Self = Self(1 << 6);
    /// Numbers other than integers of 32 bits without a sign.
    pub const NUMBERS: Self = Self(1 << 7);
    /// Demanded attestations other than the security version, and the steps that attestations are about.
    pub const ATTESTATIONS: Self = Self(1 << 8);
    /// Links as statements (`link/v0.3`, `Link/v0.2`).
    pub const LINK_STATEMENTS: Self = Self(1 << 9);
    /// Strings that are stored as the bytes that their hexadecimal digits stand for. Whoever packs for a verifier without them stores the digits.
    pub const HEX_STRINGS: Self = Self(1 << 10);
    /// Artifact names that are URIs, and links with a name or digest that does not count: without, one such entry is one too many for the bundle.
    pub const ODD_ARTIFACTS: Self = Self(1 << 11);
    /// Characters other than ASCII in texts that escape them (JSON of Python in DSSE envelopes).
    pub const ESCAPED_UNICODE: Self = Self(1 << 12);
    /// Time for all the work that [`crate::limits::AMPLE`] allows.
    pub const AMPLE_WORK: Self = Self(1 << 13);
    /// All of them.
    pub const ALL: Self = Self((1 << 14) - 1);
    /// What this build of the crate can do.
    pub const BUILD: Self = if cfg!(feature = "full") { Self::ALL } else { Self::NONE };

    /// Are all of `features` in the set, and in this build?
    #[inline]
    #[must_use]
    pub const fn has(self, features: Self) -> bool {
        Self::BUILD.0 & features.0 == features.0 && self.0 & features.0 == features.0
    }

    /// The maxima of the work that a verification may take.
    #[inline]
    #[must_use]
    pub const fn work(self) -> &'static Work {
        if self.has(Self::AMPLE_WORK) { &AMPLE } else { &SCARCE }
    }
}

/// The forms that values have in memory, where every profile is verified.
#[cfg(feature = "full")]
mod forms {
    use crate::bundle::Str;
    use crate::error::Result;
    use crate::limits::SHAPES;

    /// What an [`crate::Error`] is kept in.
    pub(crate) type ErrorBits = u64;
    /// How many keys a set of keys has room for.
    pub(crate) const KEY_SET: usize = 128;
    /// How many shapes of digest sets a bundle may define.
    pub(crate) const SHAPE_ROOM: usize = SHAPES as usize;
    /// What a lookup in an artifact map remembers of the answer before.
    pub(crate) type LookupPlace<'b> = crate::lookup::Found<'b>;
    /// What a string that is stored as bytes holds.
    pub(crate) type HexBytes<'b> = &'b [u8];

    /// What only the whole verifier keeps.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Extra<T>(T);

    impl<T: Copy> Extra<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(value)
        }

        /// What `value` gives: nobody asks where there is no room to keep it.
        pub(crate) fn read(value: impl FnOnce() -> Result<T>) -> Result<Self> {
            Ok(Self(value()?))
        }

        pub(crate) const fn get(self) -> Option<T> {
            Some(self.0)
        }
    }

    /// The bytes of a string that is stored as bytes.
    pub(crate) const fn hex_bytes<'b>(bytes: &HexBytes<'b>) -> &'b [u8] {
        bytes
    }

    /// A string that is stored as bytes; `None` where there are no such strings.
    pub(crate) const fn hex_string(bytes: &[u8]) -> Option<Str<'_>> {
        Some(Str::Hex(bytes))
    }
}

/// The same in a boot loader: errors take one register, strings two, and nothing is kept that only others have a use for.
#[cfg(not(feature = "full"))]
mod forms {
    use core::convert::Infallible;
    use core::marker::PhantomData;

    use crate::bundle::Str;
    use crate::error::Result;

    pub(crate) type ErrorBits = u32;
    pub(crate) const KEY_SET: usize = 32;
    pub(crate) const SHAPE_ROOM: usize = 0;
    pub(crate) type LookupPlace<'b> = crate::lookup::Nothing<'b>;
    pub(crate) type HexBytes<'b> = NoBytes<'b>;

    /// There is no value of this type.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct NoBytes<'b>(Infallible, PhantomData<&'b [u8]>);

    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Extra<T>(PhantomData<T>);

    impl<T: Copy> Extra<T> {
        pub(crate) const fn new(_: T) -> Self {
            Self(PhantomData)
        }

        pub(crate) fn read(_: impl FnOnce() -> Result<T>) -> Result<Self> {
            Ok(Self(PhantomData))
        }

        pub(crate) const fn get(self) -> Option<T> {
            None
        }
    }

    pub(crate) const fn hex_bytes<'b>(bytes: &HexBytes<'b>) -> &'b [u8] {
        match bytes.0 {}
    }

    pub(crate) const fn hex_string(_: &[u8]) -> Option<Str<'_>> {
        None
    }
}
