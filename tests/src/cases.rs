//! Supply chains that ask one question each, in directories of their own (tests/vectors/semantics, tests/vectors/conformance), and what
//! sitrep answers: from JSON, from a bundle, and from what the bundle was unpacked to.
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use serde::Deserialize;
use sitrep_cli::args::{Cli, Command, Verify};
use sitrep_cli::error::CliError;
use sitrep_cli::shell::executor::Threads;
use sitrep_cli::sources::loaded::Loaded;
use sitrep_cli::sources::trust;
use sitrep_core::{Bundle, Clock, Code, Error, FixedClock, NoClock, Outcome, Parameter, Time, limits};
use sitrep_metadata::bundle::unpack::{UnpackedFile, unpack};
use sitrep_metadata::profile::Profile;
use sitrep_metadata::trust_policy::Policy;
use sitrep_metadata::verification::Verifier;

/// A question, as its case.json says it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Which sentence of the semantics it asks about.
    pub why: String,
    /// `verified`, the name of the refusal's code, or `unreadable` where there is no verdict at all.
    pub expect: String,
    /// Which tool's way of writing metadata it is in.
    pub dialect: String,
    /// Files of the owners' keys, all of whom must have signed.
    #[serde(default = "one_owner")]
    pub owners: Vec<PathBuf>,
    /// A trust policy in the place of the owners' keys.
    pub trust: Option<PathBuf>,
    /// Where the links are, or the attestation bundle in their place; beside the layout, where it is not said.
    pub link_dir: Option<PathBuf>,
    /// The time; `null` is a machine without a clock.
    #[serde(default = "midsummer")]
    pub at: Option<String>,
    /// Values of the layout's parameters.
    #[serde(default)]
    pub params: BTreeMap<String, String>,
    /// Inspections are run in this directory.
    pub run_inspections: Option<PathBuf>,
    /// Names below it that they do not see.
    #[serde(default)]
    pub inspection_exclude: Vec<String>,
    /// Kinds of symbolic links that may be in it.
    #[serde(default)]
    pub inspection_links: Vec<String>,
    /// Inspections of sublayouts are run too.
    #[serde(default)]
    pub run_sublayout_inspections: bool,
    /// Files that must not have come into being.
    #[serde(default)]
    pub absent: Vec<PathBuf>,
    /// Attestations that must be there: `TYPE` or `TYPE@STEP`.
    #[serde(default)]
    pub require_attestation: Vec<String>,
    /// Files with attestations.
    #[serde(default)]
    pub attestations: Vec<PathBuf>,
    /// Artifacts that must be products of the chain: files by name.
    #[serde(default)]
    pub artifacts: BTreeMap<String, PathBuf>,
    /// The step that made the artifacts.
    pub product_of: Option<String>,
    /// All warnings of the verdict.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// A part of what is said about each file that was ignored.
    #[serde(default)]
    pub notes: Vec<String>,
    /// A part of what is said where it is unreadable.
    #[serde(default)]
    pub says: String,
    /// What a device answers where its limits or schemes do not do.
    pub device: Option<String>,
}

fn one_owner() -> Vec<PathBuf> {
    vec!["owner.pub".into()]
}

#[allow(clippy::unnecessary_wraps, reason = "serde wants the member's type")]
fn midsummer() -> Option<String> {
    Some("2026-06-01T00:00:00Z".into())
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// `verified`, or the name of the refusal's code.
    pub code: String,
    /// The names of the warnings, sorted.
    pub warnings: Vec<String>,
}

impl Answer {
    /// Of a code and warnings in any order.
    #[must_use]
    pub fn new(code: impl Into<String>, mut warnings: Vec<String>) -> Self {
        warnings.sort_unstable();
        Self { code: code.into(), warnings }
    }
}

/// The directories of all cases below `directory`, sorted: those with a case.json.
#[must_use]
pub fn directories(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.join("case.json").is_file() {
            found.push(path);
        } else if path.is_dir() {
            found.extend(directories(&path));
        }
    }
    found.sort();
    found
}

impl Case {
    /// A case of one owner, whose key is in `owner.pub`, that asks for nothing special.
    #[must_use]
    pub fn new(why: &str, expect: &str, dialect: &str) -> Self {
        // What is not said has the value that it has where case.json does not say it.
        let document = serde_json::json!({"why": why, "expect": expect, "dialect": dialect});
        serde_json::from_value(document).unwrap()
    }

