//! `sitrep trust sign`.

use sitrep_core::update::policy_update::PAYLOAD_TYPE;

use super::{is_refused, read};
use crate::args::Sign;
use crate::commands::{Done, check_output, print};
use crate::dsse::Envelope;
use crate::error::CliError;
use crate::files;
use crate::lines::harmless;
use crate::signing_key::read_signers;
use crate::trust_policy::{MAX_SIGNED, is_signed_policy};

/// Signs a policy that a device would take.
///
/// # Errors
/// [`CliError`] when a key cannot be used, or a file cannot be read or written.
pub(super) fn run(args: &Sign) -> Result<Done, CliError> {
    check_output(&args.output, MAX_SIGNED, is_signed_policy)?;
    let signers = read_signers(&args.signing_key)?;
    let Some((policy, _)) = read(&args.policy)? else { return Ok(Done::Refused) };
    if is_refused(&args.policy, &policy.device_obstacles(&sitrep_core::limits::BOOT)) {
        return Ok(Done::Refused);
    }
    let compiled = policy.to_compiled().map_err(CliError::PolicyWrite)?;
    let envelope = Envelope::sign(PAYLOAD_TYPE, compiled, &signers);
    files::write(&args.output, envelope.to_json().as_bytes())
        .map_err(|error| CliError::Write(args.output.clone(), error))?;
    if args.quiet {
        return Ok(Done::Yes);
    }
    let output = args.output.display().to_string();
    let keys = if signers.len() == 1 { "1 key".to_owned() } else { format!("{} keys", signers.len()) };
    print(&format!("signed: {}, revision {}, by {keys}\n", harmless(&output), policy.revision)).map(|()| Done::Yes)
}
