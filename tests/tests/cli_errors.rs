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
    let run = sitrep(path, &["verify", ".", "--verification-keys", "alice.pub"]).expect(2).error("cannot read .: ");
    assert!(run.stderr.contains("hint: name a file that is in it"), "{}", run.stderr);
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
fn wrong_usage_says_how_it_was_meant() {
    let directory = demo();
    let path = directory.path();
    for (line, hint) in [
        ("verify root.layout -k alice.pub", "the owners' public keys are given with --verification-keys"),
        ("verify root.layout --layout-keys alice.pub", "the owners' public keys are given with --verification-keys"),
        ("verify root.layout alice.pub", "public keys are given with --verification-keys, and other files"),
        ("trust init alice.pub -o t.json", "public keys are given with --verification-keys\n"),
        ("verify --verification-keys alice.pub root.layout", "put INPUT first: "),
        ("verify --artifact a root.layout --verification-keys alice.pub", "put INPUT first: "),
        ("pack --verification-keys alice.pub root.layout -o a.sitrep", "put INPUT first: "),
    ] {
        let run = sitrep(path, &line.split(' ').collect::<Vec<_>>()).expect(2);
        assert!(run.stderr.contains(&format!("sitrep: hint: {hint}")), "{line}:\n{}", run.stderr);
        assert!(!run.stderr.contains("as a value"), "{line}:\n{}", run.stderr);
    }
    let run = sitrep(path, &["verify", "root.layout", "--run-inspections", "--inspection-timeout", "0"]).expect(2);
    assert!(run.stderr.contains("expected 1 second or more"), "{}", run.stderr);
    // What clap knows better is left to it.
    let run = sitrep(path, &["verify", "root.layout", "--verification-key", "alice.pub"]).expect(2);
    assert!(run.stderr.contains("a similar argument exists: '--verification-keys'"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn a_name_that_is_no_text_is_told_from_a_file() {
    use std::os::unix::ffi::OsStrExt;
    let directory = demo();
    let odd = std::ffi::OsStr::from_bytes(b"\xff");
    let mut command = std::process::Command::new(sitrep_tests::command::binary());
    command.args(["verify", "root.layout", "--verification-keys", "alice.pub", "--artifact"]).arg(odd);
    let output = command.current_dir(directory.path()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && stderr.contains("hint: names of artifacts are UTF-8"), "{stderr}");
}

#[test]
fn what_is_not_packed_is_told() {
    let directory = demo();
    let path = directory.path();
    let pack = |input: &str, more: &[&str]| {
        sitrep(path, &[&["pack", input, "--verification-keys", "alice.pub"], more].concat()).expect(0)
    };
    let clean = pack("root.layout", &["-o", "a.sitrep"]);
    assert!(clean.stderr.is_empty() && clean.stdout.contains("bytes\n  bundle "), "{}", clean.stderr);
    fs::write(path.join("damaged.intoto.jsonl"), "x\n").unwrap();
    let noted = pack("root.layout", &["-o", "b.sitrep"]);
    assert!(
        noted.stderr.starts_with("sitrep: note: left out of the bundle: ./damaged.intoto.jsonl: "),
        "{}",
        noted.stderr
    );
    assert!(pack("root.layout", &["-q", "-o", "b.sitrep"]).stderr.is_empty());
    assert_eq!(fs::read(path.join("a.sitrep")).unwrap(), fs::read(path.join("b.sitrep")).unwrap());
    // Of a bundle the files are not known, only what they would be.
    let again = pack("a.sitrep", &["-o", "b.sitrep"]);
    assert!(again.stdout.contains(" bytes, as `sitrep unpack` writes it\n"), "{}", again.stdout);
    let sizes = |input: &str| -> serde_json::Value {
        serde_json::from_str(&pack(input, &["--json", "-o", "b.sitrep"]).stdout).unwrap()
    };
    assert_eq!(
        (&sizes("root.layout")["json_from"], &sizes("a.sitrep")["json_from"]),
        (&"files".into(), &"unpacked".into())
    );
}

#[test]
fn a_parameter_without_a_place_is_told() {
    let directory = demo();
    let run = |more: &[&str]| {
        sitrep(
            directory.path(),
            &[&["pack", "root.layout", "--verification-keys", "alice.pub", "-o", "a.sitrep"], more].concat(),
        )
    };
    let noted = run(&["--param", "name=1"]).expect(0);
    assert!(noted.stderr.contains("note: --param name: the layout names no such parameter"), "{}", noted.stderr);
    let text = fs::read_to_string(directory.path().join("root.layout")).unwrap();
    fs::write(directory.path().join("root.layout"), text.replace("demo-project.tar.gz", "{name}")).unwrap();
    // Its signature is not good any more; what it names is asked before.
    let named = run(&["--param", "name=demo-project.tar.gz"]).expect(1);
    assert!(!named.stderr.contains("note: --param"), "{}", named.stderr);
}

#[test]
fn failed_commands_leave_no_output() {
    let directory = copy_of(&vectors().join("in-toto-demo/metablock-ed25519/tampered"));
    let path = directory.path();
    let before = names(path);
    let key = ["--verification-keys", "alice.pub"];
    sitrep(path, &[&["pack", "root.layout", "-o", "out.sitrep"], &key[..]].concat()).expect(1).error("rule-disallow: ");
    sitrep(path, &[&["pack", "root.layout", "-o", "no/such/out.sitrep"], &["--no-verify"][..]].concat())
        .expect(2)
        .error("cannot write no/such/out.sitrep: ");
    sitrep(path, &["unpack", "root.layout", "-o", "out"]).expect(2).error("root.layout is a layout, expected a bundle");
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
