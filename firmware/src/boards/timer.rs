//! The timer that counts time for figures: CMSDK APB timer 0 (Arm DDI 0479, section 4.4), 25 MHz downwards.
//!
//! With QEMU's `-icount shift=0` an instruction takes one virtual nanosecond, so a tick is 40 instructions; the 32
//! bits last for 171 billion of them, where SysTick's 24 would wrap after 671 million.

use core::ptr;

const TIMER: *mut u32 = ptr::without_provenance_mut(0x4000_0000);

/// Instructions in one tick of the timer, where QEMU runs with `-icount shift=0`.
pub const INSTRUCTIONS_PER_TICK: u32 = 40;

/// Starts the timer.
pub fn start_timer() {
    // SAFETY: the timer's registers, RELOAD and VALUE (all ones) and CTRL (enable); nothing else uses them.
    unsafe {
        TIMER.add(2).write_volatile(u32::MAX);
        TIMER.add(1).write_volatile(u32::MAX);
        TIMER.write_volatile(1);
    }
}

/// Ticks since [`start_timer`].
#[must_use]
pub fn ticks() -> u32 {
    // SAFETY: the timer's VALUE register.
    u32::MAX - unsafe { TIMER.add(1).read_volatile() }
}
