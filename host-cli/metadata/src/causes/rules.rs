//! Why no rule accounts for an artifact, or why one that is required is not there.

use sitrep_core::bundle::{ArtifactRuns, DigestSet, Str};
use sitrep_core::error::Result;
use sitrep_core::limits::HOST;
use sitrep_core::{Code, Error, List, Outcome, Pattern, Role, Step};

use super::alike::{alike, spelled};
use super::{Causes, TOLD};
use crate::lint::spelling::nearest;
use crate::parameters::put_in;
use crate::rule::{Keyword, Meaning, Other};
use crate::verification::report::Report;

/// How many rules before the one that is broken are looked at: each looks through what a step recorded.
const RULES: u16 = 64;

/// Algorithm and value of each digest.
type Digests = Vec<(String, String)>;

/// The step or inspection whose rule is broken.
struct Broken<'o, 'm, 'b> {
    outcome: &'o Outcome<'m, 'b>,
    step: &'m Step<'b>,
    list: List,
    parameters: Vec<(String, String)>,
}

/// Something that was recorded.
struct Recorded {
    name: String,
    digests: Digests,
    /// Is one of them of an algorithm that is compared?
    comparable: bool,
}

/// Finds why the rules before the broken one do not account for the artifact. Damage ends the search: core has told of it.
pub(super) fn find(outcome: &Outcome<'_, '_>, report: &Report, error: &Error, causes: &mut Causes) {
    let place = error.place();
    let step = place.step.and_then(|number| outcome.steps().get(usize::from(number)));
    let (Some(step), Some((list, rule))) = (step, place.rule) else { return };
    let given = report.parameters.iter().map(|parameter| (parameter.name.clone(), parameter.value.clone()));
    let broken = Broken { outcome, step, list, parameters: given.collect() };
    let _ = match (error.code(), place.artifact) {
        (Code::RuleDisallow, Some(artifact)) => broken.find_unaccounted(rule, artifact, causes),
        (Code::RuleRequire, _) => broken.find_required(rule, causes),
        _ => Ok(()),
    };
}

impl<'b> Broken<'_, '_, 'b> {
    /// The words of a rule with the parameters put in.
    fn words(&self, rule: u16) -> Option<Vec<String>> {
        let words = self.outcome.rule_words(self.step, self.list, rule)?;
        Some(words.map(|word| put_in(&word.to_string(), &self.parameters)).collect())
    }

    fn find_unaccounted(&self, rule: u16, number: u32, causes: &mut Causes) -> Result<()> {
        let Some(artifact) = self.recorded_by(self.step, self.list, |at, _| at == number)? else { return Ok(()) };
        for earlier in 0..rule.min(RULES) {
            if causes.sentences.len() >= TOLD {
                break;
            }
            let Some(words) = self.words(earlier) else { continue };
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let Some(meaning) = Meaning::of(&words) else { continue };
            let which = format!("{} rule {} ({})", self.list.name(), u32::from(earlier) + 1, words.join(" "));
            match meaning.other {
                Some(other) => self.explain_match(&which, meaning.pattern, &other, &artifact, causes)?,
                None => self.explain_other(&which, &meaning, &artifact, causes)?,
            }
        }
        Ok(())
    }

