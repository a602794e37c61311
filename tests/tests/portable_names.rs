//! Names that files can have everywhere: held against Unicode's case folding, against a file system with FAT that mtools made, and through `sitrep
//! unpack`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};
use sitrep_cli::shell::temporary::Directory;
use sitrep_metadata::bundle::pack::Packer;
use sitrep_metadata::envelope::document::Document;
use sitrep_metadata::portable::{check_name, check_paths, folded};
use sitrep_tests::command::{names, sitrep};
use sitrep_tests::required::leave_out;

/// Names that are refused, and others that are not.
const REFUSED: [&str; 22] = [
    "a:b",
    "x?y",
    "x*y",
    "a|b",
    "a<b",
    "a>b",
    "qu\"ote",
    "NUL",
    "nul",
    "con.txt",
    "Aux.tar.gz",
    "COM1",
    "lpt9.x",
    "dot.",
    "blank ",
    "dots..",
    "LONGNA~1.LIN",
    "a~1",
    "prn",
    "tab\t",
    "line\nfeed",
    "back\\slash",
];
const TAKEN: [&str; 20] = [
    "plain",
    "plain.txt",
    ".hidden",
    "two words",
    "many.dots.in.it",
    "build.01234567.link",
    "nul1",
    "console.txt",
    "com",
    "UPPER",
    "Mixed.Case",
    "ünï-longer-than-eight",
    "Ελληνικά",
    "日本語",
    "a+b,c;d=e[f]",
    "it's",
    "(1)",
    "a~b",
    "~",
    "longer-than-eight~1.link",
];

/// What Unicode's simple case folding joins is joined.
#[test]
fn no_two_cases_of_a_character_are_told_apart() {
    let mut pairs = 0;
    for char in '\0'..=char::MAX {
        let mut class = ClassUnicode::new([ClassUnicodeRange::new(char, char)]);
        class.try_case_fold_simple().unwrap();
        for range in class.ranges() {
            for other in range.start()..=range.end() {
                pairs += u32::from(other != char);
                assert_eq!(
                    folded(char.encode_utf8(&mut [0; 4])),
                    folded(other.encode_utf8(&mut [0; 4])),
                    "{char} {other}"
                );
            }
        }
    }
    assert!(pairs > 2_500, "{pairs}");
}

/// A file system in a file.
struct Fat {
    directory: Directory,
}

impl Fat {
    /// `None` where mtools are missing.
    fn new() -> Option<Self> {
        let fat = Self { directory: Directory::new("fat").unwrap() };
        let made = fat.command("mformat", &["-C", "-f", "2880", "::"]);
        match made {
            Ok(output) => {
                assert!(output.status.success(), "{output:?}");
                Some(fat)
            }
            Err(error) => {
                leave_out("fat", "names on FAT", format_args!("mformat does not start: {error}"));
                None
            }
        }
    }

    fn command(&self, program: &str, arguments: &[&str]) -> std::io::Result<std::process::Output> {
        let mut command = Command::new(program);
        command.args(["-i", "image"]).args(arguments).current_dir(self.directory.path()).stdin(Stdio::null());
        // Names are UTF-8, and questions are answered with no.
        command.env("LC_ALL", "C.UTF-8").env("MTOOLS_SKIP_CHECK", "1").output()
    }

    /// Copies a file there, under a name that is no path; not over another one.
    fn copy(&self, name: &str) {
        fs::write(self.directory.path().join("file"), name).unwrap();
        let _ = self.command("mcopy", &["-D", "s", "file", &format!("::{name}")]).unwrap();
    }

    /// What is there.
    fn names(&self) -> BTreeSet<String> {
        let output = self.command("mdir", &["-b", "-a", "::"]).unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| line.strip_prefix("::/").unwrap().to_owned()).collect()
    }
}

