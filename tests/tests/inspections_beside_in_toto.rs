//! What inspections see, beside what in-toto 3.1 records of the same files and runs of the same layout.
#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use sitrep_cli::inspection::environment::Environment;
use sitrep_cli::inspection::{Inspection, Runner};
use sitrep_cli::record::tree::{Links, Recording, Scope, record};
use sitrep_cli::shell::temporary::Directory;
use sitrep_metadata::hex;
use sitrep_tests::differential::{self, Stricter};
use sitrep_tests::in_toto;
use sitrep_tests::inspected::{chain, inspection, nested, verify};

/// Prints what in-toto records below the current directory, but for what the patterns exclude: with the options with which it runs steps and inspections.
const RECORD: &str = "import json, sys\n\
    from in_toto.runlib import record_artifacts_as_dict\n\
    patterns = json.loads(sys.argv[1])\n\
    print(json.dumps(record_artifacts_as_dict(['.'], exclude_patterns=patterns, follow_symlink_dirs=True)))\n";

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
    for (to, name) in [("b/c/d", "to-file"), ("b", "to-directory"), ("nowhere", "broken"), ("/etc/passwd", "absolute")]
    {
        symlink(to, path.join(name)).unwrap();
    }
    assert!(Command::new("mkfifo").arg(path.join("pipe")).status().unwrap().success());
    directory
}

#[test]
fn the_same_files_are_recorded() {
    let Some(programs) = in_toto::programs() else { return };
    let directory = tree();
    let ours = seen(&record(directory.path(), &Scope::default()).unwrap());
    assert_eq!(ours, recorded_by_in_toto(&programs, &EVERYTHING, directory.path()));

    // What in-toto passes over by default can be disallowed here.
    let theirs = recorded_by_in_toto(&programs, &[], directory.path());
    let passed_over: Vec<&str> = ours.keys().filter(|path| !theirs.contains_key(*path)).map(String::as_str).collect();
    assert_eq!(passed_over, [".git/config", "a.link", "a.link.d/b", "m.pyc", "old~"]);
    assert!(theirs.keys().all(|path| ours.contains_key(path)));
}

const ALLOWED: Scope<'_> = Scope { except: None, names: &[], links: Links { outside: true, loops: true } };

#[test]
fn links_to_directories_are_followed_as_far() {
    let Some(programs) = in_toto::programs() else { return };
    let directory = Directory::new("test").unwrap();
    let root = directory.path().join("root");
    for file in ["root/a/x", "root/a/deep/y", "root/b/z", "elsewhere/e", "elsewhere/sub/f"] {
        let file = directory.path().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, file.to_str().unwrap()).unwrap();
    }
    for (to, name) in [
        ("a", "one"),
        ("one", "two"),
        ("../a/deep", "b/deep"),
        ("../elsewhere", "out"),
        ("../../elsewhere/sub", "b/sub"),
    ] {
        symlink(to, root.join(name)).unwrap();
    }
    let ours = seen(&record(&root, &ALLOWED).unwrap());
    assert_eq!(ours, recorded_by_in_toto(&programs, &EVERYTHING, &root));
    for name in ["a/x", "two/deep/y", "b/deep/y", "out/sub/f", "b/sub/f"] {
        assert!(ours.contains_key(name), "{name} of {ours:?}");
    }
    // A loop gives in-toto the same files again, until the operating system has had enough.
    symlink("..", root.join("b/up")).unwrap();
    let theirs = recorded_by_in_toto(&programs, &EVERYTHING, &root);
    let looped = seen(&record(&root, &ALLOWED).unwrap());
    assert!(theirs.len() > 10 * looped.len() && looped == ours, "{} {}", theirs.len(), looped.len());
    assert!(looped.iter().all(|file| theirs.get(file.0) == Some(file.1)));
    let contents: BTreeSet<_> = looped.values().collect();
    assert!(
        theirs
            .iter()
            .all(|(name, digest)| looped.contains_key(name) || name.contains("b/up/") && contents.contains(digest))
    );
}

