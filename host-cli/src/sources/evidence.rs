//! A project's signed layout, and the evidence beside it: what a step is held against.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use sitrep_core::{Clock, Time};
use sitrep_metadata::bundle::pack::Packer;
use sitrep_metadata::causes::Near;
use sitrep_metadata::envelope::document::Document;
use sitrep_metadata::hex;
use sitrep_metadata::partial::{Chain, Held, Unsigned, check_layout};
use sitrep_metadata::verification::report::Located;

use crate::error::CliError;
use crate::project_error::ProjectError;
use crate::shell::executor::Threads;
use crate::shell::files::{Contents, read};
use crate::sources::desk::{Desk, Signed};
use crate::sources::input::Input;
use crate::sources::near;
use crate::sources::note::Note;
use crate::sources::project::Found;

/// The layout that a project's owners signed.
pub(crate) struct SignedLayout {
    /// Its file.
    pub path: PathBuf,
    /// What it says.
    pub layout: Value,
    document: Document,
}

impl SignedLayout {
    /// Reads it.
    ///
    /// # Errors
    /// [`CliError`] where there is none, or it is none.
    pub(crate) fn of(found: &Found) -> Result<Self, CliError> {
        let path = found.layout_path();
        if !path.exists() {
            return Err(ProjectError::NoLayout(path).into());
        }
        match Desk::of_layout(&path)? {
            Desk { layout, signed: Some(Signed { document, .. }), .. } => Ok(Self { path, layout, document }),
            _ => Err(ProjectError::NoLayout(path).into()),
        }
    }

    /// Do the owners stand behind it, and is it in force? The refusal where not.
    ///
    /// # Errors
    /// [`CliError`] where an owner's key cannot be read.
    pub(crate) fn refusal(&self, found: &Found, clock: &dyn Clock) -> Result<Option<Located>, CliError> {
        Ok(check_layout(&self.document, &found.owners()?, found.threshold(), clock)?)
    }

    /// The step of that name.
    pub(crate) fn step(&self, name: &str) -> Option<&Value> {
        let steps = self.layout.get("steps").and_then(Value::as_array)?;
        steps.iter().find(|step| step.get("name").and_then(Value::as_str) == Some(name))
    }
}

/// The evidence.
pub(crate) struct Evidence {
    packer: Packer,
    directories: BTreeMap<u16, PathBuf>,
    nobody: String,
    /// Files that were ignored, and why.
    pub notes: Vec<Note>,
}

impl Evidence {
    /// Loads what lies beside a layout.
    ///
    /// # Errors
    /// [`CliError`] where the layout cannot be read, or the system has no random numbers.
    pub(crate) fn beside(layout: &SignedLayout, found: &Found) -> Result<Self, CliError> {
        let failed = |error| CliError::Read(layout.path.clone(), error);
        let bytes = read(&layout.path, Contents::Metadata).map_err(failed)?;
        let Input { packer, notes, directories, .. } =
            Input::of_layout(&layout.path, &bytes, Some(&found.evidence()), &[])?;
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| failed(std::io::Error::other(error)))?;
        Ok(Self { packer, directories, nobody: hex::encode(&random), notes })
    }

    /// The chain so far, held against the layout ([`Chain::hold`]).
    ///
    /// # Errors
    /// [`CliError`] where it cannot be packed.
    pub(crate) fn hold(
        &mut self,
        layout: &SignedLayout,
        only: Option<&std::collections::BTreeSet<String>>,
        recording: Option<&Unsigned<'_>>,
        now: Time,
    ) -> Result<Held, CliError> {
        let directories = &self.directories;
        let near = |layout: u16, step: &str| -> Option<Near> {
            directories.get(&layout).map(|directory| near::links(directory, step))
        };
        let threads = Threads::available();
        let mut chain = Chain {
            packer: std::mem::take(&mut self.packer),
            layout: &layout.layout,
            parameters: &[],
            executor: &threads,
            nobody: &self.nobody,
            near: &near,
        };
        let held = chain.hold(only, recording, now);
        self.packer = chain.packer;
        Ok(held?)
    }
}
