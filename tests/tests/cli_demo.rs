//! `sitrep demo` plays to its end, fits a terminal, and the commands that it prints work.

use std::process::Command;

use sitrep_tests::command::{names, sitrep};

#[test]
fn the_demo_comes_out_as_told() {
    let directory = sitrep_cli::shell::temporary::Directory::new("test").unwrap();
    let run = sitrep(directory.path(), &["demo", "story"]).expect(0);
    assert_eq!(run.stderr, "");
    let story = directory.path().join("story");
    assert_eq!(names(&story), ["hello.sitrep", "keys", "metadata", "tampered", "work"]);

    // Everything but the commands with whole paths at the end.
    let (told, repeat) = run.stdout.split_once("To repeat by hand:").unwrap();
    for line in told.lines() {
        assert!(line.chars().count() <= 80, "wider than 80 columns: {line}");
    }

    // Pasted into a shell, every command does again what was told: two verified, one inspected, four refused.
    let script = format!("set +e\n{}", repeat.replace("\n  /", "\necho \"exit $?\"\n  /") + "\necho \"exit $?\"\n");
    let output = Command::new("sh").arg("-c").arg(&script).current_dir("/").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let codes: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("exit ")).collect();
    assert_eq!(
        codes,
        ["0", "0", "1", "1", "1", "1", "0", "0"],
        "{script}\n{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_directory_that_is_in_use_is_left_alone() {
    let directory = sitrep_cli::shell::temporary::Directory::new("test").unwrap();
    std::fs::write(directory.path().join("mine"), "").unwrap();
    sitrep(directory.path(), &["demo", "."]).expect(2).error(". is not empty");
    sitrep(directory.path(), &["demo", "mine"]).expect(2).error("mine exists already");
    let run = sitrep(directory.path(), &["demo", "no/such"]).expect(2).error("cannot write no/such: ");
    assert!(run.stderr.contains("hint: make the directory first"), "{}", run.stderr);
    assert_eq!(names(directory.path()), ["mine"]);
}

#[cfg(unix)]
#[test]
fn private_keys_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let directory = sitrep_cli::shell::temporary::Directory::new("test").unwrap();
    sitrep(directory.path(), &["demo", "story"]).expect(0);
    for name in ["owner", "developer", "packager"] {
        let path = directory.path().join("story/keys").join(format!("{name}.key"));
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
