//! Supply chains that are verified: made up from random numbers, strict about every artifact, and with every key at hand, so that they can
//! be bent and signed again.
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_compact::{KeyPair, Seed};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use sitrep_cli::sources::input::Input;
use sitrep_core::{Code, FixedClock, Time, ed25519_key_ids};
use sitrep_metadata::keys::OwnerFile;
use sitrep_metadata::profile::Profile;
use sitrep_metadata::verification::Verifier;

use crate::json_text::canonical;

/// As of when chains are verified.
const NOW: &str = "2026-06-01T12:00:00Z";

/// The payload type of in-toto's envelopes.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// The name of the project owner.
pub const OWNER: &str = "owner";

/// The path of the root layout.
pub const ROOT: &str = "root.layout";

/// A source of random numbers that is the same everywhere.
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }
}

/// Who can sign: everybody has the key of a name.
#[must_use]
pub fn key(name: &str) -> KeyPair {
    KeyPair::from_seed(Seed::new(Sha256::digest(name).into()))
}

/// The key id of somebody's key.
#[must_use]
pub fn keyid(name: &str) -> String {
    ed25519_key_ids(&key(name).pk)[0].to_string()
}

/// Somebody's key as a layout has it, under this label.
#[must_use]
pub fn entry(name: &str, label: &str) -> Value {
    let public = sitrep_metadata::hex::encode(&*key(name).pk);
    json!({"keyid": label, "keytype": "ed25519", "keyval": {"public": public}, "scheme": "ed25519"})
}

/// How a payload is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapping {
    /// `signed` and hexadecimal signatures over its canonical form.
    Metablock,
    /// `payload` in base64 and signatures over the pre-authentication encoding (DSSE).
    Dsse,
}

/// A payload that somebody signs whenever it is written.
#[derive(Clone, Debug)]
pub struct Signed {
    /// What is signed.
    pub payload: Value,
    /// How it is wrapped.
    pub wrapping: Wrapping,
    /// Key id and signer of each signature.
    pub signers: Vec<(String, String)>,
}

impl Signed {
    /// Signed by somebody with his own key id.
    #[must_use]
    pub fn new(payload: Value, wrapping: Wrapping, signer: &str) -> Self {
        Self { payload, wrapping, signers: vec![(keyid(signer), signer.to_owned())] }
    }

    /// The file's JSON.
    #[must_use]
    pub fn envelope(&self) -> Value {
        let text = canonical(&self.payload);
        let message = match self.wrapping {
            Wrapping::Metablock => text.clone(),
            Wrapping::Dsse => format!("DSSEv1 {} {PAYLOAD_TYPE} {} {text}", PAYLOAD_TYPE.len(), text.len()),
        };
        let signatures = self.signers.iter().map(|(label, signer)| {
            let signature = key(signer).sk.sign(&message, None);
            let signature = match self.wrapping {
                Wrapping::Metablock => sitrep_metadata::hex::encode(&*signature),
                Wrapping::Dsse => STANDARD.encode(*signature),
            };
            json!({"keyid": label, "sig": signature})
        });
        let signatures: Vec<Value> = signatures.collect();
        match self.wrapping {
            Wrapping::Metablock => json!({"signatures": signatures, "signed": self.payload}),
            Wrapping::Dsse => {
                json!({"payload": STANDARD.encode(&text), "payloadType": PAYLOAD_TYPE, "signatures": signatures})
            }
        }
    }
}

/// A link, or a sublayout in its place.
#[derive(Clone, Debug)]
pub struct Link {
    /// The step that its file names.
    pub step: String,
    /// The key id that its file names.
    pub label: String,
    /// What it holds.
    pub signed: Signed,
    /// The links of a sublayout.
    pub inner: Option<Vec<Link>>,
}

impl Link {
    fn stem(&self) -> String {
        format!("{}.{}", self.step, self.label.get(..8).unwrap_or(&self.label))
    }
}

/// A layout with its links.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The layout.
    pub layout: Signed,
    /// Its links, in the order of the steps.
    pub links: Vec<Link>,
}

/// Files by path.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Artifacts: what each holds, as a number.
type Artifacts = BTreeMap<String, usize>;

/// A file of a chain.
#[derive(Clone, Debug)]
pub struct Site {
    /// Its path.
    pub path: String,
    /// Which links lead to the layout that it belongs to.
    pub level: Vec<usize>,
    /// Which link of that layout it is; `None` for the root layout.
    pub link: Option<usize>,
    /// Is it the only link of its step?
    pub is_single: bool,
    /// Is it a sublayout?
    pub is_sublayout: bool,
}

impl Site {
    /// Which of two files of one layout comes first: what is wrong with it is found first.
    #[must_use]
    pub fn first<'s>(&'s self, other: &'s Self) -> &'s Self {
        if self.link <= other.link { self } else { other }
    }
}

