//! Files that somebody put there to do harm: they cost neither time nor memory, give no orders to the terminal, and are named.

use std::fs;
use std::path::Path;

use sitrep_tests::command::{Run, copy_of, names, sitrep, vectors};

const KEY: [&str; 2] = ["--verification-keys", "alice.pub"];

/// The demo without its inspection being asked for: it is refused for that alone, unless something else is wrong before.
fn demo() -> sitrep_cli::shell::temporary::Directory {
    copy_of(&vectors().join("in-toto-demo/metablock-ed25519/pristine"))
}

fn link(directory: &Path) -> std::path::PathBuf {
    let name = names(directory).into_iter().find(|name| name.starts_with("package.")).unwrap();
    directory.join(name)
}

fn verify(directory: &Path, more: &[&str]) -> Run {
    sitrep(directory, &[&["verify", "root.layout"], &KEY[..], more].concat())
}

#[test]
fn only_regular_files_are_links() {
    let directory = demo();
    let link = link(directory.path());
    fs::remove_file(&link).unwrap();
    fs::create_dir(&link).unwrap();
    let run = verify(directory.path(), &[]).expect(1).error("link-missing: ");
    assert!(run.stderr.contains("it is no regular file"), "{}", run.stderr);
    fs::remove_dir(&link).unwrap();
    // A sparse file takes no room on the disk; it would in memory.
    fs::File::create(&link).unwrap().set_len(1 << 40).unwrap();
    let run = verify(directory.path(), &[]).expect(1).error("link-missing: ");
    assert!(run.stderr.contains("it has more than 64 MiB, the limit for a file of metadata"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn links_that_never_end_are_not_begun() {
    let directory = demo();
    let link = link(directory.path());
    for make in [&["mkfifo"][..], &["ln", "-s", "/dev/zero"], &["ln", "-s", "nowhere"]] {
        fs::remove_file(&link).unwrap();
        std::process::Command::new(make[0]).args(&make[1..]).arg(&link).status().unwrap();
        verify(directory.path(), &[]).expect(1).error("link-missing: ");
    }
    // Nor is what is no bundle replaced, or waited for.
    let output = link.file_name().unwrap().to_str().unwrap();
    for output in [output, "/dev/null"] {
        sitrep(directory.path(), &["pack", "root.layout", "--no-verify", "-o", output]).expect(2).error(output);
    }
}

#[cfg(unix)]
#[test]
fn what_the_user_names_may_be_a_pipe() {
    let directory = demo();
    let path = directory.path();
    sitrep(path, &["pack", "root.layout", "--no-verify", "-o", "a.sitrep"]).expect(0);
    let shell = |script: &str| {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", script]).env("SITREP", sitrep_tests::command::binary()).current_dir(path);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let not_run = "sitrep: error: inspections-not-run: ";
    for input in ["a.sitrep", "root.layout"] {
        let (code, stderr) =
            shell(&format!("cat {input} | \"$SITREP\" verify /dev/stdin --link-dir . --verification-keys alice.pub"));
        match input {
            "a.sitrep" => assert!(stderr.contains("--link-dir and --attestations go with"), "{stderr}"),
            _ => assert!(code == Some(1) && stderr.contains(not_run), "{stderr}"),
        }
    }
    let (_, stderr) = shell("cat a.sitrep | \"$SITREP\" verify /dev/stdin --verification-keys alice.pub");
    assert!(stderr.contains(not_run), "{stderr}");
    let (code, stderr) = shell(
        "cat demo-project.tar.gz | \"$SITREP\" verify a.sitrep --verification-keys alice.pub \
         --artifact demo-project.tar.gz=/dev/stdin --run-inspections",
    );
    assert!(code == Some(2) && stderr.contains("read before and after inspections"), "{stderr}");
    assert!(!path.join("demo-project").exists());
    // A refusal is told even where standard output takes nothing more.
    if !Path::new("/dev/full").exists() {
        return;
    }
    let (_, stderr) = shell("\"$SITREP\" verify a.sitrep --verification-keys alice.pub >/dev/full");
    assert!(stderr.contains(not_run), "{stderr}");
}

#[test]
fn labels_give_no_orders_to_the_terminal() {
    let directory = demo();
    let path = directory.path();
    let plain = "zzzzzzzzzzzz";
    fs::rename(path.join("root.layout"), path.join(plain)).unwrap();
    sitrep(path, &["pack", plain, "--no-verify", "-o", "a.sitrep"]).expect(0);
    let bundle = fs::read(path.join("a.sitrep")).unwrap();
    let place = bundle.windows(plain.len()).position(|window| window == plain.as_bytes()).unwrap();
    for hostile in ["\u{1b}[2Jverified", "verified\n\u{202e}", "\u{200f}verified.", "\u{9b}2Jverified"] {
        let mut bundle = bundle.clone();
        bundle.splice(place..place + plain.len(), hostile.bytes());
        assert_eq!(hostile.len(), plain.len());
        fs::write(path.join("b.sitrep"), bundle).unwrap();
        let _ = fs::remove_dir_all(path.join("out"));
        for args in [
            &["unpack", "b.sitrep", "-o", "out", "--any-names"][..],
            &["inspect", "b.sitrep"],
            &["inspect", "b.sitrep", "--json"],
        ] {
            let run = sitrep(path, args).expect(0);
            let harmful = ['\u{1b}', '\u{202e}', '\u{200f}', '\u{9b}'];
            assert!(!run.stdout.contains(harmful) && run.stdout.contains("\\u"), "{args:?}: {}", run.stdout);
        }
        assert!(path.join("out").join(hostile).is_file());
    }
}

#[test]
fn limits_of_the_device_are_told() {
    let directory = demo();
    let path = directory.path();
    let link = link(path);
    let json = fs::read_to_string(&link).unwrap().replace("demo-project.tar.gz", &"p".repeat(257));
    fs::write(&link, json).unwrap();
    let run = sitrep(path, &[&["pack", "root.layout", "-o", "a.sitrep", "--profile", "device"], &KEY[..]].concat());
    let run = run.expect(1).error("limit-path: ");
    for expected in ["package.", "at most 256 bytes, found one of 257", "12 steps and inspections"] {
        assert!(run.stderr.contains(expected), "{}", run.stderr);
    }
}

/// A shell puts the names of files into a command line.
#[test]
fn words_that_are_not_understood_give_no_orders_either() {
    let directory = demo();
    for word in ["--\u{1b}[2J", "a\nsitrep: error: verified", "--json=\u{202e}", "\u{9b}2J"] {
        for args in [&["inspect", "a", word][..], &[word], &["lint", "a", word]] {
            let run = sitrep(directory.path(), args).expect(2);
            let line = run.stderr.lines().find(|line| line.starts_with("sitrep: error: verified"));
            let harmful = run.stderr.chars().find(|char| char.is_control() && *char != '\n' || *char == '\u{202e}');
            assert!(line.is_none() && harmful.is_none(), "{args:?}: {}", run.stderr);
            // Of an option that there is not, its name alone is told.
            let is_told = ["\\u{", "\\n", "unexpected argument '--json' found"].map(|text| run.stderr.contains(text));
            assert!(is_told.contains(&true), "{args:?}: {}", run.stderr);
        }
    }
}

#[test]
fn help_without_arguments_is_no_error_message() {
    let directory = demo();
    let run = sitrep(directory.path(), &[]).expect(2);
    assert!(run.stderr.contains("Usage: sitrep") && !run.stderr.contains("error:"), "{}", run.stderr);
}
