//! What core refuses, all of it. Core stops at the first thing that is wrong; so where it refuses the whole, it is asked again about
//! each part alone: every member of the layout, every key, step and rule in a layout that is in order but for that part.

use serde_json::{Map, Value, json};
use sitrep_core::{Code, Error, Role};

use super::engine::Engine;
use super::model::{Item, Layout, Rule};
use super::place::Place;
use super::{Findings, malformed};

/// A member of an object, and what belongs there.
type Member = (&'static str, &'static str);

const LAYOUT: [Member; 5] = [
    ("_type", "\"layout\""),
    ("expires", "a time of the form YYYY-MM-DDTHH:MM:SSZ"),
    ("keys", "an object with key ids and keys"),
    ("steps", "a list of steps"),
    ("inspect", "a list of inspections"),
];
const KEY: [Member; 4] = [
    ("keytype", "a string"),
    ("scheme", "a string"),
    ("keyval", "an object with a string `public`"),
    ("keyid", "the id that the key is listed under"),
];
const OPENPGP_KEY: [Member; 2] = [("keyval", "an object"), ("keyid", "the id that the key is listed under")];
const STEP: [Member; 6] = [
    ("name", "a name that can be part of a file name"),
    ("pubkeys", "a list of key ids"),
    ("threshold", "an integer of 1 or more"),
    ("expected_materials", "a list of rules"),
    ("expected_products", "a list of rules"),
    ("expected_command", "a list of strings"),
];
const INSPECTION: [Member; 4] = [
    ("name", "a name that can be part of a file name"),
    ("expected_materials", "a list of rules"),
    ("expected_products", "a list of rules"),
    ("run", "a list of strings"),
];

/// A layout that is in order and demands nothing.
fn blank_layout() -> Value {
    // The expiry is replaced where it matters.
    json!({"_type": "layout", "expires": "9999-12-31T23:59:59Z", "keys": {}, "steps": [], "inspect": []})
}

/// A layout with one key, or one step or inspection, that is in order but for what the caller puts into it.
fn with(member: &str, part: Value) -> Value {
    let mut layout = blank_layout();
    layout[member] = part;
    layout
}

/// Finds everything that core refuses, of which `first` is the first.
pub(super) fn find(layout: &Layout<'_>, first: &Error, engine: &Engine, findings: &mut Findings) {
    find_members(layout.root, &LAYOUT, &blank_layout(), &|layout| layout, engine, findings, &Place::layout());
    find_keys(layout, engine, findings);
    for item in &layout.items {
        find_item(item, engine, findings);
    }
    find_unreadable(layout, findings);
    find_names(layout, findings);
    find_limits(layout, engine, findings);
    // What only shows in the whole.
    if !findings.has(first.code()) {
        let place = first.place();
        let item = place.step.and_then(|number| layout.items.get(usize::from(number)));
        findings.refuse(first.code(), item.map_or_else(Place::layout, Place::item), first.to_string());
    }
}

/// Puts each member alone into an object that is in order, and asks about it; containers are emptied before.
fn find_members(
    object: &Map<String, Value>,
    members: &[Member],
    blank: &Value,
    wrap: &dyn Fn(Value) -> Value,
    engine: &Engine,
    findings: &mut Findings,
    place: &Place,
) {
    for (name, expected) in members {
        let mut asked = blank.clone();
        let Some(asked_members) = asked.as_object_mut() else { continue };
        match object.get(*name) {
            None => {
                asked_members.remove(*name);
            }
            Some(value) => {
                asked_members.insert((*name).into(), emptied(name, value));
            }
        }
        let Some(code) = engine.refusal(&wrap(asked)) else { continue };
        let problem = match object.get(*name) {
            None => format!("`{name}` is missing, expected {expected}"),
            Some(_) if code == Code::LayoutExpired => code.message().into(),
            Some(value) => format!("`{name}` is {}, expected {expected}", kind_of(value)),
        };
        findings.refuse(code, place.clone().member(name), problem);
    }
}

/// The same kind of value. What is in these containers is asked about by itself.
fn emptied(name: &str, value: &Value) -> Value {
    match (name, value) {
        ("keys", Value::Object(_)) => json!({}),
        ("steps" | "inspect" | "expected_materials" | "expected_products", Value::Array(_)) => json!([]),
        _ => value.clone(),
    }
}

