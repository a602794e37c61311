//! `sitrep lint` on real layouts, and where it must agree with `sitrep verify`.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sitrep_core::{Class, Code};
use sitrep_tests::command::{copy_of, sitrep, vectors};

const AT: [&str; 2] = ["--at", "2026-06-01T00:00:00Z"];

/// The names of what is found, with their severity.
fn found(report: &Value) -> Vec<String> {
    let text = |finding: &Value, member: &str| finding[member].as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|finding| text(finding, "severity") + " " + &text(finding, "name")).collect()
}

/// The demo is in order, but for an expiry that was meant to outlast it.
#[test]
fn the_demos_layouts_are_in_order() {
    for set in ["metablock-ed25519", "metablock-rsa", "metablock-ecdsa", "dsse-ed25519", "dsse-rsa", "dsse-ecdsa"] {
        let directory = copy_of(&vectors().join("in-toto-demo").join(set).join("pristine"));
        let run = sitrep(directory.path(), &[&["lint", "root.layout", "--json"][..], &AT].concat()).expect(1);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        let mut expected = vec!["warning expires-late", "note threshold-one", "note rules-none", "note inspection"];
        if !set.ends_with("ed25519") {
            expected.push("note device-unfit");
        }
        let mut got = found(&report);
        got.sort();
        expected.sort_unstable();
        assert_eq!(got, expected, "{set}");

        // Nearer to the expiry there are only notes.
        let later = sitrep(directory.path(), &["lint", "root.layout", "--at", "2035-01-01T00:00:00Z"]).expect(0);
        assert!(later.stdout.lines().next().unwrap().starts_with("root.layout: ") && !later.stdout.contains("warning"));
        assert_eq!(later.stderr, "");
        // And after it nothing else matters.
        let expired = sitrep(directory.path(), &["lint", "root.layout", "--at", "2040-01-01T00:00:00Z"]).expect(1);
        assert!(expired.stdout.contains("error layout-expired: "), "{}", expired.stdout);
    }
}

#[test]
fn devices_take_the_demo_in_ed25519_alone() {
    for (set, is_refused) in [("metablock-ed25519", false), ("dsse-ecdsa", true)] {
        let directory = copy_of(&vectors().join("in-toto-demo").join(set).join("pristine"));
        let run =
            sitrep(directory.path(), &[&["lint", "root.layout", "--profile", "device"][..], &AT].concat()).expect(1);
        assert!(run.stdout.contains("warning inspection-on-device: "), "{}", run.stdout);
        assert_eq!(run.stdout.contains("error threshold-unreachable: "), is_refused, "{}", run.stdout);
    }
}

#[test]
fn values_are_put_in_for_parameters() {
    let directory = copy_of(&vectors().join("in-toto-demo/metablock-ed25519/pristine"));
    let path = directory.path().join("root.layout");
    let text = fs::read_to_string(&path).unwrap().replace("demo-project.tar.gz", "demo-{name}.tar.gz");
    fs::write(&path, text).unwrap();
    let lint = |more: &[&str]| sitrep(directory.path(), &[&["lint", "root.layout"][..], &AT, more].concat());
    let run = lint(&[]).expect(1);
    assert!(run.stdout.contains("note parameter: `{name}` is a parameter"), "{}", run.stdout);
    let run = lint(&["--param", "name=project"]).expect(1);
    assert!(!run.stdout.contains("parameter"), "{}", run.stdout);
    let run = lint(&["--param", "other=x"]).expect(1);
    assert!(run.stdout.contains("error parameter-undefined: `{name}` is not given (step "), "{}", run.stdout);
    let run = lint(&["--param", "name=project", "nmae=x"]).expect(1);
    assert!(run.stdout.contains("warning parameter-unnamed: `nmae` is given"), "{}", run.stdout);
    lint(&["--param", "name=a", "name=b"]).expect(2).error("--param name is given twice");
    lint(&["--param", "name=a", "--profile", "device"]).expect(2).error("--param goes with --profile host");
}

