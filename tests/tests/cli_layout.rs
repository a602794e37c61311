//! `sitrep layout`: sitrep.toml becomes a layout, a layout becomes sitrep.toml, and in-toto reads what was signed.

use std::fs;
use std::path::Path;
use std::process::Command;

use sitrep_cli::shell::temporary::Directory;
use sitrep_core::Time;
use sitrep_metadata::bundle::payload_text::PayloadText;
use sitrep_metadata::envelope::document::Document;
use sitrep_metadata::lint::{Severity, lint};
use sitrep_metadata::profile::Profile;
use sitrep_project::file::{Form, Project};
use sitrep_project::import::{ImportError, import};
use sitrep_project::spelling::payload;
use sitrep_tests::command::{Run, sitrep, vectors};
use sitrep_tests::in_toto;
use sitrep_tests::project;

const PROJECT: &str = r#"# A small project.
[project]
name = "small"
expires = "1y"
owners = ["keys/owner.pub"]
[keys]
dev = "keys/dev.pub" # she has the token
builder = "keys/builder.pub"
[[step]]
name = "checkout"
by = ["dev"]
[[step]]
name = "build"
by = ["builder"]
command = "make -C src 'CC=cc -O2'"
after = "checkout"
creates = ["src/*.o", "src/small"]
"#;

/// A project, of which two could be owners.
fn project(text: &str) -> Directory {
    project::project(text, &["owner", "second", "dev", "builder"])
}

fn layout(directory: &Directory, args: &str) -> Run {
    let args: Vec<&str> = ["layout"].into_iter().chain(args.split(' ')).collect();
    sitrep(directory.path(), &args)
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn what_is_signed_is_what_the_file_says() {
    let directory = project(PROJECT);
    let run = layout(&directory, "sign --signing-key keys/owner.key").expect(0);
    assert!(run.stdout.starts_with("signed: evidence/root.layout\n  expires 20"), "{}", run.stdout);
    assert!(run.stderr.is_empty(), "{}", run.stderr);
    let signed = json(&directory.path().join("evidence/root.layout"));
    let shown = layout(&directory, "show --json").expect(0).stdout;
    let mut shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    shown["expires"] = signed["signed"]["expires"].clone();
    assert_eq!(shown, signed["signed"]);
    assert_eq!(shown["steps"][1]["expected_command"], serde_json::json!(["make", "-C", "src", "CC=cc -O2"]));
    // Its owner is the one who is believed, and the evidence is what is missing.
    let verify = ["verify", "evidence/root.layout", "--verification-keys", "keys/owner.pub"];
    sitrep(directory.path(), &verify).expect(1).error("link-missing: ");
    layout(&directory, "diff").expect(0);
    fs::write(directory.path().join("sitrep.toml"), PROJECT.replace("src/small\"", "src/large\"")).unwrap();
    let run = layout(&directory, "diff").expect(1);
    assert!(
        run.stdout.ends_with("step build, expected_products\n  - CREATE src/small\n  + CREATE src/large\n"),
        "{}",
        run.stdout
    );
}

#[test]
fn in_toto_takes_what_was_signed() {
    let Some(programs) = in_toto::programs() else { return };
    for envelope in ["metablock", "dsse"] {
        let directory = project(&PROJECT.replace("expires", &format!("envelope = \"{envelope}\"\nexpires")));
        layout(&directory, "sign --signing-key keys/owner.key").expect(0);
        let script = "\
import sys
from in_toto.models.metadata import Metadata
from securesystemslib.signer import SSlibKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
key = SSlibKey.from_crypto(load_pem_public_key(open('keys/owner.pub', 'rb').read()))
layout = Metadata.load('evidence/root.layout')
layout.verify_signature({**key.to_dict(), 'keyid': key.keyid})
layout.get_payload().validate()
print(len(layout.get_payload().steps))
";
        let output =
            Command::new(programs.join("python")).args(["-c", script]).current_dir(directory.path()).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "2\n", "{envelope}: {error}");
    }
}

