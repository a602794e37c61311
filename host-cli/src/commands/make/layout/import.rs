//! `sitrep layout import`.

use sitrep_project::file::{MAX_FILE, Project};
use sitrep_project::import::import;

use crate::args::LayoutImport;
use crate::commands::output::check_new;
use crate::error::CliError;
use crate::project_error::ProjectError;
use crate::shell::files;
use crate::show::lines::harmless;
use crate::show::messages::print;
use crate::sources::desk::Desk;

/// Writes the file that becomes the same signed bytes again.
///
/// # Errors
/// [`CliError`] where the layout is none, or no file can say it, or a file is in the way.
pub(super) fn run(args: &LayoutImport) -> Result<(), CliError> {
    if let Some(output) = &args.output {
        check_new(output)?;
    }
    let Desk { layout, signed, .. } = Desk::of_layout(&args.layout)?;
    let failed = |error| ProjectError::Import(args.layout.clone(), error);
    let Some(signed) = signed else { return Ok(()) };
    let text = import(&layout, signed.form, &signed.text).map_err(failed)?;
    let Some(output) = &args.output else { return print(&text) };
    if text.len() as u64 > MAX_FILE {
        return Err(ProjectError::Long(output.clone(), text.len()).into());
    }
    files::write(output, text.as_bytes()).map_err(|error| CliError::Write(output.clone(), error))?;
    let steps = Project::parse(&text).map_or(0, |project| project.steps.len());
    let name = output.display().to_string();
    print(&format!(
        "written: {}, {steps} steps; name the owners in it, and see what it becomes with: sitrep layout show --rules {}\n",
        harmless(&name),
        harmless(&name)
    ))
}
