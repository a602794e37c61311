//! Trust policies on the host (core's BUNDLE.md, section 12): read from either form, written in both.
//!
//! Core decides what is a policy; here are the keys that core does not decode, the words for what is wrong, and the writing.

mod compile;
mod document;
mod error;
mod required;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sitrep_core::RequiredAttestation as CoreAttestation;
use sitrep_core::limits::{Features, GREATEST_NUMBER, Limits, SLOT_NAME};
use sitrep_core::trust_policy::{FORMAT, MAGIC, SLOT};
use sitrep_core::update::policy_update::PAYLOAD_TYPE;
use sitrep_core::{Code, Error, Inspections, Items, OwnerKey, Time, Trust, TrustMemory, TrustPolicy};

use crate::envelope::dsse::Envelope;
use crate::keys::host_key::HostKey;
use crate::keys::key_fault::KeyFault;
use crate::keys::{KeyError, KeyFileFault, OwnerFile};

pub use document::WriteError;
pub use error::{PolicyError, PolicyFault};
pub use required::RequiredAttestation;

/// Largest policy that is read, in bytes. Eight RSA keys of 8192 bits take 12 KiB; this keeps a wrong file from being read whole.
pub const MAX_POLICY: u64 = 64 * 1024;

/// Largest signed policy that is replaced, in bytes: base64 of the largest policy, and signatures.
pub const MAX_SIGNED: u64 = 2 * MAX_POLICY;

/// What a verifier believes.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The project owners' keys.
    pub owners: Vec<OwnerFile>,
    /// How many of them must have signed the layout.
    pub threshold: usize,
    /// The step whose products count; the layout's last where it is not named.
    pub product_step: Option<String>,
    /// The name under which that step records what is to be run.
    pub artifact: Option<String>,
    /// What becomes of a layout with inspections where they are not run.
    pub inspections: Inspections,
    /// Attestations that a chain must have.
    pub attestations: Vec<RequiredAttestation>,
    /// It is certainly later than this.
    pub earliest_time: Option<Time>,
    /// The security version that must at least be attested.
    pub security_version: u32,
    /// Which of the policies it is that replace one another: only one with a greater number replaces another.
    pub revision: u32,
}

/// The forms of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Json,
    /// For devices.
    Compiled,
}

/// A name with `{slot}` has the same limit in every profile.
const SLOT_HINT: &str = "give what is run a shorter name: with the slot's letter in it 64 bytes at most";

const REVISION_HINT: &str =
    "give the policy the revision that follows that of the one in force: revisions are counted up by one";

const VERSION_HINT: &str = "demand a security version that is attested: they are counted up by one";

/// Something in a valid policy for which no device should get it: it would refuse it, or could never replace it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The code that the device would answer with, to the policy or to what is to replace it.
    pub code: Code,
    /// What it is about, where the code alone does not say it.
    pub about: Option<String>,
    /// What to do about it.
    pub hint: &'static str,
}

impl Obstacle {
    /// One with the hint that goes with the code.
    const fn new(code: Code, about: Option<String>) -> Self {
        Self { code, about, hint: code.hint() }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.code)?;
        f.write_str(self.about.as_deref().unwrap_or(self.code.message()))
    }
}

impl Policy {
    /// All of these owners must have signed; nothing else is demanded, and inspections are refused.
    #[must_use]
    pub const fn all_of(owners: Vec<OwnerFile>) -> Self {
        Self {
            threshold: owners.len(),
            owners,
            product_step: None,
            artifact: None,
            inspections: Inspections::Refuse,
            attestations: Vec::new(),
            earliest_time: None,
            security_version: 0,
            revision: 0,
        }
    }

