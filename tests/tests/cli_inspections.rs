//! Inspections: commands that run on the verifying machine, what is said of them, and what they see.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};
use sitrep_tests::command::sitrep;
use sitrep_tests::inspected::{VERIFY, chain, inspection, nested, verify};

/// One inspection, whose command is a script.
fn script(text: &str) -> sitrep_cli::shell::temporary::Directory {
    chain(&[inspection("look", &["sh", "-c", text])])
}

/// An inspection that writes down its name, and returns this.
fn telling(name: &str, code: u8) -> Value {
    inspection(name, &["sh", "-c", &format!("echo {name} >> ../order; exit {code}")])
}

#[test]
fn a_command_that_fails_is_named_with_what_it_returned() {
    let directory = script("echo told; exit 3");
    let run = verify(directory.path(), &[]).expect(1).error("inspection-failed: ");
    assert!(run.stderr.contains("told\n") && run.stderr.contains("inspection look: sh returned 3"), "{}", run.stderr);
    let run = verify(directory.path(), &["--quiet"]).expect(1).error("inspection-failed: ");
    assert!(run.stdout.is_empty() && !run.stderr.contains("told"), "{}", run.stderr);
    // Standard output stays the verdict's.
    let run = verify(directory.path(), &["--json"]).expect(1);
    assert_eq!(serde_json::from_str::<Value>(&run.stdout).unwrap()["error"]["code"], "inspection-failed");
}

