//! `sitrep attest`: making attestations.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Artifact;
use crate::lines::is_harmful;

/// `sitrep attest`.
#[derive(Debug, Args)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub struct Attest {
    #[command(subcommand)]
    #[allow(missing_docs, reason = "clap would show it as help")]
    pub command: AttestCommand,
}

const AFTER: &str = "\
An attestation is an in-toto Statement in a DSSE envelope. Any tool that writes such may be used: this \
is for the predicate that is sitrep's own.

Exit codes:
  0  written
  2  could not try: wrong usage, or a file that cannot be read or written

Examples:
  sitrep attest security-version --security-version 7 --subject app.bin \\
    --signing-key builder.key -o app.intoto.jsonl";

/// What can be attested.
#[derive(Debug, Subcommand)]
pub enum AttestCommand {
    /// How new files are in terms of security, and for which devices.
    SecurityVersion(AttestSecurityVersion),
}

/// `sitrep attest security-version`.
#[derive(Debug, Args)]
#[command(after_help = VERSION_AFTER, after_long_help = VERSION_AFTER)]
pub struct AttestSecurityVersion {
    /// The security version: raised when running an older artifact would be a danger, and never lowered
    #[arg(long, value_name = "N", value_parser = super::not_the_last)]
    pub security_version: u32,

    /// The product that the files are for; devices that know theirs run no other's
    #[arg(long, value_name = "ID", value_parser = identifier, requires = "hardware")]
    pub product: Option<String>,

    /// The hardware that the files run on, which goes with --product: a device that knows its own asks for both
    #[arg(long, value_name = "ID", num_args = 1.., value_parser = identifier, requires = "product")]
    pub hardware: Vec<String>,

    /// It is certainly later than this time, such as 2026-11-21T00:00:00Z, or `now`: devices without a clock learn it
    #[arg(long, value_name = "TIME")]
    pub time: Option<String>,

    /// The files: they are named by their digests, and NAME is for people
    #[arg(long, value_name = "[NAME=]FILE", num_args = 1.., required = true, value_parser = super::artifact)]
    pub subject: Vec<Artifact>,

    /// Private keys of functionaries of the product's step: Ed25519 in PKCS#8, in PEM without a password
    #[arg(long, value_name = "KEY", num_args = 1.., required = true)]
    pub signing_key: Vec<PathBuf>,

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
The predicate is described in core/BUNDLE.md, section 13. Beside the layout and its links, `sitrep pack` \
takes the attestation with them. As many keys of the product's step as its threshold says have to \
sign: in one command, or each in one of its own, whose outputs are put together with `cat`.

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
