//! Figures of the devices, printed and held against firmware/budgets.toml. A figure above its budget fails.

use std::{env, fs, path::Path, time::Duration};

use serde::Deserialize;
use sitrep_core::update::Package;
use sitrep_firmware::boards::memory_map;
use sitrep_tests::{
    boot::{Desk, release},
    device::{Flash, Image, Run, Sizes, TIME_LIMIT},
    figures::compare,
    scale,
    scenario::{self, Scenario},
    update::{package, policy, policy_update},
};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Budget {
    flash: u64,
    ram: u64,
    instructions_over_floor: Option<f64>,
}

impl Budget {
    fn read(board: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware/budgets.toml");
        let text = fs::read_to_string(path).expect("firmware/budgets.toml");
        let mut boards: toml::Table = toml::from_str(&text).expect("firmware/budgets.toml");
        boards.remove(board).expect("a table for the board").try_into().expect("the board's budgets")
    }
}

/// The pages have the same figures, but for what changes with every commit: flash is number 0 of a board's row, RAM number 1.
fn documented(image: &Image, board: &str, which: usize, measured: u64) {
    let compiler = image.compiler();
    if !compiler.starts_with("rustc 1.95.") || !compiler.ends_with("`source`") {
        println!("the figures of firmware/PORTING.md are of another compiler than {compiler}");
        return;
    }
    compare("firmware/PORTING.md", board, &[(which, measured)], 0.03);
    if board == memory_map::MPS2_AN385.board {
        let row = [
            "device, Cortex-M3: flash of the whole boot image",
            "device: stack and statics, whatever the number of files",
        ];
        compare("README.md", row[which], &[(0, measured)], 0.03);
    }
}

#[test]
fn flash() {
    for board in memory_map::ALL {
        let Some(image) = Image::open(board, "boot") else { continue };
        let (board, Sizes { flash, .. }) = (board.board, image.sizes());
        let budget = Budget::read(board).flash;
        println!("flash of the boot image, {board}: {flash} bytes (budget {budget})");
        documented(&image, board, 0, flash);
        assert!(flash <= budget, "{board}: {flash} bytes of flash are more than {budget}");
    }
}

#[test]
fn stack_and_static_ram() {
    for board in memory_map::ALL {
        let (Some(verify), Some(release)) = (Image::open(board, "verify"), release(board, "owner", 1, true)) else {
            continue;
        };
        let budget = Budget::read(board.board).ram;
        let mut most = (0, 0, 0, String::new());
        let mut note = |run: &Run, name: String| {
            let (stack, statics) = (run.figure("stack"), run.figure("statics"));
            most = std::mem::take(&mut most).max((stack + statics, stack, statics, name));
        };
        // Every way through the verifier that a scenario takes, not only the good one.
        for name in scenario::names() {
            note(&verify.run(&Scenario::read(&name).flash(), TIME_LIMIT), name);
        }
        // The whole boot, with all that comes with an update.
        let policies = [1, 2].map(|revision| policy(revision, &["owner"], 1));
        let desk = Desk::new(board, 1, &policies[0], &release.package(0, &[])).expect("what could be built once");
        desk.bring_update(&release.package(1, &policy_update(&policies[1], &["owner"])));
        for number in 1..=3 {
            let run = desk.boot();
            assert!(matches!(run.code, Some(10 | 11)), "{:?}", run.log);
            note(&run, format!("boot {number}"));
        }
        let ((ram, stack, statics, name), board) = (most, board.board);
        println!("RAM, {board}: at most {stack} bytes of stack and {statics} of statics, by {name} (budget {budget})");
        documented(&verify, board, 1, ram);
        assert!(ram <= budget, "{board}, {name}: {stack} + {statics} bytes of RAM are more than {budget}");
    }
}

#[test]
fn instructions_over_the_floor() {
    let board = &memory_map::MPS2_AN385;
    let Some(image) = Image::open(board, "figures") else { return };
    let budget = Budget::read(board.board).instructions_over_floor.expect("a budget for this board");
    for name in ["genuine", "genuine-dsse"] {
        let scenario = Scenario::read(name);
        let mut flash = scenario.flash();
        let bundle = Package::read(&flash.slot).expect("a package").bundle.to_vec();
        flash.slot.extend(scenario::floor(&bundle, scenario.owner()));
        let run = image.run(&flash, TIME_LIMIT);
        assert_eq!(run.code, Some(0), "{:?}", run.log);
        let (boot, floor) = (run.figure("boot"), run.figure("floor"));
        let ratio = boot as f64 / floor as f64;
        println!(
            "instructions, {name}: {boot},000, of which signatures and digests {floor},000: ratio {ratio:.3} (budget {budget}); \
             stack {} bytes, of signatures alone {}",
            run.figure("boot-stack"),
            run.figure("floor-stack"),
        );
        assert!(ratio <= budget, "{name}: {ratio:.3} times the floor is more than {budget}");
    }
}

#[test]
fn ram_does_not_depend_on_the_number_of_artifacts() {
    let Some(image) = Image::open(&memory_map::MPS2_AN385, "verify") else { return };
    let long = env::var_os("SITREP_LONG").is_some();
    let sizes: &[_] = if long { &[10, 1_000, 40_000] } else { &[10, 1_000] };
    let mut stacks = Vec::new();
    for artifacts in sizes {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let chain = scale::write(directory.path(), *artifacts).expect("the temporary directory can be written");
        let bundle = scenario::pack(directory.path());
        let flash = Flash {
            trust: scenario::trust_policy(&[chain.owner], &chain.artifact_name).to_compiled().expect("a policy"),
            slot: package(&chain.artifact, &bundle, &[]),
            clock: None,
        };
        let run = image.run(&flash, Duration::from_secs(3600));
        assert_eq!(run.code, Some(0), "{:?}", run.log);
        println!(
            "RAM, {artifacts} artifacts a step, bundle of {} bytes: {} bytes of stack",
            bundle.len(),
            run.figure("stack")
        );
        stacks.push(run.figure("stack"));
    }
    assert!(stacks.iter().all(|stack| *stack == stacks[0]), "{stacks:?}");
}
