//! What the stack takes at worst: painted on every emulated device, and for some from the machine code (firmware/WORST_CASE.md).

use std::env;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use sitrep_firmware::boards::memory_map::{self, MICROBIT, MPS2_AN385, MemoryMap, VIRT};
use sitrep_tests::boot::{Desk, release};
use sitrep_tests::device::{Image, TIME_LIMIT};
use sitrep_tests::raw_chain::OWNER;
use sitrep_tests::required::leave_out;
use sitrep_tests::tables::{UNKNOWN, all, compare, number};
use sitrep_tests::update::{policy, policy_update};
use sitrep_tests::worst_cases::rows;

/// What tests/image/stack.py says.
#[derive(Debug, Deserialize)]
struct Static {
    stack: u64,
    path: Vec<(String, u64)>,
}

/// Where calls through trait objects, closures and function pointers can go, and how often a function can be under way: `Reader::piece` calls `Reader::value` for the place of a
/// template, and that `piece` once more for the start of another template, which is a container.
const HINTS: &[&str] = &[
    "journal::append=::{closure}",
    "vouch_into::{closure}=__cortex_m_rt_main::{closure}",
    "try_slot=__cortex_m_rt_main::{closure}",
    "reject=__cortex_m_rt_main::{closure}",
    "boot::Boot::confirm=__cortex_m_rt_main::{closure}",
    "install_staged=__cortex_m_rt_main::{closure}",
    "Permit::redeem=",
    "start_image=",
    "candidate::ask::{closure}=vouch_into::{closure}",
    "candidate::ask::{closure}=try_slot::{closure}",
    "candidate::ask=vouch_into::{closure}",
    "candidate::ask=try_slot::{closure}",
    "Message>::write=Schemes>::verify::{closure}",
    "SignedBytes as sitrep_core::trust::signature::Message>::write=SignedBytes as sitrep_core::trust::signature::Message>::write::{closure}",
    "Message>::write::{closure}=Schemes>::verify::{closure}",
    "text::writer::Writer=Message>::write::{closure}",
    "text::writer::Writer=Schemes>::verify::{closure}",
    "check_owners=Schemes>::verify",
    "check_owners=same_key",
    "Layout::read=same_key",
    "Layout::read=is_openpgp",
    // Stand in the same table, and are not called here.
    "check_owners=can_check",
    "check_owners=effort",
    "Schemes>::verify=Message>::write",
    "check_expiry=Clock>::now",
    "Executor>::run=check_link_signatures::{closure}",
    "evidence::check_link_signatures=Executor>::run",
    "check_link_signatures::{closure}=Schemes>::verify",
    "Reader::value*1",
    "Reader::piece*2",
];

/// The Python that can read machine code; `None`, after one line that says so, where there is none.
fn python() -> Option<PathBuf> {
    let python = env::var_os("SITREP_UNICORN").map(PathBuf::from);
    if python.is_none() {
        leave_out("unicorn", "the stack that follows from the machine code", "SITREP_UNICORN names no Python");
    }
    python
}

/// The stack that an image can take from reset on; what there is no bound for.
fn bound(image: &Image, python: &Path, hints: &[&str]) -> Result<Static, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("image/stack.py");
    let mut command = Command::new(python);
    let output =
        command.arg("-B").arg(script).arg(image.path()).arg("Reset").args(hints).output().expect("Python runs");
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).expect("JSON"))
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[test]
fn a_call_to_nobody_knows_where_and_recursion_have_no_bound() {
    let (Some(python), Some(image)) = (python(), Image::open(&MPS2_AN385, "verify")) else { return };
    let refusal = |left_out: &str| {
        let hints: Vec<_> = HINTS.iter().copied().filter(|hint| !hint.starts_with(left_out)).collect();
        assert!(hints.len() < HINTS.len(), "{left_out}");
        bound(&image, &python, &hints).expect_err("there is no bound")
    };
    assert!(refusal("check_expiry").contains("nobody says what sitrep_core::expiry::check_expiry calls"));
    assert!(refusal("check_expiry").contains("nobody says who calls <sitrep_firmware::boards::image::BatteryClock"));
    assert!(refusal("Reader::").contains("can be called while it runs"));
}

/// The most stack that an update takes, from the boot that installs it to the one after it was confirmed.
fn stack_of_an_update(board: &'static MemoryMap) -> Option<u64> {
    let release = release(board, OWNER, 1, true)?;
    let policies = [1, 2].map(|revision| policy(revision, &[OWNER], 1));
    let desk = Desk::new(board, 1, &policies[0], &release.package(0, &[]))?;
    desk.bring_update(&release.package(1, &policy_update(&policies[1], &[OWNER])));
    let stacks = (0..3).map(|_| {
        let run = desk.boot();
        assert!(matches!(run.code, Some(10 | 11)), "{:?}", run.log);
        run.figure("stack")
    });
    stacks.max()
}

#[test]
fn stack_on_every_board() {
    let mut table =
        String::from("| board | verification, painted | bound | boot, painted | bound |\n|---|---|---|---|---|\n");
    let Some(m3) = Image::open(&MPS2_AN385, "verify") else { return };
    let python = python();
    let mut is_whole = true;
    // Sizes make no difference, which the Cortex-M3 shows.
    let flashes = all(&rows(), |row| {
        let case = (row.case)(row.most / 4);
        case.flash(&case.bundle.bytes())
    });
    for board in memory_map::ALL {
        let (Some(verify), Some(boot), Some(update)) =
            (Image::open(board, "verify"), Image::open(board, "boot"), stack_of_an_update(board))
        else {
            is_whole = false;
            continue;
        };
        // Pages of 1 KiB have no room for a policy of eight owners, nor slots of 48 KiB for all variants.
        let painted = all(&flashes, |flash| {
            let fits = flash.slot.len() <= board.slot as usize && flash.trust.len() <= board.sector as usize;
            fits.then(|| {
                let run = verify.run(flash, TIME_LIMIT);
                assert_eq!(run.code, Some(1), "{:?}", run.log);
                run.figure("stack")
            })
        });
        assert!(2 * painted.iter().flatten().count() >= painted.len(), "{}: hardly anything fits", board.board);
        let painted = painted.into_iter().flatten().max().expect("rows");
        let is_readable = ![MICROBIT.board, VIRT.board].contains(&board.board);
        let mut bounds = [if is_readable { UNKNOWN } else { "" }; 2].map(str::to_owned);
        if let Some(python) = python.as_deref().filter(|_| is_readable) {
            let found = [&verify, &boot]
                .map(|image| bound(image, python, HINTS).unwrap_or_else(|error| panic!("{}: {error}", board.board)));
            for (painted, Static { stack, path }) in [painted, update].iter().zip(&found) {
                println!("stack, {}: {painted} bytes painted, at most {stack} by {path:?}", board.board);
                assert!(painted <= stack, "{painted} bytes of stack were painted, where {stack} can be at most");
            }
            bounds = found.map(|found| number(found.stack));
        }
        let [of_verify, of_boot] = bounds;
        writeln!(table, "| {} | {} | {of_verify} | {} | {of_boot} |", board.board, number(painted), number(update))
            .expect("text");
    }
    if is_whole {
        compare(&m3, "stack", &table);
    } else {
        println!("{table}");
    }
}
