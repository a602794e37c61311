//! What the device tells about a boot, through defmt.
//!
//! Lines of level debug carry figures, which change with the compiler; the others are what scenarios compare.

use sitrep_core::{Error, Str};

use crate::event::{Event, Report};

/// Logs what happens in a boot.
pub fn event(event: &Event<'_>) {
    match event {
        Event::Candidate(slot, of_it) => {
            defmt::info!("slot {=str}:", slot.name());
            report(of_it);
        }
        Event::Confirmed(slot) => defmt::info!("slot {=str} has confirmed", slot.name()),
        Event::Rejected(slot) => defmt::warn!("slot {=str} has not confirmed, and is rejected", slot.name()),
        Event::Installed(slot) => defmt::info!("an update was installed in slot {=str}", slot.name()),
        Event::Started(slot) => defmt::info!("slot {=str} is started on trial", slot.name()),
        Event::PolicyPending(revision) => defmt::info!("trust policy {=u32} is to come into force", revision),
        Event::PolicyInForce(revision) => defmt::info!("trust policy {=u32} is in force", revision),
        Event::Refused(error) => {
            defmt::error!("the staged package is refused: {} ({=u16})", error.code(), error.code().number());
        }
    }
}

/// Logs a whole report.
pub fn report(report: &Report<'_, '_, '_>) {
    if let Some(verdict) = &report.verdict {
        for owner in verdict.signed_by() {
            defmt::info!("layout: signed by {=str}", owner);
        }
        for step in report.steps {
            // Inspections have no keys: those that were skipped are among the warnings.
            for key in verdict.vouched_by(step) {
                let within = if step.layout > 0 { "sublayout's " } else { "" };
                defmt::info!("{=str}step {}: vouched for by {}", within, Word(step.name), Word(key));
            }
        }
    }
    for warning in report.warnings {
        defmt::warn!("{}", Located(report, warning));
    }
    if report.more_warnings > 0 {
        defmt::warn!("and {=u32} more", report.more_warnings);
    }
    match &report.result {
        Ok(()) => defmt::info!("verified: {=str} may run", report.artifact),
        Err(error) => defmt::error!("refused: {}", Located(report, error)),
    }
}

/// An error with the names that its place stands for.
struct Located<'r>(&'r Report<'r, 'r, 'r>, &'r Error);

impl defmt::Format for Located<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        let Self(report, error) = self;
        let (code, place) = (error.code(), error.place());
        defmt::write!(f, "{} ({=u16})", code, code.number());
        let Some(verdict) = &report.verdict else { return };
        if let Some(key) = verdict.keyid(error) {
            defmt::write!(f, ", key {}", Word(key));
        }
        if let Some(step) = verdict.step_name(error) {
            defmt::write!(f, ", step {}", Word(step));
        }
        if let Some((list, rule)) = place.rule {
            defmt::write!(f, ", rule {=u16} of its {=str}", rule, list.name());
        }
        if place.artifact.is_some() {
            defmt::write!(f, ", artifact {=str}", report.artifact);
        }
    }
}

/// A string of the bundle.
struct Word<'b>(Str<'b>);

impl defmt::Format for Word<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", self.0);
    }
}
