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

/// Which of the policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// The one that is to come into force, where there is one.
    Pending,
    /// The one in force.
    InForce,
}

/// Reads a policy.
///
/// # Errors
/// [`Code::BootPolicy`] where its page holds another one than the journal says, or the journal says that there is none; what
/// [`TrustPolicy::read_page`] says.
#[inline(never)]
pub(crate) fn read<'f, F: Flash>(
    flash: &'f F,
    map: &Map,
    state: &State,
    which: Which,
) -> Result<TrustPolicy<'f>, Error> {
    let page = if which == Which::Pending { state.policy.other() } else { state.policy };
    let policy = TrustPolicy::read_page(flash.mapped(page.of(map.policy)))?;
    let is_it = match which {
        Which::Pending => state.pending == Trial::Confirmed && policy.revision > state.revision,
        Which::InForce => policy.revision == state.revision,
    };
    if is_it { Ok(policy) } else { Err(Code::BootPolicy.into()) }
}

/// The revision of the policy that is to come into force, where there is one.
#[inline(never)]
#[must_use]
pub fn pending<F: Flash>(flash: &F, map: &Map, state: &State) -> Option<u32> {
    read(flash, map, state, Which::Pending).ok().map(|policy| policy.revision)
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
    let is_known =
        |page: Region| flash.mapped(page).starts_with(update.policy) && TrustPolicy::read_page(update.policy).is_ok();
    if is_known(page) || pending.is_some() && is_known(free) {
        return Ok(None);
    }
    // One that a cut has left without effect may be taken on once more.
    let least = state.revision.max(state.offered.saturating_sub(u32::from(pending.is_none())));
    let revision = update.verify(&read(flash, map, state, Which::InForce)?, least, &Ed25519)?.revision;
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
    black_box(update).verify(&read(flash, map, state, Which::InForce)?, least, &Ed25519)?;
    journal::append(flash, map, state, &mut |state| {
        state.pending = Trial::Confirmed;
        state.offered = revision;
    })?;
    Ok(Some(revision))
}
