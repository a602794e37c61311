//! An in-toto Statement: what an attestation says, and about which artifacts (in-toto attestation framework, Statement v0.1 and v1).

use crate::bundle::{Envelope, Kind, Reader, Str, names};
use crate::error::{Code, Result};
use crate::metadata::members::Members;
use crate::wire::Offset;

/// `_type` of a statement.
const TYPES: [&str; 2] = ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"];

/// The predicate of a link whose materials are a list of resource descriptors, and of one whose materials are a map.
const LINK_V0_3: &str = "https://in-toto.io/attestation/link/v0.3";
const LINK_V0_2: &str = "https://in-toto.io/Link/v0.2";

/// How a link writes its materials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Materials {
    /// `{path: digests, ...}`
    Map,
    /// `[{"name": path, "digest": digests}, ...]`
    List,
}

/// The members of a statement: offsets in its payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Statement<'b> {
    pub(crate) predicate_type: Str<'b>,
    pub(crate) subject: Offset,
    pub(crate) predicate: Option<Offset>,
}

impl<'b> Statement<'b> {
    /// Is this the `_type` of a statement, and is it wrapped as statements are?
    pub(crate) fn is_type(kind: Str<'_>, envelope: &Envelope<'_>) -> bool {
        matches!(envelope.kind(), Kind::Dsse { .. }) && TYPES.iter().any(|name| kind.is(name))
    }

    /// Reads the statement that `reader` stands before.
    pub(crate) fn read(reader: &mut Reader<'b>) -> Result<Self> {
        let mut found = Members::NONE;
        found.read(reader, &const { names(["predicateType", "subject", "predicate"]) }, Code::StatementMember)?;
        let [predicate_type, Some(subject), predicate] = found.offsets else {
            return Err(Code::StatementMember.into());
        };
        let predicate_type = reader.string_at_or(predicate_type, Code::StatementMember)?;
        Ok(Self { predicate_type, subject, predicate })
    }

    /// Where the predicate is a link, how that writes its materials.
    pub(crate) fn link(&self) -> Option<Materials> {
        if self.predicate_type.is(LINK_V0_3) {
            Some(Materials::List)
        } else if self.predicate_type.is(LINK_V0_2) {
            Some(Materials::Map)
        } else {
            None
        }
    }
}
