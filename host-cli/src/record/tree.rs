//! What lies below a directory, as in-toto records it: every regular file, by its relative path and SHA-256.
//!
//! As in-toto 3.1 does in steps and inspections, symbolic links are followed, to files and to directories: a file that is to be reached by two names is recorded
//! under both. A link that leads nowhere is passed over, as are sockets, pipes and devices. What is not seen cannot be disallowed, so everything else is an error: a
//! directory or file that cannot be read, a name that is not UTF-8, a file that changes while it is read, and of symbolic links those that lead to themselves,
//! into a directory that they are in, or to a directory elsewhere than below the one that is recorded. in-toto follows the last wherever they lead, and those before
//! them until the operating system has had enough; here [`Links`] says so. No names are passed over (in-toto's settings exclude `*.link*`, `.git`, `*.pyc`
//! and `*~`) but those that [`Scope`] leaves out. Names are relative to the directory, with `/` between components; control characters are part of a name, and so is a
//! backslash. The directory itself may be a symbolic link.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use sha2::{Digest, Sha256};

use crate::shell::files::{FileId, FileVersion, OpenFile};

/// Paths and their SHA-256 digests, in the order of the paths.
pub type Recording = BTreeMap<String, [u8; 32]>;

/// How many files and directories may be met again by another name, for each that is met for the first time, beside [`REPEATED_BASE`]. A few directories with two
/// links to the next one in each give more names than anybody can count.
const REPEATED: u64 = 8;

/// How many may be met again however few there are.
const REPEATED_BASE: u64 = 65_536;

/// What is left out of a recording, and which symbolic links may be in it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scope<'a> {
    /// Files that are left out, known by identity and not by name.
    pub except: Option<&'a HashSet<FileVersion>>,
    /// Names that are left out, as they would be recorded; with a directory, all that is in it.
    pub names: &'a [String],
    /// The links.
    pub links: Links,
}

/// Which symbolic links to directories are no errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// Those that lead to a directory elsewhere than below the one that is recorded: they are followed.
    pub outside: bool,
    /// Those that lead to a directory that they are in: they are passed over, as all that is there has another name.
    pub loops: bool,
}

/// Why a directory could not be recorded.
#[derive(Debug)]
pub struct RecordError {
    /// The file or directory.
    pub path: PathBuf,
    /// What is wrong.
    pub fault: RecordFault,
}

/// What is wrong with a file or directory that was to be recorded.
#[derive(Debug)]
pub enum RecordFault {
    /// It cannot be read, or has changed meanwhile.
    Unreadable(io::Error),
    /// Its name is not UTF-8.
    Name,
    /// It is a symbolic link to this directory, which is elsewhere.
    Outside(PathBuf),
    /// It is, by way of a symbolic link, a directory that it is in.
    Loop,
    /// Too much is to be reached by several names.
    Repeated,
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot record {}: ", self.path.display())?;
        match &self.fault {
            RecordFault::Unreadable(error) => error.fmt(f),
            RecordFault::Name => f.write_str("its name is not UTF-8, which in-toto metadata cannot hold"),
            RecordFault::Outside(target) => {
                write!(f, "it leads out of the directory that is recorded, to {}", target.display())
            }
            RecordFault::Loop => f.write_str("symbolic links lead back to a directory that it is in"),
            RecordFault::Repeated => write!(
                f,
                "symbolic links give more than {REPEATED_BASE} files and directories other names, and {REPEATED} for each"
            ),
        }
    }
}

impl std::error::Error for RecordError {}

/// Records every file below `root` that is in the scope.
///
/// # Errors
/// [`RecordError`] for the first file or directory that cannot be recorded.
pub fn record(root: &Path, scope: &Scope<'_>) -> Result<Recording, RecordError> {
    let base = fs::canonicalize(root).map_err(|error| unreadable(root, error))?;
    let start = Directory { path: root.to_owned(), prefix: String::new(), real: None, above: None };
    let mut walk = Walk { scope, base, recording: Recording::new(), seen: HashSet::new(), fresh: 0, again: 0 };
    let (mut pending, mut linked) = (vec![start], Vec::new());
    // First all that has its own name: what is met again, and how much that may be, is then known.
    while let Some(directory) = pending.pop().or_else(|| linked.pop()) {
        walk.directory(directory, &mut pending, &mut linked)?;
    }
    Ok(walk.recording)
}

