//! Bundles that ask for far more work than they are large, as a packer whom nobody knows can make them of a genuine layout, and as owners and
//! functionaries can sign them ([`crate::raw_bundle`] writes them). Each is made in any size: what grows faster than the size is no bound.
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use sitrep_core::SECURITY_VERSION;
use sitrep_core::limits::{Limits, UNORDERED_RUNS};

use crate::chain::keyid;
use crate::raw_bundle::{Added, Envelope, Node, RawBundle, Signature, one_run, text};
use crate::raw_chain::{FUNCTIONARY, OWNER, Rules, functionaries, layout, link, metablock, rule, signed};

/// A kind of bundle.
#[derive(Clone, Copy, Debug)]
pub struct Hostile {
    /// What is large about it.
    pub name: &'static str,
    /// Who has to help: nobody, or somebody whose signatures count.
    pub is_signed: bool,
    /// The bundle of about so many bytes, for a verifier with these limits.
    pub bundle: fn(usize, &Limits) -> RawBundle,
}

/// All kinds.
#[must_use]
pub fn all() -> Vec<Hostile> {
    let by_anybody = |name, bundle| Hostile { name, is_signed: false, bundle };
    let signed = |name, bundle| Hostile { name, is_signed: true, bundle };
    vec![
        by_anybody("links with one long label", links_with_one_label as fn(usize, &Limits) -> RawBundle),
        by_anybody("a link with references to one long string", references),
        by_anybody("empty patches before links", empty_patches),
        by_anybody("envelopes without anything", junk),
        by_anybody("envelopes that share a step", |size, limits| {
            shared(size, limits, |text| Added { step: Some(text), ..Added::default() })
        }),
        by_anybody("envelopes that share a payload type", |size, limits| {
            shared(size, limits, |text| Added { payload_type: Some(text), ..Added::default() })
        }),
        by_anybody("signatures that share a key id", shared_key_id),
        by_anybody("links of the shortest rule", templates),
        by_anybody("links over long names, one of them odd", odd_names),
        by_anybody("names that share long ends", long_names),
        by_anybody("names of algorithms", algorithms),
        by_anybody("signatures without key id, of steps with many keys", attempts),
        by_anybody("signatures over the longest text", texts),
        by_anybody("signatures over maps of paths with many digests", variants),
        by_anybody("signatures over maps of one path in 64", sparse),
        by_anybody("signatures over maps in no order", unordered_maps),
        by_anybody("signatures over members in no order", unordered_members),
        by_anybody("statements that share a predicate type", predicate_types),
        signed("patterns of letters", |size, limits| globs(size, limits, "*aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")),
        signed("one long pattern", long_glob),
        signed("patterns of a class", |size, limits| globs(size, limits, "*[!bcdefghijklmnopqrstuvwxyz]b")),
        signed("MATCH with prefixes", matches),
        signed("MATCH with maps in no order", lookups),
        signed("links of a step with maps in no order", agreement),
        signed("a long command and many links", commands),
        signed("steps that name many keys with long key ids", pubkeys),
        signed("security versions, each greater than the one before", versions),
    ]
}

/// A layout of one step that some functionaries may carry out, and a link of it.
fn genuine(functionaries_of: usize, rules: &Rules) -> Vec<Envelope> {
    let payload = layout(&functionaries(functionaries_of), 1, &Vec::new(), rules);
    vec![metablock(payload, OWNER), metablock(link(0, one_run(0, 0), one_run(0, 0)), FUNCTIONARY)]
}

fn chain() -> Vec<Envelope> {
    genuine(1, &Vec::new())
}

fn of(envelopes: Vec<Envelope>) -> RawBundle {
    RawBundle { envelopes, ..RawBundle::default() }
}

/// So many bytes of characters that are not ASCII.
fn wide(bytes: usize) -> String {
    "é".repeat(bytes / 2)
}

fn unsigned_link() -> Envelope {
    Envelope::metablock(link(0, one_run(0, 0), one_run(0, 0)), Vec::new())
}

