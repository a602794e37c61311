//! The board of the image that is built, as the images see it.

use core::{
    convert::Infallible, ffi::CStr, panic::PanicInfo, ptr, slice, sync::atomic::AtomicBool, sync::atomic::Ordering,
};

use sitrep_core::{Clock, Error, Time, boot_report::BootReport};

use super::board::{MAP, MEMORY};
#[cfg(target_arch = "arm")]
use super::cortex_m as core_of_board;
#[cfg(target_arch = "arm")]
pub use super::cortex_m::call_supervisor;
pub use super::flash::{BoardFlash, BoardFlashError};
use super::memory_map::Area;
#[cfg(target_arch = "riscv32")]
use super::riscv as core_of_board;
#[cfg(target_arch = "riscv32")]
pub use super::riscv::{call_supervisor, end_call};
pub use super::semihosting::{Console, Exit, File, Mode, exit};
pub use super::stack::{paint_stack, ram};
#[cfg(feature = "mps2-an385")]
pub use super::timer::{INSTRUCTIONS_PER_TICK, start_timer, ticks};
use crate::confirm::Stager;
use crate::decision::Board;
use crate::flash::{FlashError, Region};
#[cfg(target_arch = "arm")]
pub use cortex_m_rt::entry;
#[cfg(target_arch = "riscv32")]
pub use riscv_rt::entry;

/// What an image does first. Gives the flash, once.
///
/// # Panics
/// When it is called again.
#[must_use]
pub fn start() -> BoardFlash {
    static STARTED: AtomicBool = AtomicBool::new(false);
    assert!(!STARTED.load(Ordering::Relaxed));
    STARTED.store(true, Ordering::Relaxed);
    #[cfg(target_arch = "arm")]
    core_of_board::start();
    paint_stack();
    BoardFlash::new()
}

/// The battery-backed clock: seconds since 1970, or 0 where it was never set.
#[derive(Clone, Copy, Debug)]
pub struct BatteryClock;

impl Clock for BatteryClock {
    fn now(&self) -> Option<Time> {
        let clock: *const u64 = ptr::with_exposed_provenance(MEMORY.clock() as usize);
        // SAFETY: an aligned word of readable memory; volatile, because the emulator sets it.
        match unsafe { clock.read_volatile() } {
            0 => None,
            seconds => Some(Time(seconds)),
        }
    }
}

/// The block of the boot report.
fn block() -> *mut u8 {
    ptr::with_exposed_provenance_mut(MEMORY.report().start as usize)
}

/// Leaves the report for the application.
pub fn leave(report: &BootReport<Error>) {
    // SAFETY: memory that nothing else uses; every bit pattern is a `u8`.
    let block = unsafe { slice::from_raw_parts_mut(block(), MEMORY.report().length as usize) };
    // It has room for every report; one that is missing shows as what it is.
    let _ = report.write(block);
}

/// What the boot has left; [`BootReport::read`] reads it.
#[must_use]
pub fn left() -> &'static [u8] {
    // SAFETY: memory that only a boot writes to, which does not read it.
    unsafe { slice::from_raw_parts(block(), MEMORY.report().length as usize) }
}

/// Copies a file to the staging area, and removes it. Says how many bytes it had, or that there is none.
///
/// # Errors
/// [`FlashError`]: nothing was staged.
#[inline(never)]
pub fn receive(flash: &mut BoardFlash, name: &CStr) -> Result<Option<usize>, FlashError> {
    let Some(mut file) = File::open(name, Mode::Read) else { return Ok(None) };
    let mut stager = Stager::begin(flash, &MAP)?;
    let (mut buffer, mut length) = ([0; 128], 0);
    loop {
        let bytes = file.read(&mut buffer);
        if bytes.is_empty() {
            break;
        }
        length += bytes.len();
        stager.write(bytes)?;
    }
    stager.finish()?;
    drop(file);
    Ok(File::remove(name).then_some(length))
}

/// What the decision asks of the board. Whoever has it has called [`protect`].
#[derive(Debug)]
pub struct Processor(());

/// From here to the jump nothing but this image can be executed, where the processor can see to that.
#[must_use]
pub fn protect() -> Processor {
    core_of_board::forbid_execution();
    Processor(())
}

/// Executes what is at this address, instructions that return at once: whether it may be is the question.
pub fn execute(address: usize) {
    core_of_board::execute(address);
}

/// Writes the word at this address that is there: whether it may is the question.
pub fn write_again(address: usize) {
    let word: *mut u32 = ptr::with_exposed_provenance_mut(address);
    // SAFETY: memory stays as it is, or it is a fault.
    unsafe { word.write_volatile(word.read_volatile()) };
}

impl Board for Processor {
    type Done = Infallible;

    fn read(&mut self, word: &u32) -> u32 {
        // SAFETY: a reference is valid.
        unsafe { ptr::from_ref(word).read_volatile() }
    }

    fn jump(&mut self, image: Region, proof: u32) -> Infallible {
        let start = MEMORY.flash.start.wrapping_add(image.start);
        // SAFETY: two verifications say that it is an image of the maker, and nobody makes images for another processor.
        unsafe { core_of_board::start_image(Area { start, length: image.length }, proof) }
    }

    fn stop(&mut self) -> Infallible {
        exit(Exit::Stopped)
    }
}

/// Says that the firmware is defective. The place is left out: the texts for it would take a tenth of the flash.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    defmt::error!("panic: a defect of the firmware");
    exit(Exit::Panicked)
}
