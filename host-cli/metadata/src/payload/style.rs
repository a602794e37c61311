//! Finds the style of a text, and notes where the text does not follow it (BUNDLE.md, sections 5.1 and 5.2).

use sitrep_core::bundle::{Indent, Style};

use super::spelling::{ALL, ESCAPES, is_plain, styles_of};
use crate::json::{Gap, Watch};
use crate::varint::push_varint;

/// Counts what speaks for each style.
#[derive(Clone, Debug, Default)]
pub(super) struct Survey {
    /// Strings that each style of escapes would write otherwise.
    misspelled: [u32; ESCAPES.len()],
    /// White space after `:`: in all, none, and one space.
    colons: [u32; 3],
    /// White space that no style has.
    odd: u32,
    /// Line breaks at the outermost level, which all indentations share.
    breaks: u32,
    /// Places around the members of containers.
    places: u32,
    /// What stands there, for each indentation that was seen.
    indents: Vec<(Indent, Places)>,
    final_newline: bool,
}

/// Places that an indentation fits: after a comma without and with a space, and others.
#[derive(Clone, Copy, Debug, Default)]
struct Places {
    commas: [u32; 2],
    others: u32,
}

impl Places {
    fn comma_space(self) -> bool {
        self.commas[1] > self.commas[0]
    }

    fn fitting(self) -> u32 {
        self.others + self.commas[0].max(self.commas[1])
    }
}

/// Which indentation gives this white space in `depth` containers; `None` for a line feed alone at depth 0, which all do.
fn indent_of(space: &[u8], depth: usize) -> Result<Option<Indent>, ()> {
    let Some(units) = space.strip_prefix(b"\n") else {
        return if space.is_empty() { Ok(Some(Indent::None)) } else { Err(()) };
    };
    if depth == 0 {
        return if units.is_empty() { Ok(None) } else { Err(()) };
    }
    if units.len() == depth && units.iter().all(|unit| *unit == b'\t') {
        return Ok(Some(Indent::Tab));
    }
    match u8::try_from(units.len() / depth) {
        Ok(count) if units.len().is_multiple_of(depth) && units.iter().all(|unit| *unit == b' ') => {
            Ok(Some(Indent::Spaces(count)))
        }
        _ => Err(()),
    }
}

impl Survey {
    fn structure(&mut self, space: &[u8], depth: usize, comma: bool) {
        self.places += 1;
        let (comma_space, rest) = match space.strip_prefix(b" ") {
            Some(rest) if comma => (1, rest),
            _ => (0, space),
        };
        let indent = match indent_of(rest, depth) {
            Ok(Some(indent)) => indent,
            Ok(None) => {
                self.breaks += 1;
                return;
            }
            Err(()) => return,
        };
        let position = self.indents.iter().position(|(known, _)| *known == indent).unwrap_or(self.indents.len());
        if position == self.indents.len() {
            self.indents.push((indent, Places::default()));
        }
        if let Some((_, places)) = self.indents.get_mut(position) {
            if comma {
                places.commas[comma_space] += 1;
            } else {
                places.others += 1;
            }
        }
    }

    /// The style that fits best, and whether it fits everywhere.
    pub(super) fn decide(&self) -> (Style, bool) {
        let (escapes, misspelled) =
            ESCAPES.iter().zip(self.misspelled).min_by_key(|(_, misspelled)| *misspelled).unwrap_or((&ESCAPES[0], 0));
        let colon_space = self.colons[2] > self.colons[1];
        let odd_colons = self.colons[0] - self.colons[1].max(self.colons[2]);
        // The first of the best, so that equal input gives equal output.
        let mut best = (Indent::None, Places::default(), 0);
        for (indent, places) in &self.indents {
            let fitting = places.fitting() + if *indent == Indent::None { 0 } else { self.breaks };
            if fitting > best.2 {
                best = (*indent, *places, fitting);
            }
        }
        let (indent, places, fitting) = best;
        let style = Style {
            escapes: *escapes,
            colon_space,
            comma_space: places.comma_space(),
            indent,
            final_newline: self.final_newline,
        };
        (style, misspelled == 0 && odd_colons == 0 && self.odd == 0 && fitting == self.places)
    }
}

impl Watch for Survey {
    const WATCHES: bool = true;

