//! `sitrep trust update`.

use std::path::Path;

use sitrep_core::update::policy_update::{MAGIC, PAYLOAD_TYPE, SignedPolicy, head};
use sitrep_core::{Code, Ed25519, PublicHalf, PublicKey, Schemes as _, Str};
use sitrep_metadata::envelope::dsse::Envelope;
use sitrep_metadata::keys::host_key::HostKey;
use sitrep_metadata::keys::{OwnerFile, fingerprint};
use sitrep_metadata::trust_policy::{Form, Policy, PolicyError, PolicyFault};

use super::{is_refused, read};
use crate::args::Update;
use crate::commands::done::Done;
use crate::commands::output::check_magic;
use crate::error::CliError;
use crate::shell::files;
use crate::show::lines::harmless;
use crate::show::messages::{complain, print};
use crate::sources::kinds;

/// An owner's key and his signature, as a device reads them.
type Signature = [u8; 96];

/// Writes a policy update that a device with the policy `--from` takes.
///
/// # Errors
/// [`CliError`] when a file cannot be read or written, or the envelopes do not go together.
pub(super) fn run(args: &Update) -> Result<Done, CliError> {
    check_magic(&args.output, &MAGIC)?;
    let Some((current, _)) = read(&args.from)? else { return Ok(Done::Refused) };
    let mut envelopes = Vec::with_capacity(args.envelopes.len());
    for path in &args.envelopes {
        envelopes.push(open(path)?);
    }
    let (Some(file), Some(Envelope { payload, .. })) = (args.envelopes.first(), envelopes.first()) else {
        return Ok(Done::Refused);
    };
    if let Some((other, _)) = args.envelopes.iter().zip(&envelopes).find(|(_, envelope)| envelope.payload != *payload) {
        return Err(CliError::OtherPolicy(file.clone(), other.clone()));
    }
    let Some(new) = policy_of(file, payload)? else { return Ok(Done::Refused) };
    if is_refused(file, &new.device_obstacles(&sitrep_core::limits::BOOT)) {
        return Ok(Done::Refused);
    }

    let bytes: Vec<&[u8]> =
        envelopes.iter().flat_map(|envelope| &envelope.signatures).map(|signature| &signature.bytes[..]).collect();
    let signed: Vec<Option<Signature>> =
        current.owners.iter().map(|owner| signature_of(owner, &bytes, payload)).collect();
    let signatures: Vec<Signature> = signed.iter().copied().flatten().collect();
    if signatures.len() < current.threshold {
        refuse(Code::PolicyUpdateSignature, &missing(&current, &signed));
        return Ok(Done::Refused);
    }
    if new.revision <= current.revision {
        let about = format!("{} after {}", new.revision, current.revision);
        refuse(Code::PolicyUpdateRevision, &about);
        return Ok(Done::Refused);
    }

    let length = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let head = head(length(signatures.len()), length(payload.len()));
    let update = [&head[..], payload, signatures.as_flattened()].concat();
    files::write(&args.output, &update).map_err(|error| CliError::Write(args.output.clone(), error))?;
    if args.quiet {
        return Ok(Done::Yes);
    }
    let output = args.output.display().to_string();
    print(&format!(
        "written: {}, {} bytes: revision {} in place of {}, signed by {} of {} owners\n",
        harmless(&output),
        update.len(),
        new.revision,
        current.revision,
        signatures.len(),
        current.owners.len()
    ))
    .map(|()| Done::Yes)
}

/// An envelope with a trust policy.
pub(super) fn open(path: &Path) -> Result<Envelope, CliError> {
    const EXPECTED: &str = "a signed trust policy";
    let bytes = kinds::read(path, files::Contents::Metadata, EXPECTED)?;
    let otherwise = match Envelope::parse(&bytes) {
        Ok(envelope) if envelope.payload_type == PAYLOAD_TYPE => return Ok(envelope),
        Ok(Envelope { payload_type: found, .. }) => {
            CliError::PayloadType { path: path.into(), found, expected: PAYLOAD_TYPE }
        }
        Err(fault) => CliError::Envelope(path.into(), fault),
    };
    Err(kinds::explain(path, &bytes, EXPECTED, otherwise))
}

/// The policy that was signed: compiled, since devices read what was signed. `None`, after an error that says why, where it is none.
fn policy_of(path: &Path, payload: &[u8]) -> Result<Option<Policy>, CliError> {
    let failed = |fault| PolicyError { path: path.into(), fault };
    match Policy::parse(path, payload) {
        Ok((policy, Form::Compiled)) => Ok(Some(policy)),
        Ok((_, Form::Json)) => Err(CliError::SignedJson(path.into())),
        Err(fault @ PolicyFault::Refused { .. }) => {
            let error = failed(fault);
            complain(&error, Some(error.hint()));
            Ok(None)
        }
        Err(fault) => Err(failed(fault).into()),
    }
}

/// What the owner has signed, whatever the key ids say: asked is what a device asks.
fn signature_of(owner: &OwnerFile, signatures: &[&[u8]], policy: &[u8]) -> Option<Signature> {
    let HostKey::Ed25519(public) = owner.decoded() else { return None };
    let ed25519 = Str::new("ed25519");
    let key = PublicKey { keytype: ed25519, scheme: ed25519, public: PublicHalf::Bytes(public) };
    let is_good = |signature: &&[u8]| Ed25519.verify(&key, signature, &mut SignedPolicy(policy)).is_ok();
    let signature = signatures.iter().copied().find(is_good)?;
    [&public[..], signature].concat().try_into().ok()
}

/// How many have signed, and who has not.
fn missing(current: &Policy, signed: &[Option<Signature>]) -> String {
    let count = signed.iter().flatten().count();
    let owners = current.owners.iter().zip(signed).filter(|(_, signature)| signature.is_none());
    let owners: Vec<String> = owners.map(|(owner, _)| fingerprint(owner.decoded())[..8].to_owned()).collect();
    let keys = if owners.len() == 1 { "the key with the fingerprint" } else { "the keys with the fingerprints" };
    format!("{count} of {} that are needed; no signature by {keys} {}", current.threshold, owners.join(", "))
}

fn refuse(code: Code, about: &str) {
    complain(&format_args!("{code}: {} ({about})", code.message()), Some(code.hint()));
}
