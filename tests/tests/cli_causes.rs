//! A refusal says what in the metadata it is due to, and what to do about that cause.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sitrep_cli::shell::temporary::Directory;
use sitrep_core::ed25519_key_ids;
use sitrep_tests::chain::{OWNER, Signed, Wrapping, entry, key, keyid};
use sitrep_tests::command::{Run, sitrep};

/// A chain of two steps, `fetch` and `build`, by one person each, where everything that `build` took has to come from `fetch`.
struct Chain {
    layout: Value,
    fetch: Value,
    build: Value,
}

fn link(step: &str, materials: Value, products: Value) -> Value {
    json!({
        "_type": "link", "name": step, "materials": materials, "products": products,
        "byproducts": {}, "command": [], "environment": {},
    })
}

fn sha256(digit: &str) -> Value {
    json!({"sha256": digit.repeat(64)})
}

fn step(name: &str, person: &str, materials: Value, products: Value) -> Value {
    json!({
        "_type": "step", "name": name, "pubkeys": [keyid(person)], "threshold": 1, "expected_command": [],
        "expected_materials": materials, "expected_products": products,
    })
}

impl Chain {
    fn new() -> Self {
        let match_fetch = json!([["MATCH", "*", "WITH", "PRODUCTS", "FROM", "fetch"], ["DISALLOW", "*"]]);
        let layout = json!({
            "_type": "layout", "expires": "2040-01-01T00:00:00Z", "readme": "", "inspect": [],
            "keys": {keyid("fetcher"): entry("fetcher", &keyid("fetcher")), keyid("builder"): entry("builder", &keyid("builder"))},
            "steps": [step("fetch", "fetcher", json!([]), json!([])), step("build", "builder", match_fetch, json!([]))],
        });
        let fetch = link("fetch", json!({}), json!({"a.c": sha256("a")}));
        let build = link("build", json!({"a.c": sha256("a")}), json!({"a.o": sha256("b")}));
        Self { layout, fetch, build }
    }

    fn write(&self, directory: &Path) {
        let files = [
            ("owner.pub".to_owned(), entry(OWNER, &keyid(OWNER))),
            ("root.layout".to_owned(), Signed::new(self.layout.clone(), Wrapping::Metablock, OWNER).envelope()),
            (
                link_name("fetch", &keyid("fetcher")),
                Signed::new(self.fetch.clone(), Wrapping::Dsse, "fetcher").envelope(),
            ),
            (
                link_name("build", &keyid("builder")),
                Signed::new(self.build.clone(), Wrapping::Dsse, "builder").envelope(),
            ),
        ];
        for (name, value) in files {
            fs::write(directory.join(name), value.to_string()).unwrap();
        }
    }

    /// Writes the chain, lets somebody change its files, and verifies it.
    fn verify(&self, change: impl FnOnce(&Path)) -> Run {
        let directory = Directory::new("causes").unwrap();
        self.write(directory.path());
        change(directory.path());
        sitrep(directory.path(), &["verify", "root.layout", "--verification-keys", "owner.pub"])
    }
}

fn link_name(step: &str, keyid: &str) -> String {
    format!("{step}.{}.link", &keyid[..8])
}

fn rename(directory: &Path, from: &str, to: &str) {
    fs::rename(directory.join(from), directory.join(to)).unwrap();
}

/// Standard error has these lines, without what stands before the colon twice.
#[track_caller]
fn says(run: Run, expected: &[String]) {
    let run = run.expect(1);
    for line in expected {
        assert!(run.stderr.lines().any(|own| own.contains(line.as_str())), "no {line:?} in:\n{}", run.stderr);
    }
}

#[test]
fn the_chain_is_verified_as_it_is() {
    Chain::new().verify(|_| {}).expect(0);
}

#[test]
fn a_link_under_another_name_is_found() {
    let own = link_name("build", &keyid("builder"));
    let upper = own.replace("build", "BUILD");
    let whole = format!("build.{}.link", keyid("builder"));
    for (name, why) in [
        ("build.link", "without the first eight digits of the key id in its name"),
        (upper.as_str(), "in other letters' case"),
        (&format!("{own}.json"), "but its name does not end in .link"),
        (whole.as_str(), "under another name than its signer's key id gives it"),
        ("output.link", "under another name than its signer's key id gives it"),
    ] {
        let run = Chain::new().verify(|directory| rename(directory, &own, name));
        let expected = [
            format!("cause: looked in . for {own}"),
            format!("cause: {name} is there, {why}"),
            format!("hint: rename {name} to {own}"),
        ];
        says(run, &expected);
    }
}

