//! Digest sets: their shapes, and what is recorded in them (BUNDLE.md, section 4).

use super::forms::Extra;
use super::strings::{Str, Strings};
use crate::error::{Code, Result};
use crate::features::Features;
use crate::limits::{ALGORITHMS, LABEL};
use crate::wire::Input;

/// Two algorithms that are compared with their digests, in units of work.
const PAIR: u32 = 16;
/// Bytes of SHA-256.
pub(super) const SHA256: usize = 32;
/// The reference of its name.
const SHA256_WORD: u32 = 2;

/// The algorithms that are left of a shape.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape<'b> {
    Sha256,
    Own { algorithms: u32, input: Input<'b> },
    End,
}

impl<'b> Shape<'b> {
    /// The next algorithm, as a string reference, and its form.
    pub(super) fn next_field(&mut self) -> Result<Option<(u32, u32)>> {
        match self {
            Self::Own { .. } if !Features::BUILD.has(Features::DIGESTS) => Ok(None),
            Self::Sha256 => {
                *self = Self::End;
                Ok(Some((SHA256_WORD, SHA256 as u32)))
            }
            Self::Own { algorithms, input } => {
                let Some(left) = algorithms.checked_sub(1) else { return Ok(None) };
                *algorithms = left;
                Ok(Some((input.varint()?, input.varint()?)))
            }
            Self::End => Ok(None),
        }
    }

    pub(super) fn next(&mut self, strings: &Strings<'b>) -> Result<Option<(Str<'b>, u32)>> {
        let Some((reference, form)) = self.next_field()? else { return Ok(None) };
        Ok(Some((strings.get(reference)?, form)))
    }
}

/// Takes one shape and checks that no algorithm stands in it twice, and that comparing names and digests takes no time.
pub(super) fn check_shape<'b>(input: &mut Input<'b>, strings: &Strings<'b>) -> Result<()> {
    let algorithms = input.varint()?;
    if algorithms > ALGORITHMS {
        return Err(Code::BundleArtifact.into());
    }
    let all = Shape::Own { algorithms, input: *input };
    for position in 0..algorithms {
        let name = strings.get(input.varint()?)?;
        let length = input.length()?;
        if name.len().max(length) > LABEL {
            return Err(Code::LimitName.into());
        }
        let mut earlier = all;
        for _ in 0..position {
            if earlier.next(strings)?.is_some_and(|(other, _)| other == name) {
                return Err(Code::BundleArtifact.into());
            }
        }
    }
    Ok(())
}

/// A digest set: the ordered pairs of algorithm and value that were recorded.
#[derive(Clone, Copy, Debug)]
pub struct DigestSet<'b> {
    /// Where it is not known to be one SHA-256.
    pub(super) form: Extra<(&'b Strings<'b>, Shape<'b>)>,
    pub(super) data: Input<'b>,
}

impl<'b> DigestSet<'b> {
    /// The next pair of algorithm and value.
    ///
    /// # Errors
    /// A code of class `bundle` where the section is damaged; not after [`super::Bundle::open`].
    pub fn next_digest(&mut self) -> Result<Option<(Str<'b>, Str<'b>)>> {
        let Some((strings, mut shape)) = self.form.get() else { return Ok(None) };
        let field = shape.next(strings)?;
        self.form = Extra::new((strings, shape));
        let Some((algorithm, form)) = field else { return Ok(None) };
        let digest = match form {
            0 => strings.get(self.data.varint()?)?,
            length => Str::of_hex(self.data.take(length as usize)?).ok_or(Code::LimitProfile)?,
        };
        Ok(Some((algorithm, digest)))
    }

    /// How many units of work it takes to compare two sets, algorithm by algorithm.
    pub(crate) fn cost(&self, other: &Self) -> u32 {
        self.width().saturating_mul(other.width()).saturating_mul(PAIR)
    }

    /// How many algorithms it has.
    fn width(&self) -> u32 {
        match self.form.get() {
            Some((_, Shape::Own { algorithms, .. })) => algorithms,
            _ => 1,
        }
    }

