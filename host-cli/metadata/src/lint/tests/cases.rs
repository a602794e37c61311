//! One small layout for each finding: a good one, with one thing changed, and all that is then found.

use serde_json::{Value, json};

use super::key;

/// Every case.
pub(super) fn all() -> Vec<Case> {
    [layout_cases(), rule_cases(), flow_cases(), key_cases(), other_cases()].concat()
}

/// What is changed, and what is then found.
pub(super) type Case = (Vec<(&'static str, Option<Value>)>, Vec<&'static str>);

fn case<const CHANGES: usize, const FOUND: usize>(
    changes: [(&'static str, Value); CHANGES],
    found: [&'static str; FOUND],
) -> Case {
    (changes.into_iter().map(|(pointer, value)| (pointer, Some(value))).collect(), found.into())
}

fn without<const FOUND: usize>(pointer: &'static str, found: [&'static str; FOUND]) -> Case {
    (vec![(pointer, None)], found.into())
}

const BUILD: &str = "/steps/0/expected_products";
pub(super) const PACK: &str = "/steps/1/expected_materials";

fn layout_cases() -> Vec<Case> {
    vec![
        case([("/steps", json!([])), ("/keys", json!({}))], ["warning layout-empty ()"]),
        case([("/_type", json!("link"))], ["error layout-type ()"]),
        case([("/comment", json!(""))], ["warning member-unknown (member comment)"]),
        case(
            [("/steps/0/expected_comand", json!([]))],
            ["warning member-unknown (step build, member expected_comand)"],
        ),
        case([("/rootcas", json!({"x": {}}))], ["warning certificates (member rootcas)"]),
        case([("/rootcas", json!([])), ("/steps/0/cert_constraints", Value::Null)], []),
        case(
            [("/steps/0/cert_constraints", json!([{}]))],
            ["warning certificates (step build, member cert_constraints)"],
        ),
        case([("/expires", json!("2030-01-20T00:00:00Z"))], ["warning expires-soon (member expires)"]),
        case([("/expires", json!("2030-01-31T00:00:00Z"))], []),
        case([("/expires", json!("2040-01-01T00:00:00Z"))], []),
        case([("/expires", json!("2041-01-01T00:00:00Z"))], ["warning expires-late (member expires)"]),
        case([("/expires", json!("2030-01-01T00:00:00Z"))], ["error layout-expired (member expires)"]),
        case([("/expires", json!("10000-01-01T00:00:00Z"))], ["error layout-expires (member expires)"]),
        case([("/expires", json!("2031-01-01"))], ["error layout-expires (member expires)"]),
        without("/expires", ["error layout-member (member expires)"]),
        without("/inspect", ["error layout-member (member inspect)"]),
        case([("/inspect", json!({}))], ["error layout-member (member inspect)"]),
        case([("/steps/1/threshold", json!("2"))], ["error layout-threshold (step package, member threshold)"]),
        case([("/steps/1/threshold", json!(0))], ["error layout-threshold (step package, member threshold)"]),
        without("/steps/0/threshold", ["error layout-member (step build, member threshold)"]),
        without(
            "/steps/0/name",
            [
                "error layout-member (step number 1, member name)",
                "warning match-unknown-step (step package, materials rule 1: MATCH app WITH PRODUCTS FROM build)",
            ],
        ),
        case(
            [("/steps/0/expected_command", json!("make"))],
            ["error layout-member (step build, member expected_command)"],
        ),
        case(
            [("/steps/1", json!("package"))],
            [
                "error layout-member (member steps)",
                "warning key-unused (key 0007add9)",
                "warning key-unused (key 73b81361)",
            ],
        ),
    ]
}

fn rule_cases() -> Vec<Case> {
    let allow = |pattern: &str| json!([["ALLOW", pattern], ["DISALLOW", "*"]]);
    let package = |rule: Value| json!([["MATCH", "app", "WITH", "PRODUCTS", "FROM", "build"], rule, ["DISALLOW", "*"]]);
    vec![
        case(
            [(BUILD, json!([["FROB", "x"], ["DISALLOW", "*"]]))],
            ["error layout-rule (step build, products rule 1: FROB x)"],
        ),
        case([(BUILD, json!(["x", ["DISALLOW", "*"]]))], ["error layout-rule (step build, products rule 1)"]),
        case(
            [(PACK, package(json!(["MATCH", "x", "IN", "x/../y", "WITH", "PRODUCTS", "FROM", "build"])))],
            ["error layout-prefix (step package, materials rule 2: MATCH x IN x/../y WITH PRODUCTS FROM build)"],
        ),
        case(
            [(BUILD, json!([["CREATE", "app"], ["DISALLOW", "*"], ["ALLOW", "doc"]]))],
            ["warning rule-unreachable (step build, products rule 3: ALLOW doc)"],
        ),
        case(
            [(BUILD, json!([["ALLOW", "*"], ["DISALLOW", "*"]]))],
            ["warning rule-unreachable (step build, products rule 2: DISALLOW *)"],
        ),
        case(
            [(BUILD, json!([["ALLOW", "doc/*"], ["CREATE", "doc/a"], ["DISALLOW", "*"]]))],
            ["warning rule-unreachable (step build, products rule 2: CREATE doc/a)"],
        ),
        case(
            [(BUILD, json!([["CREATE", "app"], ["CREATE", "app"], ["MODIFY", "app"], ["DISALLOW", "*"]]))],
            ["warning rule-unreachable (step build, products rule 2: CREATE app)"],
        ),
        case(
            [(
                PACK,
                json!([
                    ["ALLOW", "lib/*"],
                    ["MATCH", "*", "IN", "lib", "WITH", "PRODUCTS", "FROM", "build"],
                    ["DISALLOW", "*"]
                ]),
            )],
            ["warning rule-unreachable (step package, materials rule 2: MATCH * IN lib WITH PRODUCTS FROM build)"],
        ),
        case(
            [(BUILD, json!([["ALLOW", "app"], ["REQUIRE", "app"], ["DISALLOW", "*"]]))],
            ["error require-unsatisfiable (step build, products rule 2: REQUIRE app)"],
        ),
        case(
            [(BUILD, json!([["DISALLOW", "*"], ["REQUIRE", "app"]]))],
            ["error require-unsatisfiable (step build, products rule 2: REQUIRE app)"],
        ),
        case(
            [(BUILD, json!([["REQUIRE", "./app"], ["CREATE", "app"], ["DISALLOW", "*"]]))],
            ["error require-unsatisfiable (step build, products rule 1: REQUIRE ./app)"],
        ),
        case(
            [(BUILD, json!([["CREATE", "a*"], ["REQUIRE", "app"], ["DISALLOW", "*"]]))],
            ["warning require-consumed (step build, products rule 2: REQUIRE app)"],
        ),
        case([(BUILD, json!([["REQUIRE", "app"], ["CREATE", "a*"], ["DISALLOW", "*"]]))], []),
        case(
            [(BUILD, json!([["REQUIRE", "a*"], ["CREATE", "app"], ["DISALLOW", "*"]]))],
            ["warning require-wildcard (step build, products rule 1: REQUIRE a*)"],
        ),
        case([(BUILD, json!([["CREATE", "app"]]))], ["warning rules-open (step build, products)"]),
        case(
            [(BUILD, json!([["CREATE", "app"], ["DISALLOW", "*.py"]]))],
            ["warning rules-open (step build, products)"],
        ),
        case([(BUILD, json!([["CREATE", "app"], ["ALLOW", "*"]]))], []),
        case([(BUILD, json!([]))], ["note rules-none (step build, products)"]),
        case([("/steps/0/expected_materials", json!([]))], ["note rules-none (step build, materials)"]),
        case(
            [(PACK, json!([]))],
            [
                "warning products-unmatched (step build, products)",
                "warning materials-unchecked (step package, materials)",
            ],
        ),
        case(
            [(PACK, package(json!(["CREATE", "x"])))],
            ["warning create-in-materials (step package, materials rule 2: CREATE x)"],
        ),
        case(
            [(BUILD, json!([["CREATE", "app"], ["DELETE", "x"], ["DISALLOW", "*"]]))],
            ["warning delete-in-products (step build, products rule 2: DELETE x)"],
        ),
        case([(BUILD, allow("./app"))], ["warning pattern-impossible (step build, products rule 1: ALLOW ./app)"]),
        case([(BUILD, allow("../app"))], []),
        case([(BUILD, allow("../../..."))], []),
        case([(BUILD, allow("../a/.."))], ["warning pattern-impossible (step build, products rule 1: ALLOW ../a/..)"]),
        case([(BUILD, allow("/../a"))], ["warning pattern-impossible (step build, products rule 1: ALLOW /../a)"]),
        case(
            [(PACK, package(json!(["MATCH", "../a", "IN", "lib", "WITH", "PRODUCTS", "FROM", "build"])))],
            ["warning pattern-impossible (step package, materials rule 2: MATCH ../a IN lib WITH PRODUCTS FROM build)"],
        ),
        case(
            [(
                PACK,
                package(json!(["MATCH", "../a", "IN", "../..", "WITH", "PRODUCTS", "IN", "/lib", "FROM", "build"])),
            )],
            [],
        ),
        // A name that is forbidden in one form only.
        case(
            [(BUILD, json!([["DISALLOW", "evil"], ["ALLOW", "*"]]))],
            ["warning disallow-other-form (step build, products rule 1: DISALLOW evil)"],
        ),
        case(
            [(BUILD, json!([["DISALLOW", "lib/[!a]?*"], ["DISALLOW", "/*"], ["CREATE", "*"], ["DISALLOW", "*"]]))],
            [
                "note pattern-negated-class (step build, products rule 1: DISALLOW lib/[!a]?*)",
                "warning disallow-other-form (step build, products rule 1: DISALLOW lib/[!a]?*)",
            ],
        ),
        case([(BUILD, json!([["DISALLOW", "evil"], ["DISALLOW", "*/evil"], ["ALLOW", "*"]]))], []),
        case([(BUILD, json!([["DISALLOW", "*.key"], ["ALLOW", "*"]]))], []),
        case(
            [(BUILD, json!([["DISALLOW", "/etc/*"], ["DISALLOW", "../x"], ["DISALLOW", "file:x"], ["ALLOW", "*"]]))],
            [],
        ),
        case([(BUILD, json!([["DISALLOW", "evil"], ["CREATE", "app"], ["DISALLOW", "*"]]))], []),
        case(
            [(BUILD, json!([["CREATE", "*"], ["DISALLOW", "evil"]]))],
            [
                "warning rules-open (step build, products)",
                "warning disallow-other-form (step build, products rule 2: DISALLOW evil)",
            ],
        ),
        case([(BUILD, allow("src/"))], ["warning pattern-impossible (step build, products rule 1: ALLOW src/)"]),
        case([(BUILD, allow("a//b"))], ["warning pattern-impossible (step build, products rule 1: ALLOW a//b)"]),
        case([(BUILD, allow("a/../b"))], ["warning pattern-impossible (step build, products rule 1: ALLOW a/../b)"]),
        case([(BUILD, allow(""))], ["warning pattern-impossible (step build, products rule 1: ALLOW )"]),
        case([(BUILD, allow("a[z-b]"))], ["warning pattern-impossible (step build, products rule 1: ALLOW a[z-b])"]),
        // URIs are opaque, and three dots are a name.
        case([(BUILD, allow("https://x//y/../z"))], []),
        case([(BUILD, allow("/abs/.../x"))], []),
        case([(BUILD, allow("a[bc"))], ["warning pattern-class (step build, products rule 1: ALLOW a[bc)"]),
        case([(BUILD, allow("a[^bc]"))], ["warning pattern-class (step build, products rule 1: ALLOW a[^bc])"]),
        case([(BUILD, allow("a[!bc]"))], ["note pattern-negated-class (step build, products rule 1: ALLOW a[!bc])"]),
        case([(BUILD, allow("a[!bc/][de]"))], []),
        case([(BUILD, allow("{a,b}.c"))], ["warning pattern-braces (step build, products rule 1: ALLOW {a,b}.c)"]),
        case([(BUILD, allow("{version}.c"))], ["note parameter (step build, products rule 1: ALLOW {version}.c)"]),
        case([(BUILD, allow("**/a.c"))], ["warning pattern-double-star (step build, products rule 1: ALLOW **/a.c)"]),
        case([(BUILD, allow("a/**"))], []),
        case([(BUILD, allow("a\\b"))], ["warning pattern-backslash (step build, products rule 1: ALLOW a\\b)"]),
        case([(BUILD, allow("a "))], ["warning pattern-space (step build, products rule 1: ALLOW a )"]),
    ]
}

fn flow_cases() -> Vec<Case> {
    let from = |words: &[&str]| {
        let rule: Vec<&str> = [&["MATCH"][..], words].concat();
        json!([["MATCH", "app", "WITH", "PRODUCTS", "FROM", "build"], rule, ["DISALLOW", "*"]])
    };
    let third = |materials: Value| {
        json!({"name": "test", "threshold": 2, "pubkeys": [key(1).0, key(2).0], "expected_materials": materials,
            "expected_products": [["DISALLOW", "*"]]})
    };
    vec![
        case(
            [(PACK, from(&["x", "WITH", "PRODUCTS", "FROM", "biuld"]))],
            ["warning match-unknown-step (step package, materials rule 2: MATCH x WITH PRODUCTS FROM biuld)"],
        ),
        case(
            [(PACK, from(&["x", "WITH", "PRODUCTS", "FROM", "package"]))],
            ["note match-own-other (step package, materials rule 2: MATCH x WITH PRODUCTS FROM package)"],
        ),
        case(
            [(PACK, from(&["x", "WITH", "MATERIALS", "FROM", "package"]))],
            ["warning match-itself (step package, materials rule 2: MATCH x WITH MATERIALS FROM package)"],
        ),
        case(
            [(
                "/steps/0/expected_materials",
                json!([["MATCH", "x", "WITH", "PRODUCTS", "FROM", "package"], ["DISALLOW", "*"]]),
            )],
            ["warning match-later-step (step build, materials rule 1: MATCH x WITH PRODUCTS FROM package)"],
        ),
        // What this step puts out is what the next one took.
        case([(BUILD, json!([["MATCH", "app", "WITH", "MATERIALS", "FROM", "package"], ["DISALLOW", "*"]]))], []),
        case(
            [(
                "/inspect/-",
                json!({"name": "look", "run": ["true"], "expected_materials": [["MATCH", "*", "WITH", "PRODUCTS", "FROM", "look"], ["DISALLOW", "*"]]}),
            )],
            ["note inspection (inspection look)"],
        ),
        case(
            [
                ("/inspect/-", json!({"name": "look", "run": ["true"]})),
                (PACK, from(&["x", "WITH", "PRODUCTS", "FROM", "look"])),
            ],
            [
                "warning match-inspection (step package, materials rule 2: MATCH x WITH PRODUCTS FROM look)",
                "note inspection (inspection look)",
            ],
        ),
        case(
            [(PACK, from(&["dist/*", "IN", "dist", "WITH", "PRODUCTS", "IN", "dist/", "FROM", "build"]))],
            [
                "warning match-prefix-repeated (step package, materials rule 2: MATCH dist/* IN dist WITH PRODUCTS IN dist/ FROM build)",
            ],
        ),
        case(
            [(PACK, from(&["*", "IN", "lib*", "WITH", "PRODUCTS", "FROM", "build"]))],
            [
                "warning match-prefix-wildcard (step package, materials rule 2: MATCH * IN lib* WITH PRODUCTS FROM build)",
            ],
        ),
        case(
            [(PACK, json!([["ALLOW", "app"], ["DISALLOW", "*"]]))],
            ["warning products-unmatched (step build, products)"],
        ),
        case(
            [("/steps/-", third(json!([["MATCH", "app", "WITH", "PRODUCTS", "FROM", "build"], ["DISALLOW", "*"]])))],
            ["note products-unused (step package, products)"],
        ),
        case(
            [("/steps/-", third(json!([["MATCH", "*", "WITH", "PRODUCTS", "FROM", "package"], ["DISALLOW", "*"]])))],
            [],
        ),
    ]
}

fn key_cases() -> Vec<Case> {
    let public = crate::hex::encode(&[1; 32]);
    let vector = |name: &str| -> Value { crate::vectors::json(&format!("keys/{name}")) };
    let rsa = vector("rsa.json");
    let mut pkcs1 = rsa.clone();
    pkcs1["scheme"] = json!("rsa-pkcs1v15-sha256");
    pkcs1.as_object_mut().unwrap().remove("keyid");
    let with_keys = |value: Value| [key(1).0, key(2).0].into_iter().map(Value::from).chain([value]).collect::<Value>();
    vec![
        case(
            [(
                "/keys/x",
                json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": public, "private": ""}}),
            )],
            ["note key-id-foreign (key x)", "warning key-twice (key x)", "warning key-unused (key x)"],
        ),
        case(
            [
                (
                    "/keys/x",
                    json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": "00", "private": "01"}}),
                ),
                ("/steps/0/pubkeys/-", json!("x")),
            ],
            ["warning key-private (key x)", "warning key-unusable (key x)"],
        ),
        case(
            [
                (
                    "/keys/x",
                    json!({
                        "type": "eddsa", "method": "pgp+eddsa-ed25519", "hashes": ["pgp+SHA2"], "keyid": "x",
                        "keyval": {"private": "", "public": {"q": "0a".repeat(32)}},
                        "creation_time": 1_577_836_800, "validity_period": 86_400,
                    }),
                ),
                ("/steps/0/pubkeys/-", json!("x")),
            ],
            ["note device-unfit ()", "note key-openpgp (key x)"],
        ),
        case(
            [
                (
                    "/keys/x",
                    json!({
                        "type": "eddsa", "method": "pgp+eddsa-ed25519", "hashes": ["pgp+SHA2"], "keyid": "x",
                        "keyval": {"private": "", "public": {"q": "0a".repeat(32)}},
                        "subkeys": {key(1).0: {
                            "type": "eddsa", "method": "pgp+eddsa-ed25519", "hashes": ["pgp+SHA2"], "keyid": key(1).0,
                            "keyval": {"private": "", "public": {"q": "0b".repeat(32)}},
                        }},
                    }),
                ),
                ("/steps/0/pubkeys/-", json!("x")),
            ],
            ["note device-unfit ()", "note key-openpgp (key x)", "warning subkey-id-taken (key x)"],
        ),
        case(
            [
                ("/keys/x", json!({"keytype": "ed448", "scheme": "ed448", "keyval": {"public": "00"}})),
                ("/steps/0/pubkeys/-", json!("x")),
            ],
            ["warning key-unusable (key x)"],
        ),
        case(
            [
                (
                    "/keys/x",
                    json!({"keytype": "rsa", "scheme": "rsassa-pss-sha256", "keyval": {"public": "x"}, "keyid": "y"}),
                ),
                ("/steps/0/pubkeys/-", json!("x")),
            ],
            ["warning key-unusable (key x)", "error layout-keyid (key x, member keyid)"],
        ),
        case(
            [("/keys/x", json!({"keytype": "ed25519", "keyval": {}})), ("/steps/0/pubkeys/-", json!("x"))],
            ["error layout-key (key x, member keyval)", "error layout-key (key x, member scheme)"],
        ),
        case([("/keys/x", json!(1)), ("/steps/0/pubkeys/-", json!("x"))], ["error layout-key (key x)"]),
        case(
            [("/keys/x", pkcs1), ("/steps/0/pubkeys/-", json!("x"))],
            [
                "note device-unfit ()",
                "note key-id-foreign (key x)",
                "note key-rsa-pkcs1 (key x)",
                "note key-rsa-small (key x)",
            ],
        ),
        case([("/steps/0/pubkeys", with_keys(json!("0123")))], ["warning pubkey-unknown (step build, member pubkeys)"]),
        case([("/steps/0/pubkeys", with_keys(key(1).0.into()))], ["warning pubkey-twice (step build, member pubkeys)"]),
        case(
            [("/steps/0/pubkeys", with_keys(format!("{}x", key(1).0).into()))],
            [
                "warning link-collision (step build, member pubkeys)",
                "warning pubkey-unknown (step build, member pubkeys)",
            ],
        ),
        case([("/steps/0/threshold", json!(3))], ["error threshold-unreachable (step build, member threshold)"]),
        case([("/steps/0/threshold", json!(1))], ["note threshold-one ()"]),
        case(
            [("/steps/1/pubkeys", with_keys(key(3).0.into())), ("/steps/0/pubkeys/-", json!(key(4).0))],
            ["note key-everywhere (key 1dc63f6b)", "note key-everywhere (key e0493be9)"],
        ),
    ]
}

fn other_cases() -> Vec<Case> {
    let named = |name: &str| {
        json!({"name": name, "threshold": 2, "pubkeys": [key(1).0, key(2).0], "expected_materials": [["DISALLOW", "*"]],
            "expected_products": [["DISALLOW", "*"]]})
    };
    let look = |run: Value| json!({"name": "look", "run": run, "expected_materials": [["DISALLOW", "*"]], "expected_products": [["DISALLOW", "*"]]});
    vec![
        case(
            [("/steps/0", named("a/b")), (PACK, json!([["DISALLOW", "*"]]))],
            ["note name-escaping (step a/b, member name)", "error layout-name (step a/b, member name)"],
        ),
        case([("/steps/0", named("")), (PACK, json!([["DISALLOW", "*"]]))], ["error layout-name (step , member name)"]),
        case(
            [("/steps/0", named("package")), (PACK, json!([["DISALLOW", "*"]]))],
            ["error layout-name (step package, member name)"],
        ),
        case(
            [("/steps/0", named("the build")), (PACK, json!([["DISALLOW", "*"]]))],
            ["note name-escaping (step the build, member name)"],
        ),
        case(
            [("/steps/0", named("Package")), (PACK, json!([["DISALLOW", "*"]]))],
            ["warning name-case (step package, member name)"],
        ),
        case(
            [("/steps/0", named("ci:build")), (PACK, json!([["DISALLOW", "*"]]))],
            ["warning name-unportable (step ci:build, member name)"],
        ),
        case(
            [("/steps/0", named("con")), (PACK, json!([["DISALLOW", "*"]]))],
            ["warning name-unportable (step con, member name)"],
        ),
        case(
            [(
                BUILD,
                json!([
                    ["ALLOW", "app"],
                    ["ALLOW", "a:b"],
                    ["ALLOW", "dir/nul.txt"],
                    ["ALLOW", "APP"],
                    ["ALLOW", "pkg:deb/a"],
                    ["ALLOW", "https://a/b"],
                    ["ALLOW", "a:*"],
                    ["DISALLOW", "c:d"],
                    ["DISALLOW", "*"]
                ]),
            )],
            [
                "warning artifact-unportable (step build, products rule 2: ALLOW a:b)",
                "warning artifact-unportable (step build, products rule 3: ALLOW dir/nul.txt)",
                "warning artifact-unportable (step build, products rule 4: ALLOW APP)",
            ],
        ),
        case([("/inspect/-", look(json!(["true"])))], ["note inspection (inspection look)"]),
        case(
            [("/inspect/-", look(json!([])))],
            ["note inspection (inspection look)", "note inspection-runs-nothing (inspection look, member run)"],
        ),
        case(
            [("/inspect/-", look(json!("true")))],
            ["note inspection (inspection look)", "error layout-member (inspection look, member run)"],
        ),
        case(
            [("/inspect/-", look(json!(["tar xzf a.tgz"])))],
            ["note inspection (inspection look)", "warning command-not-split (inspection look, member run)"],
        ),
        case(
            [("/inspect/-", look(json!(["sort", "a", "|", "uniq"])))],
            ["note inspection (inspection look)", "warning command-shell (inspection look, member run)"],
        ),
        case(
            [(
                "/inspect/-",
                json!({"name": "look", "run": ["true"], "expected_materials": [], "expected_products": []}),
            )],
            ["note inspection (inspection look)"],
        ),
        case(
            [("/steps/0/expected_command", json!(["make", "V={version}", "{version}{arch}{}", "awk {a b}"]))],
            [
                "note parameter (step build, member expected_command)",
                "note parameter (step build, member expected_command)",
            ],
        ),
    ]
}
