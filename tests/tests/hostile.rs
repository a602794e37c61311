//! What a hostile packer, or a hostile functionary, may try. Nothing of it may be verified, hang, or hide what a person should know.

use ed25519_compact::{KeyPair, Seed};
use serde_json::{Value, json};
use sitrep_core::{Code, ed25519_key_ids};
use sitrep_metadata::bundle::pack::Packer;
use sitrep_metadata::envelope::document::Document;
use sitrep_tests::core_alone::{Owner, request};
use sitrep_tests::demo::{signed_bytes, verified};
use sitrep_tests::json_text::canonical;

// --- bundles written by hand ---

fn varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A bundle of these text strings (at most 16, as there is no index), artifacts section and envelope bodies.
fn file(strings: &[Vec<u8>], artifacts: &[u8], envelopes: &[Vec<u8>]) -> Vec<u8> {
    let (mut first, mut last) = (Vec::new(), Vec::new());
    varint(&mut first, strings.len() as u32);
    for text in strings {
        varint(&mut first, 2 * text.len() as u32);
        first.extend(text);
    }
    varint(&mut last, envelopes.len() as u32);
    for body in envelopes {
        varint(&mut last, body.len() as u32);
        last.extend(body);
    }
    let mut file = b"SITR\x01\x00".to_vec();
    for section in [&first[..], artifacts, &last] {
        varint(&mut file, section.len() as u32);
    }
    [file, first, artifacts.to_vec(), last].concat()
}

const NO_ARTIFACTS: &[u8] = &[0, 0];
/// The string with number 0.
const STRING: u8 = 56 + 16;

/// A Metablock without signatures that is an array of `count` times these tokens.
fn array(count: u32, tokens: &[u8]) -> Vec<u8> {
    let mut body = vec![0, 0, 0, 6];
    varint(&mut body, count);
    for _ in 0..count {
        body.extend(tokens);
    }
    body
}

fn refused(bundle: &[u8]) -> Code {
    signed_bytes(bundle).unwrap_err().code()
}

#[test]
fn a_text_cannot_be_blown_up() {
    // One long string, again and again.
    let strings = [vec![b'x'; 20_000]];
    assert_eq!(refused(&file(&strings, NO_ARTIFACTS, &[array(20_000, &[STRING])])), Code::LimitText);

    // All artifacts, again and again: 64 paths of a thousand bytes that differ in the last, with empty digest sets.
    let mut artifacts = vec![64, 1, 0, 240, 1, 14 << 4, 0xda, 0x07, 0];
    artifacts.extend([b'0'; 1000]);
    for number in 1..64 {
        artifacts.extend([1 << 4 | 1 << 1, 0, b'0' + number]);
    }
    let once = signed_bytes(&file(&[], &artifacts, &[array(1, &[8, 1, 0, 128, 1])])).unwrap();
    assert!(once[0].len() > 64_000);
    assert_eq!(refused(&file(&[], &artifacts, &[array(20_000, &[8, 1, 0, 128, 1])])), Code::LimitText);

    // Much indentation, for one byte of tokens.
    let mut body = vec![1, 0, 0, 7, 99, 1 | 2 << 5, 255, 0];
    body.extend([17; 30]);
    body.push(6);
    varint(&mut body, 10_000);
    body.extend([0; 10_000]);
    assert_eq!(refused(&file(&[], NO_ARTIFACTS, &[body])), Code::LimitText);
}

#[test]
fn digests_stand_in_a_path_once() {
    // Shape 1: "x" in one byte. Two variants of it, and shape numbers that a longer varint spells.
    let section = |variants: &[u8]| [&[1, 1, 1, 16, 1, 241, 2, 1 << 4, 0, b'a'][..], variants].concat();
    let open =
        |variants: &[u8]| signed_bytes(&file(&[b"x".to_vec()], &section(variants), &[])).map_err(|error| error.code());
    assert_eq!(open(&[1, 7, 1, 8]), Ok(vec![]));
    assert_eq!(open(&[1, 7, 1, 7]), Err(Code::BundleArtifact));
    assert_eq!(open(&[1, 7, 0x81, 0, 7]), Err(Code::BundleArtifact));
    assert_eq!(open(&[1, 7, 2, 7]), Err(Code::BundleArtifact));
}

#[test]
fn members_in_no_order_are_not_compared_for_ever() {
    // Objects in objects, each with more members after the inner one, whose keys go down to the empty word.
    let mut tokens = vec![0];
    for _ in 0..30 {
        tokens = [&[7, 60, STRING][..], &tokens].concat();
        (1..60).for_each(|word| tokens.extend([5, 60 - word, 0]));
    }
    let body = [&[1, 0, 0, 7, 99, 1, 0][..], &tokens].concat();
    assert_eq!(refused(&file(&[b"zz".to_vec()], NO_ARTIFACTS, &[body])), Code::LimitUnordered);
}

