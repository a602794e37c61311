//! What lies below a directory, as in-toto records it: every regular file, by its relative path and its digests.
//!
//! As in-toto 3.1 does in steps and inspections, symbolic links are followed, to files and to directories: a file that is to be reached by two names is recorded
//! under both. A link that leads nowhere is passed over, as are sockets, pipes and devices. What is not seen cannot be disallowed, so everything else is an error: a
//! directory or file that cannot be read, a name that is not UTF-8, a file that changes while it is read, and of symbolic links those that lead to themselves,
//! into a directory that they are in, or to a directory elsewhere than below the one that is recorded. in-toto follows the last wherever they lead, and those before
//! them until the operating system has had enough; here [`Links`] says so. No names are passed over (in-toto's settings exclude `*.link*`, `.git`, `*.pyc`
//! and `*~`) but those that [`Scope`] and a [`Selection`] leave out. Names are relative to the directory, with `/` between components; control characters are part of
//! a name, and so is a backslash. The directory itself may be a symbolic link.
//!
//! One thread finds files, all processors hash them meanwhile. Each file is opened by its own name in the open directory in which it was found, so that nobody
//! can put another directory in between, and is looked at before and after it is read. A recording takes some hundred bytes a file, whatever the files' sizes.
//!
//! `dir:PATH` among the patterns gives one digest of a whole directory, named so, as in-toto 3.1 makes it: the SHA-256 of what `sha256sum` prints of its files, in
//! the order of their names. Patterns that exclude are then relative to that directory.

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use sha2::{Digest, Sha256};
use sitrep_metadata::artifacts::{Algorithm, Artifacts, Builder};
use sitrep_metadata::hex;

use super::directory::Directory;
pub use super::error::{RecordError, RecordFault};
pub use super::hashing::digest;
pub use super::scope::{Links, Scope};
use super::selection::{DIRECTORY_SCHEME, Selection};
use super::walk::{Alias, Batch, Walked, walk};
pub use super::work::Progress;
use super::work::{Counters, Work, telling};

/// Paths and their SHA-256 digests, in the order of the paths.
pub type Recording = BTreeMap<String, [u8; 32]>;

/// Records every file below `root` that is in the scope, with SHA-256.
///
/// # Errors
/// [`RecordError`] for a file or directory that cannot be recorded.
pub fn record(root: &Path, scope: &Scope<'_>) -> Result<Recording, RecordError> {
    let recorded = Recorder { scope: *scope, ..Recorder::new(root, &Selection::all()) }.record()?;
    let digest = |digest: &[u8]| digest.try_into().unwrap_or_default();
    let all = recorded.artifacts.iter();
    Ok(all.map(|one| (one.name().to_owned(), digest(one.digest(Algorithm::Sha256).unwrap_or_default()))).collect())
}

/// How the files of a directory are recorded.
#[derive(Clone, Copy)]
pub struct Recorder<'a> {
    /// The directory. Names are relative to it.
    pub base: &'a Path,
    /// Which files.
    pub selection: &'a Selection,
    /// What is left out all the same, and how far symbolic links are followed.
    pub scope: Scope<'a>,
    /// The digests that each file gets; SHA-256 where none is named.
    pub algorithms: &'a [Algorithm],
    /// What is taken off from the front of names, as text, as `in-toto-run --lstrip-paths` does: the first of these with which a name begins.
    pub strip: &'a [String],
    /// Is it an error where nothing is chosen?
    pub must_exist: bool,
    /// Told about four times a second how much is done, by a thread of its own.
    pub progress: Option<&'a (dyn Fn(Progress) + Sync)>,
}

/// What was recorded.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The files, by name.
    pub artifacts: Artifacts,
    /// What was left out by its name, be it by a pattern or by [`Scope::names`]: the first names of it, in order, directories without what is in them.
    pub excluded: Vec<String>,
    /// How many files were read, and bytes of them.
    pub read: Progress,
}

impl<'a> Recorder<'a> {
    /// Records what is selected of a directory, with SHA-256.
    #[must_use]
    pub fn new(base: &'a Path, selection: &'a Selection) -> Self {
        let scope = Scope::default();
        Self { base, selection, scope, algorithms: &[], strip: &[], must_exist: false, progress: None }
    }

    /// Reads the files.
    ///
    /// # Errors
    /// [`RecordError`] for a file or directory that cannot be recorded.
    pub fn record(&self) -> Result<Recorded, RecordError> {
        let progress = Counters::default();
        let (artifacts, walked) = telling(self.progress, &progress, || {
            let (artifacts, walked) = self.files(&progress)?;
            let artifacts = self.with_directories(artifacts, &progress)?;
            Ok((artifacts, walked))
        })?;
        if self.must_exist && artifacts.is_empty() {
            return Err(RecordError { path: self.base.to_owned(), fault: RecordFault::Nothing });
        }
        let excluded = walked.excluded.into_iter().collect();
        Ok(Recorded { artifacts: self.stripped(artifacts)?, excluded, read: progress.now() })
    }

