//! `sitrep key`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

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
    /// Make a key: NAME.key, encrypted with a passphrase, and NAME.pub.
    Generate(KeyGenerate),
    /// Show a key's type, fingerprints and in-toto key ids, or write it as PEM.
    Show(KeyShow),
}

/// `sitrep key generate`.
#[derive(Debug, Args)]
#[command(after_help = GENERATE_AFTER, after_long_help = GENERATE_AFTER)]
pub struct KeyGenerate {
    /// What the files are called, before `.key` and `.pub`; nothing is overwritten
    #[arg(value_name = "NAME", required_unless_present = "output", conflicts_with = "output")]
    pub name: Option<PathBuf>,

    /// The same, as an option
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,

    /// The kind of key; devices check Ed25519 alone
    #[arg(long = "type", value_enum, value_name = "TYPE", default_value_t = KeyType::Ed25519)]
    pub kind: KeyType,

    /// A file whose first line is the passphrase; may be a pipe, such as /dev/fd/3
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,

    /// Do not encrypt the private key: whoever reads the file can sign
    #[arg(long, conflicts_with = "passphrase_file")]
    pub no_passphrase: bool,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// The kinds of keys that are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KeyType {
    /// Ed25519
    Ed25519,
    /// ECDSA on P-256, with SHA-256
    EcdsaP256,
    /// ECDSA on P-384, with SHA-384
    EcdsaP384,
}

const GENERATE_AFTER: &str = "\
NAME.key is PKCS#8 in PEM, encrypted with scrypt and AES-256, and only its owner can read it; openssl and \
in-toto read it too. The passphrase is taken from --passphrase-file, from the variable SITREP_PASSPHRASE, \
or asked for twice in the terminal. NAME.pub is the public key in PEM: give that to others, and tell \
them the fingerprint on another way.

Exit codes:
  0  made
  2  could not try: wrong usage, no passphrase, or a file that is there already

Examples:
  sitrep key generate alice
  sitrep key generate --type ecdsa-p256 -o keys/builder
  sitrep key generate ci --no-passphrase --json";

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
