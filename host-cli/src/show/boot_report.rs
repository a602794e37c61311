//! What a device's boot has left for the application.

use serde::Serialize;
use sitrep_core::boot_report::{
    BootDecision, BootReport, BootSlot, Checked, ImageReport, Refusal, SlotReport, SlotState,
};
use sitrep_core::{Code, Place, Time};
use sitrep_metadata::hex;

use crate::show::lines::Lines;

/// A report, for people and for `--json`.
#[derive(Serialize)]
pub(crate) struct ShownBoot {
    offset: usize,
    format: u8,
    decision: Decision,
    slots: Slots,
    staging: Check,
    policy: Policy,
    /// The least security version that may run.
    counter: u32,
    time_floor: Option<String>,
    /// What the device's clock said.
    clock: Option<String>,
    image: Option<Image>,
    warnings: Vec<Coded>,
    warning_count: u32,
}

#[derive(Serialize)]
struct Decision {
    /// `confirmed`, `trial` or `recovery`.
    kind: &'static str,
    slot: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<Coded>,
}

#[derive(Serialize)]
struct Slots {
    a: Slot,
    b: Slot,
}

#[derive(Serialize)]
struct Slot {
    state: &'static str,
    #[serde(flatten)]
    check: Check,
}

#[derive(Serialize)]
struct Check {
    /// `none`, `verified` or `refused`.
    check: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<Coded>,
}

#[derive(Serialize)]
struct Policy {
    revision: u32,
    pending_revision: Option<u32>,
}

#[derive(Serialize)]
struct Image {
    sha256: String,
    security_version: u32,
}

/// A code, with its place where it has one. The device's firmware may be newer than this program.
#[derive(Serialize)]
struct Coded {
    number: u16,
    code: Option<&'static str>,
    message: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Numbers>,
}

/// A place, by number: names stand in the bundle, which is not here.
#[derive(Serialize)]
struct Numbers {
    #[serde(skip_serializing_if = "Option::is_none")]
    envelope: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attestation: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact: Option<u32>,
}

impl Coded {
    fn warning(number: u16) -> Self {
        Self::of(Refusal { code: number, place: Place::default() })
    }

    fn of(refusal: Refusal) -> Self {
        let (code, place) = (refusal.code(), refusal.place);
        let Place { envelope, step, rule, key, attestation, artifact } = place;
        let (list, rule) = rule.map(|(list, rule)| (list.name(), rule)).unzip();
        let numbers = Numbers { envelope, step, list, rule, key, attestation, artifact };
        Self {
            number: refusal.code,
            code: code.map(Code::name),
            message: code.map(Code::message),
            place: (place != Place::default()).then_some(numbers),
        }
    }

    fn words(&self) -> String {
        let (Some(code), Some(message)) = (self.code, self.message) else {
            return format!("code {}, which this version of sitrep does not know", self.number);
        };
        format!("{code}: {message}{}", self.place.as_ref().map(Numbers::words).unwrap_or_default())
    }
}

impl Numbers {
    fn words(&self) -> String {
        let wide = |number: Option<u16>| number.map(u32::from);
        let list = self.list.map(|list| format!("rule of {list}"));
        let parts = [
            ("envelope", wide(self.envelope)),
            ("step", wide(self.step)),
            (list.as_deref().unwrap_or("rule"), wide(self.rule)),
            ("key", wide(self.key)),
            ("attestation", wide(self.attestation)),
            ("artifact", self.artifact),
        ];
        let parts: Vec<String> =
            parts.iter().filter_map(|(name, number)| Some(format!("{name} {}", (*number)?))).collect();
        format!(" ({})", parts.join(", "))
    }
}

impl Check {
    fn new(checked: Checked) -> Self {
        let (check, refusal) = match checked {
            Checked::No => ("none", None),
            Checked::Verified => ("verified", None),
            Checked::Refused(refusal) => ("refused", Some(Coded::of(refusal))),
        };
        Self { check, refusal }
    }
}

impl Slot {
    fn new(report: SlotReport) -> Self {
        let state = match report.state {
            SlotState::Unknown => "unknown",
            SlotState::Empty => "empty",
            SlotState::Installed => "installed",
            SlotState::Started => "started",
            SlotState::Confirmed => "confirmed",
            SlotState::Rejected => "rejected",
        };
        Self { state, check: Check::new(report.checked) }
    }
}

