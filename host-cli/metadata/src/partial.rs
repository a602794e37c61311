//! The chain so far, held against the layout (in-toto's partial verification): before a step is carried out and after it, not only at the end.
//!
//! Core, the one verifier, is asked about a layout that has those steps alone of which there is evidence, and that nobody has to sign: that the owners signed the
//! whole one is asked before ([`check_layout`]). A recording that is not signed yet stands among the links; for its step a signature is believed that no key made.
//! Where core refuses because of a rule, that is a misfit: it is noted with what is left over, and core is asked again as if the rule had let it pass.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use sitrep_core::bundle::Bundle;
use sitrep_core::{
    Class, Clock, Code, Executor, FixedClock, HostMemory, Inspections, Items, List, Message, Outcome, OwnerKey,
    Parameter, PublicKey, Request, Schemes, SignatureError, Str, Time, Trust, limits, verify,
};

use crate::bundle::pack::{PackError, Packer};
use crate::causes::{self, Near, explain};
use crate::envelope::document::{Document, Signature};
use crate::keys::OwnerFile;
use crate::keys::schemes::HostSchemes;
use crate::profile::Profile;
use crate::rule::Meaning;
use crate::verification::report::{Applied, Located, Report, Step};
use crate::verification::{self, Verifier};

/// How many names of what is left over are told of each list.
const LEFT_OVER: usize = 10;

/// How many misfits are told: core is asked once for each name that is told.
const MISFITS: usize = 8;

/// A recording that is not signed yet.
#[derive(Debug)]
pub struct Unsigned<'a> {
    /// Its step.
    pub step: &'a str,
    /// The link's payload, as JSON.
    pub payload: &'a [u8],
    /// Has the command not run yet? Then nothing is asked about products.
    pub is_before: bool,
}

/// The chain so far.
#[derive(Debug)]
pub struct Held {
    /// What is said of the steps of which there is evidence.
    pub steps: Vec<Step>,
    /// The steps of which there is none, in the layout's order.
    pub missing: Vec<String>,
    /// What each rule took.
    pub rules: Vec<Applied>,
    /// Rules that name a step of which there is no evidence yet: the lists that they stand in are not decided.
    pub undecided: Vec<Undecided>,
    /// What does not fit.
    pub misfits: Vec<Misfit>,
    /// Why the rest was not looked at: evidence that does not count, or a layout that is no valid one.
    pub refusal: Option<Located>,
    /// What a person should know.
    pub warnings: Vec<Located>,
}

/// A list of rules that waits for another step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    /// The step whose rules they are.
    pub step: String,
    /// Which of its lists.
    pub list: List,
    /// The step that is named and missing.
    pub waits_for: String,
}

/// Something that a rule does not let pass.
#[derive(Clone, Debug)]
pub struct Misfit {
    /// The step.
    pub step: String,
    /// Which of its lists.
    pub list: List,
    /// The rule.
    pub rule: String,
    /// What is left over, or what is required and not there: the first names.
    pub artifacts: Vec<String>,
    /// How many there are beside these.
    pub more: u32,
    /// Is something missing that is required?
    pub is_required: bool,
    /// What it is due to, a sentence each.
    pub causes: Vec<String>,
}

impl Held {
    /// Does everything fit that could be decided?
    #[must_use]
    pub fn fits(&self) -> bool {
        self.misfits.is_empty() && self.refusal.is_none()
    }
}

/// Do the owners stand behind this layout, and is it in force? The refusal where not.
///
/// # Errors
/// [`PackError`] where it cannot be packed.
pub fn check_layout(
    document: &Document,
    owners: &[OwnerFile],
    threshold: usize,
    clock: &dyn Clock,
) -> Result<Option<Located>, PackError> {
    let mut packer = Packer::new();
    packer.add("root.layout", document.clone());
    let bundle = packer.finish(limits::HOST.profile)?;
    let mut verifier = Verifier::new(owners, clock, Profile::Host);
    verifier.trust = Trust { inspections: Inspections::Skip, ..Trust::new(&[], threshold) };
    let report = verifier.verify(&bundle, |outcome, applied| {
        let report = Report::new(&outcome.verdict()).with_rules(outcome, applied);
        explain(report, outcome, &causes::Asked { command: causes::Command::Verify, near: &|_, _| None })
    });
    let report = report.unwrap_or_else(Report::unread);
    // What comes after these is about evidence.
    let is_about_layout = |error: &Located| {
        let classes = [Class::Bundle, Class::Limit, Class::Layout, Class::Trust];
        classes.iter().any(|class| class.name() == error.class)
    };
    Ok(report.error.filter(is_about_layout))
}

