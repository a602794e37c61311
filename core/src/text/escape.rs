//! The insides of JSON strings: escaping by style, and un-escaping what a patch spells otherwise.

use super::writer::Writer;
use crate::bundle::{Escapes, Str};
use crate::features::Features;
use crate::hex;

/// Writes `text`, which is UTF-8, between quotes, as the style escapes it.
#[inline]
pub(super) fn write(out: &mut Writer<'_>, text: &[u8], escapes: Escapes) {
    if !Features::BUILD.has(Features::ESCAPED_UNICODE) {
        return write_bytes(out, text, escapes);
    }
    let mut rest = text;
    while let Some((plain, special, after)) = split_at_special(rest, escapes) {
        out.write(plain);
        write_escaped(out, special, escapes);
        rest = after;
    }
    out.write(rest);
}

/// The same for the styles of every profile; in [`Escapes::Ascii`] the text is ASCII.
fn write_bytes(out: &mut Writer<'_>, text: &[u8], escapes: Escapes) {
    for byte in text {
        let letter = match byte {
            b'"' | b'\\' => *byte,
            0..=0x1f if escapes != Escapes::Canonical => match byte {
                b'\n' => b'n',
                b'\r' => b'r',
                b'\t' => b't',
                8 => b'b',
                12 => b'f',
                _ => {
                    out.write(b"\\u00");
                    out.write_hex(&[*byte]);
                    continue;
                }
            },
            0x7f if escapes == Escapes::Ascii => {
                out.write(b"\\u007f");
                continue;
            }
            _ => {
                out.write(&[*byte]);
                continue;
            }
        };
        out.write(&[b'\\', letter]);
    }
}

/// Splits before and after the first character that the style escapes.
fn split_at_special(text: &[u8], escapes: Escapes) -> Option<(&[u8], char, &[u8])> {
    let mut looked_at: usize = 0;
    loop {
        let position = text.iter().skip(looked_at).position(|byte| may_start_special(*byte, escapes))?;
        let (plain, rest) = text.split_at_checked(looked_at.saturating_add(position))?;
        let char = first_char(rest)?;
        if is_special(char, escapes) {
            return Some((plain, char, rest.get(char.len_utf8()..)?));
        }
        looked_at = plain.len().saturating_add(char.len_utf8());
    }
}

/// Can a character that the style escapes start with this byte?
const fn may_start_special(byte: u8, escapes: Escapes) -> bool {
    match byte {
        // The first of U+2028.
        0xe2 => !matches!(escapes, Escapes::Canonical | Escapes::Minimal),
        0x7f.. => matches!(escapes, Escapes::Ascii),
        _ => is_special(byte as char, escapes),
    }
}

/// The character at the start of UTF-8.
fn first_char(text: &[u8]) -> Option<char> {
    let length = match text.first()? {
        ..0x80 => 1,
        ..0xe0 => 2,
        ..0xf0 => 3,
        _ => 4,
    };
    core::str::from_utf8(text.get(..length)?).ok()?.chars().next()
}

const fn is_special(char: char, escapes: Escapes) -> bool {
    match char {
        '"' | '\\' => true,
        '\0'..='\x1f' => !matches!(escapes, Escapes::Canonical),
        '<' | '>' | '&' => matches!(escapes, Escapes::GoHtml { .. }),
        ' '..='~' => false,
        '\u{2028}' | '\u{2029}' => matches!(escapes, Escapes::Ascii | Escapes::GoHtml { .. } | Escapes::GoPlain { .. }),
        _ => matches!(escapes, Escapes::Ascii),
    }
}

fn write_escaped(out: &mut Writer<'_>, char: char, escapes: Escapes) {
    let short_controls = !matches!(escapes, Escapes::GoHtml { short: false } | Escapes::GoPlain { short: false });
    match char {
        '"' => out.write(b"\\\""),
        '\\' => out.write(b"\\\\"),
        '\n' => out.write(b"\\n"),
        '\r' => out.write(b"\\r"),
        '\t' => out.write(b"\\t"),
        '\x08' if short_controls => out.write(b"\\b"),
        '\x0c' if short_controls => out.write(b"\\f"),
        _ => {
            for unit in char.encode_utf16(&mut [0; 2]) {
                out.write(b"\\u");
                out.write_hex(&unit.to_be_bytes());
            }
        }
    }
}

/// Is `lexeme` the inside of a JSON string whose value is `text`?
///
/// This is what keeps a patch from spelling something else than what decisions are taken from.
pub(super) fn spells(lexeme: &[u8], text: Str<'_>) -> bool {
    let Ok(lexeme) = core::str::from_utf8(lexeme) else { return false };
    let mut chars = lexeme.chars();
    let mut expected = text.bytes();
    let mut takes = |char: char| char.encode_utf8(&mut [0; 4]).bytes().all(|byte| expected.next() == Some(byte));
    while let Some(char) = chars.next() {
        let value = match char {
            '"' | '\0'..='\x1f' => return false,
            '\\' => match unescape(&mut chars) {
                Some(value) => value,
                None => return false,
            },
            plain => plain,
        };
        if !takes(value) {
            return false;
        }
    }
    expected.next().is_none()
}

/// The character of the escape whose backslash has been read; `None` where it is none, or a surrogate alone.
fn unescape(chars: &mut core::str::Chars<'_>) -> Option<char> {
    match chars.next()? {
        char @ ('"' | '\\' | '/') => Some(char),
        'b' => Some('\x08'),
        'f' => Some('\x0c'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'u' => {
            let first = code_unit(chars)?;
            if !(0xd800..0xe000).contains(&first) {
                return char::from_u32(first);
            }
            if chars.next()? != '\\' || chars.next()? != 'u' {
                return None;
            }
            let second = u16::try_from(code_unit(chars)?).ok()?;
            let first = u16::try_from(first).ok()?;
            char::decode_utf16([first, second]).next()?.ok()
        }
        _ => None,
    }
}

fn code_unit(chars: &mut core::str::Chars<'_>) -> Option<u32> {
    let mut unit: u32 = 0;
    for _ in 0..4 {
        let digit = u8::try_from(chars.next()?).ok()?;
        unit = unit << 4 | u32::from(hex::nibble(digit)?);
    }
    Some(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lexeme_spells_its_value_and_nothing_else() {
        for (lexeme, value) in [
            ("abc", "abc"),
            ("\\u0061b\\/", "ab/"),
            ("\\ud83d\\ude00", "\u{1f600}"),
            ("\\uD83D\\uDE00x", "\u{1f600}x"),
            ("", ""),
            ("\\\"\\\\\\b\\f\\n\\r\\t", "\"\\\x08\x0c\n\r\t"),
        ] {
            assert!(spells(lexeme.as_bytes(), Str::new(value)), "{lexeme}");
        }
        for (lexeme, value) in [
            ("abc", "ab"),
            ("ab", "abc"),
            ("\\ud83d", "\u{fffd}"),
            ("\\ude00\\ud83d", "x"),
            ("a\"b", "a\"b"),
            ("a\nb", "a\nb"),
            ("\\x41", "A"),
            ("\\u00e", "\u{e}"),
            ("\\", "\\"),
        ] {
            assert!(!spells(lexeme.as_bytes(), Str::new(value)), "{lexeme}");
        }
    }
}
