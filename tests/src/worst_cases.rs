//! Bundles that go to one limit each, and so take as long as that limit allows ([`crate::raw_bundle`] writes them).
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use sitrep_cli::hex;
use sitrep_core::limits::{BOOT, NESTING, SCARCE, TRUST_OWNERS};
use sitrep_core::{Code, SECURITY_VERSION};

use crate::chain::{key, keyid};
use crate::device::Flash;
use crate::raw_bundle::{Envelope, Node, RawBundle, Signature, one_run, single_runs, text};
use crate::scenario::trust_policy;
use crate::update::{EXPIRES, package};
use crate::work::Shape;

/// Who signs layouts.
pub const OWNER: &str = "owner";
/// Who signs links.
const FUNCTIONARY: &str = "functionary 0";

/// What lies in flash, and what its bundle was made of.
#[derive(Clone, Debug)]
pub struct Case {
    /// The bundle.
    pub bundle: RawBundle,
    /// The owners of the trust policy, and the security version that it asks for.
    owners: Vec<String>,
    security_version: u32,
    /// The functionaries' keys, the steps and the rules in each list.
    keys: usize,
    steps: usize,
    rules: usize,
    artifact: Vec<u8>,
}

impl Case {
    fn new(bundle: RawBundle) -> Self {
        let (owners, artifact) = (vec![OWNER.into()], Vec::new());
        Self { bundle, owners, keys: 1, steps: 1, rules: 0, security_version: 0, artifact }
    }

    /// A case of these envelopes and paths alone.
    #[must_use]
    pub fn of(envelopes: Vec<Envelope>, paths: Vec<(String, u32)>) -> Self {
        Self::new(RawBundle { envelopes, paths, ..RawBundle::default() })
    }

    /// The flash of a device, and what the formula is about.
    #[must_use]
    pub fn build(&self) -> (Flash, Shape) {
        let bundle = self.bundle.bytes();
        (self.flash(&bundle), self.shape(&bundle))
    }

    /// The flash of a device with this bundle.
    #[must_use]
    pub fn flash(&self, bundle: &[u8]) -> Flash {
        let owners: Vec<_> = self.owners.iter().map(|owner| *key(owner).pk).collect();
        let mut policy = trust_policy(&owners, "a");
        policy.security_version = self.security_version;
        let trust = policy.to_compiled().expect("a policy");
        Flash { trust, slot: package(&self.artifact, bundle, &[]), clock: None }
    }

    fn shape(&self, bundle: &[u8]) -> Shape {
        let sizes = self.bundle.sizes(bundle);
        Shape {
            bundle: sizes.bundle,
            artifact: self.artifact.len() as u64,
            owners: self.owners.len() as u64,
            signatures: sizes.signatures,
            keys: self.keys as u64,
            links: self.bundle.envelopes.len() as u64 - 1,
            steps: self.steps as u64,
            rules: self.rules as u64,
            paths: self.bundle.paths.len() as u64,
            artifacts: self.bundle.paths.len() as u64,
            runs: sizes.runs,
            tokens: sizes.tokens,
            text: sizes.text,
            versions: if self.security_version > 0 { self.bundle.envelopes.len() as u64 - 1 } else { 0 },
        }
    }
}

/// The names of so many functionaries.
#[must_use]
pub fn functionaries(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("functionary {number}")).collect()
}

fn signed(signer: &str) -> Signature {
    Signature { keyid: Some(keyid(signer)), signer: signer.to_owned() }
}

/// Signatures without a label, by somebody whom nobody knows.
fn strangers(count: u32) -> Vec<Signature> {
    (0..count).map(|number| Signature { keyid: None, signer: format!("stranger {number}") }).collect()
}

type Rules = Vec<Vec<String>>;