/// The chain so far, in which the evidence is searched for.
pub struct Chain<'a> {
    /// The layout and its evidence.
    pub packer: Packer,
    /// The layout's payload.
    pub layout: &'a Value,
    /// Values for its parameters.
    pub parameters: &'a [Parameter<'a>],
    /// Who checks signatures.
    pub executor: &'a dyn Executor,
    /// A label that no metadata can know, such as a random number: what is not signed yet is signed by the key of this label and kind, which nobody has.
    pub nobody: &'a str,
    /// What lies where links were looked for.
    pub near: &'a dyn Fn(u16, &str) -> Option<Near>,
}

/// The steps on whose evidence a step builds: those that the rules about its materials name, and those that these build on.
#[must_use]
pub fn builds_on(layout: &Value, step: &str) -> BTreeSet<String> {
    let (mut found, mut pending) = (BTreeSet::new(), vec![step.to_owned()]);
    while let Some(name) = pending.pop() {
        let Some(step) = step_of(layout, &name) else { continue };
        for other in named_by(step, List::Materials) {
            if step_of(layout, other).is_some() && other != name && found.insert(other.to_owned()) {
                pending.push(other.to_owned());
            }
        }
    }
    found.remove(step);
    found
}

fn steps_of(layout: &Value) -> impl Iterator<Item = &Value> + Clone {
    layout.get("steps").and_then(Value::as_array).into_iter().flatten()
}

/// The step of that name in a layout.
#[must_use]
pub fn step_of<'v>(layout: &'v Value, name: &str) -> Option<&'v Value> {
    steps_of(layout).find(|step| name_of(step) == name)
}

fn name_of(step: &Value) -> &str {
    step.get("name").and_then(Value::as_str).unwrap_or_default()
}

const fn member_of(list: List) -> &'static str {
    match list {
        List::Materials => "expected_materials",
        List::Products => "expected_products",
    }
}

fn rules_of(step: &Value, list: List) -> impl Iterator<Item = Vec<&str>> {
    let rules = step.get(member_of(list)).and_then(Value::as_array).into_iter().flatten();
    rules.map(|rule| rule.as_array().into_iter().flatten().filter_map(Value::as_str).collect())
}

/// The steps that a list's rules name.
fn named_by(step: &Value, list: List) -> Vec<&str> {
    rules_of(step, list).filter_map(|words| Some(Meaning::of(&words)?.other?.step)).collect()
}

