//! Asks core, with the memory, the limits and the signature schemes of a profile.

use sitrep_core::{
    BootMemory, Bundle, Clock, DeviceMemory, Ed25519, Error, Executor, HostMemory, Inspections, Items, List, Observer,
    Outcome, OwnerKey, Parameter, PublicKey, Request, Schemes, Sequential, Str, Trust, verify,
};

use crate::args::Profile;
use crate::error::CliError;
use crate::executor::Threads;
use crate::keys::OwnerFile;
use crate::schemes::HostSchemes;

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
}

/// The parameters of a command line.
///
/// # Errors
/// [`CliError::ParameterTwice`] where one has two values.
pub fn parameters(given: &[(String, String)]) -> Result<Vec<Parameter<'_>>, CliError> {
    let mut parameters: Vec<Parameter<'_>> = Vec::with_capacity(given.len());
    for (name, value) in given {
        if parameters.iter().any(|earlier| earlier.name == name) {
            return Err(CliError::ParameterTwice(name.clone()));
        }
        parameters.push(Parameter { name, value });
    }
    Ok(parameters)
}

impl<'a> Verifier<'a> {
    /// All of these owners must have signed; nothing else is demanded, and inspections are refused.
    #[must_use]
    pub const fn new(owners: &'a [OwnerFile], clock: &'a dyn Clock, profile: Profile) -> Self {
        Self { owners, trust: Trust::new(&[], owners.len()), parameters: &[], clock, profile }
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
        let threads;
        let (schemes, executor): (&dyn Schemes, &dyn Executor) = match self.profile {
            Profile::Host => {
                threads = Threads::available();
                (&HostSchemes, &threads)
            }
            Profile::Device | Profile::Boot => (&Ed25519, &Sequential),
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
    let key = PublicKey {
        keytype: Str::Text(&owner.keytype),
        scheme: Str::Text(&owner.scheme),
        public: Str::Text(&owner.public).into(),
    };
    OwnerKey { key, ids: Items::new(ids) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Source;
    use crate::keys::read_owners;
    use crate::report::Report;
    use crate::source::Loaded;
    use sitrep_core::{FixedClock, Time};
    use std::path::PathBuf;

    fn demo(set: &str, profile: Profile) -> Report {
        let directory: PathBuf =
            [env!("CARGO_MANIFEST_DIR"), "../tests/vectors/in-toto-demo", set, "pristine"].iter().collect();
        let owners = read_owners(&[directory.join("alice.pub")]).unwrap();
        let source = Source {
            input: Some(directory.join("root.layout")),
            layout: None,
            link_dir: None,
            attestations: Vec::new(),
        };
        let loaded = Loaded::new(&source, 0).unwrap();
        let clock = FixedClock(Time::parse("2030-01-01T00:00:00Z").unwrap());
        let mut verifier = Verifier::new(&owners, &clock, profile);
        verifier.trust.inspections = Inspections::Skip;
        let report = verifier.verify(&loaded.bundle, |outcome, applied| {
            let verdict = outcome.verdict();
            let report = Report::new(&verdict).with_rules(outcome, applied);
            // The report is core's verdict, member for member and in its order.
            assert_eq!(report.json(), serde_json::to_string_pretty(&verdict).unwrap() + "\n");
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
