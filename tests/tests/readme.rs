//! What the README tells its reader to type works as it is written there, on a copy of what it names.
#![cfg(unix)]

use std::process::Command;

use sitrep_cli::temporary::Directory;
use sitrep_tests::command::{binary, copy_of, vectors};

const README: &str = include_str!("../../README.md");

/// The commands that stand in the section with this heading.
fn commands(heading: &str) -> String {
    let section = README.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let blocks = section.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap());
    blocks.collect()
}

#[test]
fn the_commands_of_the_readme_work() {
    let directory = Directory::new("readme").unwrap();
    // Not the tree itself: the commands write beside what they read.
    let vectors = vectors().join("in-toto-demo/metablock-ed25519/pristine");
    let set = directory.path().join("tests/vectors/in-toto-demo/metablock-ed25519");
    std::fs::create_dir_all(&set).unwrap();
    let copy = copy_of(&vectors);
    std::fs::rename(copy.keep(), set.join("pristine")).unwrap();
    let script = commands("Verify a real chain") + &commands("Carry it over") + &commands("Write down what you trust");
    assert!(
        script.contains("sitrep verify root.layout")
            && script.contains("sitrep unpack")
            && script.contains("sitrep trust compile"),
        "{script}"
    );

    let path = std::env::join_paths(
        [binary().parent().unwrap().to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    let output = Command::new("sh")
        .args(["-e", "-c", &script])
        .current_dir(directory.path())
        .env("PATH", path.unwrap())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(text.lines().filter(|line| line.starts_with("verified: ")).count(), 3, "{text}");
    // The output that the README shows, but for the time and what it leaves out.
    let shown = README.split("```text\nverified: ").nth(1).unwrap().split("```").next().unwrap();
    for line in shown.lines().skip(1).filter(|line| !line.contains("expires") && line.trim() != "...") {
        assert!(text.contains(line), "{line}\n{text}");
    }
}
