//! Which styles write a string as it is written (BUNDLE.md, section 5.1).

use sitrep_core::bundle::Escapes;

/// The escapes of each style, by number.
pub(super) const ESCAPES: [Escapes; 6] = [
    Escapes::Ascii,
    Escapes::Minimal,
    Escapes::GoHtml { short: false },
    Escapes::GoHtml { short: true },
    Escapes::GoPlain { short: false },
    Escapes::GoPlain { short: true },
];

/// A set of styles: bit n for number n of [`ESCAPES`].
pub(super) type Styles = u8;

pub(super) const ALL: Styles = 0b11_1111;
const NONE: Styles = 0;
const ASCII: Styles = 0b00_0001;
const MINIMAL: Styles = 0b00_0010;
const GO_HTML: Styles = 0b00_1100;
const LONG: Styles = 0b01_0100;

/// Do all styles write these bytes as they are?
#[inline]
pub(crate) fn is_plain(bytes: &[u8]) -> bool {
    // Without early exit this becomes vector code.
    bytes.iter().fold(true, |plain, byte| {
        plain & matches!(byte, b' '..=b'~') & !matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&')
    })
}

/// The styles that write a string's inside as `raw`, which is a JSON string's inside.
pub(super) fn styles_of(raw: &str) -> Styles {
    let mut styles = ALL;
    let mut rest = raw.chars();
    while let Some(char) = rest.next() {
        styles &= match char {
            '\\' => {
                let (of_escape, length) = styles_of_escape(rest.as_str());
                rest = rest.as_str().get(length..).unwrap_or("").chars();
                of_escape
            }
            '<' | '>' | '&' => ALL & !GO_HTML,
            ..='~' => ALL,
            '\u{2028}' | '\u{2029}' => MINIMAL,
            _ => ALL & !ASCII,
        };
    }
    styles
}

/// The styles that write the escape whose backslash comes before `escape`, and how many bytes follow the backslash.
fn styles_of_escape(escape: &str) -> (Styles, usize) {
    let Ok((char, length)) = crate::json::unescape(escape) else { return (NONE, 0) };
    if length == 1 {
        let styles = match char {
            '/' => NONE,
            '\x08' | '\x0c' => ALL & !LONG,
            _ => ALL,
        };
        return (styles, length);
    }
    let digits = escape.get(..length).unwrap_or("");
    if digits.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return (NONE, length);
    }
    let styles = match char {
        '\n' | '\r' | '\t' => NONE,
        '\x08' | '\x0c' => LONG,
        '\0'..' ' => ALL,
        '<' | '>' | '&' => GO_HTML,
        ..='~' => NONE,
        '\u{2028}' | '\u{2029}' => ALL & !MINIMAL,
        _ => ASCII,
    };
    (styles, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_tell_styles_apart() {
        for (raw, styles) in [
            ("abc /", ALL),
            ("\\\"\\\\\\n\\r\\t\\u0000\\u001f", ALL),
            ("\\/", NONE),
            ("\\u000a", NONE),
            ("\\b\\f", 0b10_1011),
            ("\\u0008\\u000c", 0b01_0100),
            ("\\u001F", NONE),
            ("<>&", 0b11_0011),
            ("\\u003c", 0b00_1100),
            ("\\u003C", NONE),
            ("\u{7f}", 0b11_1110),
            ("\\u007f", 0b00_0001),
            ("\u{2028}", 0b00_0010),
            ("\\u2029", 0b11_1101),
            ("\u{e9}\u{1f600}", 0b11_1110),
            ("\\u00e9\\ud83d\\ude00", 0b00_0001),
            ("\\u0041", NONE),
        ] {
            assert_eq!(styles_of(raw), styles, "{raw}");
        }
    }

    #[test]
    fn plain_is_what_every_style_writes_as_it_is() {
        for byte in 0..=0x7f_u8 {
            let char = char::from(byte);
            let is_token = !matches!(byte, b'"' | b'\\' | ..b' ');
            assert_eq!(is_plain(&[byte]), is_token && styles_of(char.encode_utf8(&mut [0; 4])) == ALL, "{char:?}");
        }
        assert!(!is_plain("\u{e9}".as_bytes()));
    }
}
