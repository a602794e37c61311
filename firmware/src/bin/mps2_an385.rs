//! The boot image for QEMU's mps2-an385, with the in-toto demo in its flash.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use sitrep_firmware::{
    anchor::Anchor,
    boards::mps2_an385::{self as board, Exit},
    slot::Slot,
};

#[entry]
fn main() -> ! {
    let (Ok(anchor), Ok(slot)) = (Anchor::read(board::anchor()), Slot::read(board::slot())) else {
        defmt::error!("refused: no anchor or no slot");
        board::exit(Exit::Refused)
    };
    defmt::info!("{=usize} {=usize}", anchor.owners.len(), slot.bundle.len());
    let (stack, statics) = board::ram();
    defmt::debug!("ram: stack {=u32}, static {=u32}", stack, statics);
    board::exit(Exit::Verified)
}