/// As many links as fit beside what takes half of the size.
fn links(size: usize, limits: &Limits, each: usize) -> usize {
    (size / 2 / each).min(limits.links - 1)
}

fn links_with_one_label(size: usize, limits: &Limits) -> RawBundle {
    let added = Added { label: Some(wide(size / 2)), ..Added::default() };
    let mut envelopes = chain();
    envelopes.extend((0..links(size, limits, 24)).map(|_| unsigned_link().with(added.clone())));
    of(envelopes)
}

fn references(size: usize, _: &Limits) -> RawBundle {
    let mut payload = link(0, one_run(0, 0), one_run(0, 0));
    if let Node::Object(members) = &mut payload {
        members[2].1 = Node::Repeat(size as u32 / 2, Box::new(text(wide(size / 2))));
    }
    of([chain(), vec![Envelope::metablock(payload, Vec::new())]].concat())
}

fn empty_patches(size: usize, limits: &Limits) -> RawBundle {
    let added = Added { empty_patches: size as u32 / 4, ..Added::default() };
    let mut envelopes = chain();
    envelopes.push(Envelope::dsse(Node::List(Vec::new()), Vec::new()).with(added));
    envelopes.extend((0..links(size, limits, 24)).map(|_| unsigned_link()));
    of(envelopes)
}

fn junk(size: usize, _: &Limits) -> RawBundle {
    let mut envelopes = chain();
    envelopes.extend((0..size / 7).map(|_| Envelope::metablock(Node::Number(0), Vec::new())));
    of(envelopes)
}

fn shared(size: usize, limits: &Limits, added: fn(String) -> Added) -> RawBundle {
    let mut envelopes = chain();
    let junk = Envelope::dsse(Node::Number(0), Vec::new()).with(added(wide(size / 2)));
    envelopes.extend((0..links(size, limits, 24)).map(|_| junk.clone()));
    of(envelopes)
}

fn shared_key_id(size: usize, limits: &Limits) -> RawBundle {
    let signature = Signature::of_nobody(Some(&wide(size / 2)));
    let mut envelopes = chain();
    let link = Envelope { signatures: vec![signature; limits.features.work().signatures as usize], ..unsigned_link() };
    envelopes.extend((0..links(size, limits, 68 * limits.features.work().signatures as usize)).map(|_| link.clone()));
    of(envelopes)
}

fn templates(size: usize, _: &Limits) -> RawBundle {
    const LINKS: usize = 12;
    let each = size / LINKS;
    let junk = Node::Repeat(each as u32, Box::new(Node::DisallowAll));
    let payload = Node::Object(vec![("_type", text("link")), ("z", junk)]);
    let envelopes = (0..LINKS).map(|_| Envelope::metablock(payload.clone(), Vec::new()));
    of(chain().into_iter().chain(envelopes).collect())
}

/// Paths that differ in a few bytes at their start or their end.
fn paths(count: usize, length: usize, variants: u32) -> Vec<(String, u32)> {
    (0..count).map(|number| (format!("{}{number:07}", "a".repeat(length - 7)), variants)).collect()
}

/// Digest sets without a digest.
fn no_digests() -> Option<Vec<(String, u32)>> {
    Some(Vec::new())
}

fn odd_names(size: usize, limits: &Limits) -> RawBundle {
    let mut paths = paths(size / 24, limits.path - 16, 1);
    paths.insert(0, ("./odd".into(), 1));
    let mut envelopes = chain();
    let count = paths.len() as u32;
    let all = || Node::Map(vec![[1, count - 1, 0]]);
    envelopes.extend((0..links(size, limits, 30)).map(|_| Envelope::metablock(link(0, all(), all()), Vec::new())));
    RawBundle { envelopes, paths, shape: no_digests(), ..RawBundle::default() }
}

