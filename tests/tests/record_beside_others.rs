//! Recordings and links beside those who define them: in-toto 3.1 reads what is written, git chooses the same files.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};
use sitrep_cli::record::link::write;
use sitrep_cli::record::selection::Selection;
use sitrep_cli::record::tree::Recorder;
use sitrep_cli::shell::temporary::Directory;
use sitrep_metadata::artifacts::{Algorithm, Artifacts};
use sitrep_metadata::bundle::pack::link_file_name;
use sitrep_metadata::envelope::byproducts::{Byproducts, Keep, Stream};
use sitrep_metadata::envelope::link::{Link, LinkForm};
use sitrep_metadata::hex;
use sitrep_metadata::sign::Signer;
use sitrep_tests::in_toto;
use sitrep_tests::required::leave_out;

fn fill(root: &Path, names: &[&str]) {
    for name in names {
        fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
        fs::write(root.join(name), name).unwrap();
    }
}

fn output(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn artifacts(root: &Path, include: &[&str], exclude: &[&str]) -> Artifacts {
    let selection = Selection::new(include, exclude).unwrap();
    Recorder::new(root, &selection).record().unwrap().artifacts
}

fn names(artifacts: &Artifacts) -> Vec<String> {
    artifacts.iter().map(|one| one.name().to_owned()).collect()
}

const FILES: [&str; 16] = [
    "Makefile",
    "src/a.c",
    "src/a.o",
    "src/deep/b.c",
    "src/deep/b.o",
    "doc/src/x",
    "doc/a.c",
    ".hidden/HEAD",
    "a{b}",
    "a b",
    "#x",
    "!y",
    "a/b/c/d",
    "a/x/c/d",
    "[z]",
    "out/deep/.keep",
];

/// Lists of patterns, as lines of a .gitignore have them.
const PATTERNS: [&[&str]; 22] = [
    &[],
    &["**"],
    &["*"],
    &["*.c"],
    &["/*.c"],
    &["src/*.c"],
    &["src/**/*.c"],
    &["src"],
    &["src/"],
    &["/src/", "!*.o"],
    &["doc/**"],
    &["**/src"],
    &["a/**/d"],
    &["a/*/c"],
    &["a/?/c/", "a{b}"],
    &["[Mm]ake*", "\\#x", "\\!y"],
    &["[!M]*", "!/src", "src/deep/"],
    &["*", "!*/", "!*.c"],
    &["deep", "!out/deep"],
    &["*.o", "!a.o", "\\[z\\]"],
    &["[[]z]", "a[ ]b", ".*"],
    &["/**/*.c", "!src/deep/**"],
];

#[test]
fn git_chooses_and_excludes_the_same_files() {
    let directory = Directory::new("test").unwrap();
    let root = directory.path().join("root");
    fill(&root, &FILES);
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(&root)
            .args(["-c", "core.quotePath=false", "-c", "core.excludesFile=/dev/null"])
            .args(args);
        command.env("GIT_DIR", directory.path().join("git")).env("GIT_WORK_TREE", &root);
        let mut names: Vec<_> = output(&mut command).split_terminator('\0').map(str::to_owned).collect();
        names.sort();
        names
    };
    if Command::new("git").arg("--version").output().is_err() {
        return leave_out("git", "gitignore's patterns", "there is no git");
    }
    let _ = git(&["init", "--quiet"]);
    for patterns in PATTERNS {
        let file = directory.path().join("patterns");
        fs::write(&file, patterns.join("\n") + "\n").unwrap();
        let from = format!("--exclude-from={}", file.display());
        let ignored = git(&["ls-files", "-z", "--others", "--ignored", &from]);
        let others = git(&["ls-files", "-z", "--others", &from]);
        assert_eq!(ignored.len() + others.len(), FILES.len(), "{patterns:?}");
        assert_eq!(names(&artifacts(&root, &["**"], patterns)), others, "without {patterns:?}");
        // What is in an ignored directory does not come back by `!`, and in a chosen one it is left out by it.
        if !patterns.iter().any(|pattern| pattern.starts_with('!')) {
            assert_eq!(names(&artifacts(&root, patterns, &[])), ignored, "with {patterns:?}");
        }
    }
}

/// Prints what in-toto records of its arguments but for the first, which are patterns to exclude.
const RECORD: &str = "import json, sys\n\
    from in_toto.runlib import record_artifacts_as_dict\n\
    patterns, strip, *paths = [json.loads(argument) for argument in sys.argv[1:]]\n\
    print(json.dumps(record_artifacts_as_dict(paths, exclude_patterns=patterns, lstrip_paths=strip, follow_symlink_dirs=True)))\n";

