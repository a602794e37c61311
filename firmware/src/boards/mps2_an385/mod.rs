//! Arm's MPS2 board with the AN385 image (Cortex-M3 at 25 MHz) in QEMU.
//!
//! Logs and the verdict leave through semihosting: a `bkpt 0xab` asks the debugger, here the emulator, to write a byte
//! or to end (Arm, "Semihosting for AArch32 and AArch64", 2.0). `memory.x` beside this file is the memory map.
#![allow(unsafe_code, reason = "flash, registers and semihosting are memory and instructions outside of Rust's view")]

use core::{arch::asm, cell::UnsafeCell, panic::PanicInfo, ptr, slice};

use cortex_m_rt::{ExceptionFrame, exception};
use sitrep_core::{Clock, Time};

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
const WRITE_BYTE: u32 = 0x03;
/// `SYS_EXIT_EXTENDED`: end for the reason at the address.
const EXIT_EXTENDED: u32 = 0x20;
/// `ADP_Stopped_ApplicationExit`: the reason that comes with an exit code.
const APPLICATION_EXIT: u32 = 0x2_0026;

/// Asks the debugger for `operation`.
///
/// # Safety
/// `argument` must point to what the operation reads.
unsafe fn semihosting(operation: u32, argument: *const ()) {
    // SAFETY: the debugger changes r0 only, and reads no memory but the argument, which the caller vouches for.
    unsafe { asm!("bkpt #0xab", inout("r0") operation => _, in("r1") argument, options(nostack, preserves_flags)) }
}

/// Ends the emulator.
pub fn exit(code: Exit) -> ! {
    let block = [APPLICATION_EXIT, code as u32];
    loop {
        // SAFETY: the operation reads two words, the reason and the code.
        unsafe { semihosting(EXIT_EXTENDED, block.as_ptr().cast()) }
    }
}

unsafe extern "C" {
    static __trust_start: u8;
    static __trust_end: u8;
    static __slot_start: u8;
    static __slot_end: u8;
    static __clock: u64;
    static mut _stack_end: u32;
    static mut _stack_start: u32;
}

/// What a new device is delivered with: the in-toto demo, and trust in its owner.
// SAFETY: the linker script has these sections, and puts nothing else into them.
#[used]
#[unsafe(link_section = ".trust")]
static DEMO_TRUST: [u8; include_bytes!("../../../demo/trust.bin").len()] = *include_bytes!("../../../demo/trust.bin");
// SAFETY: as above.
#[used]
#[unsafe(link_section = ".slot")]
static DEMO_SLOT: [u8; include_bytes!("../../../demo/slot.bin").len()] = *include_bytes!("../../../demo/slot.bin");

/// The flash page of the trust policy.
#[must_use]
pub fn trust_policy() -> &'static [u8] {
    // SAFETY: both symbols are bounds of one memory region of memory.x, to which nothing writes while the image runs.
    unsafe { region(&raw const __trust_start, &raw const __trust_end) }
}

/// The flash of the update slot.
#[must_use]
pub fn slot() -> &'static [u8] {
    // SAFETY: as for the trust policy.
    unsafe { region(&raw const __slot_start, &raw const __slot_end) }
}

/// The memory from `start` up to `end`.
///
/// # Safety
/// It must be one region of readable memory that never changes.
unsafe fn region(start: *const u8, end: *const u8) -> &'static [u8] {
    // SAFETY: the caller vouches for the region; every bit pattern is a `u8`.
    unsafe { slice::from_raw_parts(start, end.addr() - start.addr()) }
}

/// The battery-backed clock: seconds since 1970, or 0 where it was never set.
#[derive(Clone, Copy, Debug)]
pub struct BatteryClock;

impl Clock for BatteryClock {
    fn now(&self) -> Option<Time> {
        // SAFETY: an aligned word of readable memory; volatile, because the emulator sets it.
        match unsafe { ptr::read_volatile(&raw const __clock) } {
            0 => None,
            seconds => Some(Time(seconds)),
        }
    }
}

