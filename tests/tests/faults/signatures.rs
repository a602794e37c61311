//! Faults of signatures and key ids.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sitrep_tests::chain::{Files, OWNER, Site, entry, keyid};

use crate::{Bent, Codes, Fault, OWNER_SIGNATURE, OWNER_UNSIGNED, Subject, THRESHOLD, lost, not_signed, payload};

pub(crate) const FAULTS: &[Fault] = &[
    Fault { name: "a bit of a signature is flipped", bend: |subject| edited(subject, flipped, not_signed) },
    Fault { name: "a signature is cut", bend: |subject| edited(subject, cut, not_signed) },
    Fault { name: "the signatures are removed", bend: |subject| edited(subject, removed, unsigned) },
    Fault { name: "a signature says another key id in capitals", bend: |subject| edited(subject, capitals, unsigned) },
    Fault { name: "a signature says half of its key id", bend: |subject| edited(subject, half, unsigned) },
    Fault { name: "a signature says no key id in a Metablock", bend: no_keyid },
    Fault { name: "a signature says the key id of another functionary of the step", bend: of_a_colleague },
    Fault {
        name: "a link is signed by another step's functionary",
        bend: |subject| by(subject, another_functionary, true),
    },
    Fault {
        name: "the same, under the key id of the step's own",
        bend: |subject| by(subject, another_functionary, false),
    },
    Fault { name: "a document is signed by a stranger", bend: |subject| by(subject, stranger, true) },
    Fault { name: "the same, under the key id of who should", bend: |subject| by(subject, stranger, false) },
    Fault { name: "a link is signed by the owner", bend: |subject| by(subject, owner, true) },
    Fault { name: "the same, under the functionary's key id", bend: |subject| by(subject, owner, false) },
    Fault { name: "a signature is moved to another document", bend: moved },
    Fault { name: "the content of two documents is exchanged", bend: exchanged },
    Fault { name: "the root layout holds a link's content", bend: link_as_layout },
    Fault { name: "the content in the other wrapping, with the same signatures", bend: rewrapped },
    Fault { name: "a link is changed", bend: link_changed },
    Fault { name: "a functionary signs a link twice, to reach a threshold", bend: twice },
    Fault { name: "a functionary's link is given as a colleague's, to reach a threshold", bend: copied },
    Fault { name: "a functionary has two labels, to reach a threshold", bend: two_labels },
];

/// Bends some documents, the root layout among them.
fn edited(subject: &mut Subject, edit: fn(&mut Value), codes: fn(&Site) -> Codes) -> Vec<Bent> {
    let sites = subject.documents();
    sites.iter().map(|site| (subject.edited(site, edit), codes(site))).collect()
}

/// Nobody who counts has signed it.
fn unsigned(site: &Site) -> Codes {
    if site.link.is_none() { OWNER_UNSIGNED } else { THRESHOLD }
}

fn signature_bytes(envelope: &Value) -> Vec<u8> {
    let text = envelope["signatures"][0]["sig"].as_str().unwrap();
    if envelope["payload"].is_string() {
        STANDARD.decode(text).unwrap()
    } else {
        sitrep_metadata::hex::decode(text).unwrap()
    }
}

fn set_signature(envelope: &mut Value, bytes: &[u8]) {
    let is_dsse = envelope["payload"].is_string();
    let text = if is_dsse { STANDARD.encode(bytes) } else { sitrep_metadata::hex::encode(bytes) };
    envelope["signatures"][0]["sig"] = text.into();
}

fn flipped(envelope: &mut Value) {
    let mut bytes = signature_bytes(envelope);
    let at = usize::from(bytes[7]) % bytes.len();
    bytes[at] ^= 1 << (bytes[9] % 8);
    set_signature(envelope, &bytes);
}

fn cut(envelope: &mut Value) {
    let bytes = signature_bytes(envelope);
    set_signature(envelope, &bytes[..bytes.len() - 1]);
}

fn removed(envelope: &mut Value) {
    envelope["signatures"] = json!([]);
}

fn relabel(envelope: &mut Value, label: impl FnOnce(&str) -> String) {
    let signature = &mut envelope["signatures"][0];
    signature["keyid"] = label(signature["keyid"].as_str().unwrap()).into();
}

fn capitals(envelope: &mut Value) {
    relabel(envelope, str::to_uppercase);
}

fn half(envelope: &mut Value) {
    relabel(envelope, |label| label[..8].to_owned());
}

