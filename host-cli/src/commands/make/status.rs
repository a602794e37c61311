//! `sitrep status`.

use serde_json::Value;
use sitrep_metadata::partial::{Held, Undecided};

use crate::args::Status;
use crate::commands::done::Done;
use crate::commands::make::run::misfit;
use crate::error::{CliError, ClockUse};
use crate::shell::clock::SystemClock;
use crate::show::lines::{Lines, counted, short};
use crate::show::messages::print;
use crate::sources::evidence::{Evidence, SignedLayout};
use crate::sources::project::Found;

/// Shows the chain so far.
///
/// # Errors
/// [`CliError`] where the project or its layout cannot be read.
pub fn run(args: &Status) -> Result<Done, CliError> {
    let found = Found::new(args.project.project.as_deref())?;
    let clock = SystemClock::read().ok_or(CliError::Clock(ClockUse::Present))?;
    let layout = SignedLayout::of(&found)?;
    if let Some(refusal) = layout.refusal(&found, &clock)? {
        misfit::tell_of_layout(&layout.path, &refusal);
        return Ok(Done::Refused);
    }
    let mut evidence = Evidence::beside(&layout, &found)?;
    let held = evidence.hold(&layout, None, None, clock.time())?;
    let mut out = Lines::default();
    out.line(format_args!("{}: {}", layout.path.display(), if held.fits() { "fits so far" } else { "does not fit" }));
    let steps = layout.layout.get("steps").and_then(Value::as_array).into_iter().flatten();
    for name in steps.filter_map(|step| step.get("name")?.as_str()) {
        step(name, &held, args.verbose, &mut out);
    }
    for Undecided { step, list, waits_for } in &held.undecided {
        out.line(format_args!(
            "  {} of step {step} are not decided before there is a link of {waits_for}",
            list.name()
        ));
    }
    for misfit in &held.misfits {
        misfit::write(misfit, &mut out);
    }
    if let Some(refusal) = &held.refusal {
        misfit::write_refusal(refusal, &mut out);
    }
    for warning in &held.warnings {
        let step = warning.step.as_deref().map(|step| format!(" (step {step})")).unwrap_or_default();
        out.line(format_args!("  warning {}: {}{step}", warning.code, warning.message));
    }
    evidence.notes.iter().for_each(|note| out.line(format_args!("  {note}")));
    print(&out.into_text())?;
    Ok(if held.fits() { Done::Yes } else { Done::Refused })
}

fn step(name: &str, held: &Held, verbose: bool, out: &mut Lines) {
    let Some(step) = held.steps.iter().find(|step| step.name == name) else {
        out.line(format_args!("  -> {name}: nothing yet"));
        return;
    };
    let by: Vec<&str> = step.vouched_by.iter().map(|id| short(id)).collect();
    let by = if by.is_empty() { "no key that counts".to_owned() } else { by.join(", ") };
    let count = |count: Option<u32>, what| counted(count.unwrap_or_default() as usize, what);
    out.line(format_args!(
        "  -> {name}: {}, {}, signed by {by}; {} needed",
        count(step.materials, "material"),
        count(step.products, "product"),
        step.threshold
    ));
    for rule in held.rules.iter().filter(|rule| verbose && rule.step == name) {
        out.line(format_args!("       {} {}: {}", rule.list.name(), rule.words, rule.consumed));
    }
}
