//! A layout's keys and steps, and which of all are one layout's.

use crate::bundle::{Extra, Str};
use crate::error::List;
use crate::features::Features;
use crate::trust::keys::KeySet;
use crate::trust::signature::PublicKey;
use crate::wire::Offset;

/// A key of the layout.
#[derive(Clone, Copy, Debug)]
pub struct LayoutKey<'b> {
    /// Its label.
    pub id: Str<'b>,
    /// The key.
    pub key: PublicKey<'b>,
    /// The number of the first key with the same public bytes: two labels of one key are one signer. Of a subkey, its key's.
    pub(crate) signer: u16,
    /// Is it a subkey of OpenPGP, which signs for the key before it that is none?
    pub is_subkey: bool,
}

/// Is it a step, or an inspection?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A step, for which functionaries sign links.
    Step,
    /// An inspection, which the verifier runs.
    Inspection,
}

/// A step or inspection of the layout, and what verification found out about it.
#[derive(Clone, Copy, Debug)]
pub struct Step<'b> {
    /// Its name.
    pub name: Str<'b>,
    /// Step or inspection.
    pub role: Role,
    /// The number of its layout's envelope: 0 for the root layout.
    pub layout: u16,
    /// How many distinct keys must vouch for it.
    pub threshold: u32,
    /// Labels of the keys that may sign its links.
    pub(crate) allowed: KeySet,
    /// Where the layout's payload holds its values; `None` for those that it leaves out.
    pub(crate) materials_rules: Option<Offset>,
    pub(crate) products_rules: Option<Offset>,
    pub(crate) command: Extra<Option<Offset>>,
    /// The signers that vouched for it, as numbers of keys.
    pub(crate) vouched: KeySet,
    /// How many links counted, and the number of the first among the links read.
    pub(crate) links: u16,
    pub(crate) link: Option<u16>,
}

impl Step<'_> {
    /// May the key with this number sign for it?
    #[must_use]
    pub fn allows(&self, key: u16) -> bool {
        self.allowed.contains(key)
    }

    pub(crate) const fn rules(&self, list: List) -> Option<Offset> {
        match list {
            List::Materials => self.materials_rules,
            List::Products => self.products_rules,
        }
    }
}

/// Which of the verifier's keys, steps or links are those of one layout: numbers from `first` on, below `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: u16,
    pub(crate) end: u16,
}

impl Span {
    /// All of the first `end` from `first` on.
    pub(crate) const fn new(first: usize, end: usize) -> Self {
        Self { first: first as u16, end: end as u16 }
    }

    pub(crate) fn numbers(self) -> impl DoubleEndedIterator<Item = u16> {
        self.first..self.end
    }

    /// The part of `all` that it names: all of it, where there is one layout only.
    pub(crate) fn of<T>(self, all: &[T]) -> &[T] {
        if !Features::BUILD.has(Features::SUBLAYOUTS) {
            return all;
        }
        all.get(usize::from(self.first)..usize::from(self.end)).unwrap_or(&[])
    }

    pub(crate) fn of_mut<T>(self, all: &mut [T]) -> &mut [T] {
        if !Features::BUILD.has(Features::SUBLAYOUTS) {
            return all;
        }
        all.get_mut(usize::from(self.first)..usize::from(self.end)).unwrap_or(&mut [])
    }
}