#[test]
fn one_digest_set_in_two_spellings_is_one() {
    let digest = [0xab; 32];
    let strings = [canonical_hex(&digest).into_bytes(), b"\xc3\xa9".to_vec()];
    // Shape 1: sha256 as a string. The path has the same digest in both shapes.
    let mut artifacts = vec![1, 1, 1, 2, 0, 241, 2, 1 << 4, 0, b'a', 0];
    artifacts.extend(digest);
    artifacts.extend([1, 16]);
    let bytes = |variant: &[u8]| signed_bytes(&file(&strings, &artifacts, &[array(1, variant)])).unwrap();
    assert_eq!(bytes(&[8, 1, 0, 2]), bytes(&[8, 1, 0, 3, 1]));
    // A variant that the path has not would be another spelling of the last.
    assert_eq!(refused(&file(&strings, &artifacts, &[array(1, &[8, 1, 0, 3, 2])])), Code::BundleToken);
    // A path that is not there; runs that overlap, and runs that pretend to be in no order.
    for map in [&[8, 1, 0, 4][..], &[8, 1, 1, 2], &[9, 2, 0, 2, 1, 2], &[9, 1, 0, 2]] {
        let code = refused(&file(&strings, &artifacts, &[array(1, map)]));
        assert!(code.number() < 200, "{map:?}: {code}");
    }
}

fn canonical_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

// --- chains that somebody signed ---

fn key(name: &str) -> KeyPair {
    let mut seed = [0; 32];
    seed[..name.len()].copy_from_slice(name.as_bytes());
    KeyPair::from_seed(Seed::new(seed))
}

/// A DSSE envelope with one signature of each of these names; with the label as key id, where there is one.
fn dsse(payload: &Value, signers: &[(&str, Option<&str>)]) -> Value {
    use base64::Engine as _;
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let (payload, kind) = (canonical(payload), "application/vnd.in-toto+json");
    let message = format!("DSSEv1 {} {kind} {} {payload}", kind.len(), payload.len());
    let signatures = signers.iter().map(|(name, label)| {
        let signature = base64(&*key(name).sk.sign(&message, None));
        label.map_or_else(|| json!({ "sig": signature }), |label| json!({ "keyid": label, "sig": signature }))
    });
    json!({ "payload": base64(payload.as_bytes()), "payloadType": kind, "signatures": signatures.collect::<Vec<_>>() })
}

fn link(name: &str, products: &Value) -> Value {
    json!({ "_type": "link", "byproducts": {"return-value": 1}, "command": [], "environment": {}, "materials": {}, "name": name, "products": products })
}

/// A layout with one step, `build`, which these labels may sign. `keys` are label and name.
fn layout(keys: &[(&str, &str)], pubkeys: &[&str], threshold: &Value) -> Value {
    let keys: serde_json::Map<_, _> = keys
        .iter()
        .map(|(label, name)| {
            let public = canonical_hex(&*key(name).pk);
            let value =
                json!({ "keyid": label, "keytype": "ed25519", "keyval": {"public": public}, "scheme": "ed25519" });
            ((*label).to_owned(), value)
        })
        .collect();
    json!({ "_type": "layout", "expires": "2040-01-01T00:00:00Z", "inspect": [], "keys": keys, "readme": "", "steps": [{
        "_type": "step", "expected_command": [], "expected_materials": [], "expected_products": [], "name": "build",
        "pubkeys": pubkeys, "threshold": threshold }] })
}

/// The verdict on a layout that the owner signed and these link envelopes; and the codes of the warnings that were kept.
fn verdict(layout: &Value, links: &[Value]) -> (Result<(), Code>, Vec<Code>) {
    let owner = key("owner");
    let id = &ed25519_key_ids(&owner.pk)[0];
    let mut packer = Packer::new();
    packer.add(
        "root.layout",
        Document::parse(dsse(layout, &[("owner", Some(id.as_ref()))]).to_string().as_bytes()).unwrap(),
    );
    for (number, link) in links.iter().enumerate() {
        packer.add(&format!("{number}.link"), Document::parse(link.to_string().as_bytes()).unwrap());
    }
    verified(&packer.finish(0).unwrap(), &owner.pk, |outcome| {
        let warnings = outcome.warnings().kept().iter().map(|warning| warning.code()).collect();
        (outcome.result().map_err(|error| error.code()), warnings)
    })
    .unwrap()
}

