//! `sitrep layout`.

mod diff;
mod edit;
mod import;
mod show;
mod sign;

use crate::args::{Layout, LayoutCommand};
use crate::commands::done::Done;
use crate::error::CliError;

/// Does what the command's own command says.
///
/// # Errors
/// [`CliError`] when a file cannot be read or written, or says nothing valid.
pub fn run(args: &Layout) -> Result<Done, CliError> {
    match &args.command {
        LayoutCommand::Show(args) => show::run(args).map(|()| Done::Yes),
        LayoutCommand::Sign(args) => sign::run(args).map(|()| Done::Yes),
        LayoutCommand::Import(args) => import::run(args).map(|()| Done::Yes),
        LayoutCommand::Diff(args) => diff::run(args),
        LayoutCommand::AddKey(args) => edit::add_key(args).map(|()| Done::Yes),
        LayoutCommand::AddStep(args) => edit::add_step(args).map(|()| Done::Yes),
    }
}
