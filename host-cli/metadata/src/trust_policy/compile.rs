//! The compiled form of a trust policy, as it is written (core's BUNDLE.md, section 12.2).

use sitrep_core::trust_policy::{COMPILED_VERSION, END, MAGIC};
use sitrep_core::{Inspections, TrustPolicy};

use super::{Policy, WriteError, given_ids, public_text};
use crate::keys::OwnerFile;
use crate::keys::host_key::HostKey;
use crate::varint::push_varint;

impl Policy {
    /// The policy in the form that devices read.
    ///
    /// # Errors
    /// [`WriteError`] when no reader would take it.
    pub fn to_compiled(&self) -> Result<Vec<u8>, WriteError> {
        self.check_owners()?;
        let body = self.body();
        let mut bytes = [&MAGIC[..], &[COMPILED_VERSION]].concat();
        push_length(&mut bytes, body.len());
        bytes.extend_from_slice(&body);
        TrustPolicy::read(&bytes)?;
        Ok(bytes)
    }

    fn body(&self) -> Vec<u8> {
        let mut out = Vec::new();
        push_length(&mut out, self.owners.len());
        for owner in &self.owners {
            push_owner(&mut out, owner);
        }
        push_length(&mut out, self.threshold);
        push_text(&mut out, self.product_step.as_deref().unwrap_or_default());
        push_text(&mut out, self.artifact.as_deref().unwrap_or_default());
        out.push(match self.inspections {
            Inspections::Refuse | Inspections::Observed => 0,
            Inspections::Skip => 1,
        });
        push_length(&mut out, self.attestations.len());
        for required in &self.attestations {
            push_text(&mut out, &required.predicate_type);
            push_text(&mut out, required.step.as_deref().unwrap_or_default());
        }
        push_text(&mut out, &self.earliest_time.map(|time| time.to_string()).unwrap_or_default());
        push_varint(&mut out, self.security_version);
        push_varint(&mut out, self.revision);
        out.push(END);
        out
    }
}

/// A device looks for an Ed25519 key under every id and hashes none; who knows other schemes computes the ids as for the JSON form.
fn push_owner(out: &mut Vec<u8>, owner: &OwnerFile) {
    let ids = match owner.decoded() {
        HostKey::Ed25519(key) => {
            out.push(0);
            out.extend_from_slice(key);
            owner.ids.clone()
        }
        _ => {
            out.push(1);
            push_text(out, &owner.keytype);
            push_text(out, &owner.scheme);
            push_text(out, &public_text(owner));
            given_ids(owner)
        }
    };
    push_length(out, ids.len());
    for id in &ids {
        push_text(out, id);
    }
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    push_length(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

/// No policy comes near 4 GiB.
fn push_length(out: &mut Vec<u8>, length: usize) {
    push_varint(out, u32::try_from(length).unwrap_or(u32::MAX));
}
