//! `sitrep verify`.

use std::collections::HashSet;
use std::path::Path;

use sitrep_core::{ArtifactVerdict, Inspections, limits};
use sitrep_metadata::causes::{self, Command, explain};
use sitrep_metadata::parameters::parameters;
use sitrep_metadata::profile::Profile;
use sitrep_metadata::trust_policy::Policy;
use sitrep_metadata::verification::Verifier;
use sitrep_metadata::verification::products::refused_product;
use sitrep_metadata::verification::report::Report;

use crate::args::{Artifact, Verify};
use crate::commands::done::Done;
use crate::commands::parameters::note_unnamed;
use crate::commands::verify::artifact::ArtifactReader;
use crate::commands::verify::inspections::Inspecting;
use crate::error::CliError;
use crate::shell::clock::SystemClock;
use crate::shell::copies::Copies;
use crate::shell::executor::Threads;
use crate::show::messages::{complain_of, note, print, print_json};
use crate::show::report::Shown;
use crate::sources::artifacts::artifacts;
use crate::sources::loaded::Loaded;
use crate::sources::trust;

/// Verifies, runs inspections where that is allowed, compares the artifacts, and prints the verdict.
///
/// # Errors
/// [`CliError`] when something cannot be read or run, so that there is no verdict.
pub fn run(args: &Verify) -> Result<Done, CliError> {
    let mut inspecting = Inspecting::new(args)?;
    let result = verify(args, &mut inspecting);
    if result.is_err() {
        inspecting.tell();
    }
    let written = inspecting.write_report();
    result.and_then(|done| written.map(|()| done))
}

fn verify(args: &Verify, inspecting: &mut Inspecting<'_>) -> Result<Done, CliError> {
    let policy = trust::given(args.trust.as_deref(), &args.verification_keys)?;
    let clock = SystemClock::at(args.at.as_deref())?;
    let artifacts = artifacts("--artifact", &args.artifact, &args.artifact_as)?;
    // What is missing, or in the way, is noticed before anything is verified.
    for artifact in &artifacts {
        check_readable(artifact, args.run_inspections)?;
    }
    let mut copies = args.copy_to.as_deref().map(|directory| begin_copies(directory, &artifacts)).transpose()?;
    let loaded = Loaded::new(&args.source, limits::HOST.profile)?;
    if args.run_inspections {
        inspecting.leave_out(&loaded)?;
    }
    let parameters = parameters(&args.param)?;
    note_unnamed(&loaded.bundle, &args.param);
    let required = policy.required_attestations(&args.require_attestation);
    let threads = Threads::available();
    let mut verifier = Verifier::new(&policy.owners, &clock, Profile::Host);
    verifier.executor = &threads;
    verifier.parameters = &parameters;
    verifier.trust = policy.trust(&required);
    verifier.trust.device = args.device.device();
    if let Some(step) = args.product_of.as_deref() {
        let depends = policy.depends_on_product() || verifier.trust.device.is_some();
        if args.trust.is_some() && verifier.trust.product_step != Some(step) && depends {
            return Err(CliError::ProductOf(step.to_owned()));
        }
        verifier.trust.product_step = Some(step);
    }
    let file_of = |envelope| loaded.file_of(envelope);
    let mut observed = None;
    if args.run_inspections {
        // First everything but the inspections: no command runs on the word of a layout that has not been verified, or on an
        // artifact that is known to be another one.
        verifier.trust.inspections = Inspections::Skip;
        let asked = Asked { artifacts: &artifacts, is_read_again: true, copies: None };
        let first = judge(&verifier, &loaded.bundle, &loaded, asked, &policy)?;
        if first.error.is_some() {
            return finish(args, &loaded, &Shown { is_before_inspections: true, ..Shown::new(&first, &file_of) });
        }
        if !inspecting.are_allowed(&first) {
            // It cannot be verified, whatever the root layout's inspections would see.
            verifier.trust.inspections = Inspections::Refuse;
        } else if first.has_inspections() {
            observed = Some(inspecting.observe(&loaded, &first)?);
            verifier.trust.inspections = Inspections::Observed;
        }
    }
    let bundle = observed.as_ref().unwrap_or(&loaded.bundle);
    let asked = Asked { artifacts: &artifacts, is_read_again: args.run_inspections, copies: copies.as_mut() };
    let report = judge(&verifier, bundle, &loaded, asked, &policy)?;
    let report = if observed.is_some() { inspecting.complete(report) } else { report };
    let report = report.of_given_time(args.at.is_some());
    if let (Some(copies), None) = (copies, &report.error) {
        copies.place().map_err(CliError::Copy)?;
    }
    finish(args, &loaded, &Shown { ran: inspecting.ran(), ..Shown::new(&report, &file_of) })
}

