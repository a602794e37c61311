//! `sitrep trust show`.

use serde::Serialize;

use crate::args::Show;
use crate::commands::print;
use crate::error::CliError;
use crate::keys::{OwnerFile, fingerprint};
use crate::lines::{Lines, harmless_json};
use crate::trust_policy::{Form, Policy, public_text};

/// A policy, for people and for `--json`: every member, those that were not written with what they mean then.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    form: &'static str,
    owners: Vec<ShownOwner>,
    threshold: usize,
    product: Product,
    inspections: &'static str,
    attestations: Vec<Attestation>,
    earliest_time: Option<String>,
    security_version: u32,
    revision: u32,
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

/// Prints what the policy believes and demands.
///
/// # Errors
/// [`CliError`] when the file cannot be read or is no valid policy.
pub(super) fn run(args: &Show) -> Result<(), CliError> {
    let (policy, form) = Policy::read(&args.policy)?;
    let shown = Shown::new(&policy, form);
    if args.json {
        return print(&harmless_json(&shown));
    }
    print(&shown.text(&args.policy.display().to_string()))
}

impl Shown {
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
        }
    }

    /// For people; `path` is what the policy is called.
    pub(crate) fn text(&self, path: &str) -> String {
        let mut out = Lines::default();
        let form = if self.form == "json" { "in JSON" } else { "compiled" };
        out.line(format_args!("trust policy {path}, {form}, revision {}", self.revision));
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
            None => out.line(format_args!("  what counts are the products of {step}")),
            Some(artifact) => out.line(format_args!("  what is run is the product {artifact} of {step}")),
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
            out.line(format_args!("  it is certainly later than {time}"));
        }
        if self.security_version > 0 {
            out.line(format_args!("  the security version must be attested, at least {}", self.security_version));
        }
        out.into_text()
    }
}
