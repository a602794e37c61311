//! A layout as far as it can be read. What core would refuse is left out here, and reported by `refusals`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value};
use sitrep_core::{Ed25519, List, PublicHalf, PublicKey, Role, Schemes, Str};

use crate::keys::host_key::HostKey;
use crate::keys::key_fault::KeyFault;
use crate::keys::openpgp;
use crate::keys::public_numbers::PublicNumbers;
use crate::keys::schemes::{numbers, unusable_as};
use crate::profile::Profile;
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
    /// `public` where it is text.
    pub(super) public: &'v str,
    pub(super) is_openpgp: bool,
    /// The ids of OpenPGP's subkeys.
    pub(super) subkeys: Vec<&'v str>,
    pub(super) decoded: Result<HostKey, KeyFault>,
    /// Why no host can check its signatures, if none can.
    pub(super) unusable: Option<String>,
    /// Can verifiers of the profile check them?
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
    pub(super) fn of(value: &'v Value, profile: Profile) -> Option<Self> {
        let root = value.as_object()?;
        if root.get("_type")?.as_str()? != "layout" {
            return None;
        }
        let mut keys: Vec<Key<'v>> = Vec::new();
        // A layout may list very many.
        let mut signers: HashMap<PublicNumbers, usize> = HashMap::new();
        for (id, key) in root.get("keys").and_then(Value::as_object).into_iter().flatten() {
            let mut key = Key::of(keys.len(), id, key);
            key.is_usable = key.can_be_checked(profile);
            let all = key.all_numbers();
            let known: BTreeSet<usize> = all
                .iter()
                .filter_map(|own| signers.get(own))
                .filter_map(|at| keys.get(*at))
                .map(|key| key.signer)
                .collect();
            // All whose keys hang together are one.
            if let Some(first) = known.first() {
                key.signer = *first;
                keys.iter_mut().filter(|key| known.contains(&key.signer)).for_each(|key| key.signer = *first);
            }
            signers.extend(all.into_iter().map(|own| (own, key.number)));
            keys.push(key);
        }
        let own: HashSet<&str> = keys.iter().map(|key| key.id).collect();
        let mut labels: BTreeMap<&str, Vec<usize>> = keys.iter().map(|key| (key.id, vec![key.number])).collect();
        for key in &keys {
            // Whatever ids others give their subkeys, a key's own is its own.
            for id in key.subkeys.iter().filter(|id| !own.contains(**id)) {
                labels.entry(id).or_default().push(key.number);
            }
        }
        Some(Self { root, keys, labels, items: Item::all_of(value) })
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
        let mut key = Self {
            number,
            id,
            members: value.as_object(),
            keytype,
            scheme,
            public: text(public),
            is_openpgp,
            subkeys: Vec::new(),
            decoded: Err(KeyFault::OpenPgp),
            unusable: None,
            is_usable: false,
            signer: number,
        };
        if is_openpgp {
            let subkeys = value.get("subkeys").and_then(Value::as_object).into_iter().flatten();
            key.subkeys = subkeys.map(|(id, _)| id.as_str()).collect();
            (key.keytype, key.scheme) = (kind, method);
        }
        key.decoded = key.numbers().and_then(|numbers| HostKey::new(&numbers));
        key.unusable = unusable_as(key.keytype, key.scheme, key.decoded.as_ref());
        key
    }

    /// Can verifiers of that profile check its signatures?
    pub(super) fn can_be_checked(&self, profile: Profile) -> bool {
        match profile {
            Profile::Host => self.unusable.is_none(),
            Profile::Device | Profile::Boot => Ed25519.can_check(&self.public_key()),
        }
    }

    pub(super) fn public_key(&self) -> PublicKey<'v> {
        PublicKey {
            keytype: Str::new(self.keytype),
            scheme: Str::new(self.scheme),
            public: PublicHalf::Text(Str::new(self.public)),
        }
    }

    fn numbers(&self) -> Result<PublicNumbers, KeyFault> {
        if !self.is_openpgp {
            return numbers(&self.public_key());
        }
        let public = self.members.and_then(|key| key.get("keyval")?.get("public")).unwrap_or(&Value::Null);
        openpgp::from_json(self.scheme, public)
    }

    /// Of the key and of its subkeys, as far as they have any.
    fn all_numbers(&self) -> Vec<PublicNumbers> {
        let subkeys = self.members.and_then(|key| key.get("subkeys")?.as_object()).filter(|_| self.is_openpgp);
        let of_subkey = |(id, subkey): (&String, &Value)| {
            // Under another id it is malformed, and none.
            let is_own = subkey.get("keyid").is_none_or(|keyid| keyid == id);
            let method = subkey.get("method")?.as_str().filter(|_| is_own)?;
            openpgp::from_json(method, subkey.get("keyval")?.get("public")?).ok()
        };
        self.numbers().ok().into_iter().chain(subkeys.into_iter().flatten().filter_map(of_subkey)).collect()
    }
}

impl<'v> Item<'v> {
    /// Those of a layout: the steps and then the inspections, in their order.
    pub(super) fn all_of(layout: &'v Value) -> Vec<Self> {
        let items = [("steps", Role::Step), ("inspect", Role::Inspection)].into_iter().flat_map(|(member, role)| {
            let items = layout.get(member).and_then(Value::as_array).into_iter().flatten().enumerate();
            items.filter_map(move |(number, item)| Some(Self::of(role, number, item.as_object()?)))
        });
        items.collect()
    }

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
