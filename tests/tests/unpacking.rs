//! What a bundle is unpacked to is packed into the same bundle again, whatever is in the directory that it was packed from.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};
use sitrep_cli::shell::temporary::Directory;
use sitrep_cli::sources::input::Input;
use sitrep_core::Bundle;
use sitrep_core::limits::HOST;
use sitrep_metadata::bundle::unpack::unpack;
use sitrep_metadata::envelope::attestation_bundle::AttestationFile;

/// What stands for a step of a layout.
#[derive(Clone, Debug)]
enum Evidence {
    Nothing,
    Link {
        dsse: bool,
    },
    /// A statement in a file that is named like a link.
    Statement,
    Sublayout {
        dsse: bool,
        of: Layout,
    },
}

/// A layout with the evidence in its directory.
#[derive(Clone, Debug)]
struct Layout {
    steps: Vec<Evidence>,
    /// Attestation bundles: their names, and the payloads of their envelopes.
    bundles: Vec<(String, Vec<u8>)>,
}

fn bundles() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    prop::collection::vec(("[a-c]", prop::collection::vec(0..4_u8, 0..5)), 0..3)
}

fn layout() -> impl Strategy<Value = Layout> {
    let leaf = || {
        prop_oneof![
            Just(Evidence::Nothing),
            any::<bool>().prop_map(|dsse| Evidence::Link { dsse }),
            Just(Evidence::Statement)
        ]
    };
    let inner = (prop::collection::vec(leaf(), 0..4), bundles()).prop_map(|(steps, bundles)| Layout { steps, bundles });
    inner.prop_recursive(3, 24, 3, move |inner| {
        let sublayout = (any::<bool>(), inner).prop_map(|(dsse, of)| Evidence::Sublayout { dsse, of });
        let steps = prop::collection::vec(prop_oneof![leaf(), sublayout], 0..4);
        (steps, bundles()).prop_map(|(steps, bundles)| Layout { steps, bundles })
    })
}

fn metablock(signed: &Value) -> String {
    json!({ "signatures": [{ "keyid": "0123456789", "sig": "00" }], "signed": signed }).to_string()
}

fn dsse(payload: &Value) -> String {
    let payload = STANDARD.encode(payload.to_string());
    let signature = json!({ "keyid": "0123456789", "sig": "AA==" });
    json!({ "payload": payload, "payloadType": "application/vnd.in-toto+json", "signatures": [signature] }).to_string()
}

fn statement(number: u8) -> Value {
    let subject = json!([{ "name": format!("file{number}"), "digest": { "sha256": "ab".repeat(32) } }]);
    json!({ "_type": "https://in-toto.io/Statement/v1", "subject": subject, "predicateType": "t", "predicate": {} })
}

impl Layout {
    fn payload(&self) -> Value {
        let step = |number| json!({ "name": format!("step{number}"), "pubkeys": ["0123456789"] });
        json!({ "_type": "layout", "steps": (0..self.steps.len()).map(step).collect::<Vec<_>>() })
    }

    /// Writes the evidence, not the layout itself.
    fn write(&self, directory: &Path) {
        fs::create_dir_all(directory).unwrap();
        for (number, evidence) in self.steps.iter().enumerate() {
            let link = json!({ "_type": "link", "name": format!("step{number}"), "products": { "a": {} } });
            let text = match evidence {
                Evidence::Nothing => continue,
                Evidence::Link { dsse: false } => metablock(&link),
                Evidence::Link { dsse: true } => dsse(&link),
                Evidence::Statement => dsse(&statement(9)),
                Evidence::Sublayout { dsse: is_dsse, of } => {
                    of.write(&directory.join(format!("step{number}.01234567")));
                    if *is_dsse { dsse(&of.payload()) } else { metablock(&of.payload()) }
                }
            };
            fs::write(directory.join(format!("step{number}.01234567.link")), text).unwrap();
        }
        for (name, payloads) in &self.bundles {
            fs::write(directory.join(format!("{name}.intoto.jsonl")), lines(payloads)).unwrap();
        }
    }
}

fn lines(payloads: &[u8]) -> String {
    payloads.iter().map(|number| dsse(&statement(*number)) + "\n").collect()
}

fn packed(directory: &Path, attestations: &[AttestationFile]) -> Vec<u8> {
    let layout = directory.join("root.layout");
    let json = fs::read(&layout).unwrap();
    let input = Input::of_layout(&layout, &json, Some(directory), attestations).unwrap();
    assert!(input.notes.is_empty(), "{:?}", input.notes);
    input.packer.finish(0).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_unpacked_is_packed_into_the_same_bundle(layout in layout(), is_dsse: bool, named in bundles()) {
        let directory = Directory::new("unpacking").unwrap();
        let original = directory.path().join("original");
        layout.write(&original);
        let text = if is_dsse { dsse(&layout.payload()) } else { metablock(&layout.payload()) };
        fs::write(original.join("root.layout"), text).unwrap();
        // A file that is named and holds nothing is an error.
        let named: Vec<AttestationFile> = named
            .iter()
            .filter(|(_, payloads)| !payloads.is_empty())
            .map(|(name, payloads)| AttestationFile { path: format!("{name}.jsonl").into(), bytes: lines(payloads).into() })
            .collect();
        let bundle = packed(&original, &named);

        let mut path = vec![0; HOST.path];
        let files = unpack(&Bundle::open(&bundle, &mut path).unwrap()).unwrap();
        let unpacked = directory.path().join("unpacked");
        for file in files {
            let path = unpacked.join(file.name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file.json).unwrap();
        }
        prop_assert_eq!(packed(&unpacked, &[]), bundle);
    }
}
