//! The entries of a list of descriptors: which of their values the artifacts section holds (BUNDLE.md, section 6).

use crate::bundle::{ArtifactRuns, Event, Run};
use crate::error::{Code, Result};

/// A list whose entries are being written. Its names and digests are those of the runs that decisions are taken from, and it is seen to here that they
/// stand where readers of the text look for them: what a descriptor is called is its `name`, else its `uri`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Descriptors<'b> {
    runs: ArtifactRuns<'b>,
    run: Run,
    /// The artifact of the entry that is being written.
    number: u32,
    /// The most variants that a path of the run has, as far as these were seen.
    variants: u32,
    /// How many containers are open around the list.
    depth: usize,
    /// Where the entries end in the tokens.
    end: u32,
    key: Key,
    is_named: bool,
    has_digests: bool,
    pub(super) is_done: bool,
}

/// The key whose value comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Name,
    Uri,
    Digest,
    Other,
}

/// What an event of the entries stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Itself.
    Itself,
    /// The path of the artifact with this number.
    Path(u32),
    /// The digest set that the run takes, of the artifact with this number: its variant.
    Digests(u32, u32),
}

impl<'b> Descriptors<'b> {
    /// The entries that come next, in `depth` containers, and end at `end`.
    pub(super) const fn new(runs: ArtifactRuns<'b>, depth: usize, end: u32) -> Self {
        let run = Run { first: 0, count: 0, variant: 0 };
        Self {
            runs,
            run,
            number: 0,
            variants: u32::MAX,
            depth,
            end,
            key: Key::Other,
            is_named: false,
            has_digests: false,
            is_done: false,
        }
    }

    /// Takes the next event, which stands in `depth` containers and after which the tokens go on at `offset`.
    #[inline(never)]
    pub(super) fn take(&mut self, event: &Event<'b>, depth: usize, offset: u32) -> Result<Part> {
        let is_null = matches!(event, Event::Null);
        match (depth.saturating_sub(self.depth), event) {
            (0, Event::ArrayStart) => {}
            (1, Event::ObjectStart) => self.next_artifact()?,
            (1, Event::End) => {
                self.end_run()?;
                // Whoever does not write the entries goes on where they end.
                if self.runs.next_run()?.is_some() || self.number.wrapping_add(1) < self.run.end() || offset != self.end
                {
                    return Err(Code::BundleToken.into());
                }
                self.is_done = true;
            }
            (0 | 1, _) => return Err(Code::BundleToken.into()),
            (2, Event::Key(key)) => {
                let known = [("name", Key::Name), ("uri", Key::Uri), ("digest", Key::Digest)];
                self.key = known.into_iter().find(|(name, _)| key.is(name)).map_or(Key::Other, |(_, known)| known);
            }
            (2, Event::End) if self.is_named && self.has_digests => {}
            (2, Event::End) => return Err(Code::BundleToken.into()),
            (2, _) => return self.value(is_null),
            _ => {}
        }
        Ok(Part::Itself)
    }

    /// The value of a member.
    fn value(&mut self, is_null: bool) -> Result<Part> {
        match self.key {
            Key::Name | Key::Uri if is_null && !self.is_named => {
                self.is_named = true;
                Ok(Part::Path(self.number))
            }
            Key::Digest if is_null => {
                self.has_digests = true;
                Ok(Part::Digests(self.number, self.run.variant))
            }
            Key::Uri if !is_null => Ok(Part::Itself),
            Key::Other => Ok(Part::Itself),
            // What is written out here would not be what decisions are taken by.
            Key::Name | Key::Uri | Key::Digest => Err(Code::BundleToken.into()),
        }
    }

    fn next_artifact(&mut self) -> Result<()> {
        self.number = self.number.wrapping_add(1);
        if self.number >= self.run.end() || self.run.count == 0 {
            self.end_run()?;
            self.run = self.runs.next_run()?.ok_or(Code::BundleToken)?;
            (self.number, self.variants) = (self.run.first, 0);
        }
        (self.is_named, self.has_digests) = (false, false);
        Ok(())
    }

    /// A path with so many variants was written.
    pub(super) fn saw(&mut self, variants: u32) {
        self.variants = self.variants.max(variants);
    }

    /// A higher number than any path of the run has would say the same as a lower one.
    fn end_run(&self) -> Result<()> {
        if self.variants <= self.run.variant { Err(Code::BundleToken.into()) } else { Ok(()) }
    }
}