fn long_names(size: usize, limits: &Limits) -> RawBundle {
    // Numbers of different lengths, ascending as text, so that the ends move.
    let mut starts: Vec<String> = (0..size / 6).map(|number| format!("{number:x}é")).collect();
    starts.sort();
    let end = "é/.".repeat(limits.path / 4 - 8);
    let paths = starts.into_iter().map(|start| (format!("{start}{end}é"), 1)).collect();
    RawBundle { envelopes: chain(), paths, shape: no_digests(), suffixes: true, ..RawBundle::default() }
}

fn algorithms(size: usize, _: &Limits) -> RawBundle {
    let shape = (0..16).map(|number| (format!("{}{number:02}", "x".repeat(size / 17)), 1)).collect();
    RawBundle { envelopes: chain(), paths: paths(size / 100, 10, 1), shape: Some(shape), ..RawBundle::default() }
}

fn attempts(size: usize, limits: &Limits) -> RawBundle {
    let mut envelopes = genuine(signers(limits), &Vec::new());
    let payload = link(0, one_run(0, 0), one_run(0, 0));
    let strange = Envelope::dsse(payload, vec![Signature::of_nobody(None); 2]);
    envelopes.extend((0..links(2 * size, limits, 170)).map(|_| strange.clone()));
    of(envelopes)
}

/// As many keys as two signatures without key id are checked against.
fn signers(limits: &Limits) -> usize {
    (limits.features.work().attempts as usize / 2).min(limits.keys)
}

/// Links with this payload, and as many signatures as are checked.
fn strange(size: usize, limits: &Limits, each: usize, payload: &Node) -> impl Iterator<Item = Envelope> + use<> {
    let strange = Envelope::dsse(payload.clone(), vec![Signature::of_nobody(None); 2]);
    (0..links(size, limits, each + 170)).map(move |_| strange.clone())
}

/// A link's payload with something more in it.
fn with_more(more: Node) -> Node {
    let mut payload = link(0, one_run(0, 0), one_run(0, 0));
    if let Node::Object(members) = &mut payload {
        members.push(("z", more));
    }
    payload
}

fn texts(size: usize, limits: &Limits) -> RawBundle {
    let payload = with_more(Node::Repeat(200, Box::new(text("x".repeat(size / 2)))));
    of(genuine(signers(limits), &Vec::new()).into_iter().chain(strange(size, limits, 400, &payload)).collect())
}

fn variants(size: usize, limits: &Limits) -> RawBundle {
    let each = 2 * limits.features.work().variants as usize + 20;
    let count = (size / 2 / each).max(1);
    let payload = with_more(Node::List(vec![one_run(count as u32, 0); 4]));
    let shape = Some(vec![("x".to_owned(), 1)]);
    let envelopes =
        genuine(signers(limits), &Vec::new()).into_iter().chain(strange(size, limits, 30, &payload)).collect();
    RawBundle { envelopes, paths: paths(count, 10, limits.features.work().variants), shape, ..RawBundle::default() }
}

fn sparse(size: usize, limits: &Limits) -> RawBundle {
    let count = size / 24;
    let map = || Node::Map((0..count / 64).map(|_| [63, 1, 0]).collect());
    let payload = with_more(Node::List((0..4).map(|_| map()).collect()));
    let envelopes =
        genuine(signers(limits), &Vec::new()).into_iter().chain(strange(size, limits, size / 40, &payload)).collect();
    RawBundle { envelopes, paths: paths(count, 10, 1), shape: no_digests(), ..RawBundle::default() }
}

fn unordered_maps(size: usize, limits: &Limits) -> RawBundle {
    let count = size / 24;
    let maps = 4 * count / UNORDERED_RUNS as usize;
    let map = Node::Backwards(UNORDERED_RUNS.min(count as u32));
    let payload = with_more(Node::Repeat(maps as u32, Box::new(map)));
    let each = 2 * UNORDERED_RUNS as usize * maps;
    let envelopes =
        genuine(signers(limits), &Vec::new()).into_iter().chain(strange(size, limits, each, &payload)).collect();
    RawBundle { envelopes, paths: paths(count, 10, 1), shape: no_digests(), ..RawBundle::default() }
}

