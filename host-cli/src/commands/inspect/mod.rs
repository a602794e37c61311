//! `sitrep inspect`: what a bundle, an update package or a policy update says of itself.

mod update;

use serde::Serialize;
use serde_json::Value;
use sitrep_core::bundle::{self, Bundle, Envelope, Kind, Scratch, Str};
use sitrep_core::update::{package, policy_update};
use sitrep_core::{Error, limits};

use update::{ShownPackage, ShownUpdate};

use crate::args::Inspect;
use crate::commands::print;
use crate::error::CliError;
use crate::files::read;
use crate::hex;
use crate::lines::{Lines, harmless_json};
use crate::role::{Predicate, Role, Subjects};
use crate::view::value;

/// A bundle, for people and for `--json`. Every length is in bytes.
#[derive(Debug, Serialize)]
struct Contents {
    length: usize,
    version: u8,
    profile: &'static str,
    strings: Section,
    artifacts: Section,
    envelopes: Section,
    payloads: Vec<Payload>,
}

#[derive(Debug, Serialize)]
struct Section {
    length: u32,
    count: u32,
}

#[derive(Debug, Serialize)]
struct Payload {
    number: u16,
    role: Role,
    /// The sublayout's envelope that it belongs to; 0 for the root layout.
    parent: u16,
    /// The step that it is a link of, or a sublayout for.
    step: Option<String>,
    kind: &'static str,
    payload_type: Option<String>,
    label: Option<String>,
    r#type: Option<String>,
    name: Option<String>,
    predicate: Option<Predicate>,
    subjects: Option<Subjects>,
    expires: Option<String>,
    steps: Vec<String>,
    inspections: Vec<String>,
    materials: Option<u64>,
    products: Option<u64>,
    token_length: usize,
    payload_length: u64,
    patches: u32,
    signatures: Vec<Signed>,
}

#[derive(Debug, Serialize)]
struct Signed {
    keyid: Option<String>,
    signature: String,
}

/// Prints a bundle's sections, payloads and signatures, or the parts of a package. Nothing is verified.
///
/// # Errors
/// [`CliError`] when the file cannot be read or is damaged.
pub fn run(args: &Inspect) -> Result<(), CliError> {
    let bytes = read(&args.file).map_err(|error| CliError::Read(args.file.clone(), error))?;
    let damaged = |error| CliError::Bundle { path: args.file.clone(), error };
    match bytes.first_chunk() {
        Some(&bundle::MAGIC) => show(args, &contents(&bytes).map_err(damaged)?, text),
        Some(&package::MAGIC) => show(args, &ShownPackage::read(&bytes).map_err(damaged)?, ShownPackage::text),
        Some(&policy_update::MAGIC) => show(args, &ShownUpdate::read(&bytes).map_err(damaged)?, ShownUpdate::text),
        _ => Err(CliError::Unknown(args.file.clone())),
    }
}

fn show<T: Serialize>(args: &Inspect, contents: &T, text: impl Fn(&T) -> String) -> Result<(), CliError> {
    print(&if args.json { harmless_json(contents) } else { text(contents) })
}

fn contents(bytes: &[u8]) -> Result<Contents, Error> {
    let mut path = vec![0; limits::HOST.path];
    let bundle = Bundle::open(bytes, &mut path)?;
    let [strings, artifacts, envelopes] = bundle.section_lengths();
    let payloads = bundle.envelopes().map(|envelope| payload(&bundle, &envelope?)).collect::<Result<Vec<_>, _>>()?;
    Ok(Contents {
        length: bytes.len(),
        version: sitrep_core::bundle::VERSION,
        profile: limits::PROFILES
            .iter()
            .find(|limits| limits.profile == bundle.profile())
            .map_or("none", |limits| limits.name),
        strings: Section { length: strings, count: bundle.strings().count() },
        artifacts: Section { length: artifacts, count: bundle.artifacts().count() },
        envelopes: Section { length: envelopes, count: u32::try_from(payloads.len()).unwrap_or(u32::MAX) },
        payloads,
    })
}

