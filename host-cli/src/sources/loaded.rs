//! What `verify` and `pack` are given, in the one form that is verified: a bundle in memory.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use sitrep_core::bundle::{Bundle, MAGIC};
use sitrep_core::{Error, limits};
use sitrep_metadata::bundle::documents;
use sitrep_metadata::bundle::pack::Packer;
use sitrep_metadata::bundle::unpack::{UnpackError, Writer};
use sitrep_metadata::causes::Near;
use sitrep_metadata::envelope::attestation_bundle::AttestationFile;

use crate::args::Source;
use crate::error::CliError;
use crate::shell::files::{Contents, FileVersion};
use crate::sources::input::Input;
use crate::sources::kinds;
use crate::sources::near;
use crate::sources::note::{Ignored, Note};

const EXPECTED: &str = "a bundle, or a layout with its links beside it";

const ATTESTATIONS: &str = "attestations";

/// A supply chain, loaded.
#[derive(Debug)]
pub struct Loaded {
    /// The file that the user named.
    pub path: PathBuf,
    /// The bundle: read from a file, or packed in memory.
    pub bundle: Vec<u8>,
    /// Files that were ignored, and why.
    pub notes: Vec<Note>,
    /// Every file that was read.
    pub files: Vec<PathBuf>,
    /// The documents, where the input was JSON.
    packer: Option<Packer>,
    /// Where the links of each layout were looked for, by its number.
    directories: BTreeMap<u16, PathBuf>,
}

impl Loaded {
    /// Loads what the options name. Packing it asks no signature: what is wrong with it is for core to say.
    ///
    /// # Errors
    /// [`CliError`] when a file cannot be read, is neither a bundle nor a layout, or cannot be packed.
    pub fn new(source: &Source, profile: u8) -> Result<Self, CliError> {
        // clap asks for one of the two and refuses both.
        let path = source.input.as_ref().or(source.layout.as_ref()).cloned().unwrap_or_default();
        // Read once: it may be a pipe.
        let bytes = kinds::read(&path, Contents::BundleOrMetadata, EXPECTED)?;
        if bytes.starts_with(&MAGIC) {
            if source.link_dir.is_some() || !source.attestations.is_empty() {
                return Err(CliError::EvidenceWithBundle);
            }
            return Ok(Self {
                files: vec![path.clone()],
                path,
                bundle: bytes,
                notes: Vec::new(),
                packer: None,
                directories: BTreeMap::new(),
            });
        }
        let links = match (&source.link_dir, &source.layout) {
            (Some(links), _) => links.as_path(),
            // As in-toto-verify does.
            (None, Some(_)) => Path::new("."),
            (None, None) => path.parent().unwrap_or(Path::new("")),
        };
        let links = if links.as_os_str().is_empty() { Path::new(".") } else { links };
        // A place that the user named has to be there.
        if let Some(links) = &source.link_dir {
            links.metadata().map_err(|error| CliError::Read(links.clone(), error))?;
        }
        let is_file = links.metadata().is_ok_and(|metadata| !metadata.is_dir());
        let named = is_file.then(|| links.to_owned()).into_iter().chain(source.attestations.iter().cloned());
        let attestations = named.map(|path| {
            let bytes = kinds::read(&path, Contents::Metadata, ATTESTATIONS)?;
            Ok::<_, CliError>(AttestationFile { path, bytes })
        });
        let attestations: Vec<AttestationFile> = attestations.collect::<Result<_, _>>()?;
        let input = Input::of_layout(&path, &bytes, (!is_file).then_some(links), &attestations);
        let input = input.map_err(|error| match *error.reason {
            Ignored::Invalid(_) if error.file == path => kinds::explain(&path, &bytes, EXPECTED, error),
            Ignored::NoAttestation(Some(_)) => match attestations.iter().find(|file| file.path == error.file) {
                Some(file) => kinds::explain(&file.path, &file.bytes, ATTESTATIONS, error),
                None => error.into(),
            },
            _ => error.into(),
        })?;
        let Input { mut packer, mut notes, loaded_files, directories } = input;
        let (bundle, left_out) = packer.finish_what_fits(profile)?;
        notes.extend(left_out.into_iter().map(|left_out| {
            let file = Path::new(&left_out.path);
            Note::new(file, Ignored::Excess(left_out.reason))
        }));
        Ok(Self { path, bundle, notes, files: loaded_files, packer: Some(packer), directories })
    }

