//! What `sitrep lint` finds in a layout.

use serde::Serialize;
use sitrep_core::Time;
use sitrep_metadata::lint::{Finding, Severity};

use crate::show::lines::Lines;

/// What was found, for people and for `--json`.
#[derive(Serialize)]
pub(crate) struct Findings<'f> {
    layout: String,
    profile: &'static str,
    checked_at: Time,
    errors: usize,
    warnings: usize,
    notes: usize,
    findings: &'f [Finding],
}

impl<'f> Findings<'f> {
    pub(crate) fn new(layout: String, profile: &'static str, checked_at: Time, findings: &'f [Finding]) -> Self {
        let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
        let [errors, warnings, notes] = [Severity::Error, Severity::Warning, Severity::Note].map(count);
        Self { layout, profile, checked_at, errors, warnings, notes, findings }
    }

    /// Is there anything above a note?
    pub(crate) const fn has_any(&self) -> bool {
        self.errors + self.warnings > 0
    }

    pub(crate) fn text(&self) -> String {
        let mut out = Lines::default();
        let Self { layout, errors, warnings, notes, .. } = self;
        let counts = [(*errors, "error"), (*warnings, "warning"), (*notes, "note")];
        let counts: Vec<String> = counts.into_iter().filter(|(count, _)| *count > 0).map(some).collect();
        match counts[..] {
            [] => out.line(format_args!("{layout}: nothing found")),
            _ => out.line(format_args!("{layout}: {}", counts.join(", "))),
        }
        for Finding { name, severity, place, problem, hint } in self.findings {
            let place = place.to_string();
            let place = if place.is_empty() { place } else { format!(" ({place})") };
            out.line(format_args!("  {} {name}: {problem}{place}", severity.name()));
            out.line(format_args!("    {hint}"));
        }
        out.into_text()
    }
}

/// So many of something.
fn some((count, what): (usize, &str)) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
