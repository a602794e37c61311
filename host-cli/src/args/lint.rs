//! `sitrep lint`.

use std::path::PathBuf;

use clap::Args;
use sitrep_metadata::profile::Profile;

use super::values::{parameter, profile};

/// `sitrep lint`.
#[derive(Debug, Args)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub struct Lint {
    /// The layout: a Metablock or DSSE envelope, signed or not, or the bare layout before it is wrapped
    #[arg(value_name = "LAYOUT")]
    pub layout: PathBuf,

    /// Print JSON
    #[arg(long)]
    pub json: bool,

    /// The kind of machine that is to verify it: the layout must fit its limits and signature schemes
    #[arg(long, value_parser = profile(), value_name = "NAME", default_value = "host")]
    pub profile: Profile,

    /// Values for the layout's parameters: the layout is checked with these values; see `sitrep verify --help`
    #[arg(long, value_name = "NAME=VALUE", num_args = 1.., value_parser = parameter)]
    pub param: Vec<(String, String)>,

    /// Check as if it were this time, such as 2040-01-01T00:00:00Z [default: the system clock]
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
}

const AFTER: &str = "\
An error is something that sitrep refuses; the verifier itself is asked. A warning is about something \
that probably does not do what its author wants. A note is worth knowing. Signatures are not checked.

Exit codes:
  0  nothing above a note
  1  errors or warnings
  2  could not try: wrong usage, or a file that is no layout

Examples:
  sitrep lint root.layout
  sitrep lint draft.json --profile device
  sitrep lint root.layout --json --at 2030-01-01T00:00:00Z";
