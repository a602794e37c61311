//! Output that is there whole or not at all: a failed command leaves no file behind.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::mem::take;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sitrep_core::bundle;
use sitrep_core::update::{package, policy_update};
use sitrep_metadata::limits::{INPUT_FILE, METADATA_FILE};
use zeroize::Zeroizing;

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
    pub(crate) fn with(_: &Path, metadata: &Metadata) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt;
        Ok(Self((metadata.dev(), metadata.ino())))
    }

    /// Its resolved path, where there are no inodes.
    #[cfg(not(unix))]
    pub(crate) fn with(path: &Path, _: &Metadata) -> io::Result<Self> {
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

/// A file that is to be JSON has a zero byte.
#[derive(Debug)]
pub struct NoText {
    /// What was read of it, by which it may be known.
    pub start: Vec<u8>,
}

impl fmt::Display for NoText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected JSON, found a zero byte")
    }
}

impl std::error::Error for NoText {}

/// What a file may hold, and so how long it may be. Sparse files take no space on a disk; they would in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// JSON.
    Metadata,
    /// A bundle or another file of sitrep's own, as its first bytes say, or JSON.
    BundleOrMetadata,
    /// A bundle or something else that is no text.
    Binary,
}

/// How files of sitrep's own start.
const MAGICS: [[u8; 4]; 3] = [bundle::MAGIC, package::MAGIC, policy_update::MAGIC];

impl Contents {
    /// What a file holds that starts with these bytes.
    fn of(self, start: &[u8]) -> Self {
        match self {
            Self::BundleOrMetadata if MAGICS.iter().any(|magic| start.starts_with(magic)) => Self::Binary,
            Self::BundleOrMetadata => Self::Metadata,
            other => other,
        }
    }

    /// How many bytes it may have.
    const fn most(self) -> u64 {
        match self {
            Self::Metadata => METADATA_FILE,
            Self::BundleOrMetadata | Self::Binary => INPUT_FILE,
        }
    }

    /// What a person calls it.
    const fn kind(self) -> &'static str {
        match self {
            Self::Metadata => "a file of metadata",
            Self::BundleOrMetadata | Self::Binary => "a file that is read whole",
        }
    }
}

/// A file that is open for reading. Opening it waited for nobody, and what it is was asked of the open file: at its path may be another one
/// by now. Symbolic links are followed.
#[derive(Debug)]
pub struct OpenFile {
    file: File,
    metadata: Metadata,
    /// Has anything been read?
    is_begun: bool,
}

impl OpenFile {
    /// Opens what somebody named: a regular file, a pipe into which somebody writes, or a terminal.
    ///
    /// # Errors
    /// The operating system's; `IsADirectory`, and `InvalidInput` for devices and sockets.
    pub fn new(path: &Path) -> io::Result<Self> {
        let opened = Self::any(path)?;
        if opened.metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if opened.metadata.is_file() || opened.is_pipe() || io::IsTerminal::is_terminal(&opened.file) {
            return Ok(opened);
        }
        // Some have no end, and some do things when they are read.
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a device, and only files and pipes are read"))
    }

    /// Opens a regular file and nothing else: what nobody named, or what is read more than once.
    ///
    /// # Errors
    /// The operating system's, and `InvalidInput` for what is no regular file.
    pub fn regular(path: &Path) -> io::Result<Self> {
        let opened = Self::any(path)?;
        let refused = || io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file");
        if opened.metadata.is_file() { Ok(opened) } else { Err(refused()) }
    }

    fn any(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true);
        // A pipe would open only when somebody writes into it, and a terminal could become this process's own.
        #[cfg(unix)]
        {
            let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
            std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.bits().cast_signed());
        }
        let file = options.open(path)?;
        let metadata = file.metadata()?;
        Ok(Self { file, metadata, is_begun: false })
    }

    /// What the file was when it was opened.
    #[must_use]
    pub const fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The open file itself.
    #[must_use]
    pub const fn file(&self) -> &File {
        &self.file
    }

    /// How many bytes it has, where that is known before they are read.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.metadata.is_file().then_some(self.metadata.len())
    }

    #[cfg(unix)]
    fn is_pipe(&self) -> bool {
        std::os::unix::fs::FileTypeExt::is_fifo(&self.metadata.file_type())
    }

    /// Whatever such a system opens, it can read.
    #[cfg(not(unix))]
    const fn is_pipe(&self) -> bool {
        true
    }

    /// Waits until somebody writes, or nobody does any more.
    #[cfg(unix)]
    fn wait(&self) -> io::Result<()> {
        let events = &mut [rustix::event::PollFd::new(&self.file, rustix::event::PollFlags::IN)];
        rustix::io::retry_on_intr(|| rustix::event::poll(events, None))?;
        Ok(())
    }

    #[cfg(not(unix))]
    fn wait(&self) -> io::Result<()> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

