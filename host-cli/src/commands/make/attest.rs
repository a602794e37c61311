//! `sitrep attest`: attestations of the predicate that is sitrep's own.

use std::io;

use sha2::{Digest as _, Sha256};
use sitrep_core::Time;
use sitrep_metadata::envelope::document::IN_TOTO;
use sitrep_metadata::envelope::dsse::Envelope;
use sitrep_metadata::envelope::security_version::{Devices, Subject, holds_nothing_else, statement};

use crate::args::{Artifact, Attest, AttestCommand, AttestSecurityVersion};
use crate::commands::output::check_output;
use crate::error::{CliError, ClockUse};
use crate::shell::clock::SystemClock;
use crate::shell::files;
use crate::show::lines::{counted, harmless};
use crate::show::messages::print;
use crate::sources::artifacts::artifacts;
use crate::sources::signers::open_signers;

/// A file of attestations with so many bytes or more is not replaced. One of ten thousand files has 1.5 MB.
const MAX_REPLACED: u64 = 16 << 20;

/// Does what the command's own command says.
///
/// # Errors
/// [`CliError`] when a key cannot be used, or a file cannot be read or written.
pub fn run(args: &Attest) -> Result<(), CliError> {
    match &args.command {
        AttestCommand::SecurityVersion(args) => security_version(args),
    }
}

fn security_version(args: &AttestSecurityVersion) -> Result<(), CliError> {
    check_output(&args.output, MAX_REPLACED, |bytes| (bytes.len() as u64) < MAX_REPLACED && holds_nothing_else(bytes))?;
    let artifacts = artifacts("--subject", &args.subject, &args.subject_as)?;
    let signers = open_signers(&args.signing)?;
    let time = args.time.as_deref().map(time).transpose()?;
    let subjects: Vec<Subject<'_>> = artifacts.iter().map(subject).collect::<Result<_, _>>()?;
    let devices = args.product.as_deref().map(|product| Devices { product, hardware: &args.hardware });
    let payload = statement(args.security_version, devices, time, &subjects);
    let envelope = Envelope::sign(IN_TOTO, payload, &signers)?;
    files::write(&args.output, envelope.to_json().as_bytes())
        .map_err(|error| CliError::Write(args.output.clone(), error))?;
    if args.quiet {
        return Ok(());
    }
    let output = args.output.display().to_string();
    print(&format!(
        "attested: {}, security version {} of {}, signed by {}\n",
        harmless(&output),
        args.security_version,
        counted(subjects.len(), "file"),
        counted(signers.len(), "key")
    ))
}

fn time(text: &str) -> Result<Time, CliError> {
    if text == "now" {
        // No attestation can say a time that is not read back.
        let now = SystemClock::read().map(SystemClock::time).filter(|now| Time::parse(&now.to_string()).is_some());
        return now.ok_or(CliError::Clock(ClockUse::Now));
    }
    Time::parse(text).ok_or_else(|| CliError::Time("--time", text.into()))
}

fn subject(artifact: &Artifact) -> Result<Subject<'_>, CliError> {
    let mut hasher = Sha256::new();
    let mut hash = || io::copy(&mut files::OpenFile::new(&artifact.file)?, &mut HashWriter(&mut hasher));
    let length = hash().map_err(|error| CliError::Read(artifact.file.clone(), error))?;
    if length == 0 {
        return Err(CliError::EmptySubject(artifact.file.clone()));
    }
    Ok(Subject { name: &artifact.name, sha256: hasher.finalize().into() })
}

struct HashWriter<'h>(&'h mut Sha256);

impl io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
