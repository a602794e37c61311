//! Loads what a verification is given as files: the layout, the links that it allows, sublayouts with theirs, and attestations.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::io;
use std::path::{Path, PathBuf};

use sitrep_core::limits::HOST;
use sitrep_metadata::bundle::pack::{Packer, link_file_name, sublayout_directory};
use sitrep_metadata::envelope::attestation_bundle::{self, AttestationFile, Part};
use sitrep_metadata::envelope::document::{Document, DocumentError};
use sitrep_metadata::json::Value;
use sitrep_metadata::limits::{EVIDENCE, EVIDENCE_AGAIN, METADATA_FILE, SUBLAYOUT_DEPTH};
use sitrep_metadata::names::{FILE_NAME, is_file_name};

use crate::shell::files::{Contents, FileId, read, read_regular};
use crate::shell::parallel;
use crate::sources::attestation_bundles;
use crate::sources::note::{Ignored, InputError, Note};

/// How many files are looked for on behalf of one layout: a link of every step that core takes, by every key.
const LINK_FILES: usize = HOST.steps * HOST.keys;

/// How many lines of an attestation bundle get a note of their own.
const LINE_NOTES: usize = 8;

/// Everything that was loaded.
#[derive(Debug, Default)]
pub struct Input {
    /// Layout first, then the links in the order of the layout's steps and their keys, then attestation bundles in the order of their names;
    /// after that sublayouts' links and attestations, layout by layout.
    pub packer: Packer,
    /// Files and parts of files that were ignored, and why.
    pub notes: Vec<Note>,
    /// The files whose envelopes are in `packer`, each once.
    pub loaded_files: Vec<PathBuf>,
    /// The directories where the links of layouts were looked for, by the layouts' numbers in `packer`.
    pub directories: BTreeMap<u16, PathBuf>,
}

/// An input in the making.
struct Loader {
    input: Input,
    /// Layouts of which the evidence is still to be loaded.
    pending: VecDeque<Pending>,
    /// How many bytes may still be loaded.
    left: u64,
    /// How many of files that were loaded before, under another name.
    left_again: u64,
    seen: HashSet<FileId>,
    /// Has there been one envelope too many?
    full: bool,
}

/// A layout, where its evidence is still to be loaded.
#[derive(Debug)]
struct Pending {
    /// Its number in the packer.
    number: u16,
    links: Vec<LinkName>,
    directory: PathBuf,
    /// The directories of the layouts that it is in.
    above: Vec<FileId>,
}

/// A file that may hold a link, or a sublayout in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct LinkName {
    step: String,
    /// Its name in the layout's directory.
    file: String,
}

impl Input {
    /// Loads the layout and, from `link_dir`, its evidence, as [`Self::of_layout`] does.
    ///
    /// # Errors
    /// An unreadable or invalid layout.
    pub fn from_directory(layout: &Path, link_dir: &Path) -> Result<Self, InputError> {
        match read(layout, Contents::Metadata) {
            Ok(json) => Self::of_layout(layout, &json, Some(link_dir), &[]),
            Err(error) => Err(InputError::new(layout, Ignored::Unreadable(error))),
        }
    }

    /// Loads the evidence of a layout whose file has been read. From `link_dir`: `STEP.KEYID8.link` of every step and each of the keys that it
    /// allows, and attestation bundles; where such a file holds a sublayout, the same for it from `STEP.KEYID8/`. `attestations` are
    /// further files for the layout itself. A link that is not there is no error: whether the threshold is met, the verifier decides.
    ///
    /// # Errors
    /// An invalid layout.
    pub fn of_layout(
        layout: &Path,
        json: &[u8],
        link_dir: Option<&Path>,
        attestations: &[AttestationFile],
    ) -> Result<Self, InputError> {
        let document = Document::parse(json).map_err(|error| InputError::new(layout, Ignored::Invalid(error)))?;
        Self::of_document(layout, document, link_dir, attestations)
    }

    /// The same of a layout that has been read.
    ///
    /// # Errors
    /// Where a file of attestations holds none.
    pub(crate) fn of_document(
        layout: &Path,
        document: Document,
        link_dir: Option<&Path>,
        attestations: &[AttestationFile],
    ) -> Result<Self, InputError> {
        let mut loader = Loader::new(EVIDENCE);
        loader.load(layout, document, link_dir, attestations)?;
        Ok(loader.input)
    }
}

