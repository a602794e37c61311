//! sitrep's verifier for installers and boot loaders in C (README.md is for who writes these; `include/sitrep.h` is made from `ffi`).
//!
//! From the outside: `ffi` is what C calls, and turns its pointers into slices and references; `context` is the memory that C gives, and what may
//! be called when; `examine` is one verification, from the bytes of a request to an artifact's comparison; `account` keeps what a person wants to
//! know of it; `result` has the numbers. `room` lends the verifier its memory inside of the context.
//!
//! Nothing of a request is kept but copies: between two calls the context holds no pointer, so that it can be moved, and what it was made from can
//! go. `ffi` and `room` are the only unsafe code.
#![no_std]
#![deny(unsafe_code, unsafe_op_in_unsafe_fn)]
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::todo,
    clippy::arithmetic_side_effects
)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")
)]

// A library for an operating system has to bring a panic handler, and this is the one there. Nothing else of it is used.
#[cfg(not(target_os = "none"))]
extern crate std;

mod account;
mod context;
mod examine;
pub mod ffi;
pub mod result;
mod room;

/// Core does not panic and neither does this crate. What the compiler cannot see of that, bounds in ed25519-compact, ends here.
#[cfg(target_os = "none")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // Never back to a caller that would go on.
    loop {
        core::hint::spin_loop();
    }
}