fn find_keys(layout: &Layout<'_>, engine: &Engine, findings: &mut Findings) {
    for key in &layout.keys {
        // What has to be in a key depends on its type.
        let blank = if key.is_openpgp {
            json!({"type": "", "method": ""})
        } else {
            json!({"keytype": key.keytype, "scheme": "", "keyval": {"public": ""}})
        };
        let place = Place::key(key.number, key.id);
        let wrap = |value: Value| with("keys", json!({ key.id: value }));
        match key.members {
            None => findings.refuse(Code::LayoutKey, place, "the key is no object".into()),
            // Without an id of its own, a key is in order.
            Some(members) if key.is_openpgp => {
                find_members(members, &OPENPGP_KEY, &blank, &wrap, engine, findings, &place)
            }
            Some(members) => find_members(members, &KEY, &blank, &wrap, engine, findings, &place),
        }
    }
}

fn find_item(item: &Item<'_>, engine: &Engine, findings: &mut Findings) {
    let blank =
        json!({"name": "step", "pubkeys": [], "threshold": 1, "expected_materials": [], "expected_products": []});
    let (member, members): (_, &[Member]) = match item.role {
        Role::Step => ("steps", &STEP),
        Role::Inspection => ("inspect", &INSPECTION),
    };
    let wrap = |value: Value| with(member, json!([value]));
    let place = Place::item(item);
    find_members(item.members, members, &blank, &wrap, engine, findings, &place);
    for list in item.lists() {
        let name = format!("expected_{}", list.list.name());
        let Some(rules) = item.members.get(&name).and_then(Value::as_array) else { continue };
        let refusal = |rules: &[Value]| {
            let mut asked = blank.clone();
            asked[&name] = rules.into();
            engine.refusal(&wrap(asked))
        };
        let all: Vec<(&Rule<'_>, &Value)> = list.rules.iter().flatten().zip(rules).collect();
        for ((rule, value), code) in refused(&all, rules, &refusal) {
            let problem = match code {
                Code::LayoutRule => malformed::why(value),
                code => code.message().into(),
            };
            findings.refuse(code, place.clone().list(list.list).rule(rule), problem);
        }
    }
}

/// Which of the parts are refused alone. Mostly all are in order together, so halves of what is refused are asked about.
fn refused<T: Copy>(parts: &[T], rules: &[Value], refusal: &dyn Fn(&[Value]) -> Option<Code>) -> Vec<(T, Code)> {
    match (refusal(rules), parts) {
        (None, _) | (_, []) => Vec::new(),
        (Some(code), [part]) => vec![(*part, code)],
        (Some(_), _) => {
            let middle = parts.len() / 2;
            let ((left, right), (left_rules, right_rules)) = (parts.split_at(middle), rules.split_at(middle));
            [refused(left, left_rules, refusal), refused(right, right_rules, refusal)].concat()
        }
    }
}

/// Steps and inspections that are no objects.
fn find_unreadable(layout: &Layout<'_>, findings: &mut Findings) {
    for member in ["steps", "inspect"] {
        let items = layout.root.get(member).and_then(Value::as_array).into_iter().flatten();
        for (number, item) in items.enumerate().filter(|(_, item)| !item.is_object()) {
            let problem = format!("number {} of `{member}` is {}, expected an object", number + 1, kind_of(item));
            findings.refuse(Code::LayoutMember, Place::layout().member(member), problem);
        }
    }
}

/// Steps and inspections share their names.
fn find_names(layout: &Layout<'_>, findings: &mut Findings) {
    for (number, item) in layout.items.iter().enumerate() {
        let is_taken = layout.items.iter().take(number).any(|earlier| earlier.name == item.name);
        if let (Some(_), true) = (item.name, is_taken) {
            findings.refuse(
                Code::LayoutName,
                Place::item(item).member("name"),
                "an earlier step or inspection has this name".into(),
            );
        }
    }
}

fn find_limits(layout: &Layout<'_>, engine: &Engine, findings: &mut Findings) {
    let limits = engine.limits();
    let mut check = |code, place: Place, count: usize, most: usize, what: &str| {
        if count > most {
            findings.refuse(code, place, format!("there are {count} {what}, {} takes at most {most}", limits.name));
        }
    };
    check(Code::LimitKeys, Place::layout().member("keys"), layout.keys.len(), limits.keys, "keys");
    let steps = layout.items.len();
    check(Code::LimitSteps, Place::layout().member("steps"), steps, limits.steps, "steps and inspections");
    for item in &layout.items {
        for list in item.lists() {
            let count = list.rules.as_ref().map_or(0, Vec::len);
            check(Code::LimitRules, Place::item(item).list(list.list), count, limits.rules, "rules in the list");
        }
    }
}

/// What a value is, for people.
fn kind_of(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::String(text) if text.is_empty() => "an empty string".into(),
        Value::String(text) if text.chars().count() <= 40 => format!("{text:?}"),
        Value::String(_) => "a string".into(),
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "an object".into(),
    }
}
