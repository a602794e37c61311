//! How artifacts go from step to step: MATCH rules that find nothing, and products that nobody looks at.

use sitrep_core::{List, Role};

use super::model::{Item, Layout, RuleList};
use super::place::Place;
use super::spelling::nearest;
use super::{Findings, kinds};
use crate::rule::{Keyword, Other};

pub(super) fn find(layout: &Layout<'_>, findings: &mut Findings) {
    for item in &layout.items {
        for list in item.lists() {
            for (rule, meaning) in list.meanings() {
                if let Some(other) = meaning.other {
                    let place = Place::item(item).list(list.list).rule(rule);
                    find_target(layout, item, list, &other, place, findings);
                }
            }
        }
    }
    find_unused_products(layout, findings);
}

/// What is wrong with the step that a MATCH names.
fn find_target(
    layout: &Layout<'_>,
    item: &Item<'_>,
    list: &RuleList<'_>,
    other: &Other<'_>,
    place: Place,
    findings: &mut Findings,
) {
    let Other { step: name, list: other_list, .. } = *other;
    let Some(step) = layout.step(name) else {
        if layout.inspections().any(|inspection| inspection.name == Some(name)) {
            // Inspections may be compared with each other: all have run before their rules are applied.
            if item.role == Role::Step {
                let problem =
                    format!("{name} is an inspection, which no step can be compared with: the rule takes nothing");
                findings.add(&kinds::MATCH_INSPECTION, place, problem);
            }
            return;
        }
        let meant = nearest(name, layout.steps().filter_map(|step| step.name));
        let meant = meant.map(|meant| format!("; {meant} is near")).unwrap_or_default();
        findings.add(
            &kinds::MATCH_UNKNOWN_STEP,
            place,
            format!("there is no step {name}: the rule takes nothing{meant}"),
        );
        return;
    };
    if item.role == Role::Inspection {
        return;
    }
    if step.number == item.number {
        if other_list == list.list {
            let problem = format!("the {} of a step always match themselves: nothing is checked", list.list.name());
            findings.add(&kinds::MATCH_ITSELF, place, problem);
        } else {
            let problem = "it compares the step with what it recorded itself, not with another step".into();
            findings.add(&kinds::MATCH_OWN_OTHER, place, problem);
        }
    } else if step.number > item.number && other_list == List::Products {
        findings.add(&kinds::MATCH_LATER_STEP, place, format!("{name} comes later: its products cannot be here yet"));
    }
}

/// Steps whose products no MATCH of another step or inspection is about; those of the last step are what the chain is for.
fn find_unused_products(layout: &Layout<'_>, findings: &mut Findings) {
    let last = layout.steps().map(|step| step.number).max();
    for step in layout.steps().filter(|step| Some(step.number) != last && makes_something(step)) {
        let Some(name) = step.name else { continue };
        let mut others = layout.items.iter().filter(|item| item.name != step.name);
        let is_matched = others.any(|item| {
            let rules = item.lists().into_iter().flat_map(RuleList::meanings);
            let mut others = rules.filter_map(|(_, meaning)| meaning.other);
            others.any(|other| other.step == name && other.list == List::Products)
        });
        if is_matched {
            continue;
        }
        let place = Place::item(step).list(List::Products);
        let mut later = layout.steps().filter(|other| other.number > step.number);
        match later.find(|other| takes_unmatched(other)).and_then(|other| other.name) {
            Some(taker) => {
                let problem = format!(
                    "no later step or inspection MATCHes these products, and {taker} takes materials that no rule compares"
                );
                findings.add(&kinds::PRODUCTS_UNMATCHED, place, problem);
            }
            None => {
                findings.add(
                    &kinds::PRODUCTS_UNUSED,
                    place,
                    "no later step or inspection MATCHes these products".into(),
                );
            }
        }
    }
}

/// Can the step have products that are not those of another step?
fn makes_something(step: &Item<'_>) -> bool {
    let_through(&step.products, |keyword| matches!(keyword, Keyword::Create | Keyword::Modify | Keyword::Allow))
}

/// Can the step have materials that no other step recorded?
fn takes_unmatched(step: &Item<'_>) -> bool {
    let_through(&step.materials, |keyword| matches!(keyword, Keyword::Delete | Keyword::Modify | Keyword::Allow))
}

/// Does a list let artifacts through by a rule of such a kind, or because no rule is about them?
fn let_through(list: &RuleList<'_>, by: impl Fn(Keyword) -> bool) -> bool {
    for (_, meaning) in list.meanings() {
        if by(meaning.keyword) {
            return true;
        }
        if meaning.takes_all() {
            return false;
        }
    }
    true
}
