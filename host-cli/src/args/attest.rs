//! `sitrep attest`: making attestations.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::artifact::{self, Artifact};
use super::signing::SigningKeys;
use super::values::not_the_last;
use crate::show::characters::is_harmful;

/// `sitrep attest`.
#[derive(Debug, Args)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub struct Attest {
    #[command(subcommand)]
    #[allow(missing_docs, reason = "clap would show it as help")]
    pub command: AttestCommand,
}

const AFTER: &str = "\
An attestation is an in-toto Statement in a DSSE envelope. Any tool that writes these may be used; \
this command is for the one kind that is sitrep's own.

Exit codes:
  0  written
  2  could not try: wrong usage, or a file that cannot be read or written

Examples:
  sitrep attest security-version --security-version 7 --subject app.bin \\
    --signing-key builder.key -o app.intoto.jsonl";

/// What can be attested.
#[derive(Debug, Subcommand)]
pub enum AttestCommand {
    /// State the security version of files, and which devices they are for.
    SecurityVersion(AttestSecurityVersion),
}

/// `sitrep attest security-version`.
#[derive(Debug, Args)]
#[command(after_help = VERSION_AFTER, after_long_help = VERSION_AFTER)]
pub struct AttestSecurityVersion {
    /// The security version: raised when running an older artifact would be a danger, and never lowered
    #[arg(long, value_name = "N", value_parser = not_the_last)]
    pub security_version: u32,

    /// The product that the files are for; a device that knows its product runs no files for another
    #[arg(long, value_name = "ID", value_parser = identifier, requires = "hardware")]
    pub product: Option<String>,

    /// The hardware that the files run on; needed with --product, since a device asks for both
    #[arg(long, value_name = "ID", num_args = 1.., value_parser = identifier, requires = "product")]
    pub hardware: Vec<String>,

    /// A time that has certainly passed, such as 2026-11-21T00:00:00Z, or `now`: devices without a clock learn the time from it
    #[arg(long, value_name = "TIME")]
    pub time: Option<String>,

    /// The files. Their digests are what counts; NAME is for people
    ///
    /// The text is split at the first `=`. Where the whole text is the name of something that is there, it could mean two files and is refused: give
    /// --subject-as.
    #[arg(long, value_name = "[NAME=]FILE", num_args = 1.., required_unless_present = "subject_as")]
    #[arg(value_parser = artifact::split)]
    pub subject: Vec<Artifact>,

    /// A file and its name, in two words that are never split: for scripts, whatever a file is called. May be given more than once
    #[arg(long, value_names = ["NAME", "FILE"], num_args = 2, allow_hyphen_values = true)]
    pub subject_as: Vec<OsString>,

    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would show it as help")]
    pub signing: SigningKeys,

    /// The attestation to write; an attestation of a security version of that name is replaced, any other file is not
    #[arg(short, long, value_name = "NAME.intoto.jsonl")]
    pub output: PathBuf,

    /// Print nothing on success
    #[arg(short, long)]
    pub quiet: bool,
}

fn identifier(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains(is_harmful) {
        return Err(
            "expected an identifier, without characters that nobody sees or that change how others are shown".into()
        );
    }
    Ok(text.into())
}

const VERSION_AFTER: &str = "\
core/BUNDLE.md, section 13, describes the predicate. Put the attestation beside the layout and its \
links, and `sitrep pack` packs it too. The step that makes the product has a threshold: as many of its \
keys must sign, in one command or in several. The outputs of several are put together with `cat`.

Exit codes:
  0  written
  2  could not try: wrong usage, a key that cannot be used, or a file that
     cannot be read or written

Examples:
  sitrep attest security-version --security-version 7 --subject app.bin \\
    --signing-key builder.key -o app.intoto.jsonl
  sitrep attest security-version --security-version 7 \\
    --product thermostat --hardware rev-b rev-c --time now \\
    --subject app-a.bin app-b.bin --signing-key builder.key -o app.intoto.jsonl";
