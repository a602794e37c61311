//! `sitrep inspect` adds up, and `sitrep pack` says the sizes that are there.

use std::fs;

use serde_json::Value;
use sitrep_tests::command::{copy_of, sitrep, vectors};

#[test]
fn sections_and_payloads_are_shown() {
    for set in ["metablock-rsa", "dsse-ed25519"] {
        let directory = copy_of(&vectors().join("in-toto-demo").join(set).join("pristine"));
        let path = directory.path();
        let run =
            sitrep(path, &["pack", "root.layout", "--verification-keys", "alice.pub", "-o", "a.sitrep", "--json"])
                .expect(0);
        let sizes: Value = serde_json::from_str(&run.stdout).unwrap();
        let length = fs::metadata(path.join("a.sitrep")).unwrap().len();
        let json: u64 = ["root.layout", "clone", "update-version", "package"]
            .iter()
            .map(|start| {
                let file = fs::read_dir(path).unwrap().map(Result::unwrap);
                let mut file = file.filter(|file| file.file_name().to_string_lossy().starts_with(start));
                file.next().unwrap().metadata().unwrap().len()
            })
            .sum();
        assert_eq!((&sizes["bundle_bytes"], &sizes["json_bytes"]), (&length.into(), &json.into()));
        assert_eq!((&sizes["profile"], &sizes["verified"]), (&"host".into(), &true.into()));

        let shown: Value =
            serde_json::from_str(&sitrep(path, &["inspect", "a.sitrep", "--json"]).expect(0).stdout).unwrap();
        let sections: u64 =
            ["strings", "artifacts", "envelopes"].iter().map(|name| shown[name]["length"].as_u64().unwrap()).sum();
        // The header: magic, version, profile, three lengths.
        assert!((9..=21).contains(&(length - sections)), "{shown}");
        assert_eq!(shown["payloads"][0]["steps"], serde_json::json!(["clone", "update-version", "package"]));
        assert_eq!(shown["payloads"][0]["inspections"], serde_json::json!(["untar"]));
        assert_eq!(shown["payloads"][2]["name"], "update-version");
        assert_eq!((&shown["payloads"][2]["materials"], &shown["payloads"][2]["products"]), (&1.into(), &1.into()));

        let text = sitrep(path, &["inspect", "a.sitrep"]).expect(0).stdout;
        for expected in ["nothing below is verified", "link \"package\"", "steps: clone, update-version, package"] {
            assert!(text.contains(expected), "{text}");
        }
    }
}

#[test]
fn a_bundle_can_be_packed_again_for_another_profile() {
    let directory = copy_of(&vectors().join("in-toto-demo/dsse-ed25519/pristine"));
    let path = directory.path();
    let key = ["--verification-keys", "alice.pub"];
    sitrep(path, &[&["pack", "root.layout", "-o", "host.sitrep"], &key[..]].concat()).expect(0);
    sitrep(path, &[&["pack", "host.sitrep", "-o", "device.sitrep", "--profile", "device"], &key[..]].concat())
        .expect(0);
    let [host, device] = ["host.sitrep", "device.sitrep"].map(|name| fs::read(path.join(name)).unwrap());
    let differing: Vec<usize> = (0..host.len()).filter(|place| host.get(*place) != device.get(*place)).collect();
    assert_eq!((differing, host.len()), (vec![5], device.len()), "only the profile differs");
}

#[test]
fn names_give_no_orders_to_the_terminal() {
    let directory = copy_of(&vectors().join("in-toto-demo/metablock-ed25519/pristine"));
    let path = directory.path();
    let layout = fs::read_to_string(path.join("root.layout")).unwrap();
    fs::write(path.join("root.layout"), layout.replace("\"untar\"", "\"\\u001b[2Jverified\\n\"")).unwrap();
    sitrep(path, &["pack", "root.layout", "--no-verify", "-o", "a.sitrep"]).expect(0);
    let run = sitrep(path, &["inspect", "a.sitrep"]).expect(0);
    assert!(!run.stdout.contains('\u{1b}') && run.stdout.contains("\\u{1b}[2Jverified\\n"), "{}", run.stdout);
}

#[test]
fn metadata_in_json_is_shown() {
    let directory = copy_of(&vectors().join("in-toto-demo/dsse-ed25519/pristine"));
    let path = directory.path();
    let shown = |file: &str| -> Value {
        serde_json::from_str(&sitrep(path, &["inspect", file, "--json"]).expect(0).stdout).unwrap()
    };
    sitrep(path, &["pack", "root.layout", "--verification-keys", "alice.pub", "-o", "a.sitrep"]).expect(0);
    let packed = shown("a.sitrep");
    let envelopes: Vec<String> = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|file| file.extension().is_some_and(|extension| extension == "link"))
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    // A layout or a link alone, and links as an array, a line each, and in Sigstore bundles.
    assert_eq!(shown("root.layout")["payloads"][0], {
        let mut layout = packed["payloads"][0].clone();
        layout["label"] = Value::Null;
        layout
    });
    let bundled = |envelope: &String| {
        format!("{{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\",\"dsseEnvelope\":{envelope}}}")
    };
    let [array, lines, sigstore] = [
        format!("[{}]", envelopes.join(", ")),
        envelopes.iter().map(|envelope| envelope.replace('\n', "") + "\n").collect(),
        format!("[{}]", envelopes.iter().map(bundled).collect::<Vec<_>>().join(",\n")),
    ];
    for (file, text) in [("links.json", &array), ("links.jsonl", &lines), ("links.sigstore.json", &sigstore)] {
        fs::write(path.join(file), text).unwrap();
        let links = shown(file);
        let names: Vec<&Value> = links["payloads"].as_array().unwrap().iter().map(|link| &link["name"]).collect();
        assert_eq!(names.len(), 3);
        for link in packed["payloads"].as_array().unwrap().iter().skip(1) {
            assert!(names.contains(&&link["name"]), "{file}: {links}");
        }
        let text = sitrep(path, &["inspect", file]).expect(0).stdout;
        assert!(text.contains("nothing below is verified") && text.contains("link \"package\""), "{text}");
    }
    // What is none is told, and how much of it there is at most.
    fs::write(path.join("mixed.json"), format!("[1, {}, {}]", envelopes[0], ["{}"; 20].join(","))).unwrap();
    let run = sitrep(path, &["inspect", "mixed.json"]).expect(0);
    assert!(run.stderr.contains("element 1: 1:1: expected an object"), "{}", run.stderr);
    assert!(run.stderr.contains("13 more envelopes are ignored") && run.stderr.lines().count() == 9, "{}", run.stderr);
    for (text, error) in [
        ("{}", "none.json: line 1: expected a member `signed`"),
        ("[\n1", "none.json: 2:2: the text ends here, expected `,` or `]`"),
        ("{\"messageSignature\":{}}", "found a Sigstore bundle with the signature of a file"),
        ("x", "none.json is no sitrep bundle"),
    ] {
        fs::write(path.join("none.json"), text).unwrap();
        let run = sitrep(path, &["inspect", "none.json"]).expect(2).error("");
        assert!(run.stderr.contains(error), "{}", run.stderr);
    }
}
