//! P1: a bundle gives back the very bytes that were signed, and those bytes say what the tokens say.
//!
//! - `emit(pack(x)) == x` for every JSON text `x`, in the styles of real writers and in none at all;
//! - `parse(emit(t)) == t` for every token stream `t` that decodes, read back by serde_json, which nobody here wrote.

use proptest::prelude::*;
use serde_json::Value;
use sitrep_core::Code;
use sitrep_core::bundle::{Bundle, Event, Form, Number, Reader, Scratch};
use sitrep_tests::json_text::{Spelling, canonical, write};
use sitrep_tests::wrap;

const PATH: usize = 4096;

/// JSON values of all kinds. Objects with few keys, and now and then the artifact maps that links hold.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,5})?([eE][-+]?[0-9]{1,3})?".prop_map(|text| number(&text)),
        any::<String>().prop_map(Value::from),
        "[0-9a-f]{0,70}".prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        prop_oneof![Just("link"), Just("MATCH"), Just("*"), Just("sha256"), Just("ed25519"), Just("")]
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..9).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..9)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
            artifacts().prop_map(|map| serde_json::json!({ "materials": map })),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z_]{1,8}".prop_map(String::from),
        prop_oneof![Just("_type"), Just("name"), Just("products"), Just("keyid"), Just("return-value")]
            .prop_map(String::from),
    ]
}

/// A map of paths to digest sets, as `materials` and `products` are; now and then not quite.
fn artifacts() -> impl Strategy<Value = Value> {
    let digest = prop_oneof![
        8 => "[0-9a-f]{64}".prop_map(String::from),
        1 => "[0-9A-F]{64}".prop_map(String::from),
        1 => any::<String>(),
    ];
    let algorithm = prop_oneof![8 => Just("sha256"), 1 => Just("sha512"), 1 => Just("md5")].prop_map(String::from);
    let digests = prop::collection::vec((algorithm, digest), 0..3).prop_map(|members| {
        Value::Object(members.into_iter().map(|(name, value)| (name, Value::from(value))).collect())
    });
    let path = prop_oneof![8 => "(src|lib)/[a-z]{1,3}[0-9]{1,2}\\.(c|h)".prop_map(String::from), 1 => any::<String>()];
    prop::collection::vec((path, digests), 0..12).prop_map(|members| Value::Object(members.into_iter().collect()))
}

/// An array of names with digest sets, as a statement's `subject` is; now and then not quite: with a name twice, another member, or one missing.
fn artifact_list() -> impl Strategy<Value = Value> {
    let path = prop_oneof![
        8 => "(src|lib)/[a-z]{1,3}[0-9]{1,2}\\.(c|h)".prop_map(String::from),
        1 => "pkg:npm/[a-z]{1,4}@[0-9]",
        1 => any::<String>(),
    ];
    let digests = artifacts().prop_map(|map| map.as_object().and_then(|map| map.values().next().cloned()));
    let entry = (path, digests, prop_oneof![30 => Just(0), 1 => 1..5]).prop_map(|(name, digests, oddity)| {
        let digests = digests.unwrap_or_else(|| serde_json::json!({ "sha256": "ab".repeat(32) }));
        match oddity {
            0 => serde_json::json!({ "name": name, "digest": digests }),
            1 => serde_json::json!({ "name": name }),
            2 => serde_json::json!({ "name": name, "digest": digests, "annotations": {} }),
            3 => serde_json::json!({ "uri": name, "digest": digests }),
            _ => Value::from(name),
        }
    });
    let turned = |entry: Value| match entry {
        Value::Object(members) => members.into_iter().rev().collect(),
        other => other,
    };
    let name = |entry: &Value| entry["name"].as_str().map(str::to_owned);
    (prop::collection::vec(entry, 0..12), any::<bool>(), 0..8, any::<prop::sample::Index>()).prop_map(
        move |(mut entries, turn, order, at)| {
            // Most writers sort, and no name stands twice.
            if order < 4 {
                entries.sort_by_key(name);
            }
            if order < 7 {
                entries.dedup_by_key(|entry| name(entry));
            }
            if turn {
                entries = entries.into_iter().map(turned).collect();
            }
            if order == 6 && !entries.is_empty() {
                let at = at.index(entries.len());
                entries[at] = turned(entries[at].clone());
            }
            Value::from(entries)
        },
    )
}

