//! Updates and devices that take them: packages, policy updates, flash as it leaves the factory. Everybody has the key of a name ([`crate::chain::key`]).
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sitrep_cli::shell::temporary::Directory;
use sitrep_cli::sources::input::Input;
use sitrep_core::update::package::ARTIFACT;
use sitrep_core::update::policy_update::{self, SignedPolicy};
use sitrep_core::{Device, Message as _, Time, limits, update::package};
use sitrep_metadata::hex;
use sitrep_metadata::keys::OwnerFile;
use sitrep_metadata::trust_policy::Policy;

use crate::chain::{Signed, Wrapping, entry, key, keyid};

/// The device that everything is for.
pub const DEVICE: Device<'static> = Device { product: "thermostat", hardware: "rev-b" };

/// When all layouts expire.
pub const EXPIRES: &str = "2040-01-01T00:00:00Z";

/// A release of an image.
#[derive(Clone, Debug)]
pub struct Release {
    /// Who signs the layout.
    pub owner: &'static str,
    /// The image for slot a and the one for slot b.
    pub images: [Vec<u8>; 2],
    /// What is attested of both.
    pub security_version: u32,
    /// The time that the attestation names.
    pub time: Option<&'static str>,
}

impl Release {
    /// A release of this security version, with images that say so.
    #[must_use]
    pub fn new(owner: &'static str, security_version: u32) -> Self {
        let image = |slot| format!("{owner}'s image {security_version} for slot {slot}").into_bytes();
        Self { owner, images: ["a", "b"].map(image), security_version, time: None }
    }

    /// The bundle that vouches for both images: one step with one link, and the security version.
    #[must_use]
    pub fn bundle(&self) -> Vec<u8> {
        const BUILDER: &str = "builder";
        let sha256 = |image: &[u8]| json!({"sha256": hex::encode(&Sha256::digest(image))});
        let [a, b] = self.images.each_ref().map(|image| sha256(image));
        let link = json!({
            "_type": "link", "name": "build", "materials": {}, "byproducts": {}, "command": [], "environment": {},
            "products": {"app-a.bin": a, "app-b.bin": b},
        });
        let layout = json!({
            "_type": "layout", "expires": EXPIRES, "inspect": [], "readme": "",
            "keys": {keyid(BUILDER): entry(BUILDER, &keyid(BUILDER))},
            "steps": [{
                "_type": "step", "name": "build", "expected_command": [], "expected_materials": [], "expected_products": [],
                "pubkeys": [keyid(BUILDER)], "threshold": 1,
            }],
        });
        // Members in the order of their names: boot loaders read no other.
        let mut predicate = json!({
            "hardware": [DEVICE.hardware], "product": DEVICE.product, "securityVersion": self.security_version,
        });
        if let Some(time) = self.time {
            predicate["time"] = time.into();
        }
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "predicate": predicate,
            "predicateType": sitrep_core::SECURITY_VERSION,
            "subject": [{"digest": a, "name": "a"}, {"digest": b, "name": "b"}],
        });
        let directory = Directory::new("release").unwrap();
        let write = |name: &str, payload: Value, wrapping, signer: &str| {
            let signed = Signed { payload, wrapping, signers: vec![(keyid(signer), signer.to_owned())] };
            fs::write(directory.path().join(name), signed.envelope().to_string()).unwrap();
        };
        write("root.layout", layout, Wrapping::Metablock, self.owner);
        write(&format!("build.{}.link", &keyid(BUILDER)[..8]), link, Wrapping::Metablock, BUILDER);
        write("version.intoto.jsonl", statement, Wrapping::Dsse, BUILDER);
        let input = Input::from_directory(&directory.path().join("root.layout"), directory.path()).unwrap();
        assert!(input.notes.is_empty(), "{:?}", input.notes);
        input.packer.finish(limits::BOOT.profile).unwrap()
    }

    /// The package with the image for a slot: 0 for a, 1 for b.
    #[must_use]
    pub fn package(&self, slot: usize, policy_update: &[u8]) -> Vec<u8> {
        package(&self.images[slot], &self.bundle(), policy_update)
    }
}

/// A package of these parts.
#[must_use]
pub fn package(artifact: &[u8], bundle: &[u8], policy_update: &[u8]) -> Vec<u8> {
    let [a, b, p] = [artifact, bundle, policy_update].map(|part| part.len().try_into().unwrap());
    let mut package = vec![0xff; ARTIFACT];
    package[..package::HEAD].copy_from_slice(&package::head(a, b, p));
    [&package[..], artifact, bundle, policy_update].concat()
}

/// A trust policy, compiled: as many of these owners must have signed.
#[must_use]
pub fn policy(revision: u32, owners: &[&str], threshold: usize) -> Vec<u8> {
    let owner = |name: &&str| {
        let public = json!({"public": hex::encode(&*key(name).pk)});
        let json = json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": public});
        OwnerFile::parse(Path::new("key"), json.to_string().as_bytes()).unwrap()
    };
    let all = Policy::all_of(owners.iter().map(owner).collect());
    Policy { threshold, artifact: Some("app-{slot}.bin".into()), revision, ..all }.to_compiled().unwrap()
}

/// A policy update that these people have signed.
#[must_use]
pub fn policy_update(policy: &[u8], signers: &[&str]) -> Vec<u8> {
    let mut message = Vec::new();
    SignedPolicy(policy).write(&mut |bytes| message.extend_from_slice(bytes)).unwrap();
    let mut update = policy_update::head(signers.len().try_into().unwrap(), policy.len().try_into().unwrap()).to_vec();
    update.extend_from_slice(policy);
    for signer in signers {
        let pair = key(signer);
        update.extend_from_slice(&*pair.pk);
        update.extend_from_slice(&*pair.sk.sign(&message, None));
    }
    update
}

/// A time.
#[must_use]
pub fn time(text: &str) -> Time {
    Time::parse(text).unwrap()
}
