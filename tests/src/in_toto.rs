//! in-toto 3.1, the reference implementation, for comparisons.

use std::env;
use std::path::{Path, PathBuf};

use crate::required::leave_out;

/// The directory of in-toto's programs and its `python`: the one in the variable `SITREP_IN_TOTO`, or as `tests/run` installs it. `None`,
/// after one line that says so, where there is none; with `in-toto` in the variable `SITREP_REQUIRE` that is a failure.
///
/// # Panics
/// When it is required and missing.
#[must_use]
pub fn programs() -> Option<PathBuf> {
    let installed = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/venv/bin").into();
    let directory = PathBuf::from(env::var_os("SITREP_IN_TOTO").unwrap_or_else(installed));
    if directory.join("in-toto-verify").is_file() {
        return Some(directory);
    }
    leave_out("in-toto", "in-toto", format_args!("there is none in {}", directory.display()));
    None
}
