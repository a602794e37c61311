//! The verdict as data: what `--json` prints, member for member, with names in the place of numbers.

use std::collections::BTreeMap;
use std::io;

use serde::{Deserialize, Serialize};
use sitrep_core::{Class, Code, Error, List, Outcome, Verdict};

use crate::bundle::shown::Shown;

/// What core decided, with the names that it stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// `verified` or `refused`.
    pub verdict: String,
    /// The refusal.
    pub error: Option<Located>,
    /// What was believed and demanded.
    pub trust: Trust,
    /// The values given for the layout's parameters.
    pub parameters: Vec<Parameter>,
    /// The layout.
    pub layout: Layout,
    /// The steps, as far as they were read.
    pub steps: Vec<Step>,
    /// The inspections, as far as they were read.
    pub inspections: Vec<Inspection>,
    /// The layouts that stand in place of links.
    pub sublayouts: Vec<Sublayout>,
    /// The statements that are no links.
    pub attestations: Vec<Attestation>,
    /// The artifacts that were compared.
    pub artifacts: Vec<Artifact>,
    /// The first warnings.
    pub warnings: Vec<Located>,
    /// How many warnings there were.
    pub warning_count: u32,
    /// What inspections did not see, as whoever verified said: names below the target directory. Not from core.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<String>,
    /// What each rule consumed. For people only: `--json` is core's verdict.
    #[serde(skip)]
    pub rules: Vec<Applied>,
}

/// A rule that was applied.
#[derive(Clone, Debug)]
pub struct Applied {
    /// Number of the layout's envelope.
    pub layout: u16,
    /// The step or inspection.
    pub step: String,
    /// Which of its two lists.
    pub list: List,
    /// Its words.
    pub words: String,
    /// How many artifacts it consumed; for `REQUIRE`, whether its artifact was there.
    pub consumed: u32,
}

/// An error or a warning, and its place.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Located {
    /// Its stable name.
    pub code: String,
    /// Its stable number.
    pub number: u16,
    /// The family of its code.
    pub class: String,
    /// What is wrong.
    pub message: String,
    /// The step or inspection.
    pub step: Option<String>,
    /// Number of the envelope of the layout that it is in.
    pub layout: Option<u16>,
    /// The rule.
    pub rule: Option<Rule>,
    /// The artifact's name.
    pub artifact: Option<String>,
    /// The predicate type of the demanded attestation.
    pub attestation: Option<String>,
    /// The key.
    pub keyid: Option<String>,
    /// Number of the envelope in the bundle.
    pub envelope: Option<u16>,
    /// What to do about it.
    pub hint: String,
    /// What it is due to, where that could be told from the metadata: a sentence each. Of the refusal and of keys that can sign nothing, and not from
    /// core.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
}

/// An artifact rule.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rule {
    /// `materials` or `products`.
    pub list: String,
    /// Its number, from 0.
    pub index: u16,
    /// Its words.
    pub words: Option<Vec<String>>,
}

/// What was believed and demanded.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Trust {
    /// Ids of the owners' keys.
    pub owners: Vec<String>,
    /// How many of them must have signed the layout.
    pub threshold: u64,
    /// `refuse`, `skip` or `observed`.
    pub inspections: String,
    /// The step whose products were asked for, where it was named.
    pub product_step: Option<String>,
    /// The attestations that were demanded.
    pub attestations: Vec<Required>,
    /// The least security version; 0 for none.
    pub security_version: u32,
    /// The time that it certainly is later than.
    pub earliest_time: Option<String>,
    /// The device that was verified for.
    pub device: Option<Device>,
}

/// A device.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Device {
    /// Its product.
    pub product: String,
    /// Its hardware.
    pub hardware: String,
}

/// An attestation that was demanded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Required {
    /// What it has to be, as a URI.
    #[serde(rename = "type")]
    pub predicate_type: String,
    /// The step whose functionaries must have signed it; the product's where it is not named.
    pub step: Option<String>,
}

