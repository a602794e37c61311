//! Asks core, with the memory, the limits and the signature schemes of a profile.

use sitrep_core::bundle::Str;
use sitrep_core::{
    Clock, DeviceMemory, Ed25519, Error, HostMemory, Inspections, Outcome, OwnerKey, PublicKey, Request, Sequential,
    Trust, limits, verify,
};

use crate::args::Profile;
use crate::executor::Threads;
use crate::keys::OwnerFile;
use crate::schemes::HostSchemes;
use crate::source::open;

/// What is believed, and as of when.
#[derive(Clone, Copy)]
pub struct Verifier<'a> {
    /// The owners, all of whom must have signed.
    pub owners: &'a [OwnerFile],
    /// The time.
    pub clock: &'a dyn Clock,
    /// The machine that is verified for: its limits and its schemes.
    pub profile: Profile,
    /// What to do about inspections.
    pub inspections: Inspections,
}

impl Verifier<'_> {
    /// Verifies a bundle and hands the outcome to `then`, because it borrows from memory that does not outlive this call.
    ///
    /// # Errors
    /// Core's, when the bytes are no bundle. What is wrong with its contents is in the outcome.
    pub fn verify<R>(&self, bytes: &[u8], then: impl FnOnce(&Outcome<'_, '_>, &Trust<'_>) -> R) -> Result<R, Error> {
        let ids: Vec<Vec<&str>> =
            self.owners.iter().map(|owner| owner.ids.iter().map(String::as_str).collect()).collect();
        let owners: Vec<OwnerKey<'_>> =
            self.owners.iter().zip(&ids).map(|(owner, ids)| owner_key(owner, ids)).collect();
        let trust = Trust { owners: &owners, threshold: owners.len(), inspections: self.inspections };
        let (clock, trust) = (self.clock, &trust);
        match self.profile {
            Profile::Host => {
                let mut path = vec![0; limits::HOST.path];
                let bundle = &self.open(bytes, &mut path)?;
                let request = Request { bundle, trust, clock, schemes: &HostSchemes, executor: &Threads::available() };
                let mut memory = Box::new(HostMemory::new());
                Ok(then(&verify(&request, &mut memory, &mut ()), trust))
            }
            Profile::Device => {
                let mut path = vec![0; limits::DEVICE.path];
                let bundle = &self.open(bytes, &mut path)?;
                let request = Request { bundle, trust, clock, schemes: &Ed25519, executor: &Sequential };
                let mut memory = Box::new(DeviceMemory::new());
                Ok(then(&verify(&request, &mut memory, &mut ()), trust))
            }
        }
    }

    /// Observations are believed only where sitrep has just made them itself.
    fn open<'b>(&self, bytes: &'b [u8], path: &mut [u8]) -> Result<sitrep_core::bundle::Bundle<'b>, Error> {
        match self.inspections {
            Inspections::Observed => sitrep_core::bundle::Bundle::open(bytes, path),
            Inspections::Refuse | Inspections::Skip => open(bytes, path),
        }
    }
}

fn owner_key<'a>(owner: &'a OwnerFile, ids: &'a [&'a str]) -> OwnerKey<'a> {
    let key = PublicKey {
        keytype: Str::Text(&owner.keytype),
        scheme: Str::Text(&owner.scheme),
        public: Str::Text(&owner.public),
    };
    OwnerKey { key, ids }
}
