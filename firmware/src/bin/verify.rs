//! An image that verifies what lies in slot a as the policy in the first page says, and starts nothing: the verifier alone, for scenarios and figures.
#![no_std]
#![no_main]

use sitrep_firmware::{
    Flash as _,
    boards::{self as board, BatteryClock, Exit, MAP},
    candidate::verify_slot,
    log,
    slot::Slot,
};

#[board::entry]
fn main() -> ! {
    let flash = board::start();
    let Ok(slot) = Slot::read(flash.mapped(MAP.slots[0])) else {
        defmt::error!("refused: nothing in the slot");
        board::exit(Exit::Refused)
    };
    defmt::info!("bundle: {=usize} bytes, artifact: {=usize} bytes", slot.bundle.len(), slot.artifact.len());
    let result = verify_slot(flash.mapped(MAP.policy[0]), &slot, &BatteryClock, log::report);
    let (stack, statics) = board::ram();
    defmt::debug!("stack {=u32} bytes", stack);
    defmt::debug!("statics {=u32} bytes", statics);
    board::exit(if result.is_ok() { Exit::Verified } else { Exit::Refused })
}
