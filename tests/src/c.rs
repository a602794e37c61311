//! Programs in C against the library of core/c: builds the library, compiles, runs.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use sitrep_core::Inspections;

use crate::{demo, required::leave_out, scenario};

/// What every program here must compile with.
pub const WARNINGS: [&str; 8] =
    ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-Wshadow", "-Wconversion", "-Wno-unused-result"];

/// Is this program there? Where it is not, says so in one line; with `part` in the variable `SITREP_REQUIRE` that is a failure.
///
/// # Panics
/// When it is required and missing.
#[must_use]
pub fn has(program: &str, part: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        leave_out(part, "programs in C", format_args!("there is no {program}"));
    }
    found
}

/// A path below core/c.
#[must_use]
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/c")
}

/// Builds the library and gives the directory that it is in: for this machine with core's own checks, or for a device. `None` where this machine
/// has no compiler for that.
///
/// # Panics
/// When it does not build.
#[must_use]
pub fn library(target: Option<&str>) -> Option<PathBuf> {
    built(Some(target.unwrap_or("--dev")))
}

/// The same for this machine as it is given to others: optimised.
///
/// # Panics
/// When it does not build.
#[must_use]
pub fn optimised_library() -> PathBuf {
    built(None).expect("this machine can build for itself")
}

fn built(argument: Option<&str>) -> Option<PathBuf> {
    let output = Command::new(directory().join("build")).args(argument).output().expect("core/c/build");
    match output.status.code() {
        Some(0) => Some(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end())),
        Some(3) => None,
        _ => panic!("core/c/build failed:\n{}", String::from_utf8_lossy(&output.stderr)),
    }
}

/// Compiles `source` with these arguments, for this machine, against the library. The program is `to`.
///
/// # Panics
/// When it does not compile, or with the least warning.
pub fn compile(compiler: &str, source: &Path, arguments: &[&str], to: &Path) {
    compile_with(&library(None).expect("this machine can build for itself"), compiler, source, arguments, to);
}

/// The same against the library in this directory.
///
/// # Panics
/// As [`compile`].
pub fn compile_with(library: &Path, compiler: &str, source: &Path, arguments: &[&str], to: &Path) {
    let library = library.join("libsitrep_c.a");
    let include = directory().join("include");
    let mut command = Command::new(compiler);
    command.args(arguments).arg("-I").arg(include).arg(source).arg(library).args(["-lpthread", "-ldl", "-lm", "-o"]);
    quiet(command.arg(to));
}

/// Runs a compiler that must have nothing to say.
///
/// # Panics
/// When it fails, or says something.
pub fn quiet(command: &mut Command) {
    let output = command.output().expect("the compiler starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{command:?}:\n{said}");
}

/// Runs a program in `directory`; its exit code, and what it printed.
///
/// # Panics
/// When it cannot be started.
pub fn run(program: &Path, directory: &Path, arguments: &[impl AsRef<OsStr>]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } =
        Command::new(program).args(arguments).current_dir(directory).output().expect("the program starts");
    (status.code(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

/// What an installer is given: the in-toto demo's package, its bundle, and a trust policy in both forms.
///
/// # Panics
/// When they cannot be written to `directory`.
pub fn write_inputs(directory: &Path) {
    let (set, name) = ("metablock-ed25519", "demo-project.tar.gz");
    let mut policy = scenario::trust_policy(&[demo::owner(set)], name);
    policy.inspections = Inspections::Skip;
    let chain = demo::directory(set, "pristine");
    let files = [
        ("trust.json", policy.to_json().expect("a policy").into_bytes()),
        ("trust.bin", policy.to_compiled().expect("a policy")),
        ("bundle.sitrep", scenario::pack(&chain)),
        ("package.tar.gz", fs::read(chain.join(name)).expect("the artifact")),
    ];
    for (name, bytes) in files {
        fs::write(directory.join(name), bytes).expect("the temporary directory can be written");
    }
}
