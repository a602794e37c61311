//! What a chain says of an artifact's security, asked by a verifier that knows its device (core/BUNDLE.md, section 13).

use std::fs;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sitrep_cli::shell::temporary::Directory;
use sitrep_cli::sources::input::Input;
use sitrep_core::{Attested, Code, Device, Time, Trust};
use sitrep_tests::chain::{OWNER, Signed, Wrapping, entry, key, keyid};
use sitrep_tests::demo::verified_with;

const IMAGE: &[u8] = b"an image";
const DEVICE: Device<'static> = Device { product: "thermostat", hardware: "rev-b" };
const EXPIRES: &str = "2040-01-01T00:00:00Z";

fn sha256(bytes: &[u8]) -> Value {
    json!({"sha256": sitrep_metadata::hex::encode(&Sha256::digest(bytes))})
}

fn envelope(payload: Value, wrapping: Wrapping, signer: &str) -> String {
    Signed { payload, wrapping, signers: vec![(keyid(signer), signer.to_owned())] }.envelope().to_string()
}

/// A statement of somebody's about a file.
fn statement(signer: &str, subject: &[u8], predicate: Value) -> String {
    let payload = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "image", "digest": sha256(subject)}],
        "predicateType": sitrep_core::SECURITY_VERSION,
        "predicate": predicate,
    });
    envelope(payload, Wrapping::Dsse, signer)
}

/// A chain of one step that two people carried out, of whom `threshold` have to, with these statements: what it says of `app.bin`.
fn attested(threshold: u32, statements: &[String], trust: Trust<'_>) -> Result<Attested, Code> {
    let directory = Directory::new("security-version").unwrap();
    let people = ["ann", "ben"];
    let link = json!({
        "_type": "link", "name": "build", "materials": {"NOTICE": sha256(b"notice")}, "byproducts": {}, "command": [],
        "environment": {}, "products": {"app.bin": sha256(IMAGE), "other.bin": sha256(b"another image")},
    });
    let layout = json!({
        "_type": "layout", "expires": EXPIRES, "inspect": [], "readme": "",
        "keys": people.map(|person| (keyid(person), entry(person, &keyid(person)))).into_iter().collect::<serde_json::Map<_, _>>(),
        "steps": [{
            "_type": "step", "name": "build", "expected_command": [], "expected_materials": [], "expected_products": [],
            "pubkeys": people.map(keyid), "threshold": threshold,
        }],
    });
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    write("root.layout", &envelope(layout, Wrapping::Metablock, OWNER));
    for person in people {
        write(&format!("build.{}.link", &keyid(person)[..8]), &envelope(link.clone(), Wrapping::Metablock, person));
    }
    write("versions.intoto.jsonl", &statements.join("\n"));
    let input = Input::from_directory(&directory.path().join("root.layout"), directory.path()).unwrap();
    let bundle = input.packer.finish(0).unwrap();
    let product = verified_with(&bundle, &key(OWNER).pk, &trust, |outcome| {
        Ok(outcome.supply_chain()?.product("app.bin", &mut [0; 256])?.attested())
    });
    product.and_then(|product| product).map_err(|error| error.code())
}

fn on_device(statements: &[String]) -> Result<Attested, Code> {
    attested(1, statements, Trust { device: Some(DEVICE), ..Trust::new(&[], 1) })
}

fn says(security_version: u32, time: Option<&str>) -> Result<Attested, Code> {
    Ok(Attested { security_version, time: time.map(|time| Time::parse(time).unwrap()) })
}

/// What is for the device, with other members in place of some.
fn predicate(changes: Value) -> Value {
    let mut predicate = json!({"securityVersion": 3, "product": "thermostat", "hardware": ["rev-a", "rev-b"]});
    predicate.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    predicate
}