fn unordered_members(size: usize, limits: &Limits) -> RawBundle {
    let mut members = vec![("zz".to_owned(), Node::Repeat(size as u32 / 16, Box::new(Node::DisallowAll)))];
    members.extend((0..60).map(|number| (format!("a{number:02}"), Node::Number(0))));
    members[1..].reverse();
    let payload = with_more(Node::Keyed(members));
    of(genuine(signers(limits), &Vec::new()).into_iter().chain(strange(size, limits, size / 16, &payload)).collect())
}

fn statement(predicate_type: &str, predicate: Node) -> Node {
    Node::Object(vec![
        ("_type", text("https://in-toto.io/Statement/v1")),
        ("predicate", predicate),
        ("predicateType", text(predicate_type)),
        ("subject", Node::Subjects(vec![[0, 1, 0]])),
    ])
}

fn predicate_types(size: usize, limits: &Limits) -> RawBundle {
    let statement = Envelope::dsse(statement(&wide(size / 2), Node::Number(0)), Vec::new());
    let mut envelopes = chain();
    envelopes.extend((0..links(size, limits, 40)).map(|_| statement.clone()));
    RawBundle { envelopes, paths: paths(1, 10, 1), ..RawBundle::default() }
}

fn globs(size: usize, limits: &Limits, pattern: &str) -> RawBundle {
    let rules: Rules = (0..limits.rules).map(|_| rule(&["DISALLOW", pattern])).collect();
    let count = size as u32 / 24;
    let mut envelopes = genuine(1, &rules);
    envelopes[1] = metablock(link(0, one_run(0, 0), one_run(count, 0)), FUNCTIONARY);
    RawBundle {
        envelopes,
        paths: paths(count as usize, limits.path.min(1000), 1),
        shape: no_digests(),
        ..RawBundle::default()
    }
}

fn long_glob(size: usize, limits: &Limits) -> RawBundle {
    let pattern = format!("*{}b*", "a".repeat(limits.path / 2));
    let rules: Rules = (0..limits.rules).map(|_| rule(&["DISALLOW", &pattern])).collect();
    let count = size as u32 / 48;
    let mut envelopes = genuine(1, &rules);
    envelopes[1] = metablock(link(0, one_run(0, 0), one_run(count, 0)), FUNCTIONARY);
    RawBundle {
        envelopes,
        paths: paths(count as usize, limits.path - 16, 1),
        shape: no_digests(),
        ..RawBundle::default()
    }
}

fn matches(size: usize, limits: &Limits) -> RawBundle {
    let words = ["MATCH", "*", "IN", "a", "WITH", "PRODUCTS", "IN", "b", "FROM", "step 0"];
    let rules: Rules = (0..limits.rules).map(|_| rule(&words)).collect();
    let mut paths: Vec<_> = (0..size / 100).map(|number| (format!("a/z{number:07}"), 1)).collect();
    let variants = limits.features.work().variants.min(100);
    paths.extend((0..62).map(|number| (format!("b/a{number:05}"), variants)));
    let mut envelopes = genuine(1, &rules);
    envelopes[1] = metablock(link(0, one_run(0, 0), one_run(paths.len() as u32, 0)), FUNCTIONARY);
    RawBundle { envelopes, paths, ..RawBundle::default() }
}

fn lookups(size: usize, limits: &Limits) -> RawBundle {
    let words = ["MATCH", "*", "WITH", "MATERIALS", "FROM", "step 0"];
    let rules: Rules = (0..limits.rules).map(|_| rule(&words)).collect();
    let count = size as u32 / 50;
    let mut envelopes = genuine(1, &rules);
    let materials = Node::Backwards(UNORDERED_RUNS.min(count));
    let payload = link(0, materials, one_run(count, 0));
    envelopes[1] = Envelope::dsse(payload, vec![signed(FUNCTIONARY)]);
    RawBundle { envelopes, paths: paths(count as usize, 10, 1), ..RawBundle::default() }
}

