//! The memory that verification takes: all of it, and no more.

use heapless::{Vec, VecView};

use crate::error::{Class, Error};
use crate::evidence::Vouched;
use crate::layout::{LayoutKey, Step};
use crate::limits::{BOOT, DEVICE, HOST, WARNINGS};
use crate::link::LinkState;

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
        Self {
            layouts: Vec::new(),
            keys: Vec::new(),
            steps: Vec::new(),
            links: Vec::new(),
            warnings: Warnings { kept: Vec::new(), count: 0 },
        }
    }

    /// Everything as slices, so that the verifier is compiled once.
    pub(crate) fn state(&mut self) -> State<'_, 'b> {
        self.layouts.clear();
        self.keys.clear();
        self.steps.clear();
        self.links.clear();
        self.warnings = Warnings { kept: Vec::new(), count: 0 };
        State {
            layouts: &mut self.layouts,
            keys: &mut self.keys,
            steps: &mut self.steps,
            links: &mut self.links,
            warnings: &mut self.warnings,
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
    pub(crate) keys: &'m mut VecView<LayoutKey<'b>>,
    pub(crate) steps: &'m mut VecView<Step<'b>>,
    pub(crate) links: &'m mut VecView<LinkState>,
    pub(crate) warnings: &'m mut Warnings,
}

/// What a person should know although it is no refusal.
#[derive(Clone, Debug)]
pub struct Warnings {
    kept: Vec<Error, WARNINGS>,
    count: u32,
}

impl Warnings {
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
