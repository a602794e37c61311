//! What a refusal is due to. Core says which check failed, and where; this says what in the metadata made it fail, and what to do about that very
//! cause. Nothing is decided here, and what cannot be told is not said.

mod alike;
mod artifacts;
mod attestations;
mod inspections;
mod keys;
mod layout;
mod links;
mod owners;
mod rules;
mod steps;

use sitrep_core::{Class, Code, Error, Outcome, Time};

use crate::verification::report::{Located, Report};

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

/// The command that asks: what to do about a refusal is another thing for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Whoever has the artifacts, on a computer.
    Verify,
    /// Whoever packs for others.
    Pack,
    /// Whoever makes an update for devices.
    BootPackage,
}

/// Who asks, and what else there is to look at.
pub struct Asked<'a> {
    /// The command.
    pub command: Command,
    /// What lies where the links of a step were looked for, of the layout with that number and the step of that name; `None` where they came in a bundle.
    pub near: &'a dyn Fn(u16, &str) -> Option<Near>,
}

/// Adds to a report what the refusal of the chain is due to ([`crate::verification::report::Located::causes`]), and what to do about that.
#[must_use]
pub fn explain(mut report: Report, outcome: &Outcome<'_, '_>, asked: &Asked<'_>) -> Report {
    for (warning, error) in report.warnings.iter_mut().zip(outcome.warnings().kept()) {
        if error.code() == Code::KeyUnusable {
            warning.causes.extend(keys::why(outcome, error));
        }
    }
    let mut causes = Causes::default();
    match outcome.result() {
        Err(error) => find(outcome, &report, &error, asked, &mut causes),
        Ok(()) => find_of_artifact(outcome, &report, asked, &mut causes),
    }
    let is_told_elsewhere = report.warnings.iter().any(|warning| warning.class == Class::Evidence.name());
    if let Some(refusal) = &mut report.error {
        refusal.causes = causes.sentences;
        if let Some(hint) = causes.hint {
            refusal.hint = hint;
        } else if is_told_elsewhere && lacks_evidence(refusal) {
            refusal.hint += "; see the warnings for what did not count";
        }
    }
    report
}

/// Is it about something that may be there and not count?
fn lacks_evidence(refusal: &Located) -> bool {
    [Code::LinkMissing, Code::ThresholdNotMet, Code::AttestationMissing, Code::AttestationThreshold]
        .iter()
        .any(|code| refusal.code == code.name())
}

/// Finds what an artifact's refusal is due to, where the chain is in order.
fn find_of_artifact(outcome: &Outcome<'_, '_>, report: &Report, asked: &Asked<'_>, causes: &mut Causes) {
    match &report.error {
        Some(error) if error.code == Code::ArtifactUnknown.name() => {
            artifacts::find(outcome, report, error, asked, causes);
        }
        Some(error) if error.code == Code::ArtifactStep.name() => steps::find(outcome, causes),
        _ => {}
    }
}

/// Finds what the refusal of the chain is due to.
fn find(outcome: &Outcome<'_, '_>, report: &Report, error: &Error, asked: &Asked<'_>, causes: &mut Causes) {
    match (error.code(), error.code().class()) {
        (Code::LinkMissing | Code::ThresholdNotMet | Code::LinkScheme, _) => {
            // What comes first tells most.
            keys::find(outcome, error, causes);
            links::find(outcome, error, asked.near, causes);
        }
        (Code::RuleDisallow | Code::RuleRequire, _) => rules::find(outcome, report, error, causes),
        (Code::OwnerUnsigned | Code::OwnerSignature | Code::LayoutType, _)
            if owners::find_other(outcome, causes).is_some() => {}
        (Code::OwnerUnsigned, _) => owners::find(outcome, causes),
        (Code::AttestationMissing, _) => attestations::find(outcome, report, error, asked, causes),
        (Code::InspectionsNotRun, _) => inspections::find(outcome, asked, causes),
        (Code::ArtifactStep, _) => steps::find(outcome, causes),
        (Code::SublayoutInspections, _) => inspections::advise_devices(asked, causes),
        (_, Class::Layout) => {
            let now = report.layout.checked_at.as_deref().and_then(Time::parse);
            layout::find(outcome, error, now, causes);
        }
        _ => {}
    }
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
