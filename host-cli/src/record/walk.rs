//! Finds the files of a directory that are to be recorded. Reads none.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::directory::{Directory, Entry, Kind};
use super::error::{REPEATED, REPEATED_BASE, RecordError, RecordFault, unreadable};
use super::scope::Scope;
use super::selection::{Explicit, Selection};
use crate::shell::files::FileId;

/// How many files a batch has at most: few enough that all processors have some.
const BATCH: usize = 32;

/// How many names are noted that were left out.
const EXCLUDED: usize = 64;

/// Some files of one directory.
pub(super) struct Batch {
    pub(super) place: Arc<Place>,
    /// Their own names.
    pub(super) names: Vec<String>,
}

/// A directory, open, by the names it has.
pub(super) struct Place {
    pub(super) directory: Directory,
    pub(super) path: PathBuf,
    /// What its files' names begin with.
    pub(super) prefix: String,
}

/// A file that has another name too, without symbolic links, under which it is recorded unless it is left out there.
pub(super) struct Alias {
    pub(super) place: Arc<Place>,
    pub(super) own: String,
    pub(super) real: String,
}

/// What a walk has to tell when it is over.
#[derive(Default)]
pub(super) struct Walked {
    pub(super) aliases: Vec<Alias>,
    /// What was left out by its name: the first names of it.
    pub(super) excluded: BTreeSet<String>,
}

