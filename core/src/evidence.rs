//! The evidence: which links and attestations belong to which step, and who signed them.

use crate::agreement::Agreed;
use crate::budget::Budget;
use crate::bundle::Bundle;
use crate::error::{Code, Error, List, Result};
use crate::expiry::InForce;
use crate::features::Features;
use crate::memory::State;
use crate::metadata::attestation::{Chain, subjects_of};
use crate::metadata::known::Known;
use crate::metadata::link::{Evidence, LinkState, LinkStatus, check_artifacts, same_strings};
use crate::metadata::signed_layout::SignedLayout;
use crate::metadata::step::{LayoutKey, Role, Span};
use crate::request::Request;
use crate::trust::keys::KeySet;
use crate::trust::signature::{Schemes, SignatureError, SignedBytes, effort, is_in_form};

/// A layout that demands nothing is the owners' affair; a functionary who gives one in place of a link has evaded the step.
#[inline(never)]
pub(crate) fn check_steps_exist(layout: &InForce, known: &mut Known<'_, '_>) -> Result<()> {
    let is_empty = !layout.steps.of(known.steps).iter().any(|step| step.role == Role::Step);
    match layout.link.and_then(|link| known.links.get(usize::from(link))) {
        None if is_empty => known.warnings.push(Code::LayoutEmpty),
        Some(link) if is_empty => {
            let error = Error::new(Code::SublayoutEmpty).in_envelope(layout.envelope);
            return Err(link.step.map_or(error, |step| error.at_step(step)));
        }
        _ => {}
    }
    Ok(())
}

/// Keys whose signatures this build cannot check vouch for nothing. Each is named once, with the first step that names it; a subkey of OpenPGP that is
/// for other things is none of them.
#[inline(never)]
pub(crate) fn warn_of_keys(layout: &InForce, schemes: &dyn Schemes, known: &mut Known<'_, '_>) {
    let Known { keys, steps, warnings, .. } = known;
    let steps = || layout.steps.numbers().zip(layout.steps.of(steps));
    for (number, key) in (0_u16..).zip(keys.iter()).filter(|(_, key)| !key.is_subkey) {
        if let Some((step, _)) = steps().find(|(_, step)| step.allowed.contains(number))
            && !schemes.can_check(&key.key)
        {
            warnings.push(Error::new(Code::KeyUnusable).at_step(step).at_key(number));
        }
    }
}

/// Reads the envelopes of a layout's evidence, and finds the step that each belongs to. What is no evidence does not count.
#[inline(never)]
pub(crate) fn read_links<'b>(layout: &InForce, bundle: &'b Bundle<'b>, known: &mut Known<'_, 'b>) -> Result<Span> {
    let first = known.links.len();
    for envelope in bundle.envelopes().skip(1) {
        let envelope = envelope?;
        if envelope.parent() != layout.envelope {
            continue;
        }
        let number = envelope.number();
        let (mut link, step) = match LinkState::read(&envelope) {
            Ok(read) => read,
            Err(error) => {
                known.warnings.push(error.in_envelope(number));
                continue;
            }
        };
        if link.evidence != Evidence::Attestation {
            let wanted = if link.evidence == Evidence::Observation { Role::Inspection } else { Role::Step };
            let mut steps = layout.steps.numbers().zip(layout.steps.of(known.steps));
            let Some((step, _)) = steps.find(|(_, own)| Some(own.name) == step && own.role == wanted) else {
                known.warnings.push(Error::new(Code::LinkStray).in_envelope(number));
                continue;
            };
            link.step = Some(step);
        }
        known.links.push(link).map_err(|_| Error::new(Code::LimitEnvelopes).in_envelope(number))?;
    }
    Ok(Span::new(first, known.links.len()))
}

