//! One verification, from the bytes of a request to what an artifact is compared with.

use sha2::{Digest as _, Sha256};
#[cfg(feature = "host")]
use sitrep_core::TrustMemory;
use sitrep_core::{
    Attested, Bundle, Clock, Code, Comparison, Device, Ed25519, Error, Outcome, Product, Request, Sequential, Time,
    Trust, TrustPolicy, trust_policy::SLOT, verify,
};

use crate::room::{LIMITS, Room};

/// What C asks for, as slices.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inputs<'i> {
    pub(crate) trust_policy: &'i [u8],
    pub(crate) bundle: &'i [u8],
    /// The artifact's name, where the trust policy does not say it.
    pub(crate) artifact: Option<&'i str>,
    /// The artifact's length in bytes, if known.
    pub(crate) artifact_size: Option<u64>,
    /// The present time, if known.
    pub(crate) now: Option<Time>,
    /// What the trust policy's may be too low for.
    pub(crate) earliest_time: Option<Time>,
    pub(crate) security_version: u32,
    /// What the artifact has to be for.
    pub(crate) device: Option<Device<'i>>,
}

/// The digest of all inputs, by which a request is known again.
pub(crate) type Fingerprint = [u8; 32];

impl Inputs<'_> {
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let time = |time: Option<Time>| time.map_or(0, |time| time.0).to_le_bytes();
        let mut hasher = Sha256::new();
        let [product, hardware] = self.device.map_or([""; 2], |device| [device.product, device.hardware]);
        let texts = [self.artifact.unwrap_or_default(), product, hardware].map(str::as_bytes);
        for bytes in [self.trust_policy, self.bundle].into_iter().chain(texts) {
            hasher.update((bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        }
        hasher.update(self.artifact_size.unwrap_or_default().to_le_bytes());
        hasher.update(time(self.now));
        hasher.update(time(self.earliest_time));
        hasher.update(self.security_version.to_le_bytes());
        hasher.finalize().into()
    }

    /// The trust policy with what the caller knows beyond it: neither can be lowered.
    fn raise<'t>(&'t self, trust: &Trust<'t>) -> Trust<'t> {
        Trust {
            security_version: trust.security_version.max(self.security_version),
            earliest_time: trust.earliest_time.max(self.earliest_time),
            device: self.device.or(trust.device),
            ..*trust
        }
    }
}

/// A verification that came to an outcome.
#[derive(Clone, Copy)]
pub(crate) struct Examined<'v, 'm, 'b> {
    pub(crate) outcome: &'v Outcome<'m, 'b>,
    pub(crate) bundle: &'b Bundle<'b>,
    /// The name that the artifact has in the supply chain.
    pub(crate) artifact: &'v str,
    artifact_size: Option<u64>,
}

impl<'b> Examined<'_, '_, 'b> {
    /// What the chain says of the artifact.
    ///
    /// # Errors
    /// The chain's refusal, or why it has no such product.
    #[inline(never)]
    pub(crate) fn product(&self) -> Result<Product<'b>, Error> {
        self.outcome.supply_chain()?.product(self.artifact, &mut [0; LIMITS.path])
    }

    /// What the artifact is compared with, and what the chain says of its security.
    ///
    /// # Errors
    /// The chain's refusal, or why it has no such product.
    #[inline(never)]
    pub(crate) fn comparison(&self) -> Result<(Comparison, Attested), Error> {
        let product = self.product()?;
        Ok((product.comparison(self.artifact_size)?, product.attested()))
    }
}

