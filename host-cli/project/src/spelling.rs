//! How a layout's text is spelled before it is signed: DSSE signs a text, and what one writer makes of a value is another text than what another makes of it.

use serde_json::{Map, Value};
use sitrep_metadata::sign::canonical;

use crate::file::{Form, Spelling};

/// A layout as it is signed: canonical JSON for a Metablock, and for DSSE the text that a writer of that spelling makes of it.
#[must_use]
pub fn payload(layout: &Value, form: Form, spelling: Spelling) -> String {
    if form == Form::Metablock {
        return canonical(layout);
    }
    let mut text = String::new();
    push(layout, spelling, &mut text);
    text
}

fn push(value: &Value, spelling: Spelling, text: &mut String) {
    let (comma, colon) = match spelling {
        Spelling::Python => (", ", ": "),
        Spelling::Compact | Spelling::Go => (",", ":"),
    };
    match value {
        Value::Array(items) => {
            text.push('[');
            for (number, item) in items.iter().enumerate() {
                text.push_str(if number > 0 { comma } else { "" });
                push(item, spelling, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            let order = if spelling == Spelling::Go { order_of(members) } else { &[] };
            let place = |name: &str| order.iter().position(|known| *known == name).unwrap_or(order.len());
            sorted.sort_by_key(|(name, _)| (place(name), *name));
            text.push('{');
            for (number, (name, item)) in sorted.into_iter().enumerate() {
                text.push_str(if number > 0 { comma } else { "" });
                push_string(name, spelling, text);
                text.push_str(colon);
                push(item, spelling, text);
            }
            text.push('}');
        }
        Value::String(string) => push_string(string, spelling, text),
        scalar => text.push_str(&scalar.to_string()),
    }
}

/// The order of the members of in-toto-golang's structures (in_toto/model.go). Maps are sorted.
fn order_of(members: &Map<String, Value>) -> &'static [&'static str] {
    match members.get("_type").and_then(Value::as_str) {
        Some("layout") => &["_type", "steps", "inspect", "keys", "expires", "readme"],
        Some("step") => {
            &["_type", "pubkeys", "expected_command", "threshold", "name", "expected_materials", "expected_products"]
        }
        Some("inspection") => &["_type", "name", "expected_materials", "expected_products", "run"],
        _ if members.contains_key("keytype") => &["keyid", "keyid_hash_algorithms", "keytype", "keyval", "scheme"],
        _ => &[],
    }
}

/// A string as the writer escapes it.
fn push_string(string: &str, spelling: Spelling, text: &mut String) {
    // What serde_json escapes, all escape in the same way.
    for char in Value::from(string).to_string().chars() {
        let is_escaped = match spelling {
            Spelling::Python => char > '~',
            Spelling::Compact => false,
            Spelling::Go => matches!(char, '<' | '>' | '&' | '\u{2028}' | '\u{2029}'),
        };
        if is_escaped {
            text.extend(char.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            text.push(char);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn payloads_are_written_as_others_do() {
        let value = json!({"b": [1, true, null], "a": "\u{e9}\u{1f600}\n\"\\\u{7f}\u{8}\u{1}/<"});
        // json.dumps of the same.
        let python = r#"{"a": "\u00e9\ud83d\ude00\n\"\\\u007f\b\u0001/<", "b": [1, true, null]}"#;
        assert_eq!(payload(&value, Form::Dsse, Spelling::Python), python);
        let go = "{\"a\":\"\u{e9}\u{1f600}\\n\\\"\\\\\u{7f}\\b\\u0001/\\u003c\",\"b\":[1,true,null]}";
        assert_eq!(payload(&value, Form::Dsse, Spelling::Go), go);
        assert_eq!(payload(&value, Form::Dsse, Spelling::Compact), go.replace("\\u003c", "<"));
        assert_eq!(payload(&json!({"b": 1, "a": "\n"}), Form::Metablock, Spelling::Python), "{\"a\":\"\n\",\"b\":1}");
        let step = json!({"_type": "step", "name": "s", "x": 1, "pubkeys": [], "a": 2});
        assert_eq!(payload(&step, Form::Dsse, Spelling::Go), r#"{"_type":"step","pubkeys":[],"name":"s","a":2,"x":1}"#);
    }
}
