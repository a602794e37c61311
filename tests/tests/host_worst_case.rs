//! What every command takes at worst on a host: inputs of tests/src/hostile, measured from outside, under limits of the system, and held against one
//! bound; the table of host-cli/WORST_CASE.md has a row for each.
//!
//! Time is compared where the program is optimised, as it is used: `cargo test --release`. `SITREP_LONG` takes larger inputs.
#![cfg(target_os = "linux")]

use std::collections::HashSet;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use sha2::{Digest as _, Sha512};
use sitrep_tests::command::{binary, names};
use sitrep_tests::hostile::{Shape, shapes};
use sitrep_tests::measured::{Cost, End, Limits, measure};
use sitrep_tests::scenario::blessing;
use sitrep_tests::{c, hostile, scale};

/// Bytes of memory, and bytes written, for each byte of the input, and beside that.
const EACH: u64 = 8;
const BESIDE: u64 = 64 << 20;

/// Processor time for each byte of the input, in those that SHA-512 and one strict parse take: two seconds for a megabyte where these take 2.88
/// milliseconds, which is what core allows itself (tests/tests/verifier_bounds.rs).
const UNITS: f64 = 694.0;
/// What is allowed whatever the size, as if the input were so much larger: most of it is the base of core's budget of work.
const UNITS_BESIDE: f64 = 200_000.0;

/// Bytes of the inputs. Without optimisation, larger ones would take minutes.
const SHORT: &[usize] = if cfg!(debug_assertions) { &[1 << 14] } else { &[1 << 15, 1 << 17] };
const LONG: &[usize] = &[1 << 15, 1 << 22];

/// What a file takes beside its contents: an entry of a directory and an inode.
const FILE: u64 = 256;

/// Time of this thread alone.
fn cpu() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap().into()
}

/// Seconds that SHA-512 and one strict parse take for each byte.
fn unit() -> f64 {
    let directory = tempfile::tempdir().unwrap();
    let chain = scale::write(directory.path(), 5000).unwrap();
    let is_link = |name: &String| name.starts_with("build.");
    let link = names(directory.path()).into_iter().find(is_link).expect("a link");
    let link = fs::read(chain.layout.with_file_name(link)).unwrap();
    let round = || {
        let start = cpu();
        std::hint::black_box(Sha512::digest(&link));
        std::hint::black_box(sitrep_metadata::json::parse(&link).unwrap());
        (cpu() - start).as_secs_f64()
    };
    (0..20).map(|_| round()).fold(f64::MAX, f64::min) / link.len() as f64
}

/// Bytes of all files below a directory and of their names. Holes take no space, and a file of several names takes it once.
fn size_of(directory: &Path) -> u64 {
    let (mut size, mut seen, mut pending) = (0, HashSet::new(), vec![directory.to_owned()]);
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
            let metadata = entry.metadata().unwrap();
            size += FILE + entry.file_name().len() as u64;
            if metadata.is_dir() {
                pending.push(entry.path());
            } else if metadata.is_file() && seen.insert(metadata.ino()) {
                size += metadata.len().min(512 * metadata.blocks());
            }
        }
    }
    size
}

/// The input of a shape.
struct Input {
    directory: tempfile::TempDir,
    length: u64,
}

impl Input {
    fn new(shape: &Shape, size: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        shape.write(directory.path(), size);
        let length = size_of(directory.path());
        Self { directory, length }
    }

    /// Runs a command; says what it took, and how many bytes it wrote. `None` where this machine cannot run it.
    fn run(&self, command: &str, limits: Limits) -> Option<(Cost, u64)> {
        let (program, arguments) = match command.strip_prefix(hostile::INSTALLER) {
            Some(arguments) => (installer()?, arguments),
            None => (binary(), command),
        };
        let args: Vec<OsString> = arguments.split(' ').map(OsString::from).collect();
        let measurer = Path::new(env!("CARGO_BIN_EXE_measure"));
        let cost = measure(measurer, self.directory.path(), program, &args, limits);
        let written = size_of(self.directory.path()).saturating_sub(self.length) + cost.printed;
        for output in hostile::OUTPUTS {
            let path = self.directory.path().join(output);
            let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
        }
        Some((cost, written))
    }
}

/// The example of core/c, with the library as C programs use it; `None` where there is no compiler.
fn installer() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<(tempfile::TempDir, PathBuf)>> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        if !c::has("gcc", "c") {
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("install");
        let source = c::directory().join("examples/install.c");
        c::compile_with(&c::optimised_library(), "gcc", &source, &c::WARNINGS, &program);
        Some((directory, program))
    });
    program.as_ref().map(|(_, program)| program.as_path())
}

/// What the program takes whatever it is given: the least address space in which it verifies a small chain, and the processor time for that.
struct Floor {
    memory: u64,
    cpu: Duration,
}

impl Floor {
    fn new() -> Self {
        let shape = shapes().into_iter().find(|shape| shape.name == hostile::SMALL).expect("a small chain");
        let input = Input::new(&shape, 1000);
        let run = |memory| input.run(shape.commands()[0], Limits { memory, seconds: 10 }).unwrap().0;
        let least = run(None);
        let End::Code(code @ 0..=1) = least.end else { panic!("{least:?}") };
        let (mut too_little, mut enough): (u64, u64) = (1 << 20, 1 << 30);
        while enough - too_little > 1 << 20 {
            let middle = too_little.midpoint(enough);
            let is_enough = run(Some(middle)).end == End::Code(code);
            if is_enough { enough = middle } else { too_little = middle }
        }
        Self { memory: enough, cpu: least.cpu }
    }
}

