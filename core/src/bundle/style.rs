//! How the text of a DSSE payload is laid out (BUNDLE.md, section 5.1).

use super::strings::Strings;
use crate::error::{Code, Result};
use crate::features::Features;
use crate::wire::Input;

// Bits of a style's byte.
const COLON_SPACE: u8 = 8;
const COMMA_SPACE: u8 = 16;
/// What every profile can do, beside the first two ways of escaping.
const SIMPLE: u8 = COLON_SPACE | COMMA_SPACE;

/// Which characters of a string are escaped, and how. The table in BUNDLE.md, section 5.1, says it for each character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escapes {
    /// OLPC canonical JSON: only `"` and `\`. The style of every Metablock; never of a DSSE payload.
    Canonical,
    /// Python's `json.dumps`: everything that is not printable ASCII.
    Ascii,
    /// What JSON demands and no more: JavaScript, Rust, Python with `ensure_ascii=False`.
    Minimal,
    /// Go's `json.Marshal`, up to 1.21 with long escapes of U+0008 and U+000C, from 1.22 on with short ones.
    GoHtml {
        /// `\b` and `\f` instead of `\u0008` and `\u000c`.
        short: bool,
    },
    /// Go's encoder after `SetEscapeHTML(false)`.
    GoPlain {
        /// `\b` and `\f` instead of `\u0008` and `\u000c`.
        short: bool,
    },
}

/// White space around the members of containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indent {
    /// None: all on one line.
    None,
    /// A line feed and a tab for each level.
    Tab,
    /// A line feed and this many spaces for each level.
    Spaces(u8),
}

/// The layout of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Escapes in strings.
    pub escapes: Escapes,
    /// A space after each `:`.
    pub colon_space: bool,
    /// A space after each `,`.
    pub comma_space: bool,
    /// Line feeds and indentation.
    pub indent: Indent,
    /// A line feed at the end.
    pub final_newline: bool,
}

impl Style {
    /// OLPC canonical JSON.
    pub const CANONICAL: Self = Self {
        escapes: Escapes::Canonical,
        colon_space: false,
        comma_space: false,
        indent: Indent::None,
        final_newline: false,
    };

    pub(super) fn take(input: &mut Input<'_>, strings: &Strings<'_>) -> Result<Self> {
        let byte = input.byte()?;
        if byte & !SIMPLE > 1 {
            strings.need(Features::STYLES)?;
        }
        if !Features::BUILD.has(Features::STYLES) {
            let escapes = if byte & 1 == 0 { Escapes::Ascii } else { Escapes::Minimal };
            let (colon_space, comma_space) = (byte & COLON_SPACE != 0, byte & COMMA_SPACE != 0);
            return Ok(Self { escapes, colon_space, comma_space, ..Self::CANONICAL });
        }
        Ok(Self {
            escapes: match byte & 7 {
                0 => Escapes::Ascii,
                1 => Escapes::Minimal,
                2 => Escapes::GoHtml { short: false },
                3 => Escapes::GoHtml { short: true },
                4 => Escapes::GoPlain { short: false },
                5 => Escapes::GoPlain { short: true },
                _ => return Err(Code::BundleEnvelope.into()),
            },
            colon_space: byte & COLON_SPACE != 0,
            comma_space: byte & COMMA_SPACE != 0,
            indent: match byte >> 5 & 3 {
                0 => Indent::None,
                1 => Indent::Tab,
                2 => Indent::Spaces(input.byte()?),
                _ => return Err(Code::BundleEnvelope.into()),
            },
            final_newline: byte & 128 != 0,
        })
    }

    /// The style as it stands in an envelope: one byte, and a second one for spaces.
    ///
    /// `None` for the canonical style, which only a Metablock has and which is not stored.
    #[must_use]
    pub const fn encode(&self) -> Option<(u8, Option<u8>)> {
        let escapes = match self.escapes {
            Escapes::Canonical => return None,
            Escapes::Ascii => 0,
            Escapes::Minimal => 1,
            Escapes::GoHtml { short: false } => 2,
            Escapes::GoHtml { short: true } => 3,
            Escapes::GoPlain { short: false } => 4,
            Escapes::GoPlain { short: true } => 5,
        };
        let (indent, spaces) = match self.indent {
            Indent::None => (0, None),
            Indent::Tab => (1, None),
            Indent::Spaces(count) => (2, Some(count)),
        };
        let byte = escapes
            | (self.colon_space as u8) << 3
            | (self.comma_space as u8) << 4
            | indent << 5
            | (self.final_newline as u8) << 7;
        Some((byte, spaces))
    }
}
