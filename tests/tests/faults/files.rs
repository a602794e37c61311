//! Faults of files: what reads otherwise to somebody else, or not at all.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::{Value, json};
use sitrep_tests::chain::{Files, Site, keyid};

use crate::{Bent, Codes, Fault, OWNER_UNSIGNED, Subject, THRESHOLD, is_plain, lost, not_signed};

pub(crate) const FAULTS: &[Fault] = &[
    Fault { name: "a file is cut", bend: cut },
    Fault { name: "something follows a file's end", bend: appended },
    Fault { name: "a file is empty", bend: |subject| bytes(subject, |_| Vec::new()) },
    Fault {
        name: "a file starts with a byte order mark",
        bend: |subject| bytes(subject, |file| [b"\xef\xbb\xbf", file].concat()),
    },
    Fault { name: "a member of an envelope stands twice", bend: member_twice },
    Fault { name: "a member of a payload stands twice", bend: payload_member_twice },
    Fault { name: "a file is both a Metablock and an envelope", bend: both_wrappings },
    Fault { name: "the type of a payload is changed", bend: type_changed },
    Fault { name: "the payload type is changed", bend: payload_type_changed },
    Fault { name: "the base64 of a payload has another spelling", bend: payload_base64 },
    Fault { name: "the base64 of a signature has another spelling", bend: signature_base64 },
    Fault {
        name: "the signatures are no list",
        bend: |subject| edited(subject, |envelope| envelope["signatures"] = json!({})),
    },
];

/// All files of each changed chain.
type Change = fn(&mut Subject) -> Vec<Files>;

/// Ways to change files that nobody signed, and that change nothing.
pub(crate) const HARMLESS: &[(&str, Change)] = &[
    ("a signature of a stranger is added", |subject| harmless(subject, |_| true, stranger_added)),
    ("a member is added to an envelope", |subject| {
        harmless(subject, |_| true, |envelope| envelope["note"] = json!([1.5, null]))
    }),
    ("a bad signature stands before the good one", |subject| harmless(subject, |_| true, bad_one_before)),
    ("an envelope's signature says no key id", |subject| {
        harmless(
            subject,
            |envelope| envelope["payload"].is_string(),
            |envelope| {
                drop(envelope["signatures"][0].as_object_mut().unwrap().shift_remove("keyid"));
            },
        )
    }),
    ("base64 is URL-safe", |subject| harmless(subject, is_changed_by_url_safe, url_safe)),
    ("a link is added that nobody asks for", |subject| {
        let mut files = subject.files.clone();
        files.insert("nobody.00000000.link".to_owned(), b"{".to_vec());
        vec![files]
    }),
];

/// Some documents with other bytes.
fn bytes(subject: &mut Subject, change: fn(&[u8]) -> Vec<u8>) -> Vec<Bent> {
    let sites = subject.documents();
    sites.iter().map(|site| (subject.replaced(site, change(&subject.files[&site.path])), lost(site))).collect()
}

fn edited(subject: &mut Subject, edit: fn(&mut Value)) -> Vec<Bent> {
    let sites = subject.documents();
    sites.iter().map(|site| (subject.edited(site, edit), lost(site))).collect()
}

fn cut(subject: &mut Subject) -> Vec<Bent> {
    let sites = subject.documents();
    let mut bent = Vec::new();
    for site in &sites {
        let file = subject.files[&site.path].clone();
        for length in [1, 1 + subject.random.below(file.len() - 2), file.len() - 1] {
            bent.push((subject.replaced(site, file[..length].to_vec()), lost(site)));
        }
    }
    bent
}

fn appended(subject: &mut Subject) -> Vec<Bent> {
    let sites = subject.documents();
    let mut bent = Vec::new();
    for site in &sites {
        for end in [&b"x"[..], b"{}", b"\0", b"}", b"\xff"] {
            bent.push((subject.replaced(site, [&subject.files[&site.path], end].concat()), lost(site)));
        }
    }
    bent
}

/// Puts a member before all others of the object that a text holds.
fn with_first_member(text: &str, member: &str) -> String {
    let (brace, rest) = text.split_at(1);
    format!("{brace}{member},{rest}")
}

fn member_twice(subject: &mut Subject) -> Vec<Bent> {
    let sites = subject.documents();
    let mut bent = Vec::new();
    for site in &sites {
        let text = String::from_utf8(subject.files[&site.path].clone()).unwrap();
        let members = subject.envelope(site).as_object().unwrap().clone();
        for (name, value) in members {
            // The same value, and another one.
            for value in [value, json!([])] {
                let file = with_first_member(&text, &format!("\"{name}\":{value}"));
                bent.push((subject.replaced(site, file.into_bytes()), lost(site)));
            }
        }
    }
    subject.some(bent)
}

fn payload_member_twice(subject: &mut Subject) -> Vec<Bent> {
    let sites = subject.documents();
    let bend = |site: &Site| {
        let mut envelope = subject.envelope(site);
        let file = if let Some(payload) = envelope["payload"].as_str() {
            let text = String::from_utf8(STANDARD.decode(payload).unwrap()).unwrap();
            envelope["payload"] = STANDARD.encode(with_first_member(&text, "\"_type\":\"link\"")).into();
            envelope.to_string()
        } else {
            let signed = envelope["signed"].to_string();
            envelope.to_string().replace(&signed, &with_first_member(&signed, "\"_type\":\"link\""))
        };
        (subject.replaced(site, file.into_bytes()), lost(site))
    };
    sites.iter().map(bend).collect()
}

