//! Files of another kind than a command takes: every command says what they are, and which command takes them.

use std::fs;
use std::path::Path;

use serde_json::Value;
use sitrep_cli::shell::temporary::Directory;
use sitrep_tests::command::{copy_of, sitrep, vectors};

/// What each file is, and a command that takes it.
const KINDS: [(&str, &str, &str); 14] = [
    ("demo-project.tar.gz", "a file compressed with gzip", "--artifact FILE"),
    ("root.layout", "a layout", "sitrep verify"),
    ("bare.json", "a layout that nobody has signed", "sitrep lint"),
    ("package.9d869369.link", "a link", "sitrep inspect"),
    ("app.intoto.jsonl", "an attestation", "sitrep inspect"),
    ("app.sitrep", "a bundle", "sitrep unpack"),
    ("alice.pub", "a public key", "--verification-keys FILE"),
    ("owner.key", "a private key", "sitrep key show"),
    ("trust.json", "a trust policy", "sitrep trust show"),
    ("trust.bin", "a trust policy", "sitrep trust show"),
    ("signed.json", "a signed trust policy", "sitrep trust show"),
    ("new.situ", "a policy update", "sitrep inspect"),
    ("new.sits", "an update package", "sitrep inspect"),
    ("empty", "empty", "copy it again"),
];

/// Command lines with `@` in the place of a file, and the kinds that they take or have errors of their own for.
const COMMANDS: [(&str, &[&str]); 10] = [
    (
        "verify @ --verification-keys alice.pub",
        &["root.layout", "app.sitrep", "package.9d869369.link", "app.intoto.jsonl"],
    ),
    (
        "pack @ --verification-keys alice.pub -o o",
        &["root.layout", "app.sitrep", "package.9d869369.link", "app.intoto.jsonl"],
    ),
    (
        "verify root.layout --verification-keys alice.pub --attestations @",
        &["app.intoto.jsonl", "package.9d869369.link", "root.layout", "empty"],
    ),
    ("inspect @", &["root.layout", "package.9d869369.link", "app.intoto.jsonl", "app.sitrep", "new.situ", "new.sits"]),
    ("unpack @ -o o", &["app.sitrep"]),
    ("lint @", &["root.layout", "bare.json", "app.sitrep"]),
    ("key show @", &["alice.pub", "owner.key", "empty"]),
    ("trust update @ --from trust.json -o o", &["signed.json"]),
    ("boot-package --policy-update @ -o o", &["new.situ"]),
    ("boot-package --bundle @ --artifact alice.pub -o o", &["app.sitrep"]),
];

fn run(directory: &Path, line: &str) -> sitrep_tests::command::Run {
    sitrep(directory, &line.split_whitespace().collect::<Vec<_>>())
}

/// One file of each kind.
fn files() -> Directory {
    let directory = copy_of(&vectors().join("in-toto-demo/metablock-ed25519/pristine"));
    let path = directory.path();
    fs::copy(vectors().join("keys/ed25519.private.pem"), path.join("owner.key")).unwrap();
    fs::copy(vectors().join("keys/ed25519.pem"), path.join("owner.pub")).unwrap();
    for line in [
        "pack root.layout --no-verify -q -o app.sitrep",
        "attest security-version --security-version 1 --subject alice.pub --signing-key owner.key -q -o app.intoto.jsonl",
        "trust init --verification-keys owner.pub --product-artifact app -q -o trust.json",
        "trust init --verification-keys owner.pub --product-artifact app --revision 1 -q -o new.json",
        "trust compile trust.json -q -o trust.bin",
        "trust sign new.json --signing-key owner.key -q -o signed.json",
        "trust update signed.json --from trust.json -q -o new.situ",
        "boot-package --policy-update new.situ -q -o new.sits",
    ] {
        run(path, line).expect(0);
    }
    let mut layout: Value = serde_json::from_slice(&fs::read(path.join("root.layout")).unwrap()).unwrap();
    fs::write(path.join("bare.json"), layout["signed"].take().to_string()).unwrap();
    fs::write(path.join("empty"), "").unwrap();
    directory
}

