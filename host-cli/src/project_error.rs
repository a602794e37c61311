//! What is wrong with a project: its file, what it stands for, and who signs.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::PathBuf;

use sitrep_metadata::bundle::payload_text::PayloadError;
use sitrep_metadata::envelope::link::LinkError;
use sitrep_project::compile::{CompileError, Open};
use sitrep_project::edit::EditError;
use sitrep_project::file::FileError;
use sitrep_project::import::ImportError;

use crate::record::selection::PatternError;
use crate::record::tree::{RecordError, RecordFault};

/// Why a command about a project could not do its work.
#[derive(Debug)]
pub enum ProjectError {
    /// There is no file.
    Missing,
    /// The file says nothing valid.
    File(PathBuf, FileError),
    /// It stands for no layout.
    Compile(PathBuf, CompileError),
    /// Something is still to be decided.
    Open(PathBuf, Vec<Open>),
    /// It cannot be changed so.
    Edit(PathBuf, EditError),
    /// The name of a file cannot stand in it.
    Name(PathBuf),
    /// No file stands for a layout.
    Import(PathBuf, ImportError),
    /// The file of a layout would have so many bytes.
    Long(PathBuf, usize),
    /// What a layout says takes too much.
    Payload(PathBuf, PayloadError),
    /// A key is none of an owner's: its id, and the project's file.
    NoOwner(String, PathBuf),
    /// There is no signed layout.
    NoLayout(PathBuf),
    /// A text that is no name of a step.
    StepName(String),
    /// A project's file that was found above the current directory, and belongs to another user.
    Strange(PathBuf),
    /// A project has no step of that name.
    NoStep(String, PathBuf),
    /// The layout and the project's file say different things of a step.
    OtherStep(String, PathBuf),
    /// Nobody says what a step runs.
    NoCommand(String),
    /// A word of a command that no link can hold.
    CommandText(OsString),
    /// A pattern that is none.
    Pattern(PatternError),
    /// A digest that is not known.
    Digest(String),
    /// More than one key, for a link that names one.
    OneKey,
    /// The layout does not let the key with this id do the step.
    NoFunctionary(String, String),
    /// Files could not be recorded.
    Record(RecordError),
    /// A command does not start.
    Start(String, io::Error),
    /// The command that is told of misfits does not run.
    Misfit(String, io::Error),
    /// A link was not written.
    Link(PathBuf, LinkError),
    /// Every verifier would refuse the layout.
    Refused(String, &'static str),
}

impl fmt::Display for ProjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no sitrep.toml in this directory, nor in any above it"),
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Compile(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Open(path, open) => {
                write!(f, "{} is not ready to be signed: ", path.display())?;
                let open: Vec<String> = open.iter().map(Open::to_string).collect();
                f.write_str(&open.join("; "))
            }
            Self::Edit(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Name(path) => write!(f, "sitrep.toml cannot name the file {}: its name is not UTF-8", path.display()),
            Self::Import(path, error) => write!(f, "{} cannot become a sitrep.toml: {error}", path.display()),
            Self::Long(path, length) => {
                write!(f, "{} would have {length} bytes, and a sitrep.toml has 1 MiB at most", path.display())
            }
            Self::Payload(path, error) => write!(f, "{}: {error}", path.display()),
            Self::NoOwner(id, path) => {
                write!(f, "the key with the id {id} is none of the owners that {} names", path.display())
            }
            Self::NoLayout(path) => write!(f, "there is no signed layout: {}", path.display()),
            Self::StepName(name) => write!(f, "{name:?} is no name of a step: it becomes part of the name of a file"),
            Self::Strange(path) => write!(f, "{} belongs to another user", path.display()),
            Self::NoStep(step, path) => write!(f, "{} has no step {step:?}", path.display()),
            Self::OtherStep(step, path) => {
                write!(f, "{} says something else of step {step} than the signed layout", path.display())
            }
            Self::NoCommand(step) => write!(f, "no command was given for step {step}"),
            Self::CommandText(word) => write!(f, "the command's word {word:?} is not UTF-8, and no link can hold it"),
            Self::Pattern(error) => error.fmt(f),
            Self::Digest(name) => write!(f, "{name:?} is no digest that sitrep makes"),
            Self::OneKey => f.write_str("expected one key to sign with: a link's file is named after it"),
            Self::NoFunctionary(step, id) => {
                write!(f, "the layout does not let the key with the id {id} do step {step}")
            }
            Self::Record(error) => error.fmt(f),
            Self::Start(program, error) => write!(f, "the command {program} does not start: {error}"),
            Self::Misfit(command, error) => write!(f, "--on-misfit {command}: {error}"),
            Self::Link(path, error) => write!(f, "cannot write {}: {error}", path.display()),
            Self::Refused(problem, _) => write!(f, "every verifier would refuse this layout: {problem}"),
        }
    }
}

impl std::error::Error for ProjectError {}

impl ProjectError {
    /// What to do about it, where there is something to say.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Missing => Some("go to the project's directory, or name the file"),
            Self::File(_, error) => error.hint,
            Self::Edit(_, EditError::Known("key", _)) => Some("give it another name, or change the file itself"),
            Self::Edit(_, EditError::NoStep(_)) => Some("see the steps with: sitrep layout show"),
            Self::Name(_) => Some("give the file a name in UTF-8"),
            Self::Import(_, ImportError::Member { .. }) => {
                Some("no verifier takes such a layout: see what it lacks with sitrep lint")
            }
            Self::NoOwner(..) => Some(
                "sign with the key of an owner, or add its public key's file to owners of [project]: whom the verifiers believe is theirs to say",
            ),
            Self::NoLayout(_) => {
                Some("the owner makes it with: sitrep layout sign; without one, record with --without-layout")
            }
            Self::Strange(_) => Some(
                "it says which commands run: look into it, and name it with --project if it is the one that you mean",
            ),
            Self::NoStep(..) => Some("see the steps with: sitrep layout show; or record it with --without-layout"),
            Self::OtherStep(..) => {
                Some("see what with: sitrep layout diff; the owner signs it with: sitrep layout sign")
            }
            Self::NoCommand(_) => Some("give it after --, or say with --no-command that a person does the step"),
            Self::Digest(_) => Some("sha256, sha384, sha512 and gitoid:sha256 are those"),
            Self::OneKey => Some("let each functionary run the step for himself"),
            Self::NoFunctionary(..) => Some(
                "sign with a key of the step, or let the owner add yours: sitrep layout add-key, sitrep layout sign",
            ),
            Self::Record(RecordError { fault, .. }) => match fault {
                RecordFault::Outside(_) => {
                    Some("see where it leads: leave it out with --exclude, or follow it with --links-outside")
                }
                RecordFault::Loop | RecordFault::Repeated | RecordFault::Name => Some("leave it out with --exclude"),
                RecordFault::Missing(_) => Some("see how it is spelled, and from which directory names are counted"),
                RecordFault::Unreadable(_) | RecordFault::Nothing | RecordFault::Stripped(_) => None,
            },
            Self::StepName(_)
            | Self::Pattern(_)
            | Self::CommandText(_)
            | Self::Start(..)
            | Self::Misfit(..)
            | Self::Link(..) => None,
            Self::Refused(_, hint) => Some(hint),
            Self::Compile(..)
            | Self::Open(..)
            | Self::Edit(..)
            | Self::Import(..)
            | Self::Long(..)
            | Self::Payload(..) => None,
        }
    }
}
