//! A layout as far as it can be read. What core would refuse is left out here, and reported by `refusals`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value};
use sitrep_core::{List, PublicHalf, PublicKey, Role, Str};

use super::engine::Engine;
use crate::keys::host_key::{HostKey, KeyFault};
use crate::keys::openpgp;
use crate::keys::schemes::all_keys;
use crate::rule::Meaning;

/// A layout.
pub(super) struct Layout<'v> {
    pub(super) root: &'v Map<String, Value>,
    pub(super) keys: Vec<Key<'v>>,
    /// The numbers of the keys that have a label: steps may name them very often.
    pub(super) labels: BTreeMap<&'v str, Vec<usize>>,
    /// The steps and then the inspections, in their order.
    pub(super) items: Vec<Item<'v>>,
}

/// A key of the layout.
pub(super) struct Key<'v> {
    pub(super) number: usize,
    pub(super) id: &'v str,
    pub(super) members: Option<&'v Map<String, Value>>,
    /// `keytype`, of an OpenPGP key its `type`.
    pub(super) keytype: &'v str,
    /// `scheme`, of an OpenPGP key its `method`.
    pub(super) scheme: &'v str,
    /// `public` where it is text; of an OpenPGP key all of it.
    pub(super) public: Cow<'v, str>,
    pub(super) is_openpgp: bool,
    /// The ids of OpenPGP's subkeys.
    pub(super) subkeys: Vec<&'v str>,
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

impl<'v> Layout<'v> {
    /// `None` where the value is no layout at all.
    pub(super) fn of(value: &'v Value, engine: &Engine) -> Option<Self> {
        let root = value.as_object()?;
        if root.get("_type")?.as_str()? != "layout" {
            return None;
        }
        let mut keys: Vec<Key<'v>> = Vec::new();
        // By the public bytes: a layout may list very many.
        let mut signers: HashMap<Vec<u8>, usize> = HashMap::new();
        for (id, key) in root.get("keys").and_then(Value::as_object).into_iter().flatten() {
            let mut key = Key::of(keys.len(), id, key);
            key.is_usable = engine.can_check(&key.public_key());
            for own in all_keys(&key.public_key()).unwrap_or_default() {
                key.signer = key.signer.min(*signers.entry(own.to_der()).or_insert(key.signer));
            }
            keys.push(key);
        }
        let items = [("steps", Role::Step), ("inspect", Role::Inspection)].into_iter().flat_map(|(member, role)| {
            let items = root.get(member).and_then(Value::as_array).into_iter().flatten().enumerate();
            items.filter_map(move |(number, item)| Some(Item::of(role, number, item.as_object()?)))
        });
        let mut labels: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, label) in keys.iter().flat_map(|key| key.labels().map(|label| (key.number, label))) {
            labels.entry(label).or_default().push(number);
        }
        Some(Self { root, keys, labels, items: items.collect() })
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
    pub(super) fn keys_of<'l>(&'l self, step: &Item<'v>) -> impl Iterator<Item = &'l Key<'v>> {
        let numbers: BTreeSet<usize> =
            step.pubkeys.iter().filter_map(|id| self.labels.get(id)).flatten().copied().collect();
        numbers.into_iter().filter_map(|number| self.keys.get(number))
    }

    /// The keys that any step names, by number.
    pub(super) fn named_keys(&self) -> HashSet<usize> {
        self.steps().flat_map(|step| &step.pubkeys).filter_map(|id| self.labels.get(id)).flatten().copied().collect()
    }
}

impl<'v> Key<'v> {
    fn of(number: usize, id: &'v str, value: &'v Value) -> Self {
        let text = |value: Option<&'v Value>| value.and_then(Value::as_str).unwrap_or_default();
        let member = |name| text(value.get(name));
        let [keytype, scheme, kind, method] = ["keytype", "scheme", "type", "method"].map(member);
        let public = value.get("keyval").and_then(|keyval| keyval.get("public"));
        let is_openpgp = (keytype.is_empty() || scheme.is_empty())
            && [value.get("type"), value.get("method")].iter().all(|text| text.is_some_and(Value::is_string));
        let key = Self {
            number,
            id,
            members: value.as_object(),
            keytype,
            scheme,
            public: text(public).into(),
            is_openpgp,
            subkeys: Vec::new(),
            decoded: HostKey::decode(keytype, text(public)),
            is_usable: false,
            signer: number,
        };
        if !is_openpgp {
            return key;
        }
        let mut whole = value.clone();
        whole["keyid"] = id.into();
        let subkeys = value.get("subkeys").and_then(Value::as_object).into_iter().flatten();
        Self {
            keytype: kind,
            scheme: method,
            public: whole.to_string().into(),
            subkeys: subkeys.map(|(id, _)| id.as_str()).collect(),
            decoded: openpgp::from_json(method, public.unwrap_or(&Value::Null)),
            ..key
        }
    }

    /// Its id, and those of its subkeys.
    pub(super) fn labels(&self) -> impl Iterator<Item = &'v str> + use<'_, 'v> {
        std::iter::once(self.id).chain(self.subkeys.iter().copied())
    }

    pub(super) fn public_key(&self) -> PublicKey<'_> {
        PublicKey {
            keytype: Str::new(self.keytype),
            scheme: Str::new(self.scheme),
            public: PublicHalf::Text(Str::new(&self.public)),
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
