//! `sitrep --help`: the commands in groups.

use clap::builder::StyledStr;
use clap::{Command, CommandFactory as _};

use super::cli::Cli;

/// What each group is called, and its commands in their order.
const GROUPS: [(&str, &[&str]); 5] = [
    ("Make", &["key", "layout", "run", "status", "attest"]),
    ("Verify", &["verify", "inspect", "lint"]),
    ("Carry over", &["pack", "unpack"]),
    ("Devices", &["trust", "boot-package", "boot-report"]),
    ("Other", &["demo", "completions", "man", "help"]),
];

/// The command line, with its commands in groups where `--help` lists them. clap has no word for groups: it writes one list, which is taken apart
/// here, so that lines are broken and coloured as everywhere else.
#[must_use]
pub fn grouped() -> Command {
    let command = Cli::command();
    let header = *command.get_styles().get_header();
    let mut groups = String::new();
    let mut entries = entries();
    for (name, commands) in GROUPS {
        let of_group: String = commands.iter().filter_map(|name| take(&mut entries, name)).collect();
        groups.push_str(&format!("{header}{name}:{header:#}\n{of_group}\n"));
    }
    // Rather in no group than not at all.
    groups.extend(entries.into_iter().map(|(_, lines)| lines));
    let options = format!("{header}Options:{header:#}");
    command.before_help(StyledStr::from(groups)).help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{{before-help}}{options}\n{{options}}{{after-help}}"
    ))
}

/// The commands that clap lists, each with the lines that it writes about it.
fn entries() -> Vec<(String, String)> {
    let mut command = Cli::command().help_template("{subcommands}");
    let list = command.render_help().ansi().to_string();
    let literal = *command.get_styles().get_literal();
    let mut entries: Vec<(String, String)> = Vec::new();
    for line in list.lines() {
        let begins = |name: &&str| line.starts_with(&format!("  {literal}{name}{literal:#}"));
        match (command.get_subcommands().map(Command::get_name).find(begins), entries.last_mut()) {
            (Some(name), _) => entries.push((name.to_owned(), format!("{line}\n"))),
            (None, Some((_, lines))) => lines.extend([line, "\n"]),
            (None, None) => {}
        }
    }
    entries
}

/// The lines about a command, which are not there any more afterwards.
fn take(entries: &mut Vec<(String, String)>, name: &str) -> Option<String> {
    let place = entries.iter().position(|(known, _)| known == name)?;
    Some(entries.remove(place).1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_command_is_in_one_group() {
        let mut command = Cli::command();
        command.build();
        let known: BTreeSet<&str> = command.get_subcommands().map(Command::get_name).collect();
        let grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, commands)| *commands).copied().collect();
        assert_eq!(grouped.iter().copied().collect::<BTreeSet<_>>(), known);
        assert_eq!(grouped.len(), known.len(), "a command is in two groups");
    }

    #[test]
    fn what_is_said_of_a_command_is_what_clap_says() {
        let (mut command, mut listed) = (grouped(), Cli::command());
        for (grouped, listed) in
            [(command.render_help(), listed.render_help()), (command.render_long_help(), listed.render_long_help())]
        {
            let (grouped, listed) = (grouped.to_string(), listed.to_string());
            // But for the headings, every line is in both.
            let lines = |text: &str| -> BTreeSet<String> { text.lines().map(str::to_owned).collect() };
            let (grouped, listed) = (lines(&grouped), lines(&listed));
            let headings: BTreeSet<String> = GROUPS.iter().map(|(name, _)| format!("{name}:")).collect();
            assert_eq!(grouped.difference(&listed).cloned().collect::<BTreeSet<_>>(), headings);
            assert_eq!(listed.difference(&grouped).map(String::as_str).collect::<Vec<_>>(), ["Commands:"]);
        }
    }
}
