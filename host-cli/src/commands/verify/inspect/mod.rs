//! `sitrep inspect`: what a bundle, in-toto metadata, an update package or a policy update says of itself.

mod metadata;
mod update;

use serde::Serialize;
use sitrep_core::bundle::{self, Bundle, Envelope, Kind, Scratch};
use sitrep_core::update::{package, policy_update};
use sitrep_core::{Code, Error, limits};

use metadata::ShownMetadata;
use sitrep_metadata::budget::{Budget, REBUILT};
use sitrep_metadata::bundle::known::{Known, Names};
use sitrep_metadata::bundle::role::{Predicate, Role, Subjects};
use sitrep_metadata::bundle::shown::Shown;
use sitrep_metadata::hex;
use update::{ShownPackage, ShownUpdate};

use crate::args::Inspect;
use crate::error::CliError;
use crate::shell::files::Contents;
use crate::show::lines::Lines;
use crate::show::messages::{print, print_json};
use crate::sources::kinds;

/// What is shown.
const EXPECTED: &str = "signed metadata, a bundle, an update package or a policy update";

/// A bundle, for people and for `--json`. Every length is in bytes.
#[derive(Debug, Serialize)]
struct ShownBundle {
    length: usize,
    version: u8,
    profile: &'static str,
    strings: Section,
    artifacts: Section,
    envelopes: Section,
    payloads: Vec<Payload>,
    /// How many envelopes are not among them: more than any verifier reads.
    payloads_left_out: usize,
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
    /// `None` where so much has been rebuilt before that this was not.
    payload_length: Option<u64>,
    patches: u32,
    signatures: Vec<Signed>,
}

#[derive(Debug, Serialize)]
struct Signed {
    keyid: Option<String>,
    /// Of OpenPGP, as bundles keep it.
    signature: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_openpgp: bool,
}

/// Prints a bundle's sections, payloads and signatures, the envelopes of a file in JSON, or the parts of a package. Nothing is verified.
///
/// # Errors
/// [`CliError`] when the file cannot be read or is damaged.
pub fn run(args: &Inspect) -> Result<(), CliError> {
    let bytes = kinds::read(&args.file, Contents::BundleOrMetadata, EXPECTED)?;
    let damaged = |error| CliError::Bundle { path: args.file.clone(), error };
    match bytes.first_chunk() {
        Some(&bundle::MAGIC) => show(args, &contents(&bytes).map_err(damaged)?, text),
        Some(&package::MAGIC) => {
            let package = ShownPackage::read(&bytes).map_err(|error| match error.code() {
                Code::PackageHead => CliError::Package(args.file.clone()),
                _ => damaged(error),
            });
            show(args, &package?, ShownPackage::text)
        }
        Some(&policy_update::MAGIC) => show(args, &ShownUpdate::read(&bytes).map_err(damaged)?, ShownUpdate::text),
        _ if matches!(bytes.trim_ascii_start(), [b'{' | b'[', ..]) => {
            show(args, &ShownMetadata::read(&args.file, bytes)?, ShownMetadata::text)
        }
        _ => Err(kinds::explain(&args.file, &bytes, EXPECTED, CliError::Unknown(args.file.clone()))),
    }
}

fn show<T: Serialize>(args: &Inspect, contents: &T, text: impl Fn(&T) -> String) -> Result<(), CliError> {
    if args.json { print_json(contents) } else { print(&text(contents)) }
}

/// Envelopes that are shown: as many as a host verifies.
const ENVELOPES: usize = 1 + limits::HOST.links;

fn contents(bytes: &[u8]) -> Result<ShownBundle, Error> {
    let mut path = vec![0; limits::HOST.path];
    let bundle = Bundle::open(bytes, &mut path)?;
    let [strings, artifacts, envelopes] = bundle.section_lengths();
    let count = bundle.envelopes().count();
    let length = bytes.len() as u64;
    let (mut shown, mut rebuilt) = (Shown::of(length), REBUILT.of(length));
    let first = bundle.envelopes().take(ENVELOPES);
    let payloads: Vec<Payload> =
        first.map(|envelope| payload(&bundle, &envelope?, &mut shown, &mut rebuilt)).collect::<Result<_, _>>()?;
    Ok(ShownBundle {
        length: bytes.len(),
        version: sitrep_core::bundle::VERSION,
        profile: limits::PROFILES
            .iter()
            .find(|limits| limits.profile == bundle.profile())
            .map_or("none", |limits| limits.name),
        strings: Section { length: strings, count: bundle.strings().count() },
        artifacts: Section { length: artifacts, count: bundle.artifacts().count() },
        envelopes: Section { length: envelopes, count: u32::try_from(count).unwrap_or(u32::MAX) },
        payloads_left_out: count - payloads.len(),
        payloads,
    })
}

