//! The order of checks (in-toto specification, section 5.2), and nothing else.

use crate::agreement::check_agreement;
use crate::budget::Budget;
use crate::error::{Code, Error, Result};
use crate::evidence::{
    bind_attestations, check_link_artifacts, check_link_signatures, check_steps_exist, compare_commands,
    next_sublayout, read_links, warn_of_keys, warn_of_openpgp, warn_of_strays,
};
use crate::expiry::check_expiry;
use crate::features::Features;
use crate::memory::{Memory, State};
use crate::metadata::known::Known;
use crate::metadata::layout::Layout;
use crate::metadata::parameters::Parameters;
use crate::metadata::signed_layout::{SignedLayout, check_owners};
use crate::policy::{check_attestations, check_inspections, check_steps};
use crate::request::{Findings, Observer, Request};
use crate::thresholds::{Vouched, check_thresholds};
use crate::trust::signature::SignedBytes;
use crate::verdict::outcome::Outcome;

/// Verifies a bundle.
pub fn verify<
    'm,
    'a: 'm,
    'b,
    const LAYOUTS: usize,
    const KEYS: usize,
    const STEPS: usize,
    const LINKS: usize,
    const RULES: usize,
    const PATH: usize,
>(
    request: &Request<'a, 'b>,
    memory: &'m mut Memory<'b, LAYOUTS, KEYS, STEPS, LINKS, RULES, PATH>,
    observer: &mut dyn Observer,
) -> Outcome<'m, 'b> {
    let mut findings = Findings::default();
    let mut state = memory.state(Budget::of(request.bundle));
    let result = check::<RULES, PATH>(request, &mut state, &mut findings, observer);
    Outcome::new(request, result, findings, state)
}

/// The specification's order: the layout's signatures, its expiry, the links' signatures and thresholds, then the same for every sublayout among
/// the links; agreement of the links, the rules of each step, the attestations that are demanded; inspections last. The first failure ends it.
#[inline(never)]
fn check<'b, const RULES: usize, const PATH: usize>(
    request: &Request<'_, 'b>,
    state: &mut State<'_, 'b>,
    findings: &mut Findings,
    observer: &mut dyn Observer,
) -> Result<()> {
    let bundle = request.bundle;
    if !request.parameters.is_empty() {
        bundle.strings().need(Features::PARAMETERS)?;
    }

    let mut signed = signed_layout::<PATH>(request, &state.known.budget)?;
    findings.owners = signed.owners();
    let mut next_link = 0;
    loop {
        let layout = check_layout::<RULES, PATH>(&signed, request, &mut state.known, findings)?;
        state
            .layouts
            .push(layout)
            .map_err(|_| Error::new(Code::LimitLayouts).in_envelope(signed.envelope().number()))?;
        let Some(sublayout) = next_sublayout::<PATH>(&mut next_link, bundle, state)? else { break };
        signed = sublayout;
    }
    warn_of_strays(bundle, state)?;
    warn_of_openpgp(request, findings.owners, &mut state.known);

    let evidence = check_agreement::<PATH>(bundle, state)?;
    compare_commands(request, state)?;
    check_steps::<RULES, PATH>(&evidence, request, state, observer)?;
    bind_attestations::<PATH>(&evidence, bundle, state)?;
    check_attestations::<PATH>(&evidence, bundle, request.trust, state)?;
    check_inspections::<RULES, PATH>(&evidence, request, state, findings, observer)
}

/// Checks the owners' signatures. Apart, as its buffers are of no use to the steps that follow.
#[inline(never)]
fn signed_layout<'b, const PATH: usize>(request: &Request<'_, 'b>, budget: &Budget) -> Result<SignedLayout<'b>> {
    let envelope = request.bundle.envelope(0)?;
    let mut message = SignedBytes::<PATH> { envelope: &envelope, bundle: request.bundle, budget };
    check_owners(envelope, request.trust, request.schemes, &mut message, budget)
}

/// What holds for the root layout and for every sublayout alike.
#[inline(never)]
fn check_layout<'b, const RULES: usize, const PATH: usize>(
    signed: &SignedLayout<'b>,
    request: &Request<'_, 'b>,
    known: &mut Known<'_, 'b>,
    findings: &mut Findings,
) -> Result<Vouched> {
    let parameters = if signed.link().is_none() { Parameters::new(request.parameters) } else { Parameters::NONE };
    let layout = Layout::read::<RULES, PATH>(signed, known, request.schemes, parameters)
        .map_err(|error| error.in_envelope(signed.envelope().number()))?;
    let layout = check_expiry(layout, request, known.warnings, findings)?;
    check_steps_exist(&layout, known)?;
    if request.bundle.strings().has(Features::FOREIGN_KEYS) {
        warn_of_keys(&layout, request.schemes, known);
    }
    let links = read_links(&layout, request.bundle, known)?;
    check_link_signatures::<PATH>(request, &layout, links, known)?;
    check_link_artifacts::<PATH>(request.bundle, links, known)?;
    check_thresholds(layout, links, known)
}
