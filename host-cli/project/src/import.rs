//! The file that stands for a layout which somebody else wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Map, Value};
use sitrep_core::Time;

use crate::file::{Command, FileError, Form, Project, Rule, Spelling};
use crate::spelling::payload;
use crate::sugar::Parts;

/// Why no file stands for a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportError {
    /// A member that no verifier does without is missing, or is something else.
    Member {
        /// Where, such as `steps[1]`.
        place: String,
        /// The member.
        name: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// The layout names keys, steps or inspections as no file can.
    Name(FileError),
    /// The file would become another text than the one that was signed.
    Differs,
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member { place, name, expected } => write!(f, "{place}: expected a member {name}, {expected}"),
            Self::Name(error) => write!(f, "no sitrep.toml can say it: {}", error.problem),
            Self::Differs => f.write_str(
                "its text is written in a way that sitrep does not write: what came of sitrep.toml would not be the same signed bytes",
            ),
        }
    }
}

impl std::error::Error for ImportError {}

/// A layout's member of that kind.
struct Members<'v> {
    place: String,
    members: &'v Map<String, Value>,
    /// Those that are said by words of the file.
    said: BTreeSet<&'static str>,
}

impl<'v> Members<'v> {
    fn of(place: String, value: &'v Value) -> Result<Self, ImportError> {
        let object = "an object";
        let members = value.as_object().ok_or_else(|| ImportError::Member {
            place: place.clone(),
            name: "",
            expected: object,
        })?;
        Ok(Self { place, members, said: BTreeSet::new() })
    }

    fn get<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        read: impl FnOnce(&'v Value) -> Option<T>,
    ) -> Result<T, ImportError> {
        let value = self.members.get(name).and_then(read);
        self.said.insert(name);
        value.ok_or_else(|| ImportError::Member { place: self.place.clone(), name, expected })
    }

    fn text(&mut self, name: &'static str) -> Result<&'v str, ImportError> {
        self.get(name, "a text", Value::as_str)
    }

    /// The same of one that may be missing, and of one that is no text, which then is something that no word says.
    fn text_or(&mut self, name: &'static str, otherwise: &'v str) -> &'v str {
        match self.members.get(name).and_then(Value::as_str) {
            Some(text) => {
                self.said.insert(name);
                text
            }
            None => otherwise,
        }
    }

    fn words(&mut self, name: &'static str) -> Option<Vec<String>> {
        let words = self.members.get(name).and_then(words)?;
        self.said.insert(name);
        Some(words)
    }

    fn rules(&mut self, name: &'static str) -> Result<Vec<Rule>, ImportError> {
        self.get(name, "a list of rules, lists of texts", |value| value.as_array()?.iter().map(words).collect())
    }

