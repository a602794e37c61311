//! `sitrep boot-report`: what a device's boot has left for the application.

use sitrep_core::boot_report::{BootReport, BootReportError, MAGIC};

use crate::args;
use crate::error::CliError;
use crate::shell::files::{Contents, read};
use crate::show::boot_report::ShownBoot;
use crate::show::messages::{note, print, print_json};

/// Prints the first whole report in a dump.
///
/// # Errors
/// [`CliError`] when the file cannot be read, or holds none.
pub fn run(args: &args::BootReport) -> Result<(), CliError> {
    let dump = read(&args.dump, Contents::Binary).map_err(|error| CliError::Read(args.dump.clone(), error))?;
    let (offset, report) =
        find(&dump).map_err(|(offset, error)| CliError::BootReport { path: args.dump.clone(), offset, error })?;
    let shown = ShownBoot::new(offset, &report);
    if args.json { print_json(&shown) } else { print(&shown.text()) }
}

/// The first whole report, and where it starts; otherwise what is wrong with the first thing that starts as one.
fn find(dump: &[u8]) -> Result<(usize, BootReport), (Option<usize>, BootReportError)> {
    let mut starts = memchr::memmem::find_iter(dump, &MAGIC).map(|at| (at, BootReport::read(&dump[at..])));
    let mut fault = None;
    while let Some((at, report)) = starts.next() {
        match report {
            Ok(report) => {
                let others = starts.filter(|(_, report)| report.is_ok()).count();
                if others > 0 {
                    note(&format_args!("{others} more whole boot reports follow: what is shown is the first"));
                }
                return Ok((at, report));
            }
            Err(error) => fault = fault.or(Some((Some(at), error))),
        }
    }
    Err(fault.unwrap_or((None, BootReportError::Magic)))
}
