//! How much stack something takes.
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

/// What the stack is painted with, in words of its alignment: no value that verification leaves behind.
const PAINT: u128 = 0xa5c3_5a3c_c35a_3ca5_9669_6996_3cc3_c33c;

/// A stack that is painted before something runs on it.
#[derive(Debug)]
pub struct Stack(Vec<u128>);

impl Stack {
    /// One of so many bytes, which must be more than what runs on it takes.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self(vec![PAINT; size / size_of::<u128>()])
    }

    /// Runs `work` on it; returns how many bytes of it that has written to. `work` must not panic.
    pub fn bytes_of(&mut self, work: impl FnOnce()) -> usize {
        let Self(painted) = self;
        painted.fill(PAINT);
        let (base, size) = (painted.as_mut_ptr().cast::<u8>(), size_of_val(&painted[..]));
        // SAFETY: the slice is writable, borrowed for the whole call, aligned to the 16 bytes that stacks need (as `u128` is), and its size is a
        // multiple of that. `work` ends by returning: core is free of panics, and results are unwrapped by the caller.
        unsafe { psm::on_stack(base, size, work) };
        // Stacks grow down, from the end of the slice.
        let untouched = painted.iter().take_while(|word| **word == PAINT).count();
        assert!(untouched > 0, "the painted stack was too small");
        size - untouched * size_of::<u128>()
    }
}
