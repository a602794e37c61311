//! Bundles that expand: a reference of one byte names a string of any length, a run of three bytes any number of paths.

use sitrep_core::limits::{AMPLE, HOST, LABEL, SIGNATURES};

use super::{Kind, Place, Shape};
use crate::chain::keyid;
use crate::raw_bundle::{Added, Envelope, Node, RawBundle, Signature, one_run, text};
use crate::raw_chain::{OWNER, functionaries, layout, metablock};

pub(super) const SHAPES: &[Shape] = &[
    bundle("one long string in a link's command", "references × length", link_command),
    bundle("one long string in the layout", "references × length", layout_command),
    bundle("one long name of many steps", "steps × length", step_names),
    bundle("one long member in many payloads", "envelopes × length", members),
    bundle("the longest label of many envelopes", "envelopes × length", labels),
    bundle("the longest step of many sublayouts", "envelopes × length", steps),
    bundle("the longest payload type of many envelopes", "envelopes × length", payload_types),
    bundle("the longest key id of many signatures", "signatures × length", key_ids),
    bundle("one long digest of subjects", "envelopes × 4 × algorithms × length", digests),
    bundle("arrays in each other", "depth", nesting),
    bundle("every path in four maps of each envelope", "envelopes × 4 × paths", maps),
    bundle("the same with long paths", "envelopes × 4 × paths × length", long_paths),
    bundle("deep indentation", "envelopes × values × depth × 255", indentation),
    bundle("empty arrays", "size of a value", empty_arrays).that_takes_memory(),
    bundle("sublayouts in each other, with the longest labels", "envelopes × depth × length", sublayouts),
    bundle("members in no order, with long keys", "objects × 64² × length", unordered),
];

