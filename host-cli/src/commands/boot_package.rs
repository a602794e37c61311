//! `sitrep boot-package`: what a device's boot verifies and installs.

use std::path::Path;

use sitrep_core::limits::Limits;
use sitrep_core::update::PolicyUpdate;
use sitrep_core::update::package::{self, ARTIFACT, MAGIC};
use sitrep_core::update::policy_update::MAGIC as UPDATE_MAGIC;
use sitrep_core::{ArtifactVerdict, Bundle, Code, Ed25519, TrustPolicy};

use crate::args::{BootPackage, Profile, SlotName};
use crate::clock::SystemClock;
use crate::commands::{Done, check_magic, complain, load_bundle, note, print};
use crate::error::CliError;
use crate::files;
use crate::lines::harmless;
use crate::report::Report;
use crate::trust_policy::{Form, Policy};
use crate::verification::Verifier;

/// The parts of a package.
struct Parts {
    artifact: Vec<u8>,
    bundle: Vec<u8>,
    policy_update: Vec<u8>,
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
    let parts = Parts {
        artifact: args.artifact.as_deref().map(read).transpose()?.unwrap_or_default(),
        bundle: args.bundle.as_deref().map(load_bundle).transpose()?.unwrap_or_default(),
        policy_update: args.policy_update.as_deref().map(read).transpose()?.unwrap_or_default(),
    };
    if let (Some(path), []) = (&args.artifact, &parts.artifact[..]) {
        return Err(CliError::EmptyArtifact(path.clone()));
    }
    if !check_forms(args, &parts, &limits)? || !verify(args, &parts, &limits)? {
        return Ok(Done::Refused);
    }

    let bytes = assemble(&parts);
    files::write(&args.output, &bytes).map_err(|error| CliError::Write(args.output.clone(), error))?;
    if args.quiet {
        return Ok(Done::Yes);
    }
    if args.trust.is_some() && args.bundle.is_some() && args.device.device().is_none() {
        note(
            &"verified for a device that knows no product and no hardware: any other also asks for a security version for its own, \
               which is verified with --device-product and --device-hardware",
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
    files::read(path).map_err(|error| CliError::Read(path.into(), error))
}

fn assemble(parts: &Parts) -> Vec<u8> {
    // What is read has less than 4 GiB.
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
            return Err(CliError::NoPolicyUpdate(path.clone()));
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
    let (current, _) = Policy::read(path)?;
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
            Report::new(&outcome.verdict().with_artifacts(&artifacts))
        });
        let report = report.unwrap_or_else(Report::unread);
        if report.error.is_none() {
            return Ok(true);
        }
        first = first.or(Some(report));
    }
    if let Some((report, error)) = first.as_ref().and_then(|report| Some((report, report.error.as_ref()?))) {
        complain(&report.line(error, false, &|envelope| format!("envelope {envelope}")), Some(&error.hint));
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
