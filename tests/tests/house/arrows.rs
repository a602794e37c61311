//! Which file of a crate uses which, as the paths in its source say it: `use`, and `crate::a::b` or `super::a` in the middle of code.
//!
//! A name that another file only hands on (`pub use`) is an arrow to where it is written down. A call of a method names no file, so it is no arrow.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::tokens::{Token, read};

/// File `from` uses file `to`, in a line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Arrow {
    pub(crate) from: PathBuf,
    pub(crate) line: usize,
    pub(crate) to: PathBuf,
}

impl fmt::Display for Arrow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} -> {}", self.from.display(), self.line, self.to.display())
    }
}

/// Files that use each other.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Circle {
    pub(crate) shortest: Vec<Arrow>,
    /// Those of its arrows without which there would be none among these files.
    pub(crate) in_all: Vec<Arrow>,
}

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |arrows: &[Arrow], between| arrows.iter().map(Arrow::to_string).collect::<Vec<_>>().join(between);
        write!(f, "a circle: {}; ", list(&self.shortest, ", "))?;
        match &self.in_all[..] {
            [] => write!(f, "and there are others among these files"),
            arrows => write!(f, "there would be none without {}", list(arrows, ", or without ")),
        }
    }
}

/// A crate's files and the arrows between them; paths are those below the directory of its root.
#[derive(Debug, Default)]
pub(crate) struct Map {
    pub(crate) files: BTreeSet<PathBuf>,
    /// The first of each file to each other.
    pub(crate) arrows: Vec<Arrow>,
}

impl Map {
    /// Reads the crate whose root is `directory/root`. Parts that only tests have are left out.
    pub(crate) fn read(directory: &Path, root: &str) -> Self {
        let mut source = Source { directory: directory.to_owned(), modules: Vec::new() };
        source.read_file(PathBuf::from(root), None, Path::new(""));
        let mut first = BTreeMap::new();
        for (number, module) in source.modules.iter().enumerate() {
            for (path, line) in source.paths_of(number) {
                let Some(to) = source.resolve(number, path, 0) else { continue };
                if *to != module.file {
                    let earliest = first.entry((module.file.clone(), to.clone())).or_insert(line);
                    *earliest = line.min(*earliest);
                }
            }
        }
        Self {
            files: source.modules.into_iter().map(|module| module.file).collect(),
            arrows: first.into_iter().map(|((from, to), line)| Arrow { from, line, to }).collect(),
        }
    }

    /// The same map without the arrows of parts to the module that they are parts of, as `super::Name` is one: from a folder's files to its mod.rs.
    pub(crate) fn without_super(mut self) -> Self {
        self.arrows.retain(|Arrow { from, to, .. }| {
            let folder = to.parent().filter(|_| to.ends_with("mod.rs"));
            !folder.is_some_and(|folder| from.starts_with(folder))
        });
        self
    }

    /// For all files that use each other, directly or not, the shortest circle among them, and the arrows of which each is in all of their circles.
    pub(crate) fn circles(&self) -> Vec<Circle> {
        let reached: BTreeMap<_, _> = self.files.iter().map(|file| (&**file, self.reached_from(file))).collect();
        let mut circles = Vec::new();
        let mut left: BTreeSet<_> = reached.keys().copied().collect();
        while let Some(file) = left.pop_first() {
            let tangle: BTreeSet<_> =
                reached[file].iter().filter(|other| reached[*other].contains(file)).copied().collect();
            left.retain(|other| !tangle.contains(*other));
            let shortest = tangle.iter().filter_map(|file| self.circle_through(file)).min_by_key(Vec::len);
            let Some(shortest) = shortest else { continue };
            // An arrow that is in all circles is in this one.
            let in_all = shortest.iter().filter(|arrow| {
                let mut without = Self { files: self.files.clone(), arrows: self.arrows.clone() };
                without.arrows.retain(|other| other != *arrow);
                tangle.iter().all(|file| without.circle_through(file).is_none())
            });
            circles.push(Circle { in_all: in_all.cloned().collect(), shortest });
        }
        circles
    }

    /// All files that a file uses, and what they use; the file itself where it stands in a circle.
    fn reached_from<'a>(&'a self, start: &'a Path) -> BTreeSet<&'a Path> {
        let mut reached = BTreeSet::new();
        let mut next = vec![start];
        while let Some(file) = next.pop() {
            let used = self.arrows.iter().filter(|arrow| arrow.from == file);
            next.extend(used.map(|arrow| &*arrow.to).filter(|to| reached.insert(*to)));
        }
        reached
    }

