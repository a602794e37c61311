//! Scenarios of the device: what lies in its flash, and the log that must come out.
//!
//! firmware/scenarios/NAME.toml says how the flash is made from the vectors; NAME.log beside it is the expected log and
//! exit code. With the variable `SITREP_BLESS` the logs are written instead of compared.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use sitrep_cli::input::Input;
use sitrep_core::{
    Scratch, Str, Time,
    bundle::{Bundle, Event, Reader},
    ed25519_key_ids,
    limits::{CHUNK, DEVICE, HOST},
};
use sitrep_firmware::{anchor, slot};

use crate::device::{Flash, Run};

/// A scenario as its file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The directory of layout and links, below tests/vectors/in-toto-demo.
    vectors: String,
    /// The artifact in the slot, below tests/vectors/in-toto-demo; the one beside the layout when it is left out.
    artifact: Option<String>,
    /// The trusted key, raw, in hexadecimal.
    owner: String,
    /// What the device's clock says; it is not set when this is left out.
    clock: Option<String>,
    /// A change to one of the files before they are packed.
    edit: Option<Edit>,
    /// How many bytes of the bundle were written to the slot; all when it is left out.
    keep: Option<usize>,
    /// Whether the trust anchor says to refuse layouts with inspections.
    #[serde(default)]
    refuse_inspections: bool,
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

/// Where the demo's vectors are.
fn vectors() -> PathBuf {
    repository("tests/vectors/in-toto-demo")
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

    /// The trusted key.
    ///
    /// # Panics
    /// When the scenario does not give it in hexadecimal.
    #[must_use]
    pub fn owner(&self) -> [u8; 32] {
        Str::Text(&self.owner).decode_hex().expect("64 hexadecimal digits")
    }

    /// Makes what the scenario has in flash.
    ///
    /// # Panics
    /// When the scenario names a file that is not there, or an edit that does not apply.
    #[must_use]
    pub fn flash(&self) -> Flash {
        let directory = vectors().join(&self.vectors);
        let mut bundle = self.edit.as_ref().map_or_else(|| pack(&directory), |edit| pack_edited(&directory, edit));
        bundle.truncate(self.keep.unwrap_or(usize::MAX));
        let artifact =
            self.artifact.as_ref().map_or_else(|| directory.join("demo-project.tar.gz"), |path| vectors().join(path));
        Flash {
            anchor: anchor(self.owner(), "demo-project.tar.gz", self.refuse_inspections),
            slot: slot(&bundle, &fs::read(artifact).expect("the artifact")),
            clock: self.clock.as_ref().map(|time| Time::parse(time).expect("a time such as 2030-01-01T00:00:00Z").0),
        }
    }
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

/// Compares the flash contents that images are built with, firmware/demo, or writes them with `SITREP_BLESS`.
///
/// # Panics
/// When they differ: the packer or a vector has changed.
pub fn compare_demo(flash: &Flash) {
    for (name, bytes) in [("anchor.bin", &flash.anchor), ("slot.bin", &flash.slot)] {
        let path = repository("firmware/demo").join(name);
        if blessing() {
            fs::write(&path, bytes).expect("firmware/demo can be written");
        }
        assert!(
            fs::read(path).is_ok_and(|kept| kept == *bytes),
            "firmware/demo/{name} is old (SITREP_BLESS=1 renews it)"
        );
    }
}

/// The bundle of the layout and links in a directory, with the device's limits.
///
/// # Panics
/// When they cannot be packed.
#[must_use]
pub fn pack(directory: &Path) -> Vec<u8> {
    let input = Input::from_directory(&directory.join("root.layout"), directory).expect("layout and links");
    input.packer.finish(DEVICE.profile).expect("they can be packed")
}

fn pack_edited(directory: &Path, edit: &Edit) -> Vec<u8> {
    let copy = tempfile::tempdir().expect("a temporary directory");
    for entry in fs::read_dir(directory).expect("the vectors") {
        let path = entry.expect("the vectors").path();
        let name = path.file_name().expect("a file name");
        let mut bytes = fs::read(&path).expect("a vector");
        if name == edit.file.as_str() {
            let text = String::from_utf8(bytes).expect("only text is edited");
            assert!(text.contains(&edit.from), "{} does not contain {:?}", edit.file, edit.from);
            bytes = text.replacen(&edit.from, &edit.to, 1).into_bytes();
        }
        fs::write(copy.path().join(name), bytes).expect("the temporary directory can be written");
    }
    pack(copy.path())
}

/// A trust anchor for one owner's raw key.
///
/// # Panics
/// When the artifact's name is longer than 255 bytes.
#[must_use]
pub fn anchor(owner: [u8; 32], artifact: &str, refuse_inspections: bool) -> Vec<u8> {
    let mut bytes = [&anchor::MAGIC[..], &[anchor::VERSION, 1, u8::from(!refuse_inspections), 1], &owner].concat();
    for id in ed25519_key_ids(&owner) {
        bytes.extend_from_slice(id.as_ref().as_bytes());
    }
    bytes.push(artifact.len().try_into().expect("a short name"));
    bytes.extend_from_slice(artifact.as_bytes());
    bytes
}

/// What the figures image compares a boot with: the signatures of a bundle, each with its key and the bytes that it is over
/// ([the form](../../firmware/src/bin/mps2_an385_figures.rs)). `owner` is the layout's signer.
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

/// A slot with a bundle and an artifact.
///
/// # Panics
/// When they are larger than 4 GiB.
#[must_use]
pub fn slot(bundle: &[u8], artifact: &[u8]) -> Vec<u8> {
    let length = |bytes: &[u8]| bytes.len().try_into().expect("less than 4 GiB");
    [&slot::head(length(bundle), length(artifact))[..], bundle, artifact].concat()
}
