//! `sitrep trust show`.

use sitrep_metadata::trust_policy::{Policy, PolicyError, PolicyFault};

use super::update::open;
use crate::args::Show;
use crate::error::CliError;
use crate::show::messages::{print, print_json};
use crate::show::policy::ShownPolicy;
use crate::sources::trust::read_policy;

/// Prints what the policy believes and demands.
///
/// # Errors
/// [`CliError`] when the file cannot be read or is no valid policy.
pub(super) fn run(args: &Show) -> Result<(), CliError> {
    let shown = match read_policy(&args.policy) {
        // Owners want to see what others have signed before they sign it too.
        Err(CliError::Policy(PolicyError { fault: PolicyFault::Signed, .. })) => {
            let envelope = open(&args.policy)?;
            let failed = |fault| PolicyError { path: args.policy.clone(), fault };
            let (policy, form) = Policy::parse(&args.policy, &envelope.payload).map_err(failed)?;
            ShownPolicy::new(&policy, form).signed_by(&envelope.signatures)
        }
        policy => {
            let (policy, form) = policy?;
            ShownPolicy::new(&policy, form)
        }
    };
    if args.json {
        return print_json(&shown);
    }
    print(&shown.text(&args.policy.display().to_string()))
}