/// A value for a layout's parameter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// What is said of the layout.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Layout {
    /// When it expires.
    pub expires: Option<String>,
    /// `valid`, `expired`, `unknown` or `unread`.
    pub expiry: String,
    /// The time of the verification.
    pub checked_at: Option<String>,
    /// Ids of the owners' keys.
    pub signed_by: Vec<String>,
}

/// What is said of a step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// How many keys must vouch for it.
    pub threshold: u32,
    /// Ids of those that did.
    pub vouched_by: Vec<String>,
    /// How many links counted; `None` where they were not looked at, since the layout was refused before.
    pub links: Option<u16>,
    /// How many materials they list.
    pub materials: Option<u32>,
    /// How many products they list.
    pub products: Option<u32>,
}

/// What is said of an inspection.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Inspection {
    /// Its name.
    pub name: String,
    /// `observed`, `skipped` or `not-run`.
    pub state: String,
}

/// What is said of a layout in place of a link.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sublayout {
    /// Number of its envelope.
    pub envelope: u16,
    /// The step that it stands for.
    pub step: Option<String>,
    /// Number of the envelope of the layout that has this step.
    pub layout: Option<u16>,
    /// When it expires.
    pub expires: String,
    /// Ids of the functionaries' keys.
    pub signed_by: Vec<String>,
    /// Its steps.
    pub steps: Vec<Step>,
    /// Its inspections.
    pub inspections: Vec<Inspection>,
}

/// What is said of a statement that is no link.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attestation {
    /// Number of its envelope.
    pub envelope: u16,
    /// What it says, as a URI.
    pub predicate_type: Option<String>,
    /// How many artifacts it is about.
    pub subjects: u32,
    /// The security version that it gives, where that is what it is for.
    pub security_version: Option<u32>,
    /// Ids of the keys of the layout that signed it.
    pub signed_by: Vec<String>,
    /// The step whose functionaries signed it and that recorded one of its subjects.
    pub step: Option<String>,
}

/// What is said of an artifact.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Artifact {
    /// Its name in the metadata.
    pub name: String,
    /// `verified` or an error code.
    pub result: String,
    /// The step that it is a product of; `None` where the chain has no such product.
    pub step: Option<String>,
    /// What it was compared with, by algorithm.
    pub digest: Option<BTreeMap<String, String>>,
    /// The security version that is attested of it, where one was demanded.
    pub security_version: Option<u32>,
    /// The time that it certainly is later than, as is attested with that.
    pub time: Option<String>,
    /// The file that was compared; core knows none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<ReadFile>,
}

/// A file that was compared with what the chain produced.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReadFile {
    /// Its path, as it was given.
    pub path: String,
    /// How many bytes were read; `None` where it was not read to its end.
    pub bytes: Option<u64>,
    /// The SHA-256 digest of what was read, in hexadecimal.
    pub sha256: Option<String>,
    /// Where the copy is, if one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<String>,
}

/// What to do about a rule of an inspection that is broken, as long as no more is known.
pub const INSPECTION_HINT: &str = "inspections see every file of the target directory: give one with --target-dir that holds only what is to be verified";

/// The longest verdict that is read, in bytes: names of steps and keys stand in it again and again. A large one of a real chain takes 2 MB.
const VERDICT: usize = 8 << 20;

/// How many applied rules are kept, and how many words of each: a rule has ten at most.
const RULES: usize = 65_536;
const RULE_WORDS: usize = 16;

/// Takes a text that is no longer than a verdict may be.
struct Within(Vec<u8>);

