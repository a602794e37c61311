//! `sitrep layout`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::signing::SigningKeys;

/// `sitrep layout`.
#[derive(Debug, Args)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub struct Layout {
    /// What to do.
    #[command(subcommand)]
    pub command: LayoutCommand,
}

/// The commands about layouts.
#[derive(Debug, Subcommand)]
pub enum LayoutCommand {
    /// Show what sitrep.toml or a layout says, or the artifact rules that it compiles to.
    Show(LayoutShow),
    /// Sign the layout that sitrep.toml stands for.
    Sign(LayoutSign),
    /// Write the sitrep.toml that stands for a layout, whoever wrote it.
    Import(LayoutImport),
    /// Show how a layout differs from sitrep.toml, or from another layout.
    Diff(LayoutDiff),
    /// Add a functionary's key to sitrep.toml.
    AddKey(LayoutAddKey),
    /// Add a step to sitrep.toml.
    AddStep(LayoutAddStep),
}

/// Where the project's file is.
#[derive(Debug, Args)]
pub struct ProjectFile {
    /// The project's file [default: sitrep.toml here, or in the next directory above that has one]
    #[arg(long, value_name = "FILE")]
    pub project: Option<PathBuf>,
}

/// `sitrep layout show`.
#[derive(Debug, Args)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub struct LayoutShow {
    /// A project's file, NAME.toml, or a layout [default: sitrep.toml here, or in the next directory above that has one]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// Show the artifact rules of each step, and patterns that in-toto reads otherwise than they look
    #[arg(long)]
    pub rules: bool,

    /// Print the layout as JSON, as it would be signed now
    #[arg(long, conflicts_with = "rules")]
    pub json: bool,
}

/// `sitrep layout sign`.
#[derive(Debug, Args)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub struct LayoutSign {
    /// Where the project's file is.
    #[command(flatten)]
    pub project: ProjectFile,

    /// What to sign with.
    #[command(flatten)]
    pub keys: SigningKeys,

    /// Where to write the layout [default: root.layout in the evidence directory]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Let the time run anew: a layout that was signed already, and says the same, otherwise keeps its expiry and its signatures
    #[arg(long)]
    pub renew: bool,

    /// Print nothing
    #[arg(short, long)]
    pub quiet: bool,
}

/// `sitrep layout import`.
#[derive(Debug, Args)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub struct LayoutImport {
    /// The layout: a Metablock or a DSSE envelope
    #[arg(value_name = "LAYOUT")]
    pub layout: PathBuf,

    /// Where to write the file [default: print it]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `sitrep layout diff`.
#[derive(Debug, Args)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub struct LayoutDiff {
    /// A layout, or a project's file, NAME.toml [default: the signed layout in the evidence directory]
    #[arg(value_name = "BEFORE")]
    pub before: Option<PathBuf>,

    /// Another [default: sitrep.toml here, or in the next directory above that has one]
    #[arg(value_name = "AFTER")]
    pub after: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `sitrep layout add-key`.
#[derive(Debug, Args)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub struct LayoutAddKey {
    /// What the key is called in sitrep.toml
    #[arg(value_name = "NAME")]
    pub name: String,

    /// The file of the public key
    #[arg(value_name = "FILE")]
    pub key: PathBuf,

    /// The steps that it may do
    #[arg(long, value_name = "STEP", num_args = 1..)]
    pub step: Vec<String>,

    /// Where the project's file is.
    #[command(flatten)]
    pub project: ProjectFile,
}

/// `sitrep layout add-step`.
#[derive(Debug, Args)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub struct LayoutAddStep {
    /// What the step is called
    #[arg(value_name = "NAME")]
    pub name: String,

    /// Names of the keys that may do it
    #[arg(long, value_name = "KEY", num_args = 1.., required = true)]
    pub by: Vec<String>,

    /// What is run, in one word: it is split as a shell would
    #[arg(long, value_name = "COMMAND", allow_hyphen_values = true)]
    pub command: Option<String>,

    /// The steps whose products go in
    #[arg(long, value_name = "STEP", num_args = 1..)]
    pub after: Vec<String>,

    /// Patterns of what it may make
    #[arg(long, value_name = "PATTERN", num_args = 1..)]
    pub creates: Vec<String>,

    /// Patterns of what it may change
    #[arg(long, value_name = "PATTERN", num_args = 1..)]
    pub changes: Vec<String>,

    /// The step that it is put before [default: at the end]
    #[arg(long, value_name = "STEP")]
    pub before: Option<String>,

    /// Where the project's file is.
    #[command(flatten)]
    pub project: ProjectFile,
}

const AFTER: &str = "\
sitrep.toml says what a layout says, for people. The layout that is made from it is what owners sign \
and what verification reads; sitrep.toml itself is never read when something is verified.

Exit codes:
  0  done; for `diff`: there is no difference
  1  for `diff`: there is one
  2  could not try: wrong usage, or a file that cannot be read or says nothing valid

Examples:
  sitrep layout show --rules
  sitrep layout sign --signing-key keys/owner.key
  sitrep layout import root.layout -o sitrep.toml
  sitrep layout diff
  sitrep layout add-key builder keys/builder.pub --step build
  sitrep layout add-step test --by builder --after build --command 'make test'";
