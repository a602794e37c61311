//! Text for terminals, line by line.
//!
//! Names in metadata come from people whom nobody has checked yet, and terminals take orders from some characters.

use std::fmt;

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

/// The same text with control characters, and those that change the direction of writing, spelled out.
#[must_use]
pub fn harmless(text: &str) -> String {
    let is_harmful =
        |char: char| char.is_control() || matches!(char, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut harmless = String::with_capacity(text.len());
    for char in text.chars() {
        if is_harmful(char) { harmless.extend(char.escape_default()) } else { harmless.push(char) }
    }
    harmless
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_give_no_orders_to_the_terminal() {
        let mut lines = Lines::default();
        lines.line(format_args!("step {}", "a\nverified: \u{1b}[31mb\u{202e}é\u{9b}"));
        assert_eq!(lines.into_text(), "step a\\nverified: \\u{1b}[31mb\\u{202e}é\\u{9b}\n");
    }
}
