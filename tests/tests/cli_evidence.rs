//! Sublayouts, link statements and attestations, in all the places that `sitrep` reads them from, through the whole command line.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_compact::{KeyPair, Seed};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sitrep_cli::shell::temporary::Directory;
use sitrep_metadata::hex;
use sitrep_metadata::sign::Signer;
use sitrep_tests::command::{Run, names, sitrep};

const OWNER: [u8; 32] = [1; 32];
/// Signs the sublayout.
const LEAD: [u8; 32] = [2; 32];
/// Carries out the steps.
const BUILDER: [u8; 32] = [3; 32];

const KEY: [&str; 2] = ["--verification-keys", "owner.pub"];
const V1: &str = "https://in-toto.io/Statement/v1";
const LINK: &str = "https://in-toto.io/attestation/link/v0.3";
const PROVENANCE: &str = "https://slsa.dev/provenance/v1";

fn id(seed: [u8; 32]) -> String {
    Signer::from_seed(seed).id().to_owned()
}

fn short(seed: [u8; 32]) -> String {
    id(seed)[..8].to_owned()
}

/// One line: a DSSE envelope, signed.
fn dsse(seed: [u8; 32], payload: &Value) -> String {
    let payload = payload.to_string();
    let payload_type = "application/vnd.in-toto+json";
    let signed = format!("DSSEv1 {} {payload_type} {} {payload}", payload_type.len(), payload.len());
    let signature = KeyPair::from_seed(Seed::new(seed)).sk.sign(signed, None);
    let signature = json!({ "keyid": id(seed), "sig": STANDARD.encode(*signature) });
    json!({ "payload": STANDARD.encode(payload), "payloadType": payload_type, "signatures": [signature] }).to_string()
}

fn layout(steps: &[(&str, [u8; 32])]) -> Value {
    let keys = [LEAD, BUILDER].map(|seed| (id(seed), Signer::from_seed(seed).public_json()));
    let step = |(name, seed): &(&str, [u8; 32])| {
        json!({
            "_type": "step", "name": name, "pubkeys": [id(*seed)], "threshold": 1, "expected_command": [],
            "expected_materials": [], "expected_products": [["CREATE", "*"], ["ALLOW", "*"]]
        })
    };
    json!({
        "_type": "layout", "expires": "2040-01-01T00:00:00Z", "readme": "", "inspect": [],
        "keys": Value::Object(keys.into_iter().collect()), "steps": steps.iter().map(step).collect::<Vec<_>>()
    })
}

fn digest(name: &str) -> Value {
    json!({ "sha256": hex::encode(&Sha256::digest(name)) })
}

/// What stands in the file is its name.
fn descriptor(name: &str) -> Value {
    json!({ "name": name, "digest": digest(name) })
}

fn link_statement(step: &str, material: &str, product: &str) -> Value {
    let predicate = json!({ "name": step, "command": ["make"], "materials": [descriptor(material)] });
    json!({ "_type": V1, "subject": [descriptor(product)], "predicateType": LINK, "predicate": predicate })
}

fn provenance(product: &str) -> Value {
    json!({ "_type": V1, "subject": [descriptor(product)], "predicateType": PROVENANCE, "predicate": {} })
}

