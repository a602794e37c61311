//! What was decided, by whom, and what stays unknown: the same value as JSON for programs and as accessors for reports.

pub(crate) mod artifact;
pub mod boot_report;
pub(crate) mod outcome;

use core::fmt;

use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};

use crate::bundle::{Bundle, DigestSet, Str};
use crate::error::{Class, Code, Error, List, Result};
use crate::limits::HOST;
use crate::metadata::attestation::{Description, SECURITY_VERSION, describe};
use crate::metadata::link::{Evidence, LinkState};
use crate::metadata::parameters::Parameter;
use crate::metadata::rules::RuleWords;
use crate::metadata::step::{Role, Step};
use crate::thresholds::Vouched;
use crate::time::Time;
use crate::trust::keys::KeySet;
use crate::trust::{Device, Inspections, RequiredAttestation, Trust};
use crate::verdict::artifact::Product;
use crate::verdict::outcome::Outcome;

/// How an artifact compared with what the chain produced.
#[derive(Clone, Copy, Debug)]
pub struct ArtifactVerdict<'a> {
    /// The name under which it was looked for.
    pub name: &'a str,
    /// The same, or why not.
    pub result: Result<()>,
    /// What it was compared with; `None` where the chain has no such product.
    pub product: Option<Product<'a>>,
}

/// A verification as it is reported. Serialises to the JSON that `sitrep verify --json` prints.
#[derive(Clone, Copy, Debug)]
pub struct Verdict<'v, 'm, 'b> {
    outcome: &'v Outcome<'m, 'b>,
    artifacts: &'v [ArtifactVerdict<'v>],
}

impl<'m, 'b> Outcome<'m, 'b> {
    /// What was decided and by whom, for people and programs.
    #[must_use]
    pub const fn verdict<'v>(&'v self) -> Verdict<'v, 'm, 'b> {
        Verdict { outcome: self, artifacts: &[] }
    }
}

