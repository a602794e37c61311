//! Attestations: what they say, of which artifacts, and whether that is what a trust policy demands.
//!
//! A statement names its subjects by digest; how the tool that attests calls them says nothing. A subject is an artifact where at least
//! one known algorithm stands in both digest sets, and all that do have the same value.

use crate::budget::{Budget, ENVELOPE, TOKEN};
use crate::bundle::{Bundle, DigestSet, Event, Form, Reader, Str, names};
use crate::error::{Code, List, Result};
use crate::features::Features;
use crate::limits::{GREATEST_NUMBER, SUBJECTS};
use crate::metadata::link::{Evidence, LinkState, LinkStatus};
use crate::metadata::members::Members;
use crate::metadata::statement::Statement;
use crate::metadata::step::{LayoutKey, Role, Span, Step};
use crate::time::Time;
use crate::trust::keys::KeySet;
use crate::trust::{Device, RequiredAttestation, Trust};
use crate::wire::Offset;

/// The predicate that gives an artifact's security version (BUNDLE.md, section 13).
pub const SECURITY_VERSION: &str = "urn:sitrep:security-version:v1";

/// A byte of a statement's tokens, in units of work: it is passed for its members, for those of its predicate, and for what these say.
const STATEMENT: u32 = 3 * TOKEN;

/// What was found out about a chain, as far as attestations need it.
#[derive(Clone, Copy)]
pub(crate) struct Chain<'m, 'b> {
    pub(crate) bundle: &'b Bundle<'b>,
    pub(crate) keys: &'m [LayoutKey<'b>],
    pub(crate) steps: &'m [Step<'b>],
    pub(crate) links: &'m [LinkState],
    /// Which links are the root layout's.
    pub(crate) root: Span,
    /// The work that is left.
    pub(crate) budget: &'m Budget,
}

/// What the keys of the product's step say of an artifact's security (BUNDLE.md, section 13), where the trust asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attested {
    /// The greatest number that as many keys as the step's threshold says reach: each has signed this or a greater one.
    pub security_version: u32,
    /// It is certainly later than this: the latest time that as many keys reach. `None` where too few name any.
    pub time: Option<Time>,
}

/// The security version, and the time in seconds, 0 where there is none.
type Numbers = [u64; 2];

/// One attestation that is demanded, and what its predicate has to say.
#[derive(Clone, Copy)]
pub(crate) struct Demand<'a> {
    pub(crate) required: RequiredAttestation<'a>,
    /// Of a security version, what it must at least say.
    least: Option<Numbers>,
    /// Of a security version, the device that it must be for.
    device: Option<Device<'a>>,
}

/// Why a statement is not what is demanded: the further down, the closer it came.
const REASONS: [Code; 7] = [
    Code::AttestationMissing,
    Code::AttestationThreshold,
    Code::AttestationSubject,
    Code::AttestationProduct,
    Code::AttestationHardware,
    Code::AttestationTime,
    Code::SecurityVersion,
];

/// Of two reasons the one that came closer to being none.
fn closer(one: Code, other: Code) -> Code {
    REASONS.into_iter().rfind(|reason| [one, other].contains(reason)).unwrap_or(one)
}

/// Everything that a trust policy demands of attestations, by number; the security version comes last.
pub(crate) fn for_each_demand<'a>(
    trust: &Trust<'a>,
    look: &mut dyn FnMut(u16, &Demand<'a>) -> Result<()>,
) -> Result<()> {
    let mut demanded = 0;
    if Features::BUILD.has(Features::ATTESTATIONS) {
        for required in trust.attestations.iter() {
            look(demanded, &Demand { required, least: None, device: None })?;
            demanded = demanded.saturating_add(1);
        }
    }
    if !trust.demands_version() {
        return Ok(());
    }
    let required = RequiredAttestation { predicate_type: SECURITY_VERSION, step: None };
    let least = Some([trust.security_version.into(), 0]);
    look(demanded, &Demand { required, least, device: trust.device })
}

/// The root layout's step with this name, or its last.
pub(crate) fn step_of<'s, 'b>(steps: &'s [Step<'b>], name: Option<&str>) -> Result<(u16, &'s Step<'b>)> {
    let mut all = (0_u16..).zip(steps).filter(|(_, step)| step.role == Role::Step);
    match name {
        Some(wanted) => Ok(all.find(|(_, step)| step.name.is(wanted)).ok_or(Code::ArtifactStep)?),
        None => Ok(all.last().ok_or(Code::ArtifactNoStep)?),
    }
}

