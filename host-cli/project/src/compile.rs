//! The layout that a file stands for.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};
use sitrep_core::Time;
use sitrep_metadata::keys::OwnerFile;

use crate::file::{Command, InlineKey, Inspection, KeySource, Mutate, Project, Sit, Step};
use crate::sugar;

/// A functionary's key as it stands in a layout.
#[derive(Clone, Debug, PartialEq)]
pub struct LayoutKey {
    /// Its label.
    pub id: String,
    /// All of it.
    pub value: Value,
}

/// The keys of `[keys]`, by their names. Those in files have been read by the caller.
pub type Keys = BTreeMap<String, LayoutKey>;

/// What is still to be decided before a layout can be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Open {
    /// There are no owners.
    Owners,
    /// There are no steps.
    Steps,
    /// Nobody may do this step.
    Functionaries(String),
}

impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owners => f.write_str("owners of [project] names no key: whose signature makes the layout valid?"),
            Self::Steps => f.write_str("there is no [[step]]"),
            Self::Functionaries(step) => write!(f, "by of step {step} names no key: who does it?"),
        }
    }
}

/// Why a file stands for no layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompileError {
    /// The layout would expire after the year 9999.
    Expires,
    /// The JSON of an inline key or of `extra` is none.
    Json(String),
    /// Two names of `[keys]` have one label and are not the same key.
    Label(String),
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expires => f.write_str("the layout would expire after the year 9999, which no layout can say"),
            Self::Json(place) => write!(f, "{place}: json is no JSON object"),
            Self::Label(id) => write!(f, "two keys of [keys] have the label {id}, and they are not the same"),
        }
    }
}

impl std::error::Error for CompileError {}

impl LayoutKey {
    /// A key that was read from a file, as in-toto 3.1 writes it.
    #[must_use]
    pub fn of_file(key: &OwnerFile) -> Self {
        let id = key.ids.first().cloned().unwrap_or_default();
        let value = if key.is_openpgp() {
            serde_json::from_str(&key.public).unwrap_or_default()
        } else {
            json!({"keyid": id, "keytype": key.keytype, "keyval": {"public": key.public}, "scheme": key.scheme})
        };
        Self { id, value }
    }

    /// A key that stands in the file itself.
    ///
    /// # Errors
    /// [`CompileError::Json`].
    pub fn inline(name: &str, key: &InlineKey) -> Result<Self, CompileError> {
        let id = key.id.clone();
        let value = match &key.json {
            Some(text) => serde_json::from_str::<Map<String, Value>>(text)
                .map(Value::Object)
                .map_err(|_| CompileError::Json(format!("key {name}")))?,
            None => {
                json!({"keyid": id, "keytype": key.keytype, "keyval": {"public": key.public}, "scheme": key.scheme})
            }
        };
        Ok(Self { id, value })
    }
}

impl Project {
    /// The keys that stand in the file itself.
    ///
    /// # Errors
    /// [`CompileError::Json`].
    pub fn inline_keys(&self) -> Result<Keys, CompileError> {
        let inline = self.keys.iter().filter_map(|(name, key)| match key {
            KeySource::Inline(key) => Some((name, key)),
            KeySource::File(_) => None,
        });
        inline.map(|(name, key)| Ok((name.clone(), LayoutKey::inline(name, key)?))).collect()
    }

    /// What is still to be decided.
    #[must_use]
    pub fn open(&self) -> Vec<Open> {
        let mut open = Vec::new();
        if self.project.owners.is_empty() {
            open.push(Open::Owners);
        }
        if self.steps.is_empty() {
            open.push(Open::Steps);
        }
        let nobody = self.all_steps().into_iter().filter(|step| step.by.0.is_empty());
        open.extend(nobody.map(|step| Open::Functionaries(step.name)));
        open
    }

    /// The steps of the layout in their order. Those of roles stand before the last ordinary one, whose products artifacts are compared with.
    #[must_use]
    pub fn all_steps(&self) -> Vec<Step> {
        let mut steps = self.steps.clone();
        let roles = self.mutates.iter().map(Mutate::step).chain(self.sits.iter().map(Sit::step));
        let place = steps.len().saturating_sub(1);
        steps.splice(place..place, roles);
        steps
    }

