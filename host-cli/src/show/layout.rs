//! A layout, for people who write or sign one.

use std::collections::BTreeMap;

use serde_json::Value;
use sitrep_metadata::envelope::document::Signature;

use crate::show::lines::{Lines, short};

/// A layout that is shown. Nothing is said of whether its signatures are good.
pub(crate) struct Shown<'a> {
    /// The file.
    pub name: &'a str,
    /// Its payload.
    pub layout: &'a Value,
    /// Its signatures; `None` where it was not signed yet.
    pub signatures: Option<&'a [Signature]>,
    /// What keys are called, by their labels.
    pub names: &'a BTreeMap<String, String>,
    /// Are the artifact rules shown?
    pub rules: bool,
}

impl Shown<'_> {
    /// Writes it.
    pub(crate) fn write(&self, out: &mut Lines) {
        out.line(format_args!("layout: {}", self.name));
        let expires = text(self.layout, "expires");
        match self.signatures {
            None => out.line(format_args!("  expires {expires}, if it is signed now")),
            Some([]) => out.line(format_args!("  expires {expires}; signed by nobody")),
            Some(signatures) => {
                let ids = signatures.iter().map(|one| one.keyid.as_deref().unwrap_or("no key id"));
                let ids: Vec<&str> = ids.map(short).collect();
                out.line(format_args!("  expires {expires}; signatures of {}, not checked here", ids.join(", ")));
            }
        }
        for step in items(self.layout, "steps") {
            self.step(step, out);
        }
        for inspection in items(self.layout, "inspect") {
            out.line(format_args!("  inspection {}", text(inspection, "name")));
            out.line(format_args!("    runs {}", command(inspection, "run")));
            self.rules(inspection, out);
        }
    }

    fn step(&self, step: &Value, out: &mut Lines) {
        out.line(format_args!("  step {}", text(step, "name")));
        let by: Vec<String> = items(step, "pubkeys").iter().filter_map(Value::as_str).map(|id| self.key(id)).collect();
        let threshold = step.get("threshold").map(Value::to_string).unwrap_or_default();
        let by = if by.is_empty() { "nobody".to_owned() } else { by.join(", ") };
        out.line(format_args!("    by {by}; {threshold} needed"));
        if !items(step, "expected_command").is_empty() {
            out.line(format_args!("    command {}", command(step, "expected_command")));
        }
        self.rules(step, out);
    }

    fn rules(&self, item: &Value, out: &mut Lines) {
        for (list, member) in [("materials", "expected_materials"), ("products", "expected_products")] {
            if !self.rules {
                continue;
            }
            out.line(format_args!("    {list}"));
            if items(item, member).is_empty() {
                out.line(format_args!("      no rule: everything is allowed"));
            }
            for rule in items(item, member) {
                out.line(format_args!("      {}", words(rule)));
            }
        }
    }

    fn key(&self, id: &str) -> String {
        let short = short(id);
        match self.names.get(id) {
            Some(name) => format!("{name} ({short})"),
            None => short.to_owned(),
        }
    }
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn items<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn command(value: &Value, member: &str) -> String {
    value.get(member).map(words).unwrap_or_default()
}

/// Words, of which one with a space in it is quoted.
fn words(list: &Value) -> String {
    let words = list.as_array().into_iter().flatten().map(|word| word.as_str().unwrap_or("?"));
    let quoted = |word: &str| if word.is_empty() || word.contains(' ') { format!("'{word}'") } else { word.to_owned() };
    words.map(quoted).collect::<Vec<_>>().join(" ")
}
