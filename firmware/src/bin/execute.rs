//! An image that executes what it was told by a file, or tries to: while a boot runs, nothing but its own image may be executed, and nothing of that may be written, on
//! boards that can see to that.
//!
//! | field of `execute.bin`, little-endian | bytes |
//! |---|---|
//! | 0: nothing is forbidden; 1: what is not the boot image may not be executed; 2: that too, and the word at the address is written instead of executed | 4 |
//! | the address; 0 for one on the stack | 4 |
//! | what is there on the stack: instructions that return | 4 |
#![no_std]
#![no_main]

use core::hint::black_box;

use sitrep_firmware::boards::{self as board, Exit, File, Mode};

#[board::entry]
fn main() -> ! {
    let _flash = board::start();
    let mut bytes = [0; 12];
    if File::open(c"execute.bin", Mode::Read).map(|mut file| file.read(&mut bytes).len()) != Some(bytes.len()) {
        board::exit(Exit::Failed)
    }
    let [what, address, code] = core::array::from_fn(|field| u32::from_le_bytes(bytes.as_chunks().0[field]));
    let on_stack = black_box(&code);
    let address = if address == 0 { core::ptr::from_ref(on_stack).addr() } else { address as usize };
    if what > 0 {
        let _ = board::protect();
    }
    if what == 2 {
        board::write_again(address)
    } else {
        board::execute(address)
    }
    board::exit(Exit::Verified)
}
