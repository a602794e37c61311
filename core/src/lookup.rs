//! Looking up artifacts by number in a map: a walk beside an ascending sequence of questions.

use core::marker::PhantomData;

use crate::bundle::{ArtifactRuns, PathCursor, Run};
use crate::error::Result;
use crate::features::LookupPlace;

/// A map that is asked for one path after the other. Ascending questions cost constant time each, others start from the front.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lookup<'b> {
    all: ArtifactRuns<'b>,
    place: LookupPlace<'b>,
}

/// Where the last answer was found.
#[allow(dead_code, reason = "a verifier has one of the two")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'b> {
    rest: ArtifactRuns<'b>,
    current: Run,
    /// Where the run before the current one ends: what lies between is not in the map.
    gap: u32,
}

/// After the last run, and before the first question.
const NO_RUN: Run = Run { first: u32::MAX, count: 0, variant: 0 };

impl<'b> Lookup<'b> {
    pub(crate) fn new(all: ArtifactRuns<'b>) -> Self {
        Self { all, place: LookupPlace::start(all) }
    }

    /// The variant under which the map has this path.
    #[inline]
    pub(crate) fn find(&mut self, path: u32) -> Result<Option<u32>> {
        self.place.find(self.all, path)
    }
}

/// How the path is looked for: from the last answer on, or by whoever remembers nothing from the front.
pub(crate) trait Place<'b>: Copy {
    fn start(all: ArtifactRuns<'b>) -> Self;
    fn find(&mut self, all: ArtifactRuns<'b>, path: u32) -> Result<Option<u32>>;
}

impl<'b> Place<'b> for Found<'b> {
    fn start(all: ArtifactRuns<'b>) -> Self {
        Self { rest: all, current: NO_RUN, gap: u32::MAX }
    }

    #[inline]
    fn find(&mut self, all: ArtifactRuns<'b>, path: u32) -> Result<Option<u32>> {
        if (self.current.first..self.current.end()).contains(&path) {
            return Ok(Some(self.current.variant));
        }
        self.find_run(all, path)
    }
}

impl<'b> Found<'b> {
    fn find_run(&mut self, all: ArtifactRuns<'b>, path: u32) -> Result<Option<u32>> {
        if path < self.gap || !all.ascending() {
            (self.rest, self.gap) = (all, 0);
            self.current = self.rest.next_run()?.unwrap_or(NO_RUN);
        }
        while self.current != NO_RUN {
            if (self.current.first..self.current.end()).contains(&path) {
                return Ok(Some(self.current.variant));
            }
            if all.ascending() && path < self.current.first {
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
    fn start(_: ArtifactRuns<'b>) -> Self {
        Self(PhantomData)
    }

    #[inline(never)]
    fn find(&mut self, mut all: ArtifactRuns<'b>, path: u32) -> Result<Option<u32>> {
        while let Some(run) = all.next_run()? {
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
) -> Result<bool> {
    if one.count()? != other.count()? {
        return Ok(false);
    }
    let mut others = Lookup::new(other);
    let mut runs = one;
    while let Some(run) = runs.next_run()? {
        for number in run.first..run.end() {
            let Some(variant) = others.find(number)? else { return Ok(false) };
            if variant != run.variant {
                cursor.seek(number)?;
                if !cursor.same_digests(run.variant, variant)? {
                    return Ok(false);
                }
            }
        }
    }
    Ok(true)
}
