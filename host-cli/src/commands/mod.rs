//! The commands, one file each in the folder of its group.

pub mod carry;
pub mod demo;
pub mod device;
mod done;
pub mod make;
pub mod other;
mod output;
mod parameters;
pub mod verify;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ContextKind;
use clap::error::ErrorKind::{self, DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand};

use crate::args::{Cli, Command, grouped};
use crate::error::CliError;
use crate::shell::memory;
use crate::show::lines::harmless;
use crate::show::messages::complain;

pub use done::Done;

/// Runs one command line, program name first, and returns the process's exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    memory::exit_where_there_is_no_more();
    let args: Vec<OsString> = args.into_iter().collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        // Which help it is to be, clap says again.
        Err(error) if matches!(error.kind(), DisplayHelp | DisplayHelpOnMissingArgumentOrSubcommand) => {
            return usage(&grouped().try_get_matches_from(args).err().unwrap_or(error));
        }
        Err(error) => return usage(&without_orders(&args, error)),
    };
    let result = match &cli.command {
        Command::Verify(args) => verify::chain::run(args),
        Command::Pack(args) => carry::pack::run(args),
        Command::Unpack(args) => carry::unpack::run(args).map(|()| Done::Yes),
        Command::Inspect(args) => verify::inspect::run(args).map(|()| Done::Yes),
        Command::Key(args) => make::key::run(args).map(|()| Done::Yes),
        Command::Layout(args) => make::layout::run(args),
        Command::Run(args) => make::run::run(args),
        Command::Status(args) => make::status::run(args),
        Command::Trust(args) => device::trust::run(args),
        Command::Attest(args) => make::attest::run(args).map(|()| Done::Yes),
        Command::BootPackage(args) => device::boot_package::run(args),
        Command::BootReport(args) => device::boot_report::run(args).map(|()| Done::Yes),
        Command::Lint(args) => verify::lint::run(args),
        Command::Demo(args) => demo::run(args),
        Command::Completions(args) => other::manual::completions(args).map(|()| Done::Yes),
        Command::Man(args) => other::manual::man(args).map(|()| Done::Yes),
    };
    match result {
        Ok(Done::Yes) => ExitCode::SUCCESS,
        Ok(Done::Refused) => ExitCode::from(1),
        Ok(Done::Returned(code)) => ExitCode::from(code),
        // Whoever reads the output has read enough, as in `sitrep inspect ... | head`.
        Err(CliError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(2),
        Err(error) => {
            complain(&error, error.hint());
            ExitCode::from(2)
        }
    }
}

/// The same error, of words that give a terminal no orders: shells put names of files into command lines, and clap shows what it does not understand.
fn without_orders(args: &[OsString], error: clap::Error) -> clap::Error {
    let args = args.iter().map(|word| harmless(&word.to_string_lossy()));
    let mut error = Cli::try_parse_from(args).err().unwrap_or(error);
    // What looks like an option is meant as one, and not as a file that is called so.
    let is_option = |word: String| word.starts_with("--") || word.len() == 2;
    if error.kind() == ErrorKind::UnknownArgument
        && error.get(ContextKind::SuggestedArg).is_none()
        && error.get(ContextKind::InvalidArg).is_some_and(|word| is_option(word.to_string()))
    {
        error.remove(ContextKind::Suggested);
    }
    error
}

/// What to do about wrong usage, where clap does not say it. The texts that clap keeps say which command it is.
fn usage_hint(error: &clap::Error) -> Option<&'static str> {
    let named = |kind| error.get(kind).map(|value| value.to_string()).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument if OWNER_KEYS.contains(&named(ContextKind::InvalidArg).as_str()) => {
            Some("the owners' public keys are given with --verification-keys")
        }
        ErrorKind::UnknownArgument if !named(ContextKind::InvalidArg).starts_with('-') => {
            let usage = named(ContextKind::Usage);
            match (usage.contains("--verification-keys"), usage.contains("INPUT")) {
                (true, true) => {
                    Some("public keys are given with --verification-keys, and other files with their options as well")
                }
                (true, false) => Some("public keys are given with --verification-keys"),
                _ => None,
            }
        }
        ErrorKind::MissingRequiredArgument if named(ContextKind::InvalidArg).contains("<INPUT>") => Some(
            "put INPUT first: options such as --verification-keys and --artifact take every word after them up to the next option",
        ),
        ErrorKind::InvalidUtf8 if named(ContextKind::Usage).contains("sitrep verify") => Some(
            "names of artifacts are UTF-8: a file whose own name is not is given as two words, --artifact-as NAME FILE",
        ),
        _ => None,
    }
}

/// What other tools call `--verification-keys`.
const OWNER_KEYS: [&str; 8] =
    ["-k", "--key", "--keys", "--layout-key", "--layout-keys", "--public-key", "--pubkey", "--verification-key"];

/// Help and version go to standard output with success, wrong usage to standard error with 2.
fn usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        let text = error.render().to_string();
        let text: String = text
            .split_inclusive('\n')
            .map(|line| match line.strip_suffix('\n') {
                Some(line) => harmless(line) + "\n",
                None => harmless(line),
            })
            .collect();
        // Nobody is left to tell when standard error is closed.
        let _ = match text.strip_prefix("error: ") {
            Some(text) => write!(io::stderr(), "sitrep: error: {text}"),
            // Without any argument: the help.
            None => write!(io::stderr(), "{text}"),
        };
        if let Some(hint) = usage_hint(error) {
            let _ = writeln!(io::stderr(), "sitrep: hint: {hint}");
        }
        return ExitCode::from(2);
    }
    match error.print() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(2),
    }
}
