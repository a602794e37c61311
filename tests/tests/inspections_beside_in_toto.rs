//! What inspections see, beside what in-toto 3.1 records of the same files and runs of the same layout.
#![cfg(unix)]

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use sitrep_cli::hex;
use sitrep_cli::inspection::environment::Environment;
use sitrep_cli::inspection::{Inspection, Runner};
use sitrep_cli::recording::{Recording, record};
use sitrep_cli::temporary::Directory;
use sitrep_tests::in_toto;
use sitrep_tests::inspected::{chain, inspection, verify};

/// Prints what in-toto records below the current directory, but for what the patterns exclude.
const RECORD: &str = "import json, sys\n\
    from in_toto.runlib import record_artifacts_as_dict\n\
    patterns = json.loads(sys.argv[1])\n\
    print(json.dumps(record_artifacts_as_dict(['.'], exclude_patterns=patterns)))\n";

/// A pattern that excludes nothing; an empty list would ask for the settings' patterns.
const EVERYTHING: [&str; 1] = ["/no such file"];

/// A file's path and its SHA-256.
type Files = BTreeMap<String, String>;

fn run(program: PathBuf, args: &[&str], directory: &Path) -> (Option<i32>, String, String) {
    let output = Command::new(program).args(args).current_dir(directory).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn recorded_by_in_toto(programs: &Path, patterns: &[&str], directory: &Path) -> Files {
    let (code, stdout, stderr) = run(programs.join("python"), &["-c", RECORD, &json!(patterns).to_string()], directory);
    assert_eq!(code, Some(0), "{stderr}");
    files(&serde_json::from_str(&stdout).unwrap())
}

fn files(artifacts: &Value) -> Files {
    let members = artifacts.as_object().unwrap().iter();
    members.map(|(path, digests)| (path.clone(), digests["sha256"].as_str().unwrap().to_owned())).collect()
}

fn seen(recording: &Recording) -> Files {
    recording.iter().map(|(path, digest)| (path.clone(), hex::encode(digest))).collect()
}

/// Files of every kind that can be made without rights. `.git`, `*.link*`, `*.pyc` and `*~` are what in-toto's settings leave out.
fn tree() -> Directory {
    let directory = Directory::new("test").unwrap();
    let path = directory.path();
    let write = |name: &str, text: &str| {
        fs::create_dir_all(path.join(name).parent().unwrap()).unwrap();
        fs::write(path.join(name), text).unwrap();
    };
    let names = [
        "a",
        "b/c/d",
        "b/.hidden",
        " ",
        "-n",
        "*",
        "[x]",
        "é",
        "e\u{301}",
        "x\ny",
        "\u{1b}[2J",
        "\u{202e}",
        "c:d",
        "http:a",
    ];
    for name in names.iter().chain(&[".git/config", "a.link", "a.link.d/b", "m.pyc", "old~", ".gitignore"]) {
        write(name, name);
    }
    write("large", &"x".repeat(3_000_000));
    fs::create_dir(path.join("empty")).unwrap();
    for (to, name) in [
        ("b/c/d", "to-file"),
        ("b", "to-directory"),
        ("..", "b/up"),
        ("nowhere", "broken"),
        ("/etc/passwd", "absolute"),
    ] {
        symlink(to, path.join(name)).unwrap();
    }
    assert!(Command::new("mkfifo").arg(path.join("pipe")).status().unwrap().success());
    directory
}

#[test]
fn the_same_files_are_recorded() {
    let Some(programs) = in_toto::programs() else { return };
    let directory = tree();
    let ours = seen(&record(directory.path(), &HashSet::new()).unwrap());
    assert_eq!(ours, recorded_by_in_toto(&programs, &EVERYTHING, directory.path()));

    // What in-toto passes over by default can be disallowed here.
    let theirs = recorded_by_in_toto(&programs, &[], directory.path());
    let passed_over: Vec<&str> = ours.keys().filter(|path| !theirs.contains_key(*path)).map(String::as_str).collect();
    assert_eq!(passed_over, [".git/config", "a.link", "a.link.d/b", "m.pyc", "old~"]);
    assert!(theirs.keys().all(|path| ours.contains_key(path)));
}

#[test]
fn where_recordings_differ_more_is_refused() {
    let Some(programs) = in_toto::programs() else { return };
    // in-toto writes `a/b` for both, and one digest.
    let directory = Directory::new("test").unwrap();
    fs::create_dir(directory.path().join("a")).unwrap();
    fs::write(directory.path().join("a/b"), "1").unwrap();
    fs::write(directory.path().join("a\\b"), "2").unwrap();
    assert_eq!(recorded_by_in_toto(&programs, &EVERYTHING, directory.path()).len(), 1);
    assert_eq!(record(directory.path(), &HashSet::new()).unwrap().len(), 2);
    // It passes over what leads to itself.
    symlink("loop", directory.path().join("loop")).unwrap();
    assert_eq!(recorded_by_in_toto(&programs, &EVERYTHING, directory.path()).len(), 1);
    assert!(record(directory.path(), &HashSet::new()).is_err());
}

#[test]
fn an_inspection_sees_the_same_before_and_after() {
    let Some(programs) = in_toto::programs() else { return };
    let script = "cp b/c made; rm a; ln -s made b/link; mkdir d; printf changed > b/c; exit \"$1\"";
    let command = |code| ["sh", "-c", script, "sh", code];
    let fill = |target: &Path| {
        fs::create_dir_all(target.join("b")).unwrap();
        ["a", "b/c"].iter().for_each(|name| fs::write(target.join(name), name).unwrap());
    };
    let directory = chain(&[inspection("look", &command("0"))]);
    let target = directory.path().join("target");
    fill(&target);
    let options = ["--layout", "../root.layout", "--link-dir", "..", "--verification-keys", "../owner.pub"];
    let (code, _, stderr) = run(programs.join("in-toto-verify"), &options, &target);
    assert_eq!(code, Some(0), "{stderr}");
    let link: Value = serde_json::from_slice(&fs::read(target.join("look.link")).unwrap()).unwrap();

    let directory = Directory::new("test").unwrap();
    fill(directory.path());
    let (except, environment) = (HashSet::new(), Environment::default());
    let runner = Runner {
        target: directory.path(),
        except: &except,
        limit: Duration::from_secs(60),
        environment: &environment,
        listener: &|_| None,
    };
    let inspections = vec![Inspection { layout: 0, name: "look".into(), run: command("0").map(String::from).into() }];
    let observed = runner.run_all(inspections, &mut Vec::new()).unwrap().remove(0);
    let signed = &link["signed"];
    assert_eq!(seen(&observed.materials), files(&signed["materials"]));
    assert_eq!(seen(&observed.products), files(&signed["products"]));
    assert_eq!(signed["command"], json!(observed.inspection.run));
    assert_eq!(signed["byproducts"]["return-value"], observed.return_value);

    // Both refuse a command that fails, and one that takes too long.
    for (code, limit, sitrep) in [("3", "60", 1), ("0; sleep 60", "1", 2)] {
        let words = ["sh", "-c", &script.replace("\"$1\"", code).replace("exit 0; sleep 60", "sleep 60")];
        let directory = chain(&[inspection("look", &words)]);
        let target = directory.path().join("target");
        fill(&target);
        let limit = ["--inspection-timeout", limit];
        let (code, _, stderr) = run(programs.join("in-toto-verify"), &[&options[..], &limit].concat(), &target);
        assert_eq!(code, Some(1), "{stderr}");
        fs::remove_dir_all(&target).unwrap();
        fill(&target);
        let _ = verify(directory.path(), &limit).expect(sitrep);
    }
}