#[test]
fn a_key_id_of_another_dialect_is_named() {
    let [_, older] = ed25519_key_ids(&key("builder").pk);
    let older = older.to_string();
    let chain = Chain::new();
    let run = chain.verify(|directory| {
        let mut signed = Signed::new(chain.build.clone(), Wrapping::Dsse, "builder");
        signed.signers = vec![(older.clone(), "builder".to_owned())];
        fs::remove_file(directory.join(link_name("build", &keyid("builder")))).unwrap();
        fs::write(directory.join(link_name("build", &older)), signed.envelope().to_string()).unwrap();
    });
    let why = format!(
        "signed under the key id {}, which other tools give to the key that the layout lists as {}",
        &older[..8],
        &keyid("builder")[..8]
    );
    says(run, &[why, "hint: record the step again with a tool that gives keys the same ids".into()]);
}

#[test]
fn a_link_of_a_key_for_another_step_is_named() {
    let chain = Chain::new();
    let run = chain.verify(|directory| {
        fs::remove_file(directory.join(link_name("build", &keyid("builder")))).unwrap();
        let signed = Signed::new(chain.build.clone(), Wrapping::Dsse, "fetcher").envelope();
        fs::write(directory.join(link_name("build", &keyid("fetcher"))), signed.to_string()).unwrap();
    });
    says(run, &[format!("signed by key {}, which this step does not allow", &keyid("fetcher")[..8])]);
}

/// What is wrong, how the chain comes to be so, and which cause and hint the refusal gives.
type Case<'c> = (&'c str, &'c dyn Fn(&mut Chain), String, &'c str);

#[test]
fn a_rule_says_why_it_accounts_for_nothing() {
    let rule = "MATCH * WITH PRODUCTS FROM";
    let cases: [Case<'_>; 7] = [
        (
            "a step that the layout does not have",
            &|chain| chain.layout["steps"][1]["expected_materials"][0][5] = "fecth".into(),
            format!(
                "materials rule 1 ({rule} fecth) accounts for nothing: the layout has no step \"fecth\"; is \"fetch\" meant?"
            ),
            "ask the project owner for a layout whose rules name the steps that it has",
        ),
        (
            "another digest",
            &|chain| chain.build["materials"]["a.c"] = sha256("c"),
            "step fetch recorded it with sha256 aaaaaaaaaaaaaaaa..., here it has cccccccccccccccc...".into(),
            "the artifact was added, changed or taken away between the steps",
        ),
        (
            "digests of another algorithm",
            &|chain| chain.build["materials"]["a.c"] = json!({"sha512": "c".repeat(128)}),
            "step fetch recorded only sha256, here it has only sha512: digests of other algorithms are not the same"
                .into(),
            "the artifact was added, changed or taken away between the steps",
        ),
        (
            "nothing of that name",
            &|chain| chain.fetch["products"] = json!({"b.c": sha256("a")}),
            "step fetch recorded no a.c among its products".into(),
            "the artifact was added, changed or taken away between the steps",
        ),
        (
            "a name in another alphabet",
            &|chain| chain.fetch["products"] = json!({"\u{430}.c": sha256("a")}),
            "step fetch recorded \\u{430}.c among its products, which looks like a.c and is another name".into(),
            "the names differ in characters that look alike",
        ),
        (
            "an accent of its own",
            &|chain| {
                chain.fetch["products"] = json!({"caf\u{e9}": sha256("a")});
                chain.build["materials"] = json!({"cafe\u{301}": sha256("a")});
            },
            "recorded caf\\u{e9} among its products, which looks like cafe\\u{301}".into(),
            "the names differ in characters that look alike",
        ),
        (
            "no digest that is compared",
            &|chain| chain.build["materials"]["a.c"] = json!({"sha1": "c".repeat(40)}),
            "cannot compare a.c: it has only sha1".into(),
            "record the steps with SHA-256",
        ),
    ];
    for (what, change, cause, hint) in cases {
        let mut chain = Chain::new();
        change(&mut chain);
        println!("{what}");
        says(chain.verify(|_| {}), &[cause, format!("hint: {hint}")]);
    }
}