/// A rule of these words.
#[must_use]
pub fn rule(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn list(rules: &Rules) -> Node {
    let rules = rules.iter().map(|words| Node::List(words.iter().map(text).collect()));
    Node::List(rules.collect())
}

/// A layout of these steps, each with the same rules, that anybody of these functionaries may carry out.
pub fn layout(functionaries: &[String], steps: usize, materials: &Rules, products: &Rules) -> Node {
    let mut ids: Vec<_> = functionaries.iter().map(|name| (keyid(name), name)).collect();
    ids.sort();
    let keys = ids.iter().map(|(id, name)| {
        let public = text(hex::encode(&*key(name).pk));
        let key = [
            ("keyid", text(id)),
            ("keytype", text("ed25519")),
            ("keyval", Node::Object(vec![("public", public)])),
            ("scheme", text("ed25519")),
        ];
        (id.clone(), Node::Object(key.to_vec()))
    });
    let keys = Node::Keyed(keys.collect());
    let steps = (0..steps).map(|number| {
        Node::Object(vec![
            ("_type", text("step")),
            ("expected_command", Node::List(Vec::new())),
            ("expected_materials", list(materials)),
            ("expected_products", list(products)),
            ("name", text(format!("step {number}"))),
            ("pubkeys", Node::List(ids.iter().map(|(id, _)| text(id)).collect())),
            ("threshold", Node::Number(1)),
        ])
    });
    Node::Object(vec![
        ("_type", text("layout")),
        ("expires", text(EXPIRES)),
        ("inspect", Node::List(Vec::new())),
        ("keys", keys),
        ("readme", text("")),
        ("steps", Node::List(steps.collect())),
    ])
}

fn link(step: usize, materials: Node, products: Node) -> Node {
    Node::Object(vec![
        ("_type", text("link")),
        ("byproducts", Node::Object(Vec::new())),
        ("command", Node::List(Vec::new())),
        ("environment", Node::Object(Vec::new())),
        ("materials", materials),
        ("name", text(format!("step {step}"))),
        ("products", products),
    ])
}

/// A payload in a Metablock that somebody has signed.
#[must_use]
pub fn metablock(payload: Node, signer: &str) -> Envelope {
    Envelope { payload, is_dsse: false, signatures: vec![signed(signer)] }
}

/// As many paths, each of `length` bytes, that nothing but their ends tells apart.
fn paths(count: u32, length: usize, variants: u32) -> Vec<(String, u32)> {
    (0..count).map(|number| (format!("{}{number:05}", "a".repeat(length - 5)), variants)).collect()
}

/// A long text whose characters take four bytes each.
fn wide(bytes: usize, number: u32) -> String {
    format!("{number:04}{}", "😀".repeat((bytes - 4) / 4))
}

fn layout_alone() -> Envelope {
    Envelope { payload: layout(&[], 0, &Vec::new(), &Vec::new()), is_dsse: false, signatures: Vec::new() }
}

/// A signed layout of one step without rules.
fn one_step() -> Vec<Envelope> {
    vec![metablock(layout(&functionaries(1), 1, &Vec::new(), &Vec::new()), OWNER)]
}

/// A payload that strangers have signed in the place of the layout.
fn strange_layout(payload: Node, paths: Vec<(String, u32)>) -> Case {
    Case::of(vec![Envelope { payload, is_dsse: true, signatures: strangers(1) }], paths)
}

fn strings_in_the_section(units: u32) -> Case {
    Case::new(RawBundle {
        envelopes: vec![layout_alone()],
        idle: vec![String::new(); units as usize],
        ..RawBundle::default()
    })
}

fn paths_in_the_section(units: u32) -> Case {
    Case::of(vec![layout_alone()], paths(units, 5, 1))
}

fn artifact(units: u32) -> Case {
    let envelopes = [one_step(), vec![metablock(link(0, one_run(0, 0), one_run(1, 0)), FUNCTIONARY)]].concat();
    Case { artifact: vec![0x5a; units as usize], ..Case::of(envelopes, vec![("a".into(), 1)]) }
}

/// Signatures without a label on the layout, each of which is checked against the key of each of eight owners: so many checks.
#[must_use]
pub fn owners(units: u32) -> Case {
    let envelope = Envelope { is_dsse: true, signatures: strangers(units / TRUST_OWNERS as u32), ..layout_alone() };
    let owners = (0..TRUST_OWNERS).map(|number| format!("owner {number}")).collect();
    Case { owners, ..Case::of(vec![envelope], Vec::new()) }
}

/// The same on links, as many as are checked against keys.
#[must_use]
pub fn attempts(units: u32) -> Case {
    let mut envelopes = vec![metablock(layout(&functionaries(BOOT.keys), 1, &Vec::new(), &Vec::new()), OWNER)];
    for _ in 0..units / SCARCE.attempts {
        let payload = link(0, one_run(0, 0), one_run(0, 0));
        envelopes.push(Envelope { payload, is_dsse: true, signatures: strangers(SCARCE.signatures) });
    }
    Case { keys: BOOT.keys, ..Case::of(envelopes, Vec::new()) }
}

/// What somebody can do whom no owner has helped, in 48 KiB: the budget of texts is used up by the last of the signatures.
fn stranger(units: u32) -> Case {
    const BUNDLE: u32 = 48 << 10;
    let text_of_each = (SCARCE.texts_base + SCARCE.texts_ratio * BUNDLE) / (8 * 8);
    let strings = text_of_each / SCARCE.string - 1;
    let mut case = owners(units);
    for envelope in &mut case.bundle.envelopes {
        envelope.payload = Node::List((0..strings).map(|_| text(wide(SCARCE.string as usize, 0))).collect());
    }
    let room = u64::from(BUNDLE) - case.bundle.bytes().len() as u64;
    // The index of the strings takes two bytes for 16.
    case.bundle.idle = vec![String::new(); (room - room / 9 - 8) as usize];
    case
}

fn texts(units: u32) -> Case {
    strange_layout(
        Node::List((0..units / SCARCE.string).map(|_| text(wide(SCARCE.string as usize, 0))).collect()),
        Vec::new(),
    )
}

fn tokens(units: u32) -> Case {
    strange_layout(Node::List((0..units - 3).map(|_| text("")).collect()), Vec::new())
}

/// Paths with so many variants each, and four maps that ask for the last of them.
#[must_use]
pub fn variants(units: u32) -> Case {
    let map = ["a", "b", "c", "d"].map(|key| (key, one_run(200, units - 1)));
    strange_layout(Node::Object(map.to_vec()), paths(200, 5, units))
}

/// Paths that say so often how many variants they have.
#[must_use]
pub fn directives(count: usize) -> Case {
    let mut case = variants(2);
    case.bundle.directives = count;
    case
}

/// Links that nobody signed, of so many bytes of tokens in all.
fn unsigned_links(units: u32, others: u32, junk: &Node) -> Case {
    let mut envelopes = one_step();
    for _ in 0..BOOT.links {
        let others = (0..others).map(|number| text(wide(8, number)));
        let junk = Node::List(others.chain((0..units / BOOT.links as u32 - 30).map(|_| junk.clone())).collect());
        let payload = Node::Object(vec![("_type", text("link")), ("z", junk)]);
        envelopes.push(Envelope { payload, is_dsse: false, signatures: Vec::new() });
    }
    Case::of(envelopes, Vec::new())
}

fn long_strings(units: u32) -> Case {
    let long = wide(SCARCE.string as usize, 0);
    let case = |others| unsigned_links(units, others, &text(long.as_str()));
    // The last string of a block of 16 is the one that takes longest to find.
    (0..16)
        .map(case)
        .find(|case| case.bundle.number_of(&long).is_some_and(|number| number % 16 == 15))
        .expect("one of 16")
}

fn templates(units: u32) -> Case {
    unsigned_links(units, 0, &Node::DisallowAll)
}

fn sparse_maps(units: u32) -> Case {
    sparse(units / 256, &["a", "b", "c", "d"])
}

/// Maps with these names, of the last path of each of so many blocks.
#[must_use]
pub fn sparse(blocks: u32, names: &[&'static str]) -> Case {
    let map = || Node::Map((0..blocks).map(|_| [63, 1, SCARCE.variants - 1]).collect());
    let maps = names.iter().map(|name| (*name, map())).collect();
    strange_layout(Node::Object(maps), paths(64 * blocks, 5, SCARCE.variants))
}

fn numbers(units: u32) -> Case {
    strange_layout(Node::List((0..units / 2 - 3).map(|_| Node::Number(0)).collect()), Vec::new())
}

fn empty_lists(units: u32) -> Case {
    strange_layout(Node::List((0..units / 2 - 3).map(|_| Node::List(Vec::new())).collect()), Vec::new())
}

fn nesting(units: u32) -> Case {
    let junk = (3..units).fold(Node::List(Vec::new()), |inner, _| Node::List(vec![inner; 1]));
    let mut envelopes = one_step();
    for _ in 0..BOOT.links {
        let mut payload = link(0, one_run(0, 0), one_run(0, 0));
        if let Node::Object(members) = &mut payload {
            members.push(("z", Node::List(vec![junk.clone()])));
        }
        envelopes.push(metablock(payload, FUNCTIONARY));
    }
    Case::of(envelopes, Vec::new())
}

/// As many paths as give this many pairs of a rule and an artifact, if all steps have all rules that they may have.
fn globs_of(units: u32, pattern: &str) -> Case {
    let rules: Rules = (0..BOOT.rules).map(|_| rule(&["DISALLOW", pattern])).collect();
    let mut envelopes = vec![metablock(layout(&functionaries(1), BOOT.steps, &rules, &rules), OWNER)];
    let count = units / (2 * BOOT.steps * BOOT.rules) as u32;
    for step in 0..BOOT.steps {
        envelopes.push(metablock(link(step, one_run(count, 0), one_run(count, 0)), FUNCTIONARY));
    }
    Case { steps: BOOT.steps, rules: BOOT.rules, ..Case::of(envelopes, paths(count, BOOT.path, 1)) }
}

fn literal_globs(units: u32) -> Case {
    globs_of(units, &format!("*{}b", "a".repeat(64)))
}

fn class_globs(units: u32) -> Case {
    globs_of(units, &format!("*[!{}]b", "b".repeat(SCARCE.pattern as usize - 5)))
}

fn matches(units: u32) -> Case {
    let words = ["MATCH", "*", "IN", "a", "WITH", "PRODUCTS", "IN", "b", "FROM", "step 0"];
    let rules: Rules = (0..BOOT.rules).map(|_| rule(&words)).collect();
    let variants = SCARCE.variants;
    // All that is looked for would stand behind a block of paths with as many variants as there may be.
    let mut paths: Vec<_> =
        (0..units / BOOT.rules as u32).map(|number| (format!("a/z{number:05}"), variants)).collect();
    paths.extend((0..62).map(|number| (format!("b/a{number:05}"), variants)));
    let products = one_run(paths.len() as u32, variants - 1);
    let payload = layout(&functionaries(1), 1, &Vec::new(), &rules);
    let envelopes = vec![metablock(payload, OWNER), metablock(link(0, one_run(0, 0), products), FUNCTIONARY)];
    Case { rules: BOOT.rules, ..Case::of(envelopes, paths) }
}

fn lookups(units: u32) -> Case {
    let count = f64::from(units).sqrt() as u32;
    let link = link(0, single_runs(count, 0), single_runs(count, 0));
    Case::of([one_step(), vec![metablock(link, FUNCTIONARY)]].concat(), paths(count, 5, 1))
}

fn agreement(units: u32) -> Case {
    let count = f64::from(units / (2 * BOOT.links) as u32).sqrt() as u32;
    let mut envelopes = one_step();
    for _ in 0..BOOT.links {
        envelopes.push(metablock(link(0, single_runs(count, 0), single_runs(count, 0)), FUNCTIONARY));
    }
    Case::of(envelopes, paths(count, 5, 1))
}

fn attestations(units: u32) -> Case {
    let mut envelopes = [one_step(), vec![metablock(link(0, one_run(0, 0), one_run(1, 0)), FUNCTIONARY)]].concat();
    for number in 0..units {
        let time = format!("20{}-01-01T00:00:00Z", 39 - number);
        let predicate = Node::Object(vec![("securityVersion", Node::Number(1 + number)), ("time", text(time))]);
        let payload = Node::Object(vec![
            ("_type", text("https://in-toto.io/Statement/v1")),
            ("predicate", predicate),
            ("predicateType", text(SECURITY_VERSION)),
            ("subject", Node::Subjects(vec![[0, 1, 0]])),
        ]);
        envelopes.push(Envelope { payload, is_dsse: true, signatures: vec![signed(FUNCTIONARY)] });
    }
    Case { security_version: 1, ..Case::of(envelopes, vec![("a".into(), 1)]) }
}

fn labels(units: u32) -> Case {
    let words = ["MATCH", "x", "WITH", "PRODUCTS", "FROM", "step 7"];
    let rules: Rules = (0..BOOT.rules).map(|_| rule(&words)).collect();
    let mut envelopes = vec![metablock(layout(&functionaries(1), BOOT.steps, &rules, &rules), OWNER)];
    for step in 0..BOOT.steps {
        let payload = link(step, one_run(0, 0), one_run(0, 0));
        let label = |number| Some(wide(SCARCE.string as usize, number));
        let strange = (1..units).map(|number| Signature { keyid: label(number), signer: "stranger".into() });
        let signatures = std::iter::once(signed(FUNCTIONARY)).chain(strange).collect();
        envelopes.push(Envelope { payload, is_dsse: false, signatures });
    }
    Case { steps: BOOT.steps, rules: BOOT.rules, ..Case::of(envelopes, Vec::new()) }
}

/// What goes to a limit.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The limit; empty where it is that of the row before.
    pub limit: &'static str,
    /// Its value.
    pub value: u64,
    /// The bundle that goes there.
    pub bundle: &'static str,
    /// What is counted.
    pub unit: &'static str,
    /// How many at most.
    pub most: u32,
    /// The case of so many.
    pub case: fn(u32) -> Case,
    /// How it is refused; some get as far as the artifact.
    pub refusal: Code,
}

/// All limits.
#[rustfmt::skip]
#[must_use]
pub fn rows() -> Vec<Row> {
    let row = |limit, value: u64, bundle, unit, most: u64, case, refusal| Row { limit, value, bundle, unit, most: most as u32, case, refusal };
    let (owners_most, attempts_most) = (TRUST_OWNERS as u64 * u64::from(SCARCE.signatures), (BOOT.links as u64) * u64::from(SCARCE.attempts));
    let links_tokens = BOOT.links as u64 * u64::from(SCARCE.tokens);
    let strings = 40_000;
    vec![
        row("bytes of the bundle", strings, "empty strings", "string of a byte", strings, strings_in_the_section as fn(u32) -> Case, Code::OwnerUnsigned),
        row("", 1000 * 35, "paths that nobody lists", "path", 1000, paths_in_the_section, Code::OwnerUnsigned),
        row("bytes of the artifact", 131_072, "another artifact", "byte", 131_072, artifact, Code::ArtifactDigest),
        row("owners × signatures of the layout", owners_most, "strangers' signatures without a label", "check", owners_most, owners, Code::OwnerSignature),
        row("these, and bytes of bundle and text", 49_152, "the same, of the longest text, with empty strings", "check", owners_most, stranger, Code::OwnerSignature),
        row("links × checks of signatures", attempts_most, "the same of links", "check", attempts_most, attempts, Code::ThresholdNotMet),
        row("bytes of text", SCARCE.texts_base.into(), "characters of four bytes", "byte of text", SCARCE.texts_base.into(), texts, Code::OwnerSignature),
        row("bytes of tokens", SCARCE.tokens.into(), "empty strings that are signed", "token", SCARCE.tokens.into(), tokens, Code::OwnerSignature),
        row("", SCARCE.tokens.into(), "numbers", "byte of tokens", SCARCE.tokens.into(), numbers, Code::OwnerSignature),
        row("", SCARCE.tokens.into(), "empty arrays", "byte of tokens", SCARCE.tokens.into(), empty_lists, Code::OwnerSignature),
        row("paths that are stepped over", 4096, "maps of one path of 64, with all variants", "path", 4096, sparse_maps, Code::OwnerSignature),
        row("variants of a path", SCARCE.variants.into(), "four maps of 200 paths with all variants", "variant", SCARCE.variants.into(), variants, Code::OwnerSignature),
row("links × bytes of tokens", links_tokens, "the longest strings in links that nobody signed", "token", links_tokens, long_strings, Code::LinkMissing),
        row("", links_tokens, "the shortest rule in such links", "token", links_tokens, templates, Code::LinkMissing),
        row("levels of nesting", NESTING as u64, "links with arrays in each other", "level", NESTING as u64, nesting, Code::ArtifactUnknown),
        row("steps × lists × rules, × bytes of pattern × of path", 192, "4 paths, patterns of letters", "rule for an artifact", 768, literal_globs, Code::ArtifactUnknown),
        row("", 192, "4 paths, patterns of one class", "rule for an artifact", 768, class_globs, Code::ArtifactUnknown),
        row("rules × block of paths × variants", 12, "`MATCH` with prefixes, of 20 paths", "rule for an artifact", 240, matches, Code::ArtifactUnknown),
        row("paths × runs of a map", 1_000_000, "1,000 paths in runs of one", "path × run", 1_000_000, lookups, Code::ArtifactUnknown),
        row("links × paths × runs", 240_000, "12 such links of a step, of 100 paths", "path × run", 240_000, agreement, Code::ArtifactUnknown),
        row("attestations", BOOT.links as u64 - 1, "each with another version and time", "attestation", BOOT.links as u64 - 1, attestations, Code::ArtifactDigest),
        row("signatures × bytes of a string", SCARCE.signatures.into(), "labels, in 8 links that rules ask for", "label", SCARCE.signatures.into(), labels, Code::ArtifactUnknown),
    ]
}
