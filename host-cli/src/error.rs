//! Why a command could not do its work. What core refuses is no error here but a verdict.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use sitrep_core::Code;
use sitrep_core::boot_report::BootReportError;
use sitrep_metadata::bundle::pack::PackError;
use sitrep_metadata::bundle::unpack::UnpackError;
use sitrep_metadata::envelope::document::DocumentError;
use sitrep_metadata::envelope::dsse::EnvelopeFault;
use sitrep_metadata::file_kind::FileKind;
use sitrep_metadata::keys::KeyError;
use sitrep_metadata::parameters::ParameterTwice;
use sitrep_metadata::portable::Unportable;
use sitrep_metadata::sign::SignError;
use sitrep_metadata::trust_policy::{PolicyError, WriteError};
use sitrep_signers::file::SigningKeyError;

use crate::inspection::InspectionError;
use crate::inspection::environment::NoVariable;
use crate::project_error::ProjectError;
use crate::record::step::StepError;
use crate::record::tree::RecordFault;
use crate::shell::clock::ClockError;
use crate::shell::copies::CopyError;
use crate::sources::note::{Ignored, InputError, Note};

/// A command that could not do its work; the exit code is 2.
#[derive(Debug)]
pub enum CliError {
    /// A key file.
    Key(KeyError),
    /// A key file that cannot be read.
    ReadKey(PathBuf, io::Error),
    /// A private key to sign with.
    SigningKey(SigningKeyError),
    /// A key did not sign.
    Sign(SignError),
    /// A key of this scheme was to sign what devices check.
    DeviceKey(String),
    /// A file with a passphrase cannot be used.
    PassphraseFile(PathBuf, io::Error),
    /// A new key got no passphrase.
    NewPassphrase(PathBuf, NewPassphraseFault),
    /// The system has no random numbers.
    Random(getrandom::Error),
    /// A trust policy.
    Policy(PolicyError),
    /// A trust policy that would not be valid.
    PolicyWrite(WriteError),
    /// A file cannot be read.
    Read(PathBuf, io::Error),
    /// A file or directory cannot be written.
    Write(PathBuf, io::Error),
    /// A text that was split into the name of an artifact and a file, and that is the name of a file itself.
    Ambiguous(&'static str, PathBuf),
    /// A name of an artifact that no metadata can hold.
    ArtifactName(&'static str, OsString),
    /// An artifact cannot be copied.
    Copy(CopyError),
    /// Artifacts cannot be copied into this directory.
    CopyDirectory(PathBuf, io::Error),
    /// Two artifacts of one name were to be copied.
    CopyTwice(String),
    /// The output would overwrite something that no `sitrep` made.
    Occupied(PathBuf),
    /// A file is known, and it is of another kind than the command takes.
    WrongKind {
        /// The file.
        path: PathBuf,
        /// What it is.
        kind: FileKind,
        /// What it should be.
        expected: &'static str,
        /// The code with which a device would answer to it, where one reads such files.
        code: Option<Code>,
    },
    /// A file that should be a bundle is none.
    NoBundle(PathBuf),
    /// A directory that is to be filled has something in it.
    NotEmpty(PathBuf),
    /// The output would overwrite the file that it is made of.
    OverInput(PathBuf),
    /// The report about inspections would lie where inspections see it.
    ReportInside(PathBuf),
    /// A package that is longer than a slot.
    SlotSize {
        /// How long the package is.
        package: u64,
        /// What the slot keeps for itself.
        trailer: u64,
        /// How long the slot is.
        slot: u64,
    },
    /// A file that is to be shown is none that sitrep knows.
    Unknown(PathBuf),
    /// A file in JSON that is to be shown is no envelope.
    NoEnvelope(Note),
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
    /// A package with an artifact, a bundle and a policy update of so many bytes, which are too many.
    PackageLength([u64; 3]),
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
    /// An update package that is to be shown has other lengths than it says.
    Package(PathBuf),
    /// A bundle that is to be shown or unpacked is damaged.
    Bundle {
        /// The file.
        path: PathBuf,
        /// What core found.
        error: sitrep_core::error::Error,
    },
    /// There is no layout to load.
    Input(InputError),
    /// There is no layout to look at.
    Draft(InputError),
    /// A bundle where a layout was expected.
    NoLayout(PathBuf),
    /// Something that no bundle can hold.
    Pack(PackError),
    /// A bundle with a name that FAT or Windows cannot hold, or would take for another.
    Unportable {
        /// The bundle.
        path: PathBuf,
        /// The path in it.
        name: String,
        /// What is wrong with it.
        reason: Unportable,
    },
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
    /// Demands of a product that nobody named.
    BootProduct,
    /// The system clock is certainly wrong.
    Clock(ClockUse),
    /// An inspection could not be run.
    Inspection(InspectionError),
    /// A variable that inspections were to have.
    Variable(NoVariable),
    /// A target directory that is none.
    TargetDirectory(PathBuf),
    /// A project.
    Project(ProjectError),
    /// This process could not be hidden from others.
    Privacy(io::Error),
    /// A step of the demo could not be recorded.
    Step(StepError),
    /// Standard output is closed or full.
    Output(io::Error),
}

/// Why a new key got no passphrase.
#[derive(Debug)]
pub enum NewPassphraseFault {
    /// None was given, and there is no terminal.
    NoTerminal(io::Error),
    /// It was typed in two ways.
    Different,
    /// It is empty.
    Empty,
}

/// What the system clock was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockUse {
    /// Whether a layout has expired, where `--at` may say as of when.
    Expiry,
    /// `--time now`.
    Now,
    /// What is signed, or held against a layout, now.
    Present,
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(error) => error.fmt(f),
            Self::ReadKey(path, error) => write!(f, "cannot read the key {}: {error}", path.display()),
            Self::SigningKey(error) => error.fmt(f),
            Self::Sign(error) => error.fmt(f),
            Self::DeviceKey(scheme) => write!(f, "a key of scheme {scheme} was to sign what devices check"),
            Self::PassphraseFile(path, error) => write!(f, "cannot use --passphrase-file {}: {error}", path.display()),
            Self::NewPassphrase(path, fault) => match fault {
                NewPassphraseFault::NoTerminal(error) => write!(f, "no passphrase for {}: {error}", path.display()),
                NewPassphraseFault::Different => write!(f, "the two passphrases for {} differ", path.display()),
                NewPassphraseFault::Empty => write!(f, "the passphrase for {} is empty", path.display()),
            },
            Self::Random(error) => write!(f, "the system has no random numbers: {error}"),
            Self::Policy(error) => error.fmt(f),
            Self::PolicyWrite(error) => write!(f, "the trust policy would not be valid: {error}"),
            Self::Read(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Self::Write(path, error) => write!(f, "cannot write {}: {error}", path.display()),
            Self::Ambiguous(option, whole) => {
                let whole = whole.display().to_string();
                let (name, file) = whole.split_once('=').unwrap_or((&whole, ""));
                write!(f, "{option} {whole} could mean {file:?} as {name:?}, or {whole:?}, which is there too")
            }
            Self::ArtifactName(option, name) => {
                write!(f, "{option}-as: {:?} is no name of an artifact", name.to_string_lossy())
            }
            Self::Copy(error) => error.fmt(f),
            Self::CopyDirectory(path, error) => write!(f, "cannot copy into {}: {error}", path.display()),
            Self::CopyTwice(name) => write!(f, "cannot copy two artifacts that are both named {name:?}"),
            Self::Occupied(path) => write!(f, "{} exists already", path.display()),
            Self::NotEmpty(path) => write!(f, "{} is not empty", path.display()),
            Self::OverInput(path) => write!(f, "{} is the input itself, and would be overwritten", path.display()),
            Self::ReportInside(path) => {
                write!(f, "--inspection-report {} is in the target directory, where inspections would see it", path.display())
            }
            Self::SlotSize { package, trailer, slot } => write!(
                f,
                "package-head: the package does not fit into a slot: it has {package} bytes, the slot's trailer {trailer}, and a slot {slot}"
            ),
            Self::WrongKind { path, kind, expected, code: None } => {
                write!(f, "{} is {kind}, expected {expected}", path.display())
            }
            Self::WrongKind { path, kind, expected, code: Some(code) } => {
                write!(f, "{}: {code}: it is {kind}, expected {expected}", path.display())
            }
            Self::NoBundle(path) => write!(f, "{} is no sitrep bundle", path.display()),
            Self::Unknown(path) => {
                write!(
                    f,
                    "{} is no sitrep bundle, update package or policy update, and no metadata in JSON",
                    path.display()
                )
            }
            Self::NoEnvelope(note) => note.fmt(f),
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
            Self::PackageLength([artifact, bundle, update]) => write!(
                f,
                "no slot can hold a package with an artifact of {artifact} bytes, a bundle of {bundle} and a policy update of {update}: it would end \
                 beyond 4 GiB"
            ),
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
            Self::Package(path) => {
                write!(f, "{}: package-head: the update package is cut or damaged: its lengths do not fit the file", path.display())
            }
            Self::Bundle { path, error } => write!(f, "{}: {}: {error}", path.display(), error.code()),
            Self::Input(error) | Self::Draft(error) => error.fmt(f),
            Self::NoLayout(path) => write!(f, "{} is a bundle, expected a layout in JSON", path.display()),
            Self::Pack(error) => write!(f, "cannot pack: {error}"),
            Self::Unpack { path, error: UnpackError::Bundle(error) } => {
                write!(f, "{}: {}: {error}", path.display(), error.code())
            }
            Self::Unpack { path, error } => write!(f, "{}: cannot unpack: {error}", path.display()),
            Self::Unportable { path, name, reason } => {
                write!(
                    f,
                    "{}: cannot unpack {name:?} so that a stick with FAT, or Windows, holds it: {reason}",
                    path.display()
                )
            }
            Self::EvidenceWithBundle => f.write_str(
                "--link-dir and --attestations go with a layout, but INPUT is a bundle, which has its evidence inside",
            ),
            Self::Time(option, text) if has_form_of_time(text) => {
                write!(f, "{option} {text:?} is before 1970, or a date or time of day that there is not")
            }
            Self::Time(option, text) => write!(f, "{option} {text:?} is no time of the form YYYY-MM-DDTHH:MM:SSZ"),
            Self::ProductOf(step) => {
                write!(f, "--product-of {step:?} is not the step of which the trust policy demands something")
            }
            Self::ParameterTwice(name) => write!(f, "--param {name} is given twice"),
            Self::DeviceParameters => {
                f.write_str("--param goes with --profile host: a device puts no parameters into a layout")
            }
            Self::BootProduct => f.write_str(
                "profile boot asks for a security version or an attestation of a named product only, and no product is named",
            ),
            Self::Clock(ClockUse::Expiry) => {
                f.write_str("the system clock is before 2026, so nobody can say whether the layout has expired")
            }
            Self::Clock(ClockUse::Now) => f.write_str("--time now: the system clock is before 2026, or beyond 9999"),
            Self::Clock(ClockUse::Present) => f.write_str("the system clock is before 2026"),
            Self::Inspection(error) => error.fmt(f),
            Self::Variable(error) => error.fmt(f),
            Self::TargetDirectory(path) => write!(f, "--target-dir {} is no directory", path.display()),
            Self::Project(error) => error.fmt(f),
            Self::Privacy(error) => write!(f, "cannot hide this process's memory from other programs: {error}"),
            Self::Step(error) => error.fmt(f),
            Self::Output(error) => write!(f, "cannot write to standard output: {error}"),
        }
    }
}