    fn space(&mut self, gap: Gap, depth: usize, space: &[u8]) {
        match gap {
            Gap::Tight => self.odd += u32::from(!space.is_empty()),
            Gap::Colon => {
                self.colons[0] += 1;
                self.colons[1] += u32::from(space.is_empty());
                self.colons[2] += u32::from(space == b" ");
            }
            Gap::Open | Gap::Close => self.structure(space, depth, false),
            Gap::Comma => self.structure(space, depth, true),
            Gap::End => {
                self.final_newline = space == b"\n";
                self.odd += u32::from(!matches!(space, b"" | b"\n"));
            }
        }
    }

    fn string(&mut self, raw: &str, _: bool) {
        if is_plain(raw.as_bytes()) {
            return;
        }
        let styles = styles_of(raw);
        if styles != ALL {
            for (number, misspelled) in self.misspelled.iter_mut().enumerate() {
                *misspelled += u32::from(styles >> number & 1 == 0);
            }
        }
    }

    fn noted(&self) -> usize {
        // What is skipped is written like what was counted, so that whether a style fits everywhere is known without it.
        0
    }

    fn skip(&mut self, _: u32) {}
}

/// Which part of a token a patch replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PatchKind {
    /// The white space before it.
    Space,
    /// What stands between a string's quotes.
    String,
}

/// The places where a text does not follow its style, as a bundle has them: there may be one for every few bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Patches {
    /// How many.
    pub(crate) count: u32,
    /// Each with the number of tokens from the one that the patch before is for (BUNDLE.md, section 5.2).
    pub(crate) bytes: Vec<u8>,
    /// The token of the last one.
    last: u32,
}

impl Patches {
    /// Adds one for the lexical token with this number.
    fn push(&mut self, token: u32, kind: PatchKind, bytes: &[u8]) {
        push_varint(&mut self.bytes, token - self.last);
        push_varint(&mut self.bytes, (bytes.len() as u32) << 1 | u32::from(kind == PatchKind::String));
        self.bytes.extend_from_slice(bytes);
        self.last = token;
        self.count += 1;
    }
}

/// Notes every place where a text does not follow `style`.
#[derive(Clone, Debug)]
pub(super) struct Patcher {
    style: Style,
    /// Bit of the style's escapes.
    escapes: u8,
    /// Tokens seen so far.
    tokens: u32,
    pub(super) patches: Patches,
    /// The style's white space for the gap that was met last.
    expected: Vec<u8>,
}

impl Patcher {
    pub(super) fn new(style: Style) -> Self {
        let number = ESCAPES.iter().position(|escapes| *escapes == style.escapes).unwrap_or(0);
        Self { style, escapes: 1 << number, tokens: 0, patches: Patches::default(), expected: Vec::new() }
    }

    fn line(&mut self, depth: usize) {
        let (unit, count) = match self.style.indent {
            Indent::None => return,
            Indent::Tab => (b'\t', 1),
            Indent::Spaces(count) => (b' ', usize::from(count)),
        };
        self.expected.push(b'\n');
        self.expected.resize(self.expected.len() + depth * count, unit);
    }
}

impl Watch for Patcher {
    const WATCHES: bool = true;

    fn space(&mut self, gap: Gap, depth: usize, space: &[u8]) {
        self.expected.clear();
        match gap {
            Gap::Tight => {}
            Gap::Colon if self.style.colon_space => self.expected.push(b' '),
            Gap::Colon => {}
            Gap::Open | Gap::Close => self.line(depth),
            Gap::Comma => {
                if self.style.comma_space {
                    self.expected.push(b' ');
                }
                self.line(depth);
            }
            Gap::End if self.style.final_newline => self.expected.push(b'\n'),
            Gap::End => {}
        }
        if self.expected != space {
            self.patches.push(self.tokens, PatchKind::Space, space);
        }
        self.tokens += 1;
    }

    fn string(&mut self, raw: &str, _: bool) {
        if !is_plain(raw.as_bytes()) && styles_of(raw) & self.escapes == 0 {
            // The gap before the string has counted it already.
            self.patches.push(self.tokens - 1, PatchKind::String, raw.as_bytes());
        }
    }

    fn noted(&self) -> usize {
        self.patches.count as usize
    }

    fn skip(&mut self, tokens: u32) {
        self.tokens += tokens;
    }
}
