//! The boot image for QEMU's mps2-an385.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use sitrep_firmware::{
    anchor::Anchor,
    boards::mps2_an385::{self as board, BatteryClock, Exit},
    boot::boot,
    log,
    slot::Slot,
};

#[entry]
fn main() -> ! {
    let (Ok(anchor), Ok(slot)) = (Anchor::read(board::anchor()), Slot::read(board::slot())) else {
        defmt::error!("refused: no trust anchor, or nothing in the slot");
        board::exit(Exit::Refused)
    };
    defmt::info!("bundle: {=usize} bytes, artifact: {=usize} bytes", slot.bundle.len(), slot.artifact.len());
    let result = boot(&anchor, &slot, &BatteryClock, |it| log::report(it, anchor.artifact()));
    let (stack, statics) = board::ram();
    defmt::debug!("stack {=u32} bytes", stack);
    defmt::debug!("statics {=u32} bytes", statics);
    board::exit(if result.is_ok() { Exit::Verified } else { Exit::Refused })
}
