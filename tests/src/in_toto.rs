//! in-toto 3.1, the reference implementation, for comparisons.

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

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
    let is_required = env::var("SITREP_REQUIRE").is_ok_and(|list| list.split(',').any(|it| it == "in-toto"));
    assert!(!is_required, "SITREP_REQUIRE asks for in-toto, but {} has none", directory.display());
    // Not by `eprintln`, which the test harness hides when tests pass.
    let _ = writeln!(io::stderr(), "left out: there is no in-toto in {}", directory.display());
    None
}