    /// Was the input a bundle?
    #[must_use]
    pub const fn is_bundle(&self) -> bool {
        self.packer.is_none()
    }

    /// Bytes of the JSON files that went into the bundle; of those that `sitrep unpack` would write where the input was a bundle, `None` where it
    /// would not.
    ///
    /// # Errors
    /// [`CliError`] when a file is gone by now or the bundle is damaged.
    pub fn json_length(&self) -> Result<Option<u64>, CliError> {
        if self.is_bundle() {
            return self.with_bundle(|bundle| match Writer::new(bundle).length() {
                Err(UnpackError::Expands(_)) => Ok(None),
                length => length.map(Some),
            });
        }
        let length = |path: &PathBuf| {
            fs::metadata(path).map(|metadata| metadata.len()).map_err(|error| CliError::Read(path.clone(), error))
        };
        self.files.iter().map(length).sum::<Result<u64, _>>().map(Some)
    }

    /// The documents, to pack them again with more.
    ///
    /// # Errors
    /// [`CliError`] when the input was a bundle and is damaged, or expands to too much.
    pub fn packer(&self) -> Result<Cow<'_, Packer>, CliError> {
        match &self.packer {
            Some(packer) => Ok(Cow::Borrowed(packer)),
            None => self.with_bundle(documents::packer).map(Cow::Owned),
        }
    }

    /// What to call an envelope: its file, where there is one.
    #[must_use]
    pub fn file_of(&self, envelope: u16) -> String {
        let path = self.packer.as_ref().and_then(|packer| packer.path(envelope));
        path.unwrap_or_else(|| format!("envelope {envelope}"))
    }

    /// What lies where the links of a step were looked for: a step of the layout with number `layout`. `None` where the input was a bundle.
    #[must_use]
    pub fn near(&self, layout: u16, step: &str) -> Option<Near> {
        self.directories.get(&layout).map(|directory| near::links(directory, step))
    }

    /// The documents with paths of more than `limit` bytes.
    #[must_use]
    pub fn with_longer_paths(&self, limit: usize) -> Vec<Note> {
        let documents = self.packer.iter().flat_map(Packer::documents);
        let longer = (0..).zip(documents).filter(|(_, (_, document))| document.longest_path() > limit);
        let note = |number, length| Note::new(Path::new(&self.file_of(number)), Ignored::PathTooLong { length, limit });
        longer.map(|(number, (_, document))| note(number, document.longest_path())).collect()
    }

    fn with_bundle<T>(&self, then: impl FnOnce(&Bundle<'_>) -> Result<T, UnpackError>) -> Result<T, CliError> {
        let mut path = vec![0; limits::HOST.path];
        let bundle = Bundle::open(&self.bundle, &mut path).map_err(|error| self.damaged(error))?;
        then(&bundle).map_err(|error| CliError::Unpack { path: self.path.clone(), error })
    }

    fn damaged(&self, error: Error) -> CliError {
        CliError::Bundle { path: self.path.clone(), error }
    }

    /// The identities of the files that were read and of `others`, for recording everything but them.
    ///
    /// # Errors
    /// [`CliError::Read`] when one is gone by now.
    pub fn identities<'a>(
        &'a self,
        others: impl Iterator<Item = &'a PathBuf>,
    ) -> Result<HashSet<FileVersion>, CliError> {
        let identity = |path: &PathBuf| FileVersion::of(path).map_err(|error| CliError::Read(path.clone(), error));
        self.files.iter().chain(others).map(identity).collect()
    }
}
