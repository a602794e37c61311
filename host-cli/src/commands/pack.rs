//! `sitrep pack`: a layout and its links as one bundle, if they verify.

use serde_json::json;
use sitrep_core::bundle::MAGIC;
use sitrep_core::limits::Limits;
use sitrep_core::{Class, Code, Inspections};

use crate::args::{Pack, Profile};
use crate::clock::SystemClock;
use crate::commands::{Done, check_magic, complain, note, print, refused_product};
use crate::error::CliError;
use crate::files::write;
use crate::lines::{harmless, harmless_json};
use crate::report::{Located, Report};
use crate::source::Loaded;
use crate::trust_policy::Policy;
use crate::verification::{Verifier, parameters};

/// Verifies with the limits and schemes of the profile, then writes the bundle and prints the sizes.
///
/// # Errors
/// [`CliError`] when something cannot be read, packed or written.
pub fn run(args: &Pack) -> Result<Done, CliError> {
    let limits = args.profile.limits();
    check_magic(&args.output, &MAGIC)?;
    if args.profile != Profile::Host && !args.param.is_empty() {
        return Err(CliError::DeviceParameters);
    }
    let policy = Policy::given(args.trust.as_deref(), &args.verification_keys)?;
    let loaded = Loaded::new(&args.source, limits.profile)?;
    if !args.no_verify {
        let clock = SystemClock::at(args.at.as_deref())?;
        let required = policy.required_attestations(&[]);
        let mut verifier = Verifier::new(&policy.owners, &clock, args.profile);
        verifier.trust = policy.trust(&required);
        verifier.trust.device = args.device.device();
        // A reader decides about inspections: a host may run them, a device follows its trust policy.
        if args.trust.is_none() || args.profile == Profile::Host {
            verifier.trust.inspections = Inspections::Skip;
        }
        let parameters = parameters(&args.param)?;
        let names = policy.artifact_names();
        verifier.parameters = &parameters;
        // What the reader of the profile will read.
        let bundle = if loaded.is_bundle() { &loaded.packer()?.finish(limits.profile)? } else { &loaded.bundle };
        let report = verifier.verify(bundle, |outcome, _| {
            let mut path = vec![0; limits.path];
            // A device asks for the product that its trust policy names.
            let refused = outcome.supply_chain().ok().and_then(|chain| refused_product(&chain, &names, &mut path));
            let artifacts: Vec<_> = refused.into_iter().collect();
            Report::new(&outcome.verdict().with_artifacts(&artifacts))
        });
        let report = report.unwrap_or_else(Report::unread);
        if let Some(error) = &report.error {
            loaded.notes.iter().for_each(|text| note(text));
            if error.code == Code::LimitPath.name() {
                loaded.with_longer_paths(limits.path).iter().for_each(|text| note(text));
            }
            let line = report.line(error, false, &|envelope| loaded.file_of(envelope));
            complain(&line, Some(&hint(error, &limits)));
            return Ok(Done::Refused);
        }
    }
    let json_length = loaded.json_length()?;
    // A bundle given as input is written with the profile that it was checked for.
    let bundle = if loaded.is_bundle() { loaded.packer()?.finish(limits.profile)? } else { loaded.bundle };
    write(&args.output, &bundle).map_err(|error| CliError::Write(args.output.clone(), error))?;
    if args.quiet {
        return Ok(Done::Yes);
    }
    let ratio = bundle.len() as f64 / json_length.max(1) as f64;
    if args.json {
        let sizes = json!({
            "bundle": args.output.display().to_string(),
            "profile": limits.name,
            "verified": !args.no_verify,
            "json_bytes": json_length,
            "bundle_bytes": bundle.len(),
            "ratio": (ratio * 1000.0).round() / 1000.0,
        });
        return print(&harmless_json(&sizes)).map(|()| Done::Yes);
    }
    let verified = if args.no_verify { "packed without verifying" } else { "verified and packed" };
    print(&format!(
        "{verified} for profile {}: {}\n  JSON    {json_length:>9} bytes\n  bundle  {:>9} bytes, {:.1} % of the JSON\n",
        limits.name,
        harmless(&args.output.display().to_string()),
        bundle.len(),
        ratio * 100.0
    ))
    .map(|()| Done::Yes)
}

/// What to do about a refusal. Whoever exceeds a limit wants to know all of them.
fn hint(error: &Located, limits: &Limits) -> String {
    let hint = &error.hint;
    if error.class != Class::Limit.name() {
        return hint.clone();
    }
    let Limits { name, layouts, keys, steps, links, rules, path, .. } = limits;
    format!(
        "{hint}; {name} takes {layouts} layouts with sublayouts, in all of them {keys} keys, {steps} steps and inspections, {links} links and \
         attestations, {rules} rules in a list, paths of {path} bytes"
    )
}