#[test]
fn what_is_taken_lies_on_a_stick_as_it_was() {
    let Some(fat) = Fat::new() else { return };
    for name in TAKEN {
        assert_eq!(check_name(name), Ok(()), "{name}");
        fat.copy(name);
    }
    assert_eq!(check_paths(TAKEN), Ok(()));
    assert_eq!(fat.names(), TAKEN.iter().map(|name| (*name).to_owned()).collect());
}

#[test]
fn what_is_refused_does_not() {
    for name in REFUSED {
        assert!(check_name(name).is_err(), "{name:?}");
    }
    let Some(fat) = Fat::new() else { return };
    // FAT itself has no devices: a driver for it refuses their names, or Windows does. And some forms are a matter of what else is there.
    // Of several dots at the end mtools takes one away, Windows and Linux all.
    let elsewhere = ["dots..", "nul", "con.txt", "Aux.tar.gz", "lpt9.x", "prn", "a~1", "LONGNA~1.LIN"];
    for name in REFUSED.into_iter().filter(|name| !elsewhere.contains(name)) {
        let Some(fat) = Fat::new() else { return };
        fat.copy(name);
        assert!(!fat.names().contains(name), "{name:?} is there as it was");
    }
    // One of two is there, under whichever name.
    for (one, other) in [("case", "CASE"), ("ünï", "Ünï"), ("longname-file.link", "LONGNA~1.LIN")] {
        assert!(check_paths([one, other]).is_err(), "{one} {other}");
        let before = fat.names().len();
        fat.copy(one);
        fat.copy(other);
        assert_eq!(fat.names().len(), before + 1, "{one} {other}: {:?}", fat.names());
    }
}

const LAYOUT: &str = r#"{"signatures":[],"signed":{"_type":"layout"}}"#;
const ATTESTATION: &str = r#"{"payload":"e30=","payloadType":"t","signatures":[]}"#;

/// A bundle with files of these names beside a layout.
fn bundle(directory: &Path, names: &[&str]) -> PathBuf {
    let document = |json: &str| Document::parse(json.as_bytes()).unwrap();
    let mut packer = Packer::new();
    packer.add("root.layout", document(LAYOUT));
    for name in names {
        packer.add(name, document(ATTESTATION));
    }
    let path = directory.join("a.sitrep");
    fs::write(&path, packer.finish(0).unwrap()).unwrap();
    path
}

#[test]
fn unpack_refuses_them_unless_any_names_will_do() {
    let directory = Directory::new("names").unwrap();
    let path = directory.path();
    let is_name_here = |name: &&str| !name.contains('\\') && !cfg!(windows);
    for name in REFUSED.into_iter().filter(is_name_here) {
        bundle(path, &["plain", name]);
        let run = sitrep(path, &["unpack", "a.sitrep", "-o", "out"]).expect(2).error("a.sitrep: cannot unpack ");
        assert!(run.stderr.contains("--any-names") && !path.join("out").exists(), "{name}: {}", run.stderr);
        let _ = sitrep(path, &["unpack", "a.sitrep", "-o", "out", "--any-names"]).expect(0);
        assert_eq!(fs::read_to_string(path.join("out").join(name)).unwrap().trim_end(), ATTESTATION, "{name}");
        fs::remove_dir_all(path.join("out")).unwrap();
    }
    bundle(path, &["one", "Two", "ONE"]);
    let run = sitrep(path, &["unpack", "a.sitrep", "-o", "out"]).expect(2);
    let _ = run.error("a.sitrep: cannot unpack \"ONE\" so that a stick with FAT, or Windows, holds it: it is the same there as \"one\"");
    bundle(path, &TAKEN);
    let _ = sitrep(path, &["unpack", "a.sitrep", "-o", "out"]).expect(0);
    let mut expected: Vec<String> =
        TAKEN.iter().map(|name| (*name).to_owned()).chain(["root.layout".to_owned()]).collect();
    expected.sort();
    assert_eq!(names(&path.join("out")), expected);
}