fn no_keyid(subject: &mut Subject) -> Vec<Bent> {
    let sites = subject.documents();
    let sites = sites.iter().filter(|site| subject.envelope(site)["signed"].is_object());
    let remove = |envelope: &mut Value| drop(envelope["signatures"][0].as_object_mut().unwrap().remove("keyid"));
    sites.map(|site| (subject.edited(site, remove), unsigned(site))).collect()
}

/// The labels that the step of a link allows.
fn allowed(subject: &Subject, site: &Site) -> Vec<String> {
    let layout = subject.chain.clone().layout_at(&site.level).payload.clone();
    let name = subject.step(site);
    let step = layout["steps"].as_array().unwrap().iter().find(|step| step["name"] == name.as_str()).unwrap();
    step["pubkeys"].as_array().unwrap().iter().map(|label| label.as_str().unwrap().to_owned()).collect()
}

fn of_a_colleague(subject: &mut Subject) -> Vec<Bent> {
    let sites = subject.sites(|site| site.link.is_some());
    let bend = |site: &Site| {
        let own = subject.envelope(site)["signatures"][0]["keyid"].as_str().unwrap().to_owned();
        let colleague = allowed(subject, site).into_iter().find(|label| *label != own)?;
        Some((subject.edited(site, |envelope| relabel(envelope, |_| colleague)), THRESHOLD))
    };
    sites.iter().filter_map(bend).collect()
}

type Signer = fn(&Subject, &Site) -> Option<String>;

/// Somebody else signs, under the own key id or under that of who should.
fn by(subject: &mut Subject, signer: Signer, own_label: bool) -> Vec<Bent> {
    let sites = subject.documents();
    let bend = |site: &Site| {
        let signer = signer(subject, site)?;
        let files = subject.document_again(site, |signed| {
            let label = if own_label { keyid(&signer) } else { signed.signers[0].0.clone() };
            signed.signers = vec![(label, signer.clone())];
        });
        let root = if own_label { OWNER_UNSIGNED } else { OWNER_SIGNATURE };
        Some((files, if site.link.is_none() { root } else { THRESHOLD }))
    };
    sites.iter().filter_map(bend).collect()
}

fn another_functionary(subject: &Subject, site: &Site) -> Option<String> {
    site.link?;
    let mut chain = subject.chain.clone();
    let step = subject.step(site);
    let other = chain.links_at(&site.level).iter().find(|link| link.step != step)?;
    Some(other.signed.signers[0].1.clone())
}

fn stranger(_: &Subject, _: &Site) -> Option<String> {
    Some("stranger".to_owned())
}

fn owner(_: &Subject, site: &Site) -> Option<String> {
    site.link.map(|_| OWNER.to_owned())
}

fn moved(subject: &mut Subject) -> Vec<Bent> {
    let sites = subject.documents();
    let all = subject.chain.sites();
    let mut bent = Vec::new();
    for (site, other) in sites.iter().flat_map(|site| all.iter().map(move |other| (site, other))) {
        let bytes = signature_bytes(&subject.envelope(other));
        if site.path != other.path && payload(&subject.envelope(site)) != payload(&subject.envelope(other)) {
            // The key id stays: the signature is good, but over something else or by somebody else.
            bent.push((subject.edited(site, |envelope| set_signature(envelope, &bytes)), not_signed(site)));
        }
    }
    subject.some(bent)
}

/// Two documents with their contents exchanged; each keeps its signatures.
fn exchange(subject: &Subject, one: &Site, other: &Site) -> Files {
    let [first, second] = [one, other].map(|site| payload(&subject.envelope(site)));
    let mut files = subject.with_payload(one, |payload| *payload = second);
    let changed = subject.with_payload(other, |payload| *payload = first);
    files.insert(other.path.clone(), changed[&other.path].clone());
    files
}

fn exchanged(subject: &mut Subject) -> Vec<Bent> {
    let sites = subject.links();
    let bend = |site: &Site| {
        let other = subject.of_other_step(site)?;
        // Each is a link of another step than its file's name says.
        Some((exchange(subject, site, &other), lost(site.first(&other))))
    };
    sites.iter().filter_map(bend).collect()
}

fn link_as_layout(subject: &mut Subject) -> Vec<Bent> {
    let root = subject.chain.sites().remove(0);
    let links = subject.links();
    links.iter().map(|link| (exchange(subject, &root, link), OWNER_SIGNATURE)).collect()
}

