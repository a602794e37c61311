//! Comparing an artifact at hand with what the supply chain produced.

use embedded_io::Read;
use sha2::digest::Digest as _;

use crate::attestation::Attested;
use crate::bundle::DigestSet;
use crate::error::{Code, Error, Result};
use crate::limits::CHUNK;

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
        let fail = |code| Err(Error::new(code).at_step(self.step).at_artifact(self.artifact));
        let mut hashers = Hashers::of(self.digests, length)?;
        let mut chunk = [0; CHUNK];
        loop {
            match artifact.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => hashers.update(chunk.get(..count).unwrap_or(&[])),
                Err(_) => return fail(Code::ArtifactRead),
            }
        }
        match hashers.compare(self.digests)? {
            Some(true) => Ok(()),
            Some(false) => fail(Code::ArtifactDigest),
            None => fail(Code::ArtifactNoDigest),
        }
    }
}

/// The hash functions that a digest set asks for.
#[derive(Default)]
struct Hashers {
    sha256: Option<sha2::Sha256>,
    #[cfg(feature = "sha512")]
    gitoid: Option<sha2::Sha256>,
    #[cfg(feature = "sha512")]
    sha384: Option<sha2::Sha384>,
    #[cfg(feature = "sha512")]
    sha512: Option<sha2::Sha512>,
}

impl Hashers {
    fn of(mut digests: DigestSet<'_>, length: Option<u64>) -> Result<Self> {
        #[cfg(not(feature = "sha512"))]
        let _ = length;
        let mut hashers = Self::default();
        while let Some((algorithm, _)) = digests.next_digest()? {
            match algorithm.text().unwrap_or_default() {
                "sha256" => hashers.sha256 = Some(sha2::Sha256::new()),
                #[cfg(feature = "sha512")]
                "gitoid:sha256" => hashers.gitoid = length.map(start_gitoid),
                #[cfg(feature = "sha512")]
                "sha384" => hashers.sha384 = Some(sha2::Sha384::new()),
                #[cfg(feature = "sha512")]
                "sha512" => hashers.sha512 = Some(sha2::Sha512::new()),
                _ => {}
            }
        }
        Ok(hashers)
    }

    fn update(&mut self, bytes: &[u8]) {
        self.sha256.iter_mut().for_each(|hasher| hasher.update(bytes));
        #[cfg(feature = "sha512")]
        {
            self.gitoid.iter_mut().for_each(|hasher| hasher.update(bytes));
            self.sha384.iter_mut().for_each(|hasher| hasher.update(bytes));
            self.sha512.iter_mut().for_each(|hasher| hasher.update(bytes));
        }
    }

    /// Are all digests that could be computed as recorded? `None` where there was none.
    fn compare(self, mut digests: DigestSet<'_>) -> Result<Option<bool>> {
        let sha256 = self.sha256.map(|hasher| hasher.finalize());
        #[cfg(feature = "sha512")]
        let gitoid = self.gitoid.map(|hasher| hasher.finalize());
        #[cfg(feature = "sha512")]
        let (sha384, sha512) =
            (self.sha384.map(|hasher| hasher.finalize()), self.sha512.map(|hasher| hasher.finalize()));
        let mut same = None;
        while let Some((algorithm, recorded)) = digests.next_digest()? {
            let computed: Option<&[u8]> = match algorithm.text().unwrap_or_default() {
                "sha256" => sha256.as_ref().map(|digest| digest.as_slice()),
                #[cfg(feature = "sha512")]
                "gitoid:sha256" => gitoid.as_ref().map(|digest| digest.as_slice()),
                #[cfg(feature = "sha512")]
                "sha384" => sha384.as_ref().map(|digest| digest.as_slice()),
                #[cfg(feature = "sha512")]
                "sha512" => sha512.as_ref().map(|digest| digest.as_slice()),
                _ => None,
            };
            if let Some(computed) = computed {
                let is_same = crate::bundle::Str::Hex(computed) == recorded;
                same = Some(same.unwrap_or(true) && is_same);
            }
        }
        Ok(same)
    }
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
    use crate::bundle::Str;

    /// As `printf 'blob 12\0hello, world' | sha256sum` has it.
    #[test]
    fn git_ids_hash_the_length_first() {
        for (content, id) in [
            ("", "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"),
            ("hello, world", "7d0be525d6521168c74051e5ab1b99e3b6d1c962fba763818f1954ab9e1c821a"),
        ] {
            let digest = start_gitoid(content.len() as u64).chain_update(content).finalize();
            assert!(Str::Hex(&digest).is(id), "{content}");
        }
    }
}
