//! Wrong usage and bad files: exit code 2, one line that names the file and what was expected, and no output file.

use std::fs;

use sitrep_tests::command::{copy_of, names, sitrep, vectors};

fn demo() -> sitrep_cli::shell::temporary::Directory {
    copy_of(&vectors().join("in-toto-demo/metablock-ed25519/pristine"))
}

#[test]
fn wrong_usage_is_2_and_help_is_0() {
    let directory = demo();
    for args in [&["verify"][..], &["verify", "--nonsense"], &["frobnicate"], &[], &["verify", "root.layout"]] {
        let run = sitrep(directory.path(), args).expect(2);
        assert!(run.stdout.is_empty() && !run.stderr.is_empty(), "{args:?}");
    }
    for args in [&["--help"][..], &["verify", "--help"], &["pack", "-h"], &["--version"]] {
        let run = sitrep(directory.path(), args).expect(0);
        assert!(run.stderr.is_empty() && !run.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let directory = demo();
    let path = directory.path();
    fs::write(path.join("text"), "hello\n").unwrap();
    fs::write(path.join("array.json"), "[1, 2]").unwrap();
    fs::write(path.join("broken.json"), "{\"signed\": ").unwrap();
    fs::write(path.join("latin1.json"), b"{\"signed\": \"\xe9\"}").unwrap();
    fs::write(path.join("twice.json"), "{\"signatures\": [], \"signed\": {}, \"signed\": {}}").unwrap();
    for name in ["missing.layout", "text", "array.json", "broken.json", "latin1.json", "twice.json", "."] {
        for command in [&["verify", name][..], &["pack", name, "-o", "out.sitrep"]] {
            let run = sitrep(path, &[command, &["--verification-keys", "alice.pub"]].concat()).expect(2);
            let first = run.stderr.lines().next().unwrap_or_default();
            assert!(first.starts_with("sitrep: error: ") && first.contains(name), "{name}: {}", run.stderr);
            assert!(run.stderr.lines().count() <= 2, "{}", run.stderr);
        }
    }
    for name in ["missing.pub", "text", "array.json", "root.layout", "demo-project.tar.gz"] {
        let run = sitrep(path, &["verify", "root.layout", "--verification-keys", name]).expect(2);
        assert!(run.stderr.lines().next().unwrap_or_default().contains(name), "{name}: {}", run.stderr);
    }
    assert!(!path.join("out.sitrep").exists());
}

#[test]
fn a_key_given_twice_is_an_error() {
    let directory = demo();
    fs::copy(directory.path().join("alice.pub"), directory.path().join("bob.pub")).unwrap();
    let args = ["verify", "root.layout", "--verification-keys", "alice.pub", "bob.pub"];
    sitrep(directory.path(), &args).expect(2).error("bob.pub holds the same public key as alice.pub");
}

#[test]
fn failed_commands_leave_no_output() {
    let directory = copy_of(&vectors().join("in-toto-demo/metablock-ed25519/tampered"));
    let path = directory.path();
    let before = names(path);
    let key = ["--verification-keys", "alice.pub"];
    sitrep(path, &[&["pack", "root.layout", "-o", "out.sitrep"], &key[..]].concat()).expect(1).error("rule-disallow: ");
    sitrep(path, &[&["pack", "root.layout", "-o", "no/such/out.sitrep"], &["--no-verify"][..]].concat()).expect(2);
    sitrep(path, &["unpack", "root.layout", "-o", "out"]).expect(2).error("root.layout is no sitrep bundle");
    assert_eq!(names(path), before);
    sitrep(path, &["pack", "root.layout", "-o", "good.sitrep", "--no-verify"]).expect(0);
    let bundle = fs::read(path.join("good.sitrep")).unwrap();
    fs::write(path.join("cut.sitrep"), &bundle[..bundle.len() - 1]).unwrap();
    let before = names(path);
    sitrep(path, &["unpack", "cut.sitrep", "-o", "out"]).expect(2).error("cut.sitrep: bundle-truncated: ");
    sitrep(path, &["inspect", "cut.sitrep"]).expect(2).error("cut.sitrep: bundle-truncated: ");
    assert_eq!(names(path), before);
}

#[test]
fn nothing_is_overwritten_but_a_bundle() {
    let directory = demo();
    let path = directory.path();
    let pack = |output: &str| sitrep(path, &["pack", "root.layout", "--verification-keys", "alice.pub", "-o", output]);
    pack("alice.pub").expect(2).error("alice.pub exists already");
    pack("a.sitrep").expect(0);
    pack("a.sitrep").expect(0);
    fs::create_dir(path.join("there")).unwrap();
    sitrep(path, &["unpack", "a.sitrep", "-o", "there"]).expect(2).error("there exists already");
    sitrep(path, &["unpack", "a.sitrep", "-o", "alice.pub"]).expect(2).error("alice.pub exists already");
}

#[test]
fn damaged_bundles_are_refused() {
    let directory = demo();
    let path = directory.path();
    sitrep(path, &["pack", "root.layout", "--verification-keys", "alice.pub", "-o", "a.sitrep"]).expect(0);
    let bundle = fs::read(path.join("a.sitrep")).unwrap();
    let verify = |bytes: &[u8]| {
        fs::write(path.join("b.sitrep"), bytes).unwrap();
        sitrep(path, &["verify", "b.sitrep", "--verification-keys", "alice.pub"])
    };
    verify(&bundle[..bundle.len() / 2]).expect(1).error("bundle-");
    verify(&[&bundle[..], b"x"].concat()).expect(1).error("bundle-trailing: ");
    verify(&[b"SITR\x09", &bundle[5..]].concat()).expect(1).error("bundle-version: ");
    sitrep(path, &["verify", "a.sitrep", "--link-dir", ".", "--verification-keys", "alice.pub"])
        .expect(2)
        .error("--link-dir and --attestations go with");
}

#[test]
fn a_closed_pipe_is_no_panic() {
    use std::process::{Command, Stdio};
    let directory = demo();
    let path = directory.path();
    sitrep(path, &["pack", "root.layout", "--verification-keys", "alice.pub", "-o", "a.sitrep"]).expect(0);
    let mut child = Command::new(sitrep_tests::command::binary())
        .args(["inspect", "a.sitrep"])
        .current_dir(path)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
}
