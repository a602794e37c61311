//! The JSON form of a trust policy (BUNDLE.md, section 12.1), read with serde-json-core.
//!
//! That reader goes into unknown members without bound, gives strings with their escapes as they stand, and lets some texts through that are
//! no JSON. So the bytes are looked at first ([`check_text`]), nothing unknown is ever entered (`deny_unknown_fields`), and members are of
//! the types that it reads strictly: strings without escapes, whole numbers, objects, arrays.

use core::fmt;
use core::marker::PhantomData;
use core::mem::take;

use heapless::Vec;
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

use super::{TrustPolicy, time};
use crate::bundle::Str;
use crate::error::{Code, Error, Result};
use crate::limits::{TRUST_ATTESTATIONS, TRUST_KEY_IDS, TRUST_OWNERS};
use crate::trust::items::Items;
use crate::trust::signature::{PublicHalf, PublicKey};
use crate::trust::{Inspections, KeyId, OwnerKey, RequiredAttestation, Trust, ed25519_key_ids};

/// The member `format` of every trust policy.
pub const FORMAT: &str = "sitrep-trust-policy";

/// The version of the JSON form that this crate reads.
pub const JSON_VERSION: u32 = 1;

/// How deep the form nests: policy, owners, owner, key ids.
const NESTING: u32 = 4;

