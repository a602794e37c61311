//! The memory that verification takes: all of it, and no more.

use heapless::{Vec, VecView};

use crate::error::{Code, Error};
use crate::layout::{LayoutKey, Step};
use crate::limits::{CHUNK, DEVICE, HOST, Limits, WARNINGS};
use crate::link::LinkState;
use crate::rules::RuleState;

/// The verifier's memory. Its size follows from the five maxima; see [`HostMemory`] and [`DeviceMemory`].
#[derive(Debug)]
pub struct Memory<'b, const KEYS: usize, const STEPS: usize, const LINKS: usize, const RULES: usize, const PATH: usize>
{
    limits: Limits,
    keys: Vec<LayoutKey<'b>, KEYS>,
    steps: Vec<Step<'b>, STEPS>,
    links: Vec<LinkState, LINKS>,
    rules: Vec<RuleState<'b>, RULES>,
    warnings: Warnings,
    path: [u8; PATH],
    other_path: [u8; PATH],
    chunk: [u8; CHUNK],
}

/// Memory for the limits of [`HOST`]. Large: to be boxed.
pub type HostMemory<'b> = Memory<'b, { HOST.keys }, { HOST.steps }, { HOST.links }, { HOST.rules }, { HOST.path }>;

/// Memory for the limits of [`DEVICE`].
pub type DeviceMemory<'b> =
    Memory<'b, { DEVICE.keys }, { DEVICE.steps }, { DEVICE.links }, { DEVICE.rules }, { DEVICE.path }>;

impl<'b, const KEYS: usize, const STEPS: usize, const LINKS: usize, const RULES: usize, const PATH: usize>
    Memory<'b, KEYS, STEPS, LINKS, RULES, PATH>
{
    /// Empty memory.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            limits: Limits {
                profile: 0,
                name: "custom",
                keys: KEYS,
                steps: STEPS,
                links: LINKS,
                rules: RULES,
                path: PATH,
            },
            keys: Vec::new(),
            steps: Vec::new(),
            links: Vec::new(),
            rules: Vec::new(),
            warnings: Warnings { kept: Vec::new(), count: 0 },
            path: [0; PATH],
            other_path: [0; PATH],
            chunk: [0; CHUNK],
        }
    }

    /// Everything as slices, so that the verifier is compiled once.
    pub(crate) fn state(&mut self) -> State<'_, 'b> {
        self.keys.clear();
        self.steps.clear();
        self.links.clear();
        self.rules.clear();
        self.warnings = Warnings { kept: Vec::new(), count: 0 };
        State {
            limits: self.limits,
            keys: &mut self.keys,
            steps: &mut self.steps,
            links: &mut self.links,
            rules: &mut self.rules,
            warnings: &mut self.warnings,
            path: &mut self.path,
            other_path: &mut self.other_path,
            chunk: &mut self.chunk,
        }
    }
}

impl<const KEYS: usize, const STEPS: usize, const LINKS: usize, const RULES: usize, const PATH: usize> Default
    for Memory<'_, KEYS, STEPS, LINKS, RULES, PATH>
{
    fn default() -> Self {
        Self::new()
    }
}

/// The parts of [`Memory`], of whatever size.
pub(crate) struct State<'m, 'b> {
    pub(crate) limits: Limits,
    pub(crate) keys: &'m mut VecView<LayoutKey<'b>>,
    pub(crate) steps: &'m mut VecView<Step<'b>>,
    pub(crate) links: &'m mut VecView<LinkState>,
    pub(crate) rules: &'m mut VecView<RuleState<'b>>,
    pub(crate) warnings: &'m mut Warnings,
    pub(crate) path: &'m mut [u8],
    pub(crate) other_path: &'m mut [u8],
    pub(crate) chunk: &'m mut [u8],
}

/// What a person should know although it is no refusal.
#[derive(Clone, Debug)]
pub struct Warnings {
    kept: Vec<Error, WARNINGS>,
    count: u32,
}

impl Warnings {
    pub(crate) fn push(&mut self, warning: impl Into<Error>) {
        self.count = self.count.saturating_add(1);
        // Those that do not fit are counted.
        let _ = self.kept.push(warning.into());
    }

    /// The first [`WARNINGS`] of them.
    #[must_use]
    pub fn kept(&self) -> &[Error] {
        &self.kept
    }

    /// How many there were.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// Is this among those that were kept?
    #[must_use]
    pub fn has(&self, code: Code) -> bool {
        self.kept.iter().any(|warning| warning.code() == code)
    }
}
