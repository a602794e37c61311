//! Which files of a directory are recorded: gitignore's patterns (gitignore(5)), relative to the directory.
//!
//! A pattern without `/`, or with one at its end alone, is tried on names at every depth; any other on whole paths, and so is one that begins with `/`. `*` and `?`
//! do not cross `/`, `**` does; `dir/` means directories alone; of several patterns that fit the last one counts, and `!` turns its meaning round. What is chosen or
//! excluded with a directory is all that is in it; an excluded directory is not entered, so that nothing of it comes back by `!`. As in git, and unlike
//! in ripgrep, braces are themselves.
//!
//! Three things are not gitignore's: no line is a comment or empty, `.` chooses everything (and `./a` is `/a`), as people write it for in-toto-run, and `dir:PATH`
//! records one digest of a whole directory ([`super::tree`]).

use std::fmt;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// What the name of a directory's digest begins with.
pub(super) const DIRECTORY_SCHEME: &str = "dir:";

/// Which files are recorded.
#[derive(Clone, Debug)]
pub struct Selection {
    include: Include,
    exclude: Gitignore,
    /// Directories that have one digest each.
    directories: Vec<String>,
    /// Patterns that have nothing of a pattern: somebody expects that these are there. As relative paths without `/` at the end.
    explicit: Vec<Explicit>,
}

#[derive(Clone, Debug)]
enum Include {
    Nothing,
    Everything,
    Some {
        patterns: Gitignore,
        /// Where all that is chosen is below, or this itself; `None` where it may be anywhere.
        below: Option<Vec<String>>,
    },
}

/// A pattern that is a name or a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Explicit {
    /// As it was given.
    pub(super) pattern: String,
    /// Relative, without `/` at the end.
    pub(super) path: String,
    /// Is it tried at every depth?
    pub(super) anywhere: bool,
}

/// Why a pattern is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// The pattern.
    pub pattern: String,
    /// What is wrong.
    pub fault: PatternFault,
}

