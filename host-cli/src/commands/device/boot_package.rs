//! `sitrep boot-package`: what a device's boot verifies and installs.

use std::path::{Path, PathBuf};

use sitrep_core::limits::Limits;
use sitrep_core::update::PolicyUpdate;
use sitrep_core::update::package::{self, ARTIFACT, MAGIC};
use sitrep_core::update::policy_update::MAGIC as UPDATE_MAGIC;
use sitrep_core::{ArtifactVerdict, Bundle, Code, Ed25519, TrustPolicy};
use sitrep_metadata::causes::{Asked, Command, explain};
use sitrep_metadata::profile::Profile;
use sitrep_metadata::trust_policy::{Form, Policy};
use sitrep_metadata::verification::Verifier;
use sitrep_metadata::verification::report::{Located, Report};

use crate::args::{BootPackage, SlotName};
use crate::commands::done::Done;
use crate::commands::output::check_magic;
use crate::error::CliError;
use crate::shell::clock::SystemClock;
use crate::shell::files;
use crate::show::lines::harmless;
use crate::show::messages::{complain, complain_of, note, print};
use crate::show::report::Shown;
use crate::sources::bundle::load_bundle;
use crate::sources::kinds;
use crate::sources::trust::read_policy;

/// The parts of a package.
struct Parts {
    artifact: Vec<u8>,
    bundle: Vec<u8>,
    policy_update: Vec<u8>,
}

/// What a slot keeps at its end for its application, in bytes (firmware/BOOT.md).
const TRAILER: u64 = 128;

/// How long a package with parts of these lengths is; `None` where no slot could hold it, since its end would not be a number of 32 bits.
fn package_length(parts: [u64; 3]) -> Option<u64> {
    let length = parts.into_iter().try_fold(ARTIFACT as u64, u64::checked_add)?;
    (length.checked_add(TRAILER)? <= u32::MAX.into()).then_some(length)
}

/// Writes a package, after it was verified as far as was asked.
///
/// # Errors
/// [`CliError`] when a file cannot be read or written.
pub fn run(args: &BootPackage) -> Result<Done, CliError> {
    check_magic(&args.output, &MAGIC)?;
    match args.device.device() {
        Some(_) if args.trust.is_none() => return Err(CliError::DeviceWithoutTrust),
        Some(_) if args.bundle.is_none() => return Err(CliError::DeviceWithoutBundle),
        _ => {}
    }
    let limits = match args.profile {
        Profile::Host => return Err(CliError::HostPackage),
        profile => profile.limits(),
    };
    // Before gigabytes are read, where that is known before.
    if !check_length(args, known_lengths(args))? {
        return Ok(Done::Refused);
    }
    let parts = Parts {
        artifact: args.artifact.as_deref().map(read).transpose()?.unwrap_or_default(),
        bundle: args.bundle.as_deref().map(load_bundle).transpose()?.unwrap_or_default(),
        policy_update: args.policy_update.as_deref().map(read).transpose()?.unwrap_or_default(),
    };
    if let (Some(path), []) = (&args.artifact, &parts.artifact[..]) {
        return Err(CliError::EmptyArtifact(path.clone()));
    }
    let lengths = [&parts.artifact, &parts.bundle, &parts.policy_update].map(|part| part.len() as u64);
    if !check_length(args, lengths)? || !check_forms(args, &parts, &limits)? || !verify(args, &parts, &limits)? {
        return Ok(Done::Refused);
    }

    let bytes = assemble(&parts);
    files::write(&args.output, &bytes).map_err(|error| CliError::Write(args.output.clone(), error))?;
    if args.quiet {
        return Ok(Done::Yes);
    }
    if args.trust.is_some() && args.bundle.is_some() && args.device.device().is_none() {
        note(
            &"verified for a device that was not told which product and hardware it is; one that was also asks for a security version \
               for these: verify that with --device-product and --device-hardware",
        );
    }
    let verified = if args.trust.is_some() { "verified and packaged" } else { "packaged without verifying" };
    let output = args.output.display().to_string();
    print(&format!(
        "{verified}: {}, {} bytes\n  artifact       {:>9} bytes\n  bundle         {:>9} bytes\n  policy update  {:>9} bytes\n",
        harmless(&output),
        bytes.len(),
        parts.artifact.len(),
        parts.bundle.len(),
        parts.policy_update.len()
    ))
    .map(|()| Done::Yes)
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    files::read(path, files::Contents::Binary).map_err(|error| CliError::Read(path.into(), error))
}

