//! Patterns that match nothing, or something else than people expect. They are those of Python's `fnmatchcase`.

use super::commands::is_parameter;
use super::engine::Engine;
use super::glob::{Class, Comparisons, classes, is_literal, start};
use super::model::Layout;
use super::place::Place;
use super::{Findings, kinds};
use crate::rule::{Keyword, Meaning, Other};

pub(super) fn find(layout: &Layout<'_>, engine: &Engine, comparisons: &Comparisons, findings: &mut Findings) {
    for item in &layout.items {
        for list in item.lists() {
            for (rule, meaning) in list.meanings() {
                let place = Place::item(item).list(list.list).rule(rule);
                find_in(&meaning, &place, engine, comparisons, findings);
            }
        }
    }
}

fn find_in(meaning: &Meaning<'_>, place: &Place, engine: &Engine, comparisons: &Comparisons, findings: &mut Findings) {
    let Meaning { keyword, pattern, other } = *meaning;
    let mut add = |kind, problem: String| findings.add(kind, place.clone(), problem);
    if let Some(reason) = impossible(pattern, other.and_then(|other| other.source), comparisons) {
        match keyword {
            Keyword::Require => add(&kinds::REQUIRE_UNSATISFIABLE, format!("`{pattern}` {reason}")),
            _ => add(&kinds::PATTERN_IMPOSSIBLE, format!("`{pattern}` {reason}")),
        }
    }
    if let Some(other) = other {
        find_prefixes(pattern, &other, &mut add);
    }
    let limits = engine.limits();
    if start(pattern).len() > limits.path {
        let problem = format!("its names have more than {} bytes, the most that {} takes", limits.path, limits.name);
        add(&kinds::PATTERN_LONG, problem);
    }
    if pattern.trim() != pattern {
        add(&kinds::PATTERN_SPACE, "the pattern starts or ends with white space, which belongs to the name".into());
    }
    if keyword == Keyword::Require {
        // Wildcards are another finding, and the rest is literal as people expect of a name.
        return;
    }
    for class in classes(pattern) {
        match class {
            Class::Literal => add(&kinds::PATTERN_CLASS, "a `[` without `]` is a bracket, not a class".into()),
            Class::Closed(class) if class.starts_with("[^") => {
                add(&kinds::PATTERN_CLASS, format!("`^` does not negate: `{class}` matches `^` too"));
            }
            Class::Closed(class) if class.starts_with("[!") && !class.contains('/') => {
                add(&kinds::PATTERN_NEGATED_CLASS, format!("`{class}` matches `/` too"));
            }
            Class::Closed(_) => {}
        }
    }
    if let Some(braces) = braces(pattern).find(|inside| !is_parameter(inside)) {
        add(&kinds::PATTERN_BRACES, format!("braces are literal: `{{{braces}}}` stands for no alternatives"));
    }
    if pattern.contains("**/") {
        let problem = "`**` is `*`, and the `/` has to be there: what lies in no directory below does not match";
        add(&kinds::PATTERN_DOUBLE_STAR, problem.into());
    }
    if pattern.contains('\\') {
        add(
            &kinds::PATTERN_BACKSLASH,
            "`\\` is an ordinary character: it escapes nothing and separates no directories".into(),
        );
    }
}

fn find_prefixes(pattern: &str, other: &Other<'_>, add: &mut impl FnMut(&'static kinds::Kind, String)) {
    for prefix in [other.source, other.target].into_iter().flatten() {
        if pattern.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/')) {
            let problem = format!("the pattern applies below `{prefix}`: it asks for `{prefix}/{pattern}`");
            add(&kinds::MATCH_PREFIX_REPEATED, problem);
            break;
        }
    }
    for prefix in [other.source, other.target].into_iter().flatten().filter(|prefix| !is_literal(prefix)) {
        add(&kinds::MATCH_PREFIX_WILDCARD, format!("the prefix `{prefix}` is a literal name, wildcards and all"));
    }
}

/// Why no artifact's name can match, or what is left of it below `prefix`. Names are normalised paths, or URIs, which may hold anything after their scheme.
fn impossible(pattern: &str, prefix: Option<&str>, comparisons: &Comparisons) -> Option<&'static str> {
    let may_be_uri = pattern.contains(':') || pattern.starts_with(['*', '?', '[']);
    let is_empty = |class| matches!(class, Class::Closed(class) if comparisons.is_empty_class(class));
    if pattern.is_empty() {
        return Some("is empty, which no name is");
    }
    if classes(pattern).into_iter().any(is_empty) {
        return Some("holds a class without any character");
    }
    if pattern == "." || pattern.starts_with("./") {
        return Some("starts with a component `.`, which no name does");
    }
    // A wildcard might stand for a scheme, but nobody ends the name of a resource so.
    if pattern.ends_with('/') && !pattern.contains(':') {
        return Some("ends in `/`, which no name does");
    }
    if may_be_uri {
        return None;
    }
    if pattern.contains("//") || prefix.is_some() && pattern.starts_with('/') {
        return Some("has an empty component, which no name has");
    }
    if pattern.split('/').any(|component| component == ".") {
        return Some("has a component `.`, which no name has");
    }
    let may_lead_up = prefix.is_none_or(|prefix| prefix.split('/').all(|component| component == ".."));
    let mut components = pattern.split('/').skip_while(|component| may_lead_up && *component == "..");
    components
        .any(|component| component == "..")
        .then_some("has a component `..` that does not stand at the front of the name, as in no name")
}

/// What stands between braces.
fn braces(pattern: &str) -> impl Iterator<Item = &str> {
    pattern.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0))
}
