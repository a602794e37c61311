//! Digests of files, several at once in one read.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256, Sha384, Sha512};
use sitrep_metadata::artifacts::Algorithm;

use super::directory::{self, State};
use super::error::changed;
use crate::shell::files::{FileVersion, OpenFile};

/// How many bytes are read at once.
const PIECE: usize = 128 * 1024;

/// Computes digests of one file after another, with one buffer.
pub(super) struct Hasher<'a> {
    algorithms: &'a [Algorithm],
    except: Option<&'a HashSet<FileVersion>>,
    buffer: Vec<u8>,
}

/// The digests that a file is to have, while it is read.
#[derive(Default)]
struct States {
    gitoid: Option<Sha256>,
    sha256: Option<Sha256>,
    sha384: Option<Sha384>,
    sha512: Option<Sha512>,
}

impl States {
    fn new(algorithms: &[Algorithm], length: u64) -> Self {
        let mut states = Self::default();
        for algorithm in algorithms {
            match algorithm {
                // What git hashes of a blob: its type, its length in decimal, and its contents.
                Algorithm::GitoidSha256 => {
                    states.gitoid = Some(Sha256::new_with_prefix(format!("blob {length}\0")));
                }
                Algorithm::Sha256 => states.sha256 = Some(Sha256::new()),
                Algorithm::Sha384 => states.sha384 = Some(Sha384::new()),
                Algorithm::Sha512 => states.sha512 = Some(Sha512::new()),
            }
        }
        states
    }

    fn update(&mut self, bytes: &[u8]) {
        self.gitoid.iter_mut().for_each(|state| state.update(bytes));
        self.sha256.iter_mut().for_each(|state| state.update(bytes));
        self.sha384.iter_mut().for_each(|state| state.update(bytes));
        self.sha512.iter_mut().for_each(|state| state.update(bytes));
    }

    /// Writes the digests one after the other, in the order of [`Algorithm::ALL`].
    fn finish(self, out: &mut Vec<u8>) {
        let Self { gitoid, sha256, sha384, sha512 } = self;
        gitoid.into_iter().for_each(|state| out.extend_from_slice(&state.finalize()));
        sha256.into_iter().for_each(|state| out.extend_from_slice(&state.finalize()));
        sha384.into_iter().for_each(|state| out.extend_from_slice(&state.finalize()));
        sha512.into_iter().for_each(|state| out.extend_from_slice(&state.finalize()));
    }
}

impl<'a> Hasher<'a> {
    pub(super) fn new(algorithms: &'a [Algorithm], except: Option<&'a HashSet<FileVersion>>) -> Self {
        Self { algorithms, except, buffer: vec![0; PIECE] }
    }

    /// Appends a file's digests to `out`, in the order of [`Algorithm::ALL`], and tells `seen` how many bytes were read. Says whether it did: not for a file that is one of
    /// those that are left out, of which `path` is only asked where there are no inodes.
    ///
    /// A file that changes while it is read is opened and read once again: there would be a digest of something that it never was. Size and times tell, as
    /// far as the system's clock for files is fine enough.
    pub(super) fn hash(
        &mut self,
        path: &dyn Fn() -> std::path::PathBuf,
        open: &dyn Fn() -> io::Result<File>,
        seen: &dyn Fn(u64),
        out: &mut Vec<u8>,
    ) -> io::Result<bool> {
        let mut read = |file: &File, buffer: &mut [u8]| {
            let result = directory::read(file, buffer);
            result.iter().for_each(|length| seen(*length as u64));
            result
        };
        for is_last in [false, true] {
            let file = open()?;
            let state = State::of(&file)?;
            // Something else has taken the place of the file that was seen there.
            if !state.is_file {
                return Err(changed());
            }
            if let Some(except) = self.except
                && except.contains(&FileVersion::with(&path(), &file.metadata()?)?)
            {
                return Ok(false);
            }
            let start = out.len();
            if self.attempt(&file, state, &mut read, out)? {
                return Ok(true);
            }
            out.truncate(start);
            if is_last {
                break;
            }
        }
        Err(changed())
    }

