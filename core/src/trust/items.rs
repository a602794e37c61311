//! Lists of what a verifier believes: slices, or where they stand in a compiled trust policy.
//!
//! A device reads its policy in place: what it would take to unfold eight owners with their key ids is a twelfth of its memory.

use crate::wire::Input;

/// A list, and the iterator over it.
#[derive(Clone, Copy, Debug)]
pub struct Items<'a, T>(Source<'a, T>);

#[derive(Clone, Copy, Debug)]
enum Source<'a, T> {
    Slice(&'a [T]),
    /// So many items stand here one after the other. They were all read once before.
    Packed(u32, Input<'a>),
}

/// What can be read in place.
pub(crate) trait Packed<'a>: Copy {
    /// Takes one item from the start of `input`; `None` where there stands something else.
    fn take(input: &mut Input<'a>) -> Option<Self>;
}

impl<'a, T: Copy> Items<'a, T> {
    /// These items.
    #[must_use]
    pub const fn new(items: &'a [T]) -> Self {
        Self(Source::Slice(items))
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self.0 {
            Source::Slice(items) => items.len(),
            // 32 bits fit usize on every target that core supports.
            Source::Packed(count, _) => count as usize,
        }
    }

    /// Are there none?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[allow(private_bounds, reason = "nobody else has items to read in place")]
impl<'a, T: Packed<'a>> Items<'a, T> {
    /// Takes `count` items from the start of `input`, and reads each once.
    pub(crate) fn take(count: u32, input: &mut Input<'a>) -> Option<Self> {
        let items = Self(Source::Packed(count, *input));
        for _ in 0..count {
            T::take(input)?;
        }
        Some(items)
    }

    /// One after the other.
    #[must_use]
    pub const fn iter(&self) -> Self {
        *self
    }

    /// The first one.
    #[must_use]
    pub fn first(&self) -> Option<T> {
        self.iter().next()
    }

    /// The one with this number, from 0.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<T> {
        self.iter().nth(number)
    }
}

impl<'a, T: Packed<'a>> Iterator for Items<'a, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        match &mut self.0 {
            Source::Slice(items) => {
                let (first, rest) = items.split_first()?;
                *items = rest;
                Some(*first)
            }
            Source::Packed(count, input) => {
                *count = count.checked_sub(1)?;
                T::take(input)
            }
        }
    }
}

impl<'a, T> From<&'a [T]> for Items<'a, T> {
    fn from(items: &'a [T]) -> Self {
        Self(Source::Slice(items))
    }
}