    /// Do both sets hold the same algorithms with the same values, in whatever order?
    pub(crate) fn same(mut self, other: Self) -> Result<bool> {
        if !Features::BUILD.has(Features::DIGESTS) {
            return Ok(self.sha256_only() == other.sha256_only());
        }
        let mut count: u32 = 0;
        while let Some((algorithm, digest)) = self.next_digest()? {
            count = count.saturating_add(1);
            if other.get(algorithm)? != Some(digest) {
                return Ok(false);
            }
        }
        Ok(count == other.count()?)
    }

    /// The value of one algorithm, where sitrep trusts that to tell artifacts apart.
    pub(crate) fn known(self, algorithm: Str<'_>) -> Result<Option<Str<'b>>> {
        if known_length(algorithm).is_some() { self.get(algorithm) } else { Ok(None) }
    }

    /// The value of one algorithm.
    fn get(mut self, algorithm: Str<'_>) -> Result<Option<Str<'b>>> {
        while let Some((own, digest)) = self.next_digest()? {
            if own == algorithm {
                return Ok(Some(digest));
            }
        }
        Ok(None)
    }

    fn count(mut self) -> Result<u32> {
        let mut count: u32 = 0;
        while self.next_digest()?.is_some() {
            count = count.saturating_add(1);
        }
        Ok(count)
    }

    /// Is there a digest of an algorithm that sitrep trusts to tell artifacts apart?
    ///
    /// # Errors
    /// A code of class `bundle` where the section is damaged; not after [`super::Bundle::open`].
    pub fn has_known(mut self) -> Result<bool> {
        if self.is_sha256() {
            return Ok(true);
        }
        while let Some((algorithm, _)) = self.next_digest()? {
            if known_length(algorithm).is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Have the known algorithms their exact length in lower-case hexadecimal? Looks at all of them, and refuses values that are none: whoever compares
    /// digests later looks no more.
    pub(crate) fn is_tidy(mut self) -> Result<bool> {
        let mut is_tidy = true;
        if self.is_sha256() {
            return Ok(is_tidy);
        }
        while let Some((algorithm, digest)) = self.next_digest()? {
            // As many digits as bytes of the longest.
            if digest.len() > 2 * LABEL {
                return Err(Code::LimitName.into());
            }
            is_tidy &= known_length(algorithm).is_none_or(|length| is_lower_hex(digest, length));
        }
        Ok(is_tidy)
    }

    /// The SHA-256.
    ///
    /// # Errors
    /// A code of class `bundle` where the section is damaged; not after [`super::Bundle::open`].
    pub fn sha256(self) -> Result<Option<[u8; SHA256]>> {
        match self.sha256_only() {
            Some(digest) => Ok(digest.try_into().ok()),
            None if !Features::BUILD.has(Features::DIGESTS) => Ok(None),
            None => Ok(self.get(Str::new("sha256"))?.and_then(|digest| digest.decode_hex())),
        }
    }

    /// Is this the built-in shape, and if so, which SHA-256?
    pub(crate) fn sha256_only(&self) -> Option<&'b [u8]> {
        // Other variants of the path may follow.
        if self.is_sha256() { self.data.rest().get(..SHA256) } else { None }
    }

    /// Is this the built-in shape? Where there are no others, it is.
    fn is_sha256(&self) -> bool {
        self.form.get().is_none_or(|(_, shape)| matches!(shape, Shape::Sha256))
    }
}

/// Bytes of a digest of an algorithm that counts for `MATCH`; `None` for all others.
fn known_length(algorithm: Str<'_>) -> Option<usize> {
    match algorithm.utf8()? {
        b"sha256" | b"gitoid:sha256" => Some(32),
        b"sha384" => Some(48),
        b"sha512" => Some(64),
        _ => None,
    }
}

/// Is the value `length` bytes in lower-case hexadecimal?
fn is_lower_hex(digest: Str<'_>, length: usize) -> bool {
    digest.len() / 2 == length
        && digest.len().is_multiple_of(2)
        && digest.utf8().is_none_or(|text| text.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')))
}
