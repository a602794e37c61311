//! Text for terminals, line by line.
//!
//! Names in metadata come from people whom nobody has checked yet, and terminals take orders from some characters.

use std::{fmt, io};

use serde::Serialize;

use crate::show::characters::is_harmful;

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

/// A number and what is counted, in the plural where it is not one.
#[must_use]
pub fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// The digits of a key id that people compare, and that names of files have.
#[must_use]
pub fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
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
    let mut json = Vec::new();
    // What is serialised here has strings for keys, and memory takes all of it.
    let _ = write_harmless_json(value, &mut json);
    String::from_utf8(json).unwrap_or_default()
}

/// The same, written as it is made: what is shown may be long.
///
/// # Errors
/// Those of `out`.
pub fn write_harmless_json(value: &impl Serialize, out: &mut impl io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(Escaping(&mut *out), value)?;
    out.write_all(b"\n")
}

/// Escapes harmful characters in JSON. What is written to it at once ends with a whole character.
struct Escaping<'w, W>(&'w mut W);

impl<W: io::Write> io::Write for Escaping<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        // Those of ASCII are escaped already, but for one; what is left of them are the line feeds between members.
        let is_harmful = |char| char > '~' && is_harmful(char);
        for part in text.split_inclusive(is_harmful) {
            match part.char_indices().next_back().filter(|(_, last)| is_harmful(*last)) {
                Some((start, harmful)) => {
                    self.0.write_all(&part.as_bytes()[..start])?;
                    harmful.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(self.0, "\\u{unit:04x}"))?;
                }
                None => self.0.write_all(part.as_bytes())?,
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
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
