//! The evidence: which links belong to which step, who signed them, and whether they agree.

use crate::bundle::{Bundle, Kind, Reader};
use crate::error::{Code, Error, List, Result};
use crate::keys::KeySet;
use crate::layout::{Layout, LayoutKey, Role, Step};
use crate::limits::ATTEMPTS;
use crate::link::{Link, LinkState, LinkStatus, check_artifacts, same_strings};
use crate::lookup::same_artifacts;
use crate::memory::State;
use crate::signature::{Schemes, SignatureError, SignedBytes};
use crate::verify::Request;

/// Every step has as many signers as the layout demands. Only [`check_thresholds`] says so.
pub(crate) struct Vouched(());

/// All links that count agree with each other. Only [`check_agreement`] says so, and no rule is applied before.
pub(crate) struct Agreed(());

/// Reads every envelope but the layout, and finds the step that each belongs to. What is no link of a step does not count.
#[inline(never)]
pub(crate) fn read_links<'b, const PATH: usize>(bundle: &'b Bundle<'b>, state: &mut State<'_, 'b>) -> Result<()> {
    for envelope in bundle.envelopes().skip(1) {
        let envelope = envelope?;
        let number = envelope.number();
        let link = match Link::read(&envelope) {
            Ok(link) => link,
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
        let mut link = LinkState {
            envelope: number,
            step: step as u16,
            status: LinkStatus::Unchecked,
            signers: KeySet::default(),
            materials: link.materials,
            products: link.products,
            command: link.command,
            failed: link.failed,
        };
        for list in [List::Materials, List::Products] {
            if let Err(error) = check_artifacts::<PATH>(link.artifacts(bundle, list)?, bundle) {
                link.status = LinkStatus::Ignored(error.code());
            }
        }
        state.links.push(link).map_err(|_| Error::new(Code::LimitEnvelopes).in_envelope(number))?;
    }
    Ok(())
}

/// Checks the signatures of every link against the keys that its step allows.
#[inline(never)]
pub(crate) fn check_link_signatures<'b, const PATH: usize>(request: &Request<'_, 'b>, state: &mut State<'_, 'b>) {
    let (keys, steps) = (&*state.keys, &*state.steps);
    let (bundle, schemes) = (request.bundle, request.schemes);
    let job = |link: &mut LinkState| {
        let Some(step) = steps.get(usize::from(link.step)) else { return };
        if link.status != LinkStatus::Unchecked {
            return;
        }
        link.status = match check_signatures::<PATH>(link, step, keys, bundle, schemes) {
            Ok(status) => status,
            Err(error) => {
                link.signers = KeySet::default();
                LinkStatus::Ignored(error.code())
            }
        };
    };
    request.executor.run(state.links, &job);
}

fn check_signatures<'b, const PATH: usize>(
    link: &mut LinkState,
    step: &Step<'b>,
    keys: &[LayoutKey<'b>],
    bundle: &'b Bundle<'b>,
    schemes: &dyn Schemes,
) -> Result<LinkStatus> {
    let envelope = bundle.envelope(link.envelope)?;
    if matches!(envelope.kind(), Kind::Observation) {
        // Signed by nobody. Whether it may be believed is decided with the inspections.
        return Ok(LinkStatus::Unchecked);
    }
    let mut message = SignedBytes::<PATH> { envelope: &envelope, bundle };
    let mut reason = Code::LinkSignature;
    let mut attempts = 0..ATTEMPTS;
    for signature in envelope.signatures() {
        for (number, key) in (0_u16..).zip(keys) {
            let is_candidate = envelope.may_be_by(&signature, |keyid| keyid == key.id);
            if !is_candidate || !step.allowed.contains(number) || link.signers.contains(key.signer) {
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
pub(crate) fn check_thresholds(state: &mut State<'_, '_>) -> Result<Vouched> {
    for (number, link) in (0_u16..).zip(state.links.iter()) {
        let Some(step) = state.steps.get_mut(usize::from(link.step)) else { continue };
        match link.status {
            LinkStatus::Counted => {
                step.vouched = step.vouched.union(link.signers);
                step.links = step.links.saturating_add(1);
                step.link = step.link.or(Some(number));
            }
            LinkStatus::Ignored(reason) => {
                state.warnings.push(Error::new(reason).in_envelope(link.envelope).at_step(link.step));
            }
            // What was observed of an inspection.
            LinkStatus::Unchecked => step.link = step.link.or(Some(number)),
        }
    }
    for (number, step) in (0_u16..).zip(state.steps.iter()) {
        if step.role == Role::Step && step.vouched.len() < step.threshold as usize {
            return Err(Error::new(threshold_code(number, state)).at_step(number));
        }
    }
    Ok(Vouched(()))
}

/// Why a step lacks signers, as exactly as can be told.
fn threshold_code(step: u16, state: &State<'_, '_>) -> Code {
    // A sublayout may be what the step lacks. Whose it is, only its verification would tell.
    if state.warnings.has(Code::SublayoutUnsupported) {
        return Code::SublayoutUnsupported;
    }
    let mut links = state.links.iter().filter(|link| link.step == step).peekable();
    if links.peek().is_none() {
        return Code::LinkMissing;
    }
    let is_unknown_scheme = |link: &LinkState| link.status == LinkStatus::Ignored(Code::LinkScheme);
    if links.any(is_unknown_scheme) { Code::LinkScheme } else { Code::ThresholdNotMet }
}

/// All links that count for a step must have recorded the same artifacts.
#[inline(never)]
pub(crate) fn check_agreement<'b, const PATH: usize>(
    _: &Vouched,
    bundle: &'b Bundle<'b>,
    state: &mut State<'_, 'b>,
) -> Result<Agreed> {
    let mut path = [0; PATH];
    let mut cursor = bundle.paths(&mut path);
    for link in state.links.iter().filter(|link| link.status == LinkStatus::Counted) {
        let step = state.steps.get(usize::from(link.step));
        let Some(first) = step.and_then(|step| step.link).and_then(|first| state.links.get(usize::from(first))) else {
            continue;
        };
        if first.envelope == link.envelope {
            continue;
        }
        for list in [List::Materials, List::Products] {
            let (one, other) = (first.artifacts(bundle, list)?, link.artifacts(bundle, list)?);
            if !same_artifacts(one, other, &mut cursor)? {
                return Err(Error::new(Code::LinksDisagree).at_step(link.step).in_envelope(link.envelope));
            }
        }
    }
    Ok(Agreed(()))
}

/// Commands are only warned about: in-toto leaves them to people.
#[inline(never)]
pub(crate) fn compare_commands<'b>(
    layout: &Layout<'b>,
    bundle: &'b Bundle<'b>,
    state: &mut State<'_, 'b>,
) -> Result<()> {
    for link in state.links.iter().filter(|link| link.status == LinkStatus::Counted) {
        let place = |code| Error::new(code).at_step(link.step).in_envelope(link.envelope);
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
                let envelope = bundle.envelope(link.envelope)?;
                let actual = Reader::new(envelope.strings, envelope.tokens, command);
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
