//! sitrep's boot verifier for microcontrollers. What lies in flash and the order of a boot are written down in BOOT.md.
//!
//! [`boot()`] settles the trial of the last update, installs a staged one, and verifies what is to run; [`decision`] is the only way from there to a
//! jump. The application calls [`mod@confirm`]. These modules know no hardware, allocate nothing and are tested on the host; a board under
//! [`boards`] adds flash, clock, log and jump.
#![no_std]
#![deny(unsafe_code)]

pub mod boards;
pub mod boot;
pub mod candidate;
pub mod confirm;
pub mod decision;
pub mod device;
pub mod event;
pub mod flash;
mod install;
pub mod journal;
#[cfg(target_os = "none")]
pub mod log;
pub mod policy;
mod report;
pub mod trailer;

pub use boot::{Account, Booted, boot};
pub use confirm::{Stager, confirm};
pub use decision::{Board, Decision, Permit};
pub use device::Device;
pub use event::Event;
pub use flash::{Flash, Map, Region, Slot};
