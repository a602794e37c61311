//! Do the words of a file go together?

use std::collections::BTreeSet;

use sitrep_metadata::names::is_file_name;

use super::{Command, FileError, Head, KeySource, Mutate, Project, Sit, Sugar, Words};

impl Project {
    pub(super) fn check(&self) -> Result<(), FileError> {
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
