//! The order of checks (in-toto specification, section 5.2), and nothing else.

use crate::bundle::{ArtifactRuns, Artifacts, Bundle, Envelope, Kind, Scratch};
use crate::error::{Code, Error, List, Result};
use crate::executor::Executor;
use crate::keys::KeySet;
use crate::layout::{Layout, LayoutKey, Role, Step};
use crate::link::{Link, LinkState, LinkStatus, same_strings};
use crate::lookup::{Lookup, same_artifacts};
use crate::memory::{Memory, State};
use crate::outcome::Outcome;
use crate::rules::{self, Rule, RuleState, Subject};
use crate::signature::{Message, Schemes, SignatureError};
use crate::time::{Clock, Time};
use crate::trust::{Inspections, Trust, check_owners};

/// Everything that a verification depends on.
#[derive(Clone, Copy)]
pub struct Request<'a, 'b> {
    /// What is to be verified. Not trusted.
    pub bundle: &'a Bundle<'b>,
    /// What is believed.
    pub trust: &'a Trust<'a>,
    /// The present time, if known.
    pub clock: &'a dyn Clock,
    /// The signature schemes of this build.
    pub schemes: &'a dyn Schemes,
    /// Who checks the links' signatures.
    pub executor: &'a dyn Executor,
}

/// Told about things as they are decided, for people who want to follow.
pub trait Observer {
    /// A rule of a step was applied: how many artifacts it consumed, for `REQUIRE` whether its artifact was there. `left` artifacts
    /// came through all rules of the list.
    fn rule(&mut self, _step: u16, _list: List, _rule: u16, _consumed: u32) {}
}

impl Observer for () {}

/// Verifies a bundle.
pub fn verify<
    'm,
    'b,
    const KEYS: usize,
    const STEPS: usize,
    const LINKS: usize,
    const RULES: usize,
    const PATH: usize,
>(
    request: &Request<'_, 'b>,
    memory: &'m mut Memory<'b, KEYS, STEPS, LINKS, RULES, PATH>,
    observer: &mut dyn Observer,
) -> Outcome<'m, 'b> {
    let mut findings = Findings::default();
    let mut state = memory.state();
    let result = check(request, &mut state, &mut findings, observer);
    Outcome::new(*request.bundle, result, findings, state)
}

/// What is found out about the layout on the way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Findings {
    pub(crate) owners: KeySet,
    pub(crate) expires: Option<Time>,
    pub(crate) now: Option<Time>,
    pub(crate) inspections: Option<Inspections>,
    /// Where the layout's rules are, for messages.
    pub(crate) layout_read: bool,
}

/// The specification's order: the layout's signatures, its expiry, the links' signatures and thresholds, their agreement, the rules of each
/// step; inspections last. The first failure ends it.
fn check<'b>(
    request: &Request<'_, 'b>,
    state: &mut State<'_, 'b>,
    findings: &mut Findings,
    observer: &mut dyn Observer,
) -> Result<()> {
    let artifacts = request.bundle.artifacts();

    let envelope = request.bundle.envelope(0)?;
    let mut scratch = Scratch { path: &mut *state.path, chunk: &mut *state.chunk };
    let mut message = SignedBytes { envelope: &envelope, artifacts, scratch: &mut scratch };
    let signed = check_owners(envelope, request.trust, request.schemes, &mut message)?;
    findings.owners = signed.owners;

    let layout = Layout::read(signed, state, request.schemes).map_err(|error| error.in_envelope(0))?;
    findings.layout_read = true;
    findings.expires = Some(layout.expires);
    check_expiry(&layout, request.clock, state, findings)?;

    read_links(request.bundle, state)?;
    check_link_signatures(request, state);
    check_thresholds(state)?;
    check_agreement(artifacts, state)?;
    compare_commands(&layout, state)?;

    for number in 0..state.steps.len() as u16 {
        if state.steps.get(usize::from(number)).is_some_and(|step| step.role == Role::Step) {
            check_rules(&layout, artifacts, number, state, observer)?;
        }
    }
    check_inspections(&layout, request, state, findings, observer)
}