impl Chain<'_> {
    /// Holds it against the layout: the steps of which there is evidence, or of these those in `only`; and the recording that is not signed yet.
    ///
    /// # Errors
    /// [`PackError`] where it cannot be packed.
    pub fn hold(
        &mut self,
        only: Option<&BTreeSet<String>>,
        recording: Option<&Unsigned<'_>>,
        now: Time,
    ) -> Result<Held, PackError> {
        let of_evidence: BTreeSet<String> = self.packer.step_names().into_iter().collect();
        let own = recording.map(|recording| recording.step);
        let is_there =
            |name: &str| own == Some(name) || of_evidence.contains(name) && only.is_none_or(|only| only.contains(name));
        let missing = steps_of(self.layout).map(name_of).filter(|name| !is_there(name)).map(str::to_owned).collect();
        let (layout, undecided) = asked_layout(self.layout, self.nobody, &is_there, recording);
        if let Some(Unsigned { step, payload, .. }) = recording
            && let Ok(link) = Document::unsigned(payload)
        {
            let label = format!("{step}.unsigned.link");
            self.packer.add(&label, link.with_signatures(vec![nobody(self.nobody)]));
            let held = self.hold_all(layout, undecided, missing, now);
            self.packer.remove_last();
            return held;
        }
        // A recording that cannot be read is one that is missing.
        self.hold_all(layout, undecided, missing, now)
    }

    fn hold_all(
        &mut self,
        mut layout: Value,
        undecided: Vec<Undecided>,
        missing: Vec<String>,
        now: Time,
    ) -> Result<Held, PackError> {
        let mut held = Held {
            steps: Vec::new(),
            missing,
            rules: Vec::new(),
            undecided,
            misfits: Vec::new(),
            refusal: None,
            warnings: Vec::new(),
        };
        let mut passed: Vec<Passed> = Vec::new();
        loop {
            let document = Document::unsigned(layout.to_string().as_bytes());
            let Ok(document) = document else {
                held.refusal = Report::unread(Code::BundleString.into()).error;
                return Ok(held);
            };
            self.packer.replace_root(document.with_signatures(vec![nobody(self.nobody)]));
            let report = self.ask(now)?;
            let of_root = report.rules.into_iter().filter(|rule| rule.layout == 0);
            let (own, put_in): (Vec<_>, Vec<_>) =
                of_root.partition(|rule| !passed.iter().any(|passed| passed.is(rule)));
            held.rules = own;
            for misfit in &mut held.misfits {
                let is_rest =
                    |rule: &&Applied| (&rule.step, rule.list) == (&misfit.step, misfit.list) && rule.words == "ALLOW *";
                misfit.more = put_in.iter().filter(is_rest).map(|rule| rule.consumed).sum();
            }
            held.steps = report.steps;
            held.warnings =
                report.warnings.into_iter().filter(|warning| warning.code != Code::LinkStray.name()).collect();
            let Some(error) = report.error else { return Ok(held) };
            match pass(&mut layout, &error, &mut held.misfits) {
                Some(rule) => passed.push(rule),
                None => {
                    held.refusal = Some(error);
                    return Ok(held);
                }
            }
        }
    }

    fn ask(&self, now: Time) -> Result<Report, PackError> {
        let bytes = self.packer.finish(limits::HOST.profile)?;
        let mut path = vec![0; limits::HOST.path];
        let bundle = match Bundle::open_for(limits::HOST.features, &bytes, &mut path) {
            Ok(bundle) => bundle,
            Err(error) => return Ok(Report::unread(error)),
        };
        let kind = Str::new(self.nobody);
        let key = PublicKey { keytype: kind, scheme: kind, public: Str::new("").into() };
        let ids = [self.nobody];
        let owners = [OwnerKey { key, ids: Items::new(&ids) }];
        let trust = Trust { inspections: Inspections::Skip, ..Trust::new(&owners, 1) };
        let request = Request {
            bundle: &bundle,
            trust: &trust,
            clock: &FixedClock(now),
            schemes: &BelievingNobody(self.nobody),
            executor: self.executor,
            parameters: self.parameters,
        };
        let (mut memory, mut applied) = (Box::new(HostMemory::new()), verification::Applied::default());
        let outcome: Outcome<'_, '_> = verify(&request, &mut memory, &mut applied);
        let report = Report::new(&outcome.verdict()).with_rules(&outcome, &applied);
        Ok(explain(report, &outcome, &causes::Asked { command: causes::Command::Verify, near: self.near }))
    }
}

/// A signature that no key made.
fn nobody(label: &str) -> Signature {
    Signature::bare(Some(label.into()), vec![0])
}

/// The layout that core is asked about: without what cannot be decided yet. Expiry is asked of the whole one.
fn asked_layout(
    layout: &Value,
    nobody: &str,
    is_there: &dyn Fn(&str) -> bool,
    recording: Option<&Unsigned<'_>>,
) -> (Value, Vec<Undecided>) {
    let mut undecided = Vec::new();
    let is_missing = |name: &&str| step_of(layout, name).is_some() && !is_there(name);
    let steps = steps_of(layout).filter(|step| is_there(name_of(step))).map(|step| {
        let mut step = step.clone();
        let name = name_of(&step).to_owned();
        let unsigned = recording.filter(|recording| recording.step == name);
        for list in [List::Materials, List::Products] {
            let waits_for = named_by(&step, list).into_iter().find(is_missing).map(str::to_owned);
            let is_early = list == List::Products && unsigned.is_some_and(|recording| recording.is_before);
            if waits_for.is_none() && !is_early {
                continue;
            }
            step[member_of(list)] = json!([]);
            undecided.extend(waits_for.map(|waits_for| Undecided { step: name.clone(), list, waits_for }));
        }
        if unsigned.is_some() {
            step["pubkeys"] = json!([nobody]);
            step["threshold"] = json!(1);
        }
        step
    });
    let steps: Vec<Value> = steps.collect();
    let mut keys: Map<String, Value> = layout.get("keys").and_then(Value::as_object).cloned().unwrap_or_default();
    let key = json!({"keyid": nobody, "keytype": nobody, "keyval": {"public": ""}, "scheme": nobody});
    keys.insert(nobody.into(), key);
    let asked = json!({
        "_type": "layout", "expires": "9999-12-31T23:59:59Z", "inspect": [], "keys": keys, "readme": "", "steps": steps,
    });
    (asked, undecided)
}

