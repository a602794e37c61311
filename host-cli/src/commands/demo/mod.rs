//! `sitrep demo`: a whole supply chain on real files, told in passing.
//!
//! Everything is done as a user would do it: steps are commands that run, and `sitrep` is this very program, started anew with the
//! command lines that are shown. What every command answers is compared with what was told; the demo fails when it differs.

mod attacks;
mod error;
mod stage;
mod story;
mod teller;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::args::Demo;
use crate::commands::done::Done;
use crate::error::CliError;
use crate::shell::temporary::Directory;
use error::DemoError;
use teller::Teller;

/// Plays the demo.
///
/// # Errors
/// [`CliError`] when files cannot be written or the steps' commands are missing on this machine.
pub fn run(args: &Demo) -> Result<Done, CliError> {
    let directory = prepare(args.directory.as_deref())?;
    let program = std::env::current_exe().map_err(|error| CliError::Read("the running program".into(), error))?;
    let mut teller = Teller::new(program, directory);
    match play(&mut teller) {
        Ok(()) => Ok(Done::Yes),
        Err(DemoError::Unexpected(what)) => {
            crate::show::messages::complain(&format_args!("the demo did not come out as told: {what}"), None);
            Ok(Done::Refused)
        }
        Err(DemoError::Cli(error)) => Err(error),
    }
}

fn play(teller: &mut Teller) -> Result<(), DemoError> {
    let people = story::keys(teller)?;
    story::layout(teller, &people)?;
    story::steps(teller, &people)?;
    story::pack(teller)?;
    story::verify(teller)?;
    attacks::artifact(teller)?;
    attacks::link(teller, &people)?;
    attacks::insider(teller, &people)?;
    attacks::bundle(teller)?;
    story::end(teller)
}

/// A directory that is ours alone: fresh, or given and empty. Absolute, because commands are started in it.
fn prepare(directory: Option<&Path>) -> Result<PathBuf, CliError> {
    let Some(directory) = directory else {
        let failed = |error| CliError::Write(std::env::temp_dir(), error);
        return Directory::new("demo").map(Directory::keep).map_err(failed);
    };
    let failed = |error| CliError::Write(directory.into(), error);
    match fs::create_dir(directory) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if !directory.is_dir() {
                return Err(CliError::Occupied(directory.into()));
            }
            if fs::read_dir(directory).map_err(failed)?.next().is_some() {
                return Err(CliError::NotEmpty(directory.into()));
            }
        }
        Err(error) => return Err(failed(error)),
    }
    fs::canonicalize(directory).map_err(failed)
}
