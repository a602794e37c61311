//! Writers of JSON texts, from BUNDLE.md, section 5, and from OLPC's description of canonical JSON.

use sitrep_core::bundle::{Escapes, Indent, Style};

use crate::json::Json;

/// OLPC canonical JSON: no white space, keys by code point, only `"` and `\` escaped.
#[must_use]
pub fn canonical(value: &Json) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    match value {
        Json::Null => "null".to_owned(),
        Json::Bool(value) => value.to_string(),
        Json::Number(number) => number.clone(),
        Json::Text(text) => quoted(text),
        Json::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Json::Described(_) => panic!("no text has this"),
        Json::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(one, _), (other, _)| one.chars().cmp(other.chars()));
            let members = members.into_iter().map(|(key, value)| format!("{}:{}", quoted(key), canonical(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
    }
}

/// DSSE's pre-authentication encoding.
#[must_use]
pub fn pre_authentication(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    out.extend_from_slice(payload);
    out
}

/// One lexical token of a text, and the white space before it.
#[derive(Clone, Debug)]
pub struct Lexical {
    /// The white space.
    pub space: String,
    /// The token, without a string's quotes.
    pub inside: String,
    /// A string's value; `None` for other tokens.
    pub value: Option<String>,
}

/// A text in tokens; the last is empty: the end.
#[must_use]
pub fn styled(value: &Json, style: &Style) -> Vec<Lexical> {
    let mut text = Text { tokens: Vec::new(), style, depth: 0, space: String::new() };
    text.value(value);
    if style.final_newline {
        text.space.push('\n');
    }
    text.token("");
    text.tokens
}

/// The text that the tokens are.
#[must_use]
pub fn joined(tokens: &[Lexical]) -> String {
    let mut text = String::new();
    for Lexical { space, inside, value } in tokens {
        let quote = if value.is_some() { "\"" } else { "" };
        text.extend([space.as_str(), quote, inside, quote]);
    }
    text
}

struct Text<'s> {
    tokens: Vec<Lexical>,
    style: &'s Style,
    depth: usize,
    /// What stands before the next token.
    space: String,
}

impl Text<'_> {
    fn token(&mut self, inside: &str) {
        let space = std::mem::take(&mut self.space);
        self.tokens.push(Lexical { space, inside: inside.to_owned(), value: None });
    }

    fn line(&mut self) {
        let unit = match self.style.indent {
            Indent::None => return,
            Indent::Tab => "\t".to_owned(),
            Indent::Spaces(count) => " ".repeat(count.into()),
        };
        self.space += "\n";
        self.space += &unit.repeat(self.depth);
    }

    fn string(&mut self, text: &str) {
        let inside = text.chars().map(|char| escaped(char, self.style.escapes)).collect();
        let space = std::mem::take(&mut self.space);
        self.tokens.push(Lexical { space, inside, value: Some(text.to_owned()) });
    }

    fn value(&mut self, value: &Json) {
        match value {
            Json::Null => self.token("null"),
            Json::Bool(value) => self.token(if *value { "true" } else { "false" }),
            Json::Number(number) => self.token(number),
            Json::Text(text) => self.string(text),
            Json::Array(items) => self.container(["[", "]"], items, Self::value),
            Json::Described(_) => panic!("no text has this"),
            Json::Object(members) => self.container(["{", "}"], members, |text, (key, value)| {
                text.string(key);
                text.token(":");
                if text.style.colon_space {
                    text.space.push(' ');
                }
                text.value(value);
            }),
        }
    }

    fn container<T>(&mut self, [open, close]: [&str; 2], members: &[T], write: impl Fn(&mut Self, &T)) {
        self.token(open);
        self.depth += 1;
        for (number, member) in members.iter().enumerate() {
            if number > 0 {
                self.token(",");
                if self.style.comma_space {
                    self.space.push(' ');
                }
            }
            self.line();
            write(self, member);
        }
        self.depth -= 1;
        if !members.is_empty() {
            self.line();
        }
        self.token(close);
    }
}

/// The table of BUNDLE.md, section 5.1.
fn escaped(char: char, escapes: Escapes) -> String {
    let units = |char: char| char.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect();
    let is_go = matches!(escapes, Escapes::GoHtml { .. } | Escapes::GoPlain { .. });
    let is_long = matches!(escapes, Escapes::GoHtml { short: false } | Escapes::GoPlain { short: false });
    match char {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        _ if escapes == Escapes::Canonical => char.to_string(),
        '\x08' if !is_long => "\\b".to_owned(),
        '\x0c' if !is_long => "\\f".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\0'..='\x1f' => units(char),
        '<' | '>' | '&' if matches!(escapes, Escapes::GoHtml { .. }) => units(char),
        '\u{2028}' | '\u{2029}' if is_go => units(char),
        '\x7f'.. if escapes == Escapes::Ascii => units(char),
        _ => char.to_string(),
    }
}
