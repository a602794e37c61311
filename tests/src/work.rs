//! How many instructions a verification can take at most on the emulated Cortex-M3, as a function of the bundle's size. firmware/WORST_CASE.md says what
//! each term stands for; tests/tests/worst_case.rs holds it against bundles that take as long as they can.

use sitrep_core::limits::SCARCE;

/// How many verifications a boot makes at most (firmware/WORST_CASE.md, "Instructions of a verification").
pub const VERIFICATIONS: u64 = 22;

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

/// The units of work that a bundle of so many bytes may ask for.
#[must_use]
pub fn units(bundle: u64) -> u64 {
    u64::from(SCARCE.base) + u64::from(SCARCE.ratio) * bundle
}

/// The terms until the layout's signatures are found to be bad: as far as anybody comes whom no owner has helped.
#[must_use]
pub fn without_owners(bundle: u64) -> Vec<Term> {
    sum(bundle, 0, 0)
}

/// All terms, for a bundle and an artifact of so many bytes.
#[must_use]
pub fn whole(bundle: u64, artifact: u64) -> Vec<Term> {
    sum(bundle, artifact, bundle)
}

fn sum(bundle: u64, artifact: u64, tokens: u64) -> Vec<Term> {
    let terms =
        [('0', 1, 2_000_000), ('B', 110, bundle), ('A', 66, artifact), ('T', 1_500, tokens), ('W', 140, units(bundle))];
    terms.map(|(letter, each, count)| Term { letter, each, count }).to_vec()
}

/// The instructions of all terms together.
#[must_use]
pub fn total(terms: &[Term]) -> u64 {
    terms.iter().map(|term| term.each * term.count).sum()
}
