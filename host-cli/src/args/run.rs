//! `sitrep run`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::layout::ProjectFile;
use super::signing::SigningKeys;
use super::values::seconds;

/// `sitrep run`.
#[derive(Debug, Args)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub struct Run {
    /// The step, as sitrep.toml and the layout call it
    #[arg(value_name = "STEP")]
    pub step: String,

    /// The command, after `--` [default: that of sitrep.toml]
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,

    /// What to sign with: one key
    #[command(flatten)]
    pub keys: SigningKeys,

    /// Where the project's file is.
    #[command(flatten)]
    pub project: ProjectFile,

    /// Run nothing: the step is something that a person does, as one without a command in sitrep.toml is
    #[arg(short = 'x', long, conflicts_with = "command")]
    pub no_command: bool,

    /// Which files to record before the command, gitignore's patterns [default: those of sitrep.toml]
    #[arg(short, long, value_name = "PATTERN", num_args = 0..)]
    pub materials: Option<Vec<String>>,

    /// Which files to record after it [default: those of sitrep.toml]
    #[arg(short, long, value_name = "PATTERN", num_args = 0..)]
    pub products: Option<Vec<String>>,

    /// Which files not to record, beside those of sitrep.toml
    #[arg(short, long, value_name = "PATTERN", num_args = 1..)]
    pub exclude: Vec<String>,

    /// The directory that names of files are relative to [default: that of sitrep.toml, or the current one]
    #[arg(long, value_name = "DIR", requires = "without_layout")]
    pub base_path: Option<PathBuf>,

    /// What to take off from the front of names: the first of these with which a name begins
    #[arg(long, value_name = "PREFIX", num_args = 1.., requires = "without_layout")]
    pub lstrip_paths: Vec<String>,

    /// What to keep of the command's output
    #[arg(short = 's', long, value_name = "WHAT", num_args = 0..=1, default_missing_value = "text")]
    pub record_streams: Option<Streams>,

    /// Write the link as DSSE instead of a Metablock
    #[arg(long)]
    pub use_dsse: bool,

    /// Kill the command after so many seconds, and record nothing
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<u32>,

    /// Digests of each file: sha256, sha384, sha512, gitoid:sha256 [default: sha256]
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub digest: Vec<String>,

    /// Follow symbolic links that lead out of the directory; otherwise they are errors
    #[arg(long)]
    pub links_outside: bool,

    /// Sign the link of a command that failed, too
    #[arg(long)]
    pub record_failure: bool,

    /// What happens to a recording that does not fit the layout
    #[arg(long, value_name = "MODE", default_value = "fail-safe", conflicts_with = "without_layout")]
    pub mode: Mode,

    /// A command that is told of a misfit, on its standard input; it is split as a shell would
    #[arg(long, value_name = "COMMAND", allow_hyphen_values = true)]
    pub on_misfit: Option<String>,

    /// Record without a layout: nothing is verified before, and nothing is held against one after
    #[arg(long, conflicts_with = "project")]
    pub without_layout: bool,

    /// Where to write the link [default: the evidence directory, or with --without-layout the current one]
    #[arg(short = 'd', long, value_name = "DIR")]
    pub metadata_directory: Option<PathBuf>,

    /// Do and say everything, and sign nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Print nothing of sitrep's own
    #[arg(short, long)]
    pub quiet: bool,
}

/// What is kept of a command's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Streams {
    /// Nothing.
    Off,
    /// Digest and length.
    Digest,
    /// The text, up to 1 MiB of each stream; beyond that digest and length.
    Text,
}

/// What happens to a recording that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Nothing is signed, and the recording is kept.
    FailSafe,
    /// It is signed, and told at once.
    Notify,
    /// It is signed, and told by `sitrep status`.
    Log,
}

const AFTER: &str = "\
Before the command starts, the layout is verified, and the links that the step builds on; materials that \
differ from them stop it. After it, the chain so far is held against the layout. The command gets the \
environment of sitrep but for variables that begin with SITREP_.

Exit codes:
  the command's own, where it ran and was recorded; 128 and the number of the signal that ended it
  125  not recorded: nothing is signed
  2    wrong usage

Examples:
  sitrep run build --signing-key keys/builder.key
  sitrep run build --signing-key keys/builder.key --dry-run
  sitrep run checkout --signing-key keys/dev.key
  sitrep run all --without-layout --signing-key k.key --products out -- make";
