//! Who checks the links' signatures: they are independent of each other, so that a host may use all its cores.

use crate::bundle::Scratch;
use crate::link::LinkState;

/// What is to be done with each link.
pub type Job<'j> = dyn Fn(&mut LinkState, &mut Scratch<'_>) + Sync + 'j;

/// Runs a job for every link. One that is left out stays unchecked and does not count.
pub trait Executor {
    /// Calls `job` once for each of `links`, in any order and on any thread. `own` are buffers for the calling thread; others need
    /// buffers of the same sizes.
    fn run(&self, links: &mut [LinkState], job: &Job<'_>, own: &mut Scratch<'_>);
}

/// One after the other: the executor of devices.
#[derive(Clone, Copy, Debug)]
pub struct Sequential;

impl Executor for Sequential {
    fn run(&self, links: &mut [LinkState], job: &Job<'_>, own: &mut Scratch<'_>) {
        for link in links {
            job(link, own);
        }
    }
}
