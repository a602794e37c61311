//! Which attestations there are, where one that is demanded is not among them.

use sitrep_core::{Error, Outcome};

use super::{Asked, Causes, listed};
use crate::bundle::shown::{SHOWN_NAME, brief};
use crate::payload::predicates::name_of;
use crate::verification::report::Report;

/// Says what there is, and how one more is added: that depends on where the others come from.
pub(super) fn find(outcome: &Outcome<'_, '_>, report: &Report, error: &Error, asked: &Asked<'_>, causes: &mut Causes) {
    let mut types: Vec<String> = Vec::new();
    for uri in report.attestations.iter().filter_map(|attestation| attestation.predicate_type.as_deref()) {
        let name = name_of(uri).map_or_else(|| format!("{:?}", brief(uri, SHOWN_NAME)), str::to_owned);
        if !types.contains(&name) {
            types.push(name);
        }
    }
    causes.add(match types.as_slice() {
        [] => "there is no attestation at all".into(),
        types => format!("the attestations that are there are of other types: {}", listed(types)),
    });
    let step = error.place().step.and_then(|number| outcome.steps().get(usize::from(number)));
    let is_from_files = step.is_some_and(|step| (asked.near)(step.layout, &step.name.to_string()).is_some());
    causes.advise(if is_from_files {
        "ask whoever carries out the step for it, and give it with --attestations"
    } else {
        "ask whoever carries out the step for it; then the bundle has to be packed again together with it, out of what `sitrep unpack` gives"
    });
}
