//! Which board the image is built for.

use super::map;
use super::memory_map::{self, MemoryMap};
use crate::flash::Map;

/// Its memories.
pub const MEMORY: MemoryMap = if cfg!(feature = "mps2-an385") {
    memory_map::MPS2_AN385
} else if cfg!(feature = "mps2-an386") {
    memory_map::MPS2_AN386
} else if cfg!(feature = "mps2-an505") {
    memory_map::MPS2_AN505
} else if cfg!(feature = "microbit") {
    memory_map::MICROBIT
} else if cfg!(feature = "virt") {
    memory_map::VIRT
} else {
    panic!("no board: choose one of firmware/Cargo.toml's features")
};

/// The parts of its flash.
pub const MAP: Map = map(&MEMORY);

const _: () = assert!(MAP.is_good(MEMORY.word, MEMORY.sector), "the memory map does not go with the boot");