/// The bytes that an envelope's signatures are over.
struct SignedBytes<'a, 's, 'b> {
    envelope: &'a Envelope<'b>,
    artifacts: &'a Artifacts<'b>,
    scratch: &'a mut Scratch<'s>,
}

impl Message for SignedBytes<'_, '_, '_> {
    fn write(&mut self, sink: &mut dyn FnMut(&[u8])) -> Result<()> {
        self.envelope.signed_bytes(self.artifacts, self.scratch, sink)
    }
}

fn check_expiry(
    layout: &Layout<'_>,
    clock: &dyn Clock,
    state: &mut State<'_, '_>,
    findings: &mut Findings,
) -> Result<()> {
    findings.now = clock.now();
    match findings.now {
        None => state.warnings.push(Code::ExpiryUnknown),
        Some(now) if now >= layout.expires => return Err(Error::new(Code::LayoutExpired).in_envelope(0)),
        Some(_) => {}
    }
    if state.steps.is_empty() {
        state.warnings.push(Code::LayoutEmpty);
    }
    Ok(())
}

/// Reads every envelope but the layout, and finds the step that each belongs to. What is no link of a step does not count.
fn read_links<'b>(bundle: &Bundle<'b>, state: &mut State<'_, 'b>) -> Result<()> {
    for envelope in bundle.envelopes().skip(1) {
        let envelope = envelope?;
        let number = envelope.number();
        let link = match Link::read(&envelope, bundle.artifacts(), state.path) {
            Ok(link) => link,
            // A sublayout could be what a step needs; to pass it over would be to judge without it.
            Err(error) if error.code() == Code::SublayoutUnsupported => return Err(error.in_envelope(number)),
            Err(error) => {
                state.warnings.push(error.in_envelope(number));
                continue;
            }
        };
        let wanted = if matches!(envelope.kind(), Kind::Observation) { Role::Inspection } else { Role::Step };
        let Some(step) = state.steps.iter().position(|step| step.name == link.name && step.role == wanted) else {
            state.warnings.push(Error::new(Code::LinkStray).in_envelope(number));
            continue;
        };
        let link = LinkState {
            envelope,
            status: LinkStatus::Unchecked,
            step: step as u16,
            signers: KeySet::default(),
            materials: link.materials,
            products: link.products,
            command: link.command,
            failed: link.failed,
        };
        state.links.push(link).map_err(|_| Error::new(Code::LimitEnvelopes).in_envelope(number))?;
    }
    Ok(())
}

/// Checks the signatures of every link against the keys that its step allows.
fn check_link_signatures<'b>(request: &Request<'_, 'b>, state: &mut State<'_, 'b>) {
    let (keys, steps) = (&*state.keys, &*state.steps);
    let (artifacts, schemes) = (request.bundle.artifacts(), request.schemes);
    let job = |link: &mut LinkState<'b>, scratch: &mut Scratch<'_>| {
        if let Some(step) = steps.get(usize::from(link.step)) {
            check_signatures(link, step, keys, artifacts, schemes, scratch);
        }
    };
    let mut scratch = Scratch { path: &mut *state.path, chunk: &mut *state.chunk };
    request.executor.run(state.links, &job, &mut scratch);
}

