//! The files of a step as a recorder saw them: names with their digests, in little memory.
//!
//! A link may list some hundred thousand files twice, so names stand in one text and digests in one run of bytes.

use std::fmt;

/// A hash algorithm that files are recorded with. Of these, core compares artifacts by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// SHA-256, in-toto's own.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// The SHA-256 of `blob LENGTH`, a zero byte and the contents, as git names them.
    GitoidSha256,
}

impl Algorithm {
    /// All, in the order of their names, which is that of a digest set in canonical JSON.
    pub const ALL: [Self; 4] = [Self::GitoidSha256, Self::Sha256, Self::Sha384, Self::Sha512];

    /// Its name in a digest set.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
            Self::GitoidSha256 => "gitoid:sha256",
        }
    }

    /// The algorithm of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// Bytes of a digest.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Sha256 | Self::GitoidSha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Names of files with their digests, ascending by the names' bytes, each name once.
#[derive(Clone, Default)]
pub struct Artifacts {
    names: String,
    digests: Vec<u8>,
    entries: Vec<Entry>,
}

/// Where the name and the digests of an artifact are.
#[derive(Clone, Copy)]
struct Entry {
    name: usize,
    digests: usize,
    name_length: u32,
    /// A bit for each algorithm; the digests are in the order of [`Algorithm::ALL`].
    algorithms: u8,
}

/// One of them.
#[derive(Clone, Copy)]
pub struct Artifact<'a> {
    name: &'a str,
    digests: &'a [u8],
    algorithms: u8,
}

impl Artifacts {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All, ascending by the bytes of their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Artifact<'_>> {
        self.entries.iter().map(|entry| self.artifact(*entry))
    }

    /// The one of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Artifact<'_>> {
        let found = self.entries.binary_search_by_key(&name, |entry| self.artifact(*entry).name);
        found.ok().and_then(|number| self.entries.get(number)).map(|entry| self.artifact(*entry))
    }

    fn artifact(&self, entry: Entry) -> Artifact<'_> {
        // The builder wrote both before it wrote the entry.
        let name = self.names.get(entry.name..entry.name + entry.name_length as usize).unwrap_or_default();
        let digests = self.digests.get(entry.digests..).unwrap_or_default();
        Artifact { name, digests, algorithms: entry.algorithms }
    }
}

impl fmt::Debug for Artifacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl PartialEq for Artifacts {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Artifacts {}

impl<'a> Artifact<'a> {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// Its digests, in the order of the algorithms' names.
    pub fn digests(&self) -> impl Iterator<Item = (Algorithm, &'a [u8])> + Clone + use<'a> {
        let (mut rest, algorithms) = (self.digests, self.algorithms);
        let present = Algorithm::ALL.into_iter().filter(move |algorithm| algorithms & algorithm.bit() != 0);
        present.map(move |algorithm| {
            let (digest, after) = rest.split_at_checked(algorithm.length()).unwrap_or_default();
            rest = after;
            (algorithm, digest)
        })
    }

    /// Its digest of this algorithm.
    #[must_use]
    pub fn digest(&self, algorithm: Algorithm) -> Option<&'a [u8]> {
        self.digests().find(|(own, _)| *own == algorithm).map(|(_, digest)| digest)
    }
}

impl fmt::Debug for Artifact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digests = self.digests().map(|(algorithm, digest)| (algorithm.name(), crate::hex::encode(digest)));
        write!(f, "{:?}: ", self.name)?;
        f.debug_map().entries(digests).finish()
    }
}

impl PartialEq for Artifact<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.digests().eq(other.digests())
    }
}

impl Eq for Artifact<'_> {}

/// Collects artifacts in any order.
#[derive(Debug, Default)]
pub struct Builder(Artifacts);

