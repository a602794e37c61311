//! What is said of a recording that does not fit its layout.

use std::path::Path;

use sitrep_core::List;
use sitrep_metadata::partial::{Held, Misfit};
use sitrep_metadata::verification::report::Located;

use crate::show::lines::Lines;
use crate::show::messages::complain_of;

/// What does not fit, and the four ways out of it that SBOMit's specification names (section 4.3.1).
pub(crate) fn tell(step: &str, held: &Held, out: &mut Lines) {
    for misfit in &held.misfits {
        write(misfit, out);
    }
    if let Some(refusal) = &held.refusal {
        write_refusal(refusal, out);
        return;
    }
    let own = held.misfits.iter().find(|misfit| misfit.step == step);
    out.line(format_args!("  what to do, one of four:"));
    match own {
        Some(Misfit { list: List::Products, artifacts, is_required: false, .. }) => out.line(format_args!(
            "    it belongs there: add {:?} to creates (or changes) of step {step} in sitrep.toml, and: sitrep layout sign",
            artifacts.first().map(String::as_str).unwrap_or_default()
        )),
        _ => out.line(format_args!(
            "    it belongs there: say so in the rules of step {step} in sitrep.toml, and: sitrep layout sign"
        )),
    }
    out.line(format_args!(
        "    a step is missing in the layout: sitrep layout add-step NAME --by KEY --before {step}, and: sitrep layout sign"
    ));
    out.line(format_args!(
        "    the layout has a step too many: take its [[step]] out of sitrep.toml, and: sitrep layout sign"
    ));
    out.line(format_args!(
        "    it does not belong there: change the project so that it is not there, and: sitrep run {step}"
    ));
}

/// Why a layout counts for nothing, as an error.
pub(crate) fn tell_of_layout(path: &Path, refusal: &Located) {
    let about = format!("{}: {}: {}", path.display(), refusal.code, refusal.message);
    complain_of(&about, &refusal.causes, Some(&refusal.hint));
}

/// Why the rest was not looked at, and what it is due to.
pub(crate) fn write_refusal(refusal: &Located, out: &mut Lines) {
    out.line(format_args!("  {}: {}", refusal.code, refusal.message));
    refusal.causes.iter().for_each(|cause| out.line(format_args!("    {cause}")));
}

/// One misfit in a line, and what it is due to.
pub(crate) fn write(misfit: &Misfit, out: &mut Lines) {
    let Misfit { step, list, rule, artifacts, more, is_required, causes } = misfit;
    let names = artifacts.join(", ");
    let more = if *more > 0 { format!(" and {more} more") } else { String::new() };
    let what = if *is_required { "misses" } else { "leaves over" };
    out.line(format_args!("  step {step}, {}: {rule} {what} {names}{more}", list.name()));
    causes.iter().for_each(|cause| out.line(format_args!("    {cause}")));
}
