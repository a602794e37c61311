//! The decision, so that no single fault takes it: there is no truth value that one skipped instruction turns.
//!
//! Two complete verifications leave a token each. Only [`Permit::redeem`] asks the board for the jump, after it has compared both.

use sitrep_core::Error;

use crate::flash::{Region, Slot};

/// What a board does at the end.
pub trait Board {
    /// What is left to tell afterwards: `Infallible` on a board, which does not come back.
    type Done;

    /// Reads a word from memory, whatever the compiler believes to know of it.
    fn read(&mut self, word: &u32) -> u32;

    /// Starts the image.
    fn jump(&mut self, image: Region) -> Self::Done;

    /// Stops: a fault was injected.
    fn stop(&mut self) -> Self::Done;
}

/// How a boot ends.
#[derive(Debug)]
pub enum Decision {
    /// A slot's image may run.
    Run(Permit),
    /// None may: the board waits for a package in the staging area and boots again, or stops.
    Recovery(Error),
}

/// What two verifications of one slot came to.
#[derive(Debug)]
pub struct Permit {
    slot: Slot,
    image: Region,
}

impl Permit {
    /// The slot that may run.
    #[must_use]
    pub const fn slot(&self) -> Slot {
        self.slot
    }

    /// Starts the image, if both verifications agree.
    pub fn redeem<B: Board>(self, board: &mut B) -> B::Done {
        if board.read(&self.image.length) == 0 { board.stop() } else { board.jump(self.image) }
    }
}
