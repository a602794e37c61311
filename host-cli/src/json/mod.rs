//! Strict JSON (RFC 8259): UTF-8 without byte order mark, no key twice in an object, nothing after the value.
use std::fmt;

/// A parsed JSON text.
#[derive(Clone, Debug, Default)]
pub struct Tree;

/// A value of a [`Tree`].
#[derive(Clone, Copy, Debug)]
pub struct Value<'t>(&'t Tree);

/// Parses one JSON text.
///
/// # Errors
/// Where the text is not strict JSON.
pub fn parse(_json: &[u8]) -> Result<Tree, Error> {
    unimplemented!()
}

impl Tree {
    /// The outermost value.
    pub fn root(&self) -> Value<'_> {
        Value(self)
    }
}

impl<'t> Value<'t> {
    /// The text of a string.
    pub fn as_str(self) -> Option<&'t str> {
        unimplemented!()
    }
    /// The value of an integer from 0 to 4,294,967,295.
    pub fn as_u32(self) -> Option<u32> {
        unimplemented!()
    }
    /// The member of an object.
    pub fn get(self, _key: &str) -> Option<Value<'t>> {
        unimplemented!()
    }
    /// The members of an object; none for other values.
    pub fn members(self) -> impl Iterator<Item = (&'t str, Value<'t>)> {
        let _ = self.0;
        std::iter::empty()
    }
    /// The items of an array; none for other values.
    pub fn items(self) -> impl Iterator<Item = Value<'t>> {
        std::iter::empty()
    }
    /// Is it an array?
    pub fn is_array(self) -> bool {
        unimplemented!()
    }
    /// Is it an object?
    pub fn is_object(self) -> bool {
        unimplemented!()
    }
}

/// Why a text is not strict JSON, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error;

impl fmt::Display for Error {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        unimplemented!()
    }
}

impl std::error::Error for Error {}