/// The timer that counts time for figures: CMSDK APB timer 0 (Arm DDI 0479, section 4.4), 25 MHz downwards.
///
/// With QEMU's `-icount shift=0` an instruction takes one virtual nanosecond, so a tick is 40 instructions; the 32
/// bits last for 171 billion of them, where SysTick's 24 would wrap after 671 million.
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

/// How many bytes of the stack were ever used since start or [`paint_stack`], and how many bytes of RAM statics take.
#[must_use]
pub fn ram() -> (u32, u32) {
    let (end, start) = (&raw const _stack_end, &raw const _stack_start);
    let mut word = end;
    // SAFETY: cortex-m-rt painted every word between the end of the statics and the top of RAM. The top holds this
    // function's own frame, which is not painted, so that the walk ends.
    while word < start && unsafe { word.read_volatile() } == cortex_m_rt::STACK_PAINT_VALUE {
        word = word.wrapping_add(1);
    }
    ((start.addr() - word.addr()) as u32, (end.addr() & 0xffff) as u32)
}

/// Paints the free part of the stack again, up to this function's own frame.
#[inline(never)]
pub fn paint_stack() {
    let mut word = &raw mut _stack_end;
    let here = 0u32;
    // Stops 16 words below a local variable: this frame is smaller.
    while word < (&raw const here).cast_mut().wrapping_sub(16) {
        // SAFETY: between the end of the statics and the stack pointer nothing lives.
        unsafe { word.write_volatile(cortex_m_rt::STACK_PAINT_VALUE) }
        word = word.wrapping_add(1);
    }
}

#[defmt::global_logger]
struct Logger;

/// The encoder of log frames. The image has one thread and no interrupts, so that a frame is never begun inside of another one.
struct Encoder(UnsafeCell<defmt::Encoder>);

// SAFETY: there is one thread only.
unsafe impl Sync for Encoder {}

static ENCODER: Encoder = Encoder(UnsafeCell::new(defmt::Encoder::new()));

/// Writes encoded bytes to the debugger.
fn write(bytes: &[u8]) {
    for byte in bytes {
        // SAFETY: the operation reads one byte.
        unsafe { semihosting(WRITE_BYTE, ptr::from_ref(byte).cast()) }
    }
}

// SAFETY: defmt calls acquire, write and release in this order and never nested, as there is one thread; so there is
// one reference to the encoder at a time.
unsafe impl defmt::Logger for Logger {
    fn acquire() {
        // SAFETY: as above.
        unsafe { (*ENCODER.0.get()).start_frame(write) }
    }

    unsafe fn flush() {}

    unsafe fn write(bytes: &[u8]) {
        // SAFETY: as above.
        unsafe { (*ENCODER.0.get()).write(bytes, write) }
    }

    unsafe fn release() {
        // SAFETY: as above.
        unsafe { (*ENCODER.0.get()).end_frame(write) }
    }
}

/// Interrupt vectors: one, which nobody enables. cortex-m-rt's own table has all 240 of the architecture, 960 bytes.
// SAFETY: the linker script puts this section behind the exceptions; an interrupt without an entry is never enabled.
#[unsafe(link_section = ".vector_table.interrupts")]
// SAFETY: cortex-m-rt with the feature `device` asks for this symbol and defines none itself.
#[unsafe(no_mangle)]
pub static __INTERRUPTS: [unsafe extern "C" fn(); 1] = [DefaultHandler];

unsafe extern "C" {
    fn DefaultHandler();
}

/// Says that the firmware is defective. The place is left out: the texts for it would take a tenth of the flash.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    defmt::error!("panic: a defect of the firmware");
    exit(Exit::Panicked)
}

#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    defmt::error!("fault at {=u32:#010x}: a defect of the firmware", frame.pc());
    exit(Exit::Faulted)
}

#[exception]
unsafe fn DefaultHandler(number: i16) -> ! {
    defmt::error!("exception {=i16}: a defect of the firmware", number);
    exit(Exit::Faulted)
}
