//! The files that `sitrep verify` compares with a chain: which file a command line means, what is said of it, and its copy.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sitrep_cli::shell::temporary::Directory;
use sitrep_metadata::hex;
use sitrep_metadata::sign::Signer;
use sitrep_tests::command::{Run, names, sitrep};

/// A chain of one step that puts out `products`, and a directory `out`.
fn chain(products: &[(&str, &[u8])], inspections: &[Value]) -> Directory {
    let directory = Directory::new("artifacts").unwrap();
    let (owner, functionary) = (Signer::from_seed([1; 32]), Signer::from_seed([2; 32]));
    sitrep_signers::file::write(&owner, directory.path(), "owner").unwrap();
    let layout = owner.metablock(json!({
        "_type": "layout", "expires": "2040-01-01T00:00:00Z", "readme": "",
        "keys": {functionary.id(): functionary.public_json()},
        "steps": [{
            "_type": "step", "name": "make", "pubkeys": [functionary.id()], "threshold": 1, "expected_command": [],
            "expected_materials": [], "expected_products": [],
        }],
        "inspect": inspections,
    }));
    fs::write(directory.path().join("root.layout"), layout.to_string()).unwrap();
    let products: Value =
        products.iter().map(|(name, bytes)| ((*name).to_owned(), json!({"sha256": sha256(bytes)}))).collect();
    let link = functionary.metablock(json!({
        "_type": "link", "name": "make", "command": [], "byproducts": {}, "environment": {}, "materials": {},
        "products": products,
    }));
    let name = format!("make.{}.link", &functionary.id()[..8]);
    fs::write(directory.path().join(name), link.to_string()).unwrap();
    fs::create_dir(directory.path().join("out")).unwrap();
    directory
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes))
}

const VERIFY: [&str; 4] = ["verify", "root.layout", "--verification-keys", "owner.pub"];

#[track_caller]
fn verify(directory: &Path, more: &[&str]) -> Run {
    sitrep(directory, &[&VERIFY[..], more].concat())
}

#[track_caller]
fn verify_json(directory: &Path, more: &[&str]) -> Value {
    serde_json::from_str(&verify(directory, &[more, &["--json"]].concat()).stdout).unwrap()
}

#[test]
fn a_text_that_could_mean_two_files_is_refused() {
    let directory = chain(&[("a", b"good"), ("a=b", b"other")], &[]);
    let path = directory.path();
    fs::write(path.join("b"), "good").unwrap();
    verify(path, &["--artifact", "a=b"]).expect(0);
    // Now it could also be this file, of which nothing would be said.
    fs::write(path.join("a=b"), "other").unwrap();
    let run = verify(path, &["--artifact", "a=b"]).expect(2);
    let run = run.error("--artifact a=b could mean \"b\" as \"a\", or \"a=b\", which is there too");
    assert!(run.stderr.contains("--artifact-as NAME FILE") && run.stdout.is_empty(), "{}", run.stderr);
    let seal = ["attest", "security-version", "--security-version", "1", "--signing-key", "owner.key", "-o", "o.jsonl"];
    let run = sitrep(path, &[&seal[..], &["--subject", "a=b"]].concat()).expect(2).error("--subject a=b could mean ");
    assert!(run.stderr.contains("--subject-as NAME FILE"), "{}", run.stderr);
    // Two words are never split.
    for (name, file) in [("a=b", "a=b"), ("a", "b"), ("a", "./b")] {
        let json = verify_json(path, &["--artifact-as", name, file]);
        assert_eq!(
            (&json["artifacts"][0]["name"], &json["artifacts"][0]["file"]["path"]),
            (&json!(name), &json!(file))
        );
        assert_eq!(json["verdict"], "verified");
        sitrep(path, &[&seal[..], &["--subject-as", name, file]].concat()).expect(0);
    }
    verify(path, &["--artifact-as", "a", "a=b"]).expect(1).error("artifact-digest: ");
    // In the order in which they are given, and both forms together.
    let json = verify_json(path, &["--artifact-as", "a=b", "a=b", "--artifact", "a=./b", "--artifact-as", "a", "b"]);
    let names: Vec<_> = json["artifacts"].as_array().unwrap().iter().map(|artifact| &artifact["name"]).collect();
    assert_eq!(names, ["a", "a=b", "a"]);
    verify(path, &["--artifact-as", "", "b"]).expect(2).error("--artifact-as: \"\" is no name of an artifact");
}