    /// What `extra` and `omit` have to say. `default` are the members that sitrep writes wherever it is not told otherwise.
    fn push_rest(&self, default: &[&str], out: &mut String) {
        let rest: Map<String, Value> = self
            .members
            .iter()
            .filter(|(name, _)| !self.said.contains(name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if !rest.is_empty() {
            push(out, "extra", &text(&Value::Object(rest).to_string()));
        }
        let omitted: Vec<&str> = default.iter().copied().filter(|name| !self.members.contains_key(*name)).collect();
        if !omitted.is_empty() {
            push(out, "omit", &list(&omitted));
        }
    }
}

fn words(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|word| word.as_str().map(str::to_owned)).collect()
}

/// The file that stands for a layout, whose signed text was `signed`.
///
/// # Errors
/// [`ImportError`].
pub fn import(layout: &Value, form: Form, signed: &str) -> Result<String, ImportError> {
    let mut out = String::new();
    let mut root = Members::of("the layout".into(), layout)?;
    let expires = root.text("expires")?;
    if Time::parse(expires).is_none() {
        let (place, expected) = (root.place, "a time such as 2030-01-31T00:00:00Z");
        return Err(ImportError::Member { place, name: "expires", expected });
    }
    root.get("_type", "which is \"layout\"", |value| value.as_str().filter(|name| *name == "layout"))?;
    let keys = root.get("keys", "an object", Value::as_object)?;
    let steps = root.get("steps", "a list", Value::as_array)?;
    let inspections = root.get("inspect", "a list", Value::as_array)?;
    let readme = root.text_or("readme", "");
    out.push_str("# Made from a layout. A layout does not say who owns it: name the files of the owners' public keys.\n[project]\n");
    push(&mut out, "expires", &text(expires));
    out.push_str("owners = []\n");
    if !readme.is_empty() {
        push(&mut out, "readme", &text(readme));
    }
    if form != Form::default() {
        push(&mut out, "envelope", &text(form.name()));
        let is_its = |(spelling, _): &&(Spelling, &str)| payload(layout, form, *spelling) == signed;
        let (_, spelling) = Spelling::ALL.iter().find(is_its).ok_or(ImportError::Differs)?;
        push(&mut out, "spelling", &text(spelling));
    }
    root.push_rest(&["readme"], &mut out);

    let names = push_keys(keys, &mut out);
    let known: BTreeSet<&str> = steps.iter().filter_map(|step| step.get("name")?.as_str()).collect();
    let is_step = |name: &str| known.contains(name);
    for (number, step) in steps.iter().enumerate() {
        push_step(Members::of(format!("steps[{number}]"), step)?, &names, &is_step, &mut out)?;
    }
    for (number, inspection) in inspections.iter().enumerate() {
        push_inspection(Members::of(format!("inspect[{number}]"), inspection)?, &is_step, &mut out)?;
    }
    // What counts is what it becomes.
    let project = Project::parse(&out).map_err(ImportError::Name)?;
    let again = project.inline_keys().and_then(|keys| project.layout(&keys, Time(0)));
    match again {
        Ok(again) if payload(&again, form, project.project.spelling) == signed => Ok(out),
        _ => Err(ImportError::Differs),
    }
}

/// Writes the keys. Gives the name of each label.
fn push_keys<'v>(keys: &'v Map<String, Value>, out: &mut String) -> BTreeMap<&'v str, String> {
    let mut names: BTreeMap<&str, String> = BTreeMap::new();
    let (mut taken, mut counts) = (BTreeSet::new(), BTreeMap::new());
    if !keys.is_empty() {
        out.push_str("\n[keys]\n");
    }
    for (id, key) in keys {
        let short: String = id.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
        let short = if short.is_empty() { "key".to_owned() } else { short };
        let count = counts.entry(short.clone()).or_insert(0_u32);
        *count += 1;
        let mut name = if *count == 1 { short.clone() } else { format!("{short}-{count}") };
        // Another may be called so from the start.
        while !taken.insert(name.clone()) {
            *count += 1;
            name = format!("{short}-{count}");
        }
        let text_of = |member: &str| key.get(member).and_then(Value::as_str);
        let public = key.get("keyval").and_then(|keyval| keyval.get("public")).and_then(Value::as_str);
        let plain = text_of("keytype").zip(text_of("scheme")).zip(public).filter(|((keytype, scheme), public)| {
            let value =
                serde_json::json!({"keyid": id, "keytype": keytype, "keyval": {"public": public}, "scheme": scheme});
            value == *key
        });
        let table = match plain {
            Some(((keytype, scheme), public)) => {
                let [id, keytype, scheme, public] = [id, keytype, scheme, public].map(text);
                format!("{{ id = {id}, keytype = {keytype}, scheme = {scheme}, public = {public} }}")
            }
            None => format!("{{ id = {}, json = {} }}", text(id), text(&key.to_string())),
        };
        push(out, &name, &table);
        names.insert(id, name);
    }
    names
}

fn push_step(
    mut step: Members<'_>,
    names: &BTreeMap<&str, String>,
    is_step: &impl Fn(&str) -> bool,
    out: &mut String,
) -> Result<(), ImportError> {
    out.push_str("\n[[step]]\n");
    let name = step.text("name")?;
    push(out, "name", &text(name));
    let ids = step.get("pubkeys", "a list of key ids", words)?;
    let by: Vec<String> =
        ids.iter().map(|id| names.get(id.as_str()).cloned().unwrap_or_else(|| format!("id:{id}"))).collect();
    push(out, "by", &list(&by));
    let threshold = step.get("threshold", "a number from 1 to 2^63", |value| {
        value.as_u64().filter(|threshold| (1..=i64::MAX.cast_unsigned()).contains(threshold))
    })?;
    if threshold != 1 {
        push(out, "threshold", &threshold.to_string());
    }
    if let Some(command) = step.words("expected_command").filter(|command| !command.is_empty()) {
        push(out, "command", &self::command(&command));
    }
    if step.text_or("_type", "") != "step" {
        step.said.remove("_type");
    }
    push_rules(&mut step, name, false, is_step, out)?;
    step.push_rest(&["_type", "expected_command"], out);
    Ok(())
}

fn push_inspection(
    mut inspection: Members<'_>,
    is_step: &impl Fn(&str) -> bool,
    out: &mut String,
) -> Result<(), ImportError> {
    out.push_str("\n[[inspection]]\n");
    let name = inspection.text("name")?;
    push(out, "name", &text(name));
    let run = inspection.get("run", "a list of texts", words)?;
    push(out, "run", &command(&run));
    if inspection.text_or("_type", "") != "inspection" {
        inspection.said.remove("_type");
    }
    push_rules(&mut inspection, name, true, is_step, out)?;
    inspection.push_rest(&["_type"], out);
    Ok(())
}

