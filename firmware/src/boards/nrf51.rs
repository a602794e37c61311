//! Nordic's nRF51: its non-volatile memory controller (nRF51 Series Reference Manual 3.0, section 8), and interrupts for an application that has its own
//! vector table on a processor that cannot be told so.

use core::{arch::global_asm, ptr};

use super::MEMORY;

const CONTROLLER: *mut u32 = ptr::without_provenance_mut(0x4001_e000);
/// Words from the controller's start to READY, CONFIG and ERASEPAGE.
const READY: usize = 0x400 / 4;
const CONFIG: usize = 0x504 / 4;
const ERASE_PAGE: usize = 0x508 / 4;

/// What the controller may be asked for.
#[derive(Clone, Copy)]
enum Enable {
    Nothing = 0,
    Write = 1,
    Erase = 2,
}

/// How often the controller is asked whether it is ready: erasing a page takes 22.3 ms, which are 357,000 cycles of 16 MHz.
const PATIENCE: u32 = 1 << 20;

fn configure(enable: Enable) {
    // SAFETY: the controller's register.
    unsafe { CONTROLLER.add(CONFIG).write_volatile(enable as u32) };
}

fn wait() -> Option<()> {
    // SAFETY: the controller's register, which is read only.
    (0..PATIENCE).any(|_| unsafe { CONTROLLER.add(READY).read_volatile() } & 1 == 1).then_some(())
}

/// Makes every bit of a page 1. `None`: the controller did not get ready.
///
/// # Safety
/// `page` must be the start of one, to which nobody else has a reference.
pub(super) unsafe fn erase(page: *mut u8) -> Option<()> {
    configure(Enable::Erase);
    // SAFETY: the controller's register; the page is nobody else's, as the caller says.
    unsafe { CONTROLLER.add(ERASE_PAGE).write_volatile(page.addr() as u32) };
    let ready = wait();
    configure(Enable::Nothing);
    ready
}

/// Makes those bits of a word 0 that are 0 in `value`. `None`: the controller did not get ready.
///
/// # Safety
/// `word` must be one of the flash, to which nobody else has a reference.
pub(super) unsafe fn write(word: *mut u32, value: u32) -> Option<()> {
    configure(Enable::Write);
    // SAFETY: as the caller says; volatile, because the controller does it.
    unsafe { word.write_volatile(value) };
    let ready = wait();
    configure(Enable::Nothing);
    ready
}

// A Cortex-M0 takes its vectors from address 0 (Armv6-M Architecture Reference Manual, section B1.5.3): they are always the boot's. So all of the boot's lead
// here, and from here to the vector of the same number in the table that runs now. In that table this very place stands for what has no handler.
global_asm!(
    ".section .text.forward, \"ax\", %progbits",
    ".global DefaultHandler",
    ".global HardFault",
    ".type DefaultHandler, %function",
    ".type HardFault, %function",
    ".thumb_func",
    "DefaultHandler:",
    ".thumb_func",
    "HardFault:",
    "    ldr r0, 2f",
    "    ldr r0, [r0]",
    "    ldr r1, 3f",
    "    cmp r0, r1",
    "    beq 1f",
    "    mrs r1, ipsr",
    "    lsls r1, r1, #2",
    "    ldr r0, [r0, r1]",
    "    bx r0",
    "1:  ldr r0, 4f",
    "    bx r0",
    ".balign 4",
    "2:  .word {vectors}",
    "3:  .word __vector_table",
    "4:  .word {own}",
    vectors = const MEMORY.vectors(),
    own = sym super::cortex_m::fault,
);
