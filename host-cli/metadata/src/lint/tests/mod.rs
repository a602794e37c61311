//! Findings in layouts that are made up.

mod cases;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sitrep_core::{Code, Parameter, Time};

use self::cases::PACK;
use super::kinds::ALL;
use super::{Finding, input, lint};
use crate::keys::KeyIds;
use crate::keys::host_key::HostKey;
use crate::profile::Profile;

const NOW: &str = "2030-01-01T00:00:00Z";

/// A key of the layout with its id. Nobody has the private one.
fn key(number: u8) -> (String, Value) {
    let public = crate::hex::encode(&[number; 32]);
    let key = HostKey::decode("ed25519", &public).unwrap();
    let id = KeyIds::of("ed25519", "ed25519", &key).python3;
    let value = json!({"keyid": id, "keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": public}});
    (id, value)
}

/// A layout about which there is nothing to say: two steps, two of two keys each.
fn good() -> Value {
    let keys: Vec<(String, Value)> = (1..5).map(key).collect();
    let ids: Vec<&str> = keys.iter().map(|(id, _)| id.as_str()).collect();
    json!({
        "_type": "layout",
        "expires": "2031-01-01T00:00:00Z",
        "readme": "",
        "keys": keys.iter().cloned().collect::<serde_json::Map<_, _>>(),
        "steps": [
            {
                "_type": "step", "name": "build", "threshold": 2, "pubkeys": [ids[0], ids[1]], "expected_command": ["make"],
                "expected_materials": [["DISALLOW", "*"]],
                "expected_products": [["CREATE", "app"], ["DISALLOW", "*"]],
            },
            {
                "_type": "step", "name": "package", "threshold": 2, "pubkeys": [ids[2], ids[3]], "expected_command": [],
                "expected_materials": [["MATCH", "app", "WITH", "PRODUCTS", "FROM", "build"], ["DISALLOW", "*"]],
                "expected_products": [["CREATE", "app.tar"], ["DISALLOW", "*"]],
            },
        ],
        "inspect": [],
    })
}

/// `severity name (place)` of everything that is found.
fn found(layout: &Value, profile: Profile) -> Vec<String> {
    found_with(layout, profile, &[])
}

