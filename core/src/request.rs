//! What a verification is asked, who follows it, and what it finds out on the way.

use crate::bundle::Bundle;
use crate::error::List;
use crate::executor::Executor;
use crate::metadata::layout::Layout;
use crate::metadata::parameters::{Parameter, Parameters};
use crate::time::{Clock, Time};
use crate::trust::keys::KeySet;
use crate::trust::signature::Schemes;
use crate::trust::{Inspections, Trust};

/// Everything that a verification depends on.
#[derive(Clone, Copy)]
pub struct Request<'a, 'b> {
    /// What is to be verified. Not trusted.
    pub bundle: &'b Bundle<'b>,
    /// What is believed.
    pub trust: &'a Trust<'a>,
    /// The present time, if known.
    pub clock: &'a dyn Clock,
    /// The signature schemes of this build.
    pub schemes: &'a dyn Schemes,
    /// Who checks the links' signatures.
    pub executor: &'a dyn Executor,
    /// Values for the layout's parameters. Without any, braces are text.
    pub parameters: &'a [Parameter<'a>],
}

impl<'a> Request<'a, '_> {
    /// The parameters are those of the root layout; sublayouts get none.
    pub(crate) const fn parameters_of(&self, layout: &Layout) -> Parameters<'a> {
        if layout.link.is_none() { Parameters::new(self.parameters) } else { Parameters::NONE }
    }
}

/// Told about things as they are decided, for people who want to follow.
pub trait Observer {
    /// A rule of a step was applied: how many artifacts it consumed, for `REQUIRE` whether its artifact was there.
    fn rule(&mut self, _step: u16, _list: List, _rule: u16, _consumed: u32) {}
}

impl Observer for () {}

/// What is found out about the root layout on the way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Findings {
    pub(crate) owners: KeySet,
    pub(crate) expires: Option<Time>,
    pub(crate) now: Option<Time>,
    pub(crate) inspections: Option<Inspections>,
}
