//! Signature schemes. The only file that names ed25519-compact.

use core::fmt;

use ed25519_compact::{PublicKey as Ed25519Key, Signature, VerifyingState};

use crate::budget::{Budget, TEXT};
use crate::bundle::{self, Bundle, Envelope, Kind, Scratch, Str, Unread};
use crate::error::{Code, Error};
use crate::features::Features;
use crate::hex;
use crate::limits::{CHUNK, Work};

/// A public key as a layout's `keys` member holds it.
#[derive(Clone, Copy, Debug)]
pub struct PublicKey<'a> {
    /// `keytype`: `ed25519`, `rsa`, `ecdsa`, ...; of an OpenPGP key its `type`.
    pub keytype: Str<'a>,
    /// `scheme`: `ed25519`, `rsassa-pss-sha256`, `ecdsa-sha2-nistp256`, ...; of an OpenPGP key its `method`.
    pub scheme: Str<'a>,
    /// `keyval.public`: hexadecimal for Ed25519, PEM otherwise; numbers of an OpenPGP key.
    pub public: PublicHalf<'a>,
}

/// The public bytes of a key, as they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicHalf<'a> {
    /// As in a layout.
    Text(Str<'a>),
    /// Of Ed25519, as in a compiled trust policy.
    Bytes(&'a [u8; 32]),
    /// No text, as in an OpenPGP key. Nothing in this crate checks signatures of such a key.
    Other(Unread<'a>),
    /// An OpenPGP key as an owner gave it. No layout has such.
    #[cfg(feature = "openpgp")]
    OpenPgp(WithSubkeys<'a>),
}

/// An OpenPGP key with the subkeys that sign for it, each under its own key id.
#[cfg(feature = "openpgp")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithSubkeys<'a> {
    /// All of it, in a form that [`Schemes`] know.
    pub text: &'a str,
    /// While a signature is checked, the key id under which it stands: it has to be by the part of that id.
    pub signer: Option<Str<'a>>,
}

impl<'a> PublicHalf<'a> {
    /// The text, where it is stored as text.
    #[must_use]
    pub fn text(&self) -> Option<&'a str> {
        match self {
            Self::Text(text) => text.text(),
            _ => None,
        }
    }

    /// The 32 bytes of an Ed25519 key, if it can be one.
    #[must_use]
    pub fn ed25519(&self) -> Option<[u8; 32]> {
        match self {
            Self::Text(text) => text.decode_hex(),
            Self::Bytes(bytes) => Some(**bytes),
            _ => None,
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
            _ => Ok(()),
        }
    }
}

impl<'a> PublicKey<'a> {
    /// The key that a signature under this key id has to be by: with subkeys, the part of that id.
    #[inline]
    pub(crate) const fn signing_as(self, signer: Option<Str<'a>>) -> Self {
        #[cfg(feature = "openpgp")]
        if let PublicHalf::OpenPgp(WithSubkeys { text, .. }) = self.public {
            return Self { public: PublicHalf::OpenPgp(WithSubkeys { text, signer }), ..self };
        }
        let _ = signer;
        self
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

const UNITS_OF_TEXT: usize = TEXT as usize;

impl<const PATH: usize> Message for SignedBytes<'_, '_, PATH> {
    #[inline(never)]
    fn write(&mut self, sink: &mut dyn FnMut(&[u8])) -> Result<(), Error> {
        let mut scratch = Scratch { path: &mut [0; PATH], chunk: &mut [0; CHUNK] };
        // What is left may be too little for the longest text that the bundle allows.
        let (left, most) = (self.budget.left() / UNITS_OF_TEXT, self.bundle.text_limit());
        let limit = u32::try_from(left).unwrap_or(u32::MAX).min(most);
        let mut spent = None;
        let text = self.envelope.signed_text(self.bundle, &mut scratch, limit, &mut spent, sink);
        if spent.is_none() && limit < most {
            // The budget has ended, not the text.
            self.budget.take(usize::MAX);
            return Err(Code::LimitWork.into());
        }
        self.budget.take((spent.unwrap_or(limit) as usize).saturating_mul(UNITS_OF_TEXT));
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

    /// Can signatures of this key be checked at all?
    fn can_check(&self, key: &PublicKey<'_>) -> bool;

    /// Is this a key of OpenPGP, and are there schemes for it? Then its subkeys sign for it, and when it is valid nobody asks.
    fn is_openpgp(&self, _key: &PublicKey<'_>) -> bool {
        false
    }

    /// How many times as long as an Ed25519 signature one of this key takes to check.
    fn effort(&self, _key: &PublicKey<'_>) -> u32 {
        1
    }

    /// Have both keys the same public bytes? Two labels of one key count as one signer.
    fn same_key(&self, one: &PublicKey<'_>, other: &PublicKey<'_>) -> bool {
        match (one.public.ed25519(), other.public.ed25519()) {
            (Some(one), Some(other)) => one == other,
            _ => one.public == other.public,
        }
    }
}

/// How many units of work it takes to check a signature of this key, beside the text.
pub(crate) fn effort(work: &Work, schemes: &dyn Schemes, key: &PublicKey<'_>) -> u32 {
    // A boot loader knows one scheme.
    let times = if Features::BUILD.has(Features::AMPLE_WORK) { schemes.effort(key) } else { 1 };
    work.signature.saturating_mul(times)
}

/// Is this signature in the form that signatures of this key have? Those of OpenPGP are in parts, and only in Metablocks does in-toto write such.
pub(crate) fn is_in_form(
    envelope: &Envelope<'_>,
    signature: &bundle::Signature<'_>,
    schemes: &dyn Schemes,
    key: &PublicKey<'_>,
) -> bool {
    // No device checks OpenPGP's.
    !Features::BUILD.has(Features::AMPLE_WORK)
        || signature.is_openpgp == schemes.is_openpgp(key)
            && (!signature.is_openpgp || matches!(envelope.kind(), Kind::Metablock))
}

/// Ed25519 (RFC 8032), with the cofactored equation of ed25519-compact: device and host must agree on every signature, so both use this one.
#[derive(Clone, Copy, Debug)]
pub struct Ed25519;

impl Schemes for Ed25519 {
    fn verify(&self, key: &PublicKey<'_>, signature: &[u8], message: &mut dyn Message) -> Result<(), SignatureError> {
        if !is_ed25519(key) {
            return Err(SignatureError::Unsupported);
        }
        let key = key.public.ed25519().ok_or(SignatureError::Key)?;
        let mut begun = begin(key, signature);
        // By reference: moving half a kilobyte out would put it on the stack twice.
        let Ok(state) = &mut begun else { return Err(SignatureError::Bad) };
        message.write(&mut |chunk| state.absorb(chunk))?;
        finish(state).map_err(|_| SignatureError::Bad)
    }

    fn can_check(&self, key: &PublicKey<'_>) -> bool {
        is_ed25519(key) && key.public.ed25519().is_some()
    }
}

fn is_ed25519(key: &PublicKey<'_>) -> bool {
    key.keytype.is("ed25519") && key.scheme.is("ed25519")
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
