//! One candidate: may what lies in a slot, or is to come there, run?

use heapless::String;
use sitrep_core::update::{Package, package};
use sitrep_core::{
    Attested, BootMemory, Clock, Code, Ed25519, Error, Outcome, Product, Request, Sequential, Time, TrustPolicy,
    bundle::Bundle, limits::BOOT, limits::SLOT_NAME, sha256, trust_policy::SLOT, verify,
};

use crate::decision::{Passed, Token, Word};
use crate::device::Device;
use crate::event::{Event, Report};
use crate::flash::{Flash, Region, Slot, is_erased};
use crate::journal::{self, State};
use crate::policy::{self, Which};

/// By which of two ways the artifact is compared with what the supply chain has made.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// The verifier's own.
    Verifier,
    /// One digest over the flash.
    Digest,
}

/// What is asked about a candidate.
#[derive(Clone, Copy)]
pub(crate) struct Question<'q> {
    /// Where the package lies.
    pub(crate) package: Region,
    /// The slot that it is for.
    pub(crate) slot: Slot,
    pub(crate) clock: &'q dyn Clock,
    /// It is at least as late as this, whatever the journal says.
    pub(crate) floor: Time,
    /// Which image it must be ([`State::ids`]); 0 where any may be.
    pub(crate) id: u32,
    pub(crate) way: Way,
}

/// A candidate that may run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vouched {
    pub(crate) attested: Attested,
    /// The revision of the policy that allows it.
    pub(crate) revision: u32,
    /// Where the artifact lies.
    pub(crate) image: Region,
    /// Which image it is ([`State::ids`]).
    pub(crate) id: u32,
}

