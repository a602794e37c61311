//! Arbitrary bytes as a trust policy in either form.
//!
//! JSON is taken exactly where BUNDLE.md, section 12, says so, as checked here over what serde_json reads. What is taken says the same once it is compiled:
//! by the compiler here, and by the one of the command line; and once it is written as JSON again.
#![no_main]

use std::collections::BTreeSet;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sitrep_core::trust_policy::END;
use sitrep_core::{Inspections, Str, Time, TrustMemory, TrustPolicy};
use sitrep_fuzz::json::Json;
use sitrep_fuzz::names::{is_artifact_name, is_step_name};
use sitrep_fuzz::parts::push_varint;
use sitrep_metadata::trust_policy::{Form, Policy};

/// What a policy says, without what it borrowed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Says {
    /// Key type, scheme, public key, key ids.
    owners: Vec<(String, String, String, Vec<String>)>,
    threshold: usize,
    step: Option<String>,
    artifact: Option<String>,
    skip: bool,
    attestations: Vec<(String, Option<String>)>,
    earliest_time: Option<Time>,
    security_version: u32,
    revision: u32,
}

impl Says {
    fn of(policy: &TrustPolicy<'_>) -> Self {
        let trust = &policy.trust;
        let owner = |owner: sitrep_core::OwnerKey<'_>| {
            let key = &owner.key;
            let public =
                if key.keytype.is("ed25519") { key.public.to_string().to_lowercase() } else { key.public.to_string() };
            (key.keytype.to_string(), key.scheme.to_string(), public, owner.ids.iter().map(str::to_owned).collect())
        };
        assert!((1..=trust.owners.len()).contains(&trust.threshold));
        assert_ne!(trust.inspections, Inspections::Observed);
        Self {
            owners: trust.owners.iter().map(owner).collect(),
            threshold: trust.threshold,
            step: trust.product_step.map(str::to_owned),
            artifact: policy.artifact.map(str::to_owned),
            skip: trust.inspections == Inspections::Skip,
            attestations: trust
                .attestations
                .iter()
                .map(|required| (required.predicate_type.to_owned(), required.step.map(str::to_owned)))
                .collect(),
            earliest_time: trust.earliest_time,
            security_version: trust.security_version,
            revision: policy.revision,
        }
    }

    /// As BUNDLE.md, section 12.2, says.
    fn compile(&self) -> Vec<u8> {
        let mut body = Vec::new();
        let text = |body: &mut Vec<u8>, text: &str| {
            push_varint(body, text.len() as u32);
            body.extend(text.as_bytes());
        };
        let option = |body: &mut Vec<u8>, value: Option<&str>| text(body, value.unwrap_or(""));
        push_varint(&mut body, self.owners.len() as u32);
        for (keytype, scheme, public, ids) in &self.owners {
            match Str::new(public).decode_hex::<32>().filter(|_| keytype == "ed25519") {
                Some(bytes) => {
                    body.push(0);
                    body.extend(bytes);
                }
                None => {
                    body.push(1);
                    [keytype, scheme, public].into_iter().for_each(|word| text(&mut body, word));
                }
            }
            push_varint(&mut body, ids.len() as u32);
            ids.iter().for_each(|id| text(&mut body, id));
        }
        push_varint(&mut body, self.threshold as u32);
        option(&mut body, self.step.as_deref());
        option(&mut body, self.artifact.as_deref());
        body.push(u8::from(self.skip));
        push_varint(&mut body, self.attestations.len() as u32);
        for (predicate_type, step) in &self.attestations {
            text(&mut body, predicate_type);
            option(&mut body, step.as_deref());
        }
        option(&mut body, self.earliest_time.map(|time| time.to_string()).as_deref());
        push_varint(&mut body, self.security_version);
        push_varint(&mut body, self.revision);
        body.push(END);
        let mut bytes = b"SITT\x01".to_vec();
        push_varint(&mut bytes, body.len() as u32);
        bytes.extend(body);
        bytes
    }
}

fn compiled(bytes: &[u8]) -> Option<Says> {
    TrustPolicy::read(bytes).ok().map(|policy| Says::of(&policy))
}

fn json(bytes: &[u8]) -> Option<Says> {
    let mut memory = TrustMemory::new();
    TrustPolicy::from_json(bytes, &mut memory).ok().map(|policy| Says::of(&policy))
}