/// The same with values for the layout's parameters.
fn found_with(layout: &Value, profile: Profile, parameters: &[Parameter<'_>]) -> Vec<String> {
    let document = input::parse(layout.to_string().as_bytes()).unwrap();
    let show = |finding: Finding| format!("{} {} ({})", finding.severity.name(), finding.name, finding.place);
    lint(&document, profile, Time::parse(NOW).unwrap(), parameters).unwrap().into_iter().map(show).collect()
}

/// Puts a value at the place of a JSON pointer, or takes away what is there.
fn put(layout: &mut Value, pointer: &str, value: Option<Value>) {
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    match (layout.pointer_mut(parent).unwrap(), value) {
        (Value::Object(members), Some(value)) => drop(members.insert(last.into(), value)),
        (Value::Object(members), None) => drop(members.remove(last).unwrap()),
        (Value::Array(items), Some(value)) if last == "-" => items.push(value),
        (Value::Array(items), Some(value)) => items[last.parse::<usize>().unwrap()] = value,
        _ => panic!("{pointer}"),
    }
}

#[test]
fn parameters_are_put_in_before_anything_is_looked_at() {
    let mut layout = good();
    layout["steps"][0]["expected_products"] = json!([["CREATE", "{name}"], ["ALLOW", "{more}"], ["DISALLOW", "*"]]);
    layout["steps"][0]["expected_command"] = json!(["make", "{target}"]);
    let given = |pairs: &'static [(&'static str, &'static str)]| -> Vec<Parameter<'static>> {
        pairs.iter().map(|(name, value)| Parameter { name, value }).collect()
    };
    let found = |pairs| found_with(&layout, Profile::Host, &given(pairs));
    // Without any the braces are text.
    let notes = found(&[]);
    assert_eq!(notes.iter().filter(|line| line.starts_with("note parameter (")).count(), 3, "{notes:?}");
    // `MATCH app` of the next step finds what is created, and nothing is left to say.
    assert_eq!(found(&[("name", "app"), ("more", "*.log"), ("target", "all")]), [""; 0]);
    let more = found(&[("name", "app"), ("more", "*.log"), ("target", "all"), ("nmae", "app")]);
    assert_eq!(more, ["warning parameter-unnamed ()"]);
    // A value is looked at like any pattern.
    let nothing = found(&[("name", "app"), ("more", "./x"), ("target", "all")]);
    assert!(nothing.iter().any(|line| line.contains("rule 2: ALLOW ./x")), "{nothing:?}");
    let missing = found(&[("name", "app")]);
    assert_eq!(
        missing,
        [
            "error parameter-undefined (step build, member expected_command)",
            "error parameter-undefined (step build, products rule 2: ALLOW {more})",
        ]
    );
}

#[test]
fn nothing_is_found_in_a_good_layout() {
    for profile in [Profile::Host, Profile::Device] {
        assert_eq!(found(&good(), profile), [""; 0]);
    }
}

/// Each rule is compared with all before it: within what a layout may have, with patterns as long as they may be.
#[test]
fn rules_that_would_be_compared_for_ever_are_not() {
    let mut layout = good();
    let pattern = format!("{}b", "*a".repeat(700));
    let rules: Vec<Value> =
        (0..256).flat_map(|_| [json!(["ALLOW", pattern]), json!(["REQUIRE", "a".repeat(1400)])]).collect();
    put(&mut layout, "/steps/0/expected_products", Some(rules.into()));
    assert!(found(&layout, Profile::Host).contains(&"warning rules-uncompared ()".to_owned()));
}

/// Two keys that have a subkey each of a third one are one signer with that: core counts them so.
#[test]
fn keys_that_hang_together_are_one() {
    let number = |byte: u8| json!({"private": "", "public": {"q": crate::hex::encode(&[byte; 32])}});
    let key = |byte: u8, subkeys: Value| json!({"type": "eddsa", "method": "pgp+eddsa-ed25519", "hashes": [], "keyval": number(byte), "subkeys": subkeys});
    let mut layout = good();
    let both = json!({"c": key(1, json!({})), "d": key(2, json!({}))});
    for (name, subkeys) in [("both", both), ("none", json!({}))] {
        let keys = json!({"a": key(1, json!({})), "b": key(2, json!({})), "e": key(3, subkeys)});
        put(&mut layout, "/keys", Some(keys));
        for step in 0..layout["steps"].as_array().unwrap().len() {
            put(&mut layout, &format!("/steps/{step}/pubkeys"), Some(json!(["a", "b"])));
            put(&mut layout, &format!("/steps/{step}/threshold"), Some(json!(2)));
        }
        let found = found(&layout, Profile::Host);
        let is_unreachable = found.iter().any(|finding| finding.contains("threshold-unreachable"));
        assert_eq!(is_unreachable, name == "both", "{found:?}");
    }
}

#[test]
fn every_change_is_found_and_nothing_else() {
    let mut seen = BTreeSet::new();
    for (changes, expected) in cases::all() {
        let mut layout = good();
        for (pointer, value) in &changes {
            put(&mut layout, pointer, value.clone());
        }
        let mut found = found(&layout, Profile::Host);
        seen.extend(found.iter().map(|finding| finding.split(' ').nth(1).unwrap().to_owned()));
        found.sort();
        let mut expected = expected;
        expected.sort_unstable();
        assert_eq!(found, expected, "{changes:?}");
    }
    // Those of the tests below.
    let others = [
        "signature-unusable",
        "name-no-file",
        "pattern-long",
        "key-not-for-devices",
        "inspection-on-device",
        "parameter-unnamed",
        "rules-uncompared",
        "more-findings",
    ];
    let missing: Vec<&str> =
        ALL.iter().map(|kind| kind.name).filter(|name| !seen.contains(*name) && !others.contains(name)).collect();
    assert_eq!(missing, [""; 0]);
}

/// Whoever wrote a thousand of them knows by then.
#[test]
fn findings_are_told_up_to_a_limit() {
    let mut layout = good();
    let long = "m".repeat(10_000);
    for number in 0..super::FINDINGS + 200 {
        layout["steps"][0][format!("{number} {long}")] = json!(1);
    }
    let found = found(&layout, Profile::Host);
    assert_eq!(found.len(), super::FINDINGS + 1);
    assert!(found.iter().any(|finding| finding.starts_with("warning more-findings")), "{}", found[0]);
    assert!(found.iter().all(|finding| finding.len() < 2000), "{}", found[1]);
}

/// Where core is asked about a whole layout, it stops at the first thing.
#[test]
fn everything_that_is_refused_is_found_at_once() {
    let mut layout = good();
    for (pointer, value) in [
        ("/expires", json!("soon")),
        ("/inspect", json!(3)),
        ("/keys/x", json!({"keytype": "ed25519"})),
        ("/steps/0/name", json!("..")),
        ("/steps/0/threshold", json!(-1)),
        ("/steps/0/expected_products", json!([["CREATE"], ["DISALLOW", "*"]])),
        ("/steps/1/pubkeys", json!([1])),
        ("/steps/1/expected_materials", json!([["MATCH", "a", "IN", "/", "WITH", "PRODUCTS", "FROM", "b"], "x"])),
        ("/steps/-", json!(["x"])),
    ] {
        put(&mut layout, pointer, Some(value));
    }
    let found = found(&layout, Profile::Host);
    let errors: Vec<&str> = found
        .iter()
        .filter_map(|finding| finding.strip_prefix("error "))
        .filter(|name| name.starts_with("layout-"))
        .collect();
    assert_eq!(
        errors,
        [
            "layout-expires (member expires)",
            "layout-member (member inspect)",
            "layout-member (member steps)",
            "layout-key (key x, member keyval)",
            "layout-key (key x, member scheme)",
            "layout-name (step .., member name)",
            "layout-threshold (step .., member threshold)",
            "layout-rule (step .., products rule 1: CREATE)",
            "layout-member (step package, member pubkeys)",
            "layout-prefix (step package, materials rule 1: MATCH a IN / WITH PRODUCTS FROM b)",
            "layout-rule (step package, materials rule 2)",
        ]
    );
}

#[test]
fn devices_refuse_more() {
    let found = |changes: &[(&str, Value)], profile| {
        let mut layout = good();
        changes.iter().for_each(|(pointer, value)| put(&mut layout, pointer, Some(value.clone())));
        found(&layout, profile)
    };
    let rules = |count: usize| -> Value {
        (0..count).map(|n| json!(["CREATE", format!("{n}")])).chain([json!(["DISALLOW", "*"])]).collect()
    };
    let long = |length: usize| json!([["CREATE", "x".repeat(length)], ["DISALLOW", "*"]]);
    let build = "/steps/0/expected_products";
    assert_eq!(
        found(&[(build, rules(15)), (PACK, json!([["DISALLOW", "*"]]))], Profile::Device),
        ["note products-unused (step build, products)"]
    );
    let many = [(build, rules(16)), (PACK, json!([["DISALLOW", "*"]]))];
    assert_eq!(
        found(&many, Profile::Device),
        ["error limit-rules (step build, products)", "note products-unused (step build, products)"]
    );
    assert_eq!(found(&many, Profile::Host), ["note device-unfit ()", "note products-unused (step build, products)"]);

    let ecdsa = crate::vectors::json("keys/p256.json");
    let id = ecdsa["keyid"].clone();
    let mut layout = good();
    layout["keys"][id.as_str().unwrap()] = ecdsa;
    layout["steps"][0]["pubkeys"][0] = id;
    let ecdsa = super::tests::found(&layout, Profile::Device);
    assert_eq!(ecdsa.len(), 3, "{ecdsa:?}");
    assert!(ecdsa[0].starts_with("warning key-") && ecdsa[1].starts_with("warning key-"), "{ecdsa:?}");
    assert_eq!(ecdsa[2], "error threshold-unreachable (step build, member threshold)");
    assert_eq!(super::tests::found(&layout, Profile::Host)[0], "note device-unfit ()");

    let look = json!({"name": "look", "run": ["true"]});
    assert_eq!(found(&[("/inspect/-", look)], Profile::Device), ["warning inspection-on-device (inspection look)"]);
    for (profile, most) in [(Profile::Device, 256), (Profile::Host, 4096)] {
        let is_long =
            |length| found(&[(build, long(length))], profile).iter().any(|it| it.starts_with("warning pattern-long"));
        assert!(is_long(most + 1) && !is_long(most), "{most}");
    }
    let steps: Value = (0..13)
        .map(|n| {
            json!({"name": n.to_string(), "threshold": 2, "pubkeys": [key(1).0, key(2).0],
        "expected_materials": [["DISALLOW", "*"]], "expected_products": [["DISALLOW", "*"]]})
        })
        .collect();
    let keys: Value = (1..18).map(key).collect::<serde_json::Map<_, _>>().into();
    let both = found(&[("/steps", steps), ("/keys", keys)], Profile::Device);
    let limits: Vec<&str> = both.iter().filter_map(|finding| finding.strip_prefix("error limit-")).collect();
    assert_eq!(limits, ["keys (member keys)", "steps (member steps)"]);
}

#[test]
fn links_need_file_names() {
    let name = |length: usize| {
        let mut layout = good();
        layout["steps"][1]["name"] = "x".repeat(length).into();
        found(&layout, Profile::Host)
    };
    assert_eq!(name(241), [""; 0]);
    assert_eq!(name(242).len(), 1);
    assert!(name(242)[0].starts_with("warning name-no-file (step xxx"));
}

#[test]
fn every_form_of_a_layout_is_read() {
    use base64::Engine as _;
    let mut layout = good();
    layout["comment"] = json!("");
    let payload = base64::engine::general_purpose::STANDARD.encode(layout.to_string());
    let dsse = |payload_type: &str| json!({"payload": payload, "payloadType": payload_type, "signatures": []});
    let expected = ["warning member-unknown (member comment)"];
    for form in [
        json!({"signed": layout}),
        json!({"signed": layout, "signatures": []}),
        json!({"signed": layout, "signatures": [{"keyid": "x", "sig": "00"}]}),
        dsse("application/vnd.in-toto+json"),
        layout.clone(),
    ] {
        assert_eq!(found(&form, Profile::Host), expected, "{form}");
        // However it is laid out.
        let pretty = format!("\n{form:#}\n");
        assert!(input::parse(pretty.as_bytes()).is_ok());
    }
    assert_eq!(found(&dsse("text/plain"), Profile::Host), ["error layout-payload-type ()", expected[0]]);
    let unusable = json!({"signed": layout, "signatures": [{"sig": "00"}]});
    assert_eq!(found(&unusable, Profile::Host), [expected[0], "warning signature-unusable (member signatures)"]);
    // What a Metablock cannot hold.
    for bad in [
        "",
        "[]",
        "{}",
        "7",
        "{\"signatures\":[]}",
        "{\"signed\":7}",
        "{\"signed\":{\"x\":1.5}}",
        "{\"_type\":1,\"_type\":1}",
        "{\"steps\":[]} x",
    ] {
        assert!(input::parse(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn kinds_are_named_once_and_as_others_are() {
    for (number, kind) in ALL.iter().enumerate() {
        assert!(
            kind.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
            "{}",
            kind.name
        );
        assert!(ALL.iter().take(number).all(|earlier| earlier.name != kind.name), "{}", kind.name);
        // Core's names mean what core means.
        let code = Code::ALL.iter().find(|code| code.name() == kind.name);
        assert!(code.is_none_or(|code| matches!(code, Code::LayoutEmpty | Code::KeyUnusable)), "{}", kind.name);
        assert!(!kind.hint.is_empty() && !kind.hint.ends_with('.'), "{}", kind.name);
    }
}

/// Whatever stands where in a layout: there is an answer, and it is an error where core refuses.
#[test]
fn nothing_in_a_layout_is_a_surprise() {
    let values = [
        Value::Null,
        json!(1e300),
        json!("é[\u{0}]{}\\**/\u{202e}["),
        json!([["MATCH", "é", "IN", "", "WITH", "MATERIALS", "FROM", ""], []]),
        json!({"": {"": []}}),
    ];
    let mut count = 0;
    for pointer in pointers(&good(), "") {
        for value in &values {
            let mut layout = good();
            *layout.pointer_mut(&pointer).unwrap() = value.clone();
            let Ok(document) = input::parse(layout.to_string().as_bytes()) else { continue };
            // The device's, whose memory is made faster.
            lint(&document, Profile::Device, Time::parse(NOW).unwrap(), &[]).unwrap();
            count += 1;
        }
    }
    assert!(count > 250, "{count}");
}

/// The pointers of all values inside.
fn pointers(value: &Value, prefix: &str) -> Vec<String> {
    let inside: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(key, value)| (format!("{prefix}/{key}"), value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(number, value)| (format!("{prefix}/{number}"), value)).collect()
        }
        _ => Vec::new(),
    };
    inside
        .into_iter()
        .flat_map(|(pointer, value)| [vec![pointer.clone()], pointers(value, &pointer)].concat())
        .collect()
}
