//! An image that verifies what lies in slot a as the policy in the first page says, and starts nothing: the verifier alone, for scenarios and figures.
#![no_std]
#![no_main]

use sitrep_core::update::Package;
use sitrep_firmware::{
    Flash as _, Slot,
    boards::{self as board, BatteryClock, Exit, MAP},
    candidate::verify_package,
    log,
};

#[board::entry]
fn main() -> ! {
    let flash = board::start();
    let Ok(package) = Package::read(flash.mapped(MAP.slots[0])) else {
        defmt::error!("refused: no package in the slot");
        board::exit(Exit::Refused)
    };
    defmt::info!("bundle: {=usize} bytes, artifact: {=usize} bytes", package.bundle.len(), package.artifact.len());
    let result = verify_package(flash.mapped(MAP.policy[0]), &package, Slot::A, &BatteryClock, &mut log::report);
    let (stack, statics) = board::ram();
    defmt::debug!("stack {=u32} bytes", stack);
    defmt::debug!("statics {=u32} bytes", statics);
    board::exit(if result.is_ok() { Exit::Verified } else { Exit::Refused })
}
