//! What is packed comes out of core's reader as the bytes that were signed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use sitrep_core::bundle::{Bundle, Escapes, Indent, Kind, Scratch, Style};

use super::*;
use crate::bundle::unpack::unpack;

mod lists;

fn dsse(payload: &str) -> Document {
    let payload = STANDARD.encode(payload);
    Document::parse(format!(r#"{{"payload":"{payload}","payloadType":"t","signatures":[]}}"#).as_bytes()).unwrap()
}

fn metablock(signed: &str) -> Document {
    Document::parse(format!(r#"{{"signatures":[],"signed":{signed}}}"#).as_bytes()).unwrap()
}

fn pack(documents: &[Document]) -> Vec<u8> {
    let mut packer = Packer::new();
    for (number, document) in documents.iter().enumerate() {
        packer.add(&format!("file{number}"), document.clone());
    }
    let bundle = packer.finish(0).unwrap();
    assert_eq!(packer.finish(0).unwrap(), bundle, "equal input gives equal bytes");
    bundle
}

/// The payloads of a bundle, and how many patches each has.
fn payloads(bundle: &[u8]) -> Vec<(String, u32)> {
    let mut path = vec![0; 70_000];
    let bundle = Bundle::open_with_observations(bundle, &mut path).unwrap();
    let payload = |envelope: sitrep_core::bundle::Envelope<'_>| {
        let mut payload = Vec::new();
        let mut chunk = [0; 200];
        let mut scratch = Scratch { path: &mut path, chunk: &mut chunk };
        envelope.payload(&bundle, &mut scratch, &mut |bytes| payload.extend_from_slice(bytes)).unwrap();
        (String::from_utf8(payload).unwrap(), envelope.patch_count())
    };
    bundle.envelopes().map(Result::unwrap).map(payload).collect()
}

/// Packs one DSSE payload; gives its style and the number of patches.
#[track_caller]
fn check(text: &str) -> (Style, u32) {
    let bundle = pack(&[dsse(text)]);
    let payloads = payloads(&bundle);
    assert_eq!(payloads[0].0, text);
    let bundle = Bundle::open(&bundle, &mut [0; 70_000]).unwrap();
    match bundle.envelope(0).unwrap().kind() {
        Kind::Dsse { style, .. } => (style, payloads[0].1),
        Kind::Metablock | Kind::Observation => panic!("packed as something else"),
    }
}

const COMPACT: Style = Style {
    escapes: Escapes::Ascii,
    colon_space: false,
    comma_space: false,
    indent: Indent::None,
    final_newline: false,
};

#[test]
fn common_styles_need_no_patches() {
    let spaced = Style { colon_space: true, ..COMPACT };
    for (text, style) in [
        // Python: json.dumps, with separators, with indent=2, indent=0 and ensure_ascii=False
        (r#"{"a": [1, {"b": "\u00e9<\u007f"}, [], {}], "materials": {}}"#, Style { comma_space: true, ..spaced }),
        (r#"{"a":[1,{"b":"\ud83d\ude00"}]}"#, COMPACT),
        ("{\n  \"a\": [\n    1,\n    {}\n  ]\n}", Style { indent: Indent::Spaces(2), ..spaced }),
        ("{\n\"a\": [\n1,\n2\n]\n}", Style { indent: Indent::Spaces(0), ..spaced }),
        ("[\"\u{e9}\\b\"]", Style { escapes: Escapes::Minimal, ..COMPACT }),
        // Go: Marshal with its newline (Encoder), MarshalIndent with tabs, without HTML escapes
        (
            "{\"a\":\"\\u003c\\u2028\u{e9}\"}\n",
            Style { escapes: Escapes::GoHtml { short: false }, final_newline: true, ..COMPACT },
        ),
        ("[\"\\u003c\\b\"]", Style { escapes: Escapes::GoHtml { short: true }, ..COMPACT }),
        (
            "{\n\t\"a\": \"<\\u2028\u{e9}\\u0008\"\n}",
            Style { escapes: Escapes::GoPlain { short: false }, indent: Indent::Tab, ..spaced },
        ),
        // JavaScript: JSON.stringify with 4 spaces
        (
            "{\n    \"a\": \"\u{2028}\",\n    \"b\": 1.5e+30\n}",
            Style { escapes: Escapes::Minimal, indent: Indent::Spaces(4), ..spaced },
        ),
        ("1", COMPACT),
        ("\"\"", COMPACT),
    ] {
        assert_eq!(check(text), (style, 0), "{text}");
    }
}

#[test]
fn what_fits_no_style_is_patched() {
    for (text, patches) in [
        (" {} ", 2),
        ("{ }", 1),
        ("[1 ,2]", 1),
        ("[1,2, 3,4]", 1),
        ("{\"a\" :1}", 1),
        ("{\"a\":1}\n\n", 1),
        ("{\r\n  \"a\": 1\r\n}", 2),
        ("[\"\\/\",\"\\u0041\",\"\\u001F\",\"\\u00E9\",\"\u{e9}\"]", 4),
        ("{\n  \"a\": [1, 2],\n  \"b\": [3, 4]\n}", 3),
        (
            "{\"materials\":{\"a\\/b\":{\"sha256\" :\"00\"},\"c\":{\"sha\\u0032\":\"0\"},\"d\":{\"x\":\"\\u0061b\"}},\"z\": 1}",
            5,
        ),
    ] {
        assert_eq!(check(text).1, patches, "{text}");
    }
}

#[test]
fn artifacts_are_shared_and_kept_in_order() {
    let digest = |byte: u8| format!("{byte:02x}").repeat(32);
    let map = |entries: &[(&str, u8)]| {
        let entries = entries.iter().map(|(path, byte)| format!(r#""{path}":{{"sha256":"{}"}}"#, digest(*byte)));
        format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
    };
    let texts = [
        format!(r#"{{"materials":{},"products":{}}}"#, map(&[]), map(&[("a", 1), ("b", 2), ("c", 3)])),
        format!(
            r#"{{"materials":{},"products":{}}}"#,
            map(&[("a", 1), ("b", 2), ("c", 3)]),
            map(&[("a", 1), ("b", 4), ("d", 5)])
        ),
        format!(
            r#"{{"predicate":{{"materials":{},"products":{}}}}}"#,
            map(&[("d", 5), ("a", 1), ("b", 4), ("c", 3)]),
            map(&[("c", 9), ("b", 2)])
        ),
    ];
    let bundle = pack(&texts.clone().map(|text| dsse(&text)));
    assert_eq!(payloads(&bundle), texts.clone().map(|text| (text, 0)));
    let bundle = Bundle::open(&bundle, &mut [0; 100]).unwrap();
    assert_eq!(bundle.artifacts().count(), 4);
    // In a Metablock, the order of the file does not count.
    let [_, ascending, descending] = texts;
    let bundle = pack(&[metablock(&ascending), metablock(&descending)]);
    let sorted = format!(
        r#"{{"predicate":{{"materials":{},"products":{}}}}}"#,
        map(&[("a", 1), ("b", 4), ("c", 3), ("d", 5)]),
        map(&[("b", 2), ("c", 9)])
    );
    assert_eq!(payloads(&bundle), [(ascending, 0), (sorted, 0)]);
}

#[test]
fn artifact_maps_of_another_form_are_plain_objects() {
    let algorithms: Vec<String> = (0..17).map(|number| format!(r#""a{number}":"00""#)).collect();
    for text in [
        r#"{"materials":{"a":1},"products":[]}"#,
        r#"{"materials":{"a":{"sha256":1}}}"#,
        r#"{"materials":{"":{"sha256":"00"},"a":{"sha256":"00"}},"products":{"a":{"sha256":"00"},"":{"sha256":"00"}}}"#,
        r#"{"materials":{"a":{"sha256":{"b":"00"}}}}"#,
        r#"{"materials":"a","predicate":[{"products":{"a":{"sha256":"00"}}}]}"#,
        &format!(r#"{{"materials":{{"a":{{{}}}}}}}"#, algorithms.join(",")),
    ] {
        assert_eq!(check(text).1, 0, "{text}");
    }
    let error = |text: &str| {
        let payload = STANDARD.encode(text);
        let json = format!(r#"{{"payload":"{payload}","payloadType":"t","signatures":[]}}"#);
        Document::parse(json.as_bytes()).unwrap_err().to_string()
    };
    let twice = r#"{"materials":{"a":{"x":"00"},"b":{"x":"00"},"a":{"x":"00"}}}"#;
    assert_eq!(error(twice), "in the payload, 1:45: expected every key once, found \"a\" twice");
    let twice = r#"{"materials":{"a":{"x":"00","x":"01"}}}"#;
    assert_eq!(error(twice), "in the payload, 1:29: expected every key once, found \"x\" twice");
    assert_eq!(
        error(r#"{"materials":{"a":{"x":"00"}"#),
        "in the payload, 1:29: the text ends here, expected `,` or `}`"
    );
}

#[test]
fn digests_of_any_kind_come_back() {
    for set in [
        "",
        r#""sha256":"AB""#,
        r#""sha256":"abc""#,
        r#""sha256":"""#,
        r#""sha1":"00","gitoid:sha256":"zz","rsa":"0011""#,
        r#""sha512":"00","sha256":"11""#,
        r#""\u0061":"\u0030\u0030""#,
    ] {
        let map = format!(r#"{{"a":{{{set}}},"b":{{"sha256":"00"}},"c":{{{set}}},"d":{{{set}}}}}"#);
        check(&format!(r#"{{"materials":{map},"products":{{"b":{{{set}}},"d":{{"x":"y"}}}}}}"#));
    }
}

#[test]
fn observations_are_links_that_nobody_signed() {
    let observation = Observation {
        parent: 0,
        name: "untar".to_owned(),
        command: vec!["tar".to_owned(), "xf".to_owned()],
        return_value: -1,
        materials: BTreeMap::from([("a".to_owned(), [0x11; 32])]),
        products: BTreeMap::from([("a".to_owned(), [0x22; 32]), ("a/b".to_owned(), [0x33; 32])]),
    };
    let mut packer = Packer::new();
    packer.add_observation(&observation);
    let digest = |digits: &str| format!(r#"{{"sha256":"{}"}}"#, digits.repeat(32));
    let expected = format!(
        r#"{{"_type":"link","byproducts":{{"return-value":-1}},"command":["tar","xf"],"environment":{{}},"materials":{{"a":{}}},"name":"untar","products":{{"a":{},"a/b":{}}}}}"#,
        digest("11"),
        digest("22"),
        digest("33")
    );
    assert_eq!(payloads(&packer.finish(0).unwrap()), [(expected, 0)]);
}

#[test]
fn what_does_not_go_in_is_told() {
    let long = "x".repeat(65_536);
    let mut packer = Packer::new();
    packer.add("a", metablock(&format!(r#"{{"materials":{{"{long}":{{}}}}}}"#)));
    assert_eq!(packer.finish(0), Err(PackError::PathTooLong(65_536)));
    check(&format!(r#"{{"materials":{{"{}":{{}}}}}}"#, &long[1..]));

    let mut packer = Packer::new();
    for number in 0..256 {
        packer.add("a", metablock(&format!(r#"{{"materials":{{"p":{{"a":"{number:04x}"}}}}}}"#)));
    }
    assert_eq!(packer.finish(0), Err(PackError::TooManyVariants("p".to_owned())));

    let mut packer = Packer::new();
    for number in 0..65 {
        packer.add("a", metablock(&format!(r#"{{"materials":{{"p":{{"a{number}":"00"}}}}}}"#)));
    }
    assert_eq!(packer.finish(0), Err(PackError::TooManyShapes(65)));
}

/// A JSON value as a test builds it.
#[derive(Clone, Debug)]
enum Json {
    Word(String),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{0,2}",
        "[0-9a-f]{0,40}",
        "[ -~]{0,6}",
        "[\u{0}-\u{20}\"\\\\/<&\u{7f}\u{e9}\u{2028}\u{1f600}]{0,6}",
        Just("sha256".to_owned()),
        Just("_type".to_owned()),
        Just("rsa".to_owned()),
    ]
}

fn object(value: impl Strategy<Value = Json>, size: usize) -> impl Strategy<Value = Json> {
    let members = prop::collection::vec((text(), value), 0..size);
    members.prop_map(|mut members| {
        let mut seen = std::collections::HashSet::new();
        members.retain(|(key, _)| seen.insert(key.clone()));
        Json::Object(members)
    })
}

fn artifacts() -> impl Strategy<Value = Json> {
    prop_oneof![object(object(text().prop_map(Json::Text), 4), 12), recorded()]
}

/// Artifacts as tools record them: alike, mostly in order, more than a block of them.
fn recorded() -> impl Strategy<Value = Json> {
    let digest = |byte: u8, length: usize| Json::Text(format!("{byte:02x}").repeat(length));
    let set = move |byte: u8| {
        let mut set = vec![("sha256".to_owned(), digest(byte, 32))];
        if byte > 250 {
            set.push(("sha512".to_owned(), digest(byte, 64)));
        }
        Json::Object(set)
    };
    let paths = prop::collection::btree_map("(src/|lib/)?[a-e]{1,6}([.]c|[.]\u{e9}|[.]txt)?", any::<u8>(), 0..150);
    (paths, 0..20_usize).prop_map(move |(paths, moved)| {
        let mut members: Vec<_> = paths.into_iter().map(|(path, byte)| (path, set(byte))).collect();
        if moved < members.len() && moved.is_multiple_of(2) {
            members.rotate_left(moved);
        }
        Json::Object(members)
    })
}

fn json(words: &'static [&'static str]) -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        prop::sample::select(words).prop_map(|word| Json::Word(word.to_owned())),
        text().prop_map(Json::Text)
    ];
    let value = leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![prop::collection::vec(inner.clone(), 0..6).prop_map(Json::Array), object(inner, 6)]
    });
    (value, artifacts(), artifacts()).prop_map(|(value, materials, products)| match value {
        Json::Object(mut members) => {
            members.retain(|(key, _)| key != "materials" && key != "products");
            members.insert(members.len() / 2, ("materials".to_owned(), materials));
            members.push(("products".to_owned(), products));
            Json::Object(members)
        }
        value => value,
    })
}

/// Writes JSON in a way that `choices` decide: mostly one style, with exceptions.
struct Text<'c> {
    out: String,
    choices: std::iter::Cycle<std::slice::Iter<'c, u8>>,
    spaces: [&'c str; 3],
}

impl Text<'_> {
    fn choice(&mut self) -> u8 {
        self.choices.next().copied().unwrap_or(0)
    }

    fn space(&mut self, place: usize) {
        let space = match self.choice() {
            0..4 => " \n\t",
            4 => "",
            5 => " ",
            _ => self.spaces[place],
        };
        self.out.push_str(space);
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for char in text.chars() {
            match (self.choice(), char) {
                (_, '"' | '\\') | (0..9, '/') => self.out.extend(['\\', char]),
                (0..250, ..' ') | (0..4, _) => {
                    char.encode_utf16(&mut [0; 2]).iter().for_each(|unit| self.out += &format!("\\u{unit:04x}"));
                }
                (_, '\n') => self.out += "\\n",
                (_, '\x08') => self.out += "\\b",
                (_, ..' ') => self.out += &format!("\\u{:04X}", u32::from(char)),
                _ => self.out.push(char),
            }
        }
        self.out.push('"');
    }

    fn value(&mut self, json: &Json) {
        match json {
            Json::Word(word) => self.out.push_str(word),
            Json::Text(text) => self.string(text),
            Json::Array(items) => {
                self.out.push('[');
                for (number, item) in items.iter().enumerate() {
                    if number > 0 {
                        self.space(0);
                        self.out.push(',');
                    }
                    self.space(2);
                    self.value(item);
                }
                self.space(2);
                self.out.push(']');
            }
            Json::Object(members) => {
                self.out.push('{');
                for (number, (key, value)) in members.iter().enumerate() {
                    if number > 0 {
                        self.space(0);
                        self.out.push(',');
                    }
                    self.space(2);
                    self.string(key);
                    self.space(0);
                    self.out.push(':');
                    self.space(1);
                    self.value(value);
                }
                self.space(2);
                self.out.push('}');
            }
        }
    }
}

fn write(json: &Json, choices: &[u8]) -> String {
    let spaces = match choices.first() {
        Some(0..100) => ["", "", ""],
        Some(100..200) => ["", " ", " "],
        _ => ["", " ", "\n  "],
    };
    let mut text = Text { out: String::new(), choices: choices.iter().cycle(), spaces };
    text.space(0);
    text.value(json);
    text.space(0);
    text.out
}

/// OLPC canonical JSON.
fn canonical(json: &Json) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    match json {
        Json::Word(word) => word.replace("-0", "0"),
        Json::Text(text) => quoted(text),
        Json::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Json::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| key);
            let members = members.iter().map(|(key, value)| format!("{}:{}", quoted(key), canonical(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
    }
}

const NUMBERS: &[&str] = &["0", "-0", "7", "4294967295", "4294967296", "-12", "1.50", "1E+5", "null", "true", "false"];
const INTEGERS: &[&str] =
    &["0", "-0", "7", "4294967295", "123456789012345678901234567890", "-12", "null", "true", "false"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_dsse_payload_comes_back(values in prop::collection::vec((json(NUMBERS), prop::collection::vec(any::<u8>(), 1..200)), 1..4)) {
        let texts: Vec<String> = values.iter().map(|(json, choices)| write(json, choices)).collect();
        let bundle = pack(&texts.iter().map(|text| dsse(text)).collect::<Vec<_>>());
        let rebuilt: Vec<String> = payloads(&bundle).into_iter().map(|(text, _)| text).collect();
        prop_assert_eq!(&rebuilt, &texts);
        let bundle = Bundle::open(&bundle, &mut [0; 4096]).unwrap();
        for (file, text) in unpack(&bundle).unwrap().iter().zip(&texts) {
            let document = Document::parse(&file.json).unwrap();
            prop_assert_eq!(&payloads(&pack(&[document]))[0].0, text);
        }
    }

    #[test]
    fn every_metablock_comes_back_in_canonical_form(json in object(json(INTEGERS), 6), choices in prop::collection::vec(any::<u8>(), 1..200)) {
        let bundle = pack(&[metablock(&write(&json, &choices))]);
        prop_assert_eq!(&payloads(&bundle)[0].0, &canonical(&json));
        let opened = Bundle::open(&bundle, &mut [0; 4096]).unwrap();
        let again = Document::parse(&unpack(&opened).unwrap()[0].json).unwrap();
        prop_assert_eq!(pack(&[again]), bundle);
    }
}
