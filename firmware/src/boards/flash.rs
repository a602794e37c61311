//! The flash of the emulated boards: memory of the emulator with the manners of NOR flash, and a file that keeps it over a reset.
//!
//! Whoever starts the emulator loads the file into the memory. Here all that is erased or written is written through to it, so that the next start finds
//! what this one left. On the microbit the memory is the emulated nRF51's own flash, erased and written by its controller; on the other boards it is RAM.

use core::{ffi::CStr, ptr, slice};

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};

use super::{
    MEMORY,
    semihosting::{File, Mode},
};
use crate::flash::{Flash, Region, is_erased};

#[cfg(feature = "microbit")]
use super::nrf51 as medium;
#[cfg(not(feature = "microbit"))]
use super::psram as medium;

/// Where the flash is kept, in the directory where the emulator was started.
const FILE: &CStr = c"flash.bin";

/// The board's flash. There is one, which [`super::start`] gives once.
#[derive(Debug)]
pub struct BoardFlash(());

/// Why the flash has not done what it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoardFlashError {
    /// The place is not whole pages or words of the flash.
    Place(NorFlashErrorKind),
    /// A word was to be written that is not erased.
    NotErased,
    /// The controller did not get ready.
    NotReady,
    /// The file could not be written.
    File,
}

impl NorFlashError for BoardFlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::Place(kind) => *kind,
            _ => NorFlashErrorKind::Other,
        }
    }
}

impl From<NorFlashErrorKind> for BoardFlashError {
    fn from(kind: NorFlashErrorKind) -> Self {
        Self::Place(kind)
    }
}

impl BoardFlash {
    pub(super) const fn new() -> Self {
        Self(())
    }

    /// Writes a part of the memory through to the file.
    fn keep(&self, region: Region) -> Result<(), BoardFlashError> {
        let mut file = File::open(FILE, Mode::Update).ok_or(BoardFlashError::File)?;
        if file.write_at(region.start, self.mapped(region)) { Ok(()) } else { Err(BoardFlashError::File) }
    }
}

/// The address of an offset in the flash.
fn address(offset: u32) -> *mut u8 {
    ptr::with_exposed_provenance_mut((MEMORY.flash.start + offset) as usize)
}

impl Flash for BoardFlash {
    fn mapped(&self, region: Region) -> &[u8] {
        if check_read(self, region.start, region.length as usize).is_err() {
            return &[];
        }
        // SAFETY: it lies in the flash, every bit pattern is a `u8`, and nobody writes there but through this value, which is borrowed.
        unsafe { slice::from_raw_parts(address(region.start), region.length as usize) }
    }
}

impl ErrorType for BoardFlash {
    type Error = BoardFlashError;
}

impl ReadNorFlash for BoardFlash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        check_read(self, offset, bytes.len())?;
        bytes.copy_from_slice(self.mapped(Region { start: offset, length: bytes.len() as u32 }));
        Ok(())
    }

    fn capacity(&self) -> usize {
        MEMORY.flash.length as usize
    }
}

impl NorFlash for BoardFlash {
    const WRITE_SIZE: usize = MEMORY.word as usize;
    const ERASE_SIZE: usize = MEMORY.sector as usize;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        check_erase(self, from, to)?;
        for page in (from..to).step_by(Self::ERASE_SIZE) {
            // SAFETY: a page of the flash, which is borrowed.
            unsafe { medium::erase(address(page)) }.ok_or(BoardFlashError::NotReady)?;
            self.keep(Region { start: page, length: MEMORY.sector })?;
        }
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        check_write(self, offset, bytes.len())?;
        let region = Region { start: offset, length: bytes.len() as u32 };
        if !is_erased(self.mapped(region)) {
            return Err(BoardFlashError::NotErased);
        }
        for (number, word) in bytes.as_chunks::<4>().0.iter().enumerate() {
            // SAFETY: an aligned word of the flash, which is borrowed.
            unsafe { medium::write(address(offset).add(4 * number).cast(), u32::from_le_bytes(*word)) }
                .ok_or(BoardFlashError::NotReady)?;
        }
        self.keep(region)
    }
}
