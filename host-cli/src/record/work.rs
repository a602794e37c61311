//! Files that are hashed on all processors while others are still being found.

use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use sitrep_metadata::artifacts::{Algorithm, Artifacts, Builder};

use super::error::{RecordError, unreadable};
use super::hashing::Hasher;
use super::queue::Queue;
use super::scope::Scope;
use super::walk::{Batch, Place};

/// How many batches of files may wait, for each thread: each keeps a directory open.
const WAITING: usize = 8;

/// How many at most.
const MOST_WAITING: usize = 64;

/// A file of at least so many bytes is work enough: what else is in its batch is left to others.
const LARGE: u64 = 1 << 20;

/// How often progress is told.
const INTERVAL: Duration = Duration::from_millis(250);

/// How much of a recording is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Files.
    pub files: u64,
    /// Bytes of files.
    pub bytes: u64,
}

#[derive(Default)]
pub(super) struct Counters {
    files: AtomicU64,
    bytes: AtomicU64,
}

impl Counters {
    pub(super) fn now(&self) -> Progress {
        Progress { files: self.files.load(Ordering::Relaxed), bytes: self.bytes.load(Ordering::Relaxed) }
    }
}

/// Does `work`, and tells of the progress meanwhile.
pub(super) fn telling<T>(tell: Option<&(dyn Fn(Progress) + Sync)>, progress: &Counters, work: impl FnOnce() -> T) -> T {
    let Some(tell) = tell else { return work() };
    // Its end is closed when the work is done, however that ends.
    let (working, done) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let ticking = move || {
            while done.recv_timeout(INTERVAL) == Err(mpsc::RecvTimeoutError::Timeout) {
                tell(progress.now());
            }
        };
        // Without a thread for it, nothing is told.
        let _ = thread::Builder::new().spawn_scoped(scope, ticking);
        let result = work();
        drop(working);
        result
    })
}

/// The hashing of files that are still being found.
pub(super) struct Work<'a> {
    algorithms: Vec<Algorithm>,
    scope: Scope<'a>,
    progress: &'a Counters,
    queue: Queue<Batch>,
    threads: usize,
    recorded: Mutex<Builder>,
    /// The error of the file whose path comes first, of those that were met.
    error: Mutex<Option<RecordError>>,
    has_failed: AtomicBool,
}

impl<'a> Work<'a> {
    /// Of no algorithm, SHA-256.
    pub(super) fn new(algorithms: &[Algorithm], scope: Scope<'a>, progress: &'a Counters) -> Self {
        let wanted = |algorithm: &Algorithm| match algorithms {
            [] => *algorithm == Algorithm::Sha256,
            some => some.contains(algorithm),
        };
        let threads = thread::available_parallelism().map_or(1, usize::from);
        Self {
            algorithms: Algorithm::ALL.into_iter().filter(wanted).collect(),
            scope,
            progress,
            queue: Queue::new((WAITING * threads).min(MOST_WAITING)),
            threads,
            recorded: Mutex::default(),
            error: Mutex::default(),
            has_failed: AtomicBool::new(false),
        }
    }

    /// Hashes what `find` tells of.
    pub(super) fn run<T>(
        &self,
        find: impl FnOnce(&mut dyn FnMut(Batch) -> ControlFlow<()>) -> Result<T, RecordError>,
    ) -> Result<T, RecordError> {
        let found = thread::scope(|scope| {
            // Where the system gives no more threads, those that are there do the work.
            let spawn = |_| thread::Builder::new().spawn_scoped(scope, || self.hash_all()).is_ok();
            let _ = (0..self.threads).all(spawn);
            // Whoever waits for more must not wait for ever, even where finding panics.
            let _closing = Closing(&self.queue);
            let mut own = None;
            let found = find(&mut |batch| {
                if self.has_failed.load(Ordering::Relaxed) {
                    return ControlFlow::Break(());
                }
                // The others are behind.
                if let Some(batch) = self.queue.offer(batch) {
                    self.batch(batch, own.get_or_insert_with(|| self.hasher()));
                }
                ControlFlow::Continue(())
            });
            if found.is_err() {
                self.has_failed.store(true, Ordering::Relaxed);
            }
            self.queue.close();
            self.hash_all();
            found
        })?;
        match self.error.lock().unwrap_or_else(PoisonError::into_inner).take() {
            None => Ok(found),
            Some(error) => Err(error),
        }
    }

    pub(super) fn finish(self) -> Artifacts {
        // A name is that of one entry of one directory.
        self.recorded.into_inner().unwrap_or_else(PoisonError::into_inner).finish().unwrap_or_default()
    }

    fn hasher(&self) -> Hasher<'_> {
        Hasher::new(&self.algorithms, self.scope.except)
    }

    fn hash_all(&self) {
        let mut hasher = None;
        while let Some(batch) = self.queue.take() {
            self.batch(batch, hasher.get_or_insert_with(|| self.hasher()));
        }
    }

    fn batch(&self, Batch { place, mut names }: Batch, hasher: &mut Hasher<'_>) {
        let (mut digests, mut done) = (Vec::new(), Vec::with_capacity(names.len()));
        while let Some(own) = names.pop() {
            if self.has_failed.load(Ordering::Relaxed) {
                return;
            }
            let start = digests.len();
            match self.file(&place, &own, hasher, &mut digests) {
                Ok((was_recorded, length)) => {
                    if was_recorded {
                        done.push((own, start));
                    }
                    if length >= LARGE && !names.is_empty() {
                        let names = std::mem::take(&mut names);
                        self.queue.put_back(Batch { place: Arc::clone(&place), names });
                    }
                }
                Err(error) => {
                    self.fail(unreadable(&place.path.join(own), error));
                    return;
                }
            }
        }
        self.progress.files.fetch_add(done.len() as u64, Ordering::Relaxed);
        let mut recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        for (own, start) in done {
            let mut rest = digests.get(start..).unwrap_or_default();
            let parts: [_; Algorithm::ALL.len()] = std::array::from_fn(|number| {
                let algorithm = *self.algorithms.get(number)?;
                let (digest, after) = rest.split_at_checked(algorithm.length())?;
                rest = after;
                Some((algorithm, digest))
            });
            recorded.add(&[&place.prefix, &own], parts.into_iter().flatten());
        }
    }

    /// Says whether a file's digests were added to `out`, and how many bytes it has.
    fn file(&self, place: &Place, own: &str, hasher: &mut Hasher<'_>, out: &mut Vec<u8>) -> io::Result<(bool, u64)> {
        let length = std::cell::Cell::new(0);
        let seen = |bytes| {
            self.progress.bytes.fetch_add(bytes, Ordering::Relaxed);
            length.set(length.get() + bytes);
        };
        let was_recorded = hasher.hash(&|| place.path.join(own), &|| place.directory.open_file(own), &seen, out)?;
        Ok((was_recorded, length.get()))
    }

    fn fail(&self, error: RecordError) {
        let mut first = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        if first.as_ref().is_none_or(|first| error.path < first.path) {
            *first = Some(error);
        }
        self.has_failed.store(true, Ordering::Relaxed);
    }
}

struct Closing<'q>(&'q Queue<Batch>);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}
