//! Keys: who may sign, and whether enough of them can.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value};
use sitrep_core::Time;

use super::model::{Item, Key, Layout};
use super::place::Place;
use super::{Findings, kinds};
use crate::bundle::shown::brief;
use crate::keys::KeyIds;
use crate::keys::host_key::HostKey;

/// Bits of an RSA key that NIST SP 800-57 takes for as strong as AES-128.
const RSA_STRONG: u32 = 3072;

/// How much of a key id is told where there may be many, in bytes.
const KEY_ID: usize = 200;

/// How much of a key id stands in a link's file name, in characters.
const SHORT: usize = 8;

pub(super) fn find(layout: &Layout<'_>, findings: &mut Findings) {
    let named = layout.named_keys();
    for key in &layout.keys {
        find_key(layout, key, named.contains(&key.number), findings);
    }
    for step in layout.steps() {
        find_pubkeys(layout, step, findings);
        find_threshold(layout, step, findings);
    }
    find_single(layout, findings);
}

fn find_key(layout: &Layout<'_>, key: &Key<'_>, is_named: bool, findings: &mut Findings) {
    let mut add = |kind, problem: String| findings.add(kind, Place::key(key.number, key.id), problem);
    if !is_named {
        add(&kinds::KEY_UNUSED, "no step names the key: it can sign nothing".into());
    }
    if let Some(first) = layout.keys.get(key.signer).filter(|first| first.number != key.number) {
        add(&kinds::KEY_TWICE, format!("it is the same key as {}", first.id));
    }
    let is_others = |id: &&&str| layout.labels.get(**id).is_some_and(|numbers| !numbers.contains(&key.number));
    for id in key.subkeys.iter().filter(is_others) {
        let problem = format!("the id of its subkey {} is another key's, and means that one", brief(id, KEY_ID));
        add(&kinds::SUBKEY_ID_TAKEN, problem);
    }
    let private = key.members.and_then(|key| key.get("keyval")?.get("private")?.as_str());
    if private.is_some_and(|private| !private.is_empty()) {
        add(&kinds::KEY_PRIVATE, "the private key stands in the layout".into());
    }
    // A key without its members is core's business.
    if key.keytype.is_empty() || key.scheme.is_empty() || (key.public.is_empty() && !key.is_openpgp) {
        return;
    }
    match &key.unusable {
        Some(why) => add(&kinds::KEY_UNUSABLE, format!("it can sign nothing here: {why}")),
        None if !key.is_usable => {
            add(&kinds::KEY_NOT_FOR_DEVICES, format!("a device cannot check {} with {}", key.keytype, key.scheme));
        }
        None => {}
    }
    if key.is_openpgp {
        let problem = match key.members.and_then(expiry) {
            Some(time) => format!("it says that it expires {time}, which is not asked, nor whether it was revoked"),
            None => "whether it was revoked is not asked".into(),
        };
        add(&kinds::KEY_OPENPGP, problem);
        return;
    }
    let (Ok(decoded), None) = (&key.decoded, &key.unusable) else { return };
    if let HostKey::Rsa(rsa) = decoded {
        let bits = rsa::traits::PublicKeyParts::n(rsa).bit_width();
        if bits < RSA_STRONG {
            add(&kinds::KEY_RSA_SMALL, format!("the RSA key has {bits} bits"));
        }
        if key.scheme.starts_with("rsa-pkcs1v15-") {
            add(&kinds::KEY_RSA_PKCS1, format!("{} is the older of RSA's signature schemes", key.scheme));
        }
    }
    let ids = KeyIds::of(key.keytype, key.scheme, decoded);
    let mut known = [Some(ids.python3), Some(ids.older_python), Some(ids.go), ids.rust].into_iter().flatten();
    if !known.any(|id| id == key.id) {
        add(&kinds::KEY_ID_FOREIGN, "the id is none that in-toto's implementations compute from this key".into());
    }
}

/// When an OpenPGP key expires by its own word.
fn expiry(key: &Map<String, Value>) -> Option<Time> {
    let seconds = |member| key.get(member).and_then(Value::as_u64);
    Some(Time(seconds("creation_time")?.checked_add(seconds("validity_period").filter(|period| *period > 0)?)?))
}

fn find_pubkeys(layout: &Layout<'_>, step: &Item<'_>, findings: &mut Findings) {
    let place = || Place::item(step).member("pubkeys");
    let known = &layout.labels;
    let (mut before, mut files) = (HashSet::new(), HashMap::new());
    for id in &step.pubkeys {
        let first = *files.entry(short(id)).or_insert(id);
        if !before.insert(id) {
            findings.add(&kinds::PUBKEY_TWICE, place(), format!("{id} is named twice and counts once"));
        } else if first != id {
            let problem =
                format!("{id} and {first} have the same first {SHORT} characters, and so one file for their links");
            findings.add(&kinds::LINK_COLLISION, place(), problem);
        }
        if !known.contains_key(id) {
            let longer = known.range(*id..).next().filter(|(other, _)| !id.is_empty() && other.starts_with(id));
            let longer = longer.map(|(other, _)| format!("; {} starts so", brief(other, KEY_ID))).unwrap_or_default();
            findings.add(
                &kinds::PUBKEY_UNKNOWN,
                place(),
                format!("{} is not in `keys` and can sign nothing{longer}", brief(id, KEY_ID)),
            );
        }
    }
}

fn short(id: &str) -> String {
    id.chars().take(SHORT).collect()
}

/// Are there as many usable keys as the threshold asks for?
fn find_threshold(layout: &Layout<'_>, step: &Item<'_>, findings: &mut Findings) {
    let Some(threshold @ 1..) = step.threshold else { return };
    let mut signers: Vec<usize> = layout.keys_of(step).filter(|key| key.is_usable).map(|key| key.signer).collect();
    signers.sort_unstable();
    signers.dedup();
    if (signers.len() as u64) < threshold {
        let usable = match signers.len() {
            0 => "no usable key".to_owned(),
            1 => "only one usable key".to_owned(),
            count => format!("only {count} different usable keys"),
        };
        let problem = format!("{threshold} must sign, but {usable} may");
        findings.add(&kinds::THRESHOLD_UNREACHABLE, Place::item(step).member("threshold"), problem);
    }
}

/// Steps and chains that hang on one key.
fn find_single(layout: &Layout<'_>, findings: &mut Findings) {
    let names = |steps: &[&Item<'_>]| steps.iter().filter_map(|step| step.name).collect::<Vec<_>>().join(", ");
    let single: Vec<&Item<'_>> = layout.steps().filter(|step| step.threshold == Some(1)).collect();
    if !single.is_empty() {
        let problem = format!("one signature is enough for {}", names(&single));
        findings.add(&kinds::THRESHOLD_ONE, Place::layout(), problem);
    }
    let mut signers =
        layout.steps().map(|step| layout.keys_of(step).map(|key| key.signer).collect::<BTreeSet<usize>>());
    let (Some(first), Some(second)) = (signers.next(), signers.next()) else { return };
    let mut everywhere = &first & &second;
    signers.for_each(|of_step| everywhere.retain(|signer| of_step.contains(signer)));
    for key in everywhere.into_iter().filter_map(|number| layout.keys.get(number)) {
        findings.add(&kinds::KEY_EVERYWHERE, Place::key(key.number, key.id), "the key may sign every step".into());
    }
}
