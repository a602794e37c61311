//! The commands, one file each, and what they share.

pub mod attest;
pub mod boot_package;
pub mod boot_report;
pub mod demo;
pub mod inspect;
mod inspections;
pub mod key;
pub mod lint;
pub mod pack;
pub mod trust;
pub mod unpack;
pub mod verify;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use sitrep_core::{ArtifactVerdict, VerifiedSupplyChain};

use crate::args::{Cli, Command};
use crate::error::CliError;
use crate::files::read;
use crate::lines::harmless;

/// How a command that did its work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Verified, or written, or shown.
    Yes,
    /// Tried, and refused: the reason has been printed.
    Refused,
}

/// Runs one command line, program name first, and returns the process's exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let result = match &cli.command {
        Command::Verify(args) => verify::run(args),
        Command::Pack(args) => pack::run(args),
        Command::Unpack(args) => unpack::run(args).map(|()| Done::Yes),
        Command::Inspect(args) => inspect::run(args).map(|()| Done::Yes),
        Command::Key(args) => key::run(args).map(|()| Done::Yes),
        Command::Trust(args) => trust::run(args),
        Command::Attest(args) => attest::run(args).map(|()| Done::Yes),
        Command::BootPackage(args) => boot_package::run(args),
        Command::BootReport(args) => boot_report::run(args).map(|()| Done::Yes),
        Command::Lint(args) => lint::run(args),
        Command::Demo(args) => demo::run(args),
    };
    match result {
        Ok(Done::Yes) => ExitCode::SUCCESS,
        Ok(Done::Refused) => ExitCode::from(1),
        // Whoever reads the output has read enough, as in `sitrep inspect ... | head`.
        Err(CliError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(2),
        Err(error) => {
            complain(&error, error.hint());
            ExitCode::from(2)
        }
    }
}

/// Help and version go to standard output with success, wrong usage to standard error with 2.
fn usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        let text = error.render().to_string();
        // Nobody is left to tell when standard error is closed.
        let _ = match text.strip_prefix("error: ") {
            Some(text) => write!(io::stderr(), "sitrep: error: {text}"),
            // Without any argument: the help.
            None => write!(io::stderr(), "{text}"),
        };
        return ExitCode::from(2);
    }
    match error.print() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(2),
    }
}

/// One line of error and one of hint, on standard error.
pub(crate) fn complain(error: &dyn std::fmt::Display, hint: Option<&str>) {
    let mut stderr = io::stderr().lock();
    let _ = writeln!(stderr, "sitrep: error: {}", harmless(&error.to_string()));
    if let Some(hint) = hint {
        let _ = writeln!(stderr, "sitrep: hint: {hint}");
    }
}

/// Something worth knowing that decides nothing, on standard error.
pub(crate) fn note(text: &dyn std::fmt::Display) {
    let _ = writeln!(io::stderr(), "sitrep: note: {}", harmless(&text.to_string()));
}

/// Prints to standard output.
///
/// # Errors
/// [`CliError::Output`] when it is closed or full.
pub(crate) fn print(text: &str) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(CliError::Output)
}

/// The refusal of the product of which the trust policy gives the names, where a chain has none of them: the first name's.
pub(crate) fn refused_product<'n>(
    chain: &VerifiedSupplyChain<'_, '_>,
    names: &'n [String],
    path: &mut [u8],
) -> Option<ArtifactVerdict<'n>> {
    let mut refused = None;
    for name in names {
        match chain.product(name, path) {
            Ok(_) => return None,
            Err(error) => refused = refused.or(Some(ArtifactVerdict { name, result: Err(error), product: None })),
        }
    }
    refused
}

/// May an output be written here: is there nothing, or a regular file that `is_own` knows by its first bytes, at most `most` of them?
/// Nothing else is opened, since a pipe may never end, and nothing else is overwritten.
///
/// # Errors
/// [`CliError::Occupied`] where there is something else.
pub(crate) fn check_output(path: &Path, most: u64, is_own: impl FnOnce(&[u8]) -> bool) -> Result<(), CliError> {
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    let read = || {
        let mut start = Vec::new();
        File::open(path)?.take(most).read_to_end(&mut start).map(|_| start)
    };
    let is_file = path.metadata().is_ok_and(|metadata| metadata.is_file());
    if is_file && read().is_ok_and(|start| is_own(&start)) { Ok(()) } else { Err(CliError::Occupied(path.into())) }
}

/// The same for an output that starts with four bytes of its own.
///
/// # Errors
/// [`CliError::Occupied`] where there is something else.
pub(crate) fn check_magic(path: &Path, magic: &[u8; 4]) -> Result<(), CliError> {
    check_output(path, magic.len() as u64, |start| start == magic)
}

/// Reads a bundle into memory. It is not mapped: a file that somebody else changes between check and use would be another
/// file than the one that was checked.
///
/// # Errors
/// [`CliError`] when it cannot be read or does not start as a bundle does.
pub(crate) fn load_bundle(path: &Path) -> Result<Vec<u8>, CliError> {
    let bytes = read(path).map_err(|error| CliError::Read(path.into(), error))?;
    if bytes.starts_with(&sitrep_core::bundle::MAGIC) { Ok(bytes) } else { Err(CliError::NoBundle(path.into())) }
}