/// How long the parts are that are files, as far as that is known before they are read: a pipe is not opened.
fn known_lengths(args: &BootPackage) -> [u64; 3] {
    let length =
        |path: &PathBuf| path.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
    [&args.artifact, &args.bundle, &args.policy_update].map(|path| path.as_ref().and_then(length).unwrap_or(0))
}

/// Does a package with parts of these lengths fit into the device's slots? Says why not.
///
/// # Errors
/// [`CliError::PackageLength`] where it is none.
fn check_length(args: &BootPackage, parts: [u64; 3]) -> Result<bool, CliError> {
    let Some(length) = package_length(parts) else { return Err(CliError::PackageLength(parts)) };
    match args.slot_size.map(u64::from) {
        Some(slot) if length + TRAILER > slot => {
            let error = CliError::SlotSize { package: length, trailer: TRAILER, slot };
            complain(&error, error.hint());
            Ok(false)
        }
        _ => Ok(true),
    }
}

fn assemble(parts: &Parts) -> Vec<u8> {
    // Together they have less than 4 GiB.
    let [artifact, bundle, update] = [&parts.artifact, &parts.bundle, &parts.policy_update]
        .map(|part| u32::try_from(part.len()).unwrap_or(u32::MAX));
    let mut bytes = package::head(artifact, bundle, update).to_vec();
    // As flash is where nobody has written.
    bytes.resize(ARTIFACT, 0xff);
    [&bytes[..], &parts.artifact, &parts.bundle, &parts.policy_update].concat()
}

/// Is each part of its form, and the bundle packed for the profile? Says what is not.
fn check_forms(args: &BootPackage, parts: &Parts, limits: &Limits) -> Result<bool, CliError> {
    if let Some(path) = &args.bundle {
        let room = &mut vec![0; limits.path];
        let profile = Bundle::open(&parts.bundle, room).map(|bundle| bundle.profile());
        if profile.is_ok_and(|profile| profile != limits.profile) {
            return Err(CliError::OtherProfile { path: path.clone(), profile: limits.name });
        }
        if let Err(error) = Bundle::open_for(limits.features, &parts.bundle, room) {
            let code = error.code();
            complain(&format_args!("{}: {code}: {error}", path.display()), Some(code.hint()));
            return Ok(false);
        }
    }
    if let Some(path) = &args.policy_update {
        if !parts.policy_update.starts_with(&UPDATE_MAGIC) {
            let otherwise = CliError::NoPolicyUpdate(path.clone());
            return Err(kinds::explain(path, &parts.policy_update, "a policy update", otherwise));
        }
        if let Err(error) = PolicyUpdate::read(&parts.policy_update) {
            let code = error.code();
            complain(&format_args!("{}: {code}: {error}", path.display()), Some(code.hint()));
            return Ok(false);
        }
    }
    Ok(true)
}

