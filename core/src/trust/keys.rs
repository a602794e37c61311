//! Sets of keys by number.

use crate::limits::KEYS;

const WORD: usize = 32;
const WORDS: usize = KEYS / WORD;

/// A set of numbers below [`KEYS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeySet([u32; WORDS]);

impl KeySet {
    /// Adds a number. One that is too large is not added; limits see to it that there is none.
    pub(crate) fn insert(&mut self, number: u16) {
        if let Some(word) = self.0.get_mut(usize::from(number) / WORD) {
            *word |= 1 << (u32::from(number) % 32);
        }
    }

    /// Is the number in the set?
    #[must_use]
    pub fn contains(&self, number: u16) -> bool {
        self.0.get(usize::from(number) / WORD).is_some_and(|word| word >> (u32::from(number) % 32) & 1 == 1)
    }

    /// How many numbers are in the set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Is the set empty?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u16> + use<> {
        let set = *self;
        (0..KEYS as u16).filter(move |number| set.contains(*number))
    }

    /// Is any number in both?
    pub(crate) fn has_any_of(self, other: Self) -> bool {
        self.0.iter().zip(other.0).any(|(word, other)| word & other != 0)
    }

    pub(crate) fn union(self, other: Self) -> Self {
        let mut union = self;
        for (word, other) in union.0.iter_mut().zip(other.0) {
            *word |= other;
        }
        union
    }
}