/// What `sitrep verify` refuses for what the layout says, is an error here, and the other way round.
#[test]
fn lint_and_verification_agree() {
    let (mut refused, mut accepted) = (0, 0);
    for dialect in ["mb-py3", "dsse"] {
        let mut cases: Vec<PathBuf> = fs::read_dir(vectors().join("conformance").join(dialect))
            .unwrap()
            .map(|case| case.unwrap().path())
            .collect();
        cases.sort();
        for case in cases {
            let name = case.display().to_string();
            let case_json: Value = serde_json::from_slice(&fs::read(case.join("case.json")).unwrap()).unwrap();
            let owners = case_json["owners"].as_array().unwrap().iter().map(|owner| owner.as_str().unwrap());
            let args = ["verify", "root.layout", "--json", "--verification-keys"].into_iter().chain(owners).chain(AT);
            let verdict = sitrep(&case, &args.collect::<Vec<_>>());
            let verdict: Value = serde_json::from_str(&verdict.stdout).unwrap();
            let code = verdict["error"]["code"].as_str();
            let code = code.and_then(|name| Code::ALL.iter().find(|code| code.name() == name));
            // Refused before the layout is read, for its signatures.
            if code.is_some_and(|code| code.class() == Class::Trust && *code != Code::LayoutExpired) {
                continue;
            }
            let run = sitrep(&case, &[&["lint", "root.layout", "--json"][..], &AT].concat());
            let errors = found(&serde_json::from_str(&run.stdout).unwrap());
            let mut errors = errors.iter().filter_map(|finding| finding.strip_prefix("error "));
            match code.filter(|code| matches!(code.class(), Class::Layout | Class::Limit | Class::Trust)) {
                Some(code) => {
                    assert!(errors.any(|error| error == code.name()), "{name}: {}", run.stdout);
                    refused += 1;
                }
                None => {
                    let codes = errors.find(|error| Code::ALL.iter().any(|code| code.name() == *error));
                    assert_eq!(codes, None, "{name}: {}", run.stdout);
                    accepted += 1;
                }
            }
        }
    }
    assert!(refused >= 15 && accepted >= 80, "{refused} {accepted}");
}

#[test]
fn findings_are_shown_with_their_place_and_what_to_do() {
    let directory = copy_of(&vectors().join("in-toto-demo/metablock-ed25519/pristine"));
    let path = directory.path();
    let mut layout: Value = serde_json::from_slice(&fs::read(path.join("root.layout")).unwrap()).unwrap();
    layout["signed"]["steps"][1]["expected_products"] =
        json!([["MODIFY", "./foo.py"], ["DISALOW", "*"], ["REQUIRE", "\u{1b}[2J*"]]);
    fs::write(path.join("draft.json"), layout["signed"].to_string()).unwrap();
    let run = sitrep(path, &[&["lint", "draft.json"][..], &AT].concat()).expect(1);
    for line in [
        "  warning pattern-impossible: `./foo.py` starts with a component `.`, which no name does (step update-version, products rule 1: MODIFY ./foo.py)",
        "    write the names as they are recorded: `dir/file` or `dir/*`",
        "  error layout-rule: `DISALOW` begins no rule; DISALLOW is near (step update-version, products rule 2: DISALOW *)",
    ] {
        assert!(run.stdout.lines().any(|shown| shown == line), "no {line} in\n{}", run.stdout);
    }
    assert!(!run.stdout.contains('\u{1b}') && run.stdout.contains("\\u{1b}[2J*"), "{}", run.stdout);
    let run = sitrep(path, &[&["lint", "draft.json", "--json"][..], &AT].concat()).expect(1);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&report["profile"], &report["layout"]), (&json!("host"), &json!("draft.json")));
    let findings = report["findings"].as_array().unwrap();
    let count = |severity: &str| json!(findings.iter().filter(|finding| finding["severity"] == severity).count());
    assert_eq!(
        (&report["errors"], &report["warnings"], &report["notes"]),
        (&count("error"), &count("warning"), &count("note"))
    );
    let rule = findings.iter().find(|finding| finding["name"] == "layout-rule").unwrap();
    let place = json!({"step": "update-version", "list": "products", "rule": {"index": 1, "words": ["DISALOW", "*"]}});
    assert_eq!(rule["place"], place);
}

