//! `sitrep inspect`.

use std::path::PathBuf;

use clap::Args;

/// `sitrep inspect`.
#[derive(Debug, Args)]
#[command(after_help = INSPECT_AFTER, after_long_help = INSPECT_AFTER)]
pub struct Inspect {
    /// A bundle, in-toto metadata in JSON, an update package, or a policy update
    ///
    /// In JSON: a layout, a link or an attestation, alone, in a Sigstore bundle, in an array, or a line each.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

const INSPECT_AFTER: &str = "\
Nothing is verified: what is shown is what the file says of itself.

Exit codes:
  0  shown
  2  could not try: wrong usage, a file that cannot be read, or a damaged one

Examples:
  sitrep inspect app.sitrep
  sitrep inspect provenance.intoto.jsonl
  sitrep inspect update.sits
  sitrep inspect app.sitrep --json";
