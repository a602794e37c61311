//! Fresh directories for the demo and for tests.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// A directory below the system's directory for temporary files, removed when dropped unless it is kept.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    kept: bool,
}

impl Directory {
    /// Makes a directory that did not exist before, only for this user where the system can tell users apart.
    ///
    /// # Errors
    /// The operating system's.
    pub fn new(purpose: &str) -> io::Result<Self> {
        let base = std::env::temp_dir();
        loop {
            let mut random = [0; 6];
            getrandom::fill(&mut random).map_err(io::Error::other)?;
            let path = base.join(format!("sitrep-{purpose}-{}", sitrep_metadata::hex::encode(&random)));
            let mut builder = fs::DirBuilder::new();
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            match builder.create(&path) {
                Ok(()) => return Ok(Self { path, kept: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves it there for good.
    #[must_use]
    pub fn keep(mut self) -> PathBuf {
        self.kept = true;
        std::mem::take(&mut self.path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if !self.kept {
            // There is nobody to tell, and nothing depends on it.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}
