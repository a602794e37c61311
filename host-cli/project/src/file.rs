//! The file: what may stand in it, read and checked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use sitrep_metadata::names::is_file_name;

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

    /// The step of that name, roles included.
    #[must_use]
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == name)
    }

    fn check(&self) -> Result<(), FileError> {
        let Head { owners, threshold, evidence, omit, .. } = &self.project;
        if threshold.is_some_and(|threshold| threshold == 0 || threshold > owners.len()) {
            let problem = format!(
                "threshold of [project] is {}, and there are {} owners",
                threshold.unwrap_or_default(),
                owners.len()
            );
            return Err(FileError::new(problem, Some("it says how many of the owners sign the layout")));
        }
        check_below("evidence of [project]", evidence)?;
        check_omitted("[project]", omit, &["readme", "inspect"])?;
        for owner in owners {
            check_below("owners", owner)?;
        }
        for (name, key) in &self.keys {
            check_key(name, key)?;
        }
        let mut names = BTreeSet::new();
        let steps = self.steps.iter().map(|step| step.name.as_str());
        let steps: Vec<String> = steps.map(str::to_owned).chain(self.role_names()).collect();
        let known: BTreeSet<&str> = steps.iter().map(String::as_str).collect();
        let inspections = self.inspections.iter().map(|inspection| inspection.name.clone());
        for name in steps.iter().cloned().chain(inspections) {
            if name.is_empty() || !is_file_name(&name) {
                let problem = format!("{name:?} is no name of a step: it becomes part of the names of files");
                return Err(FileError::new(problem, None));
            }
            if !names.insert(name.clone()) {
                return Err(FileError::new(format!("there are two steps or inspections named {name:?}"), None));
            }
        }
        let roles = self.mutates.iter().map(|role| (role.step_name(), &role.by, role.threshold));
        let roles = roles.chain(self.sits.iter().map(|role| (role.step_name(), &role.by, role.threshold)));
        for (name, by, threshold) in roles {
            self.check_functionaries(&name, by, threshold)?;
        }
        let declared: BTreeSet<&str> = self.project.parameters.iter().map(String::as_str).collect();
        for step in &self.steps {
            let place = format!("step {}", step.name);
            self.check_functionaries(&step.name, &step.by, step.threshold)?;
            check_after(&place, &step.after, &known)?;
            check_rules(&place, step.sugar())?;
            check_omitted(&place, &step.omit, &["_type", "expected_command"])?;
            if let Some(base) = &step.base {
                check_below(&place, base)?;
            }
            Self::check_parameters(&place, &declared, step.sugar(), step.command.as_ref())?;
        }
        for inspection in &self.inspections {
            let place = format!("inspection {}", inspection.name);
            check_after(&place, &inspection.after, &known)?;
            check_rules(&place, inspection.sugar())?;
            check_omitted(&place, &inspection.omit, &["_type"])?;
            Self::check_parameters(&place, &declared, inspection.sugar(), Some(&inspection.run))?;
        }
        let used: BTreeSet<&str> = used_parameters(self).collect();
        let is_used = |name: &&String| used.contains(name.as_str());
        if let Some(unused) = self.project.parameters.iter().find(|name| !is_used(name)) {
            let problem = format!("parameters of [project] names {unused:?}, and no rule or command says {{{unused}}}");
            return Err(FileError::new(problem, None));
        }
        Ok(())
    }

    /// Where parameters are declared, no other is used. Where none is, braces are text, as they are to in-toto where nobody gives a parameter.
    fn check_parameters(
        place: &str,
        declared: &BTreeSet<&str>,
        sugar: Sugar<'_>,
        command: Option<&Command>,
    ) -> Result<(), FileError> {
        let mut used = words_of(sugar, command).flat_map(|word| parameters_of(word));
        match used.find(|name| !declared.is_empty() && !declared.contains(name)) {
            None => Ok(()),
            Some(name) => {
                let problem = format!("{place}: {{{name}}} is a parameter that parameters of [project] does not name");
                Err(FileError::new(problem, Some("where there are parameters at all, every name in braces is one")))
            }
        }
    }

    fn role_names(&self) -> impl Iterator<Item = String> {
        let mutates = self.mutates.iter().map(Mutate::step_name);
        mutates.chain(self.sits.iter().map(Sit::step_name))
    }

    fn check_functionaries(&self, step: &str, by: &Words, threshold: u64) -> Result<(), FileError> {
        let mut known = BTreeSet::new();
        for name in &by.0 {
            if !name.starts_with("id:") && !self.keys.contains_key(name) {
                let problem = format!("step {step}: by names {name:?}, and [keys] has no such key");
                let hint = "write it below [keys], as name = \"path of the public key\", or: sitrep layout add-key";
                return Err(FileError::new(problem, Some(hint)));
            }
            if !known.insert(name) {
                return Err(FileError::new(format!("step {step}: by names {name:?} twice"), None));
            }
        }
        if threshold == 0 || threshold > by.0.len() as u64 && !by.0.is_empty() {
            let problem = format!("step {step}: threshold is {threshold}, and by names {} keys", by.0.len());
            return Err(FileError::new(problem, Some("it says how many of the keys must do the step")));
        }
        Ok(())
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

/// Every word in which a parameter may stand.
fn words_of<'p>(sugar: Sugar<'p>, command: Option<&'p Command>) -> impl Iterator<Item = &'p String> {
    let Sugar { creates, changes, removes, rules, .. } = sugar;
    let rules = rules.materials.iter().chain(&rules.products).flatten().flatten();
    let command = command.into_iter().flat_map(|command| &command.0);
    creates.iter().chain(changes).chain(removes).chain(rules).chain(command)
}

/// The names in braces, as in-toto reads them: letters, digits, `_` and `-`.
fn parameters_of(word: &str) -> impl Iterator<Item = &str> {
    word.split('{').skip(1).filter_map(|rest| {
        let (name, _) = rest.split_once('}')?;
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        (!name.is_empty() && name.bytes().all(is_name)).then_some(name)
    })
}

fn used_parameters(project: &Project) -> impl Iterator<Item = &str> {
    let steps = project.steps.iter().flat_map(|step| words_of(step.sugar(), step.command.as_ref()));
    let inspections = project.inspections.iter().flat_map(|item| words_of(item.sugar(), Some(&item.run)));
    steps.chain(inspections).flat_map(|word| parameters_of(word))
}

fn check_key(name: &str, key: &KeySource) -> Result<(), FileError> {
    if name.is_empty() || name.starts_with("id:") {
        return Err(FileError::new(format!("{name:?} is no name of a key"), None));
    }
    match key {
        KeySource::File(path) => check_below(&format!("key {name}"), path),
        KeySource::Inline(key) => {
            let members = [&key.keytype, &key.scheme, &key.public];
            let count = members.iter().filter(|member| member.is_some()).count();
            let is_whole = if key.json.is_some() { count == 0 } else { count == members.len() };
            let hint = "it is the path of a public key, or a table with id, keytype, scheme and public";
            if is_whole { Ok(()) } else { Err(FileError::new(format!("key {name} is not whole"), Some(hint))) }
        }
    }
}

/// Names of files are relative to the directory of the file, and below it.
fn check_below(place: &str, path: &str) -> Result<(), FileError> {
    let is_below = path.split('/').all(|part| !matches!(part, "" | ".." | ".")) && !path.contains('\\');
    // Keys are often elsewhere.
    let is_key = place.starts_with("key ") || place == "owners";
    if is_below || is_key && !path.is_empty() {
        return Ok(());
    }
    let hint =
        "names are relative to the directory of sitrep.toml, with `/` between directories and without `.` and `..`";
    Err(FileError::new(format!("{place}: {path:?} is no place below the project's directory"), Some(hint)))
}

fn check_after(place: &str, after: &Words, steps: &BTreeSet<&str>) -> Result<(), FileError> {
    match after.0.iter().find(|name| !steps.contains(name.as_str())) {
        None => Ok(()),
        Some(name) => Err(FileError::new(format!("{place}: after names {name:?}, and there is no such step"), None)),
    }
}

/// Rules of in-toto's own take the place of the other words; both would say two things.
fn check_rules(place: &str, sugar: Sugar<'_>) -> Result<(), FileError> {
    let both = |words: &str, of: &str| {
        let problem = format!("{place}: rules.{of} and {words} both say which {of} are expected");
        Err(FileError::new(problem, Some("rules are in-toto's own words, and take the place of the others: keep one")))
    };
    if sugar.rules.materials.is_some() && (!sugar.after.is_empty() || !sugar.removes.is_empty()) {
        return both(if sugar.after.is_empty() { "removes" } else { "after" }, "materials");
    }
    if sugar.rules.products.is_some() && (!sugar.creates.is_empty() || !sugar.changes.is_empty()) {
        return both(if sugar.creates.is_empty() { "changes" } else { "creates" }, "products");
    }
    Ok(())
}

fn check_omitted(place: &str, omit: &[String], may: &[&str]) -> Result<(), FileError> {
    match omit.iter().find(|name| !may.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let problem = format!("{place}: omit names {name:?}, and only {} can be left out", may.join(" and "));
            Err(FileError::new(problem, None))
        }
    }
}

