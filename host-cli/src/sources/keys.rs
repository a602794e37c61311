//! Public keys, from the files that `--verification-keys` and `sitrep key show` name.

use std::path::{Path, PathBuf};

use sitrep_metadata::file_kind::FileKind;
use sitrep_metadata::keys::{KeyError, KeyFileFault, MAX_FILE, OwnerFile, PublicHalf, push_distinct};
use zeroize::Zeroizing;

use crate::error::CliError;
use crate::shell::files::read_secret_start;
use crate::sources::kinds;

/// Reads every file. The order is kept.
///
/// # Errors
/// [`CliError`] for the first file that cannot be read, is no usable public key, or holds the same one as an earlier file.
pub fn read_owners(paths: &[PathBuf]) -> Result<Vec<OwnerFile>, CliError> {
    let mut owners: Vec<OwnerFile> = Vec::with_capacity(paths.len());
    for path in paths {
        let bytes = read(path)?;
        let owner = OwnerFile::parse(path, &bytes).map_err(|fault| match fault {
            // Its hint says how it comes to be among the keys.
            KeyFileFault::Metadata => KeyError { path: path.clone(), fault }.into(),
            fault => explain(path, &bytes, fault),
        })?;
        push_distinct(&mut owners, owner)?;
    }
    Ok(owners)
}

/// Reads a file with a public key, or with a private one in PKCS#8 or JSON, of which the public half is taken.
///
/// # Errors
/// [`CliError`] when it cannot be read, or is neither.
pub fn read_public_half(path: &Path) -> Result<PublicHalf, CliError> {
    let bytes = read(path)?;
    PublicHalf::parse(path, &bytes).map_err(|fault| explain(path, &bytes, fault))
}

/// Says what the file is, where it is known and nothing like a key.
fn explain(path: &Path, bytes: &[u8], fault: KeyFileFault) -> CliError {
    use KeyFileFault::{Json, Metadata, NoForm};
    // Of what may be a private key no copies are made.
    let is_secret = memchr::memmem::find(bytes, b"private").is_some();
    let is_strange = matches!(fault, Json(_) | Metadata | NoForm) && !is_secret;
    let kind = is_strange.then(|| FileKind::of(bytes)).flatten();
    kinds::wrong(path, kind, "a public key").unwrap_or_else(|| KeyError { path: path.into(), fault }.into())
}

/// Who gives a private key by mistake is told so, and no copy of it stays.
fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, CliError> {
    read_secret_start(path, MAX_FILE + 1).map_err(|error| CliError::ReadKey(path.into(), error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_in_their_order_and_a_missing_one_is_named() {
        let vector = |name| Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/keys").join(name);
        let owners = read_owners(&[vector("rsa.pem"), vector("ed25519.json")]).unwrap();
        assert_eq!(owners.iter().map(|owner| owner.keytype.as_str()).collect::<Vec<_>>(), ["rsa", "ed25519"]);
        let error = read_owners(&[vector("ed25519.json"), vector("missing")]).unwrap_err();
        let line = error.to_string();
        assert!(line.contains("missing") && line.contains("No such file") && !line.contains('\n'), "{line}");
        assert!(error.hint().is_some());
    }
}
