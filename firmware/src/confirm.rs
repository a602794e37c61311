//! What the application calls: to say that it works, and to leave an update for the next boot.

use sitrep_core::Time;

use crate::flash::{Flash, FlashError, Map, Slot};

/// Says that the application, which runs in `slot`, works: the next boot makes the trial the rule. To be called once the application has seen that it
/// can be updated again; calling it again changes nothing. `time` is what the application knows for certain to have passed.
///
/// # Errors
/// [`FlashError`]: nothing was confirmed.
pub fn confirm<F: Flash>(flash: &mut F, map: &Map, slot: Slot, time: Option<Time>) -> Result<(), FlashError> {
    let _ = (flash, map, slot, time);
    Err(FlashError)
}

/// Leaves a package in the staging area piece by piece; the next boot looks at it. The package's head is written last, so that what was not
/// finished is no package.
#[derive(Debug)]
pub struct Stager<'f, F> {
    flash: &'f mut F,
}

impl<'f, F: Flash> Stager<'f, F> {
    /// Erases the staging area for a package of so many bytes.
    ///
    /// # Errors
    /// [`FlashError`], also where it does not fit.
    pub fn begin(flash: &'f mut F, map: &Map, length: u32) -> Result<Self, FlashError> {
        let _ = (map, length);
        Ok(Self { flash })
    }

    /// Takes the package's next bytes, of any number.
    ///
    /// # Errors
    /// [`FlashError`], also where it is more than was announced.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), FlashError> {
        let _ = (&self.flash, bytes);
        Err(FlashError)
    }

    /// Writes the head.
    ///
    /// # Errors
    /// [`FlashError`], also where it is less than was announced.
    pub fn finish(self) -> Result<(), FlashError> {
        Err(FlashError)
    }
}