    /// Why a MATCH does not account for an artifact that its pattern is about.
    fn explain_match(
        &self,
        which: &str,
        pattern: &str,
        other: &Other<'_>,
        artifact: &Recorded,
        causes: &mut Causes,
    ) -> Result<()> {
        let Some(below) = below(&artifact.name, other.source) else { return Ok(()) };
        if !Pattern::new(Str::new(pattern)).matches(below.as_bytes()) {
            return explain_alike(which, pattern, below, causes);
        }
        let steps = self.outcome.steps().iter().filter(|step| step.layout == self.step.layout);
        let Some(step) = steps.clone().find(|step| step.name.is(other.step)) else {
            let names: Vec<String> = steps.map(|step| step.name.to_string()).collect();
            let meant = nearest(other.step, names.iter().map(String::as_str));
            let meant = meant.map(|name| format!("; is {name:?} meant?")).unwrap_or_default();
            causes.add(format!("{which} accounts for nothing: the layout has no step {:?}{meant}", other.step));
            causes.advise("ask the project owner for a layout whose rules name the steps that it has");
            return Ok(());
        };
        if step.role == Role::Inspection && self.step.role == Role::Step {
            causes.add(format!(
                "{which} accounts for nothing: {:?} is an inspection, and steps are checked before inspections run",
                other.step
            ));
            causes.advise("ask the project owner for a layout whose rules name steps");
            return Ok(());
        }
        if !artifact.comparable {
            causes.add(format!(
                "{which} cannot compare {}: it has {}, and only sha256, sha384, sha512 and gitoid:sha256 are compared",
                artifact.name,
                algorithms(&artifact.digests)
            ));
            causes.advise("record the steps with SHA-256");
            return Ok(());
        }
        let wanted = match other.target {
            Some(prefix) => format!("{prefix}/{below}"),
            None => below.to_owned(),
        };
        let (list, step_name) = (other.list.name(), step.name.to_string());
        if let Some(there) = self.recorded_by(step, other.list, |_, name| name == wanted)? {
            causes.add(format!("{which} does not account for it: {}", difference(artifact, &there, &step_name)));
            return Ok(());
        }
        if let Some(there) = self.recorded_by(step, other.list, |_, name| alike(name, &wanted))? {
            causes.add(format!(
                "{which} does not account for it: step {step_name} recorded {} among its {list}, which looks like {} and is another name",
                spelled(&there.name),
                spelled(&wanted)
            ));
            causes.advise("the names differ in characters that look alike: record the steps with one spelling, and look at who wrote the other");
            return Ok(());
        }
        causes.add(format!("{which} does not account for it: step {step_name} recorded no {wanted} among its {list}"));
        Ok(())
    }

    /// Why a rule of another keyword does not.
    fn explain_other(
        &self,
        which: &str,
        meaning: &Meaning<'_>,
        artifact: &Recorded,
        causes: &mut Causes,
    ) -> Result<()> {
        if meaning.keyword == Keyword::Require {
            return Ok(());
        }
        if !Pattern::new(Str::new(meaning.pattern)).matches(artifact.name.as_bytes()) {
            return explain_alike(which, meaning.pattern, &artifact.name, causes);
        }
        let other_list = if self.list == List::Materials { List::Products } else { List::Materials };
        let counterpart = self.recorded_by(self.step, other_list, |_, name| name == artifact.name)?;
        let why = match (meaning.keyword, self.list, &counterpart) {
            (Keyword::Create, List::Materials, _) => "no material is created by its step",
            (Keyword::Delete, List::Products, _) => "no product is deleted by its step",
            (Keyword::Create, _, Some(_)) => "it was among the materials already",
            (Keyword::Delete, _, Some(_)) => "it is among the products as well",
            (Keyword::Modify, List::Products, None) => "it was not among the materials",
            (Keyword::Modify, List::Materials, None) => "it is not among the products",
            (Keyword::Modify, _, Some(_)) => "the step did not change it",
            _ => return Ok(()),
        };
        causes.add(format!("{which} does not account for it: {why}"));
        Ok(())
    }

