//! What a boot leaves for the application (core/BUNDLE.md, section 14), from what came of it.

use sitrep_core::boot_report::{
    BootDecision, BootReport, BootSlot, Checked, FORMAT, ImageReport, SlotReport, SlotState,
};
use sitrep_core::{Error, Time};

use crate::boot::Booted;
use crate::decision::Decision;
use crate::flash::Slot;
use crate::journal::{State, Trial};

impl Booted {
    /// The report. `clock` is what the device's clock says.
    #[must_use]
    pub fn report(&self, clock: Option<Time>) -> BootReport<Error> {
        let account = &self.account;
        let state = account.state.as_ref();
        let (decision, image) = match self.decision() {
            Decision::Recovery(error) => (BootDecision::Recovery(error), None),
            Decision::Run(permit) => {
                let slot = permit.slot();
                let is_confirmed = state.is_some_and(|state| state.of(slot) == Trial::Confirmed);
                let runs = if is_confirmed { BootDecision::Confirmed } else { BootDecision::Trial };
                let image = ImageReport { sha256: permit.sha256(), security_version: account.security_version };
                (runs(slot.of([BootSlot::A, BootSlot::B])), Some(image))
            }
        };
        let slot = |slot: Slot| SlotReport {
            state: slot_state(state, slot),
            checked: slot.of(account.checked).map_or(Checked::No, Checked::from),
        };
        BootReport {
            format: FORMAT,
            decision,
            slots: Slot::ALL.map(slot),
            staging: account.staged.map_or(Checked::No, Checked::from),
            policy: state.map_or(0, |state| state.revision),
            pending_policy: account.pending,
            counter: state.map_or(0, |state| state.counter),
            time_floor: state.map_or(0, |state| state.time_floor.0),
            clock: clock.map(|Time(seconds)| seconds),
            image,
            warnings: account.warnings,
            warning_count: account.warning_count,
        }
    }
}

fn slot_state(state: Option<&State>, slot: Slot) -> SlotState {
    match state.map(|state| state.of(slot)) {
        None => SlotState::Unknown,
        Some(Trial::Empty) => SlotState::Empty,
        Some(Trial::Installed) => SlotState::Installed,
        Some(Trial::Started) => SlotState::Started,
        Some(Trial::Confirmed) => SlotState::Confirmed,
        Some(Trial::Rejected) => SlotState::Rejected,
    }
}