impl Read for OpenFile {
    /// Waits for whoever has the other end of a pipe, as reading usually does.
    ///
    /// # Errors
    /// The operating system's; `UnexpectedEof` at the start of a pipe that nobody has open for writing.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.file.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.wait()?,
                Ok(0) if cfg!(unix) && !self.is_begun && !buffer.is_empty() && self.is_pipe() => {
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it is a pipe into which nobody writes"));
                }
                result => {
                    self.is_begun = true;
                    return result;
                }
            }
        }
    }
}

/// Reads a file that the user named, which may be a pipe.
///
/// # Errors
/// The operating system's; those of [`OpenFile::new`]; `FileTooLarge` beyond the limit for what it holds; `InvalidData` where it is to be text and is
/// none.
pub fn read(path: &Path, contents: Contents) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    read_into(OpenFile::new(path)?, u64::MAX, contents, &mut bytes)?;
    Ok(bytes)
}

/// Reads the start of such a file, `most` bytes of it.
///
/// # Errors
/// The operating system's, and those of [`OpenFile::new`].
pub fn read_start(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    OpenFile::new(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The same of a file that may hold a private key, of which no copy stays in memory.
///
/// # Errors
/// The operating system's, and those of [`OpenFile::new`].
pub fn read_secret_start(path: &Path, most: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    /// More than is looked for at the end, so that the buffer is never moved.
    const SPARE: usize = 64;
    let capacity = usize::try_from(most).map_err(|_| io::ErrorKind::OutOfMemory)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity.saturating_add(SPARE)));
    OpenFile::new(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a file that nobody named, but that was found under a name. It has to be a regular one: a pipe may never end. The
/// buffer is used again for the next file, which saves the kernel from giving fresh memory.
///
/// # Errors
/// The operating system's; `InvalidInput` for what is no regular file or has more bytes than it says; those of [`read`].
pub fn read_regular(path: &Path, buffer: &mut Vec<u8>) -> io::Result<()> {
    buffer.clear();
    let file = OpenFile::regular(path)?;
    let length = file.metadata.len();
    read_into(file, length.saturating_add(1), Contents::Metadata, buffer)?;
    // What the kernel makes up, such as in /proc, has no length and may have no end.
    let refused = || io::Error::new(io::ErrorKind::InvalidInput, "it has more bytes than its length says");
    if buffer.len() as u64 > length { Err(refused()) } else { Ok(()) }
}

/// How many bytes are read at once.
const PIECE: u64 = 1 << 20;

/// Reads at most `most` bytes.
fn read_into(file: OpenFile, most: u64, mut contents: Contents, buffer: &mut Vec<u8>) -> io::Result<()> {
    let too_large = |contents: Contents| {
        let (limit, kind) = (contents.most() >> 20, contents.kind());
        io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {limit} MiB, the limit for {kind}"))
    };
    // Known before memory is taken for it, but not of a pipe.
    let length = file.length().unwrap_or(0);
    if length > contents.most() {
        return Err(too_large(contents));
    }
    let mut file = file.take(most);
    loop {
        let before = buffer.len();
        if file.by_ref().take(PIECE).read_to_end(buffer)? == 0 {
            return Ok(());
        }
        if before == 0 {
            contents = contents.of(buffer);
        }
        if length.max(buffer.len() as u64) > contents.most() {
            return Err(too_large(contents));
        }
        // No JSON has one, and what a file's holes read as is nothing else.
        if contents == Contents::Metadata && memchr::memchr(0, buffer.get(before..).unwrap_or(&[])).is_some() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, NoText { start: take(buffer) }));
        }
        // With room for the read that finds the end; of a pipe it grows with what comes.
        let rest = length.saturating_add(1).saturating_sub(buffer.len() as u64);
        buffer.try_reserve_exact(usize::try_from(rest).unwrap_or(usize::MAX))?;
    }
}

