//! `sitrep key show`: what a key is called.

use rsa::traits::PublicKeyParts;
use serde::Serialize;

use crate::args::{Key, KeyCommand, KeyShow};
use crate::commands::{complain, note, print};
use crate::error::CliError;
use crate::keys::{KeyIds, PublicHalf, fingerprint, openssh_fingerprint, read_public_half};
use crate::lines::{Lines, harmless_json};
use crate::schemes::HostKey;

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
        faults.iter().for_each(|fault| complain(fault, Some(fault.hint())));
        return Err(last.into());
    }
    for PublicHalf { key, .. } in halves.iter().filter(|half| half.is_private) {
        note(&format_args!("{} holds a private key: what is shown is its public half", key.path.display()));
    }
    if args.pem {
        return print(&halves.iter().map(|half| half.key.decoded().to_pem()).collect::<String>());
    }
    let shown: Vec<Shown<'_>> = halves.iter().map(Shown::of).collect();
    if args.json {
        return print(&harmless_json(&Keys { keys: &shown }));
    }
    let mut out = Lines::default();
    shown.iter().for_each(|key| key.write(&mut out));
    print(&out.into_text())
}

#[derive(Serialize)]
struct Keys<'k> {
    keys: &'k [Shown<'k>],
}

/// A key, for people and for `--json`.
#[derive(Serialize)]
struct Shown<'k> {
    file: String,
    format: &'static str,
    keytype: &'k str,
    scheme: &'k str,
    bits: usize,
    public: &'k str,
    fingerprint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    openssh_fingerprint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keyid: Option<&'k str>,
    key_ids: KeyIds,
    is_private: bool,
}

impl<'k> Shown<'k> {
    fn of(half: &'k PublicHalf) -> Self {
        let PublicHalf { key, is_private } = half;
        Self {
            file: key.path.display().to_string(),
            format: key.format.name(),
            keytype: &key.keytype,
            scheme: &key.scheme,
            bits: match key.decoded() {
                HostKey::Rsa(key) => key.n().bits() as usize,
                HostKey::Ed25519(_) | HostKey::P256(_) => 256,
                HostKey::P384(_) => 384,
            },
            public: &key.public,
            fingerprint: fingerprint(key.decoded()),
            openssh_fingerprint: match key.decoded() {
                HostKey::Ed25519(key) => Some(openssh_fingerprint(key)),
                _ => None,
            },
            keyid: key.given_id.as_deref(),
            key_ids: key.dialects(),
            is_private: *is_private,
        }
    }

    fn write(&self, out: &mut Lines) {
        let half = if self.is_private { ", public half of a private key" } else { "" };
        out.line(format_args!("{}: {}{half}", self.file, self.format));
        out.line(format_args!("  type         {}, {} bits", self.keytype, self.bits));
        out.line(format_args!("  scheme       {}", self.scheme));
        out.line(format_args!("  fingerprint  {} (SHA-256 of the SubjectPublicKeyInfo)", self.fingerprint));
        if let Some(fingerprint) = &self.openssh_fingerprint {
            out.line(format_args!("  OpenSSH      {fingerprint}"));
        }
        for (id, users) in self.ids() {
            out.line(format_args!("  key id       {id} ({})", users.join("; ")));
        }
    }

    /// The different key ids, and whose each is.
    fn ids(&self) -> Vec<(&str, Vec<&'static str>)> {
        let KeyIds { python3, older_python, go, rust } = &self.key_ids;
        let all = [
            (self.keyid, "as the file says"),
            (Some(python3.as_str()), "Python 3 with securesystemslib 1.x"),
            (Some(older_python.as_str()), "older Python"),
            (rust.as_deref(), "Rust"),
            (Some(go.as_str()), "Go"),
        ];
        let mut ids: Vec<(&str, Vec<&str>)> = Vec::new();
        for (id, user) in all.into_iter().filter_map(|(id, user)| Some((id?, user))) {
            match ids.iter_mut().find(|(other, _)| *other == id) {
                Some((_, users)) => users.push(user),
                None => ids.push((id, vec![user])),
            }
        }
        ids
    }
}