impl<'b> Chain<'_, 'b> {
    /// Have as many keys of the step as its threshold says signed an attestation that is demanded and about the right artifact? Of a security version,
    /// the least numbers that they signed.
    #[inline(never)]
    pub(crate) fn check(
        &self,
        demand: &Demand<'_>,
        step: &Step<'b>,
        is_about: &mut dyn FnMut(&Reader<'b>) -> Result<bool>,
    ) -> Result<Numbers> {
        let mut signers = KeySet::default();
        let mut numbers = [u64::MAX; 2];
        let mut refusal = Code::AttestationMissing;
        for link in self.root.of(self.links).iter().filter(|link| link.evidence == Evidence::Attestation) {
            let mut reader = Reader::of(&self.bundle.envelope(link.envelope)?);
            // Every statement is read again for each demand, and for each number that is asked for.
            let is_ample = self.bundle.strings().has(Features::AMPLE_WORK);
            let each = if is_ample { 3 * STATEMENT } else { STATEMENT };
            self.budget.spend(each.saturating_mul(reader.length()))?;
            let statement = Statement::read(&mut reader)?;
            if !statement.predicate_type.is(demand.required.predicate_type) {
                continue;
            }
            let own = self.signers(link, step);
            let reason = if own.is_empty() {
                Code::AttestationThreshold
            } else if !is_about(&reader.at(statement.subject))? {
                Code::AttestationSubject
            } else {
                match demand.judge(&reader, &statement) {
                    Ok(said) => {
                        signers = signers.union(own);
                        for (number, said) in numbers.iter_mut().zip(said) {
                            *number = said.min(*number);
                        }
                        Code::AttestationThreshold
                    }
                    Err(reason) => reason,
                }
            };
            refusal = closer(refusal, reason);
        }
        if signers.len() >= step.threshold as usize { Ok(numbers) } else { Err(refusal.into()) }
    }

    /// What is attested where a security version is demanded: asks for more until too few keys say so.
    #[inline(never)]
    pub(crate) fn attested(
        &self,
        demand: &Demand<'_>,
        step: &Step<'b>,
        is_about: &mut dyn FnMut(&Reader<'b>) -> Result<bool>,
    ) -> Result<Attested> {
        let found = self.check(demand, step, is_about)?;
        let Some(least) = demand.least else { return Ok(Attested::default()) };
        let mut greatest = found;
        for (at, greatest) in greatest.iter_mut().enumerate() {
            let mut more = *demand;
            loop {
                // Each round asks for more than one statement has, of which there are so many as the bundle has envelopes.
                let mut asked = least;
                asked.iter_mut().skip(at).take(1).for_each(|asked| *asked = greatest.saturating_add(1));
                more.least = Some(asked);
                match self.check(&more, step, is_about) {
                    Ok(found) => *greatest = found.into_iter().nth(at).unwrap_or_default(),
                    // Too much work to say so is no answer.
                    Err(error) if self.budget.is_over() => return Err(error),
                    Err(_) => break,
                }
            }
        }
        let [version, time] = greatest;
        // `judge` read 32 bits.
        Ok(Attested { security_version: version as u32, time: Some(Time(time)).filter(|_| time > 0) })
    }

    /// Which of the keys that the step allows have signed?
    pub(crate) fn signers(&self, link: &LinkState, step: &Step<'b>) -> KeySet {
        let mut signers = KeySet::default();
        if link.status == LinkStatus::Counted {
            for (number, key) in (0_u16..).zip(self.keys) {
                if step.allowed.contains(number) && link.signers.contains(key.signer) {
                    signers.insert(key.signer);
                }
            }
        }
        signers
    }

    /// Has the step recorded one of the subjects, as material or product?
    pub(crate) fn is_about<const PATH: usize>(&self, subjects: &Reader<'b>, step: &Step<'b>) -> Result<bool> {
        let Some(recorded) = step.link.and_then(|link| self.links.get(usize::from(link))) else { return Ok(false) };
        let mut path = [0; PATH];
        any_subject(subjects, self.bundle, &mut [0; PATH], &mut |subject| {
            for list in [List::Products, List::Materials] {
                let mut cursor = self.bundle.paths(&mut path);
                let mut runs = recorded.artifacts(self.bundle, list)?;
                self.budget.spend(ENVELOPE.saturating_add(runs.runs()))?;
                while let Some(run) = runs.next_run()? {
                    for number in run.first..run.end() {
                        cursor.seek(number)?;
                        let digests = cursor.digests(run.variant)?;
                        self.budget.spend(cursor.take_work().saturating_add(subject.cost(&digests)))?;
                        if subject.is(digests)? {
                            return Ok(true);
                        }
                    }
                }
            }
            Ok(false)
        })
    }
}

/// A reader that stands before the subjects of an attestation.
pub(crate) fn subjects_of<'b>(link: &LinkState, bundle: &'b Bundle<'b>) -> Result<Reader<'b>> {
    let mut reader = Reader::of(&bundle.envelope(link.envelope)?);
    let statement = Statement::read(&mut reader)?;
    Ok(reader.at(statement.subject))
}

/// Is this artifact among the subjects that a reader stands before? `path` is a buffer for the longest path.
pub(crate) fn is_subject<'b>(
    subjects: &Reader<'b>,
    artifact: DigestSet<'b>,
    bundle: &'b Bundle<'b>,
    path: &mut [u8],
) -> Result<bool> {
    any_subject(subjects, bundle, path, &mut |subject| subject.is(artifact))
}

