//! Writes JSON values in every way that a text may be spelled: as real writers do, and as none does.
//!
//! Written against RFC 8259 and the writers' documentation, not against sitrep's emitter, which is tested with it.

use proptest::prelude::*;
use serde_json::Value;

/// How a text is spelled.
#[derive(Clone, Debug)]
pub struct Spelling {
    /// After `:`.
    after_colon: &'static str,
    /// After `,`.
    after_comma: &'static str,
    /// One level of indentation.
    indent: Option<String>,
    end: &'static str,
    escapes: Escapes,
    /// Where this is set, white space and escapes are drawn from it instead.
    chaos: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
enum Escapes {
    Python,
    JavaScript,
    Go { html: bool, short: bool },
}

impl Spelling {
    /// Python's `json.dumps`, JavaScript's `JSON.stringify` and Go's `encoding/json`, with the options that people use, and Go's `protojson`,
    /// which escapes as JavaScript does and has a space after `,` or a second one after `:` in some builds of a program and not in others.
    pub fn of_writers() -> impl Strategy<Value = Self> {
        let separators =
            prop_oneof![Just((" ", " ")), Just(("", "")), Just((" ", "")), Just(("", " ")), Just(("  ", ""))];
        let indent = prop_oneof![
            Just(None),
            Just(Some("\t".to_owned())),
            (0..9_usize).prop_map(|spaces| Some(" ".repeat(spaces)))
        ];
        let escapes = prop_oneof![
            Just(Escapes::Python),
            Just(Escapes::JavaScript),
            (any::<bool>(), any::<bool>()).prop_map(|(html, short)| Escapes::Go { html, short })
        ];
        (separators, indent, prop_oneof![Just(""), Just("\n")], escapes).prop_map(
            |((after_colon, after_comma), indent, end, escapes)| Self {
                after_colon,
                after_comma,
                indent,
                end,
                escapes,
                chaos: None,
            },
        )
    }

    /// White space and escapes wherever they are allowed, drawn from `seed`.
    #[must_use]
    pub fn chaos(seed: u64) -> Self {
        Self {
            after_colon: "",
            after_comma: "",
            indent: None,
            end: "",
            escapes: Escapes::JavaScript,
            chaos: Some(seed | 1),
        }
    }

    /// Either.
    pub fn any() -> impl Strategy<Value = Self> {
        prop_oneof![Self::of_writers(), any::<u64>().prop_map(Self::chaos)]
    }
}

/// Writes a value.
#[must_use]
pub fn write(value: &Value, spelling: &Spelling) -> String {
    let mut text = Text { out: String::new(), spelling: spelling.clone(), depth: 0 };
    text.gap();
    text.value(value);
    text.gap();
    text.out + spelling.end
}

struct Text {
    out: String,
    spelling: Spelling,
    depth: usize,
}

impl Text {
    /// A number below `bound` from the chaos; 0 in order.
    fn draw(&mut self, bound: u64) -> u64 {
        // xorshift64: enough variety, and the same for the same seed.
        let Some(state) = &mut self.spelling.chaos else { return 0 };
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state % bound
    }

    fn gap(&mut self) {
        for _ in 0..self.draw(4).saturating_sub(2) {
            let space = [" ", "\n", "\t", "\r\n   "][self.draw(4) as usize];
            self.out += space;
        }
    }

    fn line(&mut self) {
        if let Some(indent) = &self.spelling.indent {
            self.out.push('\n');
            self.out += &indent.repeat(self.depth);
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.out += "null",
            Value::Bool(value) => self.out += if *value { "true" } else { "false" },
            Value::Number(number) => self.out += number.as_str(),
            Value::String(text) => self.string(text),
            Value::Array(items) => self.container('[', ']', items.len(), |text, number| text.value(&items[number])),
            Value::Object(members) => {
                let members: Vec<_> = members.iter().collect();
                self.container('{', '}', members.len(), |text, number| {
                    let (key, value) = members[number];
                    text.string(key);
                    text.gap();
                    text.out.push(':');
                    text.out += text.spelling.after_colon;
                    text.gap();
                    text.value(value);
                });
            }
        }
    }

    fn container(&mut self, open: char, close: char, count: usize, member: impl Fn(&mut Self, usize)) {
        self.out.push(open);
        self.depth += 1;
        for number in 0..count {
            if number > 0 {
                self.out.push(',');
                self.out += self.spelling.after_comma;
            }
            self.line();
            self.gap();
            member(self, number);
            self.gap();
        }
        self.depth -= 1;
        if count > 0 {
            self.line();
        } else {
            self.gap();
        }
        self.out.push(close);
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for char in text.chars() {
            let escaped = self.draw(8) == 1 || self.must_escape(char);
            if !escaped {
                self.out.push(char);
                continue;
            }
            match (self.short_escape(char), self.draw(2)) {
                (Some(short), 0) => {
                    self.out.push('\\');
                    self.out.push(short);
                }
                _ => {
                    for unit in char.encode_utf16(&mut [0; 2]) {
                        let upper = self.draw(2) == 1;
                        self.out += &if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
                    }
                }
            }
        }
        self.out.push('"');
    }

    fn must_escape(&self, char: char) -> bool {
        match (char, self.spelling.escapes) {
            ('"' | '\\' | '\0'..='\x1f', _) => true,
            (char, Escapes::Python) => !matches!(char, ' '..='~'),
            ('<' | '>' | '&', Escapes::Go { html, .. }) => html,
            ('\u{2028}' | '\u{2029}', Escapes::Go { .. }) => true,
            _ => false,
        }
    }

    fn short_escape(&self, char: char) -> Option<char> {
        let shortens = !matches!(self.spelling.escapes, Escapes::Go { short: false, .. });
        match char {
            '"' | '\\' => Some(char),
            '/' if self.spelling.chaos.is_some() => Some(char),
            '\n' => Some('n'),
            '\r' => Some('r'),
            '\t' => Some('t'),
            '\x08' if shortens => Some('b'),
            '\x0c' if shortens => Some('f'),
            _ => None,
        }
    }
}

/// OLPC canonical JSON, as securesystemslib's `encode_canonical` writes it: no white space, keys sorted, only `"` and `\` escaped.
#[must_use]
pub fn canonical(value: &Value) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| *key);
            let members = members.into_iter().map(|(key, value)| format!("{}:{}", quoted(key), canonical(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}
