//! `sitrep attest`: attestations of the predicate that is sitrep's own.

use std::fs::File;
use std::io;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sitrep_core::{Clock as _, SECURITY_VERSION, Time};

use crate::args::{Artifact, Attest, AttestCommand, AttestSecurityVersion};
use crate::clock::SystemClock;
use crate::commands::{check_output, print};
use crate::dsse::Envelope;
use crate::error::{CliError, ClockUse};
use crate::lines::harmless;
use crate::metadata::IN_TOTO;
use crate::signing_key::read_signers;
use crate::{files, hex};

/// Version 1 of in-toto's Statement.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// A file of attestations with so many bytes or more is not replaced. One of ten thousand files has 1.5 MB.
const MAX_REPLACED: u64 = 16 << 20;

/// A statement about a security version (core's BUNDLE.md, section 13), all members in the order of their names:
/// boot loaders read no other (BUNDLE.md, section 10).
#[derive(Serialize)]
struct Statement<'a> {
    _type: &'a str,
    predicate: Predicate<'a>,
    #[serde(rename = "predicateType")]
    predicate_type: &'a str,
    subject: Vec<Subject<'a>>,
}

#[derive(Serialize)]
struct Subject<'a> {
    digest: Digests,
    name: &'a str,
}

#[derive(Serialize)]
struct Digests {
    sha256: String,
}

#[derive(Serialize)]
struct Predicate<'a> {
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    hardware: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<&'a str>,
    #[serde(rename = "securityVersion")]
    security_version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
}

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
    check_output(&args.output, MAX_REPLACED, is_security_version)?;
    let signers = read_signers(&args.signing_key)?;
    let time = args.time.as_deref().map(time).transpose()?;
    let statement = Statement {
        _type: STATEMENT,
        subject: args.subject.iter().map(subject).collect::<Result<_, _>>()?,
        predicate_type: SECURITY_VERSION,
        predicate: Predicate {
            security_version: args.security_version,
            product: args.product.as_deref(),
            hardware: &args.hardware,
            time: time.map(|time| time.to_string()),
        },
    };
    // Strings and numbers alone cannot fail.
    let payload = serde_json::to_vec(&statement).unwrap_or_default();
    let envelope = Envelope::sign(IN_TOTO, payload, &signers);
    files::write(&args.output, envelope.to_json().as_bytes())
        .map_err(|error| CliError::Write(args.output.clone(), error))?;
    if args.quiet {
        return Ok(());
    }
    let counted = |count: usize, what| if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") };
    let output = args.output.display().to_string();
    print(&format!(
        "attested: {}, security version {} of {}, signed by {}\n",
        harmless(&output),
        args.security_version,
        counted(args.subject.len(), "file"),
        counted(signers.len(), "key")
    ))
}

fn time(text: &str) -> Result<Time, CliError> {
    if text == "now" {
        // No attestation can say a time that is not read back.
        let now = SystemClock::new(ClockUse::Now)?.now().filter(|now| Time::parse(&now.to_string()).is_some());
        return now.ok_or(CliError::Clock(ClockUse::Now));
    }
    Time::parse(text).ok_or_else(|| CliError::Time("--time", text.into()))
}

fn subject(artifact: &Artifact) -> Result<Subject<'_>, CliError> {
    let mut hasher = Sha256::new();
    let mut hash = || io::copy(&mut File::open(&artifact.file)?, &mut HashWriter(&mut hasher));
    let length = hash().map_err(|error| CliError::Read(artifact.file.clone(), error))?;
    if length == 0 {
        return Err(CliError::EmptySubject(artifact.file.clone()));
    }
    Ok(Subject { name: &artifact.name, digest: Digests { sha256: hex::encode(&hasher.finalize()) } })
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

/// Does a file hold nothing but attestations of a security version? What holds something else must not be overwritten.
fn is_security_version(bytes: &[u8]) -> bool {
    let is_whole = (bytes.len() as u64) < MAX_REPLACED;
    is_whole
        && bytes.trim_ascii().split(|byte| *byte == b'\n').all(|line| {
            let payload = Envelope::parse(line).ok().filter(|envelope| envelope.payload_type == IN_TOTO);
            let statement = payload.and_then(|it| serde_json::from_slice::<serde_json::Value>(&it.payload).ok());
            statement.is_some_and(|statement| statement["predicateType"] == SECURITY_VERSION)
        })
}
