//! What is printed of a name is seen as it is: no character of Unicode is left out of what is spelled out.
//!
//! Unicode's data is that of the crate regex-syntax. With `SITREP_BLESS` the table of host-cli is written instead of compared.

use std::fmt::Write as _;
use std::{env, fs};

use regex_syntax::hir::{Class, HirKind};
use sitrep_cli::show::lines::{harmless, harmless_json};
use sitrep_tests::pages::repository;

/// Everything that is not seen, or that changes how others are shown: control and format characters, ends of lines and paragraphs, white space but the
/// blank, and what has no shape by default. The empty cell of Braille is the one that has all of no dots.
const HARMFUL: &str = r"[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Zs}\p{White_Space}\p{Default_Ignorable_Code_Point}\x{2800}]--[ ]]";

/// What has to be in it, whatever the expression says.
const EXAMPLES: [(&str, char); 18] = [
    ("escape", '\u{1b}'),
    ("delete", '\u{7f}'),
    ("control sequence introducer", '\u{9b}'),
    ("no-break space", '\u{a0}'),
    ("soft hyphen", '\u{ad}'),
    ("combining grapheme joiner", '\u{34f}'),
    ("Arabic letter mark", '\u{61c}'),
    ("Hangul filler", '\u{3164}'),
    ("Mongolian free variation selector one", '\u{180b}'),
    ("zero width space", '\u{200b}'),
    ("right-to-left override", '\u{202e}'),
    ("line separator", '\u{2028}'),
    ("left-to-right isolate", '\u{2066}'),
    ("ideographic space", '\u{3000}'),
    ("variation selector 16", '\u{fe0f}'),
    ("variation selector 256", '\u{e01ef}'),
    ("tag latin small letter a", '\u{e0061}'),
    ("shorthand format letter overlap", '\u{1bca0}'),
];

fn ranges() -> Vec<(char, char)> {
    let parsed = regex_syntax::parse(HARMFUL).unwrap();
    let HirKind::Class(Class::Unicode(class)) = parsed.kind() else { panic!("{parsed:?}") };
    class.ranges().iter().map(|range| (range.start(), range.end())).collect()
}

fn table() -> String {
    let mut text = String::from(
        "//! Made by tests/tests/characters.rs, which says of what: `SITREP_BLESS=1` renews it. From Unicode 16.0.\n\n\
         /// Ranges of characters, in order: first and last.\n\
         pub(super) const HARMFUL: &[(char, char)] = &[\n",
    );
    for (first, last) in ranges() {
        let [first, last] = [first, last].map(u32::from);
        writeln!(text, "    ('\\u{{{first:x}}}', '\\u{{{last:x}}}'),").unwrap();
    }
    text + "];\n"
}

#[test]
fn the_table_is_as_it_is_made() {
    let path = repository().join("host-cli/src/show/harmful.rs");
    let table = table();
    if env::var_os("SITREP_BLESS").is_some() {
        fs::write(&path, &table).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap() == table, "{} is old (SITREP_BLESS=1 renews it)", path.display());
}

#[test]
fn every_character_is_spelled_out_or_shown() {
    let ranges = ranges();
    let is_harmful = |char: char| ranges.iter().any(|(first, last)| (*first..=*last).contains(&char));
    for (what, char) in EXAMPLES {
        assert!(is_harmful(char), "{what}");
    }
    let mut spelled_out = 0;
    for char in '\0'..=char::MAX {
        let shown = harmless(char.encode_utf8(&mut [0; 4]));
        let is_shown = shown.chars().eq([char]);
        assert_ne!(is_harmful(char), is_shown, "U+{:04X}", u32::from(char));
        if !is_shown {
            spelled_out += 1;
            assert!(shown.starts_with('\\') && shown.is_ascii() && shown.len() > 1, "{shown}");
        }
    }
    // Those of ASCII and of Latin-1, and the 4,096 of plane 14, among others.
    assert!(spelled_out > 4_200, "{spelled_out}");
    // What is escaped in JSON is read back as it was.
    let all: String = ('\0'..=char::MAX).filter(|char| is_harmful(*char)).collect();
    let json = harmless_json(&all);
    assert_eq!(serde_json::from_str::<String>(&json).unwrap(), all);
    assert!(json.trim_end().is_ascii() && !json.trim_end().contains(char::is_control), "{json}");
}
