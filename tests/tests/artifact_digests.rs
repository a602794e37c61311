//! Which digests an artifact is compared with, each algorithm alone.

use serde_json::json;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use sitrep_core::Code;
use sitrep_metadata::bundle::pack::Packer;
use sitrep_metadata::envelope::document::Document;
use sitrep_metadata::hex;
use sitrep_tests::chain::{OWNER, Signed, Wrapping, entry, key, keyid};
use sitrep_tests::demo::verified;

/// A chain of one step whose only product has this digest alone.
fn chain(algorithm: &str, digest: &str) -> Vec<u8> {
    let (builder, id) = ("builder", keyid("builder"));
    let layout = json!({
        "_type": "layout", "expires": "2040-01-01T00:00:00Z", "readme": "", "inspect": [], "keys": {&id: entry(builder, &id)},
        "steps": [{
            "_type": "step", "name": "build", "threshold": 1, "pubkeys": [&id], "expected_command": [],
            "expected_materials": [], "expected_products": [],
        }],
    });
    let link = json!({
        "_type": "link", "name": "build", "command": [], "environment": {}, "byproducts": {}, "materials": {},
        "products": {"out": {algorithm: digest}},
    });
    let mut packer = Packer::new();
    for (name, payload, signer) in [("root.layout", layout, OWNER), ("build.link", link, builder)] {
        let envelope = Signed::new(payload, Wrapping::Metablock, signer).envelope();
        packer.add(name, Document::parse(envelope.to_string().as_bytes()).unwrap());
    }
    packer.finish(0).unwrap()
}

#[test]
fn each_algorithm_alone_tells_artifacts_apart() {
    let (right, wrong) = ("hello, world", "hello, World");
    // What `printf 'blob 12\0hello, world' | sha256sum` says.
    let git_id = "7d0be525d6521168c74051e5ab1b99e3b6d1c962fba763818f1954ab9e1c821a";
    for (algorithm, digest, none) in [
        ("sha256", hex::encode(&Sha256::digest(right)), None),
        ("sha384", hex::encode(&Sha384::digest(right)), None),
        ("sha512", hex::encode(&Sha512::digest(right)), None),
        ("gitoid:sha256", git_id.to_owned(), None),
        ("sha1", "0".repeat(40), Some(Code::ArtifactNoDigest)),
    ] {
        let answers = verified(&chain(algorithm, &digest), &key(OWNER).pk, |outcome| {
            let chain = outcome.supply_chain().unwrap();
            [right, wrong].map(|content| {
                let mut path = [0; 256];
                let product = chain.product("out", &mut path).unwrap();
                let mut comparison = product.comparison(Some(content.len() as u64)).unwrap();
                comparison.update(content.as_bytes());
                comparison.finish().err().map(|error| error.code())
            })
        });
        assert_eq!(answers.unwrap(), [none, none.or(Some(Code::ArtifactDigest))], "{algorithm}");
    }
}
