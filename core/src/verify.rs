//! The order of checks (in-toto specification, section 5.2), and nothing else.

use crate::attestation::{bind_attestations, check_attestations};
use crate::bundle::Bundle;
use crate::error::{Code, Error, List, Result};
use crate::evidence::{
    Vouched, check_agreement, check_link_signatures, check_thresholds, compare_commands, next_sublayout, read_links,
};
use crate::executor::Executor;
use crate::features::Features;
use crate::keys::KeySet;
use crate::layout::{Layout, Role};
use crate::memory::{Memory, State};
use crate::outcome::Outcome;
use crate::parameters::{Parameter, Parameters};
use crate::policy::{check_inspections, check_steps};
use crate::signature::{Budget, Schemes, SignedBytes};
use crate::time::{Clock, Time};
use crate::trust::{Inspections, SignedLayout, Trust, check_owners};

/// Everything that a verification depends on.
#[derive(Clone, Copy)]
pub struct Request<'a, 'b> {
    /// What is to be verified. Not trusted.
    pub bundle: &'b Bundle<'b>,
    /// What is believed.
    pub trust: &'a Trust<'a>,
    /// The present time, if known.
    pub clock: &'a dyn Clock,
    /// The signature schemes of this build.
    pub schemes: &'a dyn Schemes,
    /// Who checks the links' signatures.
    pub executor: &'a dyn Executor,
    /// Values for the layout's parameters. Without any, braces are text.
    pub parameters: &'a [Parameter<'a>],
}

impl<'a> Request<'a, '_> {
    /// The parameters are those of the root layout; sublayouts get none.
    pub(crate) const fn parameters_of(&self, layout: &Layout) -> Parameters<'a> {
        if layout.link.is_none() { Parameters::new(self.parameters) } else { Parameters::NONE }
    }
}

/// Told about things as they are decided, for people who want to follow.
pub trait Observer {
    /// A rule of a step was applied: how many artifacts it consumed, for `REQUIRE` whether its artifact was there.
    fn rule(&mut self, _step: u16, _list: List, _rule: u16, _consumed: u32) {}
}

impl Observer for () {}

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
    let mut state = memory.state();
    let result = check::<RULES, PATH>(request, &mut state, &mut findings, observer);
    Outcome::new(request, result, findings, state)
}

/// What is found out about the root layout on the way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Findings {
    pub(crate) owners: KeySet,
    pub(crate) expires: Option<Time>,
    pub(crate) now: Option<Time>,
    pub(crate) inspections: Option<Inspections>,
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

    let mut budget = Budget::of(bundle);
    let mut signed = signed_layout::<PATH>(request, &budget)?;
    findings.owners = signed.owners;
    let mut next_link = 0;
    loop {
        let layout = check_layout::<RULES, PATH>(&signed, request, &budget, state, findings)?;
        state.layouts.push(layout).map_err(|_| Error::new(Code::LimitLayouts).in_envelope(signed.envelope.number()))?;
        let Some(sublayout) = next_sublayout(&mut next_link, bundle, state)? else { break };
        (signed, budget) = (sublayout, Budget::of(bundle));
    }
    warn_of_strays(bundle, state)?;

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
    check_owners(envelope, request.trust, request.schemes, &mut message)
}

/// What holds for the root layout and for every sublayout alike.
#[inline(never)]
fn check_layout<'b, const RULES: usize, const PATH: usize>(
    signed: &SignedLayout<'b>,
    request: &Request<'_, 'b>,
    budget: &Budget,
    state: &mut State<'_, 'b>,
    findings: &mut Findings,
) -> Result<Vouched> {
    let parameters = if signed.link.is_none() { Parameters::new(request.parameters) } else { Parameters::NONE };
    let layout = Layout::read::<RULES, PATH>(signed, state, request.schemes, parameters)
        .map_err(|error| error.in_envelope(signed.envelope.number()))?;
    let layout = check_expiry(layout, request, state, findings)?;
    check_steps_exist(&layout, state)?;
    let links = read_links::<PATH>(&layout, request.bundle, state)?;
    check_link_signatures::<PATH>(request, &layout, links, budget, state)?;
    check_thresholds(layout, links, state)
}

/// A layout that has not expired, as far as can be told. Only [`check_expiry`] makes one.
#[derive(Debug)]
pub(crate) struct InForce(Layout);

impl core::ops::Deref for InForce {
    type Target = Layout;

    fn deref(&self) -> &Layout {
        &self.0
    }
}

/// It is at least as late as the trust policy says, whatever the clock says or does not say.
#[inline(never)]
fn check_expiry<'b>(
    layout: Layout,
    request: &Request<'_, 'b>,
    state: &mut State<'_, 'b>,
    findings: &mut Findings,
) -> Result<InForce> {
    let (clock, earliest) = (request.clock.now(), request.trust.earliest_time);
    let least = earliest.unwrap_or(Time(0));
    let now = clock.unwrap_or(least).max(least);
    if layout.link.is_none() {
        findings.expires = Some(layout.expires);
        // A time that may long be past says nothing about what has not expired by then.
        findings.now = clock.map(|_| now);
        if clock.is_some_and(|clock| clock < least) {
            state.warnings.push(Code::ClockBehind);
        }
    }
    if now >= layout.expires && (clock.is_some() || earliest.is_some()) {
        findings.now = Some(now);
        return Err(Error::new(Code::LayoutExpired).in_envelope(layout.envelope));
    }
    if clock.is_none() {
        state.warnings.push(Error::new(Code::ExpiryUnknown).in_envelope(layout.envelope));
    }
    Ok(InForce(layout))
}

/// A layout that demands nothing is the owners' affair; a functionary who gives one in place of a link has evaded the step.
#[inline(never)]
fn check_steps_exist(layout: &InForce, state: &mut State<'_, '_>) -> Result<()> {
    let is_empty = !layout.steps.of(state.steps).iter().any(|step| step.role == Role::Step);
    match layout.link.and_then(|link| state.links.get(usize::from(link))) {
        None if is_empty => state.warnings.push(Code::LayoutEmpty),
        Some(link) if is_empty => {
            let error = Error::new(Code::SublayoutEmpty).in_envelope(layout.envelope);
            return Err(link.step.map_or(error, |step| error.at_step(step)));
        }
        _ => {}
    }
    Ok(())
}

/// Envelopes below a sublayout that does not count were not read.
fn warn_of_strays<'b>(bundle: &'b Bundle<'b>, state: &mut State<'_, 'b>) -> Result<()> {
    if !Features::BUILD.has(Features::SUBLAYOUTS) {
        return Ok(());
    }
    for envelope in bundle.envelopes().skip(1) {
        let envelope = envelope?;
        if !state.layouts.iter().any(|layout| layout.envelope == envelope.parent()) {
            state.warnings.push(Error::new(Code::LinkStray).in_envelope(envelope.number()));
        }
    }
    Ok(())
}
