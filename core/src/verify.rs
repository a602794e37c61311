//! The order of checks (in-toto specification, section 5.2), and nothing else.

use crate::bundle::Bundle;
use crate::error::{Code, Error, List, Result};
use crate::evidence::{check_agreement, check_link_signatures, check_thresholds, compare_commands, read_links};
use crate::executor::Executor;
use crate::keys::KeySet;
use crate::layout::{Layout, Role};
use crate::memory::{Memory, State};
use crate::outcome::Outcome;
use crate::parameters::Parameter;
use crate::policy::{check_inspections, check_rules};
use crate::signature::{Schemes, SignedBytes};
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

/// Told about things as they are decided, for people who want to follow.
pub trait Observer {
    /// A rule of a step was applied: how many artifacts it consumed, for `REQUIRE` whether its artifact was there.
    fn rule(&mut self, _step: u16, _list: List, _rule: u16, _consumed: u32) {}
}

impl Observer for () {}

/// Verifies a bundle.
pub fn verify<
    'm,
    'b,
    const KEYS: usize,
    const STEPS: usize,
    const LINKS: usize,
    const RULES: usize,
    const PATH: usize,
>(
    request: &Request<'_, 'b>,
    memory: &'m mut Memory<'b, KEYS, STEPS, LINKS, RULES, PATH>,
    observer: &mut dyn Observer,
) -> Outcome<'m, 'b> {
    let mut findings = Findings::default();
    let mut state = memory.state();
    let result = check::<RULES, PATH>(request, &mut state, &mut findings, observer);
    Outcome::new(request.bundle, result, findings, state)
}

/// What is found out about the layout on the way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Findings {
    pub(crate) owners: KeySet,
    pub(crate) expires: Option<Time>,
    pub(crate) now: Option<Time>,
    pub(crate) inspections: Option<Inspections>,
}

/// The specification's order: the layout's signatures, its expiry, the links' signatures and thresholds, their agreement, the rules of each
/// step; inspections last. The first failure ends it.
#[inline(never)]
fn check<'b, const RULES: usize, const PATH: usize>(
    request: &Request<'_, 'b>,
    state: &mut State<'_, 'b>,
    findings: &mut Findings,
    observer: &mut dyn Observer,
) -> Result<()> {
    let bundle = request.bundle;

    let signed = signed_layout::<PATH>(request)?;
    findings.owners = signed.owners;
    let layout = Layout::read(signed, state, request.schemes, RULES).map_err(|error| error.in_envelope(0))?;
    findings.expires = Some(layout.expires);
    let layout = check_expiry(layout, request.clock, state, findings)?;
    read_links::<PATH>(bundle, state)?;
    check_link_signatures::<PATH>(request, state);
    let vouched = check_thresholds(state)?;
    let evidence = check_agreement::<PATH>(&vouched, bundle, state)?;
    compare_commands(&layout, bundle, state)?;

    for number in 0..state.steps.len() as u16 {
        if state.steps.get(usize::from(number)).is_some_and(|step| step.role == Role::Step) {
            check_rules::<RULES, PATH>(&layout, &evidence, bundle, number, state, observer)?;
        }
    }
    check_inspections::<RULES, PATH>(&layout, &evidence, request, state, findings, observer)
}

/// Checks the owners' signatures. Apart, as its buffers are of no use to the steps that follow.
#[inline(never)]
fn signed_layout<'b, const PATH: usize>(request: &Request<'_, 'b>) -> Result<SignedLayout<'b>> {
    let envelope = request.bundle.envelope(0)?;
    let mut message = SignedBytes::<PATH> { envelope: &envelope, bundle: request.bundle };
    check_owners(envelope, request.trust, request.schemes, &mut message)
}

/// A layout that has not expired, as far as can be told. Only [`check_expiry`] makes one, and rules are applied from nothing else.
pub(crate) struct InForce<'b>(Layout<'b>);

impl<'b> core::ops::Deref for InForce<'b> {
    type Target = Layout<'b>;

    fn deref(&self) -> &Layout<'b> {
        &self.0
    }
}

#[inline(never)]
fn check_expiry<'b>(
    layout: Layout<'b>,
    clock: &dyn Clock,
    state: &mut State<'_, 'b>,
    findings: &mut Findings,
) -> Result<InForce<'b>> {
    findings.now = clock.now();
    match findings.now {
        None => state.warnings.push(Code::ExpiryUnknown),
        Some(now) if now >= layout.expires => return Err(Error::new(Code::LayoutExpired).in_envelope(0)),
        Some(_) => {}
    }
    if state.steps.is_empty() {
        state.warnings.push(Code::LayoutEmpty);
    }
    Ok(InForce(layout))
}
