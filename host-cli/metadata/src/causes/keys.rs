//! Keys that can sign nothing, and why.

use sitrep_core::{Code, Error, Outcome, PublicKey};

use super::{Causes, TOLD, short};
use crate::keys::schemes::unusable;

/// Finds the keys of a step that can sign nothing here.
pub(super) fn find(outcome: &Outcome<'_, '_>, error: &Error, causes: &mut Causes) {
    let Some(step) = error.place().step.and_then(|number| outcome.steps().get(usize::from(number))) else { return };
    let keys = (0_u16..).zip(outcome.keys()).filter(|(number, key)| step.allows(*number) && !key.is_subkey);
    // Whether a device could have checked them is not asked again: core has warned of those.
    let is_warned = |number| {
        let warnings = outcome.warnings().kept();
        warnings.iter().any(|warning| warning.code() == Code::KeyUnusable && warning.place().key == Some(number))
    };
    let why = |number, key: &PublicKey<'_>| unusable(key).or_else(|| is_warned(number).then(|| only_on_hosts(key)));
    let unusable = keys.filter_map(|(number, key)| Some((key.id.to_string(), why(number, &key.key)?)));
    for (id, why) in unusable.take(TOLD) {
        causes.add(format!("key {} can sign nothing here: {why}", short(&id)));
        causes.advise("ask the project owner for a layout that lists another key of this functionary, or this one in a form that can be used");
    }
}

/// What is wrong with the key that a warning is about.
pub(super) fn why(outcome: &Outcome<'_, '_>, warning: &Error) -> Option<String> {
    let key = outcome.keys().get(usize::from(warning.place().key?))?;
    Some(unusable(&key.key).unwrap_or_else(|| only_on_hosts(&key.key)))
}

/// What a device says no to.
fn only_on_hosts(key: &PublicKey<'_>) -> String {
    format!("key type {} with scheme {} is for hosts alone; a device checks Ed25519", key.keytype, key.scheme)
}
