//! An image that tries the board's flash: whether it has the manners of NOR flash. What it leaves in the staging area is then seen in the file.
#![no_std]
#![no_main]

use embedded_storage::nor_flash::{NorFlash as _, NorFlashErrorKind, ReadNorFlash as _};
use sitrep_firmware::{
    Flash as _, Region,
    boards::{self as board, BoardFlash, BoardFlashError, Exit, MAP},
};

const WORD: usize = BoardFlash::WRITE_SIZE;
const PAGE: u32 = BoardFlash::ERASE_SIZE as u32;

#[board::entry]
fn main() -> ! {
    let mut flash = board::start();
    match run(&mut flash) {
        Ok(()) => board::exit(Exit::Verified),
        Err(error) => {
            defmt::error!("{=str}", error);
            board::exit(Exit::Failed)
        }
    }
}

fn run(flash: &mut BoardFlash) -> Result<(), &'static str> {
    let Region { start, .. } = MAP.staging;
    let two_pages = Region { start, length: 2 * PAGE };
    let is = |flash: &BoardFlash, offset: u32, bytes: &[u8]| {
        flash.mapped(Region { start: offset, length: bytes.len() as u32 }) == bytes
    };

    flash.erase(start, start + 2 * PAGE).map_err(|_| "two pages can be erased")?;
    check(flash.mapped(two_pages).iter().all(|byte| *byte == 0xff), "what was erased is 0xff")?;
    flash.write(start, &[0x5a; WORD]).map_err(|_| "a word can be written")?;
    flash.write(start + PAGE, &[0xa5; WORD]).map_err(|_| "another word can be written")?;
    check(is(flash, start, &[0x5a; WORD]) && is(flash, start + WORD as u32, &[0xff; WORD]), "one word was written")?;

    let again = flash.write(start, &[0; WORD]);
    check(again == Err(BoardFlashError::NotErased), "no word is written twice")?;
    let place = |kind| Err(BoardFlashError::Place(kind));
    let half = flash.write(start + PAGE / 2, &[0; WORD / 2]);
    check(half == place(NorFlashErrorKind::NotAligned), "no half word is written")?;
    let between = flash.write(start + PAGE / 2 + 1, &[0; WORD]);
    check(between == place(NorFlashErrorKind::NotAligned), "no word is written between words")?;
    let half = flash.erase(start, start + PAGE / 2);
    check(half == place(NorFlashErrorKind::NotAligned), "no half page is erased")?;
    let end = flash.capacity() as u32;
    let behind = flash.erase(end, end + PAGE);
    check(behind == place(NorFlashErrorKind::OutOfBounds), "nothing is erased behind the end")?;
    check(flash.mapped(Region { start: end, length: 1 }).is_empty(), "nothing lies behind the end")?;
    check(is(flash, start, &[0x5a; WORD]), "what was refused changed nothing")?;

    flash.erase(start, start + PAGE).map_err(|_| "a page can be erased")?;
    check(is(flash, start, &[0xff; WORD]), "it is erased")?;
    check(is(flash, start + PAGE, &[0xa5; WORD]), "the next one is not")
}

fn check(holds: bool, what: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(what) }
}
