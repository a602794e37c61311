//! A verdict for people. It is read back from the JSON that `--json` prints, so that both always say the same.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sitrep_core::{Class, Code, Error, List, Outcome, Verdict};

use crate::inspection::ran::Ran;
use crate::lines::{Lines, harmless_json};
use crate::predicates::name_of;
use crate::verification;

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
    /// What each rule consumed. For people only: `--json` is core's verdict.
    #[serde(skip)]
    pub rules: Vec<Applied>,
    /// What was run on this machine. For people too: programs are given a file of their own.
    #[serde(skip)]
    pub ran: Vec<Ran>,
    /// Was this decided before inspections that were to run?
    #[serde(skip)]
    pub is_before_inspections: bool,
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
    /// How many links counted.
    pub links: u16,
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
}

/// What to do about a rule of an inspection that is broken.
const INSPECTION_HINT: &str = "inspections see every file of the target directory: give one with --target-dir that holds only what is to be verified";

impl Report {
    /// Reads what core serialised.
    #[must_use]
    pub fn new(verdict: &Verdict<'_, '_, '_>) -> Self {
        // Both sides are this project's; the tests hold every member.
        let mut report: Self = serde_json::to_value(verdict)
            .and_then(serde_json::from_value)
            .unwrap_or_else(|_| Self::unread(Code::BundleEnvelope.into()));
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
            rules: Vec::new(),
            ran: Vec::new(),
            is_before_inspections: false,
        }
    }

    /// The same report with what each rule consumed.
    #[must_use]
    pub fn with_rules(mut self, outcome: &Outcome<'_, '_>, applied: &verification::Applied) -> Self {
        let rules = applied.0.iter().filter_map(|rule| {
            let step = outcome.steps().get(usize::from(rule.step))?;
            let words: Vec<String> =
                outcome.rule_words(step, rule.list, rule.rule)?.map(|word| word.to_string()).collect();
            Some(Applied {
                layout: step.layout,
                step: step.name.to_string(),
                list: rule.list,
                words: words.join(" "),
                consumed: rule.consumed,
            })
        });
        self.rules = rules.collect();
        self
    }

    /// The same report with what was run.
    #[must_use]
    pub fn with_ran(mut self, ran: &[Ran]) -> Self {
        self.ran = ran.to_vec();
        self
    }

    /// The same report, of what was decided before inspections that were to run.
    #[must_use]
    pub fn before_inspections(self) -> Self {
        Self { is_before_inspections: true, ..self }
    }

    /// Is there any inspection, in whichever layout?
    #[must_use]
    pub fn has_inspections(&self) -> bool {
        !self.inspections.is_empty() || self.sublayouts.iter().any(|layout| !layout.inspections.is_empty())
    }

    /// As JSON, on several lines.
    #[must_use]
    pub fn json(&self) -> String {
        harmless_json(self)
    }

    /// For people; `file` is what was verified. `file_of` names the file of an envelope.
    #[must_use]
    pub fn text(&self, file: &str, verbose: bool, file_of: &dyn Fn(u16) -> String) -> String {
        let mut out = Lines::default();
        out.line(format_args!("{}: {file}", self.verdict));
        self.write_layout(&mut out, verbose);
        self.write_demands(&mut out, verbose);
        // Of a refusal the error is what matters; the steps only say how far it went.
        let is_brief = self.error.is_some() && !verbose;
        let view = View { layout: 0, indent: "  ", brief: is_brief, verbose };
        self.write_steps(&mut out, &self.steps, &view);
        for inspection in &self.inspections {
            self.write_inspection(&mut out, inspection, &view);
        }
        for attestation in &self.attestations {
            out.line(format_args!("  {}", attestation.line(verbose)));
        }
        for artifact in &self.artifacts {
            artifact.write(&mut out);
        }
        if self.error.is_none() && self.artifacts.is_empty() {
            out.line(format_args!("  no file was compared with what the chain produced: give one with --artifact"));
        }
        for warning in &self.warnings {
            out.line(format_args!("  warning {}", self.line(warning, verbose, file_of)));
        }
        let kept = u32::try_from(self.warnings.len()).unwrap_or(u32::MAX);
        if self.warning_count > kept {
            out.line(format_args!("  and {}", count(self.warning_count - kept, "more warning")));
        }
        out.into_text()
    }

    fn write_layout(&self, out: &mut Lines, verbose: bool) {
        let Layout { expires, expiry, checked_at, signed_by } = &self.layout;
        if !signed_by.is_empty() {
            let Trust { owners, threshold, .. } = &self.trust;
            let needed = if *threshold < owners.len() as u64 {
                format!(", {threshold} of {} owners needed", owners.len())
            } else {
                String::new()
            };
            out.line(format_args!("  layout signed by {}{needed}", keys(signed_by, verbose)));
        }
        match (expires, checked_at) {
            (Some(expires), Some(at)) => out.line(format_args!("  layout expires {expires}: {expiry} at {at}")),
            (Some(expires), None) => out.line(format_args!("  layout expires {expires}: {expiry}")),
            (None, _) => {}
        }
    }

    /// What was demanded besides the owners' signatures.
    fn write_demands(&self, out: &mut Lines, verbose: bool) {
        for Parameter { name, value } in &self.parameters {
            out.line(format_args!("  parameter {name} is {value:?}"));
        }
        for Required { predicate_type, step } in &self.trust.attestations {
            let step = step.as_ref().map(|step| format!(" of step {step}")).unwrap_or_default();
            let name = predicate(predicate_type, verbose);
            out.line(format_args!("  demanded attestation {name}{step}"));
        }
        if self.trust.security_version > 0 {
            out.line(format_args!("  demanded security version {} or later", self.trust.security_version));
        }
        if let Some(Device { product, hardware }) = &self.trust.device {
            out.line(format_args!("  demanded a security version for product {product} on hardware {hardware}"));
        }
    }

    fn write_steps(&self, out: &mut Lines, steps: &[Step], view: &View<'_>) {
        let View { layout, indent, brief, verbose } = *view;
        for step in steps {
            let stands_for_it = |sublayout: &&Sublayout| {
                sublayout.layout == Some(layout) && sublayout.step.as_ref() == Some(&step.name)
            };
            if brief {
                out.line(format_args!("{indent}step {}: {}", step.name, step.vouching(verbose)));
            } else {
                out.line(format_args!("{indent}step {}", step.name));
                out.line(format_args!("{indent}  {}", step.vouching(verbose)));
                if let (Some(materials), Some(products)) = (step.materials, step.products) {
                    out.line(format_args!("{indent}  took {}", count(materials, "material")));
                    self.write_rules(out, &step.name, List::Materials, view);
                    out.line(format_args!("{indent}  put out {}", count(products, "product")));
                    self.write_rules(out, &step.name, List::Products, view);
                }
            }
            for sublayout in self.sublayouts.iter().filter(stands_for_it) {
                let Sublayout { envelope, expires, signed_by, .. } = sublayout;
                out.line(format_args!("{indent}  sublayout signed by {}, expires {expires}", keys(signed_by, verbose)));
                // Parents stand before their children in the bundle, so this ends.
                let inner = View { layout: *envelope, indent: &format!("{indent}    "), ..*view };
                self.write_steps(out, &sublayout.steps, &inner);
                for inspection in &sublayout.inspections {
                    self.write_inspection(out, inspection, &inner);
                }
            }
        }
    }

    fn write_inspection(&self, out: &mut Lines, inspection: &Inspection, view: &View<'_>) {
        let (Inspection { name, state }, indent) = (inspection, view.indent);
        match state.as_str() {
            "observed" => out.line(format_args!("{indent}inspection {name} ran")),
            "skipped" if self.is_before_inspections => {
                out.line(format_args!("{indent}inspection {name} was not run yet"))
            }
            "skipped" => out.line(format_args!("{indent}inspection {name} was skipped, as the trust policy says")),
            _ => out.line(format_args!("{indent}inspection {name} was not run")),
        }
        let Some(ran) = self.ran.iter().find(|ran| ran.layout == view.layout && ran.name == *name) else { return };
        out.line(format_args!("{indent}  {}", ran.command_line()));
        out.line(format_args!("{indent}  {}", ran.account()));
        let lists = [(List::Materials, Some(ran.files_before), "before"), (List::Products, ran.files_after, "after")];
        for (list, files, when) in lists {
            out.line(format_args!("{indent}  {} {when}", count(files.unwrap_or(0), "file")));
            if self.error.is_none() {
                self.write_rules(out, name, list, view);
            }
        }
    }

    /// Code, message and place of an error or warning, in one line.
    #[must_use]
    pub fn line(&self, located: &Located, verbose: bool, file_of: &dyn Fn(u16) -> String) -> String {
        let mut place = Vec::new();
        if let Some(step) = &located.step {
            let kind = if self.is_inspection(located) { "inspection" } else { "step" };
            let within = located.layout.filter(|layout| *layout > 0);
            let within = within.map(|layout| format!(" of sublayout {}", file_of(layout))).unwrap_or_default();
            place.push(format!("{kind} {step}{within}"));
        }
        if let Some(rule) = &located.rule {
            let words = rule.words.as_ref().map(|words| format!(": {}", words.join(" "))).unwrap_or_default();
            place.push(format!("{} rule {}{words}", rule.list, u32::from(rule.index) + 1));
        }
        // Core knows an artifact at hand only by the name that it was asked for.
        let asked =
            || self.artifacts.iter().find(|artifact| located.class == "artifact" && artifact.result == located.code);
        if let Some(artifact) = located.artifact.as_ref().or_else(|| asked().map(|artifact| &artifact.name)) {
            place.push(format!("artifact {artifact}"));
        }
        if located.code == Code::ArtifactStep.name() {
            let demanded = self.trust.attestations.iter().find(|demanded| {
                Some(&demanded.predicate_type) == located.attestation.as_ref() && demanded.step.is_some()
            });
            let named = demanded.and_then(|demanded| demanded.step.as_ref()).or(self.trust.product_step.as_ref());
            place.extend(named.map(|step| format!("step {step}")));
        }
        if let Some(attestation) = &located.attestation {
            place.push(format!("attestation {attestation}"));
        }
        if let Some(keyid) = &located.keyid {
            place.push(format!("key {}", key(keyid, verbose)));
        }
        if let Some(envelope) = located.envelope {
            place.push(file_of(envelope));
        }
        let place = if place.is_empty() { String::new() } else { format!(" ({})", place.join(", ")) };
        format!("{}: {}{place}", located.code, located.message)
    }

    /// Is this about an inspection? A step of another layout may have the same name.
    fn is_inspection(&self, located: &Located) -> bool {
        let inspections = match located.layout.unwrap_or(0) {
            0 => Some(&self.inspections),
            number => self.sublayouts.iter().find(|layout| layout.envelope == number).map(|layout| &layout.inspections),
        };
        let names = inspections.into_iter().flatten().map(|inspection| &inspection.name);
        located.step.as_ref().is_some_and(|step| names.into_iter().any(|name| name == step))
    }

    /// The rules that account for artifacts, and how many each; all rules where the reader wants everything.
    fn write_rules(&self, out: &mut Lines, step: &str, list: List, view: &View<'_>) {
        let is_own = |rule: &&Applied| rule.layout == view.layout && rule.step == step && rule.list == list;
        for rule in self.rules.iter().filter(is_own).filter(|rule| view.verbose || rule.consumed > 0) {
            out.line(format_args!("{}    {} by {}", view.indent, rule.consumed, rule.words));
        }
    }
}