/// A layout with one inspection that runs nothing of note, the rules for what it sees, and a target directory that `fill` fills: the exit codes of
/// in-toto-verify and of sitrep, and what sitrep says.
fn both(programs: &Path, layouts: usize, rules: &Value, fill: &dyn Fn(&Path), more: &[&str]) -> (i32, i32, String) {
    let look = json!({"_type": "inspection", "name": "look", "run": ["true"], "expected_materials": rules, "expected_products": []});
    let inspections = vec![look];
    let none: &[Value] = &[];
    let layouts: Vec<&[Value]> =
        (0..layouts).map(|level| if level + 1 == layouts { &*inspections } else { none }).collect();
    let run_both = |is_in_toto: bool| {
        let directory = nested(&layouts);
        let target = directory.path().join("target");
        fill(&target);
        if is_in_toto {
            let options = ["--layout", "../root.layout", "--link-dir", "..", "--verification-keys", "../owner.pub"];
            let (code, _, stderr) = run(programs.join("in-toto-verify"), &options, &target);
            (code.unwrap(), stderr)
        } else {
            let run = verify(directory.path(), more);
            (run.code, run.stderr)
        }
    };
    let ((in_toto, _), (sitrep, stderr)) = (run_both(true), run_both(false));
    (in_toto, sitrep, stderr)
}

/// Makes files and, of those with a target, symbolic links.
fn fill(target: &Path, files: &[(&str, Option<&str>)]) {
    for (name, link) in files {
        let file = target.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        match link {
            Some(to) => symlink(to, file).unwrap(),
            None => fs::write(file, name).unwrap(),
        }
    }
}

#[test]
fn what_a_link_leads_to_is_disallowed_by_both() {
    let Some(programs) = in_toto::programs() else { return };
    let inside = [("d/evil.so", None), ("lib", Some("d"))];
    let outside = [("../elsewhere/evil.so", None), ("lib", Some("../elsewhere"))];
    for (rules, files, more, code) in [
        (json!([["DISALLOW", "lib/*evil*"]]), &inside[..], &[][..], "rule-disallow"),
        (json!([["DISALLOW", "*evil*"]]), &outside, &["--inspection-links", "outside"], "rule-disallow"),
        // Where it is not allowed, there is no verdict.
        (json!([["DISALLOW", "*evil*"]]), &outside, &[], "it leads out of the directory"),
    ] {
        let (in_toto, sitrep, stderr) = both(&programs, 1, &rules, &|target| fill(target, files), more);
        assert_eq!(in_toto, 1);
        assert!(sitrep != 0 && stderr.contains(code), "{sitrep} {stderr}");
    }
}

/// Files, by path, and where a symbolic link leads.
type Entries<'e> = &'e [(&'e str, Option<&'e str>)];

/// Each kind of difference is in the ledger, with its reason.
#[test]
fn inspections_differ_as_the_ledger_says() {
    let Some(programs) = in_toto::programs() else { return };
    let ledger = differential::inspection_ledger();
    let (any, nothing) = (json!([["ALLOW", "*"]]), json!([["DISALLOW", "*"]]));
    let examples: [(&str, usize, &Value, Entries<'_>); 5] = [
        ("links-stay-inside", 1, &any, &[("../elsewhere/x", None), ("lib", Some("../elsewhere"))]),
        ("no-loops", 1, &any, &[("d/x", None), ("d/up", Some(".."))]),
        ("links-lead-somewhere", 1, &any, &[("loop", Some("loop"))]),
        ("every-name", 1, &nothing, &[("a.link", None), (".git/config", None), ("m.pyc", None), ("old~", None)]),
        ("own-inspections", 2, &any, &[]),
    ];
    assert_eq!(ledger.len(), examples.len());
    for (name, layouts, rules, files) in examples {
        let entry = ledger.iter().find(|entry| entry.name == name).unwrap_or_else(|| panic!("{name}: no such entry"));
        let (in_toto, sitrep, stderr) = both(&programs, layouts, rules, &|target| fill(target, files), &[]);
        assert!(entry.stricter == Stricter::Sitrep && !entry.reason.trim().is_empty(), "{name}");
        assert_eq!(in_toto, 0, "{name}: in-toto refuses it too");
        let is_allowed =
            |code: &String| if code == "error" { sitrep == 2 } else { sitrep == 1 && stderr.contains(code) };
        assert!(entry.codes.iter().any(is_allowed), "{name}: {sitrep} {stderr}");
    }
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
    assert_eq!(record(directory.path(), &Scope::default()).unwrap().len(), 2);
    // It passes over what leads to itself.
    symlink("loop", directory.path().join("loop")).unwrap();
    assert_eq!(recorded_by_in_toto(&programs, &EVERYTHING, directory.path()).len(), 1);
    assert!(record(directory.path(), &Scope::default()).is_err());
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
    let environment = Environment::default();
    let runner = Runner {
        target: directory.path(),
        scope: Scope::default(),
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
