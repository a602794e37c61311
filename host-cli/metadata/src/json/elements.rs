//! The elements of an array, one after the other, as the texts that they are.

use super::error::{Error, Fault};
use super::reader::Reader;
use super::tree::Tree;

/// Does the text begin as an array does?
pub(crate) fn is_array(json: &[u8]) -> bool {
    json.trim_ascii_start().starts_with(b"[")
}

/// Gives the elements of an array in their order, without reading all of them at once.
#[derive(Clone, Debug)]
pub(crate) struct Elements<'j> {
    text: &'j str,
    reader: Reader<'j, ()>,
    /// Does the reader stand before an element?
    more: bool,
}

impl<'j> Elements<'j> {
    /// Reads the whole text, which has to be an array.
    ///
    /// # Errors
    /// Where the text is not strict JSON, or something else than an array.
    pub(crate) fn of(json: &'j [u8]) -> Result<Self, Error> {
        let text = Error::check_text(json)?;
        Self::read(text).map_err(|fault| fault.locate(text))
    }

    fn read(text: &'j str) -> Result<Self, Fault> {
        let mut reader = Reader::new(text, (), false);
        reader.start()?;
        let more = reader.open(b']')?;
        let elements = Self { text, reader, more };
        // Before any element counts, all of it must have been JSON.
        let mut all = elements.clone();
        while all.step()?.is_some() {}
        all.reader.end()?;
        Ok(elements)
    }

    fn step(&mut self) -> Result<Option<&'j str>, Fault> {
        if !self.more {
            return Ok(None);
        }
        let start = self.reader.lexer.position();
        self.reader.value(&mut Tree::default())?;
        let element = self.text.get(start..self.reader.lexer.position());
        self.more = self.reader.separator(b']')?;
        Ok(element)
    }
}

impl<'j> Iterator for Elements<'j> {
    type Item = &'j [u8];

    fn next(&mut self) -> Option<Self::Item> {
        // `of` has met every fault that there could be.
        self.step().ok().flatten().map(str::as_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_given_as_they_are_written() {
        let elements = |text: &'static str| Elements::of(text.as_bytes()).unwrap().collect::<Vec<_>>();
        assert_eq!(elements(" [ ] "), [b""; 0]);
        assert_eq!(elements("[1]"), [b"1"]);
        let expected: [&[u8]; 4] = [b"{ \"a\" : [1,2] }", b"[ ]", b"\"x,]\\\"\"", b"null"];
        assert_eq!(elements("\n[{ \"a\" : [1,2] }\t,[ ] , \"x,]\\\"\",\nnull\n]\n"), expected);
    }

    #[test]
    fn what_is_no_array_is_none() {
        for (text, expected) in [
            ("{}", "1:1: expected an array"),
            ("", "1:1: the text ends here, expected an array"),
            ("[1", "1:3: the text ends here, expected `,` or `]`"),
            ("[1,]", "1:4: expected a value"),
            ("[1] 2", "1:5: expected the end of the text"),
            ("[1,{\"a\":1,\"a\":2}]", "1:11: expected every key once, found \"a\" twice"),
        ] {
            assert_eq!(Elements::of(text.as_bytes()).unwrap_err().to_string(), expected, "{text}");
        }
        assert!(is_array(b"\r\n\t ["));
        assert!(!is_array(b"{[") && !is_array(b""));
    }
}
