//! What is at the name of an output is looked at only where it is a regular file, and only at as much of it as is needed: a pipe may never end, and
//! neither may a device.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::process::Command;

use sitrep_cli::shell::temporary::Directory;
use sitrep_tests::command::{binary, names, sitrep};

const COMMANDS: [&str; 8] = [
    "pack root.layout --verification-keys a.pub -o",
    "trust init --verification-keys a.pub -o",
    "trust compile t.json -o",
    "trust sign t.json --signing-key a.key -o",
    "trust update t.json --from t.json -o",
    "attest security-version --security-version 1 --subject a --signing-key a.key -o",
    "boot-package --policy-update u.situ -o",
    "verify root.layout --verification-keys a.pub --run-inspections --target-dir target --inspection-report",
];

#[test]
fn what_never_ends_is_no_output() {
    let directory = Directory::new("outputs").unwrap();
    let path = directory.path();
    let made = Command::new("mkfifo").arg(path.join("pipe")).status().unwrap();
    assert!(made.success());
    // 3 GiB that take no space.
    File::create(path.join("sparse")).unwrap().set_len(3 << 30).unwrap();
    fs::create_dir(path.join("directory")).unwrap();
    fs::create_dir(path.join("target")).unwrap();
    for command in COMMANDS {
        for output in ["pipe", "/dev/zero", "sparse", "directory"] {
            // Whoever reads all of it has no memory for it, and who waits is ended.
            let limited = "ulimit -v 1000000; exec timeout 30 \"$0\" \"$@\"";
            let words = command.split(' ').chain([output]);
            let mut sh = Command::new("sh");
            let run = sh.args(["-c", limited]).arg(binary()).args(words).current_dir(path).output().unwrap();
            let stderr = String::from_utf8_lossy(&run.stderr);
            let expected = format!("sitrep: error: {output} exists already\n");
            assert!(run.status.code() == Some(2) && stderr.starts_with(&expected), "{command} {output}: {stderr}");
        }
    }
}

/// That an output cannot be written is known before its input is read.
#[test]
fn where_nothing_can_be_written_nothing_is_begun() {
    let directory = Directory::new("outputs").unwrap();
    let path = directory.path();
    fs::create_dir(path.join("target")).unwrap();
    for command in COMMANDS {
        let words: Vec<&str> = command.split(' ').chain(["no/such"]).collect();
        let run = sitrep(path, &words).expect(2).error("cannot write no/such: ");
        assert!(run.stderr.contains("hint: make the directory first"), "{command}: {}", run.stderr);
        assert_eq!(names(path), ["target"], "{command}");
    }
}
