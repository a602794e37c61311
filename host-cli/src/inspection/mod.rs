//! Runs a layout's inspections: commands that the project owner signed, executed on the machine of whoever verifies.
//!
//! Called only after everything else was verified, and only when the user allowed it. What the commands' effects mean is
//! not decided here: the files before and after are handed to core's rules as an observation.

pub mod environment;
pub mod ran;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use sitrep_metadata::parameters::put_in;

use self::environment::{Environment, Places};
use self::ran::{Ran, RanOutcome, RanOutput, seconds};
use crate::record::tree::{RecordError, Recording, Scope, record};
use crate::shell::process::{self, End, Listener};

/// An inspection, as the layout has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Envelope of the layout that it belongs to; 0 is the root layout.
    pub layout: u16,
    /// Its name.
    pub name: String,
    /// Program and arguments; empty when there is nothing to execute.
    pub run: Vec<String>,
}

impl Inspection {
    /// The inspections of a layout, from its payload, which core has accepted as a layout before. `layout` is its envelope. Members of
    /// another form are left out: core then misses their observations.
    #[must_use]
    pub fn of_layout(layout: u16, payload: &Value, parameters: &[(String, String)]) -> Vec<Self> {
        let inspections = payload["inspect"].as_array().map(Vec::as_slice).unwrap_or_default();
        let word = |word: &Value| word.as_str().map(|word| put_in(word, parameters));
        inspections
            .iter()
            .filter_map(|inspection| {
                let name = inspection["name"].as_str()?.to_owned();
                let run = inspection["run"].as_array()?.iter().map(word).collect::<Option<_>>()?;
                Some(Self { layout, name, run })
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
    /// Did it leave processes running, which have been killed?
    pub left_running: bool,
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
    /// The command was killed at the limit of time.
    TimeLimit {
        /// Name of the inspection.
        name: String,
        /// The program.
        program: String,
        /// The limit.
        limit: Duration,
    },
    /// The command, or something that it had started, could not be killed.
    Unstoppable {
        /// Name of the inspection.
        name: String,
        /// The program.
        program: String,
    },
    /// The command's own directories could not be made.
    Places(io::Error),
    /// The target directory could not be recorded.
    Record(RecordError),
}

impl fmt::Display for InspectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { name, program, directory, source } => {
                write!(f, "inspection {name:?}: cannot start {program:?} in {}: {source}", directory.display())
            }
            Self::TimeLimit { name, program, limit } => write!(
                f,
                "inspection {name:?}: {program:?} was still running after {} s (--inspection-timeout), and was killed",
                limit.as_secs()
            ),
            Self::Unstoppable { name, program } => {
                write!(f, "inspection {name:?}: {program:?}, or something that it started, cannot be killed")
            }
            Self::Places(source) => {
                write!(f, "cannot make a directory for inspections in {}: {source}", std::env::temp_dir().display())
            }
            Self::Record(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for InspectionError {}

/// How inspections are run.
pub struct Runner<'a> {
    /// Where they run, and whose files they see.
    pub target: &'a Path,
    /// What they do not see: the files that were loaded as metadata and keys, and what whoever verifies leaves out.
    pub scope: Scope<'a>,
    /// How long each command may take.
    pub limit: Duration,
    /// What the commands inherit.
    pub environment: &'a Environment,
    /// Asked before each command who listens to what it prints.
    pub listener: &'a dyn Fn(&Inspection) -> Option<Listener>,
}

impl Runner<'_> {
    /// Runs the inspections in order, and records the target's files before and after each. Stops after the first command that does
    /// not return 0, as in-toto does. `ran` is told of every command, also where the last one did not come to its end.
    ///
    /// # Errors
    /// [`InspectionError`] when a command does not start or end, or the directory cannot be read.
    pub fn run_all(&self, inspections: Vec<Inspection>, ran: &mut Vec<Ran>) -> Result<Vec<Observed>, InspectionError> {
        let mut observed: Vec<Observed> = Vec::with_capacity(inspections.len());
        for inspection in inspections {
            let observation = self.run(inspection, ran)?;
            let is_failure = observation.return_value != 0;
            observed.push(observation);
            if is_failure {
                break;
            }
        }
        Ok(observed)
    }

    fn run(&self, inspection: Inspection, ran: &mut Vec<Ran>) -> Result<Observed, InspectionError> {
        let materials = self.record()?;
        let mut told = Ran {
            layout: inspection.layout,
            name: inspection.name.clone(),
            command: inspection.run.clone(),
            directory: self.target.display().to_string(),
            outcome: RanOutcome::NothingToExecute,
            return_value: None,
            seconds: 0.0,
            files_before: materials.len() as u64,
            files_after: None,
            output: RanOutput::Nothing,
            output_lines: 0,
        };
        let result = self.execute(&inspection, &mut told).and_then(|left_running| Ok((left_running, self.record()?)));
        told.files_after = result.as_ref().ok().map(|(_, products)| products.len() as u64);
        let return_value = told.return_value.unwrap_or(0);
        ran.push(told);
        let (left_running, products) = result?;
        Ok(Observed { inspection, materials, products, return_value, left_running })
    }

    fn record(&self) -> Result<Recording, InspectionError> {
        record(self.target, &self.scope).map_err(InspectionError::Record)
    }

    /// Executes the command, if there is one. Says whether it left processes running.
    fn execute(&self, inspection: &Inspection, told: &mut Ran) -> Result<bool, InspectionError> {
        let Inspection { name, run: words, .. } = inspection;
        let Some((program, arguments)) = words.split_first() else { return Ok(false) };
        told.outcome = RanOutcome::NotStarted;
        // Gone again before the target is recorded, which may be the directory for temporary files itself.
        let places = Places::new().map_err(InspectionError::Places)?;
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.target);
        self.environment.give(&mut command, &places);
        let listener = (self.listener)(inspection);
        let (name, program) = (name.clone(), program.clone());
        let ended = match process::run(command, self.limit, listener) {
            Ok(ended) => ended,
            Err(source) => {
                return Err(InspectionError::Start { name, program, directory: self.target.into(), source });
            }
        };
        told.seconds = seconds(ended.duration);
        (told.output, told.output_lines) = match ended.lines {
            None => (RanOutput::Discarded, 0),
            Some(0) => (RanOutput::Nothing, 0),
            Some(lines) => (RanOutput::Shown, lines),
        };
        match ended.end {
            End::Returned(value) => {
                (told.outcome, told.return_value) = (RanOutcome::Ended, Some(value));
                Ok(ended.left_running)
            }
            End::TimeLimit => {
                told.outcome = RanOutcome::TimeLimit;
                Err(InspectionError::TimeLimit { name, program, limit: self.limit })
            }
            End::Unstoppable => {
                told.outcome = RanOutcome::Unstoppable;
                Err(InspectionError::Unstoppable { name, program })
            }
        }
    }
}

#[cfg(all(test, unix))]
mod tests;
