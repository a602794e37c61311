//! Lists that forbid a name, and would let the same name pass where it is absolute or leads up.

use sitrep_core::{List, Role};

use super::glob::{Class, Comparisons, classes};
use super::model::{Layout, RuleList};
use super::place::Place;
use super::{Findings, kinds};
use crate::rule::Keyword;

pub(super) fn find(layout: &Layout<'_>, comparisons: &Comparisons, findings: &mut Findings) {
    // What an inspection sees lies below its directory, and is named so.
    for item in layout.items.iter().filter(|item| item.role == Role::Step) {
        for list in item.lists() {
            for (rule, meaning) in list.meanings().filter(|(_, meaning)| meaning.keyword == Keyword::Disallow) {
                let Some(name) = example(meaning.pattern, comparisons).filter(|name| is_below(name)) else { continue };
                let passing: Vec<String> = ["../", "/"]
                    .into_iter()
                    .filter(|start| passes(list, rule.index, [&name, &format!("{start}{name}")], comparisons))
                    .map(|start| format!("`{start}{}`", meaning.pattern))
                    .collect();
                if !passing.is_empty() {
                    let problem = format!("it forbids `{}`, and {} would pass", meaning.pattern, passing.join(" and "));
                    findings.add(&kinds::DISALLOW_OTHER_FORM, Place::item(item).list(list.list).rule(rule), problem);
                }
            }
        }
    }
}

/// Is this a name of something below the directory in which the step is carried out, and no URI?
fn is_below(name: &str) -> bool {
    !name.starts_with(['/', '.']) && !name.split('/').next().unwrap_or_default().contains(':')
}

/// A name that the pattern matches: the shortest, with an `x` for what may be anything. `None` where none was found.
fn example(pattern: &str, comparisons: &Comparisons) -> Option<String> {
    let any = |literal: &str| literal.replace(['*', '?'], "x");
    let (mut name, mut rest) = (String::new(), pattern);
    for class in classes(pattern) {
        let (text, member) = match class {
            Class::Closed(class) => {
                let mut members = class.chars().chain(['x']).map(String::from);
                (class, members.find(|member| comparisons.matches(class, member))?)
            }
            Class::Literal => ("[", "[".to_owned()),
        };
        let (before, after) = rest.split_once(text)?;
        name += &(any(before) + &member);
        rest = after;
    }
    name += &any(rest);
    comparisons.matches(pattern, &name).then_some(name)
}

/// Does the list forbid `name` by rule `index`, and let `form` through? What MATCH takes another step has recorded, which has rules of its own.
fn passes(list: &RuleList<'_>, index: usize, [name, form]: [&str; 2], comparisons: &Comparisons) -> bool {
    for (rule, meaning) in list.meanings() {
        let [takes_name, takes_form] = [name, form].map(|name| comparisons.matches(meaning.pattern, name));
        if comparisons.are_over() {
            return false;
        }
        match meaning.keyword {
            Keyword::Disallow if takes_form => return false,
            // Nothing that this rule could forbid is left.
            Keyword::Allow | Keyword::Disallow if takes_name && rule.index < index => return false,
            Keyword::Create if list.list == List::Materials => {}
            Keyword::Delete if list.list == List::Products => {}
            // What takes either takes both or neither, as long as both are still there.
            Keyword::Allow | Keyword::Create | Keyword::Delete | Keyword::Modify
                if takes_form && !(takes_name && rule.index < index) =>
            {
                return true;
            }
            _ => {}
        }
    }
    true
}
