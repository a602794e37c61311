//! Why a step has too few links: what was looked for, and what lies there in its place.

use std::collections::HashSet;

use serde_json::Value;
use sitrep_core::limits::HOST;
use sitrep_core::{Code, Error, Outcome};

use super::{Causes, listed, short};
use crate::bundle::pack::link_file_name;
use crate::bundle::view;
use crate::envelope::document::Document;
use crate::keys::host_key::HostKey;
use crate::keys::ids::labels;

/// What lies where a step's links were looked for.
#[derive(Clone, Debug, Default)]
pub struct Near {
    /// The directory, as the user knows it.
    pub directory: String,
    /// Files whose names begin as the step's links do, in any case of letters.
    pub links: Vec<NearLink>,
    /// The names of everything that is there and begins so.
    pub names: Vec<String>,
}

/// A file that may have been meant as a link.
#[derive(Clone, Debug)]
pub struct NearLink {
    /// Its name.
    pub name: String,
    /// What is in it; `None` where that is no signed metadata.
    pub document: Option<Document>,
}

impl NearLink {
    /// The ids of the keys that signed it, as it says.
    fn signers(&self) -> impl Iterator<Item = &str> {
        self.document.iter().flat_map(Document::signatures).filter_map(|signature| signature.keyid.as_deref())
    }
}

/// A step as its layout has it.
struct Step<'v> {
    name: &'v str,
    /// The ids of the keys that it allows.
    allowed: Vec<&'v str>,
    /// Does it allow holders of certificates?
    certificates: bool,
    /// The layout's keys, by id.
    keys: &'v Value,
}

impl<'v> Step<'v> {
    fn of(layout: &'v Value, name: &str) -> Option<Self> {
        let step = layout["steps"].as_array()?.iter().find(|step| step["name"] == name)?;
        let keys = &layout["keys"];
        // Subkeys of OpenPGP sign for their key, under names of their own.
        let with_subkeys = |id: &'v str| {
            let subkeys = keys[id]["subkeys"].as_object().into_iter().flatten().map(|(id, _)| id.as_str());
            std::iter::once(id).chain(subkeys)
        };
        let mut named = HashSet::new();
        let allowed = step["pubkeys"].as_array().into_iter().flatten().filter_map(Value::as_str);
        // More than a layout may have, core has not read.
        let allowed = allowed.filter(|id| named.insert(*id)).flat_map(with_subkeys).take(HOST.keys).collect();
        let certificates = step["cert_constraints"].as_array().is_some_and(|list| !list.is_empty());
        Some(Self { name: step["name"].as_str()?, allowed, certificates, keys })
    }

    /// The file names that its links have, each once.
    fn file_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for keyid in &self.allowed {
            let name = link_file_name(self.name, keyid);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The allowed key that some tool gives this id, though the layout lists it under another one; `id` may be the first digits.
    fn of_other_dialect(&self, id: &str) -> Option<&'v str> {
        let is_called = |listed: &&&str| {
            let key = &self.keys[**listed];
            let text = |value: &'v Value| value.as_str().unwrap_or_default();
            let (keytype, scheme) = (text(&key["keytype"]), text(&key["scheme"]));
            let Ok(decoded) = HostKey::decode(keytype, text(&key["keyval"]["public"])) else { return false };
            labels(keytype, scheme, &decoded).iter().any(|label| label != **listed && label.starts_with(id))
        };
        if id.len() < 8 { None } else { self.allowed.iter().find(is_called).copied() }
    }
}

/// Finds what was looked for, what is there, and whether anything could have been.
pub(super) fn find(
    outcome: &Outcome<'_, '_>,
    error: &Error,
    near: &dyn Fn(u16, &str) -> Option<Near>,
    causes: &mut Causes,
) {
    let step = error.place().step.and_then(|number| outcome.steps().get(usize::from(number)));
    let Some((number, name)) = step.map(|step| (step.layout, step.name.to_string())) else { return };
    let layout = outcome.bundle().envelope(number).ok().and_then(|envelope| view::value(&envelope).ok());
    let Some(step) = layout.as_ref().and_then(|layout| Step::of(layout, &name)) else { return };
    if step.allowed.is_empty() {
        find_nobody(&step, causes);
        return;
    }
    let names = step.file_names();
    let Some(near) = near(number, &name) else {
        if error.code() == Code::LinkMissing {
            causes.add(format!("the bundle holds none of: {}", listed(&names)));
        }
        return;
    };
    let is_there = |name: &String| near.links.iter().any(|link| link.name == *name);
    let absent: Vec<String> = names.iter().filter(|name| !is_there(name)).cloned().collect();
    if !absent.is_empty() {
        causes.add(format!("looked in {} for {}", near.directory, listed(&absent)));
    }
    let others = near.links.iter().filter(|link| !names.contains(&link.name));
    for link in others.take(super::TOLD) {
        find_misplaced(&step, link, &names, &near, causes);
    }
}

/// A step that no key may carry out.
fn find_nobody(step: &Step<'_>, causes: &mut Causes) {
    if step.certificates {
        causes.add(
            "the step allows holders of certificates alone (`cert_constraints`), which sitrep does not verify".into(),
        );
        causes.advise("ask the project owner for a layout that lists the functionaries' keys in `pubkeys`");
    } else {
        causes.add("the step allows no key: `pubkeys` is empty".into());
        causes.advise("ask the project owner for a layout that lists the functionaries' keys in `pubkeys`");
    }
}

/// A file that begins as a link of the step does, and is not one of those that count.
fn find_misplaced(step: &Step<'_>, link: &NearLink, names: &[String], near: &Near, causes: &mut Causes) {
    let name = &link.name;
    // What it would have to be called, where an allowed key signed it.
    let own = link.signers().find(|signer| step.allowed.contains(signer)).map(|keyid| link_file_name(step.name, keyid));
    let why = if link.document.is_none() {
        "but it is no signed link".to_owned()
    } else if let Some(own) = &own {
        causes.advise(if near.names.contains(own) {
            format!("{own} is there too: ask who carries out the step which of the two is the link, and keep that under this name")
        } else {
            format!("rename {name} to {own}")
        });
        misspelling(step, name, names)
    } else if let Some((signer, listed)) =
        link.signers().find_map(|signer| Some((signer, step.of_other_dialect(signer)?)))
    {
        causes.advise(
            "record the step again with a tool that gives keys the same ids, or ask the project owner for a layout with the ids of the functionary's tool",
        );
        format!(
            "signed under the key id {}, which other tools give to the key that the layout lists as {}",
            short(signer),
            short(listed)
        )
    } else if let Some(signer) = link.signers().next() {
        let listed = if step.keys.get(signer).is_some() {
            "which this step does not allow"
        } else {
            "which the layout does not list"
        };
        causes.advise("ask somebody whose key the step allows for the link; or the project owner, whether this key is to be allowed");
        format!("signed by key {}, {listed}", short(signer))
    } else {
        "but nobody has signed it".to_owned()
    };
    causes.add(format!("{name} is there, {why}"));
}

/// What is wrong with the name of a link that an allowed key signed.
fn misspelling(step: &Step<'_>, name: &str, names: &[String]) -> String {
    if names.iter().any(|expected| expected.eq_ignore_ascii_case(name)) {
        "in other letters' case".into()
    } else if name.get(step.name.len()..).is_some_and(|rest| rest.eq_ignore_ascii_case(".link")) {
        "without the first eight digits of the key id in its name".into()
    } else if name.to_ascii_lowercase().ends_with(".json") {
        "but its name does not end in .link".into()
    } else {
        "under another name than its signer's key id gives it".into()
    }
}
