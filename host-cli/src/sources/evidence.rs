//! A project's signed layout, and the evidence beside it: what a step is held against.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;
use sitrep_core::{Clock, Time};
use sitrep_metadata::bundle::pack::Packer;
use sitrep_metadata::causes::Near;
use sitrep_metadata::envelope::document::Document;
use sitrep_metadata::hex;
use sitrep_metadata::partial::{Chain, Held, Unsigned, check_layout, step_of};
use sitrep_metadata::verification::report::Located;

use crate::error::CliError;
use crate::project_error::ProjectError;
use crate::shell::executor::Threads;
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
        step_of(&self.layout, name)
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
    /// [`CliError`] where the system has no random numbers.
    pub(crate) fn beside(layout: &SignedLayout, found: &Found) -> Result<Self, CliError> {
        // The layout that was verified: at its path may be another one by now.
        let document = layout.document.clone();
        let Input { packer, notes, directories, .. } =
            Input::of_document(&layout.path, document, Some(&found.evidence()), &[])?;
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(CliError::Random)?;
        Ok(Self { packer, directories, nobody: hex::encode(&random), notes })
    }

    /// The chain so far, held against the layout ([`Chain::hold`]).
    ///
    /// # Errors
    /// [`CliError`] where it cannot be packed.
    pub(crate) fn hold(
        &mut self,
        layout: &SignedLayout,
        only: Option<&BTreeSet<String>>,
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
