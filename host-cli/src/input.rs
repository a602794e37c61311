//! Loads the layout and the links that a verification is given.
use std::fmt;
use std::path::{Path, PathBuf};

use crate::pack::Packer;

/// Everything that was loaded.
#[derive(Debug)]
pub struct Input {
    /// Layout first, then the links in the order of the layout's steps.
    pub packer: Packer,
    /// Files and parts of files that were ignored, and why.
    pub notes: Vec<Note>,
    /// The files that were read, layout first.
    pub loaded_files: Vec<PathBuf>,
}

impl Input {
    /// Loads the layout and, from `link_dir`, every `STEP.KEYID8.link` that it allows.
    ///
    /// # Errors
    /// An unreadable or invalid layout.
    pub fn from_directory(_layout: &Path, _link_dir: &Path) -> Result<Self, InputError> {
        unimplemented!()
    }
}

/// A file, or a part of one, that was ignored.
#[derive(Debug)]
pub struct Note {
    /// Which file.
    pub file: PathBuf,
}

impl fmt::Display for Note {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        unimplemented!()
    }
}

/// Why there is nothing to verify.
#[derive(Debug)]
pub struct InputError;

impl fmt::Display for InputError {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        unimplemented!()
    }
}

impl std::error::Error for InputError {}