    fn find_required(&self, rule: u16, causes: &mut Causes) -> Result<()> {
        let Some(words) = self.words(rule) else { return Ok(()) };
        let [_, wanted] = &words[..] else { return Ok(()) };
        let list = self.list.name();
        if self.recorded_by(self.step, self.list, |_, name| name == wanted)?.is_some() {
            causes.add(format!("{wanted} is among the {list}, but a rule before this one accounts for it already"));
            causes.advise("REQUIRE sees what earlier rules left: ask the project owner to put it before them");
        } else if let Some(there) = self.recorded_by(self.step, self.list, |_, name| alike(name, wanted))? {
            causes.add(format!(
                "among the {list} is {}, which looks like {} and is another name",
                spelled(&there.name),
                spelled(wanted)
            ));
            causes.advise("the names differ in characters that look alike: record the step again with the name that the layout requires");
        } else if let Some(there) = self.recorded_by(self.step, self.list, |_, name| last(name) == last(wanted))? {
            causes.add(format!("{wanted} is not among the {list}, but {} is", there.name));
            causes.advise(
                "REQUIRE takes the whole path: record the step again from the directory that the layout expects",
            );
        } else {
            causes.add(format!("{wanted} is not among the {list} that were recorded"));
        }
        Ok(())
    }

    /// The first artifact of a step that a test of its number and name takes.
    fn recorded_by(
        &self,
        step: &Step<'b>,
        list: List,
        mut is_it: impl FnMut(u32, &str) -> bool,
    ) -> Result<Option<Recorded>> {
        let Some(mut runs): Option<ArtifactRuns<'b>> = self.outcome.recorded(step, list) else { return Ok(None) };
        let mut path = vec![0; HOST.path];
        let mut cursor = self.outcome.bundle().paths(&mut path);
        while let Some(run) = runs.next_run()? {
            for number in run.first..run.end() {
                cursor.seek(number)?;
                // Core has checked that it is UTF-8.
                let Ok(name) = std::str::from_utf8(cursor.path()) else { continue };
                if is_it(number, name) {
                    let set = cursor.digests(run.variant)?;
                    let (digests, comparable) = (digests(set)?, set.has_known()?);
                    return Ok(Some(Recorded { name: name.to_owned(), digests, comparable }));
                }
            }
        }
        Ok(None)
    }
}

/// A pattern that looks like the name, and does not match it.
fn explain_alike(which: &str, pattern: &str, name: &str, causes: &mut Causes) -> Result<()> {
    if alike(pattern, name) {
        causes.add(format!(
            "{which} is about {}, which looks like {} and is another name",
            spelled(pattern),
            spelled(name)
        ));
        causes
            .advise("the names differ in characters that look alike: one spelling has to be used in layout and links");
    }
    Ok(())
}

/// How two records of one artifact differ.
fn difference(own: &Recorded, other: &Recorded, step: &str) -> String {
    let value = |digests: &Digests, wanted: &str| {
        digests.iter().find(|(algorithm, _)| algorithm == wanted).map(|(_, value)| value.clone())
    };
    for (algorithm, here) in &own.digests {
        if let Some(there) = value(&other.digests, algorithm)
            && *here != there
        {
            return format!("step {step} recorded it with {algorithm} {}, here it has {}", short(&there), short(here));
        }
    }
    format!(
        "step {step} recorded {}, here it has {}: digests of other algorithms are not the same",
        algorithms(&other.digests),
        algorithms(&own.digests)
    )
}

/// What is compared of a digest by eye.
fn short(digest: &str) -> String {
    let start: String = digest.chars().take(16).collect();
    if start.len() < digest.len() { format!("{start}...") } else { start }
}

fn digests(mut set: DigestSet<'_>) -> Result<Digests> {
    let mut all = Digests::new();
    while let Some((algorithm, value)) = set.next_digest()? {
        all.push((algorithm.to_string(), value.to_string()));
    }
    Ok(all)
}

fn algorithms(digests: &Digests) -> String {
    let names: Vec<&str> = digests.iter().map(|(algorithm, _)| algorithm.as_str()).collect();
    if names.is_empty() { "no digest".into() } else { format!("only {}", names.join(" and ")) }
}

/// The name below a prefix of whole components.
fn below<'n>(name: &'n str, prefix: Option<&str>) -> Option<&'n str> {
    match prefix {
        None => Some(name),
        Some(prefix) => name.strip_prefix(prefix)?.strip_prefix('/'),
    }
}

/// The last component of a path.
fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