/// Verifies, and calls `tell` with what came of it.
///
/// # Errors
/// Why there is nothing to tell: the trust policy or the bundle cannot be read.
pub(crate) fn examine<R>(
    inputs: &Inputs<'_>,
    room: &mut Room,
    tell: impl FnOnce(&Examined<'_, '_, '_>) -> R,
) -> Result<R, Error> {
    #[cfg(feature = "host")]
    let mut memory = TrustMemory::new();
    #[cfg(feature = "host")]
    let policy = if inputs.trust_policy.starts_with(&sitrep_core::trust_policy::MAGIC) {
        TrustPolicy::read(inputs.trust_policy)?
    } else {
        TrustPolicy::from_json(inputs.trust_policy, &mut memory)?
    };
    // As the boot loader: the page may be longer than the policy.
    #[cfg(not(feature = "host"))]
    let policy = TrustPolicy::read_page(inputs.trust_policy)?;

    let artifact = artifact_name(policy.artifact, inputs.artifact)?;
    let bundle = &open(inputs.bundle)?;
    let trust = &inputs.raise(&policy.trust);
    let clock = &Given(inputs.now);
    let request = Request { bundle, trust, clock, schemes: &Ed25519, executor: &Sequential, parameters: &[] };
    let outcome = &verify(&request, room.memory(), &mut ());
    Ok(tell(&Examined { outcome, bundle, artifact, artifact_size: inputs.artifact_size }))
}

/// The trust policy's word counts: a caller that names something else means something else. Only which slot the artifact is for is the caller's
/// to say, where the trust policy leaves room for it.
fn artifact_name<'n>(policy: Option<&'n str>, caller: Option<&'n str>) -> Result<&'n str, Error> {
    match (policy, caller) {
        (None, Some(name)) => Ok(name),
        (Some(name), None) if slot_of(name).is_none() => Ok(name),
        (Some(name), Some(same)) if name == same && slot_of(name).is_none() => Ok(name),
        (Some(name), Some(in_slot)) if is_in_slot(name, in_slot) => Ok(in_slot),
        _ => Err(Code::TrustArtifact.into()),
    }
}

/// Where a name leaves room for the slot's.
fn slot_of(name: &str) -> Option<usize> {
    name.as_bytes().windows(SLOT.len()).position(|window| window == SLOT.as_bytes())
}

/// Is this the name, with `a` or `b` for the slot?
fn is_in_slot(name: &str, in_slot: &str) -> bool {
    let parts = slot_of(name).and_then(|at| Some((name.get(..at)?, name.get(at.saturating_add(SLOT.len())..)?)));
    let slot = parts.and_then(|(before, after)| in_slot.strip_prefix(before)?.strip_suffix(after));
    matches!(slot, Some("a" | "b"))
}

// Apart, so that its buffer is gone from the stack while signatures are checked.
#[inline(never)]
fn open(bytes: &[u8]) -> Result<Bundle<'_>, Error> {
    Bundle::open_for(LIMITS.features, bytes, &mut [0; LIMITS.path])
}

/// The time that the caller gave.
struct Given(Option<Time>);

impl Clock for Given {
    fn now(&self) -> Option<Time> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trust_policy_names_the_artifact() {
        let name = |policy, caller| artifact_name(policy, caller).ok();
        assert_eq!(name(Some("app"), None), Some("app"));
        assert_eq!(name(Some("app"), Some("app")), Some("app"));
        assert_eq!(name(None, Some("app")), Some("app"));
        assert_eq!(name(Some("app"), Some("other")), None);
        assert_eq!(name(None, None), None);

        assert_eq!(name(Some("app-{slot}.bin"), Some("app-a.bin")), Some("app-a.bin"));
        assert_eq!(name(Some("app-{slot}.bin"), Some("app-b.bin")), Some("app-b.bin"));
        for other in ["app-c.bin", "app-.bin", "app-ab.bin", "app-a", "a", "app-{slot}.bin", "a.bin", "app-.bina.bin"] {
            assert_eq!(name(Some("app-{slot}.bin"), Some(other)), None, "{other}");
        }
        assert_eq!(name(Some("app-{slot}.bin"), None), None);
        assert_eq!(name(Some("{slot}"), Some("a")), Some("a"));
    }
}
