//! The strings section (BUNDLE.md, section 3): every string once, those used most with the smallest numbers.

use std::collections::HashMap;

use sitrep_core::bundle::{HOT_WORDS, WORDS};

use super::wire::{push_index, push_varint};
use super::{PackError, Section};
use crate::payload::{decode_hex, is_hex};

/// Strings between two entries of the index.
const BLOCK: usize = 16;
/// From so many digits on, hexadecimal is stored as bytes: as a rule, digests and keys; below, words like `beef`.
const HEX_DIGITS: usize = 16;

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    /// Its number among the words of the format.
    word: Option<u32>,
    uses: u32,
    /// Its number among the bundle's own, in order of first use; then in the section.
    number: Option<u32>,
}

/// The strings of a bundle: first counted, then numbered.
#[derive(Debug)]
pub(super) struct Strings<'a> {
    entries: HashMap<&'a str, Entry>,
    /// The bundle's own.
    own: Vec<&'a str>,
}

impl<'a> Strings<'a> {
    pub(super) fn new() -> Self {
        let word = |(number, word)| (word, Entry { word: Some(number), ..Entry::default() });
        Self { entries: (0..).zip(WORDS).map(word).collect(), own: Vec::new() }
    }

    /// Counts a use as a token, which may name any word.
    pub(super) fn count_token(&mut self, string: &'a str) {
        self.count(string, u32::MAX);
    }

    /// Counts a use as a string reference, which may name the first words only.
    pub(super) fn count_reference(&mut self, string: &'a str) {
        self.count(string, HOT_WORDS);
    }

    fn count(&mut self, string: &'a str, words: u32) {
        let entry = self.entries.entry(string).or_default();
        if entry.word.is_some_and(|word| word < words) {
            return;
        }
        entry.uses += 1;
        if entry.number.is_none() {
            entry.number = Some(self.own.len() as u32);
            self.own.push(string);
        }
    }

    /// Gives the final numbers; no counting after that.
    pub(super) fn number(&mut self) {
        let uses = |string: &&str| self.entries.get(string).map_or(0, |entry| entry.uses);
        // Stable: among equals, the first one used comes first, so that equal input gives equal bytes.
        self.own.sort_by_key(|string| std::cmp::Reverse(uses(string)));
        for (number, string) in (0..).zip(&self.own) {
            if let Some(entry) = self.entries.get_mut(string) {
                entry.number = Some(number);
            }
        }
    }

    /// The number of a word that a token may name, if it is one, or else the string's reference.
    pub(super) fn token(&self, string: &str) -> Result<u32, u32> {
        match self.entries.get(string).and_then(|entry| entry.word) {
            Some(word) if word >= HOT_WORDS => Ok(word),
            _ => Err(self.reference(string)),
        }
    }

    /// The string reference of a string that was counted as one.
    pub(super) fn reference(&self, string: &str) -> u32 {
        let entry = self.entries.get(string).copied().unwrap_or_default();
        match entry.word {
            Some(word) if word < HOT_WORDS => word,
            _ => HOT_WORDS + entry.number.unwrap_or(0),
        }
    }

    /// Writes the section.
    pub(super) fn section(&self) -> Result<Vec<u8>, PackError> {
        let too_large = || PackError::TooLarge(Section::Strings);
        let mut entries = Vec::new();
        let mut offsets = Vec::new();
        for (number, string) in self.own.iter().enumerate() {
            if number > 0 && number.is_multiple_of(BLOCK) {
                offsets.push(u32::try_from(entries.len()).map_err(|_| too_large())?);
            }
            let bytes = string.as_bytes();
            let hex = bytes.len() >= HEX_DIGITS && is_hex(bytes);
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