#[cfg(unix)]
#[test]
fn whatever_is_called_so_is_a_second_meaning() {
    use std::os::unix::ffi::OsStrExt;
    let directory = chain(&[("a", b"good"), ("-a", b"good"), ("--json", b"good")], &[]);
    let path = directory.path();
    fs::write(path.join("b"), "good").unwrap();
    let whole = path.join("a=b");
    std::os::unix::fs::symlink("nowhere", &whole).unwrap();
    verify(path, &["--artifact", "a=b"]).expect(2).error("--artifact a=b could mean ");
    fs::remove_file(&whole).unwrap();
    fs::create_dir(&whole).unwrap();
    verify(path, &["--artifact", "a=b"]).expect(2).error("--artifact a=b could mean ");
    fs::remove_dir(&whole).unwrap();
    // Names as scripts get them.
    let odd = std::ffi::OsStr::from_bytes(b"-\xff=\n");
    fs::write(path.join(odd), "good").unwrap();
    for name in ["a", "-a", "--json"] {
        let mut command = std::process::Command::new(sitrep_tests::command::binary());
        command.args(VERIFY).args(["--artifact-as", name]).arg(odd).current_dir(path);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout.starts_with(b"verified: "));
    }
}

#[test]
fn reports_name_the_file_that_was_read() {
    let directory = chain(&[("a", b"good")], &[]);
    let path = directory.path();
    for (file, text) in [("good", "good"), ("bad", "bad!!")] {
        fs::write(path.join(file), text).unwrap();
    }
    let run = verify(path, &["--artifact", "a=good"]).expect(0);
    let expected =
        format!("  artifact a is what step make produced\n    sha256 {}\n    file good, 4 bytes\n", sha256(b"good"));
    assert!(run.stdout.contains(&expected), "{}", run.stdout);
    let run = verify(path, &["--artifact", "a=./bad"]).expect(1);
    let expected =
        format!("  artifact a is refused: artifact-digest\n    file ./bad, 5 bytes, sha256 {}\n", sha256(b"bad!!"));
    assert!(run.stdout.contains(&expected), "{}", run.stdout);
    let run = verify(path, &["--artifact", "good"]).expect(1).error("artifact-unknown: ");
    assert!(run.stdout.contains("    file good, not read\n"), "{}", run.stdout);

    let file = |more: &str| verify_json(path, &["--artifact", more])["artifacts"][0]["file"].clone();
    assert_eq!(file("a=good"), json!({"path": "good", "bytes": 4, "sha256": sha256(b"good")}));
    assert_eq!(file("a=./bad"), json!({"path": "./bad", "bytes": 5, "sha256": sha256(b"bad!!")}));
    assert_eq!(file("good"), json!({"path": "good", "bytes": null, "sha256": null}));
}

#[test]
fn copies_have_the_names_of_the_metadata() {
    let directory = chain(&[("a", b"1"), ("dist/linux/app", b"22"), ("dist/readme", b"")], &[]);
    let path = directory.path();
    for (file, text) in [("1", "1"), ("2", "22"), ("3", "")] {
        fs::write(path.join(file), text).unwrap();
    }
    let artifacts = ["--artifact", "a=1", "dist/linux/app=2", "dist/readme=3", "--copy-to", "out"];
    let json = verify_json(path, &artifacts);
    let copies: Vec<_> =
        json["artifacts"].as_array().unwrap().iter().map(|it| it["file"]["copy"].as_str().unwrap()).collect();
    let expected = [("a", "1"), ("dist/linux/app", "22"), ("dist/readme", "")];
    for (copy, (name, text)) in copies.iter().zip(expected) {
        assert_eq!(Path::new(copy), Path::new("out").join(name));
        assert_eq!(fs::read_to_string(path.join(copy)).unwrap(), text);
    }
    assert_eq!(names(&path.join("out")), ["a", "dist"]);
    // What is there is not replaced, even by the same.
    let run = verify(path, &artifacts).expect(2).error("cannot copy to out");
    assert!(run.stderr.contains("it exists already") && run.stdout.is_empty(), "{}", run.stderr);
    fs::remove_file(path.join("out/a")).unwrap();
    let run = verify(path, &["--artifact", "a=1", "--copy-to", "out"]).expect(0);
    assert!(run.stdout.contains("    file 1, 1 byte\n    copied to out"), "{}", run.stdout);
}

