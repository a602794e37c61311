use super::*;
use crate::record::hashing::Hasher;
use crate::shell::files::FileVersion;
use crate::shell::temporary::Directory;
use std::collections::HashSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::process::Command;

fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn names(recording: &Recording) -> Vec<&str> {
    recording.keys().map(String::as_str).collect()
}

#[test]
fn files_and_links_to_files_are_recorded() {
    let directory = Directory::new("recording").unwrap();
    let root = directory.path();
    fs::create_dir_all(root.join("a/b")).unwrap();
    fs::write(root.join("a/b/c"), "x").unwrap();
    fs::write(root.join("a\\z"), "").unwrap();
    symlink("a/b/c", root.join("link")).unwrap();
    symlink("a", root.join("directory-link")).unwrap();
    symlink("nowhere", root.join("broken")).unwrap();
    let recording = record(root, &Scope::default()).unwrap();
    assert_eq!(names(&recording), ["a/b/c", "a\\z", "directory-link/b/c", "link"]);
    assert!(["link", "directory-link/b/c"].iter().all(|name| recording[*name] == recording["a/b/c"]));
    // SHA-256 of the empty string.
    assert!(sitrep_metadata::hex::encode(&recording["a\\z"]).starts_with("e3b0c44298fc1c14"));
}

fn links(outside: bool, loops: bool) -> Scope<'static> {
    Scope { links: Links { outside, loops }, ..Scope::default() }
}

#[test]
fn links_that_lead_out_are_errors_unless_they_are_allowed() {
    let directory = Directory::new("recording").unwrap();
    let (root, elsewhere) = (directory.path().join("root"), directory.path().join("elsewhere"));
    fs::create_dir_all(elsewhere.join("deep")).unwrap();
    fs::write(elsewhere.join("deep/evil"), "").unwrap();
    fs::create_dir_all(root.join("a")).unwrap();
    fs::write(root.join("a/b"), "").unwrap();
    symlink("../../elsewhere", root.join("a/lib")).unwrap();
    for scope in [links(false, false), links(false, true)] {
        let error = record(&root, &scope).unwrap_err();
        assert_eq!(error.path, root.join("a/lib"));
        let target = fs::canonicalize(&elsewhere).unwrap();
        assert!(matches!(&error.fault, RecordFault::Outside(found) if *found == target), "{error}");
    }
    assert_eq!(names(&record(&root, &links(true, false)).unwrap()), ["a/b", "a/lib/deep/evil"]);
    // A link to a file is that file, wherever it is.
    fs::remove_file(root.join("a/lib")).unwrap();
    symlink("../../elsewhere/deep/evil", root.join("a/lib")).unwrap();
    assert_eq!(names(&record(&root, &links(false, false)).unwrap()), ["a/b", "a/lib"]);
    // What begins with the same characters is another directory.
    fs::rename(&elsewhere, directory.path().join("root2")).unwrap();
    symlink("../root2", root.join("c")).unwrap();
    assert!(matches!(record(&root, &links(false, false)).unwrap_err().fault, RecordFault::Outside(_)));
}

#[test]
fn links_that_lead_back_are_errors_unless_they_are_allowed() {
    let directory = Directory::new("recording").unwrap();
    let root = directory.path();
    for (file, link, target) in [("a/x", "a/up", "../b"), ("b/y", "b/back", "../a")] {
        fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
        fs::write(root.join(file), file).unwrap();
        symlink(target, root.join(link)).unwrap();
    }
    let error = record(root, &links(true, false)).unwrap_err();
    assert!(matches!(error.fault, RecordFault::Loop), "{error}");
    let recording = record(root, &links(false, true)).unwrap();
    assert_eq!(names(&recording), ["a/up/y", "a/x", "b/back/x", "b/y"]);
    assert!(recording["a/up/y"] == recording["b/y"] && recording["b/back/x"] == recording["a/x"]);
    // To itself, to where it is, and further up.
    for target in [".", "..", "../.."] {
        let directory = Directory::new("recording").unwrap();
        let root = directory.path().join("root");
        fs::create_dir_all(root.join("a")).unwrap();
        fs::write(root.join("a/x"), "").unwrap();
        symlink(target, root.join("a/link")).unwrap();
        let error = record(&root, &links(false, false)).unwrap_err();
        assert_eq!(error.path, root.join("a/link"), "{error}");
        // Seen from above, the directory is one that the link is in as well.
        assert_eq!(names(&record(&root, &links(true, true)).unwrap()), ["a/x"]);
        assert!(matches!(record(&root, &links(true, false)).unwrap_err().fault, RecordFault::Loop));
    }
}