impl Loader {
    fn new(left: u64) -> Self {
        let (input, pending, seen) = (Input::default(), VecDeque::new(), HashSet::new());
        Self { input, pending, left, left_again: EVIDENCE_AGAIN, seen, full: false }
    }

    fn load(
        &mut self,
        layout: &Path,
        document: Document,
        link_dir: Option<&Path>,
        attestations: &[AttestationFile],
    ) -> Result<(), InputError> {
        let links = link_names(&document);
        let label = layout.file_name().and_then(|name| name.to_str()).unwrap_or("root.layout");
        self.noted(layout, Part::default(), &document);
        self.input.packer.add(label, document);
        let mut files: Vec<_> = attestations.iter().map(|file| (file.label(), Attestations::Named(file))).collect();
        if let Some(directory) = link_dir {
            let above = FileId::of(directory).into_iter().collect();
            let root = Pending { number: 0, links, directory: directory.to_owned(), above };
            self.load_links(&root);
            files.splice(0..0, self.found(&root.directory));
        }
        // Sorted by the names under which they are unpacked, so that what is unpacked is packed in this order again.
        files.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (label, file) in &files {
            let is_of_use = self.load_attestations(0, label, file);
            if let (Attestations::Named(file), Err(reason)) = (file, is_of_use) {
                return Err(InputError::new(&file.path, Ignored::NoAttestation(reason.map(Box::new))));
            }
        }
        while let Some(layout) = self.pending.pop_front() {
            self.load_links(&layout);
            for (label, file) in self.found(&layout.directory) {
                // A file that nobody named may hold nothing that counts.
                let _ = self.load_attestations(layout.number, &label, &file);
            }
        }
        Ok(())
    }