impl io::Write for Within {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > VERDICT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Report {
    /// Reads what core serialised.
    #[must_use]
    pub fn new(verdict: &Verdict<'_, '_, '_>) -> Self {
        let mut json = Within(Vec::new());
        // Both sides are this project's; the tests hold every member. What fails is a verdict whose names take too much.
        let read = serde_json::to_writer(&mut json, verdict).and_then(|()| serde_json::from_slice(&json.0));
        let too_long = || verdict.error().unwrap_or(Code::LimitText.into());
        let mut report: Self = read.unwrap_or_else(|_| Self::unread(too_long()));
        // Core does not know that what inspections see are the files of a directory.
        let is_seen = |error: &Located| report.is_inspection(error) && error.class == Class::Rules.name();
        if report.error.as_ref().is_some_and(is_seen)
            && let Some(error) = &mut report.error
        {
            error.hint = INSPECTION_HINT.into();
        }
        report
    }

    /// The report of something that was refused before anything in it was looked at.
    #[must_use]
    pub fn unread(error: Error) -> Self {
        let code = error.code();
        let located = Located {
            code: code.name().into(),
            number: code.number(),
            class: code.class().name().into(),
            message: code.message().into(),
            envelope: error.place().envelope,
            hint: code.hint().into(),
            ..Located::default()
        };
        Self {
            verdict: "refused".into(),
            error: Some(located),
            trust: Trust::default(),
            parameters: Vec::new(),
            layout: Layout { expiry: "unread".into(), ..Layout::default() },
            steps: Vec::new(),
            inspections: Vec::new(),
            sublayouts: Vec::new(),
            attestations: Vec::new(),
            artifacts: Vec::new(),
            warnings: Vec::new(),
            warning_count: 0,
            excluded: Vec::new(),
            rules: Vec::new(),
        }
    }

    /// The same report with what each rule consumed.
    #[must_use]
    pub fn with_rules(mut self, outcome: &Outcome<'_, '_>, applied: &super::Applied) -> Self {
        let mut shown = Shown::of(0);
        let rules = applied.0.iter().take(RULES).filter_map(|rule| {
            let step = outcome.steps().get(usize::from(rule.step))?;
            let words = outcome.rule_words(step, rule.list, rule.rule)?.take(RULE_WORDS);
            let words: Vec<String> = words.map(|word| shown.name(word)).collect();
            Some(Applied {
                layout: step.layout,
                step: shown.name(step.name),
                list: rule.list,
                words: words.join(" "),
                consumed: rule.consumed,
            })
        });
        self.rules = rules.collect();
        self
    }

    /// The same report, where the time was given and is no clock's: core knows a clock, and not who sets it.
    #[must_use]
    pub fn of_given_time(mut self, is_given: bool) -> Self {
        for warning in self.warnings.iter_mut().filter(|warning| is_given && warning.code == Code::ClockBehind.name()) {
            warning.message =
                "the given time is before the earliest time of the trust policy, so that time counts instead".into();
            warning.hint = "give a later time, or none".into();
        }
        self
    }

    /// The same report with the files that the artifacts were read from, in their order. Of a refusal no copy is left.
    #[must_use]
    pub fn with_files(mut self, files: Vec<ReadFile>) -> Self {
        let is_refused = self.error.is_some();
        for (artifact, file) in self.artifacts.iter_mut().zip(files) {
            artifact.file = Some(ReadFile { copy: file.copy.filter(|_| !is_refused), ..file });
        }
        self
    }

    /// Is there any inspection, in whichever layout?
    #[must_use]
    pub fn has_inspections(&self) -> bool {
        !self.inspections.is_empty() || self.sublayouts.iter().any(|layout| !layout.inspections.is_empty())
    }

    /// Is this about an inspection? A step of another layout may have the same name.
    #[must_use]
    pub fn is_inspection(&self, located: &Located) -> bool {
        let inspections = match located.layout.unwrap_or(0) {
            0 => Some(&self.inspections),
            number => self.sublayouts.iter().find(|layout| layout.envelope == number).map(|layout| &layout.inspections),
        };
        let names = inspections.into_iter().flatten().map(|inspection| &inspection.name);
        located.step.as_ref().is_some_and(|step| names.into_iter().any(|name| name == step))
    }
}