#[test]
fn what_was_run_is_told() {
    let directory = chain(&[inspection("look", &["cp", "../x", "a b"]), inspection("see", &[])]);
    let run = verify(directory.path(), &[]).expect(0);
    assert_eq!(run.stderr, "");
    let expected = ["inspection look ran", "cp ../x 'a b'", "returned 0 after ", "files before: 0", "files after: 1"];
    let told: Vec<&str> = run.stdout.lines().skip_while(|line| !line.contains(expected[0])).map(str::trim).collect();
    for (line, expected) in told.iter().zip(expected) {
        assert!(line.starts_with(expected), "{expected}\n{}", run.stdout);
    }
    assert!(told[2].ends_with(" s in target, printed nothing"), "{}", told[2]);
    assert_eq!(told[5..8], ["inspection see ran", "no command", "nothing to execute in target"]);
    // Before it runs, for those who want to watch.
    let run = verify(directory.path(), &["--verbose"]).expect(0);
    assert!(
        run.stderr.contains("note: inspection look: cp ../x 'a b' in target, for at most 600 s\n"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_commands_print_is_not_taken_for_sitreps_own() {
    let text =
        r"printf 'sitrep: error: forged\nverified: \033[2J\ta\r\n| sitrep: \342\200\256'; echo sitrep: note: b >&2";
    let directory = script(text);
    let run = verify(directory.path(), &[]).expect(0);
    let printed: Vec<&str> =
        run.stderr.lines().filter(|line| !line.starts_with("sitrep: note: inspection look: sh -c ")).collect();
    let expected = ["| sitrep: error: forged", "| verified: \\u{1b}[2J\ta", "| | sitrep: \\u{202e}sitrep: note: b"];
    assert_eq!(printed, expected);
    assert_eq!(run.stderr.lines().count(), 4, "{}", run.stderr);
    assert!(run.stdout.contains("printed 3 lines\n"), "{}", run.stdout);
}

#[test]
fn inspections_run_in_the_layouts_order_until_one_fails() {
    let directory = chain(&[telling("b", 0), telling("a", 0), telling("d", 4), telling("c", 0)]);
    verify(directory.path(), &["--inspection-report", "report"]).expect(1).error("inspection-failed: ");
    assert_eq!(fs::read_to_string(directory.path().join("order")).unwrap(), "b\na\nd\n");
    let report: Value = serde_json::from_slice(&fs::read(directory.path().join("report")).unwrap()).unwrap();
    let ran = |member: &str| -> Vec<Value> {
        report["inspections"].as_array().unwrap().iter().map(|ran| ran[member].clone()).collect()
    };
    assert_eq!(
        (ran("name"), ran("return_value")),
        (vec![json!("b"), json!("a"), json!("d")], vec![json!(0), json!(0), json!(4)])
    );
}

#[test]
fn programs_are_told_what_ran() {
    let directory = chain(&[inspection("look", &["sh", "-c", "echo a; echo b > \"$0\"", "c\nd"])]);
    let path = directory.path();
    let report = |more: &[&str]| -> Value {
        verify(path, &[&["--inspection-report", "report.json"], more].concat()).expect(0);
        let text = fs::read_to_string(path.join("report.json")).unwrap();
        let mut report: Value = serde_json::from_str(&text).unwrap();
        assert!(report["inspections"][0]["seconds"].take().as_f64().unwrap() < 60.0, "{text}");
        report
    };
    let mut expected = json!({
        "inspection_report": 1, "directory": path.join("target").canonicalize().unwrap(), "time_limit_seconds": 7, "environment_passed_on": ["PATH"],
        "excluded": [], "links_allowed": [],
        "inspections": [{
            "layout": 0, "name": "look", "command": ["sh", "-c", "echo a; echo b > \"$0\"", "c\nd"],
            "outcome": "ended", "return_value": 0, "seconds": null, "files_before": 0, "files_after": 1,
            "output": "shown", "output_lines": 1,
        }],
    });
    assert_eq!(report(&["--inspection-timeout", "7", "--inspection-env", "PATH"]), expected);
    // A report is replaced, and --json does not go together with what is printed.
    let ran = &mut expected["inspections"][0];
    (ran["files_before"], ran["output"], ran["output_lines"]) = (json!(1), json!("discarded"), json!(0));
    assert_eq!(report(&["--quiet"])["inspections"], expected["inspections"]);
    // Nothing else is, and nothing runs before that is known.
    fs::remove_file(path.join("target/c\nd")).unwrap();
    verify(path, &["--inspection-report", "x"]).expect(2).error("x exists already");
    verify(path, &["--inspection-report", "no/report"]).expect(2).error("cannot write no/report: ");
    symlink("target", path.join("way")).unwrap();
    fs::create_dir(path.join("target/inside")).unwrap();
    for inside in ["target/report", "target/inside/report", "way/report", "./target/../target/report"] {
        let refused = verify(path, &["--inspection-report", inside]).expect(2);
        let error = format!("--inspection-report {inside} is in the target directory");
        assert!(refused.error(&error).stdout.is_empty() && !path.join(inside).exists(), "{inside}");
    }
    assert!(!path.join("target/c\nd").exists());
    // Where nothing ran, it says so.
    fs::write(path.join("x"), "another").unwrap();
    verify(path, &["--inspection-report", "report.json", "--artifact", "x"]).expect(1).error("artifact-digest: ");
    let text = fs::read_to_string(path.join("report.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["inspections"], json!([]));
}

#[test]
fn a_program_that_is_missing_is_no_verdict() {
    let directory = chain(&[inspection("first", &["true"]), inspection("look", &["no-such-program", "a b"])]);
    let run = verify(directory.path(), &["--inspection-report", "report.json"]).expect(2);
    let run = run.error("inspection \"look\": cannot start \"no-such-program\" in target: ");
    assert_eq!(run.stdout, "");
    // What has been run so far is told all the same.
    for note in ["first: true: returned 0 after ", "look: no-such-program 'a b': could not be started in target"] {
        assert!(run.stderr.contains(&format!("sitrep: note: inspection {note}")), "{}", run.stderr);
    }
    let text = fs::read_to_string(directory.path().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&report["inspections"][1]["outcome"], &report["inspections"][1]["return_value"]),
        (&json!("not-started"), &Value::Null)
    );
}

#[test]
fn what_cannot_be_recorded_is_an_error_and_not_overlooked() {
    let mut strict = inspection("look", &[]);
    strict["expected_products"] = json!([["DISALLOW", "*"]]);
    let directory = chain(&[strict]);
    verify(directory.path(), &[]).expect(0);
    let target = directory.path().join("target");
    symlink("itself", target.join("itself")).unwrap();
    verify(directory.path(), &[]).expect(2).error("cannot record target/itself: ");
    fs::remove_file(target.join("itself")).unwrap();
    // Links to directories are followed, but not out of what is recorded.
    symlink("..", target.join("up")).unwrap();
    verify(directory.path(), &[])
        .expect(2)
        .error("cannot record target/up: it leads out of the directory that is recorded");
    fs::remove_file(target.join("up")).unwrap();
    fs::write(target.join("more\nsitrep: note: a"), "").unwrap();
    let run = verify(directory.path(), &[]).expect(1).error("rule-disallow: ");
    assert!(run.stderr.contains("sitrep: note: a lies in the target directory: "), "{}", run.stderr);
    assert!(run.stderr.contains("artifact more\\nsitrep: note: a)"), "{}", run.stderr);
    // Programs are told the same.
    let json: Value = serde_json::from_str(&verify(directory.path(), &["--json"]).expect(1).stdout).unwrap();
    let hint = json["error"]["hint"].as_str().unwrap();
    // Only what a terminal would obey is spelled out.
    assert!(run.stderr.contains(&format!("sitrep: hint: {}\n", hint.replace('\n', "\\n"))), "{hint}");
}

#[test]
fn a_target_directory_may_be_a_link() {
    let directory = script("echo > made");
    symlink("target", directory.path().join("link")).unwrap();
    let run = verify(directory.path(), &[]).expect(0);
    assert!(run.stdout.contains("files after: 1"), "{}", run.stdout);
    let args =
        ["verify", "root.layout", "--verification-keys", "owner.pub", "--run-inspections", "--target-dir", "link"];
    let run = sitrep(directory.path(), &args).expect(0);
    assert!(run.stdout.contains("files before: 1") && directory.path().join("target/made").exists(), "{}", run.stdout);
}

#[test]
fn an_artifact_that_an_inspection_changes_is_refused() {
    let directory = script("echo other > ../x");
    verify(directory.path(), &["--artifact", "x"]).expect(1).error("artifact-digest: ");
}

#[test]
fn inspections_of_sublayouts_run_first_and_only_on_request() {
    let (root, middle, deep) = (telling("root", 0), [telling("look", 0), telling("again", 0)], telling("look", 0));
    let directory = nested(&[&[root], &middle, &[deep]]);
    let path = directory.path();
    sitrep(path, &["pack", "root.layout", "--no-verify", "-o", "all.sitrep"]).expect(0);
    for input in ["root.layout", "all.sitrep"] {
        let verify = |more: &[&str]| sitrep(path, &[&[VERIFY[0], input], &VERIFY[2..], more].concat());
        // Without the option nothing runs at all, and the error names it.
        let run = verify(&[]).expect(1).error("sublayout-inspections-not-run: ");
        assert!(run.stderr.contains("--run-sublayout-inspections"), "{}", run.stderr);
        assert!(!path.join("order").exists());
        let run = verify(&["--run-sublayout-inspections", "--inspection-report", "report.json"]).expect(0);
        assert_eq!(fs::read_to_string(path.join("order")).unwrap(), "look\nlook\nagain\nroot\n");
        assert_eq!(run.stdout.matches(" returned 0 after ").count(), 4, "{}", run.stdout);
        let text = fs::read_to_string(path.join("report.json")).unwrap();
        let report: Value = serde_json::from_str(&text).unwrap();
        let layouts: Vec<_> =
            report["inspections"].as_array().unwrap().iter().map(|ran| ran["layout"].clone()).collect();
        assert_eq!(layouts, [2, 1, 1, 0]);
        fs::remove_file(path.join("order")).unwrap();
    }
}

#[test]
fn a_sublayouts_inspection_that_fails_refuses_the_whole() {
    let directory = nested(&[&[telling("root", 0)], &[telling("root", 5)]]);
    let run = verify(directory.path(), &["--run-sublayout-inspections"]).expect(1).error("inspection-failed: ");
    assert!(run.stderr.contains("(inspection root of sublayout ci:make."), "{}", run.stderr);
    assert_eq!(fs::read_to_string(directory.path().join("order")).unwrap(), "root\n");
    // Its rules are looked at as well.
    let mut strict = inspection("look", &["touch", "evil"]);
    strict["expected_products"] = json!([["DISALLOW", "evil"]]);
    let directory = nested(&[&[], &[strict]]);
    let run = verify(directory.path(), &["--run-sublayout-inspections"]).expect(1).error("rule-disallow: ");
    assert!(run.stderr.contains("hint: evil lies in the target directory"), "{}", run.stderr);
}

#[test]
fn what_does_not_count_runs_nothing() {
    let directory = nested(&[&[telling("root", 0)], &[telling("sublayout", 0)]]);
    let path = directory.path();
    let sublayout = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|it| it == "link"));
    let text = fs::read_to_string(sublayout.as_ref().unwrap()).unwrap();
    fs::write(sublayout.unwrap(), text.replace("echo sublayout", "echo attacker!")).unwrap();
    verify(path, &["--run-sublayout-inspections"]).expect(1).error("threshold-not-met: ");
    assert!(!path.join("order").exists());
}

#[test]
fn parameters_are_put_into_the_root_layouts_commands_once() {
    let say = [inspection("look", &["sh", "-c", "echo \"$@\"", "{0}", "{a}-{b}", "{ a}{}"])];
    let directory = nested(&[&say, &say]);
    let printed = |more: &[&str]| {
        let run = verify(directory.path(), &[&["--run-sublayout-inspections"], more].concat()).expect(0);
        run.stderr.lines().filter_map(|line| line.strip_prefix("| ")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(printed(&[]), ["{a}-{b} { a}{}"; 2]);
    let given = ["--param", "0=sh", "a={b}", "b=$x; `y`"];
    assert_eq!(printed(&given), ["{a}-{b} { a}{}", "{b}-$x; `y` { a}{}"]);
    let run = verify(directory.path(), &["--run-sublayout-inspections", "--param", "a=x"]);
    assert!(run.expect(1).error("parameter-undefined: ").stderr.lines().all(|line| !line.starts_with("| ")));
}

/// An inspection that allows nothing.
fn strict() -> Value {
    let nothing = json!([["DISALLOW", "*"]]);
    json!({"_type": "inspection", "name": "look", "run": ["true"], "expected_materials": nothing, "expected_products": nothing})
}

#[test]
fn what_is_left_out_is_told() {
    let directory = chain(&[strict()]);
    let path = directory.path();
    let target = path.join("target");
    fs::write(target.join("look.link"), "{}").unwrap();
    let hint =
        |run: &sitrep_tests::command::Run| run.stderr.lines().find(|line| line.contains("hint: ")).unwrap().to_owned();
    let run = verify(path, &[]).expect(1).error("rule-disallow: ");
    assert!(hint(&run).ends_with(": leave it out with --inspection-exclude look.link"), "{}", run.stderr);
    let run = verify(path, &["--inspection-exclude", "look.link", "--inspection-report", "r.json"]).expect(0);
    assert!(run.stdout.contains("  inspections did not see \"look.link\", which was left out\n"), "{}", run.stdout);
    let report: Value = serde_json::from_slice(&fs::read(path.join("r.json")).unwrap()).unwrap();
    assert_eq!((&report["excluded"], &report["links_allowed"]), (&json!(["look.link"]), &json!([])));
    let run = verify(path, &["--inspection-exclude", "look.link", "--json"]).expect(0);
    assert_eq!(serde_json::from_str::<Value>(&run.stdout).unwrap()["excluded"], json!(["look.link"]));
    // Each file is named as it would be typed, and what in-toto would not see beside it.
    fs::create_dir(target.join("a b")).unwrap();
    fs::write(target.join("a b/it's"), "").unwrap();
    let run = verify(path, &[]).expect(1);
    assert!(hint(&run).contains("--inspection-exclude 'a b/it'\\''s'"), "{}", run.stderr);
    assert!(
        hint(&run).ends_with("in-toto does not see look.link there: --inspection-exclude look.link"),
        "{}",
        run.stderr
    );
    verify(path, &["--inspection-exclude", "look.link", "--inspection-exclude", "a b/"]).expect(0);
    // What is not there was not left out.
    let run = verify(path, &["--inspection-exclude", "look.link", "--inspection-exclude", "no", "--json"]).expect(1);
    assert_eq!(serde_json::from_str::<Value>(&run.stdout).unwrap()["excluded"], json!(["look.link"]));
    let note = "note: --inspection-exclude no: there is nothing of that name in the target directory\n";
    assert!(run.stderr.contains(note), "{}", run.stderr);
    for name in ["../x", "/x", "", "a//b", ".", "a/.."] {
        let run = verify(path, &["--inspection-exclude", name]).expect(2);
        assert!(run.stderr.contains("expected a name below the target directory"), "{}", run.stderr);
    }
}

#[test]
fn links_out_of_the_directory_are_told_with_what_allows_them() {
    let directory = chain(&[strict()]);
    let path = directory.path();
    fs::create_dir(path.join("elsewhere")).unwrap();
    fs::write(path.join("elsewhere/evil.so"), "").unwrap();
    symlink("../elsewhere", path.join("target/lib")).unwrap();
    let run = verify(path, &[])
        .expect(2)
        .error("cannot record target/lib: it leads out of the directory that is recorded, to /");
    assert!(run.stderr.contains("--inspection-links outside") && run.stdout.is_empty(), "{}", run.stderr);
    let run = verify(path, &["--inspection-links", "outside"]).expect(1).error("rule-disallow: ");
    assert!(run.stderr.contains("artifact lib/evil.so"), "{}", run.stderr);
    verify(path, &["--inspection-exclude", "lib"]).expect(0);
    symlink(".", path.join("target/loop")).unwrap();
    let run = verify(path, &["--inspection-exclude", "lib"])
        .expect(2)
        .error("cannot record target/loop: symbolic links lead back");
    assert!(run.stderr.contains("--inspection-links loops"), "{}", run.stderr);
    verify(path, &["--inspection-exclude", "lib", "--inspection-links", "loops"]).expect(0);
}
