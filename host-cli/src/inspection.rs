//! Runs a layout's inspections: commands that the project owner signed, executed on the machine of whoever verifies.
//!
//! Called only after everything else was verified, and only when the user allowed it. What the commands' effects mean is
//! not decided here: the files before and after are handed to core's rules as an observation.

use std::collections::HashSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use serde_json::Value;

use crate::files::FileId;
use crate::recording::{RecordError, Recording, record};

/// An inspection, as the layout has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Its name.
    pub name: String,
    /// Program and arguments; empty when there is nothing to execute.
    pub run: Vec<String>,
}

impl Inspection {
    /// The inspections of a layout's payload, which core has accepted as a layout before. Members of another form are left out:
    /// core then misses their observations.
    #[must_use]
    pub fn of_layout(layout: &Value) -> Vec<Self> {
        let inspections = layout["inspect"].as_array().map(Vec::as_slice).unwrap_or_default();
        inspections
            .iter()
            .filter_map(|inspection| {
                let name = inspection["name"].as_str()?.to_owned();
                let run = inspection["run"].as_array()?;
                let run = run.iter().map(|word| word.as_str().map(str::to_owned)).collect::<Option<_>>()?;
                Some(Self { name, run })
            })
            .collect()
    }
}

/// What was seen when an inspection ran.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The inspection.
    pub inspection: Inspection,
    /// The files of the target directory before the command.
    pub materials: Recording,
    /// The files of the target directory after it.
    pub products: Recording,
    /// What the command returned; minus the signal's number when a signal ended it.
    pub return_value: i32,
}

/// Why an inspection could not be run to its end.
#[derive(Debug)]
pub enum InspectionError {
    /// The command could not be started.
    Start {
        /// Name of the inspection.
        name: String,
        /// The program.
        program: String,
        /// The target directory.
        directory: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The target directory could not be recorded.
    Record(RecordError),
}

impl fmt::Display for InspectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { name, program, directory, source } => {
                write!(f, "inspection {name:?}: cannot start {program:?} in {}: {source}", directory.display())
            }
            Self::Record(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for InspectionError {}

/// Runs the inspections in order, in `target`, and records its files before and after each; `except` are the files that
/// were loaded as metadata and keys. Stops after the first command that does not return 0, as in-toto does.
///
/// The commands get no standard input. What they print goes to standard error, so that a verdict on standard output stays
/// alone, or nowhere when `quiet`.
///
/// # Errors
/// [`InspectionError`] when a command does not start or the directory cannot be read.
pub fn run_all(
    inspections: Vec<Inspection>,
    target: &Path,
    except: &HashSet<FileId>,
    quiet: bool,
) -> Result<Vec<Observed>, InspectionError> {
    let mut observed: Vec<Observed> = Vec::with_capacity(inspections.len());
    for inspection in inspections {
        let materials = record(target, except).map_err(InspectionError::Record)?;
        let return_value = execute(&inspection, target, quiet)?;
        let products = record(target, except).map_err(InspectionError::Record)?;
        observed.push(Observed { inspection, materials, products, return_value });
        if return_value != 0 {
            break;
        }
    }
    Ok(observed)
}

fn execute(inspection: &Inspection, target: &Path, quiet: bool) -> Result<i32, InspectionError> {
    let Some((program, arguments)) = inspection.run.split_first() else { return Ok(0) };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(target).stdin(Stdio::null());
    if quiet {
        command.stdout(Stdio::null()).stderr(Stdio::null());
    } else {
        command.stdout(io::stderr()).stderr(Stdio::inherit());
    }
    let status = command.status().map_err(|source| InspectionError::Start {
        name: inspection.name.clone(),
        program: program.clone(),
        directory: target.into(),
        source,
    })?;
    Ok(return_value(status))
}

#[cfg(unix)]
fn return_value(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| -status.signal().unwrap_or(1))
}

#[cfg(not(unix))]
fn return_value(status: ExitStatus) -> i32 {
    status.code().unwrap_or(-1)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::temporary::Directory;
    use std::fs;

    fn inspection(run: &[&str]) -> Inspection {
        Inspection { name: "i".into(), run: run.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn files_before_and_after_are_observed() {
        let directory = Directory::new("inspection").unwrap();
        let target = directory.path();
        fs::write(target.join("a"), "").unwrap();
        fs::write(target.join("root.layout"), "").unwrap();
        let except = HashSet::from([FileId::of(&target.join("root.layout")).unwrap()]);
        let observed = run_all(vec![inspection(&["cp", "a", "b"])], target, &except, true).unwrap();
        let names = |recording: &Recording| recording.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&observed[0].materials), ["a"]);
        assert_eq!(names(&observed[0].products), ["a", "b"]);
        assert_eq!(observed[0].return_value, 0);
    }

    #[test]
    fn an_empty_run_executes_nothing() {
        let directory = Directory::new("inspection").unwrap();
        let observed = run_all(vec![inspection(&[])], directory.path(), &HashSet::new(), true).unwrap();
        assert_eq!((observed[0].return_value, observed.len()), (0, 1));
    }

    #[test]
    fn a_failure_ends_the_run_and_is_observed() {
        let directory = Directory::new("inspection").unwrap();
        let run = |command: &[&str]| {
            run_all(vec![inspection(command), inspection(&[])], directory.path(), &HashSet::new(), true)
        };
        let failed = run(&["sh", "-c", "exit 3"]).unwrap();
        assert_eq!((failed[0].return_value, failed.len()), (3, 1));
        assert_eq!(run(&["sh", "-c", "kill -9 $$"]).unwrap()[0].return_value, -9);
        assert!(matches!(run(&["no-such-program"]), Err(InspectionError::Start { .. })));
    }

    #[test]
    fn standard_input_is_closed() {
        let directory = Directory::new("inspection").unwrap();
        let observed = run_all(
            vec![inspection(&["sh", "-c", "read x && exit 1; exit 0"])],
            directory.path(),
            &HashSet::new(),
            true,
        );
        assert_eq!(observed.unwrap()[0].return_value, 0);
    }

    #[test]
    fn inspections_are_read_from_a_layout() {
        let layout =
            serde_json::json!({"inspect": [{"name": "i", "run": ["a", "b"]}, {"name": "j", "run": []}, {"name": 1}]});
        let read = Inspection::of_layout(&layout);
        assert_eq!(read.len(), 2);
        assert_eq!(read[0], inspection(&["a", "b"]));
    }
}
