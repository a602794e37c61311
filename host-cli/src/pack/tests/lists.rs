//! Artifact lists: which arrays become one, and that all come back as they were.

use sitrep_core::bundle::{Event, Form, Reader};

use super::*;

/// The first token of the value of the payload's only member.
#[track_caller]
fn code_of_only_member(text: &str) -> u8 {
    let bundle = pack(&[dsse(text)]);
    assert_eq!(payloads(&bundle)[0].0, text);
    let bundle = Bundle::open(&bundle, &mut [0; 70_000]).unwrap();
    let mut reader = Reader::of(&bundle.envelope(0).unwrap());
    let mut code = None;
    while let Some(event) = reader.next_event().unwrap() {
        if let Event::Artifacts(runs) = event {
            code = Some(
                match runs.form() {
                    Form::Map => 8,
                    Form::NameFirst => 10,
                    Form::DigestFirst => 12,
                } + u8::from(!runs.ascending()),
            );
        }
    }
    code.unwrap_or(16)
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
        r#"{"name":"","digest":{}}"#,
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
