//! Scenarios of the device: what lies in its flash, and the log that must come out.
//!
//! firmware/scenarios/NAME.toml says how the flash is made from the vectors; NAME.log beside it is the expected log and
//! exit code. With the variable `SITREP_BLESS` the logs are written instead of compared.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::json;
use sitrep_cli::sources::input::Input;
use sitrep_core::{
    Inspections, Scratch, Str, Time,
    bundle::{Bundle, Event, Reader},
    limits::{BOOT, CHUNK, HOST},
};
use sitrep_metadata::{hex, keys::OwnerFile, sign::Signer, trust_policy::Policy};

use crate::device::{Flash, Run};
use crate::update::package;

/// A scenario as its file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The directory of layout and links, below tests/vectors.
    vectors: String,
    /// The artifact's name in the metadata.
    #[serde(default = "demo_project")]
    artifact_name: String,
    /// The artifact in the slot, below tests/vectors; the one beside the layout when it is left out.
    artifact: Option<String>,
    /// The owners' keys of the trust policy, raw, in hexadecimal.
    owners: Vec<String>,
    /// How many of them must have signed; all when it is left out.
    threshold: Option<usize>,
    /// Seeds of test keys that sign the layout too, in hexadecimal.
    #[serde(default)]
    signed_by: Vec<String>,
    /// What the trust policy says of layouts with inspections; `skip` when it is left out.
    inspections: Option<String>,
    /// The trust policy's earliest time.
    earliest_time: Option<String>,
    /// What the device's clock says; it is not set when this is left out.
    clock: Option<String>,
    /// A change to one of the files before they are packed.
    edit: Option<Edit>,
    /// How many bytes of the bundle were written to the slot; all when it is left out.
    keep: Option<usize>,
    /// How many bytes of the trust policy were written to its page, which is erased behind them; all when it is left out.
    keep_trust: Option<usize>,
}

/// Replaces a text in a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    file: String,
    from: String,
    to: String,
}

/// A directory of the repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn vectors() -> PathBuf {
    repository("tests/vectors")
}

fn demo_project() -> String {
    "demo-project.tar.gz".into()
}

/// The names of all scenarios, sorted.
///
/// # Panics
/// When the directory cannot be read.
#[must_use]
pub fn names() -> Vec<String> {
    let entries = fs::read_dir(repository("firmware/scenarios")).expect("firmware/scenarios");
    let files = entries.map(|entry| entry.expect("firmware/scenarios").file_name().into_string().expect("file names"));
    let mut names: Vec<_> = files.filter_map(|file| Some(file.strip_suffix(".toml")?.to_owned())).collect();
    names.sort();
    names
}

