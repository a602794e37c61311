//! What was run on this machine, for whoever wants to know.

use std::time::Duration;

use serde::Serialize;

use crate::show::characters::is_harmful;

/// A command that was run, or was to be.
#[derive(Clone, Debug, Serialize)]
pub struct Ran {
    /// Envelope of the layout that it belongs to; 0 is the root layout.
    pub layout: u16,
    /// Name of the inspection.
    pub name: String,
    /// Program and arguments, as they were given to the operating system; empty when there was nothing to execute.
    pub command: Vec<String>,
    /// The directory in which it ran, as the user called it.
    #[serde(skip)]
    pub directory: String,
    /// How it went.
    pub outcome: RanOutcome,
    /// What it returned; minus the signal's number when a signal ended it.
    pub return_value: Option<i32>,
    /// From its start to its end.
    pub seconds: f64,
    /// How many files it found, without those that were read as metadata.
    pub files_before: u64,
    /// How many files there were afterwards.
    pub files_after: Option<u64>,
    /// What became of what it printed.
    pub output: RanOutput,
    /// How many lines were shown.
    pub output_lines: u64,
}

/// How a command went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RanOutcome {
    /// The layout names no command.
    NothingToExecute,
    /// It could not be started.
    NotStarted,
    /// It came to its end.
    Ended,
    /// It was killed at the limit of time.
    TimeLimit,
    /// It could not be killed.
    Unstoppable,
}

/// What became of what a command printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RanOutput {
    /// It printed nothing.
    Nothing,
    /// It was shown.
    Shown,
    /// Nobody looked.
    Discarded,
}

impl Ran {
    /// The command as one would type it.
    #[must_use]
    pub fn command_line(&self) -> String {
        if self.command.is_empty() { "no command".into() } else { command_line(&self.command) }
    }

    /// How it went, in words.
    #[must_use]
    pub fn account(&self) -> String {
        let Self { directory, outcome, return_value, seconds, output_lines, .. } = self;
        let printed = match self.output {
            RanOutput::Nothing => "printed nothing".into(),
            RanOutput::Shown if *output_lines == 1 => "printed 1 line".into(),
            RanOutput::Shown => format!("printed {output_lines} lines"),
            RanOutput::Discarded => "output not shown".to_owned(),
        };
        let end = match (outcome, return_value) {
            (RanOutcome::NothingToExecute, _) => return format!("nothing to execute in {directory}"),
            (RanOutcome::NotStarted, _) => return format!("could not be started in {directory}"),
            (RanOutcome::TimeLimit, _) => "was killed".into(),
            (RanOutcome::Unstoppable, _) => "could not be killed".into(),
            (RanOutcome::Ended, Some(signal @ ..=-1)) => format!("was ended by signal {}", signal.unsigned_abs()),
            (RanOutcome::Ended, value) => format!("returned {}", value.unwrap_or_default()),
        };
        format!("{end} after {seconds:.2} s in {directory}, {printed}")
    }
}

/// Seconds to the millisecond: less than that is chance.
pub(super) fn seconds(duration: Duration) -> f64 {
    duration.as_millis() as f64 / 1000.0
}

/// Words as one would type them into a shell, on one line, whatever they are.
#[must_use]
pub fn command_line(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    if word.chars().any(is_harmful) {
        // The form of bash, zsh and POSIX.1-2024.
        let escaped: String = word.chars().map(escaped).collect();
        return format!("$'{escaped}'");
    }
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "%+,-./:=@_".contains(char);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn escaped(char: char) -> String {
    match char {
        '\'' | '\\' => format!("\\{char}"),
        '\n' => "\\n".into(),
        '\t' => "\\t".into(),
        // Octal, because hexadecimal digits that follow would be taken for more of it.
        char if char.is_ascii() && is_harmful(char) => format!("\\{:03o}", u32::from(char)),
        char if is_harmful(char) => format!("\\U{:08x}", u32::from(char)),
        char => char.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_can_be_typed_again() {
        for (word, typed) in [
            ("tar", "tar"),
            ("--strip=1", "--strip=1"),
            ("", "''"),
            ("a b;c", "'a b;c'"),
            ("it's", r"'it'\''s'"),
            ("é", "'é'"),
            ("a\nsitrep: note: \u{1b}[2J\u{202e}'\\é", r"$'a\nsitrep: note: \033[2J\U0000202e\'\\é'"),
        ] {
            assert_eq!(quoted(word), typed);
            assert_eq!(crate::show::lines::harmless(typed), typed);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_reads_the_same_words() {
        let words = ["a b", "it's", "$HOME `x` \\ \" * ? [a] ~ # ! {b}", "", "-n", "é\t%s"].map(str::to_owned);
        let script = format!("printf '%s|' {}", command_line(&words[..5]));
        let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), words[..5].join("|") + "|");
    }
}
