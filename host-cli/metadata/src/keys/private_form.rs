//! How private keys are kept, by the programs that people have.

/// How a private key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateForm {
    /// PEM, PKCS#8 without a password.
    Pkcs8,
    /// PEM of another kind: with a password, or older than PKCS#8.
    OtherPem,
    /// OpenSSH's own.
    OpenSsh,
    /// OpenSSH's own, of RSA or ECDSA.
    OpenSshOther,
    /// OpenSSH's own, of a key in a security key.
    SecurityKey,
    /// minisign.
    Minisign,
    /// signify.
    Signify,
    /// cosign.
    Cosign,
    /// OpenPGP.
    OpenPgp,
    /// PuTTY.
    Putty,
    /// securesystemslib's older JSON.
    Json,
    /// PKCS#8 of an algorithm or size that cannot be used.
    Unusable,
    /// In a way that is not known.
    Unknown,
}
