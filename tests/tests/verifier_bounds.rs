//! What a verification takes, of bundles that ask for as much as they can (core/BUNDLE.md, section 10), held against what the limits of the profile say, whoever has
//! signed them: time, as a multiple of what it takes to hash and to read as many bytes, and memory.
//!
//! Both times are those of the processor, measured in the same run: how fast the machine is, and what else it does, makes no difference.
//! `cargo test --release --package sitrep-tests --test verifier_bounds -- --nocapture` shows the table. Without optimisation the host's budget would take minutes,
//! so that the device's alone is used up.
#![cfg(target_os = "linux")]

use std::hint::black_box;

use nix::time::{ClockId, clock_gettime};
use serde_json::json;
use sha2::{Digest as _, Sha512};
use sitrep_core::limits::{DEVICE, HOST, Limits};
use sitrep_core::{Bundle, Code, Memory, Trust, verify};
use sitrep_metadata::envelope::document::Document;
use sitrep_tests::chain::key;
use sitrep_tests::core_alone::{Owner, request};
use sitrep_tests::hostile_bundles;
use sitrep_tests::painted::Stack;
use sitrep_tests::raw_bundle::{RawBundle, one_run};
use sitrep_tests::raw_chain::{FUNCTIONARY, OWNER, functionaries, layout, link, metablock, rule};

/// How long a verification may take, in bytes that are hashed and read meanwhile.
struct Formula {
    /// Whatever the bundle.
    base: f64,
    /// For each byte of the bundle: it is looked at when the bundle is opened, and read, if it is a token, for all that is looked for.
    byte: f64,
    /// For each unit of work that a bundle of its size may ask for.
    unit: f64,
}

/// Without optimisation the verifier becomes slower than what it is held against, which is always optimised. What a device takes is counted in instructions of
/// its own (core/c/budgets.toml); here it is enough that the formula holds.
fn formula(limits: &Limits) -> Formula {
    match (cfg!(debug_assertions), limits.name) {
        (true, _) => Formula { base: 1e6, byte: 800.0, unit: 10.0 },
        (false, "host") => Formula { base: 1e5, byte: 80.0, unit: 0.68 },
        (false, _) => Formula { base: 1e5, byte: 80.0, unit: 1.5 },
    }
}

/// Two seconds for a megabyte where hashing and reading it takes 2.88 milliseconds.
const MOST: f64 = 694.0;

impl Formula {
    fn units(bundle: usize, limits: &Limits) -> f64 {
        let work = limits.features.work();
        f64::from(work.base) + f64::from(work.ratio) * bundle as f64
    }

    /// For a bundle of so many bytes.
    fn most(&self, bundle: usize, limits: &Limits) -> f64 {
        self.base + self.byte * bundle as f64 + self.unit * Self::units(bundle, limits)
    }

    /// For each byte of a large bundle.
    fn for_a_byte(&self, limits: &Limits) -> f64 {
        self.byte + self.unit * f64::from(limits.features.work().ratio)
    }
}

/// How many bytes of memory a verifier with these limits takes: its tables on 64 bits, and the stack.
fn memory(limits: &Limits) -> usize {
    let tables = 128 * limits.layouts + 128 * limits.keys + 128 * limits.steps + 80 * limits.links + 2048;
    let stack = if cfg!(debug_assertions) { 20_000 } else { 12_000 };
    tables + stack + 4 * limits.path + 160 * limits.rules
}

/// Room for any of them.
const STACK: usize = 1 << 20;

/// Seconds of the processor that this thread took.
fn seconds(work: impl FnOnce()) -> f64 {
    let now = || {
        let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap();
        time.tv_sec() as f64 + time.tv_nsec() as f64 * 1e-9
    };
    let start = now();
    work();
    now() - start
}

/// Seconds that it takes to hash and to read a byte of metadata.
fn seconds_for_a_byte() -> f64 {
    let products: serde_json::Map<_, _> = (0..40_000)
        .map(|number| (format!("src/some/directory/file-{number:06}.c"), json!({"sha256": format!("{number:064x}")})))
        .collect();
    let link = json!({
        "signatures": [],
        "signed": {"_type": "link", "name": "build", "materials": {}, "products": products, "command": [], "byproducts": {}, "environment": {}},
    });
    let text = link.to_string();
    let both = || {
        black_box(Sha512::digest(&text));
        black_box(Document::parse(text.as_bytes()).unwrap());
    };
    let best = (0..3).map(|_| seconds(both)).fold(f64::INFINITY, f64::min);
    best / text.len() as f64
}

/// What a verification gave and took.
struct Judged {
    answer: String,
    /// Bytes of the verdict.
    verdict: usize,
    /// Seconds of the processor.
    seconds: f64,
    /// Bytes of tables and stack.
    memory: usize,
}

/// Opens and verifies a bundle, and asks for an artifact.
fn judge<
    const LAYOUTS: usize,
    const KEYS: usize,
    const STEPS: usize,
    const LINKS: usize,
    const RULES: usize,
    const PATH: usize,
