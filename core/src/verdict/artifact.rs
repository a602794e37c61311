//! Comparing an artifact at hand with what the supply chain produced.

use embedded_io::Read;
use sha2::digest::Digest;

use crate::bundle::{DigestSet, Str};
use crate::error::{Code, Error, Result};
use crate::features::Features;
use crate::limits::CHUNK;
use crate::metadata::attestation::Attested;

/// A product of a verified step, by its digests.
#[derive(Clone, Copy, Debug)]
pub struct Product<'b> {
    digests: DigestSet<'b>,
    step: u16,
    artifact: u32,
    pub(crate) attested: Attested,
}

impl<'b> Product<'b> {
    pub(crate) const fn new(digests: DigestSet<'b>, step: u16, artifact: u32) -> Self {
        Self { digests, step, artifact, attested: Attested { security_version: 0, time: None } }
    }

    /// The number of the step that it is a product of.
    #[must_use]
    pub const fn step(&self) -> u16 {
        self.step
    }

    /// What the chain says of its security: nothing, unless the trust demands a security version or names a device.
    #[must_use]
    pub const fn attested(&self) -> Attested {
        self.attested
    }

    /// The digests that the step recorded.
    #[must_use]
    pub const fn digests(&self) -> DigestSet<'b> {
        self.digests
    }

    /// Reads the artifact to its end and compares every digest that this build can compute. `length` is the artifact's length in
    /// bytes, where it is known before: Git's object ids hash it first.
    ///
    /// # Errors
    /// [`Code::ArtifactDigest`] where one differs, [`Code::ArtifactNoDigest`] where none can be computed, [`Code::ArtifactRead`] where reading fails.
    pub fn check<R: Read>(&self, mut artifact: R, length: Option<u64>) -> Result<()> {
        let mut comparison = self.comparison(length)?;
        let mut chunk = [0; CHUNK];
        loop {
            match artifact.read(&mut chunk) {
                Ok(0) => return comparison.finish(),
                Ok(count) => comparison.update(chunk.get(..count).unwrap_or(&[])),
                Err(_) => return Err(comparison.refusal(Code::ArtifactRead)),
            }
        }
    }

    /// The same for an artifact that comes piece by piece.
    ///
    /// # Errors
    /// A code of class `bundle` where the digests are damaged; not after [`crate::Bundle::open`].
    pub fn comparison(&self, length: Option<u64>) -> Result<Comparison> {
        Comparison::of(self, length)
    }
}

/// An artifact on its way past the digests of a [`Product`], of which it keeps a copy: it borrows nothing. Nobody else makes one.
#[derive(Clone, Debug)]
pub struct Comparison {
    sha256: Option<Hasher<sha2::Sha256, 32>>,
    #[cfg(feature = "sha512")]
    gitoid: Option<Hasher<sha2::Sha256, 32>>,
    #[cfg(feature = "sha512")]
    sha384: Option<Hasher<sha2::Sha384, 48>>,
    #[cfg(feature = "sha512")]
    sha512: Option<Hasher<sha2::Sha512, 64>>,
    step: u16,
    artifact: u32,
}

impl Comparison {
    fn of(product: &Product<'_>, length: Option<u64>) -> Result<Self> {
        #[cfg(not(feature = "sha512"))]
        let _ = length;
        let mut comparison = Self {
            sha256: None,
            #[cfg(feature = "sha512")]
            gitoid: None,
            #[cfg(feature = "sha512")]
            sha384: None,
            #[cfg(feature = "sha512")]
            sha512: None,
            step: product.step,
            artifact: product.artifact,
        };
        let mut digests = product.digests;
        if !Features::BUILD.has(Features::DIGESTS) {
            let hasher = |recorded| Hasher { state: Digest::new(), recorded: Some(recorded) };
            comparison.sha256 = digests.sha256()?.map(hasher);
            return Ok(comparison);
        }
        while let Some((algorithm, recorded)) = digests.next_digest()? {
            match algorithm.utf8().unwrap_or_default() {
                b"sha256" => comparison.sha256 = Some(Hasher::new(Digest::new(), recorded)),
                #[cfg(feature = "sha512")]
                b"gitoid:sha256" => {
                    comparison.gitoid = length.map(|length| Hasher::new(start_gitoid(length), recorded));
                }
                #[cfg(feature = "sha512")]
                b"sha384" => comparison.sha384 = Some(Hasher::new(Digest::new(), recorded)),
                #[cfg(feature = "sha512")]
                b"sha512" => comparison.sha512 = Some(Hasher::new(Digest::new(), recorded)),
                _ => {}
            }
        }
        Ok(comparison)
    }