impl<'v, 'm, 'b> Verdict<'v, 'm, 'b> {
    /// The same verdict with what came of the artifacts.
    #[must_use]
    pub const fn with_artifacts(self, artifacts: &'v [ArtifactVerdict<'v>]) -> Self {
        Self { artifacts, ..self }
    }

    /// Writes the verdict as JSON over the start of `buffer`, without allocating; returns how many bytes it took. `None` where `buffer` is too short.
    /// A chain of three steps takes about 3 KB.
    #[must_use]
    pub fn write_json(&self, buffer: &mut [u8]) -> Option<usize> {
        serde_json_core::to_slice(self, buffer).ok()
    }

    /// Everything was in order: the chain, and each artifact.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.error().is_none()
    }

    /// The first refusal: the chain's, or an artifact's.
    #[must_use]
    pub fn error(&self) -> Option<Error> {
        let artifacts = self.artifacts.iter().map(|artifact| artifact.result);
        core::iter::once(self.outcome.result).chain(artifacts).find_map(|result| result.err())
    }

    /// The ids of the owners' keys that signed the layout: the first label of each.
    pub fn signed_by(&self) -> impl Iterator<Item = &'m str> + Clone + use<'m> {
        let owners = self.outcome.trust.owners;
        let signed = self.outcome.findings.owners;
        (0_u16..)
            .zip(owners)
            .filter(move |(number, _)| signed.contains(*number))
            .filter_map(|(_, owner)| owner.ids.first())
    }

    /// The ids of the keys that vouched for a step.
    pub fn vouched_by(&self, step: &Step<'b>) -> impl Iterator<Item = Str<'b>> + Clone + use<'m, 'b> {
        self.ids(step.vouched)
    }

    fn ids(&self, keys: KeySet) -> impl Iterator<Item = Str<'b>> + Clone + use<'m, 'b> {
        let all = self.outcome.keys;
        (0_u16..).zip(all).filter(move |(number, _)| keys.contains(*number)).map(|(_, key)| key.id)
    }

    /// The steps and inspections of the layout in envelope `layout`, as far as they were read.
    pub fn steps_of(&self, layout: u16) -> impl Iterator<Item = &'m Step<'b>> + Clone + use<'m, 'b> {
        let steps = self.outcome.steps;
        steps.iter().filter(move |step| step.layout == layout)
    }

    /// How many links counted for a step; `None` where they were not looked at, since its layout was refused before.
    #[must_use]
    pub fn link_count(&self, step: &Step<'b>) -> Option<u16> {
        let is_vouched = self.outcome.layouts.iter().any(|layout| layout.envelope == step.layout);
        let is_looked_at =
            is_vouched || self.outcome.result.is_err_and(|error| error.code().class() == Class::Evidence);
        is_looked_at.then_some(step.links)
    }

    /// How many artifacts the step's links hold in one of their lists. A boot loader's build does not count them.
    #[must_use]
    pub fn artifact_count(&self, step: &Step<'b>, list: List) -> Option<u32> {
        Some(self.outcome.links.get(usize::from(step.link?))?.map(list).map_or(0, |map| map.count()))
    }

    /// When the layout expires, once it was read.
    #[must_use]
    pub const fn expires(&self) -> Option<Time> {
        self.outcome.findings.expires
    }

    /// The time at which expiry was checked.
    #[must_use]
    pub const fn checked_at(&self) -> Option<Time> {
        self.outcome.findings.now
    }

    /// `valid`, `expired`, `unknown` without a clock, or `unread`.
    #[must_use]
    pub fn expiry(&self) -> &'static str {
        match (self.expires(), self.checked_at()) {
            (None, _) => "unread",
            (Some(_), None) => "unknown",
            (Some(expires), Some(now)) if now >= expires => "expired",
            _ => "valid",
        }
    }

    /// `observed`, `skipped` or `not-run`.
    #[must_use]
    pub const fn inspection_state(&self, inspection: &Step<'b>) -> &'static str {
        match (self.outcome.findings.inspections, inspection.link) {
            (Some(Inspections::Skip), _) => "skipped",
            (Some(Inspections::Observed), Some(_)) => "observed",
            _ => "not-run",
        }
    }

    /// The name of the step that an error is about.
    #[must_use]
    pub fn step_name(&self, error: &Error) -> Option<Str<'b>> {
        Some(self.step(error)?.name)
    }

    fn step(&self, error: &Error) -> Option<&'m Step<'b>> {
        self.outcome.steps.get(usize::from(error.place().step?))
    }

    /// The words of the rule that an error is about.
    #[must_use]
    pub fn rule(&self, error: &Error) -> Option<RuleWords<'b>> {
        let (list, number) = error.place().rule?;
        self.outcome.rule_words(self.step(error)?, list, number)
    }

    /// The path of the artifact that an error is about.
    #[must_use]
    pub fn artifact(&self, error: &Error) -> Option<PathName<'b>> {
        Some(PathName { bundle: self.outcome.bundle, number: error.place().artifact? })
    }

    /// The predicate type of the demanded attestation that an error is about.
    #[must_use]
    pub fn attestation(&self, error: &Error) -> Option<&'m str> {
        let number = usize::from(error.place().attestation?);
        Some(self.outcome.trust.attestations.get(number).map_or(SECURITY_VERSION, |required| required.predicate_type))
    }

    /// The label of the key that an error is about.
    #[must_use]
    pub fn keyid(&self, error: &Error) -> Option<Str<'m>>
    where
        'b: 'm,
    {
        let number = usize::from(error.place().key?);
        // A warning about a key that is no step's is about an owner's.
        let is_owners =
            cfg!(feature = "openpgp") && error.code() == Code::OpenPgpValidity && error.place().step.is_none();
        if error.code().class() == Class::Trust || is_owners {
            return Some(Str::new(self.outcome.trust.owners.get(number)?.ids.first()?));
        }
        Some(self.outcome.keys.get(number)?.id)
    }
}

/// The path of an artifact, read from the bundle whenever it is shown.
#[derive(Clone, Copy, Debug)]
pub struct PathName<'b> {
    bundle: &'b Bundle<'b>,
    number: u32,
}

impl fmt::Display for PathName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Room for the longest path of any profile.
        let mut path = [0; HOST.path];
        let mut cursor = self.bundle.paths(&mut path);
        match cursor.seek(self.number).map(|()| core::str::from_utf8(cursor.path())) {
            Ok(Ok(path)) => f.write_str(path),
            _ => write!(f, "number {}", self.number),
        }
    }
}

impl Serialize for PathName<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A sequence made anew each time it is serialised.
struct Each<I>(I);

impl<I: Iterator<Item = T> + Clone, T: Serialize> Serialize for Each<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}

