//! From the staging area to a slot.

use sitrep_core::update::{Package, package};
use sitrep_core::{Code, Error};

use crate::boot::Boot;
use crate::candidate::Vouched;
use crate::event::Event;
use crate::flash::{self, Flash, Region, Slot, is_erased};
use crate::journal::Trial;
use crate::policy;
use crate::trailer::TRAILER;

impl<F: Flash> Boot<'_, F> {
    /// Looks at the staging area, takes on what may be taken on, and then erases the package's start, so that it is dealt with once. A cut before that
    /// only means that it is done again. `None` where nothing was staged.
    #[inline(never)]
    pub(crate) fn install_staged(&mut self) -> Option<Result<(), Error>> {
        if !self.is_staged() {
            return None;
        }
        let staging = self.device.map.staging;
        let result = self.take_package(staging);
        if let Err(error) = result {
            self.tell(&Event::Refused(error));
        }
        // Where this fails, it is dealt with once more.
        if flash::erase(self.flash, staging.first(F::ERASE_SIZE as u32)).is_ok() {
            self.forget_rejected();
        }
        Some(result)
    }

    /// Does something lie in the staging area?
    pub(crate) fn is_staged(&self) -> bool {
        !is_erased(self.flash.mapped(self.device.map.staging.first(package::HEAD as u32)))
    }

    /// From now on an image that was rejected may be staged once more.
    fn forget_rejected(&mut self) {
        for slot in Slot::ALL {
            if self.state.of(slot) == Trial::Rejected && slot.of(self.state.ids) != 0 {
                // Where this cannot be noted, it is refused once more.
                let _ = self.append(&mut |state| state.set(slot, Trial::Rejected, 0));
            }
        }
    }

    fn take_package(&mut self, staging: Region) -> Result<(), Error> {
        let package = Package::read(self.flash.mapped(staging))?;
        let [whole, update] = [package.length(), package.policy_update.len()].map(|length| length as u32);
        let has_image = !package.artifact.is_empty() || !package.bundle.is_empty();
        if update > 0 {
            let region = staging.first(whole).after(whole.saturating_sub(update));
            if let Some(revision) = policy::update(self.flash, &self.device.map, &mut self.state, region)? {
                self.tell(&Event::PolicyPending(revision));
            }
        }
        if !has_image {
            return if update > 0 { Ok(()) } else { Err(Code::PackageHead.into()) };
        }
        let staged = staging.first(whole);
        let mut refusal = Error::new(Code::PackageHead);
        for slot in self.free_slots().into_iter().flatten() {
            match self.vouch(&self.staged(staged, slot)) {
                Ok(Vouched { id, .. }) if self.state.of(slot) == Trial::Rejected && slot.of(self.state.ids) == id => {
                    return Err(Code::BootRejected.into());
                }
                Ok(Vouched { id, .. }) => return self.install(staged, slot, id),
                Err(error) => refusal = error,
            }
        }
        Err(refusal)
    }

    /// The slots that may be written to: all but the one that would run without an update.
    fn free_slots(&mut self) -> [Option<Slot>; 2] {
        let active = self.state.active;
        if self.runs(active) {
            [Some(active.other()), None]
        } else if self.runs(active.other()) {
            [Some(active), None]
        } else {
            [Some(active.other()), Some(active)]
        }
    }

    fn install(&mut self, staged: Region, slot: Slot, id: u32) -> Result<(), Error> {
        let region = self.device.map.slot(slot);
        if staged.length > region.length.saturating_sub(TRAILER) {
            return Err(Code::PackageHead.into());
        }
        // What the journal says of a slot is not to outlive what lies there; and a trial needs another slot to go back to, if there is any.
        if self.state.of(slot) != Trial::Empty || self.state.active == slot {
            self.append(&mut |state| {
                state.set(slot, Trial::Empty, 0);
                state.active = slot.other();
            })?;
        }
        flash::erase(self.flash, region)?;
        flash::copy(self.flash, staged, region)?;
        self.append(&mut |state| state.set(slot, Trial::Installed, id))?;
        self.tell(&Event::Installed(slot));
        Ok(())
    }
}
