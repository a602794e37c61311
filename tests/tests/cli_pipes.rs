//! Whatever lies where a command line names a file: `sitrep` waits for nobody, reads nothing that has no end, and says what is wrong.
#![cfg(unix)]

use std::any::TypeId;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use clap::CommandFactory as _;
use sitrep_cli::args::{Artifact, Cli};
use sitrep_cli::shell::temporary::Directory;
use sitrep_tests::command::{Run, binary, sitrep};
use sitrep_tests::inspected::chain;

/// How long is waited for a command that waits. On an idle machine each takes milliseconds.
const LONG: Duration = Duration::from_secs(60);

/// Command lines, arguments by their ids, with every argument that names a file at least once. One is exchanged at a time, the others are good.
const LINES: &[&str] = &[
    "verify input=root.layout verification_keys=owner.pub artifact=x link_dir=. attestations=extra.jsonl copy_to=out",
    "verify layout=root.layout trust=trust.json artifact_as=x=x run_inspections target_dir=target inspection_report=r.json",
    "pack input=root.layout verification_keys=owner.pub link_dir=. attestations=extra.jsonl output=o.sitrep",
    "pack layout=root.layout trust=trust.json output=o.sitrep",
    "unpack any_names bundle=a.sitrep output=o",
    "inspect file=a.sitrep",
    "key_show files=owner.pub",
    "trust_init verification_keys=owner.pub output=o.json",
    "trust_show policy=trust.json",
    "trust_check policy=trust.json",
    "trust_compile policy=trust.json output=o.bin",
    "trust_sign policy=trust.json signing_key=owner.key output=o.json",
    "trust_update envelopes=new.signed from=trust.json output=o.situ",
    "attest_security-version security_version=1 subject=x subject_as=x=x signing_key=owner.key output=o.jsonl",
    "boot-package bundle=boot.sitrep artifact=x policy_update=new.situ trust=trust.json output=o.sits",
    "boot-report dump=dump",
    "lint layout=root.layout",
    "demo directory=o",
    "man directory=out",
    "trust_sign policy=trust.json signing_key=owner.key passphrase_file=pass output=o.json",
    "attest_security-version security_version=1 subject=x signing_key=owner.key passphrase_file=pass output=o.jsonl",
    "key_generate name=fresh passphrase_file=pass",
    "layout_show file=root.layout",
    "layout_sign project=sitrep.toml signing_key=owner.key passphrase_file=pass output=o.layout",
    "layout_import layout=root.layout output=o.toml",
    "layout_diff before=root.layout after=root.layout",
    "layout_add-key name=more key=owner.pub project=sitrep.toml",
    "layout_add-step name=more by=dev project=sitrep.toml",
    "run step=build project=sitrep.toml signing_key=owner.key passphrase_file=pass metadata_directory=out",
    "run step=build without_layout no_command products=** base_path=out signing_key=owner.key",
    "status project=sitrep.toml",
];

/// Arguments that name no file: what endings are put behind, and words of a command.
const NO_FILES: [(&str, &str); 3] = [("key_generate", "name"), ("key_generate", "output"), ("run", "command")];

/// What may lie at a path.
#[derive(Clone, Copy, Debug)]
struct Odd {
    path: &'static str,
    /// What is said where it is to be read.
    error: &'static str,
}

/// An argument of a command that names a file.
type FileArgument = (String, String);

