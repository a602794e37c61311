//! Boards: the only place that knows hardware, and the only one with unsafe code.
//!
//! A board is a map of its memories ([`memory_map`]), a core and a flash. A cargo feature of its name chooses it; images then find here what they need of
//! it. All five are boards that QEMU emulates, so that log, exit code and the file that keeps the flash are the emulator's.
#![cfg_attr(
    target_os = "none",
    allow(unsafe_code, reason = "memory, registers and instructions outside of Rust's view")
)]

pub mod memory_map;

#[cfg(target_os = "none")]
mod board;
#[cfg(all(target_os = "none", target_arch = "arm"))]
mod cortex_m;
#[cfg(target_os = "none")]
mod flash;
#[cfg(target_os = "none")]
mod image;
#[cfg(target_os = "none")]
mod logger;
#[cfg(all(target_os = "none", target_arch = "arm"))]
mod memory;
#[cfg(all(target_os = "none", target_arch = "arm", not(feature = "microbit")))]
mod mpu;
#[cfg(all(target_os = "none", feature = "microbit"))]
mod nrf51;
#[cfg(all(target_os = "none", not(feature = "microbit")))]
mod psram;
#[cfg(all(target_os = "none", target_arch = "riscv32"))]
mod riscv;
#[cfg(target_os = "none")]
mod semihosting;
#[cfg(target_os = "none")]
mod stack;
#[cfg(all(target_os = "none", feature = "mps2-an385"))]
mod timer;

#[cfg(target_os = "none")]
pub use board::{MAP, MEMORY};
#[cfg(target_os = "none")]
pub use image::*;

use crate::flash::{Map, Region};
use memory_map::{Area, MemoryMap, Regions};

/// The parts of a board's flash, as the boot asks for them.
#[must_use]
pub const fn map(memory: &MemoryMap) -> Map {
    let Regions { policy: [p, q], journal: [j, k], slots: [a, b], staging } = memory.regions();
    Map {
        policy: [region(p), region(q)],
        journal: [region(j), region(k)],
        slots: [region(a), region(b)],
        staging: region(staging),
    }
}

const fn region(Area { start, length }: Area) -> Region {
    Region { start, length }
}
