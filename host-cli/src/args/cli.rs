//! `sitrep` itself: its commands, and what its `--help` says around them.

use clap::{Parser, Subcommand};

use super::attest::Attest;
use super::boot::{BootPackage, BootReport};
use super::demo::Demo;
use super::inspect::Inspect;
use super::key::Key;
use super::layout::Layout;
use super::lint::Lint;
use super::manual::{Completions, Man};
use super::pack::Pack;
use super::run::Run;
use super::status::Status;
use super::trust::Trust;
use super::unpack::Unpack;
use super::verify::Verify;

const AFTER: &str = "\
Exit codes:
  0  verified (or done, for commands that do not verify)
  1  not verified: the error code says which check failed
  2  could not try: wrong usage, or a file that cannot be read

Examples:
  sitrep demo
  sitrep verify root.layout --verification-keys owner.pub
  sitrep pack root.layout --verification-keys owner.pub -o app.sitrep
  sitrep verify app.sitrep --verification-keys owner.pub --artifact app.tar.gz";

/// Verifies how software was made, from in-toto metadata: offline, and down to microcontrollers.
///
/// A project owner signs a layout: which steps make the software, who may carry out each, and which files may go in and come
/// out. Whoever carries out a step signs a link: what went in, what came out. sitrep checks the links against the layout, and
/// packs both into one small bundle that a device without an operating system can check just as well.
#[derive(Debug, Parser)]
#[command(name = "sitrep", version, after_help = AFTER, after_long_help = AFTER, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Verify a supply chain, and artifacts against it.
    Verify(Box<Verify>),
    /// Pack a layout and its links into one small bundle.
    Pack(Box<Pack>),
    /// Write the layout and links of a bundle as JSON files, with exactly the bytes that were signed.
    Unpack(Unpack),
    /// Show what is inside a bundle, an update package or a policy update, without verifying anything.
    Inspect(Inspect),
    /// Make and show keys: fingerprints, and the key ids of in-toto's dialects.
    Key(Key),
    /// Make layouts: from sitrep.toml, which says for people what a layout says.
    Layout(Box<Layout>),
    /// Carry out a step and sign what went in and what came out.
    Run(Box<Run>),
    /// Show how far a chain is, what is missing, and what does not fit.
    Status(Status),
    /// Make, show, check, compile and replace trust policies: small files that say whom a verifier believes.
    Trust(Trust),
    /// Make attestations: the security version of an artifact, and which devices it is for.
    Attest(Attest),
    /// Write an update package, which the boot loader of a device verifies and installs.
    BootPackage(Box<BootPackage>),
    /// Show the report that the boot loader of a device left in memory.
    BootReport(BootReport),
    /// Look for mistakes in a layout, before or after it is signed.
    Lint(Lint),
    /// Show a whole supply chain on real files: sign, record, pack, verify, attack.
    Demo(Demo),
    /// Print what completes sitrep's command line in a shell.
    Completions(Completions),
    /// Write manual pages.
    Man(Man),
}
