//! What keeps devices from verifying the chain, in one note. With the device's profile each is a finding of its own.

use sitrep_core::limits::DEVICE;

use super::glob::start;
use super::model::Layout;
use super::place::Place;
use super::{Findings, kinds};
use crate::profile::Profile;

pub(super) fn find(layout: &Layout<'_>, profile: Profile, findings: &mut Findings) {
    if profile != Profile::Host {
        return;
    }
    let mut reasons = Vec::new();
    let mut check = |count: usize, most: usize, what: &str| {
        if count > most {
            reasons.push(format!("{count} {what} (at most {most})"));
        }
    };
    check(layout.keys.len(), DEVICE.keys, "keys");
    check(layout.items.len(), DEVICE.steps, "steps and inspections");
    let lists = layout.items.iter().flat_map(|item| item.lists());
    let most = lists.map(|list| list.rules.as_ref().map_or(0, Vec::len)).max();
    check(most.unwrap_or(0), DEVICE.rules, "rules in one list");
    let rules = layout.items.iter().flat_map(|item| item.lists()).flat_map(|list| list.meanings());
    let longest = rules.map(|(_, meaning)| start(meaning.pattern).len()).max();
    check(longest.unwrap_or(0), DEVICE.path, "bytes in one path");
    let other = layout.keys.iter().filter(|key| key.is_usable && !key.can_be_checked(Profile::Device)).count();
    if other > 0 {
        reasons.push(format!("{other} of {} keys are not Ed25519", layout.keys.len()));
    }
    if !reasons.is_empty() {
        findings.add(
            &kinds::DEVICE_UNFIT,
            Place::layout(),
            format!("a device would not verify it: {}", reasons.join("; ")),
        );
    }
}
