//! Whether a layout is in force at the time that the verifier knows.

use crate::error::{Code, Error, Result};
use crate::metadata::layout::Layout;
use crate::request::{Findings, Request};
use crate::time::Time;
use crate::warnings::Warnings;

/// A layout that has not expired, as far as can be told. Only [`check_expiry`] makes one.
#[derive(Debug)]
pub(crate) struct InForce(Layout);

impl core::ops::Deref for InForce {
    type Target = Layout;

    fn deref(&self) -> &Layout {
        &self.0
    }
}

/// It is at least as late as the trust policy says, whatever the clock says or does not say.
#[inline(never)]
pub(crate) fn check_expiry(
    layout: Layout,
    request: &Request<'_, '_>,
    warnings: &mut Warnings,
    findings: &mut Findings,
) -> Result<InForce> {
    let (clock, earliest) = (request.clock.now(), request.trust.earliest_time);
    let least = earliest.unwrap_or(Time(0));
    let now = clock.unwrap_or(least).max(least);
    if layout.link.is_none() {
        findings.expires = Some(layout.expires);
        // A time that may long be past says nothing about what has not expired by then.
        findings.now = clock.map(|_| now);
        if clock.is_some_and(|clock| clock < least) {
            warnings.push(Code::ClockBehind);
        }
    }
    if now >= layout.expires && (clock.is_some() || earliest.is_some()) {
        findings.now = Some(now);
        return Err(Error::new(Code::LayoutExpired).in_envelope(layout.envelope));
    }
    if clock.is_none() {
        warnings.push(Error::new(Code::ExpiryUnknown).in_envelope(layout.envelope));
    }
    Ok(InForce(layout))
}