/// Writes `bytes` to `path`, replacing what is there. The file appears complete, or not at all.
///
/// # Errors
/// The operating system's; then `path` is as before.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_with(path, |out| out.write_all(bytes))
}

/// The same of a file that `contents` writes, piece by piece.
///
/// # Errors
/// The operating system's or those of `contents`; then `path` is as before.
pub fn write_with<E: From<io::Error>>(
    path: &Path,
    contents: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let directory = parent(path);
    let mut unfinished = Unfinished(directory.join(unfinished_name(path)?));
    let mut out = BufWriter::new(OpenOptions::new().write(true).create_new(true).open(&unfinished.0)?);
    contents(&mut out)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(&unfinished.0, path)?;
    unfinished.0 = PathBuf::new();
    Ok(sync(directory)?)
}

/// Can a file be written to `path`? What is there stays as it is.
///
/// # Errors
/// The operating system's.
pub fn check_writable(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let unfinished = Unfinished(parent(path).join(unfinished_name(path)?));
    OpenOptions::new().write(true).create_new(true).open(&unfinished.0)?;
    Ok(())
}

/// Makes the directory `path` with these files in it, each of which `contents` writes. It appears complete, or not at all. A file may be in directories inside of it: the
/// components of its name, which the caller has checked one by one, are divided by `/`.
///
/// # Errors
/// `AlreadyExists` when `path` exists, otherwise the operating system's or those of `contents`; then `path` is as before.
pub fn write_directory<'a, F, E: From<io::Error>>(
    path: &Path,
    files: impl Iterator<Item = (&'a str, F)>,
    contents: &mut dyn FnMut(F, &mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(io::Error::from(io::ErrorKind::AlreadyExists).into());
    }
    let directory = parent(path);
    let mut unfinished = Unfinished(directory.join(unfinished_name(path)?));
    fs::create_dir(&unfinished.0)?;
    let mut directories = BTreeSet::from([unfinished.0.clone()]);
    for (name, file) in files {
        let path = unfinished.0.join(name);
        let directory = parent(&path);
        if !directories.contains(directory) {
            fs::create_dir_all(directory)?;
            let inside = directory.ancestors().take_while(|above| *above != unfinished.0);
            directories.extend(inside.map(Path::to_owned));
        }
        let mut out = BufWriter::new(OpenOptions::new().write(true).create_new(true).open(path)?);
        contents(file, &mut out)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    }
    directories.iter().try_for_each(|directory| sync(directory))?;
    // Where something took the name in the meantime, renaming fails unless it is an empty directory.
    fs::rename(&unfinished.0, path)?;
    unfinished.0 = PathBuf::new();
    Ok(sync(directory)?)
}

pub(super) fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A name in the same directory, so that renaming never crosses a file system. `create_new` refuses one that is taken.
pub(super) fn unfinished_name(path: &Path) -> io::Result<std::ffi::OsString> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().ok_or(io::ErrorKind::InvalidInput)?);
    name.push(format!(".{}.unfinished", std::process::id()));
    Ok(name)
}

/// Makes a rename survive a power cut, where directories can be opened.
pub(super) fn sync(directory: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}

