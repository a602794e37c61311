//! How long the layout is valid. One that has expired, or whose expiry cannot be read, core refuses.

use serde_json::Value;
use sitrep_core::Time;

use super::model::Layout;
use super::place::Place;
use super::{Findings, kinds};

const DAY: u64 = 86_400;

/// An expiry within so many days should be seen to.
const SOON: u64 = 30;
/// An expiry after so many days, ten years, is as good as none.
const LATE: u64 = 3653;

pub(super) fn find(layout: &Layout<'_>, now: Time, findings: &mut Findings) {
    let Some(text) = layout.root.get("expires").and_then(Value::as_str) else { return };
    let Some(left) = Time::parse(text).and_then(|expires| expires.0.checked_sub(now.0)) else { return };
    let days = left / DAY;
    let place = || Place::layout().member("expires");
    if days < SOON && left > 0 {
        findings.add(&kinds::EXPIRES_SOON, place(), format!("the layout expires {text}, in {days} days"));
    }
    if days > LATE {
        findings.add(
            &kinds::EXPIRES_LATE,
            place(),
            format!("the layout expires {text}, in {} years", days * 100 / 36525),
        );
    }
}
