//! What differs between two layouts, line by line, as a person who signs has to see it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is about, such as `step build, expected_products`.
    pub place: String,
    /// What only the first layout has, a line each.
    pub before: Vec<String>,
    /// What only the second has.
    pub after: Vec<String>,
}

/// How the second layout differs from the first; nothing where they say the same. Members that sitrep does not know are compared like all others.
#[must_use]
pub fn diff(before: &Value, after: &Value) -> Vec<Difference> {
    let mut differences = Vec::new();
    let empty = Map::new();
    let [before, after] = [before, after].map(|layout| layout.as_object().unwrap_or(&empty));
    for name in names(before, after) {
        let [one, other] = [before, after].map(|layout| layout.get(name));
        match name {
            "keys" => keys(one, other, &mut differences),
            "steps" => items("step", one, other, &mut differences),
            "inspect" => items("inspection", one, other, &mut differences),
            name => compare(name.to_owned(), one, other, &mut differences),
        }
    }
    differences
}

fn names<'v>(before: &'v Map<String, Value>, after: &'v Map<String, Value>) -> BTreeSet<&'v str> {
    before.keys().chain(after.keys()).map(String::as_str).collect()
}

fn compare(place: String, before: Option<&Value>, after: Option<&Value>, differences: &mut Vec<Difference>) {
    if before == after {
        return;
    }
    let lines = |value: Option<&Value>| match value {
        None => Vec::new(),
        Some(Value::Array(items)) => items.iter().map(line).collect(),
        Some(value) => vec![line(value)],
    };
    let (before, after) = (lines(before), lines(after));
    let only = |lines: &[String], other: &[String]| -> Vec<String> {
        let mut left: BTreeMap<&str, usize> = BTreeMap::new();
        other.iter().for_each(|line| *left.entry(line).or_default() += 1);
        let is_new = |line: &&String| match left.get_mut(line.as_str()) {
            Some(count @ 1..) => {
                *count -= 1;
                false
            }
            _ => true,
        };
        lines.iter().filter(is_new).cloned().collect()
    };
    let (one, other) = (only(&before, &after), only(&after, &before));
    // The same lines in another order: then the order is what has changed.
    let (before, after) = if one.is_empty() && other.is_empty() { (before, after) } else { (one, other) };
    differences.push(Difference { place, before, after });
}

/// A value in one line: the words of a rule as in-toto's specification writes them.
fn line(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(words) if words.iter().all(Value::is_string) => {
            let words = words.iter().filter_map(Value::as_str);
            // A word with a space in it would be taken for two.
            let quoted =
                |word: &str| if word.contains(' ') || word.is_empty() { format!("{word:?}") } else { word.into() };
            words.map(quoted).collect::<Vec<_>>().join(" ")
        }
        value => value.to_string(),
    }
}

fn keys(before: Option<&Value>, after: Option<&Value>, differences: &mut Vec<Difference>) {
    let empty = Map::new();
    let [before, after] = [before, after].map(|keys| keys.and_then(Value::as_object).unwrap_or(&empty));
    for id in names(before, after) {
        compare(format!("key {id}"), before.get(id), after.get(id), differences);
    }
}

/// Steps or inspections. Their order is compared apart: each is known by its name.
fn items(kind: &str, before: Option<&Value>, after: Option<&Value>, differences: &mut Vec<Difference>) {
    let [before, after] = [before, after].map(|items| items.and_then(Value::as_array).map_or(&[][..], Vec::as_slice));
    let name = |item: &Value| item.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let order = |items: &[Value]| Value::from(items.iter().map(name).collect::<Vec<_>>());
    let (names_before, names_after) = (order(before), order(after));
    compare(format!("the {kind}s"), Some(&names_before), Some(&names_after), differences);
    let by_name = |items: &'_ [Value]| -> HashMap<String, usize> {
        // Of several with one name, the first is the one that counts.
        (0..items.len()).rev().filter_map(|number| Some((name(items.get(number)?), number))).collect()
    };
    let (at_before, at_after) = (by_name(before), by_name(after));
    let all: BTreeSet<&String> = at_before.keys().chain(at_after.keys()).collect();
    let empty = Map::new();
    for own in all {
        let [one, other] = [(before, &at_before), (after, &at_after)]
            .map(|(items, at)| at.get(own).and_then(|number| items.get(*number)?.as_object()).unwrap_or(&empty));
        for member in names(one, other) {
            compare(format!("{kind} {own}, {member}"), one.get(member), other.get(member), differences);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_have_their_places() {
        let before = json!({"expires": "a", "keys": {"1": {"x": 1}, "2": {}}, "steps": [
            {"name": "s", "threshold": 1, "expected_products": [["CREATE", "a"], ["CREATE", "b"], ["DISALLOW", "*"]]},
            {"name": "t", "expected_products": [["CREATE", "a"], ["CREATE", "b"]]}]});
        let after = json!({"expires": "b", "keys": {"1": {"x": 2}, "3": {}}, "steps": [
            {"name": "s", "threshold": 2, "expected_products": [["CREATE", "a"], ["CREATE", "c d"], ["DISALLOW", "*"]]},
            {"name": "t", "expected_products": [["CREATE", "b"], ["CREATE", "a"]]}, {"name": "u"}]});
        let lines: Vec<_> = diff(&before, &after)
            .into_iter()
            .map(|Difference { place, before, after }| format!("{place}: {} > {}", before.join("|"), after.join("|")))
            .collect();
        assert_eq!(
            lines,
            [
                "expires: a > b",
                "key 1: {\"x\":1} > {\"x\":2}",
                "key 2: {} > ",
                "key 3:  > {}",
                "the steps:  > u",
                "step s, expected_products: CREATE b > CREATE \"c d\"",
                "step s, threshold: 1 > 2",
                "step t, expected_products: CREATE a|CREATE b > CREATE b|CREATE a",
                "step u, name:  > u",
            ]
        );
        assert_eq!(diff(&before, &before), []);
    }
}
