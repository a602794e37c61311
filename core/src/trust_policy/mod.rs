//! The trust policy: what a verifier believes, as one small document (BUNDLE.md, section 12).
//!
//! People write it as JSON (`json`); devices read it compiled (`compiled`), and their images hold no reader of JSON. Both end in the same
//! [`TrustPolicy`], whose [`Trust`] is what [`crate::verify`] asks for. Nothing is allocated: lists lie in [`TrustMemory`], which the caller
//! lends, and texts stay where they were read.

mod compiled;
mod json;

use core::mem::take;

pub use compiled::{COMPILED_VERSION, MAGIC};
pub use json::{ComputedKeyIds, FORMAT, JSON_VERSION};

use crate::bundle::Str;
use crate::error::{Code, Error, Result};
use crate::limits::{TRUST_ATTESTATIONS, TRUST_KEY_IDS, TRUST_OWNERS};
use crate::names::{is_artifact_name, is_step_name};
use crate::signature::PublicKey;
use crate::time::Time;
use crate::trust::{Inspections, OwnerKey, RequiredAttestation, Trust};

/// A trust policy that has been read and checked.
#[derive(Clone, Copy, Debug)]
pub struct TrustPolicy<'a> {
    /// What the verifier believes. Keys other than Ed25519 stand here as in the policy, in base64: who can check their signatures decodes them.
    pub trust: Trust<'a>,
    /// The name under which the product's step records what is to be run or installed.
    pub artifact: Option<&'a str>,
}

/// Where a trust policy's lists lie: about 750 bytes on a 32-bit machine.
#[derive(Debug)]
pub struct TrustMemory<'a> {
    owners: [OwnerKey<'a>; TRUST_OWNERS],
    key_ids: [&'a str; TRUST_KEY_IDS],
    attestations: [RequiredAttestation<'a>; TRUST_ATTESTATIONS],
}

impl TrustMemory<'_> {
    /// Empty memory.
    #[must_use]
    pub const fn new() -> Self {
        let nothing = Str::Text("");
        let key = PublicKey { keytype: nothing, scheme: nothing, public: nothing };
        Self {
            owners: [OwnerKey { key, ids: &[] }; TRUST_OWNERS],
            key_ids: [""; TRUST_KEY_IDS],
            attestations: [RequiredAttestation { predicate_type: "", step: None }; TRUST_ATTESTATIONS],
        }
    }
}

impl Default for TrustMemory<'_> {
    fn default() -> Self {
        Self::new()
    }
}

/// The members of a policy that are no lists, as both forms have them.
#[derive(Clone, Copy)]
struct Fields<'a> {
    threshold: u32,
    inspections: Inspections,
    product_step: Option<&'a str>,
    artifact: Option<&'a str>,
    earliest_time: Option<&'a str>,
    security_version: u32,
}

/// A policy that is being read: every rule that both forms have in common.
struct Draft<'a> {
    owners: &'a mut [OwnerKey<'a>; TRUST_OWNERS],
    owner_count: usize,
    free_key_ids: &'a mut [&'a str],
    attestations: &'a mut [RequiredAttestation<'a>; TRUST_ATTESTATIONS],
    attestation_count: usize,
}

impl<'a> Draft<'a> {
    fn new(memory: &'a mut TrustMemory<'a>) -> Self {
        let TrustMemory { owners, key_ids, attestations } = memory;
        Self { owners, owner_count: 0, free_key_ids: key_ids, attestations, attestation_count: 0 }
    }

    /// Room for the key ids of one owner.
    fn key_ids(&mut self, count: usize) -> Result<&'a mut [&'a str]> {
        let (ids, rest) = take(&mut self.free_key_ids).split_at_mut_checked(count).ok_or(Code::TrustLimit)?;
        self.free_key_ids = rest;
        Ok(ids)
    }

    /// An Ed25519 key is 32 bytes, in whatever way they are written; of others only the form is known here.
    fn owner(&mut self, keytype: &'a str, scheme: &'a str, public: Str<'a>, ids: &'a [&'a str]) -> Result<()> {
        let number = self.owner_count as u16; // at most TRUST_OWNERS
        let refused = |code: Code| Error::new(code).at_key(number);
        let known = public.decode_hex::<32>();
        let is_good = if keytype == "ed25519" || scheme == "ed25519" {
            keytype == scheme && known.is_some()
        } else {
            !keytype.is_empty() && !scheme.is_empty() && public.text().is_some_and(is_base64)
        };
        if !is_good || ids.iter().any(|id| id.is_empty()) {
            return Err(refused(Code::TrustKey));
        }
        let mut earlier = self.owners.iter().take(self.owner_count);
        if earlier
            .any(|other| other.key.public == public || (known.is_some() && other.key.public.decode_hex() == known))
        {
            return Err(refused(Code::TrustOwners));
        }
        let key = PublicKey { keytype: Str::Text(keytype), scheme: Str::Text(scheme), public };
        *self.owners.get_mut(self.owner_count).ok_or(Code::TrustLimit)? = OwnerKey { key, ids };
        self.owner_count = self.owner_count.saturating_add(1);
        Ok(())
    }

    fn attestation(&mut self, predicate_type: &'a str, step: Option<&'a str>) -> Result<()> {
        // Compared as it stands: some types in use are no URIs, though the specification asks for one.
        if predicate_type.is_empty() || !step.is_none_or(is_step_name) {
            return Err(Code::TrustSyntax.into());
        }
        let place = self.attestations.get_mut(self.attestation_count).ok_or(Code::TrustLimit)?;
        *place = RequiredAttestation { predicate_type, step };
        self.attestation_count = self.attestation_count.saturating_add(1);
        Ok(())
    }

    fn finish(self, fields: Fields<'a>) -> Result<TrustPolicy<'a>> {
        let Fields { threshold, inspections, product_step, artifact, earliest_time, security_version } = fields;
        let (owners, attestations): (&'a [_], &'a [_]) = (self.owners, self.attestations);
        let owners = owners.get(..self.owner_count).unwrap_or_default();
        let attestations = attestations.get(..self.attestation_count).unwrap_or_default();
        if owners.is_empty() {
            return Err(Code::TrustOwners.into());
        }
        // 32 bits fit usize on every target that core supports.
        let threshold = threshold as usize;
        if threshold == 0 || threshold > owners.len() {
            return Err(Code::TrustThreshold.into());
        }
        if !product_step.is_none_or(is_step_name) || !artifact.is_none_or(|name| is_artifact_name(name.as_bytes())) {
            return Err(Code::TrustSyntax.into());
        }
        let earliest_time = match earliest_time {
            None => None,
            Some(text) => Some(Time::parse(text).ok_or(Code::TrustTime)?),
        };
        let trust =
            Trust { owners, threshold, inspections, product_step, attestations, security_version, earliest_time };
        Ok(TrustPolicy { trust, artifact })
    }
}

/// Could this be bytes in base64 (RFC 4648, section 4), on one line? Whoever decodes them says whether they are.
fn is_base64(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
}

#[cfg(test)]
mod tests;
