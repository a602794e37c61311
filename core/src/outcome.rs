//! What a verification came to: the refusal or the proof, and what a verdict tells about either.

use crate::artifact::Product;
use crate::bundle::{Bundle, Reader, Str};
use crate::error::{Code, Error, List, Result};
use crate::layout::{LayoutKey, Role, Step};
use crate::link::LinkState;
use crate::lookup::Lookup;
use crate::memory::{State, Warnings};
use crate::trust::Trust;
use crate::verdict::{RuleWords, Verdict};
use crate::verify::Findings;

/// The end of a verification.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'m, 'b> {
    pub(crate) bundle: &'b Bundle<'b>,
    pub(crate) result: Result<()>,
    pub(crate) findings: Findings,
    pub(crate) keys: &'m [LayoutKey<'b>],
    pub(crate) steps: &'m [Step<'b>],
    pub(crate) links: &'m [LinkState],
    pub(crate) warnings: &'m Warnings,
}

impl<'m, 'b> Outcome<'m, 'b> {
    pub(crate) fn new(bundle: &'b Bundle<'b>, result: Result<()>, findings: Findings, state: State<'m, 'b>) -> Self {
        let State { keys, steps, links, warnings } = state;
        Self { bundle, result, findings, keys, steps, links, warnings }
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

    /// What was decided and by whom, for people and programs. `trust` is what the request had.
    #[must_use]
    pub const fn verdict<'v>(&'v self, trust: &'v Trust<'v>) -> Verdict<'v, 'm, 'b> {
        Verdict::new(self, trust)
    }

    /// The words of a rule of a step.
    #[must_use]
    pub fn rule_words(&self, step: &Step<'b>, list: List, number: u16) -> Option<RuleWords<'b>> {
        let envelope = self.bundle.envelope(0).ok()?;
        let mut reader = Reader::new(envelope.strings, envelope.tokens, step.rules(list)?);
        reader.array().ok()?;
        for _ in 0..number {
            reader.element().ok()?;
            reader.skip().ok()?;
        }
        let is_rule = reader.element().ok()? && reader.array().ok()?;
        is_rule.then_some(RuleWords { reader })
    }

    /// The layout's steps and then its inspections, as far as they were read.
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
    /// What the chain says about the product `name` of `step`, or of the last step. `path` is a buffer for the longest path.
    ///
    /// # Errors
    /// [`Code::ArtifactStep`], [`Code::ArtifactNoStep`] where there is no such step; [`Code::ArtifactUnknown`] where it has no such product.
    pub fn product(&self, step: Option<&str>, name: &str, path: &mut [u8]) -> Result<Product<'b>> {
        let mut steps = (0_u16..).zip(self.outcome.steps).filter(|(_, step)| step.role == Role::Step);
        let found = match step {
            Some(wanted) => steps.find(|(_, step)| step.name.is(wanted)).ok_or(Code::ArtifactStep),
            None => steps.last().ok_or(Code::ArtifactNoStep),
        };
        let (number, step) = found?;
        let unknown = Error::new(Code::ArtifactUnknown).at_step(number);
        let link = step.link.and_then(|link| self.outcome.links.get(usize::from(link))).ok_or(unknown)?;
        let mut cursor = self.outcome.bundle.paths(path);
        if !cursor.find(None, name.as_bytes())? {
            return Err(unknown);
        }
        let variant =
            Lookup::new(link.artifacts(self.outcome.bundle, List::Products)?).find(cursor.number())?.ok_or(unknown)?;
        Ok(Product::new(cursor.digests(variant)?, number, cursor.number()))
    }

    /// The name of the last step, whose products the chain ends with.
    #[must_use]
    pub fn last_step(&self) -> Option<Str<'b>> {
        self.outcome.steps.iter().rfind(|step| step.role == Role::Step).map(|step| step.name)
    }
}
