//! Artifact patterns: exactly Python's `fnmatch.fnmatchcase`, which in-toto's reference implementation uses.
//!
//! `*` and `?` match `/` and leading dots too; `\` and `^` are themselves; a class that is not closed is a literal `[`.

use crate::bundle::Str;

/// A pattern, sorted by how much work it takes to match.
#[derive(Clone, Copy, Debug)]
pub enum Pattern<'b> {
    /// No wildcard at all.
    Literal(Str<'b>),
    /// Text without wildcards, then one `*`.
    Prefix(&'b [u8]),
    /// Anything else.
    Glob {
        /// All of it.
        pattern: &'b [u8],
        /// How many of its last bytes hold no `]`: a `[` among them is never closed. Who looked for its end again for every character would take
        /// cubic time.
        open: u32,
    },
}

impl<'b> Pattern<'b> {
    /// Sorts a pattern.
    #[must_use]
    pub fn new(pattern: Str<'b>) -> Self {
        let is_wild = |byte: u8| matches!(byte, b'*' | b'?' | b'[');
        let Some(text) = pattern.utf8() else {
            // Hexadecimal digits hold no wildcard.
            return Self::Literal(pattern);
        };
        match text.strip_suffix(b"*") {
            Some(prefix) if !prefix.iter().copied().any(is_wild) => Self::Prefix(prefix),
            None if !text.iter().copied().any(is_wild) => Self::Literal(pattern),
            _ => {
                let open = text.iter().rev().take_while(|byte| **byte != b']').count();
                Self::Glob { pattern: text, open: u32::try_from(open).unwrap_or(u32::MAX) }
            }
        }
    }

    /// Does the whole of `text`, which is UTF-8, match?
    #[inline]
    #[must_use]
    pub fn matches(&self, text: &[u8]) -> bool {
        self.matches_at(text, &mut 0)
    }

    /// The same. Adds to `work` the units that it took.
    #[inline]
    pub(crate) fn matches_at(&self, text: &[u8], work: &mut u32) -> bool {
        match self {
            Self::Literal(literal) => *literal == Str::of_utf8(text),
            Self::Prefix(prefix) => text.starts_with(prefix),
            Self::Glob { pattern, open } => matches(pattern, *open as usize, text, work),
        }
    }
}

/// Greedy matching that goes back to the last `*` only: enough for globs, and quadratic at worst. No `]` is among the last `open` bytes of the
/// pattern.
fn matches(pattern: &[u8], open: usize, text: &[u8], work: &mut u32) -> bool {
    let mut rest = pattern;
    let mut left = text;
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        *work = work.saturating_add(1);
        if let [b'*', after @ ..] = rest {
            star = Some((after, left));
            rest = after;
            continue;
        }
        if left.is_empty() && rest.is_empty() {
            return true;
        }
        if step(&mut rest, &mut left, open, work) {
            continue;
        }
        // Let the last `*` take one more character.
        let Some((after, longer)) = &mut star else { return false };
        if take(longer).is_none() {
            return false;
        }
        (rest, left) = (after, longer);
    }
}

/// Matches the first element of the pattern, which is not `*`, against the first character of the text, and takes both where they match.
fn step(pattern: &mut &[u8], text: &mut &[u8], open: usize, work: &mut u32) -> bool {
    let (mut rest, mut left) = (*pattern, *text);
    let (Some(element), Some(char)) = (take(&mut rest), take(&mut left)) else { return false };
    let class = if element == u32::from(b'[') && rest.len() >= open { split_class(rest) } else { None };
    let is_match = match class {
        Some((class, after)) => {
            *work = work.saturating_add(class.len() as u32);
            rest = after;
            class_contains(class, char)
        }
        None => element == char || element == u32::from(b'?'),
    };
    if is_match {
        (*pattern, *text) = (rest, left);
    }
    is_match
}

