//! `sitrep.toml` and the keys that it names.

use std::env;
use std::path::{Path, PathBuf};

use sitrep_core::Time;
use sitrep_metadata::keys::OwnerFile;
use sitrep_project::compile::{Keys, LayoutKey};
use sitrep_project::file::{FILE_NAME, KeySource, MAX_FILE, Project};

use crate::error::CliError;
use crate::project_error::ProjectError;
use crate::shell::files::read_start;
use crate::sources::keys::read_owners;

/// The layout's file in the evidence directory.
pub(crate) const LAYOUT_FILE: &str = "root.layout";

/// The directory of what sitrep notes for itself, below that of the project's file.
pub(crate) const STATE_DIRECTORY: &str = ".sitrep";

/// A project's file, read.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// The directory that its names are relative to; empty where it is the current one.
    pub directory: PathBuf,
    /// What it says.
    pub text: String,
    /// The same, understood.
    pub project: Project,
}

impl Found {
    /// Reads the file that was named, or else `sitrep.toml` in the current directory or the next above it that has one.
    ///
    /// # Errors
    /// [`CliError`] where there is none, or it cannot be read, or is none.
    pub(crate) fn new(given: Option<&Path>) -> Result<Self, CliError> {
        let path = match given {
            Some(path) => path.to_owned(),
            None => search()?,
        };
        let text = read_text(&path)?;
        let project = Project::parse(&text).map_err(|error| ProjectError::File(path.clone(), error))?;
        let directory = path.parent().unwrap_or(Path::new("")).to_owned();
        Ok(Self { path, directory, text, project })
    }

    /// The directory as the system takes it, where no name follows it.
    pub(crate) fn here(&self) -> &Path {
        if self.directory.as_os_str().is_empty() { Path::new(".") } else { &self.directory }
    }

    /// Where the layout, the links and the attestations are.
    pub(crate) fn evidence(&self) -> PathBuf {
        self.directory.join(&self.project.project.evidence)
    }

    /// Where the layout is.
    pub(crate) fn layout_path(&self) -> PathBuf {
        self.evidence().join(LAYOUT_FILE)
    }

    /// The owners' keys.
    ///
    /// # Errors
    /// [`CliError`] for the first that cannot be read.
    pub(crate) fn owners(&self) -> Result<Vec<OwnerFile>, CliError> {
        read_owners(&self.project.project.owners.iter().map(|path| self.directory.join(path)).collect::<Vec<_>>())
    }

    /// How many owners have to sign the layout.
    pub(crate) fn threshold(&self) -> usize {
        self.project.project.threshold.unwrap_or(self.project.project.owners.len())
    }

    /// The functionaries' keys.
    ///
    /// # Errors
    /// [`CliError`] for the first that cannot be read.
    pub(crate) fn keys(&self) -> Result<Keys, CliError> {
        let mut keys = self.project.inline_keys().map_err(|error| ProjectError::Compile(self.path.clone(), error))?;
        for (name, source) in &self.project.keys {
            if let KeySource::File(path) = source {
                let read = read_owners(&[self.directory.join(path)])?;
                keys.extend(read.first().map(|key| (name.clone(), LayoutKey::of_file(key))));
            }
        }
        Ok(keys)
    }

    /// The layout that it stands for, signed at this time.
    ///
    /// # Errors
    /// [`CliError`] where a key cannot be read, or it stands for none.
    pub(crate) fn layout(&self, now: Time) -> Result<serde_json::Value, CliError> {
        self.layout_of(&self.keys()?, now)
    }

    /// The same, where the keys have been read.
    ///
    /// # Errors
    /// [`CliError`] where it stands for none.
    pub(crate) fn layout_of(&self, keys: &Keys, now: Time) -> Result<serde_json::Value, CliError> {
        self.project.layout(keys, now).map_err(|error| ProjectError::Compile(self.path.clone(), error).into())
    }
}

/// The text of a project's file.
///
/// # Errors
/// [`CliError`] where it cannot be read, is longer than such a file may be, or is no text.
pub(crate) fn read_text(path: &Path) -> Result<String, CliError> {
    let failed = |error| CliError::Read(path.into(), error);
    let bytes = read_start(path, MAX_FILE + 1).map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE {
        let limit = format!("it has more than {} MiB, the limit for sitrep.toml", MAX_FILE >> 20);
        return Err(failed(std::io::Error::new(std::io::ErrorKind::FileTooLarge, limit)));
    }
    String::from_utf8(bytes)
        .map_err(|_| failed(std::io::Error::new(std::io::ErrorKind::InvalidData, "it is not UTF-8")))
}

/// The nearest project's file.
fn search() -> Result<PathBuf, CliError> {
    let here = env::current_dir().map_err(|error| CliError::Read(PathBuf::from("."), error))?;
    let (mut found, mut up) = (None, PathBuf::new());
    for directory in here.ancestors() {
        if directory.join(FILE_NAME).is_file() {
            found = Some(up.join(FILE_NAME));
            break;
        }
        up.push("..");
    }
    let found = found.ok_or(ProjectError::Missing)?;
    // Whoever may write into a directory above, such as that of temporary files, would say what runs here.
    if found.components().count() > 1 && !is_own(&found) {
        return Err(ProjectError::Strange(found).into());
    }
    Ok(found)
}

/// Does a file belong to this user, or to the system's?
#[cfg(unix)]
fn is_own(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let owner = path.metadata().map(|metadata| metadata.uid());
    owner.is_ok_and(|owner| owner == 0 || owner == rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
fn is_own(_: &Path) -> bool {
    true
}

/// May a file with this contents be replaced by a layout? Only one that is a layout itself.
pub(crate) fn is_layout(bytes: &[u8]) -> bool {
    sitrep_metadata::envelope::document::Document::parse(bytes)
        .is_ok_and(|document| document.type_name() == Some("layout"))
}

/// How much of a file is looked at to see whether it is a layout.
pub(crate) const MAX_LAYOUT: u64 = sitrep_metadata::limits::METADATA_FILE;
