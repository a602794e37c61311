//! The decision at boot: may what lies in the slot run?

use sitrep_core::{
    Clock, DeviceMemory, Ed25519, Error, Outcome, OwnerKey, PublicKey, Request, Sequential, Trust,
    VerifiedSupplyChain,
    bundle::{Bundle, Str},
    limits::DEVICE,
    verify,
};

use crate::{
    anchor::{Anchor, OWNERS},
    slot::Slot,
};

/// What became of a boot.
#[derive(Clone, Copy, Debug)]
pub struct Boot<'m, 'b> {
    result: Result<(), Error>,
    outcome: Option<Outcome<'m, 'b>>,
}

impl<'m, 'b> Boot<'m, 'b> {
    /// May the artifact run?
    ///
    /// # Errors
    /// Why it must not: the bundle's refusal or, after the supply chain was verified, the artifact's.
    pub const fn result(&self) -> Result<(), Error> {
        self.result
    }

    /// What the verifier found out, for the log; nothing where the bundle could not be opened.
    #[must_use]
    pub const fn outcome(&self) -> Option<&Outcome<'m, 'b>> {
        self.outcome.as_ref()
    }
}

/// Verifies the slot's bundle against the anchor, and the slot's artifact against the bundle.
#[must_use]
pub fn boot<'m, 'b>(
    anchor: &Anchor<'_>,
    slot: &Slot<'b>,
    clock: &dyn Clock,
    memory: &'m mut DeviceMemory<'b>,
) -> Boot<'m, 'b> {
    let bundle = match open(slot.bundle) {
        Ok(bundle) => bundle,
        Err(error) => return Boot { result: Err(error), outcome: None },
    };
    let outcome = decide(anchor, &bundle, clock, memory);
    let result = outcome.supply_chain().and_then(|chain| check_artifact(&chain, anchor.artifact(), slot.artifact));
    Boot { result, outcome: Some(outcome) }
}

// Each part has a frame of its own, so that the buffers of one are gone from the stack when the next one starts.

#[inline(never)]
fn open(bytes: &[u8]) -> Result<Bundle<'_>, Error> {
    Bundle::open(bytes, &mut [0; DEVICE.path])
}

#[inline(never)]
fn decide<'m, 'b>(
    anchor: &Anchor<'_>,
    bundle: &Bundle<'b>,
    clock: &dyn Clock,
    memory: &'m mut DeviceMemory<'b>,
) -> Outcome<'m, 'b> {
    // An anchor with more owners than fit was not read.
    let (mut anchored, mut owners) = (heapless::Vec::<_, OWNERS>::new(), heapless::Vec::<_, OWNERS>::new());
    for owner in anchor.owners() {
        let _ = anchored.push(owner);
    }
    for owner in &anchored {
        let text = Str::Text("ed25519"); // its key type and its scheme have one name
        let key = PublicKey { keytype: text, scheme: text, public: Str::Hex(owner.key) };
        let _ = owners.push(OwnerKey { key, ids: &owner.ids });
    }
    let trust = Trust { owners: &owners, threshold: anchor.threshold(), inspections: anchor.inspections() };
    verify(&Request { bundle, trust: &trust, clock, schemes: &Ed25519, executor: &Sequential }, memory, &mut ())
}

#[inline(never)]
fn check_artifact(chain: &VerifiedSupplyChain<'_, '_>, name: &str, artifact: &[u8]) -> Result<(), Error> {
    let product = chain.product(None, name, &mut [0; DEVICE.path])?;
    product.check(artifact, u64::try_from(artifact.len()).ok())
}
