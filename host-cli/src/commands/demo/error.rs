//! Why the demo stopped.

use crate::error::CliError;
use crate::record::step::StepError;

/// Why the demo stopped.
#[derive(Debug)]
pub(super) enum DemoError {
    /// Something did not come out as told.
    Unexpected(String),
    /// The demo could not be played here.
    Cli(CliError),
}

impl From<CliError> for DemoError {
    fn from(error: CliError) -> Self {
        Self::Cli(error)
    }
}

impl From<StepError> for DemoError {
    fn from(error: StepError) -> Self {
        Self::Cli(CliError::Step(error))
    }
}