/// Where the lists of a policy in JSON lie, and the key ids that are computed: 2 KB on a 32-bit machine.
#[derive(Debug)]
pub struct TrustMemory<'a> {
    owners: [OwnerKey<'a>; TRUST_OWNERS],
    computed: [[KeyId; 2]; TRUST_OWNERS],
    key_ids: [&'a str; TRUST_KEY_IDS],
    attestations: [RequiredAttestation<'a>; TRUST_ATTESTATIONS],
}

impl TrustMemory<'_> {
    /// Empty memory.
    #[must_use]
    pub const fn new() -> Self {
        let nothing = Str::new("");
        let key = PublicKey { keytype: nothing, scheme: nothing, public: PublicHalf::Text(nothing) };
        Self {
            owners: [OwnerKey { key, ids: Items::new(&[]) }; TRUST_OWNERS],
            computed: [[KeyId::ZERO; 2]; TRUST_OWNERS],
            key_ids: [""; TRUST_KEY_IDS],
            attestations: [RequiredAttestation { predicate_type: "", step: None }; TRUST_ATTESTATIONS],
        }
    }
}

impl Default for TrustMemory<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> TrustPolicy<'a> {
    /// Reads a policy in JSON, which has to be all of `json`. The key ids of Ed25519 keys are computed.
    ///
    /// # Errors
    /// A code from `trust-syntax` to `trust-limit` where `json` is no valid policy.
    pub fn from_json(json: &'a [u8], memory: &'a mut TrustMemory<'a>) -> Result<Self> {
        check_text(json)?;
        let (document, _) = serde_json_core::from_slice::<Document<'a>>(json).map_err(|_| Code::TrustSyntax)?;
        if document.format != FORMAT || document.version != JSON_VERSION {
            return Err(Code::TrustVersion.into());
        }
        let too_many = |owner: &Owner<'_>| owner.keyids.too_long;
        if document.owners.too_long || document.attestations.too_long || document.owners.kept.iter().any(too_many) {
            return Err(Code::TrustLimit.into());
        }

        let TrustMemory { owners, computed, key_ids, attestations } = memory;
        for ((number, owner), place) in (0_u16..).zip(&document.owners.kept).zip(computed.iter_mut()) {
            if owner.keytype == "ed25519" {
                let key = Str::new(owner.public).decode_hex();
                *place = ed25519_key_ids(&key.ok_or(Error::new(Code::TrustKey).at_key(number))?);
            }
        }
        let computed: &'a [_; TRUST_OWNERS] = computed;
        let mut free: &'a mut [&'a str] = key_ids;
        for ((owner, computed), place) in document.owners.kept.iter().zip(computed).zip(owners.iter_mut()) {
            let computed: &'a [KeyId] = if owner.keytype == "ed25519" { computed } else { &[] };
            let given = &owner.keyids.kept;
            let missing = computed.iter().map(AsRef::as_ref).filter(|id| !given.contains(id));
            let count = given.len().saturating_add(missing.clone().count());
            let (ids, rest) = take(&mut free).split_at_mut_checked(count).ok_or(Code::TrustLimit)?;
            free = rest;
            for (place, id) in ids.iter_mut().zip(given.iter().copied().chain(missing)) {
                *place = id;
            }
            let [keytype, scheme, public] = [owner.keytype, owner.scheme, owner.public].map(Str::new);
            let public = PublicHalf::Text(public);
            *place = OwnerKey { key: PublicKey { keytype, scheme, public }, ids: Items::new(ids) };
        }
        for (attestation, place) in document.attestations.kept.iter().zip(attestations.iter_mut()) {
            *place = RequiredAttestation { predicate_type: attestation.r#type, step: attestation.step };
        }

        let (owners, attestations): (&'a [_], &'a [_]) = (owners, attestations);
        let trust = Trust {
            owners: Items::new(owners.get(..document.owners.kept.len()).unwrap_or_default()),
            // 32 bits fit usize on every target that core supports.
            threshold: document.threshold as usize,
            inspections: match document.inspections {
                None | Some("refuse") => Inspections::Refuse,
                Some("skip") => Inspections::Skip,
                Some(_) => return Err(Code::TrustSyntax.into()),
            },
            product_step: document.product.step,
            attestations: Items::new(attestations.get(..document.attestations.kept.len()).unwrap_or_default()),
            security_version: document.security_version,
            earliest_time: time(document.earliest_time)?,
            device: None,
        };
        let policy = Self { trust, artifact: document.product.artifact, revision: document.revision };
        policy.check()?;
        Ok(policy)
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<'a> {
    format: &'a str,
    version: u32,
    #[serde(borrow)]
    owners: List<Owner<'a>, TRUST_OWNERS>,
    threshold: u32,
    #[serde(borrow, default)]
    product: Product<'a>,
    inspections: Option<&'a str>,
    #[serde(borrow, default)]
    attestations: List<Attestation<'a>, TRUST_ATTESTATIONS>,
    earliest_time: Option<&'a str>,
    #[serde(default)]
    security_version: u32,
    #[serde(default)]
    revision: u32,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Owner<'a> {
    keytype: &'a str,
    scheme: &'a str,
    public: &'a str,
    #[serde(borrow, default)]
    keyids: List<&'a str, TRUST_KEY_IDS>,
}

#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Product<'a> {
    step: Option<&'a str>,
    artifact: Option<&'a str>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Attestation<'a> {
    r#type: &'a str,
    step: Option<&'a str>,
}

/// Looks at the bytes before they are parsed: nesting is bounded and closed in order; strings hold no escape and no control character; outside
/// of them stands nothing but punctuation, digits and white space, so no literal, no sign, no fraction, no exponent; no list starts
/// with a comma, which serde-json-core accepts.
fn check_text(json: &[u8]) -> Result<()> {
    let (mut depth, mut in_string, mut last) = (0_u32, false, b' ');
    for byte in json {
        let good = match byte {
            b'"' => {
                in_string = !in_string;
                true
            }
            b'\\' | 0..=0x1f if in_string => false,
            _ if in_string => true,
            b'{' | b'[' => {
                depth = depth.saturating_add(1);
                depth <= NESTING
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                true
            }
            b',' => last != b'[',
            b':' | b'0'..=b'9' | b' ' | b'\n' | b'\r' | b'\t' => true,
            _ => false,
        };
        if !good {
            return Err(Code::TrustSyntax.into());
        }
        if !byte.is_ascii_whitespace() {
            last = *byte;
        }
    }
    Ok(())
}

/// A JSON array, of which as many items are kept as a policy may have.
struct List<T, const N: usize> {
    kept: Vec<T, N>,
    too_long: bool,
}

impl<T, const N: usize> Default for List<T, N> {
    fn default() -> Self {
        Self { kept: Vec::new(), too_long: false }
    }
}

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for List<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T, const N: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for ListVisitor<T, N> {
    type Value = List<T, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> core::result::Result<Self::Value, A::Error> {
        let mut list = List::default();
        while let Some(item) = items.next_element()? {
            list.too_long |= list.kept.push(item).is_err();
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_serde_json_core_would_let_through_is_seen_before() {
        for good in [r#"{"a":[{"b":["c",1]}]}"#, "[[[[]]]]", " { } ", r#"["[,",":"]"#, "[1 ,2]", "\t\r\n0"] {
            assert_eq!(check_text(good.as_bytes()), Ok(()), "{good}");
        }
        for bad in [
            "[[[[[]]]]]",
            r#"{"a":[{"b":[{}]}]}"#,
            "[,1]",
            "[ ,1]",
            "[\n,1]",
            "null",
            "-1",
            "1.0",
            "1e5",
            "'a'",
            "\u{feff}{}",
            "{}\0",
            "{}\u{c}",
            r#""\u0061""#,
            "\"\n\"",
            "\"\0\"",
        ] {
            assert!(check_text(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