#[test]
fn what_is_no_layout_is_2() {
    let directory = copy_of(&vectors().join("in-toto-demo/metablock-ed25519/pristine"));
    let path = directory.path();
    sitrep(path, &["pack", "root.layout", "--no-verify", "-o", "a.sitrep"]).expect(0);
    fs::write(path.join("empty.json"), "{}").unwrap();
    for (file, error) in [
        ("missing", "cannot read missing: "),
        ("alice.pub", "alice.pub is a public key, expected a layout"),
        ("empty.json", "empty.json: expected a member `signed`"),
        ("a.sitrep", "a.sitrep is a bundle, expected a layout in JSON"),
    ] {
        let run = sitrep(path, &["lint", file]).expect(2).error(error);
        assert_eq!(run.stdout, "");
    }
    sitrep(path, &["lint", "root.layout", "--at", "soon"]).expect(2).error("--at \"soon\" is no time");
    // A link is in-toto metadata, but no layout.
    let link = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let link = link.into_iter().find(|name| name.ends_with(".link")).unwrap();
    sitrep(path, &["lint", &link]).expect(2).error(&format!("{link} is a link, expected a layout"));
    // Nobody else has a layout of another type.
    fs::write(path.join("odd.json"), "{\"_type\": \"Layout\", \"steps\": []}").unwrap();
    let run = sitrep(path, &["lint", "odd.json"]).expect(1);
    assert!(run.stdout.contains("error layout-type: "), "{}", run.stdout);
}

