//! The memory protection unit of a Cortex-M: PMSAv7 (Armv7-M Architecture Reference Manual, section B3.5) and PMSAv8 (Armv8-M, section B11 and D1.2).
//!
//! Three regions, and no background: the boot image can be executed and not written, RAM and flash can be written and not executed, and there is nothing else. In the
//! handlers of faults too. A Cortex-M0 has no such unit.

use core::{arch::asm, ptr};

use super::{MEMORY, memory_map::Area};
use crate::decision::PROOF;

const CONTROL: u32 = 0xe000_ed94;
/// Enabled, in the handlers of faults as well, and without the background region.
const ENABLED: u32 = 0b011;

/// RNR, then RBAR and RASR, or RLAR, of three regions: the second and third by the registers' aliases.
const REGIONS: *mut u32 = ptr::without_provenance_mut(0xe000_ed98);

/// For PMSAv8: what index 0 of RLAR stands for.
#[cfg(feature = "mps2-an505")]
const MAIR0: *mut u32 = ptr::without_provenance_mut(0xe000_edc0);
/// Normal memory, which nothing caches.
#[cfg(feature = "mps2-an505")]
const NORMAL: u32 = 0x44;

/// Read only, or never executed.
#[derive(Clone, Copy)]
enum Is {
    Code,
    Data,
}

/// PMSAv7: normal memory that is written through, of a power of two and aligned to it. For the privileged alone, as which boot and application run.
#[cfg(not(feature = "mps2-an505"))]
const fn region(number: u32, area: Area, is: Is) -> [u32; 2] {
    const VALID: u32 = 1 << 4;
    const ENABLE_WRITE_THROUGH: u32 = 1 << 17 | 1;
    let size = area.length.next_power_of_two();
    assert!(area.start.is_multiple_of(size));
    let access = match is {
        Is::Code => 0b101 << 24,
        Is::Data => 1 << 28 | 0b001 << 24,
    };
    [area.start | VALID | number, access | (size.ilog2() - 1) << 1 | ENABLE_WRITE_THROUGH]
}

/// PMSAv8: whole granules of 32 bytes.
#[cfg(feature = "mps2-an505")]
const fn region(_number: u32, area: Area, is: Is) -> [u32; 2] {
    const GRANULE: u32 = 32;
    assert!(area.start.is_multiple_of(GRANULE) && area.length.is_multiple_of(GRANULE));
    let access = match is {
        Is::Code => 0b10 << 1,
        Is::Data => 1,
    };
    [area.start | access, (area.end() - GRANULE) | 1]
}

const SETTING: [u32; 7] = {
    let [a, b] = region(0, MEMORY.boot, Is::Code);
    let [c, d] = region(1, MEMORY.all_ram(), Is::Data);
    let [e, f] = region(2, MEMORY.flash, Is::Data);
    [0, a, b, c, d, e, f]
};

/// Forbids to execute anything but the boot image.
pub(super) fn forbid() {
    // SAFETY: registers of the unit. What runs, and what it reads and writes, stays as it was.
    unsafe {
        #[cfg(feature = "mps2-an505")]
        MAIR0.write_volatile(NORMAL);
        for (number, word) in SETTING.iter().enumerate() {
            REGIONS.add(number).write_volatile(*word);
        }
        switch(CONTROL, ENABLED);
    }
}

/// Switches the unit off. Where `proof` is not [`PROOF`], the register's address is one of nothing, which is a fault.
pub(super) fn allow(proof: u32) {
    // SAFETY: the register, or a fault, which ends the boot.
    unsafe { switch(CONTROL.wrapping_sub(PROOF).wrapping_add(proof), 0) };
}

#[inline(always)]
unsafe fn switch(control: u32, value: u32) {
    // SAFETY: as the callers say. What follows is fetched, read and written as the unit now says.
    unsafe { asm!("str {}, [{}]", "dsb", "isb", in(reg) value, in(reg) control, options(nostack, preserves_flags)) };
}
