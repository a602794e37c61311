//! What of a directory is not recorded, and how far symbolic links are followed.

use std::collections::HashSet;

use crate::shell::files::FileVersion;

/// What is left out of a recording, and which symbolic links may be in it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scope<'a> {
    /// Files that are left out, known by identity and not by name.
    pub except: Option<&'a HashSet<FileVersion>>,
    /// Names that are left out, as they would be recorded; with a directory, all that is in it.
    pub names: &'a [String],
    /// The links.
    pub links: Links,
}

/// Which symbolic links to directories are no errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// Those that lead to a directory elsewhere than below the one that is recorded: they are followed.
    pub outside: bool,
    /// Those that lead to a directory that they are in: they are passed over, as all that is there has another name.
    pub loops: bool,
}