    /// Reads a file to its end. `false` where it is not the same after as it was before.
    fn attempt(
        &mut self,
        file: &File,
        before: State,
        read: &mut dyn FnMut(&File, &mut [u8]) -> io::Result<usize>,
        out: &mut Vec<u8>,
    ) -> io::Result<bool> {
        let mut states = States::new(self.algorithms, before.length);
        let mut total = 0_u64;
        loop {
            let length = match read(file, &mut self.buffer) {
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            states.update(self.buffer.get(..length).unwrap_or_default());
            total += length as u64;
            // A read of a file that gives less than it could has come to the end, which need not be asked for again. What the kernel makes
            // up has no length.
            if length == 0 || (length < self.buffer.len() && total == before.length) {
                break;
            }
        }
        if State::of(file)? != before || (states.gitoid.is_some() && total != before.length) {
            return Ok(false);
        }
        states.finish(out);
        Ok(true)
    }
}

/// The SHA-256 digest of a file's contents.
///
/// # Errors
/// The operating system's.
pub fn digest(path: &Path) -> io::Result<[u8; 32]> {
    let (file, mut digest) = (OpenFile::regular(path)?, Sha256::new());
    let mut buffer = vec![0; PIECE];
    loop {
        match file.file().read(&mut buffer) {
            Ok(0) => return Ok(digest.finalize().into()),
            Ok(length) => digest.update(buffer.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::temporary::Directory;
    use std::cell::Cell;
    use std::fs::{self, OpenOptions};
    use std::io::Write;

    /// A file that `times` reads of it are each followed by a change; says how the hashing ends, and how often it was opened.
    fn hashed_while_changing(times: u32) -> (io::Result<Vec<u8>>, u32) {
        let directory = Directory::new("hashing").unwrap();
        let path = directory.path().join("log");
        fs::write(&path, "a").unwrap();
        let (opened, changes) = (Cell::new(0), Cell::new(0));
        let open = || {
            opened.set(opened.get() + 1);
            File::open(&path)
        };
        // Told of every read, before the state of the file is looked at again.
        let seen = |_| {
            if changes.get() < times {
                changes.set(changes.get() + 1);
                OpenOptions::new().append(true).open(&path).unwrap().write_all(b"b").unwrap();
            }
        };
        let mut out = Vec::new();
        let result = Hasher::new(&[Algorithm::Sha256], None).hash(&|| path.clone(), &open, &seen, &mut out);
        let last = digest(&path).unwrap();
        (result.map(|_| out).inspect(|out| assert_eq!(*out, last)), opened.get())
    }

    #[test]
    fn a_file_that_changes_while_it_is_read_is_read_once_again() {
        let (result, opened) = hashed_while_changing(0);
        assert!(result.is_ok() && opened == 1);
        let (result, opened) = hashed_while_changing(1);
        assert!(result.is_ok() && opened == 2);
        // It may be read in two pieces, each of them with a change.
        let (result, opened) = hashed_while_changing(9);
        assert!(result.unwrap_err().to_string().contains("changed while it was read") && opened == 2);
    }

    /// Digests of `abc` and of nothing: FIPS 180-4's examples; gitoids by `git hash-object` of a repository with `--object-format=sha256`.
    #[test]
    fn digests_are_those_of_the_standards() {
        let directory = Directory::new("hashing").unwrap();
        let path = directory.path().join("file");
        for (contents, starts) in [
            ("abc", ["c1cf6e465077930e", "ba7816bf8f01cfea", "cb00753f45a35e8b", "ddaf35a193617aba"]),
            ("", ["473a0f4c3be8a936", "e3b0c44298fc1c14", "38b060a751ac9638", "cf83e1357eefb8bd"]),
        ] {
            fs::write(&path, contents).unwrap();
            let mut out = Vec::new();
            let hash = |algorithms: &[Algorithm], out: &mut Vec<u8>| {
                Hasher::new(algorithms, None).hash(&|| path.clone(), &|| File::open(&path), &|_| (), out).unwrap()
            };
            assert!(hash(&Algorithm::ALL, &mut out));
            let mut rest = &out[..];
            for (algorithm, start) in Algorithm::ALL.into_iter().zip(starts) {
                let (digest, after) = rest.split_at(algorithm.length());
                assert!(sitrep_metadata::hex::encode(digest).starts_with(start), "{algorithm:?}");
                rest = after;
                // Alone it is the same.
                let mut alone = Vec::new();
                assert!(hash(&[algorithm], &mut alone));
                assert_eq!(alone, digest);
            }
            assert!(rest.is_empty());
        }
    }

    /// At the ends of the buffer, and where a file has more than one.
    #[test]
    fn long_files_are_read_to_their_end() {
        let directory = Directory::new("hashing").unwrap();
        let path = directory.path().join("file");
        for length in [PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 7] {
            let contents: Vec<u8> = (0..length).map(|number| (number * 7 % 251) as u8).collect();
            fs::write(&path, &contents).unwrap();
            let (mut out, read) = (Vec::new(), Cell::new(0));
            let seen = |length| read.set(read.get() + length);
            Hasher::new(&[Algorithm::Sha256], None)
                .hash(&|| path.clone(), &|| File::open(&path), &seen, &mut out)
                .unwrap();
            assert_eq!((out, read.get()), (Sha256::digest(&contents).to_vec(), length as u64));
        }
    }
}
