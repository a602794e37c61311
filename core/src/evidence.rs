//! The evidence: which links belong to which step, who signed them, and whether they agree.

use crate::bundle::Bundle;
use crate::error::{Code, Error, List, Result};
use crate::features::Features;
use crate::keys::KeySet;
use crate::layout::{LayoutKey, Role, Span, Step};
use crate::link::{Evidence, LinkState, LinkStatus, check_artifacts, same_strings};
use crate::lookup::same_artifacts;
use crate::memory::State;
use crate::signature::{Budget, Schemes, SignatureError, SignedBytes};
use crate::trust::SignedLayout;
use crate::verify::{InForce, Request};

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

/// All links that count agree with each other, and each sublayout has been put in the place of its link. Only [`check_agreement`] says so, and no
/// rule is applied before.
pub(crate) struct Agreed(());

/// Reads the envelopes of a layout's evidence, and finds the step that each belongs to. What is no evidence does not count.
#[inline(never)]
pub(crate) fn read_links<'b, const PATH: usize>(
    layout: &InForce,
    bundle: &'b Bundle<'b>,
    state: &mut State<'_, 'b>,
) -> Result<Span> {
    let first = state.links.len();
    for envelope in bundle.envelopes().skip(1) {
        let envelope = envelope?;
        if envelope.parent() != layout.envelope {
            continue;
        }
        let number = envelope.number();
        let (mut link, step) = match LinkState::read(&envelope) {
            Ok(read) => read,
            Err(error) => {
                state.warnings.push(error.in_envelope(number));
                continue;
            }
        };
        if link.evidence != Evidence::Attestation {
            let wanted = if link.evidence == Evidence::Observation { Role::Inspection } else { Role::Step };
            let mut steps = layout.steps.numbers().zip(layout.steps.of(state.steps));
            let Some((step, _)) = steps.find(|(_, own)| Some(own.name) == step && own.role == wanted) else {
                state.warnings.push(Error::new(Code::LinkStray).in_envelope(number));
                continue;
            };
            link.step = Some(step);
        }
        for list in [List::Materials, List::Products] {
            if let Err(error) = check_artifacts::<PATH>(link.artifacts(bundle, list)?, bundle) {
                link.status = LinkStatus::Ignored(error.code());
            }
        }
        state.links.push(link).map_err(|_| Error::new(Code::LimitEnvelopes).in_envelope(number))?;
    }
    Ok(Span::new(first, state.links.len()))
}

/// Checks the signatures of a layout's links against the keys that their steps allow; those of attestations against the keys of all steps.
#[inline(never)]
pub(crate) fn check_link_signatures<'b, const PATH: usize>(
    request: &Request<'_, 'b>,
    layout: &InForce,
    links: Span,
    budget: &Budget,
    state: &mut State<'_, 'b>,
) -> Result<()> {
    let State { keys, steps, links: all, .. } = state;
    let (keys, steps) = (&**keys, &**steps);
    let any = layout.steps.of(steps).iter().fold(KeySet::default(), |any, step| any.union(step.allowed));
    let (bundle, schemes) = (request.bundle, request.schemes);
    let job = |link: &mut LinkState| {
        // What was observed is signed by nobody. Whether it may be believed is decided with the inspections.
        if link.status != LinkStatus::Unchecked || link.evidence == Evidence::Observation {
            return;
        }
        let allowed = match link.step.and_then(|step| steps.get(usize::from(step))) {
            Some(step) => step.allowed,
            None => any,
        };
        link.status = match check_signatures::<PATH>(link, allowed, keys, bundle, schemes, budget) {
            Ok(status) => status,
            Err(error) => {
                link.signers = KeySet::default();
                LinkStatus::Ignored(error.code())
            }
        };
    };
    request.executor.run(links.of_mut(all), &job);
    if budget.is_over() { Err(Error::new(Code::LimitText).in_envelope(layout.envelope)) } else { Ok(()) }
}

fn check_signatures<'b, const PATH: usize>(
    link: &mut LinkState,
    allowed: KeySet,
    keys: &[LayoutKey<'b>],
    bundle: &'b Bundle<'b>,
    schemes: &dyn Schemes,
    budget: &Budget,
) -> Result<LinkStatus> {
    let envelope = bundle.envelope(link.envelope)?;
    let mut message = SignedBytes::<PATH> { envelope: &envelope, bundle, budget };
    let is_attestation = link.evidence == Evidence::Attestation;
    let mut reason = if is_attestation { Code::AttestationSignature } else { Code::LinkSignature };
    let mut attempts = 0..bundle.strings().features().work().attempts;
    for signature in envelope.signatures() {
        for (number, key) in (0_u16..).zip(keys) {
            let is_candidate = envelope.may_be_by(&signature, |keyid| keyid == key.id);
            if !is_candidate || !allowed.contains(number) || link.signers.contains(key.signer) {
                continue;
            }
            if attempts.next().is_none() {
                reason = Code::LimitSignatures;
                break;
            }
            match schemes.verify(&key.key, signature.bytes, &mut message) {
                Ok(()) => link.signers.insert(key.signer),
                Err(SignatureError::Unsupported) => reason = Code::LinkScheme,
                Err(SignatureError::Key | SignatureError::Bad) => {}
                Err(SignatureError::Message(error)) => return Err(error),
            }
        }
    }
    Ok(if link.signers.is_empty() { LinkStatus::Ignored(reason) } else { LinkStatus::Counted })
}

