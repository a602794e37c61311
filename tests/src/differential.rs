//! Supply chains that tests/differential/generate.py makes up, and what in-toto and sitrep say about them.
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde::Deserialize;
use sitrep_cli::sources::input::Input;
use sitrep_cli::sources::keys::read_owners;
use sitrep_core::{Bundle, Class, Code, Error, FixedClock, Parameter, Time};
use sitrep_metadata::bundle::unpack::{UnpackedFile, unpack};
use sitrep_metadata::keys::OwnerFile;
use sitrep_metadata::profile::Profile;
use sitrep_metadata::verification::Verifier;

/// As of when the cases are verified; generate.py stops in-toto's clock at it.
const NOW: &str = "2026-06-01T12:00:00Z";

/// A case as generate.py tells of it.
#[derive(Debug, Deserialize)]
pub struct Case {
    /// Its number, or its name where it is an example of the ledger.
    pub name: String,
    /// The owners' key files.
    pub owners: Vec<PathBuf>,
    /// Values for the layout's parameters, where it is verified with any.
    pub parameters: Option<BTreeMap<String, String>>,
    /// Why in-toto refuses it; `None` where it verifies it.
    pub in_toto: Option<String>,
    /// Does decided.py agree with in-toto where no decision is on?
    pub model: bool,
    /// What decided.py expects of sitrep: the codes that a refusal may have, or `None` where it verifies.
    pub expected: Option<Vec<String>>,
    /// Where it verifies, how many artifacts each rule consumes, those of the deepest sublayout first.
    pub consumed: Vec<u32>,
    /// Where it verifies, the products of the chain.
    pub products: Option<Artifacts>,
    /// The decisions for which in-toto and sitrep should differ.
    pub because: Vec<String>,
    /// What is peculiar about it, and what its rules did.
    pub features: Vec<String>,
}

/// A generator at work, and the directory that it writes to.
#[derive(Debug)]
pub struct Generator {
    directory: tempfile::TempDir,
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    /// The names of all ways in which it bends supply chains.
    pub twists: Vec<String>,
}

#[derive(Deserialize)]
struct Head {
    twists: Vec<String>,
}

impl Generator {
    /// Starts the generator with these arguments, and the Python that stands beside in-toto's programs.
    #[must_use]
    pub fn start(in_toto: &Path, args: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("differential/generate.py");
        let mut command = Command::new(in_toto.join("python"));
        command.arg("-B").arg(script).arg("--directory").arg(directory.path()).args(args);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let head = lines.next().expect("the generator ended at once").unwrap();
        let Head { twists } = serde_json::from_str(&head).unwrap();
        Self { directory, child, lines, twists }
    }

    /// Where the files of a case are.
    #[must_use]
    pub fn directory(&self, case: &Case) -> PathBuf {
        self.directory.path().join(&case.name).join("chain")
    }

    /// Keeps the files, for people to look at.
    pub fn keep(&mut self) {
        self.directory.disable_cleanup(true);
    }

    /// Throws a case away.
    pub fn forget(&self, case: &Case) {
        fs::remove_dir_all(self.directory.path().join(&case.name)).unwrap();
    }

    /// Are there no files left, not even such as a case wrote elsewhere than it should?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        fs::read_dir(self.directory.path()).unwrap().next().is_none()
    }
}

impl Iterator for Generator {
    type Item = Case;

    /// The next case, when its files are there.
    fn next(&mut self) -> Option<Case> {
        if let Some(line) = self.lines.next() {
            let line = line.unwrap();
            return Some(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}")));
        }
        let status = self.child.wait().unwrap();
        assert!(status.success(), "the generator ended with {status}");
        None
    }
}

impl Drop for Generator {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What sitrep says about a case; where it refuses, the name of the code, `input` where the layout's file is none.
pub type Answer = Result<Verified, &'static str>;

/// What sitrep tells of a verified case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many artifacts each rule consumed, those of the deepest sublayout first.
    pub consumed: Vec<u32>,
    /// The digests of the chain's products, those of them that the case names.
    pub products: Artifacts,
}

/// Digest sets by name of the artifact.
pub type Artifacts = BTreeMap<String, BTreeMap<String, String>>;

