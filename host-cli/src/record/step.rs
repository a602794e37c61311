//! Steps: a link recorded around a command that really runs.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};
use sitrep_metadata::hex;

use crate::record::tree::{RecordError, Recording, Scope, record};

/// Why a step could not be recorded.
#[derive(Debug)]
pub enum StepError {
    /// The directory could not be recorded before or after.
    Record(RecordError),
    /// The command could not be started.
    Start(io::Error),
    /// The command did not return 0; what it wrote to standard error.
    Failed(String),
}

impl std::fmt::Display for StepError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Record(error) => error.fmt(f),
            Self::Start(error) => write!(f, "the step's command does not start: {error}"),
            Self::Failed(stderr) => write!(f, "the step's command failed: {}", stderr.trim()),
        }
    }
}

impl std::error::Error for StepError {}

/// Runs a step's command in `directory` and returns its link, unsigned: materials are the files below the directory before,
/// products those after.
///
/// # Errors
/// [`StepError`]; a command that fails makes no link.
pub fn run_step(name: &str, directory: &Path, command: &[&str]) -> Result<Value, StepError> {
    let materials = record(directory, &Scope::default()).map_err(StepError::Record)?;
    let (program, arguments) =
        command.split_first().ok_or_else(|| StepError::Start(io::ErrorKind::InvalidInput.into()))?;
    let output = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .output()
        .map_err(StepError::Start)?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(StepError::Failed(stderr));
    }
    let products = record(directory, &Scope::default()).map_err(StepError::Record)?;
    Ok(json!({
        "_type": "link",
        "name": name,
        "command": command,
        "materials": artifacts(&materials),
        "products": artifacts(&products),
        "byproducts": {"return-value": 0, "stdout": String::from_utf8_lossy(&output.stdout), "stderr": stderr},
        "environment": {},
    }))
}

/// A recording as a link's `materials` or `products` member.
#[must_use]
pub fn artifacts(recording: &Recording) -> Value {
    let members = recording.iter().map(|(path, digest)| (path.clone(), json!({"sha256": hex::encode(digest)})));
    Value::Object(members.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::temporary::Directory;
    use std::fs;

    #[cfg(unix)]
    #[test]
    fn a_step_is_recorded_before_and_after() {
        let directory = Directory::new("sign").unwrap();
        fs::write(directory.path().join("in"), "x").unwrap();
        let link = run_step("copy", directory.path(), &["cp", "in", "out"]).unwrap();
        assert_eq!(link["materials"].as_object().unwrap().len(), 1);
        assert_eq!(link["products"]["out"], link["materials"]["in"]);
        assert!(matches!(run_step("fail", directory.path(), &["sh", "-c", "exit 3"]), Err(StepError::Failed(_))));
        assert!(matches!(run_step("none", directory.path(), &["no-such-program"]), Err(StepError::Start(_))));
    }
}
