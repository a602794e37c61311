//! What the boards with an Arm Cortex-M share: exceptions, and how an image is started.

use core::arch::asm;

use super::{
    MEMORY,
    memory_map::Area,
    semihosting::{Exit, exit},
};
use crate::decision::PROOF;

/// How many interrupts the processor has that an application may use through the boot's vector table: those of the nRF51, where the table cannot be moved.
/// Elsewhere the boot's table needs none; cortex-m-rt's own has all 240 of the architecture, 960 bytes.
const INTERRUPTS: usize = if cfg!(feature = "microbit") { 32 } else { 1 };

/// Interrupt vectors behind those of the exceptions.
// SAFETY: the linker script puts this section behind the exceptions; an interrupt without an entry is never enabled.
#[unsafe(link_section = ".vector_table.interrupts")]
// SAFETY: cortex-m-rt with the feature `device` asks for this symbol and defines none itself.
#[unsafe(no_mangle)]
static __INTERRUPTS: [unsafe extern "C" fn(); INTERRUPTS] = [DefaultHandler; INTERRUPTS];

unsafe extern "C" {
    fn DefaultHandler();
}

/// Says that the firmware is defective.
pub(super) extern "C" fn fault() -> ! {
    let number: u32;
    // SAFETY: reads a register.
    unsafe { asm!("mrs {}, ipsr", out(reg) number, options(nomem, nostack, preserves_flags)) }
    defmt::error!("exception {=u32}: a defect of the firmware", number);
    exit(Exit::Faulted)
}

// On the nRF51 these two lead to the vectors that run now.
#[cfg(not(feature = "microbit"))]
core::arch::global_asm!(
    ".global DefaultHandler",
    ".global HardFault",
    ".thumb_set DefaultHandler, {fault}",
    ".thumb_set HardFault, {fault}",
    fault = sym fault,
);

/// Where the system control block is told where the vector table lies. On the nRF51 it is a word of RAM that the boot's vectors look at.
const VECTORS: u32 = if cfg!(feature = "microbit") { MEMORY.vectors() } else { 0xe000_ed08 };

/// Takes exceptions by this image's own vector table.
pub(super) fn start() {
    unsafe extern "C" {
        static __vector_table: u32;
    }
    set_vectors((&raw const __vector_table).addr() as u32);
}

/// Takes an exception on purpose, by the instruction that is there for it. It must have a handler.
pub fn call_supervisor() {
    // SAFETY: the processor keeps the registers that a handler may change.
    unsafe { asm!("svc #0", options(nostack)) };
}

/// Takes exceptions by the vector table at this address.
fn set_vectors(table: u32) {
    let register: *mut u32 = core::ptr::with_exposed_provenance_mut(VECTORS as usize);
    // SAFETY: the register VTOR, or the word in its place.
    unsafe { register.write_volatile(table) };
}

/// Makes what is not this image execute-never, where the processor has a unit for that.
pub(super) fn forbid_execution() {
    #[cfg(not(feature = "microbit"))]
    super::mpu::forbid();
}

/// Calls the function at this address.
pub(super) fn execute(address: usize) {
    // SAFETY: a function that does nothing but return, or an exception.
    unsafe { asm!("blx {}", in(reg) address | 1, clobber_abi("C")) };
}

/// Starts the image in this area, which starts with its vector table: first the stack pointer, then where it begins. Where there is a memory protection unit, it
/// is off then.
///
/// # Safety
/// It must be an image for this processor.
pub(super) unsafe fn start_image(image: Area, proof: u32) -> ! {
    #[cfg(not(feature = "microbit"))]
    super::mpu::allow(proof);
    let image = image.start.wrapping_add(proof.wrapping_sub(PROOF));
    set_vectors(image);
    // SAFETY: as the caller says; nothing of this image runs any more.
    unsafe {
        asm!(
            "ldr {stack}, [{image}]",
            "ldr {image}, [{image}, #4]",
            "msr msp, {stack}",
            "dsb",
            "isb",
            "bx {image}",
            image = in(reg) image,
            stack = in(reg) 0,
            options(noreturn),
        )
    }
}
