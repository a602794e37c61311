//! Why a command could not do its work. What core refuses is no error here but a verdict.

use std::fmt;
use std::io;
use std::path::PathBuf;

use sitrep_core::boot_report::BootReportError;

use crate::dsse::EnvelopeFault;
use crate::inspection::InspectionError;
use crate::inspection::environment::NoVariable;
use crate::keys::KeyError;
use crate::note::InputError;
use crate::pack::PackError;
use crate::sign::StepError;
use crate::signing_key::SigningKeyError;
use crate::trust_policy::{PolicyError, WriteError};
use crate::unpack::UnpackError;

/// A command that could not do its work; the exit code is 2.
#[derive(Debug)]
pub enum CliError {
    /// A key file.
    Key(KeyError),
    /// A private key to sign with.
    SigningKey(SigningKeyError),
    /// A trust policy.
    Policy(PolicyError),
    /// A trust policy that would not be valid.
    PolicyWrite(WriteError),
    /// A file cannot be read.
    Read(PathBuf, io::Error),
    /// A file or directory cannot be written.
    Write(PathBuf, io::Error),
    /// The output would overwrite something that no `sitrep` made.
    Occupied(PathBuf),
    /// A file that should be a bundle is none.
    NoBundle(PathBuf),
    /// A file that is to be shown is none that sitrep writes.
    Unknown(PathBuf),
    /// A file that should be a policy update is none.
    NoPolicyUpdate(PathBuf),
    /// A file that should be a DSSE envelope is none.
    Envelope(PathBuf, EnvelopeFault),
    /// A DSSE envelope holds something else.
    PayloadType {
        /// The file.
        path: PathBuf,
        /// Its payload type.
        found: String,
        /// The one that it should have.
        expected: &'static str,
    },
    /// A trust policy was signed in JSON.
    SignedJson(PathBuf),
    /// Two envelopes that should hold one trust policy hold two.
    OtherPolicy(PathBuf, PathBuf),
    /// A bundle that was packed for another profile.
    OtherProfile {
        /// The file.
        path: PathBuf,
        /// The profile that it should be packed for.
        profile: &'static str,
    },
    /// A package for a host.
    HostPackage,
    /// An artifact without a byte.
    EmptyArtifact(PathBuf),
    /// An artifact without a byte, of which something is to be attested.
    EmptySubject(PathBuf),
    /// The trust policy's name of the artifact holds `{slot}`, and no slot was named.
    SlotMissing(String),
    /// A device was named, and no trust policy.
    DeviceWithoutTrust,
    /// A device was named, and nothing that is for some devices only.
    DeviceWithoutBundle,
    /// A dump without a whole boot report.
    BootReport {
        /// The file.
        path: PathBuf,
        /// Where the first one starts that is not whole.
        offset: Option<usize>,
        /// What is wrong with it.
        error: BootReportError,
    },
    /// A bundle that is to be shown or unpacked is damaged.
    Bundle {
        /// The file.
        path: PathBuf,
        /// What core found.
        error: sitrep_core::error::Error,
    },
    /// There is no layout to load.
    Input(InputError),
    /// A bundle where a layout was expected.
    NoLayout(PathBuf),
    /// Something that no bundle can hold.
    Pack(PackError),
    /// A bundle that cannot become files.
    Unpack {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: UnpackError,
    },
    /// `--link-dir` or `--attestations` beside a bundle.
    EvidenceWithBundle,
    /// What follows the option is no time.
    Time(&'static str, String),
    /// `--product-of` beside a trust policy that demands something of another step.
    ProductOf(String),
    /// One parameter with two values.
    ParameterTwice(String),
    /// Parameters for a device.
    DeviceParameters,
    /// The system clock is certainly wrong.
    Clock(ClockUse),
    /// An inspection could not be run.
    Inspection(InspectionError),
    /// A variable that inspections were to have.
    Variable(NoVariable),
    /// A target directory that is none.
    TargetDirectory(PathBuf),
    /// A step of the demo could not be recorded.
    Step(StepError),
    /// Standard output is closed or full.
    Output(io::Error),
}

/// What the system clock was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockUse {
    /// Whether a layout has expired, where `--at` may say as of when.
    Expiry,
    /// `--time now`.
    Now,
    /// The demo's signatures.
    Demo,
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(error) => error.fmt(f),
            Self::SigningKey(error) => error.fmt(f),
            Self::Policy(error) => error.fmt(f),
            Self::PolicyWrite(error) => write!(f, "the trust policy would not be valid: {error}"),
            Self::Read(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Self::Write(path, error) => write!(f, "cannot write {}: {error}", path.display()),
            Self::Occupied(path) => write!(f, "{} exists already", path.display()),
            Self::NoBundle(path) => write!(f, "{} is no sitrep bundle", path.display()),
            Self::Unknown(path) => {
                write!(f, "{} is no sitrep bundle, update package or policy update", path.display())
            }
            Self::NoPolicyUpdate(path) => write!(f, "{} is no policy update", path.display()),
            Self::Envelope(path, fault) => write!(f, "{}: {fault}", path.display()),
            Self::PayloadType { path, found, expected } => {
                write!(f, "{}: expected the payload type {expected}, found {found:?}", path.display())
            }
            Self::SignedJson(path) => {
                write!(f, "{} holds a signed trust policy in JSON, expected a compiled one", path.display())
            }
            Self::OtherPolicy(one, other) => {
                write!(f, "{} and {} hold different trust policies", one.display(), other.display())
            }
            Self::OtherProfile { path, profile } => {
                write!(f, "{} was not packed for profile {profile}", path.display())
            }
            Self::HostPackage => f.write_str("a host boots no update package: --profile host goes with other commands"),
            Self::EmptyArtifact(path) | Self::EmptySubject(path) => {
                write!(f, "{} is empty, so that there is nothing to run", path.display())
            }
            Self::SlotMissing(name) => {
                write!(f, "the trust policy names the artifact {name:?}, but no slot was given")
            }
            Self::DeviceWithoutTrust => {
                f.write_str("--device-product goes with --trust: without it nothing is verified")
            }
            Self::DeviceWithoutBundle => {
                f.write_str("--device-product goes with --bundle: a policy update is for no product or hardware")
            }
            Self::BootReport { path, offset: None, .. } => {
                write!(f, "{} holds no boot report: \"SITB\" stands nowhere in it", path.display())
            }
            Self::BootReport { path, offset: Some(offset), error } => {
                write!(f, "{}: at offset {offset}: {error}", path.display())
            }
            Self::Bundle { path, error } => write!(f, "{}: {}: {error}", path.display(), error.code()),
            Self::Input(error) => error.fmt(f),
            Self::NoLayout(path) => write!(f, "{} is a bundle, expected a layout in JSON", path.display()),
            Self::Pack(error) => write!(f, "cannot pack: {error}"),
            Self::Unpack { path, error: UnpackError::Bundle(error) } => {
                write!(f, "{}: {}: {error}", path.display(), error.code())
            }
            Self::Unpack { path, error } => write!(f, "{}: cannot unpack: {error}", path.display()),
            Self::EvidenceWithBundle => f.write_str(
                "--link-dir and --attestations go with a layout, but INPUT is a bundle, which has its evidence inside",
            ),
            Self::Time(option, text) => write!(f, "{option} {text:?} is no time of the form YYYY-MM-DDTHH:MM:SSZ"),
            Self::ProductOf(step) => {
                write!(f, "--product-of {step:?} is not the step of which the trust policy demands something")
            }
            Self::ParameterTwice(name) => write!(f, "--param {name} is given twice"),
            Self::DeviceParameters => {
                f.write_str("--param goes with --profile host: a device puts no parameters into a layout")
            }
            Self::Clock(ClockUse::Expiry) => {
                f.write_str("the system clock is before 2026, so nobody can say whether the layout has expired")
            }
            Self::Clock(ClockUse::Now) => f.write_str("--time now: the system clock is before 2026, or beyond 9999"),
            Self::Clock(ClockUse::Demo) => f.write_str("the system clock is before 2026"),
            Self::Inspection(error) => error.fmt(f),
            Self::Variable(error) => error.fmt(f),
            Self::TargetDirectory(path) => write!(f, "--target-dir {} is no directory", path.display()),
            Self::Step(error) => error.fmt(f),
            Self::Output(error) => write!(f, "cannot write to standard output: {error}"),
        }
    }
}

