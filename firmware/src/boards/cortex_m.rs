//! What the boards with an Arm Cortex-M share: start-up, exceptions.

use cortex_m_rt::{ExceptionFrame, exception};

use super::semihosting::{Exit, exit};

/// Interrupt vectors: one, which nobody enables. cortex-m-rt's own table has all 240 of the architecture, 960 bytes.
// SAFETY: the linker script puts this section behind the exceptions; an interrupt without an entry is never enabled.
#[unsafe(link_section = ".vector_table.interrupts")]
// SAFETY: cortex-m-rt with the feature `device` asks for this symbol and defines none itself.
#[unsafe(no_mangle)]
static __INTERRUPTS: [unsafe extern "C" fn(); 1] = [DefaultHandler];

unsafe extern "C" {
    fn DefaultHandler();
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
