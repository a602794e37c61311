//! Names of files.

/// How many bytes the name of a file may have: no file system in use takes more.
pub const FILE_NAME: usize = 255;

/// Is this the name of one file in a directory?
#[must_use]
pub fn is_file_name(name: &str) -> bool {
    // On Windows a colon follows the name of a drive, elsewhere steps may have names such as `ci:build`.
    let leads_elsewhere = |char| matches!(char, '/' | '\\' | '\0') || (cfg!(windows) && char == ':');
    !matches!(name, "" | "." | "..") && !name.contains(leads_elsewhere)
}
