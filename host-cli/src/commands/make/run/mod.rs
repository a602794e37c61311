//! `sitrep run`.

pub(crate) mod misfit;
mod plan;

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};
use sitrep_core::Time;
use sitrep_metadata::artifacts::Artifacts;
use sitrep_metadata::bundle::pack::link_file_name;
use sitrep_metadata::envelope::byproducts::{Byproducts, Keep, Stream};
use sitrep_metadata::envelope::link::{Link, LinkForm};
use sitrep_metadata::keys::host_key::HostKey;
use sitrep_metadata::partial::{Held, Unsigned, builds_on, step_of};
use sitrep_metadata::sign::{Sign, SignError};

use self::plan::{Plan, without_own_variables};
use crate::args::{Mode, Run, Streams};
use crate::commands::done::Done;
use crate::error::{CliError, ClockUse};
use crate::project_error::ProjectError;
use crate::record::link;
use crate::record::tree::Recorder;
use crate::shell::clock::SystemClock;
use crate::shell::files;
use crate::shell::process::End;
use crate::shell::process::foreground::{Copied, foreground};
use crate::show::lines::{Lines, counted};
use crate::show::messages::{complain, note, tell};
use crate::sources::evidence::{Evidence, SignedLayout};
use crate::sources::project::{Found, STATE_DIRECTORY};
use crate::sources::signers::open_signers;

/// What stands for sitrep's own failures beside the command's exit codes, as with env(1), timeout(1) and their like.
const NOT_RECORDED: u8 = 125;

/// How much text of each stream a link holds at most, in bytes.
const STREAM: usize = 1 << 20;

/// Carries out a step, and signs its link.
///
/// # Errors
/// None: what goes wrong is told, and is the exit code 125.
pub fn run(args: &Run) -> Result<Done, CliError> {
    step(args).or_else(|error| {
        complain(&error, error.hint());
        Ok(Done::Returned(NOT_RECORDED))
    })
}

/// The layout that a step is held against.
struct Against {
    found: Found,
    layout: SignedLayout,
    evidence: Evidence,
    /// The steps that this one builds on.
    before: BTreeSet<String>,
    now: Time,
}

fn step(args: &Run) -> Result<Done, CliError> {
    let found = if args.without_layout { None } else { Some(Found::new(args.project.project.as_deref())?) };
    let plan = Plan::new(args, found.as_ref())?;
    // What asks for a passphrase, asks before anything runs.
    let signer = one_signer(args)?;
    let mut against = match found {
        None => None,
        Some(found) => match against(args, found)? {
            Some(against) => Some(against),
            None => return Ok(Done::Returned(NOT_RECORDED)),
        },
    };
    let label = match &against {
        None => signer.id().to_owned(),
        Some(against) => label(&against.layout, &args.step, &*signer)?,
    };
    // What no link can hold is found before the command runs.
    plan.products().check().map_err(ProjectError::Record)?;
    let materials = recorded(&plan.materials())?;
    let nothing = (Artifacts::default(), Map::new());
    if let Some(against) = &mut against {
        let held = hold(against, &plan, &materials, &nothing, true)?;
        let missing: Vec<&str> =
            against.before.iter().filter(|name| held.missing.contains(name)).map(String::as_str).collect();
        if !missing.is_empty() {
            return refuse(&format_args!(
                "step {} builds on {}, of which there is no link in {}",
                args.step,
                missing.join(", "),
                against.found.evidence().display()
            ));
        }
        if !held.fits() {
            let about = format!("step {} was not started: what it would start from does not fit the layout", args.step);
            return misfit(&about, &args.step, &held);
        }
    }

    let (end, byproducts) = run_command(args, &plan)?;
    let code = match end {
        End::Returned(value) => value,
        End::TimeLimit | End::Unstoppable => {
            return refuse(&format_args!("the command was still running after {} s", args.timeout.unwrap_or_default()));
        }
    };
    let done = Done::Returned(u8::try_from(if code < 0 { 128 - code } else { code }).unwrap_or(u8::MAX));
    if code != 0 && !args.record_failure {
        say(args, &format_args!("not recorded: the command of step {} failed with {code}", args.step));
        return Ok(done);
    }
    let products = recorded(&plan.products())?;
    let after = (products, byproducts);
    if let Some(against) = &mut against {
        let held = hold(against, &plan, &materials, &after, false)?;
        if !held.fits() {
            let about = format!("step {} does not fit the layout", args.step);
            if args.mode == Mode::FailSafe {
                keep(against, &plan, &materials, &after)?;
                return misfit(&about, &args.step, &held);
            }
            if args.mode == Mode::Notify {
                misfit(&about, &args.step, &held)?;
            }
            if let Some(command) = &args.on_misfit {
                notify(command, &args.step, &held)?;
            }
        }
    }
    let link = link_of(&plan, &materials, &after);
    let path = plan.directory.join(link_file_name(&args.step, &label));
    if args.dry_run {
        say(args, &format_args!("dry run: {} would be signed as {}", args.step, path.display()));
        return Ok(done);
    }
    sign(&path, &link, plan.form, &*signer, label)?;
    let (materials, products) = (counted(materials.len(), "material"), counted(after.0.len(), "product"));
    say(args, &format_args!("recorded: {}, {materials}, {products}", path.display()));
    Ok(done)
}

