//! RAM that stands for memory-mapped NOR flash.

use super::MEMORY;

/// Makes every bit of a page 1.
///
/// # Safety
/// `page` must be the start of one, to which nobody else has a reference.
pub(super) unsafe fn erase(page: *mut u8) -> Option<()> {
    // SAFETY: as the caller says.
    unsafe { page.write_bytes(0xff, MEMORY.sector as usize) };
    Some(())
}

/// Makes those bits of a word 0 that are 0 in `value`.
///
/// # Safety
/// `word` must be one of the flash, to which nobody else has a reference.
pub(super) unsafe fn write(word: *mut u32, value: u32) -> Option<()> {
    // SAFETY: as the caller says.
    unsafe { word.write(word.read() & value) };
    Some(())
}
