//! Which steps a layout has, where one was asked for that it does not have.

use sitrep_core::{Outcome, Role};

use super::{Causes, listed};
use crate::bundle::shown::{SHOWN_NAME, brief};

/// Names the steps of the root layout.
pub(super) fn find(outcome: &Outcome<'_, '_>, causes: &mut Causes) {
    let steps = outcome.steps().iter().filter(|step| step.layout == 0 && step.role == Role::Step);
    let names: Vec<String> = steps.map(|step| brief(&step.name.to_string(), SHOWN_NAME)).collect();
    if !names.is_empty() {
        causes.add(format!("the steps of the layout are: {}", listed(&names)));
    }
}
