//! The compiled form of a trust policy, which is postcard behind a magic, a version and a length (BUNDLE.md, section 12.2). It is read in place.

use core::str;

use super::{TrustPolicy, time};
use crate::bundle::Str;
use crate::error::{Code, Result};
use crate::trust::items::{Items, Packed};
use crate::trust::signature::{PublicHalf, PublicKey};
use crate::trust::{Inspections, OwnerKey, RequiredAttestation, Trust};
use crate::wire::Input;

/// The first bytes of every compiled trust policy.
pub const MAGIC: [u8; 4] = *b"SITT";

/// The version of the compiled form that this crate reads.
pub const COMPILED_VERSION: u8 = 1;

/// The last byte of every compiled trust policy: no erased memory reads so.
pub const END: u8 = 0x5a;

impl<'a> TrustPolicy<'a> {
    /// Reads a compiled policy, which has to be all of `bytes`, and checks it as [`Self::from_json`] does.
    ///
    /// # Errors
    /// A code from `trust-syntax` to `trust-limit` where `bytes` is no valid policy.
    pub fn read(bytes: &'a [u8]) -> Result<Self> {
        let (policy, rest) = take(bytes)?;
        if !rest.is_empty() {
            return Err(Code::TrustSyntax.into());
        }
        policy.check()?;
        Ok(policy)
    }

    /// Reads the compiled policy at the start of a page of flash, for a device; what follows it is not looked at.
    ///
    /// The page was written with what [`Self::read`] accepts. Of another policy only the form is checked here: no verification succeeds
    /// where it names too few owners, or a step or an artifact that cannot be.
    ///
    /// # Errors
    /// [`Code::TrustVersion`], [`Code::TrustSyntax`], [`Code::TrustTime`].
    pub fn read_page(page: &'a [u8]) -> Result<Self> {
        Ok(take(page)?.0)
    }
}

/// The policy at the start of `bytes`, and what follows it.
fn take(bytes: &[u8]) -> Result<(TrustPolicy<'_>, &[u8])> {
    let Some((&COMPILED_VERSION, rest)) = bytes.strip_prefix(&MAGIC).and_then(<[u8]>::split_first) else {
        return Err(Code::TrustVersion.into());
    };
    let mut input = Input::new(rest);
    let (mut policy, earliest_time) = body(&mut input).ok_or(Code::TrustSyntax)?;
    policy.trust.earliest_time = time(earliest_time)?;
    Ok((policy, input.rest()))
}

/// The policy but for its earliest time, and that.
fn body<'a>(input: &mut Input<'a>) -> Option<(TrustPolicy<'a>, Option<&'a str>)> {
    let length = input.length().ok()?;
    let body = &mut Input::new(input.take(length).ok()?);
    let owners = items(body)?;
    // 32 bits fit usize on every target that core supports.
    let threshold = body.length().ok()?;
    let (product_step, artifact) = (optional_text(body)?, optional_text(body)?);
    let inspections = match body.byte().ok()? {
        0 => Inspections::Refuse,
        1 => Inspections::Skip,
        _ => return None,
    };
    let attestations = items(body)?;
    let time = optional_text(body)?;
    let (security_version, revision) = (body.varint().ok()?, body.varint().ok()?);
    let ends = body.byte() == Ok(END) && body.is_empty();
    let (earliest_time, device) = (None, None);
    let trust =
        Trust { owners, threshold, inspections, product_step, attestations, security_version, earliest_time, device };
    ends.then_some((TrustPolicy { trust, artifact, revision }, time))
}

fn items<'a, T: Packed<'a>>(input: &mut Input<'a>) -> Option<Items<'a, T>> {
    Items::take(input.varint().ok()?, input)
}

/// No text of a policy is empty, so that an empty one stands for none.
fn optional_text<'a>(input: &mut Input<'a>) -> Option<Option<&'a str>> {
    let text: &str = Packed::take(input)?;
    Some(Some(text).filter(|text| !text.is_empty()))
}

impl<'a> Packed<'a> for &'a str {
    #[inline(never)]
    fn take(input: &mut Input<'a>) -> Option<Self> {
        let length = input.length().ok()?;
        str::from_utf8(input.take(length).ok()?).ok()
    }
}

impl<'a> Packed<'a> for OwnerKey<'a> {
    #[inline(never)]
    fn take(input: &mut Input<'a>) -> Option<Self> {
        let key = match input.byte().ok()? {
            // Key type and scheme have one name.
            0 => PublicKey {
                keytype: Str::new("ed25519"),
                scheme: Str::new("ed25519"),
                public: PublicHalf::Bytes(input.take(32).ok()?.try_into().ok()?),
            },
            1 => PublicKey {
                keytype: Str::new(Packed::take(input)?),
                scheme: Str::new(Packed::take(input)?),
                public: PublicHalf::Text(Str::new(Packed::take(input)?)),
            },
            _ => return None,
        };
        Some(Self { key, ids: items(input)? })
    }
}

impl<'a> Packed<'a> for RequiredAttestation<'a> {
    #[inline(never)]
    fn take(input: &mut Input<'a>) -> Option<Self> {
        Some(Self { predicate_type: Packed::take(input)?, step: optional_text(input)? })
    }
}
