//! `sitrep lint`: what will hurt about a layout.

use sitrep_metadata::lint::lint;
use sitrep_metadata::parameters::parameters;
use sitrep_metadata::profile::Profile;

use crate::args::Lint;
use crate::commands::done::Done;
use crate::error::CliError;
use crate::shell::clock::SystemClock;
use crate::show::findings::Findings;
use crate::show::messages::{print, print_json};
use crate::sources::layout::read;

/// Looks at the layout and prints what it finds, sorted by place.
///
/// # Errors
/// [`CliError`] when there is no layout to be read.
pub fn run(args: &Lint) -> Result<Done, CliError> {
    let now = SystemClock::at(args.at.as_deref())?.time();
    if args.profile != Profile::Host && !args.param.is_empty() {
        return Err(CliError::DeviceParameters);
    }
    let parameters = parameters(&args.param)?;
    let document = read(&args.layout)?;
    let findings = lint(&document, args.profile, now, &parameters)?;
    let report = Findings::new(args.layout.display().to_string(), args.profile.limits().name, now, &findings);
    if args.json { print_json(&report) } else { print(&report.text()) }?;
    Ok(if report.has_any() { Done::Refused } else { Done::Yes })
}
