//! `sitrep verify`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};
use serde::Serialize;
use sitrep_metadata::trust_policy::RequiredAttestation;

use super::artifact::{self, Artifact};
use super::source::{DeviceId, Source};
use super::values::{name_below, parameter, seconds, variable};

/// `sitrep verify`.
#[derive(Debug, Args)]
#[command(after_help = VERIFY_AFTER, after_long_help = VERIFY_AFTER)]
#[command(group(ArgGroup::new("artifacts").multiple(true)))]
#[command(
    override_usage = "sitrep verify INPUT --verification-keys FILE... [OPTIONS]\n       sitrep verify INPUT --trust FILE [OPTIONS]"
)]
pub struct Verify {
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would show it as help")]
    pub source: Source,

    /// Public keys of the project owners, all of whom must have signed the layout
    ///
    /// Every word up to the next option is taken for one: put INPUT before. PEM (BEGIN PUBLIC KEY), securesystemslib JSON, OpenSSH Ed25519, minisign or signify, or OpenPGP as `gpg --export` writes it. Ed25519, RSA of 2048
    /// to 8192 bits (PSS or PKCS#1 v1.5 with SHA-256, SHA-384, SHA-512), ECDSA P-256, P-384 and P-521; a PEM RSA key signs with rsassa-pss-sha256.
    /// OpenPGP: RSA, DSA, Ed25519; whether such a key has expired is not asked. The same key in two files is an error.
    #[arg(long, value_name = "FILE", num_args = 1.., required_unless_present = "trust", conflicts_with = "trust")]
    pub verification_keys: Vec<PathBuf>,

    /// A trust policy in place of --verification-keys: whose signatures count, how many are needed, what else is demanded
    ///
    /// In JSON or compiled; see `sitrep trust --help`. --require-attestation adds to what it demands.
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,

    /// Files that must be products of the verified chain
    ///
    /// NAME is the artifact's name in the metadata; without it, FILE as it is written here, without a leading `./`. The text is split at the first `=`. Where
    /// the whole text is the name of something that is there, it could mean two files and is refused: give --artifact-as.
    #[arg(long, value_name = "[NAME=]FILE", num_args = 1.., value_parser = artifact::split, group = "artifacts")]
    pub artifact: Vec<Artifact>,

    /// A file that must be the product NAME, in two words that are never split: for scripts, whatever a file is called
    ///
    /// Both words are taken as they are, also where they begin with `-`. May be given more than once.
    #[arg(long, value_names = ["NAME", "FILE"], num_args = 2, allow_hyphen_values = true, group = "artifacts")]
    pub artifact_as: Vec<OsString>,

    /// Copy the artifacts into this directory while they are read: what was verified is then what is used
    ///
    /// Each copy has the artifact's name in the metadata, with its directories, and appears when everything was verified: otherwise nothing
    /// is left. Nothing that is there is replaced.
    #[arg(long, value_name = "DIR", requires = "artifacts")]
    pub copy_to: Option<PathBuf>,

    /// The step whose products the artifacts must be [default: the trust policy's, or the layout's last step]
    #[arg(long, value_name = "STEP", requires = "artifacts")]
    pub product_of: Option<String>,

    /// An attestation that must be there: as many keys of STEP as its threshold says must have signed it
    ///
    /// TYPE is a predicate type's URI, or its name: slsa-provenance-v1, slsa-vsa-v1, test-result-v0.1, scai-v0.3, spdx-v3, cyclonedx and
    /// others. It must be about an artifact of STEP, by its digest. Without STEP, the step is the one that makes the artifacts, and there must
    /// be one about each of them. The text is split at the last `@`. May be given more than once.
    #[arg(long, value_name = "TYPE[@STEP]")]
    pub require_attestation: Vec<RequiredAttestation>,

    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would show it as help")]
    pub device: DeviceId,

    /// Values for the layout's parameters, `{NAME}` in its rules and commands
    ///
    /// If you give one, you must give all that the layout names. Values may hold wildcards. Without this option, `{NAME}` is ordinary text.
    #[arg(long, value_name = "NAME=VALUE", num_args = 1.., value_parser = parameter)]
    pub param: Vec<(String, String)>,

    /// Directory in which inspections run and whose files they see [default: the current directory]
    #[arg(long, value_name = "DIR", requires = "run_inspections")]
    pub target_dir: Option<PathBuf>,

