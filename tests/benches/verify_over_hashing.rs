//! What verification costs beyond its floor: core's whole verification of a bundle, opening included, on one thread, beside
//! hashing the bytes that were signed with the same SHA-512.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use ed25519_compact::{PublicKey as Ed25519Key, Signature};
use sitrep_cli::sources::input::Input;
use sitrep_core::bundle::{Bundle, Scratch};
use sitrep_core::limits::{CHUNK, HOST};
use sitrep_core::{Ed25519, HostMemory, Message, PublicKey, Request, Schemes, SignatureError, Trust, verify};
use sitrep_tests::bench::{self, Effort, Figure, Goal, ms, time};
use sitrep_tests::core_alone::{Owner, request};
use sitrep_tests::scale::{self, Form, Keys, Wrapping};

fn main() -> ExitCode {
    bench::main("verification over hashing", measure)
}

fn measure(effort: Effort) -> Vec<Figure> {
    let mut figures = Vec::new();
    for (artifacts, name, wrapping) in [
        (10_000, "Metablock", Wrapping::Metablock),
        (100_000, "Metablock", Wrapping::Metablock),
        (100_000, "DSSE", Wrapping::Dsse),
    ] {
        // About the same time for each.
        let rounds = effort.rounds(10, 50) * 100_000 / artifacts;
        figures.extend(chain(&format!("{artifacts} artifacts a step, {name}"), artifacts, wrapping, rounds));
    }
    figures
}

fn chain(what: &str, artifacts: usize, wrapping: Wrapping, rounds: usize) -> Vec<Figure> {
    let directory = tempfile::tempdir().unwrap();
    let chain = scale::write_as(directory.path(), artifacts, Form { keys: Keys::Legacy, wrapping }).unwrap();
    let bytes = Input::from_directory(&chain.layout, directory.path()).unwrap().packer.finish(0).unwrap();
    let signed = signed(&bytes);

    let [mut hash, mut whole, mut open, mut emit, mut decide] = [Duration::MAX; 5];
    for _ in 0..rounds {
        hash = hash.min(time(|| signed.iter().for_each(Signed::hash)));
        whole = whole.min(time(|| run(&bytes, &chain.owner, &Ed25519)));
        open = open.min(time(|| with_bundle(&bytes, |_, _| ())));
        emit = emit.min(time(|| with_bundle(&bytes, emit_all)));
        decide = decide.min(time(|| run(&bytes, &chain.owner, &Believing)));
    }
    // Both open the bundle first. Taken off the best times: the best difference would be that of the round whose opening was disturbed most.
    let (emit, decide) = (emit.saturating_sub(open), decide.saturating_sub(open));
    let ratio = whole.as_secs_f64() / hash.as_secs_f64();
    vec![
        Figure::note(what, ms(whole), format!("hashing {}", ms(hash))).with_goal(ratio, Goal::AtMost(1.8, None)),
        Figure::note("  open: frames, strings, artifacts", ms(open), ""),
        Figure::note("  emit: rebuild the signed bytes", ms(emit), ""),
        Figure::note("  decide: layout, links, rules", ms(decide), ""),
    ]
}

/// A signature and what it is over.
struct Signed {
    key: Ed25519Key,
    signature: Signature,
    message: Vec<u8>,
}

impl Signed {
    fn hash(&self) {
        let mut state = self.key.verify_incremental(&self.signature).unwrap();
        state.absorb(&self.message);
        black_box(&state);
    }
}

/// Every signature of a bundle. Whose key it is makes no difference for hashing.
fn signed(bytes: &[u8]) -> Vec<Signed> {
    let key = ed25519_compact::KeyPair::from_seed(ed25519_compact::Seed::new([1; 32])).pk;
    with_bundle(bytes, |bundle, scratch| {
        let mut all = Vec::new();
        for envelope in bundle.envelopes() {
            let envelope = envelope.unwrap();
            let mut message = Vec::new();
            let mut sink = |chunk: &[u8]| message.extend_from_slice(chunk);
            envelope.signed_bytes(bundle, scratch, &mut sink).unwrap();
            for signature in envelope.signatures() {
                let signature = Signature::from_slice(signature.bytes).unwrap();
                all.push(Signed { key, signature, message: message.clone() });
            }
        }
        all
    })
}

fn emit_all(bundle: &Bundle<'_>, scratch: &mut Scratch<'_>) {
    for envelope in bundle.envelopes() {
        let mut sink = |chunk: &[u8]| {
            black_box(chunk);
        };
        envelope.unwrap().signed_bytes(bundle, scratch, &mut sink).unwrap();
    }
}

fn with_bundle<T>(bytes: &[u8], then: impl FnOnce(&Bundle<'_>, &mut Scratch<'_>) -> T) -> T {
    let (mut path, mut chunk) = (vec![0; HOST.path], [0; CHUNK]);
    let bundle = Bundle::open(bytes, &mut path).unwrap();
    then(&bundle, &mut Scratch { path: &mut path, chunk: &mut chunk })
}

/// Believes every signature unseen, so that only the rest takes time.
struct Believing;

impl Schemes for Believing {
    fn verify(&self, _: &PublicKey<'_>, _: &[u8], _: &mut dyn Message) -> Result<(), SignatureError> {
        Ok(())
    }

    fn can_check(&self, _: &PublicKey<'_>) -> bool {
        true
    }
}

fn run(bytes: &[u8], owner: &[u8; 32], schemes: &dyn Schemes) {
    let owner = Owner::new(owner);
    let ids = owner.ids();
    let owners = [owner.key(&ids)];
    let trust = Trust::new(&owners, 1);
    with_bundle(bytes, |bundle, _| {
        let request = Request { schemes, ..request(bundle, &trust) };
        let mut memory = Box::new(HostMemory::new());
        let outcome = verify(&request, &mut memory, &mut ());
        outcome.result().unwrap();
    });
}