    fn circle_through(&self, start: &Path) -> Option<Vec<Arrow>> {
        let mut ways = VecDeque::from([vec![]]);
        let mut seen = BTreeSet::new();
        while let Some(way) = ways.pop_front() {
            let end = way.last().map_or(start, |arrow: &Arrow| &arrow.to);
            for arrow in self.arrows.iter().filter(|arrow| arrow.from == end) {
                let way = [&way[..], std::slice::from_ref(arrow)].concat();
                if arrow.to == start {
                    return Some(way);
                }
                if seen.insert(&arrow.to) {
                    ways.push_back(way);
                }
            }
        }
        None
    }

    /// What goes against `layers`, which stand from the bottom to the top. Each names files and folders (`bundle/`). A file may use those of its own
    /// layer and of those below; the crate's root stands above all.
    pub(crate) fn against(&self, layers: &[&[&str]], root: &str) -> Vec<String> {
        let layer = |file: &Path| {
            let is_named = |name: &&str| match name.strip_suffix('/') {
                Some(folder) => file.starts_with(folder),
                None => file == Path::new(name),
            };
            layers.iter().position(|names| names.iter().any(is_named))
        };
        let mut wrong = Vec::new();
        for file in self.files.iter().filter(|file| *file != Path::new(root) && layer(file).is_none()) {
            wrong.push(format!("{} stands in no layer", file.display()));
        }
        for name in layers.iter().copied().flatten() {
            if !self.files.iter().any(|file| file.starts_with(name.trim_end_matches('/'))) {
                wrong.push(format!("there is no {name}, which a layer names"));
            }
        }
        for arrow in &self.arrows {
            let (from, to) = (layer(&arrow.from), layer(&arrow.to));
            let is_upward = arrow.from != Path::new(root) && (arrow.to == Path::new(root) || from < to);
            if is_upward {
                wrong.push(format!("{arrow} goes upward"));
            }
        }
        wrong
    }
}

/// A module: a file, or a part of one.
#[derive(Debug)]
struct Module {
    file: PathBuf,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    /// What is written down in it, by name.
    items: BTreeSet<String>,
    imports: Vec<Import>,
    /// Paths in its code: what each names, and the line.
    mentions: Vec<(Vec<String>, usize)>,
}

#[derive(Debug)]
struct Import {
    /// The name that it has here; `*` for all that is in there.
    name: String,
    path: Vec<String>,
    line: usize,
    /// It is handed on (`pub use`), and an arrow of its own only where the code uses the name.
    handed_on: bool,
}

struct Source {
    directory: PathBuf,
    modules: Vec<Module>,
}

impl Source {
    /// Reads a file as a module; `folder` is where its children's files lie. Gives its number.
    fn read_file(&mut self, file: PathBuf, parent: Option<usize>, folder: &Path) -> usize {
        let path = self.directory.join(&file);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let tokens = read(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        self.read_module(file, parent, folder, &tokens)
    }

    fn read_module(&mut self, file: PathBuf, parent: Option<usize>, folder: &Path, tokens: &[Token]) -> usize {
        let number = self.modules.len();
        self.modules.push(Module {
            file,
            parent,
            children: BTreeMap::new(),
            items: BTreeSet::new(),
            imports: Vec::new(),
            mentions: Vec::new(),
        });
        self.read_tokens(number, folder, tokens, true);
        number
    }

    fn read_tokens(&mut self, number: usize, folder: &Path, tokens: &[Token], is_outside: bool) {
        const ITEMS: [&str; 9] = ["struct", "enum", "union", "trait", "fn", "const", "static", "type", "macro_rules"];
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token {
                Token::Ident(word, _) if word == "mod" && is_outside => {
                    let Some(Token::Ident(name, _)) = tokens.get(at + 1) else { panic!("a module without a name") };
                    let file = self.modules[number].file.clone();
                    let folder = folder.join(name);
                    let child = match tokens.get(at + 2) {
                        Some(Token::Group('{', inner)) => self.read_module(file, Some(number), &folder, inner),
                        _ => self.read_child(number, &folder, &tokens[..at]),
                    };
                    self.modules[number].children.insert(name.clone(), child);
                    at += 3;
                }
                // Not `impl Trait + use<'a>`.
                Token::Ident(word, _) if word == "use" && tokens.get(at + 1) != Some(&Token::Punct('<')) => {
                    let end = tokens[at..].iter().position(|token| *token == Token::Punct(';')).unwrap_or(0);
                    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
                    let handed_on = match before {
                        Some(Token::Ident(word, _)) => word == "pub",
                        // pub(crate), pub(super)
                        Some(Token::Group('(', _)) => true,
                        _ => false,
                    };
                    self.read_use(number, &tokens[at + 1..at + end], vec![], handed_on);
                    at += end + 1;
                }
                Token::Ident(word, line) => {
                    if is_outside && ITEMS.contains(&word.as_str()) {
                        let name = tokens[at + 1..].iter().find_map(|token| match token {
                            Token::Ident(name, _) if !ITEMS.contains(&name.as_str()) && name != "mut" => Some(name),
                            _ => None,
                        });
                        self.modules[number].items.extend(name.cloned());
                    }
                    let is_member = at > 0 && tokens[at - 1] == Token::Punct('.');
                    let (path, length) = path_at(&tokens[at..], word);
                    if !is_member {
                        self.modules[number].mentions.push((path, *line));
                    }
                    at += length;
                }
                Token::Group(_, inner) => {
                    self.read_tokens(number, folder, inner, false);
                    at += 1;
                }
                Token::Punct(_) | Token::Literal(_) => at += 1,
            }
        }
    }

