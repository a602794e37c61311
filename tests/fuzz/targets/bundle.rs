//! Arbitrary bytes as a bundle.
//!
//! It is opened and every text rebuilt ([`rebuild::check`]); the whole verifier is run with every signature taken for good, for host and
//! device, and with Ed25519. What is verified, no envelope ignored, is also verified, with the same verdict, once it was unpacked to JSON and packed
//! again. With the real keys of real layouts nothing but those layouts is ever verified.
#![no_main]

use std::path::Path;
use std::sync::OnceLock;

use base64::Engine as _;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use sitrep_core::bundle::Bundle;
use sitrep_core::limits;
use sitrep_fuzz::parts::{Parts, mutate};
use sitrep_fuzz::rebuild;
use sitrep_fuzz::verdict::{Settings, accepted, genuine};
use sitrep_metadata::bundle::pack::Packer;
use sitrep_metadata::bundle::unpack::{envelopes, unpack};
use sitrep_metadata::envelope::document::Document;

fuzz_target!(|data: &[u8]| check(data));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed, &fuzzer_mutate)
});

fn check(data: &[u8]) {
    // Its profile, as in the header.
    let settings = Settings(data.get(5).copied().unwrap_or(0));
    let mut path = vec![0; limits::HOST.path];
    let Ok(bundle) = settings.open(data, &mut path) else { return };
    if let Some(parts) = Parts::read(data) {
        assert_eq!(Parts::read(&parts.write()), Some(parts), "the mutator loses something");
    }
    let texts: Vec<_> =
        bundle.envelopes().map(|envelope| rebuild::check(&bundle, &envelope.expect("the bundle was opened"))).collect();
    let answer = accepted(data, &bundle, settings, &mut ());
    if answer.error.is_none() {
        assert!(texts.first().is_some_and(Option::is_some), "a layout that cannot be rebuilt");
    }

    let (owners, layouts) = real();
    if genuine(&bundle, owners, settings).error.is_none() {
        assert!(layouts.contains(&rebuild::signed_bytes(&bundle, &bundle.envelope(0).unwrap()).unwrap()));
    }

    if texts.iter().all(Option::is_some) && Bundle::open(data, &mut path).is_ok() {
        let _ = unpack(&bundle);
        if answer.error.is_none() && answer.used_everything() {
            let again = packed_again(&bundle);
            if let Some(again) = again {
                let bundle = Bundle::open(&again, &mut path).expect("what was packed can be opened");
                assert_eq!(accepted(&again, &bundle, settings, &mut ()), answer);
            }
        }
    }
}

/// The bundle of the same documents; `None` where not all are in it with all their signatures.
fn packed_again(bundle: &Bundle<'_>) -> Option<Vec<u8>> {
    let mut packer = Packer::new();
    let names = envelopes(bundle).ok()?;
    for (envelope, unpacked) in bundle.envelopes().flatten().zip(names) {
        let document = Document::parse(&unpacked.json).ok()?;
        if !document.notes().is_empty() || document.signatures().len() != envelope.signatures().count() {
            return None;
        }
        match unpacked.step {
            Some(step) => packer.add_sublayout(unpacked.parent, &step, &unpacked.name, document),
            None => packer.add_to(unpacked.parent, &unpacked.name, document),
        };
    }
    packer.finish(0).ok()
}

/// The owners' keys of the demo's Ed25519 sets, and what those owners have signed.
type Real = (Vec<[u8; 32]>, Vec<Vec<u8>>);

fn real() -> &'static Real {
    static REAL: OnceLock<Real> = OnceLock::new();
    REAL.get_or_init(|| {
        let mut real = (Vec::new(), Vec::new());
        for set in ["metablock-ed25519", "dsse-ed25519"] {
            let directory =
                Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/in-toto-demo").join(set).join("pristine");
            let pem = std::fs::read_to_string(directory.join("alice.pub")).unwrap();
            let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
            real.0.push(*base64::engine::general_purpose::STANDARD.decode(base64).unwrap().last_chunk().unwrap());
            let mut packer = Packer::new();
            let layout = std::fs::read(directory.join("root.layout")).unwrap();
            packer.add("root.layout", Document::parse(&layout).unwrap());
            let bytes = packer.finish(0).unwrap();
            let mut path = vec![0; limits::HOST.path];
            let bundle = Bundle::open(&bytes, &mut path).unwrap();
            real.1.push(rebuild::signed_bytes(&bundle, &bundle.envelope(0).unwrap()).unwrap());
        }
        real
    })
}
