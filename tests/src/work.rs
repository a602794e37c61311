//! How many instructions a verification can take at most on the emulated Cortex-M3, as a function of the limits of the profile `boot`. firmware/WORST_CASE.md says what
//! each term stands for; tests/tests/worst_case.rs holds it against bundles that go to the limits.

use sitrep_core::limits::{ARTIFACT_MAPS, BOOT, CHUNK, NAME, SCARCE, TEXT_BASE, TRUST_OWNERS};

/// What the work depends on: the maxima of the profile, or of one bundle.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Bytes of the bundle.
    pub bundle: u64,
    /// Bytes of the artifact.
    pub artifact: u64,
    /// Owners that the trust policy names.
    pub owners: u64,
    /// Signatures of an envelope.
    pub signatures: u64,
    /// Functionaries' keys.
    pub keys: u64,
    /// Envelopes besides the layout.
    pub links: u64,
    /// Steps.
    pub steps: u64,
    /// Rules of a list.
    pub rules: u64,
    /// Paths in the artifacts section.
    pub paths: u64,
    /// Those that links list which count.
    pub artifacts: u64,
    /// Runs of an artifact map.
    pub runs: u64,
    /// Bytes of a payload's tokens.
    pub tokens: u64,
    /// Bytes of a payload's text.
    pub text: u64,
    /// Statements of a security version that count, where the policy asks for one.
    pub versions: u64,
}

/// How many verifications a boot makes at most (firmware/WORST_CASE.md, "Instructions of a verification").
pub const VERIFICATIONS: u64 = 22;

/// Bytes that a path takes in a bundle at least: its control byte, a byte that differs, and a digest.
const PATH: u64 = 34;

impl Shape {
    /// The limits, for a package whose bundle and artifact have so many bytes.
    #[must_use]
    pub fn of_limits(bundle: u64, artifact: u64) -> Self {
        Self {
            bundle,
            artifact,
            owners: TRUST_OWNERS as u64,
            signatures: SCARCE.signatures.into(),
            keys: BOOT.keys as u64,
            links: BOOT.links as u64,
            steps: BOOT.steps as u64,
            rules: BOOT.rules as u64,
            paths: bundle / PATH,
            artifacts: bundle / PATH,
            // Two bytes each.
            runs: u64::from(SCARCE.tokens) / 2,
            tokens: SCARCE.tokens.into(),
            text: u64::from(TEXT_BASE) + 256 * bundle,
            versions: BOOT.links as u64,
        }
    }
}

/// One term of the sum.
#[derive(Clone, Debug)]
pub struct Term {
    /// Its letter in the document.
    pub letter: char,
    /// Instructions for each.
    pub each: u64,
    /// How many.
    pub count: u64,
}

/// The terms until the layout's signatures are found to be bad: as far as anybody comes whom no owner has helped.
#[must_use]
pub fn without_owners(shape: &Shape) -> Vec<Term> {
    let checks = shape.owners * shape.signatures;
    sum(shape, 0, 0, checks, 0, [0, 0, 0, in_texts(shape, checks)])
}

/// All terms.
#[must_use]
pub fn whole(shape: &Shape) -> Vec<Term> {
    let Shape { owners, signatures, keys, links, steps, rules, paths, artifacts, runs, tokens, versions, .. } = *shape;
    let checks = owners * signatures + links * u64::from(SCARCE.attempts).min(signatures * keys);
    // How often a map of a link is looked up in its envelope: when links are read, when they are compared, when rules are read and applied.
    let maps = 2 * links + 4 * links + 2 * steps * (rules + 2);
    // How often every statement is read: once, and once for each greater version and each later time that is asked for.
    let rounds = if versions > 0 { 3 + 2 * versions } else { 0 };
    // From the front, each time: an envelope is found behind those before it.
    let envelopes = (links + 1) * (4 + maps + links + 2 * steps + links * rounds);
    // Statement and predicate are looked through for their members twice each.
    let skimmed = tokens * (2 * links + maps + 4 * links * rounds);
    let pairs = 2 * steps * rules * artifacts;
    // Whether the other list of the step has the path; each rule whether another step has it; whether two links agree.
    let lookups = (2 * steps + 2 * steps * rules + 2 * links) * artifacts * runs.min(artifacts);
    // One pass over all paths for each list of a step, each of a link that has to agree, and the subjects of each statement.
    let stepped = in_texts(shape, checks) + (2 * steps + 2 * links + links * rounds) * paths;
    // The layout is looked through, and its steps, keys and rules are read in full, rules twice.
    sum(shape, shape.artifact, 5 * tokens, checks, envelopes, [skimmed, pairs, lookups, stepped])
}

/// Paths that are read while texts are rebuilt.
const fn in_texts(shape: &Shape, checks: u64) -> u64 {
    checks * ARTIFACT_MAPS as u64 * shape.paths
}

fn sum(shape: &Shape, artifact: u64, layout: u64, checks: u64, envelopes: u64, rest: [u64; 4]) -> Vec<Term> {
    let Shape { bundle, text, .. } = *shape;
    let budget = u64::from(SCARCE.texts_base) + u64::from(SCARCE.texts_ratio) * bundle;
    let texts = budget.min(checks * (text + CHUNK as u64));
    let [skimmed, pairs, lookups, stepped] = rest;
    let string = u64::from(SCARCE.string);
    let pattern = u64::from(SCARCE.pattern) * BOOT.path as u64;
    let terms = [
        ('0', 1, 1_000_000),
        ('B', 110, bundle),
        ('A', 66, artifact),
        ('S', 2_100_000, checks),
        ('T', 400, texts),
        ('E', 6_000 + 2 * 9 * string, envelopes),
        ('L', 1_000 + 9 * string, layout),
        ('K', 400 + 10 * NAME as u64, skimmed),
        ('P', 50 * pattern + 100_000, pairs),
        ('R', 110, lookups),
        ('D', 300 + 50 * u64::from(SCARCE.variants), stepped),
    ];
    terms.map(|(letter, each, count)| Term { letter, each, count }).to_vec()
}

/// The instructions of all terms together.
#[must_use]
pub fn total(terms: &[Term]) -> u64 {
    terms.iter().map(|term| term.each * term.count).sum()
}
