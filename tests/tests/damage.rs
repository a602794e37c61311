//! A damaged bundle gets an error code: never a panic, never another verdict than the one that was signed for.

use proptest::prelude::*;
use sitrep_core::{Code, Inspections, Trust};
use sitrep_tests::demo::{self, signed_bytes, verified_with};
use sitrep_tests::every_kind;

/// The demo in both wrappings, and the chain with every kind of evidence.
const SETS: [&str; 3] = ["metablock-ed25519", "dsse-ed25519", EVERY_KIND];
const EVERY_KIND: &str = "every-kind";

fn bundle(set: &str) -> Vec<u8> {
    if set == EVERY_KIND { every_kind::bundle() } else { demo::bundle(set, "pristine") }
}

/// The owner's key, and what else is demanded.
fn trust(set: &str) -> ([u8; 32], Trust<'static>) {
    if set == EVERY_KIND {
        return (every_kind::owner(), every_kind::DEMANDS);
    }
    (demo::owner(set), Trust { inspections: Inspections::Skip, ..Trust::new(&[], 1) })
}

/// The parts of a bundle that no signature covers. A flip there may leave the verdict as it is; nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Uncovered {
    /// For people: which profile the packer checked.
    Profile,
    /// The file name that `sitrep unpack` gives an envelope.
    Label,
    /// The key id of a DSSE signature is a hint: without one, the signature is tried against every key that the step allows.
    KeyIdHint,
    /// Which characters a DSSE payload's style escapes, where the payload has none of those.
    Escapes,
}

fn verdict(bytes: &[u8], (owner, demands): &([u8; 32], Trust<'_>)) -> Result<String, Code> {
    let outcome = verified_with(bytes, owner, demands, |outcome| match outcome.result() {
        Ok(()) => Ok(serde_json::to_string(&outcome.verdict()).unwrap()),
        Err(error) => Err(error.code()),
    });
    outcome.map_err(|error| error.code())?
}

#[test]
fn every_truncation_is_refused() {
    for set in SETS {
        let (bytes, trust) = (bundle(set), trust(set));
        verdict(&bytes, &trust).unwrap();
        for length in 0..bytes.len() {
            let code = verdict(&bytes[..length], &trust).unwrap_err();
            assert!(code.number() < 200, "{set}: cut to {length} bytes: {code}");
        }
    }
}

#[test]
fn bytes_at_the_end_are_refused() {
    for set in SETS {
        let (mut bytes, trust) = (bundle(set), trust(set));
        bytes.push(0);
        assert_eq!(verdict(&bytes, &trust), Err(Code::BundleTrailing));
    }
}

#[test]
fn every_flipped_bit_is_refused_or_changes_nothing_that_was_signed() {
    for set in SETS {
        let (bytes, trust) = (bundle(set), trust(set));
        let genuine = verdict(&bytes, &trust).unwrap();
        let signed = signed_bytes(&bytes).unwrap();
        let mut survivors = Vec::new();
        // Fourteen signatures are checked for each flip of the large chain: one bit of each byte has to do, unless there is time.
        let is_short = set == EVERY_KIND && std::env::var_os("SITREP_LONG").is_none();
        let bits: Vec<usize> = (0..bytes.len() * 8).filter(|bit| !is_short || bit % 8 == bit / 8 % 8).collect();
        for bit in bits.iter().copied() {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let Ok(verdict) = verdict(&damaged, &trust) else { continue };
            assert_eq!(verdict, genuine, "{set}: bit {bit}");
            assert_eq!(signed_bytes(&damaged).unwrap(), signed, "{set}: bit {bit}");
            survivors.push((bit / 8, part(&bytes, bit / 8)));
        }
        let unlisted: Vec<_> = survivors.iter().filter(|(_, part)| part.is_none()).collect();
        assert!(unlisted.is_empty(), "{set}: flips in {unlisted:?} went unnoticed");
        println!("{set}: {} bits, {} flips without effect, in {:?}", bits.len(), survivors.len(), parts(&survivors));
    }
}

fn parts(survivors: &[(usize, Option<Uncovered>)]) -> Vec<Uncovered> {
    let mut parts: Vec<_> = survivors.iter().filter_map(|(_, part)| *part).collect();
    parts.sort_by_key(|part| *part as u8);
    parts.dedup();
    parts
}

/// Which uncovered part the byte belongs to. All lengths and references of these bundles are below 128, but for the lengths of
/// sections and envelopes, so the fields are found by walking (BUNDLE.md, sections 2 and 5).
fn part(bytes: &[u8], at: usize) -> Option<Uncovered> {
    const PROFILE: usize = 5;
    if at == PROFILE {
        return Some(Uncovered::Profile);
    }
    let mut position = PROFILE + 1;
    let [strings, artifacts, _] = [(); 3].map(|()| varint(bytes, &mut position));
    // No signature covers the text that labels refer to, nor the byte before it that says how long it is.
    let label = b"evidence.intoto.jsonl";
    let text = bytes[position..position + strings].windows(label.len()).position(|text| text == label);
    if text.is_some_and(|start| (position + start - 1..position + start + label.len()).contains(&at)) {
        return Some(Uncovered::Label);
    }
    position += strings + artifacts;
    for _ in 0..varint(bytes, &mut position) {
        let length = varint(bytes, &mut position);
        let end = position + length;
        let kind = bytes[position];
        let is_dsse = kind & 15 == 1;
        position += 1;
        for bit in [16, 32] {
            if kind & bit != 0 {
                varint(bytes, &mut position); // parent, step
            }
        }
        if at == position {
            return Some(Uncovered::Label);
        }
        varint(bytes, &mut position);
        for _ in 0..varint(bytes, &mut position) {
            if at == position && is_dsse {
                return Some(Uncovered::KeyIdHint);
            }
            varint(bytes, &mut position);
            position += varint(bytes, &mut position);
        }
        if is_dsse {
            varint(bytes, &mut position); // payload type
            varint(bytes, &mut position); // payload length
            if at == position {
                return Some(Uncovered::Escapes);
            }
        }
        position = end;
    }
    None
}

fn varint(bytes: &[u8], position: &mut usize) -> usize {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let byte = bytes[*position];
        *position += 1;
        value |= usize::from(byte & 127) << shift;
        if byte < 128 {
            break;
        }
    }
    value
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn random_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(verdict(&bytes, &trust(SETS[0])).is_err());
        let mut headed = b"SITR\x01\x00".to_vec();
        headed.extend(bytes);
        prop_assert!(verdict(&headed, &trust(SETS[0])).is_err());
    }

    /// Several bytes at once, so that lengths and contents change together.
    #[test]
    fn rewritten_bytes_are_refused_or_change_nothing(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), set in 0..SETS.len()
    ) {
        let set = SETS[set];
        let (genuine, trust) = (bundle(set), trust(set));
        let mut bytes = genuine.clone();
        for (at, byte) in changes {
            bytes[at.index(genuine.len())] = byte;
        }
        if let Ok(verdict) = verdict(&bytes, &trust) {
            prop_assert_eq!(verdict, self::verdict(&genuine, &trust).unwrap());
            prop_assert_eq!(signed_bytes(&bytes).unwrap(), signed_bytes(&genuine).unwrap());
        }
    }
}
