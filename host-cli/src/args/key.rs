//! `sitrep key`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `sitrep key`.
#[derive(Debug, Args)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub struct Key {
    /// What to do.
    #[command(subcommand)]
    pub command: KeyCommand,
}

/// The commands about keys.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Show a key's type, fingerprints and in-toto key ids, or write it as PEM.
    Show(KeyShow),
}

/// `sitrep key show`.
#[derive(Debug, Args)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub struct KeyShow {
    /// Files with one key each
    ///
    /// PEM (BEGIN PUBLIC KEY), securesystemslib JSON, an OpenSSH Ed25519 key (`ssh-ed25519 AAAA... comment`), a minisign or signify
    /// public key, or an OpenPGP key as `gpg --export` writes it. Of a private key in PEM (BEGIN PRIVATE KEY, without a password) the public half is shown.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    /// Print JSON
    #[arg(long, conflicts_with = "pem")]
    pub json: bool,

    /// Write the public keys as PEM (SubjectPublicKeyInfo) and nothing else
    #[arg(long)]
    pub pem: bool,
}

const AFTER: &str = "\
The fingerprint is the SHA-256 of the key's SubjectPublicKeyInfo in DER, the same for every form of \
file. Ed25519 keys have OpenSSH's as well, as `ssh-keygen -lf` shows it. in-toto's implementations \
compute different key ids from one key: a layout signed with one of them carries its id. The key \
id of an OpenPGP key is its own fingerprint; its subkeys that sign are shown below it.

Exit codes:
  0  shown
  2  could not try: wrong usage, or a file that holds no key; then nothing is shown

Examples:
  sitrep key show owner.pub ~/.ssh/id_ed25519.pub
  sitrep key show --pem owner.key > owner.pub
  sitrep key show owner.pub --json";
