//! What a verification takes at worst, in instructions: bundles that go to one limit each, measured on the emulated Cortex-M3 and held against the formula of
//! tests/src/work.rs and the tables of firmware/WORST_CASE.md.

use std::fmt::Write as _;

use sitrep_core::limits::{BOOT, Features, SCARCE};
use sitrep_core::{Bundle, Code};
use sitrep_firmware::boards::memory_map::MPS2_AN385;
use sitrep_tests::device::{Image, TIME_LIMIT};
use sitrep_tests::raw_bundle::Envelope;
use sitrep_tests::raw_chain::{OWNER, functionaries, layout, metablock, rule};
use sitrep_tests::tables::{all, compare, number};
use sitrep_tests::work::{self, Term, VERIFICATIONS, total};
use sitrep_tests::worst_cases::{Case, Row, attempts, directives, owners, rows, variants};

/// A bundle that is one over a limit is refused before any signature is checked, by a host that packs for boot loaders and by one of them.
#[test]
fn one_more_than_a_limit_is_refused() {
    let image = Image::open(&MPS2_AN385, "verify");
    let signed = |payload| metablock(payload, OWNER);
    let with = |envelope: Envelope| Case::of(vec![envelope], Vec::new());
    let pattern = |length: u32| {
        let rules = vec![rule(&["ALLOW", &"a".repeat(length as usize)])];
        with(signed(layout(&functionaries(1), 1, &rules, &Vec::new())))
    };
    let cases: [(&str, Case, Option<Code>, Code); 10] = [
        ("pattern", pattern(SCARCE.pattern), None, Code::LinkMissing),
        ("pattern", pattern(SCARCE.pattern + 1), None, Code::LimitName),
        ("signatures", owners(64), None, Code::OwnerSignature),
        ("signatures", owners(72), Some(Code::LimitSignatures), Code::LimitSignatures),
        ("variants", variants(SCARCE.variants), None, Code::LimitWork),
        ("variants", variants(SCARCE.variants + 1), Some(Code::LimitVariants), Code::LimitVariants),
        ("directives", directives(2), None, Code::LimitWork),
        ("directives", directives(3), Some(Code::BundleArtifact), Code::BundleArtifact),
        ("envelopes", attempts(192), None, Code::LimitWork),
        ("envelopes", attempts(208), Some(Code::LimitEnvelopes), Code::LimitEnvelopes),
    ];
    for (limit, case, opened, verified) in cases {
        let bytes = case.bundle.bytes();
        let found = Bundle::open_for(BOOT.features, &bytes, &mut [0; BOOT.path]).err().map(|error| error.code());
        assert_eq!(found, opened, "{limit}");
        let found = Bundle::open_for(Features::ALL, &bytes, &mut [0; BOOT.path]).err().map(|error| error.code());
        assert_eq!(found, opened.filter(|code| *code == Code::BundleArtifact), "{limit}: another profile has room");
        if let Some(image) = &image {
            let run = image.run(&case.flash(&bytes), TIME_LIMIT);
            let line = run.log.last().expect("a log");
            assert!(line.starts_with(&format!("error refused: {} (", verified.name())), "{limit}: {line}");
        }
    }
}

/// What a run of one case gave.
struct Measured {
    bundle: u64,
    instructions: u64,
    stack: u64,
    bound: u64,
    answer: String,
}

/// Runs this many units of a case on the Cortex-M3.
fn measure(image: &Image, row: &Row, units: u32) -> Measured {
    let case = (row.case)(units);
    let bytes = case.bundle.bytes();
    let run = image.run(&case.flash(&bytes), TIME_LIMIT);
    let log = run.log.last().cloned().unwrap_or_default();
    let answer = log.strip_prefix("error refused: ").unwrap_or(&log).to_owned();
    let instructions = 1000 * run.figure("boot");
    let bundle = bytes.len() as u64;
    let terms = work::whole(bundle, case.artifact());
    let bound = total(&terms);
    println!("{}, {units}: {bundle} bytes, {instructions} of {bound} instructions, {answer}", row.bundle);
    assert!(instructions <= bound, "{}, {units}: {instructions} are more than {bound}: {terms:?}", row.bundle);
    Measured { bundle, instructions, stack: run.figure("boot-stack"), bound, answer }
}

