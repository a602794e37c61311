//! `sitrep trust`: trust policies.

mod init;
mod show;
mod sign;
mod update;

use std::path::Path;

use sitrep_metadata::profile::Profile;
use sitrep_metadata::trust_policy::{Form, MAX_POLICY, Obstacle, Policy, is_policy};

use crate::args::{Check, Compile, Trust, TrustCommand};
use crate::commands::done::Done;
use crate::commands::output;
use crate::error::CliError;
use crate::shell::files::write;
use crate::show::lines::{Lines, harmless};
use crate::show::messages::{complain, print};
use crate::sources::trust::read_policy;

/// Makes, shows, checks or compiles a trust policy.
///
/// # Errors
/// [`CliError`] when a file cannot be read or written, or a policy that is to be shown is not valid.
pub fn run(args: &Trust) -> Result<Done, CliError> {
    match &args.command {
        TrustCommand::Init(args) => init::run(args).map(|()| Done::Yes),
        TrustCommand::Show(args) => show::run(args).map(|()| Done::Yes),
        TrustCommand::Check(args) => check(args),
        TrustCommand::Compile(args) => compile(args),
        TrustCommand::Sign(args) => sign::run(args),
        TrustCommand::Update(args) => update::run(args),
    }
}

fn check(args: &Check) -> Result<Done, CliError> {
    let Some((policy, form)) = read(&args.policy)? else { return Ok(Done::Refused) };
    let machine = if args.profile == Profile::Host { Profile::Device } else { args.profile };
    let obstacles = policy.device_obstacles(&machine.limits());
    if args.profile != Profile::Host && is_refused(&args.policy, &obstacles) {
        return Ok(Done::Refused);
    }
    if args.quiet {
        return Ok(Done::Yes);
    }
    let mut out = Lines::default();
    let form = match form {
        Form::Json => "in JSON",
        Form::Compiled => "compiled",
    };
    out.line(format_args!("valid: {}, a trust policy {form}", args.policy.display()));
    if !obstacles.is_empty() {
        out.line(format_args!("  not for a device:"));
    }
    for obstacle in &obstacles {
        out.line(format_args!("    {obstacle}"));
    }
    print(&out.into_text()).map(|()| Done::Yes)
}

fn compile(args: &Compile) -> Result<Done, CliError> {
    check_output(&args.output)?;
    output::check_other_than(&args.output, &args.policy)?;
    let Some((policy, _)) = read(&args.policy)? else { return Ok(Done::Refused) };
    let obstacles = match args.profile {
        Profile::Host => policy.dead_ends(),
        Profile::Device | Profile::Boot => policy.device_obstacles(&args.profile.limits()),
    };
    if is_refused(&args.policy, &obstacles) {
        return Ok(Done::Refused);
    }
    let bytes = policy.to_compiled().map_err(CliError::PolicyWrite)?;
    write(&args.output, &bytes).map_err(|error| CliError::Write(args.output.clone(), error))?;
    if args.quiet {
        return Ok(Done::Yes);
    }
    let output = args.output.display().to_string();
    print(&format!("compiled: {}, {} bytes\n", harmless(&output), bytes.len())).map(|()| Done::Yes)
}

/// The policy in a file; `None`, after an error that says why, where it is none that is valid.
fn read(path: &Path) -> Result<Option<(Policy, Form)>, CliError> {
    match read_policy(path) {
        Ok(policy) => Ok(Some(policy)),
        Err(error @ (CliError::Policy(_) | CliError::WrongKind { .. })) => {
            complain(&error, error.hint());
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Is there something for which nobody should get it? Says what.
fn is_refused(path: &Path, obstacles: &[Obstacle]) -> bool {
    for obstacle in obstacles {
        complain(&format_args!("{}: {obstacle}", path.display()), Some(obstacle.hint));
    }
    !obstacles.is_empty()
}

/// Only what is a trust policy may be overwritten.
fn check_output(path: &Path) -> Result<(), CliError> {
    output::check_output(path, MAX_POLICY, is_policy)
}