#[test]
fn in_toto_gives_directories_and_names_without_prefixes_the_same_digests() {
    let Some(programs) = in_toto::programs() else { return };
    let directory = Directory::new("test").unwrap();
    let root = directory.path();
    fill(root, &["a/z", "a/é", "a/Z", "a/b/c", "a/b-c", "a/b.o", "a/\u{10000}", "a/\u{ffff}", "d/e", "f"]);
    fs::create_dir(root.join("empty")).unwrap();
    symlink("../d", root.join("a/link")).unwrap();
    let scope = sitrep_cli::record::tree::Scope {
        links: sitrep_cli::record::tree::Links { outside: true, loops: false },
        ..Default::default()
    };
    for (paths, exclude, strip) in [
        (&["dir:a", "dir:a/b", "dir:empty", "dir:.", "f", "d/"][..], &["*.o"][..], &[][..]),
        (&["dir:a", "a/b"], &["none"], &["a/"]),
        (&["dir:a/b/", "a/"], &["/b/", "z"], &["a/b", "x"]),
    ] {
        let selection = Selection::new(paths, exclude).unwrap();
        let strip: Vec<String> = strip.iter().map(ToString::to_string).collect();
        let own = Recorder { scope, strip: &strip, ..Recorder::new(root, &selection) }.record().unwrap().artifacts;
        let digest = |one: sitrep_metadata::artifacts::Artifact<'_>| json!({"sha256": hex::encode(one.digest(Algorithm::Sha256).unwrap())});
        let own: Value = own.iter().map(|one| (one.name().to_owned(), digest(one))).collect();
        let arguments = paths.iter().map(|path| json!(path).to_string());
        let mut command = Command::new(programs.join("python"));
        command.args(["-c", RECORD, &json!(exclude).to_string(), &json!(strip).to_string()]).args(arguments);
        let theirs: Value = serde_json::from_str(&output(command.current_dir(root))).unwrap();
        let sorted = |value: &Value| {
            value.as_object().unwrap().clone().into_iter().collect::<std::collections::BTreeMap<_, _>>()
        };
        assert_eq!(sorted(&own), sorted(&theirs), "{paths:?}");
    }
}

/// Prints what in-toto reads of files whose signatures it finds good: by Metadata, or, what it does not read as a link, by the envelope.
const VERIFY: &str = "import json, sys, attr\n\
    from in_toto.models.metadata import Metadata\n\
    key = json.loads(sys.argv[1])\n\
    for path in sys.argv[2:]:\n    \
        metadata = Metadata.load(path)\n    \
        metadata.verify_signature(dict(key))\n    \
        is_statement = path.endswith('.statement')\n    \
        print(json.dumps(json.loads(metadata.payload) if is_statement else attr.asdict(metadata.get_payload())))\n";

#[test]
fn in_toto_reads_every_form() {
    let Some(programs) = in_toto::programs() else { return };
    let directory = Directory::new("test").unwrap();
    let root = directory.path().join("root");
    let long = format!("{}/{}", vec!["x\"".repeat(120); 15].join("/"), "ä".repeat(100));
    let odd = [
        "\"",
        "\\",
        "\\\\\"",
        "a\n\u{1b}[2J\u{202e}\r\t\u{8}\u{c}\u{1}\u{7f}",
        "é",
        "\u{10ffff}",
        "{}",
        "'",
        "\\u0041",
        "\u{2028}",
    ];
    fill(&root, &odd);
    fill(&root, &[&long]);
    let selection = Selection::all();
    let algorithms = [Algorithm::Sha256, Algorithm::Sha512, Algorithm::GitoidSha256];
    let recorder = Recorder { algorithms: &algorithms, ..Recorder::new(&root, &selection) };
    let materials = recorder.record().unwrap().artifacts;
    let products = artifacts(&root, &["**"], &["x*"]);
    assert_eq!((materials.len(), products.len()), (odd.len() + 1, odd.len()));
    let mut stdout = Stream::new(Keep::Text(100));
    stdout.add(b"a\xff\0\n\"");
    let byproducts = Byproducts { return_value: 1, stdout, stderr: Stream::new(Keep::Digest) }.members();
    let environment: Map<String, Value> =
        json!({"base": "/x\ny", "n": [1, -2, {"é": null, "e": true}]}).as_object().unwrap().clone();
    let command = ["sh".to_owned(), "-c".to_owned(), "echo \"\\\n\u{1}ü\"".to_owned()];
    let link = Link {
        name: "odd \"step\"",
        command: &command,
        materials: &materials,
        products: &products,
        byproducts: &byproducts,
        environment: &environment,
    };
    let signer = Signer::from_seed([9; 32]);
    let forms = [(LinkForm::Metablock, "link"), (LinkForm::Dsse, "dsse"), (LinkForm::Statement, "statement")];
    let paths = forms.map(|(form, extension)| {
        let path = directory.path().join(link_file_name("odd", signer.id())).with_extension(extension);
        let sign =
            |message: &[u8]| Ok::<_, std::io::Error>(vec![(signer.id().to_owned(), signer.sign(message).to_vec())]);
        write(&path, &link, form, sign).unwrap();
        path
    });
    let mut python = Command::new(programs.join("python"));
    python.args(["-c", VERIFY, &signer.public_json().to_string()]).args(&paths);
    let read = output(&mut python);
    for (line, (form, _)) in read.lines().zip(forms) {
        let theirs: Value = serde_json::from_str(line).unwrap();
        let own: Value = serde_json::from_slice(&link.json(form)).unwrap();
        assert_eq!(theirs.to_string().len(), own.to_string().len(), "{form:?}");
        assert!(same(&theirs, &own), "{form:?}: {theirs} {own}");
    }
    assert_eq!(read.lines().count(), forms.len());
    // A byte of another value, and the signature is none any more.
    let text = fs::read_to_string(&paths[0]).unwrap();
    fs::write(&paths[0], text.replacen("\"return-value\":1", "\"return-value\":0", 1)).unwrap();
    assert!(!python.stderr(Stdio::null()).output().unwrap().status.success());
}

/// Are the values equal, in whatever order members stand?
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        _ => a == b,
    }
}
