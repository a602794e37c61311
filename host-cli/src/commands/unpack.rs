//! `sitrep unpack`: a bundle's envelopes as files, with the exact bytes that were signed.

use std::io;

use sitrep_core::{Bundle, limits};

use crate::args::Unpack;
use crate::commands::{load_bundle, print};
use crate::error::CliError;
use crate::files::write_directory;
use crate::lines::Lines;
use crate::unpack::unpack;

/// Writes the files into a new directory and prints their names.
///
/// # Errors
/// [`CliError`] when the bundle cannot be read or is damaged, or the directory exists or cannot be written.
pub fn run(args: &Unpack) -> Result<(), CliError> {
    let bytes = load_bundle(&args.bundle)?;
    let damaged = |error| CliError::Bundle { path: args.bundle.clone(), error };
    let mut path = vec![0; limits::HOST.path];
    let bundle = Bundle::open(&bytes, &mut path).map_err(damaged)?;
    let files = unpack(&bundle).map_err(|error| CliError::Unpack { path: args.bundle.clone(), error })?;
    let contents = files.iter().map(|file| (file.name.as_str(), file.json.as_slice()));
    write_directory(&args.output, contents).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => CliError::Occupied(args.output.clone()),
        _ => CliError::Write(args.output.clone(), error),
    })?;
    if args.quiet {
        return Ok(());
    }
    let mut out = Lines::default();
    for file in &files {
        out.line(format_args!("{}", args.output.join(&file.name).display()));
    }
    print(&out.into_text())
}