/// The elements in an order that does not depend on who wrote them.
fn sorted(list: &Value) -> Vec<String> {
    let mut all: Vec<String> = list.as_array().unwrap().iter().map(Value::to_string).collect();
    all.sort();
    all
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// `compile` is a sublayout with a link in a file and one in an attestation bundle; `package` a link in an attestation bundle.
fn chain() -> Directory {
    let directory = Directory::new("test").unwrap();
    let path = directory.path();
    let metablock = |seed, signed| Signer::from_seed(seed).metablock(signed).to_string();
    let root = layout(&[("compile", LEAD), ("package", BUILDER)]);
    write(&path.join("root.layout"), &metablock(OWNER, root));
    sitrep_signers::file::write(&Signer::from_seed(OWNER), path, "owner").unwrap();
    let sublayout = format!("compile.{}", short(LEAD));
    write(&path.join(format!("{sublayout}.link")), &metablock(LEAD, layout(&[("fetch", BUILDER), ("cc", BUILDER)])));
    let fetch = json!({
        "_type": "link", "name": "fetch", "materials": {}, "products": { "app.c": digest("app.c") },
        "command": ["git"], "byproducts": {}, "environment": {}
    });
    let inside = path.join(sublayout);
    write(&inside.join(format!("fetch.{}.link", short(BUILDER))), &metablock(BUILDER, fetch));
    write(&inside.join("cc.intoto.jsonl"), &dsse(BUILDER, &link_statement("cc", "app.c", "app")));
    let package = dsse(BUILDER, &link_statement("package", "app", "app.tar"));
    write(&path.join("app.tar.intoto.jsonl"), &format!("{package}\n"));
    write(&path.join("elsewhere/provenance.json"), &dsse(BUILDER, &provenance("app.tar")));
    write(&path.join("app.tar"), "app.tar");
    directory
}

fn verify(directory: &Path, input: &str, more: &[&str]) -> Run {
    sitrep(directory, &[&["verify", input], &KEY[..], more].concat())
}

#[test]
fn sublayouts_and_link_statements_are_verified() {
    let directory = chain();
    let path = directory.path();
    let run = verify(path, "root.layout", &["--artifact", "app.tar"]).expect(0);
    assert!(run.stdout.contains("artifact app.tar is what step package produced\n    sha256 "), "{}", run.stdout);
    fs::remove_file(path.join(format!("compile.{}/cc.intoto.jsonl", short(LEAD)))).unwrap();
    verify(path, "root.layout", &[]).expect(1).error("link-missing: ");
}

#[test]
fn attestations_can_be_demanded() {
    let directory = chain();
    let path = directory.path();
    let demand = ["--artifact", "app.tar", "--require-attestation", "slsa-provenance-v1"];
    let given = ["--attestations", "elsewhere/provenance.json"];
    verify(path, "root.layout", &demand).expect(1).error("attestation-missing: ");
    let run = verify(path, "root.layout", &[&demand[..], &given].concat()).expect(0);
    let lines = [
        "  demanded attestation slsa-provenance-v1\n".to_owned(),
        format!(
            "  attestation slsa-provenance-v1: signed by {}, about what step package recorded; what it says was not judged\n",
            short(BUILDER)
        ),
    ];
    assert!(lines.iter().all(|line| run.stdout.contains(line)), "{}", run.stdout);
    let of_step = ["--require-attestation", "https://slsa.dev/provenance/v1@package"];
    verify(path, "root.layout", &[&of_step[..], &given].concat()).expect(0);
    // Not by whoever carries out that step, or not of that type.
    let of_step = ["--require-attestation", "slsa-provenance-v1@compile"];
    verify(path, "root.layout", &[&of_step[..], &given].concat()).expect(1).error("attestation-threshold: ");
    let other = ["--require-attestation", "slsa-provenance-v0.2"];
    verify(path, "root.layout", &[&other[..], &given].concat()).expect(1).error("attestation-missing: ");
    let twice = ["--require-attestation", "slsa-provenance-v1", "--require-attestation", "slsa-vsa-v1"];
    verify(path, "root.layout", &[&twice[..], &given].concat()).expect(1).error("attestation-missing: ");

    let unknown = verify(path, "root.layout", &["--require-attestation", "slsa"]).expect(2);
    assert!(unknown.stderr.contains("slsa-provenance-v1, "), "{}", unknown.stderr);
    verify(path, "root.layout", &["--attestations", "nowhere"]).expect(2).error("cannot read nowhere: ");
    verify(path, "nowhere", &given).expect(2).error("cannot read nowhere: ");
}

#[test]
fn links_can_all_be_in_one_attestation_bundle() {
    let directory = chain();
    let path = directory.path();
    let root = Signer::from_seed(OWNER).metablock(layout(&[("cc", BUILDER), ("package", BUILDER)]));
    write(&path.join("elsewhere/root.layout"), &root.to_string());
    let links = [("cc", "app.c", "app"), ("package", "app", "app.tar")];
    let mut lines: Vec<String> =
        links.map(|(step, material, product)| dsse(BUILDER, &link_statement(step, material, product))).to_vec();
    lines.push(dsse(BUILDER, &provenance("app.tar")));
    write(&path.join("all.intoto.jsonl"), &lines.join("\n"));
    let artifact = ["--artifact", "app.tar", "--require-attestation", "slsa-provenance-v1"];
    verify(path, "elsewhere/root.layout", &[&["--link-dir", "all.intoto.jsonl"], &artifact[..]].concat()).expect(0);
    // The name does not matter where the file is named.
    fs::rename(path.join("all.intoto.jsonl"), path.join("all")).unwrap();
    verify(path, "elsewhere/root.layout", &[&["--link-dir", "all"], &artifact[..]].concat()).expect(0);

    lines[0] = lines[0].replace("\"sig\":\"", "\"sig\":\"AAAA");
    lines[1].truncate(20);
    write(&path.join("all"), &lines.join("\n"));
    let run = verify(path, "elsewhere/root.layout", &["--link-dir", "all"]).expect(1).error("threshold-not-met: ");
    assert!(run.stderr.contains("note: all: 2:21: the text ends here, expected"), "{}", run.stderr);
}

#[test]
fn what_was_packed_is_shown_and_unpacked() {
    let directory = chain();
    let path = directory.path();
    let given = ["--attestations", "elsewhere/provenance.json"];
    sitrep(path, &[&["pack", "root.layout", "-o", "a.sitrep"], &KEY[..], &given].concat()).expect(0);
    let demand = ["--artifact", "app.tar", "--require-attestation", "slsa-provenance-v1"];
    verify(path, "a.sitrep", &demand).expect(0);
    verify(path, "a.sitrep", &given).expect(2).error("--link-dir and --attestations go with");

    let shown = sitrep(path, &["inspect", "a.sitrep"]).expect(0).stdout;
    let app = hex::encode(&Sha256::digest("app.tar"));
    for expected in [
        "envelope 0: layout, metablock\n",
        "envelope 1: sublayout for step \"compile\" of envelope 0, metablock\n",
        "envelope 2: link statement \"package\", dsse\n",
        "  materials: 1, products: 1\n",
        "  predicate type https://in-toto.io/attestation/link/v0.3\n  predicate\n",
        "    command[0]: \"make\"\n",
        "envelope 3: attestation slsa-provenance-v1, dsse\n",
        "  predicate type https://slsa.dev/provenance/v1\n",
        &format!("  about 1 artifact\n    app.tar sha256:{app}\n"),
        "  unpacks to provenance.intoto.jsonl\n",
        "envelope 4: link \"fetch\", metablock\n",
        "envelope 5: link statement \"cc\", dsse\n",
        "  belongs to the sublayout in envelope 1\n",
    ] {
        assert!(shown.contains(expected), "{expected:?} is not in\n{shown}");
    }
    let json: Value = serde_json::from_str(&sitrep(path, &["inspect", "a.sitrep", "--json"]).expect(0).stdout).unwrap();
    let payloads = json["payloads"].as_array().unwrap();
    let of_each = |member: &str| payloads.iter().map(|payload| payload[member].clone()).collect::<Vec<_>>();
    let roles = ["layout", "sublayout", "link-statement", "attestation", "link", "link-statement"];
    assert_eq!(of_each("role"), roles);
    assert_eq!(of_each("parent"), [0, 0, 0, 0, 1, 1]);
    let steps = [None, Some("compile"), Some("package"), None, Some("fetch"), Some("cc")];
    assert_eq!(of_each("step"), steps.map(Value::from));
    let predicate = json!({ "uri": PROVENANCE, "name": "slsa-provenance-v1", "says": [], "says_more": false });
    assert_eq!(payloads[3]["predicate"], predicate);
    let says = json!([{ "member": "name", "value": "package" }, { "member": "command[0]", "value": "make" }]);
    assert_eq!(sorted(&payloads[2]["predicate"]["says"]), sorted(&says));
    assert_eq!(payloads[3]["subjects"], json!({ "count": 1, "first": [descriptor("app.tar")] }));

    sitrep(path, &["unpack", "a.sitrep", "-o", "out"]).expect(0);
    let inside = format!("compile.{}", short(LEAD));
    let [link, provenance] = [format!("{inside}.link"), "provenance.intoto.jsonl".to_owned()];
    assert_eq!(names(&path.join("out")), ["app.tar.intoto.jsonl", &inside, &link, &provenance, "root.layout"]);
    verify(path, "out/root.layout", &demand).expect(0);
    sitrep(path, &[&["pack", "out/root.layout", "-o", "b.sitrep"], &KEY[..]].concat()).expect(0);
    sitrep(path, &[&["pack", "a.sitrep", "-o", "c.sitrep"], &KEY[..]].concat()).expect(0);
    let [a, b, c] = ["a.sitrep", "b.sitrep", "c.sitrep"].map(|name| fs::read(path.join(name)).unwrap());
    assert!(a == b && a == c);
}

#[test]
fn attestations_give_no_orders_to_the_terminal() {
    let directory = chain();
    let path = directory.path();
    let mut hostile = provenance("a\u{1b}[2J\u{202e}");
    hostile["predicateType"] = "urn:\u{9b}2J\nverified".into();
    let subjects: Vec<Value> =
        (0..9).map(|number| json!({ "digest": { "\u{1b}": format!("{number}\u{7}") } })).collect();
    let nameless = json!({ "_type": V1, "subject": subjects, "predicateType": "urn:x", "predicate": {} });
    write(&path.join("hostile.intoto.jsonl"), &[dsse(BUILDER, &hostile), dsse(BUILDER, &nameless)].join("\n"));
    sitrep(path, &["pack", "root.layout", "--no-verify", "-o", "a.sitrep"]).expect(0);
    for args in [&["inspect", "a.sitrep"][..], &["inspect", "a.sitrep", "--json"]] {
        let run = sitrep(path, args).expect(0);
        let harmful = ['\u{1b}', '\u{202e}', '\u{9b}', '\u{7}'];
        assert!(!run.stdout.contains(harmful) && run.stdout.contains("\\u"), "{}", run.stdout);
    }
    let shown = sitrep(path, &["inspect", "a.sitrep"]).expect(0).stdout;
    for expected in
        ["attestation of a type that has no known name", "about 9 artifacts", "(no name) \\u{1b}:0\\u{7}", "and 5 more"]
    {
        assert!(shown.contains(expected), "{expected:?} is not in\n{shown}");
    }
}

/// What somebody puts there with more lists of digest algorithms than a bundle has room for does not cost the others.
#[test]
fn a_link_that_does_not_fit_is_left_out() {
    let directory = chain();
    let path = directory.path();
    let digests = |number: usize| json!({ format!("algorithm{number}"): "00" });
    let of_many = |start: usize| (start..start + 60).map(|number| (format!("file{number}"), digests(number))).collect();
    let link = |start| json!({ "_type": "link", "name": "package", "materials": Value::Object(of_many(start)), "products": {} });
    let lines = [link(0), link(60)].map(|link| dsse(OWNER, &link));
    write(&path.join("z.intoto.jsonl"), &lines.join("\n"));
    let run = verify(path, "root.layout", &["--verbose"]).expect(0);
    let note =
        "note: z.intoto.jsonl: left out: expected at most 64 different lists of digest algorithms, found at least 65";
    assert!(run.stderr.contains(note), "{}", run.stderr);
    sitrep(path, &["pack", "root.layout", "--no-verify", "-o", "a.sitrep"]).expect(0);
}

#[test]
fn inspections_see_everything_but_what_was_loaded() {
    let directory = chain();
    let path = directory.path();
    let inspection = json!({
        "_type": "inspection", "name": "look", "run": [], "expected_materials": [["DISALLOW", "*"]], "expected_products": []
    });
    let mut root = layout(&[("compile", LEAD), ("package", BUILDER)]);
    root["inspect"] = json!([inspection]);
    write(&path.join("root.layout"), &Signer::from_seed(OWNER).metablock(root).to_string());
    sitrep(path, &[&["trust", "init", "-o", "trust.json"], &KEY[..]].concat()).expect(0);
    // Neither is read.
    ["owner.key", "owner.pub", "app.tar"].iter().for_each(|name| fs::remove_file(path.join(name)).unwrap());
    let run = |input: &str, more: &[&str]| {
        sitrep(path, &[&["verify", input, "--trust", "trust.json", "--run-inspections"], more].concat())
    };
    // Layout, sublayout, links and attestation bundles of both, the trust policy; what is named only where it is.
    let given = ["--attestations", "elsewhere/provenance.json"];
    run("root.layout", &given).expect(0);
    let refused = run("root.layout", &[]).expect(1).error("rule-disallow: ");
    assert!(refused.stderr.contains("artifact elsewhere/provenance.json"), "{}", refused.stderr);
    // A link that no step may have is any file, whatever its name.
    write(&path.join("compile.00000000.link"), "{}");
    let refused = run("root.layout", &given).expect(1).error("rule-disallow: ");
    assert!(refused.stderr.contains("artifact compile.00000000.link"), "{}", refused.stderr);
    fs::remove_file(path.join("compile.00000000.link")).unwrap();

    sitrep(path, &[&["pack", "root.layout", "-o", "a.sitrep", "--no-verify"], &given[..]].concat()).expect(0);
    for name in names(path).into_iter().filter(|name| !["a.sitrep", "trust.json"].contains(&name.as_str())) {
        let file = path.join(name);
        if file.is_dir() { fs::remove_dir_all(file).unwrap() } else { fs::remove_file(file).unwrap() }
    }
    run("a.sitrep", &[]).expect(0);
}