/// A subject's digest set, as it is stored.
enum Subject<'r, 'b> {
    /// In the artifacts section.
    Recorded(DigestSet<'b>),
    /// Spelled out, at an offset of the payload, with so many bytes of tokens to the subject's end.
    Written(&'r Reader<'b>, Offset, u32),
}

impl<'b> Subject<'_, 'b> {
    /// How many units of work it takes to compare it.
    fn cost(&self, artifact: &DigestSet<'b>) -> u32 {
        match self {
            Self::Recorded(digests) => digests.cost(artifact),
            // Whoever signs it can list as many algorithms as there is room for.
            Self::Written(.., length) => TOKEN.saturating_mul(*length),
        }
    }

    fn is(&self, artifact: DigestSet<'b>) -> Result<bool> {
        let mut same = false;
        match self {
            Self::Recorded(digests) if !Features::BUILD.has(Features::DIGESTS) => {
                return Ok(digests.sha256_only().is_some() && digests.sha256_only() == artifact.sha256_only());
            }
            Self::Recorded(digests) => {
                let mut digests = *digests;
                while let Some((algorithm, digest)) = digests.next_digest()? {
                    match artifact.known(algorithm)? {
                        Some(recorded) if recorded != digest => return Ok(false),
                        recorded => same |= recorded.is_some(),
                    }
                }
            }
            Self::Written(payload, offset, _) => {
                payload.need(Features::ATTESTATIONS)?;
                let mut reader = payload.at(*offset);
                if !reader.object()? {
                    return Ok(false);
                }
                while let Some(algorithm) = reader.key()? {
                    let digest = reader.text()?;
                    match artifact.known(algorithm)? {
                        recorded @ Some(_) if recorded != digest => return Ok(false),
                        recorded => same |= recorded.is_some(),
                    }
                }
            }
        }
        Ok(same)
    }
}

/// Is the answer yes for any of the first [`SUBJECTS`] subjects of an attestation?
#[inline(never)]
fn any_subject<'b>(
    payload: &Reader<'b>,
    bundle: &'b Bundle<'b>,
    path: &mut [u8],
    question: &mut dyn FnMut(&Subject<'_, 'b>) -> Result<bool>,
) -> Result<bool> {
    let mut subjects = payload.clone();
    match subjects.next_event()? {
        Some(Event::Artifacts(mut runs)) if runs.form() != Form::Map => {
            let mut cursor = bundle.paths(path);
            let mut left = 0..SUBJECTS;
            while let Some(run) = runs.next_run()? {
                for number in run.first..run.end() {
                    if left.next().is_none() {
                        return Ok(false);
                    }
                    cursor.seek(number)?;
                    if question(&Subject::Recorded(cursor.digests(run.variant)?))? {
                        return Ok(true);
                    }
                }
            }
        }
        Some(Event::ArrayStart) => {
            for _ in 0..SUBJECTS {
                if !subjects.element() {
                    break;
                }
                let mut found = Members::NONE;
                found.read(&mut subjects, &const { names(["digest"]) }, Code::StatementMember)?;
                let [Some(digest)] = found.offsets else { continue };
                let length = subjects.offset().saturating_sub(digest.get());
                if question(&Subject::Written(payload, digest, length))? {
                    return Ok(true);
                }
            }
        }
        _ => {}
    }
    Ok(false)
}

