//! `sitrep key show`: what a key is called.

use serde::Serialize;
use sitrep_metadata::keys::PublicHalf;

use crate::args::{Key, KeyCommand, KeyShow};
use crate::error::CliError;
use crate::show::keys::ShownKey;
use crate::show::lines::Lines;
use crate::show::messages::{complain, note, print, print_json};
use crate::sources::keys::read_public_half;

/// Does what the command's own command says.
///
/// # Errors
/// [`CliError`] when a file holds no key.
pub fn run(args: &Key) -> Result<(), CliError> {
    match &args.command {
        KeyCommand::Show(args) => show(args),
    }
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