#[test]
fn a_device_asks_for_its_product_and_hardware_whatever_the_number() {
    let one = |changes| on_device(&[statement("ann", IMAGE, predicate(changes))]);
    assert_eq!(one(json!({})), says(3, None));
    assert_eq!(one(json!({"securityVersion": 0})), says(0, None));
    assert_eq!(one(json!({"securityVersion": 4_294_967_294_u64})), says(4_294_967_294, None));
    assert_eq!(one(json!({"time": "2026-11-21T07:00:00Z", "more": {}})), says(3, Some("2026-11-21T07:00:00Z")));
    assert_eq!(on_device(&[]), Err(Code::AttestationMissing));
    for (changes, code) in [
        (json!({"product": "kettle"}), Code::AttestationProduct),
        (json!({"product": "thermostat "}), Code::AttestationProduct),
        (json!({"product": ["thermostat"]}), Code::AttestationProduct),
        (json!({"product": null}), Code::AttestationProduct),
        (json!({"hardware": ["rev-a"]}), Code::AttestationHardware),
        (json!({"hardware": []}), Code::AttestationHardware),
        (json!({"hardware": "rev-b"}), Code::AttestationHardware),
        (json!({"hardware": {"rev-b": "rev-b"}}), Code::AttestationHardware),
        (json!({"hardware": [["rev-b"]]}), Code::AttestationHardware),
        (json!({"hardware": [1, "rev-b"]}), Code::AttestationHardware),
        (json!({"hardware": null}), Code::AttestationHardware),
        (json!({"time": "2026-11-21"}), Code::AttestationTime),
        (json!({"time": 1_795_244_400}), Code::AttestationTime),
        (json!({"time": null}), Code::AttestationTime),
        (json!({"securityVersion": 4_294_967_295_u64}), Code::SecurityVersion),
        (json!({"securityVersion": 4_294_967_296_u64}), Code::SecurityVersion),
        (json!({"securityVersion": "3"}), Code::SecurityVersion),
        (json!({"securityVersion": -1}), Code::SecurityVersion),
    ] {
        assert_eq!(one(changes.clone()), Err(code), "{changes}");
    }
    let empty = [json!({}), json!([]), json!("3"), json!(null)];
    for predicate in empty {
        let expected = if predicate.is_object() { Code::AttestationProduct } else { Code::SecurityVersion };
        assert_eq!(on_device(&[statement("ann", IMAGE, predicate)]), Err(expected));
    }
    // Product and hardware have to stand in one statement.
    let apart = [json!({"product": "kettle"}), json!({"hardware": ["rev-a"]})];
    assert_eq!(on_device(&apart.map(|it| statement("ann", IMAGE, predicate(it)))), Err(Code::AttestationHardware));
}

#[test]
fn only_the_artifact_s_own_statements_count() {
    for other in [&b"another image"[..], b"notice"] {
        let statement = statement("ann", other, predicate(json!({})));
        assert_eq!(on_device(&[statement]), Err(Code::AttestationSubject));
    }
    let stranger = statement("somebody", IMAGE, predicate(json!({})));
    assert_eq!(on_device(&[stranger]), Err(Code::AttestationThreshold));
}

#[test]
fn the_reason_is_that_of_the_statement_that_came_furthest() {
    let old = statement("ann", IMAGE, predicate(json!({"securityVersion": 2})));
    let other = statement("ann", IMAGE, predicate(json!({"product": "kettle", "securityVersion": 9})));
    let demands = Trust { device: Some(DEVICE), security_version: 3, ..Trust::new(&[], 1) };
    assert_eq!(attested(1, &[old.clone(), other.clone()], demands), Err(Code::SecurityVersion));
    assert_eq!(attested(1, &[other], demands), Err(Code::AttestationProduct));
    assert_eq!(attested(1, &[old], Trust { security_version: 2, ..demands }), says(2, None));
}

#[test]
fn nothing_is_attested_where_nothing_is_asked_for() {
    let statement = statement("ann", IMAGE, json!({"securityVersion": 3}));
    assert_eq!(attested(1, &[], Trust::new(&[], 1)), says(0, None));
    assert_eq!(attested(1, std::slice::from_ref(&statement), Trust::new(&[], 1)), says(0, None));
    // Without a device, product and hardware say nothing.
    assert_eq!(attested(1, &[statement], Trust { security_version: 1, ..Trust::new(&[], 1) }), says(3, None));
}

#[test]
fn as_many_keys_as_the_threshold_reach_what_is_attested() {
    let (early, late) = ("2026-11-21T07:00:00Z", "2026-12-24T18:00:00Z");
    let says_of = |signer, version: u32, time: &str| {
        statement(signer, IMAGE, predicate(json!({"securityVersion": version, "time": time})))
    };
    let demands = Trust { device: Some(DEVICE), security_version: 2, ..Trust::new(&[], 1) };
    let alone = [says_of("ann", 5, early), says_of("ann", 7, early), says_of("ann", 4, late)];
    assert_eq!(attested(1, &alone, demands), says(7, Some(late)));
    assert_eq!(attested(2, &alone, demands), Err(Code::AttestationThreshold));
    // Ben reaches 6 and the early time; what Ann says beyond that she says alone.
    let both = [&alone[..], &[says_of("ben", 6, early), says_of("ben", 3, early)]].concat();
    assert_eq!(attested(2, &both, demands), says(6, Some(early)));
    assert_eq!(attested(1, &both, demands), says(7, Some(late)));
    // Below what is demanded, it says nothing of the time either.
    let below = [&alone[..], &[says_of("ben", 1, late), statement("ben", IMAGE, predicate(json!({})))]].concat();
    assert_eq!(attested(2, &below, demands), says(3, None));
}

#[test]
fn a_time_after_the_expiry_is_evidence_of_it() {
    let at = |time| on_device(&[statement("ann", IMAGE, predicate(json!({ "time": time })))]);
    assert_eq!(at("2039-12-31T23:59:59Z"), says(3, Some("2039-12-31T23:59:59Z")));
    assert_eq!(at(EXPIRES), Err(Code::LayoutExpired));
}
