//! The file: what may stand in it, read and checked.

mod check;
mod read;

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::expires::Expires;

/// Largest `sitrep.toml`, in bytes. That of a hundred steps has thirty thousand; what is read of it takes some twenty times its length in memory.
pub const MAX_FILE: u64 = 1024 * 1024;

/// What the file is called.
pub const FILE_NAME: &str = "sitrep.toml";

/// A project: its owners, and the steps by which it is made.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Project {
    /// What holds for all of it.
    pub project: Head,
    /// The functionaries' keys, by the names that `by` gives.
    #[serde(default)]
    pub keys: BTreeMap<String, KeySource>,
    /// The steps, in their order.
    #[serde(default, rename = "step")]
    pub steps: Vec<Step>,
    /// The inspections, in their order.
    #[serde(default, rename = "inspection")]
    pub inspections: Vec<Inspection>,
    /// Who may complete the derived SBOM of a format.
    #[serde(default, rename = "mutate")]
    pub mutates: Vec<Mutate>,
    /// Who derives the SBOM of a format.
    #[serde(default, rename = "sit")]
    pub sits: Vec<Sit>,
}

/// What holds for the whole project.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Head {
    /// Its name, for people.
    #[serde(default)]
    pub name: String,
    /// When the layout expires.
    pub expires: Expires,
    /// The files of the owners' public keys, below the directory of the file.
    #[serde(default)]
    pub owners: Vec<String>,
    /// How many of the owners sign the layout; all of them where it is not said.
    pub threshold: Option<usize>,
    /// The layout's `readme`.
    #[serde(default)]
    pub readme: String,
    /// How the layout and the links are wrapped.
    #[serde(default)]
    pub envelope: Form,
    /// Of DSSE: whose spelling the layout's text has.
    #[serde(default)]
    pub spelling: Spelling,
    /// The directory of the layout, the links and the attestations, below that of the file.
    #[serde(default = "evidence")]
    pub evidence: String,
    /// The parameters that rules and commands may name as `{name}`.
    #[serde(default)]
    pub parameters: Vec<String>,
    /// Members of the layout that no other word says, a JSON object.
    #[serde(default)]
    pub extra: Extra,
    /// Members of the layout that are left out, although sitrep writes them elsewhere.
    #[serde(default)]
    pub omit: Vec<String>,
}

fn evidence() -> String {
    "evidence".into()
}

/// How metadata is wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// `signed` and `signatures`: the signatures are over canonical JSON.
    #[default]
    Metablock,
    /// DSSE around the same payload, as in-toto 3.1 writes it.
    Dsse,
    /// DSSE; links are Statements with the predicate link v0.3, which in-toto 3.1 does not read.
    Statement,
}

/// Whose spelling a text in DSSE has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spelling {
    /// Python's `json.dumps` with sorted keys, as in-toto 3.1 writes it.
    #[default]
    Python,
    /// Sorted keys, and no white space.
    Compact,
    /// in-toto-golang's.
    Go,
}

impl Spelling {
    /// All of them, by their names in the file.
    pub const ALL: [(Self, &str); 3] = [(Self::Python, "python"), (Self::Compact, "compact"), (Self::Go, "go")];
}

impl Form {
    /// Its name in the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metablock => "metablock",
            Self::Dsse => "dsse",
            Self::Statement => "statement",
        }
    }
}

/// Where a functionary's key is.
#[derive(Clone, Debug, PartialEq)]
pub enum KeySource {
    /// In a file, below the directory of the project's.
    File(String),
    /// Here.
    Inline(InlineKey),
}

/// A key that stands in the file itself.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InlineKey {
    /// Its label in the layout's `keys`.
    pub id: String,
    /// `keytype`, `scheme` and `public`, where these and the label are all that the layout has of it.
    pub keytype: Option<String>,
    /// See `keytype`.
    pub scheme: Option<String>,
    /// See `keytype`.
    pub public: Option<String>,
    /// Everything that the layout has of it otherwise, a JSON object.
    pub json: Option<String>,
}

/// One or several words, of which one may stand without brackets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(pub Vec<String>);

/// A command: a text that is split as a shell would, or the list of its words. It is never given to a shell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command(pub Vec<String>);

/// A rule in in-toto's own words.
pub type Rule = Vec<String>;

/// Rules in in-toto's own words, in the place of those that follow from other words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// `expected_materials`.
    pub materials: Option<Vec<Rule>>,
    /// `expected_products`.
    pub products: Option<Vec<Rule>>,
}

/// Members that no other word says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extra(pub Map<String, Value>);

/// A step.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Step {
    /// Its name.
    pub name: String,
    /// Who may do it: names of keys. One that starts with `id:` is a label that the layout has no key for.
    #[serde(default)]
    pub by: Words,
    /// How many of them must.
    #[serde(default = "one")]
    pub threshold: u64,
    /// What is run.
    pub command: Option<Command>,
    /// The steps whose products go in, and nothing else does.
    #[serde(default)]
    pub after: Words,
    /// Which files are recorded as materials, gitignore's patterns: all where something says what may go in, otherwise none.
    pub materials: Option<Words>,
    /// Which are recorded as products: all where it is not said.
    pub products: Option<Words>,
    /// Which are not recorded.
    #[serde(default)]
    pub exclude: Words,
    /// The directory that names are relative to and the command runs in, below that of the file.
    pub base: Option<String>,
    /// What it may make: in-toto's patterns.
    #[serde(default)]
    pub creates: Words,
    /// What it may change.
    #[serde(default)]
    pub changes: Words,
    /// What it may take in and remove.
    #[serde(default)]
    pub removes: Words,
    /// Rules in in-toto's own words.
    #[serde(default)]
    pub rules: Rules,
    /// Members that no other word says.
    #[serde(default)]
    pub extra: Extra,
    /// Members that are left out.
    #[serde(default)]
    pub omit: Vec<String>,
}

