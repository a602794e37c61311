//! Why a file is no trust policy.

use std::fmt;
use std::path::PathBuf;

use sitrep_core::{Code, Error};

use crate::keys::KeyError;

/// Why a trust policy cannot be used.
#[derive(Debug)]
pub struct PolicyError {
    /// The file that is to blame.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: PolicyFault,
}

/// What is wrong with a trust policy.
#[derive(Debug)]
pub enum PolicyFault {
    /// It is an envelope around a policy.
    Signed,
    /// It has more than 64 KiB.
    TooLarge,
    /// Core refuses it.
    Refused {
        /// Core's word.
        error: Error,
        /// What and where, in JSON, as far as that can be told.
        reason: Option<String>,
    },
    /// An owner's key does not decode, or does not go with its scheme. The error's path is `owner N`.
    Key(KeyError),
}

impl PolicyError {
    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match &self.fault {
            PolicyFault::Signed => {
                "`sitrep trust show` shows it, and `sitrep trust update` puts the envelopes of all owners together; here, give the policy that was signed"
            }
            PolicyFault::TooLarge => Code::TrustVersion.hint(),
            PolicyFault::Refused { error, .. } => error.code().hint(),
            PolicyFault::Key(_) => Code::TrustKey.hint(),
        }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.fault {
            PolicyFault::Signed => write!(f, "{path} is a signed trust policy, expected the policy itself"),
            PolicyFault::TooLarge => {
                write!(f, "{path}: trust-version: the file has more than 64 KiB and is no trust policy")
            }
            PolicyFault::Refused { error, reason } => {
                write!(f, "{path}: {}: {error}", error.code())?;
                if let Some(owner) = error.place().key {
                    write!(f, " (owner {})", owner + 1)?;
                }
                if let Some(reason) = reason {
                    write!(f, ": {reason}")?;
                }
                Ok(())
            }
            PolicyFault::Key(error) => write!(f, "{path}: {}: {error}", Code::TrustKey),
        }
    }
}

impl std::error::Error for PolicyError {}
