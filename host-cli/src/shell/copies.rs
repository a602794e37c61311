//! Copies of files that have their names only when all of them are whole and good: until then they are unfinished, and gone if it never comes to it.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use sitrep_metadata::names::is_file_name;

use crate::shell::files::OpenFile;

/// Copies that are made in one directory.
#[derive(Debug)]
pub struct Copies {
    directory: system::Directory,
    path: PathBuf,
    unfinished: Vec<Unfinished>,
}

/// A copy that has no name yet.
#[derive(Debug)]
struct Unfinished {
    /// What it is called meanwhile, directly in the directory.
    meanwhile: String,
    /// The components of the name that it is to have.
    name: Vec<String>,
}

/// Why there is no copy.
#[derive(Debug)]
pub struct CopyError {
    /// The copy, or what it is called while it is made.
    pub path: PathBuf,
    /// The operating system's reason; `AlreadyExists` where the name is taken, `InvalidFilename` where it would not be in the directory.
    pub source: io::Error,
}

impl fmt::Display for CopyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.source.kind() {
            io::ErrorKind::AlreadyExists => write!(f, "cannot copy to {path}: it exists already"),
            io::ErrorKind::InvalidFilename => {
                write!(f, "cannot copy an artifact named {path}: that is no path inside of a directory")
            }
            _ => write!(f, "cannot copy to {path}: {}", self.source),
        }
    }
}

impl std::error::Error for CopyError {}

impl Copies {
    /// Copies in a directory that is there.
    ///
    /// # Errors
    /// The operating system's; `NotADirectory` for what is none.
    pub fn new(path: &Path) -> io::Result<Self> {
        Ok(Self { directory: system::Directory::open(path)?, path: path.into(), unfinished: Vec::new() })
    }

    /// Where a copy with this name will be: components divided by `/`, none of which leads elsewhere.
    ///
    /// # Errors
    /// [`CopyError`]: `InvalidFilename` for a name that is no path inside of the directory, `AlreadyExists` for one that is taken.
    pub fn place_of(&self, name: &str) -> Result<PathBuf, CopyError> {
        let components = components(name);
        let path = components.iter().flatten().fold(self.path.clone(), |path, component| path.join(component));
        let failed = |path: &Path, kind: io::ErrorKind| Err(CopyError { path: path.into(), source: kind.into() });
        match components {
            None => failed(Path::new(name), io::ErrorKind::InvalidFilename),
            Some(_) if path.symlink_metadata().is_ok() => failed(&path, io::ErrorKind::AlreadyExists),
            Some(_) => Ok(path),
        }
    }

    /// Begins a copy of what was opened as `source`, with its rights as far as this process gives any.
    ///
    /// # Errors
    /// As [`Self::place_of`], and the operating system's.
    pub fn begin(&mut self, name: &str, source: &OpenFile) -> Result<(PathBuf, File), CopyError> {
        let path = self.place_of(name)?;
        let mut random = [0; 6];
        let filled = getrandom::fill(&mut random).map_err(io::Error::other);
        let meanwhile = format!(".sitrep-{}.unfinished", sitrep_metadata::hex::encode(&random));
        let file = filled.and_then(|()| self.directory.create(&meanwhile, source.metadata()));
        let file = file.map_err(|source| CopyError { path: self.path.join(&meanwhile), source })?;
        let name = components(name).unwrap_or_default();
        self.unfinished.push(Unfinished { meanwhile, name });
        Ok((path, file))
    }

    /// Gives every copy its name. Nothing that is there is replaced, and where one copy cannot get its name, none of them stays.
    ///
    /// # Errors
    /// [`CopyError`] for the first that cannot.
    pub fn place(self) -> Result<(), CopyError> {
        let mut placed = system::Placed::default();
        for Unfinished { meanwhile, name } in &self.unfinished {
            placed.add(&self.directory, meanwhile, name).map_err(|source| {
                let path = name.iter().fold(self.path.clone(), |path, component| path.join(component));
                CopyError { path, source }
            })?;
        }
        placed.keep(&self.directory).map_err(|source| CopyError { path: self.path.clone(), source })
    }
}

impl Drop for Copies {
    fn drop(&mut self) {
        // Those that have their names by now are not called so any more.
        self.unfinished.iter().for_each(|copy| self.directory.remove(&copy.meanwhile));
    }
}

fn components(name: &str) -> Option<Vec<String>> {
    let components: Vec<String> = name.split('/').map(str::to_owned).collect();
    components.iter().all(|component| is_file_name(component)).then_some(components)
}

/// Directories by descriptor: no symbolic link that somebody puts in the way is followed.
#[cfg(unix)]
mod system {
    use std::fs::{File, Metadata};
    use std::io;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    use rustix::fs::{AtFlags, Mode, OFlags, linkat, mkdirat, openat, unlinkat};
    use rustix::io::Errno;

    #[derive(Debug)]
    pub(super) struct Directory(File);

    impl Directory {
        pub(super) fn open(path: &Path) -> io::Result<Self> {
            let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
            let directory = rustix::fs::open(path, flags, Mode::empty())?;
            Ok(Self(directory.into()))
        }