#[test]
fn a_threshold_counts_people() {
    let keys = [("a", "anna"), ("a2", "anna"), ("b", "ben"), ("c", "carl")];
    let build = link("build", &json!({}));
    let both = |pubkeys: &[&str], links: &[Value]| verdict(&layout(&keys, pubkeys, &json!(2)), links).0;
    let signed = |signers: &[(&str, Option<&str>)]| dsse(&build, signers);
    let (anna, ben) = (("anna", Some("a")), ("ben", Some("b")));

    // Two people, on one link or on two, with key ids or without.
    for links in [
        vec![signed(&[anna, ben])],
        vec![signed(&[ben]), signed(&[anna])],
        vec![signed(&[("anna", None), ("ben", None)])],
        vec![signed(&[("anna", Some("a2")), ben])],
    ] {
        assert_eq!(both(&["a", "a2", "b"], &links), Ok(()), "{links:?}");
    }
    // One person, however often and under whatever label; strangers; keys that the step does not allow.
    for links in [
        vec![signed(&[anna, anna, ("anna", Some("a2"))])],
        vec![signed(&[anna]), signed(&[("anna", Some("a2"))]), signed(&[anna])],
        vec![signed(&[("anna", None), ("anna", None)])],
        vec![signed(&[anna, ("carl", Some("c"))])],
        vec![signed(&[anna, ("carl", Some("b"))])],
        vec![signed(&[anna, ("carl", None), ("dora", None)])],
        vec![signed(&[anna, ("dora", Some("d"))])],
    ] {
        assert_eq!(both(&["a", "a2", "b", "d"], &links), Err(Code::ThresholdNotMet), "{links:?}");
    }
    // A link of another step does not help.
    let other = dsse(&link("test", &json!({})), &[ben]);
    assert_eq!(both(&["a", "b"], &[signed(&[anna]), other]), Err(Code::ThresholdNotMet));
    // Two who do not say the same.
    let evil = dsse(&link("build", &json!({"x": {"sha256": "00".repeat(32)}})), &[ben]);
    assert_eq!(both(&["a", "b"], &[signed(&[anna]), evil]), Err(Code::LinksDisagree));
    for odd in [json!(0), json!(-1), json!(1.0), json!("1"), json!(4_294_967_296_u64), json!(null)] {
        let got = verdict(&layout(&keys, &["a"], &odd), &[signed(&[anna])]).0;
        assert_eq!(got, Err(Code::LayoutThreshold), "{odd}");
    }
    let most = verdict(&layout(&keys, &["a"], &json!(u32::MAX)), &[signed(&[anna])]).0;
    assert_eq!(most, Err(Code::ThresholdNotMet));
    // The layout itself is no link, and neither is a link a layout.
    let own = layout(&keys, &["a"], &json!(1));
    assert_eq!(verdict(&own, &[dsse(&own, &[anna])]).0, Err(Code::LinkMissing));
    assert_eq!(verdict(&build, &[]).0, Err(Code::LayoutType));
}

/// Whoever packs can add signatures without key ids, each of which asks for every key, over texts that are far longer than the bundle.
#[test]
fn what_signatures_ask_for_is_bounded_for_all_envelopes_together() {
    let keys = [("a", "anna")];
    let good = dsse(&link("build", &json!({})), &[("anna", Some("a"))]);
    let long = "x".repeat(10_000);
    let junk = json!({
        "_type": "https://in-toto.io/Statement/v1", "subject": [], "predicateType": "x", "predicate": vec![&long; 250]
    });
    let strangers: Vec<(String, Option<&str>)> = (0..32).map(|number| (format!("stranger {number}"), None)).collect();
    let strangers: Vec<(&str, Option<&str>)> = strangers.iter().map(|(name, id)| (name.as_str(), *id)).collect();
    let junk = dsse(&junk, &strangers);
    let layout = layout(&keys, &["a"], &json!(1));
    assert_eq!(verdict(&layout, &[good.clone(), dsse(&json!({"_type": "x"}), &strangers)]).0, Ok(()));
    assert_eq!(verdict(&layout, &[good, junk]).0, Err(Code::LimitWork));
}

#[test]
fn envelopes_that_anybody_can_add_hide_no_warning() {
    let stray = dsse(&link("stray", &json!({})), &[]);
    let mut links = vec![stray; 20];
    links.push(dsse(&link("build", &json!({})), &[("anna", Some("a"))]));
    let (result, warnings) = verdict(&layout(&[("a", "anna")], &["a"], &json!(1)), &links);
    assert_eq!(result, Ok(()));
    // The signed link says that its command failed.
    assert!(warnings.contains(&Code::ReturnValue) && warnings.contains(&Code::ExpiryUnknown), "{warnings:?}");
}

