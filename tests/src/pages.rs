//! The pages that people read: every Markdown file of the repository, the blocks in it, and what their commands print.
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Directories that hold no pages: what is built, and inputs of tests.
const NO_PAGES: [&str; 3] = [".git", "tests/vectors", "tests/fuzz/corpus"];

/// Stands in a block of output for lines that are not shown.
const LEFT_OUT: &str = "...";

/// The directory of the repository.
#[must_use]
pub fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A page.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its path in the repository, with `/` between directories.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A fenced block of a page.
#[derive(Clone, Copy, Debug)]
pub struct Block<'p> {
    /// What stands behind the opening fence.
    pub language: &'p str,
    /// The lines between the fences.
    pub text: &'p str,
    /// The number of the opening fence's line, from 1.
    pub line: usize,
}

/// Every page, in the order of their paths.
#[must_use]
pub fn all() -> Vec<Page> {
    let mut pages = Vec::new();
    let mut left = vec![String::new()];
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(repository().join(&directory)).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let path = if directory.is_empty() { name } else { format!("{directory}/{name}") };
            // What cargo builds, wherever it was told to.
            let is_built = directory.is_empty() && path.starts_with("target");
            if entry.file_type().unwrap().is_dir() {
                if !is_built && !NO_PAGES.contains(&&*path) {
                    left.push(path);
                }
            } else if path.ends_with(".md") {
                pages.push(Page::read(&path));
            }
        }
    }
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    pages
}

impl Page {
    /// Reads the page with this path in the repository.
    #[must_use]
    pub fn read(path: &str) -> Self {
        let text = fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self { path: path.into(), text }
    }

    /// Its fenced blocks, in order.
    #[must_use]
    pub fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks = Vec::new();
        let mut open: Option<(&str, usize, usize)> = None;
        let mut at = 0;
        for (number, line) in self.text.split_inclusive('\n').enumerate() {
            let next = at + line.len();
            if let Some(language) = line.strip_prefix("```") {
                match open.take() {
                    None => open = Some((language.trim_end(), next, number + 1)),
                    Some((language, start, line)) => {
                        blocks.push(Block { language, text: &self.text[start..at], line });
                    }
                }
            }
            at = next;
        }
        assert!(open.is_none(), "{}: a block is not closed", self.path);
        blocks
    }

    /// The numbers of lines, from 1, that Markdown takes for a block although no fence says what it is: indented, behind an empty line.
    #[must_use]
    pub fn unfenced(&self) -> Vec<usize> {
        let mut unfenced = Vec::new();
        let (mut fenced, mut after_empty) = (false, true);
        for (number, line) in self.text.lines().enumerate() {
            fenced ^= line.starts_with("```");
            if !fenced && after_empty && line.starts_with("    ") {
                unfenced.push(number + 1);
            }
            after_empty = line.trim().is_empty();
        }
        unfenced
    }

    /// The targets of its links that lie in the repository: path of a file, and heading where one is named.
    #[must_use]
    pub fn links(&self) -> Vec<(String, Option<String>)> {
        let mut links = Vec::new();
        for rest in self.text.split("](").skip(1) {
            let target = rest.split(')').next().unwrap();
            if target.contains("://") {
                continue;
            }
            let (path, heading) =
                target.split_once('#').map_or((target, None), |(path, heading)| (path, Some(heading)));
            let mut parts: Vec<&str> = self.path.split('/').collect();
            if !path.is_empty() {
                parts.pop();
                for part in path.split('/') {
                    match part {
                        ".." => assert!(parts.pop().is_some(), "{}: {target} leads out of the repository", self.path),
                        "." | "" => {}
                        part => parts.push(part),
                    }
                }
            }
            links.push((parts.join("/"), heading.map(str::to_owned)));
        }
        links
    }

    /// The names under which links reach its headings.
    #[must_use]
    pub fn headings(&self) -> Vec<String> {
        let headings = self.text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#'));
        let kept = |char: &char| char.is_alphanumeric() || [' ', '-', '_'].contains(char);
        headings
            .map(|title| title.trim().to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-"))
            .collect()
    }
}

/// Runs the `sh` blocks of a page in one shell, one after the other, as a reader types them, and compares what each prints with the `text` block that
/// follows it. `shell` starts the shell that reads commands from its last argument; `with` says which blocks to run.
pub fn run(page: &Page, mut shell: Command, with: impl Fn(&Block<'_>) -> bool) {
    /// Ends the output of a block.
    const END: &str = "end of the block\n";
    let blocks = page.blocks();
    let commands: Vec<usize> =
        (0..blocks.len()).filter(|at| blocks[*at].language == "sh" && with(&blocks[*at])).collect();
    let script: String =
        commands.iter().map(|at| format!("{}printf '\\n{}'\n", blocks[*at].text, END.escape_default())).collect();
    let (mut output, both) = std::io::pipe().unwrap();
    shell.arg(script).stdin(Stdio::null()).stdout(both.try_clone().unwrap()).stderr(both);
    let mut child = shell.spawn().unwrap();
    // The command holds the pipe's other end open.
    drop(shell);
    let mut text = Vec::new();
    output.read_to_end(&mut text).unwrap();
    let status = child.wait().unwrap();
    let text = String::from_utf8_lossy(&text);
    let mark = format!("\n{END}");
    let mut outputs = text.split(&mark);
    for at in commands {
        let (block, printed) = (&blocks[at], outputs.next().unwrap_or_default());
        let place = format!("{}, line {}", page.path, block.line);
        // Behind the last mark stands what a block printed that did not come to its end.
        let is_last = outputs.clone().next().is_none();
        assert!(!is_last, "{place}: {status}\n{}{printed}", block.text);
        println!("{place}:\n{}{printed}", block.text);
        let shown = blocks.get(at + 1).filter(|next| next.language == "text");
        if let Some(Err(line)) = shown.map(|shown| compare(shown.text, printed)) {
            panic!("{place}: what is shown below has the line\n{line}\nbut this was printed:\n{printed}");
        }
    }
}

/// Is `printed` what is `shown`? Otherwise gives the line that is not there. Times and key ids are other ones each time.
fn compare<'s>(shown: &'s str, printed: &str) -> Result<(), &'s str> {
    let printed: Vec<String> = printed.lines().map(settled).collect();
    let mut at = 0;
    let mut may_skip = false;
    for line in shown.lines() {
        if line.trim() == LEFT_OUT {
            may_skip = true;
            continue;
        }
        let wanted = settled(line);
        let rest = printed.get(at..).unwrap_or_default();
        let found = if may_skip {
            rest.iter().position(|line| *line == wanted)
        } else {
            Some(0).filter(|_| rest.first() == Some(&wanted))
        };
        at += found.ok_or(line)? + 1;
        may_skip = false;
    }
    if may_skip || at == printed.len() { Ok(()) } else { Err("(nothing more)") }
}

