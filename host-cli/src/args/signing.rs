//! What to sign with: options that several commands have.

use std::path::PathBuf;

use clap::Args;

/// The keys to sign with.
#[derive(Debug, Args)]
pub struct SigningKeys {
    /// Private keys to sign with
    #[arg(long, value_name = "KEY", num_args = 1.., required = true)]
    pub signing_key: Vec<PathBuf>,
}