impl Demand<'_> {
    /// What a statement says that is of the right type and about the right artifact; why that is not what is demanded.
    #[inline(never)]
    fn judge(&self, reader: &Reader<'_>, statement: &Statement<'_>) -> core::result::Result<Numbers, Code> {
        let Some(least) = self.least else { return Ok([0; 2]) };
        let version = SecurityVersion::read(reader, statement).ok_or(Code::SecurityVersion)?;
        if let Some(device) = self.device {
            if !version.text(version.product).is_some_and(|product| product.is(device.product)) {
                return Err(Code::AttestationProduct);
            }
            if !version.is_for(device.hardware).unwrap_or(false) {
                return Err(Code::AttestationHardware);
            }
        }
        let time = match version.time {
            None => 0,
            time => version.text(time).and_then(|time| Time::read(time.utf8()?)).ok_or(Code::AttestationTime)?.0,
        };
        // A device keeps what it was told, and must be able to take a greater one.
        let number = version.number().filter(|number| *number <= GREATEST_NUMBER).ok_or(Code::SecurityVersion)?;
        let said = [number.into(), time];
        if said.iter().zip(least).all(|(said, least)| *said >= least) { Ok(said) } else { Err(Code::SecurityVersion) }
    }
}

/// The predicate of a security version: where its members start.
struct SecurityVersion<'r, 'b> {
    payload: &'r Reader<'b>,
    number: Option<Offset>,
    product: Option<Offset>,
    hardware: Option<Offset>,
    time: Option<Offset>,
}

impl<'r, 'b> SecurityVersion<'r, 'b> {
    fn read(payload: &'r Reader<'b>, statement: &Statement<'_>) -> Option<Self> {
        let names = const { names(["securityVersion", "product", "hardware", "time"]) };
        let mut found = Members::NONE;
        found.read(&mut payload.at(statement.predicate?), &names, Code::StatementMember).ok()?;
        let [number, product, hardware, time] = found.offsets;
        Some(Self { payload, number, product, hardware, time })
    }

    fn number(&self) -> Option<u32> {
        self.payload.integer_at(self.number?).ok()?
    }

    fn text(&self, offset: Option<Offset>) -> Option<Str<'b>> {
        self.payload.at(offset?).string().ok()?
    }

    fn is_for(&self, hardware: &str) -> Result<bool> {
        let Some(offset) = self.hardware else { return Ok(false) };
        let mut list = self.payload.at(offset);
        if !list.array()? {
            return Ok(false);
        }
        while list.element() {
            match list.string()? {
                Some(name) if name.is(hardware) => return Ok(true),
                Some(_) => {}
                None => return Ok(false),
            }
        }
        Ok(false)
    }
}

/// What a verdict tells about an attestation.
#[derive(Default)]
pub(crate) struct Description<'b> {
    pub(crate) predicate_type: Option<Str<'b>>,
    /// How many artifacts are listed as its subjects.
    pub(crate) subjects: u32,
    /// Of one that gives a security version, that.
    pub(crate) security_version: Option<u32>,
}

pub(crate) fn describe<'b>(link: &LinkState, bundle: &'b Bundle<'b>) -> Result<Description<'b>> {
    let mut reader = Reader::of(&bundle.envelope(link.envelope)?);
    let statement = Statement::read(&mut reader)?;
    let mut subjects = reader.at(statement.subject);
    let count = match subjects.next_event()? {
        Some(Event::Artifacts(runs)) => runs.count()?,
        Some(Event::ArrayStart) => {
            let mut count: u32 = 0;
            while subjects.element() {
                subjects.skip()?;
                count = count.saturating_add(1);
            }
            count
        }
        _ => 0,
    };
    let is_version = statement.predicate_type.is(SECURITY_VERSION);
    let version = SecurityVersion::read(&reader, &statement).filter(|_| is_version);
    Ok(Description {
        predicate_type: Some(statement.predicate_type),
        subjects: count,
        security_version: version.and_then(|version| version.number()),
    })
}
