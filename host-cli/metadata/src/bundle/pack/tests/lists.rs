//! Artifact lists: which arrays become one, and that all come back as they were.

use sitrep_core::bundle::{Event, Form, Reader};

use super::*;

/// The first token of the value of the payload's only member.
#[track_caller]
fn code_of_only_member(text: &str) -> u8 {
    codes_of(text).pop().unwrap_or(16)
}

/// The tokens of all artifact maps and lists of a payload, which has to come back as it was.
#[track_caller]
fn codes_of(text: &str) -> Vec<u8> {
    let bundle = pack(&[dsse(text)]);
    assert_eq!(payloads(&bundle)[0].0, text);
    let bundle = Bundle::open(&bundle, &mut [0; 70_000]).unwrap();
    let mut reader = Reader::of(&bundle.envelope(0).unwrap());
    let mut codes = Vec::new();
    while let Some(event) = reader.next_event().unwrap() {
        if let Event::Artifacts(runs) = event {
            let code = match runs.form() {
                Form::Map => 8,
                Form::NameFirst => 10,
                Form::DigestFirst => 12,
                Form::Descriptors => 14,
            };
            codes.push(code + u8::from(!runs.ascending()));
        }
    }
    codes
}

#[test]
fn artifact_lists_have_their_tokens() {
    let entry = |name: &str| format!(r#"{{"name":"{name}","digest":{{"sha256":"{}"}}}}"#, "ab".repeat(32));
    let turned = |name: &str| format!(r#"{{"digest":{{"sha256":"{}"}},"name":"{name}"}}"#, "ab".repeat(32));
    let subject = |entries: &[String]| format!(r#"{{"subject":[{}]}}"#, entries.join(","));
    assert_eq!(code_of_only_member(&subject(&[entry("a"), entry("b"), entry("b/c")])), 10);
    assert_eq!(code_of_only_member(&subject(&[entry("b"), entry("a")])), 11);
    assert_eq!(code_of_only_member(&subject(&[turned("a")])), 12);
    assert_eq!(code_of_only_member(&subject(&[turned("b"), turned("a"), turned("c")])), 13);
    let materials = subject(&[entry("b"), entry("a")]).replace("subject", "materials");
    assert_eq!(code_of_only_member(&format!(r#"{{"predicate":{materials}}}"#)), 11);
    // Elsewhere an array is an array.
    assert_eq!(code_of_only_member(&materials), 16);
    assert_eq!(code_of_only_member(&format!(r#"{{"predicate":{}}}"#, subject(&[entry("a")]))), 16);
    // Formatting has its patches, token for token as in other values.
    let spaced = "{\n  \"subject\": [\n    {\n      \"name\": \"a<\\u00e9\",\n      \"digest\": {}\n    }\n  ]\n}";
    assert_eq!(code_of_only_member(spaced), 10);
    assert_eq!(check(spaced).1, 0);
    for (odd, patches) in [
        (spaced.replace("[\n", "[ \n"), 1),
        (spaced.replace("\"digest\": ", "\"digest\" :"), 2),
        (spaced.replace("name", "n\\u0061me"), 1),
        (spaced.replace("{}", "{ }"), 1),
    ] {
        assert_eq!((code_of_only_member(&odd), check(&odd).1), (10, patches), "{odd}");
    }
}

#[test]
fn arrays_of_another_form_are_spelled_out() {
    let long = "x".repeat(4097);
    for entries in [
        "",
        "1",
        "{}",
        r#"{"name":"a"}"#,
        r#"{"digest":{"sha256":"00"}}"#,
        r#"{"name":"a","name":"b"}"#,
        r#"{"name":"a","digest":{},"uri":"b"}"#,
        r#"{"uri":"b","digest":{}}"#,
        r#"{"name":1,"digest":{}}"#,
        r#"{"name":"a","digest":{"sha256":1}}"#,
        r#"{"name":"a","digest":[]}"#,
        r#"{"name":"a","digest":{}},{"digest":{},"name":"b"}"#,
        r#"{"name":"a","digest":{}},{"name":"a","digest":{}}"#,
        r#"{"name":"b","digest":{}},{"name":"a","digest":{}},{"name":"b","digest":{}}"#,
        r#"{"name":"a","digest":{}},1"#,
        &format!(r#"{{"name":"{long}","digest":{{}}}}"#),
    ] {
        let text = format!(r#"{{"subject":[{entries}]}}"#);
        if entries.contains(r#""a","name""#) {
            let payload = STANDARD.encode(&text);
            let json = format!(r#"{{"payload":"{payload}","payloadType":"t","signatures":[]}}"#);
            assert!(Document::parse(json.as_bytes()).unwrap_err().to_string().contains("\"name\" twice"));
            continue;
        }
        assert_eq!(code_of_only_member(&text), 16, "{text}");
    }
    // More lists, and more runs, than readers take.
    let map = r#"{"a":{},"b":{}}"#;
    let list = r#"[{"name":"a","digest":{}},{"name":"b","digest":{}}]"#;
    check(&format!(
        r#"{{"materials":{map},"products":{map},"predicate":{{"materials":{map},"products":{map}}},"subject":{list}}}"#
    ));
    let entry = |number: usize| format!(r#"{{"name":"{:05}","digest":{{}}}}"#, number);
    let shuffled = |count: usize| (0..count).map(|number| entry(number * 7919 % count)).collect::<Vec<_>>().join(",");
    assert_eq!(code_of_only_member(&format!(r#"{{"subject":[{}]}}"#, shuffled(1000))), 11);
    assert_eq!(code_of_only_member(&format!(r#"{{"subject":[{}]}}"#, shuffled(2000))), 16);
}

#[test]
fn links_say_more_of_their_artifacts() {
    let link = |subject: &str, materials: &str| {
        format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","predicate":{{"materials":[{materials}],"name":"x"}},"predicateType":"https://in-toto.io/attestation/link/v0.3","subject":[{subject}]}}"#
        )
    };
    let plain = r#"{"name":"p","digest":{}}"#;
    for (each, code) in [
        (r#"{"name":"a","digest":{"sha256":"00","x":"no digits"},"uri":"b"}"#, 14),
        (r#"{"uri":"b","digest":{}}"#, 14),
        (r#"{"digest":{},"mediaType":"x","uri":"b","name":"a"}"#, 14),
        (r#"{"name":"a","digest":{}},{"digest":{},"name":"b"}"#, 14),
        (r#"{"name":"b","digest":{}},{"uri":"a","digest":{"sha1":"0"}},{"name":"","digest":{}}"#, 15),
        (r#"{"annotations":[{"name":"a","digest":{}}],"name":"c","content":null,"digest":{}}"#, 14),
        // Nothing to take out, or not without doubt.
        (r#"{"name":"a","uri":null,"digest":{}}"#, 16),
        (r#"{"name":null,"uri":"a","digest":{}}"#, 16),
        (r#"{"name":"a","digest":{"x":1},"uri":"b"}"#, 16),
        (r#"{"name":"a"}"#, 16),
        (r#"{"uri":"a","digest":{}},{"name":"a","digest":{}}"#, 16),
        (r#"{"uri":"a","digest":{}},[]"#, 16),
    ] {
        // Members stand in the order of the text: the materials come first.
        let described = |lists: [u8; 2]| lists.into_iter().filter(|code| *code < 16).collect::<Vec<_>>();
        assert_eq!(codes_of(&link(each, plain)), described([10, code]), "{each}");
        assert_eq!(codes_of(&link(plain, each)), described([code, 10]), "{each}");
        // Of another statement nothing is taken out.
        let other = link(each, "").replace("link/v0.3", "other");
        assert!(codes_of(&other).iter().all(|code| *code < 14), "{other}");
    }
    // Every string of it may be written otherwise, and stays so.
    let odd = link(r#"{"n\u0061me" : "\u0061", "digest": {"sh\u0061256":"\u0030\u0030"},"uri":"<\u00fC>"} "#, "");
    assert_eq!(codes_of(&odd), [14]);
}

#[test]
fn lists_and_maps_share_their_artifacts() {
    let digest = r#"{"sha256":"00","sha512":"11"}"#;
    let map = format!(r#"{{"_type":"link","products":{{"a":{digest},"b":{digest}}}}}"#);
    let list = format!(r#"{{"subject":[{{"digest":{digest},"name":"b"}},{{"digest":{digest},"name":"a"}}]}}"#);
    let ordered = format!(r#"{{"subject":[{{"digest":{digest},"name":"a"}},{{"digest":{digest},"name":"b"}}]}}"#);
    let bundle = pack(&[dsse(&map), dsse(&list), dsse(&ordered)]);
    assert_eq!(payloads(&bundle), [(map, 0), (list.clone(), 0), (ordered, 0)]);
    assert_eq!(Bundle::open(&bundle, &mut [0; 100]).unwrap().artifacts().count(), 2);
    // In canonical JSON the members of an object are in the order of their keys, the items of an array in theirs.
    let turned = format!(r#"{{"subject":[{{"name":"b","digest":{digest}}},{{"digest":{digest},"name":"a"}}]}}"#);
    assert_eq!(payloads(&pack(&[metablock(&turned)])), [(list, 0)]);
}

/// Is the JSON value what decisions are taken from? `event` starts the reader's next value.
fn is_decided(bundle: &Bundle<'_>, reader: &mut Reader<'_>, event: Event<'_>, json: &serde_json::Value) -> bool {
    let digests = |mut set: sitrep_core::bundle::DigestSet<'_>| {
        let mut members = serde_json::Map::new();
        while let Some((algorithm, digest)) = set.next_digest().unwrap() {
            members.insert(algorithm.to_string(), digest.to_string().into());
        }
        serde_json::Value::Object(members)
    };
    match event {
        Event::ArrayStart => {
            let mut items = json.as_array().unwrap().iter();
            loop {
                match reader.next_event().unwrap().unwrap() {
                    Event::End => return items.next().is_none(),
                    event if items.next().is_some_and(|item| is_decided(bundle, reader, event, item)) => {}
                    _ => return false,
                }
            }
        }
        Event::ObjectStart => {
            let mut count = 0;
            loop {
                match reader.next_event().unwrap().unwrap() {
                    Event::End => return json.as_object().unwrap().len() == count,
                    Event::Key(key) => {
                        let event = reader.next_event().unwrap().unwrap();
                        if !is_decided(bundle, reader, event, &json[key.to_string()]) {
                            return false;
                        }
                        count += 1;
                    }
                    _ => return false,
                }
            }
        }
        Event::Artifacts(mut runs) => {
            let (mut buffer, mut decided) = (vec![0; 100], Vec::new());
            let mut cursor = bundle.paths(&mut buffer);
            while let Some(run) = runs.next_run().unwrap() {
                for number in run.first..run.first + run.count {
                    cursor.seek(number).unwrap();
                    let name = String::from_utf8(cursor.path().to_vec()).unwrap();
                    decided.push((name, digests(cursor.digests(run.variant).unwrap())));
                }
            }
            let said: Vec<_> = match json {
                serde_json::Value::Object(map) => map.iter().map(|(name, set)| (name.clone(), set.clone())).collect(),
                list => {
                    let entry = |entry: &serde_json::Value| {
                        // A descriptor is called by its name, or else by its URI.
                        let name = entry.get("name").or(entry.get("uri")).unwrap().as_str().unwrap().to_owned();
                        (name, entry["digest"].clone())
                    };
                    list.as_array().unwrap().iter().map(entry).collect()
                }
            };
            if json.is_object() {
                decided.sort_by(|(one, _), (other, _)| one.cmp(other));
            }
            said == decided
        }
        Event::Text(text) => json == &serde_json::Value::from(text.to_string()),
        Event::Null => json.is_null(),
        Event::Bool(value) => json == &serde_json::Value::from(value),
        Event::Number(number) => number.to_u32().is_none_or(|number| json == &serde_json::Value::from(number)),
        Event::Key(_) | Event::End => false,
    }
}

/// Whoever packs can make decisions see nothing else than the text: whatever is changed in the tokens of lists of descriptors, no text comes out, or one that
/// says what decisions see.
#[test]
fn a_packer_cannot_let_descriptors_say_something_else() {
    let digest = "ab".repeat(32);
    let subject = format!(
        r#"[{{"uri":"u","digest":{{"sha256":"{digest}"}}}},{{"name":"n","x":[null],"digest":{{}},"uri":"v"}},{{"digest":{{}},"uri":"w"}}]"#
    );
    let text = format!(r#"{{"predicateType":"https://in-toto.io/Link/v0.2","subject":{subject},"z":[1,"end"]}}"#);
    let packed = pack(&[dsse(&text)]);
    let (mut path, mut chunk) = (vec![0; 100], [0; 200]);
    // Texts of any length: whoever packs says how long they are.
    let mut text_of = |bytes: &[u8]| {
        let bundle = Bundle::open(bytes, &mut path).ok()?;
        let envelope = bundle.envelope(0).unwrap();
        let (mut text, mut path) = (Vec::new(), [0; 100]);
        let mut scratch = Scratch { path: &mut path, chunk: &mut chunk };
        match envelope.payload(&bundle, &mut scratch, &mut |bytes| text.extend_from_slice(bytes)) {
            Err(error) if error.code() != sitrep_core::Code::BundlePayloadLength => return None,
            _ => {}
        }
        let json = serde_json::from_slice(&text).unwrap();
        let mut reader = Reader::of(&envelope);
        let first = reader.next_event().unwrap().unwrap();
        assert!(is_decided(&bundle, &mut reader, first, &json), "{json} {bytes:?}");
        assert!(reader.next_event().unwrap().is_none());
        Some(json)
    };
    let first = packed.len() - Bundle::open(&packed, &mut [0; 100]).unwrap().envelope(0).unwrap().token_bytes();
    let whole: serde_json::Value = text_of(&packed).unwrap();
    let (mut same, mut other, mut none) = (0, 0, 0);
    let mut ask = |bytes: &[u8]| match text_of(bytes) {
        Some(json) if json == whole => same += 1,
        Some(_) => other += 1,
        None => none += 1,
    };
    for one in first..packed.len() {
        let mut bytes = packed.clone();
        for value in 0..=255 {
            bytes[one] = value;
            ask(&bytes);
        }
        // Codes that mean something, and counts and lengths that are one more or less.
        for second in one + 1..packed.len().min(one + 24) {
            let values = |place: usize| {
                [0, 1, 6, 7, 14, 15, 16, 17, packed[place].wrapping_add(1), packed[place].wrapping_sub(1)]
            };
            for (value, next) in values(one).into_iter().flat_map(|one| values(second).map(|next| (one, next))) {
                (bytes[one], bytes[second]) = (value, next);
                ask(&bytes);
            }
            bytes[second] = packed[second];
        }
    }
    // Some changes say the same in another way, or something else that is as true.
    assert!(other > 100 && none > 10_000, "{same} {other} {none}");
}
