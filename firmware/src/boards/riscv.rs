//! What boards with a RISC-V core share: exceptions, and how an image is started.

use core::arch::asm;

use super::{
    MEMORY,
    memory_map::Area,
    semihosting::{Exit, exit},
};
use crate::decision::PROOF;

/// What an entry of the physical memory protection says (RISC-V Privileged Architecture, section 3.7): may be read, written, executed; until the entry before;
/// a power of two that the address gives; for machine mode too, until the next reset.
const READ: u32 = 1;
const WRITE: u32 = 1 << 1;
const EXECUTE: u32 = 1 << 2;
const UP_TO: u32 = 1 << 3;
const POWER_OF_TWO: u32 = 0b11 << 3;
const LOCKED: u32 = 1 << 7;

/// Entries 2 and 3: the boot image can be executed and not written, all else can be written and not executed. Entries 0 and 1, which go before, say nothing yet.
const FORBIDDEN: u32 = (LOCKED | POWER_OF_TWO | READ | EXECUTE) << 16 | (LOCKED | POWER_OF_TWO | READ | WRITE) << 24;

/// Makes what is not this image execute-never.
pub(super) fn forbid_execution() {
    const BOOT: u32 = {
        assert!(MEMORY.boot.length.is_power_of_two() && MEMORY.boot.start.is_multiple_of(MEMORY.boot.length));
        (MEMORY.boot.start >> 2) | ((MEMORY.boot.length >> 3) - 1)
    };
    // SAFETY: what runs, and what it reads and writes, stays as it was.
    unsafe {
        asm!("csrw pmpaddr2, {}", "csrw pmpaddr3, {}", "csrw pmpcfg0, {}", in(reg) BOOT, in(reg) u32::MAX, in(reg) FORBIDDEN, options(nostack));
    }
}

/// Calls the function at this address.
pub(super) fn execute(address: usize) {
    // SAFETY: a function that does nothing but return, or an exception.
    unsafe { asm!("jalr {}", in(reg) address, clobber_abi("C")) };
}

/// Starts the image in this area, where its first instruction is, and makes the area executable. It sets its own stack pointer and its own trap vector (`mtvec`).
///
/// # Safety
/// It must be an image for this processor.
pub(super) unsafe fn start_image(image: Area, proof: u32) -> ! {
    let difference = proof.wrapping_sub(PROOF);
    let start = image.start.wrapping_add(difference);
    // The whole of its last page: the emulator, and hardware whose granules are larger than words, cannot divide that. Where there is a difference, nothing.
    let end = (start.wrapping_add(image.length).wrapping_sub(1) | (MEMORY.sector - 1)).wrapping_add(1);
    let end = end & u32::from(difference == 0).wrapping_neg();
    // SAFETY: as the caller says; nothing of this image runs any more. `fence.i`: it was perhaps written by this very program.
    unsafe {
        asm!(
            "csrw pmpaddr0, {}",
            "csrw pmpaddr1, {}",
            "csrw pmpcfg0, {}",
            "fence.i",
            "jr {}",
            in(reg) start >> 2,
            in(reg) end >> 2,
            in(reg) FORBIDDEN | (UP_TO | READ | EXECUTE) << 8,
            in(reg) start,
            options(noreturn),
        )
    }
}

/// Says that the firmware is defective. riscv-rt calls this where a trap has no handler of its own; no interrupt is ever enabled.
// SAFETY: riscv-rt asks for this symbol, and its own is weak.
#[unsafe(no_mangle)]
extern "C" fn ExceptionHandler() -> ! {
    let (cause, place): (u32, u32);
    // SAFETY: reads registers.
    unsafe {
        asm!("csrr {}, mcause", "csrr {}, mepc", out(reg) cause, out(reg) place, options(nomem, nostack, preserves_flags))
    }
    defmt::error!("exception {=u32} at {=u32:#010x}: a defect of the firmware", cause, place);
    exit(Exit::Faulted)
}

/// Takes an exception on purpose, by the instruction that is there for it. It must have a handler, which ends with [`end_call`].
pub fn call_supervisor() {
    // SAFETY: riscv-rt's trap entry keeps every register.
    unsafe { asm!("ecall", options(nostack)) };
}

/// In the handler of such an exception: goes on behind the instruction.
pub fn end_call() {
    // SAFETY: `ecall` takes four bytes, which mepc points to.
    unsafe { asm!("csrr {0}, mepc", "addi {0}, {0}, 4", "csrw mepc, {0}", out(reg) _, options(nomem, nostack)) };
}
