//! Who signed a layout: its owners, or for a sublayout the functionary in place of whose link it stands.

use sha2::{Digest, Sha256};

use crate::budget::Budget;
use crate::bundle::{Bundle, Envelope, Extra, Kind};
use crate::error::{Code, Error, Result};
use crate::metadata::link::{Evidence, LinkState, LinkStatus};
use crate::trust::keys::KeySet;
use crate::trust::signature::{Message, Schemes, SignatureError, SignedBytes, effort, is_in_form};
use crate::trust::{OwnerKey, Trust};

/// The first bytes of a SHA-256. Who finds another sublayout with the same ones has only what he signs refused.
pub(crate) type ShortDigest = [u8; 8];

/// A layout that was signed by whom it has to be. Only [`check_owners`] makes one of the root layout, and only [`SignedLayout::of_functionary`] of
/// a sublayout; layouts are read from nothing else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignedLayout<'b> {
    envelope: Envelope<'b>,
    owners: KeySet,
    link: Option<u16>,
    digest: Extra<ShortDigest>,
}

impl<'b> SignedLayout<'b> {
    pub(crate) const fn envelope(&self) -> &Envelope<'b> {
        &self.envelope
    }

    /// Which of the owners signed, by number.
    pub(crate) const fn owners(&self) -> KeySet {
        self.owners
    }

    /// The number of the link in whose place it stands.
    pub(crate) const fn link(&self) -> Option<u16> {
        self.link
    }

    /// Of a sublayout, what tells apart what was signed.
    pub(crate) const fn digest(&self) -> Extra<ShortDigest> {
        self.digest
    }

    /// The sublayout that a functionary gave in place of link `number`; `None` where that is no sublayout, or does not count.
    #[inline(never)]
    pub(crate) fn of_functionary<const PATH: usize>(
        number: u16,
        link: &LinkState,
        bundle: &'b Bundle<'b>,
        budget: &Budget,
    ) -> Result<Option<Self>> {
        if link.evidence != Evidence::Sublayout || link.status != LinkStatus::Counted {
            return Ok(None);
        }
        let envelope = bundle.envelope(link.envelope)?;
        let digest = Extra::read(|| {
            let mut hasher = Sha256::new();
            SignedBytes::<PATH> { envelope: &envelope, bundle, budget }.write(&mut |chunk| hasher.update(chunk))?;
            Ok(hasher.finalize().first_chunk().copied().unwrap_or_default())
        })?;
        Ok(Some(Self { envelope, owners: KeySet::default(), link: Some(number), digest }))
    }
}

/// Checks the owners' signatures on the layout: at least `threshold` of them must have a good one.
#[inline(never)]
pub(crate) fn check_owners<'b>(
    envelope: Envelope<'b>,
    trust: &Trust<'_>,
    schemes: &dyn Schemes,
    message: &mut dyn Message,
    budget: &Budget,
) -> Result<SignedLayout<'b>> {
    if !envelope.is_in_toto() {
        return Err(Error::new(Code::LayoutPayloadType).in_envelope(0));
    }
    if matches!(envelope.kind(), Kind::Observation) {
        return Err(Error::new(Code::BundleEnvelope).in_envelope(0));
    }
    if trust.owners.is_empty() || trust.threshold == 0 {
        return Err(Code::OwnerNone.into());
    }
    let mut owners = KeySet::default();
    let mut refusal = None;
    for (number, owner) in (0_u16..).zip(trust.owners.iter()) {
        // A key that is given twice is one owner.
        if trust.owners.iter().take(usize::from(number)).any(|earlier| schemes.same_key(&earlier.key, &owner.key)) {
            continue;
        }
        match check_owner(&envelope, &owner, schemes, message, budget)? {
            None => owners.insert(number),
            Some(code) => refusal = refusal.or(Some(Error::new(code).at_key(number))),
        }
    }
    if owners.len() >= trust.threshold {
        return Ok(SignedLayout { envelope, owners, link: None, digest: Extra::new(ShortDigest::default()) });
    }
    // All have signed, but there are fewer keys than have to.
    Err(refusal.unwrap_or(Error::new(Code::OwnerUnsigned)))
}

/// Looks for a good signature of one owner; the reason, where there is none.
fn check_owner(
    envelope: &Envelope<'_>,
    owner: &OwnerKey<'_>,
    schemes: &dyn Schemes,
    message: &mut dyn Message,
    budget: &Budget,
) -> Result<Option<Code>> {
    let mut reason = Code::OwnerUnsigned;
    for signature in envelope.signatures() {
        if !envelope.may_be_by(&signature, |keyid| owner.ids.iter().any(|id| keyid.is(id))) {
            continue;
        }
        if !is_in_form(envelope, &signature, schemes, &owner.key) {
            reason = Code::OwnerSignature;
            continue;
        }
        budget.spend(effort(envelope.work(), schemes, &owner.key))?;
        reason = match schemes.verify(&owner.key.signing_as(signature.keyid), signature.bytes, message) {
            Ok(()) => return Ok(None),
            Err(SignatureError::Message(error)) => return Err(error),
            Err(SignatureError::Unsupported | SignatureError::Key) => Code::OwnerScheme,
            Err(SignatureError::Bad) => Code::OwnerSignature,
        };
    }
    Ok(Some(reason))
}
