//! One candidate: may what lies in a slot run?

use sitrep_core::{
    Clock, Code, DeviceMemory, Ed25519, Error, Outcome, Request, Sequential, TrustPolicy, Verdict, bundle::Bundle,
    limits::DEVICE, verify,
};

use crate::slot::Slot;

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

/// Verifies the slot's bundle as the trust policy at the start of `page` says, and the slot's artifact against the bundle. `report` is told before
/// it returns.
///
/// # Errors
/// Why the artifact must not run.
pub fn verify_slot(
    page: &[u8],
    slot: &Slot<'_>,
    clock: &dyn Clock,
    report: impl FnOnce(&Report<'_, '_, '_>),
) -> Result<(), Error> {
    let opened = TrustPolicy::read_page(page).and_then(|policy| Ok((policy, open(slot.bundle)?)));
    let (TrustPolicy { trust, artifact, .. }, bundle) = match &opened {
        Ok(opened) => opened,
        Err(error) => {
            let result = Err(*error);
            report(&Report { result, artifact: "", steps: &[], verdict: None, warnings: &[], more_warnings: 0 });
            return result;
        }
    };
    let request = Request { bundle, trust, clock, schemes: &Ed25519, executor: &Sequential, parameters: &[] };
    let mut memory = DeviceMemory::new();
    let outcome = verify(&request, &mut memory, &mut ());
    let result = check_artifact(&outcome, *artifact, slot.artifact);
    tell(&outcome, artifact.unwrap_or_default(), result, report);
    result
}

// All have frames of their own, so that their buffers are gone from the stack while signatures are checked.

#[inline(never)]
fn tell<'v, 'm, 'b>(
    outcome: &'v Outcome<'m, 'b>,
    artifact: &'v str,
    result: Result<(), Error>,
    report: impl FnOnce(&Report<'v, 'm, 'b>),
) {
    let verdict = Some(outcome.verdict());
    let warnings = outcome.warnings();
    let more_warnings = warnings.count().saturating_sub(warnings.kept().len() as u32);
    report(&Report { result, artifact, steps: outcome.steps(), verdict, warnings: warnings.kept(), more_warnings });
}

#[inline(never)]
fn open(bytes: &[u8]) -> Result<Bundle<'_>, Error> {
    Bundle::open(bytes, &mut [0; DEVICE.path])
}

#[inline(never)]
fn check_artifact(outcome: &Outcome<'_, '_>, name: Option<&str>, artifact: &[u8]) -> Result<(), Error> {
    let name = name.ok_or(Code::TrustArtifact)?;
    let product = outcome.supply_chain()?.product(name, &mut [0; DEVICE.path])?;
    product.check(artifact, u64::try_from(artifact.len()).ok())
}
