//! The forms that values have in memory: in a boot loader strings take two registers, and nothing is kept that only others have a use for.

pub(crate) use by_build::*;

/// Where every profile is verified.
#[cfg(feature = "full")]
mod by_build {
    use crate::error::Result;

    /// What a string that is stored as bytes holds.
    pub(crate) type HexBytes<'b> = &'b [u8];

    /// The bytes of a string that is stored as bytes.
    pub(crate) const fn hex_bytes<'b>(bytes: &HexBytes<'b>) -> &'b [u8] {
        bytes
    }

    /// Bytes that are to be such a string; `None` where there are no such strings.
    pub(crate) const fn as_hex(bytes: &[u8]) -> Option<HexBytes<'_>> {
        Some(bytes)
    }

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
}

/// The same in a boot loader.
#[cfg(not(feature = "full"))]
mod by_build {
    use core::convert::Infallible;
    use core::marker::PhantomData;

    use crate::error::Result;

    pub(crate) type HexBytes<'b> = NoBytes<'b>;

    /// There is no value of this type.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct NoBytes<'b>(Infallible, PhantomData<&'b [u8]>);

    pub(crate) const fn hex_bytes<'b>(bytes: &HexBytes<'b>) -> &'b [u8] {
        match bytes.0 {}
    }

    pub(crate) const fn as_hex(_: &[u8]) -> Option<HexBytes<'_>> {
        None
    }

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
}