/// A directory that is to be looked into.
struct Pending {
    path: PathBuf,
    prefix: String,
    /// Is all in it chosen, as long as no pattern says otherwise?
    is_chosen: bool,
    /// What its files' names begin with where they are recorded without symbolic links; `None` where this is the way without, or there is none.
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

/// Why a walk ended before its end: something is wrong, or nobody wants more of it.
enum Stop {
    Error(RecordError),
    Unwanted,
    /// Without the path at which it is.
    Io(io::Error),
}

impl From<RecordError> for Stop {
    fn from(error: RecordError) -> Self {
        Self::Error(error)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Tells `found` of all files below `root` that are chosen and not left out, but for those that it tells of as aliases.
///
/// # Errors
/// [`RecordError`] for the first file or directory that cannot be recorded.
pub(super) fn walk(
    root: &Path,
    selection: &Selection,
    scope: &Scope<'_>,
    found: &mut dyn FnMut(Batch) -> ControlFlow<()>,
) -> Result<Walked, RecordError> {
    let base = fs::canonicalize(root).map_err(|error| unreadable(root, error))?;
    let mut missing = Vec::new();
    for one in selection.explicit() {
        let is_gone =
            |error: &io::Error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
        match fs::metadata(root.join(&one.path)) {
            Err(error) if is_gone(&error) && one.anywhere => missing.push(one),
            Err(error) if is_gone(&error) => return Err(not_there(root, one)),
            // What is wrong with others is told when they are met.
            _ => {}
        }
    }
    let (seen, walked) = (HashSet::new(), Walked::default());
    let mut walk = Walk { selection, scope, base, found, missing, walked, seen, fresh: 0, again: 0 };
    if !selection.is_nothing() {
        let start = Pending { path: root.to_owned(), prefix: String::new(), is_chosen: false, real: None, above: None };
        let (mut pending, mut linked) = (vec![start], Vec::new());
        // First all that has its own name: what is met again, and how much that may be, is then known.
        while let Some(directory) = pending.pop().or_else(|| linked.pop()) {
            match walk.directory(directory, &mut pending, &mut linked) {
                Ok(()) => {}
                Err(Stop::Error(error)) => return Err(error),
                Err(Stop::Io(error)) => return Err(unreadable(root, error)),
                Err(Stop::Unwanted) => return Ok(walk.walked),
            }
        }
    }
    walk.missing.first().map_or(Ok(()), |one| Err(not_there(root, one)))?;
    Ok(walk.walked)
}

fn not_there(root: &Path, explicit: &Explicit) -> RecordError {
    RecordError { path: root.join(&explicit.path), fault: RecordFault::Missing(explicit.pattern.clone()) }
}

struct Walk<'a, 'f> {
    selection: &'a Selection,
    scope: &'a Scope<'a>,
    /// The directory that is recorded, without symbolic links.
    base: PathBuf,
    found: &'f mut dyn FnMut(Batch) -> ControlFlow<()>,
    /// Names that are expected somewhere and were not met yet.
    missing: Vec<&'a Explicit>,
    walked: Walked,
    /// The directories that were met.
    seen: HashSet<FileId>,
    /// How many files and directories were met for the first time, and how many again.
    fresh: u64,
    again: u64,
}

impl Walk<'_, '_> {
    /// Tells of the files of a directory. The directories in it are `pending`, or `linked` where a symbolic link leads there.
    fn directory(
        &mut self,
        directory: Pending,
        pending: &mut Vec<Pending>,
        linked: &mut Vec<Pending>,
    ) -> Result<(), Stop> {
        let Pending { path, prefix, is_chosen, real, above } = directory;
        let opened = Directory::open(&path).and_then(|directory| Ok((directory.id(&path)?, directory)));
        let (id, directory) = opened.map_err(|error| unreadable(&path, error))?;
        if Above::has(above.as_ref(), &id) {
            let fault = RecordFault::Loop;
            return if self.scope.links.loops { Ok(()) } else { Err(RecordError { path, fault }.into()) };
        }
        let is_fresh = self.seen.insert(id.clone());
        let above = Some(Rc::new(Above { id, above }));
        let place = Arc::new(Place { directory, path, prefix });
        let (mut names, mut name) = (Vec::new(), String::new());
        let listed = place.directory.entries(|Entry { name: own, kind }| {
            let path = || place.path.join(own);
            let Some(text) = own.to_str() else { return self.nameless(&place, own, kind, is_chosen) };
            name.clear();
            name.extend([&place.prefix, text]);
            if !self.missing.is_empty() {
                self.missing.retain(|one| one.path != text);
            }
            if self.leaves_out(&name, kind == Kind::Directory) {
                return Ok(());
            }
            self.count(is_fresh, path)?;
            let is_link = kind == Kind::Link;
            let kind = match kind {
                Kind::Link => match place.directory.kind_behind(own) {
                    Ok(Kind::Directory) if self.leaves_out(&name, true) => return Ok(()),
                    Ok(kind) => kind,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                    // What it would be is not known.
                    Err(_) if !self.enters(&name, is_chosen) || self.leaves_out(&name, true) => return Ok(()),
                    Err(error) => return Err(unreadable(&path(), error).into()),
                },
                kind => kind,
            };
            let real_own = |real: &String| format!("{real}{text}");
            match kind {
                Kind::File if self.selection.includes(&name, false, is_chosen) => {
                    if let Some(real) = real.as_ref() {
                        let (place, real) = (Arc::clone(&place), real_own(real));
                        self.walked.aliases.push(Alias { place, own: text.to_owned(), real });
                        return Ok(());
                    }
                    names.push(text.to_owned());
                    if names.len() == BATCH { self.tell(&place, &mut names) } else { Ok(()) }
                }
                Kind::Directory if self.enters(&name, is_chosen) => {
                    let is_chosen = self.selection.includes(&name, true, is_chosen);
                    let below = |real| Pending {
                        path: path(),
                        prefix: format!("{name}/"),
                        is_chosen,
                        real,
                        above: above.clone(),
                    };
                    if is_link {
                        linked.push(below(self.real_name(&path())?));
                    } else if real.is_some() || !is_fresh {
                        linked.push(below(real.as_ref().map(|real| real_own(real) + "/")));
                    } else {
                        pending.push(below(None));
                    }
                    Ok(())
                }
                _ => Ok(()),
            }
        });
        listed.map_err(|stop| match stop {
            Stop::Io(error) => unreadable(&place.path, error).into(),
            other => other,
        })?;
        if names.is_empty() { Ok(()) } else { self.tell(&place, &mut names) }
    }

    fn tell(&mut self, place: &Arc<Place>, names: &mut Vec<String>) -> Result<(), Stop> {
        let batch = Batch { place: Arc::clone(place), names: std::mem::take(names) };
        if (self.found)(batch).is_break() { Err(Stop::Unwanted) } else { Ok(()) }
    }

    /// What has a name that is not UTF-8 is an error, unless it would not be recorded under any such name.
    fn nameless(&self, place: &Place, own: &OsStr, kind: Kind, is_chosen: bool) -> Result<(), Stop> {
        let name = format!("{}{}", place.prefix, own.to_string_lossy());
        let may_be = match kind {
            Kind::File => !self.selection.excludes(&name, false) && self.selection.includes(&name, false, is_chosen),
            _ => !self.selection.excludes(&name, true) && self.enters(&name, is_chosen),
        };
        let error = || RecordError { path: place.path.join(own), fault: RecordFault::Name };
        if may_be { Err(error().into()) } else { Ok(()) }
    }

    /// Is it left out by its name? Notes it.
    fn leaves_out(&mut self, name: &str, is_directory: bool) -> bool {
        let is_left_out = self.scope.names.iter().any(|own| own == name) || self.selection.excludes(name, is_directory);
        if is_left_out {
            let excluded = &mut self.walked.excluded;
            excluded.insert(name.to_owned());
            // The first ones by name, in whatever order they are met.
            if excluded.len() > EXCLUDED {
                excluded.pop_last();
            }
        }
        is_left_out
    }

    /// May anything in the directory of this name be chosen?
    fn enters(&self, name: &str, is_chosen: bool) -> bool {
        self.selection.includes(name, true, is_chosen) || self.selection.may_choose_in(name)
    }

    fn count(&mut self, is_fresh: bool, path: impl Fn() -> PathBuf) -> Result<(), RecordError> {
        let count = if is_fresh { &mut self.fresh } else { &mut self.again };
        *count += 1;
        if self.again > REPEATED_BASE + REPEATED * self.fresh {
            return Err(RecordError { path: path(), fault: RecordFault::Repeated });
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
}
