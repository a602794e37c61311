//! What a key is called.

use serde::Serialize;
use sitrep_metadata::keys::host_key::HostKey;
use sitrep_metadata::keys::{Format, KeyIds, PublicHalf, fingerprint, openssh_fingerprint};

use crate::show::lines::Lines;

/// A key, for people and for `--json`.
#[derive(Serialize)]
pub(crate) struct ShownKey<'k> {
    file: String,
    format: &'static str,
    keytype: &'k str,
    scheme: &'k str,
    bits: u32,
    public: &'k str,
    fingerprint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    openssh_fingerprint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keyid: Option<&'k str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_ids: Option<KeyIds>,
    /// Ids of OpenPGP's subkeys that sign for it.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    subkeys: &'k [String],
    is_private: bool,
}

impl<'k> ShownKey<'k> {
    pub(crate) fn of(half: &'k PublicHalf) -> Self {
        let PublicHalf { key, is_private } = half;
        Self {
            file: key.path.display().to_string(),
            format: key.format.name(),
            keytype: &key.keytype,
            scheme: &key.scheme,
            bits: key.decoded().bits(),
            public: &key.public,
            fingerprint: fingerprint(key.decoded()),
            openssh_fingerprint: match key.decoded() {
                HostKey::Ed25519(key) => Some(openssh_fingerprint(key)),
                _ => None,
            },
            keyid: key.given_id.as_deref(),
            key_ids: key.dialects(),
            subkeys: if key.is_openpgp() { key.ids.get(1..).unwrap_or_default() } else { &[] },
            is_private: *is_private,
        }
    }

    pub(crate) fn write(&self, out: &mut Lines) {
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
        for id in self.subkeys {
            out.line(format_args!("  subkey       {id} (signs for the key)"));
        }
    }

    /// The different key ids, and whose each is.
    fn ids(&self) -> Vec<(&str, Vec<&'static str>)> {
        let Some(KeyIds { python3, older_python, go, rust }) = &self.key_ids else {
            let user = if self.format == Format::OpenPgp.name() { "OpenPGP fingerprint" } else { "as the file says" };
            return self.keyid.map(|id| (id, vec![user])).into_iter().collect();
        };
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
