//! sitrep's verifier on a microcontroller.
//!
//! At boot a device holds three things in flash: a trust policy, written once in the factory; and in its update
//! [`slot`] a bundle and the artifact that the bundle vouches for. [`boot`] decides whether the artifact may run.
//! These modules know no hardware and are tested on the host; a board under [`boards`] adds flash, clock and log.
#![no_std]
#![deny(unsafe_code)]

pub mod boards;
pub mod boot;
#[cfg(target_os = "none")]
pub mod log;
pub mod slot;
