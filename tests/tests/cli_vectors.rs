//! The official in-toto demo, made with in-toto 3.1: every format, every kind of key, pristine and tampered, from JSON and from a bundle.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use sitrep_tests::command::{copy_of, names, sitrep, vectors};

const SETS: [&str; 6] =
    ["metablock-ed25519", "metablock-rsa", "metablock-ecdsa", "dsse-ed25519", "dsse-rsa", "dsse-ecdsa"];

fn has_tar() -> bool {
    let has_tar = Command::new("tar").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !has_tar {
        // Not `println`, which is shown only for tests that fail.
        let _ =
            writeln!(std::io::stderr(), "skipped: the demo's inspection runs tar, which this machine does not have");
    }
    has_tar
}

/// The same set twice: as it is, and with nothing but the bundle, the artifact and the key.
fn both_forms(set: &str, state: &str) -> [(sitrep_cli::shell::temporary::Directory, &'static str); 2] {
    let json = copy_of(&vectors().join("in-toto-demo").join(set).join(state));
    let bundle = copy_of(json.path());
    sitrep(bundle.path(), &["pack", "root.layout", "--no-verify", "-o", "demo.sitrep"]).expect(0);
    for name in names(bundle.path()) {
        if name.ends_with(".link") || name == "root.layout" {
            std::fs::remove_file(bundle.path().join(name)).unwrap();
        }
    }
    [(json, "root.layout"), (bundle, "demo.sitrep")]
}

const KEY: [&str; 2] = ["--verification-keys", "alice.pub"];

fn verify(directory: &Path, input: &str, more: &[&str]) -> sitrep_tests::command::Run {
    sitrep(directory, &[&["verify", input], &KEY[..], more].concat())
}

#[test]
fn pristine_sets_are_verified_with_their_inspection() {
    if !has_tar() {
        return;
    }
    for set in SETS {
        for (directory, input) in both_forms(set, "pristine") {
            let run =
                verify(directory.path(), input, &["--run-inspections", "--artifact", "demo-project.tar.gz"]).expect(0);
            for step in ["clone", "update-version", "package", "untar", "demo-project.tar.gz"] {
                assert!(run.stdout.contains(step), "{set}: {step} is not named in\n{}", run.stdout);
            }
            assert_eq!(run.stderr, "", "{set}");
        }
    }
}

#[test]
fn tampered_sets_are_refused() {
    for set in SETS {
        for (directory, input) in both_forms(set, "tampered") {
            verify(directory.path(), input, &["--run-inspections"]).expect(1).error("rule-disallow: ");
            assert!(
                !directory.path().join("demo-project").exists(),
                "{set}: the inspection ran before the steps were verified"
            );
        }
    }
}

#[test]
fn inspections_that_were_not_allowed_are_not_run() {
    for (directory, input) in both_forms("metablock-ed25519", "pristine") {
        let run = verify(directory.path(), input, &[]).expect(1).error("inspections-not-run: ");
        assert!(run.stderr.contains("--run-inspections"));
        assert!(!directory.path().join("demo-project").exists());
    }
}

#[test]
fn an_inspection_sees_files_that_do_not_belong() {
    if !has_tar() {
        return;
    }
    for (directory, input) in both_forms("dsse-ed25519", "pristine") {
        std::fs::write(directory.path().join("evil"), "").unwrap();
        verify(directory.path(), input, &["--run-inspections"]).expect(1).error("rule-disallow: ");
    }
}

#[test]
fn inspections_run_in_the_target_directory() {
    if !has_tar() {
        return;
    }
    let [(directory, input), _] = both_forms("metablock-rsa", "pristine");
    let target = directory.path().join("final-product");
    std::fs::create_dir(&target).unwrap();
    std::fs::rename(directory.path().join("demo-project.tar.gz"), target.join("demo-project.tar.gz")).unwrap();
    verify(directory.path(), input, &["--run-inspections", "--target-dir", "final-product"]).expect(0);
    assert!(target.join("demo-project/foo.py").is_file());
    verify(directory.path(), input, &["--run-inspections", "--target-dir", "nowhere"])
        .expect(2)
        .error("--target-dir nowhere");
}

#[test]
fn another_owners_key_is_refused() {
    let [(directory, input), (bundle, packed)] = both_forms("metablock-ed25519", "pristine");
    let other = vectors().join("in-toto-demo/dsse-ed25519/pristine/alice.pub");
    for (directory, input) in [(directory, input), (bundle, packed)] {
        let other = other.to_str().unwrap();
        sitrep(directory.path(), &["verify", input, "--verification-keys", other]).expect(1).error("owner-unsigned: ");
        sitrep(directory.path(), &["verify", input, "--verification-keys", "alice.pub", other])
            .expect(1)
            .error("owner-unsigned: ");
    }
}

#[test]
fn a_replaced_artifact_is_refused() {
    for (directory, input) in both_forms("dsse-ecdsa", "pristine") {
        // Not in the directory, where the inspection would see it.
        let elsewhere = sitrep_cli::shell::temporary::Directory::new("test").unwrap();
        let other = elsewhere.path().join("other");
        std::fs::write(&other, "other").unwrap();
        let other = other.to_str().unwrap();
        let check = |artifact: &str| verify(directory.path(), input, &["--run-inspections", "--artifact", artifact]);
        check(&format!("demo-project.tar.gz={other}")).expect(1).error("artifact-digest: ");
        check(other).expect(1).error("artifact-unknown: ");
        check("demo-project.tar.gz=missing").expect(2).error("cannot read missing: ");
        // What is known to be another artifact is not unpacked.
        assert!(!directory.path().join("demo-project").exists());
    }
}

#[test]
fn the_time_decides_about_expiry() {
    for (directory, input) in both_forms("dsse-rsa", "pristine") {
        verify(directory.path(), input, &["--at", "2040-01-01T00:00:00Z"]).expect(1).error("layout-expired: ");
        verify(directory.path(), input, &["--at", "2039-12-31T23:59:59Z"]).expect(1).error("inspections-not-run: ");
    }
}

/// Links that were not looked at are told from links that are not there.
#[test]
fn what_was_not_looked_at_is_said() {
    for (directory, input) in both_forms("metablock-ed25519", "pristine") {
        let links = |more: &[&str]| -> Vec<serde_json::Value> {
            let run = verify(directory.path(), input, &[&["--json"], more].concat()).expect(1);
            let verdict: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
            verdict["steps"].as_array().unwrap().iter().map(|step| step["links"].clone()).collect()
        };
        let expired = ["--at", "2040-01-01T00:00:00Z"];
        assert_eq!(links(&expired), [serde_json::Value::Null, serde_json::Value::Null, serde_json::Value::Null]);
        let run = verify(directory.path(), input, &expired).expect(1).error("layout-expired: ");
        assert!(run.stdout.contains("  step clone: not looked at, 1 key needed\n"), "{}", run.stdout);
        // In order but for the inspection.
        assert_eq!(links(&[]), [1, 1, 1]);
        if input == "root.layout" {
            std::fs::remove_file(directory.path().join("clone.dc7cb599.link")).unwrap();
            assert_eq!(links(&[]), [0, 1, 1]);
            let run = verify(directory.path(), input, &[]).expect(1).error("link-missing: ");
            assert!(run.stdout.contains("  step clone: no valid link, 1 key needed\n"), "{}", run.stdout);
        }
    }
}

#[test]
fn only_ed25519_fits_a_device() {
    for set in SETS {
        let directory = copy_of(&vectors().join("in-toto-demo").join(set).join("pristine"));
        let args =
            ["pack", "root.layout", "--verification-keys", "alice.pub", "--profile", "device", "-o", "demo.sitrep"];
        if set.ends_with("ed25519") {
            sitrep(directory.path(), &args).expect(0);
        } else {
            sitrep(directory.path(), &args).expect(1).error("owner-scheme: ");
            assert!(!directory.path().join("demo.sitrep").exists(), "{set}");
        }
    }
}

#[test]
fn unpacked_metadata_verifies_again() {
    for set in SETS {
        let [_, (directory, _)] = both_forms(set, "pristine");
        sitrep(directory.path(), &["unpack", "demo.sitrep", "-o", "metadata"]).expect(0);
        let original = vectors().join("in-toto-demo").join(set).join("pristine");
        let expected: Vec<_> =
            names(&original).into_iter().filter(|name| name.ends_with(".link") || name == "root.layout").collect();
        assert_eq!(names(&directory.path().join("metadata")), expected, "{set}");
        verify(directory.path(), "metadata/root.layout", &[]).expect(1).error("inspections-not-run: ");
        // Packed again, the bundle is the same.
        sitrep(directory.path(), &["pack", "metadata/root.layout", "--no-verify", "-o", "again.sitrep"]).expect(0);
        let read = |name: &str| std::fs::read(directory.path().join(name)).unwrap();
        assert!(read("again.sitrep") == read("demo.sitrep"), "{set}");
    }
}

#[test]
fn the_verdict_is_json_on_request() {
    for (directory, input) in both_forms("metablock-ed25519", "pristine") {
        let run = verify(directory.path(), input, &["--json"]).expect(1);
        let verdict: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(verdict["verdict"], "refused");
        assert_eq!(verdict["error"]["code"], "inspections-not-run");
        assert_eq!(verdict["steps"].as_array().unwrap().len(), 3);
    }
}

#[test]
fn quiet_prints_nothing_but_errors() {
    for (directory, input) in both_forms("metablock-ed25519", "pristine") {
        let run = verify(directory.path(), input, &["--quiet"]).expect(1).error("inspections-not-run: ");
        assert_eq!(run.stdout, "");
        if has_tar() {
            let run = verify(directory.path(), input, &["--quiet", "--run-inspections"]).expect(0);
            assert_eq!((run.stdout, run.stderr), (String::new(), String::new()));
        }
    }
}

#[test]
fn in_toto_verifys_own_options_find_the_links() {
    let [(directory, _), _] = both_forms("dsse-ecdsa", "pristine");
    let elsewhere = sitrep_cli::shell::temporary::Directory::new("test").unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (layout, key, links) = (path("root.layout"), path("alice.pub"), path(""));
    let run = |directory: &Path, more: &[&str]| {
        sitrep(directory, &[&["verify", "--layout", &layout, "--verification-keys", &key], more].concat())
    };
    // Without --link-dir the links are looked for in the current directory, as in-toto-verify does.
    run(directory.path(), &[]).expect(1).error("inspections-not-run: ");
    run(elsewhere.path(), &[]).expect(1).error("link-missing: ");
    run(elsewhere.path(), &["--link-dir", &links]).expect(1).error("inspections-not-run: ");
    // A layout given as INPUT has its links beside it, wherever it is.
    sitrep(elsewhere.path(), &["verify", &layout, "--verification-keys", &key])
        .expect(1)
        .error("inspections-not-run: ");
}

#[test]
fn a_bundle_cannot_bring_its_own_observations() {
    let [_, (directory, _)] = both_forms("dsse-ed25519", "pristine");
    let path = directory.path().join("demo.sitrep");
    let mut packer = sitrep_metadata::bundle::pack::Packer::new();
    for name in ["root.layout", "clone.7da1b1fa.link", "update-version.7da1b1fa.link", "package.8025436d.link"] {
        let json = std::fs::read(vectors().join("in-toto-demo/dsse-ed25519/pristine").join(name)).unwrap();
        packer.add(name, sitrep_metadata::envelope::document::Document::parse(&json).unwrap());
    }
    packer.add_observation(&sitrep_metadata::bundle::pack::Observation { name: "untar".into(), ..Default::default() });
    std::fs::write(path, packer.finish(0).unwrap()).unwrap();
    for more in [&[][..], &["--run-inspections"]] {
        verify(directory.path(), "demo.sitrep", more).expect(1).error("bundle-envelope: ");
    }
    assert!(!directory.path().join("demo-project").exists());
}
