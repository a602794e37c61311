//! The policy applied: each step's rules to what its links recorded, and each inspection's to what was observed.

use heapless::VecView;

use crate::bundle::{ArtifactRuns, Bundle};
use crate::error::{Code, Error, List, Result};
use crate::evidence::Agreed;
use crate::layout::{Layout, Role};
use crate::link::LinkStatus;
use crate::lookup::Lookup;
use crate::memory::State;
use crate::rules::{self, MatchTarget, Rule, RuleState, Subject};
use crate::trust::Inspections;
use crate::verify::{Findings, InForce, Observer, Request};

/// Applies both rule lists of a step, or of an inspection that was observed.
#[inline(never)]
pub(crate) fn check_rules<'b, const RULES: usize, const PATH: usize>(
    layout: &InForce<'b>,
    _: &Agreed,
    bundle: &'b Bundle<'b>,
    number: u16,
    state: &mut State<'_, 'b>,
    observer: &mut dyn Observer,
) -> Result<()> {
    let Some(step) = state.steps.get(usize::from(number)) else { return Ok(()) };
    let Some(link) = step.link.and_then(|link| state.links.get(usize::from(link))) else {
        return Err(Error::new(Code::LinkMissing).at_step(number));
    };
    let (step, link) = (*step, *link);
    for list in [List::Materials, List::Products] {
        let Some(offset) = step.rules(list) else { continue };
        let mut rules = heapless::Vec::<_, RULES>::new();
        load_rules(layout, bundle, offset, state, &mut rules).map_err(|error| error.at_step(number))?;
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
fn load_rules<'b>(
    layout: &Layout<'b>,
    bundle: &'b Bundle<'b>,
    offset: u32,
    state: &State<'_, 'b>,
    rules: &mut VecView<RuleState<'b>>,
) -> Result<()> {
    let mut reader = layout.reader(offset);
    if !reader.array()? {
        return Err(Code::LayoutMember.into());
    }
    while reader.element()? {
        let (rule, target) = Rule::read(&mut reader)?;
        let target = match target {
            Some(target) => match_target(&target, bundle, state)?.map(Lookup::new),
            None => None,
        };
        rules.push(RuleState { rule, target, consumed: 0 }).map_err(|_| Code::LimitRules)?;
    }
    Ok(())
}

/// The artifacts that a `MATCH` compares with; none for inspections and unknown steps.
fn match_target<'b>(
    target: &MatchTarget<'b>,
    bundle: &'b Bundle<'b>,
    state: &State<'_, 'b>,
) -> Result<Option<ArtifactRuns<'b>>> {
    let step = state.steps.iter().find(|step| step.role == Role::Step && step.name == target.step);
    let link = step.and_then(|step| state.links.get(usize::from(step.link?)));
    link.map(|link| link.artifacts(bundle, target.list)).transpose()
}

/// Inspections come last, and only as the trust policy says.
#[inline(never)]
pub(crate) fn check_inspections<'b, const RULES: usize, const PATH: usize>(
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
                let observed = state.steps.get(usize::from(number)).and_then(|inspection| inspection.link);
                let Some(link) = observed.and_then(|link| state.links.get(usize::from(link))) else {
                    return Err(Error::new(Code::InspectionMissing).at_step(number));
                };
                if let LinkStatus::Ignored(reason) = link.status {
                    return Err(Error::new(reason).at_step(number));
                }
                if link.failed {
                    return Err(Error::new(Code::InspectionFailed).at_step(number));
                }
                check_rules::<RULES, PATH>(layout, evidence, request.bundle, number, state, observer)?;
            }
        }
    }
    Ok(())
}
