//! The commands of inspections as processes: how long they run, what they inherit, and what ends them.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use sitrep_cli::shell::temporary::Directory;
use sitrep_tests::command::binary;
use sitrep_tests::inspected::{VERIFY, chain, inspection, verify};

/// One inspection, whose command is a script.
fn script(text: &str) -> Directory {
    chain(&[inspection("look", &["sh", "-c", text])])
}

/// Makes a pipe with a name, which processes hold open for writing as long as they are there.
fn pipe(path: &Path) -> File {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    // Without waiting for somebody who writes.
    OpenOptions::new().read(true).custom_flags(nix::libc::O_NONBLOCK).open(path).unwrap()
}

/// The lines that were written into the pipe, in order, where nobody is left who could write more.
#[track_caller]
fn ended(mut pipe: File) -> Vec<String> {
    let mut text = String::new();
    let result = pipe.read_to_string(&mut text);
    assert!(result.is_ok(), "a process is running still: {result:?}, {text}");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// A script that tells `../pipe` of itself, of a child and of a daemon. When all are there it says so and goes on.
const FAMILY: &str = "mkfifo ../up; exec 3> ../pipe 4<> ../up; echo command >&3
    sh -c 'echo child >&3; echo >&4; exec sleep 60' &
    sh -c 'setsid sh -c \"echo daemon >&3; echo >&4; exec sleep 60\" &'
    read line <&4; read line <&4; echo ready; ";

/// `sitrep verify`, started by a script of which `$@` is the whole command line.
fn started_by(directory: &Path, script: &str) -> (Child, BufReader<ChildStderr>) {
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh"]).arg(binary()).args(VERIFY).current_dir(directory);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    (child, stderr)
}

/// Waits until the inspection's command has printed this line.
fn wait_for(stderr: &mut BufReader<ChildStderr>, line: &str) {
    let mut all = String::new();
    while !all.ends_with(&format!("| {line}\n")) {
        assert_ne!(stderr.read_line(&mut all).unwrap(), 0, "{all}");
    }
}

#[test]
fn a_command_that_takes_too_long_is_ended_with_all_that_it_started() {
    let directory = script(&format!("{FAMILY} wait"));
    let alive = pipe(&directory.path().join("pipe"));
    let run = verify(directory.path(), &["--inspection-timeout", "3", "--inspection-report", "report.json"]).expect(2);
    let run =
        run.error("inspection \"look\": \"sh\" was still running after 3 s (--inspection-timeout), and was killed");
    assert!(run.stdout.is_empty() && run.stderr.contains("\nsitrep: hint: "), "{}", run.stderr);
    assert_eq!(ended(alive), ["child", "command", "daemon"]);
    let text = fs::read_to_string(directory.path().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    let ran = &report["inspections"][0];
    assert_eq!(
        (&ran["outcome"], &ran["return_value"], &ran["files_after"]),
        (&"time-limit".into(), &Value::Null, &Value::Null)
    );
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_is_left_running() {
    let directory = script(FAMILY);
    let alive = pipe(&directory.path().join("pipe"));
    let run = verify(directory.path(), &[]).expect(0);
    assert_eq!(ended(alive), ["child", "command", "daemon"]);
    assert!(
        run.stderr.contains("note: inspection look: what it had started and left running was killed"),
        "{}",
        run.stderr
    );
}

#[test]
fn whoever_interrupts_sitrep_interrupts_the_command() {
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let directory = script(&format!("{FAMILY} wait"));
        let alive = pipe(&directory.path().join("pipe"));
        let (mut sitrep, mut stderr) = started_by(directory.path(), "exec \"$@\"");
        wait_for(&mut stderr, "ready");
        kill(Pid::from_raw(sitrep.id() as i32), signal).unwrap();
        assert_eq!(sitrep.wait().unwrap().signal(), Some(signal as i32));
        assert_eq!(ended(alive), ["child", "command", "daemon"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_is_to_be_ignored_is() {
    let directory = script("exec 4<> ../go; echo ready; read line <&4");
    let go = directory.path().join("go");
    drop(pipe(&go));
    let (mut sitrep, mut stderr) = started_by(directory.path(), "trap '' HUP; exec \"$@\"");
    wait_for(&mut stderr, "ready");
    kill(Pid::from_raw(sitrep.id() as i32), Signal::SIGHUP).unwrap();
    // Without waiting for somebody who reads: the command does.
    let mut go = OpenOptions::new().write(true).custom_flags(nix::libc::O_NONBLOCK).open(go).unwrap();
    go.write_all(b"go\n").unwrap();
    assert!(sitrep.wait().unwrap().success());
}

#[cfg(target_os = "linux")]
#[test]
fn what_ran_before_sitrep_is_left_alone() {
    let directory = script("true");
    // A job in a group of its own, whose parent becomes sitrep.
    let script = "mkfifo ready; setsid sh -c 'echo > ready; exec sleep 60' 2> /dev/null & echo $! > job; read line < ready; exec \"$@\"";
    let (mut sitrep, mut stderr) = started_by(directory.path(), script);
    let mut text = String::new();
    stderr.read_to_string(&mut text).unwrap();
    assert!(sitrep.wait().unwrap().success(), "{text}");
    let job: i32 = fs::read_to_string(directory.path().join("job")).unwrap().trim().parse().unwrap();
    let stat = fs::read_to_string(format!("/proc/{job}/stat")).unwrap_or_default();
    kill(Pid::from_raw(job), Signal::SIGKILL).unwrap();
    assert!(stat.contains("(sleep) S"), "{stat}");
}

/// The lines that a command printed.
fn printed(stderr: &str) -> Vec<&str> {
    stderr.lines().filter_map(|line| line.strip_prefix("| ")).collect()
}

/// Verifies in an environment of this test's, and returns the environment that the command has.
fn environment(directory: &Path, more: &[&str]) -> BTreeMap<String, String> {
    let mut sitrep = Command::new(binary());
    sitrep.args(VERIFY).args(more).current_dir(directory).stdin(Stdio::null());
    for name in ["BASH_ENV", "ENV", "GIT_DIR", "HOME", "IFS", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "TZ", "WANTED"]
    {
        sitrep.env(name, "/nowhere");
    }
    let output = sitrep.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    printed(&stderr)
        .iter()
        .map(|line| line.split_once('=').unwrap())
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

#[test]
fn commands_have_the_documented_environment_and_no_other() {
    let directory = chain(&[inspection("look", &["/usr/bin/env"])]);
    let environment = |more: &[&str]| environment(directory.path(), more);
    let mut given = environment(&[]);
    let (home, temporary) = (given.remove("HOME").unwrap(), given.remove("TMPDIR").unwrap());
    assert!(
        home != temporary
            && Path::new(&home).is_absolute()
            && !Path::new(&home).exists()
            && !Path::new(&temporary).exists()
    );
    let fixed =
        [("LANG", "C.UTF-8"), ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), ("TZ", "UTC")];
    assert!(given.iter().map(|(name, value)| (name.as_str(), value.as_str())).eq(fixed), "{given:?}");
    let passed = environment(&["--inspection-env", "WANTED", "--inspection-env", "HOME"]);
    assert_eq!((passed["WANTED"].as_str(), passed["HOME"].as_str(), passed.len()), ("/nowhere", "/nowhere", 6));
    let missing = ["--inspection-env", "SITREP_NO_SUCH_VARIABLE"];
    verify(directory.path(), &missing).expect(2).error("--inspection-env SITREP_NO_SUCH_VARIABLE: ");
}

#[test]
fn commands_have_empty_places_of_their_own() {
    let look = "ls -A \"$HOME\" \"$TMPDIR\" | grep -v :; echo left > \"$HOME/a\"; echo left > \"$TMPDIR/b\"";
    let directory = chain(&[inspection("one", &["sh", "-c", look]), inspection("two", &["sh", "-c", look])]);
    let run = verify(directory.path(), &[]).expect(0);
    assert!(printed(&run.stderr).iter().all(|line| line.is_empty()), "{}", run.stderr);
    // Nor does the target hold them, where it is the directory for temporary files.
    let path = directory.path();
    let output =
        Command::new(binary()).args(VERIFY).env("TMPDIR", path.join("target")).current_dir(path).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains("files before: 0") && stdout.contains("files after: 0"), "{stdout}");
}

#[test]
fn programs_are_looked_for_with_the_commands_own_path() {
    let directory = chain(&[inspection("look", &["only-here"])]);
    let programs = directory.path().join("programs");
    fs::create_dir(&programs).unwrap();
    fs::write(programs.join("only-here"), "#!/bin/sh\nexit 7\n").unwrap();
    fs::set_permissions(programs.join("only-here"), fs::Permissions::from_mode(0o755)).unwrap();
    let verify = |more: &[&str]| {
        let mut command = Command::new(binary());
        command.args(VERIFY).args(more).current_dir(directory.path()).env("PATH", &programs);
        let output = command.stdin(Stdio::null()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, stderr) = verify(&[]);
    assert!(code == Some(2) && stderr.contains("cannot start \"only-here\""), "{stderr}");
    let (code, stderr) = verify(&["--inspection-env", "PATH"]);
    assert!(code == Some(1) && stderr.contains("only-here returned 7"), "{stderr}");
}

#[test]
fn programs_with_a_path_are_the_targets() {
    let directory = chain(&[inspection("look", &["./check"])]);
    let check = directory.path().join("target/check");
    fs::write(&check, "#!/bin/sh\nread line || echo nothing to read\n").unwrap();
    fs::set_permissions(&check, fs::Permissions::from_mode(0o755)).unwrap();
    let run = verify(directory.path(), &[]).expect(0);
    assert_eq!(printed(&run.stderr), ["nothing to read"]);
}

#[cfg(target_os = "linux")]
#[test]
fn commands_get_no_open_files() {
    let directory =
        script("for n in 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do [ ! -e /proc/self/fd/$n ] || echo $n; done; echo done");
    // The keys may come from such a file.
    let script = "exec 7< x 9> other; exec \"$@\" --inspection-report report.json";
    let (mut sitrep, mut stderr) = started_by(directory.path(), script);
    let mut text = String::new();
    stderr.read_to_string(&mut text).unwrap();
    assert!(sitrep.wait().unwrap().success(), "{text}");
    assert_eq!(printed(&text), ["done"]);
}

#[test]
fn no_time_at_all_is_wrong_usage() {
    let directory = script("true");
    let run = verify(directory.path(), &["--inspection-timeout", "0"]).expect(2);
    assert!(run.stderr.contains("--inspection-timeout <SECONDS>"), "{}", run.stderr);
}

/// Says which of these files in `/proc` of a process can be opened.
#[cfg(target_os = "linux")]
const OPEN: &str = r#"for name in environ mem maps auxv; do ( : < /proc/$1/$name ) 2>/dev/null && echo $name; done; :"#;

/// A program in `directory` and all of its files, as somebody without special rights: root can look into every process.
#[cfg(target_os = "linux")]
fn unprivileged(directory: &Path, program: &Path) -> Command {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return Command::new(program);
    }
    assert!(Command::new("chown").args(["-R", "65534:65534"]).arg(directory).status().unwrap().success());
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--"]).arg(program);
    command
}

#[cfg(target_os = "linux")]
#[test]
fn a_command_cannot_look_into_sitrep() {
    let directory = script(&format!("sh -c '{OPEN}' sh $PPID; cat /proc/$PPID/comm"));
    let path = directory.path();
    // Where everybody can start it.
    let program = path.join("sitrep");
    fs::copy(binary(), &program).unwrap();
    let mut command = unprivileged(path, &program);
    let output = command.args(VERIFY).current_dir(path).env("SECRET", "secret").output().unwrap();
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}");
    let lines: Vec<&str> = printed.lines().filter_map(|line| line.strip_prefix("| ")).collect();
    assert_eq!(lines, ["sitrep"], "{printed}");
    // Of any other program of the same user it could.
    let mut command = unprivileged(path, Path::new("sh"));
    let shell = format!("sh -c '{OPEN}' sh $$; :");
    let output = command.args(["-c", &shell]).current_dir(path).output().unwrap();
    assert!(output.stdout.starts_with(b"environ\n"), "{output:?}");
}

/// What sitrep reads of itself below `/proc` it can still read.
#[cfg(target_os = "linux")]
#[test]
fn nothing_is_left_running_by_whoever_started_it() {
    let directory = script("mkfifo ../p; setsid sh -c 'echo > ../p; exec sleep 60' & read line < ../p");
    let path = directory.path();
    let program = path.join("sitrep");
    fs::copy(binary(), &program).unwrap();
    let mut command = unprivileged(path, &program);
    let output = command.args(VERIFY).current_dir(path).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.contains("what it had started and left running was killed"), "{told}");
}