    /// Reads a policy from the contents of the file `path`.
    ///
    /// # Errors
    /// [`PolicyFault`] when they are no valid policy.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<(Self, Form), PolicyFault> {
        if bytes.len() as u64 > MAX_POLICY {
            return Err(PolicyFault::TooLarge);
        }
        let mut memory = TrustMemory::new();
        let (policy, form) = if bytes.starts_with(&MAGIC) {
            (TrustPolicy::read(bytes), Form::Compiled)
        } else {
            (TrustPolicy::from_json(bytes, &mut memory), Form::Json)
        };
        match policy {
            Ok(policy) => Ok((Self::of_core(path, &policy)?, form)),
            Err(_) if is_signed_policy(bytes) => Err(PolicyFault::Signed),
            Err(error) => {
                let reason = if form == Form::Json { document::explain(bytes, error) } else { None };
                Err(PolicyFault::Refused { error, reason })
            }
        }
    }

    fn of_core(path: &Path, policy: &TrustPolicy<'_>) -> Result<Self, PolicyFault> {
        let trust = &policy.trust;
        let mut owners: Vec<OwnerFile> = Vec::with_capacity(trust.owners.len());
        for (number, owner) in (1..).zip(trust.owners.iter()) {
            let of_this = |fault| PolicyFault::Key(KeyError { path: format!("owner {number}").into(), fault });
            let owner = owner_file(path, &owner).map_err(of_this)?;
            // Core compares texts, and one key can be written in several ways.
            if owners.iter().any(|other| other.decoded() == owner.decoded()) {
                let error = Error::new(Code::TrustOwners);
                return Err(PolicyFault::Refused { error, reason: Some(format!("owner {number} is one before")) });
            }
            owners.push(owner);
        }
        let attestations = trust.attestations.iter().map(|required| RequiredAttestation {
            predicate_type: required.predicate_type.into(),
            step: required.step.map(Into::into),
        });
        Ok(Self {
            owners,
            threshold: trust.threshold,
            product_step: trust.product_step.map(Into::into),
            artifact: policy.artifact.map(Into::into),
            inspections: trust.inspections,
            attestations: attestations.collect(),
            earliest_time: trust.earliest_time,
            security_version: trust.security_version,
            revision: policy.revision,
        })
    }

    /// The names that what is to be run may have: of each slot, where the policy's name holds [`SLOT`].
    #[must_use]
    pub fn artifact_names(&self) -> Vec<String> {
        match &self.artifact {
            None => Vec::new(),
            Some(name) if name.contains(SLOT) => ["a", "b"].map(|slot| name.replacen(SLOT, slot, 1)).to_vec(),
            Some(name) => vec![name.clone()],
        }
    }

    /// Does it demand something of the product's step, so that naming another one would move the demand to other people?
    #[must_use]
    pub fn depends_on_product(&self) -> bool {
        self.security_version > 0 || self.attestations.iter().any(|one| one.step.is_none())
    }

    /// The attestations that it demands, and `more` of them, for [`Self::trust`].
    #[must_use]
    pub fn required_attestations<'a>(&'a self, more: &'a [RequiredAttestation]) -> Vec<CoreAttestation<'a>> {
        let both = self.attestations.iter().chain(more);
        both.map(|it| CoreAttestation { predicate_type: &it.predicate_type, step: it.step.as_deref() }).collect()
    }

    /// What core is to believe, but for the owners' keys.
    #[must_use]
    pub fn trust<'a>(&'a self, attestations: &'a [CoreAttestation<'a>]) -> Trust<'a> {
        Trust {
            owners: Items::new(&[]),
            threshold: self.threshold,
            inspections: self.inspections,
            product_step: self.product_step.as_deref(),
            attestations: Items::new(attestations),
            security_version: self.security_version,
            earliest_time: self.earliest_time,
            device: None,
        }
    }

    /// Why no device should get it, though the policy is valid.
    #[must_use]
    pub fn device_obstacles(&self, limits: &Limits) -> Vec<Obstacle> {
        let is_of_slot = self.artifact.as_ref().is_some_and(|name| name.contains(SLOT));
        let most = if is_of_slot { SLOT_NAME } else { limits.path };
        let mut obstacles = Vec::new();
        for (number, owner) in (1..).zip(&self.owners) {
            if owner.keytype != "ed25519" {
                let about =
                    format!("owner {number} has a key of type {}, and devices check Ed25519 only", owner.keytype);
                obstacles.push(Obstacle::new(Code::OwnerScheme, Some(about)));
            }
        }
        match self.artifact_names().first() {
            None => obstacles.push(Obstacle::new(Code::TrustArtifact, None)),
            Some(name) if name.len() > most => {
                let about = format!("the name of the artifact has {} bytes, a device takes {most}", name.len());
                let obstacle = Obstacle::new(Code::LimitPath, Some(about));
                let hint = if is_of_slot { SLOT_HINT } else { obstacle.hint };
                obstacles.push(Obstacle { hint, ..obstacle });
            }
            Some(_) => {}
        }
        if !self.attestations.is_empty() && !limits.features.has(Features::ATTESTATIONS) {
            let about = "it demands attestations, and a boot loader knows the security version only".to_owned();
            obstacles.push(Obstacle::new(Code::LimitProfile, Some(about)));
        }
        obstacles.extend(self.dead_ends());
        obstacles
    }

    /// Numbers that nothing could ever follow, on a device or elsewhere.
    #[must_use]
    pub fn dead_ends(&self) -> Vec<Obstacle> {
        let (revision, version) = (self.revision, self.security_version);
        let last = [
            (
                revision,
                Code::PolicyUpdateRevision,
                format!("no policy could ever replace one of revision {revision}"),
                REVISION_HINT,
            ),
            (version, Code::SecurityVersion, format!("no statement can say security version {version}"), VERSION_HINT),
        ];
        let last = last.into_iter().filter(|(number, ..)| *number > GREATEST_NUMBER);
        last.map(|(_, code, about, hint)| Obstacle { code, about: Some(about), hint }).collect()
    }
}

