//! Boots a device in QEMU: as it leaves the factory, with a genuine update, and with one that somebody has changed.
//!
//!     cargo run -p sitrep-tests --bin boot-demo [BOARD]

use std::env;
use std::process::ExitCode;

use sitrep_firmware::boards::memory_map::{self, MemoryMap};
use sitrep_tests::boot::{Desk, release};
use sitrep_tests::device::Run;
use sitrep_tests::update::policy;

const OWNER: &str = "owner";

fn main() -> ExitCode {
    let name = env::args().nth(1).unwrap_or_else(|| memory_map::MPS2_AN385.board.into());
    let Some(board) = memory_map::ALL.into_iter().find(|board| board.board == name) else {
        let names = memory_map::ALL.map(|board| board.board).join(", ");
        eprintln!("sitrep: error: no board is called {name}\nsitrep: hint: choose one of {names}");
        return ExitCode::from(2);
    };
    match play(board) {
        None => {
            eprintln!("sitrep: hint: tests/run installs what is missing; firmware/build says what it needs");
            ExitCode::from(2)
        }
        Some(true) => ExitCode::SUCCESS,
        Some(false) => {
            eprintln!("sitrep: error: the device did something else than this demo says");
            ExitCode::FAILURE
        }
    }
}

/// Plays it all; did the device do what is said? `None` where this machine cannot emulate it.
fn play(board: &'static MemoryMap) -> Option<bool> {
    println!(
        "A {} in QEMU. Test keys sign; the flash is a file, so that it survives that the emulator ends.\n",
        board.board
    );
    let [first, second, third] = [1, 2, 3].map(|version| release(board, OWNER, version, true));
    let (first, second, third) = (first?, second?, third?);
    let desk = Desk::new(board, 1, &policy(1, &[OWNER], 1), &first.package(0, &[]))?;
    let mut good = true;
    let mut boot = |title: &str, code: i32, line: &str| {
        println!("{title}");
        let run = desk.boot();
        show(&run);
        good &= run.code == Some(code) && run.log.iter().chain(&run.console).any(|it| it == line);
    };

    boot(
        "1. The device comes from the factory. Slot a holds version 10; it starts, and confirms that it works.",
        10,
        "confirmed",
    );
    desk.bring_update(&second.package(1, &[]));
    boot(
        "2. The application gets version 20 from somewhere, and leaves it in the staging area.",
        10,
        "staged an update for the next boot",
    );
    boot(
        "3. GENUINE: the boot verifies how it was made, installs it in slot b, and starts it on trial. It confirms.",
        11,
        "confirmed",
    );
    let mut tampered = third.package(0, &[]);
    let last = tampered.len() - third.bundle().len() - 1;
    tampered[last] ^= 1;
    desk.bring_update(&tampered);
    boot(
        "4. From now on version 20 runs. It gets version 30, in which somebody has changed one bit.",
        11,
        "staged an update for the next boot",
    );
    boot(
        "5. TAMPERED: the boot refuses it. Version 20 runs on.",
        11,
        "error the staged package is refused: artifact-digest (901)",
    );
    desk.bring_update(&first.package(0, &[]));
    boot(
        "6. It gets version 10 again, which is genuine, and older than what was confirmed.",
        11,
        "staged an update for the next boot",
    );
    boot("7. OLD: the boot refuses that as well.", 11, "error the staged package is refused: security-version (523)");
    Some(good)
}

/// What was decided: not who has signed what, which is the same every time.
fn show(run: &Run) {
    let mut lines: Vec<_> = run
        .log
        .iter()
        .filter(|line| {
            !["info layout", "info step", "info slot a:", "info slot b:", "warn expiry-unknown"]
                .iter()
                .any(|start| line.starts_with(start))
        })
        .collect();
    lines.dedup();
    for line in lines {
        println!("     boot: {line}");
    }
    for line in &run.console {
        println!("     application: {line}");
    }
    println!();
}
