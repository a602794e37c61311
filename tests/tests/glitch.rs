//! Faults in the boot of a Cortex-M3: tests/image/glitch.py skips its instructions, one at a time and in adjacent pairs, where it has to refuse an image. None may
//! make it execute an image, nor anything else but its own code.
//!
//! With `SITREP_LONG` every instruction is skipped that the boot executes, at its first execution and at its last one. Without it, all of those that decide
//! (`boot`, `candidate`, `decision`), and those of every hundredth block. The tests are left out where there is no unicorn emulator; the variable `SITREP_UNICORN`
//! names the Python that has it.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use serde::Deserialize;
use serde_json::json;
use sitrep_core::update::{Package, package};
use sitrep_firmware::boards::memory_map::{Area, MPS2_AN385};
use sitrep_firmware::journal::State;
use sitrep_tests::boot::{Desk, release};
use sitrep_tests::required::leave_out;
use sitrep_tests::update::policy;

const OWNER: &str = "owner";

/// Where a package's artifact starts.
const ARTIFACT: u32 = package::ARTIFACT as u32;

/// Of how many blocks one is tried in the short form, but for those of `THOROUGH`.
const EVERY: u32 = 100;

/// Parts of names of functions.
const THOROUGH: [&str; 3] = ["sitrep_firmware4boot", "sitrep_firmware9candidate", "sitrep_firmware8decision"];

/// What glitch.py says at the end.
#[derive(Debug, Deserialize)]
struct Tried {
    instructions: u64,
    executed: u64,
    /// By kind of skip, which execution, and what came of it, in words.
    ends: BTreeMap<String, u64>,
}

/// What came of skips of one kind.
#[derive(Debug, Default)]
struct Ends {
    tried: u64,
    refused: u64,
    converged: u64,
    faults: u64,
    hangs: u64,
    wrote: u64,
}

impl Tried {
    /// Of one kind of skip: what begins with these words.
    fn ends(&self, kind: &str) -> Ends {
        let mut ends = Ends::default();
        for (what, count) in
            self.ends.iter().filter_map(|(words, count)| Some((words.strip_prefix(kind)?.trim_start(), count)))
        {
            ends.tried += count;
            let (what, wrote) = what.split_once(" after writing").map_or((what, false), |(what, _)| (what, true));
            ends.wrote += if wrote { *count } else { 0 };
            match what {
                "refused" => ends.refused += count,
                "converged" => ends.converged += count,
                "fault" => ends.faults += count,
                "hang" => ends.hangs += count,
                // The image has ended itself: after a panic, in its handler of faults, before the jump, or with another code where that was skipped.
                exit if exit.starts_with("exit ") => ends.refused += count,
                _ => panic!("{kind}: {count} skips end with {what:?}"),
            }
        }
        ends
    }
}

/// The Python with the emulator; `None`, after one line that says so, where there is none.
fn python() -> Option<PathBuf> {
    let python = env::var_os("SITREP_UNICORN").map(PathBuf::from);
    if python.is_none() {
        leave_out("unicorn", "skipped instructions", "SITREP_UNICORN names no Python");
    }
    python
}

/// Skips instructions of the boot of this device, whose exit code says that it refuses everything.
fn glitch(name: &str, desk: &Desk, python: &Path) {
    let board = desk.board();
    let regions = board.regions();
    let run = desk.boot();
    assert_eq!(run.code, Some(1), "{name}: {run:?}");
    let area = |area: Area| [area.start, area.length];
    let flash = fs::read(desk.flash()).unwrap();
    // An erased slot has none.
    let image = |slot: Area| {
        let package = Package::read(&flash[slot.start as usize..slot.end() as usize]).ok();
        let length = package.map_or(0, |package| package.artifact.len() as u32);
        [board.flash.start + slot.start + ARTIFACT, length]
    };
    let images = regions.slots.map(image).into_iter().filter(|[_, length]| *length > 0).collect::<Vec<_>>();
    assert!(!images.is_empty(), "{name}: there is no image that could be started");
    let is_long = env::var_os("SITREP_LONG").is_some();
    let processes = thread::available_parallelism().map_or(1, usize::from);
    let setting = json!({
        "image": desk.boot_image().path(),
        "rom": [area(board.boot)],
        "ram": [[board.ram.start, board.all_ram().length.next_multiple_of(4096)]],
        "flash": [area(board.flash)],
        "images": images,
        "contents": [(board.flash.start, desk.flash())],
        "files": {},
        "refused": 1,
        "every": if is_long { 1 } else { EVERY },
        "thorough": THOROUGH,
        "processes": processes,
    });
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("setting.json");
    fs::write(&path, setting.to_string()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("image/glitch.py");
    let output = Command::new(python).arg("-B").arg(script).arg(path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    let (bad, last) = text.trim_end().rsplit_once('\n').unwrap_or(("", text.trim_end()));
    let tried: Tried = serde_json::from_str(last).unwrap();
    println!("{name}: {} instructions in a boot of {} blocks", tried.instructions, tried.executed);
    for kind in ["single first", "single last", "pair first", "pair last"] {
        let Ends { tried, refused, converged, faults, hangs, wrote } = tried.ends(kind);
        println!(
            "{name}, {kind}: {tried} tried: {} refused ({converged} of them as if nothing had been), {faults} faults, {hangs} ended by a watchdog; {wrote} wrote to the flash",
            refused + converged
        );
        assert!(tried > 200, "{name}: hardly anything was tried");
    }
    assert!(bad.is_empty(), "{name}: something else than the boot was executed, or could not be skipped:\n{bad}");
}

/// A device with an image of this security version in slot a, which trusts this owner.
fn device(owner: &str, security_version: u32) -> Option<Desk> {
    let package = release(&MPS2_AN385, OWNER, security_version, true)?.package(0, &[]);
    Desk::new(&MPS2_AN385, 1, &policy(1, &[owner], 1), &package)
}

#[test]
fn tampered_image() {
    let Some(python) = python() else { return };
    let Some(desk) = device(OWNER, 1) else { return };
    desk.edit(MPS2_AN385.regions().slots[0], |slot| slot[1024 + 256] ^= 1);
    glitch("tampered image", &desk, &python);
}

#[test]
fn wrong_key() {
    let Some(python) = python() else { return };
    let Some(desk) = device("somebody else", 1) else { return };
    glitch("wrong key", &desk, &python);
}

#[test]
fn old_version() {
    let Some(python) = python() else { return };
    let Some(desk) = device(OWNER, 1) else { return };
    let record = State { counter: 2, ..State::factory(1) }.record();
    desk.edit(MPS2_AN385.regions().journal[0], |page| page[..record.len()].copy_from_slice(&record));
    glitch("old version", &desk, &python);
}
