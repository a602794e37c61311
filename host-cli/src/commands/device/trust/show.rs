//! `sitrep trust show`.

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
    let (policy, form) = read_policy(&args.policy)?;
    let shown = ShownPolicy::new(&policy, form);
    if args.json {
        return print_json(&shown);
    }
    print(&shown.text(&args.policy.display().to_string()))
}
