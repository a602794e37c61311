//! `sitrep verify`.

use std::fs::{self, File};
use std::io;

use sitrep_core::{ArtifactVerdict, Inspections, limits};

use crate::args::{Artifact, Profile, Verify};
use crate::clock::SystemClock;
use crate::commands::inspections::Inspecting;
use crate::commands::{Done, complain, note, print, refused_product};
use crate::error::CliError;
use crate::report::Report;
use crate::source::Loaded;
use crate::trust_policy::Policy;
use crate::verification::{Verifier, parameters};

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
    let policy = Policy::given(args.trust.as_deref(), &args.verification_keys)?;
    let clock = SystemClock::at(args.at.as_deref())?;
    // A file that is missing is noticed before anything is verified.
    for artifact in &args.artifact {
        check_readable(artifact, args.run_inspections)?;
    }
    let loaded = Loaded::new(&args.source, limits::HOST.profile)?;
    if args.run_inspections {
        inspecting.leave_out(&loaded)?;
    }
    let parameters = parameters(&args.param)?;
    let required = policy.required_attestations(&args.require_attestation);
    let mut verifier = Verifier::new(&policy.owners, &clock, Profile::Host);
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
    let mut observed = None;
    if args.run_inspections {
        // First everything but the inspections: no command runs on the word of a layout that has not been verified, or on an
        // artifact that is known to be another one.
        verifier.trust.inspections = Inspections::Skip;
        let first = judge(&verifier, &loaded.bundle, args, &policy)?;
        if first.error.is_some() {
            return finish(args, &loaded, &first.before_inspections());
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
    finish(args, &loaded, &judge(&verifier, bundle, args, &policy)?.with_ran(inspecting.ran()))
}

/// Verifies the chain, and compares the artifacts with it. Of a chain that was refused nothing is asked. What the trust policy says is to be run must
/// be a product of the chain, also where no file is there to be compared.
fn judge(verifier: &Verifier<'_>, bundle: &[u8], args: &Verify, policy: &Policy) -> Result<Report, CliError> {
    let names = policy.artifact_names();
    let report = verifier.verify(bundle, |outcome, applied| {
        let mut path = vec![0; limits::HOST.path];
        let mut results = Vec::with_capacity(args.artifact.len());
        if let Ok(chain) = outcome.supply_chain() {
            for artifact in &args.artifact {
                let (mut reader, length) = FileReader::open(artifact)?;
                let product = chain.product(&artifact.name, &mut path);
                let result = product.and_then(|product| product.check(&mut reader, Some(length)));
                if let Some(error) = reader.error.take() {
                    return Err(CliError::Read(artifact.file.clone(), error));
                }
                results.push(ArtifactVerdict { name: &artifact.name, result, product: product.ok() });
            }
            if args.artifact.is_empty() {
                results.extend(refused_product(&chain, &names, &mut path));
            }
        }
        Ok(Report::new(&outcome.verdict().with_artifacts(&results)).with_rules(outcome, applied))
    });
    report.unwrap_or_else(|error| Ok(Report::unread(error)))
}

/// Refuses what is certain not to be read to its end. A pipe is not opened: whoever writes into it would see it closed again.
fn check_readable(artifact: &Artifact, reads_twice: bool) -> Result<(), CliError> {
    let failed = |error| CliError::Read(artifact.file.clone(), error);
    let metadata = fs::metadata(&artifact.file).map_err(failed)?;
    if metadata.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    if metadata.is_file() {
        return FileReader::open(artifact).map(|_| ());
    }
    if reads_twice {
        let why = "it is no regular file, and artifacts are read before and after inspections";
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, why)));
    }
    Ok(())
}

/// Prints the report, and on refusal the error.
fn finish(args: &Verify, loaded: &Loaded, report: &Report) -> Result<Done, CliError> {
    let file_of = |envelope| loaded.file_of(envelope);
    let printed = if args.json {
        print(&report.json())
    } else if !args.quiet {
        print(&report.text(&loaded.path.display().to_string(), args.verbose, &file_of))
    } else {
        Ok(())
    };
    // Files that did not count explain a refusal; otherwise they are for those who ask.
    if args.verbose || (report.error.is_some() && !args.json) {
        loaded.notes.iter().for_each(|text| note(text));
    }
    let Some(error) = &report.error else { return printed.map(|()| Done::Yes) };
    // A refusal is told even where standard output is closed.
    complain(&report.line(error, args.verbose, &file_of), Some(&error.hint));
    printed.map(|()| Done::Refused)
}

/// A file as core reads streams. Keeps what the operating system said when reading failed.
struct FileReader {
    file: io::BufReader<File>,
    error: Option<io::Error>,
}

impl FileReader {
    /// Opens an artifact; returns its length in bytes too.
    fn open(artifact: &Artifact) -> Result<(Self, u64), CliError> {
        let failed = |error| CliError::Read(artifact.file.clone(), error);
        let file = File::open(&artifact.file).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        Ok((Self { file: io::BufReader::with_capacity(64 * 1024, file), error: None }, length))
    }
}

impl embedded_io::ErrorType for FileReader {
    type Error = embedded_io::ErrorKind;
}

impl embedded_io::Read for FileReader {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        loop {
            match io::Read::read(&mut self.file, buffer) {
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let kind = embedded_io::Error::kind(&error);
                    self.error = Some(error);
                    return Err(kind);
                }
            }
        }
    }
}