/// Takes whatever is left over.
const ALL: &str = "*";

/// A rule `ALLOW pattern` that lets a misfit pass.
#[derive(PartialEq)]
struct Passed {
    step: String,
    list: List,
    pattern: String,
}

impl Passed {
    fn is(&self, rule: &Applied) -> bool {
        let is_own = (&self.step, self.list) == (&rule.step, rule.list);
        is_own && rule.words.strip_prefix("ALLOW ").unwrap_or_default() == self.pattern
    }
}

/// Notes a misfit, and changes the layout so that it passes. `None` where it is none that could pass.
fn pass(layout: &mut Value, error: &Located, misfits: &mut Vec<Misfit>) -> Option<Passed> {
    let (step_name, rule, artifact) = (error.step.clone()?, error.rule.as_ref()?, error.artifact.clone()?);
    // In a sublayout rules are its owner's.
    if error.layout.unwrap_or(0) != 0 {
        return None;
    }
    let list = [List::Materials, List::Products].into_iter().find(|list| list.name() == rule.list)?;
    let is_required = error.code == Code::RuleRequire.name();
    if !is_required && error.code != Code::RuleDisallow.name() {
        return None;
    }
    let words = rule.words.as_ref().map(|words| words.join(" ")).unwrap_or_default();
    let steps = layout.get_mut("steps")?.as_array_mut()?;
    let step = steps.iter_mut().find(|step| name_of(step) == step_name)?;
    let rules = step.get_mut(member_of(list))?.as_array_mut()?;
    let at = usize::from(rule.index);
    let known = misfits
        .iter()
        .position(|misfit| (&misfit.step, misfit.list, &misfit.rule, is_required) == (&step_name, list, &words, false));
    let pattern = match known {
        Some(known) => {
            let names = &mut misfits.get_mut(known)?.artifacts;
            if names.len() < LEFT_OVER {
                names.push(artifact.clone());
                literal(&artifact)
            } else {
                ALL.to_owned()
            }
        }
        None if misfits.len() >= MISFITS => return None,
        None => {
            let (step, rule, causes) = (step_name.clone(), words, error.causes.clone());
            let artifacts = vec![artifact.clone()];
            misfits.push(Misfit { step, list, rule, artifacts, more: 0, is_required, causes });
            if is_required {
                // Nothing is required any more: no name is empty.
                *rules.get_mut(at)? = json!(["ALLOW", ""]);
                return Some(Passed { step: step_name, list, pattern: String::new() });
            }
            literal(&artifact)
        }
    };
    rules.insert(at, json!(["ALLOW", pattern]));
    Some(Passed { step: step_name, list, pattern })
}

/// A pattern that takes this name alone.
#[must_use]
pub fn literal(name: &str) -> String {
    let mut pattern = String::with_capacity(name.len());
    for char in name.chars() {
        match char {
            '*' | '?' | '[' => pattern.extend(['[', char, ']']),
            char => pattern.push(char),
        }
    }
    pattern
}

/// The schemes of a host, and the one signature that no key made.
struct BelievingNobody<'a>(&'a str);

impl Schemes for BelievingNobody<'_> {
    fn verify(&self, key: &PublicKey<'_>, signature: &[u8], message: &mut dyn Message) -> Result<(), SignatureError> {
        if key.keytype.is(self.0) {
            return Ok(message.write(&mut |_| {})?);
        }
        HostSchemes.verify(key, signature, message)
    }

    fn can_check(&self, key: &PublicKey<'_>) -> bool {
        key.keytype.is(self.0) || HostSchemes.can_check(key)
    }

    fn same_key(&self, one: &PublicKey<'_>, other: &PublicKey<'_>) -> bool {
        match [one, other].map(|key| key.keytype.is(self.0)) {
            [true, true] => true,
            [false, false] => HostSchemes.same_key(one, other),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
