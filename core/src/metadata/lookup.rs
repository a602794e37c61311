//! Looking up artifacts by number in a map: a walk beside an ascending sequence of questions.

use core::marker::PhantomData;

use crate::budget::Budget;
use crate::bundle::{ArtifactRuns, PathCursor, Run};
use crate::error::Result;
use crate::features::Features;

/// A run that is looked at, in units of work.
const RUN: u32 = 4;

/// What is remembered of the answer before.
#[cfg(feature = "full")]
type Remembered<'b> = Found<'b>;
#[cfg(not(feature = "full"))]
type Remembered<'b> = Nothing<'b>;

/// A map that is asked for one path after the other. Ascending questions cost constant time each, others start from the front.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lookup<'b> {
    all: ArtifactRuns<'b>,
    place: Remembered<'b>,
}

impl<'b> Lookup<'b> {
    /// `features` are those of the profile that is verified for: what a boot loader takes is counted as a boot loader does it.
    pub(crate) fn new(all: ArtifactRuns<'b>, features: Features) -> Self {
        Self { all, place: Remembered::start(all, features) }
    }

    /// The variant under which the map has this path. What it takes is counted by a cursor.
    #[inline]
    pub(crate) fn find(&mut self, path: u32, cursor: &PathCursor<'_, '_>) -> Result<Option<u32>> {
        self.place.find(self.all, path, cursor)
    }
}

/// How the path is looked for: from the last answer on, or by whoever remembers nothing from the front.
pub(crate) trait Place<'b>: Copy {
    fn start(all: ArtifactRuns<'b>, features: Features) -> Self;
    fn find(&mut self, all: ArtifactRuns<'b>, path: u32, cursor: &PathCursor<'_, '_>) -> Result<Option<u32>>;
}

/// Where the last answer was found.
#[allow(dead_code, reason = "a verifier has one of the two")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'b> {
    rest: ArtifactRuns<'b>,
    current: Run,
    /// Where the run before the current one ends: what lies between is not in the map.
    gap: u32,
    /// Does a place help, or does each question start from the front all the same?
    is_ascending: bool,
}

/// After the last run, and before the first question.
const NO_RUN: Run = Run { first: u32::MAX, count: 0, variant: 0 };

impl<'b> Place<'b> for Found<'b> {
    fn start(all: ArtifactRuns<'b>, features: Features) -> Self {
        let is_ascending = all.ascending() && features.has(Features::REMEMBERED_PLACES);
        Self { rest: all, current: NO_RUN, gap: u32::MAX, is_ascending }
    }

    #[inline]
    fn find(&mut self, all: ArtifactRuns<'b>, path: u32, cursor: &PathCursor<'_, '_>) -> Result<Option<u32>> {
        if self.is_ascending && (self.current.first..self.current.end()).contains(&path) {
            return Ok(Some(self.current.variant));
        }
        self.find_run(all, path, cursor)
    }
}

impl<'b> Found<'b> {
    fn find_run(&mut self, all: ArtifactRuns<'b>, path: u32, cursor: &PathCursor<'_, '_>) -> Result<Option<u32>> {
        if path < self.gap || !self.is_ascending {
            (self.rest, self.gap) = (all, 0);
            self.current = self.rest.next_run()?.unwrap_or(NO_RUN);
        }
        while self.current != NO_RUN {
            // Without order it takes longer to tell where the next one starts.
            cursor.count_work(if all.ascending() { RUN } else { 2 * RUN });
            if (self.current.first..self.current.end()).contains(&path) {
                return Ok(Some(self.current.variant));
            }
            if self.is_ascending && path < self.current.first {
                break;
            }
            self.gap = self.current.end();
            self.current = self.rest.next_run()?.unwrap_or(NO_RUN);
        }
        Ok(None)
    }
}

/// Of a boot loader, whose maps have few runs and whose flash has little room.
#[allow(dead_code, reason = "a verifier has one of the two")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nothing<'b>(PhantomData<&'b ()>);

impl<'b> Place<'b> for Nothing<'b> {
    fn start(_: ArtifactRuns<'b>, _: Features) -> Self {
        Self(PhantomData)
    }

    #[inline(never)]
    fn find(&mut self, mut all: ArtifactRuns<'b>, path: u32, cursor: &PathCursor<'_, '_>) -> Result<Option<u32>> {
        while let Some(run) = all.next_run()? {
            cursor.count_work(RUN);
            if path.wrapping_sub(run.first) < run.count {
                return Ok(Some(run.variant));
            }
        }
        Ok(None)
    }
}

/// Do two maps hold the same paths with the same digests?
pub(crate) fn same_artifacts<'b>(
    one: ArtifactRuns<'b>,
    other: ArtifactRuns<'b>,
    cursor: &mut PathCursor<'b, '_>,
    features: Features,
    budget: &Budget,
) -> Result<bool> {
    if one.count()? != other.count()? {
        return Ok(false);
    }
    let mut others = Lookup::new(other, features);
    let mut runs = one;
    while let Some(run) = runs.next_run()? {
        for number in run.first..run.end() {
            let Some(variant) = others.find(number, cursor)? else { return Ok(false) };
            if variant != run.variant {
                cursor.seek(number)?;
                if !cursor.same_digests(run.variant, variant)? {
                    return Ok(false);
                }
            }
            cursor.count_work(1);
            budget.spend(cursor.take_work())?;
        }
    }
    Ok(true)
}