impl Builder {
    /// Has none been added?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one, whose name is given in parts. Of an algorithm that is given twice the first digest counts; digests that have not the algorithm's length are left out.
    pub fn add<'d>(&mut self, name: &[&str], digests: impl IntoIterator<Item = (Algorithm, &'d [u8])> + Clone) {
        let Artifacts { names, digests: bytes, entries } = &mut self.0;
        let (start, digests_start) = (names.len(), bytes.len());
        names.extend(name.iter().copied());
        let mut algorithms = 0;
        for algorithm in Algorithm::ALL {
            let fits = |(own, digest): &(Algorithm, &[u8])| *own == algorithm && digest.len() == algorithm.length();
            if let Some((_, digest)) = digests.clone().into_iter().find(fits) {
                bytes.extend_from_slice(digest);
                algorithms |= algorithm.bit();
            }
        }
        // No path that a system takes is longer than some thousand bytes.
        let name_length = u32::try_from(names.len() - start).unwrap_or(u32::MAX);
        entries.push(Entry { name: start, digests: digests_start, name_length, algorithms });
    }

    /// Adds all of these.
    pub fn extend(&mut self, artifacts: &Artifacts) {
        artifacts.iter().for_each(|artifact| self.add(&[artifact.name], artifact.digests()));
    }

    /// All of them, in order.
    ///
    /// # Errors
    /// A name that was added twice.
    pub fn finish(self) -> Result<Artifacts, String> {
        let Self(mut all) = self;
        let mut entries = std::mem::take(&mut all.entries);
        entries.sort_unstable_by(|a, b| all.artifact(*a).name.cmp(all.artifact(*b).name));
        let twice = entries.windows(2).find_map(|pair| {
            let [a, b] = pair else { return None };
            let name = all.artifact(*a).name;
            (name == all.artifact(*b).name).then(|| name.to_owned())
        });
        if let Some(name) = twice {
            return Err(name);
        }
        // What it has grown beyond what is in it would stay for as long as the command runs.
        all.names.shrink_to_fit();
        all.digests.shrink_to_fit();
        entries.shrink_to_fit();
        Ok(Artifacts { entries, ..all })
    }
}

impl From<Artifacts> for Builder {
    fn from(artifacts: Artifacts) -> Self {
        Self(artifacts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn artifacts_are_in_order_with_the_digests_that_they_have() {
        let mut builder = Builder::default();
        builder.add(&["b/", "x"], [(Algorithm::Sha512, &[5; 64][..]), (Algorithm::Sha256, &[2; 32])]);
        builder.add(&["\u{10000}"], [(Algorithm::GitoidSha256, &[7; 32][..]), (Algorithm::Sha384, &[3; 48])]);
        builder.add(&["\u{ffff}"], [(Algorithm::Sha384, &[3; 32][..])]);
        builder.add(&["b"], []);
        let artifacts = builder.finish().unwrap();
        let names: Vec<_> = artifacts.iter().map(|artifact| artifact.name().to_owned()).collect();
        assert_eq!(names, ["b", "b/x", "\u{ffff}", "\u{10000}"]);
        let found = artifacts.get("b/x").unwrap();
        assert!(found.digests().eq([(Algorithm::Sha256, &[2; 32][..]), (Algorithm::Sha512, &[5; 64])]));
        let found = artifacts.get("\u{10000}").unwrap();
        assert!(found.digests().eq([(Algorithm::GitoidSha256, &[7; 32][..]), (Algorithm::Sha384, &[3; 48])]));
        assert_eq!((found.digest(Algorithm::Sha384), found.digest(Algorithm::Sha256)), (Some(&[3; 48][..]), None));
        assert_eq!((artifacts.get("\u{ffff}").unwrap().digests().count(), artifacts.get("c")), (0, None));
    }

    #[test]
    fn a_name_stands_once() {
        let mut builder = Builder::default();
        ["a", "c", "b"].iter().for_each(|name| builder.add(&[name], []));
        builder.add(&["", "b"], [(Algorithm::Sha256, &[0; 32][..])]);
        assert_eq!(builder.finish().unwrap_err(), "b");
    }

    #[test]
    fn algorithms_are_known_by_their_names() {
        assert!(Algorithm::ALL.iter().all(|algorithm| Algorithm::by_name(algorithm.name()) == Some(*algorithm)));
        assert!(Algorithm::ALL.is_sorted_by_key(|algorithm| algorithm.name()));
        assert_eq!(Algorithm::by_name("sha1"), None);
    }
}
