//! What will hurt about a layout, before or after it is signed.
//!
//! Whether sitrep would refuse it, core says (`engine`, `refusals`): the layout is packed in memory and verified with a scheme that
//! accepts its signature. Everything else is about layouts that are accepted and do not do what their author probably means; one file
//! each for a family of findings. The names of all findings, how bad each is and what to do about it are in `kinds`.

mod commands;
mod device;
mod engine;
mod expiry;
mod flow;
mod forms;
mod glob;
mod input;
mod keys;
mod kinds;
mod malformed;
mod members;
mod model;
mod names;
mod patterns;
mod place;
mod refusals;
mod rules;
pub(crate) mod spelling;
#[cfg(test)]
mod tests;

use serde::Serialize;
use serde_json::Value;
use sitrep_core::limits::HOST;
use sitrep_core::{Code, Parameter, Time};

use crate::bundle::pack::PackError;
use crate::bundle::shown::brief;
use crate::envelope::document::Document;
use crate::parameters::put_in;
use crate::profile::Profile;

use self::engine::{Answer, Engine};
use self::glob::Comparisons;
use self::kinds::Kind;
use self::model::{Item, Layout};

pub use self::input::parse;
pub use self::place::{Place, RulePlace};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Every verifier, or sitrep, refuses it.
    Error,
    /// It does not do what its author probably means.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// In lower case, as reports show it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One thing that is wrong with a layout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its stable name, in kebab case. What core refuses has the name of core's code.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Where it is.
    pub place: Place,
    /// What is wrong, in one line.
    pub problem: String,
    /// What to do about it, in one line.
    pub hint: &'static str,
}

/// What is found, in the order in which it is looked for.
#[derive(Debug, Default)]
struct Findings {
    found: Vec<Finding>,
    /// How many more there were.
    left_out: usize,
}

/// How many findings are told, and how many bytes of what is wrong each time.
const FINDINGS: usize = 1000;
const PROBLEM: usize = 4096;

impl Findings {
    fn add(&mut self, kind: &Kind, place: Place, problem: String) {
        let Kind { name, severity, hint } = *kind;
        self.push(Finding { name, severity, place, problem, hint });
    }

    fn push(&mut self, mut finding: Finding) {
        if self.found.len() >= FINDINGS {
            self.left_out += 1;
            return;
        }
        if finding.problem.len() > PROBLEM {
            finding.problem = brief(&finding.problem, PROBLEM);
        }
        self.found.push(finding);
    }

    /// What core refuses.
    fn refuse(&mut self, code: Code, place: Place, problem: String) {
        let (name, hint) = (code.name(), code.hint());
        self.push(Finding { name, severity: Severity::Error, place, problem, hint });
    }

    fn has(&self, code: Code) -> bool {
        self.found.iter().any(|finding| finding.name == code.name())
    }

    /// By place, then the worst first.
    fn sorted(mut self) -> Vec<Finding> {
        if self.left_out > 0 {
            let Kind { name, severity, hint } = kinds::MORE;
            let problem = format!("{} more findings are not told", self.left_out);
            self.found.push(Finding { name, severity, place: Place::layout(), problem, hint });
        }
        self.found.sort_by(|one, other| {
            let key = |finding: &Finding| (finding.severity, finding.name);
            one.place.order().cmp(&other.place.order()).then_with(|| key(one).cmp(&key(other)))
        });
        self.found
    }
}

