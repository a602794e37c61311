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
struct Shown<'a> {
    form: &'static str,
    owners: Vec<ShownOwner<'a>>,
    threshold: usize,
    product: Product<'a>,
    inspections: &'static str,
    attestations: Vec<Attestation<'a>>,
    earliest_time: Option<String>,
    security_version: u32,
    revision: u32,
}

#[derive(Debug, Serialize)]
struct ShownOwner<'a> {
    keytype: &'a str,
    scheme: &'a str,
    public: String,
    fingerprint: String,
    keyids: &'a [String],
}

impl<'a> ShownOwner<'a> {
    fn new(owner: &'a OwnerFile) -> Self {
        let OwnerFile { keytype, scheme, ids, .. } = owner;
        Self { keytype, scheme, public: public_text(owner), fingerprint: fingerprint(owner.decoded()), keyids: ids }
    }
}

#[derive(Debug, Serialize)]
struct Product<'a> {
    step: Option<&'a str>,
    artifact: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Attestation<'a> {
    r#type: &'a str,
    step: Option<&'a str>,
}

/// Prints what the policy believes and demands.
///
/// # Errors
/// [`CliError`] when the file cannot be read or is no valid policy.
pub(super) fn run(args: &Show) -> Result<(), CliError> {
    let (policy, form) = Policy::read(&args.policy)?;
    let shown = shown(&policy, form);
    if args.json {
        return print(&harmless_json(&shown));
    }
    print(&text(&args.policy.display().to_string(), &shown))
}

fn shown(policy: &Policy, form: Form) -> Shown<'_> {
    let attestations = policy.attestations.iter();
    Shown {
        form: match form {
            Form::Json => "json",
            Form::Compiled => "compiled",
        },
        owners: policy.owners.iter().map(ShownOwner::new).collect(),
        threshold: policy.threshold,
        product: Product { step: policy.product_step.as_deref(), artifact: policy.artifact.as_deref() },
        inspections: policy.inspections.name(),
        attestations: attestations
            .map(|required| Attestation { r#type: &required.predicate_type, step: required.step.as_deref() })
            .collect(),
        earliest_time: policy.earliest_time.map(|time| time.to_string()),
        security_version: policy.security_version,
        revision: policy.revision,
    }
}

fn text(path: &str, shown: &Shown<'_>) -> String {
    let mut out = Lines::default();
    let form = if shown.form == "json" { "in JSON" } else { "compiled" };
    out.line(format_args!("trust policy {path}, {form}, revision {}", shown.revision));
    let (threshold, count) = (shown.threshold, shown.owners.len());
    match (threshold, count) {
        (1, 1) => out.line(format_args!("  this owner must have signed the layout")),
        _ => out.line(format_args!("  {threshold} of these {count} owners must have signed the layout")),
    }
    for owner in &shown.owners {
        let scheme = if owner.keytype == owner.scheme { String::new() } else { format!(", {}", owner.scheme) };
        out.line(format_args!("    {}{scheme}, fingerprint {}", owner.keytype, owner.fingerprint));
        for id in owner.keyids {
            out.line(format_args!("      key id {id}"));
        }
    }
    let step = shown.product.step.map_or("the layout's last step".into(), |step| format!("step {step}"));
    match shown.product.artifact {
        None => out.line(format_args!("  what counts are the products of {step}")),
        Some(artifact) => out.line(format_args!("  what is run is the product {artifact} of {step}")),
    }
    out.line(format_args!(
        "  inspections that are not run: {}",
        if shown.inspections == "skip" { "skipped, and the verdict names them" } else { "the layout is refused" }
    ));
    for Attestation { r#type, step } in &shown.attestations {
        let step = step.map_or("the product's step".into(), |step| format!("step {step}"));
        out.line(format_args!("  an attestation {type} is demanded of {step}"));
    }
    if let Some(time) = &shown.earliest_time {
        out.line(format_args!("  it is certainly later than {time}"));
    }
    if shown.security_version > 0 {
        out.line(format_args!("  the security version must be attested, at least {}", shown.security_version));
    }
    out.into_text()
}