>(
    bytes: &[u8],
    limits: &Limits,
) -> Judged {
    let owner = Owner::new(&key(OWNER).pk);
    let ids = owner.ids();
    let owners = [owner.key(&ids)];
    let trust = Trust { security_version: 1, ..Trust::new(&owners, 1) };
    let mut stack = Stack::new(STACK);
    let mut path = vec![0; limits.path];
    let mut opened = None;
    let mut of_open = 0;
    let to_open =
        seconds(|| of_open = stack.bytes_of(|| opened = Some(Bundle::open_for(limits.features, bytes, &mut path))));
    let bundle = match opened.unwrap() {
        Ok(bundle) => bundle,
        Err(error) => {
            let answer = format!("not opened: {}", error.code());
            return Judged { answer, verdict: 0, seconds: to_open, memory: of_open };
        }
    };
    let mut memory = Box::new(Memory::<LAYOUTS, KEYS, STEPS, LINKS, RULES, PATH>::new());
    let tables = size_of_val(&*memory);
    let request = request(&bundle, &trust);
    let mut path = vec![0; limits.path];
    let mut judged = Judged { answer: String::new(), verdict: 0, seconds: 0.0, memory: 0 };
    let mut answer = None;
    let mut of_verify = 0;
    let to_verify = seconds(|| {
        of_verify = stack.bytes_of(|| {
            let outcome = verify(&request, &mut memory, &mut ());
            let product = outcome.supply_chain().and_then(|chain| chain.product("aaa0000000", &mut path).map(|_| ()));
            answer = Some((product, outcome));
        });
    });
    let (product, outcome) = answer.unwrap();
    judged.answer = product.map_or_else(|error| error.code().to_string(), |()| "verified".into());
    judged.verdict = serde_json::to_vec(&outcome.verdict()).unwrap().len();
    Judged { seconds: to_open + to_verify, memory: tables + of_open.max(of_verify), ..judged }
}

fn on_host(bytes: &[u8]) -> Judged {
    judge::<{ HOST.layouts }, { HOST.keys }, { HOST.steps }, { HOST.links }, { HOST.rules }, { HOST.path }>(
        bytes, &HOST,
    )
}

fn on_device(bytes: &[u8]) -> Judged {
    judge::<{ DEVICE.layouts }, { DEVICE.keys }, { DEVICE.steps }, { DEVICE.links }, { DEVICE.rules }, { DEVICE.path }>(
        bytes, &DEVICE,
    )
}

type Verifier = fn(&[u8]) -> Judged;

#[test]
fn no_bundle_takes_longer_than_its_size_allows() {
    let a_byte = seconds_for_a_byte();
    println!("to hash and to read a megabyte: {:.2} ms", a_byte * 1e9);
    let verifiers: &[(&Limits, Verifier, &[usize])] = if cfg!(debug_assertions) {
        &[(&DEVICE, on_device, &[20_000])]
    } else {
        &[(&HOST, on_host, &[20_000, 300_000]), (&DEVICE, on_device, &[20_000])]
    };
    println!(
        "| profile | bundle | bytes | ms | as many bytes hashed and read | of the formula | memory | of the verdict | answer |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut too_much = Vec::new();
    for (limits, judge, sizes) in verifiers {
        if !cfg!(debug_assertions) {
            assert!(formula(limits).for_a_byte(limits) <= MOST, "{}", limits.name);
        }
        let (mut slowest, mut largest) = (0.0, 0.0);
        for size in *sizes {
            for kind in hostile_bundles::all() {
                let bytes = (kind.bundle)(*size, limits).bytes();
                let most = formula(limits).most(bytes.len(), limits) * a_byte;
                let Judged { answer, verdict, mut seconds, memory: taken } = judge(&bytes);
                // Whatever else the machine does slows down one run more than another.
                for _ in 0..3 {
                    if seconds > 0.7 * most {
                        seconds = seconds.min(judge(&bytes).seconds);
                    }
                }
                let hashed = seconds / a_byte;
                let of_time = seconds / most;
                let of_memory = taken as f64 / memory(limits) as f64;
                let (name, by) = (kind.name, if kind.is_signed { ", signed" } else { "" });
                println!(
                    "| {} | {name}{by} | {} | {:.1} | {:.0} | {:.0} % | {taken} | {verdict} | {answer} |",
                    limits.name,
                    bytes.len(),
                    seconds * 1e3,
                    hashed / bytes.len() as f64,
                    of_time * 100.0
                );
                if of_time > 1.0 || of_memory > 1.0 || verdict > 8 * bytes.len() + (1 << 20) {
                    too_much.push(format!("{}: {name}, {size}", limits.name));
                }
                (slowest, largest) = (of_time.max(slowest), of_memory.max(largest));
            }
        }
        let [time, memory] = [slowest, largest].map(|share| share * 100.0);
        println!("{}: at most {time:.0} % of the time and {memory:.0} % of the memory by the formula", limits.name);
        // A formula that nothing comes near would promise too little.
        assert!(slowest > 0.2 && largest > 0.5, "{}", limits.name);
    }
    assert!(too_much.is_empty(), "more than the formulas say: {too_much:?}");
}

/// The limits of what one rule may ask for, of each profile.
#[test]
fn a_pattern_has_as_many_bytes_as_a_path() {
    for (limits, judge) in [(&HOST, on_host as Verifier), (&DEVICE, on_device)] {
        let answer = |length: usize| {
            let rules = vec![rule(&["ALLOW", &"a".repeat(length)])];
            let envelopes = vec![
                metablock(layout(&functionaries(1), 1, &Vec::new(), &rules), OWNER),
                metablock(link(0, one_run(0, 0), one_run(1, 0)), FUNCTIONARY),
            ];
            let paths = vec![("aaa0000000".to_owned(), 1)];
            judge(&RawBundle { envelopes, paths, ..RawBundle::default() }.bytes()).answer
        };
        assert_eq!(answer(limits.path), Code::AttestationMissing.to_string(), "{}", limits.name);
        assert_eq!(answer(limits.path + 1), Code::LimitName.to_string(), "{}", limits.name);
    }
}
