//! Parameters of a layout: values for the `{name}`s in its rules and commands.
//!
//! A name is one or more of letters, digits, `_` and `-`; braces around anything else are text. Where no parameter is given at all, every
//! brace is text. Values are put in once and not looked through again.

use core::mem;

use crate::bundle::{Reader, Str};
use crate::error::{Code, Result};
use crate::features::Features;

/// A value for `{name}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// The name: letters, digits, `_` and `-`.
    pub name: &'a str,
    /// What is put in its place.
    pub value: &'a str,
}

/// The parameters that hold for one layout: those given for the root layout, none for sublayouts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameters<'a>(&'a [Parameter<'a>]);

impl<'a> Parameters<'a> {
    pub(crate) const NONE: Self = Self(&[]);

    pub(crate) const fn new(given: &'a [Parameter<'a>]) -> Self {
        Self(given)
    }

    /// The text in which there may be names; `None` where a word stays as it is.
    fn text<'b>(&self, word: Str<'b>) -> Option<&'b [u8]> {
        if self.0.is_empty() || !Features::BUILD.has(Features::PARAMETERS) {
            return None;
        }
        word.utf8().filter(|text| text.contains(&b'{'))
    }

    fn pieces<'p>(&self, text: &'p [u8]) -> Pieces<'p>
    where
        'a: 'p,
    {
        Pieces { given: self.0, rest: text, value: None }
    }

    /// Reads past a list of strings, in which no name may be undefined; `false` where it is something else.
    pub(crate) fn check_strings(&self, reader: &mut Reader<'_>) -> Result<bool> {
        if !reader.array()? {
            return Ok(false);
        }
        while reader.element() {
            let Some(word) = reader.string()? else { return Ok(false) };
            if let Some(text) = self.text(word) {
                for piece in self.pieces(text) {
                    piece?;
                }
            }
        }
        Ok(true)
    }

    /// Is `word` the same as `actual` once its parameters are put in?
    pub(crate) fn is(&self, word: Str<'_>, actual: Str<'_>) -> bool {
        match self.text(word) {
            None => word == actual,
            Some(text) => {
                // Undefined names were refused when the layout was read.
                let pieces = self.pieces(text).map_while(Result::ok);
                pieces.flatten().copied().eq(actual.bytes())
            }
        }
    }
}

/// Text, then a value, then text again, and so on.
struct Pieces<'p> {
    given: &'p [Parameter<'p>],
    rest: &'p [u8],
    value: Option<&'p [u8]>,
}

impl<'p> Iterator for Pieces<'p> {
    type Item = Result<&'p [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(value) = self.value.take() {
            return Some(Ok(value));
        }
        if self.rest.is_empty() {
            return None;
        }
        // Nothing is looked at twice: what may be a name holds no brace.
        let mut looked_at: usize = 0;
        while let Some(brace) = self.rest.iter().skip(looked_at).position(|byte| *byte == b'{') {
            let brace = looked_at.saturating_add(brace);
            let (before, from_brace) = self.rest.split_at_checked(brace)?;
            let inside = from_brace.get(1..)?;
            let length = inside.iter().take_while(|byte| is_of_name(**byte)).count();
            let (name, after) = inside.split_at_checked(length)?;
            let Some(after) = after.strip_prefix(b"}").filter(|_| length > 0) else {
                looked_at = brace.saturating_add(1).saturating_add(length);
                continue;
            };
            let Some(parameter) = self.given.iter().find(|parameter| parameter.name.as_bytes() == name) else {
                return Some(Err(Code::ParameterUndefined.into()));
            };
            (self.value, self.rest) = (Some(parameter.value.as_bytes()), after);
            return Some(Ok(before));
        }
        Some(Ok(mem::take(&mut self.rest)))
    }
}

const fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// Puts parameters into words, and keeps the words that come out.
pub(crate) struct Substitution<'a, 't> {
    parameters: Parameters<'a>,
    free: &'t mut [u8],
}

impl<'a, 't> Substitution<'a, 't> {
    /// `space` holds all words that change.
    pub(crate) const fn new(parameters: Parameters<'a>, space: &'t mut [u8]) -> Self {
        Self { parameters, free: space }
    }

    pub(crate) fn put_in<'b: 't>(&mut self, word: Str<'b>) -> Result<Str<'t>> {
        let Some(text) = self.parameters.text(word) else { return Ok(word) };
        let mut length: usize = 0;
        for piece in self.parameters.pieces(text) {
            let piece = piece?;
            let end = length.saturating_add(piece.len());
            self.free.get_mut(length..end).ok_or(Code::LimitParameters)?.copy_from_slice(piece);
            length = end;
        }
        let (word, free) = mem::take(&mut self.free).split_at_mut_checked(length).ok_or(Code::LimitParameters)?;
        self.free = free;
        // Whole strings one after the other are a string.
        Ok(Str::of_utf8(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: [Parameter<'static>; 3] = [
        Parameter { name: "a", value: "x*" },
        Parameter { name: "b-c_1", value: "{a}" },
        Parameter { name: "empty", value: "" },
    ];

    #[test]
    fn values_are_put_in_once() {
        for (word, expected) in [
            ("{a}", "x*"),
            ("1{a}2{a}3", "1x*2x*3"),
            ("{b-c_1}{empty}", "{a}"),
            ("{{a}}", "{x*}"),
            ("{}{ a}{a", "{}{ a}{a"),
            ("{\u{fc}}}{", "{\u{fc}}}{"),
            ("plain", "plain"),
            ("", ""),
        ] {
            let mut space = [0; 64];
            let mut substitution = Substitution::new(Parameters::new(&GIVEN), &mut space);
            let word = Str::new(word);
            assert_eq!(substitution.put_in(word).unwrap(), Str::new(expected));
            assert!(Parameters::new(&GIVEN).is(word, Str::new(expected)));
            assert!(Parameters::NONE.is(word, word));
        }
    }

    #[test]
    fn words_share_the_space() {
        let mut space = [0; 5];
        let mut substitution = Substitution::new(Parameters::new(&GIVEN), &mut space);
        let words = [(); 2].map(|()| substitution.put_in(Str::new("{a}")).unwrap());
        assert!(words.iter().all(|word| word.is("x*")));
        assert_eq!(substitution.put_in(Str::new("{a}")).unwrap_err().code(), Code::LimitParameters);
    }

    #[test]
    fn a_name_that_is_not_given_is_refused() {
        let mut substitution = Substitution::new(Parameters::new(&GIVEN), &mut []);
        assert_eq!(substitution.put_in(Str::new("{A}")).unwrap_err().code(), Code::ParameterUndefined);
        let mut substitution = Substitution::new(Parameters::NONE, &mut []);
        assert_eq!(substitution.put_in(Str::new("{A}")).unwrap(), Str::new("{A}"));
    }
}
