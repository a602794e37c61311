//! What an update package, and a policy update in it or by itself, say of themselves.

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sitrep_core::update::package::{ARTIFACT, VERSION};
use sitrep_core::update::{Package, PolicyUpdate};
use sitrep_core::{Code, Error};
use sitrep_metadata::hex;
use sitrep_metadata::keys::fingerprint;
use sitrep_metadata::keys::host_key::HostKey;
use sitrep_metadata::trust_policy::Policy;

use super::{ShownBundle, contents};
use crate::show::lines::Lines;
use crate::show::policy::ShownPolicy;

/// A package, for people and for `--json`. Every length is in bytes.
#[derive(Debug, Serialize)]
pub(super) struct ShownPackage {
    length: usize,
    version: u32,
    artifact: Option<Artifact>,
    bundle: Option<ShownBundle>,
    policy_update: Option<ShownUpdate>,
    /// What follows its end.
    trailing: usize,
}

#[derive(Debug, Serialize)]
struct Artifact {
    offset: usize,
    length: usize,
    sha256: String,
}

/// A policy update.
#[derive(Debug, Serialize)]
pub(super) struct ShownUpdate {
    length: usize,
    signatures: Vec<Signature>,
    policy: ShownPolicy,
}

#[derive(Debug, Serialize)]
struct Signature {
    public: String,
    fingerprint: String,
    signature: String,
}

impl ShownPackage {
    /// Reads a package with all of its parts.
    ///
    /// # Errors
    /// Core's, where any of them is damaged.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Error> {
        let package = Package::read(bytes)?;
        let some = |part: &[u8]| !part.is_empty();
        let artifact = some(package.artifact).then(|| Artifact {
            offset: ARTIFACT,
            length: package.artifact.len(),
            sha256: hex::encode(&Sha256::digest(package.artifact)),
        });
        let bundle = some(package.bundle).then(|| contents(package.bundle)).transpose()?;
        let update = some(package.policy_update).then(|| ShownUpdate::read(package.policy_update)).transpose()?;
        let trailing = package.rest.len();
        Ok(Self { length: bytes.len(), version: VERSION, artifact, bundle, policy_update: update, trailing })
    }

    pub(super) fn text(&self) -> String {
        let mut out = Lines::default();
        out.line(format_args!("update package, format version {}, {} bytes", self.version, self.length));
        out.line(format_args!("nothing below is verified: it is what the package says of itself"));
        out.line(format_args!(""));
        match &self.artifact {
            None => out.line(format_args!("no artifact")),
            Some(Artifact { offset, length, sha256 }) => {
                out.line(format_args!("artifact: {length} bytes at offset {offset}"));
                out.line(format_args!("  sha256 {sha256}"));
            }
        }
        if self.trailing > 0 {
            out.line(format_args!("{} bytes follow the package's end, and nothing looks at them", self.trailing));
        }
        let mut text = out.into_text();
        for part in [self.policy_update.as_ref().map(ShownUpdate::text), self.bundle.as_ref().map(super::text)] {
            text.extend(part.map(|part| format!("\n{part}")));
        }
        text
    }
}

impl ShownUpdate {
    /// Reads a policy update.
    ///
    /// # Errors
    /// Core's, where it is damaged or its policy is no valid one.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Error> {
        let PolicyUpdate { policy, signatures } = PolicyUpdate::read(bytes)?;
        // A file has no path here; core says what is wrong with a policy, and keys of other schemes are as damaged.
        let core = sitrep_core::TrustPolicy::read(policy).map(|_| ());
        let (policy, form) =
            Policy::parse("update".as_ref(), policy).map_err(|_| core.err().unwrap_or(Error::new(Code::TrustKey)))?;
        let signature = |signature: &[u8; 96]| {
            let (key, signature) = signature.split_first_chunk::<32>().unwrap_or((&[0; 32], &[]));
            Signature {
                public: hex::encode(key),
                fingerprint: fingerprint(&HostKey::Ed25519(*key)),
                signature: hex::encode(signature),
            }
        };
        Ok(Self {
            length: bytes.len(),
            signatures: signatures.iter().map(signature).collect(),
            policy: ShownPolicy::new(&policy, form),
        })
    }

    pub(super) fn text(&self) -> String {
        let mut out = Lines::default();
        out.line(format_args!("policy update, {} bytes", self.length));
        out.line(format_args!("nothing below is verified: it is what the update says of itself"));
        for Signature { fingerprint, .. } in &self.signatures {
            out.line(format_args!("  signed by ed25519, fingerprint {fingerprint}"));
        }
        out.into_text() + &self.policy.text("in the update")
    }
}
