//! Reading a file that is an artifact.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};
use sitrep_metadata::hex;
use sitrep_metadata::verification::report::ReadFile;

use crate::args::Artifact;
use crate::error::CliError;
use crate::shell::copies::{Copies, CopyError};
use crate::shell::files::OpenFile;

/// How many bytes are read at once.
const BLOCK: usize = 64 * 1024;

/// Reads an artifact for core, and keeps account: what was read is hashed, and copied where a copy is wanted.
pub(crate) struct ArtifactReader {
    path: PathBuf,
    file: OpenFile,
    buffer: Vec<u8>,
    /// What of the buffer was not handed out yet.
    left: std::ops::Range<usize>,
    copy: Option<(PathBuf, File)>,
    sha256: Sha256,
    bytes: u64,
    is_at_end: bool,
    error: Option<CliError>,
}

impl ArtifactReader {
    /// Opens an artifact. One that is read again later has to be a regular file.
    ///
    /// # Errors
    /// [`CliError::Read`].
    pub(crate) fn open(artifact: &Artifact, is_read_again: bool) -> Result<Self, CliError> {
        let opened = if is_read_again { OpenFile::regular(&artifact.file) } else { OpenFile::new(&artifact.file) };
        let explained = |error: io::Error| match error.kind() {
            io::ErrorKind::InvalidInput if is_read_again => {
                let why = "it is no regular file, and artifacts are read before and after inspections";
                io::Error::new(io::ErrorKind::InvalidInput, why)
            }
            _ => error,
        };
        let file = opened.map_err(|error| CliError::Read(artifact.file.clone(), explained(error)))?;
        Ok(Self::of(artifact, file))
    }

    fn of(artifact: &Artifact, file: OpenFile) -> Self {
        Self {
            path: artifact.file.clone(),
            file,
            buffer: vec![0; BLOCK],
            left: 0..0,
            copy: None,
            sha256: Sha256::new(),
            bytes: 0,
            is_at_end: false,
            error: None,
        }
    }

    /// How many bytes it has, where that is known before they are read.
    pub(crate) fn length(&self) -> Option<u64> {
        self.file.length()
    }

    /// Copies what is read from now on, which is everything.
    ///
    /// # Errors
    /// [`CliError::Copy`] where no such copy can be made.
    pub(crate) fn copy_to(&mut self, copies: &mut Copies, name: &str) -> Result<(), CliError> {
        self.copy = Some(copies.begin(name, &self.file).map_err(CliError::Copy)?);
        Ok(())
    }

    /// What was read, when core has read as much as it wanted.
    ///
    /// # Errors
    /// [`CliError`] when it could not be read, or the copy not be written.
    pub(crate) fn finish(mut self) -> Result<ReadFile, CliError> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let copy = match self.copy.take() {
            Some((path, file)) => {
                let shown = path.display().to_string();
                file.sync_all().map_err(|source| CliError::Copy(CopyError { path, source }))?;
                Some(shown)
            }
            None => None,
        };
        let (bytes, sha256) = (self.bytes, hex::encode(&self.sha256.finalize()));
        Ok(ReadFile {
            path: self.path.display().to_string(),
            bytes: self.is_at_end.then_some(bytes),
            sha256: self.is_at_end.then_some(sha256),
            copy,
        })
    }

    /// Reads the next block. Nothing more comes after the end or an error.
    fn fill(&mut self) {
        self.left = 0..0;
        let result = loop {
            match self.file.read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result.map_err(|error| CliError::Read(self.path.clone(), error)),
            }
        };
        let block = match result {
            Ok(0) => {
                self.is_at_end = true;
                return;
            }
            Ok(count) => self.buffer.get(..count).unwrap_or_default(),
            Err(error) => {
                self.error = Some(error);
                return;
            }
        };
        self.sha256.update(block);
        self.bytes += block.len() as u64;
        if let Some((path, copy)) = &mut self.copy
            && let Err(source) = copy.write_all(block)
        {
            self.error = Some(CliError::Copy(CopyError { path: path.clone(), source }));
            return;
        }
        self.left = 0..block.len();
    }
}

impl embedded_io::ErrorType for ArtifactReader {
    type Error = embedded_io::ErrorKind;
}

impl embedded_io::Read for ArtifactReader {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        if self.left.is_empty() && !self.is_at_end && self.error.is_none() {
            self.fill();
        }
        if self.error.is_some() {
            return Err(embedded_io::ErrorKind::Other);
        }
        let ready = self.buffer.get(self.left.clone()).unwrap_or_default();
        let (start, count) = (self.left.start, ready.len().min(buffer.len()));
        buffer[..count].copy_from_slice(&ready[..count]);
        self.left.start = start + count;
        Ok(count)
    }
}
