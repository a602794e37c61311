//! What a refusal is due to. Core says which check failed, and where; this says what in the metadata made it fail, and what to do about that very
//! cause. Nothing is decided here, and what cannot be told is not said.

mod alike;
mod keys;
mod layout;
mod links;
mod rules;

use sitrep_core::{Class, Code, Outcome, Time};

use crate::verification::report::Report;

pub use self::links::{Near, NearLink};

/// How many causes of one kind are told; more say nothing new.
const TOLD: usize = 4;

/// What was found.
#[derive(Debug, Default)]
struct Causes {
    /// A sentence each, without the stop at its end.
    sentences: Vec<String>,
    /// What to do about it, where that is more than core's hint says.
    hint: Option<String>,
}

impl Causes {
    fn add(&mut self, sentence: String) {
        self.sentences.push(sentence);
    }

    /// The first that is known stays: causes are looked for in the order of how much they tell.
    fn advise(&mut self, hint: impl Into<String>) {
        self.hint.get_or_insert_with(|| hint.into());
    }
}

/// Adds to a report what the refusal of the chain is due to ([`crate::verification::report::Located::causes`]), and what to do about that. `near` gives
/// what lies where the links of a step were looked for, of the layout with that number and the step of that name; `None` where they came in a bundle.
#[must_use]
pub fn explain(mut report: Report, outcome: &Outcome<'_, '_>, near: &dyn Fn(u16, &str) -> Option<Near>) -> Report {
    for (warning, error) in report.warnings.iter_mut().zip(outcome.warnings().kept()) {
        if error.code() == Code::KeyUnusable {
            warning.causes.extend(keys::why(outcome, error));
        }
    }
    let Err(error) = outcome.result() else { return report };
    let mut causes = Causes::default();
    match (error.code(), error.code().class()) {
        (Code::LinkMissing | Code::ThresholdNotMet | Code::LinkScheme, _) => {
            // What comes first tells most.
            keys::find(outcome, &error, &mut causes);
            links::find(outcome, &error, near, &mut causes);
        }
        (Code::RuleDisallow | Code::RuleRequire, _) => rules::find(outcome, &report, &error, &mut causes),
        (_, Class::Layout) => {
            let now = report.layout.checked_at.as_deref().and_then(Time::parse);
            layout::find(outcome, &error, now, &mut causes);
        }
        _ => {}
    }
    if let Some(refusal) = &mut report.error {
        refusal.causes = causes.sentences;
        refusal.hint = causes.hint.unwrap_or_else(|| std::mem::take(&mut refusal.hint));
    }
    report
}

/// The digits of a key id that people compare, and that file names hold.
fn short(keyid: &str) -> String {
    keyid.chars().take(8).collect()
}

/// A list as people write it: all of a few, or the first and how many more.
fn listed(names: &[String]) -> String {
    match names.split_at_checked(TOLD) {
        Some((first, rest)) if !rest.is_empty() => format!("{} and {} more", first.join(", "), rest.len()),
        _ => names.join(", "),
    }
}