impl Slots {
    /// How a slot runs that has not confirmed. Which one the journal calls active is not in the report.
    fn how_runs(&self, slot: &str) -> String {
        let (this, other, name) = if slot == "a" { (&self.a, &self.b, "b") } else { (&self.b, &self.a, "a") };
        match (this.state, other.state) {
            ("started", "empty") => "on trial: it may confirm, and there is nothing to go back to".into(),
            ("started", "confirmed") => {
                format!("on trial: unless it confirms, the next boot goes back to slot {name} if that verifies")
            }
            ("started", _) => format!("on trial: unless it confirms, the next boot may go back to slot {name}"),
            _ => "as the last resort, and cannot confirm: nothing else verifies".into(),
        }
    }
}

impl ShownBoot {
    pub(crate) fn new(offset: usize, report: &BootReport) -> Self {
        let name = |slot| if slot == BootSlot::A { "a" } else { "b" };
        let (kind, slot, refusal) = match report.decision {
            BootDecision::Confirmed(slot) => ("confirmed", Some(name(slot)), None),
            BootDecision::Trial(slot) => ("trial", Some(name(slot)), None),
            BootDecision::Recovery(refusal) => ("recovery", None, Some(Coded::of(refusal))),
        };
        let [a, b] = report.slots.map(Slot::new);
        let image = |ImageReport { sha256, security_version }| Image { sha256: hex::encode(&sha256), security_version };
        Self {
            offset,
            format: report.format,
            decision: Decision { kind, slot, refusal },
            slots: Slots { a, b },
            staging: Check::new(report.staging),
            policy: Policy { revision: report.policy, pending_revision: report.pending_policy },
            counter: report.counter,
            time_floor: Some(report.time_floor).filter(|time| *time > 0).map(|time| Time(time).to_string()),
            clock: report.clock.map(|time| Time(time).to_string()),
            image: report.image.map(image),
            warnings: report.warnings.iter().filter(|number| **number > 0).map(|it| Coded::warning(*it)).collect(),
            warning_count: report.warning_count,
        }
    }

    pub(crate) fn text(&self) -> String {
        let mut out = Lines::default();
        let Self { offset, decision, slots, staging, policy, .. } = self;
        out.line(format_args!("boot report at offset {offset}"));
        let slot = decision.slot.unwrap_or_default();
        match decision.kind {
            "confirmed" => out.line(format_args!("  decision    slot {slot} runs")),
            "trial" => out.line(format_args!("  decision    slot {slot} runs {}", slots.how_runs(slot))),
            _ => {
                let why = decision.refusal.as_ref().map(Coded::words).unwrap_or_default();
                out.line(format_args!("  decision    recovery: nothing may run: {why}"));
            }
        }
        for (name, slot) in [("a", &slots.a), ("b", &slots.b)] {
            let state = match slot.state {
                "unknown" => "not known, as the journal cannot be read",
                "installed" => "installed, not started yet",
                "started" => "started, not confirmed yet",
                "rejected" => "rejected: it did not verify, or was not confirmed",
                state => state,
            };
            out.line(format_args!("  slot {name}      {state}"));
            match (&slot.check.refusal, slot.check.check) {
                (Some(refusal), _) => out.line(format_args!("              refused: {}", refusal.words())),
                (None, "verified") => out.line(format_args!("              verified at this boot")),
                _ => {}
            }
        }
        match (&staging.refusal, staging.check) {
            (Some(refusal), _) => out.line(format_args!("  staging     refused: {}", refusal.words())),
            (None, "verified") => out.line(format_args!("  staging     the package was taken")),
            _ => out.line(format_args!("  staging     no package")),
        }
        match policy.pending_revision {
            None => out.line(format_args!("  policy      revision {}", policy.revision)),
            Some(pending) => out.line(format_args!(
                "  policy      revision {}; {pending} comes into force once an image that it allows has confirmed",
                policy.revision
            )),
        }
        out.line(format_args!("  counter     security version {} or greater may run", self.counter));
        match &self.time_floor {
            Some(time) => out.line(format_args!("  time        certainly later than {time}")),
            None => out.line(format_args!("  time        nothing is known")),
        }
        match &self.clock {
            Some(time) => out.line(format_args!("  clock       {time}")),
            None => out.line(format_args!("  clock       none: what runs may have expired since that time")),
        }
        if let Some(Image { sha256, security_version }) = &self.image {
            out.line(format_args!("  image       sha256 {sha256}"));
            out.line(format_args!("              security version {security_version}"));
        }
        for warning in &self.warnings {
            out.line(format_args!("  warning {}", warning.words()));
        }
        let kept = u32::try_from(self.warnings.len()).unwrap_or(u32::MAX);
        if self.warning_count > kept {
            out.line(format_args!("  {} warnings in all", self.warning_count));
        }
        out.into_text()
    }
}
