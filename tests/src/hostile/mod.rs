//! Inputs that somebody made to do harm, of any size: each multiplies something that he can write (a count, a reference, a length, a
//! depth) with something that sitrep does. What every command makes of them is in host-cli/WORST_CASE.md.
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

mod bundles;
mod files;
mod metadata;
mod projects;

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sitrep_core::Inspections;
use sitrep_core::limits::{HOST, Limits};
use sitrep_metadata::keys::host_key::HostKey;

use crate::chain::{OWNER, key};
use crate::hostile_bundles;
use crate::raw_bundle::RawBundle;
use crate::scenario::trust_policy;

/// The files of one input.
#[derive(Debug)]
pub struct Place<'p>(&'p Path);

impl Place<'_> {
    /// Writes a file.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// A name in the directory.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

/// A kind of input, and so which commands read it.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A bundle, `b.sitrep`.
    Bundle,
    /// `root.layout` with evidence beside it.
    Chain,
    /// Files for these commands.
    For(&'static [&'static str]),
}

/// How a command starts that is run by core/c's example of an installer, and not by sitrep.
pub const INSTALLER: &str = "install ";

const BUNDLE: [&str; 10] = [
    "inspect b.sitrep",
    "inspect b.sitrep --json",
    "unpack b.sitrep -o out",
    "pack b.sitrep --no-verify -o out.sitrep",
    "pack b.sitrep --profile device --verification-keys owner.pub -o out.sitrep",
    "verify b.sitrep --verification-keys owner.pub",
    "verify b.sitrep --verification-keys owner.pub --json",
    "lint b.sitrep",
    "boot-package --profile boot --bundle b.sitrep --artifact owner.pub -o out.situ",
    "install trust.json b.sitrep owner.pub out.installed",
];

const CHAIN: [&str; 7] = [
    "verify root.layout --verification-keys owner.pub -v",
    "verify root.layout --verification-keys owner.pub --json",
    "pack root.layout --no-verify -o out.sitrep",
    "lint root.layout",
    "layout show root.layout --rules",
    "layout import root.layout",
    "layout diff root.layout other/root.layout",
];

/// What commands write.
pub const OUTPUTS: [&str; 8] = [
    "out",
    "out.sitrep",
    "out.situ",
    "out.sitt",
    "out.json",
    "out.intoto.jsonl",
    "out.installed",
    "out.installed.part",
];

/// The name of a shape that does no harm.
pub const SMALL: &str = "a chain of three steps";

/// One shape of input.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Its name in the table.
    pub name: &'static str,
    /// What is multiplied.
    pub formula: &'static str,
    /// Which commands read it.
    pub kind: Kind,
    /// Does it take several times its size in memory?
    pub takes_memory: bool,
    write: Write,
}

/// Who makes an input of about so many bytes.
#[derive(Clone, Copy, Debug)]
enum Write {
    /// Writes files. The owner's keys and policy are there already.
    Files(fn(&Place<'_>, usize)),
    /// Makes a bundle that a verifier with these limits has most work with.
    Bundle(fn(usize, &Limits) -> RawBundle),
}

impl Shape {
    const fn new(name: &'static str, formula: &'static str, kind: Kind, write: fn(&Place<'_>, usize)) -> Self {
        Self { name, formula, kind, takes_memory: false, write: Write::Files(write) }
    }

    const fn that_takes_memory(self) -> Self {
        Self { takes_memory: true, ..self }
    }

    /// Writes an input of about `size` bytes into an empty directory.
    pub fn write(&self, directory: &Path, size: usize) {
        let place = Place(directory);
        let owner = key(OWNER);
        place.write("owner.pub", HostKey::Ed25519(*owner.pk).to_pem());
        place.write("owner.key", private_pem(&owner.sk.seed()));
        let mut policy = trust_policy(&[*owner.pk], "owner.pub");
        policy.inspections = Inspections::Skip;
        place.write("trust.json", policy.to_json().unwrap());
        fs::create_dir(place.path("other")).unwrap();
        metadata::genuine(&place, "other/root.layout");
        match self.write {
            Write::Files(write) => write(&place, size),
            Write::Bundle(bundle) => place.write("b.sitrep", bundle(size, &HOST).bytes()),
        }
    }

    /// The commands that read it.
    #[must_use]
    pub fn commands(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Bundle => &BUNDLE,
            Kind::Chain => &CHAIN,
            Kind::For(commands) => commands,
        }
    }
}

/// A key as tools write it: PKCS#8 in PEM.
fn private_pem(seed: &[u8; 32]) -> String {
    const HEAD: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode([&HEAD[..], seed].concat()))
}

/// All shapes: bundles with which commands have most work, those with which a verifier has, metadata, and other files.
#[must_use]
pub fn shapes() -> Vec<Shape> {
    let verifiers = hostile_bundles::all().into_iter().map(|kind| Shape {
        name: kind.name,
        formula: if kind.is_signed { "work of a verifier, signed" } else { "work of a verifier" },
        kind: Kind::Bundle,
        takes_memory: false,
        write: Write::Bundle(kind.bundle),
    });
    let (metadata, files) = (metadata::SHAPES.iter().copied(), files::SHAPES.iter().copied());
    let projects = projects::SHAPES.iter().copied();
    bundles::SHAPES.iter().copied().chain(verifiers).chain(metadata).chain(files).chain(projects).collect()
}