        fn open_inside(&self, name: &str) -> io::Result<Self> {
            let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
            Ok(Self(openat(&self.0, name, flags, Mode::empty())?.into()))
        }

        pub(super) fn create(&self, name: &str, source: &Metadata) -> io::Result<File> {
            // A pipe's rights say nothing; of a file's, only those to read, write and execute.
            let mode = if source.is_file() { source.mode() & 0o777 } else { 0o666 };
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
            Ok(openat(&self.0, name, flags, Mode::from_raw_mode(mode as _))?.into())
        }

        pub(super) fn remove(&self, name: &str) {
            // There is nobody to tell.
            let _ = unlinkat(&self.0, name, AtFlags::empty());
        }

        /// Gives a file another name, which must be free.
        fn rename(&self, from: &str, to: (&Self, &str)) -> io::Result<()> {
            let (directory, name) = to;
            #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
            {
                let flags = rustix::fs::RenameFlags::NOREPLACE;
                match rustix::fs::renameat_with(&self.0, from, &directory.0, name, flags) {
                    // Not every file system can.
                    Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
                    result => return Ok(result?),
                }
            }
            linkat(&self.0, from, &directory.0, name, AtFlags::empty())?;
            self.remove(from);
            Ok(())
        }
    }

    /// What has its name by now: files, and directories that were made for them. Taken back when dropped.
    #[derive(Debug, Default)]
    pub(super) struct Placed {
        files: Vec<(Directory, String)>,
        made: Vec<(Directory, String)>,
    }

    impl Placed {
        pub(super) fn add(&mut self, root: &Directory, from: &str, name: &[String]) -> io::Result<()> {
            let Some((last, above)) = name.split_last() else { return Err(io::ErrorKind::InvalidFilename.into()) };
            let mut directory = Directory(root.0.try_clone()?);
            for component in above {
                match mkdirat(&directory.0, component.as_str(), Mode::from_raw_mode(0o777)) {
                    Ok(()) => self.made.push((Directory(directory.0.try_clone()?), component.clone())),
                    Err(Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
                directory = directory.open_inside(component)?;
            }
            root.rename(from, (&directory, last))?;
            self.files.push((directory, last.clone()));
            Ok(())
        }

        /// Makes the names survive a power cut, and leaves them.
        pub(super) fn keep(mut self, root: &Directory) -> io::Result<()> {
            let directories = self.files.iter().chain(&self.made).map(|(directory, _)| directory);
            directories.chain([root]).try_for_each(|directory| directory.0.sync_all())?;
            self.files.clear();
            self.made.clear();
            Ok(())
        }
    }

    impl Drop for Placed {
        fn drop(&mut self) {
            self.files.iter().for_each(|(directory, name)| directory.remove(name));
            for (directory, name) in self.made.iter().rev() {
                let _ = unlinkat(&directory.0, name.as_str(), AtFlags::REMOVEDIR);
            }
        }
    }
}

/// Directories by path, where the system has no others.
#[cfg(not(unix))]
mod system {
    use std::fs::{self, File, Metadata, OpenOptions};
    use std::io;
    use std::path::{Path, PathBuf};

    #[derive(Debug)]
    pub(super) struct Directory(PathBuf);

    impl Directory {
        pub(super) fn open(path: &Path) -> io::Result<Self> {
            if fs::metadata(path)?.is_dir() { Ok(Self(path.into())) } else { Err(io::ErrorKind::NotADirectory.into()) }
        }

        pub(super) fn create(&self, name: &str, _: &Metadata) -> io::Result<File> {
            OpenOptions::new().write(true).create_new(true).open(self.0.join(name))
        }

        pub(super) fn remove(&self, name: &str) {
            // There is nobody to tell.
            let _ = fs::remove_file(self.0.join(name));
        }
    }

    /// What has its name by now: files, and directories that were made for them. Taken back when dropped.
    #[derive(Debug, Default)]
    pub(super) struct Placed {
        files: Vec<PathBuf>,
        made: Vec<PathBuf>,
    }

    impl Placed {
        pub(super) fn add(&mut self, root: &Directory, from: &str, name: &[String]) -> io::Result<()> {
            let Some((last, above)) = name.split_last() else { return Err(io::ErrorKind::InvalidFilename.into()) };
            let mut directory = root.0.clone();
            for component in above {
                directory.push(component);
                match fs::create_dir(&directory) {
                    Ok(()) => self.made.push(directory.clone()),
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                    Err(_) if fs::symlink_metadata(&directory)?.is_dir() => {}
                    Err(_) => return Err(io::ErrorKind::NotADirectory.into()),
                }
            }
            // Renaming would replace what is there.
            fs::hard_link(root.0.join(from), directory.join(last))?;
            self.files.push(directory.join(last));
            root.remove(from);
            Ok(())
        }

        pub(super) fn keep(mut self, _: &Directory) -> io::Result<()> {
            self.files.clear();
            self.made.clear();
            Ok(())
        }
    }

    impl Drop for Placed {
        fn drop(&mut self) {
            self.files.iter().for_each(|file| drop(fs::remove_file(file)));
            self.made.iter().rev().for_each(|made| drop(fs::remove_dir(made)));
        }
    }
}
