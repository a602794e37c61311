//! An open directory: what is in it, and the files in it opened by their own names. It stays the same one, whatever gets its path meanwhile.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::Path;

use crate::shell::files::FileId;

/// What an entry of a directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Directory,
    Link,
    /// A pipe, a socket, a device.
    Other,
}

/// An entry of a directory.
pub(super) struct Entry<'a> {
    pub(super) name: &'a OsStr,
    pub(super) kind: Kind,
}

/// By what a file is known to be as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub(super) is_file: bool,
    /// In bytes.
    pub(super) length: u64,
    modified: system::Time,
}

impl State {
    pub(super) fn of(file: &File) -> io::Result<Self> {
        system::state(file)
    }
}

/// Reads from a file, once.
pub(super) fn read(file: &File, buffer: &mut [u8]) -> io::Result<usize> {
    system::read(file, buffer)
}

/// An open directory.
pub(super) struct Directory(system::Handle);

impl Directory {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        system::Handle::open(path).map(Self)
    }

    pub(super) fn id(&self, path: &Path) -> io::Result<FileId> {
        self.0.id(path)
    }

    /// Tells `each` of all that is in it, in the system's order.
    pub(super) fn entries<E: From<io::Error>>(
        &self,
        mut each: impl FnMut(Entry<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.0.entries(&mut each)
    }

    /// What is to be found under a name, through symbolic links.
    pub(super) fn kind_behind(&self, name: &OsStr) -> io::Result<Kind> {
        self.0.kind_behind(name)
    }

    /// Opens a file for reading, through symbolic links. Opening waits for nobody.
    pub(super) fn open_file(&self, name: &str) -> io::Result<File> {
        self.0.open_file(name)
    }
}

#[cfg(unix)]
mod system {
    use std::ffi::OsStr;
    use std::fs::File;
    use std::io;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, fstat, open, openat, statat};

    use super::{Entry, Kind, State};
    use crate::shell::files::FileId;

    /// Seconds and nanoseconds.
    pub(super) type Time = (i64, i64);

    pub(super) struct Handle(File);

    const FLAGS: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC);

    impl From<FileType> for Kind {
        fn from(kind: FileType) -> Self {
            match kind {
                FileType::RegularFile => Self::File,
                FileType::Directory => Self::Directory,
                FileType::Symlink => Self::Link,
                _ => Self::Other,
            }
        }
    }

    impl Handle {
        pub(super) fn open(path: &Path) -> io::Result<Self> {
            Ok(Self(open(path, FLAGS | OFlags::DIRECTORY, Mode::empty())?.into()))
        }

        pub(super) fn id(&self, path: &Path) -> io::Result<FileId> {
            FileId::with(path, &self.0.metadata()?)
        }

        pub(super) fn entries<E: From<io::Error>>(
            &self,
            each: &mut dyn FnMut(Entry<'_>) -> Result<(), E>,
        ) -> Result<(), E> {
            for entry in Dir::read_from(&self.0).map_err(io::Error::from)? {
                let entry = entry.map_err(io::Error::from)?;
                let name = entry.file_name();
                if matches!(name.to_bytes(), b"." | b"..") {
                    continue;
                }
                let kind = match entry.file_type() {
                    // Not all file systems tell.
                    FileType::Unknown => {
                        let status = statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW).map_err(io::Error::from)?;
                        FileType::from_raw_mode(status.st_mode)
                    }
                    known => known,
                };
                each(Entry { name: OsStr::from_bytes(name.to_bytes()), kind: kind.into() })?;
            }
            Ok(())
        }

        pub(super) fn kind_behind(&self, name: &OsStr) -> io::Result<Kind> {
            let status = statat(&self.0, name.as_bytes(), AtFlags::empty())?;
            Ok(FileType::from_raw_mode(status.st_mode).into())
        }

        pub(super) fn open_file(&self, name: &str) -> io::Result<File> {
            // A pipe would open only when somebody writes into it, and a terminal could become this process's own.
            let flags = FLAGS | OFlags::NONBLOCK | OFlags::NOCTTY;
            Ok(openat(&self.0, name, flags, Mode::empty())?.into())
        }
    }

    pub(super) fn read(file: &File, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(file, buffer)?)
    }

    #[allow(clippy::unnecessary_cast, reason = "these types differ between systems")]
    pub(super) fn state(file: &File) -> io::Result<State> {
        let status = fstat(file)?;
        Ok(State {
            is_file: FileType::from_raw_mode(status.st_mode) == FileType::RegularFile,
            length: u64::try_from(status.st_size).unwrap_or(0),
            modified: (status.st_mtime as i64, status.st_mtime_nsec as i64),
        })
    }
}

#[cfg(not(unix))]
mod system {
    use std::ffi::OsStr;
    use std::fs::{self, File, FileType};
    use std::io;
    use std::path::{Path, PathBuf};
    use std::time::SystemTime;

    use super::{Entry, Kind, State};
    use crate::shell::files::FileId;

    pub(super) type Time = Option<SystemTime>;

    /// Such systems open files by their paths alone.
    pub(super) struct Handle(PathBuf);

    impl From<FileType> for Kind {
        fn from(kind: FileType) -> Self {
            if kind.is_file() {
                Self::File
            } else if kind.is_dir() {
                Self::Directory
            } else if kind.is_symlink() {
                Self::Link
            } else {
                Self::Other
            }
        }
    }

    impl Handle {
        pub(super) fn open(path: &Path) -> io::Result<Self> {
            Ok(Self(path.to_owned()))
        }

        pub(super) fn id(&self, path: &Path) -> io::Result<FileId> {
            FileId::of(path)
        }

        pub(super) fn entries<E: From<io::Error>>(
            &self,
            each: &mut dyn FnMut(Entry<'_>) -> Result<(), E>,
        ) -> Result<(), E> {
            for entry in fs::read_dir(&self.0)? {
                let entry = entry?;
                each(Entry { name: &entry.file_name(), kind: entry.file_type()?.into() })?;
            }
            Ok(())
        }

        pub(super) fn kind_behind(&self, name: &OsStr) -> io::Result<Kind> {
            fs::metadata(self.0.join(name)).map(|metadata| metadata.file_type().into())
        }

        pub(super) fn open_file(&self, name: &str) -> io::Result<File> {
            File::open(self.0.join(name))
        }
    }

    pub(super) fn read(mut file: &File, buffer: &mut [u8]) -> io::Result<usize> {
        io::Read::read(&mut file, buffer)
    }

    pub(super) fn state(file: &File) -> io::Result<State> {
        let metadata = file.metadata()?;
        Ok(State { is_file: metadata.is_file(), length: metadata.len(), modified: metadata.modified().ok() })
    }
}