fn agreement(size: usize, limits: &Limits) -> RawBundle {
    let runs = UNORDERED_RUNS.min(size as u32 / 50);
    let mut envelopes = genuine(1, &Vec::new());
    let backwards = || link(0, Node::Backwards(runs), Node::Backwards(runs));
    let both = Envelope::dsse(backwards(), vec![signed(FUNCTIONARY)]);
    envelopes[1] = both.clone();
    envelopes.extend((0..links(size, limits, 4 * runs as usize)).map(|_| both.clone()));
    RawBundle { envelopes, paths: paths(runs as usize, 10, 1), ..RawBundle::default() }
}

fn commands(size: usize, limits: &Limits) -> RawBundle {
    let words = Node::Repeat(100, Box::new(text("x".repeat(size / 4))));
    let mut envelopes = chain();
    put(&mut envelopes[0].payload, "steps", |steps| {
        let Node::List(steps) = steps else { return };
        put(&mut steps[0], "expected_command", |command| *command = words.clone());
    });
    let mut payload = link(0, one_run(0, 0), one_run(0, 0));
    put(&mut payload, "command", |command| *command = words.clone());
    envelopes[1] = metablock(payload.clone(), FUNCTIONARY);
    envelopes.extend((0..links(size, limits, 400)).map(|_| metablock(payload.clone(), FUNCTIONARY)));
    of(envelopes)
}

/// Changes the value of a member.
fn put(object: &mut Node, name: &str, change: impl FnOnce(&mut Node)) {
    let Node::Object(members) = object else { return };
    if let Some((_, value)) = members.iter_mut().find(|(key, _)| *key == name) {
        change(value);
    }
}

fn pubkeys(size: usize, limits: &Limits) -> RawBundle {
    let id = |number: usize| format!("{}{number:03}", "k".repeat(250));
    let mut envelopes = chain();
    let own = keyid(FUNCTIONARY);
    let key = |id: &str, public: String| {
        Node::Object(vec![
            ("keyid", text(id)),
            ("keytype", text("ed25519")),
            ("keyval", Node::Object(vec![("public", text(public))])),
            ("scheme", text("ed25519")),
        ])
    };
    let mut keys: Vec<_> =
        (0..limits.keys - 1).map(|number| (id(number), key(&id(number), format!("{number:064x}")))).collect();
    let public = sitrep_metadata::hex::encode(&*crate::chain::key(FUNCTIONARY).pk);
    keys.insert(0, (own.clone(), key(&own, public)));
    keys.sort_by(|one, other| one.0.cmp(&other.0));
    put(&mut envelopes[0].payload, "keys", |node| *node = Node::Keyed(keys));
    put(&mut envelopes[0].payload, "steps", |steps| {
        let Node::List(steps) = steps else { return };
        put(&mut steps[0], "pubkeys", |list| {
            *list = Node::Repeat(size as u32 / 4, Box::new(text(id(limits.keys - 2))));
        });
    });
    of(envelopes)
}

fn versions(size: usize, limits: &Limits) -> RawBundle {
    let mut envelopes = chain();
    envelopes[1] = metablock(link(0, one_run(0, 0), one_run(1, 0)), FUNCTIONARY);
    let count = links(2 * size, limits, 300);
    for number in 0..count as u32 {
        let predicate = Node::Object(vec![
            ("securityVersion", Node::Number(1 + number)),
            ("z", Node::Repeat((size / count) as u32 - 200, Box::new(Node::DisallowAll))),
        ]);
        envelopes.push(Envelope::dsse(statement(SECURITY_VERSION, predicate), vec![signed(FUNCTIONARY)]));
    }
    RawBundle { envelopes, paths: paths(1, 10, 1), ..RawBundle::default() }
}