fn push_rules(
    item: &mut Members<'_>,
    name: &str,
    is_inspection: bool,
    is_step: &impl Fn(&str) -> bool,
    out: &mut String,
) -> Result<(), ImportError> {
    let (materials, products) = (item.rules("expected_materials")?, item.rules("expected_products")?);
    let parts = Parts::of(name, &materials, &products, is_inspection, is_step);
    if !parts.after.is_empty() {
        push(out, "after", &list(&parts.after));
    }
    if parts.takes_materials && !is_inspection && parts.rules.materials.is_none() && parts.after.is_empty() {
        push(out, "materials", &list(&["**"]));
    }
    for (word, patterns) in [("creates", parts.creates), ("changes", parts.changes), ("removes", parts.removes)] {
        if !patterns.is_empty() {
            push(out, word, &list(&patterns));
        }
    }
    for (list, rules) in [("materials", parts.rules.materials), ("products", parts.rules.products)] {
        let Some(rules) = rules else { continue };
        out.push_str(&format!("rules.{list} = ["));
        for rule in &rules {
            out.push_str(&format!("\n    {},", self::list(rule)));
        }
        out.push_str(if rules.is_empty() { "]\n" } else { "\n]\n" });
    }
    Ok(())
}

fn push(out: &mut String, name: &str, value: &str) {
    out.push_str(&format!("{name} = {value}\n"));
}

/// A text as TOML writes it.
pub(crate) fn text(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

/// A list of texts.
pub(crate) fn list(words: &[impl AsRef<str>]) -> String {
    words.iter().map(|word| word.as_ref().to_owned()).collect::<toml_edit::Array>().to_string()
}

/// A command: one text where it is split into the same words again.
fn command(words: &[String]) -> String {
    Command::joined(words).map_or_else(|| list(words), |joined| text(&joined))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn layout() -> Value {
        json!({
            "_type": "layout",
            "expires": "2030-01-01T00:00:00Z",
            "inspect": [{"_type": "inspection", "expected_materials": [["MATCH", "*", "WITH", "PRODUCTS", "FROM", "make"], ["DISALLOW", "*"]],
                "expected_products": [["ALLOW", "*"]], "name": "look", "run": ["sh", "-c", "echo 'a b'"]}],
            "keys": {
                "0123456789": {"keyid": "0123456789", "keytype": "ed25519", "keyval": {"public": "00"}, "scheme": "ed25519"},
                "0123456799": {"keyid_hash_algorithms": ["sha256", "sha512"], "keyval": {"private": "", "public": "-----BEGIN\n"}, "x": null},
            },
            "readme": "a \"readme\"\nof '''two''' lines\u{1}\u{e9}",
            "steps": [
                {"_type": "step", "expected_command": [], "expected_materials": [], "expected_products": [["CREATE", "a"], ["DISALLOW", "*"]],
                    "name": "get", "pubkeys": ["0123456789", "none"], "threshold": 2},
                {"expected_materials": [["MATCH", "*", "WITH", "PRODUCTS", "FROM", "get"], ["DISALLOW", "*"]],
                    "expected_products": [["CREATE", "a\\b'\"\n"], ["MATCH", "*", "WITH", "MATERIALS", "FROM", "make"], ["DISALLOW", "*"]],
                    "name": "make", "pubkeys": ["0123456799"], "threshold": 1, "more": {"deep": [1, {"x": true}]}},
            ],
            "unknown": [1, null, "text"],
        })
    }

    #[test]
    fn what_is_imported_is_the_same_again() {
        for (form, spelling) in [
            (Form::Metablock, Spelling::Python),
            (Form::Dsse, Spelling::Python),
            (Form::Dsse, Spelling::Compact),
            (Form::Dsse, Spelling::Go),
        ] {
            let text = import(&layout(), form, &payload(&layout(), form, spelling)).unwrap();
            assert!(text.contains("after = [\"get\"]"), "{text}");
            let project = Project::parse(&text).unwrap();
            assert_eq!(project.layout(&project.inline_keys().unwrap(), Time(0)).unwrap(), layout());
        }
    }

    #[test]
    fn what_no_file_says_is_told() {
        let with = |change: &dyn Fn(&mut Value)| {
            let mut layout = layout();
            change(&mut layout);
            import(&layout, Form::Metablock, &payload(&layout, Form::Metablock, Spelling::Python))
                .unwrap_err()
                .to_string()
        };
        for (change, expected) in [
            (
                &(|layout: &mut Value| layout["expires"] = json!("soon")) as &dyn Fn(&mut Value),
                "expected a member expires, a time",
            ),
            (&|layout| layout["steps"][0]["threshold"] = json!(0), "steps[0]: expected a member threshold, a number"),
            (
                &|layout| layout["steps"][1]["pubkeys"] = json!([1]),
                "steps[1]: expected a member pubkeys, a list of key ids",
            ),
            (&|layout| layout["steps"][1]["name"] = json!("a/b"), "no sitrep.toml can say it: \"a/b\" is no name"),
            (&|layout| layout["inspect"][0]["run"] = json!("ls"), "inspect[0]: expected a member run"),
            (&|layout| layout["_type"] = json!("link"), "the layout: expected a member _type, which is \"layout\""),
        ] {
            let error = with(change);
            assert!(error.contains(expected), "{error}");
        }
        let error = import(&layout(), Form::Dsse, &format!("{} ", layout())).unwrap_err();
        assert_eq!(error, ImportError::Differs);
    }
}
