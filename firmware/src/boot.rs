//! The order of a boot (BOOT.md, section "Order").

use sitrep_core::{Clock, Code, Error, Time};

use crate::candidate::Report;
use crate::decision::Decision;
use crate::flash::{Flash, Map, Slot};
use crate::journal::State;

/// What is the same at every boot.
#[derive(Clone, Copy, Debug)]
pub struct Device {
    /// Where everything lies in flash.
    pub map: Map,
    /// When this firmware was built: it is certainly later.
    pub build_time: Time,
}

/// What is told while it happens, for the log.
#[derive(Clone, Copy, Debug)]
pub enum Event<'r> {
    /// The package in the staging area was verified for a slot, or refused.
    Staged(Slot, &'r Report<'r, 'r, 'r>),
    /// A slot was verified or refused.
    Candidate(Slot, &'r Report<'r, 'r, 'r>),
    /// The application of this slot has confirmed: it is the rule from now on.
    Confirmed(Slot),
    /// It has not, and another slot runs again.
    Reverted(Slot),
    /// An update was copied to a slot.
    Installed(Slot),
    /// A slot is started for the first time.
    Started(Slot),
    /// A trust policy of this revision waits for an image that it allows to be confirmed.
    PolicyPending(u32),
    /// A trust policy of this revision is in force.
    PolicyInForce(u32),
    /// The package was refused before there was a candidate; or the flash failed.
    Refused(Error),
}

/// What came of a boot, for the report that the application gets.
#[derive(Debug)]
pub struct Boot {
    /// What is to be done.
    pub decision: Decision,
    /// The state that the journal has now, if any.
    pub state: Option<State>,
    /// The revision of the policy that waits to come into force.
    pub pending: Option<u32>,
    /// What became of the package in the staging area: `None` where there was none.
    pub staged: Option<Result<(), Error>>,
}

/// Boots: settles the trial, installs what was staged, and chooses what may run.
pub fn boot<F: Flash>(flash: &mut F, device: &Device, clock: &dyn Clock, tell: &mut dyn FnMut(&Event<'_>)) -> Boot {
    let _ = (flash, device, clock, tell);
    Boot { decision: Decision::Recovery(Code::TrustSyntax.into()), state: None, pending: None, staged: None }
}
