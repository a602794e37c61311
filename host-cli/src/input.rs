//! Loads what a verification is given as files: the layout, and the links that it allows.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fmt, thread};

use sitrep_core::limits::HOST;

use crate::files::{read, read_regular};
use crate::json::Value;
use crate::metadata::{Document, DocumentError, DocumentNote};
use crate::pack::{Packer, link_file_name};

/// Everything that was loaded.
#[derive(Debug)]
pub struct Input {
    /// Layout first, then the links in the order of the layout's steps and their keys.
    pub packer: Packer,
    /// Files and parts of files that were ignored, and why.
    pub notes: Vec<Note>,
    /// The files in `packer`, in the same order.
    pub loaded_files: Vec<PathBuf>,
}

impl Input {
    /// Loads the layout and, from `link_dir`, `STEP.KEYID8.link` of every step and each of the keys that it allows. A file
    /// that is not there is no error: whether the threshold is met, the verifier decides.
    ///
    /// # Errors
    /// An unreadable or invalid layout.
    pub fn from_directory(layout: &Path, link_dir: &Path) -> Result<Self, InputError> {
        match read(layout) {
            Ok(json) => Self::of_layout(layout, &json, link_dir),
            Err(error) => Err(InputError::new(layout, Ignored::Unreadable(error))),
        }
    }

    /// The same, where the layout's file has been read.
    ///
    /// # Errors
    /// An invalid layout.
    pub fn of_layout(layout: &Path, json: &[u8], link_dir: &Path) -> Result<Self, InputError> {
        let document = Document::parse(json).map_err(|error| InputError::new(layout, Ignored::Invalid(error)))?;
        let names = link_names(&document);
        let files: Vec<PathBuf> = names.iter().map(|name| link_dir.join(name)).collect();
        let links = load_all(&files);

        let mut input = Self { packer: Packer::new(), notes: Vec::new(), loaded_files: Vec::new() };
        let label = layout.file_name().and_then(|name| name.to_str()).unwrap_or("root.layout");
        input.add(label, layout, document);
        for ((name, file), link) in names.iter().zip(files).zip(links) {
            match link {
                // A bundle with it could not be read at all; without it, other links may do.
                Ok(document) if document.longest_path() > HOST.path => {
                    let reason = Ignored::PathTooLong { length: document.longest_path(), limit: HOST.path };
                    input.notes.push(Note { file, reason });
                }
                Ok(document) => input.add(name, &file, document),
                Err(Ignored::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => {}
                Err(reason) => input.notes.push(Note { file, reason }),
            }
        }
        Ok(input)
    }

    fn add(&mut self, name: &str, file: &Path, document: Document) {
        for note in document.notes() {
            self.notes.push(Note { file: file.to_owned(), reason: Ignored::Signature(note.clone()) });
        }
        self.packer.add(name, document);
        self.loaded_files.push(file.to_owned());
    }
}

/// The names of all files that may hold a link of the layout, each once.
fn link_names(layout: &Document) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut names = Vec::new();
    for step in layout.payload().get("steps").into_iter().flat_map(Value::items) {
        let Some(step_name) = step.get("name").and_then(Value::as_str) else { continue };
        for keyid in step.get("pubkeys").into_iter().flat_map(Value::items).filter_map(Value::as_str) {
            let name = link_file_name(step_name, keyid);
            // The verifier refuses such a step; here it only must not lead out of the directory.
            if !step_name.is_empty() && is_file_name(step_name) && is_file_name(&name) && seen.insert(name.clone()) {
                names.push(name);
            }
        }
    }
    names
}

/// Is this the name of one file in a directory?
pub(crate) fn is_file_name(name: &str) -> bool {
    // On Windows a colon follows the name of a drive, elsewhere steps may have names such as `ci:build`.
    let leads_elsewhere = |char| matches!(char, '/' | '\\' | '\0') || (cfg!(windows) && char == ':');
    !matches!(name, "" | "." | "..") && !name.contains(leads_elsewhere)
}

/// Loads files in parallel, the largest first, so that no thread is left with a large one at the end.
fn load_all(files: &[PathBuf]) -> Vec<Result<Document, Ignored>> {
    let mut queue: Vec<usize> = (0..files.len()).collect();
    let size = |number: &usize| files.get(*number).and_then(|file| file.metadata().ok()).map_or(0, |data| data.len());
    queue.sort_by_cached_key(|number| std::cmp::Reverse(size(number)));
    let next = AtomicUsize::new(0);
    let work = || {
        let mut buffer = Vec::new();
        let mut loaded = Vec::new();
        while let Some(number) = queue.get(next.fetch_add(1, Ordering::Relaxed))
            && let Some(file) = files.get(*number)
        {
            loaded.push((*number, load(file, &mut buffer)));
        }
        loaded
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(files.len());
    let mut loaded: Vec<_> = thread::scope(|scope| {
        // Where the system gives no more threads, those that are there do the work.
        let spawn = |_| thread::Builder::new().spawn_scoped(scope, work).ok();
        let others: Vec<_> = (1..threads).map_while(spawn).collect();
        let mut all = work();
        for other in others {
            match other.join() {
                Ok(loaded) => all.extend(loaded),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    loaded.sort_by_key(|(number, _)| *number);
    loaded.into_iter().map(|(_, document)| document).collect()
}

/// Reads and parses one link.
fn load(file: &Path, buffer: &mut Vec<u8>) -> Result<Document, Ignored> {
    read_regular(file, buffer).map_err(Ignored::Unreadable)?;
    Document::parse(buffer).map_err(Ignored::Invalid)
}

/// Why a file, or a part of one, does not count.
#[derive(Debug)]
pub enum Ignored {
    /// It could not be read.
    Unreadable(io::Error),
    /// It is not signed in-toto metadata.
    Invalid(DocumentError),
    /// It has a path that is too long.
    PathTooLong {
        /// How many bytes the path has.
        length: usize,
        /// How many it may have.
        limit: usize,
    },
    /// One of its signatures cannot be checked.
    Signature(DocumentNote),
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "expected a readable file: {error}"),
            Self::Invalid(error) => write!(f, "{error}"),
            Self::PathTooLong { length, limit } => {
                write!(f, "expected paths of artifacts of at most {limit} bytes, found one of {length}")
            }
            Self::Signature(note) => write!(f, "{note}"),
        }
    }
}

/// A file, or a part of one, that was ignored.
#[derive(Debug)]
pub struct Note {
    /// Which file.
    pub file: PathBuf,
    /// Why.
    pub reason: Ignored,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.reason)
    }
}