/// Removed when dropped, unless the path was emptied because it has its final name.
pub(super) struct Unfinished(pub(super) PathBuf);

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
    use crate::shell::temporary::Directory;

    fn write_directory(path: &Path, files: &[(&str, &[u8])]) -> io::Result<()> {
        super::write_directory(path, files.iter().copied(), &mut |bytes, out| out.write_all(bytes))
    }

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
    fn whether_a_file_can_be_written_is_known_before() {
        let directory = Directory::new("files").unwrap();
        let path = directory.path().join("out");
        check_writable(&path).unwrap();
        assert!(names(directory.path()).is_empty());
        fs::write(&path, b"one").unwrap();
        check_writable(&path).unwrap();
        assert_eq!((fs::read(&path).unwrap(), names(directory.path())), (b"one".to_vec(), vec!["out".to_owned()]));
        assert_eq!(check_writable(&path.join("in")).unwrap_err().kind(), io::ErrorKind::NotADirectory);
        assert_eq!(check_writable(&directory.path().join("no/out")).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(check_writable(directory.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
    }

    #[test]
    fn a_directory_is_written_with_those_inside_of_it() {
        let directory = Directory::new("files").unwrap();
        let path = directory.path().join("out");
        let files = [("a/b/c", &b"1"[..]), ("d", b"2"), ("a/b/e", b"3"), ("f/g", b"4")];
        write_directory(&path, &files).unwrap();
        for (name, bytes) in files {
            assert_eq!(fs::read(path.join(name)).unwrap(), bytes);
        }
        assert_eq!(names(directory.path()), ["out"]);
        // A file that is in the way of a directory: nothing is left.
        let other = directory.path().join("other");
        assert!(write_directory(&other, &[("a", b"1"), ("a/b", b"2")]).is_err());
        assert_eq!(names(directory.path()), ["out"]);
    }

    #[test]
    fn what_is_too_large_takes_no_memory() {
        let directory = Directory::new("files").unwrap();
        let path = directory.path().join("sparse");
        let sparse = |start: &str, length: u64| {
            fs::write(&path, start).unwrap();
            File::options().write(true).open(&path).unwrap().set_len(length).unwrap();
        };
        sparse("", INPUT_FILE + 1);
        assert_eq!(read(&path, Contents::Binary).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        for (start, length, kind) in [
            ("", METADATA_FILE + 1, io::ErrorKind::FileTooLarge),
            ("{", METADATA_FILE + 1, io::ErrorKind::FileTooLarge),
            // Of such a file no more is read than up to its first hole.
            ("{", METADATA_FILE, io::ErrorKind::InvalidData),
            ("{\"a\":1}", 9, io::ErrorKind::InvalidData),
        ] {
            sparse(start, length);
            let mut buffer = Vec::new();
            assert_eq!(read_regular(&path, &mut buffer).unwrap_err().kind(), kind, "{start} {length}");
            assert!(buffer.len() as u64 <= PIECE);
            assert_eq!(read(&path, Contents::Metadata).unwrap_err().kind(), kind, "{start} {length}");
            assert_eq!(read(&path, Contents::BundleOrMetadata).unwrap_err().kind(), kind, "{start} {length}");
        }
        fs::write(&path, vec![b' '; 3 * PIECE as usize + 1]).unwrap();
        assert_eq!(read(&path, Contents::Metadata).unwrap().len() as u64, 3 * PIECE + 1);
        sparse("SITR", METADATA_FILE + 1);
        assert_eq!(read(&path, Contents::BundleOrMetadata).unwrap().len() as u64, METADATA_FILE + 1);
        assert_eq!(read_regular(directory.path(), &mut Vec::new()).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[cfg(unix)]
    #[test]
    fn opening_waits_for_nobody() {
        use std::os::unix::fs::symlink;
        let directory = Directory::new("files").unwrap();
        let root = directory.path();
        let pipe = root.join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        symlink("pipe", root.join("link")).unwrap();
        for name in ["pipe", "link"] {
            assert_eq!(read(&root.join(name), Contents::Binary).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
            assert_eq!(OpenFile::regular(&root.join(name)).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        }
        // Some have no end.
        for device in ["/dev/zero", "/dev/null"] {
            assert_eq!(OpenFile::new(Path::new(device)).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{device}");
        }
        assert_eq!(OpenFile::new(root).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        fs::write(root.join("file"), "a").unwrap();
        symlink("file", root.join("other")).unwrap();
        for name in ["file", "other"] {
            assert_eq!(
                (read(&root.join(name), Contents::Binary).unwrap(), OpenFile::regular(&root.join(name)).is_ok()),
                (vec![b'a'], true)
            );
        }
    }

    /// A pipe gives what it gets, however long that takes.
    #[cfg(target_os = "linux")]
    #[test]
    fn pipes_are_read_to_their_end() {
        let directory = Directory::new("files").unwrap();
        let pipe = directory.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let mut writer = OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
        let mut reader = OpenFile::new(&pipe).unwrap();
        assert_eq!(reader.length(), None);
        // More than it holds: the reader has to wait for the writer, and the writer for the reader.
        let expected: Vec<u8> = (0..300_000_u32).map(|number| number as u8).collect();
        let sent = expected.clone();
        let writing = std::thread::spawn(move || writer.write_all(&sent));
        let mut read = Vec::new();
        reader.read_to_end(&mut read).unwrap();
        writing.join().unwrap().unwrap();
        assert!(read == expected);
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
        assert!(write_directory(&path, &twice).is_err());
        assert!(write(&path.join("missing/out"), b"").is_err());
        fs::create_dir(&path).unwrap();
        assert!(write(&path, b"").is_err());
        assert_eq!(write_directory(&path, &[]).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(names(directory.path()), ["out"]);
    }
}
