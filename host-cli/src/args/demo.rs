//! `sitrep demo`.

use std::path::PathBuf;

use clap::Args;

/// `sitrep demo`.
#[derive(Debug, Args)]
#[command(after_help = DEMO_AFTER, after_long_help = DEMO_AFTER)]
pub struct Demo {
    /// Directory for the files of the demo; it must not exist yet, or be empty [default: a fresh temporary directory]
    #[arg(value_name = "DIR")]
    pub directory: Option<PathBuf>,
}

const DEMO_AFTER: &str = "\
Needs `sh` and `cp`, and no network. The files stay for you to look at.

Exit codes:
  0  everything came out as told
  1  something did not
  2  could not try: wrong usage, or files that cannot be written

Examples:
  sitrep demo
  sitrep demo story";
