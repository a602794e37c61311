//! Semihosting: the processor asks the debugger, here the emulator, to do something for it (Arm, "Semihosting for AArch32 and AArch64", 2.0; RISC-V
//! International, "RISC-V Semihosting", 1.0). Log and exit code leave a board this way, and its flash is kept in a file.

use core::{arch::asm, ptr};

/// How the emulator's process ends.
#[derive(Clone, Copy)]
#[repr(u32)]
pub enum Exit {
    /// The artifact may run.
    Verified = 0,
    /// The artifact must not run; the log says why.
    Refused = 1,
    /// The firmware panicked: a defect of sitrep.
    Panicked = 2,
    /// The processor faulted, or an interrupt came that nobody asked for: a defect of sitrep.
    Faulted = 3,
}

/// `SYS_WRITEC`: write the byte at the address.
const WRITE_BYTE: usize = 0x03;
/// `SYS_EXIT_EXTENDED`: end for the reason at the address.
const EXIT_EXTENDED: usize = 0x20;
/// `ADP_Stopped_ApplicationExit`: the reason that comes with an exit code.
const APPLICATION_EXIT: usize = 0x2_0026;

/// Asks the debugger for `operation`, and gives its answer.
///
/// # Safety
/// `argument` must point to what the operation reads, and what that points to must be memory that the operation may read or write.
unsafe fn call(operation: usize, argument: *const ()) -> usize {
    let answer;
    #[cfg(target_arch = "arm")]
    // SAFETY: the debugger changes r0, and no memory but what the caller vouches for.
    unsafe {
        asm!("bkpt #0xab", inout("r0") operation => answer, in("r1") argument, options(nostack, preserves_flags));
    }
    #[cfg(target_arch = "riscv32")]
    // SAFETY: as above, with a0. The three instructions must be these, uncompressed, and on one page.
    unsafe {
        asm!(
            ".balign 16",
            ".option push",
            ".option norvc",
            "slli zero, zero, 0x1f",
            "ebreak",
            "srai zero, zero, 7",
            ".option pop",
            inout("a0") operation => answer, in("a1") argument, options(nostack, preserves_flags),
        );
    }
    answer
}

/// Ends the emulator.
pub fn exit(code: Exit) -> ! {
    let block = [APPLICATION_EXIT, code as usize];
    loop {
        // SAFETY: the operation reads two words, the reason and the code.
        unsafe { call(EXIT_EXTENDED, block.as_ptr().cast()) };
    }
}

/// Writes bytes to the debugger's console.
pub(super) fn write(bytes: &[u8]) {
    for byte in bytes {
        // SAFETY: the operation reads one byte.
        unsafe { call(WRITE_BYTE, ptr::from_ref(byte).cast()) };
    }
}
