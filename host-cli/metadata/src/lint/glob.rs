//! Questions about patterns. What a pattern matches, core's [`Pattern`] decides.

use std::cell::Cell;

use sitrep_core::{Pattern, Str};

/// How many steps of comparing a layout may take: a tenth of a second. Rules are compared with one another, and a pattern with a text takes as many steps
/// as their lengths multiplied.
const STEPS: usize = 1 << 27;

/// Compares patterns with texts, as long as that does not take too long.
pub(super) struct Comparisons {
    left: Cell<usize>,
    is_over: Cell<bool>,
}

impl Comparisons {
    pub(super) const fn new() -> Self {
        Self { left: Cell::new(STEPS), is_over: Cell::new(false) }
    }

    /// Does the pattern match that text? If it takes too long to tell, it does not.
    pub(super) fn matches(&self, pattern: &str, text: &str) -> bool {
        let steps = pattern.len().saturating_add(1).saturating_mul(text.len().saturating_add(1));
        match self.left.get().checked_sub(steps) {
            Some(left) => self.left.set(left),
            None => self.is_over.set(true),
        }
        !self.is_over.get() && Pattern::new(Str::new(pattern)).matches(text.as_bytes())
    }

    /// Was something not told?
    pub(super) const fn are_over(&self) -> bool {
        self.is_over.get()
    }

    /// Is all that `pattern` matches certainly matched by `wider` too? Only plain cases are told.
    pub(super) fn covers(&self, wider: &str, pattern: &str) -> bool {
        if wider == pattern || is_all(wider) {
            return true;
        }
        if is_literal(pattern) {
            return self.matches(wider, pattern);
        }
        // `dir/*` covers `dir/sub/*.c`, and `*.c` covers `dir/*.c`, as long as no class reaches into the literal part.
        if let Some(start) = wider.strip_suffix('*').filter(|start| is_literal(start)) {
            return pattern.strip_prefix(start).is_some();
        }
        if let Some(end) = wider.strip_prefix('*').filter(|end| is_literal(end)) {
            return pattern.strip_suffix(end).is_some() && !pattern.contains('[');
        }
        false
    }

    /// Does a class match no character at all, as `[z-a]`?
    pub(super) fn is_empty_class(&self, class: &str) -> bool {
        // What it matches it names, unless it matches nearly everything.
        let mut chars = class.chars().chain(['\u{e000}']);
        !chars.any(|char| self.matches(class, char.encode_utf8(&mut [0; 4]))) && !self.are_over()
    }
}

/// Has the pattern no wildcard?
pub(super) fn is_literal(pattern: &str) -> bool {
    matches!(Pattern::new(Str::new(pattern)), Pattern::Literal(_))
}

/// Does the pattern match the name of every artifact? None is empty.
pub(super) fn is_all(pattern: &str) -> bool {
    let questions = pattern.chars().filter(|char| *char == '?').count();
    pattern.contains('*') && questions <= 1 && pattern.chars().all(|char| matches!(char, '*' | '?'))
}

/// What stands before the first wildcard, and in every name that matches.
pub(super) fn start(pattern: &str) -> &str {
    pattern.split(['*', '?', '[']).next().unwrap_or_default()
}

/// A `[` of a pattern and what it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class<'p> {
    /// `[...]`, with its brackets.
    Closed(&'p str),
    /// Without an end, so that it is a bracket.
    Literal,
}

/// The classes of a pattern.
pub(super) fn classes(pattern: &str) -> Vec<Class<'_>> {
    let mut classes = Vec::new();
    let mut rest = pattern;
    while let Some(start) = rest.find('[') {
        let after = &rest[start + 1..];
        // A `]` that comes first, also after `!`, is part of the class.
        let skipped = usize::from(after.starts_with('!'));
        let skipped = skipped + usize::from(after[skipped..].starts_with(']'));
        match after[skipped..].find(']') {
            Some(end) => {
                let length = 1 + skipped + end + 1;
                classes.push(Class::Closed(&rest[start..start + length]));
                rest = &rest[start + length..];
            }
            None => {
                classes.push(Class::Literal);
                rest = after;
            }
        }
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_for_everything() {
        for all in ["*", "**", "?*", "*?", "***?"] {
            let matches = |text| Comparisons::new().matches(all, text);
            assert!(is_all(all) && matches("a") && matches("a/b"), "{all}");
        }
        for not_all in ["", "?", "??*", "a*", "[!a]*"] {
            assert!(!is_all(not_all), "{not_all}");
        }
    }

    #[test]
    fn wider_patterns() {
        for (wider, pattern) in [
            ("*", "a"),
            ("a", "a"),
            ("a*", "ab"),
            ("a*", "ab*"),
            ("*.c", "x/*.c"),
            ("[ab]", "a"),
            ("a/*", "a/?[x]"),
            ("*", "["),
        ] {
            assert!(Comparisons::new().covers(wider, pattern), "{wider} {pattern}");
        }
        for (wider, pattern) in [
            ("a", "*"),
            ("a*", "*"),
            ("ab*", "a*"),
            ("*.c", "*"),
            ("*]", "a[]]"),
            ("?", "[ab]"),
            ("a*", "[a]b"),
            ("a?", "a*"),
        ] {
            assert!(!Comparisons::new().covers(wider, pattern), "{wider} {pattern}");
        }
    }

    #[test]
    fn classes_are_found() {
        let closed = |pattern| match classes(pattern)[..] {
            [Class::Closed(class)] => class.to_owned(),
            ref other => panic!("{pattern}: {other:?}"),
        };
        for (pattern, class) in
            [("a[bc]d", "[bc]"), ("[]]", "[]]"), ("[!]]x", "[!]]"), ("[[]", "[[]"), ("x[!a-z]", "[!a-z]")]
        {
            assert_eq!(closed(pattern), class);
        }
        assert_eq!(classes("[a]["), [Class::Closed("[a]"), Class::Literal]);
        for literal in ["[", "[]", "[!]", "a[b"] {
            assert_eq!(classes(literal), [Class::Literal], "{literal}");
        }
    }

    #[test]
    fn empty_classes() {
        for empty in ["[z-a]", "[b-ad-c]"] {
            assert!(Comparisons::new().is_empty_class(empty), "{empty}");
        }
        for class in ["[a]", "[a-z]", "[!a]", "[!z-a]", "[z-ax]", "[]]", "[z-a!]"] {
            assert!(!Comparisons::new().is_empty_class(class), "{class}");
        }
    }

    #[test]
    fn what_takes_too_long_is_not_told() {
        let comparisons = Comparisons::new();
        let (pattern, text) = (format!("{}b", "*a".repeat(2000)), "a".repeat(4000));
        let all = (0..100).take_while(|_| !comparisons.are_over()).map(|_| comparisons.matches(&pattern, &text));
        assert!((1..50).contains(&all.count()));
        assert!(
            !comparisons.matches("a", "a") && !comparisons.covers("a*", "ab") && !comparisons.is_empty_class("[z-a]")
        );
    }
}
