//! Supply chains that are verified, bent in every way that somebody may try. Each must be refused, and for the reason that one would expect.
//!
//! `SITREP_LONG` bends more chains, and each at every place.

mod evidence;
mod files;
mod layouts;
mod signatures;
mod sublayouts;

use std::collections::{BTreeMap, BTreeSet};
use std::env;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sitrep_tests::chain::{Chain, Files, Random, Signed, Site, verify};
use sitrep_tests::json_text::canonical;

/// One way to bend a chain.
struct Fault {
    name: &'static str,
    /// All files of each bent chain, and the codes with which it may be refused.
    bend: fn(&mut Subject) -> Vec<Bent>,
}

type Codes = &'static [&'static str];
type Bent = (Files, Codes);

const OWNER_SIGNATURE: Codes = &["owner-signature"];
const OWNER_UNSIGNED: Codes = &["owner-unsigned"];
const THRESHOLD: Codes = &["threshold-not-met"];
const MISSING: Codes = &["link-missing"];
const INPUT: Codes = &["input"];
const DISALLOW: Codes = &["rule-disallow"];
const REQUIRE: Codes = &["rule-require"];
const DISAGREE: Codes = &["links-disagree"];
/// Which rule of a list is broken first depends on which artifact it is.
const RULES: Codes = &["rule-disallow", "rule-require"];
/// What a sublayout comes to is compared with the links of other functionaries first, where there are any.
const RULES_OR_DISAGREE: Codes = &["rule-disallow", "rule-require", "links-disagree"];

/// A chain that is to be bent.
struct Subject {
    chain: Chain,
    files: Files,
    random: Random,
    /// At how many places each fault is tried.
    places: usize,
}

impl Subject {
    /// Some of these, in their order.
    fn some<T>(&mut self, mut all: Vec<T>) -> Vec<T> {
        while all.len() > self.places {
            all.remove(self.random.below(all.len()));
        }
        all
    }

    /// Some files for which this holds.
    fn sites(&mut self, holds: impl Fn(&Site) -> bool) -> Vec<Site> {
        let sites = self.chain.sites().into_iter().filter(holds).collect();
        self.some(sites)
    }

    /// Some links that are no sublayouts.
    fn links(&mut self) -> Vec<Site> {
        self.sites(is_plain)
    }

    /// Some files of either kind, the root layout among them.
    fn documents(&mut self) -> Vec<Site> {
        let root = self.chain.sites().remove(0);
        [vec![root], self.sites(|site| site.link.is_some())].concat()
    }

    /// The chain with a file that somebody without its keys has changed.
    fn edited(&self, site: &Site, edit: impl FnOnce(&mut Value)) -> Files {
        let mut envelope = self.envelope(site);
        edit(&mut envelope);
        self.replaced(site, envelope.to_string().into_bytes())
    }

    /// The same, of the payload.
    fn with_payload(&self, site: &Site, edit: impl FnOnce(&mut Value)) -> Files {
        self.edited(site, |envelope| {
            let mut payload = payload(envelope);
            edit(&mut payload);
            set_payload(envelope, &payload);
        })
    }

    fn envelope(&self, site: &Site) -> Value {
        serde_json::from_slice(&self.files[&site.path]).unwrap()
    }

    /// The chain with other bytes in a file.
    fn replaced(&self, site: &Site, bytes: Vec<u8>) -> Files {
        let mut files = self.files.clone();
        files.insert(site.path.clone(), bytes);
        files
    }

    fn without(&self, site: &Site) -> Files {
        let mut files = self.files.clone();
        files.remove(&site.path);
        files
    }

    /// The chain with something changed that is signed again by those who signed it before.
    fn signed_again(&self, edit: impl FnOnce(&mut Chain)) -> Files {
        let mut chain = self.chain.clone();
        edit(&mut chain);
        chain.files()
    }

    /// The same, of one document.
    fn document_again(&self, site: &Site, edit: impl FnOnce(&mut Signed)) -> Files {
        self.signed_again(|chain| edit(chain.signed_at(site)))
    }

    /// A plain link of the same layout, of another step.
    fn of_other_step(&self, site: &Site) -> Option<Site> {
        let step = self.step(site);
        let is_other = |other: &Site| other.level == site.level && is_plain(other) && self.step(other) != step;
        self.chain.sites().into_iter().find(is_other)
    }