/// Answers a question from nothing but the flash: reads the journal, the pending policy and the one in force, and asks them in this order.
#[inline(never)]
pub(crate) fn vouch<F: Flash>(
    flash: &F,
    device: &Device<'_>,
    question: &Question<'_>,
    token: &mut Token,
    tell: &mut dyn FnMut(&Event<'_>),
) -> Result<Vouched, Error> {
    let state = journal::read(flash, &device.map).ok_or(Code::BootJournal)?;
    if let vouched @ Ok(_) = ask(flash, device, question, &state, Which::Pending, token, tell) {
        return vouched;
    }
    ask(flash, device, question, &state, Which::InForce, token, tell)
}

#[inline(never)]
fn ask<F: Flash>(
    flash: &F,
    device: &Device<'_>,
    question: &Question<'_>,
    state: &State,
    which: Which,
    token: &mut Token,
    tell: &mut dyn FnMut(&Event<'_>),
) -> Result<Vouched, Error> {
    let Question { package: region, slot, floor, .. } = *question;
    token.start();
    token.pass(Passed::Journal);
    let mut policy = policy::read(flash, &device.map, state, which)?;
    let trust = &mut policy.trust;
    trust.security_version = trust.security_version.max(state.counter);
    trust.earliest_time = trust.earliest_time.max(Some(floor.max(state.time_floor).max(device.build_time)));
    trust.device = device.identity;
    token.pass(Passed::Policy);

    let package = Package::read(flash.mapped(region)).inspect_err(|error| {
        // Of an empty slot there is nothing to tell.
        if !is_erased(flash.mapped(region.first(package::HEAD as u32))) {
            tell(&Event::Candidate(slot, &Report::refused(*error)));
        }
    })?;
    let image = region.after(package::ARTIFACT as u32).first(package.artifact.len() as u32);
    token.note(Word::Start, image.start);
    token.note(Word::Length, image.length);
    token.note(Word::Counter, trust.security_version);
    token.note(Word::Revision, policy.revision);
    token.note(Word::Slot, slot as u32);
    let (attested, id) =
        check(&policy, &package, question, token, &mut |report| tell(&Event::Candidate(slot, report)))?;
    token.note(Word::SecurityVersion, attested.security_version);
    Ok(Vouched { attested, revision: policy.revision, image, id })
}

/// Verifies a package's bundle as the trust policy at the start of `page` says, and its artifact against the bundle, for a slot; apart from a boot.
/// `report` is told before it returns.
///
/// # Errors
/// Why the artifact must not run.
pub fn verify_package(
    page: &[u8],
    package: &Package<'_>,
    slot: Slot,
    clock: &dyn Clock,
    report: &mut dyn FnMut(&Report<'_, '_, '_>),
) -> Result<Attested, Error> {
    let policy = TrustPolicy::read_page(page).inspect_err(|error| report(&Report::refused(*error)))?;
    let nowhere = Region { start: 0, length: 0 };
    let question = Question { package: nowhere, slot, clock, floor: Time(0), id: 0, way: Way::Verifier };
    check(&policy, package, &question, &mut Token::blank(0), report).map(|(attested, _)| attested)
}

fn check(
    TrustPolicy { trust, artifact: name, .. }: &TrustPolicy<'_>,
    package: &Package<'_>,
    question: &Question<'_>,
    token: &mut Token,
    report: &mut dyn FnMut(&Report<'_, '_, '_>),
) -> Result<(Attested, u32), Error> {
    let Question { slot, clock, .. } = *question;
    let mut room = String::new();
    let name = artifact_name(name.unwrap_or_default(), slot, &mut room);
    let opened = open(package.bundle);
    let bundle = match &opened {
        Ok(bundle) => bundle,
        Err(error) => {
            report(&Report::refused(*error));
            return Err(*error);
        }
    };
    token.pass(Passed::Bundle);
    let request = Request { bundle, trust, clock, schemes: &Ed25519, executor: &Sequential, parameters: &[] };
    let mut memory = BootMemory::new();
    let outcome = verify(&request, &mut memory, &mut ());
    let result = check_artifact(&outcome, name, package.artifact, question, token);
    let told = result.map(|_| ());
    tell(&outcome, name, told, report);
    result
}

// All have frames of their own, so that their buffers are gone from the stack while signatures are checked.

#[inline(never)]
fn tell(
    outcome: &Outcome<'_, '_>,
    artifact: &str,
    result: Result<(), Error>,
    report: &mut dyn FnMut(&Report<'_, '_, '_>),
) {
    let verdict = Some(outcome.verdict());
    let warnings = outcome.warnings();
    let more_warnings = warnings.count().saturating_sub(warnings.kept().len() as u32);
    report(&Report { result, artifact, steps: outcome.steps(), verdict, warnings: warnings.kept(), more_warnings });
}

#[inline(never)]
fn open(bytes: &[u8]) -> Result<Bundle<'_>, Error> {
    Bundle::open_for(BOOT.features, bytes, &mut [0; BOOT.path])
}

/// The name with the slot's in place of `{slot}`; empty, which no artifact is called, where that is too long.
#[inline(never)]
fn artifact_name<'n>(name: &'n str, slot: Slot, room: &'n mut String<SLOT_NAME>) -> &'n str {
    let Some(at) = name.as_bytes().windows(SLOT.len()).position(|window| window == SLOT.as_bytes()) else {
        return name;
    };
    let parts = [name.get(..at), Some(slot.name()), name.get(at.saturating_add(SLOT.len())..)];
    if parts.into_iter().any(|part| part.is_none_or(|part| room.push_str(part).is_err())) {
        room.clear();
    }
    room
}

#[inline(never)]
fn check_artifact(
    outcome: &Outcome<'_, '_>,
    name: &str,
    artifact: &[u8],
    question: &Question<'_>,
    token: &mut Token,
) -> Result<(Attested, u32), Error> {
    if name.is_empty() {
        return Err(Code::TrustArtifact.into());
    }
    let supply_chain = outcome.supply_chain()?;
    token.pass(Passed::SupplyChain);
    let product = supply_chain.product(name, &mut [0; BOOT.path])?;
    token.pass(Passed::Product);
    let mut digest = recorded(&product)?;
    match question.way {
        Way::Verifier => {
            let mut comparison = product.comparison(u64::try_from(artifact.len()).ok())?;
            comparison.update(artifact);
            comparison.finish()?;
        }
        Way::Digest => {
            let computed = sha256(artifact);
            if computed != digest {
                return Err(Code::ArtifactDigest.into());
            }
            digest = computed;
        }
    }
    let [a, b, c, d, ..] = digest;
    let id = u32::from_le_bytes([a, b, c, d]);
    if ![0, id].contains(&question.id) {
        return Err(Code::BootImage.into());
    }
    token.note_digest(&digest);
    token.pass(Passed::Artifact);
    Ok((product.attested(), id))
}

/// The digest that the product's step has recorded.
fn recorded(product: &Product<'_>) -> Result<[u8; 32], Error> {
    Ok(product.digests().sha256()?.ok_or(Code::ArtifactNoDigest)?)
}
