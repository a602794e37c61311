//! What a command says: its result on standard output, everything else on standard error.

use std::io::{self, Write as _};

use serde::Serialize;

use crate::error::CliError;
use crate::show::lines::{harmless, write_harmless_json};

/// One line of error and one of hint, on standard error.
pub(crate) fn complain(error: &dyn std::fmt::Display, hint: Option<&str>) {
    complain_of(error, &[], hint);
}

/// The same, with what the error is due to.
pub(crate) fn complain_of(error: &dyn std::fmt::Display, causes: &[String], hint: Option<&str>) {
    let mut stderr = io::stderr().lock();
    let _ = writeln!(stderr, "sitrep: error: {}", harmless(&error.to_string()));
    for cause in causes {
        let _ = writeln!(stderr, "sitrep: cause: {}", harmless(cause));
    }
    if let Some(hint) = hint {
        let _ = writeln!(stderr, "sitrep: hint: {}", harmless(hint));
    }
}

/// Something worth knowing that decides nothing, on standard error.
pub(crate) fn note(text: &dyn std::fmt::Display) {
    let _ = writeln!(io::stderr(), "sitrep: note: {}", harmless(&text.to_string()));
}

/// Lines that belong to an error, on standard error.
pub(crate) fn tell(lines: &str) {
    // Nobody is left to tell when it is closed.
    let _ = io::stderr().write_all(lines.as_bytes());
}

/// Prints to standard output.
///
/// # Errors
/// [`CliError::Output`] when it is closed or full.
pub(crate) fn print(text: &str) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(CliError::Output)
}

/// Prints a value as JSON to standard output.
///
/// # Errors
/// [`CliError::Output`] when it is closed or full.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), CliError> {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    write_harmless_json(value, &mut stdout).and_then(|()| stdout.flush()).map_err(CliError::Output)
}
