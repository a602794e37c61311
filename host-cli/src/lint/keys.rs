//! Keys: who may sign, and whether enough of them can.

use super::model::{Item, Key, Layout};
use super::place::Place;
use super::{Findings, kinds};
use crate::keys::KeyIds;
use crate::schemes::{HostKey, KeyFault, RSA_MAX_BITS, RSA_MIN_BITS, agrees};

/// Bits of an RSA key that NIST SP 800-57 takes for as strong as AES-128.
const RSA_STRONG: u32 = 3072;

/// How much of a key id stands in a link's file name, in characters.
const SHORT: usize = 8;

pub(super) fn find(layout: &Layout<'_>, findings: &mut Findings) {
    for key in &layout.keys {
        find_key(layout, key, findings);
    }
    for step in layout.steps() {
        find_pubkeys(layout, step, findings);
        find_threshold(layout, step, findings);
    }
    find_single(layout, findings);
}

fn find_key(layout: &Layout<'_>, key: &Key<'_>, findings: &mut Findings) {
    let mut add = |kind, problem: String| findings.add(kind, Place::key(key.number, key.id), problem);
    if !layout.steps().any(|step| step.pubkeys.contains(&key.id)) {
        add(&kinds::KEY_UNUSED, "no step names the key: it can sign nothing".into());
    }
    if let Some(first) = layout.keys.iter().find(|first| first.number == key.signer && first.number != key.number) {
        add(&kinds::KEY_TWICE, format!("it is the same key as {}", first.id));
    }
    let private = key.members.and_then(|key| key.get("keyval")?.get("private")?.as_str());
    if private.is_some_and(|private| !private.is_empty()) {
        add(&kinds::KEY_PRIVATE, "the private key stands in the layout".into());
    }
    // A key without its members is core's business.
    if key.keytype.is_empty() || key.scheme.is_empty() || key.public.is_empty() {
        return;
    }
    match unusable(key) {
        Some(why) => add(&kinds::KEY_UNUSABLE, format!("it can sign nothing here: {why}")),
        None if !key.is_usable => {
            add(&kinds::KEY_NOT_FOR_DEVICES, format!("a device cannot check {} with {}", key.keytype, key.scheme));
        }
        None => {}
    }
    let Ok(decoded) = &key.decoded else { return };
    if let HostKey::Rsa(rsa) = decoded {
        let bits = rsa::traits::PublicKeyParts::n(rsa).bits();
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

/// Why a host cannot check the key's signatures.
fn unusable(key: &Key<'_>) -> Option<String> {
    let (keytype, scheme) = (key.keytype, key.scheme);
    if !agrees(keytype, scheme) {
        return Some(format!("key type {keytype:?} does not go with scheme {scheme:?}"));
    }
    match &key.decoded {
        Ok(decoded) if decoded.goes_with(keytype, scheme) => None,
        Ok(_) => Some(format!("the public key is of another kind than {keytype} and {scheme}")),
        Err(KeyFault::RsaSize(bits)) => {
            Some(format!("the RSA key has {bits} bits, expected {RSA_MIN_BITS} to {RSA_MAX_BITS}"))
        }
        Err(KeyFault::Algorithm) => Some("it is neither Ed25519, RSA, ECDSA P-256 nor ECDSA P-384".into()),
        Err(KeyFault::Private) => Some("it is a private key".into()),
        Err(KeyFault::Malformed | KeyFault::OtherPem) if keytype == "ed25519" => {
            Some("expected `public` as 64 hexadecimal digits".into())
        }
        Err(KeyFault::Malformed | KeyFault::OtherPem) => Some("expected `public` as PEM (BEGIN PUBLIC KEY)".into()),
    }
}

fn find_pubkeys(layout: &Layout<'_>, step: &Item<'_>, findings: &mut Findings) {
    let place = || Place::item(step).member("pubkeys");
    for (number, id) in step.pubkeys.iter().enumerate() {
        let before = step.pubkeys.get(..number).unwrap_or_default();
        if before.contains(id) {
            findings.add(&kinds::PUBKEY_TWICE, place(), format!("{id} is named twice and counts once"));
        } else if let Some(other) = before.iter().find(|other| short(other) == short(id)) {
            let problem =
                format!("{id} and {other} have the same first {SHORT} characters, and so one file for their links");
            findings.add(&kinds::LINK_COLLISION, place(), problem);
        }
        if !layout.keys.iter().any(|key| key.id == *id) {
            let longer = layout.keys.iter().find(|key| !id.is_empty() && key.id.starts_with(id));
            let longer = longer.map(|key| format!("; {} starts so", key.id)).unwrap_or_default();
            findings.add(
                &kinds::PUBKEY_UNKNOWN,
                place(),
                format!("{id} is not in `keys` and can sign nothing{longer}"),
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
    if layout.steps().count() < 2 {
        return;
    }
    for key in layout.keys.iter().filter(|key| key.signer == key.number) {
        let may_sign = |step: &Item<'_>| layout.keys_of(step).any(|other| other.signer == key.signer);
        if layout.steps().all(may_sign) {
            findings.add(&kinds::KEY_EVERYWHERE, Place::key(key.number, key.id), "the key may sign every step".into());
        }
    }
}