/// Why there is nothing to verify.
#[derive(Debug)]
pub struct InputError {
    /// The layout.
    pub file: PathBuf,
    /// What is wrong with it.
    pub reason: Box<Ignored>,
}

impl InputError {
    fn new(file: &Path, reason: Ignored) -> Self {
        Self { file: file.to_owned(), reason: Box::new(reason) }
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.reason)
    }
}

impl std::error::Error for InputError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.reason {
            Ignored::Unreadable(error) => Some(error),
            Ignored::Invalid(error) => Some(error),
            Ignored::PathTooLong { .. } | Ignored::Signature(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_steps_never_lead_out_of_the_directory() {
        let json = r#"{"signatures":[],"signed":{"steps":[
            {"name":"a","pubkeys":["0123456789","01234567ff","x"]},{"name":"../a","pubkeys":["0123456789"]},
            {"name":"b","pubkeys":["../../etc/passwd"]},{"name":"c\\d","pubkeys":["k"]},{"name":"","pubkeys":["k"]},
            {"name":"e\u0000","pubkeys":["k"]},{"name":"ci:e","pubkeys":["k"]},{"name":"..","pubkeys":["k"]},{"name":"\u00e9\u00e9","pubkeys":["\u00fc234567890"]}, 1]}}"#;
        let names = link_names(&Document::parse(json.as_bytes()).unwrap());
        let colon: &[&str] = if cfg!(windows) { &[] } else { &["ci:e.k.link"] };
        let names: Vec<&str> = names.iter().map(String::as_str).filter(|name| !colon.contains(name)).collect();
        assert_eq!(names, ["a.01234567.link", "a.x.link", "\u{e9}\u{e9}.\u{fc}2345678.link"]);
    }

    #[test]
    fn links_that_cannot_be_used_are_noted() {
        let directory = std::env::temp_dir().join(format!("sitrep-input-{}", std::process::id()));
        std::fs::create_dir_all(directory.join("b.k4.link")).unwrap();
        let write = |name: &str, json: &str| std::fs::write(directory.join(name), json).unwrap();
        write(
            "root.layout",
            r#"{"signatures":[{"sig":"00"}],"signed":{"_type":"layout","steps":[
                {"name":"b","pubkeys":["k2","k1","k3","k4","k5"]},{"name":"a","pubkeys":["k1","k1"]}]}}"#,
        );
        let link = r#"{"signatures":[],"signed":{"_type":"link"}}"#;
        for name in ["a.k1.link", "b.k1.link", "b.k2.link", "b.k9.link"] {
            write(name, link);
        }
        write("b.k3.link", "{\n]");
        let long = format!(r#"{{"signatures":[],"signed":{{"products":{{"{}":{{}}}}}}}}"#, "x".repeat(5000));
        write("b.k5.link", &long);
        let input = Input::from_directory(&directory.join("root.layout"), &directory).unwrap();
        std::fs::remove_dir_all(&directory).unwrap();

        let names: Vec<&str> = input.packer.documents().map(|(name, _)| name).collect();
        assert_eq!(names, ["root.layout", "b.k2.link", "b.k1.link", "a.k1.link"]);
        assert!(input.loaded_files.iter().map(|file| file.file_name().unwrap()).eq(names));
        let notes: Vec<String> = input.notes.iter().map(|note| note.to_string()).collect();
        let expected = [
            "root.layout: signature 1 ignored: expected a key id",
            "b.k3.link: 2:1: expected a key",
            "b.k4.link: expected a readable file: it is no regular file",
            "b.k5.link: expected paths of artifacts of at most 4096 bytes, found one of 5000",
        ];
        assert_eq!(notes.len(), expected.len());
        for (note, expected) in notes.iter().zip(expected) {
            assert!(note.contains(expected), "{note}");
        }
    }

    #[test]
    fn a_layout_that_cannot_be_read_is_named() {
        let error = Input::from_directory(Path::new("/nowhere/root.layout"), Path::new("/nowhere")).unwrap_err();
        assert!(error.to_string().starts_with("/nowhere/root.layout: expected a readable file: "), "{error}");
    }
}
