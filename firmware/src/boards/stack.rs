//! How much RAM an image uses: the free part of the stack is painted, and what was overwritten is counted.

use super::MEMORY;

const PAINT: u32 = 0xcccc_cccc;

unsafe extern "C" {
    /// The first address behind the statics, as cortex-m-rt and riscv-rt both call it.
    static mut __sheap: u32;
}

/// Where the stack starts; it grows downwards.
const START: usize = MEMORY.ram.end() as usize;

/// How many bytes of the stack were ever used since [`paint_stack`], and how many bytes of RAM statics take.
#[must_use]
pub fn ram() -> (u32, u32) {
    let end = &raw const __sheap;
    let mut word = end;
    // SAFETY: aligned words of RAM, which are read only.
    while word.addr() < START && unsafe { word.read_volatile() } == PAINT {
        word = word.wrapping_add(1);
    }
    ((START - word.addr()) as u32, end.addr() as u32 - MEMORY.ram.start)
}

/// Paints the free part of the stack, up to this function's own frame.
#[inline(never)]
pub fn paint_stack() {
    let mut word = &raw mut __sheap;
    let here = 0u32;
    // Stops 16 words below a local variable: this frame is smaller.
    while word < (&raw const here).cast_mut().wrapping_sub(16) {
        // SAFETY: between the end of the statics and the stack pointer nothing lives.
        unsafe { word.write_volatile(PAINT) }
        word = word.wrapping_add(1);
    }
}