/// Looks at a layout for verifiers of that profile, as of that time, with these values put in for its parameters. The findings are sorted by place.
///
/// # Errors
/// [`PackError`] when it cannot be packed, so that nobody can be asked.
pub fn lint(
    document: &Document,
    profile: Profile,
    now: Time,
    parameters: &[Parameter<'_>],
) -> Result<Vec<Finding>, PackError> {
    let engine = Engine { profile, now };
    let Answer { refusal, warnings, value } = engine.ask(document.clone(), parameters)?;
    let mut findings = Findings::default();
    if value.as_ref().is_some_and(|value| is_beyond_all_profiles(value, &mut findings)) {
        if let Some(refusal) = refusal.filter(|refusal| !findings.has(refusal.code())) {
            findings.refuse(refusal.code(), Place::layout(), refusal.to_string());
        }
        return Ok(findings.sorted());
    }
    // Before they are put in.
    if let Some(layout) = &value {
        commands::find_parameters(&Item::all_of(layout), parameters, &mut findings);
    }
    let value = value.map(|value| with_parameters(value, parameters));
    let layout = value.as_ref().and_then(|value| Layout::of(value, profile));
    let Some(layout) = layout else {
        // Nothing that could be looked at: core says why.
        if let Some(refusal) = refusal {
            findings.refuse(refusal.code(), Place::layout(), refusal.to_string());
        }
        return Ok(findings.sorted());
    };
    if let Some(refusal) = refusal {
        refusals::find(&layout, &refusal, &engine, &mut findings);
    }
    if warnings.contains(&Code::LayoutEmpty) {
        findings.add(&kinds::LAYOUT_EMPTY, Place::layout(), Code::LayoutEmpty.message().into());
    }
    for note in document.notes() {
        findings.add(&kinds::SIGNATURE_UNUSABLE, Place::layout().member("signatures"), note.to_string());
    }
    members::find(&layout, &mut findings);
    expiry::find(&layout, now, &mut findings);
    keys::find(&layout, &mut findings);
    names::find(&layout, &mut findings);
    let comparisons = Comparisons::new();
    rules::find(&layout, &comparisons, &mut findings);
    forms::find(&layout, &comparisons, &mut findings);
    patterns::find(&layout, &engine, &comparisons, &mut findings);
    if comparisons.are_over() {
        let problem = "to compare all patterns with one another takes too long: not all of them were";
        findings.add(&kinds::RULES_UNCOMPARED, Place::layout(), problem.into());
    }
    flow::find(&layout, &mut findings);
    commands::find(&layout, profile, &mut findings);
    device::find(&layout, profile, &mut findings);
    Ok(findings.sorted())
}

/// Has a layout more of anything than any profile takes? What is looked for compares each with all others, and keys take long to decode: of such a layout
/// nothing else is told.
fn is_beyond_all_profiles(layout: &Value, findings: &mut Findings) -> bool {
    let keys = layout.get("keys").and_then(Value::as_object).map_or(0, serde_json::Map::len);
    let items = ["steps", "inspect"].map(|member| layout.get(member).and_then(Value::as_array));
    let items = || items.into_iter().flatten().flatten();
    let longest = |member| items().filter_map(|item| item.get(member)?.as_array()).map(Vec::len).max().unwrap_or(0);
    let rules = longest("expected_materials").max(longest("expected_products"));
    for (code, what, count, most) in [
        (Code::LimitKeys, "keys", keys, HOST.keys),
        (Code::LimitSteps, "steps and inspections", items().count(), HOST.steps),
        (Code::LimitKeys, "keys that one step names", longest("pubkeys"), HOST.keys),
        (Code::LimitRules, "rules in one list", rules, HOST.rules),
    ] {
        if count > most {
            let problem =
                format!("it has {count} {what}, and no profile takes more than {most}: nothing else was looked at");
            findings.refuse(code, Place::layout(), problem);
        }
    }
    !findings.found.is_empty()
}

/// The layout with values in the place of its parameters: in rules and commands.
fn with_parameters(mut layout: Value, parameters: &[Parameter<'_>]) -> Value {
    let given: Vec<(String, String)> =
        parameters.iter().map(|parameter| (parameter.name.into(), parameter.value.into())).collect();
    for member in ["steps", "inspect"] {
        for item in layout.get_mut(member).and_then(Value::as_array_mut).into_iter().flatten() {
            for member in ["expected_materials", "expected_products", "expected_command", "run"] {
                item.get_mut(member).into_iter().for_each(|words| put_in_words(words, &given));
            }
        }
    }
    layout
}

/// In every text, however deep: rules are lists in a list.
fn put_in_words(value: &mut Value, given: &[(String, String)]) {
    match value {
        Value::String(word) => *word = put_in(word, given),
        Value::Array(items) => items.iter_mut().for_each(|item| put_in_words(item, given)),
        _ => {}
    }
}