    /// The name of the step whose file this is.
    fn step(&self, site: &Site) -> String {
        self.chain.clone().links_at(&site.level)[site.link.unwrap()].step.clone()
    }
}

fn is_plain(site: &Site) -> bool {
    site.link.is_some() && !site.is_sublayout
}

/// The payload of an envelope.
fn payload(envelope: &Value) -> Value {
    match envelope["payload"].as_str() {
        Some(payload) => serde_json::from_slice(&STANDARD.decode(payload).unwrap()).unwrap(),
        None => envelope["signed"].clone(),
    }
}

fn set_payload(envelope: &mut Value, payload: &Value) {
    if envelope["payload"].is_string() {
        envelope["payload"] = STANDARD.encode(canonical(payload)).into();
    } else {
        envelope["signed"] = payload.clone();
    }
}

/// A file that is none: without it, its step lacks a link, or too few are left.
fn lost(site: &Site) -> Codes {
    match site.link {
        None => INPUT,
        Some(_) if site.is_single => MISSING,
        Some(_) => THRESHOLD,
    }
}

/// A file whose signature is not good.
fn not_signed(site: &Site) -> Codes {
    if site.link.is_none() { OWNER_SIGNATURE } else { THRESHOLD }
}

#[test]
fn every_fault_is_refused_with_its_code() {
    let is_long = env::var_os("SITREP_LONG").is_some();
    let (chains, places) = if is_long { (60, usize::MAX) } else { (12, 2) };
    let mut random = Random(env::var("SITREP_SEED").map_or(1, |seed| seed.parse().unwrap()));
    let faults = || {
        let all = [evidence::FAULTS, signatures::FAULTS, layouts::FAULTS, files::FAULTS, sublayouts::FAULTS];
        all.into_iter().flatten()
    };
    let mut found: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for number in 0..chains {
        let chain = Chain::random(&mut random, [0, 1, 0, 2][number % 4]);
        let files = chain.files();
        assert_eq!(verify(&files), Ok(()), "the chain that is to be bent: {:#?}", chain.layout.payload);
        let mut subject = Subject { chain, files, random: random.clone(), places };
        for fault in faults() {
            for (files, codes) in (fault.bend)(&mut subject) {
                assert!(files != subject.files, "{}: nothing was bent", fault.name);
                let code = verify(&files).err().unwrap_or("verified");
                *found.entry(fault.name).or_default().entry(code).or_default() += 1;
                if !codes.contains(&code) {
                    wrong.push(format!("chain {number}, {}: expected {codes:?}, got {code}", fault.name));
                }
            }
        }
    }
    println!("{:>7}  fault: codes", "refused");
    for fault in faults() {
        let codes = found.get(fault.name).cloned().unwrap_or_default();
        let text: Vec<String> = codes.iter().map(|(code, count)| format!("{code} {count}")).collect();
        println!("{:>7}  {}: {}", codes.values().sum::<usize>(), fault.name, text.join(", "));
    }
    let names: BTreeSet<&str> = faults().map(|fault| fault.name).collect();
    assert_eq!(names.len(), faults().count(), "two faults have one name");
    let never: Vec<&&str> = names.iter().filter(|name| !found.contains_key(**name)).collect();
    assert!(never.is_empty(), "not tried: {never:?}");
    assert!(wrong.is_empty(), "{} of the bent chains:\n{}", wrong.len(), wrong.join("\n"));
}

/// What does not touch anything that was signed must not make a difference either.
#[test]
fn what_nobody_signed_changes_nothing() {
    let mut random = Random(7);
    for depth in [0, 1, 2] {
        let chain = Chain::random(&mut random, depth);
        let files = chain.files();
        let mut subject = Subject { chain, files, random: random.clone(), places: usize::MAX };
        for (name, bend) in files::HARMLESS {
            let bent = bend(&mut subject);
            for files in &bent {
                assert!(*files != subject.files, "{name}: nothing was bent");
                assert_eq!(verify(files), Ok(()), "{name}");
            }
            println!("{:>4} verified: {name}", bent.len());
        }
    }
}