    /// The layout. `now` is when it is signed, which decides when it expires.
    ///
    /// # Errors
    /// [`CompileError`]. A key that `keys` does not have is left out.
    pub fn layout(&self, keys: &Keys, now: Time) -> Result<Value, CompileError> {
        let expires = self.project.expires.resolve(now).ok_or(CompileError::Expires)?;
        let mut listed: BTreeMap<&str, &Value> = BTreeMap::new();
        // Whoever is named by no step is listed too: a layout may say whom it knows.
        for key in keys.values() {
            if listed.insert(&key.id, &key.value).is_some_and(|other| *other != key.value) {
                return Err(CompileError::Label(key.id.clone()));
            }
        }
        let listed: Map<String, Value> = listed.into_iter().map(|(id, value)| (id.to_owned(), value.clone())).collect();
        let steps: Vec<Value> = self.all_steps().iter().map(|step| step_value(step, keys)).collect();
        let inspections: Vec<Value> = self.inspections.iter().map(inspection_value).collect();
        let layout = json!({
            "_type": "layout",
            "expires": expires.to_string(),
            "inspect": inspections,
            "keys": listed,
            "readme": self.project.readme,
            "steps": steps,
        });
        Ok(with(layout, &self.project.extra.0, &self.project.omit))
    }
}

fn step_value(step: &Step, keys: &Keys) -> Value {
    let ids = step.by.0.iter().filter_map(|name| match name.strip_prefix("id:") {
        Some(id) => Some(id),
        None => keys.get(name).map(|key| key.id.as_str()),
    });
    let sugar = step.sugar();
    let value = json!({
        "_type": "step",
        "expected_command": step.command.as_ref().map(|command| &command.0[..]).unwrap_or_default(),
        "expected_materials": sugar::materials(&sugar),
        "expected_products": sugar::products(&sugar),
        "name": step.name,
        "pubkeys": ids.collect::<Vec<_>>(),
        "threshold": step.threshold,
    });
    with(value, &step.extra.0, &step.omit)
}

fn inspection_value(inspection: &Inspection) -> Value {
    let sugar = inspection.sugar();
    let Command(run) = &inspection.run;
    let value = json!({
        "_type": "inspection",
        "expected_materials": sugar::materials(&sugar),
        "expected_products": sugar::products(&sugar),
        "name": inspection.name,
        "run": run,
    });
    with(value, &inspection.extra.0, &inspection.omit)
}

/// Adds members and leaves some out.
fn with(mut value: Value, extra: &Map<String, Value>, omit: &[String]) -> Value {
    if let Value::Object(members) = &mut value {
        members.retain(|name, _| !omit.contains(name));
        members.extend(extra.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_project_becomes_a_layout() {
        let text = r#"
            [project]
            name = "x"
            expires = "1d"
            owners = ["o.pub"]
            [keys]
            a = { id = "aa", keytype = "ed25519", scheme = "ed25519", public = "00" }
            [[step]]
            name = "get"
            by = "a"
            [[step]]
            name = "make"
            by = ["a", "id:bb"]
            threshold = 2
            command = "make all"
            after = "get"
            creates = "out"
            [[mutate]]
            format = "spdx-2.3"
            by = "a"
            [[inspection]]
            name = "look"
            run = "ls -l"
            after = "make"
        "#;
        let project = Project::parse(text).unwrap();
        assert_eq!(project.open(), []);
        let layout = project.layout(&project.inline_keys().unwrap(), Time(0)).unwrap();
        let names =
            |member: &str| layout[member].as_array().unwrap().iter().map(|item| &item["name"]).collect::<Vec<_>>();
        assert_eq!(names("steps"), ["get", "mutate-spdx-2.3", "make"]);
        assert_eq!(layout["expires"], "1970-01-02T00:00:00Z");
        assert_eq!(
            layout["keys"],
            json!({"aa": {"keyid": "aa", "keytype": "ed25519", "keyval": {"public": "00"}, "scheme": "ed25519"}})
        );
        assert_eq!(
            layout["steps"][2],
            json!({
                "_type": "step",
                "expected_command": ["make", "all"],
                "expected_materials": [["MATCH", "*", "WITH", "PRODUCTS", "FROM", "get"], ["DISALLOW", "*"]],
                "expected_products": [["CREATE", "out"], ["MATCH", "*", "WITH", "MATERIALS", "FROM", "make"], ["DISALLOW", "*"]],
                "name": "make",
                "pubkeys": ["aa", "bb"],
                "threshold": 2,
            })
        );
        assert_eq!(layout["inspect"][0]["run"], json!(["ls", "-l"]));
    }

    #[test]
    fn what_is_open_is_named() {
        let project = Project::parse("[project]\nexpires = \"1d\"\n[[step]]\nname = \"a\"\n").unwrap();
        assert_eq!(project.open(), [Open::Owners, Open::Functionaries("a".into())]);
    }
}