    /// Takes the artifact's next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.iter_mut().for_each(|hasher| hasher.state.update(bytes));
        #[cfg(feature = "sha512")]
        {
            self.gitoid.iter_mut().for_each(|hasher| hasher.state.update(bytes));
            self.sha384.iter_mut().for_each(|hasher| hasher.state.update(bytes));
            self.sha512.iter_mut().for_each(|hasher| hasher.state.update(bytes));
        }
    }

    /// Was that the artifact, to its end?
    ///
    /// # Errors
    /// [`Code::ArtifactDigest`] where a digest differs, [`Code::ArtifactNoDigest`] where none could be computed.
    pub fn finish(self) -> Result<()> {
        let (step, artifact) = (self.step, self.artifact);
        let same = [
            self.sha256.map(Hasher::into_match),
            #[cfg(feature = "sha512")]
            self.gitoid.map(Hasher::into_match),
            #[cfg(feature = "sha512")]
            self.sha384.map(Hasher::into_match),
            #[cfg(feature = "sha512")]
            self.sha512.map(Hasher::into_match),
        ];
        // `None` only where all are; the least is `Some(false)` where there is one.
        let code = match same.into_iter().flatten().min() {
            Some(true) => return Ok(()),
            Some(false) => Code::ArtifactDigest,
            None => Code::ArtifactNoDigest,
        };
        Err(Error::new(code).at_step(step).at_artifact(artifact))
    }

    /// A refusal of this artifact.
    #[must_use]
    pub const fn refusal(&self, code: Code) -> Error {
        Error::new(code).at_step(self.step).at_artifact(self.artifact)
    }
}

/// A hash function and the `N` bytes that it has to come to.
#[derive(Clone, Debug)]
struct Hasher<D, const N: usize> {
    state: D,
    /// `None` where that is no digest of this function in lower-case hexadecimal, so that nothing ever comes to it.
    recorded: Option<[u8; N]>,
}

impl<D: Digest, const N: usize> Hasher<D, N> {
    fn new(state: D, recorded: Str<'_>) -> Self {
        let digest = recorded.decode_hex::<N>().filter(|digest| Str::of_hex(digest) == Some(recorded));
        Self { state, recorded: digest }
    }

    fn into_match(self) -> bool {
        self.recorded.is_some_and(|recorded| recorded == *self.state.finalize())
    }
}

/// The SHA-256 of what lies in memory as a whole. A device has the code for that once.
#[inline(never)]
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    sha2::Sha256::digest(bytes).into()
}

/// Git hashes `blob LENGTH NUL` before a file's content.
#[cfg(feature = "sha512")]
fn start_gitoid(length: u64) -> sha2::Sha256 {
    let mut digits = heapless::String::<20>::new();
    // The longest number has 20 digits.
    let _ = core::fmt::write(&mut digits, format_args!("{length}"));
    sha2::Sha256::new().chain_update(b"blob ").chain_update(&digits).chain_update([0])
}

#[cfg(all(test, feature = "sha512"))]
mod tests {
    use super::*;

    /// As `printf 'blob 12\0hello, world' | sha256sum` has it.
    #[test]
    fn git_ids_hash_the_length_first() {
        for (content, id) in [
            ("", "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"),
            ("hello, world", "7d0be525d6521168c74051e5ab1b99e3b6d1c962fba763818f1954ab9e1c821a"),
        ] {
            let digest = start_gitoid(content.len() as u64).chain_update(content).finalize();
            assert!(Str::of_hex(&digest).unwrap().is(id), "{content}");
        }
    }

    #[test]
    fn only_lower_case_digits_of_the_right_number_are_a_digest() {
        let id = "09ca7e4eaa6e8ae9c7d261167129184883644d07dfba7cbfbc4c8a2e08360d5b";
        let digest: [u8; 32] = Str::new(id).decode_hex().unwrap();
        let is = |recorded: Str<'_>| {
            let hasher = Hasher::<sha2::Sha256, 32>::new(Digest::new(), recorded);
            Hasher { state: hasher.state.chain_update("hello, world"), ..hasher }.into_match()
        };
        assert!(is(Str::new(id)) && is(Str::of_hex(&digest).unwrap()));
        assert!(
            !is(Str::of_hex(&digest[..31]).unwrap())
                && !is(Str::of_hex(&[0; 33]).unwrap())
                && !is(Str::of_hex(&[]).unwrap())
        );
        assert!(!is(Str::new(&id[..63])) && !is(Str::new(&id[1..])) && !is(Str::new("")));
        for other in [
            "09CA7e4eaa6e8ae9c7d261167129184883644d07dfba7cbfbc4c8a2e08360d5b",
            "09ca7e4eaa6e8ae9c7d261167129184883644d07dfba7cbfbc4c8a2e08360d5b0",
            "09ca7e4eaa6e8ae9c7d261167129184883644d07dfba7cbfbc4c8a2e08360d5c",
            "g9ca7e4eaa6e8ae9c7d261167129184883644d07dfba7cbfbc4c8a2e08360d5b",
        ] {
            assert!(!is(Str::new(other)), "{other}");
        }
    }
}
