//! Random supply chains, verified by in-toto 3.1 and by sitrep: they agree, or tests/differential/ledger.toml says why not.
//!
//! The variables `SITREP_SEED` and `SITREP_CASES` set what is made up and how much; `SITREP_LONG` makes it much. Without in-toto the tests
//! are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::env;

use sitrep_tests::differential::{self, Answer, Case, Entry, Generator, Stricter};
use sitrep_tests::in_toto;

fn setting(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// Is what was found as it should be? Says what is wrong otherwise.
fn judge(case: &Case, answer: &Answer, ledger: &[Entry]) -> Result<(), String> {
    if !case.model {
        return Err("decided.py without decisions does not answer as in-toto does".into());
    }
    let expected = match (&case.expected, answer) {
        (None, Ok(verified)) => {
            let products = case.products.clone().unwrap_or_default();
            if verified.consumed != case.consumed || verified.products != products {
                return Err(format!("verified, but in-toto's rules do otherwise: {verified:?}"));
            }
            true
        }
        (Some(codes), Err(code)) => codes.iter().any(|expected| expected == code || expected == "?"),
        _ => false,
    };
    if !expected {
        return Err(format!("sitrep: {answer:?}, by its decisions: {:?}", case.expected));
    }
    let Some(stricter) = (match (&case.in_toto, answer) {
        (None, Err(_)) => Some(Stricter::Sitrep),
        (Some(_), Ok(_)) => Some(Stricter::InToto),
        _ => None,
    }) else {
        return Ok(());
    };
    let explains = |entry: &&Entry| {
        let allows = answer.as_ref().err().is_none_or(|code| entry.codes.iter().any(|allowed| allowed == code));
        entry.stricter == stricter && allows && case.because.contains(&entry.name)
    };
    let is_known = |decision: &String| ledger.iter().any(|entry| entry.name == *decision);
    if !case.because.iter().all(is_known) || !ledger.iter().any(|entry| explains(&entry)) {
        return Err(format!("no entry of the ledger has {} stricter for {:?}", stricter.name(), case.because));
    }
    Ok(())
}

#[test]
fn sitrep_and_in_toto_differ_only_as_decided() {
    let Some(in_toto) = in_toto::programs() else { return };
    let seed = setting("SITREP_SEED", 1).to_string();
    let count = setting("SITREP_CASES", if env::var_os("SITREP_LONG").is_some() { 20_000 } else { ENOUGH });
    let ledger = differential::ledger();
    let mut generator = Generator::start(&in_toto, &["--seed", &seed, "--cases", &count.to_string()]);
    let (mut failures, mut figures) = (Vec::new(), Figures::default());
    while let Some(case) = generator.next() {
        let directory = generator.directory(&case);
        let answer = differential::sitrep(&directory, &case);
        match judge(&case, &answer, &ledger) {
            Ok(()) => generator.forget(&case),
            Err(wrong) => failures.push(format!("{}: {wrong}\n  {case:?}", directory.display())),
        }
        figures.add(&case, &answer);
    }
    println!("seed {seed}");
    figures.print();
    if !failures.is_empty() {
        generator.keep();
        let shown = failures.iter().take(30).cloned().collect::<Vec<_>>().join("\n");
        panic!("{} of {count} cases with SITREP_SEED={seed} differ otherwise:\n{shown}", failures.len());
    }
    assert!(generator.is_empty(), "a case left files to those after it");
    assert_eq!(figures.cases(), count);
    if count >= ENOUGH {
        figures.check_coverage(&generator.twists);
    }
}

/// With so many cases everything that matters is among them.
const ENOUGH: u64 = 2000;

/// What must be both in cases that sitrep verified and in cases that it refused.
const IN_BOTH: [&str; 67] = [
    "Sigstore bundle",
    "array of envelopes",
    "ALLOW consumes",
    "ALLOW consumes nothing",
    "CREATE consumes",
    "CREATE consumes nothing",
    "DELETE consumes",
    "DELETE consumes nothing",
    "DISALLOW finds none",
    "MATCH in with consumes",
    "MATCH in with consumes nothing",
    "MATCH in with in consumes",
    "MATCH in with in consumes nothing",
    "MATCH with consumes",
    "MATCH with consumes nothing",
    "MATCH with in consumes",
    "MATCH with in consumes nothing",
    "MODIFY consumes",
    "MODIFY consumes nothing",
    "REQUIRE finds it",
    "descriptor named by its URI",
    "descriptor with more",
    "digests gitoid:sha256",
    "digests none",
    "digests of other algorithms",
    "digests sha256",
    "digests sha256 sha512",
    "digests sha384",
    "digests sha512",
    "functionary of several steps",
    "key ecdsa ecdsa-sha2-nistp256",
    "key ecdsa ecdsa-sha2-nistp384",
    "key ed25519 ed25519",
    "key in an older dialect",
    "key rsa rsa-pkcs1v15-sha256",
    "key rsa rsassa-pss-sha256",
    "key rsa rsassa-pss-sha512",
    "keyword in another case",
    "name not in ASCII",
    "name that is a URI",
    "name that is absolute",
    "name that leads up",
    "name with a control character",
    "name with a space",
    "name with dots",
    "name with glob characters",
    "owner's key in JSON",
    "owner's key in PEM",
    "parameters",
    "pattern with *",
    "pattern with ?",
    "pattern with class",
    "pattern with negated class",
    "pattern with open bracket",
    "prefix",
    "prefix that is absolute",
    "prefix that leads up",
    "prefix with a slash at the end",
    "several functionaries",
    "several owners",
    "sublayout",
    "sublayout in a sublayout",
    "threshold 2",
    "threshold 3",
    "wrapping dsse",
    "wrapping metablock",
    "wrappings mixed",
];

/// What must be in cases that were refused, as it is a reason to.
const IN_REFUSED: [&str; 2] = ["DISALLOW catches", "REQUIRE lacks it"];

/// What was found.
#[derive(Default)]
struct Figures {
    /// How often in-toto and sitrep verified or refused.
    verdicts: BTreeMap<(bool, bool), u64>,
    /// How often each feature was in cases that sitrep verified and refused.
    features: BTreeMap<String, [u64; 2]>,
    /// How often each decision made the difference.
    decisions: BTreeMap<String, u64>,
    codes: BTreeMap<&'static str, u64>,
}

impl Figures {
    fn add(&mut self, case: &Case, answer: &Answer) {
        *self.verdicts.entry((case.in_toto.is_none(), answer.is_ok())).or_default() += 1;
        for feature in &case.features {
            self.features.entry(feature.clone()).or_default()[usize::from(answer.is_err())] += 1;
        }
        for decision in &case.because {
            *self.decisions.entry(decision.clone()).or_default() += 1;
        }
        *self.codes.entry(answer.as_ref().err().copied().unwrap_or("verified")).or_default() += 1;
    }

    fn cases(&self) -> u64 {
        self.verdicts.values().sum()
    }

    /// Does the test still reach what it is for?
    fn check_coverage(&self, twists: &[String]) {
        let share = |verified: bool| {
            let of = self.verdicts.iter().filter(|((in_toto, _), _)| *in_toto == verified);
            of.map(|(_, count)| count).sum::<u64>() as f64 / self.cases() as f64
        };
        for verified in [true, false] {
            assert!((0.35..0.65).contains(&share(verified)), "in-toto gave {verified} too often or too rarely");
        }
        let count = |feature: &str| self.features.get(feature).copied().unwrap_or_default();
        for feature in IN_BOTH {
            assert!(count(feature).iter().all(|count| *count > 0), "{feature}: {:?}", count(feature));
        }
        for feature in IN_REFUSED {
            let [verified, refused] = count(feature);
            assert!(verified == 0 && refused > 0, "{feature}: {:?}", count(feature));
        }
        for twist in twists {
            assert!(self.features.contains_key(&format!("twist {twist}")), "{twist}: nothing was bent like this");
        }
    }

    fn print(&self) {
        let verdict = |verified| if verified { "verifies" } else { "refuses" };
        for ((in_toto, sitrep), count) in &self.verdicts {
            println!("{count:>6} in-toto {}, sitrep {}", verdict(*in_toto), verdict(*sitrep));
        }
        for (code, count) in &self.codes {
            println!("{count:>6} {code}");
        }
        println!("decisions that made the difference:");
        for (decision, count) in &self.decisions {
            println!("{count:>6} {decision}");
        }
        println!("verified, refused, of what:");
        for (feature, [verified, refused]) in &self.features {
            println!("{verified:>6} {refused:>6} {feature}");
        }
    }
}

#[test]
fn every_entry_of_the_ledger_has_an_example_that_differs() {
    let Some(in_toto) = in_toto::programs() else { return };
    let ledger = differential::ledger();
    let mut generator = Generator::start(&in_toto, &["--examples"]);
    let mut seen = BTreeSet::new();
    while let Some(case) = generator.next() {
        let directory = generator.directory(&case);
        let answer = differential::sitrep(&directory, &case);
        let (decision, stricter) = case.name.rsplit_once(' ').unwrap();
        let entry = ledger.iter().find(|entry| entry.name == decision && entry.stricter.name() == stricter);
        let entry = entry.unwrap_or_else(|| panic!("{}: the ledger has no such entry", case.name));
        judge(&case, &answer, std::slice::from_ref(entry))
            .unwrap_or_else(|wrong| panic!("{}: {wrong}\n{case:?}", case.name));
        assert_eq!(case.because, [decision], "{}: the example shows something else", case.name);
        let differs = (case.in_toto.is_none(), answer.is_ok())
            == (entry.stricter == Stricter::Sitrep, entry.stricter == Stricter::InToto);
        assert!(differs, "{}: in-toto and sitrep agree: {answer:?}", case.name);
        seen.insert(case.name);
    }
    for entry in &ledger {
        let name = format!("{} {}", entry.name, entry.stricter.name());
        assert!(seen.contains(&name), "{name}: there is no example of it");
        assert!(
            !entry.reason.trim().is_empty() && entry.codes.is_empty() == (entry.stricter == Stricter::InToto),
            "{name}"
        );
    }
    assert_eq!(seen.len(), ledger.len());
}
