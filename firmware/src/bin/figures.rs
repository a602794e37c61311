//! Figures of the device: what a boot costs beyond the signatures and digests that nothing can do without; and what it costs at worst, where the flash behind
//! the package is erased.
//!
//! Behind the package the slot holds *the floor*: every signature that the boot checks, with its key and the very bytes that it is over, laid out flat. So
//! the same work is done twice in one run, by the boot and by the crates alone.
//!
//! | field of the floor | bytes |
//! |---|---|
//! | number of signatures | 1 |
//! | signatures | (key 32, signature 64, length 4 little-endian, signed bytes) |
#![no_std]
#![no_main]

use ed25519_compact::{PublicKey, Signature, VerifyingState};
use sha2::{Digest, Sha256};
use sitrep_core::update::Package;
use sitrep_firmware::{
    Flash as _, Slot,
    boards::{self as board, BatteryClock, Exit, INSTRUCTIONS_PER_TICK, MAP},
    candidate::verify_package,
};

#[board::entry]
fn main() -> ! {
    let flash = board::start();
    let Ok(package) = Package::read(flash.mapped(MAP.slots[0])) else {
        defmt::error!("no package in the slot");
        board::exit(Exit::Refused)
    };
    board::start_timer();
    let page = flash.mapped(MAP.policy[0]);
    let (result, boot, boot_stack) = measure(|| verify_package(page, &package, Slot::A, &BatteryClock, &mut |_| ()));
    // Instructions in thousands: the whole number would not fit for large bundles.
    defmt::debug!("boot {=u32} thousand instructions", boot);
    defmt::debug!("boot-stack {=u32} bytes", boot_stack);
    if let Err(error) = result {
        // What is refused late takes long as well.
        defmt::error!("refused: {}", error.code());
        board::exit(Exit::Refused)
    }
    if package.rest.first() == Some(&0xff) {
        board::exit(Exit::Verified)
    }
    let (good, floor, floor_stack) = measure(|| floor(package.rest).is_some());
    let (_, digest, _) = measure(|| Sha256::digest(package.artifact)[..] != [0; 32]);
    if !good {
        defmt::error!("a signature of the floor is bad");
        board::exit(Exit::Refused)
    }
    defmt::debug!("floor {=u32} thousand instructions", floor + digest);
    defmt::debug!("floor-stack {=u32} bytes", floor_stack);
    board::exit(Exit::Verified)
}

/// What `work` gives, and how many thousands of instructions and bytes of stack it takes.
#[inline(never)]
fn measure<T>(work: impl FnOnce() -> T) -> (T, u32, u32) {
    board::paint_stack();
    let start = board::ticks();
    let result = work();
    let ticks = board::ticks() - start;
    (result, ticks / (1000 / INSTRUCTIONS_PER_TICK), board::ram().0)
}

/// Checks the signatures of the floor; `None` if one is bad.
fn floor(flash: &[u8]) -> Option<()> {
    let (count, mut rest) = flash.split_first()?;
    for _ in 0..*count {
        let (key, after) = rest.split_first_chunk()?;
        let (signature, after) = after.split_first_chunk()?;
        let (length, after) = after.split_first_chunk()?;
        let (message, after) = after.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        let mut state = begin(key, signature)?;
        state.absorb(message);
        finish(&state)?;
        rest = after;
    }
    Some(())
}

// Apart, as the stack that one needs is free when the other starts.

#[inline(never)]
fn begin(key: &[u8; 32], signature: &[u8; 64]) -> Option<VerifyingState> {
    PublicKey::new(*key).verify_incremental(&Signature::new(*signature)).ok()
}

#[inline(never)]
fn finish(state: &VerifyingState) -> Option<()> {
    state.verify().ok()
}
