//! `sitrep run` and `sitrep status`: a real build recorded, held against its layout, and verified; and everything that keeps a link from being signed.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use sitrep_cli::shell::temporary::Directory;
use sitrep_tests::command::{Run, binary, names, sitrep};
use sitrep_tests::in_toto;
use sitrep_tests::project::project;

const PROJECT: &str = r#"
[project]
expires = "1y"
owners = ["keys/owner.pub"]
[keys]
dev = "keys/dev.pub"
builder = "keys/builder.pub"
[[step]]
name = "checkout"
by = ["dev"]
[[step]]
name = "build"
by = ["builder"]
command = "sh -c 'cat in > out; echo printed; echo told >&2'"
after = "checkout"
creates = ["out"]
"#;

/// A project whose layout is signed.
fn signed(text: &str) -> Directory {
    let directory = project(text, &["owner", "dev", "builder"]);
    fs::write(directory.path().join("in"), "source\n").unwrap();
    call(directory.path(), "layout sign --signing-key keys/owner.key").expect(0);
    directory
}

fn call(directory: &Path, args: &str) -> Run {
    sitrep(directory, &args.split(' ').collect::<Vec<_>>())
}

fn checked_out(text: &str) -> Directory {
    let directory = signed(text);
    call(directory.path(), "run checkout --signing-key keys/dev.key").expect(0);
    directory
}

const BUILD: &str = "run build --signing-key keys/builder.key";

fn link(directory: &Directory, step: &str) -> serde_json::Value {
    let evidence = directory.path().join("evidence");
    let name = names(&evidence).into_iter().find(|name| name.starts_with(&format!("{step}."))).unwrap();
    serde_json::from_slice::<serde_json::Value>(&fs::read(evidence.join(name)).unwrap()).unwrap()["signed"].clone()
}

#[test]
fn a_build_is_recorded_and_verified() {
    let directory = checked_out(PROJECT);
    let status = call(directory.path(), "status").expect(0);
    assert!(status.stdout.contains("fits so far\n  -> checkout: 0 materials, 1 product"), "{}", status.stdout);
    assert!(status.stdout.contains("  -> build: nothing yet\n"), "{}", status.stdout);
    let run = call(directory.path(), BUILD).expect(0);
    assert_eq!((run.stdout.as_str(), run.stderr.lines().next()), ("printed\n", Some("told")));
    let link = link(&directory, "build");
    assert_eq!((link["materials"].as_object().unwrap().len(), link["products"].as_object().unwrap().len()), (1, 2));
    assert_eq!(link["materials"]["in"], link["products"]["out"]);
    // What was left out stands there, and nothing was left out silently.
    let excluded: Vec<&str> =
        link["environment"]["excluded"].as_array().unwrap().iter().flat_map(|one| one.as_str()).collect();
    assert_eq!(excluded[..2], [".sitrep", "evidence"]);
    assert!(excluded.contains(&"keys/builder.key") && excluded.contains(&"sitrep.toml"), "{excluded:?}");
    let verify = "verify evidence/root.layout --verification-keys keys/owner.pub --artifact out";
    call(directory.path(), verify).expect(0);
    let status = call(directory.path(), "status --verbose").expect(0);
    assert!(status.stdout.contains("products CREATE out: 1\n"), "{}", status.stdout);
}

