//! The policy applied: each step's rules to what its links recorded, and each inspection's to what was observed.

use heapless::VecView;

use crate::bundle::{ArtifactRuns, Bundle};
use crate::error::{Code, Error, List, Result};
use crate::evidence::{Agreed, Vouched};
use crate::layout::Role;
use crate::link::LinkStatus;
use crate::lookup::Lookup;
use crate::members::Offset;
use crate::memory::State;
use crate::parameters::Substitution;
use crate::rules::{self, MatchTarget, Rule, RuleState, Subject};
use crate::trust::Inspections;
use crate::verify::{Findings, Observer, Request};

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
            if state.steps.get(usize::from(number)).is_some_and(|step| step.role == Role::Step) {
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
    let Some(step) = state.steps.get(usize::from(number)) else { return Ok(()) };
    let Some(link) = step.link.and_then(|link| state.links.get(usize::from(link))) else {
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
        let applied = rules::apply(&subject, &mut rules, bundle, &mut [0; PATH], &mut [0; PATH]);
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
        rules.push(RuleState { rule, target: Lookup::new(target), consumed: 0 }).map_err(|_| Code::LimitRules)?;
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
    let mut steps = layout.steps.of(state.steps).iter();
    let is_seen = |seen: Role| seen == Role::Step || role == Role::Inspection;
    let step = steps.find(|step| is_seen(step.role) && step.name == target.step);
    let link = step.and_then(|step| state.links.get(usize::from(step.link?)));
    link.map_or(Ok(ArtifactRuns::EMPTY), |link| link.artifacts(bundle, target.list))
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
            let Some(inspection) = state.steps.get(usize::from(number)) else { continue };
            if inspection.role == Role::Step {
                continue;
            }
            let fail = |code| Err(Error::new(code).at_step(number));
            let observed = inspection.link.and_then(|link| state.links.get(usize::from(link)));
            match (request.trust.inspections, observed, layout.link) {
                (Inspections::Skip, ..) => state.warnings.push(Error::new(Code::InspectionSkipped).at_step(number)),
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