/// One owner's key in `path`, with the ids of the policy before those that are computed.
fn owner_file(path: &Path, owner: &OwnerKey<'_>) -> Result<OwnerFile, KeyFileFault> {
    let (keytype, public) = (owner.key.keytype.to_string(), owner.key.public.to_string());
    let public = if keytype == "ed25519" {
        public
    } else {
        let der = STANDARD.decode(&public).map_err(|_| KeyFileFault::Key(KeyFault::Malformed))?;
        HostKey::from_der(&der).map_err(KeyFileFault::Key)?.public_text()
    };
    let mut file = bare_key(path, &keytype, &owner.key.scheme.to_string(), &public)?;
    let given = owner.ids.iter().map(str::to_owned);
    let computed = file.ids.iter().filter(|id| owner.ids.iter().all(|given| given != id.as_str())).cloned();
    file.ids = given.chain(computed).collect();
    Ok(file)
}

/// A key of which nothing but the key is known; its ids are those that are computed.
fn bare_key(path: &Path, keytype: &str, scheme: &str, public: &str) -> Result<OwnerFile, KeyFileFault> {
    let key = json!({"keytype": keytype, "scheme": scheme, "keyval": {"public": public}});
    OwnerFile::parse(path, key.to_string().as_bytes())
}

/// The ids of an owner's key that do not follow from the key.
fn given_ids(owner: &OwnerFile) -> Vec<String> {
    let bare = bare_key(&owner.path, &owner.keytype, &owner.scheme, &owner.public);
    let computed = bare.map(|bare| bare.ids).unwrap_or_default();
    owner.ids.iter().filter(|id| !computed.contains(id)).cloned().collect()
}

/// The key as a policy holds it: hexadecimal digits, or a SubjectPublicKeyInfo in base64.
#[must_use]
pub fn public_text(owner: &OwnerFile) -> String {
    match owner.decoded() {
        HostKey::Ed25519(_) => owner.public.clone(),
        other => STANDARD.encode(other.to_der()),
    }
}

/// Is this a trust policy in either form, even one that is not valid? What is none must not be overwritten.
#[must_use]
pub fn is_policy(bytes: &[u8]) -> bool {
    let is_json = || {
        let value = serde_json::from_slice::<serde_json::Value>(bytes);
        value.is_ok_and(|value| value["format"] == FORMAT)
    };
    bytes.starts_with(&MAGIC) || is_json()
}

/// Is this an envelope around a trust policy, as `sitrep trust sign` writes it?
#[must_use]
pub fn is_signed_policy(bytes: &[u8]) -> bool {
    Envelope::parse(bytes).is_ok_and(|envelope| envelope.payload_type == PAYLOAD_TYPE)
}