impl std::error::Error for CliError {}

impl CliError {
    /// What to do about it, where there is something to say.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Key(error) => error.hint(),
            Self::SigningKey(error) => error.hint(),
            Self::Policy(error) => return error.hint(),
            Self::PolicyWrite(WriteError::Refused(error)) => error.code().hint(),
            Self::Occupied(_) => "name an output that does not exist yet",
            Self::NoBundle(_) => "give a file that `sitrep pack` wrote",
            Self::Unknown(_) => "give a file that `sitrep pack`, `sitrep boot-package` or `sitrep trust update` wrote",
            Self::NoPolicyUpdate(_) => "give a file that `sitrep trust update` wrote",
            Self::Envelope(..) | Self::PayloadType { .. } => {
                "give a file that `sitrep trust sign` wrote, or a tool like it"
            }
            Self::SignedJson(_) => "sign what `sitrep trust compile` writes: devices read what was signed",
            Self::OtherPolicy(..) => "let all owners sign the same file",
            Self::OtherProfile { .. } => "pack it again with `sitrep pack --profile`, also out of the bundle",
            Self::HostPackage => "name the profile of the device",
            Self::EmptyArtifact(_) => "leave --bundle and --artifact out of a package that holds a policy update alone",
            Self::EmptySubject(_) => "give the image as it was built",
            Self::SlotMissing(_) => "give the slot that the artifact is linked for with --slot",
            Self::DeviceWithoutTrust => "give the trust policy that the device has",
            Self::DeviceWithoutBundle => "leave --device-product and --device-hardware out",
            Self::BootReport { error: BootReportError::Format, .. } => {
                "use the version of sitrep that the firmware was built with"
            }
            Self::BootReport { .. } => "dump the memory before anything else uses it, and all of the block",
            Self::Bundle { error, .. } | Self::Unpack { error: UnpackError::Bundle(error), .. } => error.code().hint(),
            Self::Input(_) => "give the layout that the project owner signed, or a bundle",
            Self::EvidenceWithBundle => "leave them out, or add to what `sitrep unpack` gives",
            Self::Time(..) => "for example 2040-01-01T00:00:00Z",
            Self::NoLayout(_) => "write its layout as JSON with: sitrep unpack BUNDLE -o DIR",
            Self::ParameterTwice(_) => "give each parameter one value",
            Self::ProductOf(_) => "leave --product-of out, or use a trust policy for that step",
            Self::DeviceParameters => "ask the project owner for a layout without parameters",
            Self::Clock(ClockUse::Expiry) => "set the clock, or give the time with --at",
            Self::Clock(ClockUse::Now) => "set the clock, or give --time a time such as 2026-11-21T00:00:00Z",
            Self::Clock(ClockUse::Demo) => "set the clock",
            Self::Inspection(InspectionError::Start { .. }) => {
                "inspections look for programs in the system's directories: install it there, or give --inspection-env PATH"
            }
            Self::Inspection(InspectionError::TimeLimit { .. }) => {
                "find out what it was waiting for, or give it longer with --inspection-timeout"
            }
            Self::Inspection(InspectionError::Unstoppable { .. }) => {
                "do not trust the target directory: something may still change it; see what is running"
            }
            Self::Inspection(InspectionError::Places(_)) => "set TMPDIR to a directory that can be written",
            Self::Variable(_) => "set it, or leave the option out",
            Self::Inspection(InspectionError::Record(_)) => {
                "inspections see every file of --target-dir: take this one away, or name another directory"
            }
            _ => return None,
        })
    }
}

impl From<KeyError> for CliError {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<SigningKeyError> for CliError {
    fn from(error: SigningKeyError) -> Self {
        Self::SigningKey(error)
    }
}

impl From<PolicyError> for CliError {
    fn from(error: PolicyError) -> Self {
        Self::Policy(error)
    }
}

impl From<InspectionError> for CliError {
    fn from(error: InspectionError) -> Self {
        Self::Inspection(error)
    }
}

impl From<InputError> for CliError {
    fn from(error: InputError) -> Self {
        Self::Input(error)
    }
}

impl From<PackError> for CliError {
    fn from(error: PackError) -> Self {
        Self::Pack(error)
    }
}