/// Verifies a case from JSON and from a bundle, on a host and as a device would.
///
/// # Panics
/// Where these differ.
pub fn sitrep(directory: &Path, case: &Case) -> Answer {
    let owners: Vec<PathBuf> = case.owners.iter().map(|name| directory.join(name)).collect();
    let owners = read_owners(&owners).unwrap_or_else(|error| panic!("{error}"));
    let bundle = pack(directory).ok_or("input")?;
    let answer = verify(&bundle, &owners, case, Profile::Host);

    // The same chain once more, unpacked from its bundle and packed again.
    if let Some(files) = unpacked(&bundle) {
        let copy = tempfile::tempdir().unwrap();
        for file in &files {
            let path = copy.path().join(&file.name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &file.json).unwrap();
        }
        let again = pack(copy.path()).unwrap();
        assert_eq!(verify(&again, &owners, case, Profile::Host), answer, "{}: packed again", directory.display());
        assert!(unpacked(&again).as_ref() == Some(&files), "{}: unpacked again", directory.display());
    }

    // A device has smaller limits, and knows Ed25519 only: what others sign, it ignores.
    let on_device = verify(&bundle, &owners, case, Profile::Device);
    let has_other_keys = case.features.iter().any(|it| it.starts_with("key ") && it != "key ed25519 ed25519");
    let is_limit = on_device.as_ref().is_err_and(|code| code.class() == Class::Limit);
    let agrees = is_limit || has_other_keys || on_device == answer;
    assert!(agrees, "{}: {answer:?} on a host, {on_device:?} on a device", directory.display());
    answer.map_err(|code| code.name())
}

fn pack(directory: &Path) -> Option<Vec<u8>> {
    let input = Input::from_directory(&directory.join("root.layout"), directory).ok()?;
    Some(input.packer.finish(0).unwrap_or_else(|error| panic!("{}: {error}", directory.display())))
}

/// The files that a bundle was packed from; `None` where it is damaged.
fn unpacked(bundle: &[u8]) -> Option<Vec<UnpackedFile>> {
    let mut path = vec![0; sitrep_core::limits::HOST.path];
    let bundle = Bundle::open(bundle, &mut path).ok()?;
    Some(unpack(&bundle).unwrap_or_else(|error| panic!("{error}")))
}

fn verify(bundle: &[u8], owners: &[OwnerFile], case: &Case, profile: Profile) -> Result<Verified, Code> {
    let clock = FixedClock(Time::parse(NOW).unwrap());
    let given = case.parameters.iter().flatten();
    let parameters: Vec<Parameter<'_>> = given.map(|(name, value)| Parameter { name, value }).collect();
    let verifier = Verifier { parameters: &parameters, ..Verifier::new(owners, &clock, profile) };
    let result = verifier.verify(bundle, |outcome, applied| {
        let chain = outcome.supply_chain()?;
        let mut path = vec![0; sitrep_core::limits::HOST.path];
        let mut products = Artifacts::new();
        for name in case.products.iter().flatten().map(|(name, _)| name) {
            let Ok(product) = chain.product(name, &mut path) else { continue };
            let mut digests = product.digests();
            let set = products.entry(name.clone()).or_default();
            while let Some((algorithm, digest)) = digests.next_digest()? {
                set.insert(algorithm.to_string(), digest.to_string());
            }
        }
        Ok(Verified { consumed: applied.0.iter().map(|rule| rule.consumed).collect(), products })
    });
    result.and_then(|result| result).map_err(|error: Error| error.code())
}

/// A kind of difference between in-toto and sitrep, with the decision that makes it (tests/differential/ledger.toml).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The decision, as decided.py names it.
    pub name: String,
    /// Who refuses what the other verifies.
    pub stricter: Stricter,
    /// Where sitrep is stricter: the codes with which it refuses.
    #[serde(default)]
    pub codes: Vec<String>,
    /// The decision in own words. Where in-toto is stricter, also why nobody gains by it.
    pub reason: String,
}

/// Who is stricter.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Stricter {
    /// sitrep refuses, in-toto verifies.
    Sitrep,
    /// in-toto refuses, sitrep verifies.
    InToto,
}

impl Stricter {
    /// As in the ledger.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sitrep => "sitrep",
            Self::InToto => "in-toto",
        }
    }
}

/// The ledger.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ledger {
    entry: Vec<Entry>,
    inspection: Vec<Entry>,
}

impl Ledger {
    fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("differential/ledger.toml");
        toml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    }
}

/// Every entry of the ledger, but for those about inspections.
#[must_use]
pub fn ledger() -> Vec<Entry> {
    Ledger::read().entry
}

/// The entries of the ledger about inspections.
#[must_use]
pub fn inspection_ledger() -> Vec<Entry> {
    Ledger::read().inspection
}
