//! What the application calls: to say that it works, and to leave an update for the next boot.

use sitrep_core::Time;
use sitrep_core::update::package;

use crate::flash::{self, Flash, FlashError, Map, Region, Slot, is_erased};
use crate::trailer::{self, MARK};

/// Says that the application, which runs in `slot`, works: the next boot makes the trial the rule. To be called once the application has seen that it
/// can be updated again; calling it again changes nothing. `time` is what the application knows for certain to have passed.
///
/// # Errors
/// [`FlashError`]: nothing was confirmed.
pub fn confirm<F: Flash>(flash: &mut F, map: &Map, slot: Slot, time: Option<Time>) -> Result<(), FlashError> {
    let region = trailer::of(map.slot(slot));
    let marks = flash.mapped(region);
    if trailer::find(marks).is_some() {
        return Ok(());
    }
    let free = marks.as_chunks::<MARK>().0.iter().position(|mark| is_erased(mark)).ok_or(FlashError)?;
    let place = region.after((free as u32).saturating_mul(MARK as u32));
    flash::write(flash, place.start, &trailer::mark(time.unwrap_or(Time(0))))
}

/// How many bytes are written at once: whole words of every flash.
const WORD: usize = package::HEAD;

/// Leaves a package in the staging area piece by piece; the next boot looks at it. The package's head is written last, so that what was not
/// finished is no package.
#[derive(Debug)]
pub struct Stager<'f, F> {
    flash: &'f mut F,
    /// Where the next word goes; the head's place before there is a head.
    free: Region,
    head: [u8; WORD],
    word: [u8; WORD],
    filled: usize,
    staging: Region,
}

impl<'f, F: Flash> Stager<'f, F> {
    /// Erases the staging area, which holds no package until [`Self::finish`].
    ///
    /// # Errors
    /// [`FlashError`]
    pub fn begin(flash: &'f mut F, map: &Map) -> Result<Self, FlashError> {
        let staging = map.staging;
        flash::erase(flash, staging)?;
        Ok(Self { flash, free: staging, head: [0xff; WORD], word: [0xff; WORD], filled: 0, staging })
    }

    /// Takes the package's next bytes, of any number.
    ///
    /// # Errors
    /// [`FlashError`], also where there is no room for them.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), FlashError> {
        for byte in bytes {
            if let Some(place) = self.word.get_mut(self.filled) {
                *place = *byte;
            }
            self.filled = self.filled.saturating_add(1);
            if self.filled >= WORD {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), FlashError> {
        if self.free.length < WORD as u32 {
            return Err(FlashError);
        }
        if self.free == self.staging {
            self.head = self.word;
        } else {
            flash::write(self.flash, self.free.start, &self.word)?;
        }
        self.free = self.free.after(WORD as u32);
        (self.word, self.filled) = ([0xff; WORD], 0);
        Ok(())
    }

    /// Writes the head.
    ///
    /// # Errors
    /// [`FlashError`]: no package was left.
    pub fn finish(mut self) -> Result<(), FlashError> {
        if self.filled > 0 {
            self.flush()?;
        }
        flash::write(self.flash, self.staging.start, &self.head)
    }
}
