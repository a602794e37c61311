//! `sitrep completions` and `sitrep man`: shells and man(1) read what they write.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use sitrep_cli::args::grouped;
use sitrep_cli::shell::temporary::Directory;
use sitrep_tests::command::{names, sitrep};

/// Names of all commands, with `-` between the words.
fn commands(command: &clap::Command, name: &str, all: &mut Vec<String>) {
    all.push(name.to_owned());
    for inner in command.get_subcommands() {
        commands(inner, &format!("{name}-{}", inner.get_name()), all);
    }
}

#[test]
fn there_is_a_page_for_every_command() {
    let directory = Directory::new("manual").unwrap();
    sitrep(directory.path(), &["man", "."]).expect(0);
    let mut all = Vec::new();
    commands(&grouped().disable_help_subcommand(true), "sitrep", &mut all);
    let mut pages: Vec<String> = all.iter().map(|name| format!("{name}.1")).collect();
    pages.sort();
    assert_eq!(names(directory.path()), pages);
    for page in pages {
        let text = fs::read_to_string(directory.path().join(&page)).unwrap();
        let name = page.trim_end_matches(".1");
        assert!(text.contains(&format!(".TH {name} 1")) && text.contains(".SH SYNOPSIS"), "{page}");
        assert!(text.contains("Exit codes:"), "{page}");
    }
    sitrep(directory.path(), &["man", "none"]).expect(2).error("cannot write none/sitrep.1: ");
}

#[test]
fn bash_completes_commands_and_options() {
    let directory = Directory::new("completions").unwrap();
    let script = sitrep(directory.path(), &["completions", "bash"]).expect(0).stdout;
    let mut bash = Command::new("bash").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let ask = "COMP_WORDS=(sitrep layout s); COMP_CWORD=2; _sitrep sitrep s layout; echo \"${COMPREPLY[@]}\"\n";
    bash.stdin.take().unwrap().write_all(format!("{script}\n{ask}").as_bytes()).unwrap();
    let output = bash.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "show sign\n");
    for shell in ["zsh", "fish"] {
        let script = sitrep(directory.path(), &["completions", shell]).expect(0).stdout;
        assert!(script.contains("sitrep") && script.contains("add-step"), "{shell}");
    }
    sitrep(directory.path(), &["completions", "dos"]).expect(2);
}