/// An in-toto Statement: a link (attestation/link/v0.3 and Link/v0.2), or another attestation.
fn statement() -> impl Strategy<Value = Value> {
    let materials = prop_oneof![artifact_list(), artifacts()];
    let predicate_type = prop_oneof![
        Just("https://in-toto.io/attestation/link/v0.3"),
        Just("https://in-toto.io/Link/v0.2"),
        Just("https://slsa.dev/provenance/v1"),
    ];
    (artifact_list(), predicate_type, materials, key(), value()).prop_map(
        |(subject, predicate_type, materials, other, value)| {
            let mut predicate = serde_json::json!({ "name": "build", "materials": materials, "command": ["make"] });
            predicate[other] = value;
            serde_json::json!({
                "_type": "https://in-toto.io/Statement/v1",
                "subject": subject,
                "predicateType": predicate_type,
                "predicate": predicate,
            })
        },
    )
}

fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Packs one document and gives the payload that the bundle rebuilds, with the value that its tokens say.
fn rebuilt(document: &str) -> (Vec<u8>, Value) {
    let bytes = wrap::pack(document);
    let mut path = vec![0; PATH];
    let bundle = Bundle::open(&bytes, &mut path).unwrap();
    let payload = payload(&bundle).unwrap();
    assert!(
        bundle
            .envelope(0)
            .unwrap()
            .payload(&bundle, &mut Scratch { path: &mut [0; PATH], chunk: &mut [0; 100] }, &mut |_| ())
            .is_ok()
    );
    (payload, value_of(&bundle))
}

fn payload(bundle: &Bundle<'_>) -> Result<Vec<u8>, sitrep_core::Error> {
    let (mut path, mut chunk, mut text) = ([0; PATH], [0; 256], Vec::new());
    let mut scratch = Scratch { path: &mut path, chunk: &mut chunk };
    let rebuilt = bundle.envelope(0)?.payload(bundle, &mut scratch, &mut |bytes| text.extend_from_slice(bytes));
    match rebuilt {
        // The length that the envelope tells is compared last; a hostile packer would have told the true one.
        Err(error) if error.code() != Code::BundlePayloadLength => Err(error),
        _ => Ok(text),
    }
}

/// What the tokens of the first envelope say, as decisions would see it.
fn value_of(bundle: &Bundle<'_>) -> Value {
    let mut reader = Reader::of(&bundle.envelope(0).unwrap());
    let first = reader.next_event().unwrap().unwrap();
    build(first, &mut reader, bundle)
}

