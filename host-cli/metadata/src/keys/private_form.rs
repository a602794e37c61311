//! How private keys are kept, by the programs that people have.

use std::fmt;

/// How a private key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateForm {
    /// PEM, PKCS#8 without a password.
    Pkcs8,
    /// PEM, PKCS#8 with a password.
    Encrypted,
    /// PEM in a form that is older than PKCS#8: of RSA (PKCS#1), of elliptic curves (SEC 1) or of DSA; perhaps with a password.
    Older,
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

impl fmt::Display for PrivateForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pkcs8 | Self::Json | Self::Unusable | Self::Unknown => "a private key",
            Self::Encrypted => "a private key with a password",
            Self::Older => "a private key in a form that is older than PKCS#8",
            Self::OpenSsh | Self::OpenSshOther => "a private key of OpenSSH",
            Self::SecurityKey => "a private key of OpenSSH for a security key",
            Self::Minisign => "a private key of minisign",
            Self::Signify => "a private key of signify",
            Self::Cosign => "a private key of cosign",
            Self::OpenPgp => "a private key of OpenPGP",
            Self::Putty => "a private key of PuTTY",
        })
    }
}
