//! Private keys in memory: what holds one is overwritten when it is not needed any more.
//!
//! What lives on the heap is overwritten when it is dropped ([`zeroize::Zeroizing`]). Functions leave copies of what they work with on the stack as
//! well, in places that only the next calls overwrite, and nobody knows how deep those go: [`wipe_stack`] does. Registers, what the kernel has read
//! or swapped out, and the key's file are not reached from here.

use spki::der::pem;
use zeroize::{Zeroize, Zeroizing};

/// Deeper than anything here calls, in bytes: signing with Ed25519 takes a tenth of it, even where it was compiled without optimisation.
const STACK: usize = 128 * 1024;

/// Overwrites what calls that have returned to the caller have left on the stack.
///
/// What is in the caller's own frame stays: secrets are worked with in a function of its own, which is not inlined.
#[inline(never)]
pub fn wipe_stack() {
    let mut below = [0xff_u8; STACK];
    below.zeroize();
    std::hint::black_box(&below);
}

/// Calls a function that works with secrets, and overwrites what it leaves on the stack. What it returns is not secret.
pub fn wiped<T>(work: impl FnOnce() -> T) -> T {
    let result = below(work);
    wipe_stack();
    result
}

/// Calls a function from further down than any byte that [`wipe_stack`] has to leave as it is at its own beginning.
#[inline(never)]
fn below<T>(work: impl FnOnce() -> T) -> T {
    let room = std::hint::black_box([0_u8; 256]);
    let result = call(work);
    std::hint::black_box(&room);
    result
}

#[inline(never)]
fn call<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// The bytes of a text in PEM with one block, and its label; `None` where it is none.
#[must_use]
pub fn from_pem(text: &str) -> Option<(&str, Zeroizing<Vec<u8>>)> {
    // As many as the text are enough.
    let mut bytes = Zeroizing::new(vec![0; text.len()]);
    let (label, decoded) = pem::decode(text.as_bytes(), &mut bytes).ok()?;
    let length = decoded.len();
    bytes.truncate(length);
    Some((label, bytes))
}

/// Bytes as PEM.
#[must_use]
pub fn to_pem(label: &'static str, bytes: &[u8]) -> Zeroizing<String> {
    // Only a label could be refused. The text is written into memory that has its final length from the start.
    Zeroizing::new(pem::encode_string(label, pem::LineEnding::LF, bytes).unwrap_or_default())
}