/// How a layout's steps are shown.
#[derive(Clone, Copy)]
struct View<'i> {
    /// Number of its envelope.
    layout: u16,
    indent: &'i str,
    brief: bool,
    verbose: bool,
}

impl Artifact {
    fn write(&self, out: &mut Lines) {
        let Self { name, result, step, digest, security_version, time } = self;
        if result != "verified" {
            out.line(format_args!("  artifact {name} is refused: {result}"));
            return;
        }
        out.line(format_args!("  artifact {name} is what step {} produced", step.as_deref().unwrap_or("?")));
        for (algorithm, digest) in digest.iter().flatten() {
            out.line(format_args!("    {algorithm} {digest}"));
        }
        if let Some(version) = security_version {
            let time = time.as_ref().map(|time| format!(", certainly later than {time}")).unwrap_or_default();
            out.line(format_args!("    security version {version}{time}"));
        }
    }
}

impl Attestation {
    fn line(&self, verbose: bool) -> String {
        let name =
            self.predicate_type.as_deref().map_or_else(|| "of unknown type".to_owned(), |uri| predicate(uri, verbose));
        let about = match &self.step {
            Some(step) => format!("about what step {step} recorded"),
            None => "about nothing that its signers' steps recorded".to_owned(),
        };
        if self.signed_by.is_empty() {
            return format!("attestation signed by nobody whom the layout names: {name}");
        }
        let says = match self.security_version {
            Some(version) => format!("version {version}"),
            None => "what it says was not judged".to_owned(),
        };
        format!("attestation {name}: signed by {}, {about}; {says}", keys(&self.signed_by, verbose))
    }
}