/// Good files for every line.
fn directory() -> Directory {
    let directory = chain(&[]);
    let path = directory.path();
    let run = |line: &str| sitrep(path, &line.split(' ').collect::<Vec<_>>()).expect(0);
    run("trust init --verification-keys owner.pub --product-artifact x -o trust.json");
    run("trust init --verification-keys owner.pub --product-artifact x --revision 1 -o new.json");
    run("trust sign new.json --signing-key owner.key -o new.signed");
    run("trust update new.signed --from trust.json -o new.situ");
    run("attest security-version --security-version 1 --subject x --signing-key owner.key -o extra.jsonl");
    run("pack root.layout --no-verify -o a.sitrep");
    run("pack root.layout --no-verify --profile boot -o boot.sitrep");
    fs::write(path.join("dump"), "").unwrap();
    fs::write(path.join("pass"), "a passphrase").unwrap();
    let project = "[project]\nexpires = \"1y\"\nowners = [\"owner.pub\"]\n[keys]\ndev = \"owner.pub\"\n";
    fs::write(path.join("sitrep.toml"), format!("{project}[[step]]\nname = \"build\"\nby = \"dev\"\n")).unwrap();
    run("layout sign --signing-key owner.key");
    fs::create_dir(path.join("out")).unwrap();
    assert!(Command::new("mkfifo").arg(path.join("pipe")).status().unwrap().success());
    symlink("pipe", path.join("link")).unwrap();
    symlink("/dev/zero", path.join("zero")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(path.join("socket")).unwrap();
    directory
}

/// Every argument of every command that names a file, by the type of its value.
fn file_arguments() -> BTreeSet<FileArgument> {
    let mut found = BTreeSet::new();
    let mut left: Vec<(String, clap::Command)> = vec![(String::new(), Cli::command())];
    while let Some((name, command)) = left.pop() {
        for inside in command.get_subcommands() {
            let name =
                if name.is_empty() { inside.get_name().to_owned() } else { format!("{name}_{}", inside.get_name()) };
            left.push((name, inside.clone()));
        }
        for argument in command.get_arguments() {
            let value = argument.get_value_parser().type_id();
            let is_file = |id: TypeId| value == id;
            if is_file(TypeId::of::<PathBuf>())
                || is_file(TypeId::of::<Artifact>())
                || is_file(TypeId::of::<OsString>())
            {
                let argument = argument.get_id().as_str();
                if !NO_FILES.contains(&(name.as_str(), argument)) {
                    found.insert((name.clone(), argument.to_owned()));
                }
            }
        }
    }
    found
}

/// The words of a line, where one argument names another file.
fn words(line: &str, exchanged: usize, file: &str) -> (FileArgument, Vec<String>) {
    let (name, arguments) = line.split_once(' ').unwrap();
    let mut command = Cli::command();
    let mut words: Vec<String> = name.split('_').map(str::to_owned).collect();
    for word in &words {
        command = command.find_subcommand(word).unwrap().clone();
    }
    let mut which = String::new();
    for (number, text) in arguments.split(' ').enumerate() {
        let (id, value) = text.split_once('=').map_or((text, None), |(id, value)| (id, Some(value)));
        let argument = command.get_arguments().find(|argument| argument.get_id() == id).unwrap();
        words.extend(argument.get_long().map(|long| format!("--{long}")));
        let is_exchanged = number == exchanged;
        if is_exchanged {
            which = id.to_owned();
        }
        let Some(value) = value else { continue };
        match value.split_once('=') {
            // NAME and FILE.
            Some((name, given)) => words.extend([name, if is_exchanged { file } else { given }].map(str::to_owned)),
            None if is_exchanged && argument.get_value_parser().type_id() == TypeId::of::<Artifact>() => {
                words.push(format!("x={file}"));
            }
            None => words.push(if is_exchanged { file } else { value }.to_owned()),
        }
    }
    ((name.to_owned(), which), words)
}

/// Runs a command that must not wait for anybody.
#[track_caller]
fn run(directory: &Path, words: &[String]) -> Run {
    let mut command = Command::new(binary());
    command.args(words).current_dir(directory).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let id = nix::unistd::Pid::from_raw(child.id().cast_signed());
    let (tell, ended) = mpsc::channel();
    let waiting = std::thread::spawn(move || tell.send(child.wait_with_output()));
    let Ok(output) = ended.recv_timeout(LONG) else {
        nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGKILL).unwrap();
        panic!("sitrep {} waits", words.join(" "));
    };
    let _ = waiting.join();
    let output = output.unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn no_file_is_waited_for() {
    let directory = directory();
    let path = directory.path();
    let odd = [
        Odd { path: "pipe", error: "it is a pipe into which nobody writes" },
        Odd { path: "link", error: "it is a pipe into which nobody writes" },
        Odd { path: "/dev/zero", error: "it is a device, and only files and pipes are read" },
        Odd { path: "zero", error: "it is a device, and only files and pipes are read" },
        Odd { path: "socket", error: "No such device or address" },
    ];
    let files = file_arguments();
    let mut tried = BTreeSet::new();
    for line in LINES {
        for number in 0..line.split(' ').count() - 1 {
            let (argument, _) = words(line, number, "");
            if !files.contains(&argument) {
                continue;
            }
            for Odd { path: file, error } in odd {
                let (_, words) = words(line, number, file);
                let run = run(path, &words);
                let told = run.stderr.lines().next().unwrap_or_default();
                assert!(
                    run.code == if argument.0 == "run" { 125 } else { 2 }
                        && told.starts_with("sitrep: error: ")
                        && told.contains(file),
                    "{words:?}: {run:?}"
                );
                // What is to be written is not read at all, and what is to be a directory not opened.
                let id = argument.1.as_str();
                if !matches!(
                    id,
                    "output"
                        | "inspection_report"
                        | "target_dir"
                        | "copy_to"
                        | "directory"
                        | "metadata_directory"
                        | "base_path"
                ) {
                    let is_artifact_again = id == "artifact_as" && told.contains("it is no regular file");
                    assert!(told.contains(error) || is_artifact_again, "{words:?}: {told}");
                }
            }
            tried.insert(argument);
        }
    }
    let left: Vec<_> = files.difference(&tried).collect();
    assert!(left.is_empty(), "no line has {left:?}");
}
