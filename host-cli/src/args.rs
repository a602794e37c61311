//! The command line, defined once: parsing, `--help` and the checks of which options go together.

mod attest;
mod attestation;
mod boot;
mod key;
mod lint;
mod trust;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sitrep_core::Device;
use sitrep_core::limits::{self, Limits};

pub use attest::{Attest, AttestCommand, AttestSecurityVersion};
pub use attestation::RequiredAttestation;
pub use boot::{BootPackage, BootReport, SlotName};
pub use key::{Key, KeyCommand, KeyShow};
pub use lint::Lint;
pub use trust::{Check, Compile, Init, Show, Sign, Treatment, Trust, TrustCommand, Update};

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
    /// Write a layout and its links as one small bundle.
    Pack(Box<Pack>),
    /// Write a bundle's layout and links as JSON files with the exact bytes that were signed.
    Unpack(Unpack),
    /// Show what is inside a bundle, an update package or a policy update, without verifying anything.
    Inspect(Inspect),
    /// Show keys: fingerprints, and the key ids of in-toto's dialects.
    Key(Key),
    /// Make, show, check, compile and replace trust policies: what a verifier believes, as one small file.
    Trust(Trust),
    /// Make attestations: how new an artifact is in terms of security, and for which devices.
    Attest(Attest),
    /// Write an update package, which a device's boot verifies and installs.
    BootPackage(Box<BootPackage>),
    /// Show what a device's boot has left for the application.
    BootReport(BootReport),
    /// Say what will hurt about a layout, before or after it is signed.
    Lint(Lint),
    /// Play a whole supply chain on real files: sign, record, pack, verify, tamper.
    Demo(Demo),
}

/// Where the layout and the links are.
#[derive(Debug, Args)]
pub struct Source {
    /// A bundle (NAME.sitrep), or a layout whose links stand beside it
    #[arg(value_name = "INPUT", required_unless_present = "layout", conflicts_with = "layout")]
    pub input: Option<PathBuf>,

    /// The layout, as for in-toto-verify: links are then read from --link-dir
    #[arg(short, long, value_name = "FILE")]
    pub layout: Option<PathBuf>,

    /// Directory of the links, or an attestation bundle [default: beside INPUT; with --layout the current directory]
    ///
    /// In a directory, links are files named STEP.KEYID8.link, sublayouts too; the links of a sublayout are in STEP.KEYID8/. Attestation
    /// bundles, named NAME.intoto.jsonl, hold one DSSE envelope a line: links or other attestations. All in the directory are read.
    #[arg(long, value_name = "DIR|FILE")]
    pub link_dir: Option<PathBuf>,

    /// Further files with attestations: attestation bundles, or DSSE envelopes one a file
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub attestations: Vec<PathBuf>,
}

/// The device that is verified for.
#[derive(Clone, Debug, Default, Args)]
pub struct DeviceId {
    /// The device's product: a security version must be attested that is for it
    #[arg(long, value_name = "ID", requires = "device_hardware")]
    pub device_product: Option<String>,

    /// The device's hardware, which that attestation must name as well
    #[arg(long, value_name = "ID", requires = "device_product")]
    pub device_hardware: Option<String>,
}

impl DeviceId {
    /// The device, where it is named.
    #[must_use]
    pub fn device(&self) -> Option<Device<'_>> {
        let (product, hardware) = self.device_product.as_deref().zip(self.device_hardware.as_deref())?;
        Some(Device { product, hardware })
    }
}

/// `sitrep verify`.
#[derive(Debug, Args)]
#[command(after_help = VERIFY_AFTER, after_long_help = VERIFY_AFTER)]
#[command(
    override_usage = "sitrep verify INPUT --verification-keys FILE... [OPTIONS]\n       sitrep verify INPUT --trust FILE [OPTIONS]"
)]
pub struct Verify {
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would show it as help")]
    pub source: Source,

    /// Public keys of the project owners, all of whom must have signed the layout
    ///
    /// PEM (BEGIN PUBLIC KEY), securesystemslib JSON, OpenSSH Ed25519, minisign or signify. Ed25519, RSA of 2048 to 8192 bits (PSS or
    /// PKCS#1 v1.5 with SHA-256, SHA-384, SHA-512), ECDSA P-256 and P-384; a PEM RSA key signs with rsassa-pss-sha256. The same key in two
    /// files is an error.
    #[arg(long, value_name = "FILE", num_args = 1.., required_unless_present = "trust", conflicts_with = "trust")]
    pub verification_keys: Vec<PathBuf>,