/// Checks the signatures of a layout's links against the keys that their steps allow; those of attestations against the keys of all steps.
#[inline(never)]
pub(crate) fn check_link_signatures<'b, const PATH: usize>(
    request: &Request<'_, 'b>,
    layout: &InForce,
    links: Span,
    known: &mut Known<'_, 'b>,
) -> Result<()> {
    let Known { keys, steps, links: all, budget, .. } = known;
    let (keys, steps, budget) = (&**keys, &**steps, &*budget);
    let any = layout.steps.of(steps).iter().fold(KeySet::default(), |any, step| any.union(step.allowed));
    let (bundle, schemes) = (request.bundle, request.schemes);
    let job = |link: &mut LinkState| {
        // What was observed is signed by nobody. Whether it may be believed is decided with the inspections.
        if link.evidence == Evidence::Observation {
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
    if budget.is_over() { Err(Error::new(Code::LimitWork).in_envelope(layout.envelope)) } else { Ok(()) }
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
    let work = bundle.strings().features().work();
    let mut attempts = 0..work.attempts;
    for signature in envelope.signatures() {
        for (number, key) in (0_u16..).zip(keys) {
            let is_candidate = envelope.may_be_by(&signature, |keyid| keyid == key.id)
                && is_in_form(&envelope, &signature, schemes, &key.key);
            if !is_candidate || !allowed.contains(number) || link.signers.contains(key.signer) {
                continue;
            }
            if attempts.next().is_none() {
                reason = Code::LimitSignatures;
                break;
            }
            budget.spend(effort(work, schemes, &key.key))?;
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

/// Are the names and digests of a layout's links as in-toto wants them? Looking takes as long as the texts that were signed, and so comes after them.
#[inline(never)]
pub(crate) fn check_link_artifacts<'b, const PATH: usize>(
    bundle: &'b Bundle<'b>,
    links: Span,
    known: &mut Known<'_, 'b>,
) -> Result<()> {
    // The artifacts section was looked through once; only where it has some odd entry do links have to look for it.
    if bundle.artifacts().tidy() {
        return Ok(());
    }
    let Known { links: all, warnings, .. } = known;
    for link in links.of_mut(all) {
        if matches!(link.status, LinkStatus::Ignored(_)) {
            continue;
        }
        for list in [List::Materials, List::Products] {
            if let Err(error) = check_artifacts::<PATH>(link.artifacts(bundle, list)?, bundle) {
                let place = error.in_envelope(link.envelope);
                // Here the artifact is known; whoever looks at the status is told no more than why.
                warnings.push(link.step.map_or(place, |step| place.at_step(step)));
                (link.status, link.signers) = (LinkStatus::Ignored(error.code()), KeySet::default());
                break;
            }
        }
    }
    Ok(())
}

/// The next sublayout that a functionary gave in place of a link, from link `next` on.
pub(crate) fn next_sublayout<'b, const PATH: usize>(
    next: &mut u16,
    bundle: &'b Bundle<'b>,
    state: &State<'_, 'b>,
) -> Result<Option<SignedLayout<'b>>> {
    if !Features::BUILD.has(Features::SUBLAYOUTS) {
        return Ok(None);
    }
    let mut signed = None;
    while let Some(link) = state.known.links.get(usize::from(*next)) {
        signed = SignedLayout::of_functionary::<PATH>(*next, link, bundle, &state.known.budget)?;
        *next = next.saturating_add(1);
        if let Some(signed) = &signed {
            check_single_use(signed, link, state)?;
            break;
        }
    }
    Ok(signed)
}

/// What is signed does not say for which step it was made: where somebody's signature on one stands for two steps, nobody knows that he carried out both.
fn check_single_use(signed: &SignedLayout<'_>, link: &LinkState, state: &State<'_, '_>) -> Result<()> {
    let step_of = |link: &LinkState| Some((link.step?, state.known.steps.get(usize::from(link.step?))?.layout));
    let Some((step, layout)) = step_of(link) else { return Ok(()) };
    let is_reused = state.layouts.iter().any(|other| {
        let Some(given) = other.link.and_then(|link| state.known.links.get(usize::from(link))) else { return false };
        let is_same = other.digest.get() == signed.digest().get() && given.signers.has_any_of(link.signers);
        is_same && step_of(given).is_some_and(|(other, of)| other != step && of == layout)
    });
    let error = Error::new(Code::SublayoutReused).in_envelope(signed.envelope().number()).at_step(step);
    if is_reused { Err(error) } else { Ok(()) }
}

/// Every OpenPGP key that is believed is named once: an owner's, and a functionary's with the first step that it vouched for.
pub(crate) fn warn_of_openpgp(request: &Request<'_, '_>, owners: KeySet, known: &mut Known<'_, '_>) {
    if !cfg!(feature = "openpgp") {
        return;
    }
    let schemes = request.schemes;
    let Known { keys, steps, warnings, .. } = known;
    for (number, owner) in (0_u16..).zip(request.trust.owners.iter()) {
        if owners.contains(number) && schemes.is_openpgp(&owner.key) {
            warnings.push(Error::new(Code::OpenPgpValidity).at_key(number));
        }
    }
    for (number, key) in (0_u16..).zip(keys.iter()) {
        if let Some((step, _)) = (0_u16..).zip(steps.iter()).find(|(_, step)| step.vouched.contains(number))
            && schemes.is_openpgp(&key.key)
        {
            warnings.push(Error::new(Code::OpenPgpValidity).at_step(step).at_key(number));
        }
    }
}

/// Envelopes below a sublayout that does not count were not read.
pub(crate) fn warn_of_strays<'b>(bundle: &'b Bundle<'b>, state: &mut State<'_, 'b>) -> Result<()> {
    if !Features::BUILD.has(Features::SUBLAYOUTS) {
        return Ok(());
    }
    for envelope in bundle.envelopes().skip(1) {
        let envelope = envelope?;
        if !state.layouts.iter().any(|layout| layout.envelope == envelope.parent()) {
            state.known.warnings.push(Error::new(Code::LinkStray).in_envelope(envelope.number()));
        }
    }
    Ok(())
}

/// Finds for every attestation the first step of its layout whose functionaries signed it and that recorded one of its subjects.
#[inline(never)]
pub(crate) fn bind_attestations<'b, const PATH: usize>(
    _: &Agreed,
    bundle: &'b Bundle<'b>,
    state: &mut State<'_, 'b>,
) -> Result<()> {
    if !bundle.strings().has(Features::ATTESTATIONS) {
        return Ok(());
    }
    // Nothing depends on it but what people are told, so that it has a budget of its own: what is not found within that is about no step.
    let budget = &Budget::of(bundle);
    for layout in state.layouts.iter() {
        for number in layout.links.numbers() {
            let Known { keys, steps, links, .. } = &mut state.known;
            let chain = Chain { bundle, keys, steps, links, root: layout.links, budget };
            let Some(link) = chain.links.get(usize::from(number)) else { continue };
            if link.evidence != Evidence::Attestation || link.status != LinkStatus::Counted {
                continue;
            }
            let subjects = subjects_of(link, bundle)?;
            let mut about = None;
            for (step, found) in layout.steps.numbers().zip(layout.steps.of(chain.steps)) {
                if budget.is_over() {
                    return Ok(());
                }
                if !chain.signers(link, found).is_empty() && chain.is_about::<PATH>(&subjects, found) == Ok(true) {
                    about = Some(step);
                    break;
                }
            }
            if let Some(link) = state.known.links.get_mut(usize::from(number)) {
                link.step = about;
            }
        }
    }
    Ok(())
}

/// Commands are only warned about: in-toto leaves them to people.
#[inline(never)]
pub(crate) fn compare_commands<'b>(request: &Request<'_, 'b>, state: &mut State<'_, 'b>) -> Result<()> {
    let State { layouts, known: Known { steps, links, warnings, .. } } = state;
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