/// What is wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternFault {
    /// There is nothing in it.
    Empty,
    /// In a file of git's it would be a comment.
    Comment,
    /// It begins or ends with white space, of which git takes some away.
    Space,
    /// It leads out of the directory.
    Upward,
    /// `dir:` in a place where files are chosen.
    Scheme,
    /// The matcher's own reason.
    Glob(String),
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pattern {:?}: ", self.pattern)?;
        match &self.fault {
            PatternFault::Empty => f.write_str("there is nothing in it"),
            PatternFault::Comment => f.write_str("it begins with `#` as comments do; a name does so as `\\#`"),
            PatternFault::Space => f.write_str("a space at its end is not part of it; that of a name is written `\\ `"),
            PatternFault::Upward => f.write_str("it has a component `..`; patterns are relative to the base directory"),
            PatternFault::Scheme => {
                f.write_str("the digest of a directory cannot be excluded, nor can `!` take it back")
            }
            PatternFault::Glob(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for PatternError {}

impl Selection {
    /// The files that `include` chooses and `exclude` leaves. Without any pattern in `include` nothing is chosen.
    ///
    /// # Errors
    /// [`PatternError`] for the first pattern that is none.
    pub fn new<S: AsRef<str>>(include: &[S], exclude: &[S]) -> Result<Self, PatternError> {
        let (mut directories, mut explicit, mut everything) = (Vec::new(), Vec::new(), false);
        let mut below = Some(Vec::new());
        let mut patterns = Patterns::new();
        let mut count = 0;
        for given in include.iter().map(AsRef::as_ref) {
            if let Some(directory) = given.strip_prefix(DIRECTORY_SCHEME) {
                directories.push(directory.to_owned());
                continue;
            }
            let pattern = Pattern::new(given)?;
            patterns.add(&pattern)?;
            count += 1;
            everything = pattern.is_everything() || (everything && !pattern.is_negative);
            if !pattern.is_negative {
                explicit.extend(pattern.explicit());
                below = below.zip(pattern.below()).map(|(mut below, own)| {
                    below.push(own);
                    below
                });
            }
        }
        let include = match count {
            0 => Include::Nothing,
            _ if everything => Include::Everything,
            _ => Include::Some { patterns: patterns.build()?, below },
        };
        Ok(Self { include, exclude: Self::exclude(exclude)?, directories, explicit })
    }

    fn exclude<S: AsRef<str>>(exclude: &[S]) -> Result<Gitignore, PatternError> {
        let mut patterns = Patterns::new();
        for given in exclude.iter().map(AsRef::as_ref) {
            let pattern = Pattern::new(given)?;
            if given.starts_with(DIRECTORY_SCHEME) {
                return Err(pattern.error(PatternFault::Scheme));
            }
            patterns.add(&pattern)?;
        }
        patterns.build()
    }

    /// Every file.
    #[must_use]
    pub fn all() -> Self {
        Self { include: Include::Everything, exclude: Gitignore::empty(), directories: vec![], explicit: vec![] }
    }

    /// Every file that this one does not exclude.
    pub(super) fn all_but_excluded(&self) -> Self {
        Self { exclude: self.exclude.clone(), ..Self::all() }
    }

    /// Is no file chosen, wherever?
    pub(super) const fn is_nothing(&self) -> bool {
        matches!(self.include, Include::Nothing)
    }

    /// The directories that have one digest each.
    pub(super) fn directories(&self) -> &[String] {
        &self.directories
    }

    /// The names that somebody expects to be there.
    pub(super) fn explicit(&self) -> &[Explicit] {
        &self.explicit
    }

    /// Is what has this name left out? Of a directory, with all that is in it.
    pub(super) fn excludes(&self, name: &str, is_directory: bool) -> bool {
        self.exclude.matched(name, is_directory).is_ignore()
    }

    /// Is what has this name chosen, in a directory that is chosen itself, or is not?
    pub(super) fn includes(&self, name: &str, is_directory: bool, is_chosen_above: bool) -> bool {
        match &self.include {
            Include::Nothing => false,
            Include::Everything => true,
            Include::Some { patterns, .. } => match patterns.matched(name, is_directory) {
                Match::None => is_chosen_above,
                Match::Ignore(_) => true,
                Match::Whitelist(_) => false,
            },
        }
    }

    /// May anything in the directory of this name be chosen, where it is not itself?
    pub(super) fn may_choose_in(&self, directory: &str) -> bool {
        let is_in = |inner: &str, outer: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || outer.is_empty() || rest.starts_with('/'))
        };
        match &self.include {
            Include::Nothing => false,
            Include::Everything | Include::Some { below: None, .. } => true,
            Include::Some { below: Some(below), .. } => {
                below.iter().any(|below| is_in(below, directory) || is_in(directory, below))
            }
        }
    }
}

/// The compiled patterns of a list.
struct Patterns(GitignoreBuilder);

impl Patterns {
    fn new() -> Self {
        let mut builder = GitignoreBuilder::new(".");
        // A class that nobody has closed would be a name that nobody meant.
        builder.allow_unclosed_class(false);
        Self(builder)
    }

    fn add(&mut self, pattern: &Pattern<'_>) -> Result<(), PatternError> {
        let added = self.0.add_line(None, &pattern.line).map(|_| ());
        added.map_err(|error| pattern.error(PatternFault::Glob(reason(error))))
    }

    fn build(&self) -> Result<Gitignore, PatternError> {
        let failed = |error| PatternError { pattern: String::new(), fault: PatternFault::Glob(reason(error)) };
        self.0.build().map_err(failed)
    }
}

/// What the matcher says, without the pattern.
fn reason(error: ignore::Error) -> String {
    match error {
        ignore::Error::Glob { err, .. } => err,
        other => other.to_string(),
    }
}

/// A pattern, taken apart.
struct Pattern<'a> {
    given: &'a str,
    /// As the matcher reads it.
    line: String,
    is_negative: bool,
    /// Without `!`, and without `/` at either end.
    core: &'a str,
    /// Is it tried on whole paths?
    is_anchored: bool,
}

