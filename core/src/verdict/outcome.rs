//! What a verification came to: the refusal or the proof, and what a verdict tells about either.

use crate::budget::Budget;
use crate::bundle::{ArtifactRuns, Bundle, Reader, Str};
use crate::error::{Code, Error, List, Result};
use crate::memory::State;
use crate::metadata::attestation::{Chain, for_each_demand, is_subject, step_of};
use crate::metadata::known::Known;
use crate::metadata::link::LinkState;
use crate::metadata::lookup::Lookup;
use crate::metadata::parameters::Parameter;
use crate::metadata::rules::RuleWords;
use crate::metadata::step::{LayoutKey, Role, Step};
use crate::request::{Findings, Request};
use crate::thresholds::Vouched;
use crate::trust::Trust;
use crate::verdict::artifact::Product;
use crate::warnings::Warnings;

/// The end of a verification.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'m, 'b> {
    pub(crate) bundle: &'b Bundle<'b>,
    pub(crate) trust: &'m Trust<'m>,
    pub(crate) parameters: &'m [Parameter<'m>],
    pub(crate) result: Result<()>,
    pub(crate) findings: Findings,
    /// The layouts that have enough evidence, the root layout first.
    pub(crate) layouts: &'m [Vouched],
    pub(crate) keys: &'m [LayoutKey<'b>],
    pub(crate) steps: &'m [Step<'b>],
    pub(crate) links: &'m [LinkState],
    pub(crate) warnings: &'m Warnings,
}

impl<'m, 'b> Outcome<'m, 'b> {
    pub(crate) fn new<'a: 'm>(
        request: &Request<'a, 'b>,
        result: Result<()>,
        findings: Findings,
        state: State<'m, 'b>,
    ) -> Self {
        let State { layouts, known: Known { keys, steps, links, warnings, .. } } = state;
        let Request { bundle, trust, parameters, .. } = *request;
        Self { bundle, trust, parameters, result, findings, layouts, keys, steps, links, warnings }
    }

    /// Verified, or why not.
    ///
    /// # Errors
    /// The refusal.
    pub const fn result(&self) -> Result<()> {
        self.result
    }

    /// The proof that all checks passed, which artifacts can be compared with.
    ///
    /// # Errors
    /// The refusal.
    pub fn supply_chain(&self) -> Result<VerifiedSupplyChain<'m, 'b>> {
        self.result.map(|()| VerifiedSupplyChain { outcome: *self })
    }

    /// The words of a rule of a step.
    #[must_use]
    pub fn rule_words(&self, step: &Step<'b>, list: List, number: u16) -> Option<RuleWords<'b>> {
        RuleWords::of(self.bundle.envelope(step.layout).ok()?.reader_at(step.rules(list)?), number)
    }

    /// What was verified.
    #[must_use]
    pub const fn bundle(&self) -> &'b Bundle<'b> {
        self.bundle
    }

    /// The artifacts that a step or inspection recorded, as the first of its links that count has them; `None` where none counts, and in a bundle that is
    /// damaged there.
    #[must_use]
    pub fn recorded(&self, step: &Step<'b>, list: List) -> Option<ArtifactRuns<'b>> {
        let link = self.links.get(usize::from(step.link?))?;
        link.artifacts(self.bundle, list).ok()
    }

    /// The root layout's steps and then its inspections, then those of each sublayout, as far as they were read.
    #[must_use]
    pub const fn steps(&self) -> &'m [Step<'b>] {
        self.steps
    }

    /// The layout's keys, as far as they were read.
    #[must_use]
    pub const fn keys(&self) -> &'m [LayoutKey<'b>] {
        self.keys
    }

    /// What a person should know.
    #[must_use]
    pub const fn warnings(&self) -> &'m Warnings {
        self.warnings
    }
}

/// A supply chain that was verified completely. There is no other way to come by one:
///
/// ```compile_fail,E0451
/// fn skip_all_checks<'m, 'b>(outcome: sitrep_core::Outcome<'m, 'b>) -> sitrep_core::VerifiedSupplyChain<'m, 'b> {
///     sitrep_core::VerifiedSupplyChain { outcome }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct VerifiedSupplyChain<'m, 'b> {
    outcome: Outcome<'m, 'b>,
}

impl<'b> VerifiedSupplyChain<'_, 'b> {
    /// What the chain says about the artifact `name` of the product's step ([`Trust::product_step`], or the last step). Attestations that are demanded
    /// of that step must be about this very artifact. `path` is a buffer for the longest path.
    ///
    /// # Errors
    /// [`Code::ArtifactStep`], [`Code::ArtifactNoStep`] where there is no such step; [`Code::ArtifactUnknown`] where it has no such product;
    /// [`Code::AttestationSubject`] or another code of an attestation; [`Code::LayoutExpired`] where a layout expired before the attested time.
    pub fn product(&self, name: &str, path: &mut [u8]) -> Result<Product<'b>> {
        let Outcome { bundle, trust, layouts, keys, links, .. } = self.outcome;
        let root = layouts.first().ok_or(Code::ArtifactNoStep)?;
        let steps = root.steps.of(self.outcome.steps);
        let (number, step) = step_of(steps, trust.product_step)?;
        let unknown = Error::new(Code::ArtifactUnknown).at_step(number);
        let link = step.link.and_then(|link| links.get(usize::from(link))).ok_or(unknown)?;
        let mut cursor = bundle.paths(path);
        if !cursor.find(None, name.as_bytes())? {
            return Err(unknown);
        }
        let mut products = Lookup::new(link.artifacts(bundle, List::Products)?, bundle.strings().features());
        let variant = products.find(cursor.number(), &cursor)?.ok_or(unknown)?;
        let mut product = Product::new(cursor.digests(variant)?, number, cursor.number());
        let budget = &Budget::of(bundle);
        let chain = Chain { bundle, keys, steps, links, root: root.links, budget };
        let digests = product.digests();
        for_each_demand(trust, &mut |demanded, demand| {
            if demand.required.step.is_none_or(|wanted| step.name.is(wanted)) {
                let mut is_about = |subjects: &Reader<'b>| is_subject(subjects, digests, bundle, path);
                // The security version is the last demand.
                product.attested = chain
                    .attested(demand, step, &mut is_about)
                    .map_err(|error| error.at_step(number).at_attestation(demanded))?;
            }
            Ok(())
        })?;
        // Evidence of a time after the expiry is evidence of the expiry.
        match layouts.iter().find(|layout| product.attested.time.is_some_and(|time| time >= layout.expires)) {
            Some(layout) => Err(Error::new(Code::LayoutExpired).in_envelope(layout.envelope)),
            None => Ok(product),
        }
    }

    /// The name of the last step, whose products the chain ends with.
    #[must_use]
    pub fn last_step(&self) -> Option<Str<'b>> {
        let root = self.outcome.layouts.first()?;
        root.steps.of(self.outcome.steps).iter().rfind(|step| step.role == Role::Step).map(|step| step.name)
    }
}
