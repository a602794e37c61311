use super::*;

fn error(json: &str) -> String {
    parse(json.as_bytes()).unwrap_err().to_string()
}

#[test]
fn values_are_read() {
    let tree = parse(br#" {"a": [1, -2, 1.50, true, null, "x\u0041\ud83d\ude00\/"], "b": {"": 4294967296}} "#).unwrap();
    let root = tree.root();
    let items: Vec<_> = root.get("a").unwrap().items().collect();
    assert_eq!(items.len(), 6);
    assert_eq!(items[0].as_u32(), Some(1));
    assert_eq!(items[1].number(), Some("-2"));
    assert_eq!(items[2].number(), Some("1.50"));
    assert_eq!(items[3].node(), Node::Bool(true));
    assert_eq!(items[4].node(), Node::Null);
    assert_eq!(items[5].as_str(), Some("xA\u{1f600}/"));
    assert_eq!(root.get("b").unwrap().get("").unwrap().number(), Some("4294967296"));
    assert!(root.is_object() && root.get("a").unwrap().is_array() && root.get("c").is_none());
}

#[test]
fn errors_say_where_and_what() {
    for (json, expected) in [
        ("", "1:1: the text ends here, expected a value"),
        ("nul", "1:1: expected a value"),
        ("[1 2]", "1:4: expected `,` or `]`"),
        ("[1,]", "1:4: expected a value"),
        ("{\"a\" 1}", "1:6: expected `:`"),
        ("{\"a\":1 \"b\"}", "1:8: expected `,` or `}`"),
        ("{\"a\":1,}", "1:8: expected a key"),
        ("{1:2}", "1:2: expected a key"),
        ("[]\n x", "2:2: expected the end of the text"),
        ("\"a\nb\"", "1:3: expected a character or the closing quote of the string"),
        ("\"abc", "1:5: the text ends here, expected a character or the closing quote of the string"),
        ("\"abc\\", "1:6: the text ends here, expected a character or the closing quote of the string"),
        ("\"\u{e9}\\x\"", "1:3: expected one of \" \\ / b f n r t u after the backslash"),
        ("\"\\u12g4\"", "1:2: expected four hexadecimal digits"),
        ("\"\\u+123\"", "1:2: expected four hexadecimal digits"),
        ("\"\\ud800\"", "1:2: expected a surrogate pair"),
        ("\"\\ude00\\ud83d\"", "1:2: expected a surrogate pair"),
        ("\"\\ud83dx\"", "1:2: expected a surrogate pair"),
        ("[01]", "1:3: expected `,` or `]`"),
        ("[-]", "1:3: expected a digit"),
        ("[1.]", "1:4: expected a digit"),
        ("[1e+]", "1:5: expected a digit"),
        ("[.5]", "1:2: expected a value"),
        ("[NaN]", "1:2: expected a value"),
        ("{\n \"a\": 1,\n \"b\": {\"a\": 2}, \"\\u0061\": 3}", "3:17: expected every key once, found \"a\" twice"),
        ("{\"b\":1,\"a\":2,\"b\":3,\"b\":4}", "1:14: expected every key once, found \"b\" twice"),
        ("\u{feff}{}", "1:1: expected no byte order mark"),
    ] {
        assert_eq!(error(json), expected, "{json}");
    }
    assert_eq!(parse(b"[\"a\",\n\"\xff\"]").unwrap_err().to_string(), "2:2: expected UTF-8");
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(nested(32).as_bytes()).is_ok());
    assert_eq!(error(&nested(33)), "1:33: expected at most 32 nested containers");
    assert_eq!(error(&"[".repeat(1_000_000)), "1:33: expected at most 32 nested containers");
}

#[test]
fn duplicates_are_found_in_any_order() {
    for size in [2, 3, 40] {
        for first in 0..size {
            for second in 0..first {
                let keys = (0..size)
                    .map(|key| format!("\"{}\":0", if key == first { second * 7 % size } else { key * 7 % size }));
                let json = format!("{{{}}}", keys.collect::<Vec<_>>().join(","));
                assert!(parse(json.as_bytes()).is_err(), "{json}");
            }
        }
    }
}
