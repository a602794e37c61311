//! Why files cannot be recorded.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// How many files and directories may be met again by another name, for each that is met for the first time, beside [`REPEATED_BASE`]. A few directories with two
/// links to the next one in each give more names than anybody can count.
pub(super) const REPEATED: u64 = 8;

/// How many may be met again however few there are.
pub(super) const REPEATED_BASE: u64 = 65_536;

/// Why a directory could not be recorded.
#[derive(Debug)]
pub struct RecordError {
    /// The file or directory.
    pub path: PathBuf,
    /// What is wrong.
    pub fault: RecordFault,
}

/// What is wrong with a file or directory that was to be recorded.
#[derive(Debug)]
pub enum RecordFault {
    /// It cannot be read, or has changed meanwhile.
    Unreadable(io::Error),
    /// Its name is not UTF-8.
    Name,
    /// It is a symbolic link to this directory, which is elsewhere.
    Outside(PathBuf),
    /// It is, by way of a symbolic link, a directory that it is in.
    Loop,
    /// Too much is to be reached by several names.
    Repeated,
    /// This pattern, without any character of a pattern in it, names it, and it is not there.
    Missing(String),
    /// Something of it was to be recorded, and the patterns choose nothing.
    Nothing,
    /// Two files have this name when what [`super::tree::Recorder::strip`] says is taken off, or it is empty then.
    Stripped(String),
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot record {}: ", self.path.display())?;
        match &self.fault {
            RecordFault::Unreadable(error) => error.fmt(f),
            RecordFault::Name => f.write_str("its name is not UTF-8, which in-toto metadata cannot hold"),
            RecordFault::Outside(target) => {
                write!(f, "it leads out of the directory that is recorded, to {}", target.display())
            }
            RecordFault::Loop => f.write_str("symbolic links lead back to a directory that it is in"),
            RecordFault::Repeated => write!(
                f,
                "symbolic links give more than {REPEATED_BASE} files and directories other names, and {REPEATED} for each"
            ),
            RecordFault::Missing(pattern) => write!(f, "{pattern:?} names it, and it is not there"),
            RecordFault::Nothing => f.write_str("the patterns choose no file in it"),
            RecordFault::Stripped(name) if name.is_empty() => {
                f.write_str("nothing is left of a file's name when its prefix is taken off")
            }
            RecordFault::Stripped(name) => {
                write!(f, "when prefixes are taken off, two files have the name {name:?}")
            }
        }
    }
}

impl std::error::Error for RecordError {}

pub(super) fn unreadable(path: &Path, error: io::Error) -> RecordError {
    RecordError { path: path.to_owned(), fault: RecordFault::Unreadable(error) }
}

/// Of a file that was another one before it was read, or while it was.
pub(super) fn changed() -> io::Error {
    io::Error::new(io::ErrorKind::ResourceBusy, "it changed while it was read")
}
