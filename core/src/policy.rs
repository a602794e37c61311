//! The policy applied: each step's rules to what its links recorded, and each inspection's to what was observed.

use crate::bundle::{ArtifactRuns, Artifacts};
use crate::error::{Code, Error, List, Result};
use crate::evidence::Agreed;
use crate::layout::{Layout, Role};
use crate::lookup::Lookup;
use crate::memory::State;
use crate::rules::{self, Rule, RuleState, Subject};
use crate::trust::Inspections;
use crate::verify::{Findings, InForce, Observer, Request};

/// Applies both rule lists of a step, or of an inspection that was observed.
pub(crate) fn check_rules<'b>(
    layout: &InForce<'b>,
    _: &Agreed,
    artifacts: &Artifacts<'b>,
    number: u16,
    state: &mut State<'_, 'b>,
    observer: &mut dyn Observer,
) -> Result<()> {
    let Some(step) = state.steps.get(usize::from(number)) else { return Ok(()) };
    let Some(link) = step.link.and_then(|link| state.links.get(usize::from(link))) else {
        return Err(Error::new(Code::LinkMissing).at_step(number));
    };
    let (step, materials, products) = (*step, link.materials, link.products);
    for list in [List::Materials, List::Products] {
        let Some(offset) = step.rules(list) else { continue };
        load_rules(layout, offset, state).map_err(|error| error.at_step(number))?;
        let (own, other) = match list {
            List::Materials => (materials, products),
            List::Products => (products, materials),
        };
        let subject = Subject { list, own, other };
        let applied = rules::apply(&subject, state.rules, artifacts, state.path, state.other_path);
        for (rule, decided) in (0_u16..).zip(state.rules.iter()) {
            observer.rule(number, list, rule, decided.consumed);
        }
        applied.map_err(|error| error.at_step(number))?;
    }
    Ok(())
}

/// Reads a rule list and finds the artifacts that its `MATCH` rules compare with.
fn load_rules<'b>(layout: &Layout<'b>, offset: u32, state: &mut State<'_, 'b>) -> Result<()> {
    state.rules.clear();
    let mut reader = layout.reader(offset);
    if !reader.array()? {
        return Err(Code::LayoutMember.into());
    }
    while reader.element()? {
        let rule = Rule::read(&mut reader)?;
        let target = match_target(&rule, state).map(Lookup::new);
        state.rules.push(RuleState { rule, target, consumed: 0 }).map_err(|_| Code::LimitRules)?;
    }
    Ok(())
}

/// The artifacts of the step that a `MATCH` names; none for inspections and unknown steps.
fn match_target<'b>(rule: &Rule<'b>, state: &State<'_, 'b>) -> Option<ArtifactRuns<'b>> {
    if !rule.is_match() {
        return None;
    }
    let step = state.steps.iter().find(|step| step.role == Role::Step && step.name == rule.from)?;
    Some(state.links.get(usize::from(step.link?))?.artifacts(rule.with))
}

/// Inspections come last, and only as the trust policy says.
pub(crate) fn check_inspections<'b>(
    layout: &InForce<'b>,
    evidence: &Agreed,
    request: &Request<'_, 'b>,
    state: &mut State<'_, 'b>,
    findings: &mut Findings,
    observer: &mut dyn Observer,
) -> Result<()> {
    findings.inspections = Some(request.trust.inspections);
    for number in 0..state.steps.len() as u16 {
        if state.steps.get(usize::from(number)).is_none_or(|step| step.role == Role::Step) {
            continue;
        }
        match request.trust.inspections {
            Inspections::Refuse => return Err(Error::new(Code::InspectionsNotRun).at_step(number)),
            Inspections::Skip => state.warnings.push(Error::new(Code::InspectionSkipped).at_step(number)),
            Inspections::Observed => {
                let observed = (0_u16..).zip(state.links.iter()).find(|(_, link)| link.step == number);
                let Some((position, link)) = observed else {
                    return Err(Error::new(Code::InspectionMissing).at_step(number));
                };
                if link.failed {
                    return Err(Error::new(Code::InspectionFailed).at_step(number));
                }
                if let Some(step) = state.steps.get_mut(usize::from(number)) {
                    (step.link, step.links) = (Some(position), 1);
                }
                check_rules(layout, evidence, request.bundle.artifacts(), number, state, observer)?;
            }
        }
    }
    Ok(())
}