    /// Reads a directory's case.json.
    #[must_use]
    pub fn read(directory: &Path) -> Self {
        let text = fs::read(directory.join("case.json")).unwrap();
        serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
    }

    /// The answer that is expected.
    #[must_use]
    pub fn expected(&self) -> Answer {
        Answer::new(&*self.expect, self.warnings.clone())
    }

    /// The command line that asks the case's question about a layout of its directory, but for a machine without a clock.
    #[must_use]
    pub fn arguments(&self, directory: &Path, layout: &Path) -> Vec<String> {
        let mut arguments = self.arguments_for(directory, layout);
        if let Some(link_dir) = &self.link_dir {
            arguments
                .splice(2..3, ["--layout".into(), text(layout), "--link-dir".into(), text(&directory.join(link_dir))]);
        }
        push(&mut arguments, "--attestations", self.attestations.iter().map(|file| text(&directory.join(file))));
        arguments
    }

    /// The same about a bundle or unpacked bundle, which has all attestations in itself.
    fn arguments_for(&self, directory: &Path, input: &Path) -> Vec<String> {
        let mut arguments = vec!["sitrep".to_owned(), "verify".to_owned(), text(input)];
        let mut option = |name, values: Vec<String>| push(&mut arguments, name, values.into_iter());
        match &self.trust {
            Some(trust) => option("--trust", vec![text(&directory.join(trust))]),
            None => {
                option("--verification-keys", self.owners.iter().map(|owner| text(&directory.join(owner))).collect());
            }
        }
        option("--at", self.at.iter().cloned().collect());
        option("--param", self.params.iter().map(|(name, value)| format!("{name}={value}")).collect());
        for required in &self.require_attestation {
            option("--require-attestation", vec![required.clone()]);
        }
        let artifact = |(name, file): (&String, &PathBuf)| format!("{name}={}", text(&directory.join(file)));
        option("--artifact", self.artifacts.iter().map(artifact).collect());
        option("--product-of", self.product_of.iter().cloned().collect());
        if let Some(target) = &self.run_inspections {
            option("--target-dir", vec![text(&directory.join(target))]);
            arguments.push("--run-inspections".into());
            for (option, values) in
                [("--inspection-exclude", &self.inspection_exclude), ("--inspection-links", &self.inspection_links)]
            {
                values.iter().for_each(|value| push(&mut arguments, option, std::iter::once(value.clone())));
            }
            if self.run_sublayout_inspections {
                arguments.push("--run-sublayout-inspections".into());
            }
        }
        arguments
    }

    /// Reads the layout of the case's directory, its links and all else.
    ///
    /// # Errors
    /// Why there is nothing to verify.
    pub fn load(&self, directory: &Path) -> Result<Chain, CliError> {
        Chain::new(self.arguments(directory, &directory.join("root.layout")))
    }

    /// Packs the chain without verification and reads the bundle; unpacks that, and reads what came out. What `sitrep pack --no-verify`
    /// and `sitrep unpack` do, without waiting for the disk.
    #[must_use]
    pub fn packed_and_unpacked(&self, directory: &Path) -> [Chain; 2] {
        let temporary = tempfile::tempdir().unwrap();
        let (file, unpacked) = (temporary.path().join("case.sitrep"), temporary.path().join("unpacked"));
        let bytes = self.load(directory).unwrap().loaded.bundle;
        fs::write(&file, &bytes).unwrap();
        let from_bundle = Chain::new(self.arguments_for(directory, &file)).unwrap();

        let mut path = vec![0; limits::HOST.path];
        let bundle = Bundle::open(&bytes, &mut path).unwrap();
        for UnpackedFile { name, json } in unpack(&bundle).unwrap() {
            let file = unpacked.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, json).unwrap();
        }
        let unpacked = Chain::new(self.arguments_for(directory, &unpacked.join("root.layout"))).unwrap();
        [from_bundle, unpacked]
    }
}

/// A supply chain that was read, and what is asked about it.
#[derive(Debug)]
pub struct Chain {
    /// What was read.
    pub loaded: Loaded,
    arguments: Verify,
    policy: Policy,
}