    /// A trust policy in the place of --verification-keys: whose signatures count, how many are needed, what else is demanded
    ///
    /// In JSON or compiled; see `sitrep trust --help`. --require-attestation adds to what it demands.
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,

    /// Files that must be products of the verified chain
    ///
    /// NAME is the artifact's name in the metadata; without it, FILE as it is written here, less a leading `./`. Split at the first `=`.
    #[arg(long, value_name = "[NAME=]FILE", num_args = 1.., value_parser = artifact)]
    pub artifact: Vec<Artifact>,

    /// The step whose products the artifacts must be [default: the trust policy's, or the layout's last step]
    #[arg(long, value_name = "STEP", requires = "artifact")]
    pub product_of: Option<String>,

    /// An attestation that must be there: as many keys of STEP as its threshold says must have signed it
    ///
    /// TYPE is a predicate type's URI, or its name: slsa-provenance-v1, slsa-vsa-v1, test-result-v0.1, scai-v0.3, spdx-v3, cyclonedx and
    /// others. It must be about an artifact of STEP, by digest; without STEP, of the step that has to have made the artifacts, and about each
    /// of these. Split at the last `@`. May be given more than once.
    #[arg(long, value_name = "TYPE[@STEP]")]
    pub require_attestation: Vec<RequiredAttestation>,

    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would show it as help")]
    pub device: DeviceId,

    /// Values for the layout's parameters, `{NAME}` in its rules and commands
    ///
    /// Where any is given, each that the layout names has to be. Values may hold wildcards. Without this option braces are text.
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

    /// Time that each command of an inspection may take; one that takes longer is killed, and there is no verdict
    ///
    /// What it has started is killed with it, and so is what any command leaves running.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..))]
    #[arg(requires = "run_inspections")]
    pub inspection_timeout: u32,

    /// Pass this variable of the environment on to inspections; may be given several times
    ///
    /// For what a command needs on this machine, such as PATH or HOME. Whoever sets such variables decides what the commands do.
    #[arg(long, value_name = "NAME", requires = "run_inspections", value_parser = variable)]
    pub inspection_env: Vec<String>,

    /// Write what was run, as JSON, also when the verification fails
    ///
    /// Name, command, directory, return value and duration of each inspection, and how many files it saw before and after. Outside of
    /// --target-dir, where inspections would see it. An older report of that name is replaced, any other file is not.
    #[arg(long, value_name = "FILE", requires = "run_inspections")]
    pub inspection_report: Option<PathBuf>,

    /// Run the inspections of sublayouts too, which functionaries signed and not the project owner
    ///
    /// They run first, those of the deepest sublayout before all others, in the same --target-dir. Without this option a supply chain
    /// whose sublayouts have inspections is not verified, and none is run.
    #[arg(long, requires = "run_inspections")]
    pub run_sublayout_inspections: bool,

    /// Verify as of this time, such as 2040-01-01T00:00:00Z [default: the system clock]
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,

    /// Print the verdict as JSON
    #[arg(long, conflicts_with_all = ["quiet", "verbose"])]
    pub json: bool,

    /// Print nothing on success
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Print whole key ids, every rule with what it consumed, and files that did not count
    #[arg(short, long)]
    pub verbose: bool,
}

const VERIFY_AFTER: &str = "\
What is checked: every owner's signature on the layout (with --trust, as many as it says) and its \
expiry, for each step enough good signatures of those whom the layout allows, their agreement on \
what went in and came out, and every artifact rule; the same of every sublayout; the attestations that are demanded; and the artifacts.

The time is the system clock's. One that is before 2026 cannot be right and ends the command: give --at.

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

/// `sitrep pack`.
#[derive(Debug, Args)]
#[command(after_help = PACK_AFTER, after_long_help = PACK_AFTER)]
#[command(
    override_usage = "sitrep pack INPUT --verification-keys FILE... -o NAME.sitrep [OPTIONS]\n       sitrep pack INPUT --trust FILE -o NAME.sitrep [OPTIONS]"
)]
pub struct Pack {
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would show it as help")]
    pub source: Source,

