//! Whose signatures a layout has, where they are not those of the owner whose key was given.

use sitrep_core::Outcome;

use super::{Causes, TOLD, listed, short};
use crate::bundle::known::Known;
use crate::bundle::shown::{SHOWN_NAME, brief};

/// Says what is there, where it is no layout: people give the file beside it. `None` where it is one.
pub(super) fn find_other(outcome: &Outcome<'_, '_>, causes: &mut Causes) -> Option<()> {
    let known = Known::of(&outcome.bundle().envelope(0).ok()?).ok()?;
    let type_name = known.type_name.filter(|name| !name.is("layout"))?;
    causes.add(if type_name.is("link") {
        "the input is a link, not a layout".into()
    } else if known.predicate_type.is_some() {
        "the input is an attestation, not a layout".into()
    } else {
        format!("the input is of the type {:?}, not a layout", brief(&type_name.to_string(), SHOWN_NAME))
    });
    causes.advise("give the layout that the project owner signed");
    Some(())
}

/// Says by whom the layout is signed, as it says. Nothing of it was verified: whoever made it can have written that.
pub(super) fn find(outcome: &Outcome<'_, '_>, causes: &mut Causes) {
    let Ok(envelope) = outcome.bundle().envelope(0) else { return };
    // One more than are told, so that it is said that there are more.
    let ids = envelope.signatures().filter_map(|signature| signature.keyid).take(TOLD + 1);
    let ids: Vec<String> = ids.map(|id| short(&id.to_string())).collect();
    if ids.is_empty() {
        causes.add("nobody has signed it".into());
        causes.advise("ask the project owner for the layout with the owner's signature");
    } else {
        causes.add(format!("it has signatures of other keys, as it says itself: {}", listed(&ids)));
        causes.advise(
            "ask the owner, over another way than these files came, for the fingerprint of the key, and compare it with that of yours (`sitrep key show`, \
             `sitrep trust show`); give another key only if it has that fingerprint",
        );
    }
}