impl<'a> Pattern<'a> {
    fn new(given: &'a str) -> Result<Self, PatternError> {
        let wrong = |fault| Err(PatternError { pattern: given.to_owned(), fault });
        if given.starts_with('#') {
            return wrong(PatternFault::Comment);
        }
        if given.ends_with(' ') && !given.ends_with("\\ ") {
            return wrong(PatternFault::Space);
        }
        let (is_negative, rest) = given.strip_prefix('!').map_or((false, given), |rest| (true, rest));
        let sign = if is_negative { "!" } else { "" };
        let (from_here, rest) = rest.strip_prefix("./").map_or((false, rest), |rest| (true, rest));
        if matches!(rest, "" | "/") && !from_here {
            return wrong(PatternFault::Empty);
        }
        if matches!(rest, "." | "" | "/") {
            return Ok(Self { given, line: format!("{sign}**"), is_negative, core: "**", is_anchored: false });
        }
        let is_rooted = from_here || rest.starts_with('/');
        let core = rest.trim_start_matches('/').trim_end_matches('/');
        if core.split('/').any(|component| component == "..") {
            return wrong(PatternFault::Upward);
        }
        let root = if is_rooted { "/" } else { "" };
        let end = if rest.ends_with('/') { "/" } else { "" };
        let line = format!("{sign}{root}{}{end}", without_braces(core));
        Ok(Self { given, line, is_negative, core, is_anchored: is_rooted || core.contains('/') })
    }

    fn error(&self, fault: PatternFault) -> PatternError {
        PatternError { pattern: self.given.to_owned(), fault }
    }

    fn is_everything(&self) -> bool {
        !self.is_negative && matches!(self.core, "**" | "*" | "**/*") && !self.given.ends_with('/')
    }

    /// It itself, where it is a name or a path.
    fn explicit(&self) -> Option<Explicit> {
        let path = self.core.to_owned();
        let is_one = !self.core.contains(is_special);
        is_one.then(|| Explicit { pattern: self.given.to_owned(), path, anywhere: !self.is_anchored })
    }

    /// The directory in which all is that it fits; `None` where that may be anywhere.
    fn below(&self) -> Option<String> {
        if !self.is_anchored {
            return None;
        }
        let plain = self.core.split('/').take_while(|component| !component.contains(is_special));
        Some(plain.collect::<Vec<_>>().join("/")).filter(|below| !below.is_empty())
    }
}

/// Does a pattern with this character stand for more than itself?
const fn is_special(char: char) -> bool {
    matches!(char, '*' | '?' | '[' | '\\')
}