impl Step {
    fn vouching(&self, verbose: bool) -> String {
        if self.vouched_by.is_empty() {
            return format!("nobody vouched for it, {} needed", self.threshold);
        }
        let links = count(u32::from(self.links), "link");
        format!("{} vouched for it in {links}, {} needed", keys(&self.vouched_by, verbose), self.threshold)
    }
}

/// A predicate type as people call it, where they do.
fn predicate(uri: &str, verbose: bool) -> String {
    match name_of(uri) {
        Some(_) if verbose => uri.to_owned(),
        Some(name) => name.to_owned(),
        // Anybody can add an attestation, and call its type what he likes.
        None => format!("{:?}", uri.chars().take(120).collect::<String>()),
    }
}

/// A key id as people compare them: its first eight digits, which are also those of link files.
fn key(id: &str, verbose: bool) -> &str {
    if verbose { id } else { id.get(..8).unwrap_or(id) }
}

fn keys(ids: &[String], verbose: bool) -> String {
    ids.iter().map(|id| key(id, verbose)).collect::<Vec<_>>().join(", ")
}

fn count(number: impl Into<u64>, what: &str) -> String {
    let number = number.into();
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Report {
        let mut report = Report::unread(Code::RuleDisallow.into());
        report.layout = Layout {
            expires: Some("2040-01-01T00:00:00Z".into()),
            expiry: "valid".into(),
            checked_at: Some("2030-01-01T00:00:00Z".into()),
            signed_by: vec!["0123456789abcdef".into()],
        };
        report.steps.push(Step {
            name: "build".into(),
            threshold: 2,
            vouched_by: vec!["aaaaaaaaaaaa".into(), "short".into()],
            links: 2,
            materials: Some(1),
            products: Some(0),
        });
        let error = report.error.as_mut().unwrap();
        error.step = Some("build".into());
        error.rule =
            Some(Rule { list: "materials".into(), index: 1, words: Some(vec!["DISALLOW".into(), "*".into()]) });
        error.artifact = Some("evil".into());
        error.envelope = Some(2);
        report
    }

    #[test]
    fn a_refusal_names_code_and_place() {
        let report = sample();
        let line = report.line(report.error.as_ref().unwrap(), false, &|number| format!("file {number}"));
        assert!(line.starts_with("rule-disallow: "), "{line}");
        assert!(line.ends_with("(step build, materials rule 2: DISALLOW *, artifact evil, file 2)"), "{line}");
    }

    #[test]
    fn key_ids_are_short_unless_asked_for() {
        let short = sample().text("a", false, &|_| String::new());
        assert!(short.contains("aaaaaaaa, short vouched for it in 2 links, 2 needed"), "{short}");
        assert!(short.contains("signed by 01234567\n"), "{short}");
        assert!(sample().text("a", true, &|_| String::new()).contains("0123456789abcdef"));
    }

    #[test]
    fn a_report_survives_its_json() {
        let json = sample().json();
        let again: Report = serde_json::from_str(&json).unwrap();
        assert_eq!(again.json(), json);
    }
}
