//! The trust policies: the one in force in one page, and in the other perhaps one that is to come into force.

use core::hint::black_box;

use sitrep_core::update::PolicyUpdate;
use sitrep_core::{Code, Ed25519, Error, TrustPolicy};

use crate::flash::{self, Flash, FlashError, Map, Region};
use crate::journal::{self, State, Trial};

impl From<FlashError> for Error {
    fn from(_: FlashError) -> Self {
        Code::BootFlash.into()
    }
}

/// The policy in force.
///
/// # Errors
/// [`Code::BootPolicy`] where the page holds another one than the journal says; what [`TrustPolicy::read_page`] says.
#[inline(never)]
pub fn in_force<'f, F: Flash>(flash: &'f F, map: &Map, state: &State) -> Result<TrustPolicy<'f>, Error> {
    let policy = TrustPolicy::read_page(flash.mapped(state.policy.of(map.policy)))?;
    if policy.revision == state.revision { Ok(policy) } else { Err(Code::BootPolicy.into()) }
}

/// The policy that is to come into force, where there is one.
#[inline(never)]
#[must_use]
pub fn pending<'f, F: Flash>(flash: &'f F, map: &Map, state: &State) -> Option<TrustPolicy<'f>> {
    if state.pending != Trial::Confirmed {
        return None;
    }
    let policy = TrustPolicy::read_page(flash.mapped(state.policy.other().of(map.policy))).ok()?;
    Some(policy).filter(|policy| policy.revision > state.revision)
}

/// Takes on a policy update that lies in `region` of the flash: writes the policy to the page that is not in force, and notes that it is pending. One
/// that was taken on before changes nothing.
///
/// # Errors
/// What [`PolicyUpdate::verify`] says; [`Code::PolicyUpdateForm`] also where it does not fit into a page; [`Code::BootFlash`].
#[inline(never)]
pub fn update<F: Flash>(flash: &mut F, map: &Map, state: &mut State, region: Region) -> Result<Option<u32>, Error> {
    let [page, free] = [state.policy, state.policy.other()].map(|page| page.of(map.policy));
    let update = PolicyUpdate::read(flash.mapped(region))?;
    let pending = pending(flash, map, state);
    let is_known = |page: Region| flash.mapped(page).starts_with(update.policy);
    if is_known(page) || pending.is_some() && is_known(free) {
        return Ok(None);
    }
    let least = pending.map_or(0, |pending| pending.revision).max(state.revision);
    let revision = update.verify(&in_force(flash, map, state)?, least, &Ed25519)?.revision;
    let length = update.policy.len() as u32;
    if length > free.length {
        return Err(Code::PolicyUpdateForm.into());
    }
    if state.pending != Trial::Empty {
        journal::append(flash, map, state, &mut |state| state.pending = Trial::Empty)?;
    }
    flash::erase(flash, free)?;
    flash::copy(flash, region.after(PolicyUpdate::HEAD as u32).first(length), free)?;
    // Once more, over the copy: what is believed from now on is worth a second check.
    let update = PolicyUpdate { policy: flash.mapped(free.first(length)), ..PolicyUpdate::read(flash.mapped(region))? };
    black_box(update).verify(&in_force(flash, map, state)?, least, &Ed25519)?;
    journal::append(flash, map, state, &mut |state| state.pending = Trial::Confirmed)?;
    Ok(Some(revision))
}
