//! Whose signatures a layout has, where they are not those of the owner whose key was given.

use sitrep_core::Outcome;

use super::{Causes, TOLD, listed, short};
use crate::bundle::known::Known;
use crate::bundle::shown::{SHOWN_NAME, brief};

/// Says what was signed, where it is no layout, and by whom, as it says. Nothing of it was verified: whoever made it can have written that.
pub(super) fn find(outcome: &Outcome<'_, '_>, causes: &mut Causes) {
    let Ok(envelope) = outcome.bundle().envelope(0) else { return };
    let type_name = Known::of(&envelope).ok().and_then(|known| known.type_name);
    if let Some(other) = type_name.filter(|name| !name.is("layout")) {
        let other = brief(&other.to_string(), SHOWN_NAME);
        causes.add(format!("in the place of the layout there is a document of the type {other:?}"));
        causes.advise("give the layout that the project owner signed");
        return;
    }
    // One more than are told, so that it is said that there are more.
    let ids = envelope.signatures().filter_map(|signature| signature.keyid).take(TOLD + 1);
    let ids: Vec<String> = ids.map(|id| short(&id.to_string())).collect();
    if ids.is_empty() {
        causes.add("nobody has signed it".into());
        causes.advise("ask the project owner for the layout with the owner's signature");
    } else {
        causes.add(format!("it has signatures of other keys, as it says itself: {}", listed(&ids)));
        causes.advise(
            "ask the owner, over another way than these files came, for the fingerprint of the key, and compare it with what `sitrep key show` says of \
             yours; give another key only if it has that fingerprint",
        );
    }
}
