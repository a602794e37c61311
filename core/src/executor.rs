//! Who checks the links' signatures: they are independent of each other, so that a host may use all its cores.

use crate::metadata::link::LinkState;

/// What is to be done with each link.
pub type Job<'j> = dyn Fn(&mut LinkState) + Sync + 'j;

/// Runs a job for every link. One that is left out stays unchecked and does not count.
pub trait Executor {
    /// Calls `job` once for each of `links`, in any order and on any thread.
    fn run(&self, links: &mut [LinkState], job: &Job<'_>);
}

/// One after the other: the executor of devices.
#[derive(Clone, Copy, Debug)]
pub struct Sequential;

impl Executor for Sequential {
    fn run(&self, links: &mut [LinkState], job: &Job<'_>) {
        for link in links {
            job(link);
        }
    }
}