    /// Reads the file of a module whose children lie in `folder`; where attributes before it name other files, all of those.
    fn read_child(&mut self, parent: usize, folder: &Path, before: &[Token]) -> usize {
        let beside = self.modules[parent].file.parent().expect("a file lies in a directory").to_owned();
        let others: Vec<_> = attributes_at_end(before).flat_map(paths_in).map(|name| beside.join(name)).collect();
        let others: Vec<_> = others.into_iter().map(|file| self.read_file(file, Some(parent), &beside)).collect();
        match others.first() {
            Some(first) => *first,
            None => self.read_file(self.file_of(folder), Some(parent), folder),
        }
    }

    /// The file of the module whose children lie in `folder`.
    fn file_of(&self, folder: &Path) -> PathBuf {
        let beside = folder.with_extension("rs");
        if self.directory.join(&beside).exists() { beside } else { folder.join("mod.rs") }
    }

    /// Reads what stands between `use` and `;`.
    fn read_use(&mut self, number: usize, tokens: &[Token], start: Vec<String>, handed_on: bool) {
        let parts = tokens.split(|token| *token == Token::Punct(','));
        for part in parts.filter(|part| !part.is_empty()) {
            let (mut path, mut name, mut line) = (start.clone(), None, 0);
            let mut is_renamed = false;
            for token in part {
                match token {
                    Token::Ident(word, _) if word == "as" => is_renamed = true,
                    Token::Ident(word, _) if is_renamed => name = Some(word.clone()),
                    Token::Ident(word, at) => {
                        line = *at;
                        // `self` after something is that thing.
                        if word != "self" || path.is_empty() {
                            path.push(word.clone());
                        }
                    }
                    Token::Punct('*') => name = Some("*".to_owned()),
                    Token::Group(_, inner) => {
                        self.read_use(number, inner, path.clone(), handed_on);
                        path.clear();
                    }
                    Token::Punct(_) | Token::Literal(_) => {}
                }
            }
            if let Some(last) = path.last() {
                let name = name.unwrap_or_else(|| last.clone());
                self.modules[number].imports.push(Import { name, path, line, handed_on });
            }
        }
    }

    /// All paths of a module that may be arrows.
    fn paths_of(&self, number: usize) -> impl Iterator<Item = (&[String], usize)> {
        let module = &self.modules[number];
        let imports = module.imports.iter().filter(|import| !import.handed_on);
        let imports = imports.map(|import| (&import.path[..], import.line));
        // A name alone may be one that is handed on here, and is no module.
        let mentions = module.mentions.iter().filter(|(path, _)| match &path[..] {
            [name] => module.imports.iter().any(|import| import.handed_on && import.name == *name),
            _ => true,
        });
        imports.chain(mentions.map(|(path, line)| (&path[..], *line)))
    }