/// An inspection.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Inspection {
    /// Its name.
    pub name: String,
    /// What is run.
    #[serde(default)]
    pub run: Command,
    /// The steps whose products may be there.
    #[serde(default)]
    pub after: Words,
    /// What it may make: in-toto's patterns.
    #[serde(default)]
    pub creates: Words,
    /// What it may change.
    #[serde(default)]
    pub changes: Words,
    /// What it may remove.
    #[serde(default)]
    pub removes: Words,
    /// Rules in in-toto's own words.
    #[serde(default)]
    pub rules: Rules,
    /// Members that no other word says.
    #[serde(default)]
    pub extra: Extra,
    /// Members that are left out.
    #[serde(default)]
    pub omit: Vec<String>,
}

/// `[[mutate]]`: the mutator of a format is the functionary of the step `mutate-FORMAT`, whose product is `FORMAT.patch.json`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mutate {
    /// The SBOM's format, such as `spdx-2.3` or `cyclonedx-1.7`.
    pub format: String,
    /// Who may do it: names of keys.
    pub by: Words,
    /// How many of them must.
    #[serde(default = "one")]
    pub threshold: u64,
}

/// `[[sit]]`: the generator of a format is the functionary of the step `sit-FORMAT`, whose materials are the mutation and the evidence digest, and whose product is
/// the SIT.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sit {
    /// The SBOM's format.
    pub format: String,
    /// Who may do it: names of keys.
    pub by: Words,
    /// How many of them must.
    #[serde(default = "one")]
    pub threshold: u64,
    /// The number of the rules by which it is derived.
    #[serde(default = "one")]
    pub ruleset: u64,
}

impl Mutate {
    /// The name of its step.
    #[must_use]
    pub fn step_name(&self) -> String {
        format!("mutate-{}", self.format)
    }
}

impl Sit {
    /// The name of its step.
    #[must_use]
    pub fn step_name(&self) -> String {
        format!("sit-{}", self.format)
    }
}

const fn one() -> u64 {
    1
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// Line and column, from 1, where they are known.
    pub at: Option<(usize, usize)>,
    /// What is wrong, in one line.
    pub problem: String,
    /// What to do about it, where it does not follow from what is wrong.
    pub hint: Option<&'static str>,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.at {
            write!(f, "line {line}, column {column}: ")?;
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for FileError {}

impl FileError {
    fn new(problem: String, hint: Option<&'static str>) -> Self {
        Self { at: None, problem, hint }
    }
}

impl Project {
    /// Reads a file.
    ///
    /// # Errors
    /// [`FileError`] where it is no TOML, has a word that is not known, or words that do not go together.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let project: Self = toml_edit::de::from_str(text).map_err(|error| FileError {
            at: error.span().and_then(|span| place(text, span.start)),
            problem: error.message().lines().collect::<Vec<_>>().join(", "),
            hint: None,
        })?;
        project.check()?;
        Ok(project)
    }
}

/// The words of which rules are made.
#[derive(Clone, Copy, Debug)]
pub struct Sugar<'p> {
    /// The step's or inspection's own name.
    pub name: &'p str,
    /// See [`Step::after`].
    pub after: &'p [String],
    /// Are materials recorded that no earlier step accounts for?
    pub takes_materials: bool,
    /// See [`Step::creates`].
    pub creates: &'p [String],
    /// See [`Step::changes`].
    pub changes: &'p [String],
    /// See [`Step::removes`].
    pub removes: &'p [String],
    /// See [`Rules`].
    pub rules: &'p Rules,
}

impl Step {
    /// The words of which its rules are made.
    #[must_use]
    pub fn sugar(&self) -> Sugar<'_> {
        let Self { name, after, creates, changes, removes, rules, materials, .. } = self;
        let takes_materials = materials.as_ref().is_some_and(|patterns| !patterns.0.is_empty());
        let [after, creates, changes, removes] = [after, creates, changes, removes].map(|words| &words.0[..]);
        Sugar { name, after, takes_materials, creates, changes, removes, rules }
    }

    /// Which files are recorded as materials: gitignore's patterns.
    #[must_use]
    pub fn materials(&self) -> Vec<String> {
        let is_expected = !self.after.0.is_empty() || self.rules.materials.as_ref().is_some_and(|rules| takes(rules));
        match &self.materials {
            Some(patterns) => patterns.0.clone(),
            None if is_expected => vec!["**".into()],
            None => Vec::new(),
        }
    }

    /// Which files are recorded as products: gitignore's patterns.
    #[must_use]
    pub fn products(&self) -> Vec<String> {
        self.products.as_ref().map_or_else(|| vec!["**".into()], |patterns| patterns.0.clone())
    }
}

/// Do these rules let anything in?
fn takes(rules: &[Rule]) -> bool {
    rules.iter().any(|rule| rule.first().is_some_and(|word| !word.eq_ignore_ascii_case("DISALLOW")))
}

impl Inspection {
    /// The words of which its rules are made.
    #[must_use]
    pub fn sugar(&self) -> Sugar<'_> {
        let Self { name, after, creates, changes, removes, rules, .. } = self;
        let [after, creates, changes, removes] = [after, creates, changes, removes].map(|words| &words.0[..]);
        Sugar { name, after, takes_materials: true, creates, changes, removes, rules }
    }
}

/// Line and column of a byte, from 1.
fn place(text: &str, at: usize) -> Option<(usize, usize)> {
    let before = text.get(..at)?;
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Some((line, column))
}

#[cfg(test)]
mod tests;
