//! `sitrep layout show`.

use sitrep_project::file::Project;
use sitrep_project::readings::{Reading, readings};

use crate::args::LayoutShow;
use crate::error::{CliError, ClockUse};
use crate::shell::clock::SystemClock;
use crate::show::layout::Shown;
use crate::show::lines::Lines;
use crate::show::messages::{note, print, print_json};
use crate::sources::desk::Desk;
use crate::sources::project::Found;

/// Shows what a layout says.
///
/// # Errors
/// [`CliError`] where the file cannot be read.
pub(super) fn run(args: &LayoutShow) -> Result<(), CliError> {
    let now = SystemClock::read().map(SystemClock::time).ok_or(CliError::Clock(ClockUse::Present))?;
    let desk = match &args.file {
        Some(file) => Desk::read(file, now)?,
        None => Desk::of_project(&Found::new(None)?, now)?,
    };
    if args.json {
        return print_json(&desk.layout);
    }
    let mut out = Lines::default();
    let signatures = desk.signed.as_ref().map(|signed| signed.document.signatures());
    Shown { name: &desk.name, layout: &desk.layout, signatures, names: &desk.key_names, rules: args.rules }
        .write(&mut out);
    for open in desk.project.iter().flat_map(Project::open) {
        out.line(format_args!("  open: {open}"));
    }
    print(&out.into_text())?;
    if args.rules {
        for Reading { step, word, pattern, reading } in desk.project.iter().flat_map(readings) {
            note(&format_args!("step {step}, {word} {pattern:?}: {reading}"));
        }
    }
    Ok(())
}