impl Chain {
    /// Makes a chain of two to four steps that is verified, with so many sublayouts inside each other.
    #[must_use]
    pub fn random(random: &mut Random, depth: usize) -> Self {
        let content = 1000 * random.below(1_000_000);
        let mut maker = Maker { random, content, people: 0 };
        let (layout, links, _) = maker.level(&Artifacts::new(), depth, true);
        let wrapping = maker.wrapping();
        Self { layout: Signed::new(layout, wrapping, OWNER), links }
    }

    /// All files, everything signed by its signers.
    #[must_use]
    pub fn files(&self) -> Files {
        let mut files = Files::new();
        files.insert(ROOT.to_owned(), self.layout.envelope().to_string().into_bytes());
        put_links(&self.links, "", &mut files);
        files
    }

    /// Every file.
    #[must_use]
    pub fn sites(&self) -> Vec<Site> {
        let root = Site { path: ROOT.to_owned(), level: Vec::new(), link: None, is_single: true, is_sublayout: false };
        let mut sites = vec![root];
        add_sites(&self.links, "", &[], &mut sites);
        sites
    }

    /// The layouts, as which links lead to them.
    #[must_use]
    pub fn levels(&self) -> Vec<Vec<usize>> {
        let inner = self.sites().into_iter().filter(|site| site.is_sublayout);
        let paths = inner.map(|site| [&site.level[..], &[site.link.unwrap()]].concat());
        [Vec::new()].into_iter().chain(paths).collect()
    }

    /// The links of a layout.
    pub fn links_at(&mut self, level: &[usize]) -> &mut Vec<Link> {
        level.iter().fold(&mut self.links, |links, number| links[*number].inner.as_mut().unwrap())
    }

    /// A layout.
    pub fn layout_at(&mut self, level: &[usize]) -> &mut Signed {
        match level.split_last() {
            None => &mut self.layout,
            Some((last, above)) => &mut self.links_at(above)[*last].signed,
        }
    }

    /// What a file holds.
    pub fn signed_at(&mut self, site: &Site) -> &mut Signed {
        match site.link {
            None => &mut self.layout,
            Some(link) => &mut self.links_at(&site.level)[link].signed,
        }
    }
}

fn put_links(links: &[Link], directory: &str, files: &mut Files) {
    for link in links {
        let path = format!("{directory}{}.link", link.stem());
        files.insert(path, link.signed.envelope().to_string().into_bytes());
        if let Some(inner) = &link.inner {
            put_links(inner, &format!("{directory}{}/", link.stem()), files);
        }
    }
}

fn add_sites(links: &[Link], directory: &str, level: &[usize], sites: &mut Vec<Site>) {
    for (number, link) in links.iter().enumerate() {
        let is_single = links.iter().filter(|other| other.step == link.step).count() == 1;
        let path = format!("{directory}{}.link", link.stem());
        let is_sublayout = link.inner.is_some();
        sites.push(Site { path, level: level.to_vec(), link: Some(number), is_single, is_sublayout });
        if let Some(inner) = &link.inner {
            add_sites(inner, &format!("{directory}{}/", link.stem()), &[level, &[number]].concat(), sites);
        }
    }
}

/// Makes chains.
struct Maker<'r> {
    random: &'r mut Random,
    content: usize,
    people: usize,
}

const STEPS: [&str; 4] = ["clone", "build", "test", "package"];

