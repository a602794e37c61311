//! The trust policy: what a verifier believes, as one small document (BUNDLE.md, section 12).
//!
//! People write it as JSON (`json`); devices read it compiled and in place (`compiled`), and their images hold no reader of JSON. Both end in
//! the same [`TrustPolicy`], whose [`Trust`] is what [`crate::verify`] asks for.

mod compiled;
mod json;

pub use compiled::{COMPILED_VERSION, END, MAGIC};
pub use json::{FORMAT, JSON_VERSION, TrustMemory};

use crate::error::{Code, Error, Result};
use crate::limits::{TRUST_ATTESTATIONS, TRUST_KEY_IDS, TRUST_OWNERS};
use crate::names::{is_artifact_name, is_step_name};
use crate::time::Time;
use crate::trust::signature::{Ed25519, Schemes};
use crate::trust::{OwnerKey, Trust};

/// Stands in the artifact's name for the slot that an image is linked for, `a` or `b`, once. So it is vouched for in that slot alone.
pub const SLOT: &str = "{slot}";

/// A trust policy that has been read and checked.
#[derive(Clone, Copy, Debug)]
pub struct TrustPolicy<'a> {
    /// What the verifier believes. Keys other than Ed25519 stand here as in the policy, in base64: who can check their signatures decodes them.
    pub trust: Trust<'a>,
    /// The name under which the product's step records what is to be run or installed.
    pub artifact: Option<&'a str>,
    /// Which of the policies it is that replace one another: only one with a greater number replaces another.
    pub revision: u32,
}

impl TrustPolicy<'_> {
    /// Checks what both forms have in common.
    #[inline(never)]
    fn check(&self) -> Result<()> {
        let Trust { owners, threshold, product_step, attestations, .. } = self.trust;
        let mut key_ids: usize = 0;
        for (number, owner) in (0_u16..).zip(owners.iter()) {
            if !is_usable(&owner) {
                return Err(Error::new(Code::TrustKey).at_key(number));
            }
            if owners.iter().take(usize::from(number)).any(|earlier| Ed25519.same_key(&earlier.key, &owner.key)) {
                return Err(Error::new(Code::TrustOwners).at_key(number));
            }
            key_ids = key_ids.saturating_add(owner.ids.len());
        }
        if owners.len() > TRUST_OWNERS || key_ids > TRUST_KEY_IDS || attestations.len() > TRUST_ATTESTATIONS {
            return Err(Code::TrustLimit.into());
        }
        if owners.is_empty() {
            return Err(Code::TrustOwners.into());
        }
        if threshold == 0 || threshold > owners.len() {
            return Err(Code::TrustThreshold.into());
        }
        // A type is compared as it stands: some that are in use are no URIs, though the specification asks for one.
        let mut steps = attestations.iter().map(|required| required.step).chain([product_step]);
        let is_good = steps.all(|step| step.is_none_or(|step| is_step_name(step.as_bytes())))
            && attestations.iter().all(|required| !required.predicate_type.is_empty())
            && self.artifact.is_none_or(|name| is_artifact_name(name.as_bytes()));
        if is_good { Ok(()) } else { Err(Code::TrustSyntax.into()) }
    }
}

/// An Ed25519 key is 32 bytes, in whatever way they are written; of others only the form is known here.
fn is_usable(owner: &OwnerKey<'_>) -> bool {
    let key = &owner.key;
    let is_good = if key.keytype.is("ed25519") || key.scheme.is("ed25519") {
        key.keytype == key.scheme && key.public.ed25519().is_some()
    } else {
        !key.keytype.is_empty() && !key.scheme.is_empty() && key.public.text().is_some_and(is_base64)
    };
    is_good && owner.ids.iter().all(|id| !id.is_empty())
}

/// Could this be bytes in base64 (RFC 4648, section 4), on one line? Whoever decodes them says whether they are.
fn is_base64(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
}

/// The earliest time, where there is one.
fn time(text: Option<&str>) -> Result<Option<Time>> {
    match text {
        None => Ok(None),
        Some(text) => Ok(Some(Time::parse(text).ok_or(Code::TrustTime)?)),
    }
}

#[cfg(test)]
mod tests;