const fn bundle(name: &'static str, formula: &'static str, write: fn(&Place<'_>, usize)) -> Shape {
    Shape::new(name, formula, Kind::Bundle, write)
}

fn write(place: &Place<'_>, envelopes: Vec<Envelope>, paths: Vec<(String, u32)>) {
    place.write("b.sitrep", RawBundle { envelopes, paths, ..RawBundle::default() }.bytes());
}

/// Somebody's genuine layout of one step, and these envelopes.
fn after_layout(place: &Place<'_>, envelopes: impl IntoIterator<Item = Envelope>) {
    let rules = Vec::new();
    let first = metablock(layout(&functionaries(2), 1, &rules, &rules), OWNER);
    write(place, std::iter::once(first).chain(envelopes).collect(), Vec::new());
}

fn long(bytes: usize) -> String {
    "a".repeat(bytes)
}

/// Characters of four bytes, the last of which no reader skips.
fn wide(bytes: usize) -> String {
    "😀".repeat(bytes / 4)
}

/// A link of the layout's step with this member more.
fn link(member: &'static str, value: Node) -> Node {
    let mut members = vec![
        ("_type", text("link")),
        ("byproducts", Node::Object(Vec::new())),
        ("command", Node::List(Vec::new())),
        ("environment", Node::Object(Vec::new())),
        ("materials", one_run(0, 0)),
        ("name", text("step 0")),
        ("products", one_run(0, 0)),
    ];
    members.retain(|(name, _)| *name != member);
    members.push((member, value));
    members.sort_by_key(|(name, _)| *name);
    Node::Object(members)
}

/// A Metablock that nobody has signed.
fn unsigned(payload: Node) -> Envelope {
    Envelope::metablock(payload, Vec::new())
}

/// Bytes of the payload's text, where it needs no escapes.
fn length(payload: &Node) -> u32 {
    let all = |count: usize, inside: u32| inside + count.saturating_sub(1) as u32 + 2;
    match payload {
        Node::Text(text) => count(text.len()) + 2,
        Node::List(items) => all(items.len(), items.iter().map(length).sum()),
        Node::Repeat(times, node) => all(*times as usize, times * length(node)),
        Node::Object(members) => {
            all(members.len(), members.iter().map(|(key, node)| count(key.len()) + 3 + length(node)).sum())
        }
        Node::Keyed(members) => {
            all(members.len(), members.iter().map(|(key, node)| count(key.len()) + 3 + length(node)).sum())
        }
        _ => unreachable!("{payload:?}"),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap()
}

/// One unsigned link of which the command names this string as often as fits.
fn command_of(place: &Place<'_>, string: String) {
    let references = count(string.len());
    after_layout(place, [unsigned(link("command", Node::Repeat(references, Box::new(text(string)))))]);
}

fn link_command(place: &Place<'_>, size: usize) {
    command_of(place, long(size / 2));
}

fn layout_command(place: &Place<'_>, size: usize) {
    let command = Node::Repeat(count(size / 2), Box::new(text(long(size / 2))));
    let payload = Node::Object(vec![("_type", text("layout")), ("readme", command)]);
    write(place, vec![unsigned(payload)], Vec::new());
}

fn step_names(place: &Place<'_>, size: usize) {
    let step = Node::Object(vec![("name", text(long(size / 2)))]);
    let payload = Node::Object(vec![
        ("_type", text("layout")),
        ("inspect", Node::Repeat(count(size / 16), Box::new(step.clone()))),
        ("steps", Node::Repeat(count(size / 16), Box::new(step))),
    ]);
    write(place, vec![unsigned(payload)], Vec::new());
}

/// As many envelopes as this, each of which takes so many bytes beside what they share.
fn many(size: usize, each: usize) -> usize {
    (size / each).clamp(1, usize::from(AMPLE.envelopes) - 12)
}

fn repeat(envelope: Envelope, count: usize) -> impl Iterator<Item = Envelope> {
    std::iter::repeat_n(envelope, count)
}

fn members(place: &Place<'_>, size: usize) {
    let string = || text(long(size / 2));
    let payload = Node::Object(vec![("_type", string()), ("expires", string()), ("name", string())]);
    after_layout(place, repeat(unsigned(payload), many(size / 2, 13)));
}

/// An envelope with next to nothing in it.
fn with_head(added: Added) -> Envelope {
    unsigned(Node::Byte(0)).with(added)
}

fn labels(place: &Place<'_>, size: usize) {
    let label = Some(long(LABEL - 13) + ".intoto.jsonl");
    after_layout(place, repeat(with_head(Added { label, ..Added::default() }), many(size, 6)));
}

fn steps(place: &Place<'_>, size: usize) {
    let added = Added { step: Some(long(LABEL)), label: Some("a.intoto.jsonl".into()), ..Added::default() };
    after_layout(place, repeat(with_head(added), many(size, 8)));
}

fn payload_types(place: &Place<'_>, size: usize) {
    let label = Some("a.intoto.jsonl".into());
    let length = "null".len() as u32;
    let added = Added { payload_type: Some(long(LABEL)), label, length: Some(length), ..Added::default() };
    let envelope = Envelope { is_dsse: true, ..with_head(added) };
    after_layout(place, repeat(envelope, many(size, 10)));
}

fn key_ids(place: &Place<'_>, size: usize) {
    let label = Some("a.intoto.jsonl".into());
    let signatures = vec![Signature::of_nobody(Some(&long(LABEL))); SIGNATURES as usize];
    let envelope = Envelope { signatures, ..with_head(Added { label, ..Added::default() }) };
    after_layout(place, repeat(envelope, many(size, 6 + 67 * SIGNATURES as usize)));
}

fn digests(place: &Place<'_>, size: usize) {
    let string = || text(long(size / 2));
    let digest = (0..16).map(|number| (format!("algorithm {number:02}"), string()));
    let subject = Node::Object(vec![("digest", Node::Keyed(digest.collect())), ("name", string())]);
    let payload = Node::Object(vec![
        ("_type", text("https://in-toto.io/Statement/v1")),
        ("predicateType", string()),
        ("subject", Node::Repeat(4, Box::new(subject))),
    ]);
    let added = Added { label: Some("a.intoto.jsonl".into()), length: Some(length(&payload)), ..Added::default() };
    after_layout(place, repeat(Envelope::dsse(payload, Vec::new()).with(added), many(size / 2, 180)));
}

fn nesting(place: &Place<'_>, size: usize) {
    let inner = (0..28).fold(Node::Byte(16), |inner, _| Node::List(vec![inner]));
    let payload = link("z", Node::Repeat(count(size / 60), Box::new(inner)));
    after_layout(place, [unsigned(payload)]);
}

fn paths(count: usize, length: usize) -> Vec<(String, u32)> {
    (0..count).map(|number| (format!("{}{number:06}", long(length.saturating_sub(6))), 1)).collect()
}

/// Envelopes each with four maps of all paths.
fn with_paths(place: &Place<'_>, size: usize, paths: Vec<(String, u32)>) {
    let names = ["a", "b", "c", "d"];
    let all = one_run(count(paths.len()), 0);
    let payload = Node::Object(names.map(|name| (name, all.clone())).to_vec());
    let added = Added { label: Some("a.intoto.jsonl".into()), ..Added::default() };
    let signatures = vec![Signature::of_nobody(Some(&keyid("functionary 0")))];
    let envelope = Envelope::metablock(payload, signatures).with(added);
    let rules = Vec::new();
    let first = metablock(layout(&functionaries(2), 1, &rules, &rules), OWNER);
    write(place, std::iter::once(first).chain(repeat(envelope, many(size / 2, 35))).collect(), paths);
}

fn maps(place: &Place<'_>, size: usize) {
    with_paths(place, size, paths(size / 80, 16));
}

fn long_paths(place: &Place<'_>, size: usize) {
    with_paths(place, size, paths(size / 200, HOST.path));
}

fn indentation(place: &Place<'_>, size: usize) {
    // A value on a line of its own, 28 levels deep.
    let values = 250 * size / (28 * 255);
    let inner = Node::Repeat(count(values), Box::new(Node::Byte(0)));
    let payload = (0..27).fold(inner, |inner, _| Node::List(vec![inner]));
    // What stands before each bracket and value, these, the commas, and the line feeds.
    let brackets: usize = (1..28).map(|depth| 2 * (255 * depth + 1)).sum();
    let length = count(brackets + 2 * 28 + values * (28 * 255 + 1 + 4) + values - 1);
    let label = Some("a.intoto.jsonl".into());
    let added = Added { label, style: Some([1 | 2 << 5, 255]), length: Some(length), ..Added::default() };
    after_layout(place, repeat(Envelope::dsse(payload, Vec::new()).with(added), (size / (values + 70)).max(1)));
}

fn empty_arrays(place: &Place<'_>, size: usize) {
    let payload = link("z", Node::Repeat(count(size), Box::new(Node::Byte(16))));
    after_layout(place, [unsigned(payload)]);
}

fn sublayouts(place: &Place<'_>, size: usize) {
    let label = long(LABEL);
    let sublayout = |number: usize, parent| {
        let label = Some(format!("{}.link", &label[number + 5..]));
        let added = Added { parent, step: Some("step 0".into()), label, ..Added::default() };
        unsigned(Node::Object(vec![("_type", text("layout"))])).with(added)
    };
    // Eight in each other, and whatever fits in the last one. The longest label is the one that all of these have.
    let chain = (0..8).map(|number| sublayout(number, count(number)));
    let leaf =
        with_head(Added { parent: 8, label: Some(format!("{}.intoto.jsonl", &label[13..])), ..Added::default() });
    after_layout(place, chain.chain(repeat(leaf, many(size, 8))));
}

fn unordered(place: &Place<'_>, size: usize) {
    let length = (size / 2 / 64).max(16);
    let keys = (0..64).rev().map(|number| (format!("{}{number:04}", wide(length)), Node::Byte(0)));
    let object = Node::Keyed(keys.collect());
    let payload = Node::Object(vec![
        ("_type", text("link")),
        ("name", text("step 0")),
        ("z", Node::Repeat(count(size / 2 / 200), Box::new(object))),
    ]);
    let signatures = vec![Signature { keyid: Some(keyid("functionary 0")), signer: "stranger".into() }];
    after_layout(place, [Envelope::dsse(payload, signatures)]);
}