/// Tells why nothing was recorded.
fn refuse(about: &dyn fmt::Display) -> Result<Done, CliError> {
    complain(about, None);
    Ok(Done::Returned(NOT_RECORDED))
}

fn say(args: &Run, text: &dyn fmt::Display) {
    if !args.quiet {
        note(text);
    }
}

/// A link names one key in its file's name.
fn one_signer(args: &Run) -> Result<Box<dyn Sign>, CliError> {
    let mut signers = open_signers(&args.keys)?;
    match (signers.pop(), signers.is_empty()) {
        (Some(signer), true) => Ok(signer),
        _ => Err(ProjectError::OneKey.into()),
    }
}

/// The layout, if its owners stand behind it and it says of the step what the project's file says. Otherwise that is told.
fn against(args: &Run, found: Found) -> Result<Option<Against>, CliError> {
    let clock = SystemClock::read().ok_or(CliError::Clock(ClockUse::Present))?;
    let layout = SignedLayout::of(&found)?;
    if let Some(refusal) = layout.refusal(&found, &clock)? {
        misfit::tell_of_layout(&layout.path, &refusal);
        return Ok(None);
    }
    let own = found.layout(clock.time())?;
    if layout.step(&args.step) != step_of(&own, &args.step) {
        return Err(ProjectError::OtherStep(args.step.clone(), found.path).into());
    }
    let before = builds_on(&layout.layout, &args.step);
    let evidence = Evidence::beside(&layout, &found)?;
    Ok(Some(Against { found, layout, evidence, before, now: clock.time() }))
}

/// The label under which the layout lets the key do the step.
fn label(layout: &SignedLayout, step: &str, signer: &dyn Sign) -> Result<String, CliError> {
    let own = &signer.key().key;
    let ids = layout.step(step).and_then(|step| step.get("pubkeys")?.as_array()).into_iter().flatten();
    let is_own = |id: &&str| {
        let key = layout.layout.get("keys").and_then(|keys| keys.get(*id));
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let keytype = text(key.and_then(|key| key.get("keytype")));
        let public = text(key.and_then(|key| key.get("keyval")?.get("public")));
        HostKey::decode(&keytype, &public).is_ok_and(|key| key == *own)
    };
    let mut ids = ids.filter_map(Value::as_str);
    let found = ids.find(is_own).map(str::to_owned);
    found.ok_or_else(|| ProjectError::NoFunctionary(step.to_owned(), signer.id().to_owned()).into())
}

fn recorded(recorder: &Recorder<'_>) -> Result<Artifacts, CliError> {
    Ok(recorder.record().map_err(ProjectError::Record)?.artifacts)
}

fn link_of<'a>(plan: &'a Plan, materials: &'a Artifacts, after: &'a (Artifacts, Map<String, Value>)) -> Link<'a> {
    let (products, byproducts) = after;
    let Plan { name, command, environment, .. } = plan;
    Link { name, command, materials, products, byproducts, environment }
}