fn payload<'b>(
    bundle: &'b Bundle<'b>,
    envelope: &Envelope<'b>,
    shown: &mut Shown,
    rebuilt: &mut Budget,
) -> Result<Payload, Error> {
    let (kind, payload_type) = match envelope.kind() {
        Kind::Metablock => ("metablock", None),
        Kind::Dsse { payload_type, .. } => ("dsse", Some(shown.name(payload_type))),
        Kind::Observation => ("observation", None),
    };
    // Any JSON may stand in a payload; what is no in-toto metadata simply has none of these members.
    let known = Known::of(envelope)?;
    let role = Role::of(envelope, &known);
    let is_statement = matches!(role, Role::LinkStatement | Role::Attestation);
    let subjects = if is_statement { Subjects::of(bundle, &known, shown)? } else { None };
    let [materials, products] = match role {
        Role::LinkStatement => [known.predicate_materials, known.subjects.as_ref().map(|subjects| subjects.count)],
        _ => [known.materials, known.products],
    };
    let mut names = |names: &Names<'_>| names.first.iter().map(|name| shown.name(*name)).collect();
    let (steps, inspections) = (names(&known.steps), names(&known.inspections));
    Ok(Payload {
        number: envelope.number(),
        role,
        parent: envelope.parent(),
        step: shown.optional(match role {
            Role::Link | Role::Observation => known.name,
            Role::LinkStatement => known.predicate_name,
            _ => envelope.step(),
        }),
        kind,
        payload_type,
        label: shown.optional(envelope.label()),
        r#type: shown.optional(known.type_name),
        name: shown.optional(known.name),
        predicate: if is_statement { Predicate::of(&known, shown) } else { None },
        subjects,
        expires: shown.optional(known.expires),
        steps,
        inspections,
        materials,
        products,
        token_length: envelope.token_bytes(),
        payload_length: payload_length(bundle, envelope, rebuilt)?,
        patches: envelope.patch_count(),
        signatures: envelope
            .signatures()
            .map(|signature| Signed {
                keyid: shown.optional(signature.keyid),
                signature: hex::encode(signature.bytes),
                is_openpgp: signature.is_openpgp,
            })
            .collect(),
    })
}

/// Length of the payload's text in bytes; rebuilding it checks all of its tokens. `None` where the budget is used up.
fn payload_length<'b>(
    bundle: &'b Bundle<'b>,
    envelope: &Envelope<'b>,
    budget: &mut Budget,
) -> Result<Option<u64>, Error> {
    let (mut path, mut chunk) = (vec![0; limits::HOST.path], vec![0; limits::CHUNK]);
    let mut scratch = Scratch { path: &mut path, chunk: &mut chunk };
    let mut length = 0;
    let most = u32::try_from(budget.left()).unwrap_or(u32::MAX);
    let rebuilt = envelope.payload_within(bundle, &mut scratch, most, &mut |bytes| length += bytes.len() as u64);
    // The last piece of a text that is too long was not handed over.
    let missing = if rebuilt.is_err() { limits::CHUNK as u64 } else { 0 };
    let is_over = budget.take(length.saturating_add(missing)).is_err();
    match rebuilt {
        Err(error) if is_over && error.code() == Code::LimitText => Ok(None),
        rebuilt => rebuilt.map(|()| Some(length)),
    }
}

fn text(contents: &ShownBundle) -> String {
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
    write_payloads(&mut out, &contents.payloads);
    if contents.payloads_left_out > 0 {
        out.line(format_args!(""));
        out.line(format_args!("and {} more envelopes, which no verifier reads", contents.payloads_left_out));
    }
    out.into_text()
}

/// Shows what each envelope holds.
fn write_payloads(out: &mut Lines, payloads: &[Payload]) {
    for payload in payloads {
        out.line(format_args!(""));
        out.line(format_args!("envelope {}: {}, {}", payload.number, what(payload), payload.kind));
        let patches =
            if payload.patches > 0 { format!(", {} formatting patches", payload.patches) } else { String::new() };
        let length = payload.payload_length.map_or("an unknown number of".to_owned(), |length| length.to_string());
        out.line(format_args!("  {length} bytes of payload from {} bytes of tokens{patches}", payload.token_length));
        if payload.parent > 0 {
            out.line(format_args!("  belongs to the sublayout in envelope {}", payload.parent));
        }
        if let Some(Predicate { uri, says, says_more, .. }) = &payload.predicate {
            out.line(format_args!("  predicate type {uri}"));
            if !says.is_empty() {
                out.line(format_args!("  predicate"));
                says.iter().for_each(|says| out.line(format_args!("    {says}")));
            }
            if *says_more {
                out.line(format_args!("    and more"));
            }
        }
        if let Some(Subjects { count, first }) = &payload.subjects {
            out.line(format_args!("  about {}", counted(*count, "artifact")));
            first.iter().for_each(|subject| out.line(format_args!("    {subject}")));
            if let Some(more @ 1..) = count.checked_sub(first.len() as u64) {
                out.line(format_args!("    and {more} more"));
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
            let kind = if signature.is_openpgp { ", OpenPGP" } else { "" };
            out.line(format_args!("  signed by {keyid} ({} bytes{kind})", signature.signature.len() / 2));
        }
    }
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

fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
