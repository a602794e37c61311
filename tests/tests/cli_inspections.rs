//! Inspections: commands that run on the verifying machine, what is said of them, and what they see.
#![cfg(unix)]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sitrep_cli::sign::Signer;
use sitrep_cli::temporary::Directory;
use sitrep_tests::command::{Run, sitrep};

/// SHA-256 of the artifact `x`, whose contents are `x`.
const X: &str = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";

/// A chain of one step that puts out `x`, with one inspection, and an empty directory `target`.
fn chain(run: Value, products: Value) -> Directory {
    let directory = Directory::new("test").unwrap();
    let path = directory.path();
    let (owner, functionary) = (Signer::from_seed([1; 32]), Signer::from_seed([2; 32]));
    owner.write(path, "owner").unwrap();
    let layout = owner.metablock(json!({
        "_type": "layout", "expires": "2040-01-01T00:00:00Z", "readme": "",
        "keys": {functionary.id(): functionary.public_json()},
        "steps": [{
            "_type": "step", "name": "ci:make", "pubkeys": [functionary.id()], "threshold": 1, "expected_command": [],
            "expected_materials": [], "expected_products": [["CREATE", "x"], ["DISALLOW", "*"]],
        }],
        "inspect": [{"_type": "inspection", "name": "look", "run": run, "expected_materials": [], "expected_products": products}],
    }));
    let link = functionary.metablock(json!({
        "_type": "link", "name": "ci:make", "command": [], "byproducts": {}, "environment": {},
        "materials": {}, "products": {"x": {"sha256": X}},
    }));
    fs::write(path.join("root.layout"), layout.to_string()).unwrap();
    fs::write(path.join(format!("ci:make.{}.link", &functionary.id()[..8])), link.to_string()).unwrap();
    fs::write(path.join("x"), "x").unwrap();
    fs::create_dir(path.join("target")).unwrap();
    directory
}

fn verify(directory: &Path, more: &[&str]) -> Run {
    let args =
        ["verify", "root.layout", "--verification-keys", "owner.pub", "--run-inspections", "--target-dir", "target"];
    sitrep(directory, &[&args[..], more].concat())
}

#[test]
fn a_command_that_fails_is_named_with_what_it_returned() {
    let directory = chain(json!(["sh", "-c", "echo told; exit 3"]), json!([]));
    let run = verify(directory.path(), &[]).expect(1).error("inspection-failed: ");
    assert!(run.stderr.contains("told\n") && run.stderr.contains("inspection look: sh returned 3"), "{}", run.stderr);
    let run = verify(directory.path(), &["--quiet"]).expect(1).error("inspection-failed: ");
    assert!(run.stdout.is_empty() && !run.stderr.contains("told"), "{}", run.stderr);
    // Standard output stays the verdict's.
    let run = verify(directory.path(), &["--json"]).expect(1);
    assert_eq!(serde_json::from_str::<Value>(&run.stdout).unwrap()["error"]["code"], "inspection-failed");
}

#[test]
fn a_program_that_is_missing_is_no_verdict() {
    let directory = chain(json!(["no-such-program"]), json!([]));
    verify(directory.path(), &[]).expect(2).error("inspection \"look\": cannot start \"no-such-program\"");
}

#[test]
fn what_cannot_be_recorded_is_an_error_and_not_overlooked() {
    let directory = chain(json!([]), json!([["DISALLOW", "*"]]));
    verify(directory.path(), &[]).expect(0);
    let target = directory.path().join("target");
    std::os::unix::fs::symlink("itself", target.join("itself")).unwrap();
    verify(directory.path(), &[]).expect(2).error("cannot record target/itself: ");
    fs::remove_file(target.join("itself")).unwrap();
    // Links to directories, even the one above, are not followed; files are seen.
    std::os::unix::fs::symlink("..", target.join("up")).unwrap();
    verify(directory.path(), &[]).expect(0);
    fs::write(target.join("more"), "").unwrap();
    let run = verify(directory.path(), &[]).expect(1).error("rule-disallow: ");
    assert!(run.stderr.contains("hint: inspections see every file of the target directory"), "{}", run.stderr);
}

#[test]
fn an_artifact_that_an_inspection_changes_is_refused() {
    let directory = chain(json!(["sh", "-c", "echo other > ../x"]), json!([]));
    verify(directory.path(), &["--artifact", "x"]).expect(1).error("artifact-digest: ");
}
