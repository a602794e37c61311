//! What boards with a RISC-V core share: exceptions, and how an image is started.

use core::arch::asm;

use super::semihosting::{Exit, exit};

/// Starts the image at this address, where its first instruction is. It sets its own stack pointer and its own trap vector (`mtvec`).
///
/// # Safety
/// It must be an image for this processor.
pub(super) unsafe fn start_image(image: u32) -> ! {
    // SAFETY: as the caller says; nothing of this image runs any more. `fence.i`: it was perhaps written by this very program.
    unsafe { asm!("fence.i", "jr {}", in(reg) image, options(noreturn)) }
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
