//! `--help` on terminals of usual widths: every example can be pasted into a shell and is a command that `sitrep` knows.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use sitrep_cli::shell::temporary::Directory;
use sitrep_tests::command::binary;

/// What clap ends every complaint about usage with.
const USAGE: &str = "For more information, try '--help'";

fn help(command: &[&str], columns: usize) -> String {
    let output =
        Command::new(binary()).args(command).arg("--help").env("COLUMNS", columns.to_string()).output().unwrap();
    assert!(output.status.success(), "{command:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The help of every command, by its words.
fn helps(columns: usize) -> BTreeMap<String, String> {
    let mut left = vec![String::new()];
    let mut helps = BTreeMap::new();
    while let Some(command) = left.pop() {
        let text = help(&command.split_whitespace().collect::<Vec<_>>(), columns);
        // Those of `sitrep` itself stand in groups, between its usage and its options.
        let heading = if command.is_empty() { "\nUsage:" } else { "\nCommands:\n" };
        let commands =
            text.split(heading).nth(1).and_then(|rest| rest.split("\nOptions:\n").next()).unwrap_or_default();
        // The names; what follows them is indented further where it goes over several lines.
        let names = commands.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
        let names = names.filter_map(|line| line.split(' ').next()).filter(|name| *name != "help");
        left.extend(names.map(|name| format!("{command} {name}").trim().to_owned()));
        helps.insert(command, text);
    }
    helps
}

/// What stands below `Examples:`, which ends a help.
fn examples(text: &str) -> &str {
    text.split("\nExamples:\n").nth(1).unwrap_or_else(|| panic!("no examples in:\n{text}"))
}

#[test]
fn examples_can_be_pasted() {
    let directory = Directory::new("help").unwrap();
    let path = directory.path();
    // Of in-toto's own command it is enough that the shell finds it.
    let other = path.join("in-toto-verify");
    fs::write(&other, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).unwrap();
    let own = [path.to_owned(), binary().parent().unwrap().to_owned()];
    let path_variable = std::env::var_os("PATH").unwrap_or_default();
    let programs = std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path_variable))).unwrap();
    let paste = |script: &str, inside: &Path| {
        let mut sh = Command::new("sh");
        sh.args(["-c", script]).current_dir(inside).env("PATH", &programs).env("HOME", inside).env("TMPDIR", inside);
        let output = sh.stdin(Stdio::null()).output().unwrap();
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    // What a broken example looks like.
    assert!(paste("sitrep unpack a", path).contains(USAGE));
    assert!(paste("  sitrep unpack a -o b\n  \\\n  --quiet", path).contains("not found"));

    let wide = helps(100);
    assert!(wide.len() > 15 && wide.contains_key("attest security-version"), "{:?}", wide.keys());
    for (command, narrow) in helps(80) {
        let script = examples(&narrow);
        assert_eq!(script, examples(&wide[&command]), "{command}");
        let inside = path.join(format!("in {command}"));
        fs::create_dir(&inside).unwrap();
        let stderr = paste(script, &inside);
        assert!(!stderr.contains(USAGE) && !stderr.contains("not found"), "{command}:\n{script}\n{stderr}");
    }
}

/// Prose goes up to the margin: where a line ends early, the next word would not have fitted.
#[test]
fn prose_is_wrapped_once() {
    for columns in [80, 100] {
        for (command, text) in helps(columns) {
            // Between the options and the exit codes.
            let rest = text.split("\n  -h, --help\n").nth(1).unwrap();
            let prose = rest.split("\n\n").skip(1).take_while(|paragraph| !paragraph.starts_with("Exit codes:"));
            for paragraph in prose {
                for (line, next) in paragraph.lines().zip(paragraph.lines().skip(1)) {
                    assert!(line.len() <= columns, "{command}: {line}");
                    let word = next.split(' ').next().unwrap_or_default();
                    let is_full = line.len() + 1 + word.len() > columns;
                    assert!(is_full || [line, next].iter().any(|line| line.starts_with("  ")), "{command}: {line}");
                }
            }
        }
    }
}
