//! Values for a layout's parameters that the layout has no place for.

use sitrep_core::{Bundle, limits};
use sitrep_metadata::bundle::view::value;
use sitrep_metadata::parameters::unnamed;

use crate::show::messages::note;

/// Says which of the given parameters a bundle's root layout does not name. in-toto says nothing about them either way; but a name may be mistyped.
pub(crate) fn note_unnamed(bundle: &[u8], given: &[(String, String)]) {
    if given.is_empty() {
        return;
    }
    let mut path = vec![0; limits::HOST.path];
    let layout = Bundle::open(bundle, &mut path).and_then(|bundle| value(&bundle.envelope(0)?));
    for name in unnamed(&layout.unwrap_or_default(), given) {
        note(&format_args!("--param {name}: the layout names no such parameter, so the value is used nowhere"));
    }
}
