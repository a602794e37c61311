//! Looking up artifacts by number in a map: a walk beside an ascending sequence of questions.

use crate::bundle::{ArtifactRuns, PathCursor, Run};
use crate::error::Result;

/// After the last run, and before the first question.
const NO_RUN: Run = Run { first: u32::MAX, count: 0, variant: 0 };

/// A map that is asked for one path after the other. Ascending questions cost constant time each, others start from the front.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lookup<'b> {
    all: ArtifactRuns<'b>,
    rest: ArtifactRuns<'b>,
    current: Run,
    /// Where the run before the current one ends: what lies between is not in the map.
    gap: u32,
}

impl<'b> Lookup<'b> {
    pub(crate) const fn new(all: ArtifactRuns<'b>) -> Self {
        Self { all, rest: all, current: NO_RUN, gap: u32::MAX }
    }

    /// The variant under which the map has this path.
    #[inline]
    pub(crate) fn find(&mut self, path: u32) -> Result<Option<u32>> {
        if (self.current.first..self.current.end()).contains(&path) {
            return Ok(Some(self.current.variant));
        }
        self.find_run(path)
    }

    fn find_run(&mut self, path: u32) -> Result<Option<u32>> {
        if path < self.gap || !self.all.ascending() {
            (self.rest, self.gap) = (self.all, 0);
            self.current = self.rest.next_run()?.unwrap_or(NO_RUN);
        }
        while self.current != NO_RUN {
            if (self.current.first..self.current.end()).contains(&path) {
                return Ok(Some(self.current.variant));
            }
            if self.all.ascending() && path < self.current.first {
                break;
            }
            self.gap = self.current.end();
            self.current = self.rest.next_run()?.unwrap_or(NO_RUN);
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