/// Line and column of a byte, from 1.
fn place(text: &str, at: usize) -> Option<(usize, usize)> {
    let before = text.get(..at)?;
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Some((line, column))
}

impl<'de> Deserialize<'de> for Expires {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_str(&text).map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMany("a text or a list of texts")).map(|(words, _)| Self(words))
    }
}

impl<'de> Deserialize<'de> for Command {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_any(OneOrMany("a command, or the list of its words"))? {
            (words, false) => Ok(Self(words)),
            (words, true) => Self::split(words.first().map(String::as_str).unwrap_or_default())
                .ok_or_else(|| de::Error::custom("a quotation mark in the command is not closed")),
        }
    }
}

impl Command {
    /// Splits a command as a shell would; `None` where a quotation mark is not closed.
    #[must_use]
    pub fn split(text: &str) -> Option<Self> {
        shlex::split(text).map(Self)
    }

    /// The command as one text, which is split into the same words again; `None` where there is none that a person would want to read.
    #[must_use]
    pub fn joined(words: &[String]) -> Option<String> {
        let text = shlex::try_join(words.iter().map(String::as_str)).ok()?;
        let is_readable = !words.is_empty() && !text.chars().any(char::is_control);
        (is_readable && shlex::split(&text).as_deref() == Some(words)).then_some(text)
    }
}