    /// Public keys of the project owners; see `sitrep verify --help`
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["no_verify", "trust"])]
    #[arg(required_unless_present_any = ["no_verify", "trust"])]
    pub verification_keys: Vec<PathBuf>,

    /// A trust policy in the place of --verification-keys; see `sitrep trust --help`
    #[arg(long, value_name = "FILE", conflicts_with = "no_verify")]
    pub trust: Option<PathBuf>,

    /// The bundle to write; a bundle of that name is replaced, any other file is not
    #[arg(short, long, value_name = "NAME.sitrep")]
    pub output: PathBuf,

    /// Whose limits and signature schemes the bundle must fit
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Profile::Host)]
    pub profile: Profile,

    /// Pack without verifying first
    #[arg(long, conflicts_with = "device_product")]
    pub no_verify: bool,

    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would show it as help")]
    pub device: DeviceId,

    /// Values for the layout's parameters; see `sitrep verify --help`. They do not go into the bundle
    #[arg(long, value_name = "NAME=VALUE", num_args = 1.., value_parser = parameter, conflicts_with = "no_verify")]
    pub param: Vec<(String, String)>,

    /// Verify as of this time, such as 2040-01-01T00:00:00Z [default: the system clock]
    #[arg(long, value_name = "TIME", conflicts_with = "no_verify")]
    pub at: Option<String>,

    /// Print the sizes as JSON
    #[arg(long, conflicts_with = "quiet")]
    pub json: bool,

    /// Print nothing on success
    #[arg(short, long)]
    pub quiet: bool,
}

const PACK_AFTER: &str = "\
A bundle adds no signature and is trusted by nobody: whoever reads it rebuilds the bytes that were \
signed and checks the original signatures. Inspections are not run here: a host may run them when it \
verifies, a device does as its trust policy says, which with --profile device and --trust is checked.

Exit codes:
  0  packed
  1  not verified, nothing was written
  2  could not try: wrong usage, or a file that cannot be read or written

Examples:
  sitrep pack root.layout --verification-keys owner.pub -o app.sitrep
  sitrep pack root.layout --trust trust.json --profile device -o app.sitrep
  sitrep pack --layout root.layout --link-dir links --no-verify -o app.sitrep";

/// The profiles that `sitrep pack` knows; core's `limits` module has their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Workstations and servers; every signature scheme
    Host,
    /// Microcontrollers; Ed25519 only
    Device,
    /// Boot loaders of microcontrollers: the least that verifies a chain (core/BUNDLE.md, section 10)
    Boot,
}

impl Profile {
    /// Its maxima, and what its verifiers can do.
    #[must_use]
    pub const fn limits(self) -> Limits {
        match self {
            Self::Host => limits::HOST,
            Self::Device => limits::DEVICE,
            Self::Boot => limits::BOOT,
        }
    }
}

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

    /// Print nothing on success
    #[arg(short, long)]
    pub quiet: bool,
}

const UNPACK_AFTER: &str = "\
Nothing is verified. The white space of a Metablock's file is not kept, only what its signatures cover.

Exit codes:
  0  unpacked
  2  could not try: wrong usage, a file that cannot be read, or a damaged bundle

Examples:
  sitrep unpack app.sitrep -o metadata
  in-toto-verify --layout metadata/root.layout --link-dir metadata \\
    --verification-keys owner.pub";

/// `sitrep inspect`.
#[derive(Debug, Args)]
#[command(after_help = INSPECT_AFTER, after_long_help = INSPECT_AFTER)]
pub struct Inspect {
    /// A bundle, an update package, or a policy update
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

const INSPECT_AFTER: &str = "\
Nothing is verified: what is shown is what the file says of itself.

Exit codes:
  0  shown
  2  could not try: wrong usage, a file that cannot be read, or a damaged one

Examples:
  sitrep inspect app.sitrep
  sitrep inspect update.sits
  sitrep inspect app.sitrep --json";

/// `sitrep demo`.
#[derive(Debug, Args)]
#[command(after_help = DEMO_AFTER, after_long_help = DEMO_AFTER)]
pub struct Demo {
    /// Directory to play in; it must not exist yet or be empty [default: a fresh temporary directory]
    #[arg(value_name = "DIR")]
    pub directory: Option<PathBuf>,
}

const DEMO_AFTER: &str = "\
Needs `sh` and `cp`, and no network. The files stay for you to look at.

Exit codes:
  0  everything came out as told
  1  something did not
  2  could not try: wrong usage, or files that cannot be written

Examples:
  sitrep demo
  sitrep demo story";

/// A file that must be a product of the verified supply chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The artifact's name in the metadata.
    pub name: String,
    /// The file.
    pub file: PathBuf,
}

fn artifact(text: &str) -> Result<Artifact, String> {
    let (name, file) = match text.split_once('=') {
        Some((name, file)) => (name, file),
        None => (text.strip_prefix("./").unwrap_or(text), text),
    };
    if name.is_empty() || file.is_empty() {
        return Err("expected FILE or NAME=FILE".into());
    }
    Ok(Artifact { name: name.into(), file: file.into() })
}

/// A number that another one can follow: what is only ever raised would be stuck at the last.
fn not_the_last(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(u32::MAX) => Err("no greater number could ever follow: count up by one".into()),
        Ok(number) => Ok(number),
        Err(_) => Err(format!("expected a number from 0 to {}", u32::MAX - 1)),
    }
}