impl Scenario {
    /// Reads the scenario called `name`.
    ///
    /// # Panics
    /// When there is none, or it is malformed.
    #[must_use]
    pub fn read(name: &str) -> Self {
        let text = fs::read_to_string(repository("firmware/scenarios").join(format!("{name}.toml"))).expect(name);
        toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The first owner's key.
    ///
    /// # Panics
    /// When the scenario does not give it in hexadecimal.
    #[must_use]
    pub fn owner(&self) -> [u8; 32] {
        raw(&self.owners[0])
    }

    /// Makes what the scenario has in flash.
    ///
    /// # Panics
    /// When the scenario names a file that is not there, or an edit that does not apply.
    #[must_use]
    pub fn flash(&self) -> Flash {
        let directory = vectors().join(&self.vectors);
        let mut bundle = self.pack(&directory);
        bundle.truncate(self.keep.unwrap_or(usize::MAX));
        let owners: Vec<_> = self.owners.iter().map(|owner| raw(owner)).collect();
        let mut policy = trust_policy(&owners, &self.artifact_name);
        policy.threshold = self.threshold.unwrap_or(owners.len());
        policy.inspections = match self.inspections.as_deref() {
            None | Some("skip") => Inspections::Skip,
            Some("refuse") => Inspections::Refuse,
            Some(other) => panic!("a trust policy refuses inspections or skips them, but {other:?}?"),
        };
        policy.earliest_time = self.earliest_time.as_deref().map(time);
        let mut trust = policy.to_compiled().expect("a valid policy");
        if let Some(length) = self.keep_trust {
            trust[length..].fill(0xff);
        }
        let artifact =
            self.artifact.as_ref().map_or_else(|| directory.join(&self.artifact_name), |path| vectors().join(path));
        Flash {
            trust,
            slot: package(&fs::read(artifact).expect("the artifact"), &bundle, &[]),
            clock: self.clock.as_deref().map(|clock| time(clock).0),
        }
    }

    /// The bundle, after the scenario's changes to the files.
    fn pack(&self, directory: &Path) -> Vec<u8> {
        let copy = tempfile::tempdir().expect("a temporary directory");
        self.copy(directory, copy.path());
        pack(copy.path())
    }

    fn copy(&self, from: &Path, to: &Path) {
        for entry in fs::read_dir(from).expect("the vectors") {
            let path = entry.expect("the vectors").path();
            let name = path.file_name().expect("a file name");
            if path.is_dir() {
                fs::create_dir(to.join(name)).expect("the temporary directory can be written");
                self.copy(&path, &to.join(name));
                continue;
            }
            let mut bytes = fs::read(&path).expect("a vector");
            if let Some(edit) = self.edit.as_ref().filter(|edit| name == edit.file.as_str()) {
                let text = String::from_utf8(bytes).expect("only text is edited");
                assert!(text.contains(&edit.from), "{} does not contain {:?}", edit.file, edit.from);
                bytes = text.replacen(&edit.from, &edit.to, 1).into_bytes();
            }
            if name == "root.layout" && !self.signed_by.is_empty() {
                bytes = self.sign(&bytes);
            }
            fs::write(to.join(name), bytes).expect("the temporary directory can be written");
        }
    }

    /// The layout, a Metablock, with more signatures.
    fn sign(&self, layout: &[u8]) -> Vec<u8> {
        let mut layout: serde_json::Value = serde_json::from_slice(layout).expect("a layout");
        for seed in &self.signed_by {
            let mut signed = Signer::from_seed(raw(seed)).metablock(layout["signed"].clone());
            layout["signatures"].as_array_mut().expect("signatures").push(signed["signatures"][0].take());
        }
        layout.to_string().into_bytes()
    }
}

/// A key or a seed.
fn raw(digits: &str) -> [u8; 32] {
    Str::new(digits).decode_hex().expect("64 hexadecimal digits")
}

fn time(text: &str) -> Time {
    Time::parse(text).expect("a time such as 2030-01-01T00:00:00Z")
}

/// Are expected results to be written instead of compared?
#[must_use]
pub fn blessing() -> bool {
    env::var_os("SITREP_BLESS").is_some()
}

/// The expected log of a scenario, and its exit code; empty where there is none yet.
#[must_use]
pub fn expected(name: &str) -> String {
    fs::read_to_string(repository("firmware/scenarios").join(format!("{name}.log"))).unwrap_or_default()
}

/// Compares a run with the expected log of a scenario, or writes that with `SITREP_BLESS`.
///
/// # Panics
/// When they differ.
pub fn compare(name: &str, run: &Run) {
    let mut log = run.log.join("\n");
    log += &format!("\nexit {}\n", run.code.map_or("by a signal".into(), |code| code.to_string()));
    if blessing() {
        let path = repository("firmware/scenarios").join(format!("{name}.log"));
        fs::write(path, &log).expect("firmware/scenarios can be written");
    }
    let expected = expected(name);
    assert!(log == expected, "{name}: expected\n{expected}\nbut the device logged\n{log}\n(SITREP_BLESS=1 accepts it)");
}

/// Compares what a device has said over several boots with firmware/boots/NAME.log, or writes that with `SITREP_BLESS`.
///
/// # Panics
/// When they differ.
pub fn compare_boots(name: &str, board: &str, text: &str) {
    let path = repository("firmware/boots").join(format!("{name}.log"));
    if blessing() {
        fs::write(&path, text).expect("firmware/boots can be written");
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    assert!(
        text == expected,
        "{name} on {board}: expected\n{expected}\nbut it was\n{text}\n(SITREP_BLESS=1 accepts it)"
    );
}

/// The bundle of the layout and links in a directory, with the limits of boot images.
///
/// # Panics
/// When they cannot be packed.
#[must_use]
pub fn pack(directory: &Path) -> Vec<u8> {
    let input = Input::from_directory(&directory.join("root.layout"), directory).expect("layout and links");
    input.packer.finish(BOOT.profile).expect("they can be packed")
}

/// Trust in all of these owners' raw keys; inspections are refused.
///
/// # Panics
/// Never: 32 bytes are a key.
#[must_use]
pub fn trust_policy(owners: &[[u8; 32]], artifact: &str) -> Policy {
    let owner = |key: &[u8; 32]| {
        let keyval = json!({"public": hex::encode(key)});
        let key = json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": keyval});
        OwnerFile::parse(Path::new("key"), key.to_string().as_bytes()).expect("a key")
    };
    Policy { artifact: Some(artifact.into()), ..Policy::all_of(owners.iter().map(owner).collect()) }
}

/// What the figures image compares a boot with: the signatures of a bundle, each with its key and the bytes that it is over
/// ([the form](../../firmware/src/bin/figures.rs)). `owner` is the layout's signer.
///
/// # Panics
/// When the bundle is damaged, or signed by anybody else than one owner and the layout's keys.
#[must_use]
pub fn floor(bundle: &[u8], owner: [u8; 32]) -> Vec<u8> {
    let mut path = [0; HOST.path];
    let bundle = Bundle::open(bundle, &mut path).expect("a bundle");
    let mut floor = vec![0];
    for envelope in bundle.envelopes() {
        let envelope = envelope.expect("an envelope");
        let mut signed = Vec::new();
        let mut scratch = Scratch { path: &mut path, chunk: &mut [0; CHUNK] };
        let mut sink = |bytes: &[u8]| signed.extend_from_slice(bytes);
        envelope.signed_bytes(&bundle, &mut scratch, &mut sink).expect("signed bytes");
        for signature in envelope.signatures() {
            let key =
                if envelope.number() == 0 { owner } else { layout_key(&bundle, signature.keyid.expect("a key id")) };
            let length = u32::try_from(signed.len()).expect("less than 4 GiB");
            floor[0] += 1;
            floor.extend([&key, signature.bytes, &length.to_le_bytes(), &signed].concat());
        }
    }
    floor
}

/// The raw key that a layout lists under a key id.
fn layout_key(bundle: &Bundle<'_>, id: Str<'_>) -> [u8; 32] {
    let mut reader = Reader::of(&bundle.envelope(0).expect("the layout"));
    let (mut of_this, mut public) = (false, false);
    while let Some(event) = reader.next_event().expect("a layout") {
        match event {
            Event::Key(key) if key == id => of_this = true,
            Event::Key(key) => public = key.is("public"),
            Event::Text(key) if of_this && public => return key.decode_hex().expect("an Ed25519 key"),
            _ => {}
        }
    }
    panic!("the layout has no key {id}")
}