/// Takes the first character of UTF-8 text: its bytes as one number, of which a later character has a greater one.
fn take(text: &mut &[u8]) -> Option<u32> {
    let (first, mut rest) = text.split_first()?;
    let mut char = u32::from(*first);
    while let Some((byte @ 0x80..0xc0, after)) = rest.split_first() {
        char = char << 8 | u32::from(*byte);
        rest = after;
    }
    *text = rest;
    Some(char)
}

/// Splits what follows a `[` into the class and what follows its `]`. A `]` that comes first, also after `!`, is part of the class.
fn split_class(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let first = usize::from(text.first() == Some(&b'!')).saturating_add(1);
    let end = text.iter().skip(first).position(|byte| *byte == b']')?.saturating_add(first);
    Some((text.get(..end)?, text.get(end.checked_add(1)?..)?))
}

/// Is `char` in the class? A hyphen between two characters is a range, unless the first of them ends a range itself; a range whose
/// start is after its end holds nothing. Python takes such ranges out before it looks for `!`, so that `[b-a!c]` is `[!c]`, unless that `!` starts
/// such a range as well.
fn class_contains(class: &[u8], char: u32) -> bool {
    const NOT: u32 = b'!' as u32;
    const HYPHEN: u32 = b'-' as u32;
    let mut chars = class.strip_prefix(b"!").unwrap_or(class);
    let mut negated = chars.len() < class.len();
    let mut found = false;
    // Is there anything yet but empty ranges?
    let mut is_bare = !negated;
    // The character before, when it could still start a range.
    let mut start = None;
    while let Some(next) = take(&mut chars) {
        match (start, next) {
            (Some(first), HYPHEN) => {
                found |= match take(&mut chars) {
                    Some(last) => {
                        is_bare = is_bare && first > last;
                        (first..=last).contains(&char)
                    }
                    None => char == first || char == HYPHEN,
                };
                start = None;
            }
            (None, NOT) if is_bare => {
                let mut ahead = chars;
                match (take(&mut ahead), take(&mut ahead)) {
                    (Some(HYPHEN), Some(..NOT)) => chars = ahead,
                    _ => (negated, is_bare) = (true, false),
                }
            }
            _ => {
                is_bare = is_bare && start.is_none();
                found |= start == Some(char);
                start = Some(next);
            }
        }
    }
    found |= start == Some(char);
    found != negated
}

#[cfg(test)]
mod tests {
    use super::*;

    extern crate std;

