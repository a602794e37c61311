//! What is wrong with a project: its file, what it stands for, and who signs.

use std::fmt;
use std::path::PathBuf;

use sitrep_metadata::bundle::payload_text::PayloadError;
use sitrep_project::compile::{CompileError, Open};
use sitrep_project::edit::EditError;
use sitrep_project::file::FileError;
use sitrep_project::import::ImportError;

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
