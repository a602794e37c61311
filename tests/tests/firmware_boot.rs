//! Whole boots in QEMU, on every board: the flash survives from one to the next, and applications run from the slots. What device and application say is in
//! firmware/boots/NAME.log, the same on all boards.

use std::fs;

use sitrep_firmware::boards::memory_map::{self, MemoryMap};
use sitrep_tests::{
    boot::{Desk, release},
    device::{FLASH, Image, TIME_LIMIT},
    scenario,
    update::{Release, policy, policy_update},
};

const OWNER: &str = "owner";
const OTHER: &str = "other owner";

/// What a device does in a scenario, on one board.
struct Story {
    desk: Desk,
    text: String,
}

impl Story {
    /// A device with the application of security version 1, which has confirmed.
    fn begin(board: &'static MemoryMap) -> Option<Self> {
        let package = made(board, 1, true)?.package(0, &[]);
        let mut story = Self { desk: Desk::new(board, 1, &policy(1, &[OWNER], 1), &package)?, text: String::new() };
        story.boot("the first boot after the factory");
        Some(story)
    }

    fn boot(&mut self, title: &str) {
        let run = self.desk.boot();
        self.text += &format!("# {title}\n");
        for line in run.log.iter().chain(&run.console) {
            self.text += &format!("{line}\n");
        }
        self.text += &format!("exit {}\n\n", run.code.map_or("by a signal".into(), |code| code.to_string()));
    }
}

/// The flash of every board has the manners of NOR flash, and what it holds is in the file.
#[test]
fn flash() {
    for board in memory_map::ALL {
        let Some(image) = Image::open(board, "flash") else { continue };
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = directory.path().join(FLASH);
        let before = vec![0x33; board.flash.length as usize];
        fs::write(&file, &before).expect("the temporary directory can be written");
        let run = image.run_in(directory.path(), None, TIME_LIMIT);
        assert_eq!((run.code, &run.log[..]), (Some(0), &[][..]), "{}", board.board);
        let [start, page, word] = [board.regions().staging.start, board.sector, board.word].map(|it| it as usize);
        let mut expected = before;
        expected[start..start + 2 * page].fill(0xff);
        expected[start + page..start + page + word].fill(0xa5);
        assert!(fs::read(file).expect("the file") == expected, "{}", board.board);
    }
}

/// What image `execute` tries, with the address of what it tries it on.
#[derive(Clone, Copy)]
enum Try {
    ExecuteBefore(u32),
    Execute(u32),
    Write(u32),
}

/// Before the jump nothing can be executed but the boot image, and that cannot be written, where the processor has a unit that sees to that.
#[test]
fn execute_never() {
    const DONE: Option<i32> = Some(0);
    const FAULT: Option<i32> = Some(3);
    const ON_STACK: u32 = 0;
    for board in memory_map::ALL {
        let Some(image) = Image::open(board, "execute") else { continue };
        let directory = tempfile::tempdir().expect("a temporary directory");
        // Twice `bx lr`, or `ret`.
        let code: u16 = if board.board == memory_map::VIRT.board { 0x8082 } else { 0x4770 };
        let code = [code, code].map(u16::to_le_bytes).concat();
        fs::write(directory.path().join(FLASH), code.repeat(board.flash.length as usize / 4)).expect("a file");
        let run = |what| {
            let (what, address) = match what {
                Try::ExecuteBefore(address) => (0_u32, address),
                Try::Execute(address) => (1, address),
                Try::Write(address) => (2, address),
            };
            let file = [&what.to_le_bytes(), &address.to_le_bytes(), &code[..]].concat();
            fs::write(directory.path().join("execute.bin"), file).expect("a file");
            image.run_in(directory.path(), None, TIME_LIMIT).code
        };
        let regions = board.regions();
        let [own, flash] = [board.boot.start + 4, board.flash.start];
        let strange = [regions.policy[0], regions.journal[0], regions.slots[0], regions.slots[1], regions.staging]
            .map(|region| flash + region.start)
            .into_iter()
            .chain([board.flash.end() - 4, ON_STACK]);
        // A Cortex-M0 has no such unit.
        let forbidden = if board.board == memory_map::MICROBIT.board { DONE } else { FAULT };
        for address in strange {
            assert_eq!(run(Try::ExecuteBefore(address)), DONE, "{} {address:#x}", board.board);
            assert_eq!(run(Try::Execute(address)), forbidden, "{} {address:#x}", board.board);
        }
        assert_eq!(run(Try::Write(flash + regions.staging.start)), DONE, "{}", board.board);
        assert_eq!(run(Try::Write(ON_STACK)), DONE, "{}", board.board);
        assert_eq!(run(Try::Write(own)), forbidden, "{}", board.board);
    }
}

fn made(board: &'static MemoryMap, security_version: u32, confirms: bool) -> Option<Release> {
    release(board, OWNER, security_version, confirms)
}

/// Plays a scenario on every board.
fn play(name: &str, play: impl Fn(&mut Story, &'static MemoryMap) -> Option<()>) {
    for board in memory_map::ALL {
        let Some(mut story) = Story::begin(board) else { continue };
        play(&mut story, board).expect("what could be built once");
        scenario::compare_boots(name, board.board, &story.text);
    }
}

#[test]
fn update_confirmed() {
    play("update-confirmed", |story, board| {
        story.desk.bring_update(&made(board, 2, true)?.package(1, &[]));
        story.boot("an update comes");
        story.boot("it is installed, started, and confirms");
        story.boot("it is the rule");
        Some(())
    });
}

#[test]
fn update_not_confirmed() {
    play("update-not-confirmed", |story, board| {
        story.desk.bring_update(&made(board, 2, false)?.package(1, &[]));
        story.boot("an update comes that will not confirm");
        story.boot("it is installed and started");
        story.boot("it is taken back");
        story.boot("and stays away");
        Some(())
    });
}

#[test]
fn tampered_update() {
    play("tampered-update", |story, board| {
        let mut package = made(board, 2, true)?.package(1, &[]);
        package[1024 + 256] ^= 1;
        story.desk.bring_update(&package);
        story.boot("an update comes with one bit changed");
        story.boot("it is refused");
        Some(())
    });
}

#[test]
fn old_version() {
    play("old-version", |story, board| {
        story.desk.bring_update(&made(board, 3, true)?.package(1, &[]));
        story.boot("an update comes");
        story.boot("it is installed, started, and confirms");
        story.desk.bring_update(&made(board, 2, true)?.package(0, &[]));
        story.boot("it is the rule; an older one comes, which its owner has signed");
        story.boot("it is refused");
        Some(())
    });
}

#[test]
fn policy_update_with_a_new_owner() {
    play("policy-update", |story, board| {
        let update = policy_update(&policy(2, &[OTHER], 1), &[OWNER]);
        story.desk.bring_update(&release(board, OTHER, 2, true)?.package(1, &update));
        story.boot("an update comes with a policy that trusts another owner, who has signed the update");
        story.boot("the policy is pending; it allows the update");
        story.boot("the update has confirmed, and the policy is in force");
        story.desk.bring_update(&made(board, 3, true)?.package(0, &[]));
        story.boot("the former owner's next update comes");
        story.boot("it is refused");
        Some(())
    });
}

#[test]
fn nothing_verifies() {
    play("recovery", |story, board| {
        story.desk.edit(board.regions().slots[0], |slot| slot[1024 + 256] ^= 1);
        story.boot("the only image is damaged");
        story.desk.bring_recovery(&made(board, 1, true)?.package(1, &[]));
        story.boot("somebody brings a package");
        story.boot("the device is as good as new");
        Some(())
    });
}
