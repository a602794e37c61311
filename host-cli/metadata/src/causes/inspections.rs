//! What inspections would run, where they were not run.

use serde_json::Value;
use sitrep_core::Outcome;

use super::{Asked, Causes, Command, TOLD};
use crate::bundle::shown::{SHOWN_NAME, brief};
use crate::bundle::view;

/// Names the commands of the root layout's inspections: who is to run them wants to see them first.
pub(super) fn find(outcome: &Outcome<'_, '_>, asked: &Asked<'_>, causes: &mut Causes) {
    let layout = outcome.bundle().envelope(0).ok().and_then(|envelope| view::value(&envelope).ok()).unwrap_or_default();
    let inspections = layout["inspect"].as_array().into_iter().flatten();
    for inspection in inspections.take(TOLD) {
        let name = inspection["name"].as_str().unwrap_or_default();
        let run: Vec<String> = inspection["run"].as_array().into_iter().flatten().map(word).collect();
        let run = brief(&run.join(" "), SHOWN_NAME);
        causes.add(format!("inspection {} would run: {run}", brief(name, SHOWN_NAME)));
    }
    advise_devices(asked, causes);
    causes.advise("if these commands may run on this machine, give --run-inspections");
}

/// Says what those can do who verify for a device.
pub(super) fn advise_devices(asked: &Asked<'_>, causes: &mut Causes) {
    if matches!(asked.command, Command::Pack | Command::BootPackage) {
        causes.advise(
            "a device runs no inspections: let its trust policy skip them (`sitrep trust init --inspections skip`), or ask the project owner for a layout \
             without",
        );
    }
}

/// A word of a command as a shell would have it, where that is the word itself.
fn word(word: &Value) -> String {
    let word = word.as_str().unwrap_or_default();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./=:,+@%{}".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) { word.to_owned() } else { format!("{word:?}") }
}