    /// The file in which what `path` names is written down; `None` for other crates' things and for what is in no module.
    fn resolve(&self, number: usize, path: &[String], depth: usize) -> Option<&PathBuf> {
        let (first, rest) = path.split_first()?;
        let module = &self.modules[number];
        match first.as_str() {
            "crate" => self.walk(0, rest, depth),
            "self" => self.walk(number, rest, depth),
            "super" => self.walk(module.parent?, rest, depth),
            name => {
                let is_known = module.children.contains_key(name) || self.import(number, name).is_some();
                if is_known { self.walk(number, path, depth) } else { None }
            }
        }
    }

    fn import(&self, number: usize, name: &str) -> Option<&Import> {
        self.modules[number].imports.iter().find(|import| import.name == name)
    }

    /// The same from inside a module on. Whatever is not found there is taken to be written down there.
    fn walk(&self, number: usize, path: &[String], depth: usize) -> Option<&PathBuf> {
        let module = &self.modules[number];
        let Some((name, rest)) = path.split_first() else { return Some(&module.file) };
        if depth > 16 {
            return None;
        }
        match name.as_str() {
            "self" => return self.walk(number, rest, depth),
            "super" => return self.walk(module.parent?, rest, depth),
            _ => {}
        }
        if let Some(child) = module.children.get(name) {
            return self.walk(*child, rest, depth);
        }
        if let Some(import) = self.import(number, name) {
            let whole = [&import.path[..], rest].concat();
            return self.resolve_owned(number, &whole, depth + 1);
        }
        if !module.items.contains(name) {
            for import in module.imports.iter().filter(|import| import.name == "*") {
                if let Some(other) = self.module_at(number, &import.path)
                    && self.modules[other].items.contains(name)
                {
                    return Some(&self.modules[other].file);
                }
            }
        }
        Some(&module.file)
    }

    fn resolve_owned(&self, number: usize, path: &[String], depth: usize) -> Option<&PathBuf> {
        // A name that is imported under itself (`use other_crate::name`) is not looked for here again.
        let first = path.first()?;
        let module = &self.modules[number];
        match first.as_str() {
            "crate" | "self" | "super" => self.resolve(number, path, depth),
            name if module.children.contains_key(name) => self.walk(number, path, depth),
            name => {
                let other =
                    module.imports.iter().find(|import| import.name == name && import.path.first() != Some(first));
                other.and_then(|_| self.walk(number, path, depth))
            }
        }
    }

    /// The module that a path names.
    fn module_at(&self, number: usize, path: &[String]) -> Option<usize> {
        path.iter()
            .try_fold((number, true), |(at, is_first), name| {
                let next = match name.as_str() {
                    "crate" if is_first => 0,
                    "self" => at,
                    "super" => self.modules[at].parent?,
                    name => *self.modules[at].children.get(name)?,
                };
                Some((next, false))
            })
            .map(|(at, _)| at)
    }
}

/// The path that starts with `word`, and how many tokens it takes.
fn path_at(tokens: &[Token], word: &str) -> (Vec<String>, usize) {
    let (mut path, mut length) = (vec![word.to_owned()], 1);
    while let [Token::Punct(':'), Token::Punct(':'), Token::Ident(next, _), ..] = &tokens[length..] {
        path.push(next.clone());
        length += 3;
    }
    (path, length)
}

/// The attributes of the item whose keyword follows.
fn attributes_at_end(mut tokens: &[Token]) -> impl Iterator<Item = &[Token]> {
    while let [before @ .., Token::Ident(..) | Token::Group('(', _)] = tokens {
        tokens = before;
    }
    std::iter::from_fn(move || match tokens {
        [before @ .., Token::Punct('#'), Token::Group('[', attribute)] => {
            tokens = before;
            Some(&attribute[..])
        }
        _ => None,
    })
}

/// The files that an attribute names: `path = "..."`, alone or on a condition.
fn paths_in(attribute: &[Token]) -> Vec<String> {
    let mut paths = Vec::new();
    for (at, token) in attribute.iter().enumerate() {
        match (token, attribute.get(at + 1..)) {
            (Token::Ident(word, _), Some([Token::Punct('='), Token::Literal(text), ..])) if word == "path" => {
                paths.push(text.trim_matches('"').to_owned());
            }
            (Token::Group(_, inner), _) => paths.extend(paths_in(inner)),
            _ => {}
        }
    }
    paths
}
