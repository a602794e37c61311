//! A verdict for people. It is read back from the JSON that `--json` prints, so that both always say the same.

use sitrep_core::{Class, Code, List};
use sitrep_metadata::payload::predicates::name_of;
use sitrep_metadata::verification::report::{
    Applied, Artifact, Attestation, Device, Inspection, Layout, Located, Parameter, ReadFile, Report, Required, Step,
    Sublayout, Trust,
};

use crate::inspection::ran::Ran;
use crate::show::lines::{Lines, short};
use crate::show::messages::note;

/// A verdict as people are shown it.
#[derive(Clone, Copy)]
pub struct Shown<'r> {
    /// What core decided.
    pub report: &'r Report,
    /// Are whole key ids wanted, and every rule?
    pub verbose: bool,
    /// The name of the file of an envelope.
    pub file_of: &'r dyn Fn(u16) -> String,
    /// What was run on this machine.
    pub ran: &'r [Ran],
    /// Was this decided before inspections that were to run?
    pub is_before_inspections: bool,
}

impl<'r> Shown<'r> {
    /// In few words, where nothing was run.
    #[must_use]
    pub const fn new(report: &'r Report, file_of: &'r dyn Fn(u16) -> String) -> Self {
        Self { report, verbose: false, file_of, ran: &[], is_before_inspections: false }
    }

    /// All of it, on several lines; `file` is what was verified.
    #[must_use]
    pub fn text(&self, file: &str) -> String {
        let mut out = Lines::default();
        out.line(format_args!("{}: {file}", self.report.verdict));
        self.write_layout(&mut out);
        self.write_demands(&mut out);
        // Of a refusal the error is what matters; the steps only say how far it went.
        let is_brief = self.report.error.is_some() && !self.verbose;
        let view = View { layout: 0, indent: "  ", brief: is_brief };
        self.write_steps(&mut out, &self.report.steps, &view);
        for inspection in &self.report.inspections {
            self.write_inspection(&mut out, inspection, &view);
        }
        for name in &self.report.excluded {
            out.line(format_args!("  inspections did not see {name:?}, which was left out"));
        }
        for attestation in &self.report.attestations {
            out.line(format_args!("  {}", attestation_line(attestation, self.verbose)));
        }
        for artifact in &self.report.artifacts {
            write_artifact(artifact, &mut out);
        }
        if self.report.error.is_none() && self.report.artifacts.is_empty() {
            out.line(format_args!("  no file was compared with what the chain produced: give one with --artifact"));
        }
        // Of inspections that are still to run, this would be said too early.
        let is_shown =
            |warning: &&Located| !self.is_before_inspections || warning.code != Code::InspectionSkipped.name();
        for warning in self.report.warnings.iter().filter(is_shown) {
            let why: String = warning.causes.iter().map(|cause| format!("; {cause}")).collect();
            out.line(format_args!("  warning {}{why}", self.line(warning)));
        }
        let kept = u32::try_from(self.report.warnings.len()).unwrap_or(u32::MAX);
        if self.report.warning_count > kept {
            out.line(format_args!("  and {}", count(self.report.warning_count - kept, "more warning")));
        }
        out.into_text()
    }

    fn write_layout(&self, out: &mut Lines) {
        let Layout { expires, expiry, checked_at, signed_by } = &self.report.layout;
        if !signed_by.is_empty() {
            let Trust { owners, threshold, .. } = &self.report.trust;
            let needed = if *threshold < owners.len() as u64 {
                format!(", {threshold} of {} owners needed", owners.len())
            } else {
                String::new()
            };
            out.line(format_args!("  layout signed by {}{needed}", keys(signed_by, self.verbose)));
        }
        match (expires, checked_at) {
            (Some(expires), Some(at)) => out.line(format_args!("  layout expires {expires}: {expiry} at {at}")),
            (Some(expires), None) => out.line(format_args!("  layout expires {expires}: {expiry}")),
            (None, _) => {}
        }
    }