    /// Run the layout's inspections: commands that the project owner signed, executed on this machine
    ///
    /// They start after everything else was verified, in --target-dir, with your rights. They have no standard input and a small
    /// environment: PATH is the system's directories (/usr/local/sbin, /usr/local/bin, /usr/sbin, /usr/bin, /sbin, /bin), HOME and
    /// TMPDIR are empty directories that are removed afterwards, LANG is C.UTF-8, TZ is UTC. What they print is shown on standard
    /// error, each line after `| `. A command that does not return 0 fails the verification. Without this option a layout that has
    /// inspections is not verified.
    #[arg(long)]
    pub run_inspections: bool,

    /// How long each command of an inspection may take; a slower one is killed, and there is no verdict
    ///
    /// Everything that it has started is killed too. So is everything that a command leaves running when it ends.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = seconds)]
    #[arg(requires = "run_inspections")]
    pub inspection_timeout: u32,

    /// Pass this variable of the environment on to inspections; may be given several times
    ///
    /// For what a command needs on this machine, such as PATH or HOME. Whoever sets such variables decides what the commands do.
    #[arg(long, value_name = "NAME", requires = "run_inspections", value_parser = variable)]
    pub inspection_env: Vec<String>,

    /// Leave this file or directory out of what inspections see; may be given several times
    ///
    /// NAME is what it is called below --target-dir, as rules would name it. The verdict says what was left out. Without this option inspections see every
    /// file there, but for those that were read as layout, links and keys.
    #[arg(long, value_name = "NAME", requires = "run_inspections", value_parser = name_below)]
    pub inspection_exclude: Vec<String>,

    /// Allow symbolic links of this kind in the target directory; may be given for both
    ///
    /// Inspections see files through symbolic links, also to directories, by every name that they have. A link out of the target directory is an error, so is one
    /// that leads back into a directory that it is in: more could be there than is meant, or no end.
    #[arg(long, value_name = "KIND", value_enum, requires = "run_inspections")]
    pub inspection_links: Vec<LinkKind>,

    /// Write what was run, as JSON, also when the verification fails
    ///
    /// Name, command, directory, return value and duration of each inspection, and how many files it saw before and after. The file must
    /// be outside of --target-dir, where inspections would see it. An older report of that name is replaced, any other file is not.
    #[arg(long, value_name = "FILE", requires = "run_inspections")]
    pub inspection_report: Option<PathBuf>,

    /// Run the inspections of sublayouts too, which functionaries signed and not the project owner
    ///
    /// They run first, those of the deepest sublayout before all others, in the same --target-dir. Without this option a supply chain
    /// whose sublayouts have inspections is not verified, and none is run.
    #[arg(long, requires = "run_inspections")]
    pub run_sublayout_inspections: bool,

    /// Verify as if it were this time, such as 2040-01-01T00:00:00Z [default: the system clock]
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,

    /// Print the verdict as JSON
    #[arg(long, conflicts_with_all = ["quiet", "verbose"])]
    pub json: bool,

    /// Print nothing on success
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Print whole key ids, every rule, and the files that did not count
    #[arg(short, long)]
    pub verbose: bool,
}

/// Kinds of symbolic links to directories that are errors otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkKind {
    /// Out of the target directory: what is there is seen, wherever it is
    Outside,
    /// Back into a directory that the link is in: it is passed over, as all that is there has another name
    Loops,
}

const VERIFY_AFTER: &str = "\
What is checked: the signatures of all owners on the layout (with --trust, of as many as it says) and \
its expiry; for each step, that there are enough links with good signatures by keys that the layout \
allows, and that they agree on what went in and came out; every artifact rule; all of this for every \
sublayout too; the attestations that are demanded; and the artifacts.

The time is that of the system clock. A clock before 2026 cannot be right, and ends the command: then \
give --at.

Exit codes:
  0  verified
  1  not verified: the error code says which check failed
  2  could not try: wrong usage, a file that cannot be read, or an inspection
     that could not be run to its end

Examples:
  sitrep verify app.sitrep --verification-keys owner.pub --artifact app.tar.gz
  sitrep verify root.layout --verification-keys alice.pub bob.pub \\
    --run-inspections
  sitrep verify app.sitrep --trust trust.json --artifact app.tar.gz
  sitrep verify --layout root.layout --link-dir links \\
    --verification-keys owner.pub --json";
