//! `sitrep key`: keys are made, and what they are called is shown.

use std::io;

use serde::Serialize;
use sitrep_metadata::keys::PublicHalf;
use sitrep_metadata::secret;
use sitrep_metadata::sign::Sign as _;
use sitrep_signers::encrypted::encrypt;

use crate::args::{Key, KeyCommand, KeyGenerate, KeyShow, KeyType};
use crate::error::CliError;
use crate::shell::files::check_writable;
use crate::shell::new_files::{Access, write_new};
use crate::shell::privacy::hide_process;
use crate::show::keys::ShownKey;
use crate::show::lines::Lines;
use crate::show::messages::{complain, note, print, print_json};
use crate::sources::keys::read_public_half;
use crate::sources::passphrases::{Passphrases, with_ending};

/// Does what the command's own command says.
///
/// # Errors
/// [`CliError`] when a file holds no key, or one cannot be made.
pub fn run(args: &Key) -> Result<(), CliError> {
    match &args.command {
        KeyCommand::Generate(args) => generate(args),
        KeyCommand::Show(args) => show(args),
    }
}

/// Writes `NAME.key` and then `NAME.pub`. Each appears whole; where only the first one did, it has the public half inside.
fn generate(args: &KeyGenerate) -> Result<(), CliError> {
    // One of the two is there: the command line asks for it.
    let name = args.name.as_ref().or(args.output.as_ref()).cloned().unwrap_or_default();
    let [private, public] = [".key", ".pub"].map(|ending| with_ending(&name, ending));
    for path in [&private, &public] {
        if path.symlink_metadata().is_ok() {
            return Err(CliError::Occupied(path.clone()));
        }
        check_writable(path).map_err(|error| CliError::Write(path.clone(), error))?;
    }
    hide_process().map_err(CliError::Privacy)?;
    let passphrase = match args.no_passphrase {
        true => None,
        false => Some(Passphrases::new(args.passphrase_file.as_deref())?.of_new(&private)?),
    };
    let (text, pem) = secret::wiped(|| -> Result<_, getrandom::Error> {
        let (der, pem) = match args.kind {
            KeyType::Ed25519 => sitrep_signers::generate().map(|key| (key.private_der(), key.public_pem())),
            KeyType::EcdsaP256 => sitrep_signers::generate_p256().map(|key| (key.private_der(), key.public_pem())),
            KeyType::EcdsaP384 => sitrep_signers::generate_p384().map(|key| (key.private_der(), key.public_pem())),
        }?;
        let text = match &passphrase {
            Some(passphrase) => encrypt(&der, passphrase)?,
            None => secret::to_pem("PRIVATE KEY", &der),
        };
        Ok((text, pem))
    })
    .map_err(CliError::Random)?;
    for (path, text, access) in [(&private, &*text, Access::Owner), (&public, &pem, Access::All)] {
        write_new(path, text.as_bytes(), access).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => CliError::Occupied(path.clone()),
            _ => CliError::Write(path.clone(), error),
        })?;
    }
    let half = read_public_half(&public)?;
    let shown = ShownKey::of(&half);
    if args.json {
        return print_json(&Keys { keys: &[shown] });
    }
    let mut out = Lines::default();
    let how = if passphrase.is_some() { "encrypted" } else { "not encrypted" };
    out.line(format_args!("made: {}, {how}, and {}", private.display(), public.display()));
    shown.write(&mut out);
    print(&out.into_text())
}

/// Shows all keys, or, where a file holds none, nothing but what is wrong with each such file.
fn show(args: &KeyShow) -> Result<(), CliError> {
    let (mut halves, mut faults) = (Vec::new(), Vec::new());
    for file in &args.files {
        match read_public_half(file) {
            Ok(half) => halves.push(half),
            Err(fault) => faults.push(fault),
        }
    }
    // The last one ends the command.
    if let Some(last) = faults.pop() {
        faults.iter().for_each(|fault| complain(fault, fault.hint()));
        return Err(last);
    }
    for PublicHalf { key, .. } in halves.iter().filter(|half| half.is_private) {
        note(&format_args!("{} holds a private key: what is shown is its public half", key.path.display()));
    }
    for PublicHalf { key, .. } in halves.iter().filter(|half| args.pem && half.key.is_openpgp()) {
        note(&format_args!(
            "{} holds an OpenPGP key: as PEM it is another kind of key, and no signature that GnuPG made is its own",
            key.path.display()
        ));
    }
    if args.pem {
        return print(&halves.iter().map(|half| half.key.decoded().to_pem()).collect::<String>());
    }
    let shown: Vec<ShownKey<'_>> = halves.iter().map(ShownKey::of).collect();
    if args.json {
        return print_json(&Keys { keys: &shown });
    }
    let mut out = Lines::default();
    shown.iter().for_each(|key| key.write(&mut out));
    print(&out.into_text())
}

#[derive(Serialize)]
struct Keys<'k> {
    keys: &'k [ShownKey<'k>],
}
