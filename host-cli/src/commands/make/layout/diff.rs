//! `sitrep layout diff`.

use serde::Serialize;
use sitrep_project::diff::{Difference, diff};

use crate::args::LayoutDiff;
use crate::commands::done::Done;
use crate::error::{CliError, ClockUse};
use crate::shell::clock::SystemClock;
use crate::show::lines::Lines;
use crate::show::messages::{print, print_json};
use crate::sources::desk::{Desk, keep_expiry};
use crate::sources::project::Found;

#[derive(Serialize)]
struct Json<'d> {
    before: &'d str,
    after: &'d str,
    differences: Vec<JsonDifference<'d>>,
}

#[derive(Serialize)]
struct JsonDifference<'d> {
    place: &'d str,
    before: &'d [String],
    after: &'d [String],
}

/// Shows how one layout differs from another.
///
/// # Errors
/// [`CliError`] where one cannot be read.
pub(super) fn run(args: &LayoutDiff) -> Result<Done, CliError> {
    let now = SystemClock::read().map(SystemClock::time).ok_or(CliError::Clock(ClockUse::Present))?;
    let (before, mut after) = match (&args.before, &args.after) {
        (Some(before), Some(after)) => (Desk::read(before, now)?, Desk::read(after, now)?),
        (before, _) => {
            let found = Found::new(None)?;
            let before = before.clone().unwrap_or_else(|| found.layout_path());
            (Desk::read(&before, now)?, Desk::of_project(&found, now)?)
        }
    };
    if let (Some(_), Some(project)) = (&before.signed, &after.project) {
        keep_expiry(&mut after.layout, project.project.expires, &before.layout, now);
    }
    let differences = diff(&before.layout, &after.layout);
    let done = if differences.is_empty() { Done::Yes } else { Done::Refused };
    if args.json {
        let differences =
            differences.iter().map(|Difference { place, before, after }| JsonDifference { place, before, after });
        let json = Json { before: &before.name, after: &after.name, differences: differences.collect() };
        return print_json(&json).map(|()| done);
    }
    let mut out = Lines::default();
    if differences.is_empty() {
        out.line(format_args!("no difference: {} and {}", before.name, after.name));
    } else {
        out.line(format_args!("- {}", before.name));
        out.line(format_args!("+ {}", after.name));
    }
    write(&differences, &mut out);
    print(&out.into_text()).map(|()| done)
}

/// A line for each difference, with `-` for what only the first has and `+` for what only the second has.
fn write(differences: &[Difference], out: &mut Lines) {
    for Difference { place, before, after } in differences {
        out.line(format_args!("{place}"));
        before.iter().for_each(|line| out.line(format_args!("  - {line}")));
        after.iter().for_each(|line| out.line(format_args!("  + {line}")));
    }
}
