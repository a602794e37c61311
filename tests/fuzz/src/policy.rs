//! The policy as the in-toto specification, section 5.2, applies it: for every list of artifacts a queue, through which one rule goes after the
//! other; with the decisions of sitrep where the specification is silent.

use std::collections::BTreeSet;

use sitrep_core::{Code, List};

use crate::chain::{Artifacts, Chain, PARAMETERS, Step};
use crate::glob;
use crate::names::prefix;

/// What a policy comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is fulfilled: how many artifacts each rule took, in the order of the rules.
    Fulfilled(Vec<u32>),
    /// The layout is malformed at a rule: step, list, rule.
    Malformed(u16, List, u16),
    /// A step has too few links.
    Threshold(u16),
    /// Two links of a step differ.
    Disagree(u16),
    /// A rule is broken.
    Broken(u16, List, u16, Code),
}

/// Algorithms that can tell artifacts apart.
const KNOWN: [&str; 4] = ["sha256", "sha384", "sha512", "gitoid:sha256"];

const LISTS: [List; 2] = [List::Materials, List::Products];

/// A rule that was understood.
enum Rule {
    Match { pattern: String, source: Option<String>, list: usize, target: Option<String>, step: String },
    Create(String),
    Delete(String),
    Modify(String),
    Allow(String),
    Disallow(String),
    Require(String),
}

/// Decides a chain.
#[must_use]
pub fn decide(chain: &Chain) -> Decision {
    let mut understood: Vec<[Vec<Rule>; 2]> = Vec::new();
    for (number, step) in (0..).zip(&chain.steps) {
        let mut lists = [Vec::new(), Vec::new()];
        for (place, list) in LISTS.into_iter().enumerate() {
            for (index, words) in (0..).zip(&step.rules[place]) {
                match understand(words, chain.parameters) {
                    Some(rule) => lists[place].push(rule),
                    None => return Decision::Malformed(number, list, index),
                }
            }
        }
        understood.push(lists);
    }
    for (number, step) in (0..).zip(&chain.steps) {
        if 1 + step.second.iter().len() < step.threshold {
            return Decision::Threshold(number);
        }
    }
    for (number, step) in (0..).zip(&chain.steps) {
        if step.second.as_ref().is_some_and(|second| *second != step.artifacts) {
            return Decision::Disagree(number);
        }
    }
    let mut consumed = Vec::new();
    for ((number, step), lists) in (0..).zip(&chain.steps).zip(&understood) {
        for (place, list) in LISTS.into_iter().enumerate() {
            let mut queue: BTreeSet<&str> = step.artifacts[place].keys().map(String::as_str).collect();
            for (index, rule) in (0..).zip(&lists[place]) {
                let before = queue.len();
                match rule {
                    Rule::Require(name) => {
                        if !queue.contains(name.as_str()) {
                            return Decision::Broken(number, list, index, Code::RuleRequire);
                        }
                        consumed.push(1);
                        continue;
                    }
                    Rule::Disallow(pattern) => {
                        if queue.iter().any(|name| glob::matches(pattern, name)) {
                            return Decision::Broken(number, list, index, Code::RuleDisallow);
                        }
                    }
                    rule => queue.retain(|name| !takes(rule, name, step, place, &chain.steps)),
                }
                consumed.push((before - queue.len()) as u32);
            }
        }
    }
    Decision::Fulfilled(consumed)
}

/// Does the rule take the artifact out of the queue?
fn takes(rule: &Rule, name: &str, step: &Step, place: usize, steps: &[Step]) -> bool {
    let [materials, products] = &step.artifacts;
    match rule {
        Rule::Allow(pattern) => glob::matches(pattern, name),
        Rule::Create(pattern) => glob::matches(pattern, name) && place == 1 && !materials.contains_key(name),
        Rule::Delete(pattern) => glob::matches(pattern, name) && place == 0 && !products.contains_key(name),
        Rule::Modify(pattern) => {
            glob::matches(pattern, name)
                && materials.get(name).zip(products.get(name)).is_some_and(|(before, after)| before != after)
        }
        Rule::Match { pattern, source, list, target, step: other } => {
            let Some(other) = steps.iter().find(|step| step.name == *other) else { return false };
            let below = match source {
                Some(prefix) => name.strip_prefix(&format!("{prefix}/")),
                None => Some(name),
            };
            let Some(below) = below.filter(|below| glob::matches(pattern, below)) else { return false };
            let there = match target {
                Some(prefix) => format!("{prefix}/{below}"),
                None => below.to_owned(),
            };
            let others: &Artifacts = &other.artifacts[*list];
            let (own, there) = (step.artifacts[place].get(name), others.get(&there));
            own.is_some_and(|own| own.keys().any(|algorithm| KNOWN.contains(&algorithm.as_str()))) && own == there
        }
        Rule::Disallow(_) | Rule::Require(_) => false,
    }
}

/// Puts parameters in; `None` where one is not defined.
fn put_in(word: &str, given: bool) -> Option<String> {
    if !given {
        return Some(word.to_owned());
    }
    let mut out = String::new();
    let mut rest = word;
    while let Some(start) = rest.find('{') {
        out += &rest[..start];
        rest = &rest[start..];
        let inside: String =
            rest[1..].chars().take_while(|char| char.is_ascii_alphanumeric() || ['_', '-'].contains(char)).collect();
        if inside.is_empty() || !rest[1 + inside.len()..].starts_with('}') {
            out.push('{');
            rest = &rest[1..];
            continue;
        }
        out += PARAMETERS.iter().find(|(name, _)| *name == inside)?.1;
        rest = &rest[inside.len() + 2..];
    }
    Some(out + rest)
}

/// Parameters are put into patterns, prefixes and names of steps.
fn understand(words: &[String], parameters: bool) -> Option<Rule> {
    let given = |word: &String| put_in(word, parameters);
    let pattern = given(words.get(1)?)?;
    let keyword = words[0].to_ascii_uppercase();
    if keyword != "MATCH" {
        let make = match keyword.as_str() {
            "CREATE" => Rule::Create,
            "DELETE" => Rule::Delete,
            "MODIFY" => Rule::Modify,
            "ALLOW" => Rule::Allow,
            "DISALLOW" => Rule::Disallow,
            "REQUIRE" => Rule::Require,
            _ => return None,
        };
        return (words.len() == 2).then(|| make(pattern));
    }
    let mut rest = &words[2..];
    let mut take = |expected: &str| -> Option<Option<&String>> {
        let is_there = rest.first().is_some_and(|word| word.eq_ignore_ascii_case(expected));
        if !is_there {
            return Some(None);
        }
        let value = rest.get(1)?;
        rest = &rest[2..];
        Some(Some(value))
    };
    let normal = |word: Option<&String>| match word {
        Some(word) => prefix(&given(word)?).map(|prefix| Some(prefix.to_owned())),
        None => Some(None),
    };
    let source = normal(take("IN")?)?;
    let list = match take("WITH")??.to_ascii_uppercase().as_str() {
        "MATERIALS" => 0,
        "PRODUCTS" => 1,
        _ => return None,
    };
    let target = normal(take("IN")?)?;
    let step = given(take("FROM")??)?;
    rest.is_empty().then_some(Rule::Match { pattern, source, list, target, step })
}
