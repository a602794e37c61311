//! Rules that never come to be applied, lists that let everything through, and rules in the wrong list.

use sitrep_core::{List, Role};

use super::glob::{Comparisons, is_all, is_literal};
use super::model::{Item, Layout, Rule, RuleList};
use super::place::Place;
use super::{Findings, kinds};
use crate::rule::{Keyword, Meaning};

pub(super) fn find(layout: &Layout<'_>, comparisons: &Comparisons, findings: &mut Findings) {
    for item in &layout.items {
        for list in item.lists() {
            find_order(item, list, comparisons, findings);
            find_end(item, list, findings);
            find_wrong_list(item, list, findings);
        }
    }
}

impl Meaning<'_> {
    /// Does the rule end the way of every artifact that its pattern matches?
    fn is_unconditional(&self) -> bool {
        matches!(self.keyword, Keyword::Allow | Keyword::Disallow)
    }

    /// Does it end the way of every artifact?
    pub(super) fn takes_all(&self) -> bool {
        self.is_unconditional() && is_all(self.pattern)
    }

    /// The pattern of whole names; `None` where it cannot be told.
    fn whole_pattern(&self) -> Option<String> {
        match self.other.and_then(|other| other.source) {
            None => Some(self.pattern.into()),
            Some(prefix) => is_literal(prefix).then(|| format!("{prefix}/{}", self.pattern)),
        }
    }

    /// Can it take the artifact `name`, in the right circumstances?
    fn may_take(&self, name: &str, comparisons: &Comparisons) -> bool {
        self.keyword != Keyword::Require
            && self.whole_pattern().is_some_and(|pattern| comparisons.matches(&pattern, name))
    }
}

/// Rules that come after one that takes all they could.
fn find_order(item: &Item<'_>, list: &RuleList<'_>, comparisons: &Comparisons, findings: &mut Findings) {
    for (rule, meaning) in list.meanings() {
        let place = || Place::item(item).list(list.list).rule(rule);
        let mut earlier = list.meanings().take_while(|(earlier, _)| earlier.index < rule.index);
        if meaning.keyword == Keyword::Require {
            let takers = |unconditional: bool| {
                let mut takers = earlier.clone().filter(|(_, taker)| taker.may_take(meaning.pattern, comparisons));
                takers.find(|(_, taker)| taker.is_unconditional() == unconditional).map(|(taker, _)| number(taker))
            };
            if let Some(taker) = takers(true) {
                let problem = format!("rule {taker} takes the artifact, or refuses it, before REQUIRE looks for it");
                findings.add(&kinds::REQUIRE_UNSATISFIABLE, place(), problem);
            } else if let Some(taker) = takers(false) {
                let problem = format!("where rule {taker} takes the artifact first, REQUIRE does not find it any more");
                findings.add(&kinds::REQUIRE_CONSUMED, place(), problem);
            }
            continue;
        }
        let whole = meaning.whole_pattern();
        let blocker = earlier.find(|(other, before)| {
            let covers_all = || match &whole {
                Some(whole) => comparisons.covers(before.pattern, whole),
                None => is_all(before.pattern),
            };
            other.words == rule.words || before.is_unconditional() && covers_all()
        });
        if let Some((blocker, _)) = blocker {
            let problem = format!("rule {} has taken everything that this one could take", number(blocker));
            findings.add(&kinds::RULE_UNREACHABLE, place(), problem);
        }
    }
}

/// Rules are counted from 1 for people.
const fn number(rule: &Rule<'_>) -> usize {
    rule.index + 1
}

/// Lists that end without saying what becomes of the rest.
fn find_end(item: &Item<'_>, list: &RuleList<'_>, findings: &mut Findings) {
    let place = || Place::item(item).list(list.list);
    let what = list.list.name();
    let Some(rules) = &list.rules else { return };
    if !rules.is_empty() {
        // A malformed rule might have been the one.
        let is_closed = rules.iter().any(|rule| rule.meaning.is_none_or(|meaning| meaning.takes_all()));
        if !is_closed {
            let problem = format!("{what} that no rule is about are allowed: nothing refuses what is left over");
            findings.add(&kinds::RULES_OPEN, place(), problem);
        }
        return;
    }
    match (item.role, list.list) {
        // The first step's come from outside.
        (Role::Step, List::Materials) if item.number > 0 => {
            let problem = "no rule is about the materials: nothing ties them to an earlier step".into();
            findings.add(&kinds::MATERIALS_UNCHECKED, place(), problem);
        }
        // An inspection without any rules is for the sake of its command.
        (Role::Inspection, _) if item.lists().iter().all(|list| list.meanings().next().is_none()) => {}
        _ => findings.add(&kinds::RULES_NONE, place(), format!("no rule is about the {what}: any are allowed")),
    }
}

/// Rules that can take nothing in this list, and names that are patterns.
fn find_wrong_list(item: &Item<'_>, list: &RuleList<'_>, findings: &mut Findings) {
    for (rule, Meaning { keyword, pattern, .. }) in list.meanings() {
        let place = || Place::item(item).list(list.list).rule(rule);
        match (keyword, list.list) {
            (Keyword::Create, List::Materials) => {
                findings.add(
                    &kinds::CREATE_IN_MATERIALS,
                    place(),
                    "CREATE takes no material, whatever its pattern".into(),
                );
            }
            (Keyword::Delete, List::Products) => {
                findings.add(
                    &kinds::DELETE_IN_PRODUCTS,
                    place(),
                    "DELETE takes no product, whatever its pattern".into(),
                );
            }
            (Keyword::Require, _) if !is_literal(pattern) => {
                findings.add(
                    &kinds::REQUIRE_WILDCARD,
                    place(),
                    format!("REQUIRE asks for an artifact whose name is `{pattern}`, wildcards and all"),
                );
            }
            _ => {}
        }
    }
}
