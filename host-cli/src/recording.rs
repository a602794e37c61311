//! What lies below a directory, as in-toto records it: every regular file, by its relative path and SHA-256.
//!
//! As in-toto 3.1 does by default, symbolic links to files are followed, those to directories are not, and one that leads nowhere
//! is passed over, as are sockets, pipes and devices. Unlike it, a directory or file that cannot be read is an error: what is
//! not seen cannot be disallowed. Names are relative to the directory, with `/` between components; a backslash in a
//! name is kept where it is part of the name.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::files::FileId;

/// Paths and their SHA-256 digests, in the order of the paths.
pub type Recording = BTreeMap<String, [u8; 32]>;

/// Why a directory could not be recorded.
#[derive(Debug)]
pub struct RecordError {
    /// The file or directory.
    pub path: PathBuf,
    /// What is wrong; `InvalidData` for a name that is not UTF-8.
    pub source: io::Error,
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        if self.source.kind() == io::ErrorKind::InvalidData {
            return write!(f, "cannot record {path}: its name is not UTF-8, which in-toto metadata cannot hold");
        }
        write!(f, "cannot record {path}: {}", self.source)
    }
}

impl std::error::Error for RecordError {}

/// Records every file below `root` except those in `except`, which are known by identity and not by name.
///
/// # Errors
/// [`RecordError`] for the first file or directory that cannot be read.
pub fn record(root: &Path, except: &HashSet<FileId>) -> Result<Recording, RecordError> {
    let mut recording = Recording::new();
    let mut pending = vec![(root.to_path_buf(), String::new())];
    while let Some((directory, prefix)) = pending.pop() {
        let failed = |source| RecordError { path: directory.clone(), source };
        for entry in fs::read_dir(&directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            let failed = |source| RecordError { path: path.clone(), source };
            let Ok(name) = entry.file_name().into_string() else {
                return Err(failed(io::ErrorKind::InvalidData.into()));
            };
            let name = format!("{prefix}{name}");
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                pending.push((path, name + "/"));
            } else if is_file(&path, kind).map_err(failed)? && !except.contains(&FileId::of(&path).map_err(failed)?) {
                recording.insert(name, digest(&path).map_err(failed)?);
            }
        }
    }
    Ok(recording)
}

fn is_file(path: &Path, kind: fs::FileType) -> io::Result<bool> {
    if !kind.is_symlink() {
        return Ok(kind.is_file());
    }
    match fs::metadata(path) {
        Ok(metadata) => Ok(metadata.is_file()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The SHA-256 digest of a file's contents.
///
/// # Errors
/// The operating system's.
pub fn digest(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(digest.finalize().into()),
            Ok(length) => digest.update(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::temporary::Directory;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    fn names(recording: &Recording) -> Vec<&str> {
        recording.keys().map(String::as_str).collect()
    }

    #[test]
    fn files_and_links_to_files_are_recorded() {
        let directory = Directory::new("recording").unwrap();
        let root = directory.path();
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/b/c"), "x").unwrap();
        fs::write(root.join("a\\z"), "").unwrap();
        symlink("a/b/c", root.join("link")).unwrap();
        symlink("a", root.join("directory-link")).unwrap();
        symlink("nowhere", root.join("broken")).unwrap();
        let recording = record(root, &HashSet::new()).unwrap();
        assert_eq!(names(&recording), ["a/b/c", "a\\z", "link"]);
        assert_eq!(recording["link"], recording["a/b/c"]);
        // SHA-256 of the empty string.
        assert!(crate::hex::encode(&recording["a\\z"]).starts_with("e3b0c44298fc1c14"));
    }

    #[test]
    fn exceptions_go_by_identity() {
        let directory = Directory::new("recording").unwrap();
        let root = directory.path();
        fs::write(root.join("root.layout"), "x").unwrap();
        symlink("root.layout", root.join("alias")).unwrap();
        let except = HashSet::from([FileId::of(&root.join("root.layout")).unwrap()]);
        // The same contents and even the same name elsewhere is another file.
        fs::create_dir(root.join("sub")).unwrap();
        fs::write(root.join("sub/root.layout"), "x").unwrap();
        assert_eq!(names(&record(root, &except).unwrap()), ["sub/root.layout"]);
    }

    #[test]
    fn a_name_that_is_not_utf_8_is_an_error() {
        let directory = Directory::new("recording").unwrap();
        let name = std::ffi::OsStr::from_bytes(b"\xff");
        fs::write(directory.path().join(name), "").unwrap();
        assert!(record(directory.path(), &HashSet::new()).unwrap_err().to_string().contains("not UTF-8"));
    }
}