fn payload<'b>(bundle: &'b Bundle<'b>, envelope: &Envelope<'b>) -> Result<Payload, Error> {
    let (kind, payload_type) = match envelope.kind() {
        Kind::Metablock => ("metablock", None),
        Kind::Dsse { payload_type, .. } => ("dsse", Some(payload_type.to_string())),
        Kind::Observation => ("observation", None),
    };
    // Any JSON may stand in a payload; what is no in-toto metadata simply has none of these members.
    let value = value(envelope)?;
    let text = |member: &str| value[member].as_str().map(str::to_owned);
    let names = |member: &str| {
        let items = value[member].as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(|item| item["name"].as_str().map(str::to_owned)).collect()
    };
    let role = Role::of(envelope, &value);
    let is_statement = matches!(role, Role::LinkStatement | Role::Attestation);
    let subjects = if is_statement { Subjects::of(bundle, envelope, &value)? } else { None };
    let count = |list: &Value| list.as_u64().or_else(|| Some(list.as_array()?.len() as u64));
    let [materials, products] = match role {
        Role::LinkStatement => [count(&value["predicate"]["materials"]), count(&value["subject"])],
        _ => [&value["materials"], &value["products"]].map(Value::as_u64),
    };
    Ok(Payload {
        number: envelope.number(),
        role,
        parent: envelope.parent(),
        step: match role {
            Role::Link | Role::Observation => text("name"),
            Role::LinkStatement => value["predicate"]["name"].as_str().map(str::to_owned),
            _ => envelope.step().map(|step| step.to_string()),
        },
        kind,
        payload_type,
        label: envelope.label().map(|label| label.to_string()),
        r#type: text("_type"),
        name: text("name"),
        predicate: if is_statement { Predicate::of(&value) } else { None },
        subjects,
        expires: text("expires"),
        steps: names("steps"),
        inspections: names("inspect"),
        materials,
        products,
        token_length: envelope.token_bytes(),
        payload_length: payload_length(bundle, envelope)?,
        patches: envelope.patch_count(),
        signatures: envelope
            .signatures()
            .map(|signature| Signed {
                keyid: signature.keyid.map(|id: Str<'_>| id.to_string()),
                signature: hex::encode(signature.bytes),
            })
            .collect(),
    })
}

/// Length of the payload's text in bytes; rebuilding it checks all of its tokens.
fn payload_length<'b>(bundle: &'b Bundle<'b>, envelope: &Envelope<'b>) -> Result<u64, Error> {
    let (mut path, mut chunk) = (vec![0; limits::HOST.path], vec![0; limits::CHUNK]);
    let mut scratch = Scratch { path: &mut path, chunk: &mut chunk };
    let mut length = 0;
    envelope.payload(bundle, &mut scratch, &mut |bytes| length += bytes.len() as u64)?;
    Ok(length)
}

fn text(contents: &Contents) -> String {
    let mut out = Lines::default();
    out.line(format_args!(
        "sitrep bundle, format version {}, packed for profile {}",
        contents.version, contents.profile
    ));
    out.line(format_args!("nothing below is verified: it is what the bundle says of itself"));
    out.line(format_args!(""));
    let sections =
        [("strings", &contents.strings), ("artifacts", &contents.artifacts), ("envelopes", &contents.envelopes)];
    out.line(format_args!("{:<12}{:>10}{:>10}", "section", "bytes", "entries"));
    for (name, section) in sections {
        out.line(format_args!("{name:<12}{:>10}{:>10}", section.length, section.count));
    }
    out.line(format_args!("{:<12}{:>10}", "whole file", contents.length));
    for payload in &contents.payloads {
        out.line(format_args!(""));
        out.line(format_args!("envelope {}: {}, {}", payload.number, what(payload), payload.kind));
        let patches =
            if payload.patches > 0 { format!(", {} formatting patches", payload.patches) } else { String::new() };
        out.line(format_args!(
            "  {} bytes of payload from {} bytes of tokens{patches}",
            payload.payload_length, payload.token_length
        ));
        if payload.parent > 0 {
            out.line(format_args!("  belongs to the sublayout in envelope {}", payload.parent));
        }
        if let Some(Predicate { uri, .. }) = &payload.predicate {
            out.line(format_args!("  predicate type {uri}"));
        }
        if let Some(Subjects { count, first }) = &payload.subjects {
            out.line(format_args!("  about {}", counted(*count, "artifact")));
            first.iter().for_each(|subject| out.line(format_args!("    {subject}")));
            if *count > first.len() {
                out.line(format_args!("    and {} more", count - first.len()));
            }
        }
        if let Some(expires) = &payload.expires {
            out.line(format_args!("  expires {expires}"));
        }
        match (payload.materials, payload.products) {
            (Some(materials), Some(products)) => {
                out.line(format_args!("  materials: {materials}, products: {products}"));
            }
            (None, Some(products)) => out.line(format_args!("  products: {products}")),
            _ => {}
        }
        for (kind, names) in [("steps", &payload.steps), ("inspections", &payload.inspections)] {
            if !names.is_empty() {
                out.line(format_args!("  {kind}: {}", names.join(", ")));
            }
        }
        if let Some(label) = &payload.label {
            out.line(format_args!("  unpacks to {label}"));
        }
        for signature in &payload.signatures {
            let keyid = signature.keyid.as_deref().unwrap_or("no key id");
            out.line(format_args!("  signed by {keyid} ({} bytes)", signature.signature.len() / 2));
        }
    }
    out.into_text()
}

/// What an envelope is, in a few words.
fn what(payload: &Payload) -> String {
    let Payload { role, parent, .. } = payload;
    let step = payload.step.as_ref().map(|step| format!(" {step:?}")).unwrap_or_default();
    match (role, &payload.predicate) {
        (Role::Sublayout, _) => {
            let step = if step.is_empty() { " no step".to_owned() } else { format!(" step{step}") };
            format!("sublayout for{step} of envelope {parent}")
        }
        (Role::Attestation, Some(Predicate { name: Some(name), .. })) => format!("attestation {name}"),
        (Role::Attestation, _) => "attestation of a type that has no known name".to_owned(),
        (Role::Other, _) => match &payload.r#type {
            Some(of_type) => format!("payload of type {of_type:?}"),
            None => "payload of no type".to_owned(),
        },
        (role, _) => format!("{role}{step}"),
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
