//! The policy applied: each step's rules to what its links recorded, and each inspection's to what was observed.

use heapless::VecView;

use crate::agreement::Agreed;
use crate::budget::ENVELOPE;
use crate::bundle::{ArtifactRuns, Bundle, Reader};
use crate::error::{Code, Error, List, Result};
use crate::features::Features;
use crate::memory::State;
use crate::metadata::attestation::{Chain, for_each_demand, step_of};
use crate::metadata::known::Known;
use crate::metadata::link::LinkStatus;
use crate::metadata::lookup::Lookup;
use crate::metadata::parameters::Substitution;
use crate::metadata::rules::{self, MatchTarget, Rule, RuleState, Subject};
use crate::metadata::step::Role;
use crate::request::{Findings, Observer, Request};
use crate::thresholds::Vouched;
use crate::trust::{Inspections, Trust};
use crate::wire::Offset;

/// Applies the rules of every step of every layout, the deepest sublayout first.
#[inline(never)]
pub(crate) fn check_steps<'b, const RULES: usize, const PATH: usize>(
    evidence: &Agreed,
    request: &Request<'_, 'b>,
    state: &State<'_, 'b>,
    observer: &mut dyn Observer,
) -> Result<()> {
    for layout in state.layouts.iter().rev() {
        for number in layout.steps.numbers() {
            if state.known.steps.get(usize::from(number)).is_some_and(|step| step.role == Role::Step) {
                check_rules::<RULES, PATH>(layout, evidence, request, number, state, observer)?;
            }
        }
    }
    Ok(())
}

/// Applies both rule lists of a step, or of an inspection that was observed.
#[inline(never)]
fn check_rules<'b, const RULES: usize, const PATH: usize>(
    layout: &Vouched,
    _: &Agreed,
    request: &Request<'_, 'b>,
    number: u16,
    state: &State<'_, 'b>,
    observer: &mut dyn Observer,
) -> Result<()> {
    let bundle = request.bundle;
    let Some(step) = state.known.steps.get(usize::from(number)) else { return Ok(()) };
    let Some(link) = step.link.and_then(|link| state.known.links.get(usize::from(link))) else {
        return Err(Error::new(Code::LinkMissing).at_step(number));
    };
    for list in [List::Materials, List::Products] {
        let Some(offset) = step.rules(list) else { continue };
        let mut space = [0; PATH];
        let mut rules = heapless::Vec::<_, RULES>::new();
        let mut substitution = Substitution::new(request.parameters_of(layout), &mut space);
        load_rules(layout, bundle, (step.role, offset), state, &mut substitution, &mut rules)
            .map_err(|error| error.at_step(number))?;
        let subject =
            Subject { list, own: link.artifacts(bundle, list)?, other: link.artifacts(bundle, list.other())? };
        let applied = rules::apply(&subject, &mut rules, bundle, &state.known.budget, &mut [0; PATH], &mut [0; PATH]);
        for (rule, decided) in (0_u16..).zip(&rules) {
            observer.rule(number, list, rule, decided.consumed);
        }
        applied.map_err(|error| error.at_step(number))?;
    }
    Ok(())
}

/// Reads a rule list and finds the artifacts that its `MATCH` rules compare with.
fn load_rules<'r, 'b: 'r>(
    layout: &Vouched,
    bundle: &'b Bundle<'b>,
    (role, offset): (Role, Offset),
    state: &State<'_, 'b>,
    substitution: &mut Substitution<'_, 'r>,
    rules: &mut VecView<RuleState<'r>>,
) -> Result<()> {
    let mut reader = bundle.envelope(layout.envelope)?.reader_at(offset);
    reader.array_or(Code::LayoutMember)?;
    while reader.element() {
        let (rule, target) = Rule::read(&mut reader, substitution)?;
        let target = match &target {
            Some(target) => match_target(target, layout, role, bundle, state)?,
            None => ArtifactRuns::EMPTY,
        };
        let target = Lookup::new(target, bundle.strings().features());
        rules.push(RuleState { rule, target, consumed: 0 }).map_err(|_| Code::LimitRules)?;
    }
    Ok(())
}