#[test]
fn owners_sign_one_after_the_other() {
    let text = PROJECT.replace("[\"keys/owner.pub\"]", "[\"keys/owner.pub\", \"keys/second.pub\"]");
    let directory = project(&text);
    let run = layout(&directory, "sign --signing-key keys/owner.key").expect(0);
    assert!(run.stdout.ends_with("  2 are needed; still to sign: keys/second.pub\n"), "{}", run.stdout);
    let first = json(&directory.path().join("evidence/root.layout"));
    let run = layout(&directory, "sign --signing-key keys/second.key").expect(0);
    assert!(run.stdout.ends_with("signed by 2 of 2 owners: keys/owner.pub, keys/second.pub\n"), "{}", run.stdout);
    let both = json(&directory.path().join("evidence/root.layout"));
    assert_eq!((&both["signed"], &both["signatures"][0]), (&first["signed"], &first["signatures"][0]));
    let keys = ["--verification-keys", "keys/owner.pub", "keys/second.pub"];
    let verify: Vec<&str> = ["verify", "evidence/root.layout"].into_iter().chain(keys).collect();
    sitrep(directory.path(), &verify).expect(1).error("link-missing: ");
    // Once more changes nothing.
    layout(&directory, "sign --signing-key keys/owner.key keys/second.key").expect(0);
    assert_eq!(json(&directory.path().join("evidence/root.layout"))["signed"], both["signed"]);
    // Who says something else signs anew, and alone.
    fs::write(directory.path().join("sitrep.toml"), text.replace("src/small", "src/large")).unwrap();
    layout(&directory, "sign --signing-key keys/second.key").expect(0);
    let other = json(&directory.path().join("evidence/root.layout"));
    assert_eq!(other["signatures"].as_array().unwrap().len(), 1);
}

#[test]
fn what_cannot_be_signed_is_told_and_nothing_is_written() {
    for (from, to, key, error) in [
        (
            "[\"keys/owner.pub\"]",
            "[]",
            "owner",
            "sitrep.toml is not ready to be signed: owners of [project] names no key",
        ),
        ("by = [\"dev\"]\n", "", "owner", "sitrep.toml is not ready to be signed: by of step checkout names no key"),
        ("keys/dev.pub", "keys/none.pub", "owner", "cannot read the key keys/none.pub: "),
        ("keys/dev.pub", "keys/dev.key", "owner", "keys/dev.key holds a private key"),
        ("", "", "dev", "the key with the id "),
        ("\"1y\"", "\"1x\"", "owner", "sitrep.toml: line 4, column 11: expected a duration"),
        ("\"1y\"", "\"2020-01-01T00:00:00Z\"", "owner", "every verifier would refuse this layout: layout-expired"),
        (
            "after = \"checkout\"",
            "rules.materials = [[\"MATCHES\", \"*\"]]",
            "owner",
            "every verifier would refuse this layout: ",
        ),
    ] {
        let directory = project(&PROJECT.replacen(from, to, 1));
        let run = layout(&directory, &format!("sign --signing-key keys/{key}.key")).expect(2).error(error);
        assert_eq!(run.stderr.lines().filter(|line| line.starts_with("sitrep: error: ")).count(), 1, "{}", run.stderr);
        assert!(!directory.path().join("evidence/root.layout").exists());
    }
    let directory = project(PROJECT);
    fs::create_dir(directory.path().join("evidence")).unwrap();
    fs::write(directory.path().join("evidence/root.layout"), "mine").unwrap();
    layout(&directory, "sign --signing-key keys/owner.key").expect(2).error("evidence/root.layout exists already");
    let elsewhere = Directory::new("layout").unwrap();
    layout(&elsewhere, "show").expect(2).error("there is no sitrep.toml in this directory, nor in any above it");
}

#[test]
fn the_file_is_found_from_below_and_its_names_stay_its_own() {
    let directory = project(PROJECT);
    let below = directory.path().join("src/deep");
    fs::create_dir_all(&below).unwrap();
    let run = sitrep(&below, &["layout", "sign", "--signing-key", "../../keys/owner.key"]).expect(0);
    assert!(run.stdout.starts_with("signed: ../../evidence/root.layout"), "{}", run.stdout);
    assert!(directory.path().join("evidence/root.layout").is_file());
}

