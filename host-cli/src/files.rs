//! Output that is there whole or not at all: a failed command leaves no file behind.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What tells a file from every other on this machine, whatever its name: device and inode.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileId(#[cfg(unix)] (u64, u64), #[cfg(not(unix))] PathBuf);

impl FileId {
    /// The identity of the file that `path` leads to, through symbolic links.
    ///
    /// # Errors
    /// The operating system's, when there is no such file.
    pub fn of(path: &Path) -> io::Result<Self> {
        Self::with(path, &fs::metadata(path)?)
    }

    #[cfg(unix)]
    fn with(_: &Path, metadata: &Metadata) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt;
        Ok(Self((metadata.dev(), metadata.ino())))
    }

    /// Its resolved path, where there are no inodes.
    #[cfg(not(unix))]
    fn with(path: &Path, _: &Metadata) -> io::Result<Self> {
        fs::canonicalize(path).map(Self)
    }
}

/// A file as it was at one time, told by size and time of the last change: an inode is given to another file when its own is gone, and
/// what was written to is not what was read before.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileVersion {
    id: FileId,
    length: u64,
    modified: Option<SystemTime>,
}

impl FileVersion {
    /// The file that `path` leads to, through symbolic links, as it is now.
    ///
    /// # Errors
    /// The operating system's, when there is no such file.
    pub fn of(path: &Path) -> io::Result<Self> {
        Self::with(path, &fs::metadata(path)?)
    }

    /// The same, where the file has been opened: what is at its path may be another one by now.
    ///
    /// # Errors
    /// The operating system's, on systems without inodes.
    pub fn with(path: &Path, metadata: &Metadata) -> io::Result<Self> {
        let id = FileId::with(path, metadata)?;
        Ok(Self { id, length: metadata.len(), modified: metadata.modified().ok() })
    }
}

/// Largest input that is read, in bytes: places in JSON texts and in bundles are numbers of 32 bits.
const MAX_INPUT: u64 = u32::MAX as u64 - 1;

/// Reads a file that the user named, which may be a pipe.
///
/// # Errors
/// The operating system's; `FileTooLarge` from 4 GiB on.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    read_into(File::open(path)?, u64::MAX, &mut bytes)?;
    Ok(bytes)
}

/// Reads a file that nobody named, but that was found under a name. It has to be a regular one: a pipe may never end. The
/// buffer is used again for the next file, which saves the kernel from giving fresh memory.
///
/// # Errors
/// The operating system's; `InvalidInput` for what is no regular file or has more bytes than it says, `FileTooLarge` from 4 GiB on.
pub fn read_regular(path: &Path, buffer: &mut Vec<u8>) -> io::Result<()> {
    let refused = |why| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    if !fs::metadata(path)?.is_file() {
        return refused("it is no regular file");
    }
    buffer.clear();
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    read_into(file, length.saturating_add(1), buffer)?;
    // What the kernel makes up, such as in /proc, has no length and may have no end.
    if buffer.len() as u64 > length { refused("it has more bytes than its length says") } else { Ok(()) }
}

/// Reads at most `most` bytes.
fn read_into(file: File, most: u64, buffer: &mut Vec<u8>) -> io::Result<()> {
    let too_large = || io::Error::new(io::ErrorKind::FileTooLarge, "it has 4 GiB or more");
    // Known before memory is taken for it, but not of a pipe.
    if file.metadata()?.len() > MAX_INPUT {
        return Err(too_large());
    }
    file.take(most.min(MAX_INPUT + 1)).read_to_end(buffer)?;
    if buffer.len() as u64 > MAX_INPUT { Err(too_large()) } else { Ok(()) }
}

/// Is this the name of one file in a directory?
pub(crate) fn is_file_name(name: &str) -> bool {
    // On Windows a colon follows the name of a drive, elsewhere steps may have names such as `ci:build`.
    let leads_elsewhere = |char| matches!(char, '/' | '\\' | '\0') || (cfg!(windows) && char == ':');
    !matches!(name, "" | "." | "..") && !name.contains(leads_elsewhere)
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

/// Makes the directory `path` with these files in it. It appears complete, or not at all. A file may be in directories inside of it: the
/// components of its name, which the caller has checked one by one, are divided by `/`.
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
    let mut directories = BTreeSet::from([unfinished.0.clone()]);
    for (name, bytes) in files {
        let path = unfinished.0.join(name);
        let directory = parent(&path);
        if !directories.contains(directory) {
            fs::create_dir_all(directory)?;
            let inside = directory.ancestors().take_while(|above| *above != unfinished.0);
            directories.extend(inside.map(Path::to_owned));
        }
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    directories.iter().try_for_each(|directory| sync(directory))?;
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
    fn a_directory_is_written_with_those_inside_of_it() {
        let directory = Directory::new("files").unwrap();
        let path = directory.path().join("out");
        let files = [("a/b/c", &b"1"[..]), ("d", b"2"), ("a/b/e", b"3"), ("f/g", b"4")];
        write_directory(&path, files.into_iter()).unwrap();
        for (name, bytes) in files {
            assert_eq!(fs::read(path.join(name)).unwrap(), bytes);
        }
        assert_eq!(names(directory.path()), ["out"]);
        // A file that is in the way of a directory: nothing is left.
        let other = directory.path().join("other");
        assert!(write_directory(&other, [("a", &b"1"[..]), ("a/b", b"2")].into_iter()).is_err());
        assert_eq!(names(directory.path()), ["out"]);
    }

    #[test]
    fn what_is_too_large_takes_no_memory() {
        let directory = Directory::new("files").unwrap();
        let path = directory.path().join("sparse");
        File::create(&path).unwrap().set_len(MAX_INPUT + 1).unwrap();
        assert_eq!(read(&path).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read_regular(&path, &mut Vec::new()).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read_regular(directory.path(), &mut Vec::new()).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn a_file_that_was_written_to_is_another_one() {
        let directory = Directory::new("files").unwrap();
        let path = directory.path().join("file");
        fs::write(&path, "a").unwrap();
        let (id, before) = (FileId::of(&path).unwrap(), FileVersion::of(&path).unwrap());
        assert_eq!(FileVersion::with(&path, &File::open(&path).unwrap().metadata().unwrap()).unwrap(), before);
        // Time may stand still between two writes; the size does not.
        fs::write(&path, "ab").unwrap();
        assert_ne!(FileVersion::of(&path).unwrap(), before);
        assert_eq!(FileId::of(&path).unwrap(), id);
        fs::write(&path, "b").unwrap();
        File::open(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert_ne!(FileVersion::of(&path).unwrap(), before);
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