/// Reads a text (`true`) or a list of texts.
struct OneOrMany(&'static str);

impl<'de> Visitor<'de> for OneOrMany {
    type Value = (Vec<String>, bool);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok((vec![text.to_owned()], true))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = list.next_element()? {
            words.push(word);
        }
        Ok((words, false))
    }
}

impl<'de> Deserialize<'de> for KeySource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Source;
        impl<'de> Visitor<'de> for Source {
            type Value = KeySource;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the path of a public key, or a table with id, keytype, scheme and public")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<KeySource, E> {
                Ok(KeySource::File(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<KeySource, A::Error> {
                InlineKey::deserialize(de::value::MapAccessDeserializer::new(map)).map(KeySource::Inline)
            }
        }
        deserializer.deserialize_any(Source)
    }
}

impl<'de> Deserialize<'de> for Extra {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        serde_json::from_str(&text)
            .map(Self)
            .map_err(|error| de::Error::custom(format!("expected a JSON object: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LUA: &str = r#"
[project]
name = "lua"
expires = "1y"
owners = ["keys/owner.pub"]
[keys]
dev = "keys/dev.pub"
builder = "keys/builder.pub"
[[step]]
name = "checkout"
by = ["dev"]
products = ["**"]
exclude = [".git/"]
[[step]]
name = "build"
by = "builder"
command = "make -C src 'CC=gcc -O2'"
after = "checkout"
creates = ["src/*.o", "src/lua"]
"#;

    #[test]
    fn a_project_is_read() {
        let project = Project::parse(LUA).unwrap();
        let [checkout, build] = &project.steps[..] else { panic!() };
        assert_eq!((checkout.materials(), checkout.products()), (vec![], vec!["**".to_owned()]));
        assert_eq!(build.materials(), ["**"]);
        assert_eq!(build.command.as_ref().unwrap().0, ["make", "-C", "src", "CC=gcc -O2"]);
        assert_eq!((&build.by.0[..], build.threshold), (&["builder".to_owned()][..], 1));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (from, to, expected) in [
            ("expires = \"1y\"", "expires = 1", "line 4, column 11: invalid type"),
            ("expires = \"1y\"", "expires = \"soon\"", "line 4, column 11: expected a duration such as"),
            ("expires = \"1y\"", "", "missing field `expires`"),
            ("after =", "afer =", "line 18, column 1: unknown field `afer`, expected one of `name`, `by`"),
            ("[keys]", "[keys", "line 6, column 6: "),
            ("by = [\"dev\"]", "by = [\"devv\"]", "step checkout: by names \"devv\", and [keys] has no such key"),
            ("by = [\"dev\"]", "by = [\"dev\"]\nthreshold = 2", "step checkout: threshold is 2, and by names 1 keys"),
            ("name = \"build\"", "name = \"checkout\"", "there are two steps or inspections named \"checkout\""),
            ("name = \"build\"", "name = \"a/b\"", "\"a/b\" is no name of a step"),
            (
                "after = \"checkout\"",
                "after = \"check\"",
                "step build: after names \"check\", and there is no such step",
            ),
            ("after =", "base = \"../x\"\nafter =", "step build: \"../x\" is no place below"),
            (
                "after =",
                "rules.materials = []\nafter =",
                "step build: rules.materials and after both say which materials",
            ),
            ("'CC=gcc -O2'", "'CC=gcc", "line 17, column 11: a quotation mark in the command is not closed"),
            ("dev = \"keys/dev.pub\"", "dev = { id = \"x\" }", "key dev is not whole"),
            ("dev = \"keys/dev.pub\"", "dev = 1", "expected the path of a public key, or a table"),
            (
                "[keys]",
                "parameters = [\"v\"]\n[keys]",
                "parameters of [project] names \"v\", and no rule or command says {v}",
            ),
            ("[keys]", "threshold = 2\n[keys]", "threshold of [project] is 2, and there are 1 owners"),
        ] {
            assert!(LUA.contains(from), "{from}");
            let error = Project::parse(&LUA.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains('\n'), "{from} -> {to}: {error}");
        }
    }

    #[test]
    fn parameters_are_all_declared_or_none_is() {
        let with = |head: &str| {
            LUA.replace("[keys]", head).replace("'CC=gcc -O2'", "{v} {} {a b}").replace("src/lua", "{w}/lua")
        };
        assert!(Project::parse(&with("[keys]")).is_ok());
        assert!(Project::parse(&with("parameters = [\"v\", \"w\"]\n[keys]")).is_ok());
        let error = Project::parse(&with("parameters = [\"v\"]\n[keys]")).unwrap_err();
        assert_eq!(error.problem, "step build: {w} is a parameter that parameters of [project] does not name");
    }

    #[test]
    fn deep_nesting_is_an_error() {
        let deep = format!("a = {}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Project::parse(&deep).is_err());
    }
}