fn check_signatures<'b>(
    link: &mut LinkState<'b>,
    step: &Step<'b>,
    keys: &[LayoutKey<'b>],
    artifacts: &Artifacts<'b>,
    schemes: &dyn Schemes,
    scratch: &mut Scratch<'_>,
) {
    if matches!(link.envelope.kind(), Kind::Observation) {
        // Signed by nobody. Whether it may be believed is decided with the inspections.
        return;
    }
    let envelope = link.envelope;
    let mut message = SignedBytes { envelope: &envelope, artifacts, scratch };
    let mut reason = Code::LinkSignature;
    for signature in envelope.signatures() {
        for (number, key) in (0_u16..).zip(keys) {
            let is_candidate = match signature.keyid {
                Some(keyid) => keyid == key.id,
                // DSSE key ids are optional hints; a Metablock signature needs one.
                None => matches!(envelope.kind(), Kind::Dsse { .. }),
            };
            if !is_candidate || !step.allowed.contains(number) || link.signers.contains(key.signer) {
                continue;
            }
            match schemes.verify(&key.key, signature.bytes, &mut message) {
                Ok(()) => link.signers.insert(key.signer),
                Err(SignatureError::Unsupported) => reason = Code::LinkScheme,
                Err(SignatureError::Key | SignatureError::Bad) => {}
                Err(SignatureError::Message(error)) => {
                    link.status = LinkStatus::Ignored(error.at_step(link.step));
                    link.signers = KeySet::default();
                    return;
                }
            }
        }
    }
    if link.signers.is_empty() { link.ignore(reason) } else { link.status = LinkStatus::Counted }
}

/// Every step needs as many distinct signers as the layout demands.
fn check_thresholds(state: &mut State<'_, '_>) -> Result<()> {
    for (number, link) in (0_u16..).zip(state.links.iter()) {
        let Some(step) = state.steps.get_mut(usize::from(link.step)) else { continue };
        match link.status {
            LinkStatus::Counted => {
                step.vouched = step.vouched.union(link.signers);
                step.links = step.links.saturating_add(1);
                step.link = step.link.or(Some(number));
            }
            LinkStatus::Ignored(reason) => state.warnings.push(reason),
            LinkStatus::Unchecked => {}
        }
    }
    for (number, step) in (0_u16..).zip(state.steps.iter()) {
        if step.role == Role::Step && step.vouched.len() < step.threshold as usize {
            return Err(Error::new(threshold_code(number, state)).at_step(number));
        }
    }
    Ok(())
}

/// Why a step lacks signers, as exactly as can be told.
fn threshold_code(step: u16, state: &State<'_, '_>) -> Code {
    let mut links = state.links.iter().filter(|link| link.step == step).peekable();
    if links.peek().is_none() {
        return Code::LinkMissing;
    }
    let is_unknown_scheme =
        |link: &LinkState<'_>| matches!(link.status, LinkStatus::Ignored(error) if error.code() == Code::LinkScheme);
    if links.any(is_unknown_scheme) { Code::LinkScheme } else { Code::ThresholdNotMet }
}

/// All links that count for a step must have recorded the same artifacts.
fn check_agreement<'b>(artifacts: &Artifacts<'b>, state: &mut State<'_, 'b>) -> Result<()> {
    let mut cursor = artifacts.cursor(state.path);
    for link in state.links.iter().filter(|link| link.status == LinkStatus::Counted) {
        let step = state.steps.get(usize::from(link.step));
        let Some(first) = step.and_then(|step| step.link).and_then(|first| state.links.get(usize::from(first))) else {
            continue;
        };
        for list in [List::Materials, List::Products] {
            if first.envelope() != link.envelope()
                && !same_artifacts(first.artifacts(list), link.artifacts(list), &mut cursor)?
            {
                return Err(Error::new(Code::LinksDisagree).at_step(link.step).in_envelope(link.envelope()));
            }
        }
    }
    Ok(())
}

/// Commands are only warned about: in-toto leaves them to people.
fn compare_commands<'b>(layout: &Layout<'b>, state: &mut State<'_, 'b>) -> Result<()> {
    for link in state.links.iter().filter(|link| link.status == LinkStatus::Counted) {
        let place = |code| Error::new(code).at_step(link.step).in_envelope(link.envelope());
        if link.failed {
            state.warnings.push(place(Code::ReturnValue));
        }
        let Some(expected) = state.steps.get(usize::from(link.step)).and_then(|step| step.command) else { continue };
        let mut list = layout.reader(expected);
        // An empty list expects nothing.
        if !list.array()? || !list.element()? {
            continue;
        }
        let is_expected = match link.command {
            Some(command) => {
                let actual = crate::bundle::Reader::new(link.envelope.strings, link.envelope.tokens, command);
                same_strings(layout.reader(expected), actual)?
            }
            None => false,
        };
        if !is_expected {
            state.warnings.push(place(Code::CommandDiffers));
        }
    }
    Ok(())
}

