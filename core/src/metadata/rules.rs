//! Artifact rules (in-toto specification, sections 4.3.3 and 5.2), decided for one artifact at a time.
//!
//! The specification runs each rule over a queue of artifacts. Here each artifact runs through the rules: the first rule that consumes
//! it ends its way. That gives the same answer without a queue, in one pass and constant memory.

use crate::budget::Budget;
use crate::bundle::{ArtifactRuns, Bundle, Name, PathCursor, Reader, Str};
use crate::error::{Code, Error, List, Result};
use crate::features::Features;
use crate::metadata::glob::Pattern;
use crate::metadata::lookup::Lookup;
use crate::metadata::parameters::Substitution;
use crate::names;

/// What a rule does with the artifacts that its pattern matches.
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

const KEYWORDS: [(Name, Keyword); 7] = [
    (Name::of("MATCH"), Keyword::Match),
    (Name::of("CREATE"), Keyword::Create),
    (Name::of("DELETE"), Keyword::Delete),
    (Name::of("MODIFY"), Keyword::Modify),
    (Name::of("ALLOW"), Keyword::Allow),
    (Name::of("DISALLOW"), Keyword::Disallow),
    (Name::of("REQUIRE"), Keyword::Require),
];

/// The longest rule: `MATCH pattern IN prefix WITH PRODUCTS IN prefix FROM step`.
const WORDS: usize = 10;

/// One rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule<'b> {
    keyword: Keyword,
    pattern: Pattern<'b>,
    /// Of `MATCH`: where the artifacts lie here and there.
    source: Option<Str<'b>>,
    target: Option<Str<'b>>,
}

/// The other half of a `MATCH`, looked up once: whose artifacts it compares with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MatchTarget<'b> {
    pub(crate) list: List,
    pub(crate) step: Str<'b>,
}

impl<'b> Rule<'b> {
    /// Reads one rule, its parameters put in, and for `MATCH` its target.
    pub(crate) fn read<'l: 'b>(
        reader: &mut Reader<'l>,
        substitution: &mut Substitution<'_, 'b>,
    ) -> Result<(Self, Option<MatchTarget<'b>>)> {
        let malformed = Error::new(Code::LayoutRule);
        reader.array_or(malformed)?;
        let mut words = heapless::Vec::<Str<'b>, WORDS>::new();
        while reader.element() {
            words.push(reader.string_or(malformed)?).map_err(|_| malformed)?;
        }
        if words.get(1).is_some_and(|pattern| pattern.len() > reader.work().pattern as usize) {
            return Err(Code::LimitName.into());
        }
        Self::of(&words, substitution)?.ok_or(malformed)
    }

    /// Parameters are put into patterns, prefixes and names of steps; what else the words are they say themselves.
    fn of(
        words: &[Str<'b>],
        substitution: &mut Substitution<'_, 'b>,
    ) -> Result<Option<(Self, Option<MatchTarget<'b>>)>> {
        let [keyword, pattern, rest @ ..] = words else { return Ok(None) };
        let pattern = substitution.put_in(*pattern)?;
        let Some((_, keyword)) = KEYWORDS.iter().find(|(name, _)| keyword.is_ignoring_case(name.text())) else {
            return Ok(None);
        };
        // REQUIRE names one artifact; wildcards mean nothing in it.
        let pattern = if *keyword == Keyword::Require { Pattern::Literal(pattern) } else { Pattern::new(pattern) };
        let rule = Self { keyword: *keyword, pattern, source: None, target: None };
        if *keyword != Keyword::Match {
            return Ok(rest.is_empty().then_some((rule, None)));
        }
        let Some((source, rest)) = take_prefix(rest, substitution)? else { return Ok(None) };
        let [with, list, rest @ ..] = rest else { return Ok(None) };
        let Some((target, rest)) = take_prefix(rest, substitution)? else { return Ok(None) };
        let [from, step] = rest else { return Ok(None) };
        if !with.is_ignoring_case("WITH") || !from.is_ignoring_case("FROM") {
            return Ok(None);
        }
        let Some(list) =
            [List::Materials, List::Products].into_iter().find(|known| list.is_ignoring_case(known.name()))
        else {
            return Ok(None);
        };
        Ok(Some((Self { source, target, ..rule }, Some(MatchTarget { list, step: substitution.put_in(*step)? }))))
    }
}

type Words<'w, 'b> = &'w [Str<'b>];

