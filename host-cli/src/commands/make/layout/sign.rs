//! `sitrep layout sign`.

use std::fs;
use std::path::Path;

use serde_json::Value;
use sitrep_core::Time;
use sitrep_metadata::envelope::document::Signature;
use sitrep_metadata::envelope::wrapped::Wrapped;
use sitrep_metadata::keys::OwnerFile;
use sitrep_metadata::lint::{self, Severity};
use sitrep_metadata::profile::Profile;
use sitrep_metadata::sign::Sign as _;
use sitrep_project::expires::Expires;
use sitrep_project::file::{Form, Spelling};
use sitrep_project::spelling::payload;

use crate::args::LayoutSign;
use crate::commands::output::check_output;
use crate::error::{CliError, ClockUse};
use crate::project_error::ProjectError;
use crate::shell::clock::SystemClock;
use crate::shell::files;
use crate::show::lines::Lines;
use crate::show::messages::{note, print};
use crate::sources::desk::{Desk, Signed, keep_expiry};
use crate::sources::project::{Found, MAX_LAYOUT, is_layout};
use crate::sources::signers::open_signers;

/// Signs the layout that the project's file stands for. Where it was signed before and says the same, the signature is added to those that it has.
///
/// # Errors
/// [`CliError`] where something is still open, a key is none of an owner's, or a file cannot be read or written.
pub(super) fn run(args: &LayoutSign) -> Result<(), CliError> {
    let found = Found::new(args.project.project.as_deref())?;
    let open = found.project.open();
    if !open.is_empty() {
        return Err(ProjectError::Open(found.path, open).into());
    }
    let now = SystemClock::read().map(SystemClock::time).ok_or(CliError::Clock(ClockUse::Present))?;
    let (layout, owners) = (found.layout(now)?, found.owners()?);
    let form = if found.project.project.envelope == Form::Metablock { Form::Metablock } else { Form::Dsse };
    let spelling = found.project.project.spelling;
    let output = args.output.clone().unwrap_or_else(|| found.layout_path());
    if args.output.is_none() {
        fs::create_dir_all(found.evidence()).map_err(|error| CliError::Write(found.evidence(), error))?;
    }
    check_output(&output, MAX_LAYOUT, is_layout)?;
    let before = if output.exists() && !args.renew { Some(Desk::of_layout(&output)?) } else { None };
    let kept = before.filter(|before| is_same(before, &layout, form, found.project.project.expires, now));
    let (wrapped, layout, mut signatures) = match kept {
        Some(Desk { layout, signed: Some(signed), .. }) => {
            (wrap(form, spelling, &layout, Some(&signed)), layout, signed.document.signatures().to_vec())
        }
        _ => (wrap(form, spelling, &layout, None), layout, Vec::new()),
    };
    check(&wrapped, now, &output)?;

    let signers = open_signers(&args.keys)?;
    let message = wrapped.message();
    for signer in &signers {
        let id = signer.id();
        if !owners.iter().any(|owner| owner.ids.iter().any(|own| own == id)) {
            return Err(ProjectError::NoOwner(id.to_owned(), found.path).into());
        }
        signatures.retain(|signature| signature.keyid.as_deref() != Some(id));
        signatures.push(Signature::bare(Some(id.to_owned()), signer.sign(&message)?));
    }
    files::write(&output, wrapped.to_json(&signatures).as_bytes())
        .map_err(|error| CliError::Write(output.clone(), error))?;
    if args.quiet {
        return Ok(());
    }
    let mut out = Lines::default();
    out.line(format_args!("signed: {}", output.display()));
    out.line(format_args!("  expires {}", layout.get("expires").and_then(Value::as_str).unwrap_or_default()));
    tell_owners(&owners, &signatures, found.threshold(), &mut out);
    print(&out.into_text())
}

fn wrap(form: Form, spelling: Spelling, layout: &Value, signed: Option<&Signed>) -> Wrapped {
    match (form, signed) {
        (Form::Metablock, _) => Wrapped::Metablock(layout.clone()),
        (_, Some(signed)) => Wrapped::Dsse(signed.text.clone()),
        (form, None) => Wrapped::Dsse(payload(layout, form, spelling)),
    }
}

/// Does a layout that was signed before say the same, but for the time to which a duration led then? One that has expired says nothing any more.
fn is_same(before: &Desk, layout: &Value, form: Form, expires: Expires, now: Time) -> bool {
    let mut same = layout.clone();
    keep_expiry(&mut same, expires, &before.layout, now);
    same == before.layout && before.signed.as_ref().is_some_and(|signed| signed.form == form)
}

/// Refuses to sign what every verifier would refuse.
fn check(wrapped: &Wrapped, now: Time, output: &Path) -> Result<(), CliError> {
    let Ok(document) = lint::parse(wrapped.to_json(&[]).as_bytes()) else { return Ok(()) };
    let findings = lint::lint(&document, Profile::Host, now, &[])?;
    if let Some(error) = findings.iter().find(|finding| finding.severity == Severity::Error) {
        let problem = format!("{}: {}: {}", error.name, error.place, error.problem);
        return Err(ProjectError::Refused(problem, error.hint).into());
    }
    match findings.iter().filter(|finding| finding.severity == Severity::Warning).count() {
        0 => {}
        count => {
            note(&format_args!("lint has {count} warnings about it: see them with sitrep lint {}", output.display()))
        }
    }
    Ok(())
}

/// Says which owners have signed, and who is still to.
fn tell_owners(owners: &[OwnerFile], signatures: &[Signature], threshold: usize, out: &mut Lines) {
    let has_signed = |owner: &&OwnerFile| {
        signatures.iter().any(|signature| owner.ids.iter().any(|id| Some(id.as_str()) == signature.keyid.as_deref()))
    };
    let (signed, missing): (Vec<_>, Vec<_>) = owners.iter().partition(has_signed);
    let names = |owners: &[&OwnerFile]| {
        owners.iter().map(|owner| owner.path.display().to_string()).collect::<Vec<_>>().join(", ")
    };
    out.line(format_args!("  signed by {} of {} owners: {}", signed.len(), owners.len(), names(&signed)));
    if signed.len() < threshold {
        out.line(format_args!("  {threshold} are needed; still to sign: {}", names(&missing)));
    }
}