    /// What was demanded besides the owners' signatures.
    fn write_demands(&self, out: &mut Lines) {
        for Parameter { name, value } in &self.report.parameters {
            out.line(format_args!("  parameter {name} is {value:?}"));
        }
        for Required { predicate_type, step } in &self.report.trust.attestations {
            let step = step.as_ref().map(|step| format!(" of step {step}")).unwrap_or_default();
            let name = predicate(predicate_type, self.verbose);
            out.line(format_args!("  demanded attestation {name}{step}"));
        }
        if self.report.trust.security_version > 0 {
            out.line(format_args!("  demanded security version {} or later", self.report.trust.security_version));
        }
        if let Some(Device { product, hardware }) = &self.report.trust.device {
            out.line(format_args!("  demanded a security version for product {product} on hardware {hardware}"));
        }
    }

    fn write_steps(&self, out: &mut Lines, steps: &[Step], view: &View<'_>) {
        let View { layout, indent, brief } = *view;
        for step in steps {
            let stands_for_it = |sublayout: &&Sublayout| {
                sublayout.layout == Some(layout) && sublayout.step.as_ref() == Some(&step.name)
            };
            if brief {
                out.line(format_args!("{indent}step {}: {}", step.name, signers(step, self.verbose)));
            } else {
                out.line(format_args!("{indent}step {}", step.name));
                out.line(format_args!("{indent}  {}", signers(step, self.verbose)));
                if let (Some(materials), Some(products)) = (step.materials, step.products) {
                    out.line(format_args!("{indent}  materials: {materials}"));
                    self.write_rules(out, &step.name, List::Materials, view);
                    out.line(format_args!("{indent}  products: {products}"));
                    self.write_rules(out, &step.name, List::Products, view);
                }
            }
            for sublayout in self.report.sublayouts.iter().filter(stands_for_it) {
                let Sublayout { envelope, expires, signed_by, .. } = sublayout;
                out.line(format_args!(
                    "{indent}  sublayout signed by {}, expires {expires}",
                    keys(signed_by, self.verbose)
                ));
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
            out.line(format_args!("{indent}  files {when}: {}", files.unwrap_or(0)));
            if self.report.error.is_none() {
                self.write_rules(out, name, list, view);
            }
        }
    }

    /// Of evidence that is missing, the warnings say what was there and did not count: for commands that show no verdict.
    pub(crate) fn note_evidence(&self) {
        let of_evidence = |located: &&Located| located.class == Class::Evidence.name();
        if self.report.error.as_ref().is_some_and(|error| of_evidence(&error)) {
            for warning in self.report.warnings.iter().filter(of_evidence) {
                note(&format_args!("warning {}", self.line(warning)));
            }
        }
    }

    /// Code, message and place of an error or warning, in one line.
    #[must_use]
    pub fn line(&self, located: &Located) -> String {
        let mut place = Vec::new();
        if let Some(step) = &located.step {
            let kind = if self.report.is_inspection(located) { "inspection" } else { "step" };
            let within = located.layout.filter(|layout| *layout > 0);
            let within = within.map(|layout| format!(" of sublayout {}", (self.file_of)(layout))).unwrap_or_default();
            place.push(format!("{kind} {step}{within}"));
        }
        if let Some(rule) = &located.rule {
            let words = rule.words.as_ref().map(|words| format!(": {}", words.join(" "))).unwrap_or_default();
            place.push(format!("{} rule {}{words}", rule.list, u32::from(rule.index) + 1));
        }
        // Core knows an artifact at hand only by the name that it was asked for.
        let asked = || {
            self.report.artifacts.iter().find(|artifact| located.class == "artifact" && artifact.result == located.code)
        };
        if let Some(artifact) = located.artifact.as_ref().or_else(|| asked().map(|artifact| &artifact.name)) {
            // An empty name is one of those that are not allowed.
            place.push(format!("artifact {}", if artifact.is_empty() { "\"\"" } else { artifact.as_str() }));
        }
        if located.code == Code::ArtifactStep.name() {
            let demanded = self.report.trust.attestations.iter().find(|demanded| {
                Some(&demanded.predicate_type) == located.attestation.as_ref() && demanded.step.is_some()
            });
            let named =
                demanded.and_then(|demanded| demanded.step.as_ref()).or(self.report.trust.product_step.as_ref());
            place.extend(named.map(|step| format!("step {step}")));
        }
        if let Some(attestation) = &located.attestation {
            place.push(format!("attestation {attestation}"));
        }
        if let Some(keyid) = &located.keyid {
            place.push(format!("key {}", key(keyid, self.verbose)));
        }
        if let Some(envelope) = located.envelope {
            place.push((self.file_of)(envelope));
        }
        let place = if place.is_empty() { String::new() } else { format!(" ({})", place.join(", ")) };
        format!("{}: {}{place}", located.code, located.message)
    }

    /// The rules that account for artifacts, and how many each; all rules where the reader wants everything.
    fn write_rules(&self, out: &mut Lines, step: &str, list: List, view: &View<'_>) {
        let is_own = |rule: &&Applied| rule.layout == view.layout && rule.step == step && rule.list == list;
        for rule in self.report.rules.iter().filter(is_own).filter(|rule| self.verbose || rule.consumed > 0) {
            out.line(format_args!("{}    rule {}: {}", view.indent, rule.words, rule.consumed));
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
}

fn write_artifact(artifact: &Artifact, out: &mut Lines) {
    let Artifact { name, result, step, digest, security_version, time, file } = artifact;
    if result != "verified" {
        out.line(format_args!("  artifact {name} is refused: {result}"));
        file.iter().for_each(|file| write_file(file, None, out));
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
    let known = digest.as_ref().and_then(|digest| digest.get("sha256"));
    file.iter().for_each(|file| write_file(file, known, out));
}

/// `known` is the SHA-256 digest that has been shown.
fn write_file(file: &ReadFile, known: Option<&String>, out: &mut Lines) {
    let ReadFile { path, bytes, sha256, copy } = file;
    match (bytes, sha256) {
        (Some(bytes), Some(sha256)) => {
            let sha256 = if known == Some(sha256) { String::new() } else { format!(", sha256 {sha256}") };
            out.line(format_args!("    file {path}, {}{sha256}", count(*bytes, "byte")));
        }
        _ => out.line(format_args!("    file {path}, not read")),
    }
    if let Some(copy) = copy {
        out.line(format_args!("    copied to {copy}"));
    }
}

fn attestation_line(attestation: &Attestation, verbose: bool) -> String {
    let Attestation { predicate_type, signed_by, step, security_version, .. } = attestation;
    let name = predicate_type.as_deref().map_or_else(|| "of unknown type".to_owned(), |uri| predicate(uri, verbose));
    let about = match step {
        Some(step) => format!("about what step {step} recorded"),
        None => "about no artifact of the steps of these keys".to_owned(),
    };
    if signed_by.is_empty() {
        return format!("attestation {name}: no key of the layout has signed it");
    }
    let says = match security_version {
        Some(version) => format!("version {version}"),
        None => "what it says was not judged".to_owned(),
    };
    format!("attestation {name}: signed by {}, {about}; {says}", keys(signed_by, verbose))
}

fn signers(step: &Step, verbose: bool) -> String {
    let needed = count(step.threshold, "key");
    let Some(links) = step.links else { return format!("not looked at, {needed} needed") };
    if step.vouched_by.is_empty() {
        return format!("no valid link, {needed} needed");
    }
    let links = count(u32::from(links), "link");
    format!("signed by {} ({links}, {needed} needed)", keys(&step.vouched_by, verbose))
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
    if verbose { id } else { short(id) }
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
    use crate::show::lines::harmless_json;
    use sitrep_metadata::verification::report::Rule;

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
            links: Some(2),
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
        let line = Shown::new(&report, &|number| format!("file {number}")).line(report.error.as_ref().unwrap());
        assert!(line.starts_with("rule-disallow: "), "{line}");
        assert!(line.ends_with("(step build, materials rule 2: DISALLOW *, artifact evil, file 2)"), "{line}");
    }

    #[test]
    fn key_ids_are_short_unless_asked_for() {
        let report = sample();
        let shown = Shown::new(&report, &|_| String::new());
        let short = shown.text("a");
        assert!(short.contains("signed by aaaaaaaa, short (2 links, 2 keys needed)"), "{short}");
        assert!(short.contains("signed by 01234567\n"), "{short}");
        assert!(Shown { verbose: true, ..shown }.text("a").contains("0123456789abcdef"));
    }

    #[test]
    fn a_report_survives_its_json() {
        let json = harmless_json(&sample());
        let again: Report = serde_json::from_str(&json).unwrap();
        assert_eq!(harmless_json(&again), json);
    }
}
