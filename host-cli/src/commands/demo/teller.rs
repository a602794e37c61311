//! The demo's voice, and its hands: prints what happens and runs `sitrep` as a user would.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::DemoError;
use crate::error::CliError;
use crate::show::messages::print;

/// Tells the story and starts the program that it is about.
pub(super) struct Teller {
    program: PathBuf,
    directory: PathBuf,
    chapter: u32,
}

impl Teller {
    /// `program` is this `sitrep`, `directory` where the story plays; both absolute.
    pub(super) const fn new(program: PathBuf, directory: PathBuf) -> Self {
        Self { program, directory, chapter: 0 }
    }

    /// Where the story plays.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Starts a chapter with a few lines of what it is about.
    pub(super) fn chapter(&mut self, title: &str, text: &str) -> Result<(), DemoError> {
        self.chapter += 1;
        let heading = format!("{}. {title}", self.chapter);
        self.say(&format!("\n{heading}\n{}\n{text}\n", "-".repeat(heading.chars().count())))
    }

    /// Prints a line.
    pub(super) fn say(&self, text: &str) -> Result<(), DemoError> {
        Ok(print(&format!("{text}\n"))?)
    }

    /// Runs `sitrep` and expects it to succeed.
    pub(super) fn accepted(&self, line: &str) -> Result<(), DemoError> {
        let (code, _) = self.sitrep(line)?;
        if code == 0 { Ok(()) } else { Err(DemoError::Unexpected(format!("`sitrep {line}` ended with {code}, not 0"))) }
    }

    /// Runs `sitrep` and expects it to refuse with that error code.
    pub(super) fn refused(&self, line: &str, expected: &str) -> Result<(), DemoError> {
        let (code, output) = self.sitrep(line)?;
        if code == 1 && output.lines().any(|line| line.starts_with(&format!("sitrep: error: {expected}: "))) {
            return Ok(());
        }
        Err(DemoError::Unexpected(format!("`sitrep {line}` ended with {code}, expected 1 and {expected}")))
    }

    /// Runs `sitrep` in the demo's directory with the words of `line`, shows both, and returns the exit code and all output.
    fn sitrep(&self, line: &str) -> Result<(i32, String), DemoError> {
        self.say(&format!("  $ sitrep {}", broken(line, 11)))?;
        let mut words = line.split(' ');
        let failed = |error| CliError::Read(self.program.clone(), error);
        let command = words.next().unwrap_or_default();
        let output = Command::new(&self.program)
            .arg(command)
            .args(words)
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .output()
            .map_err(failed)?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        for line in text.lines() {
            self.say(&wrap(line))?;
        }
        Ok((output.status.code().unwrap_or(-1), text))
    }

    /// Writes a file of the story.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), DemoError> {
        let path = self.directory.join(name);
        fs::write(&path, bytes).map_err(|error| CliError::Write(path, error).into())
    }

    /// Reads a file of the story.
    pub(super) fn read(&self, name: &str) -> Result<Vec<u8>, DemoError> {
        let path = self.directory.join(name);
        fs::read(&path).map_err(|error| CliError::Read(path, error).into())
    }

    /// Makes a directory of the story.
    pub(super) fn make(&self, name: &str) -> Result<PathBuf, DemoError> {
        let path = self.directory.join(name);
        fs::create_dir(&path).map_err(|error| CliError::Write(path.clone(), error))?;
        Ok(path)
    }

    /// The command line that does `line` again from anywhere after `cd`: with this program's whole path.
    pub(super) fn again(&self, line: &str) -> String {
        let program = quote(&self.program.to_string_lossy());
        format!("{program} {}", broken(line, program.chars().count() + 3))
    }
}

/// A command line, broken before options where it would be wider than 80 columns, as a shell takes it. `column` is where it starts.
fn broken(line: &str, column: usize) -> String {
    let mut broken = String::new();
    let mut width = column;
    for (number, part) in line.split(" --").enumerate() {
        let part = if number == 0 { part.to_owned() } else { format!("--{part}") };
        if number > 0 && width + part.len() + 3 > 80 {
            broken.push_str(" \\\n      ");
            width = 6;
        } else if number > 0 {
            broken.push(' ');
            width += 1;
        }
        width += part.len();
        broken.push_str(&part);
    }
    broken
}

/// Output of a command, indented and broken between words so that it fits 80 columns.
fn wrap(line: &str) -> String {
    let indent = " ".repeat(4 + line.len() - line.trim_start().len());
    let mut wrapped = String::new();
    let mut width = 0;
    for word in line.split_inclusive(' ') {
        if width + word.trim_end().chars().count() > 76 && width > 0 {
            wrapped.truncate(wrapped.trim_end().len());
            wrapped.push_str(&format!("\n{indent}  "));
            width = indent.len() - 2;
        }
        wrapped.push_str(word);
        width += word.chars().count();
    }
    format!("    {wrapped}")
}

/// A word as a POSIX shell reads it.
pub(super) fn quote(word: &str) -> String {
    let is_plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+:@%".contains(&byte));
    if is_plain { word.into() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_the_shell() {
        assert_eq!(quote("/usr/bin/sitrep"), "/usr/bin/sitrep");
        assert_eq!(quote("it's here"), "'it'\\''s here'");
    }

    #[test]
    fn long_lines_are_broken_between_words() {
        let wrapped = wrap(&format!("  {}", "word ".repeat(30)));
        assert!(wrapped.lines().count() > 1 && wrapped.lines().all(|line| line.len() <= 80), "{wrapped}");
    }
}
