//! `sitrep unpack`: a bundle's envelopes as files, with the exact bytes that were signed.

use std::io;
use std::mem::replace;

use sitrep_core::{Bundle, limits};
use sitrep_metadata::bundle::unpack::{UnpackError, Writer, plan};
use sitrep_metadata::portable::check_paths;

use crate::args::Unpack;
use crate::error::CliError;
use crate::shell::files::write_directory;
use crate::show::lines::Lines;
use crate::show::messages::print;
use crate::sources::bundle::load_bundle;

/// Why a file was not written.
enum Failure {
    Unpack(UnpackError),
    Write(io::Error),
}

impl From<UnpackError> for Failure {
    fn from(error: UnpackError) -> Self {
        Self::Unpack(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

/// Writes the files into a new directory and prints their names.
///
/// # Errors
/// [`CliError`] when the bundle cannot be read or is damaged, a name is none everywhere, or the directory exists or cannot be written.
pub fn run(args: &Unpack) -> Result<(), CliError> {
    let bytes = load_bundle(&args.bundle)?;
    let damaged = |error| CliError::Bundle { path: args.bundle.clone(), error };
    let mut path = vec![0; limits::HOST.path];
    let bundle = Bundle::open(&bytes, &mut path).map_err(damaged)?;
    let failed = |error| CliError::Unpack { path: args.bundle.clone(), error };
    let files = plan(&bundle).map_err(failed)?;
    if !args.any_names
        && let Err((name, reason)) = check_paths(files.iter().map(|file| file.path.as_str()))
    {
        return Err(CliError::Unportable { path: args.bundle.clone(), name, reason });
    }
    let mut writer = Writer::new(&bundle);
    let named = files.iter().map(|file| (file.path.as_str(), file));
    let result = write_directory(&args.output, named, &mut |file, out| {
        let mut written = Ok(());
        writer.write_file(file, &mut |bytes| {
            written = replace(&mut written, Ok(())).and_then(|()| out.write_all(bytes));
        })?;
        Ok(written?)
    });
    result.map_err(|error| match error {
        Failure::Unpack(error) => failed(error),
        Failure::Write(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            CliError::Occupied(args.output.clone())
        }
        Failure::Write(error) => CliError::Write(args.output.clone(), error),
    })?;
    if args.quiet {
        return Ok(());
    }
    let mut out = Lines::default();
    for file in &files {
        out.line(format_args!("{}", args.output.join(&file.path).display()));
    }
    print(&out.into_text())
}