#[test]
fn nothing_is_left_of_copies_that_were_not_verified() {
    let directory = chain(&[("a", b"1"), ("d/e/b", b"2"), ("d/c", b"3")], &[]);
    let path = directory.path();
    for (file, text) in [("1", "1"), ("2", "2"), ("evil", "evil")] {
        fs::write(path.join(file), text).unwrap();
    }
    let out = path.join("out");
    let refused = |more: &[&str], code: i32, error: &str| {
        let run = verify(path, &[more, &["--copy-to", "out"]].concat()).expect(code).error(error);
        assert!(!run.stdout.contains("copied"), "{}", run.stdout);
        assert!(names(&out).is_empty(), "{:?}", names(&out));
    };
    refused(&["--artifact", "a=1", "d/e/b=2", "d/c=evil"], 1, "artifact-digest: ");
    refused(&["--artifact", "a=1", "unknown=2"], 1, "artifact-unknown: ");
    refused(&["--artifact", "a=1", "--at", "2041-01-01T00:00:00Z"], 1, "layout-expired: ");
    refused(&["--artifact", "a=1", "d/e/b=none"], 2, "cannot read none: ");
    refused(&["--artifact", "a=1", "a=1"], 2, "cannot copy two artifacts that are both named \"a\"");
    for name in
        ["../a", "/a", "a/../../a", "a//b", "a/", "./a", "", "..", "a\\..\\b"].into_iter().filter(|it| !it.is_empty())
    {
        refused(&["--artifact-as", name, "1"], 2, "cannot copy an artifact named ");
    }
    let run = verify(path, &["--artifact", "a=1", "--copy-to", "none"]).expect(2).error("cannot copy into none: ");
    assert!(run.stderr.contains("name a directory that is there"), "{}", run.stderr);
    verify(path, &["--artifact", "a=1", "--copy-to", "1"]).expect(2).error("cannot copy into 1: ");
    // One artifact that is the directory of another.
    let directory = chain(&[("a", b"1"), ("a/b", b"2")], &[]);
    let path = directory.path();
    fs::write(path.join("1"), "1").unwrap();
    fs::write(path.join("2"), "2").unwrap();
    for order in [["a=1", "a/b=2"], ["a/b=2", "a=1"]] {
        let [one, other] = order;
        verify(path, &["--artifact", one, other, "--copy-to", "out"]).expect(2).error("cannot copy to out");
        assert!(names(&path.join("out")).is_empty(), "{:?}", names(&path.join("out")));
    }
}

#[cfg(unix)]
#[test]
fn copies_do_not_leave_the_directory_by_symbolic_links() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let directory = chain(&[("a", b"1"), ("d/b", b"2")], &[]);
    let path = directory.path();
    fs::write(path.join("1"), "1").unwrap();
    fs::write(path.join("2"), "2").unwrap();
    fs::set_permissions(path.join("2"), fs::Permissions::from_mode(0o4755)).unwrap();
    fs::create_dir(path.join("elsewhere")).unwrap();
    let (out, elsewhere) = (path.join("out"), path.join("elsewhere"));
    symlink("../elsewhere", out.join("d")).unwrap();
    let copy = |more: &[&str]| verify(path, &[more, &["--copy-to", "out"]].concat());
    copy(&["--artifact", "a=1", "d/b=2"]).expect(2).error("cannot copy to out/d/b: ");
    assert_eq!((names(&out), names(&elsewhere)), (vec!["d".to_owned()], Vec::new()));
    // Nor is a link that leads nowhere written through.
    symlink("../elsewhere/new", out.join("a")).unwrap();
    copy(&["--artifact", "a=1"]).expect(2).error("cannot copy to out/a: it exists already");
    assert!(names(&elsewhere).is_empty());
    // The directory itself may be one. Of the rights, those to read, write and execute are copied.
    symlink("elsewhere", path.join("link")).unwrap();
    verify(path, &["--artifact", "d/b=2", "--copy-to", "link"]).expect(0);
    let mode = fs::metadata(elsewhere.join("d/b")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7111, 0o111);
}

