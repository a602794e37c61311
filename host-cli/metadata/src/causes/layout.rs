//! What in a layout core refused: the member, as `sitrep lint` names it.

use sitrep_core::{Error, Outcome, Time};

use super::Causes;
use crate::bundle::view;
use crate::envelope::document::Document;
use crate::lint::{Severity, lint};
use crate::profile::Profile;

/// Finds the member that the code is about. Parameters are not put in: their codes name themselves.
pub(super) fn find(outcome: &Outcome<'_, '_>, error: &Error, now: Option<Time>, causes: &mut Causes) {
    let number = error.place().envelope.unwrap_or(0);
    let Some(layout) = outcome.bundle().envelope(number).ok().and_then(|envelope| view::value(&envelope).ok()) else {
        return;
    };
    let Ok(document) = Document::unsigned(layout.to_string().as_bytes()) else { return };
    // Expiry is another code; any time does.
    let now = now.unwrap_or(Time(0));
    let Ok(findings) = lint(&document, Profile::Host, now, &[]) else { return };
    let code = error.code().name();
    let about = findings.iter().filter(|finding| finding.severity == Severity::Error && finding.name == code);
    for finding in about.take(super::TOLD) {
        let place = finding.place.to_string();
        causes.add(if place.is_empty() { finding.problem.clone() } else { format!("{place}: {}", finding.problem) });
    }
    if !causes.sentences.is_empty() {
        causes.advise(
            "`sitrep lint` names everything that is wrong with a layout; let its owner correct and sign it again",
        );
    }
}
