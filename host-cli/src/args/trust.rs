//! `sitrep trust`: making, reading and compiling trust policies.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use sitrep_core::Inspections;
use sitrep_metadata::profile::Profile;
use sitrep_metadata::trust_policy::RequiredAttestation;

use super::signing::SigningKeys;
use super::values::{not_the_last, profile};

/// `sitrep trust`.
#[derive(Debug, Args)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub struct Trust {
    #[command(subcommand)]
    #[allow(missing_docs, reason = "clap would show it as help")]
    pub command: TrustCommand,
}

const AFTER: &str = "\
A trust policy is one small file that says what a verifier believes: whose signatures a layout must \
have and how many of them, which step makes the product, which attestations are demanded, and a time \
that has certainly passed. Whoever can change it decides what is verified: keep it where updates \
cannot write.

Exit codes:
  0  done; the policy is valid
  1  the policy is not valid, or not for the machine that was named
  2  could not try: wrong usage, or a file that cannot be read or written

Examples:
  sitrep trust init --verification-keys alice.pub bob.pub carol.pub \\
    --threshold 2 -o trust.json
  sitrep trust show trust.json
  sitrep verify app.sitrep --trust trust.json --artifact app.tar.gz
  sitrep trust compile trust.json --profile device -o trust.bin";

/// What is done with a trust policy.
#[derive(Debug, Subcommand)]
pub enum TrustCommand {
    /// Write a trust policy for these owners, as JSON.
    Init(Box<Init>),
    /// Show what a trust policy believes and demands.
    Show(Show),
    /// Say whether a trust policy is valid, and what a device would refuse.
    Check(Check),
    /// Write a trust policy in the compiled form that devices read.
    Compile(Compile),
    /// Sign a trust policy that is to replace the one on devices.
    Sign(Sign),
    /// Make a policy update for devices from signed policies.
    Update(Update),
}

/// `sitrep trust init`.
#[derive(Debug, Args)]
#[command(after_help = INIT_AFTER, after_long_help = INIT_AFTER)]
pub struct Init {
    /// Public keys of the project owners; see `sitrep verify --help`
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    pub verification_keys: Vec<PathBuf>,

    /// How many of the owners must have signed the layout [default: all]
    #[arg(long, value_name = "K")]
    pub threshold: Option<u32>,

    /// The step whose products count [default: the layout's last step]
    #[arg(long, value_name = "STEP")]
    pub product_step: Option<String>,

    /// The name of the product that is to be run, as that step records it; a device needs it
    #[arg(long, value_name = "NAME")]
    pub product_artifact: Option<String>,

    /// What to do with a layout that has inspections, where they are not run
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = Treatment::Refuse)]
    pub inspections: Treatment,

    /// An attestation that must be there: its predicate type, and the step whose functionaries must have signed it [default: the product's]
    ///
    /// TYPE is a predicate type's URI, or its name, as for `sitrep verify`. May be given more than once.
    #[arg(long, value_name = "TYPE[@STEP]")]
    pub require_attestation: Vec<RequiredAttestation>,

    /// A time that has certainly passed: layouts that expired before it are refused, whatever the clock says
    #[arg(long, value_name = "TIME")]
    pub earliest_time: Option<String>,

    /// The lowest security version that is accepted; 0 asks for none
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = not_the_last)]
    pub security_version: u32,

    /// The revision of the policy: a device takes only one with a greater number than its own. Count up by one
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = not_the_last)]
    pub revision: u32,

    /// The policy to write; a trust policy of that name is replaced, any other file is not
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,

    /// Print nothing on success
    #[arg(short, long)]
    pub quiet: bool,
}

const INIT_AFTER: &str = "\
Exit codes:
  0  written
  2  could not try: wrong usage, a key that cannot be used, or a file that
     cannot be written

Examples:
  sitrep trust init --verification-keys owner.pub -o trust.json
  sitrep trust init --verification-keys alice.pub bob.pub carol.pub \\
    --threshold 2 --product-artifact app.bin \\
    --require-attestation https://slsa.dev/provenance/v1@build -o trust.json";

/// What becomes of a layout with inspections where they are not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Treatment {
    /// Refuse it
    Refuse,
    /// Verify it without them, and name them in the verdict
    Skip,
}

impl From<Treatment> for Inspections {
    fn from(treatment: Treatment) -> Self {
        match treatment {
            Treatment::Refuse => Self::Refuse,
            Treatment::Skip => Self::Skip,
        }
    }
}