#[test]
fn rules_about_one_step_say_what_they_saw() {
    for (rules, cause) in [
        (
            json!([["CREATE", "a.c"], ["DISALLOW", "a.c"]]),
            "products rule 1 (CREATE a.c) does not account for it: it was among the materials already",
        ),
        (
            json!([["MODIFY", "a.c"], ["DISALLOW", "a.c"]]),
            "products rule 1 (MODIFY a.c) does not account for it: the step did not change it",
        ),
        (
            json!([["MODIFY", "a.o"], ["DISALLOW", "a.o"]]),
            "products rule 1 (MODIFY a.o) does not account for it: it was not among the materials",
        ),
        (json!([["REQUIRE", "lib/a.o"]]), "lib/a.o is not among the products, but a.o is"),
        (
            json!([["ALLOW", "a.o"], ["REQUIRE", "a.o"]]),
            "a.o is among the products, but a rule before this one accounts for it already",
        ),
        (json!([["REQUIRE", "A.O"]]), "among the products is a.o, which looks like A.O and is another name"),
        (json!([["REQUIRE", "b"]]), "b is not among the products that were recorded"),
    ] {
        let mut chain = Chain::new();
        chain.build["products"] = json!({"a.c": sha256("a"), "a.o": sha256("b")});
        chain.layout["steps"][1]["expected_products"] = rules;
        says(chain.verify(|_| {}), &[format!("cause: {cause}")]);
    }
}

#[test]
fn a_layout_that_is_refused_names_step_and_member() {
    for (member, value, cause) in [
        ("threshold", json!(0), "step build, member threshold: "),
        ("expected_materials", json!([["MATCH", "*"]]), "step build, materials rule 1: MATCH *: "),
        ("pubkeys", json!("all"), "step build, member pubkeys: "),
    ] {
        let mut chain = Chain::new();
        chain.layout["steps"][1][member] = value;
        says(chain.verify(|_| {}), &[format!("cause: {cause}"), "hint: `sitrep lint` names everything".into()]);
    }
}

#[test]
fn programs_are_told_as_well() {
    let mut chain = Chain::new();
    chain.build["materials"]["a.c"] = sha256("c");
    let directory = Directory::new("causes").unwrap();
    chain.write(directory.path());
    let run =
        sitrep(directory.path(), &["verify", "root.layout", "--verification-keys", "owner.pub", "--json"]).expect(1);
    let verdict: Value = serde_json::from_str(&run.stdout).unwrap();
    let causes = verdict["error"]["causes"].as_array().unwrap();
    assert!(causes.len() == 1 && causes[0].as_str().unwrap().contains("recorded it with sha256"), "{causes:?}");
}

#[test]
fn a_link_is_not_renamed_over_another_file() {
    let own = link_name("build", &keyid("builder"));
    let run = Chain::new().verify(|directory| {
        rename(directory, &own, "build.link");
        fs::write(directory.join(&own), "{").unwrap();
    });
    let run = run.expect(1);
    assert!(!run.stderr.contains("rename "), "{}", run.stderr);
    says(run, &[format!("hint: {own} is there too: ask who carries out the step which of the two is the link")]);
}

#[test]
fn warnings_are_spoken_of_where_there_are_some() {
    let file = link_name("build", &keyid("builder"));
    let run = Chain::new().verify(|directory| fs::remove_file(directory.join(&file)).unwrap()).expect(1);
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
    // The same file, signed by somebody else.
    let chain = Chain::new();
    let run = chain.verify(|directory| {
        let mut signed = Signed::new(chain.build.clone(), Wrapping::Dsse, "fetcher");
        signed.signers[0].0 = keyid("builder");
        fs::write(directory.join(&file), signed.envelope().to_string()).unwrap();
    });
    let run = run.expect(1).error("threshold-not-met: ");
    assert!(run.stdout.contains("  warning link-signature: "), "{}", run.stdout);
    says(run, &["; see the warnings for what did not count".into()]);
    // Who packs sees no verdict.
    let directory = Directory::new("causes").unwrap();
    chain.write(directory.path());
    let mut signed = Signed::new(chain.build, Wrapping::Dsse, "fetcher");
    signed.signers[0].0 = keyid("builder");
    fs::write(directory.path().join(&file), signed.envelope().to_string()).unwrap();
    let pack = ["pack", "root.layout", "--verification-keys", "owner.pub", "-o", "a.sitrep"];
    says(sitrep(directory.path(), &pack), &["sitrep: note: warning link-signature: ".into()]);
}

