//! `sitrep status`.

use clap::Args;

use super::layout::ProjectFile;

/// `sitrep status`.
#[derive(Debug, Args)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub struct Status {
    /// Where the project's file is.
    #[command(flatten)]
    pub project: ProjectFile,

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
