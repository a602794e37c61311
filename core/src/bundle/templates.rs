//! Objects and arrays that recur in in-toto metadata, each written as one token and its places.
//!
//! A template is only a shorter spelling: the reader expands it to the same events that the long form gives. The list is
//! part of format version 1 (BUNDLE.md, section 8): it is never reordered, and grows only with the version.

use super::joined;
use super::words::{self, Name};

/// One piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// `{`
    Object,
    /// `[`
    Array,
    /// `}` or `]`, of the container opened last.
    End,
    /// An object key.
    Key(&'static str),
    /// A string value.
    Text(&'static str),
    /// A value that follows in the token stream.
    Place,
}

// A piece takes one byte of flash: a mark, or the number of a word and whether it is a key.
const OBJECT: u8 = 0;
const ARRAY: u8 = 1;
const END: u8 = 2;
const PLACE: u8 = 3;
const TEXT: u8 = 64;
const KEY: u8 = 128;

const fn key(name: &str) -> u8 {
    KEY | Name::of(name).number()
}

const fn text(name: &str) -> u8 {
    TEXT | Name::of(name).number()
}

/// How many templates there are.
pub const TEMPLATE_COUNT: usize = TEMPLATES.len();

/// Piece `position` of template `number`; `None` behind its last.
#[must_use]
pub fn template_piece(number: usize, position: usize) -> Option<Piece> {
    let byte = *PIECES.get(joined::range(&STARTS, number)?)?.get(position)?;
    let word = || words::word(usize::from(byte & 63));
    Some(match byte {
        OBJECT => Piece::Object,
        ARRAY => Piece::Array,
        END => Piece::End,
        PLACE => Piece::Place,
        TEXT..KEY => Piece::Text(word()?),
        _ => Piece::Key(word()?),
    })
}

static PIECES: [u8; joined::length(&TEMPLATES)] = joined::bytes(&TEMPLATES);
static STARTS: [u16; TEMPLATE_COUNT + 1] = joined::starts(&TEMPLATES);

/// The templates, by number.
const TEMPLATES: [&[u8]; 26] = [
    // 0-3: the bodies of the specification's sections 4.3 and 4.4, keys in canonical order
    &[
        OBJECT,
        key("_type"),
        text("layout"),
        key("expires"),
        PLACE,
        key("inspect"),
        PLACE,
        key("keys"),
        PLACE,
        key("readme"),
        PLACE,
        key("steps"),
        PLACE,
        END,
    ],
    &[
        OBJECT,
        key("_type"),
        text("step"),
        key("expected_command"),
        PLACE,
        key("expected_materials"),
        PLACE,
        key("expected_products"),
        PLACE,
        key("name"),
        PLACE,
        key("pubkeys"),
        PLACE,
        key("threshold"),
        PLACE,
        END,
    ],
    &[
        OBJECT,
        key("_type"),
        text("inspection"),
        key("expected_materials"),
        PLACE,
        key("expected_products"),
        PLACE,
        key("name"),
        PLACE,
        key("run"),
        PLACE,
        END,
    ],
    &[
        OBJECT,
        key("_type"),
        text("link"),
        key("byproducts"),
        PLACE,
        key("command"),
        PLACE,
        key("environment"),
        PLACE,
        key("materials"),
        PLACE,
        key("name"),
        PLACE,
        key("products"),
        PLACE,
        END,
    ],
    // 4-6: Ed25519 keys as Python in-toto 3, older Python and Rust, and Go write them
    &[
        OBJECT,
        key("keyid"),
        PLACE,
        key("keytype"),
        text("ed25519"),
        key("keyval"),
        OBJECT,
        key("public"),
        PLACE,
        END,
        key("scheme"),
        text("ed25519"),
        END,
    ],
    &[
        OBJECT,
        key("keyid"),
        PLACE,
        key("keyid_hash_algorithms"),
        ARRAY,
        text("sha256"),
        text("sha512"),
        END,
        key("keytype"),
        text("ed25519"),
        key("keyval"),
        OBJECT,
        key("private"),
        text(""),
        key("public"),
        PLACE,
        END,
        key("scheme"),
        text("ed25519"),
        END,
    ],
    &[
        OBJECT,
        key("keyid"),
        PLACE,
        key("keyid_hash_algorithms"),
        ARRAY,
        text("sha256"),
        text("sha512"),
        END,
        key("keytype"),
        text("ed25519"),
        key("keyval"),
        OBJECT,
        key("public"),
        PLACE,
        END,
        key("scheme"),
        text("ed25519"),
        END,
    ],
    // 7-9: any other key, in the same three dialects
    &[
        OBJECT,
        key("keyid"),
        PLACE,
        key("keytype"),
        PLACE,
        key("keyval"),
        OBJECT,
        key("public"),
        PLACE,
        END,
        key("scheme"),
        PLACE,
        END,
    ],
    &[
        OBJECT,
        key("keyid"),
        PLACE,
        key("keyid_hash_algorithms"),
        ARRAY,
        text("sha256"),
        text("sha512"),
        END,
        key("keytype"),
        PLACE,
        key("keyval"),
        OBJECT,
        key("private"),
        text(""),
        key("public"),
        PLACE,
        END,
        key("scheme"),
        PLACE,
        END,
    ],
    &[
        OBJECT,
        key("keyid"),
        PLACE,
        key("keyid_hash_algorithms"),
        ARRAY,
        text("sha256"),
        text("sha512"),
        END,
        key("keytype"),
        PLACE,
        key("keyval"),
        OBJECT,
        key("public"),
        PLACE,
        END,
        key("scheme"),
        PLACE,
        END,
    ],
    // 10: what in-toto records of a command
    &[OBJECT, key("return-value"), PLACE, key("stderr"), PLACE, key("stdout"), PLACE, END],
    // 11-25: artifact rules (specification section 4.3.3)
    &[ARRAY, text("ALLOW"), PLACE, END],
    &[ARRAY, text("DISALLOW"), PLACE, END],
    &[ARRAY, text("DISALLOW"), text("*"), END],
    &[ARRAY, text("CREATE"), PLACE, END],
    &[ARRAY, text("DELETE"), PLACE, END],
    &[ARRAY, text("MODIFY"), PLACE, END],
    &[ARRAY, text("REQUIRE"), PLACE, END],
    &[ARRAY, text("MATCH"), PLACE, text("WITH"), text("PRODUCTS"), text("FROM"), PLACE, END],
    &[ARRAY, text("MATCH"), PLACE, text("WITH"), text("MATERIALS"), text("FROM"), PLACE, END],
    &[ARRAY, text("MATCH"), PLACE, text("IN"), PLACE, text("WITH"), text("PRODUCTS"), text("FROM"), PLACE, END],
    &[ARRAY, text("MATCH"), PLACE, text("IN"), PLACE, text("WITH"), text("MATERIALS"), text("FROM"), PLACE, END],
    &[ARRAY, text("MATCH"), PLACE, text("WITH"), text("PRODUCTS"), text("IN"), PLACE, text("FROM"), PLACE, END],
    &[ARRAY, text("MATCH"), PLACE, text("WITH"), text("MATERIALS"), text("IN"), PLACE, text("FROM"), PLACE, END],
    &[
        ARRAY,
        text("MATCH"),
        PLACE,
        text("IN"),
        PLACE,
        text("WITH"),
        text("PRODUCTS"),
        text("IN"),
        PLACE,
        text("FROM"),
        PLACE,
        END,
    ],
    &[
        ARRAY,
        text("MATCH"),
        PLACE,
        text("IN"),
        PLACE,
        text("WITH"),
        text("MATERIALS"),
        text("IN"),
        PLACE,
        text("FROM"),
        PLACE,
        END,
    ],
];
