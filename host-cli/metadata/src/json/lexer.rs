//! Lexical tokens, as they are written.

use super::error::{Expected, Fault, Problem, fault};
use super::scan::find_end_of_plain;

/// A position in a JSON text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lexer<'j> {
    text: &'j str,
    position: usize,
}

/// The inside of a string token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lexeme<'j> {
    /// What stands between the quotes.
    pub(crate) raw: &'j str,
    /// Offset of the first byte after the opening quote.
    pub(crate) offset: usize,
    /// Does it hold escapes? If not, `raw` is the value.
    pub(crate) escaped: bool,
}

impl<'j> Lexer<'j> {
    pub(crate) const fn new(text: &'j str) -> Self {
        Self { text, position: 0 }
    }

    pub(crate) const fn bytes(&self) -> &'j [u8] {
        self.text.as_bytes()
    }

    pub(crate) const fn position(&self) -> usize {
        self.position
    }

    /// Goes to an offset that a token starts or ends at.
    pub(crate) const fn seek(&mut self, position: usize) {
        self.position = position;
    }

    #[inline]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes().get(self.position).copied()
    }

    pub(crate) fn expected(&self, expected: Expected) -> Fault {
        fault(self.position, Problem::Expected(expected))
    }

    /// Takes white space; returns it.
    #[inline]
    pub(crate) fn space(&mut self) -> &'j [u8] {
        let start = self.position;
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.position += 1;
        }
        self.bytes().get(start..self.position).unwrap_or(&[])
    }

    /// Takes one byte if it is `byte`.
    #[inline]
    pub(crate) fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.position += usize::from(found);
        found
    }

    /// Takes a string token.
    #[inline]
    pub(crate) fn string(&mut self, expected: Expected) -> Result<Lexeme<'j>, Fault> {
        if !self.take(b'"') {
            return Err(self.expected(expected));
        }
        let offset = self.position;
        let mut escaped = false;
        loop {
            self.position += find_end_of_plain(self.bytes().get(self.position..).unwrap_or(&[]));
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    // What follows is checked when the value is taken; here only an escaped quote matters.
                    escaped = true;
                    self.position += 2;
                }
                _ => return Err(self.expected(Expected::Quote)),
            }
        }
        let raw = self.text.get(offset..self.position).ok_or_else(|| self.expected(Expected::Escape))?;
        self.position += 1;
        Ok(Lexeme { raw, offset, escaped })
    }

    /// Takes a number token (RFC 8259, section 6).
    pub(crate) fn number(&mut self) -> Result<&'j str, Fault> {
        let start = self.position;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            if !self.take(b'+') {
                self.take(b'-');
            }
            self.digits()?;
        }
        Ok(self.text.get(start..self.position).unwrap_or(""))
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.position;
        while let Some(b'0'..=b'9') = self.peek() {
            self.position += 1;
        }
        if self.position == start { Err(self.expected(Expected::Digit)) } else { Ok(()) }
    }

    /// Takes `null`, `true` or `false`.
    pub(crate) fn literal(&mut self, literal: &str) -> Result<(), Fault> {
        let rest = self.bytes().get(self.position..).unwrap_or(&[]);
        if !rest.starts_with(literal.as_bytes()) {
            return Err(self.expected(Expected::Value));
        }
        self.position += literal.len();
        Ok(())
    }
}

impl Lexeme<'_> {
    /// Appends the value to `out`.
    #[inline]
    pub(crate) fn value(&self, out: &mut String) -> Result<(), Fault> {
        if self.escaped {
            return self.unescape(out);
        }
        out.push_str(self.raw);
        Ok(())
    }

    fn unescape(&self, out: &mut String) -> Result<(), Fault> {
        let mut rest = self.raw;
        while let Some((plain, escape)) = rest.split_once('\\') {
            out.push_str(plain);
            let at = self.offset + (self.raw.len() - escape.len()) - 1;
            let (value, length) = unescape(escape).map_err(|expected| fault(at, Problem::Expected(expected)))?;
            out.push(value);
            rest = escape.get(length..).unwrap_or("");
        }
        out.push_str(rest);
        Ok(())
    }

    /// Is the value `text`?
    pub(crate) fn is(&self, text: &str) -> bool {
        if !self.escaped {
            return self.raw == text;
        }
        let mut value = String::new();
        self.value(&mut value).is_ok() && value == text
    }
}

/// The character that an escape stands for, and how many bytes follow its backslash.
pub(crate) fn unescape(escape: &str) -> Result<(char, usize), Expected> {
    let short = match escape.as_bytes().first() {
        Some(byte @ (b'"' | b'\\' | b'/')) => char::from(*byte),
        Some(b'b') => '\x08',
        Some(b'f') => '\x0c',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => {
            let first = code_unit(escape.get(1..5))?;
            if let Some(value) = char::from_u32(u32::from(first)) {
                return Ok((value, 5));
            }
            if escape.get(5..7) != Some("\\u") {
                return Err(Expected::Surrogate);
            }
            let pair = [first, code_unit(escape.get(7..11))?];
            let value = char::decode_utf16(pair).next().and_then(Result::ok);
            return value.map(|value| (value, 11)).ok_or(Expected::Surrogate);
        }
        _ => return Err(Expected::Escape),
    };
    Ok((short, 1))
}

fn code_unit(digits: Option<&str>) -> Result<u16, Expected> {
    digits
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .and_then(|digits| u16::from_str_radix(digits, 16).ok())
        .ok_or(Expected::HexDigits)
}