fn variable(name: &str) -> Result<String, String> {
    if name.is_empty() || name.contains(['=', '\0']) {
        return Err("expected the name of a variable, without a value".into());
    }
    Ok(name.into())
}

fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value))
            if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)) =>
        {
            Ok((name.into(), value.into()))
        }
        _ => Err("expected NAME=VALUE, with letters, digits, `_` and `-` in NAME".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_help_names_the_exit_codes() {
        let mut commands: Vec<_> = Cli::command().get_subcommands().cloned().collect();
        while let Some(command) = commands.pop() {
            if command.get_name() != "help" {
                let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(after.contains("Exit codes:") && after.contains("Examples:"), "{}", command.get_name());
            }
            commands.extend(command.get_subcommands().cloned());
        }
    }

    #[test]
    fn artifacts_take_their_name_from_the_file() {
        assert_eq!(artifact("./a/b").unwrap(), Artifact { name: "a/b".into(), file: "./a/b".into() });
        assert_eq!(artifact("x=a=b").unwrap(), Artifact { name: "x".into(), file: "a=b".into() });
        assert!(artifact("=a").is_err() && artifact("a=").is_err() && artifact("").is_err());
    }

    #[test]
    fn in_toto_verifys_own_command_line_is_understood() {
        let line = "sitrep verify --layout root.layout --link-dir links --verification-keys a.pub b.pub -v";
        let Command::Verify(verify) = parse(line).unwrap().command else { panic!() };
        assert_eq!((verify.verification_keys.len(), verify.verbose), (2, true));
        assert!(parse("sitrep verify a --trust t").is_ok() && parse("sitrep pack a --trust t -o b").is_ok());
    }

    #[test]
    fn options_that_contradict_each_other_are_refused() {
        for line in [
            "sitrep verify",
            "sitrep verify a.sitrep",
            "sitrep verify a.sitrep --layout b --verification-keys k",
            "sitrep verify a.sitrep --trust t --verification-keys k",
            "sitrep verify a.sitrep --trust t u",
            "sitrep pack a --trust t --verification-keys k -o b",
            "sitrep pack a --trust t --no-verify -o b",
            "sitrep verify a.sitrep --verification-keys k --json --quiet",
            "sitrep verify a.sitrep --verification-keys k --quiet --verbose",
            "sitrep verify a.sitrep --verification-keys k --product-of s",
            "sitrep verify a.sitrep --verification-keys k --target-dir d",
            "sitrep verify a.sitrep --verification-keys k --run-sublayout-inspections",
            "sitrep verify a.sitrep --verification-keys k --inspection-timeout 1",
            "sitrep verify a.sitrep --verification-keys k --inspection-env A",
            "sitrep verify a.sitrep --verification-keys k --inspection-report r",
            "sitrep verify a.sitrep --verification-keys k --run-inspections --inspection-timeout 0",
            "sitrep verify a.sitrep --verification-keys k --run-inspections --inspection-timeout 1.5",
            "sitrep verify a.sitrep --verification-keys k --run-inspections --inspection-env A=b",
            "sitrep verify a.sitrep --verification-keys k --param =x",
            "sitrep pack a --verification-keys k --no-verify -o b",
            "sitrep pack a -o b",
            "sitrep pack a --no-verify",
            "sitrep pack a --no-verify -o b --profile pocket",
            "sitrep unpack a",
            "sitrep inspect",
            "sitrep verify a.sitrep --verification-keys k --device-product p",
            "sitrep pack a --verification-keys k -o b --device-hardware h",
            "sitrep boot-package -o p",
            "sitrep boot-package --bundle b -o p",
            "sitrep boot-package --artifact a -o p",
            "sitrep boot-package --bundle b --artifact a",
            "sitrep boot-package --bundle b --artifact a --slot a -o p",
            "sitrep boot-package --bundle b --artifact a --trust t --slot c -o p",
            "sitrep boot-report",
            "sitrep attest",
            "sitrep attest security-version --subject a --signing-key k -o o",
            "sitrep attest security-version --security-version 1 --signing-key k -o o",
            "sitrep attest security-version --security-version 1 --subject a -o o",
            "sitrep attest security-version --security-version -1 --subject a --signing-key k -o o",
            "sitrep trust sign t -o o",
            "sitrep trust sign t --signing-key k",
            "sitrep trust update e -o o",
            "sitrep trust update --from t -o o",
            "sitrep key",
            "sitrep key show",
            "sitrep key show k --json --pem",
            "sitrep lint",
            "sitrep lint a b",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