/// What the findings say of rules and patterns, in-toto's own rule engine does: each of these lists lets through, or refuses, the artifact
/// that its author hardly meant.
#[test]
fn in_toto_does_what_the_findings_say() {
    const SCRIPT: &str = "import sys, json\n\
        from in_toto.verifylib import verify_item_rules\n\
        from in_toto.models.link import Link\n\
        from in_toto.exceptions import RuleVerificationError\n\
        def artifacts(names):\n\
        \x20   return {name: {'sha256': 'a' * 64} for name in names}\n\
        for list, rules, names in json.load(sys.stdin):\n\
        \x20   links = {name: Link(name=name) for name in ('build', 'package')}\n\
        \x20   setattr(links['package'], list, artifacts(names))\n\
        \x20   links['build'].products = artifacts(['d/x', 'dd/x'])\n\
        \x20   try:\n\
        \x20       verify_item_rules('package', list, rules, links)\n\
        \x20       print('passes')\n\
        \x20   except RuleVerificationError:\n\
        \x20       print('refused')\n";
    let Some(python) = std::env::var_os("SITREP_IN_TOTO").map(|bin| PathBuf::from(bin).join("python")) else {
        let _ = writeln!(std::io::stderr(), "skipped: there is no in-toto; tests/run sets it up");
        return;
    };
    let end = json!(["DISALLOW", "*"]);
    let cases = [
        ("create-in-materials", "materials", json!([["CREATE", "x"], end]), "x", "refused"),
        ("delete-in-products", "products", json!([["DELETE", "x"], end]), "x", "refused"),
        ("require-wildcard", "products", json!([["REQUIRE", "x*"], ["ALLOW", "*"]]), "x", "refused"),
        ("require-unsatisfiable", "products", json!([["ALLOW", "x"], ["REQUIRE", "x"], end]), "x", "refused"),
        ("require-consumed", "products", json!([["CREATE", "x"], ["REQUIRE", "x"], end]), "x", "refused"),
        ("rule-unreachable", "products", json!([end, ["ALLOW", "x"]]), "x", "refused"),
        ("rule-unreachable", "products", json!([["ALLOW", "*"], ["DISALLOW", "x"]]), "x", "passes"),
        ("rules-open", "products", json!([["CREATE", "y"]]), "x", "passes"),
        ("disallow-other-form", "products", json!([["DISALLOW", "x"], ["ALLOW", "*"]]), "../x", "passes"),
        ("disallow-other-form", "products", json!([["DISALLOW", "d/*"], ["CREATE", "*"], end]), "/d/x", "passes"),
        ("rules-none", "products", json!([]), "x", "passes"),
        ("pattern-impossible", "products", json!([["ALLOW", "./x"], end]), "x", "refused"),
        ("pattern-impossible", "products", json!([["ALLOW", "d/"], end]), "d/x", "refused"),
        ("pattern-impossible", "products", json!([["ALLOW", "[z-a]"], end]), "z", "refused"),
        ("pattern-class", "products", json!([["ALLOW", "[^x]"], end]), "y", "refused"),
        ("pattern-class", "products", json!([["ALLOW", "[xy"], end]), "x", "refused"),
        ("pattern-negated-class", "products", json!([["ALLOW", "d[!a]x"], end]), "d/x", "passes"),
        ("pattern-braces", "products", json!([["ALLOW", "{x,y}"], end]), "x", "refused"),
        ("pattern-double-star", "products", json!([["ALLOW", "**/x"], end]), "x", "refused"),
        ("pattern-backslash", "products", json!([["ALLOW", "x\\*"], end]), "x*", "refused"),
        ("pattern-space", "products", json!([["ALLOW", "x "], end]), "x", "refused"),
        (
            "match-unknown-step",
            "materials",
            json!([["MATCH", "*", "WITH", "PRODUCTS", "FROM", "bild"], end]),
            "d/x",
            "refused",
        ),
        (
            "match-itself",
            "materials",
            json!([["MATCH", "*", "WITH", "MATERIALS", "FROM", "package"], end]),
            "x",
            "passes",
        ),
        (
            "match-prefix-repeated",
            "materials",
            json!([["MATCH", "d/*", "IN", "d", "WITH", "PRODUCTS", "IN", "d", "FROM", "build"], end]),
            "d/x",
            "refused",
        ),
        (
            "match-prefix-wildcard",
            "materials",
            json!([["MATCH", "*", "IN", "d*", "WITH", "PRODUCTS", "IN", "d*", "FROM", "build"], end]),
            "dd/x",
            "refused",
        ),
    ];
    let questions: Vec<Value> = cases.iter().map(|(_, list, rules, name, _)| json!([list, rules, [name]])).collect();
    let mut child = Command::new(python)
        .args(["-W", "ignore", "-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(Value::from(questions).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let answers: Vec<&str> = std::str::from_utf8(&output.stdout).unwrap().lines().collect();
    assert_eq!(answers.len(), cases.len());

    let directory = copy_of(&vectors().join("in-toto-demo/metablock-ed25519/pristine"));
    let path = directory.path();
    for ((finding, list, rules, name, expected), answer) in cases.iter().zip(answers) {
        assert_eq!(answer, *expected, "{finding}: {rules} with {name}");
        let step = |name: &str| json!({"name": name, "threshold": 1, "pubkeys": [], "expected_materials": [end], "expected_products": [end]});
        let mut layout = json!({"_type": "layout", "expires": "2027-01-01T00:00:00Z", "keys": {}, "steps": [step("build"), step("package")], "inspect": []});
        layout["steps"][1][format!("expected_{list}")] = rules.clone();
        fs::write(path.join("draft.json"), layout.to_string()).unwrap();
        let run = sitrep(path, &[&["lint", "draft.json", "--json"][..], &AT].concat()).expect(1);
        let report = serde_json::from_str(&run.stdout).unwrap();
        assert!(found(&report).iter().any(|it| it.ends_with(&format!(" {finding}"))), "{finding}: {}", run.stdout);
    }
}
