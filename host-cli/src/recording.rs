//! What lies below a directory, as in-toto records it: every regular file, by its relative path and SHA-256.
//!
//! As in-toto 3.1 does by default, symbolic links to files are followed, those to directories are not, and one that leads nowhere
//! is passed over, as are sockets, pipes and devices. Unlike it, no names are passed over (in-toto's settings exclude `*.link*`, `.git`,
//! `*.pyc` and `*~`), and a directory or file that cannot be read is an error, as is a symbolic link that leads to itself, a
//! name that is not UTF-8, and a file that changes while it is read: what is not seen cannot be disallowed. Names are relative to the
//! directory, with `/` between components; control characters are part of a name, and so is a backslash. The directory itself may be a
//! symbolic link.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::files::FileVersion;

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
pub fn record(root: &Path, except: &HashSet<FileVersion>) -> Result<Recording, RecordError> {
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
            } else if is_file(&path, kind).map_err(failed)?
                && let Some(digest) = digest_except(&path, except).map_err(failed)?
            {
                recording.insert(name, digest);
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

/// The digest of a file, unless it is one of `except`.
fn digest_except(path: &Path, except: &HashSet<FileVersion>) -> io::Result<Option<[u8; 32]>> {
    let file = open_regular(path)?;
    let metadata = file.metadata()?;
    if except.contains(&FileVersion::with(path, &metadata)?) {
        return Ok(None);
    }
    unchanged(&file, digest_of).map(Some)
}

/// Opens a file of which was seen that it is a regular one. Whatever has taken its place since then is not waited for: a pipe would
/// never open.
fn open_regular(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, nix::libc::O_NONBLOCK);
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(changed()) }
}

/// Reads a file, which must not change meanwhile: there would be a digest of something that it never was. Size and times tell, as far
/// as the system's clock for files is fine enough.
fn unchanged<T>(file: &File, read: impl FnOnce(&File) -> io::Result<T>) -> io::Result<T> {
    let state = || file.metadata().map(|metadata| (metadata.len(), metadata.modified().ok()));
    let before = state()?;
    let result = read(file)?;
    if state()? == before { Ok(result) } else { Err(changed()) }
}

fn changed() -> io::Error {
    io::Error::new(io::ErrorKind::ResourceBusy, "it changed while it was read")
}

/// The SHA-256 digest of a file's contents.
///
/// # Errors
/// The operating system's.
pub fn digest(path: &Path) -> io::Result<[u8; 32]> {
    digest_of(&File::open(path)?)
}

fn digest_of(mut file: &File) -> io::Result<[u8; 32]> {
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
    use std::io::Write;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    use std::process::Command;

    fn make_pipe(path: &Path) {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }

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
        fs::hard_link(root.join("root.layout"), root.join("other-name")).unwrap();
        let except = HashSet::from([FileVersion::of(&root.join("root.layout")).unwrap()]);
        // The same contents and even the same name elsewhere is another file.
        fs::create_dir(root.join("sub")).unwrap();
        fs::write(root.join("sub/root.layout"), "x").unwrap();
        assert_eq!(names(&record(root, &except).unwrap()), ["sub/root.layout"]);
        // Neither is what somebody has written into it since.
        fs::write(root.join("root.layout"), "evil").unwrap();
        let seen = record(root, &except).unwrap();
        assert_eq!(names(&seen), ["alias", "other-name", "root.layout", "sub/root.layout"]);
    }

    #[test]
    fn names_are_taken_as_they_are() {
        let directory = Directory::new("recording").unwrap();
        let root = directory.path().join("root");
        fs::create_dir_all(root.join(".git")).unwrap();
        let odd = [" ", "*", "-n", ".git/x~", "a\n\u{1b}[2J\u{202e}", "a.link", "c:d", "e.pyc"];
        odd.iter().for_each(|name| fs::write(root.join(name), "").unwrap());
        assert_eq!(names(&record(&root, &HashSet::new()).unwrap()), odd);
        // The directory may be given by a link, which links below it are not followed for.
        symlink("root", directory.path().join("link")).unwrap();
        assert_eq!(names(&record(&directory.path().join("link"), &HashSet::new()).unwrap()), odd);
    }

    #[test]
    fn what_is_no_file_is_passed_over_and_never_waited_for() {
        let directory = Directory::new("recording").unwrap();
        let pipe = directory.path().join("pipe");
        make_pipe(&pipe);
        symlink("pipe", directory.path().join("link")).unwrap();
        symlink("/dev/zero", directory.path().join("device")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(directory.path().join("socket")).unwrap();
        assert!(record(directory.path(), &HashSet::new()).unwrap().is_empty());
        // Where it has taken the place of a file that was just seen.
        assert!(open_regular(&pipe).unwrap_err().to_string().contains("changed"));
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        let directory = Directory::new("recording").unwrap();
        let loops = directory.path().join("loop");
        symlink("loop", &loops).unwrap();
        assert_eq!(record(directory.path(), &HashSet::new()).unwrap_err().path, loops);
        assert!(record(&directory.path().join("missing"), &HashSet::new()).is_err());
    }

    #[test]
    fn a_file_that_changes_while_it_is_read_is_an_error() {
        let directory = Directory::new("recording").unwrap();
        let path = directory.path().join("log");
        fs::write(&path, "a").unwrap();
        let append = || OpenOptions::new().append(true).open(&path)?.write_all(b"b");
        let file = open_regular(&path).unwrap();
        assert!(unchanged(&file, |_| append()).unwrap_err().to_string().contains("changed while it was read"));
        assert_eq!(unchanged(&file, digest_of).unwrap(), digest(&path).unwrap());
    }

    #[test]
    fn a_name_that_is_not_utf_8_is_an_error() {
        let directory = Directory::new("recording").unwrap();
        let name = std::ffi::OsStr::from_bytes(b"\xff");
        fs::write(directory.path().join(name), "").unwrap();
        assert!(record(directory.path(), &HashSet::new()).unwrap_err().to_string().contains("not UTF-8"));
    }
}
