//! An artifact rule as a layout writes it (in-toto specification, section 4.3.3), for those who explain it. Core applies rules; nothing is decided here.

use sitrep_core::List;

/// What a well-formed rule says.
#[derive(Clone, Copy)]
pub(crate) struct Meaning<'v> {
    pub(crate) keyword: Keyword,
    pub(crate) pattern: &'v str,
    /// Of MATCH.
    pub(crate) other: Option<Other<'v>>,
}

/// The rest of a MATCH rule.
#[derive(Clone, Copy)]
pub(crate) struct Other<'v> {
    pub(crate) source: Option<&'v str>,
    pub(crate) list: List,
    pub(crate) target: Option<&'v str>,
    pub(crate) step: &'v str,
}

/// The first word of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keyword {
    Match,
    Create,
    Delete,
    Modify,
    Allow,
    Disallow,
    Require,
}

/// The keywords, as people write them.
pub(crate) const KEYWORDS: [(&str, Keyword); 7] = [
    ("MATCH", Keyword::Match),
    ("CREATE", Keyword::Create),
    ("DELETE", Keyword::Delete),
    ("MODIFY", Keyword::Modify),
    ("ALLOW", Keyword::Allow),
    ("DISALLOW", Keyword::Disallow),
    ("REQUIRE", Keyword::Require),
];

impl<'v> Meaning<'v> {
    /// The meaning of these words; `None` where they are no rule.
    pub(crate) fn of(words: &[&'v str]) -> Option<Self> {
        let [keyword, pattern, rest @ ..] = words else { return None };
        let (_, keyword) = KEYWORDS.iter().find(|(name, _)| keyword.eq_ignore_ascii_case(name))?;
        let other = if *keyword == Keyword::Match { Some(Other::of(rest)?) } else { None };
        let is_whole = *keyword == Keyword::Match || rest.is_empty();
        is_whole.then_some(Self { keyword: *keyword, pattern, other })
    }
}

impl<'v> Other<'v> {
    fn of(words: &[&'v str]) -> Option<Self> {
        let (source, words) = prefix(words);
        let [with, list, words @ ..] = words else { return None };
        let (target, words) = prefix(words);
        let [from, step] = words else { return None };
        let list =
            [List::Materials, List::Products].into_iter().find(|known| list.eq_ignore_ascii_case(known.name()))?;
        let is_whole = with.eq_ignore_ascii_case("WITH") && from.eq_ignore_ascii_case("FROM");
        is_whole.then_some(Self { source, list, target, step })
    }
}

/// Takes `IN prefix` where the words start with it; one trailing `/` is dropped.
fn prefix<'w, 'v>(words: &'w [&'v str]) -> (Option<&'v str>, &'w [&'v str]) {
    match words {
        [first, prefix, rest @ ..] if first.eq_ignore_ascii_case("IN") => {
            (Some(prefix.strip_suffix('/').unwrap_or(prefix)), rest)
        }
        _ => (None, words),
    }
}
