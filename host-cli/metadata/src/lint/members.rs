//! Members that nobody reads: typing errors, and what belongs to certificates.

use serde_json::{Map, Value};
use sitrep_core::Role;

use super::model::Layout;
use super::place::Place;
use super::spelling::nearest;
use super::{Findings, kinds};

/// The members that in-toto's implementations write. `rootcas`, `intermediatecas`, `cert_constraints` and `certificate` are Go's.
const LAYOUT: &[&str] = &["_type", "expires", "readme", "keys", "steps", "inspect", "rootcas", "intermediatecas"];
const KEY: &[&str] = &["keyid", "keyid_hash_algorithms", "keytype", "scheme", "keyval"];
const OPENPGP_KEY: &[&str] =
    &["keyid", "type", "method", "hashes", "keyval", "creation_time", "validity_period", "subkeys"];
const KEYVAL: &[&str] = &["public", "private", "certificate"];
const STEP: &[&str] = &[
    "_type",
    "name",
    "pubkeys",
    "threshold",
    "expected_materials",
    "expected_products",
    "expected_command",
    "cert_constraints",
];
const INSPECTION: &[&str] = &["_type", "name", "run", "expected_materials", "expected_products"];
/// Members that say who may sign by certificate, and whether they stand in the layout or in a step.
const CERTIFICATES: [&str; 3] = ["rootcas", "intermediatecas", "cert_constraints"];

pub(super) fn find(layout: &Layout<'_>, findings: &mut Findings) {
    find_in(layout.root, LAYOUT, "a layout", &Place::layout(), findings);
    for key in &layout.keys {
        let place = Place::key(key.number, key.id);
        let Some(members) = key.members else { continue };
        let known = if key.is_openpgp { OPENPGP_KEY } else { KEY };
        find_in(members, known, "a key", &place, findings);
        if let Some(keyval) = members.get("keyval").and_then(Value::as_object) {
            find_in(keyval, KEYVAL, "`keyval`", &place, findings);
        }
    }
    for item in &layout.items {
        let (known, what) = match item.role {
            Role::Step => (STEP, "a step"),
            Role::Inspection => (INSPECTION, "an inspection"),
        };
        find_in(item.members, known, what, &Place::item(item), findings);
    }
}

fn find_in(members: &Map<String, Value>, known: &[&str], what: &str, place: &Place, findings: &mut Findings) {
    for (name, value) in members {
        let place = place.clone().member(name);
        if !known.contains(&name.as_str()) {
            let meant = nearest(name, known.iter().copied().filter(|known| !members.contains_key(*known)));
            let meant = meant.map(|meant| format!("; `{meant}` is near")).unwrap_or_default();
            findings.add(
                &kinds::MEMBER_UNKNOWN,
                place,
                format!("`{name}` means nothing in {what} and is ignored{meant}"),
            );
        } else if CERTIFICATES.contains(&name.as_str()) && !is_empty(value) {
            findings.add(
                &kinds::CERTIFICATES,
                place,
                format!("`{name}` lets certificates sign, which do not count here"),
            );
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}
