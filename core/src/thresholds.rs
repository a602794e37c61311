//! Whether as many people vouch for every step of a layout as it demands.

use crate::error::{Code, Error, Result};
use crate::expiry::InForce;
use crate::metadata::known::Known;
use crate::metadata::link::{LinkState, LinkStatus};
use crate::metadata::step::{Role, Span};

/// A layout that is in force and has as many signers for every step as it demands. Only [`check_thresholds`] makes one.
#[derive(Debug)]
pub(crate) struct Vouched {
    layout: InForce,
    /// Its evidence.
    pub(crate) links: Span,
}

impl core::ops::Deref for Vouched {
    type Target = InForce;

    fn deref(&self) -> &InForce {
        &self.layout
    }
}

/// Every step needs as many distinct signers as the layout demands.
#[inline(never)]
pub(crate) fn check_thresholds(layout: InForce, links: Span, known: &mut Known<'_, '_>) -> Result<Vouched> {
    for (number, link) in links.numbers().zip(links.of(known.links)) {
        if let LinkStatus::Ignored(reason) = link.status {
            let place = Error::new(reason).in_envelope(link.envelope);
            // `check_link_artifacts` has told of artifacts.
            if !matches!(reason, Code::LinkArtifactName | Code::LinkDigest) {
                known.warnings.push(link.step.map_or(place, |step| place.at_step(step)));
            }
            continue;
        }
        // An attestation vouches for no step.
        let Some(step) = link.step.and_then(|step| known.steps.get_mut(usize::from(step))) else { continue };
        if link.status == LinkStatus::Counted {
            step.vouched = step.vouched.union(link.signers);
            step.links = step.links.saturating_add(1);
        }
        // The first that counts, or what was observed of an inspection.
        step.link = step.link.or(Some(number));
    }
    for (number, step) in layout.steps.numbers().zip(layout.steps.of(known.steps)) {
        if step.role == Role::Step && step.vouched.len() < step.threshold as usize {
            return Err(Error::new(threshold_code(number, links.of(known.links))).at_step(number));
        }
    }
    Ok(Vouched { layout, links })
}

/// Why a step lacks signers, as exactly as can be told.
fn threshold_code(step: u16, links: &[LinkState]) -> Code {
    let mut links = links.iter().filter(|link| link.step == Some(step)).peekable();
    if links.peek().is_none() {
        return Code::LinkMissing;
    }
    let is_unknown_scheme = |link: &LinkState| link.status == LinkStatus::Ignored(Code::LinkScheme);
    if links.any(is_unknown_scheme) { Code::LinkScheme } else { Code::ThresholdNotMet }
}