#[test]
fn another_key_than_the_owners_is_no_reason_to_take_another() {
    let directory = Directory::new("causes").unwrap();
    let path = directory.path();
    Chain::new().write(path);
    fs::write(path.join("other.pub"), entry("fetcher", &keyid("fetcher")).to_string()).unwrap();
    sitrep(path, &["pack", "root.layout", "--no-verify", "-o", "a.sitrep"]).expect(0);
    for input in ["root.layout", "a.sitrep"] {
        let run = sitrep(path, &["verify", input, "--verification-keys", "other.pub"]);
        let cause = format!("cause: it has signatures of other keys, as it says itself: {}", &keyid(OWNER)[..8]);
        let run = run.error("owner-unsigned: ");
        assert!(!run.stderr.contains("give the key that signed it"), "{}", run.stderr);
        says(run, &[cause, "hint: ask the owner, over another way than these files came, for the fingerprint".into()]);
    }
    let mut layout: Value = serde_json::from_slice(&fs::read(path.join("root.layout")).unwrap()).unwrap();
    layout["signatures"] = json!([]);
    fs::write(path.join("root.layout"), layout.to_string()).unwrap();
    says(
        sitrep(path, &["verify", "root.layout", "--verification-keys", "other.pub"]),
        &["cause: nobody has signed it".into(), "hint: ask the project owner for the layout with".into()],
    );
}

#[test]
fn what_is_missing_is_asked_for_where_it_can_be_given() {
    let directory = Directory::new("causes").unwrap();
    let path = directory.path();
    Chain::new().write(path);
    let verify = |input: &str, more: &[&str]| {
        sitrep(path, &[&["verify", input, "--verification-keys", "owner.pub"], more].concat())
    };
    sitrep(path, &["pack", "root.layout", "--no-verify", "-o", "a.sitrep"]).expect(0);
    let demand = ["--require-attestation", "slsa-provenance-v1"];
    let none = || "cause: there is no attestation at all".to_owned();
    says(verify("root.layout", &demand), &[none(), "and give it with --attestations".into()]);
    let packed = verify("a.sitrep", &demand);
    assert!(!packed.stderr.contains("--attestations"), "{}", packed.stderr);
    says(packed, &[none(), "the bundle has to be packed again".into()]);

    // Another name of a product.
    fs::write(path.join("a.o"), "").unwrap();
    let asked = verify("root.layout", &["--artifact", "b.o=a.o"]);
    let produced = || "cause: step build produced a.o".to_owned();
    says(asked, &[produced(), "hint: give it as --artifact NAME=FILE".into()]);
    says(
        verify("root.layout", &["--artifact", "a.o", "--product-of", "biuld"]).error("artifact-step: "),
        &["cause: the steps of the layout are: fetch, build".into(), "hint: name a step of the layout".into()],
    );
    says(verify("root.layout", &["--artifact", "lib/a.o=a.o"]), &["step build produced a.o; is that meant?".into()]);
    let policy = ["trust", "init", "--verification-keys", "owner.pub", "--product-artifact", "b.o", "-o", "t.json"];
    sitrep(path, &policy).expect(0);
    let pack = ["pack", "root.layout", "--trust", "t.json", "--profile", "boot", "-o", "boot.sitrep"];
    let refused = sitrep(path, &pack).error("artifact-unknown: ");
    assert!(!refused.stderr.contains("--artifact NAME"), "{}", refused.stderr);
    says(refused, &[produced(), "hint: the trust policy says which product is run".into()]);
    sitrep(path, &["pack", "root.layout", "--no-verify", "--profile", "boot", "-o", "boot.sitrep"]).expect(0);
    let package =
        ["boot-package", "--bundle", "boot.sitrep", "--artifact", "root.layout", "--trust", "t.json", "-o", "p"];
    says(sitrep(path, &package), &[produced(), "hint: the trust policy says which product is run".into()]);
}

#[test]
fn inspections_are_shown_to_who_is_to_run_them() {
    let mut chain = Chain::new();
    chain.layout["inspect"] = json!([{
        "_type": "inspection", "name": "look", "run": ["sh", "-c", "exit 0"], "expected_materials": [], "expected_products": [],
    }]);
    let run = chain.verify(|_| {}).error("inspections-not-run: ");
    says(
        run,
        &[
            "cause: inspection look would run: sh -c \"exit 0\"".into(),
            "hint: if these commands may run on this machine, give --run-inspections".into(),
        ],
    );
    let directory = Directory::new("causes").unwrap();
    chain.write(directory.path());
    let policy = ["trust", "init", "--verification-keys", "owner.pub", "--product-artifact", "a.o", "-o", "t.json"];
    sitrep(directory.path(), &policy).expect(0);
    let pack = ["pack", "root.layout", "--trust", "t.json", "--profile", "device", "-o", "a.sitrep"];
    let run = sitrep(directory.path(), &pack).error("inspections-not-run: ");
    assert!(!run.stderr.contains("--run-inspections"), "{}", run.stderr);
    says(run, &["hint: a device runs no inspections: let its trust policy skip them".into()]);
}