#[test]
fn in_toto_verifies_what_was_recorded() {
    let Some(programs) = in_toto::programs() else { return };
    for (envelope, kind) in
        ["metablock", "dsse"].iter().flat_map(|one| ["ed25519", "ecdsa-p256"].map(|kind| (one, kind)))
    {
        let directory = Directory::new("run").unwrap();
        fs::create_dir(directory.path().join("keys")).unwrap();
        for name in ["owner", "dev", "builder"] {
            call(directory.path(), &format!("key generate keys/{name} --type {kind} --no-passphrase")).expect(0);
        }
        let text = PROJECT.replace("expires", &format!("envelope = \"{envelope}\"\nexpires"));
        fs::write(directory.path().join("sitrep.toml"), text).unwrap();
        fs::write(directory.path().join("in"), "source\n").unwrap();
        for args in ["layout sign --signing-key keys/owner.key", "run checkout --signing-key keys/dev.key", BUILD] {
            call(directory.path(), args).expect(0);
        }
        let verify = |keys: &str| {
            Command::new(programs.join("in-toto-verify"))
                .args(["-l", "evidence/root.layout", "--link-dir", "evidence", "--verification-keys", keys])
                .current_dir(directory.path())
                .output()
                .unwrap()
        };
        let output = verify("keys/owner.pub");
        assert!(output.status.success(), "{envelope}, {kind}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!verify("keys/dev.pub").status.success());
    }
}

#[test]
fn materials_that_differ_stop_it_before_it_starts() {
    for (change, expected) in [
        (&(|path: &Path| fs::write(path.join("in"), "other").unwrap()) as &dyn Fn(&Path), "leaves over in\n"),
        (&|path| fs::write(path.join("more"), "").unwrap(), "leaves over more\n"),
    ] {
        let directory = checked_out(PROJECT);
        change(directory.path());
        let run = call(directory.path(), BUILD).expect(125).error("step build was not started");
        assert!(run.stderr.contains(expected) && run.stderr.contains("one of four"), "{}", run.stderr);
        assert!(!directory.path().join("out").exists());
        assert_eq!(names(&directory.path().join("evidence")).len(), 2);
    }
    let directory = signed(PROJECT);
    call(directory.path(), BUILD).expect(125).error("step build builds on checkout, of which there is no link");
}

#[test]
fn evidence_that_was_changed_stops_it_too() {
    let directory = checked_out(PROJECT);
    let evidence = directory.path().join("evidence");
    let name = names(&evidence).into_iter().find(|name| name.starts_with("checkout.")).unwrap();
    let text = fs::read_to_string(evidence.join(&name)).unwrap();
    fs::write(directory.path().join("in"), "evil").unwrap();
    let run = call(directory.path(), "run checkout --signing-key keys/builder.key").expect(125);
    run.error("the layout does not let the key with the id ");
    // A link that says what is there now, and that nobody signed.
    let forged = text.replace(
        &link(&directory, "checkout")["products"]["in"]["sha256"].as_str().unwrap().to_owned(),
        &"0".repeat(64),
    );
    assert_ne!(forged, text);
    fs::write(evidence.join(&name), forged).unwrap();
    let run = call(directory.path(), BUILD).expect(125).error("step build was not started");
    assert!(run.stderr.contains("link-missing") || run.stderr.contains("threshold-not-met"), "{}", run.stderr);
    // The layout itself.
    fs::write(evidence.join(&name), text).unwrap();
    let layout = fs::read_to_string(evidence.join("root.layout")).unwrap();
    fs::write(evidence.join("root.layout"), layout.replacen("\"out\"", "\"oot\"", 1)).unwrap();
    call(directory.path(), BUILD).expect(125).error("evidence/root.layout: owner-signature");
    call(directory.path(), "status").expect(1).error("evidence/root.layout: owner-signature");
}

#[test]
fn a_misfit_is_not_signed_and_its_recording_is_kept() {
    let text = PROJECT.replace("echo printed", "touch extra-1 extra-2");
    let directory = checked_out(&text);
    let run = call(directory.path(), BUILD).expect(125).error("step build does not fit the layout");
    assert!(run.stderr.contains("step build, products: DISALLOW * leaves over extra-1, extra-2\n"), "{}", run.stderr);
    assert!(run.stderr.contains("add \"extra-1\" to creates (or changes) of step build"), "{}", run.stderr);
    let kept = fs::read(directory.path().join(".sitrep/build.unsigned.json")).unwrap();
    let kept: serde_json::Value = serde_json::from_slice(&kept).unwrap();
    assert!(kept["products"]["extra-1"].is_object());
    assert_eq!(names(&directory.path().join("evidence")).len(), 2);
    // The other modes sign it, and tell.
    for name in ["out", "extra-1", "extra-2"] {
        fs::remove_file(directory.path().join(name)).unwrap();
    }
    let args = ["run", "build", "--signing-key", "keys/builder.key", "--mode", "log", "--on-misfit", "tee told"];
    let run = sitrep(directory.path(), &args).expect(0);
    assert!(!run.stderr.contains("error"), "{}", run.stderr);
    assert!(fs::read_to_string(directory.path().join("told")).unwrap().contains("leaves over extra-1, extra-2"));
    let status = call(directory.path(), "status").expect(1);
    assert!(
        status.stdout.contains("does not fit") && status.stdout.contains("leaves over extra-1"),
        "{}",
        status.stdout
    );
}

#[test]
fn a_command_that_fails_is_not_recorded() {
    let directory = checked_out(PROJECT);
    let evidence = directory.path().join("evidence");
    for (command, code) in [("exit 3", 3), ("kill -TERM $$", 143)] {
        let mut args: Vec<&str> = BUILD.split(' ').collect();
        args.extend(["--", "sh", "-c", command]);
        let run = sitrep(directory.path(), &args).expect(code);
        assert!(run.stderr.starts_with("sitrep: note: not recorded: "), "{}", run.stderr);
        assert_eq!(names(&evidence).len(), 2);
    }
    let mut args: Vec<&str> = BUILD.split(' ').collect();
    args.extend(["--record-failure", "--", "sh", "-c", "cp in out; exit 3"]);
    sitrep(directory.path(), &args).expect(3);
    assert_eq!(link(&directory, "build")["byproducts"]["return-value"], 3);
    call(directory.path(), &format!("{BUILD} -- no-such-program")).expect(125);
    fs::remove_file(directory.path().join("out")).unwrap();
    call(directory.path(), &format!("{BUILD} -- no-such-program"))
        .expect(125)
        .error("the command no-such-program does not start: ");
    let run = call(directory.path(), &format!("{BUILD} --timeout 1 -- sleep 60")).expect(125);
    run.error("the command was still running after 1 s");
}

#[test]
fn a_dry_run_signs_nothing() {
    let directory = checked_out(PROJECT);
    let run = call(directory.path(), &format!("{BUILD} --dry-run")).expect(0);
    assert!(run.stderr.contains("sitrep: note: dry run: build would be signed as evidence/build."), "{}", run.stderr);
    assert_eq!(names(&directory.path().join("evidence")).len(), 2);
}

#[test]
fn what_is_printed_is_kept_as_asked() {
    let directory = checked_out(PROJECT);
    for (asked, stdout, has_digest) in [("off", "", false), ("digest", "", true), ("text", "\u{fffd}a", true)] {
        let mut args: Vec<&str> = BUILD.split(' ').collect();
        args.extend(["--record-streams", asked, "--", "sh", "-c", "cat in > out; printf '\\377a'; echo told >&2"]);
        let run = sitrep(directory.path(), &args).expect(0);
        assert!(run.stderr.contains("told"), "{}", run.stderr);
        let byproducts = link(&directory, "build")["byproducts"].clone();
        assert_eq!(
            (&byproducts["stdout"], byproducts["stdout-digest"].is_object()),
            (&stdout.into(), has_digest),
            "{asked}"
        );
        fs::remove_file(directory.path().join("out")).unwrap();
    }
}

/// Passphrases and their like are nobody's business but sitrep's.
#[test]
fn the_command_gets_no_variable_of_sitreps_own() {
    let directory = checked_out(PROJECT);
    let output = Command::new(binary())
        .args(BUILD.split(' '))
        .args(["--record-streams", "text", "--", "sh", "-c", "env; cp in out"])
        .current_dir(directory.path())
        .env("SITREP_PASSPHRASE", "correct horse")
        .env("SITREP_OTHER", "battery")
        .env("KEPT", "staple")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let link = link(&directory, "build").to_string();
    // Nor does whoever is told of a misfit.
    fs::remove_file(directory.path().join("out")).unwrap();
    let output = Command::new(binary())
        .args(["run", "build", "--signing-key", "keys/builder.key", "--mode", "log", "--record-streams", "text"])
        .args(["--on-misfit", "sh -c 'env > told'", "--", "touch", "surprise"])
        .current_dir(directory.path())
        .env("SITREP_PASSPHRASE", "correct horse")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = fs::read_to_string(directory.path().join("told")).unwrap();
    assert!(told.contains("PATH=") && !told.contains("SITREP_"), "{told}");
    assert!(link.contains("KEPT=staple"), "{link}");
    assert!(!link.contains("SITREP_") && !link.contains("correct horse") && !link.contains("battery"), "{link}");
}

#[test]
fn what_keeps_a_step_from_being_recorded_is_told() {
    let directory = checked_out(PROJECT);
    for (args, error) in [
        ("run none --signing-key keys/builder.key", "sitrep.toml has no step \"none\""),
        ("run build --signing-key keys/none.key", "cannot read the signing key keys/none.key"),
        ("run build --signing-key keys/dev.key keys/builder.key", "expected one key to sign with"),
        ("run build --signing-key keys/builder.key --digest md5", "\"md5\" is no digest that sitrep makes"),
        ("run build --signing-key keys/builder.key --products none", "cannot record "),
        ("run x --without-layout --signing-key keys/builder.key", "no command was given for step x"),
        ("run ../x --without-layout -x --signing-key keys/builder.key", "\"../x\" is no name of a step"),
    ] {
        call(directory.path(), args).expect(125).error(error);
    }
    let text = PROJECT.replace("creates = [\"out\"]", "creates = [\"out\", \"more\"]");
    fs::write(directory.path().join("sitrep.toml"), text).unwrap();
    call(directory.path(), BUILD)
        .expect(125)
        .error("sitrep.toml says something else of step build than the signed layout");
    let unsigned = Directory::new("run").unwrap();
    fs::write(unsigned.path().join("sitrep.toml"), PROJECT).unwrap();
    call(unsigned.path(), &BUILD.replace("keys/", &format!("{}/keys/", directory.path().display())))
        .expect(125)
        .error("there is no signed layout: evidence/root.layout");
}

#[cfg(unix)]
#[test]
fn a_name_that_is_no_text_is_found_before_the_command_runs() {
    use std::os::unix::ffi::OsStrExt;
    let directory = checked_out(PROJECT);
    fs::write(directory.path().join(std::ffi::OsStr::from_bytes(b"\xff")), "").unwrap();
    call(directory.path(), BUILD).expect(125).error("cannot record ");
    assert!(!directory.path().join("out").exists());
}

/// As in-toto-run, for who comes from there.
#[test]
fn a_step_without_a_layout_is_recorded_as_in_toto_does() {
    let directory = signed(PROJECT);
    let args = "run pack --without-layout --signing-key keys/dev.key --materials in --products . --exclude keys/ evidence/ -- cp in copy";
    call(directory.path(), args).expect(0);
    let name = names(directory.path()).into_iter().find(|name| name.starts_with("pack.")).unwrap();
    let link: serde_json::Value = serde_json::from_slice(&fs::read(directory.path().join(&name)).unwrap()).unwrap();
    let listed = |list: &str| link["signed"][list].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        (listed("materials"), listed("products")),
        (vec!["in".into()], vec!["copy".into(), "in".into(), "sitrep.toml".into()])
    );
    let Some(programs) = in_toto::programs() else { return };
    let script = format!(
        "from in_toto.models.metadata import Metadata; link = Metadata.load('{name}').get_payload(); print(sorted(link.products))"
    );
    let output =
        Command::new(programs.join("python")).args(["-c", &script]).current_dir(directory.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "['copy', 'in', 'sitrep.toml']\n");
}