/// `sitrep trust show`.
#[derive(Debug, Args)]
#[command(after_help = SHOW_AFTER, after_long_help = SHOW_AFTER)]
pub struct Show {
    /// The trust policy, in JSON, compiled, or signed as `sitrep trust sign` writes it
    #[arg(value_name = "FILE")]
    pub policy: PathBuf,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

const SHOW_AFTER: &str = "\
The fingerprint is the SHA-256 of the key's SubjectPublicKeyInfo, so that
  openssl pkey -pubin -in alice.pub -outform DER | sha256sum
shows the same for the owner's own file.

Exit codes:
  0  shown
  2  could not try: wrong usage, or no valid trust policy

Examples:
  sitrep trust show trust.json
  sitrep trust show trust.bin --json";

/// `sitrep trust check`.
#[derive(Debug, Args)]
#[command(after_help = CHECK_AFTER, after_long_help = CHECK_AFTER)]
pub struct Check {
    /// The trust policy, in JSON or compiled
    #[arg(value_name = "FILE")]
    pub policy: PathBuf,

    /// The machine that is to use it: with `device`, what a device would refuse is an error
    #[arg(long, value_parser = profile(), value_name = "NAME", default_value = "host")]
    pub profile: Profile,

    /// Print nothing on success
    #[arg(short, long)]
    pub quiet: bool,
}

const CHECK_AFTER: &str = "\
Exit codes:
  0  valid
  1  not valid, or a device would refuse it and --profile device was given
  2  could not try: wrong usage, or a file that cannot be read

Examples:
  sitrep trust check trust.json
  sitrep trust check trust.bin --profile device";

/// `sitrep trust compile`.
#[derive(Debug, Args)]
#[command(after_help = COMPILE_AFTER, after_long_help = COMPILE_AFTER)]
pub struct Compile {
    /// The trust policy, in JSON or compiled
    #[arg(value_name = "FILE")]
    pub policy: PathBuf,

    /// The compiled policy to write; a trust policy of that name is replaced, any other file is not
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,

    /// The machine that is to use it: with `device`, what a device would refuse is an error
    #[arg(long, value_parser = profile(), value_name = "NAME", default_value = "host")]
    pub profile: Profile,

    /// Print nothing on success
    #[arg(short, long)]
    pub quiet: bool,
}

const COMPILE_AFTER: &str = "\
The form is described in core/BUNDLE.md, section 12. A device reads it in place, from a page of \
flash that only its boot writes: the factory's policy, and those that its owners sign.

Exit codes:
  0  written
  1  not valid, or a device would refuse it and --profile device was given;
     nothing was written
  2  could not try: wrong usage, or a file that cannot be read or written

Examples:
  sitrep trust compile trust.json -o trust.bin
  sitrep trust compile trust.json --profile device -o trust.bin";

/// `sitrep trust sign`.
#[derive(Debug, Args)]
#[command(after_help = SIGN_AFTER, after_long_help = SIGN_AFTER)]
pub struct Sign {
    /// The new trust policy, in JSON or compiled
    #[arg(value_name = "FILE")]
    pub policy: PathBuf,

    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would show it as help")]
    pub signing: SigningKeys,

    /// The envelope to write; a signed policy of that name is replaced, any other file is not
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,

    /// Print nothing on success
    #[arg(short, long)]
    pub quiet: bool,
}

const SIGN_AFTER: &str = "\
The output is a DSSE envelope in JSON whose payload is the compiled policy and whose payload type is \
application/vnd.sitrep.trust-policy. Any tool that writes such an envelope will do, for keys that are \
in no file. Each owner signs on a machine of their own; `sitrep trust update` puts the envelopes together.

A policy belongs to no product in particular: every device that believes these owners takes it if its \
revision is greater. Use other owner keys for each product, or one line of revisions for all products \
with the same owners.

Devices check Ed25519, so Ed25519 keys alone sign here.

Exit codes:
  0  written
  1  no valid policy, or one that a device would refuse; nothing was written
  2  could not try: wrong usage, a key that cannot be used, or a file that
     cannot be read or written

Examples:
  sitrep trust init --verification-keys alice.pub dave.pub \\
    --product-artifact app.bin --revision 2 -o new.json
  sitrep trust sign new.json --signing-key alice.key -o new.alice.json";

/// `sitrep trust update`.
#[derive(Debug, Args)]
#[command(after_help = UPDATE_AFTER, after_long_help = UPDATE_AFTER)]
pub struct Update {
    /// Signed policies, as `sitrep trust sign` writes them, all with the same policy
    #[arg(value_name = "ENVELOPE", required = true)]
    pub envelopes: Vec<PathBuf>,

    /// The trust policy that the devices have now, in JSON or compiled
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,

    /// The policy update to write; one of that name is replaced, any other file is not
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,

    /// Print nothing on success
    #[arg(short, long)]
    pub quiet: bool,
}

const UPDATE_AFTER: &str = "\
A device takes the new policy when its revision is greater and enough owners have signed it: owners \
that the device's present policy names, as many as the threshold of that policy says. It comes into \
force when an image that it allows has confirmed that it works, so that nobody is locked out by a \
mistake. `sitrep boot-package` carries it.

Exit codes:
  0  written
  1  a device with the policy of --from would refuse it; nothing was written
  2  could not try: wrong usage, or a file that cannot be read or written

Examples:
  sitrep trust update new.alice.json new.bob.json --from trust.json -o new.situ
  sitrep boot-package --policy-update new.situ -o rotate.sits";