/// Seconds at 64 MHz, where an instruction takes a cycle.
fn seconds(instructions: u64) -> String {
    let seconds = instructions as f64 / 64e6;
    if seconds < 100.0 { format!("{seconds:.1} s") } else { format!("{:.0} min", seconds / 60.0) }
}

#[test]
fn instructions_at_most() {
    let Some(image) = Image::open(&MPS2_AN385, "figures") else { return };
    let rows = rows();
    let measured = all(&rows, |row| [row.most / 2, row.most].map(|units| measure(&image, row, units)));
    let mut table = String::from(
        "| bundle | of what | how many | bytes of the bundle | instructions with half as many | instructions | at most by the formula | answer |\n|---|---|---|---|---|---|---|---|\n",
    );
    let mut stacks = Vec::new();
    for (row, [half, whole]) in rows.iter().zip(&measured) {
        assert_eq!(whole.answer, row.refusal.name(), "{}", row.bundle);
        assert_eq!(half.stack, whole.stack, "{}: the stack depends on the number of {}", row.bundle, row.unit);
        stacks.push(whole.stack);
        let figures = [row.most.into(), whole.bundle, half.instructions, whole.instructions, whole.bound];
        let figures = figures.map(number).join(" | ");
        writeln!(table, "| {} | {} | {figures} | `{}` |", row.bundle, row.unit, whole.answer).expect("text");
    }
    writeln!(
        table,
        "\nStack in all of these: {} to {} bytes, and in none more with all than with half of it.",
        number(stacks.iter().copied().min().unwrap_or(0)),
        number(stacks.iter().copied().max().unwrap_or(0))
    )
    .expect("text");
    compare(&image, "rows", &table);
}

/// Bytes of the slots that are told of.
const SLOTS: [u64; 4] = [48 << 10, 256 << 10, 1 << 20, 5 << 20];

#[test]
fn the_formula() {
    let Some(image) = Image::open(&MPS2_AN385, "figures") else { return };
    let mut table =
        String::from("| | instructions each | how many in 48 KiB | | in 1 MiB | |\n|---|---|---|---|---|---|\n");
    // Nearly all of the slot is the bundle: a byte of it costs more than one of the artifact.
    let [small, large] = [48 << 10, 1 << 20].map(|slot| work::whole(slot, slot));
    for (Term { letter, each, count }, other) in small.iter().zip(&large) {
        let figures = [*each, *count, each * count, other.count, other.each * other.count].map(number).join(" | ");
        writeln!(table, "| {letter} | {figures} |").expect("text");
    }
    compare(&image, "terms", &table);

    let mut table = String::from("| slot | nobody has signed | everybody has signed |\n|---|---|---|\n");
    for slot in SLOTS {
        let [alone, signed] = [total(&work::without_owners(slot)), total(&work::whole(slot, slot))];
        let cell = |instructions| format!("{} ({})", number(instructions), seconds(instructions));
        let size = if slot < 1 << 20 { format!("{} KiB", slot >> 10) } else { format!("{} MiB", slot >> 20) };
        writeln!(table, "| {size} | {} | {} |", cell(alone), cell(signed)).expect("text");
    }
    let most = VERIFICATIONS * total(&work::whole(SLOTS[0], SLOTS[0]));
    writeln!(table, "\nA boot of {VERIFICATIONS} verifications: {VERIFICATIONS} times as many; with slots of 48 KiB at most {} ({}).", number(most), seconds(most)).expect("text");
    compare(&image, "totals", &table);
}
