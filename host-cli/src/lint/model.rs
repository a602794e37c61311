//! A layout as far as it can be read. What core would refuse is left out here, and reported by `refusals`.

use serde_json::{Map, Value};
use sitrep_core::{List, PublicHalf, PublicKey, Role, Str};

use super::engine::Engine;
use crate::schemes::{HostKey, KeyFault};

/// A layout.
pub(super) struct Layout<'v> {
    pub(super) root: &'v Map<String, Value>,
    pub(super) keys: Vec<Key<'v>>,
    /// The steps and then the inspections, in their order.
    pub(super) items: Vec<Item<'v>>,
}

/// A key of the layout.
pub(super) struct Key<'v> {
    pub(super) number: usize,
    pub(super) id: &'v str,
    pub(super) members: Option<&'v Map<String, Value>>,
    pub(super) keytype: &'v str,
    pub(super) scheme: &'v str,
    pub(super) public: &'v str,
    pub(super) decoded: Result<HostKey, KeyFault>,
    /// Can verifiers of the profile check its signatures?
    pub(super) is_usable: bool,
    /// The number of the first key with the same public bytes.
    pub(super) signer: usize,
}

/// A step or an inspection.
pub(super) struct Item<'v> {
    pub(super) role: Role,
    pub(super) number: usize,
    pub(super) name: Option<&'v str>,
    pub(super) members: &'v Map<String, Value>,
    pub(super) materials: RuleList<'v>,
    pub(super) products: RuleList<'v>,
    pub(super) pubkeys: Vec<&'v str>,
    pub(super) threshold: Option<u64>,
    /// `expected_command` or `run`.
    pub(super) command: Option<Vec<&'v str>>,
}

/// One of an item's two lists.
pub(super) struct RuleList<'v> {
    pub(super) list: List,
    /// `None` where the item has no such list.
    pub(super) rules: Option<Vec<Rule<'v>>>,
}

/// A rule.
pub(super) struct Rule<'v> {
    pub(super) index: usize,
    pub(super) words: Vec<&'v str>,
    /// `None` where it is malformed.
    pub(super) meaning: Option<Meaning<'v>>,
}

/// What a well-formed rule says.
#[derive(Clone, Copy)]
pub(super) struct Meaning<'v> {
    pub(super) keyword: Keyword,
    pub(super) pattern: &'v str,
    /// Of MATCH.
    pub(super) other: Option<Other<'v>>,
}

/// The rest of a MATCH rule.
#[derive(Clone, Copy)]
pub(super) struct Other<'v> {
    pub(super) source: Option<&'v str>,
    pub(super) list: List,
    pub(super) target: Option<&'v str>,
    pub(super) step: &'v str,
}

/// The first word of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Match,
    Create,
    Delete,
    Modify,
    Allow,
    Disallow,
    Require,
}

/// The keywords, as people write them.
pub(super) const KEYWORDS: [(&str, Keyword); 7] = [
    ("MATCH", Keyword::Match),
    ("CREATE", Keyword::Create),
    ("DELETE", Keyword::Delete),
    ("MODIFY", Keyword::Modify),
    ("ALLOW", Keyword::Allow),
    ("DISALLOW", Keyword::Disallow),
    ("REQUIRE", Keyword::Require),
];

impl<'v> Layout<'v> {
    /// `None` where the value is no layout at all.
    pub(super) fn of(value: &'v Value, engine: &Engine) -> Option<Self> {
        let root = value.as_object()?;
        if root.get("_type")?.as_str()? != "layout" {
            return None;
        }
        let mut keys: Vec<Key<'v>> = Vec::new();
        for (id, key) in root.get("keys").and_then(Value::as_object).into_iter().flatten() {
            let mut key = Key::of(keys.len(), id, key);
            key.is_usable = engine.can_check(&key.public_key());
            let same = keys
                .iter()
                .find(|earlier| matches!((&earlier.decoded, &key.decoded), (Ok(one), Ok(other)) if one == other));
            key.signer = same.map_or(key.number, |earlier| earlier.signer);
            keys.push(key);
        }
        let items = [("steps", Role::Step), ("inspect", Role::Inspection)].into_iter().flat_map(|(member, role)| {
            let items = root.get(member).and_then(Value::as_array).into_iter().flatten().enumerate();
            items.filter_map(move |(number, item)| Some(Item::of(role, number, item.as_object()?)))
        });
        Some(Self { root, keys, items: items.collect() })
    }

