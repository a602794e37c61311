//! The boot image.
#![no_std]
#![no_main]

use sitrep_firmware::{
    boards::{self as board, BatteryClock, Exit},
    candidate::verify_slot,
    log,
    slot::Slot,
};

#[board::entry]
fn main() -> ! {
    board::paint_stack();
    let Ok(slot) = Slot::read(board::slot()) else {
        defmt::error!("refused: nothing in the slot");
        board::exit(Exit::Refused)
    };
    defmt::info!("bundle: {=usize} bytes, artifact: {=usize} bytes", slot.bundle.len(), slot.artifact.len());
    let result = verify_slot(board::trust_policy(), &slot, &BatteryClock, log::report);
    let (stack, statics) = board::ram();
    defmt::debug!("stack {=u32} bytes", stack);
    defmt::debug!("statics {=u32} bytes", statics);
    board::exit(if result.is_ok() { Exit::Verified } else { Exit::Refused })
}
