//! Why a public key is none, or none that is taken.

use std::fmt;

/// Smallest RSA modulus that is accepted, in bits, and smallest prime of DSA. NIST SP 800-131A ends the use of anything smaller in 2013.
pub const RSA_MIN_BITS: u32 = 2048;

/// Largest RSA modulus that is accepted, in bits. A signature check's time grows with its square or faster, and keys come
/// from documents that nobody has vouched for yet; the rsa crate's own maximum.
pub const RSA_MAX_BITS: u32 = 8192;

/// Largest prime of DSA that is accepted, in bits: that of FIPS 186-4 and of GnuPG.
pub const DSA_MAX_BITS: u32 = 3072;

/// Why a text is no public key that this build can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFault {
    /// Not PEM, or not a SubjectPublicKeyInfo inside, or not 64 hexadecimal digits for Ed25519.
    Malformed,
    /// A private key, where the public one belongs.
    Private,
    /// Longer than the text of any key.
    Long,
    /// PEM of another kind, such as a certificate.
    OtherPem,
    /// PEM, where in-toto keeps 64 hexadecimal digits.
    Ed25519Pem,
    /// An algorithm or curve that is none of [`HostKey`](super::host_key::HostKey)'s.
    Algorithm,
    /// An RSA modulus of that many bits, outside [`RSA_MIN_BITS`]`..=`[`RSA_MAX_BITS`].
    RsaSize(u32),
    /// A prime of DSA of that many bits, neither [`RSA_MIN_BITS`] nor [`DSA_MAX_BITS`].
    DsaSize(u32),
    /// Numbers that are no key: not of its curve, its group, or none that the algorithm can use.
    Numbers,
    /// Not in the form of an OpenPGP key.
    OpenPgp,
}

impl fmt::Display for KeyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("expected `public` as PEM (BEGIN PUBLIC KEY), and nothing around it"),
            Self::Long => f.write_str("`public` is longer than that of any key"),
            Self::Private => f.write_str("it is a private key"),
            Self::OtherPem => f.write_str("expected `public` as PEM that begins with BEGIN PUBLIC KEY"),
            Self::Ed25519Pem => f.write_str("`public` of an Ed25519 key is 64 hexadecimal digits, found PEM"),
            Self::Algorithm => f.write_str("it is neither Ed25519, RSA nor ECDSA on P-256, P-384 or P-521"),
            Self::RsaSize(bits) => {
                write!(f, "the RSA key has {bits} bits, expected {RSA_MIN_BITS} to {RSA_MAX_BITS}")
            }
            Self::DsaSize(bits) => write!(f, "the DSA key has {bits} bits, expected {RSA_MIN_BITS} or {DSA_MAX_BITS}"),
            Self::Numbers => f.write_str("its numbers make no key of that algorithm"),
            Self::OpenPgp => f.write_str("it is not in the form of an OpenPGP key: expected `type`, `method`, `keyid`, in `keyval.public` the numbers of RSA, DSA or Ed25519, and at most 32 subkeys"),
        }
    }
}
