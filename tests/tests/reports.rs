//! Small inputs made after what people reported of other tools, or published: tests/vectors/reports, a folder for each.
//!
//! `cmd` is run in a copy of the folder, with `SITREP` set to the program. `expect` says what must come of it, a line each:
//!
//! | line | meaning |
//! |---|---|
//! | `rc=N` | the exit code |
//! | `+ TEXT` | standard output or standard error holds the text |
//! | `- TEXT` | neither holds it |
//! | `open` | the case is not mended: what the file says must be wrong today, so that this line goes when it is |
//! | anything else | why, for people |
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use sitrep_tests::command::{Run, binary, names, tree_of, vectors};

/// What a file `expect` says.
#[derive(Default)]
struct Expected {
    code: Option<i32>,
    holds: Vec<String>,
    lacks: Vec<String>,
    is_open: bool,
}

impl Expected {
    fn read(path: &Path) -> Self {
        let mut expected = Self::default();
        for line in fs::read_to_string(path).unwrap().lines() {
            if let Some(code) = line.strip_prefix("rc=") {
                expected.code = Some(code.parse().unwrap());
            } else if let Some(text) = line.strip_prefix("+ ") {
                expected.holds.push(text.into());
            } else if let Some(text) = line.strip_prefix("- ") {
                expected.lacks.push(text.into());
            } else if line == "open" {
                expected.is_open = true;
            }
        }
        expected
    }

    /// What is otherwise, a line each.
    fn differences(&self, run: &Run) -> Vec<String> {
        let has = |text: &String| run.stdout.contains(text) || run.stderr.contains(text);
        let code = self.code.filter(|code| *code != run.code).map(|code| format!("exit code {}, not {code}", run.code));
        let missing = self.holds.iter().filter(|text| !has(text)).map(|text| format!("not there: {text}"));
        let present = self.lacks.iter().filter(|text| has(text)).map(|text| format!("there: {text}"));
        code.into_iter().chain(missing).chain(present).collect()
    }
}

fn run(case: &Path) -> Run {
    let directory = tree_of(case);
    let mut command = Command::new("sh");
    command.arg("cmd").current_dir(directory.path()).env("SITREP", binary()).stdin(Stdio::null());
    let output = command.output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn reported_inputs_get_their_answers() {
    let reports = vectors().join("reports");
    let mut wrong = Vec::new();
    for name in names(&reports) {
        let case = reports.join(&name);
        let expected = Expected::read(&case.join("expect"));
        assert!(
            expected.code.is_some() || !expected.holds.is_empty() || !expected.lacks.is_empty(),
            "{name} asks nothing"
        );
        let run = run(&case);
        let differences = expected.differences(&run);
        if expected.is_open && differences.is_empty() {
            wrong.push(format!("{name}: is as it should be; take the line `open` out of its file `expect`"));
        } else if !expected.is_open && !differences.is_empty() {
            let Run { stdout, stderr, .. } = run;
            wrong.push(format!("{name}:\n  {}\n{stdout}{stderr}", differences.join("\n  ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