/// Every step needs as many distinct signers as the layout demands.
#[inline(never)]
pub(crate) fn check_thresholds(layout: InForce, links: Span, state: &mut State<'_, '_>) -> Result<Vouched> {
    for (number, link) in links.numbers().zip(links.of(state.links)) {
        if let LinkStatus::Ignored(reason) = link.status {
            let place = Error::new(reason).in_envelope(link.envelope);
            state.warnings.push(link.step.map_or(place, |step| place.at_step(step)));
            continue;
        }
        // An attestation vouches for no step.
        let Some(step) = link.step.and_then(|step| state.steps.get_mut(usize::from(step))) else { continue };
        if link.status == LinkStatus::Counted {
            step.vouched = step.vouched.union(link.signers);
            step.links = step.links.saturating_add(1);
        }
        // The first that counts, or what was observed of an inspection.
        step.link = step.link.or(Some(number));
    }
    for (number, step) in layout.steps.numbers().zip(layout.steps.of(state.steps)) {
        if step.role == Role::Step && step.vouched.len() < step.threshold as usize {
            return Err(Error::new(threshold_code(number, links.of(state.links))).at_step(number));
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

/// The next sublayout that a functionary gave in place of a link, from link `next` on.
pub(crate) fn next_sublayout<'b>(
    next: &mut u16,
    bundle: &'b Bundle<'b>,
    state: &State<'_, 'b>,
) -> Result<Option<SignedLayout<'b>>> {
    if !Features::BUILD.has(Features::SUBLAYOUTS) {
        return Ok(None);
    }
    while let Some(link) = state.links.get(usize::from(*next)) {
        let signed = SignedLayout::of_functionary(*next, link, bundle)?;
        *next = next.saturating_add(1);
        if signed.is_some() {
            return Ok(signed);
        }
    }
    Ok(None)
}

/// All links that count for a step must have recorded the same artifacts. What a sublayout recorded are the materials of its first step and the
/// products of its last; the deepest come first, so that all below it is known.
#[inline(never)]
pub(crate) fn check_agreement<'b, const PATH: usize>(
    bundle: &'b Bundle<'b>,
    state: &mut State<'_, 'b>,
) -> Result<Agreed> {
    let State { layouts, steps, links, .. } = state;
    let mut path = [0; PATH];
    let mut cursor = bundle.paths(&mut path);
    for layout in layouts.iter().rev() {
        for link in layout.links.of(links).iter().filter(|link| link.status == LinkStatus::Counted) {
            let step = link.step.and_then(|step| steps.get(usize::from(step)));
            let Some(first) = step.and_then(|step| step.link).and_then(|first| links.get(usize::from(first))) else {
                continue;
            };
            if first.envelope == link.envelope {
                continue;
            }
            for list in [List::Materials, List::Products] {
                let (one, other) = (first.artifacts(bundle, list)?, link.artifacts(bundle, list)?);
                if !same_artifacts(one, other, &mut cursor)? {
                    let error = Error::new(Code::LinksDisagree).in_envelope(link.envelope);
                    return Err(link.step.map_or(error, |step| error.at_step(step)));
                }
            }
        }
        if !Features::BUILD.has(Features::SUBLAYOUTS) {
            break;
        }
        let mut own = layout.steps.of(steps).iter().filter(|step| step.role == Role::Step);
        let recorded = |step: Option<&Step<'_>>| step.and_then(|step| links.get(usize::from(step.link?)));
        let first = own.next();
        let materials = recorded(first).and_then(|link| link.materials);
        let products = recorded(own.next_back().or(first)).and_then(|link| link.products);
        if let Some(link) = layout.link.and_then(|link| links.get_mut(usize::from(link))) {
            (link.materials, link.products) = (materials, products);
        }
    }
    Ok(Agreed(()))
}

/// Commands are only warned about: in-toto leaves them to people.
#[inline(never)]
pub(crate) fn compare_commands<'b>(request: &Request<'_, 'b>, state: &mut State<'_, 'b>) -> Result<()> {
    let State { layouts, steps, links, warnings, .. } = state;
    if !request.bundle.strings().has(Features::COMMANDS) {
        return Ok(());
    }
    for layout in layouts.iter() {
        for link in layout.links.of(links).iter().filter(|link| link.status == LinkStatus::Counted) {
            let Some(number) = link.step else { continue };
            let place = |code| Error::new(code).at_step(number).in_envelope(link.envelope);
            if link.has_failed() {
                warnings.push(place(Code::ReturnValue));
            }
            // A sublayout is no command.
            let expected = steps.get(usize::from(number)).and_then(|step| step.command.get()?);
            let Some(expected) = expected.filter(|_| link.evidence == Evidence::Link) else { continue };
            let expected = request.bundle.envelope(layout.envelope)?.reader_at(expected);
            let mut list = expected.clone();
            // An empty list expects nothing.
            if !list.array()? || !list.element() {
                continue;
            }
            let is_expected = match link.command.get().flatten() {
                Some(command) => {
                    let actual = request.bundle.envelope(link.envelope)?.reader_at(command);
                    same_strings(expected, actual, request.parameters_of(layout))?
                }
                None => false,
            };
            if !is_expected {
                warnings.push(place(Code::CommandDiffers));
            }
        }
    }
    Ok(())
}
