//! Output that is there whole or not at all: a failed command leaves no file behind.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// What tells a file from every other on this machine, whatever its name: device and inode.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileId(#[cfg(unix)] (u64, u64), #[cfg(not(unix))] PathBuf);

impl FileId {
    /// The identity of the file that `path` leads to, through symbolic links.
    ///
    /// # Errors
    /// The operating system's, when there is no such file.
    #[cfg(unix)]
    pub fn of(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt;
        let metadata = fs::metadata(path)?;
        Ok(Self((metadata.dev(), metadata.ino())))
    }

    /// The identity of the file that `path` leads to: its resolved path, where there are no inodes.
    ///
    /// # Errors
    /// The operating system's, when there is no such file.
    #[cfg(not(unix))]
    pub fn of(path: &Path) -> io::Result<Self> {
        fs::canonicalize(path).map(Self)
    }
}

/// Does the file start as a bundle does?
///
/// # Errors
/// The operating system's, when it cannot be read.
pub fn is_bundle(path: &Path) -> io::Result<bool> {
    let mut magic = Vec::with_capacity(4);
    File::open(path)?.take(4).read_to_end(&mut magic)?;
    Ok(magic == b"SITR")
}

/// Writes `bytes` to `path`, replacing what is there. The file appears complete, or not at all.
///
/// # Errors
/// The operating system's; then `path` is as before.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = parent(path);
    let mut unfinished = Unfinished(directory.join(unfinished_name(path)?));
    let mut file = OpenOptions::new().write(true).create_new(true).open(&unfinished.0)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&unfinished.0, path)?;
    unfinished.0 = PathBuf::new();
    sync(directory)
}

/// Makes the directory `path` with these files in it. It appears complete, or not at all.
///
/// # Errors
/// `AlreadyExists` when `path` exists, otherwise the operating system's; then `path` is as before.
pub fn write_directory<'a>(path: &Path, files: impl Iterator<Item = (&'a str, &'a [u8])>) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let directory = parent(path);
    let mut unfinished = Unfinished(directory.join(unfinished_name(path)?));
    fs::create_dir(&unfinished.0)?;
    for (name, bytes) in files {
        let mut file = OpenOptions::new().write(true).create_new(true).open(unfinished.0.join(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    sync(&unfinished.0)?;
    // Where something took the name in the meantime, renaming fails unless it is an empty directory.
    fs::rename(&unfinished.0, path)?;
    unfinished.0 = PathBuf::new();
    sync(directory)
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A name in the same directory, so that renaming never crosses a file system. `create_new` refuses one that is taken.
fn unfinished_name(path: &Path) -> io::Result<std::ffi::OsString> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().ok_or(io::ErrorKind::InvalidInput)?);
    name.push(format!(".{}.unfinished", std::process::id()));
    Ok(name)
}

/// Makes a rename survive a power cut, where directories can be opened.
fn sync(directory: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}

/// Removed when dropped, unless the path was emptied because it has its final name.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            // One of the two fits; that the other fails, or both where nothing was made, does not matter.
            let _ = fs::remove_file(&self.0);
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::temporary::Directory;

    fn names(directory: &Path) -> Vec<String> {
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let directory = Directory::new("files").unwrap();
        let path = directory.path().join("out");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(names(directory.path()), ["out"]);
    }

    #[test]
    fn what_fails_leaves_nothing() {
        let directory = Directory::new("files").unwrap();
        let path = directory.path().join("out");
        let twice = [("a", &b"1"[..]), ("a", b"2")];
        assert!(write_directory(&path, twice.into_iter()).is_err());
        assert!(write(&path.join("missing/out"), b"").is_err());
        fs::create_dir(&path).unwrap();
        assert!(write(&path, b"").is_err());
        assert_eq!(write_directory(&path, std::iter::empty()).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(names(directory.path()), ["out"]);
    }
}