/// The artifacts that are compared, and how.
struct Asked<'a> {
    artifacts: &'a [Artifact],
    /// Are they read before and after inspections?
    is_read_again: bool,
    /// The copies that are to be made while they are read.
    copies: Option<&'a mut Copies>,
}

/// Verifies the chain, and compares the artifacts with it. Of a chain that was refused nothing is asked. What the trust policy says is to be run must
/// be a product of the chain, also where no file is there to be compared.
fn judge(
    verifier: &Verifier<'_>,
    bundle: &[u8],
    loaded: &Loaded,
    asked: Asked<'_>,
    policy: &Policy,
) -> Result<Report, CliError> {
    let Asked { artifacts, is_read_again, mut copies } = asked;
    let names = policy.artifact_names();
    let report = verifier.verify(bundle, |outcome, applied| {
        let mut path = vec![0; limits::HOST.path];
        let mut results = Vec::with_capacity(artifacts.len());
        let mut files = Vec::with_capacity(artifacts.len());
        if let Ok(chain) = outcome.supply_chain() {
            for artifact in artifacts {
                let mut reader = ArtifactReader::open(artifact, is_read_again)?;
                if let Some(copies) = copies.as_deref_mut() {
                    reader.copy_to(copies, &artifact.name)?;
                }
                let product = chain.product(&artifact.name, &mut path);
                let length = reader.length();
                let result = product.and_then(|product| product.check(&mut reader, length));
                files.push(reader.finish()?);
                results.push(ArtifactVerdict { name: &artifact.name, result, product: product.ok() });
            }
            if artifacts.is_empty() {
                results.extend(refused_product(&chain, &names, &mut path));
            }
        }
        let report = Report::new(&outcome.verdict().with_artifacts(&results)).with_rules(outcome, applied);
        let near = |layout, step: &_| loaded.near(layout, step);
        Ok(explain(report.with_files(files), outcome, &causes::Asked { command: Command::Verify, near: &near }))
    });
    report.unwrap_or_else(|error| Ok(Report::unread(error)))
}

/// Refuses what is certain not to be read to its end. A pipe is not opened: whoever writes into it would see it closed again.
fn check_readable(artifact: &Artifact, is_read_again: bool) -> Result<(), CliError> {
    let is_opened = is_read_again || !is_pipe(&artifact.file);
    if is_opened { ArtifactReader::open(artifact, is_read_again).map(drop) } else { Ok(()) }
}

#[cfg(unix)]
fn is_pipe(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type()))
}

#[cfg(not(unix))]
fn is_pipe(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// Refuses names that no copy could have, and artifacts that would have one name.
fn begin_copies(directory: &Path, artifacts: &[Artifact]) -> Result<Copies, CliError> {
    let copies = Copies::new(directory).map_err(|error| CliError::CopyDirectory(directory.into(), error))?;
    let mut places = HashSet::new();
    for artifact in artifacts {
        if !places.insert(copies.place_of(&artifact.name).map_err(CliError::Copy)?) {
            return Err(CliError::CopyTwice(artifact.name.clone()));
        }
    }
    Ok(copies)
}

/// Prints the report, and on refusal the error.
fn finish(args: &Verify, loaded: &Loaded, shown: &Shown<'_>) -> Result<Done, CliError> {
    let shown = Shown { verbose: args.verbose, ..*shown };
    let report = shown.report;
    let printed = if args.json {
        print_json(report)
    } else if !args.quiet {
        print(&shown.text(&loaded.path.display().to_string()))
    } else {
        Ok(())
    };
    // Files that did not count explain a refusal; otherwise they are for those who ask.
    if args.verbose || (report.error.is_some() && !args.json) {
        loaded.notes.iter().for_each(|text| note(text));
    }
    let Some(error) = &report.error else { return printed.map(|()| Done::Yes) };
    // A refusal is told even where standard output is closed.
    complain_of(&shown.line(error), &error.causes, Some(&error.hint));
    printed.map(|()| Done::Refused)
}
