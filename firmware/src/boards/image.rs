//! The board of the image that is built, as the images see it.

use core::{panic::PanicInfo, ptr, slice};

use sitrep_core::{Clock, Time};

#[cfg(target_arch = "arm")]
pub use cortex_m_rt::entry;
#[cfg(target_arch = "riscv32")]
pub use riscv_rt::entry;

use super::memory_map::{self, Area, MemoryMap};
pub use super::semihosting::{Exit, exit};
pub use super::stack::{paint_stack, ram};
#[cfg(feature = "mps2-an385")]
pub use super::timer::{INSTRUCTIONS_PER_TICK, start_timer, ticks};

/// Its memories.
pub const MEMORY: MemoryMap = if cfg!(feature = "mps2-an385") {
    memory_map::MPS2_AN385
} else if cfg!(feature = "mps2-an386") {
    memory_map::MPS2_AN386
} else if cfg!(feature = "mps2-an505") {
    memory_map::MPS2_AN505
} else if cfg!(feature = "microbit") {
    memory_map::MICROBIT
} else if cfg!(feature = "virt") {
    memory_map::VIRT
} else {
    panic!("no board: choose one of firmware/Cargo.toml's features")
};

/// The flash page of the trust policy.
#[must_use]
pub fn trust_policy() -> &'static [u8] {
    flash(MEMORY.regions().policy[0])
}

/// The flash of the update slot.
#[must_use]
pub fn slot() -> &'static [u8] {
    flash(MEMORY.regions().slots[0])
}

/// A part of the flash.
fn flash(part: Area) -> &'static [u8] {
    let start = ptr::with_exposed_provenance((MEMORY.flash.start + part.start) as usize);
    // SAFETY: memory to which nothing writes while the image runs; every bit pattern is a `u8`.
    unsafe { slice::from_raw_parts(start, part.length as usize) }
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

/// Says that the firmware is defective. The place is left out: the texts for it would take a tenth of the flash.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    defmt::error!("panic: a defect of the firmware");
    exit(Exit::Panicked)
}
