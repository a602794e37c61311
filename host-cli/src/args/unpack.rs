//! `sitrep unpack`.

use std::path::PathBuf;

use clap::Args;

/// `sitrep unpack`.
#[derive(Debug, Args)]
#[command(after_help = UNPACK_AFTER, after_long_help = UNPACK_AFTER)]
pub struct Unpack {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    pub bundle: PathBuf,

    /// Directory to make; it must not exist yet
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,

    /// Unpack also names that FAT and Windows cannot hold, or would take for others
    ///
    /// Such as `a:b`, `NUL`, or names that differ by upper and lower case alone. Without this option nothing is unpacked where there is
    /// one, so that what is copied to a stick stays what it was.
    #[arg(long)]
    pub any_names: bool,

    /// Print nothing on success
    #[arg(short, long)]
    pub quiet: bool,
}

const UNPACK_AFTER: &str = "\
Nothing is verified. The white space of a Metablock's file is not kept, only what its signatures cover.

Exit codes:
  0  unpacked
  2  could not try: wrong usage, a file that cannot be read, a damaged bundle,
     or a name that cannot be unpacked

Examples:
  sitrep unpack app.sitrep -o metadata
  in-toto-verify --layout metadata/root.layout --link-dir metadata \\
    --verification-keys owner.pub";