/// Would a device with the trust policy take it? Says why not.
fn verify(args: &BootPackage, parts: &Parts, limits: &Limits) -> Result<bool, CliError> {
    let Some(path) = &args.trust else { return Ok(true) };
    let (current, _) = read_policy(path)?;
    let mut policies = vec![current];
    if let Some(path) = &args.policy_update {
        match updated(&policies[0], &parts.policy_update) {
            // As on the device: the new policy is asked first, the old one as long as it is in force.
            Ok(new) => policies.insert(0, new),
            Err(error) => {
                let code = error.code();
                complain(&format_args!("{}: {code}: {error}", path.display()), Some(code.hint()));
                return Ok(false);
            }
        }
    }
    if args.bundle.is_none() {
        return Ok(true);
    }
    let clock = SystemClock::at(args.at.as_deref())?;
    let mut first = None;
    for policy in &policies {
        let required = policy.required_attestations(&[]);
        let mut verifier = Verifier::new(&policy.owners, &clock, args.profile);
        verifier.trust = policy.trust(&required);
        verifier.trust.device = args.device.device();
        let name = artifact_name(args, policy)?;
        let report = verifier.verify(&parts.bundle, |outcome, _| {
            let mut path = vec![0; limits.path];
            let product = outcome.supply_chain().and_then(|chain| {
                let name = name.as_deref().ok_or(Code::TrustArtifact)?;
                chain.product(name, &mut path)
            });
            let result =
                product.and_then(|product| product.check(&parts.artifact[..], Some(parts.artifact.len() as u64)));
            let product = product.ok();
            let name = name.as_deref().unwrap_or_default();
            let artifacts =
                if outcome.result().is_ok() { vec![ArtifactVerdict { name, result, product }] } else { Vec::new() };
            let report = Report::new(&outcome.verdict().with_artifacts(&artifacts));
            explain(report, outcome, &Asked { command: Command::BootPackage, near: &|_, _| None })
        });
        let report = report.unwrap_or_else(Report::unread).of_given_time(args.at.is_some());
        if report.error.is_none() {
            let is_of_clock = |warning: &&Located| warning.code == Code::ClockBehind.name();
            for warning in report.warnings.iter().filter(is_of_clock).filter(|_| !args.quiet) {
                note(&Shown::new(&report, &|_| String::new()).line(warning));
            }
            return Ok(true);
        }
        first = first.or(Some(report));
    }
    if let Some((report, error)) = first.as_ref().and_then(|report| Some((report, report.error.as_ref()?))) {
        let file_of = |envelope| format!("envelope {envelope}");
        let shown = Shown::new(report, &file_of);
        shown.note_evidence();
        complain_of(&shown.line(error), &error.causes, Some(&error.hint));
    }
    Ok(false)
}

/// The policy that an update brings, if a device with the current one takes it.
fn updated(current: &Policy, update: &[u8]) -> Result<Policy, sitrep_core::Error> {
    let compiled = current.to_compiled().map_err(|_| Code::TrustSyntax)?;
    let core = TrustPolicy::read(&compiled)?;
    let update = PolicyUpdate::read(update)?;
    update.verify(&core, current.revision, &Ed25519)?;
    match Policy::parse(Path::new(""), update.policy) {
        Ok((policy, Form::Compiled)) => Ok(policy),
        _ => Err(Code::TrustSyntax.into()),
    }
}

/// The name of what is to run: an image is vouched for in its slot only, where the policy says `{slot}`.
fn artifact_name(args: &BootPackage, policy: &Policy) -> Result<Option<String>, CliError> {
    match (policy.artifact_names().as_slice(), args.slot) {
        ([name], _) => Ok(Some(name.clone())),
        ([a, _], Some(SlotName::A)) => Ok(Some(a.clone())),
        ([_, b], Some(SlotName::B)) => Ok(Some(b.clone())),
        ([_, _], None) => Err(CliError::SlotMissing(policy.artifact.clone().unwrap_or_default())),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_end_within_32_bits() {
        let most = u64::from(u32::MAX) - ARTIFACT as u64 - TRAILER;
        for (parts, expected) in [
            ([0, 0, 0], Some(ARTIFACT as u64)),
            ([1, 2, 3], Some(ARTIFACT as u64 + 6)),
            ([most, 0, 0], Some(u64::from(u32::MAX) - TRAILER)),
            ([most + 1, 0, 0], None),
            ([most, 1, 0], None),
            ([0, most, 1], None),
            // Each by itself fits, and their sum is small again in 32 bits.
            ([1 << 31, 1 << 31, 0], None),
            ([u32::MAX.into(), u32::MAX.into(), u32::MAX.into()], None),
            ([u64::MAX, 1, 0], None),
        ] {
            assert_eq!(package_length(parts), expected, "{parts:?}");
        }
    }
}