fn build<'b>(event: Event<'b>, reader: &mut Reader<'b>, bundle: &'b Bundle<'b>) -> Value {
    match event {
        Event::Null => Value::Null,
        Event::Bool(value) => Value::from(value),
        Event::Number(Number::Integer(value)) => Value::from(value),
        Event::Number(Number::Text(text)) => number(text),
        Event::Text(text) => Value::from(text.to_string()),
        Event::ArrayStart => {
            let mut items = Vec::new();
            loop {
                match reader.next_event().unwrap().unwrap() {
                    Event::End => return Value::from(items),
                    event => items.push(build(event, reader, bundle)),
                }
            }
        }
        Event::ObjectStart => {
            let mut members = serde_json::Map::new();
            loop {
                match reader.next_event().unwrap().unwrap() {
                    Event::End => return Value::Object(members),
                    Event::Key(key) => {
                        let event = reader.next_event().unwrap().unwrap();
                        assert!(members.insert(key.to_string(), build(event, reader, bundle)).is_none(), "a key twice");
                    }
                    _ => panic!("a member without a key"),
                }
            }
        }
        Event::Artifacts(mut runs) => {
            let mut path = [0; PATH];
            let mut cursor = bundle.paths(&mut path);
            let (mut members, mut items) = (serde_json::Map::new(), Vec::new());
            while let Some(run) = runs.next_run().unwrap() {
                for number in run.first..run.first + run.count {
                    cursor.seek(number).unwrap();
                    let mut digests = cursor.digests(run.variant).unwrap();
                    let mut set = serde_json::Map::new();
                    while let Some((algorithm, digest)) = digests.next_digest().unwrap() {
                        set.insert(algorithm.to_string(), Value::from(digest.to_string()));
                    }
                    let name = String::from_utf8(cursor.path().to_vec()).unwrap();
                    let named = if runs.form() == Form::Descriptors { CALLED } else { "name" };
                    items.push(serde_json::json!({ named: name.clone(), "digest": set.clone() }));
                    assert!(members.insert(name, Value::Object(set)).is_none(), "a path twice");
                }
            }
            if runs.form() == Form::Map { Value::Object(members) } else { Value::from(items) }
        }
        Event::Key(_) | Event::End => panic!("no value"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    /// DSSE payloads in the styles of Python, JavaScript and Go come back byte for byte, without a patch.
    #[test]
    fn styled_texts_come_back(value in value(), spelling in Spelling::of_writers()) {
        let text = write(&value, &spelling);
        let (payload, tokens) = rebuilt(&wrap::dsse(&text));
        prop_assert_eq!(String::from_utf8(payload).unwrap(), text);
        prop_assert!(says(&value, &tokens), "{value} is not {tokens}");
    }

    /// So do statements, whose artifacts are lists.
    #[test]
    fn styled_statements_come_back(value in statement(), spelling in Spelling::of_writers()) {
        let text = write(&value, &spelling);
        let (payload, tokens) = rebuilt(&wrap::dsse(&text));
        prop_assert_eq!(String::from_utf8(payload).unwrap(), text);
        prop_assert!(says(&value, &tokens), "{value} is not {tokens}");
    }

    #[test]
    fn statements_in_no_style_come_back(value in statement(), seed in any::<u64>()) {
        let text = write(&value, &Spelling::chaos(seed));
        let (payload, tokens) = rebuilt(&wrap::dsse(&text));
        prop_assert_eq!(String::from_utf8(payload).unwrap(), text);
        prop_assert!(says(&value, &tokens), "{value} is not {tokens}");
    }

    #[test]
    fn statements_in_metablocks_come_back_canonical(value in statement().prop_map(only_integers), seed in any::<u64>()) {
        let (payload, tokens) = rebuilt(&wrap::metablock(&write(&value, &Spelling::chaos(seed))));
        prop_assert_eq!(String::from_utf8(payload).unwrap(), canonical(&value));
        prop_assert!(says(&value, &tokens), "{value} is not {tokens}");
    }

    /// So do texts with any white space and any escapes.
    #[test]
    fn texts_in_no_style_come_back(value in value(), seed in any::<u64>()) {
        let text = write(&value, &Spelling::chaos(seed));
        let (payload, tokens) = rebuilt(&wrap::dsse(&text));
        prop_assert_eq!(String::from_utf8(payload).unwrap(), text);
        prop_assert!(says(&value, &tokens), "{value} is not {tokens}");
    }

    /// Of a Metablock, the canonical form of `signed` comes back, however the file was written.
    #[test]
    fn metablocks_come_back_canonical(value in value().prop_map(only_integers), seed in any::<u64>()) {
        let value = serde_json::json!({ "_type": value });
        let (payload, tokens) = rebuilt(&wrap::metablock(&write(&value, &Spelling::chaos(seed))));
        prop_assert_eq!(String::from_utf8(payload).unwrap(), canonical(&value));
        prop_assert!(says(&value, &tokens), "{value} is not {tokens}");
    }

    /// Whatever a hostile packer writes: if a text comes out at all, it is JSON that says exactly what the tokens say.
    #[test]
    fn emitted_texts_say_what_the_tokens_say(
        value in prop_oneof![value(), statement()], spelling in Spelling::any(), damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)
    ) {
        let mut bytes = wrap::pack(&wrap::dsse(&write(&value, &spelling)));
        for (at, byte) in damage {
            let length = bytes.len();
            bytes[at.index(length)] = byte;
        }
        let mut path = vec![0; PATH];
        if let Ok(bundle) = Bundle::open(&bytes, &mut path) && let Ok(text) = payload(&bundle) {
            let parsed: Value = serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&text)));
            prop_assert!(says(&parsed, &value_of(&bundle)), "{parsed} is not what decisions see");
        }
    }
}

/// What decisions see of a descriptor is what it is called, by its `name` or else by its `uri`, and its digests.
const CALLED: &str = "called";

/// Is this text what decisions were taken from?
fn says(text: &Value, decided: &Value) -> bool {
    match (text, decided) {
        (Value::Object(text), Value::Object(decided)) => match decided.get(CALLED) {
            Some(called) => {
                text.get("name").or(text.get("uri")) == Some(called) && text.get("digest") == decided.get("digest")
            }
            None => {
                text.len() == decided.len()
                    && text.iter().all(|(key, value)| decided.get(key).is_some_and(|decided| says(value, decided)))
            }
        },
        (Value::Array(text), Value::Array(decided)) => {
            text.len() == decided.len() && text.iter().zip(decided).all(|(text, decided)| says(text, decided))
        }
        _ => text == decided,
    }
}

/// Canonical JSON has integers only.
fn only_integers(value: Value) -> Value {
    match value {
        Value::Number(number) if number.as_i64().is_none() => Value::from(number.to_string()),
        Value::Number(number) if number.as_i64() == Some(0) => Value::from(0),
        Value::Array(items) => items.into_iter().map(only_integers).collect(),
        Value::Object(members) => members.into_iter().map(|(key, value)| (key, only_integers(value))).collect(),
        other => other,
    }
}

fn cases() -> u32 {
    std::env::var("SITREP_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(256)
}
