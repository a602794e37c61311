//! What the commands of inspections inherit: next to nothing.
//!
//! A verification is to come out alike whoever asks for it, and nothing that happens to be set for other programs may take part in
//! it: `LD_PRELOAD`, `BASH_ENV`, `PYTHONPATH`, `GIT_DIR` and their like decide what a command does as much as its arguments do.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fmt, fs, io};

use crate::shell::temporary::Directory;

/// Where programs are looked for. Not where a user's own are: those are others on another machine.
const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The variables of sitrep's own that the user wants commands to have.
#[derive(Clone, Debug, Default)]
pub struct Environment(Vec<(String, OsString)>);

/// A variable that was to be passed on and is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoVariable(pub String);

impl fmt::Display for NoVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--inspection-env {}: sitrep itself has no such variable", self.0)
    }
}

impl std::error::Error for NoVariable {}

impl Environment {
    /// Takes these variables from sitrep's own environment.
    ///
    /// # Errors
    /// The first that is not set: without it the commands would not do what they are to do.
    pub fn passing_on(names: &[String]) -> Result<Self, NoVariable> {
        let variable = |name: &String| {
            let value = env::var_os(name).ok_or_else(|| NoVariable(name.clone()))?;
            Ok((name.clone(), value))
        };
        names.iter().map(variable).collect::<Result<_, _>>().map(Self)
    }

    /// The names of the variables that are passed on.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Gives a command its environment and nothing else. What is passed on goes before what is given.
    pub(super) fn give(&self, command: &mut Command, places: &Places) {
        command.env_clear();
        if cfg!(windows) {
            // Without the first, most programs do not start there.
            let system = env::var_os("SystemRoot").map(PathBuf::from).unwrap_or_default();
            let programs = env::join_paths([system.join("System32"), system.clone()]).unwrap_or_default();
            command.env("SystemRoot", &system).env("PATH", programs);
            command.env("USERPROFILE", &places.home).env("TEMP", &places.temporary).env("TMP", &places.temporary);
        } else {
            command.env("PATH", SEARCH_PATH).env("LANG", "C.UTF-8").env("TZ", "UTC");
            command.env("HOME", &places.home).env("TMPDIR", &places.temporary);
        }
        command.envs(self.0.iter().map(|(name, value)| (name, value)));
    }
}

/// Directories that a command has for itself: empty when it starts, and gone when this is dropped.
#[derive(Debug)]
pub(super) struct Places {
    home: PathBuf,
    temporary: PathBuf,
    _both: Directory,
}

impl Places {
    pub(super) fn new() -> io::Result<Self> {
        let both = Directory::new("inspection")?;
        // The command is in another directory, and must find these nevertheless.
        let path = fs::canonicalize(both.path())?;
        let places = Self { home: path.join("home"), temporary: path.join("tmp"), _both: both };
        fs::create_dir(&places.home)?;
        fs::create_dir(&places.temporary)?;
        Ok(places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_gone_afterwards() {
        let places = Places::new().unwrap();
        let home = places.home.clone();
        fs::write(home.join("left"), "").unwrap();
        assert!(home.is_absolute() && places.temporary.is_dir());
        drop(places);
        assert!(!home.parent().unwrap().exists());
    }

    #[test]
    fn a_variable_that_is_not_there_is_named() {
        let names = ["PATH".to_owned(), "NO SUCH VARIABLE".to_owned()];
        assert_eq!(Environment::passing_on(&names).unwrap_err(), NoVariable(names[1].clone()));
        let environment = Environment::passing_on(&names[..1]).unwrap();
        assert_eq!(environment.names().collect::<Vec<_>>(), ["PATH"]);
    }
}