#[test]
fn names_are_left_out() {
    let directory = Directory::new("recording").unwrap();
    let root = directory.path();
    fs::create_dir_all(root.join("a/b")).unwrap();
    for name in ["a/b/c", "a/bc", "check.link", "d"] {
        fs::write(root.join(name), "").unwrap();
    }
    symlink("/", root.join("out")).unwrap();
    let leaving_out = |excluded: &[&str]| {
        let excluded: Vec<String> = excluded.iter().map(ToString::to_string).collect();
        let scope = Scope { names: &excluded, ..Scope::default() };
        record(root, &scope).map(|recording| recording.into_keys().collect::<Vec<_>>())
    };
    assert!(leaving_out(&["check.link"]).is_err());
    assert_eq!(leaving_out(&["out", "check.link", "a/b"]).unwrap(), ["a/bc", "d"]);
    assert_eq!(leaving_out(&["out", "b", "*", "a/b/", "none"]).unwrap(), ["a/b/c", "a/bc", "check.link", "d"]);
}

#[test]
fn there_is_an_end_to_names() {
    let directory = Directory::new("recording").unwrap();
    let root = directory.path();
    for level in 0..20 {
        let path = root.join(format!("d{level}"));
        fs::create_dir(&path).unwrap();
        for name in ["a", "b"] {
            symlink(format!("../d{}", level + 1), path.join(name)).unwrap();
        }
    }
    let error = record(root, &links(true, true)).unwrap_err();
    assert!(matches!(error.fault, RecordFault::Repeated), "{error}");
    // Ten levels give every name that there is.
    (10..20).for_each(|level| fs::remove_dir_all(root.join(format!("d{level}"))).unwrap());
    fs::create_dir(root.join("d10")).unwrap();
    fs::write(root.join("d10/x"), "").unwrap();
    let ends = record(root, &Scope::default()).unwrap();
    assert_eq!(ends.keys().filter(|name| name.starts_with("d0/")).count(), 1 << 10);
}

#[test]
fn exceptions_go_by_identity() {
    let directory = Directory::new("recording").unwrap();
    let root = directory.path();
    fs::write(root.join("root.layout"), "x").unwrap();
    symlink("root.layout", root.join("alias")).unwrap();
    fs::hard_link(root.join("root.layout"), root.join("other-name")).unwrap();
    let except = HashSet::from([FileVersion::of(&root.join("root.layout")).unwrap()]);
    // The same contents and even the same name elsewhere is another file.
    fs::create_dir(root.join("sub")).unwrap();
    fs::write(root.join("sub/root.layout"), "x").unwrap();
    assert_eq!(
        names(&record(root, &Scope { except: Some(&except), ..Scope::default() }).unwrap()),
        ["sub/root.layout"]
    );
    // Neither is what somebody has written into it since.
    fs::write(root.join("root.layout"), "evil").unwrap();
    let seen = record(root, &Scope { except: Some(&except), ..Scope::default() }).unwrap();
    assert_eq!(names(&seen), ["alias", "other-name", "root.layout", "sub/root.layout"]);
}

#[test]
fn names_are_taken_as_they_are() {
    let directory = Directory::new("recording").unwrap();
    let root = directory.path().join("root");
    fs::create_dir_all(root.join(".git")).unwrap();
    let odd = [" ", "*", "-n", ".git/x~", "a\n\u{1b}[2J\u{202e}", "a.link", "c:d", "e.pyc"];
    odd.iter().for_each(|name| fs::write(root.join(name), "").unwrap());
    assert_eq!(names(&record(&root, &Scope::default()).unwrap()), odd);
    // The directory may be given by a link.
    symlink("root", directory.path().join("link")).unwrap();
    assert_eq!(names(&record(&directory.path().join("link"), &Scope::default()).unwrap()), odd);
}