/// Takes `IN prefix` where the words start with it. `None` where the prefix is missing.
fn take_prefix<'w, 'b>(
    words: Words<'w, 'b>,
    substitution: &mut Substitution<'_, 'b>,
) -> Result<Option<(Option<Str<'b>>, Words<'w, 'b>)>> {
    match words {
        [first, rest @ ..] if first.is_ignoring_case("IN") => {
            let [prefix, rest @ ..] = rest else { return Ok(None) };
            let prefix = substitution.put_in(*prefix)?;
            let prefix = match prefix.utf8() {
                Some(text) => names::prefix(text).map(Str::of_utf8),
                // Digits are one component.
                None => Some(prefix).filter(|prefix| !prefix.is_empty()),
            };
            Ok(Some((Some(prefix.ok_or(Code::LayoutPrefix)?), rest)))
        }
        _ => Ok(Some((None, words))),
    }
}

/// A rule while a list is being decided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RuleState<'b> {
    pub(crate) rule: Rule<'b>,
    /// Of `MATCH`: the other step's artifacts; none where there is no such step.
    pub(crate) target: Lookup<'b>,
    /// How many artifacts it consumed; for `REQUIRE`, whether its artifact was there.
    pub(crate) consumed: u32,
}

/// The artifacts that rules are applied to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'b> {
    /// Which of the two lists the rules are about.
    pub(crate) list: List,
    /// The list's own artifacts.
    pub(crate) own: ArtifactRuns<'b>,
    /// The other list's, for `CREATE`, `DELETE` and `MODIFY`.
    pub(crate) other: ArtifactRuns<'b>,
}

/// What stands under the same path in the step's other list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counterpart {
    None,
    Same,
    Different,
}

/// A rule that is tried on an artifact, in units of work: for each, and for each so many bytes of the path.
const RULE: u32 = 1;
const BYTES: usize = 32;
/// How much of it is gathered before it is counted.
const MUCH: u32 = 1 << 16;

/// Applies the rules to each artifact. The refusal is that of the first rule, by its place in the list, that is broken.
pub(crate) fn apply<'b>(
    subject: &Subject<'b>,
    rules: &mut [RuleState<'b>],
    bundle: &'b Bundle<'b>,
    budget: &Budget,
    path: &mut [u8],
    other_path: &mut [u8],
) -> Result<()> {
    let mut cursor = bundle.paths(path);
    let mut target_cursor = bundle.paths(other_path);
    let mut others = Lookup::new(subject.other, bundle.strings().features());
    let mut broken: Option<(u16, u32)> = None;
    let mut runs = subject.own;
    while let Some(run) = runs.next_run()? {
        for number in run.first..run.end() {
            cursor.seek(number)?;
            let artifact = Artifact { cursor: &cursor, variant: run.variant };
            let counterpart = artifact.counterpart(&mut others)?;
            let caught = decide(&artifact, counterpart, subject.list, rules, &mut target_cursor, budget)?;
            budget.spend(cursor.take_work().saturating_add(target_cursor.take_work()))?;
            if let Some(rule) = caught
                && broken.is_none_or(|(earlier, _)| rule < earlier)
            {
                broken = Some((rule, number));
            }
        }
    }
    let missing = rules.iter().position(|state| state.rule.keyword == Keyword::Require && state.consumed == 0);
    match (missing.map(|rule| rule as u16), broken) {
        (Some(rule), None) => Err(Error::new(Code::RuleRequire).at_rule(subject.list, rule)),
        (Some(rule), Some((first, _))) if rule < first => {
            Err(Error::new(Code::RuleRequire).at_rule(subject.list, rule))
        }
        (_, Some((rule, artifact))) => {
            Err(Error::new(Code::RuleDisallow).at_rule(subject.list, rule).at_artifact(artifact))
        }
        (None, None) => Ok(()),
    }
}

