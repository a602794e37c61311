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

/// What is known of a string's value.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    /// Its number among the words of the format.
    word: Option<u32>,
    /// Its position among the bundle's own.
    own: Option<u32>,
}

/// The strings of a bundle: first counted, then numbered.
#[derive(Debug)]
pub(super) struct Strings<'a> {
    entries: HashMap<&'a str, Entry>,
    /// The bundle's own in order of first use, and how often each is used.
    own: Vec<(&'a str, u32)>,
    /// The position in the section of each of them.
    numbers: Vec<u32>,
    /// May hexadecimal be stored as bytes? Not every profile reads that.
    hex: bool,
}

impl<'a> Strings<'a> {
    pub(super) fn new(hex: bool) -> Self {
        let word = |(number, word)| (word, Entry { word: Some(number), own: None });
        Self { entries: (0..).zip(WORDS).map(word).collect(), own: Vec::new(), numbers: Vec::new(), hex }
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
        let position = *entry.own.get_or_insert(self.own.len() as u32) as usize;
        match self.own.get_mut(position) {
            Some((_, uses)) => *uses += 1,
            None => self.own.push((string, 1)),
        }
    }

    /// Gives the final numbers; no counting after that.
    pub(super) fn number(&mut self) {
        self.numbers = vec![0; self.own.len()];
        for (number, position) in (0..).zip(self.order()) {
            if let Some(entry) = self.numbers.get_mut(position) {
                *entry = number;
            }
        }
    }

    /// Positions in `own`, in the order of the section.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.own.len()).collect();
        // Stable: among equals, the first one used comes first, so that equal input gives equal bytes.
        order.sort_by_key(|position| std::cmp::Reverse(self.own.get(*position).map(|(_, uses)| *uses)));
        order
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
            _ => {
                let number = entry.own.and_then(|position| self.numbers.get(position as usize));
                HOT_WORDS + number.copied().unwrap_or(0)
            }
        }
    }

    /// Writes the section.
    pub(super) fn section(&self) -> Result<Vec<u8>, PackError> {
        let too_large = || PackError::TooLarge(Section::Strings);
        let mut entries = Vec::new();
        let mut offsets = Vec::new();
        let ordered = self.order().into_iter().filter_map(|position| self.own.get(position));
        for (number, (string, _)) in ordered.enumerate() {
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
