//! `sitrep pack`.

use std::path::PathBuf;

use clap::Args;
use sitrep_metadata::profile::Profile;

use super::source::{DeviceId, Source};
use super::values::{parameter, profile};

/// `sitrep pack`.
#[derive(Debug, Args)]
#[command(after_help = PACK_AFTER, after_long_help = PACK_AFTER)]
#[command(
    override_usage = "sitrep pack INPUT --verification-keys FILE... -o NAME.sitrep [OPTIONS]\n       sitrep pack INPUT --trust FILE -o NAME.sitrep [OPTIONS]"
)]
pub struct Pack {
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would show it as help")]
    pub source: Source,

    /// Public keys of the project owners; see `sitrep verify --help`
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["no_verify", "trust"])]
    #[arg(required_unless_present_any = ["no_verify", "trust"])]
    pub verification_keys: Vec<PathBuf>,

    /// A trust policy in place of --verification-keys; see `sitrep trust --help`
    #[arg(long, value_name = "FILE", conflicts_with = "no_verify")]
    pub trust: Option<PathBuf>,

    /// The bundle to write; a bundle of that name is replaced, any other file is not
    #[arg(short, long, value_name = "NAME.sitrep")]
    pub output: PathBuf,

    /// The kind of machine that is to read the bundle: it must fit its limits and signature schemes
    #[arg(long, value_parser = profile(), value_name = "NAME", default_value = "host")]
    pub profile: Profile,

    /// Pack without verifying first
    #[arg(long, conflicts_with = "device_product")]
    pub no_verify: bool,

    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would show it as help")]
    pub device: DeviceId,

    /// Values for the layout's parameters; see `sitrep verify --help`. They do not go into the bundle
    #[arg(long, value_name = "NAME=VALUE", num_args = 1.., value_parser = parameter, conflicts_with = "no_verify")]
    pub param: Vec<(String, String)>,

    /// Verify as if it were this time, such as 2040-01-01T00:00:00Z [default: the system clock]
    #[arg(long, value_name = "TIME", conflicts_with = "no_verify")]
    pub at: Option<String>,

    /// Print the sizes as JSON
    #[arg(long, conflicts_with = "quiet")]
    pub json: bool,

    /// Print nothing on success
    #[arg(short, long)]
    pub quiet: bool,
}

const PACK_AFTER: &str = "\
A bundle adds no signature, and nobody has to trust it: whoever reads it rebuilds the bytes that were \
signed and checks the original signatures. Inspections are not run here. A computer may run them when \
it verifies. A device does what its trust policy says; with --profile device and --trust, this is checked.

Exit codes:
  0  packed
  1  not verified, nothing was written
  2  could not try: wrong usage, or a file that cannot be read or written

Examples:
  sitrep pack root.layout --verification-keys owner.pub -o app.sitrep
  sitrep pack root.layout --trust trust.json --profile device -o app.sitrep
  sitrep pack --layout root.layout --link-dir links --no-verify -o app.sitrep";