    /// The attestation bundles in a directory, with their names.
    fn found<'f>(&mut self, directory: &Path) -> Vec<(String, Attestations<'f>)> {
        match attestation_bundles::in_directory(directory, &mut self.input.notes) {
            Ok(names) => {
                let with_label = |name: String| {
                    let path = directory.join(name);
                    (attestation_bundle::label(&path), Attestations::Found(path))
                };
                let mut files: Vec<_> = names.into_iter().map(with_label).collect();
                files.sort_by(|(one, _), (other, _)| one.cmp(other));
                files
            }
            // Where there is no directory, there are no links either, and the verifier says so.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                self.input.notes.push(Note::new(directory, Ignored::Unreadable(error)));
                Vec::new()
            }
        }
    }

    /// How many bytes a file has, if it is there and may be loaded.
    fn allowed(&mut self, file: &Path) -> Option<u64> {
        match file.metadata() {
            _ if self.full => None,
            // One that is too large in itself is noted when it is read.
            Ok(metadata) if metadata.len() > METADATA_FILE => Some(0),
            Ok(metadata) => {
                let (length, id) = (metadata.len(), FileId::with(file, &metadata));
                let is_again = id.is_ok_and(|id| !self.seen.insert(id));
                let (left, reason) = match is_again {
                    true => (&mut self.left_again, Ignored::Again),
                    false => (&mut self.left, Ignored::TooMuch),
                };
                match left.checked_sub(length) {
                    Some(rest) => *left = rest,
                    None => {
                        self.input.notes.push(Note::new(file, reason));
                        return None;
                    }
                }
                Some(length)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                self.input.notes.push(Note::new(file, Ignored::Unreadable(error)));
                None
            }
        }
    }

    /// Loads the files named after the layout's steps.
    fn load_links(&mut self, layout: &Pending) {
        self.input.directories.insert(layout.number, layout.directory.clone());
        let files = layout.links.iter().map(|name| (name, layout.directory.join(&name.file)));
        let files: Vec<_> = files.filter_map(|(name, file)| Some((name, self.allowed(&file)?, file))).collect();
        let loaded = parallel::map(
            &files,
            |(_, size, _)| *size,
            |(_, _, file), buffer| {
                read_regular(file, buffer).map_err(Ignored::Unreadable)?;
                Document::parse(buffer).map_err(Ignored::Invalid)
            },
        );
        for ((name, _, file), document) in files.iter().zip(loaded) {
            match document {
                Ok(document) if document.type_name() == Some("layout") => {
                    self.add_sublayout(layout, name, file, document)
                }
                Ok(document) => {
                    if let Some(step) = document.step_name().filter(|step| *step != name.step) {
                        let reason = Ignored::OtherStep(step.to_owned());
                        self.input.notes.push(Note::new(file, reason));
                    } else if self.has_room_for(file, Part::default(), &document) {
                        self.input.packer.add_to(layout.number, &name.file, document);
                    }
                }
                Err(Ignored::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => {}
                Err(reason) => self.input.notes.push(Note::new(file, reason)),
            }
        }
    }

    fn add_sublayout(&mut self, layout: &Pending, name: &LinkName, file: &Path, document: Document) {
        if layout.above.len() > SUBLAYOUT_DEPTH {
            self.input.notes.push(Note::new(file, Ignored::TooDeep));
            return;
        }
        if !self.has_room_for(file, Part::default(), &document) {
            return;
        }
        let links = link_names(&document);
        let number = self.input.packer.add_sublayout(layout.number, &name.step, &name.file, document);
        let directory = sublayout_directory(&name.file).map(|name| layout.directory.join(name));
        let Some(directory) = directory.filter(|directory| directory.is_dir()) else { return };
        match FileId::of(&directory) {
            // A symbolic link could make it endless.
            Ok(id) if layout.above.contains(&id) => self.input.notes.push(Note::new(&directory, Ignored::OwnDirectory)),
            Ok(id) => {
                let above = layout.above.iter().cloned().chain([id]).collect();
                self.pending.push_back(Pending { number, links, directory, above });
            }
            Err(error) => self.input.notes.push(Note::new(&directory, Ignored::Unreadable(error))),
        }
    }

    /// Adds the envelopes of one file to the layout with number `parent`. An error where it was read and holds none: why its first text is none, where
    /// there is a text.
    fn load_attestations(
        &mut self,
        parent: u16,
        label: &str,
        source: &Attestations<'_>,
    ) -> Result<(), Option<Ignored>> {
        let found;
        let file = match source {
            Attestations::Named(file) => *file,
            Attestations::Found(path) => {
                if self.allowed(path).is_none() {
                    return Ok(());
                }
                let mut bytes = Vec::new();
                if let Err(error) = read_regular(path, &mut bytes) {
                    self.input.notes.push(Note::new(path, Ignored::Unreadable(error)));
                    return Ok(());
                }
                found = AttestationFile { path: path.clone(), bytes };
                &found
            }
        };
        let (mut is_of_use, mut ignored, noted) = (false, 0, self.input.notes.len());
        let mut texts = file.texts();
        loop {
            // As many at once as there is room for: what is not taken is not kept in memory.
            let texts: Vec<_> = texts.by_ref().take(HOST.links).collect();
            if texts.is_empty() {
                break;
            }
            let documents = parallel::map(
                &texts,
                |(_, text)| text.as_ref().map_or(0, |text| text.len() as u64),
                |(_, text), _| match text {
                    Ok(text) => Document::parse(text),
                    Err(error) => Err(DocumentError::Json(error.clone())),
                },
            );
            for ((part, _), document) in texts.iter().zip(documents) {
                let reason = match document {
                    Ok(document) => self.add_attestation(parent, label, &file.path, *part, document),
                    Err(error) => Some(Ignored::Invalid(error)),
                };
                is_of_use = is_of_use || reason.is_none();
                if let Some(reason) = reason {
                    ignored += 1;
                    if ignored <= LINE_NOTES {
                        self.input.notes.push(Note { file: file.path.clone(), part: *part, reason });
                    }
                }
                if self.full {
                    return Ok(());
                }
            }
        }
        if ignored > LINE_NOTES {
            self.input.notes.push(Note::new(&file.path, Ignored::MoreLines(ignored - LINE_NOTES)));
        }
        match source {
            // Told as an error, the reason is no note.
            Attestations::Named(_) if !is_of_use => Err((ignored > 0).then(|| self.input.notes.remove(noted).reason)),
            _ => Ok(()),
        }
    }

    /// Adds one envelope of an attestation bundle; the reason where it is none.
    fn add_attestation(
        &mut self,
        parent: u16,
        label: &str,
        file: &Path,
        part: Part,
        document: Document,
    ) -> Option<Ignored> {
        if document.payload_type().is_none() {
            return Some(Ignored::NotDsse);
        }
        let is_copy = |other: &Document| document.is_copy_of(other);
        let root = self.input.packer.documents().next().map(|(_, root)| root);
        if root.is_some_and(is_copy) || self.input.packer.documents_of(parent).any(is_copy) {
            // The same by two ways. It has been loaded from this file as well.
            self.loaded(file);
        } else if document.type_name() == Some("layout") {
            return Some(Ignored::Layout);
        } else if self.has_room_for(file, part, &document) {
            self.input.packer.add_to(parent, label, document);
        }
        None
    }

    /// May this document be added? If so, what it has to say of itself is noted.
    fn has_room_for(&mut self, file: &Path, part: Part, document: &Document) -> bool {
        let length = document.longest_path();
        let reason = if self.full {
            return false;
        } else if length > HOST.path {
            // A bundle with it could not be read at all; without it, others may do.
            Ignored::PathTooLong { length, limit: HOST.path }
        } else if self.input.packer.documents().count() > HOST.links {
            self.full = true;
            Ignored::TooMany
        } else {
            self.noted(file, part, document);
            return true;
        };
        self.input.notes.push(Note { file: file.to_owned(), part, reason });
        false
    }

    fn noted(&mut self, file: &Path, part: Part, document: &Document) {
        for note in document.notes() {
            self.input.notes.push(Note { file: file.to_owned(), part, reason: Ignored::Signature(note.clone()) });
        }
        if document.more_notes() > 0 {
            self.input.notes.push(Note {
                file: file.to_owned(),
                part,
                reason: Ignored::MoreSignatures(document.more_notes()),
            });
        }
        self.loaded(file);
    }

    fn loaded(&mut self, file: &Path) {
        if !self.input.loaded_files.iter().any(|loaded| loaded == file) {
            self.input.loaded_files.push(file.to_owned());
        }
    }
}

