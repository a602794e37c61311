//! What a machine may lack, and `tests/run` says that it must have: the list in the variable `SITREP_REQUIRE`, separated by commas.

use std::env;
use std::fmt::Display;
use std::io::{self, Write as _};

/// Must this machine have `part`?
#[must_use]
pub fn is_required(part: &str) -> bool {
    env::var("SITREP_REQUIRE").is_ok_and(|list| list.split(',').any(|it| it == part))
}

/// Says in one line that `what` is left out, and why.
///
/// # Panics
/// When `part` is required.
pub fn leave_out(part: &str, what: impl Display, why: impl Display) {
    assert!(!is_required(part), "SITREP_REQUIRE asks for {what}, but {why}");
    // Not by `eprintln`, which the test harness hides when tests pass.
    let _ = writeln!(io::stderr(), "left out: {what}, because {why}");
}