#[test]
fn every_command_says_what_a_file_is() {
    let directory = files();
    let path = directory.path();
    for (command, own) in COMMANDS {
        for (file, kind, taken_by) in KINDS.iter().filter(|(file, ..)| !own.contains(file)) {
            let run = run(path, &command.replace('@', file)).expect(2);
            let mut lines = run.stderr.lines();
            let error = format!("sitrep: error: {file} is {kind}, expected ");
            assert!(lines.next().is_some_and(|line| line.starts_with(&error)), "{command} {file}:\n{}", run.stderr);
            let hint = lines.next().unwrap_or_default();
            assert!(hint.starts_with("sitrep: hint: ") && hint.contains(taken_by), "{command} {file}:\n{}", run.stderr);
            assert!(lines.next().is_none() && run.stdout.is_empty(), "{command} {file}");
        }
    }
    assert!(!path.join("o").exists());
}

/// What is signed is for core to judge, and its owner is asked first.
#[test]
fn evidence_in_the_place_of_a_layout_is_told() {
    let directory = files();
    let path = directory.path();
    for (file, kind) in [("package.9d869369.link", "a link"), ("app.intoto.jsonl", "an attestation")] {
        run(path, &format!("pack {file} --no-verify -q -o {file}.sitrep")).expect(0);
        for command in [format!("verify {file}"), format!("verify {file}.sitrep"), format!("pack -o o {file}")] {
            let run = run(path, &format!("{command} --verification-keys alice.pub")).expect(1);
            let run = run.error("owner-unsigned: ");
            for line in [
                format!("sitrep: cause: the input is {kind}, not a layout\n"),
                "sitrep: hint: give the layout that the project owner signed\n".to_owned(),
            ] {
                assert!(run.stderr.contains(&line), "{command}:\n{}", run.stderr);
            }
        }
    }
    assert!(!path.join("o").exists());
}

#[test]
fn what_is_no_policy_is_refused_with_its_code() {
    let directory = files();
    let path = directory.path();
    for (file, kind, taken_by) in KINDS.iter().filter(|(_, kind, _)| !kind.contains("trust policy")) {
        for (command, code) in [("trust check", 1), ("trust show", 2), ("verify app.sitrep --trust", 2)] {
            let run = run(path, &format!("{command} {file}"))
                .expect(code)
                .error(&format!("{file}: trust-syntax: it is {kind}, expected a trust policy"));
            assert!(run.stderr.contains(taken_by), "{command} {file}:\n{}", run.stderr);
        }
    }
}

#[test]
fn a_file_that_was_cut_is_told_as_such() {
    let directory = files();
    let path = directory.path();
    let layout = fs::read(path.join("root.layout")).unwrap();
    fs::write(path.join("cut.layout"), &layout[..layout.len() / 2]).unwrap();
    for command in ["verify cut.layout --verification-keys alice.pub", "lint cut.layout", "inspect cut.layout"] {
        let run = run(path, command).expect(2);
        assert!(run.stderr.contains(": the text ends here, expected "), "{command}:\n{}", run.stderr);
        assert!(run.stderr.contains("hint: copy it again; the file was cut"), "{command}:\n{}", run.stderr);
    }
    // Not where something else is wrong with it.
    fs::write(path.join("bad.layout"), "{\"signed\": x}").unwrap();
    let run = run(path, "verify bad.layout --verification-keys alice.pub").expect(2);
    assert!(!run.stderr.contains("cut"), "{}", run.stderr);
}

#[test]
fn nothing_is_written_over_what_it_is_made_of() {
    let directory = files();
    let path = directory.path();
    for (command, file) in [
        ("trust compile trust.json -o trust.json", "trust.json"),
        ("trust compile trust.json -o ./trust.json", "trust.json"),
        ("pack app.sitrep --no-verify -o app.sitrep", "app.sitrep"),
        ("pack app.sitrep --no-verify --profile device -o ./app.sitrep", "app.sitrep"),
    ] {
        let before = fs::read(path.join(file)).unwrap();
        run(path, command).expect(2).error(&format!("{} is the input itself", command.split(' ').next_back().unwrap()));
        assert_eq!(fs::read(path.join(file)).unwrap(), before, "{command}");
    }
}