/// Applies both rule lists of a step, or of an inspection that was observed.
fn check_rules<'b>(
    layout: &Layout<'b>,
    artifacts: &Artifacts<'b>,
    number: u16,
    state: &mut State<'_, 'b>,
    observer: &mut dyn Observer,
) -> Result<()> {
    let Some(step) = state.steps.get(usize::from(number)) else { return Ok(()) };
    let Some(link) = step.link.and_then(|link| state.links.get(usize::from(link))) else {
        return Err(Error::new(Code::LinkMissing).at_step(number));
    };
    let (step, materials, products) = (*step, link.materials, link.products);
    for list in [List::Materials, List::Products] {
        let Some(offset) = step.rules(list) else { continue };
        load_rules(layout, offset, state).map_err(|error| error.at_step(number))?;
        let (own, other) = match list {
            List::Materials => (materials, products),
            List::Products => (products, materials),
        };
        let subject = Subject { list, own, other };
        let applied = rules::apply(&subject, state.rules, artifacts, state.path, state.other_path);
        for (rule, decided) in (0_u16..).zip(state.rules.iter()) {
            observer.rule(number, list, rule, decided.consumed);
        }
        applied.map_err(|error| error.at_step(number))?;
    }
    Ok(())
}

/// Reads a rule list and finds the artifacts that its `MATCH` rules compare with.
fn load_rules<'b>(layout: &Layout<'b>, offset: u32, state: &mut State<'_, 'b>) -> Result<()> {
    state.rules.clear();
    let mut reader = layout.reader(offset);
    if !reader.array()? {
        return Err(Code::LayoutMember.into());
    }
    while reader.element()? {
        let rule = Rule::read(&mut reader)?;
        let target = match_target(&rule, state).map(Lookup::new);
        state.rules.push(RuleState { rule, target, consumed: 0 }).map_err(|_| Code::LimitRules)?;
    }
    Ok(())
}

/// The artifacts of the step that a `MATCH` names; none for inspections and unknown steps.
fn match_target<'b>(rule: &Rule<'b>, state: &State<'_, 'b>) -> Option<ArtifactRuns<'b>> {
    if !rule.is_match() {
        return None;
    }
    let step = state.steps.iter().find(|step| step.role == Role::Step && step.name == rule.from)?;
    Some(state.links.get(usize::from(step.link?))?.artifacts(rule.with))
}

/// Inspections come last, and only as the trust policy says.
fn check_inspections<'b>(
    layout: &Layout<'b>,
    request: &Request<'_, 'b>,
    state: &mut State<'_, 'b>,
    findings: &mut Findings,
    observer: &mut dyn Observer,
) -> Result<()> {
    findings.inspections = Some(request.trust.inspections);
    for number in 0..state.steps.len() as u16 {
        if state.steps.get(usize::from(number)).is_none_or(|step| step.role == Role::Step) {
            continue;
        }
        match request.trust.inspections {
            Inspections::Refuse => return Err(Error::new(Code::InspectionsNotRun).at_step(number)),
            Inspections::Skip => state.warnings.push(Error::new(Code::InspectionSkipped).at_step(number)),
            Inspections::Observed => {
                let observed = (0_u16..).zip(state.links.iter()).find(|(_, link)| link.step == number);
                let Some((position, link)) = observed else {
                    return Err(Error::new(Code::InspectionMissing).at_step(number));
                };
                if link.failed {
                    return Err(Error::new(Code::InspectionFailed).at_step(number));
                }
                if let Some(step) = state.steps.get_mut(usize::from(number)) {
                    (step.link, step.links) = (Some(position), 1);
                }
                check_rules(layout, request.bundle.artifacts(), number, state, observer)?;
            }
        }
    }
    Ok(())
}
