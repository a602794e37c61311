//! The JSON form of a trust policy, as it is written, and why a text is none.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sitrep_core::trust_policy::{FORMAT, JSON_VERSION};
use sitrep_core::{Code, Error, Inspections};

use super::{Policy, PolicyFault, given_ids, public_text};
use crate::keys::OwnerFile;

/// The members of BUNDLE.md, section 12, in its order. Read only to say what is wrong with a text that core has refused.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) format: String,
    pub(super) version: u32,
    pub(super) owners: Vec<Owner>,
    pub(super) threshold: u32,
    #[serde(default, skip_serializing_if = "Product::is_empty")]
    pub(super) product: Product,
    #[serde(default)]
    pub(super) inspections: Treatment,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) attestations: Vec<Attestation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) earliest_time: Option<String>,
    #[serde(default)]
    pub(super) security_version: u32,
    #[serde(default)]
    pub(super) revision: u32,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Owner {
    pub(super) keytype: String,
    pub(super) scheme: String,
    pub(super) public: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) keyids: Vec<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Product {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) step: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) artifact: Option<String>,
}

impl Product {
    const fn is_empty(&self) -> bool {
        self.step.is_none() && self.artifact.is_none()
    }
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Treatment {
    #[default]
    Refuse,
    Skip,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Attestation {
    pub(super) r#type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) step: Option<String>,
}

/// Why a policy cannot be written.
#[derive(Debug)]
pub enum WriteError {
    /// A text holds a character that JSON has to escape.
    Escape(String),
    /// The key in this file is one of OpenPGP, for which a policy has no form.
    OpenPgp(PathBuf),
    /// Core would refuse it.
    Refused(Error),
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Escape(text) => {
                write!(
                    f,
                    "{text:?} holds a quotation mark, a backslash or a control character, which no trust policy can hold"
                )
            }
            Self::OpenPgp(path) => write!(f, "{} holds an OpenPGP key, which no trust policy can hold", path.display()),
            Self::Refused(error) => write!(f, "{}: {error}", error.code()),
        }
    }
}

impl std::error::Error for WriteError {}

impl From<Error> for WriteError {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl Policy {
    /// The policy in JSON, on several lines.
    ///
    /// # Errors
    /// [`WriteError`] when nobody could read it.
    pub fn to_json(&self) -> Result<String, WriteError> {
        self.check_owners()?;
        let document = self.document();
        if let Some(text) = document.texts().find(|text| text.contains(['"', '\\']) || text.contains(char::is_control))
        {
            return Err(WriteError::Escape(text.into()));
        }
        // Such a document has nothing that cannot be serialised.
        let json = serde_json::to_string_pretty(&document).unwrap_or_default() + "\n";
        match Self::parse(Path::new(""), json.as_bytes()) {
            Ok(_) => Ok(json),
            Err(PolicyFault::Refused { error, .. }) => Err(error.into()),
            Err(_) => Err(WriteError::Refused(Code::TrustKey.into())),
        }
    }

    /// A device could check no OpenPGP signature, and a policy's owner is one key without subkeys.
    pub(super) fn check_owners(&self) -> Result<(), WriteError> {
        match self.owners.iter().find(|owner| owner.is_openpgp()) {
            Some(owner) => Err(WriteError::OpenPgp(owner.path.clone())),
            None => Ok(()),
        }
    }

    fn document(&self) -> Document {
        let owner = |owner: &OwnerFile| Owner {
            keytype: owner.keytype.clone(),
            scheme: owner.scheme.clone(),
            public: public_text(owner),
            keyids: given_ids(owner),
        };
        let attestations = self
            .attestations
            .iter()
            .map(|required| Attestation { r#type: required.predicate_type.clone(), step: required.step.clone() });
        Document {
            format: FORMAT.into(),
            version: JSON_VERSION,
            owners: self.owners.iter().map(owner).collect(),
            threshold: u32::try_from(self.threshold).unwrap_or(u32::MAX),
            product: Product { step: self.product_step.clone(), artifact: self.artifact.clone() },
            inspections: match self.inspections {
                Inspections::Skip => Treatment::Skip,
                Inspections::Refuse | Inspections::Observed => Treatment::Refuse,
            },
            attestations: attestations.collect(),
            earliest_time: self.earliest_time.map(|time| time.to_string()),
            security_version: self.security_version,
            revision: self.revision,
        }
    }
}

impl Document {
    /// Every text that does not come out of this program.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let owners = self.owners.iter().flat_map(|owner| &owner.keyids);
        let attestations =
            self.attestations.iter().flat_map(|required| [Some(&required.r#type), required.step.as_ref()]);
        let product = [self.product.step.as_ref(), self.product.artifact.as_ref()].into_iter();
        owners.chain(attestations.chain(product).flatten()).map(String::as_str)
    }
}

/// What is wrong with a text that core refuses, and where, as far as that can be told.
pub(super) fn explain(bytes: &[u8], error: Error) -> Option<String> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Some("it is no UTF-8".into()) };
    match error.code() {
        Code::TrustSyntax => {}
        Code::TrustVersion => {
            let document: Document = serde_json::from_str(text).ok()?;
            let Document { format, version, .. } = document;
            return Some(format!("expected {FORMAT:?} version {JSON_VERSION}, found {format:?} version {version}"));
        }
        _ => return None,
    }
    match serde_json::from_str::<Document>(text) {
        Err(error) => Some(error.to_string()),
        Ok(_) if text.contains('\\') => Some("its strings must not hold a backslash".into()),
        Ok(_) => Some("a member is null, or a step, an artifact or a type has a name that it cannot have".into()),
    }
}