fn both_wrappings(subject: &mut Subject) -> Vec<Bent> {
    edited(subject, |envelope| {
        if envelope["payload"].is_string() {
            envelope["signed"] = json!({"_type": "link"});
        } else {
            envelope["payload"] = json!("e30=");
            envelope["payloadType"] = json!(sitrep_tests::chain::PAYLOAD_TYPE);
        }
    })
}

fn type_changed(subject: &mut Subject) -> Vec<Bent> {
    let sites = subject.documents();
    let mut bent = Vec::new();
    for site in &sites {
        for kind in ["layout", "link", "other"] {
            let own = if is_plain(site) { "link" } else { "layout" };
            // As a layout in a link's place it has no good signature; as something else it is no link.
            let codes: Codes = match (site.link, kind) {
                (None, _) => not_signed(site),
                (_, "layout") => THRESHOLD,
                _ => lost(site),
            };
            if kind != own {
                bent.push((subject.with_payload(site, |payload| payload["_type"] = kind.into()), codes));
            }
        }
    }
    bent
}

/// Some envelopes (DSSE).
fn envelopes(subject: &mut Subject) -> Vec<Site> {
    let sites = subject.documents();
    sites.into_iter().filter(|site| subject.envelope(site)["payload"].is_string()).collect()
}

fn payload_type_changed(subject: &mut Subject) -> Vec<Bent> {
    let sites = envelopes(subject);
    let mut bent = Vec::new();
    for site in &sites {
        for payload_type in ["application/json", "", "application/vnd.in-toto+json ", "Application/vnd.in-toto+json"] {
            let codes = if site.link.is_none() { &["layout-payload-type"] } else { lost(site) };
            let edit = |envelope: &mut Value| envelope["payloadType"] = payload_type.into();
            bent.push((subject.edited(site, edit), codes));
        }
    }
    bent
}

/// Other spellings of base64 that some decoders take for the same bytes.
fn spellings(text: &str) -> Vec<String> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let body = text.trim_end_matches('=');
    let mut spellings =
        vec![format!("{text}="), format!("{text}\n"), format!(" {text}"), format!("{}\n{}", &text[..4], &text[4..])];
    if body.len() < text.len() {
        let last = alphabet.find(&body[body.len() - 1..]).unwrap();
        let superfluous = &alphabet[last | 1..][..1];
        spellings.push(body.to_owned());
        spellings.push(format!("{}{superfluous}{}", &body[..body.len() - 1], &text[body.len()..]));
    }
    spellings.retain(|spelling| spelling != text);
    spellings
}

fn payload_base64(subject: &mut Subject) -> Vec<Bent> {
    let sites = envelopes(subject);
    let mut bent = Vec::new();
    for site in &sites {
        for spelling in spellings(subject.envelope(site)["payload"].as_str().unwrap()) {
            bent.push((subject.edited(site, |envelope| envelope["payload"] = spelling.into()), lost(site)));
        }
    }
    bent
}

fn signature_base64(subject: &mut Subject) -> Vec<Bent> {
    let sites = envelopes(subject);
    let mut bent = Vec::new();
    for site in &sites {
        for spelling in spellings(subject.envelope(site)["signatures"][0]["sig"].as_str().unwrap()) {
            let codes = if site.link.is_none() { OWNER_UNSIGNED } else { THRESHOLD };
            bent.push((subject.edited(site, |envelope| envelope["signatures"][0]["sig"] = spelling.into()), codes));
        }
    }
    bent
}

/// The chain with each file changed for which this holds.
fn harmless(subject: &mut Subject, holds: fn(&Value) -> bool, edit: fn(&mut Value)) -> Vec<Files> {
    let sites = subject.sites(|_| true);
    let sites = sites.iter().filter(|site| holds(&subject.envelope(site)));
    sites.map(|site| subject.edited(site, edit)).collect()
}

fn stranger_added(envelope: &mut Value) {
    let mut signature = envelope["signatures"][0].clone();
    signature["keyid"] = keyid("stranger").into();
    envelope["signatures"].as_array_mut().unwrap().insert(0, signature);
}

fn bad_one_before(envelope: &mut Value) {
    let mut signature = envelope["signatures"][0].clone();
    let zeros = if envelope["payload"].is_string() { STANDARD.encode([0; 64]) } else { "0".repeat(128) };
    signature["sig"] = zeros.into();
    envelope["signatures"].as_array_mut().unwrap().insert(0, signature);
}

fn is_changed_by_url_safe(envelope: &Value) -> bool {
    envelope["payload"].is_string() && envelope["signatures"][0]["sig"].as_str().unwrap().contains(['+', '/'])
}

fn url_safe(envelope: &mut Value) {
    let convert = |text: &mut Value| *text = URL_SAFE.encode(STANDARD.decode(text.as_str().unwrap()).unwrap()).into();
    convert(&mut envelope["payload"]);
    convert(&mut envelope["signatures"][0]["sig"]);
}