/// A line without blanks at its end, and with the same time and the same digits in all key ids, digests and temporary names.
fn settled(line: &str) -> String {
    let is_word = |char: char| char.is_ascii_alphanumeric() || ":-".contains(char);
    let mut settled = String::new();
    for part in line.trim_end().split_inclusive(|char| !is_word(char)) {
        let word = part.trim_end_matches(|char| !is_word(char) || char == ':');
        let is_id =
            [8, 12, 16, 64].contains(&word.len()) && word.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let is_time = word.len() == 20 && word.ends_with('Z') && digits == 14;
        match () {
            () if is_id => settled.push_str("ID"),
            () if is_time => settled.push_str("TIME"),
            () => settled.push_str(word),
        }
        settled.push_str(&part[word.len()..]);
    }
    settled
}

/// Copies what git knows of the repository, and new files that it is not told to ignore, to an empty directory: what a fresh clone would be after a
/// commit. `None` where this is no repository of git's.
#[must_use]
pub fn clone_to(directory: &Path) -> Option<()> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(repository());
    let listed = git.output().ok().filter(|output| output.status.success())?;
    for name in listed.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let name = PathBuf::from(String::from_utf8(name.to_vec()).unwrap());
        let (from, to) = (repository().join(&name), directory.join(&name));
        // What was deleted and not yet committed.
        let Ok(metadata) = fs::symlink_metadata(&from) else { continue };
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        if metadata.is_symlink() {
            #[cfg(unix)]
            std::os::unix::fs::symlink(fs::read_link(&from).unwrap(), &to).unwrap();
        } else {
            fs::copy(&from, &to).unwrap();
            // Cargo builds again what is newer than what was built.
            let copy = fs::File::options().append(true).open(&to);
            if let Ok(copy) = copy {
                copy.set_modified(metadata.modified().unwrap()).unwrap();
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Page {
        Page { path: "a/b.md".into(), text: text.into() }
    }

    #[test]
    fn blocks_links_and_headings_are_found() {
        let page = page("# Use: *it*\n\n```sh\nx\ny\n```\n\n    z\n\n[a](../c.md#d) [b](#use-it) [e](https://f/)\n");
        let blocks = page.blocks();
        assert_eq!((blocks.len(), blocks[0].language, blocks[0].text, blocks[0].line), (1, "sh", "x\ny\n", 3));
        assert_eq!(page.unfenced(), [8]);
        assert_eq!(page.links(), [("c.md".into(), Some("d".into())), ("a/b.md".into(), Some("use-it".into()))]);
        assert_eq!(page.headings(), ["use-it"]);
    }

    #[test]
    fn output_is_compared_line_by_line() {
        let printed = "verified: a\n  key 01234567 at 2026-11-21T07:35:50Z\n  two\n  three\n";
        for good in
            [printed, "verified: a\n...\n", "...\n  two\n  ...\n", "...\n  key 89abcdef at 2030-01-01T00:00:00Z\n...\n"]
        {
            assert_eq!(compare(good, printed), Ok(()), "{good}");
        }
        for (bad, line) in [
            ("verified: a\n", "(nothing more)"),
            ("  two\n...\n", "  two"),
            ("...\n  three\n...\n  two\n...\n", "  two"),
            ("verified: a\n  key 0123456 at 2026-11-21T07:35:50Z\n...\n", "  key 0123456 at 2026-11-21T07:35:50Z"),
        ] {
            assert_eq!(compare(bad, printed), Err(line), "{bad}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn blocks_share_a_shell_and_must_succeed() {
        let shell = || {
            let mut shell = Command::new("sh");
            shell.args(["-e", "-c"]);
            shell
        };
        run(&page("```sh\nx=1\n```\n```sh\necho $x\necho 2 >&2\n```\n```text\n1\n2\n```\n"), shell(), |_| true);
        for bad in
            ["```sh\nfalse\n```\n", "```sh\necho 1\n```\n```text\n2\n```\n", "```sh\ntrue\n```\n```sh\nexit 3\n```\n"]
        {
            let outcome = std::panic::catch_unwind(|| run(&page(bad), shell(), |_| true));
            assert!(outcome.is_err(), "{bad}");
        }
    }
}
