//! A small application, as the boot starts it: it says hello, takes an exception, reads the boot report, and does with the next update and with its own trial
//! what its parameters say. Linked for each slot, as images run in place.

use core::{
    fmt::{self, Write as _},
    hint::black_box,
    sync::atomic::{AtomicU32, Ordering},
};

use sitrep_core::boot_report::{BootDecision, BootReport};
use sitrep_firmware::{
    Slot,
    boards::{self as board, BoardFlash, Console, Exit, MAP},
    confirm,
};

/// The slot that it is linked for.
const SLOT: Slot = if env!("CARGO_BIN_NAME").as_bytes()["application-".len()] == b'a' { Slot::A } else { Slot::B };

/// What makes a release: whoever builds one changes these in the image before it is signed.
#[repr(C)]
struct Parameters {
    magic: [u8; 8],
    /// The marketing version.
    version: u32,
    /// Does it say that it works? 1: yes. 0: it does not, and is taken back at the next boot.
    confirms: u32,
}

static PARAMETERS: Parameters = Parameters { magic: *b"SITREPAP", version: 0, confirms: 0 };

/// How many exceptions were taken.
static EXCEPTIONS: AtomicU32 = AtomicU32::new(0);

#[cfg(target_arch = "arm")]
#[cortex_m_rt::exception]
fn SVCall() {
    count();
}

#[cfg(target_arch = "riscv32")]
#[riscv_rt::exception(riscv::interrupt::Exception::MachineEnvCall)]
fn environment_call(_: &riscv_rt::TrapFrame) {
    count();
    board::end_call();
}

fn count() {
    EXCEPTIONS.store(EXCEPTIONS.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}

#[board::entry]
fn main() -> ! {
    let mut flash = board::start();
    match run(&mut flash) {
        Ok(()) => board::exit(SLOT.of([Exit::RanA, Exit::RanB])),
        Err(fmt::Error) => board::exit(Exit::Failed),
    }
}

fn run(flash: &mut BoardFlash) -> fmt::Result {
    let Parameters { version, confirms, .. } = black_box(&PARAMETERS);
    writeln!(Console, "hello from slot {}, version {version}", SLOT.name())?;
    board::call_supervisor();
    writeln!(Console, "exceptions taken by its own vectors: {}", EXCEPTIONS.load(Ordering::Relaxed))?;
    let is_on_trial = match BootReport::read(board::left()) {
        Ok(report) => {
            let (kind, is_on_trial) = match report.decision {
                BootDecision::Confirmed(_) => ("confirmed", false),
                BootDecision::Trial(_) => ("trial", true),
                BootDecision::Recovery(_) => return Err(fmt::Error),
            };
            writeln!(Console, "boot report: {kind}, counter {}, policy {}", report.counter, report.policy)?;
            if let Some(pending) = report.pending_policy {
                writeln!(Console, "boot report: policy {pending} is to come into force")?;
            }
            is_on_trial
        }
        Err(error) => {
            writeln!(Console, "boot report: {error}")?;
            return Err(fmt::Error);
        }
    };
    if is_on_trial && *confirms == 1 {
        confirm(flash, &MAP, SLOT, None).map_err(|_| fmt::Error)?;
        writeln!(Console, "confirmed")?;
    }
    // Where another application would have downloaded it.
    if board::receive(flash, c"update.bin").map_err(|_| fmt::Error)?.is_some() {
        writeln!(Console, "staged an update for the next boot")?;
    }
    Ok(())
}
