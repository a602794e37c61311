//! `sitrep trust init`.

use sitrep_core::Time;
use sitrep_metadata::trust_policy::Policy;

use super::check_output;
use crate::args::Init;
use crate::error::CliError;
use crate::shell::files::write;
use crate::show::lines::harmless;
use crate::show::messages::print;
use crate::sources::keys::read_owners;

/// Writes a policy in JSON.
///
/// # Errors
/// [`CliError`] when a key cannot be used, the policy would not be valid, or the file cannot be written.
pub(super) fn run(args: &Init) -> Result<(), CliError> {
    check_output(&args.output)?;
    let mut policy = Policy::all_of(read_owners(&args.verification_keys)?);
    if let Some(threshold) = args.threshold {
        // Core says whether there are as many.
        policy.threshold = usize::try_from(threshold).unwrap_or(usize::MAX);
    }
    if let Some(text) = &args.earliest_time {
        let time = Time::parse(text).ok_or_else(|| CliError::Time("--earliest-time", text.clone()))?;
        policy.earliest_time = Some(time);
    }
    policy.product_step.clone_from(&args.product_step);
    policy.artifact.clone_from(&args.product_artifact);
    policy.inspections = args.inspections.into();
    policy.attestations.clone_from(&args.require_attestation);
    policy.security_version = args.security_version;
    policy.revision = args.revision;

    let json = policy.to_json().map_err(CliError::PolicyWrite)?;
    write(&args.output, json.as_bytes()).map_err(|error| CliError::Write(args.output.clone(), error))?;
    if args.quiet {
        return Ok(());
    }
    let (output, threshold, owners) = (args.output.display().to_string(), policy.threshold, policy.owners.len());
    print(&format!("written: {}, {threshold} of {owners} owners must have signed\n", harmless(&output)))
}
