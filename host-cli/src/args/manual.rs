//! `sitrep completions` and `sitrep man`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// `sitrep completions`.
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS, after_long_help = COMPLETIONS)]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// `sitrep man`.
#[derive(Debug, Args)]
#[command(after_help = MAN, after_long_help = MAN)]
pub struct Man {
    /// Where to write the pages: a directory that is there
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
}

const COMPLETIONS: &str = "\
Exit codes:
  0  printed
  2  could not try: wrong usage

Examples:
  sitrep completions bash > /usr/share/bash-completion/completions/sitrep
  sitrep completions zsh > /usr/local/share/zsh/site-functions/_sitrep";

const MAN: &str = "\
There is a page for every command: sitrep.1, sitrep-verify.1 and so on.

Exit codes:
  0  written
  2  could not try: wrong usage, or a directory that cannot be written

Examples:
  sitrep man /usr/local/share/man/man1";
