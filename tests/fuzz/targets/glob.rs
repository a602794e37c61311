//! Patterns against Python's rules, written down a second time; repeated parts make them long.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use sitrep_core::{Pattern, Str};
use sitrep_fuzz::glob::matches;

/// A pattern and a text of a few parts, each of which stands there several times. The alphabet is small, so that they have to do with each other.
#[derive(Arbitrary, Debug)]
struct Input {
    pattern: Vec<(Vec<u8>, u8)>,
    text: Vec<(Vec<u8>, u8)>,
}

const ALPHABET: [char; 16] = ['a', 'b', 'c', '*', '?', '[', ']', '!', '-', '/', '.', '^', '\\', 'é', '\u{1f600}', '\n'];

/// Longer than a path on a device.
const LONGEST: usize = 400;

fn words(parts: &[(Vec<u8>, u8)]) -> String {
    let mut words = String::new();
    for (part, times) in parts {
        let part: String = part.iter().map(|byte| ALPHABET[usize::from(byte % 16)]).collect();
        for _ in 0..=times / 4 {
            if words.len() + part.len() > LONGEST {
                return words;
            }
            words += &part;
        }
    }
    words
}

fuzz_target!(|input: Input| {
    let (pattern, text) = (words(&input.pattern), words(&input.text));
    let own = Pattern::new(Str::new(&pattern)).matches(text.as_bytes());
    assert_eq!(own, matches(&pattern, &text), "{pattern:?} {text:?}");
});
