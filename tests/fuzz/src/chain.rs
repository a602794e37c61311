//! Supply chains out of a fuzzer's numbers: few names, digests and patterns, so that rules have something to decide.

use std::collections::BTreeMap;

use arbitrary::Arbitrary;
use serde_json::{Value, json};
use sitrep_metadata::bundle::pack::Packer;
use sitrep_metadata::envelope::document::Document;

/// A chain as it is drawn.
#[derive(Arbitrary, Clone, Debug)]
pub struct Drawn {
    steps: Vec<DrawnStep>,
    parameters: bool,
    /// One inspection, which is skipped.
    inspection: bool,
    /// Which documents are DSSE envelopes.
    dsse: u8,
}

#[derive(Arbitrary, Clone, Debug)]
struct DrawnStep {
    rules: [Vec<DrawnRule>; 2],
    artifacts: [Vec<DrawnArtifact>; 2],
    /// A second functionary's link: how it differs from the first's.
    second: Option<Vec<DrawnArtifact>>,
    threshold: bool,
    /// The link is a statement, its materials a list.
    statement: bool,
}

#[derive(Arbitrary, Clone, Debug)]
struct DrawnArtifact {
    path: u8,
    digest: u8,
}

#[derive(Arbitrary, Clone, Debug)]
enum DrawnRule {
    Match { pattern: DrawnPattern, source: Option<u8>, products: bool, target: Option<u8>, step: u8, upper: bool },
    Other { keyword: u8, pattern: DrawnPattern },
    Words(Vec<u8>),
}

#[derive(Arbitrary, Clone, Debug)]
enum DrawnPattern {
    All,
    Path(u8),
    Below(u8),
    Text(Vec<u8>),
}

/// Digest sets by algorithm, by path.
pub type Artifacts = BTreeMap<String, BTreeMap<String, String>>;

/// A step with what was recorded for it.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// Rules for materials and products, in words.
    pub rules: [Vec<Vec<String>>; 2],
    /// What the first functionary recorded.
    pub artifacts: [Artifacts; 2],
    /// What the second recorded, where there is one.
    pub second: Option<[Artifacts; 2]>,
    /// How many have to.
    pub threshold: usize,
    statement: bool,
}

/// A chain.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Its steps.
    pub steps: Vec<Step>,
    /// Are [`PARAMETERS`] given?
    pub parameters: bool,
    inspection: bool,
    dsse: u8,
}

/// What stands for names in braces.
pub const PARAMETERS: [(&str, &str); 3] = [("p", "lib"), ("all", "*"), ("q", "{p}")];

/// The name of the inspection.
pub const INSPECTION: &str = "check";

const STEPS: [&str; 5] = ["build", "test", "pack", "*", "{p}"];
const PATHS: [&str; 20] = [
    "a",
    "b",
    "c",
    "lib/a",
    "lib/b",
    "lib/lib/a",
    "lib2/a",
    "src/a",
    "src/lib/a",
    "/a",
    "/lib/a",
    ".a",
    "lib/.a",
    "a*",
    "[a]",
    "é",
    "x:a",
    "lib",
    "{p}",
    "src/x:a",
];
const PREFIXES: [&str; 10] = ["lib", "lib/", "src", "src/lib", "lib//", "../a", "", "{p}", "/lib", "é"];
const LETTERS: [&str; 16] = ["a", "b", "l", "i", "lib", "/", ".", "*", "?", "[", "]", "!", "-", "{p}", "{all}", "{x}"];
const WORDS: [&str; 16] = [
    "MATCH",
    "match",
    "IN",
    "WITH",
    "PRODUCTS",
    "Materials",
    "FROM",
    "build",
    "ALLOW",
    "disallow",
    "Require",
    "a",
    "*",
    "lib",
    "{p}",
    "nobody",
];
const KEYWORDS: [&str; 12] = [
    "CREATE", "DELETE", "MODIFY", "ALLOW", "DISALLOW", "REQUIRE", "create", "Delete", "modifY", "alloW", "Disallow",
    "require",
];

fn pick<'t>(from: &[&'t str], number: u8) -> &'t str {
    from[usize::from(number) % from.len()]
}

fn digests(number: u8) -> BTreeMap<String, String> {
    let set: &[(&str, &str)] = match number % 10 {
        0..=2 => &[("sha256", "aa")],
        3 | 4 => &[("sha256", "bb")],
        5 => &[("sha256", "aa"), ("sha512", "cc")],
        6 => &[("sha1", "aa")],
        7 => &[],
        8 => &[("gitoid:sha256", "aa"), ("sha1", "dd")],
        _ => &[("sha512", "cc")],
    };
    let length = |algorithm: &str| match algorithm {
        "sha512" => 64,
        "sha1" => 20,
        _ => 32,
    };
    set.iter().map(|(algorithm, digits)| ((*algorithm).to_owned(), digits.repeat(length(algorithm)))).collect()
}

fn artifacts(drawn: &[DrawnArtifact]) -> Artifacts {
    drawn.iter().take(24).map(|artifact| (pick(&PATHS, artifact.path).to_owned(), digests(artifact.digest))).collect()
}

