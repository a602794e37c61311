//! Keys that sign, of every command that signs.

use std::path::PathBuf;

use clap::Args;

/// What signs.
#[derive(Debug, Args)]
pub struct SigningKeys {
    /// Private keys that sign: Ed25519, or ECDSA on P-256 or P-384
    ///
    /// PKCS#8 in PEM, plain or encrypted (as `sitrep key generate` and openssl write it), BEGIN EC PRIVATE KEY, or OpenSSH's own form. A passphrase is
    /// taken from --passphrase-file, from the variable SITREP_PASSPHRASE, or asked for in the terminal: for each key, before anything else is done.
    #[arg(long, value_name = "KEY", num_args = 1.., required = true)]
    pub signing_key: Vec<PathBuf>,

    /// A file whose first line is the passphrase of the keys; may be a pipe, such as /dev/fd/3
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}
