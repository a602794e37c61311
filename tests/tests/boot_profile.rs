//! What `sitrep pack --profile boot` accepts, a boot loader accepts, and what it refuses, that refuses with the same code: core built without its feature
//! `full`, as boot images have it, is asked every case of tests/vectors, beside the whole of core with the profile's limits.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use sitrep_metadata::profile::Profile;
use sitrep_tests::cases::{Answer, Case, directories};
use sitrep_tests::command::vectors;

#[test]
fn a_boot_loader_answers_as_the_whole_verifier_with_its_limits() {
    let (mut names, mut expected, mut questions) = (Vec::new(), Vec::new(), Vec::new());
    let mut codes = BTreeMap::<String, u32>::new();
    for directory in directories(&vectors().join("semantics")) {
        let case = Case::read(&directory);
        let Ok(chain) = case.load(&directory) else { continue };
        let on_boot = chain.judge(Profile::Boot);
        // Where nobody asks for an artifact, a boot loader does not look for the security version that is demanded of it.
        if on_boot.code == "verified" && !case.artifacts.is_empty() {
            assert_eq!(chain.judge(Profile::Host).code, "verified", "{}", directory.display());
        }
        *codes.entry(on_boot.code.clone()).or_default() += 1;
        let Some(question) = chain.boot_question() else {
            assert_ne!(on_boot.code, "verified", "{}", directory.display());
            continue;
        };
        names.push(directory);
        expected.push(on_boot);
        questions.extend(question);
    }
    let answers = ask(questions);
    let different: Vec<_> = names
        .iter()
        .zip(expected.iter().zip(&answers))
        .filter(|(_, (expected, answer))| expected != answer)
        .map(|(name, (expected, answer))| format!("{}: {expected:?}, a boot loader {answer:?}", name.display()))
        .collect();
    println!("{} cases get the same answer from a boot loader: {codes:?}", answers.len() - different.len());
    assert!(different.is_empty(), "{} of {}:\n{}", different.len(), names.len(), different.join("\n"));
    assert_eq!(answers.len(), names.len());
    assert!(codes.get("verified").is_some_and(|count| *count > 100), "{codes:?}");
}

/// The answers of the example `boot_verifier`, which is built for that.
fn ask(questions: Vec<u8>) -> Vec<Answer> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("boot-profile");
    let arguments =
        ["--quiet", "--locked", "--package", "sitrep-core", "--example", "boot_verifier", "--no-default-features"];
    let built = Command::new(env!("CARGO"))
        .current_dir(root)
        .arg("build")
        .args(arguments)
        .arg("--target-dir")
        .arg(&target)
        .status()
        .expect("cargo runs");
    assert!(built.success());
    let mut verifier = Command::new(target.join("debug/examples/boot_verifier"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the example runs");
    let mut stdin = verifier.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || stdin.write_all(&questions));
    let output = verifier.wait_with_output().expect("the example ends");
    writer.join().expect("a thread").expect("the example reads");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("text");
    let answer = |line: &str| {
        let mut words = line.split_whitespace().map(str::to_owned);
        Answer::new(words.next().unwrap_or_default(), words.collect())
    };
    text.lines().map(answer).collect()
}
