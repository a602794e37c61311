//! `sitrep layout add-key` and `add-step`: changes of sitrep.toml that leave its comments alone.

use std::path::{Path, PathBuf};

use sitrep_metadata::keys::fingerprint;
use sitrep_project::edit::{self, NewStep};
use sitrep_project::file::Project;

use crate::args::{LayoutAddKey, LayoutAddStep};
use crate::error::CliError;
use crate::project_error::ProjectError;
use crate::shell::files;
use crate::show::lines::harmless;
use crate::show::messages::print;
use crate::sources::keys::read_owners;
use crate::sources::project::Found;

/// Adds a key, which must be one.
///
/// # Errors
/// [`CliError`] where the key or the file cannot be read, or the file would say nothing valid.
pub(super) fn add_key(args: &LayoutAddKey) -> Result<(), CliError> {
    let found = Found::new(args.project.project.as_deref())?;
    let keys = read_owners(std::slice::from_ref(&args.key))?;
    let path = below(&found, &args.key)?;
    let text = edit::add_key(&found.text, &args.name, &path, &args.step);
    write(&found, text)?;
    let fingerprint = keys.first().map(|key| fingerprint(key.decoded())).unwrap_or_default();
    print(&format!(
        "added: key {} with the fingerprint {fingerprint} to {}; it counts once the owners have signed: sitrep layout sign\n",
        harmless(&args.name),
        harmless(&found.path.display().to_string())
    ))
}

/// Adds a step.
///
/// # Errors
/// [`CliError`] where the file cannot be read, or would say nothing valid.
pub(super) fn add_step(args: &LayoutAddStep) -> Result<(), CliError> {
    let found = Found::new(args.project.project.as_deref())?;
    let LayoutAddStep { name, by, command, after, creates, changes, before, .. } = args;
    let new = NewStep {
        name: name.clone(),
        by: by.clone(),
        command: command.clone(),
        after: after.clone(),
        creates: creates.clone(),
        changes: changes.clone(),
        before: before.clone(),
    };
    write(&found, edit::add_step(&found.text, &new))?;
    print(&format!(
        "added: step {}, to {}; it counts once the owners have signed: sitrep layout sign\n",
        harmless(name),
        harmless(&found.path.display().to_string())
    ))
}

/// Writes the changed file, if it is one that can be read again.
fn write(found: &Found, text: Result<String, edit::EditError>) -> Result<(), CliError> {
    let path = &found.path;
    let text = text.map_err(|error| ProjectError::Edit(path.clone(), error))?;
    Project::parse(&text).map_err(|error| ProjectError::File(path.clone(), error))?;
    files::write(path, text.as_bytes()).map_err(|error| CliError::Write(path.clone(), error))
}

/// A file's name as sitrep.toml says it: relative to its directory where it is below that, otherwise absolute.
fn below(found: &Found, file: &Path) -> Result<String, CliError> {
    let real = |path: &Path| path.canonicalize().map_err(|error| CliError::Read(path.into(), error));
    let (directory, file) = (real(found.here())?, real(file)?);
    let name: PathBuf = file.strip_prefix(&directory).map_or_else(|_| file.clone(), Path::to_owned);
    let text = name.to_str().map(|name| name.replace('\\', "/"));
    text.ok_or_else(|| ProjectError::Name(name).into())
}