impl Maker<'_> {
    fn wrapping(&mut self) -> Wrapping {
        if self.random.percent(50) { Wrapping::Metablock } else { Wrapping::Dsse }
    }

    /// A layout that starts from these artifacts, its links, and what they come to.
    fn level(&mut self, start: &Artifacts, depth: usize, is_root: bool) -> (Value, Vec<Link>, Artifacts) {
        let count = 2 + self.random.below(3);
        let delegated = if depth > 0 { Some(self.random.below(count)) } else { None };
        let (mut have, mut links, mut steps, mut keys) = (start.clone(), Vec::new(), Vec::new(), Map::new());
        for (number, name) in STEPS.iter().take(count).enumerate() {
            let threshold = 1 + self.random.below(3);
            let people: Vec<String> = (0..threshold + self.random.below(2)).map(|_| self.person()).collect();
            keys.extend(people.iter().map(|person| (keyid(person), entry(person, &keyid(person)))));
            let before = have.clone();
            let inner = if delegated == Some(number) {
                let (layout, inner, after) = self.level(&before, depth - 1, false);
                have = after;
                let wrapping = self.wrapping();
                Some((Signed::new(layout, wrapping, &people[0]), inner))
            } else {
                have = self.work(&before);
                None
            };
            let before_it = number.checked_sub(1).map(|before| STEPS[before]);
            steps.push(json!({
                "_type": "step",
                "name": name,
                "expected_command": [],
                "expected_materials": materials_rules(before_it, &before, is_root),
                "expected_products": self.products_rules(name, &before, &have),
                "pubkeys": people.iter().map(|person| keyid(person)).collect::<Vec<_>>(),
                "threshold": threshold,
            }));
            let link = json!({
                "_type": "link", "name": name, "materials": digests(&before), "products": digests(&have), "byproducts": {},
                "command": ["make"], "environment": {},
            });
            for person in &people[..threshold] {
                let wrapping = self.wrapping();
                let signed = Signed::new(link.clone(), wrapping, person);
                links.push(Link { step: (*name).to_owned(), label: keyid(person), signed, inner: None });
            }
            if let Some((signed, inner)) = inner {
                let at = links.len() - threshold;
                links[at] = Link { signed, inner: Some(inner), ..links[at].clone() };
            }
        }
        let layout = json!({
            "_type": "layout", "expires": "2040-01-01T00:00:00Z", "inspect": [], "keys": keys, "readme": "", "steps": steps,
        });
        (layout, links, have)
    }

    /// Somebody new.
    fn person(&mut self) -> String {
        self.people += 1;
        format!("person {}", self.people)
    }

    fn content(&mut self) -> usize {
        self.content += 1;
        self.content
    }

    /// What a step makes of its materials: always something new, and most files are as they were, changed, moved or deleted.
    fn work(&mut self, before: &Artifacts) -> Artifacts {
        let mut after = Artifacts::new();
        for (name, content) in before {
            match self.random.below(10) {
                0..5 => drop(after.insert(name.clone(), *content)),
                5..8 => drop(after.insert(name.clone(), self.content())),
                8 => drop(after.insert(format!("out/{name}"), *content)),
                _ => {}
            }
        }
        for _ in 0..=self.random.below(2) {
            let content = self.content();
            after.insert(format!("src/file{content}.c"), content);
        }
        after
    }

    /// Rules that let exactly these products pass, and ask for one that is new.
    fn products_rules(&mut self, step: &str, before: &Artifacts, after: &Artifacts) -> Value {
        let mut rules: Vec<Value> = Vec::new();
        for (name, content) in after {
            let moved = name.strip_prefix("out/").filter(|inside| before.get(*inside) == Some(content));
            let at = self.random.below(rules.len() + 1);
            let rule = match (before.get(name), moved) {
                (Some(same), _) if same == content => json!(["MATCH", name, "WITH", "MATERIALS", "FROM", step]),
                (Some(_), _) => json!(["MODIFY", name]),
                (None, Some(inside)) => json!(["MATCH", inside, "IN", "out", "WITH", "MATERIALS", "FROM", step]),
                (None, None) => json!(["CREATE", name]),
            };
            rules.insert(at, rule);
        }
        if let Some(new) = after.keys().find(|name| !before.contains_key(*name)) {
            rules.insert(0, json!(["REQUIRE", new]));
        }
        rules.push(json!(["DISALLOW", "*"]));
        rules.into()
    }
}

/// Rules that let exactly these materials pass.
fn materials_rules(before: Option<&str>, materials: &Artifacts, is_root: bool) -> Value {
    let mut rules: Vec<Value> = match before {
        Some(step) => vec![json!(["MATCH", "*", "WITH", "PRODUCTS", "FROM", step])],
        // Where a sublayout's come from, the layout above says.
        None if !is_root => materials.keys().map(|name| json!(["ALLOW", name])).collect(),
        None => Vec::new(),
    };
    rules.push(json!(["DISALLOW", "*"]));
    rules.into()
}

fn digests(artifacts: &Artifacts) -> Value {
    let digest =
        |content: &usize| json!({"sha256": sitrep_metadata::hex::encode(&Sha256::digest(content.to_string()))});
    artifacts.iter().map(|(name, content)| (name.clone(), digest(content))).collect::<Map<_, _>>().into()
}

/// What sitrep says: verified, or the name of the refusal's code; `input` where the layout's file is none.
///
/// # Errors
/// The refusal.
pub fn verify(files: &Files) -> Result<(), &'static str> {
    let directory = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let input = Input::from_directory(&directory.path().join(ROOT), directory.path()).map_err(|_| "input")?;
    let bundle = input.packer.finish(0).unwrap_or_else(|error| panic!("{error}"));
    let owner = entry(OWNER, &keyid(OWNER)).to_string();
    let owners = [OwnerFile::parse(Path::new("owner.json"), owner.as_bytes()).unwrap()];
    let clock = FixedClock(Time::parse(NOW).unwrap());
    let verifier = Verifier::new(&owners, &clock, Profile::Host);
    let result = verifier.verify(&bundle, |outcome, _| outcome.result()).and_then(|result| result);
    result.map_err(|error| Code::name(error.code()))
}
