//! `sitrep pack`: a layout and its links as one bundle, if they verify.

use std::borrow::Cow;

use serde_json::json;
use sitrep_core::bundle::MAGIC;
use sitrep_core::limits::Limits;
use sitrep_core::{Class, Code, Inspections};
use sitrep_metadata::causes::{Asked, Command, explain};
use sitrep_metadata::keys::OwnerFile;
use sitrep_metadata::parameters::parameters;
use sitrep_metadata::profile::Profile;
use sitrep_metadata::verification::Verifier;
use sitrep_metadata::verification::products::refused_product;
use sitrep_metadata::verification::report::{Located, Report};

use crate::args::Pack;
use crate::commands::done::Done;
use crate::commands::output::{check_magic, check_other_than};
use crate::commands::parameters::note_unnamed;
use crate::error::CliError;
use crate::shell::clock::SystemClock;
use crate::shell::executor::Threads;
use crate::shell::files::write;
use crate::show::lines::harmless;
use crate::show::messages::{complain_of, note, print, print_json};
use crate::show::report::Shown;
use crate::sources::loaded::Loaded;
use crate::sources::trust;

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
    let policy = trust::given(args.trust.as_deref(), &args.verification_keys)?;
    let loaded = Loaded::new(&args.source, limits.profile)?;
    check_other_than(&args.output, &loaded.path)?;
    let packer = loaded.packer()?;
    // What the reader of the profile will read: a bundle given as input is written with the profile that it is checked for.
    let bundle =
        if loaded.is_bundle() { Cow::Owned(packer.finish(limits.profile)?) } else { Cow::Borrowed(&loaded.bundle[..]) };
    if !args.no_verify {
        let clock = SystemClock::at(args.at.as_deref())?;
        let required = policy.required_attestations(&[]);
        let threads = Threads::available();
        let mut verifier = Verifier::new(&policy.owners, &clock, args.profile);
        verifier.executor = &threads;
        verifier.trust = policy.trust(&required);
        verifier.trust.device = args.device.device();
        // A reader decides about inspections: a host may run them, a device follows its trust policy.
        if args.trust.is_none() || args.profile == Profile::Host {
            verifier.trust.inspections = Inspections::Skip;
        }
        let parameters = parameters(&args.param)?;
        let names = policy.artifact_names();
        // A boot loader looks at these with the product in its hand, so that without one nothing would be looked at.
        if args.profile == Profile::Boot
            && names.is_empty()
            && (policy.depends_on_product() || args.device.device().is_some())
        {
            return Err(CliError::BootProduct);
        }
        verifier.parameters = &parameters;
        note_unnamed(&bundle, &args.param);
        let report = verifier.verify(&bundle, |outcome, _| {
            let mut path = vec![0; limits.path];
            // A device asks for the product that its trust policy names.
            let refused = outcome.supply_chain().ok().and_then(|chain| refused_product(&chain, &names, &mut path));
            let artifacts: Vec<_> = refused.into_iter().collect();
            let report = Report::new(&outcome.verdict().with_artifacts(&artifacts));
            let near = |layout, step: &_| loaded.near(layout, step);
            explain(report, outcome, &Asked { command: Command::Pack, near: &near })
        });
        let report = report.unwrap_or_else(Report::unread).of_given_time(args.at.is_some());
        if let Some(error) = &report.error {
            loaded.notes.iter().for_each(|text| note(text));
            if error.code == Code::LimitPath.name() {
                loaded.with_longer_paths(limits.path).iter().for_each(|text| note(text));
            }
            let file_of = |envelope| loaded.file_of(envelope);
            let shown = Shown::new(&report, &file_of);
            let line = shown.line(error);
            shown.note_evidence();
            if error.code == Code::OwnerUnsigned.name()
                && is_openpgp(&policy.owners, error)
                && args.profile != Profile::Host
            {
                let cause =
                    format!("its signatures are of OpenPGP, which no verifier of profile {} can check", limits.name);
                complain_of(&line, &[cause], Some(Code::OwnerScheme.hint()));
                return Ok(Done::Refused);
            }
            complain_of(&line, &error.causes, Some(&hint(error, &limits)));
            return Ok(Done::Refused);
        }
        // Who packs for a machine that says little should know what it will not believe.
        let is_told =
            |warning: &&Located| [Code::KeyUnusable, Code::ClockBehind].iter().any(|code| warning.code == code.name());
        for warning in report.warnings.iter().filter(is_told).filter(|_| !args.quiet) {
            let line = Shown::new(&report, &|envelope| loaded.file_of(envelope)).line(warning);
            note(&[vec![line], warning.causes.clone()].concat().join("; "));
        }
    }
    if args.profile != Profile::Host && !args.quiet {
        for (number, count) in packer.signatures_left_out(limits.profile) {
            let what = if count == 1 { "1 OpenPGP signature".into() } else { format!("{count} OpenPGP signatures") };
            note(&format!("{}: {what} left out, which no verifier of the profile can check", loaded.file_of(number)));
        }
    }
    // Whoever packs thinks that what lies there is in the bundle.
    for ignored in loaded.notes.iter().filter(|_| !args.quiet) {
        note(&format_args!("left out of the bundle: {ignored}"));
    }
    let json_length = loaded.json_length()?;
    write(&args.output, &bundle).map_err(|error| CliError::Write(args.output.clone(), error))?;
    if args.quiet {
        return Ok(Done::Yes);
    }
    let ratio = json_length.map(|length| bundle.len() as f64 / length.max(1) as f64);
    if args.json {
        let sizes = json!({
            "bundle": args.output.display().to_string(),
            "profile": limits.name,
            "verified": !args.no_verify,
            "json_bytes": json_length,
            "json_from": if loaded.is_bundle() { "unpacked" } else { "files" },
            "bundle_bytes": bundle.len(),
            "ratio": ratio.map(|ratio| (ratio * 1000.0).round() / 1000.0),
        });
        return print_json(&sizes).map(|()| Done::Yes);
    }
    let verified = if args.no_verify { "packed without verifying" } else { "verified and packed" };
    let output = harmless(&args.output.display().to_string());
    let mut text = format!("{verified} for profile {}: {output}\n", limits.name);
    let which = if loaded.is_bundle() { ", as `sitrep unpack` writes it" } else { "" };
    text += &json_length.map_or(String::new(), |length| format!("  JSON    {length:>9} bytes{which}\n"));
    let ratio = ratio.map_or(String::new(), |ratio| format!(", {:.1} % of the JSON", ratio * 100.0));
    text += &format!("  bundle  {:>9} bytes{ratio}\n", bundle.len());
    print(&text).map(|()| Done::Yes)
}

/// Is the owner whom this is about known by a key of OpenPGP?
fn is_openpgp(owners: &[OwnerFile], error: &Located) -> bool {
    owners.iter().any(|owner| owner.is_openpgp() && owner.ids.first() == error.keyid.as_ref())
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
