//! Passphrases of private keys: from a file, from a variable, or from the terminal; never from an argument, which every process can see.

use std::env;
use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::error::{CliError, NewPassphraseFault};
use crate::shell::files::read_secret_start;
use crate::show::lines::harmless;

/// The variable with the passphrase.
pub(crate) const VARIABLE: &str = "SITREP_PASSPHRASE";

/// Longest passphrase that is read, in bytes.
const LENGTH: u64 = 4096;

/// Where passphrases come from.
pub(crate) struct Passphrases {
    /// That of all keys; without it each is asked for.
    given: Option<Zeroizing<Vec<u8>>>,
}

impl Passphrases {
    /// Reads the file, which may be a pipe and is read once, or else the variable.
    ///
    /// # Errors
    /// [`CliError::PassphraseFile`] when the file cannot be read, or holds none.
    pub(crate) fn new(file: Option<&Path>) -> Result<Self, CliError> {
        let given = match file {
            Some(path) => {
                let failed = |error| CliError::PassphraseFile(path.into(), error);
                Some(read_first_line(path).map_err(failed)?)
            }
            None => env::var_os(VARIABLE).map(|text| Zeroizing::new(text.into_encoded_bytes())),
        };
        Ok(Self { given })
    }

    /// The passphrase of a key's file.
    ///
    /// # Errors
    /// The operating system's, where there is no terminal.
    pub(crate) fn of(&self, key: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
        match &self.given {
            Some(given) => Ok(given.clone()),
            None => ask(&format!("passphrase of {}: ", harmless(&key.display().to_string()))),
        }
    }

    /// The passphrase of a key that is to be made, which is asked for twice.
    ///
    /// # Errors
    /// [`CliError::NewPassphrase`] where there is none, or what was typed differs.
    pub(crate) fn of_new(&self, key: &Path) -> Result<Zeroizing<Vec<u8>>, CliError> {
        let failed = |fault| CliError::NewPassphrase(key.into(), fault);
        let no_terminal = |error| failed(NewPassphraseFault::NoTerminal(error));
        let passphrase = match &self.given {
            Some(given) => given.clone(),
            None => {
                let name = harmless(&key.display().to_string());
                let first = ask(&format!("new passphrase of {name}: ")).map_err(no_terminal)?;
                if first != ask("the same again: ").map_err(no_terminal)? {
                    return Err(failed(NewPassphraseFault::Different));
                }
                first
            }
        };
        if passphrase.is_empty() { Err(failed(NewPassphraseFault::Empty)) } else { Ok(passphrase) }
    }
}

/// Asks in the terminal, whatever standard input is; what is typed is not shown.
fn ask(prompt: &str) -> io::Result<Zeroizing<Vec<u8>>> {
    let typed = Zeroizing::new(rpassword::prompt_password(prompt).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::Interrupted => error,
        _ => io::Error::new(error.kind(), "none was given, and there is no terminal to ask in"),
    })?);
    Ok(Zeroizing::new(typed.as_bytes().to_vec()))
}

fn read_first_line(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = read_secret_start(path, LENGTH + 1)?;
    let length = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    bytes.truncate(length);
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    match bytes.len() as u64 {
        0 => Err(io::Error::new(io::ErrorKind::InvalidData, "its first line is empty")),
        1..=LENGTH => Ok(bytes),
        _ => Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("its first line has more than {LENGTH} bytes"))),
    }
}

/// Where a file of the key `name` is: behind its name, whatever dots that has.
pub(crate) fn with_ending(name: &Path, ending: &str) -> PathBuf {
    let mut path = name.as_os_str().to_owned();
    path.push(ending);
    path.into()
}
