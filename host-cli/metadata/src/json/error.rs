//! Why a text is not strict JSON, and where.

use std::fmt;

use crate::limits::JSON_TEXT;

/// What would have been right at a place of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Any value.
    Value,
    /// An object.
    Object,
    /// An array.
    Array,
    /// A string.
    String,
    /// An integer: canonical JSON has no other numbers.
    Integer,
    /// The key of a member, or the end of an object.
    KeyOrEnd,
    /// The key of a member.
    Key,
    /// `:`
    Colon,
    /// `,` or `}`
    CommaOrBrace,
    /// `,` or `]`
    CommaOrBracket,
    /// A digit of a number.
    Digit,
    /// The quote that ends a string.
    Quote,
    /// An escape of RFC 8259, section 7.
    Escape,
    /// Four hexadecimal digits.
    HexDigits,
    /// The second half of a surrogate pair.
    Surrogate,
    /// Nothing but white space.
    End,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value => "a value",
            Self::Object => "an object",
            Self::Array => "an array",
            Self::String => "a string",
            Self::Integer => "an integer",
            Self::KeyOrEnd => "a key or `}`",
            Self::Key => "a key",
            Self::Colon => "`:`",
            Self::CommaOrBrace => "`,` or `}`",
            Self::CommaOrBracket => "`,` or `]`",
            Self::Digit => "a digit",
            Self::Quote => "a character or the closing quote of the string",
            Self::Escape => "one of \" \\ / b f n r t u after the backslash",
            Self::HexDigits => "four hexadecimal digits",
            Self::Surrogate => "a surrogate pair",
            Self::End => "the end of the text",
        })
    }
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Something else stands here.
    Expected(Expected),
    /// The object has this key twice.
    DuplicateKey(String),
    /// Containers are nested more than [`sitrep_core::limits::NESTING`] deep.
    TooDeep,
    /// The text is not UTF-8.
    NotUtf8,
    /// The text starts with a byte order mark.
    ByteOrderMark,
    /// The text is too long for its places to be kept.
    TooLong,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expected(expected) => write!(f, "expected {expected}"),
            Self::DuplicateKey(key) => write!(f, "expected every key once, found {key:?} twice"),
            Self::TooDeep => write!(f, "expected at most {} nested containers", sitrep_core::limits::NESTING),
            Self::NotUtf8 => f.write_str("expected UTF-8"),
            Self::ByteOrderMark => f.write_str("expected no byte order mark"),
            Self::TooLong => write!(f, "expected less than {} MiB", JSON_TEXT >> 20),
        }
    }
}

/// Why a text is not strict JSON, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    line: usize,
    column: usize,
    problem: Problem,
    is_at_end: bool,
}

impl Error {
    /// The line, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The column in characters, from 1.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.column
    }

    /// What is wrong there, in words.
    #[must_use]
    pub fn explained(&self) -> String {
        let end = if self.is_at_end { "the text ends here, " } else { "" };
        format!("{end}{}", self.problem)
    }

    /// What is wrong there.
    #[must_use]
    pub const fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Is it where the text ends? Then the text was cut, or somebody is still writing it.
    #[must_use]
    pub const fn is_at_end(&self) -> bool {
        self.is_at_end
    }

    /// The text, if its encoding is the one that strict JSON has.
    pub(crate) fn check_text(json: &[u8]) -> Result<&str, Self> {
        let start = |problem| Self { line: 1, column: 1, problem, is_at_end: false };
        if json.len() >= JSON_TEXT {
            return Err(start(Problem::TooLong));
        }
        if json.starts_with(b"\xef\xbb\xbf") {
            return Err(start(Problem::ByteOrderMark));
        }
        std::str::from_utf8(json).map_err(|error| {
            let valid = json.get(..error.valid_up_to()).unwrap_or(&[]);
            let text = std::str::from_utf8(valid).unwrap_or("");
            fault(text.len(), Problem::NotUtf8).locate(text)
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.explained())
    }
}

impl std::error::Error for Error {}

/// An error while reading: the place is still an offset in bytes. Boxed, because every step of the reader returns one.
#[derive(Debug)]
pub(crate) struct Fault(Box<(usize, Problem)>);

#[cold]
pub(crate) fn fault(offset: usize, problem: Problem) -> Fault {
    Fault(Box::new((offset, problem)))
}

impl Fault {
    /// Where it is, in bytes.
    pub(crate) const fn offset(&self) -> usize {
        self.0.0
    }

    pub(crate) fn duplicate_key(&self) -> Option<&str> {
        match &self.0.1 {
            Problem::DuplicateKey(key) => Some(key),
            _ => None,
        }
    }

    /// Line and column instead of the offset.
    pub(crate) fn locate(self, text: &str) -> Error {
        let (offset, problem) = *self.0;
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |position| position + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.get(line_start..).unwrap_or("").chars().count() + 1;
        let is_at_end = matches!(problem, Problem::Expected(_)) && offset >= text.trim_end().len();
        Error { line, column, problem, is_at_end }
    }
}