#[test]
fn edits_leave_comments_alone() {
    let directory = project(PROJECT);
    layout(&directory, "add-key second keys/second.pub --step checkout").expect(0);
    let mut args = vec!["layout", "add-step", "test", "--by", "builder", "second", "--after", "build"];
    args.extend(["--command", "make -C src test"]);
    sitrep(directory.path(), &args).expect(0);
    let text = fs::read_to_string(directory.path().join("sitrep.toml")).unwrap();
    assert!(text.starts_with("# A small project.\n") && text.contains("# she has the token\n"), "{text}");
    let show = layout(&directory, "show --rules").expect(0);
    assert!(
        show.stdout.contains("  step test\n    by builder (")
            && show.stdout.contains("MATCH * WITH PRODUCTS FROM build")
    );
    assert!(show.stderr.contains("note: step build, creates \"src/*.o\": `*` crosses `/`"), "{}", show.stderr);
    for (args, error) in [
        (&["layout", "add-key", "dev", "keys/second.pub"][..], "sitrep.toml: there is a key named \"dev\" already"),
        (&["layout", "add-key", "x", "keys/second.key"], "keys/second.key holds a private key"),
        (
            &["layout", "add-key", "x", "keys/owner.pub", "--step", "none"],
            "sitrep.toml: there is no step named \"none\"",
        ),
        (&["layout", "add-step", "test", "--by", "dev"], "sitrep.toml: there is a step named \"test\" already"),
        (&["layout", "add-step", "t", "--by", "nobody"], "sitrep.toml: step t: by names \"nobody\""),
        (&["layout", "add-step", "t", "--by", "dev", "--command", "'"], "sitrep.toml: line "),
    ] {
        sitrep(directory.path(), args).expect(2).error(error);
        assert_eq!(fs::read_to_string(directory.path().join("sitrep.toml")).unwrap(), text);
    }
}

/// Every layout at hand that a verifier takes becomes a file, and that the same signed bytes again.
#[test]
fn every_layout_becomes_a_file_and_the_same_again() {
    let (mut taken, mut refused, mut strange, mut left) = (0, 0, 0, vec![vectors()]);
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
                continue;
            }
            let is_layout = path.extension().is_some_and(|extension| extension == "layout");
            let Some(document) =
                fs::read(&path).ok().filter(|_| is_layout).and_then(|bytes| Document::parse(&bytes).ok())
            else {
                continue;
            };
            let Ok(PayloadText { text, value }) = PayloadText::of(&document) else { continue };
            let form = if document.payload_type().is_some() { Form::Dsse } else { Form::Metablock };
            match import(&value, form, &text) {
                Ok(file) => {
                    let project = Project::parse(&file).unwrap();
                    let again = project.layout(&project.inline_keys().unwrap(), Time(0)).unwrap();
                    assert_eq!(payload(&again, form, project.project.spelling), text, "{}", path.display());
                    taken += 1;
                }
                // What it was written for: a number or an escape that no writer makes.
                Err(ImportError::Differs) => strange += 1,
                Err(error) => {
                    let now = Time::parse("2030-01-01T00:00:00Z").unwrap();
                    let findings = lint(&document, Profile::Host, now, &[]).unwrap();
                    let is_refused = findings.iter().any(|finding| finding.severity == Severity::Error);
                    assert!(is_refused, "{}: {error}", path.display());
                    refused += 1;
                }
            }
        }
    }
    println!(
        "{taken} layouts became files; {refused} that no verifier takes did not, and {strange} in no writer's spelling"
    );
    assert!(taken > 1500 && strange < taken / 50, "{taken} {refused} {strange}");
}

#[test]
fn an_imported_file_is_the_layout() {
    let elsewhere = Directory::new("layout").unwrap();
    let layout = vectors().join("in-toto-demo/dsse-rsa/pristine/root.layout");
    let name = layout.to_str().unwrap();
    let import = ["layout", "import", name, "-o", "sitrep.toml"];
    let run = sitrep(elsewhere.path(), &import).expect(0);
    assert!(run.stdout.starts_with("written: sitrep.toml, 3 steps; name the owners in it"), "{}", run.stdout);
    sitrep(elsewhere.path(), &["layout", "diff", name, "sitrep.toml"]).expect(0);
    sitrep(elsewhere.path(), &import).expect(2).error("sitrep.toml exists already");
    sitrep(elsewhere.path(), &["layout", "import", "sitrep.toml"]).expect(2).error("");
}