impl std::error::Error for CliError {}

impl CliError {
    /// What to do about it, where there is something to say.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Key(error) => error.hint(),
            Self::Project(error) => return error.hint(),
            Self::ReadKey(..) => "give the project owner's public key file",
            Self::SigningKey(error) => error.hint(),
            Self::Sign(error) => return error.hint(),
            Self::DeviceKey(_) => "devices check Ed25519: sign with a key that `sitrep key generate NAME` makes",
            Self::PassphraseFile(..) => "name a file, or a pipe, whose first line is the passphrase",
            Self::NewPassphrase(_, NewPassphraseFault::NoTerminal(_)) => {
                "give --passphrase-file FILE, set SITREP_PASSPHRASE, or give --no-passphrase"
            }
            Self::NewPassphrase(_, NewPassphraseFault::Different) => "nothing was made: try again",
            Self::NewPassphrase(_, NewPassphraseFault::Empty) => "give --no-passphrase, if that is what you want",
            Self::Policy(error) => error.hint(),
            Self::PolicyWrite(WriteError::OpenPgp(_)) => {
                "let that owner sign with an Ed25519 key too; a host takes OpenPGP keys with --verification-keys"
            }
            Self::PolicyWrite(WriteError::Refused(error)) => error.code().hint(),
            Self::Ambiguous("--subject", _) => {
                "give name and file in two words, which are never split: --subject-as NAME FILE"
            }
            Self::Ambiguous(..) => "give name and file in two words, which are never split: --artifact-as NAME FILE",
            Self::ArtifactName(..) => "give the name that the metadata has, and then the file",
            Self::Copy(CopyError { source, .. }) => match source.kind() {
                io::ErrorKind::AlreadyExists => "copy into a directory that has no such file: nothing is replaced",
                io::ErrorKind::InvalidFilename => "leave --copy-to out for this artifact",
                _ => return None,
            },
            Self::CopyDirectory(..) => "name a directory that is there and can be written",
            Self::CopyTwice(_) => "give each artifact once",
            Self::Unportable { .. } => "give --any-names, if it is not to be copied there",
            Self::Occupied(_) => "name an output that does not exist yet",
            Self::NotEmpty(_) => "name a directory that is empty, or does not exist yet",
            Self::OverInput(_) => "name another output",
            Self::ReportInside(_) => {
                "name a file outside of it; without --target-dir, the current directory is the target directory"
            }
            Self::SlotSize { .. } => {
                "see whether --slot-size is what the device has; if so, make what goes into the package smaller"
            }
            Self::Write(path, error) => match error.kind() {
                io::ErrorKind::NotFound if !path.parent().is_some_and(Path::exists) => {
                    "make the directory first, or name one that is there"
                }
                io::ErrorKind::NotADirectory => "what is before the last `/` is no directory: name one",
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    "name a place where you may write"
                }
                io::ErrorKind::IsADirectory => "name a file in it",
                _ => return None,
            },
            Self::WrongKind { kind, .. } => return kind.hint(),
            Self::NoBundle(_) => "give a file that `sitrep pack` wrote",
            Self::Unknown(_) => {
                "give signed metadata, or a file that `sitrep pack`, `sitrep boot-package` or `sitrep trust update` wrote"
            }
            Self::NoEnvelope(note) if is_cut(&note.reason) => "copy it again; the file was cut",
            Self::NoEnvelope(_) => "give a signed layout, link or attestation, a file of these, or a bundle",
            Self::NoPolicyUpdate(_) => "give a file that `sitrep trust update` wrote",
            Self::Envelope(..) | Self::PayloadType { .. } => {
                "give a file that `sitrep trust sign` wrote, or a tool like it"
            }
            Self::SignedJson(_) => "sign what `sitrep trust compile` writes: devices read what was signed",
            Self::OtherPolicy(..) => "let all owners sign the same file",
            Self::OtherProfile { .. } => "pack it again with `sitrep pack --profile`, also out of the bundle",
            Self::PackageLength(_) => "make the artifact smaller",
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
            Self::Package(_) => "copy it again, or write it again with `sitrep boot-package`",
            Self::Bundle { error, .. } | Self::Unpack { error: UnpackError::Bundle(error), .. } => error.code().hint(),
            Self::Unpack { error: UnpackError::Expands(_), .. } => {
                "metadata as tools write it never does: have the bundle packed again out of the files"
            }
            Self::Read(_, error) if error.kind() == io::ErrorKind::FileTooLarge => {
                "see whether it is the file that you mean: what tools write is smaller"
            }
            Self::Read(_, error) if error.kind() == io::ErrorKind::IsADirectory => "name a file that is in it",
            Self::Input(InputError { reason, .. }) if matches!(**reason, Ignored::NoAttestation(_)) => {
                "attestations are DSSE envelopes, one a file or one a line"
            }
            Self::Input(InputError { reason, .. }) | Self::Draft(InputError { reason, .. }) if is_cut(reason) => {
                "copy it again; the file was cut"
            }
            Self::Input(_) => "give the layout that the project owner signed, or a bundle",
            Self::Draft(_) => "give a layout, in an envelope or as it is before that",
            Self::EvidenceWithBundle => "leave them out, or add to what `sitrep unpack` gives",
            Self::Time(..) => "for example 2040-01-01T00:00:00Z",
            Self::NoLayout(_) => "write its layout as JSON with: sitrep unpack BUNDLE -o DIR",
            Self::ParameterTwice(_) => "give each parameter one value",
            Self::ProductOf(_) => "leave --product-of out, or use a trust policy for that step",
            Self::DeviceParameters => "ask the project owner for a layout without parameters",
            Self::BootProduct => "give --trust with a policy that has one: `sitrep trust init --product-artifact NAME`",
            Self::Clock(ClockUse::Expiry) => "set the clock, or give the time with --at",
            Self::Clock(ClockUse::Now) => "set the clock, or give --time a time such as 2026-11-21T00:00:00Z",
            Self::Clock(ClockUse::Present) => "set the clock",
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
            Self::Inspection(InspectionError::Record(error)) => match error.fault {
                RecordFault::Outside(_) => {
                    "see where it leads: leave it out with --inspection-exclude, or let it be followed with --inspection-links outside"
                }
                RecordFault::Loop => {
                    "leave it out with --inspection-exclude, or pass over such links with --inspection-links loops"
                }
                RecordFault::Repeated => "leave symbolic links to directories out with --inspection-exclude",
                RecordFault::Unreadable(_)
                | RecordFault::Name
                | RecordFault::Missing(_)
                | RecordFault::Nothing
                | RecordFault::Stripped(_) => {
                    "inspections see every file of --target-dir: take this one away, or name another directory"
                }
            },
            _ => return None,
        })
    }
}