#[test]
fn what_is_no_file_is_passed_over_and_never_waited_for() {
    let directory = Directory::new("recording").unwrap();
    let pipe = directory.path().join("pipe");
    make_pipe(&pipe);
    symlink("pipe", directory.path().join("link")).unwrap();
    symlink("/dev/zero", directory.path().join("device")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(directory.path().join("socket")).unwrap();
    assert!(record(directory.path(), &Scope::default()).unwrap().is_empty());
    // Where it has taken the place of a file that was just seen.
    let mut hasher = Hasher::new(&[Algorithm::Sha256], None);
    let (path, place) = (|| pipe.clone(), super::super::directory::Directory::open(directory.path()).unwrap());
    let error = hasher.hash(&path, &|| place.open_file("pipe"), &|_| (), &mut Vec::new()).unwrap_err();
    assert!(error.to_string().contains("changed"));
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let directory = Directory::new("recording").unwrap();
    let loops = directory.path().join("loop");
    symlink("loop", &loops).unwrap();
    let error = record(directory.path(), &Scope::default()).unwrap_err();
    assert!(error.path == loops && matches!(error.fault, RecordFault::Unreadable(_)));
    assert!(record(&directory.path().join("missing"), &Scope::default()).is_err());
}

#[test]
fn a_name_that_is_not_utf_8_is_an_error() {
    let directory = Directory::new("recording").unwrap();
    let name = std::ffi::OsStr::from_bytes(b"\xff");
    fs::write(directory.path().join(name), "").unwrap();
    assert!(record(directory.path(), &Scope::default()).unwrap_err().to_string().contains("not UTF-8"));
}

fn list(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

/// The names that are recorded, in order.
fn recorded(root: &Path, include: &[&str], exclude: &[&str]) -> Result<Vec<String>, RecordError> {
    let selection = Selection::new(include, exclude).unwrap();
    let recorded = Recorder::new(root, &selection).record()?;
    Ok(recorded.artifacts.iter().map(|one| one.name().to_owned()).collect())
}

#[test]
fn patterns_choose_what_is_recorded() {
    let directory = Directory::new("recording").unwrap();
    let root = directory.path();
    for name in ["src/a.c", "src/a.o", "src/deep/b.c", "out/a.o", "Makefile"] {
        fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
        fs::write(root.join(name), name).unwrap();
    }
    symlink("src", root.join("link")).unwrap();
    assert_eq!(recorded(root, &[], &[]).unwrap(), [""; 0]);
    assert_eq!(recorded(root, &["src/"], &["*.o"]).unwrap(), ["src/a.c", "src/deep/b.c"]);
    // A link to a directory is one, and what is not chosen under its real name is read under this one.
    assert_eq!(recorded(root, &["link/", "Makefile"], &["deep"]).unwrap(), ["Makefile", "link/a.c", "link/a.o"]);
    assert_eq!(
        recorded(root, &["**"], &["/src/", "out"]).unwrap(),
        ["Makefile", "link/a.c", "link/a.o", "link/deep/b.c"]
    );
    assert_eq!(recorded(root, &["**"], &["link/", "src/"]).unwrap(), ["Makefile", "out/a.o"]);

    // What is not chosen is no error, whatever it is; and what is left out is told.
    symlink("loop", root.join("loop")).unwrap();
    symlink("/", root.join("root")).unwrap();
    fs::write(root.join(std::ffi::OsStr::from_bytes(b"\xff")), "").unwrap();
    assert_eq!(recorded(root, &["*.c"], &["root", "loop", "link"]).unwrap(), ["src/a.c", "src/deep/b.c"]);
    assert!(recorded(root, &["*.c"], &["loop"]).unwrap_err().path.ends_with("root"));
    let selection = Selection::new(&["**"], &["root", "\u{fffd}", "*.o", "link"]).unwrap();
    let names = list(&["loop", "none"]);
    let recorder = Recorder { scope: Scope { names: &names, ..Scope::default() }, ..Recorder::new(root, &selection) };
    let told = recorder.record().unwrap();
    assert_eq!(told.excluded, ["link", "loop", "out/a.o", "root", "src/a.o"]);
    assert_eq!(told.read, Progress { files: 3, bytes: "Makefile".len() as u64 + 7 + 12 });
}

#[test]
fn what_is_named_has_to_be_there() {
    let directory = Directory::new("recording").unwrap();
    let root = directory.path();
    fs::create_dir_all(root.join("a/b")).unwrap();
    fs::write(root.join("a/b/c"), "").unwrap();
    for (include, missing) in [
        (&["a/b/c", "a/x"][..], Some("a/x")),
        (&["/x"], Some("x")),
        (&["x"], Some("x")),
        (&["./b"], Some("b")),
        (&["a/b/c/d"], Some("a/b/c/d")),
        (&["b", "c", "/a/", "*x", "!y"], None),
    ] {
        let result = recorded(root, include, &[]);
        let Some(missing) = missing else {
            assert_eq!(result.unwrap(), ["a/b/c"]);
            continue;
        };
        let error = result.unwrap_err();
        assert!(matches!(error.fault, RecordFault::Missing(_)) && error.path == root.join(missing), "{error}");
    }
    let selection = Selection::new(&["*.x"], &[]).unwrap();
    let recorder = Recorder::new(root, &selection);
    assert!(recorder.record().unwrap().artifacts.is_empty());
    let error = Recorder { must_exist: true, ..recorder }.record().unwrap_err();
    assert!(matches!(error.fault, RecordFault::Nothing), "{error}");
}

#[test]
fn prefixes_are_taken_off_of_names() {
    let directory = Directory::new("recording").unwrap();
    let root = directory.path();
    for name in ["src/a", "lib/b", "lib/src/c", "d"] {
        fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
        fs::write(root.join(name), name).unwrap();
    }
    let stripped = |prefixes: &[&str]| {
        let (selection, strip) = (Selection::all(), list(prefixes));
        let recorder = Recorder { strip: &strip, ..Recorder::new(root, &selection) };
        recorder.record().map(|all| all.artifacts.iter().map(|one| one.name().to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(stripped(&["src/", "li"]).unwrap(), ["a", "b/b", "b/src/c", "d"]);
    fs::write(root.join("a"), "").unwrap();
    assert!(matches!(stripped(&["src/"]).unwrap_err().fault, RecordFault::Stripped(name) if name == "a"));
    assert!(matches!(stripped(&["d"]).unwrap_err().fault, RecordFault::Stripped(name) if name.is_empty()));
}

#[test]
fn what_is_wrong_with_names_is_known_before_files_are_read() {
    let directory = Directory::new("recording").unwrap();
    let (root, selection) = (directory.path(), Selection::new(&["*.c"], &[]).unwrap());
    fs::create_dir(root.join("d")).unwrap();
    let recorder = Recorder::new(root, &selection);
    fs::write(root.join("d").join(std::ffi::OsStr::from_bytes(b"\xff.o")), "").unwrap();
    recorder.check().unwrap();
    fs::write(root.join("d").join(std::ffi::OsStr::from_bytes(b"\xff.c")), "").unwrap();
    assert!(matches!(recorder.check().unwrap_err().fault, RecordFault::Name));
}

/// More files than a batch has, and more batches than may wait: the same as one file after the other.
#[test]
fn many_files_are_recorded_in_order_and_progress_is_told() {
    let directory = Directory::new("recording").unwrap();
    let root = directory.path();
    for number in 0..3000_u32 {
        let path = root.join(format!("{}/{number}", number % 7));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, number.to_string().repeat(number as usize % 5)).unwrap();
    }
    // Without blocks on the disk, and with enough bytes to leave the rest of a batch to others.
    fs::File::create(root.join("0/sparse")).unwrap().set_len(300 << 20).unwrap();
    let told = std::sync::Mutex::new(Vec::new());
    let tell = |progress: Progress| told.lock().unwrap().push(progress);
    let algorithms = [Algorithm::Sha512, Algorithm::Sha256, Algorithm::GitoidSha256];
    let selection = Selection::all();
    let recorder = Recorder { algorithms: &algorithms, progress: Some(&tell), ..Recorder::new(root, &selection) };
    let all = recorder.record().unwrap();
    assert_eq!((all.artifacts.len(), all.read.files), (3001, 3001));
    for one in all.artifacts.iter().filter(|one| one.name() != "0/sparse") {
        let contents = fs::read(root.join(one.name())).unwrap();
        assert_eq!(one.digest(Algorithm::Sha256).unwrap(), &*Sha256::digest(&contents));
        assert_eq!(one.digest(Algorithm::Sha512).unwrap(), &*sha2::Sha512::digest(&contents));
        assert_eq!(one.digests().count(), 3);
    }
    // 300 MiB three times take longer than a quarter of a second on any machine of today.
    let told = told.into_inner().unwrap();
    assert!(!told.is_empty() && told.is_sorted_by_key(|progress| progress.bytes));
}

/// Files without the right to read them; not as root, who may.
#[test]
fn what_may_not_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let directory = Directory::new("recording").unwrap();
    let root = directory.path();
    (0..100).for_each(|number| fs::write(root.join(number.to_string()), "").unwrap());
    fs::set_permissions(root.join("50"), fs::Permissions::from_mode(0o000)).unwrap();
    match record(root, &Scope::default()) {
        Ok(all) => assert!(fs::read(root.join("50")).is_ok() && all.len() == 100),
        Err(error) => assert!(error.path == root.join("50") && matches!(error.fault, RecordFault::Unreadable(_))),
    }
}