    pub(super) fn steps(&self) -> impl Iterator<Item = &Item<'v>> + Clone {
        self.items.iter().filter(|item| item.role == Role::Step)
    }

    pub(super) fn inspections(&self) -> impl Iterator<Item = &Item<'v>> + Clone {
        self.items.iter().filter(|item| item.role == Role::Inspection)
    }

    /// The step of that name.
    pub(super) fn step(&self, name: &str) -> Option<&Item<'v>> {
        self.steps().find(|step| step.name == Some(name))
    }

    /// The keys that a step names, those that the layout has.
    pub(super) fn keys_of<'l>(&'l self, step: &'l Item<'v>) -> impl Iterator<Item = &'l Key<'v>> {
        self.keys.iter().filter(|key| step.pubkeys.contains(&key.id))
    }
}

impl<'v> Key<'v> {
    fn of(number: usize, id: &'v str, value: &'v Value) -> Self {
        let text = |value: Option<&'v Value>| value.and_then(Value::as_str).unwrap_or_default();
        let keytype = text(value.get("keytype"));
        let public = text(value.get("keyval").and_then(|keyval| keyval.get("public")));
        Self {
            number,
            id,
            members: value.as_object(),
            keytype,
            scheme: text(value.get("scheme")),
            public,
            decoded: HostKey::decode(keytype, public),
            is_usable: false,
            signer: number,
        }
    }

    pub(super) const fn public_key(&self) -> PublicKey<'v> {
        PublicKey {
            keytype: Str::Text(self.keytype),
            scheme: Str::Text(self.scheme),
            public: PublicHalf::Text(Str::Text(self.public)),
        }
    }
}

impl<'v> Item<'v> {
    fn of(role: Role, number: usize, members: &'v Map<String, Value>) -> Self {
        let texts = |member: &str| {
            let items = members.get(member)?.as_array()?;
            Some(items.iter().filter_map(Value::as_str).collect::<Vec<_>>())
        };
        let command = match role {
            Role::Step => "expected_command",
            Role::Inspection => "run",
        };
        Self {
            role,
            number,
            name: members.get("name").and_then(Value::as_str),
            members,
            materials: RuleList::of(List::Materials, members.get("expected_materials")),
            products: RuleList::of(List::Products, members.get("expected_products")),
            pubkeys: texts("pubkeys").unwrap_or_default(),
            threshold: members.get("threshold").and_then(Value::as_u64),
            command: texts(command),
        }
    }

    pub(super) const fn lists(&self) -> [&RuleList<'v>; 2] {
        [&self.materials, &self.products]
    }
}

impl<'v> RuleList<'v> {
    fn of(list: List, value: Option<&'v Value>) -> Self {
        let rules = value.and_then(Value::as_array);
        Self {
            list,
            rules: rules.map(|rules| rules.iter().enumerate().map(|(index, rule)| Rule::of(index, rule)).collect()),
        }
    }

    /// The well-formed rules.
    pub(super) fn meanings(&self) -> impl Iterator<Item = (&Rule<'v>, Meaning<'v>)> + Clone {
        self.rules.iter().flatten().filter_map(|rule| Some((rule, rule.meaning?)))
    }
}

impl<'v> Rule<'v> {
    fn of(index: usize, value: &'v Value) -> Self {
        let texts = value.as_array().map(|words| words.iter().map(Value::as_str));
        let meaning = texts.clone().and_then(|texts| Meaning::of(&texts.collect::<Option<Vec<_>>>()?));
        Self { index, words: texts.into_iter().flatten().flatten().collect(), meaning }
    }
}

impl<'v> Meaning<'v> {
    fn of(words: &[&'v str]) -> Option<Self> {
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