fn unreadable(path: &Path, error: io::Error) -> RecordError {
    RecordError { path: path.to_owned(), fault: RecordFault::Unreadable(error) }
}

/// A directory that is to be recorded.
struct Directory {
    path: PathBuf,
    /// What its files' names begin with.
    prefix: String,
    /// What they begin with where they were recorded without symbolic links; `None` where this is the way without, or there is none.
    real: Option<String>,
    /// The directories that it is in.
    above: Option<Rc<Above>>,
}

/// A directory, and those that it is in.
struct Above {
    id: FileId,
    above: Option<Rc<Above>>,
}

impl Above {
    fn has(chain: Option<&Rc<Self>>, id: &FileId) -> bool {
        let mut next = chain;
        while let Some(above) = next {
            if above.id == *id {
                return true;
            }
            next = above.above.as_ref();
        }
        false
    }
}

struct Walk<'a> {
    scope: &'a Scope<'a>,
    /// The directory that is recorded, without symbolic links.
    base: PathBuf,
    recording: Recording,
    /// The directories that were met.
    seen: HashSet<FileId>,
    /// How many files and directories were met for the first time, and how many again.
    fresh: u64,
    again: u64,
}

impl Walk<'_> {
    /// Records the files of a directory. The directories in it are `pending`, or `linked` where a symbolic link leads there.
    fn directory(
        &mut self,
        directory: Directory,
        pending: &mut Vec<Directory>,
        linked: &mut Vec<Directory>,
    ) -> Result<(), RecordError> {
        let Directory { path: directory, prefix, real, above } = directory;
        let failed = |error| unreadable(&directory, error);
        let id = FileId::of(&directory).map_err(failed)?;
        if Above::has(above.as_ref(), &id) {
            let fault = RecordFault::Loop;
            return if self.scope.links.loops { Ok(()) } else { Err(RecordError { path: directory, fault }) };
        }
        let is_fresh = self.seen.insert(id.clone());
        let above = Some(Rc::new(Above { id, above }));
        for entry in fs::read_dir(&directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            let Ok(own) = entry.file_name().into_string() else {
                return Err(RecordError { path, fault: RecordFault::Name });
            };
            let name = format!("{prefix}{own}");
            if self.scope.names.contains(&name) {
                continue;
            }
            self.count(is_fresh, &path)?;
            let real = real.as_ref().map(|real| format!("{real}{own}"));
            let failed = |error| unreadable(&path, error);
            let below = |real| Directory { path: path.clone(), prefix: format!("{name}/"), real, above: above.clone() };
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                let below = below(real.map(|real| real + "/"));
                if below.real.is_some() || !is_fresh { linked.push(below) } else { pending.push(below) }
            } else if kind.is_file() {
                self.file(name, real, &path)?;
            } else if kind.is_symlink() {
                match fs::metadata(&path) {
                    Ok(target) if target.is_dir() => linked.push(below(self.real_name(&path)?)),
                    Ok(target) if target.is_file() => self.file(name, real, &path)?,
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(failed(error)),
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, is_fresh: bool, path: &Path) -> Result<(), RecordError> {
        let count = if is_fresh { &mut self.fresh } else { &mut self.again };
        *count += 1;
        if self.again > REPEATED_BASE + REPEATED * self.fresh {
            return Err(RecordError { path: path.to_owned(), fault: RecordFault::Repeated });
        }
        Ok(())
    }

    /// What the names of a directory's files begin with that a symbolic link leads to; `None` where that is elsewhere, and may be.
    fn real_name(&self, link: &Path) -> Result<Option<String>, RecordError> {
        let target = fs::canonicalize(link).map_err(|error| unreadable(link, error))?;
        let Ok(below) = target.strip_prefix(&self.base) else {
            let fault = RecordFault::Outside(target);
            return if self.scope.links.outside { Ok(None) } else { Err(RecordError { path: link.to_owned(), fault }) };
        };
        let component = |component: Component<'_>| component.as_os_str().to_str().map(|text| format!("{text}/"));
        Ok(below.components().map(component).collect())
    }

    /// Records a file. What was read under its real name is not read again.
    fn file(&mut self, name: String, real: Option<String>, path: &Path) -> Result<(), RecordError> {
        let known = real.and_then(|real| self.recording.get(&real).copied());
        let digest = match known {
            Some(digest) => Some(digest),
            None => digest_except(path, self.scope.except).map_err(|error| unreadable(path, error))?,
        };
        self.recording.extend(digest.map(|digest| (name, digest)));
        Ok(())
    }
}

/// The digest of a file, unless it is one of `except`.
fn digest_except(path: &Path, except: Option<&HashSet<FileVersion>>) -> io::Result<Option<[u8; 32]>> {
    let file = open_seen(path)?;
    let version = FileVersion::with(path, file.metadata())?;
    if except.is_some_and(|except| except.contains(&version)) {
        return Ok(None);
    }
    unchanged(file.file(), digest_of).map(Some)
}

/// Opens a file of which was seen that it is a regular one.
fn open_seen(path: &Path) -> io::Result<OpenFile> {
    // Something else has taken its place since then.
    OpenFile::regular(path).map_err(|error| if error.kind() == io::ErrorKind::InvalidInput { changed() } else { error })
}

/// Reads a file, which must not change meanwhile: there would be a digest of something that it never was. Size and times tell, as far
/// as the system's clock for files is fine enough.
fn unchanged<T>(file: &File, read: impl FnOnce(&File) -> io::Result<T>) -> io::Result<T> {
    let state = || file.metadata().map(|metadata| (metadata.len(), metadata.modified().ok()));
    let before = state()?;
    let result = read(file)?;
    if state()? == before { Ok(result) } else { Err(changed()) }
}

fn changed() -> io::Error {
    io::Error::new(io::ErrorKind::ResourceBusy, "it changed while it was read")
}

/// The SHA-256 digest of a file's contents.
///
/// # Errors
/// The operating system's.
pub fn digest(path: &Path) -> io::Result<[u8; 32]> {
    digest_of(OpenFile::regular(path)?.file())
}

fn digest_of(mut file: &File) -> io::Result<[u8; 32]> {
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(digest.finalize().into()),
            Ok(length) => digest.update(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::shell::temporary::Directory;
    use std::io::Write;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    use std::process::Command;

    fn make_pipe(path: &Path) {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    fn names(recording: &Recording) -> Vec<&str> {
        recording.keys().map(String::as_str).collect()
    }

    #[test]
    fn files_and_links_to_files_are_recorded() {
        let directory = Directory::new("recording").unwrap();
        let root = directory.path();
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/b/c"), "x").unwrap();
        fs::write(root.join("a\\z"), "").unwrap();
        symlink("a/b/c", root.join("link")).unwrap();
        symlink("a", root.join("directory-link")).unwrap();
        symlink("nowhere", root.join("broken")).unwrap();
        let recording = record(root, &Scope::default()).unwrap();
        assert_eq!(names(&recording), ["a/b/c", "a\\z", "directory-link/b/c", "link"]);
        assert!(["link", "directory-link/b/c"].iter().all(|name| recording[*name] == recording["a/b/c"]));
        // SHA-256 of the empty string.
        assert!(sitrep_metadata::hex::encode(&recording["a\\z"]).starts_with("e3b0c44298fc1c14"));
    }

    fn links(outside: bool, loops: bool) -> Scope<'static> {
        Scope { links: Links { outside, loops }, ..Scope::default() }
    }

    #[test]
    fn links_that_lead_out_are_errors_unless_they_are_allowed() {
        let directory = Directory::new("recording").unwrap();
        let (root, elsewhere) = (directory.path().join("root"), directory.path().join("elsewhere"));
        fs::create_dir_all(elsewhere.join("deep")).unwrap();
        fs::write(elsewhere.join("deep/evil"), "").unwrap();
        fs::create_dir_all(root.join("a")).unwrap();
        fs::write(root.join("a/b"), "").unwrap();
        symlink("../../elsewhere", root.join("a/lib")).unwrap();
        for scope in [links(false, false), links(false, true)] {
            let error = record(&root, &scope).unwrap_err();
            assert_eq!(error.path, root.join("a/lib"));
            let target = fs::canonicalize(&elsewhere).unwrap();
            assert!(matches!(&error.fault, RecordFault::Outside(found) if *found == target), "{error}");
        }
        assert_eq!(names(&record(&root, &links(true, false)).unwrap()), ["a/b", "a/lib/deep/evil"]);
        // A link to a file is that file, wherever it is.
        fs::remove_file(root.join("a/lib")).unwrap();
        symlink("../../elsewhere/deep/evil", root.join("a/lib")).unwrap();
        assert_eq!(names(&record(&root, &links(false, false)).unwrap()), ["a/b", "a/lib"]);
        // What begins with the same characters is another directory.
        fs::rename(&elsewhere, directory.path().join("root2")).unwrap();
        symlink("../root2", root.join("c")).unwrap();
        assert!(matches!(record(&root, &links(false, false)).unwrap_err().fault, RecordFault::Outside(_)));
    }

    #[test]
    fn links_that_lead_back_are_errors_unless_they_are_allowed() {
        let directory = Directory::new("recording").unwrap();
        let root = directory.path();
        for (file, link, target) in [("a/x", "a/up", "../b"), ("b/y", "b/back", "../a")] {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), file).unwrap();
            symlink(target, root.join(link)).unwrap();
        }
        let error = record(root, &links(true, false)).unwrap_err();
        assert!(matches!(error.fault, RecordFault::Loop), "{error}");
        let recording = record(root, &links(false, true)).unwrap();
        assert_eq!(names(&recording), ["a/up/y", "a/x", "b/back/x", "b/y"]);
        assert!(recording["a/up/y"] == recording["b/y"] && recording["b/back/x"] == recording["a/x"]);
        // To itself, to where it is, and further up.
        for target in [".", "..", "../.."] {
            let directory = Directory::new("recording").unwrap();
            let root = directory.path().join("root");
            fs::create_dir_all(root.join("a")).unwrap();
            fs::write(root.join("a/x"), "").unwrap();
            symlink(target, root.join("a/link")).unwrap();
            let error = record(&root, &links(false, false)).unwrap_err();
            assert_eq!(error.path, root.join("a/link"), "{error}");
            // Seen from above, the directory is one that the link is in as well.
            assert_eq!(names(&record(&root, &links(true, true)).unwrap()), ["a/x"]);
            assert!(matches!(record(&root, &links(true, false)).unwrap_err().fault, RecordFault::Loop));
        }
    }

    #[test]
    fn names_are_left_out() {
        let directory = Directory::new("recording").unwrap();
        let root = directory.path();
        fs::create_dir_all(root.join("a/b")).unwrap();
        for name in ["a/b/c", "a/bc", "check.link", "d"] {
            fs::write(root.join(name), "").unwrap();
        }
        symlink("/", root.join("out")).unwrap();
        let leaving_out = |excluded: &[&str]| {
            let excluded: Vec<String> = excluded.iter().map(ToString::to_string).collect();
            let scope = Scope { names: &excluded, ..Scope::default() };
            record(root, &scope).map(|recording| recording.into_keys().collect::<Vec<_>>())
        };
        assert!(leaving_out(&["check.link"]).is_err());
        assert_eq!(leaving_out(&["out", "check.link", "a/b"]).unwrap(), ["a/bc", "d"]);
        assert_eq!(leaving_out(&["out", "b", "*", "a/b/", "none"]).unwrap(), ["a/b/c", "a/bc", "check.link", "d"]);
    }

    #[test]
    fn there_is_an_end_to_names() {
        let directory = Directory::new("recording").unwrap();
        let root = directory.path();
        for level in 0..20 {
            let path = root.join(format!("d{level}"));
            fs::create_dir(&path).unwrap();
            for name in ["a", "b"] {
                symlink(format!("../d{}", level + 1), path.join(name)).unwrap();
            }
        }
        let error = record(root, &links(true, true)).unwrap_err();
        assert!(matches!(error.fault, RecordFault::Repeated), "{error}");
        // Ten levels give every name that there is.
        (10..20).for_each(|level| fs::remove_dir_all(root.join(format!("d{level}"))).unwrap());
        fs::create_dir(root.join("d10")).unwrap();
        fs::write(root.join("d10/x"), "").unwrap();
        let ends = record(root, &Scope::default()).unwrap();
        assert_eq!(ends.keys().filter(|name| name.starts_with("d0/")).count(), 1 << 10);
    }

    #[test]
    fn exceptions_go_by_identity() {
        let directory = Directory::new("recording").unwrap();
        let root = directory.path();
        fs::write(root.join("root.layout"), "x").unwrap();
        symlink("root.layout", root.join("alias")).unwrap();
        fs::hard_link(root.join("root.layout"), root.join("other-name")).unwrap();
        let except = HashSet::from([FileVersion::of(&root.join("root.layout")).unwrap()]);
        // The same contents and even the same name elsewhere is another file.
        fs::create_dir(root.join("sub")).unwrap();
        fs::write(root.join("sub/root.layout"), "x").unwrap();
        assert_eq!(
            names(&record(root, &Scope { except: Some(&except), ..Scope::default() }).unwrap()),
            ["sub/root.layout"]
        );
        // Neither is what somebody has written into it since.
        fs::write(root.join("root.layout"), "evil").unwrap();
        let seen = record(root, &Scope { except: Some(&except), ..Scope::default() }).unwrap();
        assert_eq!(names(&seen), ["alias", "other-name", "root.layout", "sub/root.layout"]);
    }

    #[test]
    fn names_are_taken_as_they_are() {
        let directory = Directory::new("recording").unwrap();
        let root = directory.path().join("root");
        fs::create_dir_all(root.join(".git")).unwrap();
        let odd = [" ", "*", "-n", ".git/x~", "a\n\u{1b}[2J\u{202e}", "a.link", "c:d", "e.pyc"];
        odd.iter().for_each(|name| fs::write(root.join(name), "").unwrap());
        assert_eq!(names(&record(&root, &Scope::default()).unwrap()), odd);
        // The directory may be given by a link.
        symlink("root", directory.path().join("link")).unwrap();
        assert_eq!(names(&record(&directory.path().join("link"), &Scope::default()).unwrap()), odd);
    }

    #[test]
    fn what_is_no_file_is_passed_over_and_never_waited_for() {
        let directory = Directory::new("recording").unwrap();
        let pipe = directory.path().join("pipe");
        make_pipe(&pipe);
        symlink("pipe", directory.path().join("link")).unwrap();
        symlink("/dev/zero", directory.path().join("device")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(directory.path().join("socket")).unwrap();
        assert!(record(directory.path(), &Scope::default()).unwrap().is_empty());
        // Where it has taken the place of a file that was just seen.
        assert!(open_seen(&pipe).unwrap_err().to_string().contains("changed"));
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        let directory = Directory::new("recording").unwrap();
        let loops = directory.path().join("loop");
        symlink("loop", &loops).unwrap();
        let error = record(directory.path(), &Scope::default()).unwrap_err();
        assert!(error.path == loops && matches!(error.fault, RecordFault::Unreadable(_)));
        assert!(record(&directory.path().join("missing"), &Scope::default()).is_err());
    }

    #[test]
    fn a_file_that_changes_while_it_is_read_is_an_error() {
        let directory = Directory::new("recording").unwrap();
        let path = directory.path().join("log");
        fs::write(&path, "a").unwrap();
        let append = || fs::OpenOptions::new().append(true).open(&path)?.write_all(b"b");
        let file = open_seen(&path).unwrap();
        let file = file.file();
        assert!(unchanged(file, |_| append()).unwrap_err().to_string().contains("changed while it was read"));
        assert_eq!(unchanged(file, digest_of).unwrap(), digest(&path).unwrap());
    }

    #[test]
    fn a_name_that_is_not_utf_8_is_an_error() {
        let directory = Directory::new("recording").unwrap();
        let name = std::ffi::OsStr::from_bytes(b"\xff");
        fs::write(directory.path().join(name), "").unwrap();
        assert!(record(directory.path(), &Scope::default()).unwrap_err().to_string().contains("not UTF-8"));
    }
}
