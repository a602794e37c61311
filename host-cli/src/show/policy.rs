//! What a trust policy believes and demands.

use serde::Serialize;
use sitrep_metadata::envelope::document::Signature;
use sitrep_metadata::keys::{OwnerFile, fingerprint};
use sitrep_metadata::trust_policy::{Form, Policy, public_text};

use crate::show::lines::Lines;

/// A policy, for people and for `--json`: every member, those that were not written with what they mean then.
#[derive(Debug, Serialize)]
pub(crate) struct ShownPolicy {
    form: &'static str,
    owners: Vec<ShownOwner>,
    threshold: usize,
    product: Product,
    inspections: &'static str,
    attestations: Vec<Attestation>,
    earliest_time: Option<String>,
    security_version: u32,
    revision: u32,
    /// Ids of the keys that signed it, as its envelope says; `None` where it is in no envelope.
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_by: Option<Vec<Option<String>>>,
}

#[derive(Debug, Serialize)]
struct ShownOwner {
    keytype: String,
    scheme: String,
    public: String,
    fingerprint: String,
    keyids: Vec<String>,
}

impl ShownOwner {
    fn new(owner: &OwnerFile) -> Self {
        Self {
            keytype: owner.keytype.clone(),
            scheme: owner.scheme.clone(),
            public: public_text(owner),
            fingerprint: fingerprint(owner.decoded()),
            keyids: owner.ids.clone(),
        }
    }
}

#[derive(Debug, Serialize)]
struct Product {
    step: Option<String>,
    artifact: Option<String>,
}

#[derive(Debug, Serialize)]
struct Attestation {
    r#type: String,
    step: Option<String>,
}

impl ShownPolicy {
    pub(crate) fn new(policy: &Policy, form: Form) -> Self {
        let attestations = policy.attestations.iter();
        Self {
            form: match form {
                Form::Json => "json",
                Form::Compiled => "compiled",
            },
            owners: policy.owners.iter().map(ShownOwner::new).collect(),
            threshold: policy.threshold,
            product: Product { step: policy.product_step.clone(), artifact: policy.artifact.clone() },
            inspections: policy.inspections.name(),
            attestations: attestations
                .map(|required| Attestation { r#type: required.predicate_type.clone(), step: required.step.clone() })
                .collect(),
            earliest_time: policy.earliest_time.map(|time| time.to_string()),
            security_version: policy.security_version,
            revision: policy.revision,
            signed_by: None,
        }
    }

    /// The same policy in an envelope with these signatures, which were not checked.
    pub(crate) fn signed_by(self, signatures: &[Signature]) -> Self {
        let ids = signatures.iter().map(|signature| signature.keyid.clone()).collect();
        Self { signed_by: Some(ids), ..self }
    }

    /// For people; `path` is what the policy is called.
    pub(crate) fn text(&self, path: &str) -> String {
        let mut out = Lines::default();
        let form = if self.form == "json" { "in JSON" } else { "compiled" };
        out.line(format_args!("trust policy {path}, {form}, revision {}", self.revision));
        if let Some(ids) = &self.signed_by {
            for id in ids {
                out.line(format_args!("  signed by key id {}, as it says", id.as_deref().unwrap_or("(none)")));
            }
            out.line(format_args!("  no signature was checked: `sitrep trust update` checks them"));
        }
        let (threshold, count) = (self.threshold, self.owners.len());
        match (threshold, count) {
            (1, 1) => out.line(format_args!("  this owner must have signed the layout")),
            _ => out.line(format_args!("  {threshold} of these {count} owners must have signed the layout")),
        }
        for owner in &self.owners {
            let scheme = if owner.keytype == owner.scheme { String::new() } else { format!(", {}", owner.scheme) };
            out.line(format_args!("    {}{scheme}, fingerprint {}", owner.keytype, owner.fingerprint));
            for id in &owner.keyids {
                out.line(format_args!("      key id {id}"));
            }
        }
        let step = self.product.step.as_ref().map_or("the layout's last step".into(), |step| format!("step {step}"));
        match &self.product.artifact {
            None => out.line(format_args!("  the products that count are those of {step}")),
            Some(artifact) => out.line(format_args!("  the product that is to be run: {artifact} of {step}")),
        }
        out.line(format_args!(
            "  inspections that are not run: {}",
            if self.inspections == "skip" { "skipped, and the verdict names them" } else { "the layout is refused" }
        ));
        for Attestation { r#type, step } in &self.attestations {
            let step = step.as_ref().map_or("the product's step".into(), |step| format!("step {step}"));
            out.line(format_args!("  an attestation {type} is demanded of {step}"));
        }
        if let Some(time) = &self.earliest_time {
            out.line(format_args!("  layouts that expired before {time} are refused"));
        }
        if self.security_version > 0 {
            out.line(format_args!("  the attested security version must be at least {}", self.security_version));
        }
        out.into_text()
    }
}