#[test]
fn an_artifact_that_did_not_change_counts_as_unchanged_in_any_spelling() {
    let digest = |fill: &str| json!({"sha256": fill.repeat(64), "sha1": "00"});
    let turned = json!({"sha1": "00", "sha256": "a".repeat(64)});
    let judge = |rules: Value, materials: Value, products: Value| {
        let mut layout = layout(&[("a", "anna")], &["a"], &json!(1));
        layout["steps"][0]["expected_products"] = rules;
        let mut link = link("build", &products);
        link["materials"] = materials;
        verdict(&layout, &[dsse(&link, &[("anna", Some("a"))])]).0
    };
    let only = |rule: &[&str]| json!([rule, ["DISALLOW", "*"]]);
    let (same, changed) = (json!({"f": digest("a")}), json!({"f": digest("b")}));
    for (rule, materials, products, expected) in [
        (&["MODIFY", "*"][..], &same, &same, false),
        (&["modify", "*"], &same, &json!({"f": turned}), false),
        (&["MODIFY", "*"], &same, &changed, true),
        (&["MODIFY", "*"], &json!({}), &same, false),
        (&["CREATE", "*"], &json!({}), &same, true),
        (&["CREATE", "*"], &same, &changed, false),
        (&["DELETE", "*"], &json!({}), &same, false),
        // A step's products may be matched with its own materials; a digest that nobody trusts matches nothing.
        (&["MATCH", "*", "WITH", "MATERIALS", "FROM", "build"], &same, &json!({"f": turned}), true),
        (&["MATCH", "*", "WITH", "MATERIALS", "FROM", "build"], &same, &changed, false),
        (
            &["MATCH", "*", "WITH", "MATERIALS", "FROM", "build"],
            &json!({"f": {"md5": "00"}}),
            &json!({"f": {"md5": "00"}}),
            false,
        ),
        (&["MATCH", "*", "WITH", "PRODUCTS", "FROM", "nobody"], &same, &same, false),
        (&["MATCH", "f", "IN", "", "WITH", "PRODUCTS", "FROM", "build"], &same, &same, false),
        // A prefix is whole components; a path that is the prefix itself is not below it.
        (&["MATCH", "*", "IN", "f", "WITH", "PRODUCTS", "FROM", "build"], &same, &same, false),
    ] {
        let got = judge(only(rule), materials.clone(), products.clone());
        assert_eq!(got.is_ok(), expected, "{rule:?}: {got:?}");
    }
    let moved = json!({"out/f": digest("a"), "output/f": digest("a")});
    let rule = only(&["MATCH", "f", "IN", "out/", "WITH", "MATERIALS", "FROM", "build"]);
    assert_eq!(judge(rule, same.clone(), moved), Err(Code::RuleDisallow));
    let rule = only(&["MATCH", "f", "IN", "out/", "WITH", "MATERIALS", "FROM", "build"]);
    assert_eq!(judge(rule, same, json!({"out/f": digest("a")})), Ok(()));
    // Names that a pattern would not catch.
    assert!(judge(json!([]), json!({}), json!({"": digest("a")})).is_err());
    for name in ["./f", "a//f", "a/../f", "f/"] {
        let got = judge(json!([["DISALLOW", "f"]]), json!({}), json!({ name: digest("a") }));
        assert_eq!(got, Err(Code::ThresholdNotMet), "{name}");
    }
    // A digest in capitals is no digest, and a number no name of one.
    let odd = json!({"f": {"sha256": "A".repeat(64)}});
    assert_eq!(judge(json!([]), json!({}), odd), Err(Code::ThresholdNotMet));
    assert!(judge(json!([]), json!({}), json!({"f": {"sha256": 1}})).is_err());
}

#[test]
fn an_owner_who_is_named_twice_signs_once() {
    use sitrep_core::{Bundle, HostMemory, OwnerKey, PublicHalf, PublicKey, Str, Trust, verify};
    let public = key("owner").pk;
    let owner = Owner::new(&public);
    let ids = owner.ids();
    let mut packer = Packer::new();
    let layout =
        dsse(&layout(&[], &[], &json!(1)), &[("owner", Some(ids[0])), ("owner", Some(ids[1])), ("owner", None)]);
    packer.add("root.layout", Document::parse(layout.to_string().as_bytes()).unwrap());
    let bytes = packer.finish(0).unwrap();
    let bundle = Bundle::open(&bytes, &mut [0; 4096]).unwrap();
    let capitals = canonical_hex(&*public).to_uppercase();
    let named = |text| {
        let known = owner.key(&ids);
        OwnerKey { key: PublicKey { public: PublicHalf::Text(text), ..known.key }, ..known }
    };
    let owners = [named(Str::of_hex(&*public).unwrap()), named(Str::new(&capitals))];
    let code = |owners, threshold| {
        let trust = Trust::new(owners, threshold);
        verify(&request(&bundle, &trust), &mut Box::new(HostMemory::new()), &mut ()).result().unwrap_err().code()
    };
    assert_eq!(code(&owners, 1), Code::LinkMissing);
    assert_eq!(code(&owners, 2), Code::OwnerUnsigned);
    assert_eq!(code(&owners, 0), Code::OwnerNone);
    assert_eq!(code(&[], 1), Code::OwnerNone);
}