/// Is every character of a kind that a time has there?
fn has_form_of_time(text: &str) -> bool {
    const FORM: &str = "0000-00-00T00:00:00Z";
    let is_like = |(own, form): (u8, u8)| if form == b'0' { own.is_ascii_digit() } else { own == form };
    text.len() == FORM.len() && text.bytes().zip(FORM.bytes()).all(is_like)
}

/// Is it JSON that ends too early?
fn is_cut(reason: &Ignored) -> bool {
    matches!(reason, Ignored::Invalid(DocumentError::Json(error)) if error.is_at_end())
}

/// Of the time of a verification.
impl From<ClockError> for CliError {
    fn from(error: ClockError) -> Self {
        match error {
            ClockError::Unset => Self::Clock(ClockUse::Expiry),
            ClockError::Form(text) => Self::Time("--at", text),
        }
    }
}

impl From<ProjectError> for CliError {
    fn from(error: ProjectError) -> Self {
        Self::Project(error)
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

impl From<SignError> for CliError {
    fn from(error: SignError) -> Self {
        Self::Sign(error)
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

impl From<ParameterTwice> for CliError {
    fn from(error: ParameterTwice) -> Self {
        Self::ParameterTwice(error.0)
    }
}

impl From<PackError> for CliError {
    fn from(error: PackError) -> Self {
        Self::Pack(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_commands_that_have_it_are_told_of_at() {
        // `sitrep attest` and `sitrep demo` have no --at.
        for (used, has_at) in [(ClockUse::Expiry, true), (ClockUse::Now, false), (ClockUse::Present, false)] {
            assert_eq!(CliError::Clock(used).hint().unwrap().contains("--at"), has_at, "{used:?}");
        }
    }
}
