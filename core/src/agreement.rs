//! Whether all that counts as evidence of a step says the same.

use crate::bundle::Bundle;
use crate::error::{Code, Error, List, Result};
use crate::features::Features;
use crate::memory::State;
use crate::metadata::known::Known;
use crate::metadata::link::LinkStatus;
use crate::metadata::lookup::same_artifacts;
use crate::metadata::step::{Role, Step};

/// All links that count agree with each other, and each sublayout has been put in the place of its link. Only [`check_agreement`] says so, and no
/// rule is applied before.
pub(crate) struct Agreed(());

/// All links that count for a step must have recorded the same artifacts. What a sublayout recorded are the materials of its first step and the
/// products of its last; the deepest come first, so that all below it is known.
#[inline(never)]
pub(crate) fn check_agreement<'b, const PATH: usize>(
    bundle: &'b Bundle<'b>,
    state: &mut State<'_, 'b>,
) -> Result<Agreed> {
    let State { layouts, known: Known { steps, links, budget, .. } } = state;
    let features = bundle.strings().features();
    let mut path = [0; PATH];
    let mut cursor = bundle.paths(&mut path);
    for layout in layouts.iter().rev() {
        for link in layout.links.of(links).iter().filter(|link| link.status == LinkStatus::Counted) {
            let step = link.step.and_then(|step| steps.get(usize::from(step)));
            let Some(first) = step.and_then(|step| step.link).and_then(|first| links.get(usize::from(first))) else {
                continue;
            };
            if first.envelope == link.envelope {
                continue;
            }
            for list in [List::Materials, List::Products] {
                let (one, other) = (first.artifacts(bundle, list)?, link.artifacts(bundle, list)?);
                if !same_artifacts(one, other, &mut cursor, features, budget)? {
                    let error = Error::new(Code::LinksDisagree).in_envelope(link.envelope);
                    return Err(link.step.map_or(error, |step| error.at_step(step)));
                }
            }
        }
        if !Features::BUILD.has(Features::SUBLAYOUTS) {
            break;
        }
        let mut own = layout.steps.of(steps).iter().filter(|step| step.role == Role::Step);
        let recorded = |step: Option<&Step<'_>>| step.and_then(|step| links.get(usize::from(step.link?)));
        let first = own.next();
        let materials = recorded(first).and_then(|link| link.materials);
        let products = recorded(own.next_back().or(first)).and_then(|link| link.products);
        if let Some(link) = layout.link.and_then(|link| links.get_mut(usize::from(link))) {
            (link.materials, link.products) = (materials, products);
        }
    }
    Ok(Agreed(()))
}
