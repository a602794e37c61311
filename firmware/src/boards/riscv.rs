//! What boards with a RISC-V core share: start-up, exceptions.

use core::arch::asm;

use super::semihosting::{Exit, exit};

/// riscv-rt calls this where a trap has no handler of its own. No interrupt is ever enabled.
// SAFETY: riscv-rt asks for this symbol, and its own is weak.
#[unsafe(no_mangle)]
extern "C" fn ExceptionHandler() -> ! {
    let place: u32;
    // SAFETY: reads a register.
    unsafe { asm!("csrr {}, mepc", out(reg) place, options(nomem, nostack, preserves_flags)) }
    defmt::error!("fault at {=u32:#010x}: a defect of the firmware", place);
    exit(Exit::Faulted)
}
