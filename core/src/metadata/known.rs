//! What is known of all layouts and their evidence, at any time of a verification.

use heapless::VecView;

use crate::budget::Budget;
use crate::metadata::link::LinkState;
use crate::metadata::step::{LayoutKey, Step};
use crate::warnings::Warnings;

/// What was read and what was found out about it, of whatever size.
pub(crate) struct Known<'m, 'b> {
    pub(crate) keys: &'m mut VecView<LayoutKey<'b>>,
    pub(crate) steps: &'m mut VecView<Step<'b>>,
    pub(crate) links: &'m mut VecView<LinkState>,
    pub(crate) warnings: &'m mut Warnings,
    /// The work that is left.
    pub(crate) budget: Budget,
}
