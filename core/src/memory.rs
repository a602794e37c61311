//! The memory that verification takes: all of it, and no more.

use heapless::{Vec, VecView};

use crate::budget::Budget;
use crate::limits::{BOOT, DEVICE, HOST};
use crate::metadata::known::Known;
use crate::metadata::link::LinkState;
use crate::metadata::step::{LayoutKey, Step};
use crate::thresholds::Vouched;
use crate::warnings::Warnings;

/// The verifier's memory: what is kept from one check to the next, of the layout and all sublayouts. Its size follows from the first four maxima;
/// the other two, `RULES` and `PATH`, are those of buffers that each check has on its stack. See [`HostMemory`] and [`DeviceMemory`].
#[derive(Debug)]
pub struct Memory<
    'b,
    const LAYOUTS: usize,
    const KEYS: usize,
    const STEPS: usize,
    const LINKS: usize,
    const RULES: usize,
    const PATH: usize,
> {
    layouts: Vec<Vouched, LAYOUTS>,
    keys: Vec<LayoutKey<'b>, KEYS>,
    steps: Vec<Step<'b>, STEPS>,
    links: Vec<LinkState, LINKS>,
    warnings: Warnings,
}

/// Memory for the limits of [`HOST`]. Large: to be boxed.
pub type HostMemory<'b> =
    Memory<'b, { HOST.layouts }, { HOST.keys }, { HOST.steps }, { HOST.links }, { HOST.rules }, { HOST.path }>;

/// Memory for the limits of [`DEVICE`].
pub type DeviceMemory<'b> = Memory<
    'b,
    { DEVICE.layouts },
    { DEVICE.keys },
    { DEVICE.steps },
    { DEVICE.links },
    { DEVICE.rules },
    { DEVICE.path },
>;

/// Memory for the limits of [`BOOT`].
pub type BootMemory<'b> =
    Memory<'b, { BOOT.layouts }, { BOOT.keys }, { BOOT.steps }, { BOOT.links }, { BOOT.rules }, { BOOT.path }>;

impl<
    'b,
    const LAYOUTS: usize,
    const KEYS: usize,
    const STEPS: usize,
    const LINKS: usize,
    const RULES: usize,
    const PATH: usize,
> Memory<'b, LAYOUTS, KEYS, STEPS, LINKS, RULES, PATH>
{
    /// Empty memory.
    #[must_use]
    pub const fn new() -> Self {
        Self { layouts: Vec::new(), keys: Vec::new(), steps: Vec::new(), links: Vec::new(), warnings: Warnings::new() }
    }

    /// Everything as slices, so that the verifier is compiled once; and how much work may be done in it.
    pub(crate) fn state(&mut self, budget: Budget) -> State<'_, 'b> {
        self.layouts.clear();
        self.keys.clear();
        self.steps.clear();
        self.links.clear();
        self.warnings = Warnings::new();
        State {
            layouts: &mut self.layouts,
            known: Known {
                keys: &mut self.keys,
                steps: &mut self.steps,
                links: &mut self.links,
                warnings: &mut self.warnings,
                budget,
            },
        }
    }
}

impl<
    const LAYOUTS: usize,
    const KEYS: usize,
    const STEPS: usize,
    const LINKS: usize,
    const RULES: usize,
    const PATH: usize,
> Default for Memory<'_, LAYOUTS, KEYS, STEPS, LINKS, RULES, PATH>
{
    fn default() -> Self {
        Self::new()
    }
}

/// The parts of [`Memory`], of whatever size.
pub(crate) struct State<'m, 'b> {
    /// The root layout first, and each sublayout after the layout that has the step it stands for.
    pub(crate) layouts: &'m mut VecView<Vouched>,
    pub(crate) known: Known<'m, 'b>,
}