impl Serialize for Verdict<'_, '_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        let error = self.error();
        let (verdict, outcome) = (*self, self.outcome);
        let mut object = serializer.serialize_struct("Verdict", 12)?;
        object.serialize_field("verdict", if error.is_none() { "verified" } else { "refused" })?;
        object.serialize_field("error", &error.map(|error| Located { verdict, error }))?;
        object.serialize_field("trust", &TrustPart(outcome.trust))?;
        object.serialize_field("parameters", &Each(outcome.parameters.iter().map(ParameterPart)))?;
        object.serialize_field("layout", &LayoutPart(verdict))?;
        object.serialize_field("steps", &verdict.parts(0, Role::Step))?;
        object.serialize_field("inspections", &verdict.parts(0, Role::Inspection))?;
        let sublayouts = outcome.layouts.iter().filter_map(move |layout| {
            Some(SublayoutPart { verdict, layout, link: outcome.links.get(usize::from(layout.link?))? })
        });
        object.serialize_field("sublayouts", &Each(sublayouts))?;
        let attestations = outcome.links.iter().filter(|link| link.evidence == Evidence::Attestation);
        object
            .serialize_field("attestations", &Each(attestations.map(move |link| AttestationPart { verdict, link })))?;
        let artifacts = self.artifacts.iter().map(move |artifact| ArtifactPart { verdict, artifact });
        object.serialize_field("artifacts", &Each(artifacts))?;
        let warnings = outcome.warnings.kept().iter();
        object.serialize_field("warnings", &Each(warnings.map(move |error| Located { verdict, error: *error })))?;
        object.serialize_field("warning_count", &outcome.warnings.count())?;
        object.end()
    }
}

/// An error or warning with the names that its place stands for.
struct Located<'v, 'm, 'b> {
    verdict: Verdict<'v, 'm, 'b>,
    error: Error,
}

impl Serialize for Located<'_, '_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        let Self { verdict, error } = self;
        let (code, place) = (error.code(), error.place());
        let mut object = serializer.serialize_struct("Error", 12)?;
        object.serialize_field("code", code.name())?;
        object.serialize_field("number", &code.number())?;
        object.serialize_field("class", code.class().name())?;
        object.serialize_field("message", code.message())?;
        object.serialize_field("step", &verdict.step_name(error))?;
        object.serialize_field("layout", &verdict.step(error).map(|step| step.layout))?;
        let rule = place.rule.map(|(list, number)| RulePart { list, number, words: verdict.rule(error) });
        object.serialize_field("rule", &rule)?;
        object.serialize_field("artifact", &verdict.artifact(error))?;
        object.serialize_field("attestation", &verdict.attestation(error))?;
        object.serialize_field("keyid", &verdict.keyid(error))?;
        object.serialize_field("envelope", &place.envelope)?;
        object.serialize_field("hint", code.hint())?;
        object.end()
    }
}

struct RulePart<'b> {
    list: List,
    number: u16,
    words: Option<RuleWords<'b>>,
}

impl Serialize for RulePart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Rule", 3)?;
        object.serialize_field("list", self.list.name())?;
        object.serialize_field("index", &self.number)?;
        object.serialize_field("words", &self.words.clone().map(Each))?;
        object.end()
    }
}

/// What was believed and demanded.
struct TrustPart<'m>(&'m Trust<'m>);

impl Serialize for TrustPart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        let Trust {
            owners,
            threshold,
            inspections,
            product_step,
            attestations,
            security_version,
            earliest_time,
            device,
        } = *self.0;
        let mut object = serializer.serialize_struct("Trust", 8)?;
        object.serialize_field("owners", &Each(owners.iter().filter_map(|owner| owner.ids.first())))?;
        object.serialize_field("threshold", &threshold)?;
        object.serialize_field("inspections", inspections.name())?;
        object.serialize_field("product_step", &product_step)?;
        object.serialize_field("attestations", &Each(attestations.iter().map(RequiredPart)))?;
        object.serialize_field("security_version", &security_version)?;
        object.serialize_field("earliest_time", &earliest_time)?;
        object.serialize_field("device", &device.map(DevicePart))?;
        object.end()
    }
}

struct DevicePart<'m>(Device<'m>);

impl Serialize for DevicePart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Device", 2)?;
        object.serialize_field("product", self.0.product)?;
        object.serialize_field("hardware", self.0.hardware)?;
        object.end()
    }
}

struct RequiredPart<'m>(RequiredAttestation<'m>);

impl Serialize for RequiredPart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("RequiredAttestation", 2)?;
        object.serialize_field("type", self.0.predicate_type)?;
        object.serialize_field("step", &self.0.step)?;
        object.end()
    }
}

struct ParameterPart<'m>(&'m Parameter<'m>);

impl Serialize for ParameterPart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Parameter", 2)?;
        object.serialize_field("name", self.0.name)?;
        object.serialize_field("value", self.0.value)?;
        object.end()
    }
}

struct LayoutPart<'v, 'm, 'b>(Verdict<'v, 'm, 'b>);

impl Serialize for LayoutPart<'_, '_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Layout", 4)?;
        object.serialize_field("expires", &self.0.expires())?;
        object.serialize_field("expiry", self.0.expiry())?;
        object.serialize_field("checked_at", &self.0.checked_at())?;
        object.serialize_field("signed_by", &Each(self.0.signed_by()))?;
        object.end()
    }
}

