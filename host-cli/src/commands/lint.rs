//! `sitrep lint`: what will hurt about a layout.

use serde::Serialize;
use sitrep_core::{Clock, Time};

use crate::args::{Lint, Profile};
use crate::clock::SystemClock;
use crate::commands::{Done, print};
use crate::error::{CliError, ClockUse};
use crate::lines::{Lines, harmless_json};
use crate::lint::{Finding, Severity, lint, read};
use crate::verification::parameters;

/// Looks at the layout and prints what it finds, sorted by place.
///
/// # Errors
/// [`CliError`] when there is no layout to be read.
pub fn run(args: &Lint) -> Result<Done, CliError> {
    let now = SystemClock::at(args.at.as_deref())?.now().ok_or(CliError::Clock(ClockUse::Expiry))?;
    if args.profile != Profile::Host && !args.param.is_empty() {
        return Err(CliError::DeviceParameters);
    }
    let parameters = parameters(&args.param)?;
    let document = read(&args.layout)?;
    let findings = lint(&document, args.profile, now, &parameters)?;
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let report = Report {
        layout: args.layout.display().to_string(),
        profile: args.profile.limits().name,
        checked_at: now,
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        notes: count(Severity::Note),
        findings: &findings,
    };
    print(&if args.json { harmless_json(&report) } else { report.text() })?;
    Ok(if report.errors + report.warnings > 0 { Done::Refused } else { Done::Yes })
}

/// What was found, for people and for `--json`.
#[derive(Serialize)]
struct Report<'f> {
    layout: String,
    profile: &'static str,
    checked_at: Time,
    errors: usize,
    warnings: usize,
    notes: usize,
    findings: &'f [Finding],
}

impl Report<'_> {
    fn text(&self) -> String {
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