/// The matcher's braces are alternatives, and git's are braces.
fn without_braces(pattern: &str) -> String {
    let mut line = String::with_capacity(pattern.len());
    let (mut is_escaped, mut is_class) = (false, false);
    for char in pattern.chars() {
        if matches!(char, '{' | '}') && !is_escaped && !is_class {
            line.push('\\');
        }
        is_class = !is_escaped && (char == '[' || (is_class && char != ']'));
        is_escaped = char == '\\' && !is_escaped;
        line.push(char);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files among these that are chosen, each directory on the way asked as a walk asks.
    fn chosen<'f>(include: &[&str], exclude: &[&str], files: &[&'f str]) -> Vec<&'f str> {
        let selection = Selection::new(include, exclude).unwrap();
        let is_chosen = |file: &str| {
            let mut above = false;
            for (slash, _) in file.match_indices('/') {
                let directory = &file[..slash];
                if selection.excludes(directory, true) {
                    return false;
                }
                above = selection.includes(directory, true, above);
                if !above && !selection.may_choose_in(directory) {
                    return false;
                }
            }
            !selection.excludes(file, false) && selection.includes(file, false, above)
        };
        files.iter().copied().filter(|file| is_chosen(file)).collect()
    }

    const FILES: [&str; 9] =
        ["Makefile", "src/a.c", "src/a.o", "src/deep/b.c", "src/deep/b.o", "doc/src/x", "doc/a.c", ".git/HEAD", "a{b}"];

    #[test]
    fn files_are_chosen_as_gitignore_ignores_them() {
        for (include, exclude, expected) in [
            (&[][..], &[][..], &[][..]),
            (&["**"], &[], &FILES),
            (&["."], &[".git/"], &FILES.map(|file| if file == ".git/HEAD" { "" } else { file })),
            (&["*.c"], &[], &["src/a.c", "src/deep/b.c", "doc/a.c"]),
            (&["/*.c"], &[], &[]),
            (&["src/*.c"], &[], &["src/a.c"]),
            (&["src/**/*.c"], &[], &["src/a.c", "src/deep/b.c"]),
            (&["src"], &[], &["src/a.c", "src/a.o", "src/deep/b.c", "src/deep/b.o", "doc/src/x"]),
            (&["/src/"], &["*.o"], &["src/a.c", "src/deep/b.c"]),
            (&["./src"], &["deep/"], &["src/a.c", "src/a.o"]),
            (&["src/deep/**"], &[], &["src/deep/b.c", "src/deep/b.o"]),
            (&["/src", "!*.o"], &[], &["src/a.c", "src/deep/b.c"]),
            (&["/src", "!deep/", "b.o"], &[], &["src/a.c", "src/a.o", "src/deep/b.o"]),
            // `**` fits the files in it, too.
            (&["**", "!/src/", "!*.o"], &["doc", ".git"], &["Makefile", "src/a.c", "src/deep/b.c", "a{b}"]),
            // Of an excluded directory nothing comes back, of others it does.
            (
                &["**"],
                &["doc/", "!doc/a.c", "*.c", "!/src/a.c", ".git", "Make*"],
                &["src/a.c", "src/a.o", "src/deep/b.o", "a{b}"],
            ),
            (&["a{b}"], &[], &["a{b}"]),
            (&["[Mm]ake[e-g]il?"], &[], &["Makefile"]),
            (&["Makefile/"], &[], &[]),
        ] {
            let expected: Vec<_> = expected.iter().copied().filter(|file| !file.is_empty()).collect();
            assert_eq!(chosen(include, exclude, &FILES), expected, "{include:?} without {exclude:?}");
        }
    }

    #[test]
    fn no_directory_is_entered_for_nothing() {
        let enters = |include: &[&str], directory| Selection::new(include, &[]).unwrap().may_choose_in(directory);
        assert!(enters(&["src/deep/*.c"], "src") && enters(&["src/deep/*.c"], "src/deep/x"));
        assert!(!enters(&["src/deep/*.c"], "src/other") && !enters(&["src/deep"], "srcx"));
        assert!(enters(&["src/*/a"], "src/b") && !enters(&["src/*/a", "/doc"], "lib"));
        assert!(enters(&["src/a", "*.c"], "lib") && enters(&["**/a"], "lib") && enters(&["/*/a"], "lib"));
        assert!(!enters(&[], "src"));
    }

    #[test]
    fn names_are_told_from_patterns() {
        let selection = Selection::new(&["a", "/b/", "c/d", "*.c", "!e", "f\\*", "./g"], &[]).unwrap();
        let told: Vec<_> = selection.explicit().iter().map(|one| (&*one.path, one.anywhere)).collect();
        assert_eq!(told, [("a", true), ("b", false), ("c/d", false), ("g", false)]);
        assert_eq!(Selection::new(&["dir:a/b", "dir:."], &[]).unwrap().directories(), ["a/b", "."]);
    }

    #[test]
    fn what_is_no_pattern_is_named() {
        for (pattern, expected) in [
            ("", "nothing in it"),
            ("!", "nothing in it"),
            ("/", "nothing in it"),
            ("#a", "comments"),
            ("a ", "space at its end"),
            ("../a", "component `..`"),
            ("a/../b", "component `..`"),
            ("[a", "unclosed"),
            ("[z-a]", "range"),
        ] {
            for (include, exclude) in [(&["**", pattern][..], &[][..]), (&["**"], &["x", pattern])] {
                let error = Selection::new(include, exclude).unwrap_err();
                let text = error.to_string();
                assert!(error.pattern == pattern && text.contains(expected), "{text}");
            }
        }
        assert!(Selection::new(&["\\#a", "a\\ ", "\\!b", "a..b", "{"], &["dirs:x"]).is_ok());
        assert_eq!(Selection::new(&[], &["dir:a"]).unwrap_err().fault, PatternFault::Scheme);
    }
}
