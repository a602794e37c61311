//! Runs the real `sitrep`, as a user's shell would.
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// What a command did.
#[derive(Debug)]
pub struct Run {
    /// Its exit code; -1 when a signal ended it.
    pub code: i32,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Run {
    /// Checks the exit code, showing everything when it differs.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Checks that standard error starts with this error, after `sitrep: error: `.
    #[track_caller]
    pub fn error(self, start: &str) -> Self {
        let expected = format!("sitrep: error: {start}");
        assert!(self.stderr.lines().any(|line| line.starts_with(&expected)), "no {expected:?} in:\n{}", self.stderr);
        self
    }
}

/// Runs `sitrep` in `directory`.
#[track_caller]
pub fn sitrep(directory: &Path, args: &[&str]) -> Run {
    let output = Command::new(binary()).args(args).current_dir(directory).stdin(Stdio::null()).output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The `sitrep` of this build. Cargo builds binaries only for their own package's tests, so it is asked here, once a process;
/// where nothing has changed it answers at once.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        // A test runs as TARGET/[TRIPLE/]PROFILE/deps/NAME.
        let test = std::env::current_exe().unwrap();
        let profile = test.parent().and_then(Path::parent).unwrap();
        let target = profile.parent().unwrap();
        let name = match profile.file_name().unwrap().to_str().unwrap() {
            "debug" => "dev",
            name => name,
        };
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../host-cli/Cargo.toml");
        let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "--quiet", "--bin", "sitrep", "--profile", name, "--manifest-path"])
            .arg(manifest)
            .arg("--target-dir")
            .arg(target)
            .stdin(Stdio::null())
            .status()
            .unwrap();
        let binary = profile.join(format!("sitrep{}", std::env::consts::EXE_SUFFIX));
        assert!(
            status.success() && binary.is_file(),
            "cannot build {}: run `cargo build -p sitrep-cli`",
            binary.display()
        );
        binary
    })
}

/// The directory of the vectors that the tests share.
#[must_use]
pub fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// A fresh directory with a copy of every file directly in `from`, writable.
#[must_use]
pub fn copy_of(from: &Path) -> sitrep_cli::shell::temporary::Directory {
    let directory = sitrep_cli::shell::temporary::Directory::new("test").unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::write(directory.path().join(path.file_name().unwrap()), fs::read(&path).unwrap()).unwrap();
    }
    directory
}

/// A fresh directory with a copy of everything below `from`, writable.
#[must_use]
pub fn tree_of(from: &Path) -> sitrep_cli::shell::temporary::Directory {
    let directory = sitrep_cli::shell::temporary::Directory::new("test").unwrap();
    let mut left = vec![PathBuf::new()];
    while let Some(path) = left.pop() {
        for entry in fs::read_dir(from.join(&path)).unwrap() {
            let inside = path.join(entry.unwrap().file_name());
            if from.join(&inside).is_dir() {
                fs::create_dir(directory.path().join(&inside)).unwrap();
                left.push(inside);
            } else {
                fs::write(directory.path().join(&inside), fs::read(from.join(&inside)).unwrap()).unwrap();
            }
        }
    }
    directory
}

/// The names of what is directly in a directory, in order.
#[must_use]
pub fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
