//! `sitrep boot-package` and `sitrep boot-report`: what a boot reads, and what it leaves.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};
use sitrep_metadata::profile::Profile;

use super::source::DeviceId;
use super::values::profile;

/// `sitrep boot-package`.
#[derive(Debug, Args)]
#[command(after_help = PACKAGE_AFTER, after_long_help = PACKAGE_AFTER)]
#[command(group(ArgGroup::new("content").args(["bundle", "policy_update"]).required(true).multiple(true)))]
pub struct BootPackage {
    /// The bundle that says how the artifact was made, packed with --profile boot
    #[arg(long, value_name = "NAME.sitrep", requires = "artifact")]
    pub bundle: Option<PathBuf>,

    /// What is to run: the image that is linked for its slot
    #[arg(long, value_name = "FILE", requires = "bundle")]
    pub artifact: Option<PathBuf>,

    /// A new trust policy that owners of the one in force have signed, as `sitrep trust update` writes it
    #[arg(long, value_name = "FILE")]
    pub policy_update: Option<PathBuf>,

    /// The kind of machine that is to read the package: it must fit its limits and signature schemes
    #[arg(long, value_parser = profile(), value_name = "NAME", default_value = "boot")]
    pub profile: Profile,

    /// The trust policy that the device has now: then what the device would refuse is an error
    ///
    /// The policy update must be signed by its owners, and the artifact be the product that it names, under the new policy or under this one.
    /// A device that knows its product and hardware also asks for a security version for them, which is verified with --device-product.
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,

    /// The slot that the artifact is for; it takes the place of `{slot}` in the name that the trust policy gives
    #[arg(long, value_enum, value_name = "SLOT", requires_all = ["trust", "bundle"])]
    pub slot: Option<SlotName>,

    /// How many bytes each slot of the device has: a package that does not fit is refused
    #[arg(long, value_name = "BYTES")]
    pub slot_size: Option<u32>,

    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would show it as help")]
    pub device: DeviceId,

    /// Verify as if it were this time, such as 2040-01-01T00:00:00Z [default: the system clock]
    #[arg(long, value_name = "TIME", requires_all = ["trust", "bundle"])]
    pub at: Option<String>,

    /// The package to write; a package of that name is replaced, any other file is not
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,

    /// Print nothing on success
    #[arg(short, long)]
    pub quiet: bool,
}

/// A slot, as the name of its artifact spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SlotName {
    /// Slot a
    A,
    /// Slot b
    B,
}

const PACKAGE_AFTER: &str = "\
A package adds no signature, and nobody has to trust it: the boot checks the policy update, the bundle \
and the artifact. It goes as it is into the device's staging area, and in the factory into a slot. \
firmware/BOOT.md describes it; `sitrep inspect` shows what is inside.

Exit codes:
  0  written
  1  the device would refuse it, as far as was asked; nothing was written
  2  could not try: wrong usage, or a file that cannot be read or written

Examples:
  sitrep boot-package --bundle app.sitrep --artifact app-b.bin -o update.sits
  sitrep boot-package --bundle app.sitrep --artifact app-b.bin \\
    --trust trust.json --slot b --device-product thermostat \\
    --device-hardware rev-c -o update.sits
  sitrep boot-package --policy-update new.situ --trust trust.json -o rotate.sits";

/// `sitrep boot-report`.
#[derive(Debug, Args)]
#[command(after_help = REPORT_AFTER, after_long_help = REPORT_AFTER)]
pub struct BootReport {
    /// A dump of the memory that holds the report
    #[arg(value_name = "FILE")]
    pub dump: PathBuf,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

const REPORT_AFTER: &str = "\
The report says what the boot found, and is not signed: whatever ran afterwards can have changed it. \
core/BUNDLE.md, section 14, describes the block.

Exit codes:
  0  shown
  2  could not try: wrong usage, or a file without a whole report

Examples:
  sitrep boot-report ram.bin
  sitrep boot-report ram.bin --json";