fn rewrapped(subject: &mut Subject) -> Vec<Bent> {
    let sites = subject.documents();
    let bend = |site: &Site| {
        let envelope = subject.envelope(site);
        let (content, bytes, label) =
            (payload(&envelope), signature_bytes(&envelope), envelope["signatures"][0]["keyid"].clone());
        let mut other = subject.chain.clone();
        let signed = other.signed_at(site);
        signed.wrapping = match signed.wrapping {
            sitrep_tests::chain::Wrapping::Metablock => sitrep_tests::chain::Wrapping::Dsse,
            sitrep_tests::chain::Wrapping::Dsse => sitrep_tests::chain::Wrapping::Metablock,
        };
        signed.payload = content;
        let mut envelope = signed.envelope();
        envelope["signatures"] = json!([{"keyid": label}]);
        set_signature(&mut envelope, &bytes);
        (subject.replaced(site, envelope.to_string().into_bytes()), not_signed(site))
    };
    sites.iter().map(bend).collect()
}

fn link_changed(subject: &mut Subject) -> Vec<Bent> {
    let edits: [fn(&mut Value); 7] = [
        |link| {
            let products = link["products"].as_object_mut().unwrap();
            products.values_mut().for_each(|digests| digests["sha256"] = "c".repeat(64).into());
            products.insert("more".to_owned(), json!({}));
        },
        |link| link["products"]["evil"] = json!({"sha256": "e".repeat(64)}),
        |link| link["products"] = json!({}),
        |link| link["command"] = json!(["other"]),
        |link| link["byproducts"]["return-value"] = json!(0),
        |link| link["environment"]["x"] = json!("y"),
        |link| drop(link.as_object_mut().unwrap().shift_remove("environment")),
    ];
    let sites = subject.links();
    let mut bent = Vec::new();
    for site in &sites {
        bent.extend(edits.map(|edit| (subject.with_payload(site, edit), THRESHOLD)));
    }
    bent
}

/// The step of a link, with one more signer demanded.
fn raise<'c>(chain: &'c mut sitrep_tests::chain::Chain, site: &Site, step: &str) -> &'c mut Value {
    let layout = &mut chain.layout_at(&site.level).payload;
    let steps = layout["steps"].as_array_mut().unwrap();
    let step = steps.iter_mut().find(|other| other["name"] == step).unwrap();
    step["threshold"] = (step["threshold"].as_u64().unwrap() + 1).into();
    step
}

fn twice(subject: &mut Subject) -> Vec<Bent> {
    let sites = subject.links();
    let bend = |site: &Site| {
        let step = subject.step(site);
        let files = subject.signed_again(|chain| {
            raise(chain, site, &step);
            let signers = &mut chain.signed_at(site).signers;
            signers.push(signers[0].clone());
        });
        (files, THRESHOLD)
    };
    sites.iter().map(bend).collect()
}

fn copied(subject: &mut Subject) -> Vec<Bent> {
    let sites = subject.links();
    let bend = |site: &Site| {
        let step = subject.step(site);
        let colleague = keyid("somebody new");
        let mut files = subject.signed_again(|chain| {
            let pubkeys = &mut raise(chain, site, &step)["pubkeys"];
            pubkeys.as_array_mut().unwrap().push(colleague.clone().into());
            let keys = &mut chain.layout_at(&site.level).payload["keys"];
            keys[&colleague] = entry("somebody new", &colleague);
        });
        let (stem, _) = site.path.trim_end_matches(".link").rsplit_once('.').unwrap();
        let copy = files[&site.path].clone();
        files.insert(format!("{stem}.{}.link", &colleague[..8]), copy);
        (files, THRESHOLD)
    };
    sites.iter().map(bend).collect()
}

fn two_labels(subject: &mut Subject) -> Vec<Bent> {
    let sites = subject.links();
    let bend = |site: &Site| {
        let step = subject.step(site);
        let label = "ab".repeat(32);
        let mut other = None;
        let mut files = subject.signed_again(|chain| {
            raise(chain, site, &step)["pubkeys"].as_array_mut().unwrap().push(label.clone().into());
            let mut signed = chain.signed_at(site).clone();
            let signer = signed.signers[0].1.clone();
            chain.layout_at(&site.level).payload["keys"][&label] = entry(&signer, &label);
            signed.signers = vec![(label.clone(), signer)];
            other = Some(signed.envelope());
        });
        let (stem, _) = site.path.trim_end_matches(".link").rsplit_once('.').unwrap();
        files.insert(format!("{stem}.{}.link", &label[..8]), other.unwrap().to_string().into_bytes());
        (files, THRESHOLD)
    };
    sites.iter().map(bend).collect()
}
