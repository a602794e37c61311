//! One block of PEM.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

pub(super) const BEGIN: &str = "-----BEGIN ";
pub(super) const DASHES: &str = "-----";

/// As in-toto's library reads it: the padding may have been lost with the line ends.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What stands between BEGIN and END.
pub(super) struct Block<'t> {
    pub(super) label: &'t str,
    /// May be a private key.
    pub(super) der: Zeroizing<Vec<u8>>,
}

impl<'t> Block<'t> {
    /// The one block that is all of the text but white space (RFC 7468, section 3, in its lax form). Where the lines end does not matter: variables of build
    /// services lose that.
    pub(super) fn only(text: &'t str) -> Option<Self> {
        let (label, rest) = text.trim().strip_prefix(BEGIN)?.split_once(DASHES)?;
        let end = format!("-----END {label}-----");
        let body = rest.strip_suffix(&end)?;
        // Memory that has its final length from the start: what grows leaves copies.
        let mut digits = Zeroizing::new(String::with_capacity(body.len()));
        digits.extend(body.split_whitespace());
        let mut der = Zeroizing::new(vec![0; digits.len()]);
        let length = BASE64.decode_slice(digits.as_bytes(), &mut der).ok()?;
        der.truncate(length);
        Some(Self { label, der })
    }
}