/// Holds a recording that is not signed yet against the layout.
fn hold(
    against: &mut Against,
    plan: &Plan,
    materials: &Artifacts,
    after: &(Artifacts, Map<String, Value>),
    is_before: bool,
) -> Result<Held, CliError> {
    let payload = link_of(plan, materials, after).json(LinkForm::Dsse);
    let recording = Unsigned { step: &plan.name, payload: &payload, is_before };
    against.evidence.hold(&against.layout, Some(&against.before), Some(&recording), against.now)
}

/// Tells what does not fit.
fn misfit(about: &str, step: &str, held: &Held) -> Result<Done, CliError> {
    complain(&about, None);
    let mut out = Lines::default();
    misfit::tell(step, held, &mut out);
    tell(&out.into_text());
    Ok(Done::Returned(NOT_RECORDED))
}

/// Keeps a recording that was not signed.
fn keep(
    against: &Against,
    plan: &Plan,
    materials: &Artifacts,
    after: &(Artifacts, Map<String, Value>),
) -> Result<(), CliError> {
    let directory = against.found.directory.join(STATE_DIRECTORY);
    fs::create_dir_all(&directory).map_err(|error| CliError::Write(directory.clone(), error))?;
    let path = directory.join(format!("{}.unsigned.json", plan.name));
    let link = link_of(plan, materials, after);
    files::write(&path, &link.json(LinkForm::Dsse)).map_err(|error| CliError::Write(path.clone(), error))?;
    note(&format_args!("nothing is signed; what was recorded is kept in {}", path.display()));
    Ok(())
}

/// Hands what does not fit to a command.
fn notify(command: &str, step: &str, held: &Held) -> Result<(), CliError> {
    let words = sitrep_project::file::Command::split(command).unwrap_or_default().0;
    let failed = |error| CliError::from(ProjectError::Misfit(command.to_owned(), error));
    let (program, arguments) = words.split_first().ok_or_else(|| failed(std::io::ErrorKind::InvalidInput.into()))?;
    let mut out = Lines::default();
    out.line(format_args!("step {step} does not fit the layout"));
    misfit::tell(step, held, &mut out);
    let mut child = without_own_variables(program).args(arguments).stdin(Stdio::piped()).spawn().map_err(failed)?;
    if let Some(mut input) = child.stdin.take() {
        // One that does not listen has been told all the same.
        let _ = input.write_all(out.into_text().as_bytes());
    }
    child.wait().map(drop).map_err(failed)
}

/// Runs the command. Gives how it ended, and what stands of that in the link.
fn run_command(args: &Run, plan: &Plan) -> Result<(End, Map<String, Value>), CliError> {
    let Some(command) = plan.process() else { return Ok((End::Returned(0), Map::new())) };
    let keep = match args.record_streams {
        None | Some(Streams::Off) => Keep::Nothing,
        Some(Streams::Digest) => Keep::Digest,
        Some(Streams::Text) => Keep::Text(STREAM),
    };
    let streams = [(); 2].map(|()| Arc::new(Mutex::new(Stream::new(keep))));
    let copied = streams.each_ref().map(|stream| {
        let stream = Arc::clone(stream);
        let copied: Copied = Box::new(move |bytes| stream.lock().unwrap_or_else(PoisonError::into_inner).add(bytes));
        copied
    });
    let limit = args.timeout.map(|seconds| Duration::from_secs(seconds.into()));
    let end = foreground(command, limit, (keep != Keep::Nothing).then_some(copied))
        .map_err(|error| ProjectError::Start(plan.command.first().cloned().unwrap_or_default(), error))?;
    let [stdout, stderr] = streams.map(|stream| stream.lock().unwrap_or_else(PoisonError::into_inner).clone());
    let return_value = if let End::Returned(value) = end { value } else { -1 };
    Ok((end, Byproducts { return_value, stdout, stderr }.members()))
}

fn sign(path: &Path, link: &Link<'_>, form: LinkForm, signer: &dyn Sign, label: String) -> Result<(), CliError> {
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        fs::create_dir_all(directory).map_err(|error| CliError::Write(directory.into(), error))?;
    }
    let signed = |message: &[u8]| Ok::<_, SignError>(vec![(label, signer.sign(message)?)]);
    link::write(path, link, form, signed).map_err(|error| match error {
        link::WriteError::Sign(error) => error.into(),
        link::WriteError::Io(error) => CliError::Write(path.into(), error),
        link::WriteError::Link(error) => ProjectError::Link(path.into(), error).into(),
    })
}
