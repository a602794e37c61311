//! Text for terminals, line by line.
//!
//! Names in metadata come from people whom nobody has checked yet, and terminals take orders from some characters.

use std::fmt;

use serde::Serialize;

/// Lines of text. What a line is made of cannot end it early or tell the terminal anything.
#[derive(Debug, Default)]
pub struct Lines(String);

impl Lines {
    /// Adds a line.
    pub fn line(&mut self, line: fmt::Arguments<'_>) {
        self.0.push_str(&harmless(&line.to_string()));
        self.0.push('\n');
    }

    /// The whole text.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }
}

/// The same text with control characters, those that change the direction of writing, and those that nobody sees, spelled out.
#[must_use]
pub fn harmless(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    for char in text.chars() {
        if is_harmful(char) { harmless.extend(char.escape_default()) } else { harmless.push(char) }
    }
    harmless
}

/// A value as JSON on several lines, in which the same characters are escaped: it says the same, and can be shown.
#[must_use]
pub fn harmless_json(value: &impl Serialize) -> String {
    // What is serialised here has strings for keys and cannot fail.
    let json = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut harmless = String::with_capacity(json.len() + 1);
    for char in json.chars() {
        // Those of ASCII are escaped already, but for one; what is left of them are the line feeds between members.
        if char > '~' && is_harmful(char) {
            let units = char.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
            harmless.push_str(&units);
        } else {
            harmless.push(char);
        }
    }
    harmless + "\n"
}

/// Control characters, and of Unicode's format characters those that turn the direction of writing, join, part or tag others.
pub(crate) fn is_harmful(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{a0}' | '\u{ad}' | '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_give_no_orders_to_the_terminal() {
        let mut lines = Lines::default();
        lines.line(format_args!("step {}", "a\nverified: \u{1b}[31mb\u{202e}é\u{9b}"));
        assert_eq!(lines.into_text(), "step a\\nverified: \\u{1b}[31mb\\u{202e}é\\u{9b}\n");
        assert_eq!(harmless("a\u{200f}b\u{61c}c\u{200b}"), "a\\u{200f}b\\u{61c}c\\u{200b}");
    }

    #[test]
    fn json_gives_no_orders_either_and_says_the_same() {
        let name = "a\n\u{1b}[2J\u{7f}\u{9b}\u{202e}é\u{e0041}";
        let json = harmless_json(&serde_json::json!({"name": name}));
        assert!(json.lines().all(|line| line == harmless(line)), "{json}");
        let again: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(again["name"], name);
    }
}