fn pattern(drawn: &DrawnPattern) -> String {
    match drawn {
        DrawnPattern::All => "*".to_owned(),
        DrawnPattern::Path(number) => pick(&PATHS, *number).to_owned(),
        DrawnPattern::Below(number) => format!("{}/*", pick(&PREFIXES, *number).trim_end_matches('/')),
        DrawnPattern::Text(letters) => letters.iter().take(12).map(|number| pick(&LETTERS, *number)).collect(),
    }
}

fn rule(drawn: &DrawnRule) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    match drawn {
        DrawnRule::Match { pattern: drawn, source, products, target, step, upper } => {
            words.extend(["MATCH".to_owned(), pattern(drawn)]);
            words.extend(source.iter().flat_map(|prefix| ["IN".to_owned(), pick(&PREFIXES, *prefix).to_owned()]));
            words.extend(["WITH", if *products { "PRODUCTS" } else { "MATERIALS" }].map(str::to_owned));
            words.extend(target.iter().flat_map(|prefix| ["IN".to_owned(), pick(&PREFIXES, *prefix).to_owned()]));
            words.push("FROM".to_owned());
            words.push(pick(&[STEPS[0], STEPS[1], STEPS[2], STEPS[3], "nobody", INSPECTION, "{p}"], *step).to_owned());
            if !upper {
                words[0] = "Match".to_owned();
            }
        }
        DrawnRule::Other { keyword, pattern: drawn } => {
            words.extend([pick(&KEYWORDS, *keyword).to_owned(), pattern(drawn)]);
        }
        DrawnRule::Words(numbers) => {
            words.extend(numbers.iter().take(12).map(|number| pick(&WORDS, *number).to_owned()))
        }
    }
    words
}

impl Drawn {
    /// The chain that was drawn.
    #[must_use]
    pub fn chain(&self) -> Chain {
        let step = |(name, drawn): (&&str, &DrawnStep)| {
            let own = [&drawn.artifacts[0], &drawn.artifacts[1]].map(|drawn| artifacts(drawn));
            let second = drawn.second.as_ref().map(|difference| {
                let mut second = own.clone();
                for (number, artifact) in difference.iter().take(3).enumerate() {
                    second[number % 2].insert(pick(&PATHS, artifact.path).to_owned(), digests(artifact.digest));
                }
                second
            });
            Step {
                name: (*name).to_owned(),
                rules: [&drawn.rules[0], &drawn.rules[1]].map(|rules| rules.iter().take(12).map(rule).collect()),
                threshold: if drawn.threshold { 2 } else { 1 },
                artifacts: own,
                second,
                statement: drawn.statement,
            }
        };
        Chain {
            steps: STEPS.iter().zip(self.steps.iter().take(4)).map(step).collect(),
            parameters: self.parameters,
            inspection: self.inspection,
            dsse: self.dsse,
        }
    }
}

fn list(artifacts: &Artifacts) -> Value {
    artifacts.iter().map(|(name, digests)| json!({"name": name, "digest": digests})).collect()
}

impl Chain {
    /// The chain as a bundle.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        let key =
            |public: &str| json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": public.repeat(32)}});
        let steps: Vec<_> = self
            .steps
            .iter()
            .map(|step| {
                json!({"_type": "step", "name": step.name, "threshold": step.threshold, "pubkeys": ["one", "two"],
                "expected_materials": step.rules[0], "expected_products": step.rules[1]})
            })
            .collect();
        let inspect = if self.inspection { json!([{"name": INSPECTION, "run": []}]) } else { json!([]) };
        let layout = json!({"_type": "layout", "expires": "2040-01-01T00:00:00Z", "steps": steps, "inspect": inspect,
            "keys": {"one": key("01"), "two": key("02")}});
        let mut packer = Packer::new();
        packer.add("root.layout", self.document(&layout, "one", 0, false));
        for (number, step) in self.steps.iter().enumerate() {
            let second = step.second.iter().map(|artifacts| ("two", artifacts));
            for (signer, [materials, products]) in [("one", &step.artifacts)].into_iter().chain(second) {
                let link = if step.statement {
                    json!({"_type": "https://in-toto.io/Statement/v1", "subject": list(products),
                        "predicateType": "https://in-toto.io/attestation/link/v0.3",
                        "predicate": {"name": step.name, "materials": list(materials)}})
                } else {
                    json!({"_type": "link", "name": step.name, "materials": materials, "products": products})
                };
                packer.add("a link", self.document(&link, signer, number + 1, step.statement));
            }
        }
        packer.finish(0).expect("a chain can be packed")
    }

    fn document(&self, payload: &Value, signer: &str, number: usize, statement: bool) -> Document {
        use base64::Engine as _;
        let document = if statement || self.dsse >> (number % 8) & 1 == 1 {
            let payload = base64::engine::general_purpose::STANDARD.encode(payload.to_string());
            json!({"payload": payload, "payloadType": "application/vnd.in-toto+json", "signatures": [{"keyid": signer, "sig": "AQ=="}]})
        } else {
            json!({"signed": payload, "signatures": [{"keyid": signer, "sig": "01"}]})
        };
        Document::parse(document.to_string().as_bytes()).expect("a document of a chain is well-formed")
    }
}
