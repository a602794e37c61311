//! Semihosting: the processor asks the debugger, here the emulator, to do something for it (Arm, "Semihosting for AArch32 and AArch64", 2.0; RISC-V
//! International, "RISC-V Semihosting", 1.0). Log and exit code leave a board this way, and its flash is kept in a file.

use core::{arch::asm, ffi::CStr, fmt, ptr};

/// How the emulator's process ends.
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
pub enum Exit {
    /// An image that starts nothing has done what it is for: where it verifies, the artifact may run.
    Verified = 0,
    /// Nothing may run; the log says why.
    Refused = 1,
    /// The firmware panicked: a defect of sitrep.
    Panicked = 2,
    /// The processor faulted, or an interrupt came that nobody asked for: a defect of sitrep.
    Faulted = 3,
    /// A check that comes before the jump found that a fault was injected.
    Stopped = 4,
    /// An application ran from slot a, and is done.
    RanA = 10,
    /// An application ran from slot b, and is done.
    RanB = 11,
    /// An application could not do what it was made for.
    Failed = 12,
}

/// `SYS_OPEN`: open the file whose name, mode and length of the name are at the address.
const OPEN: usize = 0x01;
/// `SYS_CLOSE`: close the file whose handle is at the address.
const CLOSE: usize = 0x02;
/// `SYS_WRITEC`: write the byte at the address.
const WRITE_BYTE: usize = 0x03;
/// `SYS_WRITE`: write; handle, address and length are at the address. The answer is how many bytes were not written.
const WRITE: usize = 0x05;
/// `SYS_READ`: read; handle, address and length are at the address. The answer is how many bytes were not read.
const READ: usize = 0x06;
/// `SYS_SEEK`: go on at a place of the file; handle and place are at the address. The answer is 0.
const SEEK: usize = 0x0a;
/// `SYS_REMOVE`: remove the file whose name and its length are at the address. The answer is 0.
const REMOVE: usize = 0x0e;
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

/// A file on the machine that the emulator runs on, in the directory where it was started.
#[derive(Debug)]
pub struct File(usize);

/// How a file is opened: the modes `rb` and `r+b` of C's `fopen`.
#[derive(Clone, Copy, Debug)]
pub enum Mode {
    /// To be read.
    Read = 1,
    /// To be read and written, where it exists.
    Update = 3,
}

impl File {
    /// Opens a file; `None` where there is none.
    #[must_use]
    pub fn open(name: &CStr, mode: Mode) -> Option<Self> {
        let block = [name.as_ptr().addr(), mode as usize, name.count_bytes()];
        // SAFETY: the operation reads the name and nothing else.
        let handle = unsafe { call(OPEN, block.as_ptr().cast()) };
        (handle != usize::MAX).then_some(Self(handle))
    }

    /// Removes a file; says whether it could.
    pub fn remove(name: &CStr) -> bool {
        let block = [name.as_ptr().addr(), name.count_bytes()];
        // SAFETY: the operation reads the name and nothing else.
        unsafe { call(REMOVE, block.as_ptr().cast()) == 0 }
    }

    /// Writes bytes to a place of the file; says whether it could.
    #[must_use]
    pub fn write_at(&mut self, place: u32, bytes: &[u8]) -> bool {
        let Self(handle) = *self;
        let (seek, write) = ([handle, place as usize], [handle, bytes.as_ptr().addr(), bytes.len()]);
        // SAFETY: the operations read their arguments and the bytes.
        unsafe { call(SEEK, seek.as_ptr().cast()) == 0 && call(WRITE, write.as_ptr().cast()) == 0 }
    }

    /// Reads what comes next; as many bytes as there were.
    pub fn read<'b>(&mut self, buffer: &'b mut [u8]) -> &'b [u8] {
        let Self(handle) = *self;
        let block = [handle, buffer.as_mut_ptr().expose_provenance(), buffer.len()];
        // SAFETY: the operation writes to the buffer, which is borrowed for it, and no further than its length.
        let missing = unsafe { call(READ, block.as_ptr().cast()) };
        buffer.get(..buffer.len().saturating_sub(missing)).unwrap_or_default()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let Self(handle) = *self;
        // SAFETY: the operation reads the handle.
        unsafe { call(CLOSE, ptr::from_ref(&handle).cast()) };
    }
}

/// The debugger's console, for plain text. The log's frames end with a byte that no text has, so that text may follow them.
#[derive(Clone, Copy, Debug)]
pub struct Console;

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        write(text.as_bytes());
        Ok(())
    }
}

/// Writes bytes to the debugger's console.
pub(super) fn write(bytes: &[u8]) {
    for byte in bytes {
        // SAFETY: the operation reads one byte.
        unsafe { call(WRITE_BYTE, ptr::from_ref(byte).cast()) };
    }
}