/// Sends one artifact through the rules; returns the number of the `DISALLOW` that catches it.
fn decide<'b>(
    artifact: &Artifact<'_, '_, 'b>,
    counterpart: Counterpart,
    list: List,
    rules: &mut [RuleState<'b>],
    target_cursor: &mut PathCursor<'b, '_>,
    budget: &Budget,
) -> Result<Option<u16>> {
    for (number, state) in (0_u16..).zip(rules) {
        let rule = &state.rule;
        let consumes = match rule.keyword {
            Keyword::Require => {
                // Looks at what is still in the queue, and leaves it there.
                if artifact.is_like(rule) {
                    state.consumed = 1;
                }
                false
            }
            Keyword::Match => artifact.matches(rule, &mut state.target, target_cursor)?,
            Keyword::Create => list == List::Products && counterpart == Counterpart::None && artifact.is_like(rule),
            Keyword::Delete => list == List::Materials && counterpart == Counterpart::None && artifact.is_like(rule),
            Keyword::Modify => counterpart == Counterpart::Different && artifact.is_like(rule),
            Keyword::Allow => artifact.is_like(rule),
            Keyword::Disallow if artifact.is_like(rule) => return Ok(Some(number)),
            Keyword::Disallow => false,
        };
        // Where patterns and paths are long, the rules for one artifact can take as long as all that there is time for.
        if Features::BUILD.has(Features::AMPLE_WORK) && artifact.cursor.work() >= MUCH {
            budget.spend(artifact.cursor.take_work())?;
        }
        if consumes {
            state.consumed = state.consumed.saturating_add(1);
            return Ok(None);
        }
    }
    Ok(None)
}

/// The artifact that is being decided.
struct Artifact<'c, 's, 'b> {
    cursor: &'c PathCursor<'b, 's>,
    variant: u32,
}

impl<'b> Artifact<'_, '_, 'b> {
    fn is_like(&self, rule: &Rule<'_>) -> bool {
        self.has_name_like(rule, self.cursor.path())
    }

    /// Is the artifact's name, or what of it stands behind a prefix, like the pattern?
    fn has_name_like(&self, rule: &Rule<'_>, name: &[u8]) -> bool {
        let mut work = RULE.saturating_add((name.len() / BYTES) as u32);
        let is_like = rule.pattern.matches_at(name, &mut work);
        // For a host a step of a pattern is slow beside all else.
        self.cursor.count_work(if self.cursor.features().has(Features::AMPLE_WORK) {
            work.saturating_mul(2)
        } else {
            work
        });
        is_like
    }

    fn counterpart(&self, others: &mut Lookup<'b>) -> Result<Counterpart> {
        Ok(match others.find(self.cursor.number(), self.cursor)? {
            None => Counterpart::None,
            Some(variant) if self.cursor.same_digests(self.variant, variant)? => Counterpart::Same,
            Some(_) => Counterpart::Different,
        })
    }

    /// Does `MATCH` consume it: has the other step an artifact of the corresponding name with the same digests?
    fn matches(&self, rule: &Rule<'b>, target: &mut Lookup<'b>, cursor: &mut PathCursor<'b, '_>) -> Result<bool> {
        self.cursor.count_work(RULE);
        let Some(name) = strip_prefix(self.cursor.path(), rule.source) else { return Ok(false) };
        if !self.has_name_like(rule, name) {
            return Ok(false);
        }
        let digests = self.cursor.digests(self.variant)?;
        if !digests.has_known()? {
            return Ok(false);
        }
        if rule.source == rule.target {
            // The corresponding name is its own.
            return match target.find(self.cursor.number(), self.cursor)? {
                Some(variant) => self.cursor.same_digests(self.variant, variant),
                None => Ok(false),
            };
        }
        if !cursor.find(rule.target, name)? {
            return Ok(false);
        }
        match target.find(cursor.number(), cursor)? {
            Some(variant) => {
                let other = cursor.digests(variant)?;
                self.cursor.count_work(digests.cost(&other));
                digests.same(other)
            }
            None => Ok(false),
        }
    }
}

/// The name below a prefix of whole components.
fn strip_prefix<'p>(path: &'p [u8], prefix: Option<Str<'_>>) -> Option<&'p [u8]> {
    let Some(prefix) = prefix else { return Some(path) };
    let (head, name) = path.split_at_checked(prefix.len())?;
    if prefix == Str::of_utf8(head) { name.strip_prefix(b"/") } else { None }
}

/// The strings of a rule, in order.
#[derive(Clone, Debug)]
pub struct RuleWords<'b> {
    reader: Reader<'b>,
}

impl<'b> RuleWords<'b> {
    /// Those of rule `number` of the list that `reader` stands before.
    pub(crate) fn of(mut reader: Reader<'b>, number: u16) -> Option<Self> {
        reader.array().ok()?;
        for _ in 0..number {
            reader.element();
            reader.skip().ok()?;
        }
        let is_rule = reader.element() && reader.array().ok()?;
        is_rule.then_some(Self { reader })
    }
}

impl<'b> Iterator for RuleWords<'b> {
    type Item = Str<'b>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.element() { self.reader.string().ok()? } else { None }
    }
}