impl Chain {
    fn new(arguments: Vec<String>) -> Result<Self, CliError> {
        let Command::Verify(arguments) = command(arguments) else { unreachable!() };
        let policy = trust::given(arguments.trust.as_deref(), &arguments.verification_keys)?;
        let loaded = Loaded::new(&arguments.source, limits::HOST.profile)?;
        Ok(Self { loaded, arguments: *arguments, policy })
    }

    /// Verifies as a machine of that profile would. Inspections are not run.
    #[must_use]
    pub fn judge(&self, profile: Profile) -> Answer {
        let Verify { param, require_attestation, at, product_of, .. } = &self.arguments;
        let parameters: Vec<Parameter<'_>> = param.iter().map(|(name, value)| Parameter { name, value }).collect();
        let required = self.policy.required_attestations(require_attestation);
        let clock: &dyn Clock = match at {
            Some(at) => &FixedClock(Time::parse(at).unwrap()),
            None => &NoClock,
        };
        let threads = Threads::available();
        let mut verifier = Verifier::new(&self.policy.owners, clock, profile);
        verifier.executor = &threads;
        verifier.parameters = &parameters;
        verifier.trust = self.policy.trust(&required);
        verifier.trust.product_step = product_of.as_deref().or(verifier.trust.product_step);
        // As it would be packed for that machine.
        let bundle = match profile {
            Profile::Boot => &self.loaded.packer().unwrap().finish(limits::BOOT.profile).unwrap(),
            Profile::Host | Profile::Device => &self.loaded.bundle,
        };
        let answer = verifier.verify(bundle, |outcome, _| {
            let warnings = outcome.warnings().kept().iter().map(|warning| warning.code().name().to_owned()).collect();
            let result = outcome.result().and_then(|()| self.check_artifacts(outcome));
            Answer::new(result.map_or_else(|error| error.code().name(), |()| "verified"), warnings)
        });
        answer.unwrap_or_else(|error| Answer::new(error.code().name(), Vec::new()))
    }

    /// The chain as a question for core's example `boot_verifier`; `None` where a compiled trust policy cannot say what is demanded, or where parameters
    /// are given.
    #[must_use]
    pub fn boot_question(&self) -> Option<Vec<u8>> {
        let Verify { param, require_attestation, at, product_of, artifact, .. } = &self.arguments;
        let mut policy = self.policy.clone();
        policy.product_step = product_of.clone().or(policy.product_step);
        policy.attestations.extend(require_attestation.iter().cloned());
        let is_known =
            param.is_empty() && policy.device_obstacles(&limits::DEVICE).iter().all(|it| it.code != Code::OwnerScheme);
        let policy = policy.to_compiled().ok().filter(|_| is_known)?;
        let seconds = at.as_ref().map_or(0, |at| Time::parse(at).unwrap().0);
        let mut question = seconds.to_le_bytes().to_vec();
        let mut push = |part: &[u8]| {
            question.extend(u32::try_from(part.len()).unwrap().to_le_bytes());
            question.extend(part);
        };
        push(&policy);
        push(&self.loaded.packer().unwrap().finish(limits::BOOT.profile).unwrap());
        let files: Vec<_> =
            artifact.iter().map(|artifact| (&artifact.name, fs::read(&artifact.file).unwrap())).collect();
        question.extend(u32::try_from(files.len()).unwrap().to_le_bytes());
        for (name, content) in &files {
            for part in [name.as_bytes(), content] {
                question.extend(u32::try_from(part.len()).unwrap().to_le_bytes());
                question.extend(part);
            }
        }
        Some(question)
    }

    fn check_artifacts(&self, outcome: &Outcome<'_, '_>) -> Result<(), Error> {
        let mut path = vec![0; limits::HOST.path];
        self.arguments.artifact.iter().try_for_each(|artifact| {
            let content = fs::read(&artifact.file).unwrap();
            let product = outcome.supply_chain()?.product(&artifact.name, &mut path)?;
            product.check(content.as_slice(), Some(content.len() as u64))
        })
    }
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

fn push(arguments: &mut Vec<String>, name: &str, values: impl Iterator<Item = String>) {
    let mut values = values.peekable();
    if values.peek().is_some() {
        arguments.push(name.to_owned());
        arguments.extend(values);
    }
}

fn command(arguments: Vec<String>) -> Command {
    Cli::try_parse_from(&arguments).unwrap_or_else(|error| panic!("{arguments:?}: {error}")).command
}