/// The worst of a shape's commands.
#[derive(Default)]
struct Worst {
    input: u64,
    memory: (u64, &'static str),
    written: (u64, &'static str),
    units: (f64, &'static str),
}

#[test]
fn every_command_keeps_the_bound() {
    let (unit, floor) = (unit(), Floor::new());
    println!(
        "a unit is {:.2} ms for each MB; the program alone takes {} MiB of address space and {:.1} ms",
        unit * 1e9,
        floor.memory >> 20,
        floor.cpu.as_secs_f64() * 1e3
    );
    let sizes = if std::env::var_os("SITREP_LONG").is_some() { LONG } else { SHORT };
    let mut faults = Vec::new();
    let mut table = Vec::new();
    for shape in shapes() {
        let mut worst = Worst::default();
        for &size in sizes {
            let input = Input::new(&shape, size);
            worst = Worst { input: input.length, ..worst };
            let bound = EACH * input.length + BESIDE;
            for &command in shape.commands() {
                let limits = Limits { memory: Some(floor.memory + bound), seconds: 60 };
                let Some((mut cost, written)) = input.run(command, limits) else { continue };
                let in_units = |cpu: Duration, beside| cpu.as_secs_f64() / (unit * (input.length as f64 + beside));
                // Whatever else the machine does slows down one run more than another.
                for _ in 0..3 {
                    if in_units(cost.cpu, UNITS_BESIDE) > 0.7 * UNITS {
                        let (again, _) = input.run(command, limits).expect("it ran before");
                        cost.cpu = cost.cpu.min(again.cpu);
                    }
                }
                let Cost { end, cpu, peak, stderr, .. } = &cost;
                let units = in_units(cpu.saturating_sub(floor.cpu), UNITS_BESIDE);
                let what = format!("{}, {command}", shape.name);
                let line = stderr.lines().next().unwrap_or("").chars().take(160).collect::<String>();
                println!(
                    "{what}: {} bytes, {end:?}, {:.3} s, {units:.0} units ({:.0}), {} KiB, {} KiB written, {line}",
                    input.length,
                    cpu.as_secs_f64(),
                    in_units(*cpu, 0.0),
                    peak >> 10,
                    written >> 10
                );
                let mut fault = |is: bool, why: &str| {
                    if is {
                        faults.push(format!("{what}, {} bytes: {why}: {line}", input.length))
                    }
                };
                fault(!matches!(end, End::Code(0..=2)), &format!("ended by {end:?}"));
                fault(stderr.contains("memory allocation"), "took more address space than the bound");
                fault(*peak > bound, &format!("took {peak} bytes of memory of {bound}"));
                fault(written > bound, &format!("wrote {written} bytes of {bound}"));
                // Not what is optimised is measured against what is.
                fault(!cfg!(debug_assertions) && units > UNITS, &format!("took {cpu:?}, {units:.0} units of {UNITS}"));
                let verb = command.split(' ').next().unwrap_or(command);
                worst.memory = worst.memory.max((*peak, verb));
                worst.written = worst.written.max((written, verb));
                if units > worst.units.0 {
                    worst.units = (units, verb);
                }
            }
        }
        table.push((shape, worst));
    }
    assert!(faults.is_empty(), "{} of the runs go beyond the bound:\n{}", faults.len(), faults.join("\n"));
    document(&table);
}

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../host-cli/WORST_CASE.md")
}

/// The document has a row for each shape, or gets them with `SITREP_BLESS`. The figures are of one machine, and so not compared.
fn document(table: &[(Shape, Worst)]) {
    let (start, end) = ("<!-- rows -->\n", "<!-- end of rows -->");
    let mut rows = String::from(
        "| input | what is multiplied | bytes | memory | written | processor time |\n|---|---|---|---|---|---|\n",
    );
    for (shape, worst) in table {
        let mib = |(bytes, command): (u64, &str)| format!("{:.1} MiB ({command})", bytes as f64 / f64::from(1 << 20));
        let units = format!("{:.0} ({})", worst.units.0, worst.units.1);
        let cells = [worst.input.to_string(), mib(worst.memory), mib(worst.written), units].join(" | ");
        writeln!(rows, "| {} | {} | {cells} |", shape.name, shape.formula).unwrap();
    }
    let text = fs::read_to_string(page()).expect("host-cli/WORST_CASE.md");
    let (before, rest) = text.split_once(start).expect("a table");
    let (old, after) = rest.split_once(end).expect("its end");
    if blessing() {
        fs::write(page(), [before, start, &rows, end, after].concat()).unwrap();
        return;
    }
    let keys = |rows: &str| -> Vec<String> {
        rows.lines().map(|row| row.split(" | ").take(2).collect::<Vec<_>>().join(" | ")).collect()
    };
    assert_eq!(keys(old), keys(&rows), "host-cli/WORST_CASE.md lists other inputs (SITREP_BLESS=1 writes these)");
}

/// Where memory really is short, the exit code is 2 and there is a message; never a signal.
#[test]
fn without_memory_the_exit_code_is_2() {
    let floor = Floor::new();
    let mut starved = 0;
    for shape in shapes().iter().filter(|shape| shape.takes_memory) {
        let input = Input::new(shape, 1 << 20);
        for &command in shape.commands() {
            for more in [0, input.length / 2, 2 * input.length] {
                let limits = Limits { memory: Some(floor.memory + more), seconds: 60 };
                let Some((Cost { end, stderr, .. }, _)) = input.run(command, limits) else { continue };
                let what = format!("{}, {command}, {more} bytes more than {}: {stderr}", shape.name, floor.memory);
                assert!(matches!(end, End::Code(0..=2)), "{what}: {end:?}");
                assert!(end != End::Code(2) || !stderr.is_empty(), "{what}");
                starved += usize::from(stderr.contains("memory allocation") || stderr.contains("out of memory"));
            }
        }
    }
    assert!(starved > 0, "memory was never short");
}
