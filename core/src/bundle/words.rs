//! Strings that every reader and writer of the format knows, so that no bundle has to carry them.
//!
//! The list is part of format version 1 (BUNDLE.md, section 7): it is never reordered, and grows only with the version.

use super::joined;

/// How many of [`WORDS`] a string reference can name in one byte; the others need the `Word` token.
pub const HOT_WORDS: u32 = 16;

/// The words, by number.
pub const WORDS: [&str; 64] = [
    "",
    "*",
    "sha256",
    "sha512",
    "sha384",
    "gitoid:sha256",
    "sha1",
    "application/vnd.in-toto+json",
    "ed25519",
    "name",
    "MATCH",
    "WITH",
    "IN",
    "FROM",
    "PRODUCTS",
    "MATERIALS",
    "_type",
    "layout",
    "step",
    "inspection",
    "link",
    "expires",
    "inspect",
    "keys",
    "readme",
    "steps",
    "expected_command",
    "expected_materials",
    "expected_products",
    "pubkeys",
    "threshold",
    "run",
    "keyid",
    "keyid_hash_algorithms",
    "keytype",
    "keyval",
    "public",
    "private",
    "scheme",
    "byproducts",
    "command",
    "environment",
    "materials",
    "products",
    "return-value",
    "stderr",
    "stdout",
    "ALLOW",
    "DISALLOW",
    "CREATE",
    "DELETE",
    "MODIFY",
    "REQUIRE",
    "rsa",
    "rsassa-pss-sha256",
    "ecdsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "root.layout",
    "*.link",
    "--",
    "-c",
    "workdir",
    "variables",
];
/// Names that the verifier looks for beside the words; no token names them.
const OTHERS: [&str; 10] = [
    "predicateType",
    "subject",
    "predicate",
    "digest",
    "securityVersion",
    "product",
    "hardware",
    "time",
    "type",
    "method",
];

const COUNT: usize = WORDS.len() + OTHERS.len();

/// A word or another name, by its number: a device keeps each text once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name(u8);

impl Name {
    /// The name with this text. A text that is none does not compile.
    #[allow(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::panic,
        reason = "evaluated only by the compiler, for constants"
    )]
    pub(crate) const fn of(text: &str) -> Self {
        let mut number = 0;
        while number < COUNT {
            let (own, text) = (ALL[number], text.as_bytes());
            let mut same = 0;
            while same < own.len() && same < text.len() && own[same] == text[same] {
                same += 1;
            }
            if same == own.len() && same == text.len() {
                return Self(number as u8);
            }
            number += 1;
        }
        panic!("not a name")
    }

    pub(super) const fn number(self) -> u8 {
        self.0
    }

    #[inline(never)]
    pub(crate) fn text(self) -> &'static str {
        text(usize::from(self.0)).unwrap_or_default()
    }
}

/// The names with these texts.
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "evaluated only by the compiler, for constants"
)]
pub(crate) const fn names<const N: usize>(texts: [&str; N]) -> [Name; N] {
    let (mut names, mut number) = ([Name(0); N], 0);
    while number < N {
        names[number] = Name::of(texts[number]);
        number += 1;
    }
    names
}

/// Word `number` of the format; `None` where there is none.
pub(super) fn word(number: usize) -> Option<&'static str> {
    if number < WORDS.len() { text(number) } else { None }
}

const ALL: [&[u8]; COUNT] = all();
const BYTES: [u8; joined::length(&ALL)] = joined::bytes(&ALL);
const TEXT: &str = match core::str::from_utf8(&BYTES) {
    Ok(text) => text,
    Err(_) => "",
};
static STARTS: [u16; COUNT + 1] = joined::starts(&ALL);

fn text(number: usize) -> Option<&'static str> {
    TEXT.get(joined::range(&STARTS, number)?)
}

#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "evaluated only by the compiler")]
const fn all() -> [&'static [u8]; COUNT] {
    let (mut all, mut number): ([&[u8]; COUNT], usize) = ([&[]; COUNT], 0);
    while number < COUNT {
        all[number] = if number < WORDS.len() { WORDS[number] } else { OTHERS[number - WORDS.len()] }.as_bytes();
        number += 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_by_number() {
        for (number, text) in WORDS.into_iter().enumerate() {
            assert_eq!((word(number), Name::of(text).text()), (Some(text), text));
        }
        for text in OTHERS {
            assert_eq!(Name::of(text).text(), text);
        }
        assert_eq!(word(WORDS.len()), None);
        assert_eq!(word(usize::MAX), None);
    }
}
