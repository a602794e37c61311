//! `sitrep completions` and `sitrep man`: what the definition of the command line says, for shells and for man(1).

use std::path::Path;

use clap::Command;
use clap_complete::generate;
use clap_mangen::Man;

use crate::args::{Completions, Man as ManArgs, grouped};
use crate::error::CliError;
use crate::shell::files::write;
use crate::show::messages::print;

/// Prints the completions of a shell.
///
/// # Errors
/// [`CliError::Output`].
pub fn completions(args: &Completions) -> Result<(), CliError> {
    let mut text = Vec::new();
    generate(args.shell, &mut grouped(), "sitrep", &mut text);
    print(&String::from_utf8_lossy(&text))
}

/// Writes a page for every command.
///
/// # Errors
/// [`CliError::Write`].
pub fn man(args: &ManArgs) -> Result<(), CliError> {
    let mut command = grouped().disable_help_subcommand(true);
    command.build();
    let mut count = 0;
    pages(&command, "sitrep", &args.directory, &mut count)?;
    print(&format!("written: {count} pages\n"))
}

fn pages(command: &Command, name: &str, directory: &Path, count: &mut usize) -> Result<(), CliError> {
    let path = directory.join(format!("{name}.1"));
    let failed = |error| CliError::Write(path.clone(), error);
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page).map_err(failed)?;
    write(&path, &page).map_err(failed)?;
    *count += 1;
    for inner in command.get_subcommands() {
        pages(inner, &format!("{name}-{}", inner.get_name()), directory, count)?;
    }
    Ok(())
}
