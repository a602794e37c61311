//! A trust policy that owners of the one before have signed (firmware/BOOT.md). Every byte of it may come from an attacker.
//!
//! | bytes | |
//! |---|---|
//! | 4 | `SITU` |
//! | 4 | [`VERSION`] |
//! | 4 | how many signatures there are, 1 to [`TRUST_OWNERS`] |
//! | 4 | length of the policy |
//! | | the policy in its compiled form (core/BUNDLE.md, section 12.2) |
//! | 96 each | signatures: an owner's Ed25519 key and his signature |
//!
//! Numbers are little-endian. The signatures are over DSSE's pre-authentication encoding of the policy with the payload type [`PAYLOAD_TYPE`].

use crate::bundle::Str;
use crate::error::{Code, Error, Result};
use crate::limits::{GREATEST_NUMBER, TRUST_OWNERS};
use crate::text::Writer;
use crate::text::dsse;
use crate::trust::signature::{Message, PublicKey, Schemes};
use crate::trust::trust_policy::TrustPolicy;
use crate::wire::Input;

/// The first bytes of a policy update.
pub const MAGIC: [u8; 4] = *b"SITU";

/// The version of the format that this crate reads.
pub const VERSION: u32 = 1;

/// The payload type of the signed policy.
pub const PAYLOAD_TYPE: &str = "application/vnd.sitrep.trust-policy";

/// A policy update, read in place; its signatures were not looked at yet.
#[derive(Clone, Copy, Debug)]
pub struct PolicyUpdate<'a> {
    /// The new policy, in its compiled form.
    pub policy: &'a [u8],
    /// Public key and signature of whoever signed.
    pub signatures: &'a [[u8; 96]],
}

/// The start of a policy update with so many signatures on a policy of so many bytes.
#[must_use]
pub fn head(signatures: u32, policy: u32) -> [u8; PolicyUpdate::HEAD] {
    let mut head = [0; PolicyUpdate::HEAD];
    for (place, field) in
        head.as_chunks_mut::<4>().0.iter_mut().zip([u32::from_le_bytes(MAGIC), VERSION, signatures, policy])
    {
        *place = field.to_le_bytes();
    }
    head
}

impl<'a> PolicyUpdate<'a> {
    /// Where the policy starts, in bytes.
    pub const HEAD: usize = 16;

    /// Reads a policy update, which has to be all of `bytes`.
    ///
    /// # Errors
    /// [`Code::PolicyUpdateForm`] where it is none.
    pub fn read(bytes: &'a [u8]) -> Result<Self> {
        read(bytes).ok_or(Code::PolicyUpdateForm.into())
    }

    /// Checks that as many owners of `current` as its threshold says have signed the new policy, and that its revision is greater than `revision`, and one that
    /// another can follow.
    ///
    /// Of the new policy only the form and the number of owners are checked, as by [`TrustPolicy::read_page`]: nothing verifies under one that names too few owners, and so
    /// it never comes into force.
    ///
    /// # Errors
    /// [`Code::PolicyUpdateSignature`], [`Code::PolicyUpdateRevision`]; [`Code::TrustVersion`], [`Code::TrustSyntax`], [`Code::TrustTime`],
    /// [`Code::TrustLimit`].
    #[inline(never)]
    pub fn verify(&self, current: &TrustPolicy<'_>, revision: u32, schemes: &dyn Schemes) -> Result<TrustPolicy<'a>> {
        let owners = &current.trust.owners;
        let mut signers: usize = 0;
        for (number, owner) in owners.iter().enumerate() {
            // A key that is given twice is one owner.
            if owners.iter().take(number).any(|earlier| schemes.same_key(&earlier.key, &owner.key)) {
                continue;
            }
            if self.signatures.iter().any(|signature| self.is_by(&owner.key, signature, schemes)) {
                signers = signers.saturating_add(1);
            }
        }
        if signers < current.trust.threshold.max(1) {
            return Err(Code::PolicyUpdateSignature.into());
        }
        let new = TrustPolicy::read_page(self.policy)?;
        if new.trust.owners.len() > TRUST_OWNERS {
            return Err(Code::TrustLimit.into());
        }
        // Where it were the greatest there is, no other would ever take its place.
        let is_next = new.revision > revision && new.revision <= GREATEST_NUMBER;
        if is_next { Ok(new) } else { Err(Code::PolicyUpdateRevision.into()) }
    }

    fn is_by(&self, owner: &PublicKey<'_>, signature: &[u8; 96], schemes: &dyn Schemes) -> bool {
        let Some((key, signature)) = signature.split_first_chunk::<32>() else { return false };
        // Each signature names one key, so that there are no more to check than there are signatures.
        owner.public.ed25519().is_some_and(|owner| owner == *key)
            && schemes.verify(owner, signature, &mut SignedPolicy(self.policy)).is_ok()
    }
}

fn read(bytes: &[u8]) -> Option<PolicyUpdate<'_>> {
    let ([magic, version, signatures, length], _) = bytes.as_chunks::<4>().0.split_first_chunk()?;
    let mut input = Input::new(bytes.get(PolicyUpdate::HEAD..)?);
    if *magic != MAGIC || u32::from_le_bytes(*version) != VERSION {
        return None;
    }
    // 32 bits fit usize on every target that core supports.
    let policy = input.take(u32::from_le_bytes(*length) as usize).ok()?;
    let (signatures_at, rest) = input.rest().as_chunks::<96>();
    let count = u32::from_le_bytes(*signatures) as usize;
    let is_good =
        rest.is_empty() && !policy.is_empty() && count == signatures_at.len() && (1..=TRUST_OWNERS).contains(&count);
    is_good.then_some(PolicyUpdate { policy, signatures: signatures_at })
}

/// What the signatures are over.
#[derive(Clone, Copy, Debug)]
pub struct SignedPolicy<'a>(
    /// The policy in its compiled form.
    pub &'a [u8],
);

impl Message for SignedPolicy<'_> {
    #[inline(never)]
    fn write(&mut self, sink: &mut dyn FnMut(&[u8])) -> core::result::Result<(), Error> {
        let Self(policy) = *self;
        dsse::write_header(&mut Writer::new(&mut [0; 64], sink), Str::new(PAYLOAD_TYPE), policy.len() as u32);
        sink(policy);
        Ok(())
    }
}
