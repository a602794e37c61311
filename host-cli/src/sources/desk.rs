//! A layout on its author's desk: as `sitrep.toml`, or as the layout itself in whichever envelope.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use sitrep_core::Time;
use sitrep_metadata::bundle::payload_text::PayloadText;
use sitrep_metadata::envelope::document::Document;
use sitrep_project::expires::Expires;
use sitrep_project::file::{Form, Project};

use crate::error::CliError;
use crate::project_error::ProjectError;
use crate::sources::layout;
use crate::sources::project::Found;

/// A layout's payload, and where it is from.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    /// The file.
    pub name: String,
    /// What it says.
    pub layout: Value,
    /// Of a project's file: what it says.
    pub project: Option<Project>,
    /// Of a project's file: what it calls keys, by their labels.
    pub key_names: BTreeMap<String, String>,
    /// Of a layout: what is signed.
    pub signed: Option<Signed>,
}

/// A duration leads to another time at every moment. Where the layout that was signed before is in force, that is no difference: this one gets its expiry.
pub(crate) fn keep_expiry(layout: &mut Value, expires: Expires, before: &Value, now: Time) {
    let own = before.get("expires");
    let is_in_force = own.and_then(Value::as_str).and_then(Time::parse).is_some_and(|expires| expires > now);
    if is_in_force
        && matches!(expires, Expires::After(..))
        && let (Some(own), Some(expires)) = (own, layout.get_mut("expires"))
    {
        *expires = own.clone();
    }
}

/// A layout in its envelope.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    /// The envelope, with its signatures.
    pub document: Document,
    /// How it is wrapped.
    pub form: Form,
    /// The text that its signatures are over, without DSSE's head.
    pub text: String,
}

impl Desk {
    /// Reads a file of either kind: one that is named `*.toml` is a project's. It is read once, since it may be a pipe.
    ///
    /// # Errors
    /// [`CliError`] where it is neither.
    pub(crate) fn read(path: &Path, now: Time) -> Result<Self, CliError> {
        let is_toml = path.extension().is_some_and(|extension| extension == "toml");
        if is_toml { Self::of_project(&Found::new(Some(path))?, now) } else { Self::of_layout(path) }
    }

    /// The layout that a project's file stands for.
    ///
    /// # Errors
    /// [`CliError`] where a key cannot be read.
    pub(crate) fn of_project(found: &Found, now: Time) -> Result<Self, CliError> {
        let keys = found.keys()?;
        let layout = found.layout_of(&keys, now)?;
        let key_names = keys.into_iter().map(|(name, key)| (key.id, name)).collect();
        let (name, project) = (found.path.display().to_string(), Some(found.project.clone()));
        Ok(Self { name, layout, project, key_names, signed: None })
    }

    /// A layout, signed or not.
    ///
    /// # Errors
    /// [`CliError`] where it is none.
    pub(crate) fn of_layout(path: &Path) -> Result<Self, CliError> {
        let document = layout::read(path)?;
        let form = if document.payload_type().is_some() { Form::Dsse } else { Form::Metablock };
        let PayloadText { text, value: layout } =
            PayloadText::of(&document).map_err(|error| ProjectError::Payload(path.into(), error))?;
        let signed = Some(Signed { document, form, text });
        let name = path.display().to_string();
        Ok(Self { name, layout, project: None, key_names: BTreeMap::new(), signed })
    }
}
