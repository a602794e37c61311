//! defmt's frames, over semihosting.

use core::cell::UnsafeCell;

use super::semihosting::write;

#[defmt::global_logger]
struct Logger;

/// The encoder of log frames. An image has one thread and no interrupts, so that a frame is never begun inside of another one.
struct Encoder(UnsafeCell<defmt::Encoder>);

// SAFETY: there is one thread only.
unsafe impl Sync for Encoder {}

static ENCODER: Encoder = Encoder(UnsafeCell::new(defmt::Encoder::new()));

// SAFETY: defmt calls acquire, write and release in this order and never nested, as there is one thread; so there is
// one reference to the encoder at a time.
unsafe impl defmt::Logger for Logger {
    fn acquire() {
        // SAFETY: as above.
        unsafe { (*ENCODER.0.get()).start_frame(write) }
    }

    unsafe fn flush() {}

    unsafe fn write(bytes: &[u8]) {
        // SAFETY: as above.
        unsafe { (*ENCODER.0.get()).write(bytes, write) }
    }

    unsafe fn release() {
        // SAFETY: as above.
        unsafe { (*ENCODER.0.get()).end_frame(write) }
    }
}