/// The inspection exchanges the file after it was compared for the first time.
#[cfg(unix)]
#[test]
fn what_inspections_change_is_not_copied() {
    let inspect = |script: &str| json!({"_type": "inspection", "name": "look", "run": ["sh", "-c", script], "expected_materials": [], "expected_products": []});
    for (script, code) in [("echo evil > ../x", 1), ("true", 0)] {
        let directory = chain(&[("x", b"good")], &[inspect(script)]);
        let path = directory.path();
        fs::write(path.join("x"), "good").unwrap();
        fs::create_dir(path.join("target")).unwrap();
        let run = ["--artifact", "x", "--copy-to", "out", "--run-inspections", "--target-dir", "target"];
        verify(path, &run).expect(code);
        let copies = names(&path.join("out"));
        assert_eq!(copies, if code == 0 { vec!["x".to_owned()] } else { Vec::new() }, "{script}");
    }
}

/// The path of the file leads to another one while it is read.
#[cfg(target_os = "linux")]
#[test]
fn what_is_copied_is_what_was_read() {
    use std::io::Write;
    // Much more than a pipe holds: whoever has written half of it knows that it is being read.
    let good: Vec<u8> = (0..4_u32 << 18).flat_map(|number| number.to_le_bytes()).collect();
    let directory = chain(&[("x", &good)], &[]);
    let path = directory.path();
    let (pipe, evil) = (path.join("pipe"), path.join("evil"));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    fs::write(&evil, "evil").unwrap();
    // Open at both ends, so that there is a writer from the start.
    let mut writer = fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
    let mut command = std::process::Command::new(sitrep_tests::command::binary());
    command.args(VERIFY).args(["--artifact", "x=pipe", "--copy-to", "out", "--json"]).current_dir(path);
    let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let (first, rest) = good.split_at(good.len() / 2);
    writer.write_all(first).unwrap();
    fs::rename(&evil, &pipe).unwrap();
    writer.write_all(rest).unwrap();
    drop(writer);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read(&pipe).unwrap(), b"evil");
    assert!(fs::read(path.join("out/x")).unwrap() == good);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = json!({"path": "pipe", "bytes": good.len(), "sha256": sha256(&good), "copy": "out/x"});
    assert_eq!(json["artifacts"][0]["file"], expected);
}

/// Somebody writes into the file, and exchanges it, all the time. Whatever comes of it, only what was verified is there afterwards.
#[test]
fn whoever_wins_the_race_only_what_was_verified_is_copied() {
    use std::io::{Seek, Write};
    use std::sync::atomic::{AtomicBool, Ordering};
    let good: Vec<u8> = (0..2_u32 << 20).flat_map(|number| number.to_le_bytes()).collect();
    let directory = chain(&[("x", &good)], &[]);
    let path = directory.path();
    let is_over = AtomicBool::new(false);
    fs::write(path.join("good"), &good).unwrap();
    fs::copy(path.join("good"), path.join("file")).unwrap();
    let disturb = || {
        let mut place = 0;
        while !is_over.load(Ordering::Relaxed) {
            // One bad byte, here and there, half of the time.
            let mut file = fs::OpenOptions::new().write(true).open(path.join("file")).unwrap();
            for number in 0..4000_u64 {
                let byte = good[place as usize];
                file.seek(std::io::SeekFrom::Start(place)).unwrap();
                file.write_all(&[if number % 400 < 200 { !byte } else { byte }]).unwrap();
                if number % 400 == 399 {
                    place = (place * 48_271 + 11) % good.len() as u64;
                }
            }
            fs::copy(path.join("good"), path.join("other")).unwrap();
            fs::rename(path.join("other"), path.join("file")).unwrap();
        }
    };
    let rounds = std::thread::scope(|scope| {
        scope.spawn(disturb);
        let round = |round: u32| {
            let out = format!("out{round}");
            fs::create_dir(path.join(&out)).unwrap();
            verify(path, &["--artifact", "x=file", "--copy-to", &out])
        };
        let rounds = (0..12).map(round).collect::<Vec<_>>();
        is_over.store(true, Ordering::Relaxed);
        rounds
    });
    for (number, round) in rounds.iter().enumerate() {
        let out = path.join(format!("out{number}"));
        match round.code {
            0 => assert!(fs::read(out.join("x")).unwrap() == good),
            1 => assert!(names(&out).is_empty()),
            _ => panic!("{round:?}"),
        }
    }
    println!("verified {} of {} times", rounds.iter().filter(|round| round.code == 0).count(), rounds.len());
}
