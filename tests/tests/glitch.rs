//! Faults in the boot of a Cortex-M3: tests/image/glitch.py skips its instructions, one at a time and in adjacent pairs, where it has to refuse an image. None may
//! make it jump to an image. A skip that breaks the stack can make the processor execute what it finds at an address that was left there, as data of a bundle; such
//! strays are printed. They are the board's to prevent, which makes slots execute-never until the jump where it has an MPU (firmware/PORTING.md).
//!
//! Without `SITREP_LONG` not all of the verifier's and the signatures' instructions are skipped, but every one of the boot logic's. The tests are left out where
//! there is no unicorn emulator; the variable `SITREP_UNICORN` names the Python that has it.

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

/// Of how many blocks of the verifier one is tried in the short form.
const EVERY: u32 = 200;

/// What glitch.py says at the end.
#[derive(Debug, Deserialize)]
struct Tried {
    blocks: u32,
    points: u32,
    executed: u64,
    tried: BTreeMap<String, u64>,
    ends: BTreeMap<String, u64>,
}

/// A skip after which something in the flash of the slots was executed.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "they are printed")]
struct Executed {
    kind: String,
    skipped: u32,
    at: String,
    #[serde(rename = "in")]
    function: String,
    execution: u64,
    executed: String,
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
    let long = env::var_os("SITREP_LONG").is_some();
    let processes = thread::available_parallelism().map_or(1, usize::from);
    let setting = json!({
        "image": desk.boot_image().path(),
        "rom": [area(board.boot)],
        "ram": [[board.ram.start, board.handover.end().next_multiple_of(4096) - board.ram.start]],
        "flash": [area(board.flash)],
        "images": images,
        "contents": [(board.flash.start, desk.flash())],
        "files": {},
        "refused": 1,
        "every": if long { 1 } else { EVERY },
        "thorough": ["sitrep_firmware"],
        "last": if long { &["sitrep_"][..] } else { &["sitrep_firmware"] },
        "processes": processes,
        "begin": "sitrep_firmware4boot4boot",
    });
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("setting.json");
    fs::write(&path, setting.to_string()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("image/glitch.py");
    let output = Command::new(python).arg("-B").arg(script).arg(path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    let (last, executed) = text.trim_end().rsplit_once('\n').map_or((&*text, ""), |(executed, last)| (last, executed));
    let tried: Tried = serde_json::from_str(last).unwrap();
    let singles = tried.tried["single"];
    let pairs = tried.tried["pair"];
    println!(
        "{name}: {singles} single skips and {pairs} of adjacent pairs, at {} executions of {} blocks, in a boot of {} blocks: {:?}",
        tried.points, tried.blocks, tried.executed, tried.ends
    );
    assert!(singles > 1000 && pairs > 1000, "{name}: hardly anything was tried: {tried:?}");
    let executed: Vec<Executed> = executed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    executed.iter().for_each(|one| println!("{name}: {one:?}"));
    assert!(executed.iter().all(|one| one.kind != "image"), "{name}: the boot jumped to an image");
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
