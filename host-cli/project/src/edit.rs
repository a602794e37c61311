//! Changes of the file that leave everything else in it as it is, comments too.

use std::fmt;

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

/// A step that is added.
#[derive(Clone, Debug, Default)]
pub struct NewStep {
    /// Its name.
    pub name: String,
    /// Names of the keys that may do it.
    pub by: Vec<String>,
    /// Its command.
    pub command: Option<String>,
    /// The steps that it comes after.
    pub after: Vec<String>,
    /// What it may make.
    pub creates: Vec<String>,
    /// What it may change.
    pub changes: Vec<String>,
    /// The step that it is put before; at the end where there is none.
    pub before: Option<String>,
}

/// Why a file was not changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditError {
    /// It is no TOML, or something in it is not what it should be.
    Form(String),
    /// There is a step or key of that name.
    Known(&'static str, String),
    /// There is no step of that name.
    NoStep(String),
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(problem) => f.write_str(problem),
            Self::Known(kind, name) => write!(f, "there is a {kind} named {name:?} already"),
            Self::NoStep(name) => write!(f, "there is no step named {name:?}"),
        }
    }
}

impl std::error::Error for EditError {}

fn document(text: &str) -> Result<DocumentMut, EditError> {
    text.parse()
        .map_err(|error: toml_edit::TomlError| EditError::Form(error.message().lines().collect::<Vec<_>>().join(", ")))
}

/// Adds a key, and lets steps name it.
///
/// # Errors
/// [`EditError`].
pub fn add_key(text: &str, name: &str, path: &str, steps: &[String]) -> Result<String, EditError> {
    let mut document = document(text)?;
    let keys = document.entry("keys").or_insert_with(|| Item::Table(Table::new()));
    let keys = keys.as_table_like_mut().ok_or_else(|| EditError::Form("keys is no table".into()))?;
    if keys.contains_key(name) {
        return Err(EditError::Known("key", name.into()));
    }
    keys.insert(name, value(path));
    for own in steps {
        let step = tables(&mut document, "step")?.iter_mut().find(|step| name_of(step) == Some(own));
        let step = step.ok_or_else(|| EditError::NoStep(own.clone()))?;
        let by = step.entry("by").or_insert_with(|| value(Array::new()));
        match by.as_value_mut() {
            Some(toml_edit::Value::Array(list)) => list.push(name),
            Some(toml_edit::Value::String(one)) => {
                let both: Array = [one.value().as_str(), name].into_iter().collect();
                *by = value(both);
            }
            _ => return Err(EditError::Form(format!("by of step {own} is no list"))),
        }
    }
    Ok(document.to_string())
}

/// Adds a step.
///
/// # Errors
/// [`EditError`].
pub fn add_step(text: &str, new: &NewStep) -> Result<String, EditError> {
    let mut document = document(text)?;
    let steps = tables(&mut document, "step")?;
    if steps.iter().any(|step| name_of(step) == Some(&new.name)) {
        return Err(EditError::Known("step", new.name.clone()));
    }
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n");
    table.insert("name", value(&new.name));
    table.insert("by", value(new.by.iter().collect::<Array>()));
    if let Some(command) = &new.command {
        table.insert("command", value(command));
    }
    for (word, words) in [("after", &new.after), ("creates", &new.creates), ("changes", &new.changes)] {
        if !words.is_empty() {
            table.insert(word, value(words.iter().collect::<Array>()));
        }
    }
    match &new.before {
        None => steps.push(table),
        Some(before) => {
            let place = steps.iter().position(|step| name_of(step) == Some(before));
            let place = place.ok_or_else(|| EditError::NoStep(before.clone()))?;
            let mut all: Vec<Table> = std::mem::take(steps).into_iter().collect();
            // Tables are written where they stood in the text, as far as they did; the new one goes with the one that it is put before.
            table.set_position(all.get(place).and_then(Table::position));
            all.insert(place, table);
            *steps = all.into_iter().collect();
        }
    }
    Ok(document.to_string())
}

fn tables<'d>(document: &'d mut DocumentMut, name: &str) -> Result<&'d mut ArrayOfTables, EditError> {
    let item = document.entry(name).or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    item.as_array_of_tables_mut().ok_or_else(|| EditError::Form(format!("{name} is no list of tables: [[{name}]]")))
}

fn name_of(step: &Table) -> Option<&String> {
    match step.get("name")?.as_value()? {
        toml_edit::Value::String(name) => Some(name.value()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::Project;

    const TEXT: &str = "# who\n[project]\nexpires = \"1y\" # soon\n\n[keys]\na = \"a.pub\" # the first\n\n# get it\n[[step]]\nname = \"get\"\nby = \"a\"\n\n# make it\n[[step]]\nname = \"make\" # it\nby = [\"a\"]\nafter = \"get\"\n";

    #[test]
    fn comments_stay() {
        let text = add_key(TEXT, "b", "b.pub", &["get".into(), "make".into()]).unwrap();
        assert_eq!(
            text,
            TEXT.replace("# the first\n", "# the first\nb = \"b.pub\"\n")
                .replace("by = \"a\"\n", "by = [\"a\", \"b\"]\n")
                .replace("by = [\"a\"]\n", "by = [\"a\", \"b\"]\n")
        );
        let new =
            NewStep { name: "test".into(), by: vec!["b".into()], after: vec!["get".into()], ..NewStep::default() };
        let at_end = add_step(&text, &new).unwrap();
        assert_eq!(at_end, format!("{text}\n[[step]]\nname = \"test\"\nby = [\"b\"]\nafter = [\"get\"]\n"));
        let between = add_step(&text, &NewStep { before: Some("make".into()), ..new.clone() }).unwrap();
        let names: Vec<_> = Project::parse(&between).unwrap().steps.into_iter().map(|step| step.name).collect();
        assert_eq!(names, ["get", "test", "make"]);
        assert!(between.contains("# make it\n[[step]]\nname = \"make\" # it\n"), "{between}");
        assert_eq!(add_step(&at_end, &new), Err(EditError::Known("step", "test".into())));
        assert_eq!(add_key(&text, "b", "x", &[]), Err(EditError::Known("key", "b".into())));
        assert_eq!(add_key(TEXT, "b", "x", &["no".into()]), Err(EditError::NoStep("no".into())));
        assert!(add_key("[", "b", "x", &[]).is_err() && add_key("keys = 1", "b", "x", &[]).is_err());
    }
}
