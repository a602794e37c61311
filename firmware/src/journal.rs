//! The boot's own state: what a cut of the power must not lose.
//!
//! A record is the whole state, so that every change is one write of one record, which is there or is not.

use sitrep_core::Time;

use crate::flash::{Flash, FlashError, Map, Slot};

/// How many bytes a record takes.
pub const RECORD: usize = 64;

/// What the boot knows of a slot. Any two values differ in four bits or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Trial {
    /// Nothing that the boot has put there.
    Empty = 0xe1,
    /// An update was installed, and was not started yet.
    Installed = 0x1e,
    /// It was started, and has not confirmed yet.
    Started = 0x2d,
    /// It was started and has confirmed that it works.
    Confirmed = 0xb4,
    /// It was started and has not confirmed before the next boot.
    Rejected = 0x78,
}

/// The state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// The number of its record. Of two records the greater one counts.
    pub sequence: u32,
    /// The least security version that may run.
    pub counter: u32,
    /// It is certainly later than this.
    pub time_floor: Time,
    /// The revision of the trust policy in force.
    pub revision: u32,
    /// What is known of slot a and slot b.
    pub slots: [Trial; 2],
    /// The slot that runs unless there is a trial.
    pub active: Slot,
    /// Which policy page is in force: 0 or 1.
    pub policy: u8,
    /// Is the other page's policy to come into force?
    pub pending: bool,
}

impl State {
    /// What a factory writes into the first record: slot a holds an image that has not been started, policy page 0 a policy of this revision.
    #[must_use]
    pub const fn factory(revision: u32) -> Self {
        Self {
            sequence: 1,
            counter: 0,
            time_floor: Time(0),
            revision,
            slots: [Trial::Started, Trial::Empty],
            active: Slot::A,
            policy: 0,
            pending: false,
        }
    }

    /// The record. A factory writes that of [`Self::factory`] to the start of the first journal page and leaves the other one erased.
    #[must_use]
    pub fn record(&self) -> [u8; RECORD] {
        let _ = self;
        [0xff; RECORD]
    }
}

/// The state as the journal has it: its last good record. `None` where it has none: the device was not provisioned, or has lost what it knew.
#[must_use]
pub fn read<F: Flash>(flash: &F, map: &Map) -> Option<State> {
    let _ = (flash, map);
    None
}

/// Appends a record with the next sequence number, and updates that in `state`.
///
/// # Errors
/// [`FlashError`]; the state before then still counts.
pub fn append<F: Flash>(flash: &mut F, map: &Map, state: &mut State) -> Result<(), FlashError> {
    let _ = (flash, map, state);
    Err(FlashError)
}
