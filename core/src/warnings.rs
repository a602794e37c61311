//! What a person should know although it is no refusal.

use heapless::Vec;

use crate::error::{Class, Error};
use crate::limits::WARNINGS;

/// The warnings of a verification.
#[derive(Clone, Debug)]
pub struct Warnings {
    kept: Vec<Error, WARNINGS>,
    count: u32,
}

impl Warnings {
    pub(crate) const fn new() -> Self {
        Self { kept: Vec::new(), count: 0 }
    }

    pub(crate) fn push(&mut self, warning: impl Into<Error>) {
        self.keep(warning.into());
    }

    #[inline(never)]
    fn keep(&mut self, warning: Error) {
        self.count = self.count.saturating_add(1);
        // Those that do not fit are counted.
        let Err(warning) = self.kept.push(warning) else { return };
        // What signed evidence or the trust policy gives rise to goes before envelopes that do not count: anybody can add those.
        let is_own = |warning: &Error| warning.code().class() == Class::Warning;
        if is_own(&warning)
            && let Some(other) = self.kept.iter_mut().rfind(|kept| !is_own(kept))
        {
            *other = warning;
        }
    }

    /// The first [`WARNINGS`] of them; those of class `warning` before those about envelopes that do not count.
    #[must_use]
    pub fn kept(&self) -> &[Error] {
        &self.kept
    }

    /// How many there were.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }
}
