//! The strings section (BUNDLE.md, section 3): every string once, those used most with the smallest numbers.

use std::cmp::Reverse;
use std::collections::HashMap;

use sitrep_core::bundle::{HOT_WORDS, WORDS};

use super::wire::{push_index, push_varint};
use super::{PackError, Section};
use crate::payload::{decode_hex, is_hex};

/// Strings between two entries of the index.
const BLOCK: usize = 16;
/// From so many digits on, hexadecimal is stored as bytes: as a rule, digests and keys; below, words like `beef`.
const HEX_DIGITS: usize = 16;

/// The strings of a bundle: first counted, then numbered.
#[derive(Debug)]
pub(super) struct Strings<'a> {
    /// The words of the format.
    words: HashMap<&'static str, u32>,
    /// The position of each of the bundle's own in order of first use.
    entries: HashMap<&'a str, u32>,
    /// How often each is used; once they are numbered, its position in the section.
    own: Vec<u32>,
    /// They are numbered: the strings in the order of the section.
    ordered: Vec<&'a str>,
    /// May hexadecimal be stored as bytes? Not every profile reads that.
    hex: bool,
}

impl<'a> Strings<'a> {
    pub(super) fn new(hex: bool) -> Self {
        let words = WORDS.into_iter().zip(0..).collect();
        Self { words, entries: HashMap::new(), own: Vec::new(), ordered: Vec::new(), hex }
    }

    /// How many strings there are beside the words.
    pub(super) const fn count(&self) -> usize {
        self.own.len()
    }

    /// Counts a use as a token, which may name any word.
    pub(super) fn count_token(&mut self, string: &'a str) {
        self.count_unless_word(string, u32::MAX);
    }

    /// Counts a use as a string reference, which may name the first words only.
    pub(super) fn count_reference(&mut self, string: &'a str) {
        self.count_unless_word(string, HOT_WORDS);
    }

    fn count_unless_word(&mut self, string: &'a str, words: u32) {
        if self.words.get(string).is_some_and(|word| *word < words) {
            return;
        }
        let position = *self.entries.entry(string).or_insert(self.own.len() as u32);
        match self.own.get_mut(position as usize) {
            Some(uses) => *uses += 1,
            None => self.own.push(1),
        }
    }

    /// Gives the final numbers; no counting after that.
    pub(super) fn number(&mut self) {
        let mut order: Vec<u32> = (0..self.own.len() as u32).collect();
        // Among equals, the first one used comes first, so that equal input gives equal bytes.
        order.sort_unstable_by_key(|position| (Reverse(self.own.get(*position as usize).copied()), *position));
        for (number, position) in (0..).zip(order) {
            if let Some(entry) = self.own.get_mut(position as usize) {
                *entry = number;
            }
        }
        self.ordered = vec![""; self.own.len()];
        for (string, position) in &self.entries {
            let number = self.own.get(*position as usize).map_or(0, |number| *number as usize);
            if let Some(place) = self.ordered.get_mut(number) {
                *place = string;
            }
        }
    }

    /// The number of a word that a token may name, if it is one, or else the string's reference.
    pub(super) fn token(&self, string: &str) -> Result<u32, u32> {
        match self.words.get(string) {
            Some(word) if *word >= HOT_WORDS => Ok(*word),
            _ => Err(self.reference(string)),
        }
    }

    /// The string reference of a string that was counted as one.
    pub(super) fn reference(&self, string: &str) -> u32 {
        match self.words.get(string) {
            Some(word) if *word < HOT_WORDS => *word,
            _ => {
                let position = self.entries.get(string).map_or(0, |position| *position as usize);
                HOT_WORDS + self.own.get(position).copied().unwrap_or(0)
            }
        }
    }

    /// Writes the section.
    pub(super) fn section(&self) -> Result<Vec<u8>, PackError> {
        let too_large = || PackError::TooLarge(Section::Strings);
        let mut entries = Vec::new();
        let mut offsets = Vec::new();
        for (number, string) in self.ordered.iter().enumerate() {
            if number > 0 && number.is_multiple_of(BLOCK) {
                offsets.push(u32::try_from(entries.len()).map_err(|_| too_large())?);
            }
            let bytes = string.as_bytes();
            let hex = self.hex && bytes.len() >= HEX_DIGITS && is_hex(bytes);
            let length = if hex { bytes.len() / 2 } else { bytes.len() };
            let head = length.checked_mul(2).and_then(|head| u32::try_from(head).ok()).ok_or_else(too_large)?;
            push_varint(&mut entries, head + u32::from(hex));
            if hex {
                decode_hex(bytes, &mut entries);
            } else {
                entries.extend_from_slice(bytes);
            }
        }
        let mut section = Vec::new();
        push_varint(&mut section, self.own.len() as u32);
        let others = section.len() + entries.len();
        push_index(&mut section, &offsets, others);
        section.append(&mut entries);
        Ok(section)
    }
}