fuzz_target!(|data: &[u8]| {
    let is_compiled = data.starts_with(b"SITT");
    let says = if is_compiled { compiled(data) } else { json(data) };
    if !is_compiled {
        let expected = Json::read(data).is_ok_and(|value| !data.contains(&b'\\') && is_valid(&value));
        assert_eq!(says.is_some(), expected, "{}", String::from_utf8_lossy(data));
    }
    let host = Policy::parse(Path::new("policy"), data);
    let Some(says) = says else {
        assert!(host.is_err());
        return;
    };

    let bytes = says.compile();
    assert_eq!(compiled(&bytes), Some(says.clone()));
    let page = [&bytes, data].concat();
    assert_eq!(Says::of(&TrustPolicy::read_page(&page).unwrap()), says);
    assert!(data.is_empty() || compiled(&page).is_none());
    assert!(compiled(&bytes[..bytes.len() - 1]).is_none());

    // The command line also looks at keys of schemes that core does not know.
    if let Ok((policy, form)) = host {
        assert_eq!(form, if is_compiled { Form::Compiled } else { Form::Json });
        let same = |other: &Says| {
            let ids = |owners: &[(String, String, String, Vec<String>)]| -> Vec<BTreeSet<String>> {
                owners.iter().map(|(.., ids)| ids.iter().cloned().collect()).collect()
            };
            let bare = |says: &Says| Says { owners: Vec::new(), ..says.clone() };
            assert_eq!(bare(other), bare(&says));
            assert!(ids(&says.owners).iter().zip(ids(&other.owners)).all(|(one, other)| one.is_subset(&other)));
        };
        // With the ids that it computes there may be too many of them, and JSON has no place for all texts.
        if let Ok(bytes) = policy.to_compiled() {
            same(&compiled(&bytes).expect("what is written can be read"));
        }
        if let Ok(text) = policy.to_json() {
            same(&json(text.as_bytes()).expect("what is written can be read"));
        }
    }
});

/// Is this value what BUNDLE.md, section 12, describes?
fn is_valid(value: &Json) -> bool {
    let known = [
        "format",
        "version",
        "owners",
        "threshold",
        "product",
        "inspections",
        "attestations",
        "earliest_time",
        "security_version",
        "revision",
    ];
    let step = |value: &Json| value.as_str().is_some_and(is_step_name);
    let mut public = BTreeSet::new();
    let mut key_ids = 0;
    has_members(value, &known)
        && value.get("format").and_then(Json::as_str) == Some("sitrep-trust-policy")
        && value.get("version").and_then(number) == Some(1)
        && value.get("owners").is_some_and(|owners| {
            (1..=8).contains(&owners.items().len())
                && owners.items().iter().all(|owner| is_owner(owner, &mut key_ids) && public.insert(key_text(owner)))
                && value
                    .get("threshold")
                    .and_then(number)
                    .is_some_and(|number| (1..=owners.items().len()).contains(&(number as usize)))
        })
        && key_ids <= 32
        && optional(value, "product", |product| {
            has_members(product, &["step", "artifact"])
                && optional(product, "step", step)
                && optional(product, "artifact", |name| name.as_str().is_some_and(is_artifact_name))
        })
        && optional(value, "inspections", |value| matches!(value.as_str(), Some("refuse" | "skip")))
        && optional(value, "attestations", |list| {
            matches!(list, Json::Array(_))
                && list.items().len() <= 8
                && list.items().iter().all(|required| {
                    has_members(required, &["type", "step"])
                        && required.get("type").and_then(Json::as_str).is_some_and(|text| !text.is_empty())
                        && optional(required, "step", step)
                })
        })
        && optional(value, "earliest_time", |time| time.as_str().is_some_and(|time| Time::parse(time).is_some()))
        && optional(value, "security_version", |version| number(version).is_some())
        && optional(value, "revision", |revision| number(revision).is_some())
}

/// What tells keys apart: hexadecimal digits in any case.
fn key_text(owner: &Json) -> String {
    let text = owner.get("public").and_then(Json::as_str).unwrap_or("");
    if Str::new(text).decode_hex::<32>().is_some() { text.to_lowercase() } else { text.to_owned() }
}

fn is_owner(owner: &Json, key_ids: &mut usize) -> bool {
    let text = |name: &str| owner.get(name).and_then(Json::as_str).filter(|text| !text.is_empty());
    let (Some(keytype), Some(scheme), Some(public)) = (text("keytype"), text("scheme"), text("public")) else {
        return false;
    };
    let given = owner.get("keyids").map(Json::items).unwrap_or_default();
    let given: Vec<&str> = given.iter().filter_map(Json::as_str).collect();
    *key_ids += given.len();
    let good_key = if keytype == "ed25519" || scheme == "ed25519" {
        let bytes = Str::new(public).decode_hex::<32>();
        let ids = sitrep_core::ed25519_key_ids(&bytes.unwrap_or_default());
        *key_ids += ids.iter().filter(|id| !given.contains(&id.as_ref())).count();
        keytype == scheme && bytes.is_some()
    } else {
        public.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
    };
    good_key
        && has_members(owner, &["keytype", "scheme", "public", "keyids"])
        && optional(
            owner,
            "keyids",
            |list| matches!(list, Json::Array(items) if items.iter().all(|id| id.as_str().is_some_and(|id| !id.is_empty()))),
        )
}

/// Is it an object with no other members than these, and none twice?
fn has_members(value: &Json, known: &[&str]) -> bool {
    let Json::Object(members) = value else { return false };
    let mut seen = BTreeSet::new();
    members.iter().all(|(key, _)| known.contains(&key.as_str()) && seen.insert(key))
}

fn optional(value: &Json, key: &str, is_good: impl FnOnce(&Json) -> bool) -> bool {
    value.get(key).is_none_or(is_good)
}

/// Digits alone, below 2³².
fn number(value: &Json) -> Option<u32> {
    match value {
        Json::Number(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => number.parse().ok(),
        _ => None,
    }
}