/// The artifacts that a `MATCH` compares with; none of unknown steps. What an inspection saw only inspections may refer to: steps come before all of them.
fn match_target<'b>(
    target: &MatchTarget<'_>,
    layout: &Vouched,
    role: Role,
    bundle: &'b Bundle<'b>,
    state: &State<'_, 'b>,
) -> Result<ArtifactRuns<'b>> {
    let mut steps = layout.steps.of(state.known.steps).iter();
    let is_seen = |seen: Role| seen == Role::Step || role == Role::Inspection;
    let step = steps.find(|step| is_seen(step.role) && step.name == target.step);
    let link = step.and_then(|step| state.known.links.get(usize::from(step.link?)));
    let runs = link.map_or(Ok(ArtifactRuns::EMPTY), |link| link.artifacts(bundle, target.list))?;
    // The names of steps were compared, and the map was read to its end.
    state.known.budget.spend(ENVELOPE.saturating_add(runs.runs()))?;
    Ok(runs)
}

/// Is there the step that the trust policy names as the product's, and every attestation that it demands?
#[inline(never)]
pub(crate) fn check_attestations<'b, const PATH: usize>(
    _: &Agreed,
    bundle: &'b Bundle<'b>,
    trust: &Trust<'_>,
    state: &State<'_, 'b>,
) -> Result<()> {
    let Some(root) = state.layouts.first() else { return Ok(()) };
    let steps = root.steps.of(state.known.steps);
    if trust.product_step.is_some() {
        step_of(steps, trust.product_step)?;
    }
    if !bundle.strings().has(Features::ATTESTATIONS) {
        // What is demanded of the product's step is checked for the product at hand.
        return if trust.attestations.is_empty() { Ok(()) } else { Err(Code::LimitProfile.into()) };
    }
    let Known { keys, links, budget, .. } = &state.known;
    let chain = Chain { bundle, keys, steps, links, root: root.links, budget };
    for_each_demand(trust, &mut |demanded, demand| {
        let (number, step) = step_of(steps, demand.required.step.or(trust.product_step))
            .map_err(|error| error.at_attestation(demanded))?;
        let mut is_about = |subjects: &Reader<'b>| chain.is_about::<PATH>(subjects, step);
        chain.check(demand, step, &mut is_about).map_err(|error| error.at_step(number).at_attestation(demanded))?;
        Ok(())
    })
}

/// Inspections come last, those of sublayouts before the root layout's, and only as the trust policy says.
#[inline(never)]
pub(crate) fn check_inspections<'b, const RULES: usize, const PATH: usize>(
    evidence: &Agreed,
    request: &Request<'_, 'b>,
    state: &mut State<'_, 'b>,
    findings: &mut Findings,
    observer: &mut dyn Observer,
) -> Result<()> {
    findings.inspections = Some(request.trust.inspections);
    for layout in state.layouts.iter().rev() {
        for number in layout.steps.numbers() {
            let Some(inspection) = state.known.steps.get(usize::from(number)) else { continue };
            if inspection.role == Role::Step {
                continue;
            }
            let fail = |code| Err(Error::new(code).at_step(number));
            let observed = inspection.link.and_then(|link| state.known.links.get(usize::from(link)));
            match (request.trust.inspections, observed, layout.link) {
                (Inspections::Skip, ..) => {
                    state.known.warnings.push(Error::new(Code::InspectionSkipped).at_step(number))
                }
                (Inspections::Refuse, _, None) => return fail(Code::InspectionsNotRun),
                (Inspections::Observed, None, None) => return fail(Code::InspectionMissing),
                (Inspections::Refuse, ..) | (Inspections::Observed, None, _) => {
                    return fail(Code::SublayoutInspections);
                }
                (Inspections::Observed, Some(link), _) => {
                    if let LinkStatus::Ignored(reason) = link.status {
                        return fail(reason);
                    }
                    if link.has_failed() {
                        return fail(Code::InspectionFailed);
                    }
                    check_rules::<RULES, PATH>(layout, evidence, request, number, state, observer)?;
                }
            }
        }
    }
    Ok(())
}
