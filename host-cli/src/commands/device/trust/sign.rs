//! `sitrep trust sign`.

use sitrep_core::update::policy_update::PAYLOAD_TYPE;
use sitrep_metadata::envelope::dsse::Envelope;
use sitrep_metadata::keys::host_key::HostKey;
use sitrep_metadata::sign::Sign as _;
use sitrep_metadata::trust_policy::{MAX_SIGNED, is_signed_policy};

use super::{is_refused, read};
use crate::args::Sign;
use crate::commands::done::Done;
use crate::commands::output::check_output;
use crate::error::CliError;
use crate::shell::files;
use crate::show::lines::harmless;
use crate::show::messages::print;
use crate::sources::signers::open_signers;

/// Signs a policy that a device would take.
///
/// # Errors
/// [`CliError`] when a key cannot be used, or a file cannot be read or written.
pub(super) fn run(args: &Sign) -> Result<Done, CliError> {
    check_output(&args.output, MAX_SIGNED, is_signed_policy)?;
    let signers = open_signers(&args.signing)?;
    if let Some(other) = signers.iter().find(|signer| !matches!(signer.key().key, HostKey::Ed25519(_))) {
        return Err(CliError::DeviceKey(other.key().scheme.clone()));
    }
    let Some((policy, _)) = read(&args.policy)? else { return Ok(Done::Refused) };
    if is_refused(&args.policy, &policy.device_obstacles(&sitrep_core::limits::BOOT)) {
        return Ok(Done::Refused);
    }
    let compiled = policy.to_compiled().map_err(CliError::PolicyWrite)?;
    let envelope = Envelope::sign(PAYLOAD_TYPE, compiled, &signers)?;
    files::write(&args.output, envelope.to_json().as_bytes())
        .map_err(|error| CliError::Write(args.output.clone(), error))?;
    if args.quiet {
        return Ok(Done::Yes);
    }
    let output = args.output.display().to_string();
    let keys = if signers.len() == 1 { "1 key".to_owned() } else { format!("{} keys", signers.len()) };
    print(&format!("signed: {}, revision {}, by {keys}\n", harmless(&output), policy.revision)).map(|()| Done::Yes)
}
