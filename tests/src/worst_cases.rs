//! Bundles that take a boot loader as long as they can, each in its own way ([`crate::raw_bundle`] writes them).
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use sitrep_core::limits::{BOOT, NESTING, SCARCE, TRUST_OWNERS};
use sitrep_core::{Code, SECURITY_VERSION};

use crate::chain::key;
use crate::device::Flash;
use crate::raw_bundle::{Envelope, Node, RawBundle, Signature, one_run, single_runs, text};
use crate::raw_chain::{FUNCTIONARY, OWNER, Rules, functionaries, layout, link, metablock, rule, signed, strangers};
use crate::scenario::trust_policy;
use crate::update::package;

/// What lies in flash.
#[derive(Clone, Debug)]
pub struct Case {
    /// The bundle.
    pub bundle: RawBundle,
    /// The owners of the trust policy, and the security version that it asks for.
    owners: Vec<String>,
    security_version: u32,
    artifact: Vec<u8>,
}

impl Case {
    fn new(bundle: RawBundle) -> Self {
        Self { bundle, owners: vec![OWNER.into()], security_version: 0, artifact: Vec::new() }
    }

    /// A case of these envelopes and paths alone.
    #[must_use]
    pub fn of(envelopes: Vec<Envelope>, paths: Vec<(String, u32)>) -> Self {
        Self::new(RawBundle { envelopes, paths, ..RawBundle::default() })
    }

    /// The bytes of the artifact.
    #[must_use]
    pub fn artifact(&self) -> u64 {
        self.artifact.len() as u64
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
    Envelope::metablock(layout(&[], 0, &Vec::new(), &Vec::new()), Vec::new())
}

/// A signed layout of one step without rules.
fn one_step() -> Vec<Envelope> {
    vec![metablock(layout(&functionaries(1), 1, &Vec::new(), &Vec::new()), OWNER)]
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
    let envelope = Envelope::dsse(layout_alone().payload, strangers(units / TRUST_OWNERS as u32));
    let owners = (0..TRUST_OWNERS).map(|number| format!("owner {number}")).collect();
    Case { owners, ..Case::of(vec![envelope], Vec::new()) }
}

/// The same on links, as many as are checked against keys.
#[must_use]
pub fn attempts(units: u32) -> Case {
    let mut envelopes = vec![metablock(layout(&functionaries(BOOT.keys), 1, &Vec::new(), &Vec::new()), OWNER)];
    for _ in 0..units / SCARCE.attempts {
        let payload = link(0, one_run(0, 0), one_run(0, 0));
        envelopes.push(Envelope::dsse(payload, strangers(SCARCE.signatures)));
    }
    Case::of(envelopes, Vec::new())
}

/// What somebody can do whom no owner has helped: signatures of strangers over this payload, which are checked against eight owners' keys.
fn strange_layout(payload: Node, paths: Vec<(String, u32)>) -> Case {
    let mut case = owners(SCARCE.signatures * TRUST_OWNERS as u32);
    for envelope in &mut case.bundle.envelopes {
        envelope.payload = payload.clone();
    }
    case.bundle.paths = paths;
    case
}

fn texts(units: u32) -> Case {
    let long = wide(1024, 0);
    strange_layout(Node::List((0..units / 1024).map(|_| text(long.as_str())).collect()), Vec::new())
}

fn tokens(units: u32) -> Case {
    strange_layout(Node::Repeat(units, Box::new(text(""))), Vec::new())
}

fn numbers(units: u32) -> Case {
    strange_layout(Node::Repeat(units, Box::new(Node::Number(0))), Vec::new())
}

fn empty_lists(units: u32) -> Case {
    strange_layout(Node::Repeat(units, Box::new(Node::List(Vec::new()))), Vec::new())
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
        envelopes.push(Envelope::metablock(payload, Vec::new()));
    }
    Case::of(envelopes, Vec::new())
}

fn long_strings(units: u32) -> Case {
    let long = wide(1024, 0);
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

fn signed_templates(units: u32) -> Case {
    let mut case = Case::of(one_step(), Vec::new());
    if let Node::Object(members) = &mut case.bundle.envelopes[0].payload {
        members.push(("z", Node::Repeat(units, Box::new(Node::DisallowAll))));
    }
    case.bundle.envelopes[0].is_dsse = true;
    case
}

/// Four maps, of the last path of each of so many blocks.
fn sparse(units: u32) -> Case {
    let map = || Node::Map((0..units / 64).map(|_| [63, 1, SCARCE.variants - 1]).collect());
    let maps = ["a", "b", "c", "d"].map(|name| (name, map()));
    strange_layout(Node::Object(maps.to_vec()), paths(units, 5, SCARCE.variants))
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
    Case::of(envelopes, paths(count, BOOT.path, 1))
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
    Case::of(envelopes, paths)
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
        envelopes.push(Envelope::dsse(payload, vec![signed(FUNCTIONARY)]));
    }
    Case { security_version: 1, ..Case::of(envelopes, vec![("a".into(), 1)]) }
}

