//! What is told of a boot while it happens.

use sitrep_core::boot_report::WARNINGS;
use sitrep_core::{Error, Verdict};

use crate::flash::Slot;

/// What is told while it happens, for the log.
#[derive(Clone, Copy, Debug)]
pub enum Event<'r> {
    /// What lies in a slot, or in the staging area for a slot, was verified or refused.
    Candidate(Slot, &'r Report<'r, 'r, 'r>),
    /// The application of this slot has confirmed: it is the rule from now on.
    Confirmed(Slot),
    /// It has not before the next boot, and the other slot runs again; or it did not verify when it was to be started.
    Rejected(Slot),
    /// An update was copied to a slot.
    Installed(Slot),
    /// A slot is started for the first time.
    Started(Slot),
    /// A trust policy of this revision waits for an image that it allows to be confirmed.
    PolicyPending(u32),
    /// A trust policy of this revision is in force.
    PolicyInForce(u32),
    /// The package in the staging area was refused.
    Refused(Error),
}

/// What became of a candidate, for the log.
#[derive(Clone, Copy, Debug)]
pub struct Report<'v, 'm, 'b> {
    /// May the artifact run? If not, the bundle's refusal or, after the supply chain was verified, the artifact's.
    pub result: Result<(), Error>,
    /// The name of what is to run.
    pub artifact: &'v str,
    /// The layout's steps and then its inspections, as far as they were read.
    pub steps: &'m [sitrep_core::Step<'b>],
    /// What the verifier found out; nothing where the bundle could not be opened.
    pub verdict: Option<Verdict<'v, 'm, 'b>>,
    /// What a person should know.
    pub warnings: &'m [Error],
    /// How many more of these there were than a device keeps.
    pub more_warnings: u32,
}

impl Report<'_, '_, '_> {
    /// The numbers of the first warnings, each once, and how many there were.
    pub(crate) fn warning_numbers(&self) -> ([u16; WARNINGS], u32) {
        let mut numbers = [0; WARNINGS];
        for warning in self.warnings {
            let number = warning.code().number();
            if let Some(place) = numbers.iter_mut().find(|place| [0, number].contains(place)) {
                *place = number;
            }
        }
        (numbers, self.more_warnings.saturating_add(self.warnings.len() as u32))
    }

    /// Of a refusal before anything was verified.
    pub(crate) const fn refused(error: Error) -> Self {
        Self { result: Err(error), artifact: "", steps: &[], verdict: None, warnings: &[], more_warnings: 0 }
    }
}
