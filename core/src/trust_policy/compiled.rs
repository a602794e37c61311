//! The compiled form of a trust policy, which is postcard behind a magic, a version and a length (BUNDLE.md, section 12.2).

use core::str;

use super::{Draft, Fields, TrustMemory, TrustPolicy};
use crate::bundle::Str;
use crate::error::{Class, Code, Result};
use crate::trust::Inspections;
use crate::wire::Input;

/// The first bytes of every compiled trust policy.
pub const MAGIC: [u8; 4] = *b"SITT";

/// The version of the compiled form that this crate reads.
pub const COMPILED_VERSION: u8 = 1;

impl<'a> TrustPolicy<'a> {
    /// Reads a compiled policy, which has to be all of `bytes`.
    ///
    /// # Errors
    /// A code from `trust-syntax` to `trust-limit` where `bytes` is no valid policy.
    pub fn read(bytes: &'a [u8], memory: &'a mut TrustMemory<'a>) -> Result<Self> {
        let (body, rest) = frame(bytes)?;
        if !rest.is_empty() {
            return Err(Code::TrustSyntax.into());
        }
        Self::body(body, memory)
    }

    /// Reads the compiled policy at the start of a page of flash; what follows it is not looked at.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_page(page: &'a [u8], memory: &'a mut TrustMemory<'a>) -> Result<Self> {
        let (body, _) = frame(page)?;
        Self::body(body, memory)
    }

    fn body(bytes: &'a [u8], memory: &'a mut TrustMemory<'a>) -> Result<Self> {
        // What ends too early is what the reader of bundles finds.
        body(bytes, Draft::new(memory)).map_err(|error| match error.code().class() {
            Class::Bundle => Code::TrustSyntax.into(),
            _ => error,
        })
    }
}

/// The policy's body, and what follows it.
fn frame(bytes: &[u8]) -> Result<(&[u8], &[u8])> {
    match bytes.strip_prefix(&MAGIC).and_then(<[u8]>::split_first) {
        Some((&COMPILED_VERSION, rest)) => {
            let mut input = Input::new(rest);
            let body = input.length().and_then(|length| input.take(length)).map_err(|_| Code::TrustSyntax)?;
            Ok((body, input.rest()))
        }
        _ => Err(Code::TrustVersion.into()),
    }
}

fn body<'a>(bytes: &'a [u8], mut draft: Draft<'a>) -> Result<TrustPolicy<'a>> {
    let input = &mut Input::new(bytes);
    for _ in 0..input.varint()? {
        let (keytype, scheme) = (text(input)?, text(input)?);
        let public = match input.byte()? {
            0 => Str::Text(text(input)?),
            1 => {
                let length = input.length()?;
                Str::Hex(input.take(length)?)
            }
            _ => return Err(Code::TrustSyntax.into()),
        };
        let ids = draft.key_ids(input.length()?)?;
        for id in ids.iter_mut() {
            *id = text(input)?;
        }
        draft.owner(keytype, scheme, public, ids)?;
    }
    let threshold = input.varint()?;
    let (product_step, artifact) = (optional_text(input)?, optional_text(input)?);
    let inspections = match input.byte()? {
        0 => Inspections::Refuse,
        1 => Inspections::Skip,
        _ => return Err(Code::TrustSyntax.into()),
    };
    for _ in 0..input.varint()? {
        draft.attestation(text(input)?, optional_text(input)?)?;
    }
    let earliest_time = optional_text(input)?;
    let security_version = input.varint()?;
    if !input.is_empty() {
        return Err(Code::TrustSyntax.into());
    }
    draft.finish(Fields { threshold, inspections, product_step, artifact, earliest_time, security_version })
}

#[inline(never)]
fn text<'a>(input: &mut Input<'a>) -> Result<&'a str> {
    let length = input.length()?;
    str::from_utf8(input.take(length)?).map_err(|_| Code::TrustSyntax.into())
}

fn optional_text<'a>(input: &mut Input<'a>) -> Result<Option<&'a str>> {
    match input.byte()? {
        0 => Ok(None),
        1 => text(input).map(Some),
        _ => Err(Code::TrustSyntax.into()),
    }
}
