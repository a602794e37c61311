//! How much work a verification may take, and what is left of it.
//!
//! A unit is about a hundred instructions of a microcontroller, or some nanoseconds of a host. Whatever a bundle can ask for again and again is counted in
//! units: texts for signatures, paths for artifact maps, artifacts for rules. What is not counted is done a fixed number of times for each byte of the
//! bundle. So the time of a verification grows with the bundle's size and with nothing else, whoever has signed what (BUNDLE.md, section 10).

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::bundle::Bundle;
use crate::error::{Code, Result};
use crate::limits::Work;

/// A byte of a text that is rebuilt and hashed.
pub(crate) const TEXT: u32 = 4;
/// A byte of tokens that is passed once more: a token of one byte can be the longest template.
pub(crate) const TOKEN: u32 = 12;
/// A byte of tokens whose keys are compared with a later one.
pub(crate) const REREAD: u32 = 36;
/// An envelope that is looked up once more.
pub(crate) const ENVELOPE: u32 = 64;

/// What is left. Shared by all who check signatures at the same time: what all of it takes does not depend on who comes first.
#[derive(Debug)]
pub(crate) struct Budget {
    left: AtomicUsize,
    over: AtomicBool,
}

impl Budget {
    /// All that a bundle of this size may ask for.
    pub(crate) const fn of(bundle: &Bundle<'_>) -> Self {
        let Work { ratio, base, .. } = bundle.strings().features().work();
        // 32 bits fit usize on every target that core supports.
        let units = (bundle.length() as usize).saturating_mul(*ratio as usize).saturating_add(*base as usize);
        Self { left: AtomicUsize::new(units), over: AtomicBool::new(false) }
    }

    pub(crate) fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
    }

    /// More was asked for than there was.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// Counts work of which nobody will be told that it was too much until all of the same kind is done.
    pub(crate) fn take(&self, units: usize) {
        if self.subtract(units) < units {
            self.over.store(true, Ordering::Relaxed);
        }
    }

    /// Counts work, and refuses what is too much.
    #[inline(never)]
    pub(crate) fn spend(&self, units: u32) -> Result<()> {
        self.take(units as usize);
        if self.is_over() { Err(Code::LimitWork.into()) } else { Ok(()) }
    }

    /// Takes away `units`, or what is left, and returns what there was.
    #[cfg(target_has_atomic = "ptr")]
    fn subtract(&self, units: usize) -> usize {
        let less = |left: usize| Some(left.saturating_sub(units));
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).unwrap_or_else(|left| left)
    }

    /// The same for cores without a compare-and-swap, such as Cortex-M0. An executor that interrupts one job by another may there take less than it
    /// should from the budget: the bound on time is looser by that, no decision is another one.
    #[cfg(not(target_has_atomic = "ptr"))]
    fn subtract(&self, units: usize) -> usize {
        let left = self.left();
        self.left.store(left.saturating_sub(units), Ordering::Relaxed);
        left
    }
}