impl<'v, 'm, 'b> Verdict<'v, 'm, 'b> {
    /// The steps or the inspections of a layout.
    fn parts(self, layout: u16, role: Role) -> Each<impl Iterator<Item = StepPart<'v, 'm, 'b>> + Clone> {
        let steps = self.steps_of(layout).filter(move |step| step.role == role);
        Each(steps.map(move |step| StepPart { verdict: self, step }))
    }
}

struct SublayoutPart<'v, 'm, 'b> {
    verdict: Verdict<'v, 'm, 'b>,
    layout: &'m Vouched,
    link: &'m LinkState,
}

impl Serialize for SublayoutPart<'_, '_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        let Self { verdict, layout, link } = self;
        let step = link.step.and_then(|step| verdict.outcome.steps.get(usize::from(step)));
        let mut object = serializer.serialize_struct("Sublayout", 7)?;
        object.serialize_field("envelope", &layout.envelope)?;
        object.serialize_field("step", &step.map(|step| step.name))?;
        object.serialize_field("layout", &step.map(|step| step.layout))?;
        object.serialize_field("expires", &layout.expires)?;
        object.serialize_field("signed_by", &Each(verdict.ids(link.signers)))?;
        object.serialize_field("steps", &verdict.parts(layout.envelope, Role::Step))?;
        object.serialize_field("inspections", &verdict.parts(layout.envelope, Role::Inspection))?;
        object.end()
    }
}

struct AttestationPart<'v, 'm, 'b> {
    verdict: Verdict<'v, 'm, 'b>,
    link: &'m LinkState,
}

impl Serialize for AttestationPart<'_, '_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        let Self { verdict, link } = self;
        let Description { predicate_type, subjects, security_version } =
            describe(link, verdict.outcome.bundle).unwrap_or_default();
        let step = link.step.and_then(|step| verdict.outcome.steps.get(usize::from(step)));
        let mut object = serializer.serialize_struct("Attestation", 6)?;
        object.serialize_field("envelope", &link.envelope)?;
        object.serialize_field("predicate_type", &predicate_type)?;
        object.serialize_field("subjects", &subjects)?;
        object.serialize_field("security_version", &security_version)?;
        object.serialize_field("signed_by", &Each(verdict.ids(link.signers)))?;
        object.serialize_field("step", &step.map(|step| step.name))?;
        object.end()
    }
}

struct StepPart<'v, 'm, 'b> {
    verdict: Verdict<'v, 'm, 'b>,
    step: &'m Step<'b>,
}

impl Serialize for StepPart<'_, '_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        let Self { verdict, step } = self;
        if step.role == Role::Inspection {
            let mut object = serializer.serialize_struct("Inspection", 2)?;
            object.serialize_field("name", &step.name)?;
            object.serialize_field("state", verdict.inspection_state(step))?;
            return object.end();
        }
        let mut object = serializer.serialize_struct("Step", 6)?;
        object.serialize_field("name", &step.name)?;
        object.serialize_field("threshold", &step.threshold)?;
        object.serialize_field("vouched_by", &Each(verdict.vouched_by(step)))?;
        object.serialize_field("links", &verdict.link_count(step))?;
        object.serialize_field("materials", &verdict.artifact_count(step, List::Materials))?;
        object.serialize_field("products", &verdict.artifact_count(step, List::Products))?;
        object.end()
    }
}

struct ArtifactPart<'v, 'm, 'b> {
    verdict: Verdict<'v, 'm, 'b>,
    artifact: &'v ArtifactVerdict<'v>,
}

impl Serialize for ArtifactPart<'_, '_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        let Self { verdict, artifact } = self;
        let product = artifact.product;
        let steps = verdict.outcome.steps;
        let attested = product.filter(|_| verdict.outcome.trust.demands_version()).map(|product| product.attested());
        let mut object = serializer.serialize_struct("Artifact", 6)?;
        object.serialize_field("name", artifact.name)?;
        object.serialize_field("result", artifact.result.map_or_else(|error| error.code().name(), |()| "verified"))?;
        let step = product.and_then(|product| steps.get(usize::from(product.step())));
        object.serialize_field("step", &step.map(|step| step.name))?;
        object.serialize_field("digest", &product.map(|product| DigestPart(product.digests())))?;
        object.serialize_field("security_version", &attested.map(|attested| attested.security_version))?;
        object.serialize_field("time", &attested.and_then(|attested| attested.time))?;
        object.end()
    }
}

/// Digests by algorithm, as in in-toto's DigestSet.
struct DigestPart<'b>(DigestSet<'b>);

impl Serialize for DigestPart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        let (mut digests, mut object) = (self.0, serializer.serialize_map(None)?);
        // The bundle was opened, which reads every digest once.
        while let Ok(Some((algorithm, digest))) = digests.next_digest() {
            object.serialize_entry(&algorithm, &digest)?;
        }
        object.end()
    }
}