/// A file with attestations: one that was named and has been read, or one that was found.
enum Attestations<'f> {
    Named(&'f AttestationFile),
    Found(PathBuf),
}

/// The files that may hold a link of the layout, each once: named after a key that a step allows, or a subkey that signs for it.
fn link_names(layout: &Document) -> Vec<LinkName> {
    let mut seen = HashSet::new();
    let mut names = Vec::new();
    let mut subkeys: HashMap<&str, Vec<&str>> = HashMap::new();
    let keys = layout.payload().get("keys").into_iter().flat_map(Value::members);
    let all = keys
        .flat_map(|(id, key)| key.get("subkeys").into_iter().flat_map(Value::members).map(move |(own, _)| (id, own)));
    for (id, own) in all {
        subkeys.entry(id).or_default().push(own);
    }
    for step in layout.payload().get("steps").into_iter().flat_map(Value::items) {
        let Some(step_name) = step.get("name").and_then(Value::as_str) else { continue };
        let mut named = HashSet::new();
        let allowed = step.get("pubkeys").into_iter().flat_map(Value::items).filter_map(Value::as_str);
        let allowed = allowed.filter(|id| named.insert(*id));
        let with_subkeys =
            allowed.flat_map(|id| std::iter::once(id).chain(subkeys.get(id).into_iter().flatten().copied()));
        for keyid in with_subkeys {
            if names.len() == LINK_FILES {
                return names;
            }
            // No file has such a name, and a layout can name many.
            if step_name.len() + keyid.len() > 2 * FILE_NAME {
                continue;
            }
            let file = link_file_name(step_name, keyid);
            // The verifier refuses such a step; here it only must not lead out of the directory.
            if !step_name.is_empty() && is_file_name(step_name) && is_file_name(&file) && seen.insert(file.clone()) {
                names.push(LinkName { step: step_name.to_owned(), file });
            }
        }
    }
    names
}

#[cfg(test)]
mod tests;