    /// Finds the files without reading them: what can be wrong with names and symbolic links is known before it is recorded.
    ///
    /// # Errors
    /// [`RecordError`] for a name or a symbolic link, or a directory that cannot be read.
    pub fn check(&self) -> Result<(), RecordError> {
        walk(self.base, self.selection, &self.scope, &mut |_| ControlFlow::Continue(())).map(|_| ())
    }

    fn files(&self, progress: &Counters) -> Result<(Artifacts, Walked), RecordError> {
        if self.selection.is_nothing() {
            return Ok(Default::default());
        }
        let work = Work::new(self.algorithms, self.scope, progress);
        let mut walked = work.run(|found| walk(self.base, self.selection, &self.scope, found))?;
        let mut artifacts = work.finish();
        // What was read under its real name is not read again.
        let mut builder = Builder::default();
        let mut unknown = Vec::new();
        for alias in std::mem::take(&mut walked.aliases) {
            match artifacts.get(&alias.real) {
                Some(known) => builder.add(&[&alias.place.prefix, &alias.own], known.digests()),
                None => unknown.push(alias),
            }
        }
        if !builder.is_empty() || !unknown.is_empty() {
            let work = Work::new(self.algorithms, self.scope, progress);
            work.run(|found| {
                let batch = |Alias { place, own, .. }| Batch { place, names: vec![own] };
                let _ = unknown.into_iter().map(batch).try_for_each(found);
                Ok(Walked::default())
            })?;
            builder.extend(&artifacts);
            builder.extend(&work.finish());
            // A name is that of one entry of one directory.
            artifacts = builder.finish().unwrap_or_default();
        }
        Ok((artifacts, walked))
    }

    fn with_directories(&self, artifacts: Artifacts, progress: &Counters) -> Result<Artifacts, RecordError> {
        if self.selection.directories().is_empty() {
            return Ok(artifacts);
        }
        let mut builder = Builder::from(artifacts);
        let selection = self.selection.all_but_excluded();
        for directory in self.selection.directories() {
            let path = self.base.join(directory);
            let name = format!("{DIRECTORY_SCHEME}{directory}");
            if let Err(error) = Directory::open(&path) {
                let is_gone = error.kind() == io::ErrorKind::NotFound;
                let fault = if is_gone { RecordFault::Missing(name) } else { RecordFault::Unreadable(error) };
                return Err(RecordError { path, fault });
            }
            // Names that are left out are relative to the base.
            let below = |name: &String| {
                name.strip_prefix(directory.trim_end_matches('/'))?.strip_prefix('/').map(str::to_owned)
            };
            let names: Vec<String> = if directory == "." {
                self.scope.names.to_vec()
            } else {
                self.scope.names.iter().filter_map(below).collect()
            };
            let scope = Scope { names: &names, ..self.scope };
            let inner = Recorder { base: &path, selection: &selection, scope, algorithms: &[], ..*self };
            let (files, _) = inner.files(progress)?;
            builder.add(&[&name], [(Algorithm::Sha256, &listing(&files)[..])]);
        }
        builder.finish().map_err(|name| self.collides(name))
    }

    fn collides(&self, name: String) -> RecordError {
        RecordError { path: self.base.to_owned(), fault: RecordFault::Stripped(name) }
    }

    fn stripped(&self, artifacts: Artifacts) -> Result<Artifacts, RecordError> {
        if self.strip.is_empty() {
            return Ok(artifacts);
        }
        let mut builder = Builder::default();
        for one in artifacts.iter() {
            // in-toto takes prefixes off behind the scheme.
            let is_directory = |path: &&str| self.selection.directories().iter().any(|directory| directory == path);
            let directory = one.name().strip_prefix(DIRECTORY_SCHEME).filter(is_directory);
            let (scheme, path) = directory.map_or(("", one.name()), |path| (DIRECTORY_SCHEME, path));
            let rest = self.strip.iter().find_map(|prefix| path.strip_prefix(prefix.as_str())).unwrap_or(path);
            if rest.is_empty() {
                return Err(self.collides(String::new()));
            }
            builder.add(&[scheme, rest], one.digests());
        }
        builder.finish().map_err(|name| self.collides(name))
    }
}

/// The digest of a directory of these files.
fn listing(files: &Artifacts) -> [u8; 32] {
    let mut digest = Sha256::new();
    for file in files.iter() {
        digest.update(hex::encode(file.digest(Algorithm::Sha256).unwrap_or_default()));
        digest.update("  ");
        digest.update(file.name());
        digest.update("\n");
    }
    digest.finalize().into()
}

#[cfg(all(test, unix))]
mod tests;
