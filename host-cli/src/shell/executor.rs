//! Checks the links' signatures on every processor: the payloads are independent of each other.

use std::cmp::Reverse;
use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

use sitrep_core::{Executor, Job, LinkState};

/// One thread for each processor, as long as there are links for them. The largest link is begun first, so that no thread is left
/// with it at the end.
#[derive(Clone, Copy, Debug)]
pub struct Threads {
    count: usize,
}

impl Threads {
    /// As many threads as the system says run at once.
    #[must_use]
    pub fn available() -> Self {
        Self { count: thread::available_parallelism().map_or(1, NonZero::get) }
    }
}

impl Executor for Threads {
    fn run(&self, links: &mut [LinkState], job: &Job<'_>) {
        let others = self.count.min(links.len()).saturating_sub(1);
        let mut sorted: Vec<_> = links.iter_mut().collect();
        sorted.sort_by_key(|link| Reverse(link.artifact_count()));
        let queue = Mutex::new(sorted.into_iter());
        // A thread that panics ends the whole scope, so that a poisoned queue is never worked on as if nothing had happened.
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let work = || {
            while let Some(link) = next() {
                job(link);
            }
        };
        thread::scope(|scope| {
            for _ in 0..others {
                // Where the system gives no more threads, those that are there do the work.
                if thread::Builder::new().spawn_scoped(scope, work).is_err() {
                    break;
                }
            }
            work();
        });
    }
}