    /// The reference itself judges: all of what may be odd about patterns, in 100,000 pairs.
    #[test]
    fn patterns_match_as_in_python() {
        use std::io::Write as _;
        use std::{eprintln, format, process, string::String, thread, vec::Vec};

        const SCRIPT: &str = "import sys, fnmatch\n\
            for line in sys.stdin:\n\
            \x20   p, t = [bytes.fromhex(x).decode() for x in line[:-1].split(',')]\n\
            \x20   sys.stdout.write('01'[fnmatch.fnmatchcase(t, p)])\n";
        let python = process::Command::new("python3")
            .args(["-W", "ignore", "-c", SCRIPT])
            .stdin(process::Stdio::piped())
            .stdout(process::Stdio::piped())
            .spawn();
        let Ok(mut python) = python else {
            eprintln!("skipped: there is no python3");
            return;
        };
        let mut state = 1_u64;
        let mut below = |limit: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % limit
        };
        let mut word = |alphabet: &[char], longest: usize| -> String {
            let length = below(longest + 1);
            (0..length).map(|_| alphabet[below(alphabet.len())]).collect()
        };
        let pattern = ['a', 'b', 'c', 'é', '[', '[', ']', ']', '!', '-', '-', '*', '?', '^', '\\', '&', '/', '\n'];
        let text = ['a', 'b', 'c', 'é', '[', ']', '!', '-', '^', '\\', '/', '\n', '😀'];
        let cases: Vec<_> = (0..100_000).map(|_| (word(&pattern, 9), word(&text, 4))).collect();
        let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
        let lines: String = cases.iter().map(|(pattern, text)| format!("{},{}\n", hex(pattern), hex(text))).collect();
        let mut stdin = python.stdin.take().unwrap();
        let writer = thread::spawn(move || stdin.write_all(lines.as_bytes()).unwrap());
        let answers = python.wait_with_output().unwrap().stdout;
        writer.join().unwrap();
        assert_eq!(answers.len(), cases.len());
        for ((pattern, text), answer) in cases.iter().zip(answers) {
            let got = Pattern::new(Str::new(pattern)).matches(text.as_bytes());
            assert_eq!(got, answer == b'1', "{pattern:?} {text:?}");
        }
    }

    /// A signed layout must not keep the verifier busy for long, whatever its patterns are.
    #[test]
    fn classes_that_are_not_closed_cost_no_more_than_other_characters() {
        use std::string::String;
        use std::time::{Duration, Instant};

        let best = |pattern: &str, text: &str| {
            let mut best = Duration::MAX;
            for _ in 0..3 {
                let start = Instant::now();
                assert!(!Pattern::new(Str::new(pattern)).matches(text.as_bytes()), "{}", &pattern[..5]);
                best = best.min(start.elapsed());
            }
            best
        };
        let letters = best(&(String::from("*[a]") + &"a".repeat(400_000) + "x"), &"a".repeat(300));
        for tail in ["x", "[!"] {
            let unclosed = best(&(String::from("*[[]") + &"[".repeat(400_000) + tail), &"[".repeat(300));
            // Looking for the end of each class anew would take 100,000 times as long.
            assert!(unclosed < 20 * letters, "{unclosed:?}, and {letters:?} with letters");
        }
        let pattern = String::from("*[[]") + &"[".repeat(200) + "?";
        assert!(Pattern::new(Str::new(&pattern)).matches("[".repeat(300).as_bytes()));
    }

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("*", "a/b/.c", true),
            ("", "", true),
            ("", "a", false),
            ("a*", "a", true),
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("*.py", "x/y.py", true),
            ("*.py", ".py", true),
            ("?", "ü", true),
            ("?", "", false),
            ("??", "ü", false),
            ("[ab]", "b", true),
            ("[!ab]", "b", false),
            ("[!ab]", "ü", true),
            ("[]]", "]", true),
            ("[!]]", "]", false),
            ("[!]]", "a", true),
            ("[", "[", true),
            ("[a", "[a", true),
            ("[]", "[]", true),
            ("a[", "a[", true),
            ("[!", "[!", true),
            ("[a-c]", "b", true),
            ("[c-a]", "b", false),
            ("[c-a]", "c", false),
            ("[!c-a]", "b", true),
            ("[c-a!b]", "b", false),
            ("[c-a!b]", "a", true),
            ("[c-a!- b]", "a", false),
            ("[c-a!- b]", "b", true),
            ("[c-a!- !b]", "a", true),
            ("[c-a!-]", "a", true),
            ("[c-a!-]", "-", false),
            ("[c-a!-c]", "b", true),
            ("[c-a!-c]", "c", false),
            ("[a-c-e]", "d", false),
            ("[a-c-e]", "-", true),
            ("[a-c-e]", "e", true),
            ("[--a]", "A", true),
            ("[a-]", "-", true),
            ("[a-]", "a", true),
            ("[-a]", "-", true),
            ("[^a]", "^", true),
            ("[^a]", "b", false),
            ("[\\]", "\\", true),
            ("\\*", "\\x", true),
            ("{a,b}", "a", false),
            ("**/x", "x", false),
            ("**/x", "a/b/x", true),
            ("*a*b*c", "xaxbxbxc", true),
            ("*ü?*", "aüü", true),
        ] {
            let got = Pattern::new(Str::new(pattern)).matches(text.as_bytes());
            assert_eq!(got, expected, "{pattern} {text}");
        }
        assert!(Pattern::new(Str::of_hex(&[0xab]).unwrap()).matches(b"ab"));
        assert!(!Pattern::new(Str::of_hex(&[0xab]).unwrap()).matches(b"abc"));
    }
}
