use std::collections::HashSet;
use std::fs;

use super::*;
use crate::shell::files::FileVersion;
use crate::shell::temporary::Directory;

fn inspection(run: &[&str]) -> Inspection {
    Inspection { layout: 0, name: "i".into(), run: run.iter().map(ToString::to_string).collect() }
}

/// Runs commands in a directory; what they print is not listened to.
fn run_all(
    commands: &[&[&str]],
    target: &Path,
    except: &HashSet<FileVersion>,
) -> (Result<Vec<Observed>, InspectionError>, Vec<Ran>) {
    let (limit, environment) = (Duration::from_secs(60), Environment::default());
    let scope = Scope { except: Some(except), ..Scope::default() };
    let runner = Runner { target, scope, limit, environment: &environment, listener: &|_| None };
    let mut ran = Vec::new();
    let observed = runner.run_all(commands.iter().map(|run| inspection(run)).collect(), &mut ran);
    (observed, ran)
}

#[test]
fn files_before_and_after_are_observed() {
    let directory = Directory::new("inspection").unwrap();
    let target = directory.path();
    fs::write(target.join("a"), "").unwrap();
    fs::write(target.join("root.layout"), "").unwrap();
    let except = HashSet::from([FileVersion::of(&target.join("root.layout")).unwrap()]);
    let (observed, ran) = run_all(&[&["cp", "a", "b"]], target, &except);
    let observed = observed.unwrap();
    let names = |recording: &Recording| recording.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&observed[0].materials), ["a"]);
    assert_eq!(names(&observed[0].products), ["a", "b"]);
    assert_eq!(observed[0].return_value, 0);
    assert_eq!((ran[0].files_before, ran[0].files_after), (1, Some(2)));
    assert_eq!((ran[0].outcome, ran[0].output), (RanOutcome::Ended, RanOutput::Discarded));
}

#[test]
fn an_empty_run_executes_nothing() {
    let directory = Directory::new("inspection").unwrap();
    let (observed, ran) = run_all(&[&[]], directory.path(), &HashSet::new());
    let observed = observed.unwrap();
    assert_eq!((observed[0].return_value, observed.len()), (0, 1));
    assert_eq!((ran[0].outcome, ran[0].command_line().as_str()), (RanOutcome::NothingToExecute, "no command"));
}

#[test]
fn a_failure_ends_the_run_and_is_observed() {
    let directory = Directory::new("inspection").unwrap();
    let run = |command: &[&str]| run_all(&[command, &[]], directory.path(), &HashSet::new());
    let (failed, _) = run(&["sh", "-c", "exit 3"]);
    let failed = failed.unwrap();
    assert_eq!((failed[0].return_value, failed.len()), (3, 1));
    let (killed, ran) = run(&["sh", "-c", "kill -9 $$"]);
    assert_eq!(killed.unwrap()[0].return_value, -9);
    assert!(ran[0].account().starts_with("was ended by signal 9 after "), "{}", ran[0].account());
    let (missing, ran) = run(&["no-such-program"]);
    assert!(matches!(missing, Err(InspectionError::Start { .. })));
    assert_eq!((ran[0].outcome, ran[0].files_after), (RanOutcome::NotStarted, None));
}

#[test]
fn standard_input_is_closed() {
    let directory = Directory::new("inspection").unwrap();
    let (observed, _) = run_all(&[&["sh", "-c", "read x && exit 1; exit 0"]], directory.path(), &HashSet::new());
    assert_eq!(observed.unwrap()[0].return_value, 0);
}

#[test]
fn inspections_are_read_from_a_layout() {
    let layout =
        serde_json::json!({"inspect": [{"name": "i", "run": ["a", "{b}"]}, {"name": "j", "run": []}, {"name": 1}]});
    let read = Inspection::of_layout(0, &layout, &[]);
    assert_eq!(read.len(), 2);
    assert_eq!(read[0], inspection(&["a", "{b}"]));
    assert_eq!(Inspection::of_layout(0, &layout, &[("b".into(), "c d".into())])[0], inspection(&["a", "c d"]));
}