fn labels(units: u32) -> Case {
    let words = ["MATCH", "x", "WITH", "PRODUCTS", "FROM", "step 7"];
    let rules: Rules = (0..BOOT.rules).map(|_| rule(&words)).collect();
    let mut envelopes = vec![metablock(layout(&functionaries(1), BOOT.steps, &rules, &rules), OWNER)];
    for step in 0..BOOT.steps {
        let payload = link(step, one_run(0, 0), one_run(0, 0));
        let label = |number| Some(wide(252, number));
        let strange = (1..units).map(|number| Signature { keyid: label(number), signer: "stranger".into() });
        let signatures = std::iter::once(signed(FUNCTIONARY)).chain(strange).collect();
        envelopes.push(Envelope::metablock(payload, signatures));
    }
    Case::of(envelopes, Vec::new())
}

/// One way of taking long.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What the bundle is.
    pub bundle: &'static str,
    /// What there are many of.
    pub unit: &'static str,
    /// How many.
    pub most: u32,
    /// The case of so many.
    pub case: fn(u32) -> Case,
    /// How it is refused; some get as far as the artifact.
    pub refusal: Code,
}

/// All of them.
#[rustfmt::skip]
#[must_use]
pub fn rows() -> Vec<Row> {
    let row = |bundle, unit, most, case, refusal| Row { bundle, unit, most, case, refusal };
    let checks = TRUST_OWNERS as u32 * SCARCE.signatures;
    let (links, steps, rules) = (BOOT.links as u32, BOOT.steps as u32, BOOT.rules as u32);
    vec![
        row("empty strings", "string", 40_000, strings_in_the_section as fn(u32) -> Case, Code::OwnerUnsigned),
        row("paths that nobody lists", "path", 1000, paths_in_the_section, Code::OwnerUnsigned),
        row("another artifact", "byte", 131_072, artifact, Code::ArtifactDigest),
        row("the last string of a block, in links that nobody signed", "token", 24_000, long_strings, Code::LinkMissing),
        row("the shortest rule in such links", "token", 40_000, templates, Code::LinkMissing),
        row("the shortest rule in a member of the layout that means nothing", "token", 1_000, signed_templates, Code::LinkMissing),
        row("links with arrays in each other", "level", NESTING as u32, nesting, Code::ArtifactUnknown),
        row("labels, in 8 links that rules ask for", "label", SCARCE.signatures, labels, Code::ArtifactUnknown),
        row("strangers' signatures on the layout", "check", checks, owners, Code::OwnerSignature),
        row("strangers' signatures on links", "check", links * SCARCE.attempts, attempts, Code::LimitWork),
        row("strangers' signatures over characters of four bytes", "byte of text", 48_000, texts, Code::LimitWork),
        row("... over empty strings", "token", 10_000, tokens, Code::LimitWork),
        row("... over numbers", "number", 10_000, numbers, Code::LimitWork),
        row("... over empty arrays", "array", 10_000, empty_lists, Code::LimitWork),
        row("... over maps of one path of 64, with all variants", "path", 1024, sparse, Code::OwnerSignature),
        row("... over four maps of 200 paths with all variants", "variant", SCARCE.variants, variants, Code::LimitWork),
        row("patterns of letters", "rule for an artifact", 2 * steps * rules * 60, literal_globs, Code::LimitWork),
        row("patterns of one class", "rule for an artifact", 2 * steps * rules * 60, class_globs, Code::LimitWork),
        row("`MATCH` with prefixes", "rule for an artifact", rules * 60, matches, Code::ArtifactUnknown),
        row("paths in runs of one", "path × run", 4_000_000, lookups, Code::LimitWork),
        row("12 links of a step, of paths in runs of one", "path × run", 4_000_000, agreement, Code::LimitWork),
        row("security versions and times, each another one", "attestation", links - 1, attestations, Code::ArtifactDigest),
    ]
}
