//! Asks core, with the memory, the limits and the signature schemes of a profile.

pub mod products;
pub mod report;

use sitrep_core::{
    BootMemory, Bundle, Clock, DeviceMemory, Ed25519, Error, Executor, HostMemory, Inspections, Items, List, Observer,
    Outcome, OwnerKey, Parameter, PublicKey, Request, Schemes, Sequential, Str, Trust, verify,
};

use crate::keys::OwnerFile;
use crate::keys::schemes::HostSchemes;
use crate::profile::Profile;

/// What the rules of the layout consumed, in the order of the checks.
#[derive(Debug, Default)]
pub struct Applied(pub Vec<AppliedRule>);

/// One rule, by number, and how many artifacts it consumed; for `REQUIRE`, whether its artifact was there.
#[derive(Clone, Copy, Debug)]
pub struct AppliedRule {
    /// Number of the step; inspections count on after the steps.
    pub step: u16,
    /// Which of its two lists.
    pub list: List,
    /// Number of the rule in the list.
    pub rule: u16,
    /// How many artifacts.
    pub consumed: u32,
}

impl Observer for Applied {
    fn rule(&mut self, step: u16, list: List, rule: u16, consumed: u32) {
        self.0.push(AppliedRule { step, list, rule, consumed });
    }
}

/// What is believed, and as of when.
#[derive(Clone, Copy)]
pub struct Verifier<'a> {
    /// The owners' keys.
    pub owners: &'a [OwnerFile],
    /// What else is believed and demanded; its own `owners` are not looked at.
    pub trust: Trust<'a>,
    /// Values for the layout's parameters.
    pub parameters: &'a [Parameter<'a>],
    /// The time.
    pub clock: &'a dyn Clock,
    /// The machine that is verified for: its limits and its schemes.
    pub profile: Profile,
    /// Who checks the links' signatures: one after the other, or on every processor where there are threads.
    pub executor: &'a dyn Executor,
}

impl<'a> Verifier<'a> {
    /// All of these owners must have signed; nothing else is demanded, and inspections are refused.
    #[must_use]
    pub const fn new(owners: &'a [OwnerFile], clock: &'a dyn Clock, profile: Profile) -> Self {
        Self { owners, trust: Trust::new(&[], owners.len()), parameters: &[], clock, profile, executor: &Sequential }
    }

    /// Verifies a bundle and hands the outcome to `then`, because it borrows from memory that does not outlive this call.
    ///
    /// # Errors
    /// Core's, when the bytes are no bundle. What is wrong with its contents is in the outcome.
    pub fn verify<R>(&self, bytes: &[u8], then: impl FnOnce(&Outcome<'_, '_>, &Applied) -> R) -> Result<R, Error> {
        let ids: Vec<Vec<&str>> =
            self.owners.iter().map(|owner| owner.ids.iter().map(String::as_str).collect()).collect();
        let owners: Vec<OwnerKey<'_>> =
            self.owners.iter().zip(&ids).map(|(owner, ids)| owner_key(owner, ids)).collect();
        let trust = Trust { owners: Items::new(&owners), ..self.trust };
        let (clock, trust, parameters, mut applied) = (self.clock, &trust, self.parameters, Applied::default());
        let executor = self.executor;
        let schemes: &dyn Schemes = match self.profile {
            Profile::Host => &HostSchemes,
            Profile::Device | Profile::Boot => &Ed25519,
        };
        let mut path = vec![0; self.profile.limits().path];
        let bundle = &self.open(bytes, &mut path)?;
        let request = Request { bundle, trust, clock, schemes, executor, parameters };
        // The profiles' memories are of different types.
        Ok(match self.profile {
            Profile::Host => {
                let mut memory = Box::new(HostMemory::new());
                then(&verify(&request, &mut memory, &mut applied), &applied)
            }
            Profile::Device => {
                let mut memory = Box::new(DeviceMemory::new());
                then(&verify(&request, &mut memory, &mut applied), &applied)
            }
            Profile::Boot => {
                let mut memory = Box::new(BootMemory::new());
                then(&verify(&request, &mut memory, &mut applied), &applied)
            }
        })
    }

    /// Observations are believed only where sitrep has just made them itself.
    fn open<'b>(&self, bytes: &'b [u8], path: &mut [u8]) -> Result<Bundle<'b>, Error> {
        match self.trust.inspections {
            Inspections::Observed => Bundle::open_with_observations(bytes, path),
            Inspections::Refuse | Inspections::Skip => Bundle::open_for(self.profile.limits().features, bytes, path),
        }
    }
}

fn owner_key<'a>(owner: &'a OwnerFile, ids: &'a [&'a str]) -> OwnerKey<'a> {
    let key =
        PublicKey { keytype: Str::new(&owner.keytype), scheme: Str::new(&owner.scheme), public: owner.public_half() };
    OwnerKey { key, ids: Items::new(ids) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::pack::{Packer, link_file_name};
    use crate::envelope::document::Document;
    use crate::json::Value;
    use crate::vectors;
    use crate::verification::report::Report;
    use sitrep_core::{FixedClock, Time};

    fn demo(set: &str, profile: Profile) -> Report {
        let file = |name: &str| format!("in-toto-demo/{set}/pristine/{name}");
        let owners = vectors::owners(&[&file("alice.pub")]).unwrap();
        let layout = Document::parse(&vectors::bytes(&file("root.layout"))).unwrap();
        let mut packer = Packer::new();
        packer.add("root.layout", layout.clone());
        for step in layout.payload().get("steps").into_iter().flat_map(Value::items) {
            let text = |value: Option<Value<'_>>| value.and_then(Value::as_str).unwrap().to_owned();
            let keyid = step.get("pubkeys").and_then(|keys| keys.items().next());
            let name = link_file_name(&text(step.get("name")), &text(keyid));
            packer.add(&name, Document::parse(&vectors::bytes(&file(&name))).unwrap());
        }
        let bundle = packer.finish(0).unwrap();
        let clock = FixedClock(Time::parse("2030-01-01T00:00:00Z").unwrap());
        let mut verifier = Verifier::new(&owners, &clock, profile);
        verifier.trust.inspections = Inspections::Skip;
        let report = verifier.verify(&bundle, |outcome, applied| {
            let verdict = outcome.verdict();
            let report = Report::new(&verdict).with_rules(outcome, applied);
            // The report is core's verdict, member for member and in its order.
            assert_eq!(serde_json::to_string(&report).unwrap(), serde_json::to_string(&verdict).unwrap());
            report
        });
        report.unwrap()
    }

    #[test]
    fn every_kind_of_key_is_verified_on_a_host() {
        for set in ["metablock-ed25519", "metablock-rsa", "metablock-ecdsa", "dsse-ed25519", "dsse-rsa", "dsse-ecdsa"] {
            let report = demo(set, Profile::Host);
            assert_eq!((report.verdict.as_str(), report.steps.len()), ("verified", 3), "{set}");
            assert!(report.rules.iter().any(|rule| rule.words == "MODIFY demo-project/foo.py" && rule.consumed == 1));
        }
    }

    #[test]
    fn a_device_knows_ed25519_only() {
        assert_eq!(demo("dsse-ed25519", Profile::Device).verdict, "verified");
        for set in ["dsse-rsa", "metablock-ecdsa"] {
            assert_eq!(demo(set, Profile::Device).error.unwrap().code, "owner-scheme", "{set}");
        }
    }
}
