//! Signature schemes. The only file that names ed25519-compact.

use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use ed25519_compact::{PublicKey as Ed25519Key, Signature, VerifyingState};

use crate::bundle::{Bundle, Envelope, Scratch, Str};
use crate::error::{Code, Error};
use crate::hex;
use crate::limits::CHUNK;

/// A public key as a layout's `keys` member holds it.
#[derive(Clone, Copy, Debug)]
pub struct PublicKey<'a> {
    /// `keytype`: `ed25519`, `rsa`, `ecdsa`, ...
    pub keytype: Str<'a>,
    /// `scheme`: `ed25519`, `rsassa-pss-sha256`, `ecdsa-sha2-nistp256`, ...
    pub scheme: Str<'a>,
    /// `keyval.public`: hexadecimal for Ed25519, PEM otherwise.
    pub public: PublicHalf<'a>,
}

/// The public bytes of a key, as they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicHalf<'a> {
    /// As in a layout.
    Text(Str<'a>),
    /// Of Ed25519, as in a compiled trust policy.
    Bytes(&'a [u8; 32]),
}

impl<'a> PublicHalf<'a> {
    /// The text, where it is stored as text.
    #[must_use]
    pub const fn text(&self) -> Option<&'a str> {
        match self {
            Self::Text(text) => text.text(),
            Self::Bytes(_) => None,
        }
    }

    /// The 32 bytes of an Ed25519 key, if it can be one.
    #[must_use]
    pub fn ed25519(&self) -> Option<[u8; 32]> {
        match self {
            Self::Text(text) => text.decode_hex(),
            Self::Bytes(bytes) => Some(**bytes),
        }
    }
}

impl<'a> From<Str<'a>> for PublicHalf<'a> {
    fn from(text: Str<'a>) -> Self {
        Self::Text(text)
    }
}

impl fmt::Display for PublicHalf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => text.fmt(f),
            Self::Bytes(bytes) => hex::write(*bytes, f),
        }
    }
}

/// The bytes that were signed, produced again each time they are asked for.
pub trait Message {
    /// Hands the bytes to `sink`, in chunks of any length.
    ///
    /// # Errors
    /// A code of class `bundle` where they cannot be rebuilt.
    fn write(&mut self, sink: &mut dyn FnMut(&[u8])) -> Result<(), Error>;
}

/// The bytes that an envelope's signatures are over.
///
/// `PATH` is the longest path. The buffers live only while the bytes are rebuilt, so that their stack is free again when
/// the signature's equation is computed.
pub(crate) struct SignedBytes<'a, 'b, const PATH: usize> {
    pub(crate) envelope: &'a Envelope<'b>,
    pub(crate) bundle: &'b Bundle<'b>,
    pub(crate) budget: &'a Budget,
}

/// How many bytes of signed texts may yet be rebuilt. Shared by all who check signatures at the same time: what all of it takes does not depend
/// on who comes first.
pub(crate) struct Budget {
    left: AtomicU32,
    over: AtomicBool,
}

impl Budget {
    pub(crate) const fn of(bundle: &Bundle<'_>) -> Self {
        Self { left: AtomicU32::new(bundle.texts_limit()), over: AtomicBool::new(false) }
    }

    /// More was asked for than there was.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    fn take(&self, bytes: u32) {
        if self.subtract(bytes) < bytes {
            self.over.store(true, Ordering::Relaxed);
        }
    }

    /// Takes away `bytes`, or what is left, and returns what there was.
    #[cfg(target_has_atomic = "32")]
    fn subtract(&self, bytes: u32) -> u32 {
        let less = |left: u32| Some(left.saturating_sub(bytes));
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).unwrap_or_else(|left| left)
    }

    /// The same for cores without a compare-and-swap, such as Cortex-M0. An executor that interrupts one job by another may there take less than it
    /// should from the budget: the bound on time is looser by that, no decision is another one.
    #[cfg(not(target_has_atomic = "32"))]
    fn subtract(&self, bytes: u32) -> u32 {
        let left = self.left.load(Ordering::Relaxed);
        self.left.store(left.saturating_sub(bytes), Ordering::Relaxed);
        left
    }
}

impl<const PATH: usize> Message for SignedBytes<'_, '_, PATH> {
    #[inline(never)]
    fn write(&mut self, sink: &mut dyn FnMut(&[u8])) -> Result<(), Error> {
        let mut scratch = Scratch { path: &mut [0; PATH], chunk: &mut [0; CHUNK] };
        let (left, most) = (self.budget.left.load(Ordering::Relaxed), self.bundle.text_limit());
        let limit = left.min(most);
        let mut total: u32 = 0;
        let text = self.envelope.signed_text(self.bundle, &mut scratch, limit, &mut |chunk| {
            total = total.saturating_add(chunk.len() as u32);
            sink(chunk);
        });
        // A text that is too long has cost as much as it might, and one that is too long for what is left more than that.
        let is_long = text.is_err_and(|error| error.code() == Code::LimitText);
        self.budget.take(if is_long { limit.saturating_add(u32::from(left < most)) } else { total });
        text
    }
}

/// Why a signature does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureError {
    /// This build does not know the scheme, or it does not go with the key's type.
    Unsupported,
    /// The key is not what its type and scheme ask for.
    Key,
    /// The signature is not the key's over these bytes.
    Bad,
    /// The signed bytes could not be rebuilt.
    Message(Error),
}

impl From<Error> for SignatureError {
    fn from(error: Error) -> Self {
        Self::Message(error)
    }
}

/// The schemes that a build can check. Devices have [`Ed25519`]; hosts add others.
pub trait Schemes: Sync {
    /// Checks that `signature` is `key`'s over the bytes of `message`.
    ///
    /// # Errors
    /// Why it does not count.
    fn verify(&self, key: &PublicKey<'_>, signature: &[u8], message: &mut dyn Message) -> Result<(), SignatureError>;

    /// Have both keys the same public bytes? Two labels of one key count as one signer.
    fn same_key(&self, one: &PublicKey<'_>, other: &PublicKey<'_>) -> bool {
        match (one.public.ed25519(), other.public.ed25519()) {
            (Some(one), Some(other)) => one == other,
            _ => one.public == other.public,
        }
    }
}

/// Ed25519 (RFC 8032), with the cofactored equation of ed25519-compact: device and host must agree on every signature, so both use this one.
#[derive(Clone, Copy, Debug)]
pub struct Ed25519;

impl Schemes for Ed25519 {
    fn verify(&self, key: &PublicKey<'_>, signature: &[u8], message: &mut dyn Message) -> Result<(), SignatureError> {
        if !key.keytype.is("ed25519") || !key.scheme.is("ed25519") {
            return Err(SignatureError::Unsupported);
        }
        let key = key.public.ed25519().ok_or(SignatureError::Key)?;
        let mut begun = begin(key, signature);
        // By reference: moving half a kilobyte out would put it on the stack twice.
        let Ok(state) = &mut begun else { return Err(SignatureError::Bad) };
        message.write(&mut |chunk| state.absorb(chunk))?;
        finish(state).map_err(|_| SignatureError::Bad)
    }
}

// Apart, so that on a device the 3 KB of stack that each takes are free again while the message is rebuilt.

#[inline(never)]
fn begin(key: [u8; 32], signature: &[u8]) -> core::result::Result<VerifyingState, ed25519_compact::Error> {
    Ed25519Key::new(key).verify_incremental(&Signature::from_slice(signature)?)
}

#[inline(never)]
fn finish(state: &VerifyingState) -> core::result::Result<(), ed25519_compact::Error> {
    state.verify()
}
