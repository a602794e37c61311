//! The decision at boot: may what lies in the slot run?

use sitrep_core::{
    Clock, DeviceMemory, Ed25519, Error, Outcome, OwnerKey, PublicKey, Request, Sequential, Str, Trust, Verdict,
    bundle::Bundle, limits::DEVICE, verify,
};

use crate::{
    anchor::{Anchor, OWNERS},
    slot::Slot,
};

/// What became of a boot, for the log.
#[derive(Clone, Copy, Debug)]
pub struct Report<'v, 'm, 'b> {
    /// May the artifact run? If not, the bundle's refusal or, after the supply chain was verified, the artifact's.
    pub result: Result<(), Error>,
    /// The layout's steps and then its inspections, as far as they were read.
    pub steps: &'m [sitrep_core::Step<'b>],
    /// What the verifier found out; nothing where the bundle could not be opened.
    pub verdict: Option<Verdict<'v, 'm, 'b>>,
    /// What a person should know.
    pub warnings: &'m [Error],
    /// How many more of these there were than a device keeps.
    pub more_warnings: u32,
}

/// Verifies the slot's bundle against the anchor, and the slot's artifact against the bundle. `report` is told before it returns.
///
/// # Errors
/// Why the artifact must not run.
pub fn boot(
    anchor: &Anchor<'_>,
    slot: &Slot<'_>,
    clock: &dyn Clock,
    report: impl FnOnce(&Report<'_, '_, '_>),
) -> Result<(), Error> {
    let opened = open(slot.bundle);
    let bundle = match &opened {
        Ok(bundle) => bundle,
        Err(error) => {
            report(&Report { result: Err(*error), steps: &[], verdict: None, warnings: &[], more_warnings: 0 });
            return Err(*error);
        }
    };
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
    let trust = Trust { inspections: anchor.inspections(), ..Trust::new(&owners, anchor.threshold()) };
    let request = Request { bundle, trust: &trust, clock, schemes: &Ed25519, executor: &Sequential, parameters: &[] };
    let mut memory = DeviceMemory::new();
    let outcome = verify(&request, &mut memory, &mut ());
    let result = check_artifact(&outcome, anchor.artifact(), slot.artifact);
    tell(&outcome, result, report);
    result
}

// All have frames of their own, so that their buffers are gone from the stack while signatures are checked.

#[inline(never)]
fn tell<'v, 'm, 'b>(outcome: &'v Outcome<'m, 'b>, result: Result<(), Error>, report: impl FnOnce(&Report<'v, 'm, 'b>)) {
    let verdict = Some(outcome.verdict());
    let warnings = outcome.warnings();
    let more_warnings = warnings.count().saturating_sub(warnings.kept().len() as u32);
    report(&Report { result, steps: outcome.steps(), verdict, warnings: warnings.kept(), more_warnings });
}

#[inline(never)]
fn open(bytes: &[u8]) -> Result<Bundle<'_>, Error> {
    Bundle::open(bytes, &mut [0; DEVICE.path])
}

#[inline(never)]
fn check_artifact(outcome: &Outcome<'_, '_>, name: &str, artifact: &[u8]) -> Result<(), Error> {
    let product = outcome.supply_chain()?.product(name, &mut [0; DEVICE.path])?;
    product.check(artifact, u64::try_from(artifact.len()).ok())
}
