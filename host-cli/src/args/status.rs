//! `sitrep status`.

use std::path::PathBuf;

use clap::Args;

/// `sitrep status`.
#[derive(Debug, Args)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub struct Status {
    /// The project's file [default: sitrep.toml here, or in the next directory above that has one]
    #[arg(long, value_name = "FILE")]
    pub project: Option<PathBuf>,

    /// Show what each rule took
    #[arg(short, long)]
    pub verbose: bool,
}

const AFTER: &str = "\
What is shown is the chain so far: it says whether what is there fits, not whether the whole is good. That says `sitrep verify`.

Exit codes:
  0  everything that is there fits
  1  something does not fit
  2  could not try: wrong usage, or a file that cannot be read

Examples:
  sitrep status
  sitrep status --verbose";
