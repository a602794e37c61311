//! Layouts and links as [`crate::raw_bundle`] writes them.
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use sitrep_metadata::hex;

use crate::chain::{key, keyid};
use crate::raw_bundle::{Envelope, Node, Signature, text};
use crate::update::EXPIRES;

/// Who signs layouts.
pub const OWNER: &str = "owner";
/// Who signs links.
pub const FUNCTIONARY: &str = "functionary 0";

/// The names of so many functionaries.
#[must_use]
pub fn functionaries(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("functionary {number}")).collect()
}

/// Somebody's signature under the label that it has.
#[must_use]
pub fn signed(signer: &str) -> Signature {
    Signature { keyid: Some(keyid(signer)), signer: signer.to_owned() }
}

/// Signatures without a label, by somebody whom nobody knows.
#[must_use]
pub fn strangers(count: u32) -> Vec<Signature> {
    (0..count).map(|number| Signature { keyid: None, signer: format!("stranger {number}") }).collect()
}

/// The rules of a list, each by its words.
pub type Rules = Vec<Vec<String>>;

/// A rule of these words.
#[must_use]
pub fn rule(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn list(rules: &Rules) -> Node {
    let rules = rules.iter().map(|words| Node::List(words.iter().map(text).collect()));
    Node::List(rules.collect())
}

/// A layout of these steps, each with the same rules, that anybody of these functionaries may carry out.
#[must_use]
pub fn layout(functionaries: &[String], steps: usize, materials: &Rules, products: &Rules) -> Node {
    let mut ids: Vec<_> = functionaries.iter().map(|name| (keyid(name), name)).collect();
    ids.sort();
    let keys = ids.iter().map(|(id, name)| {
        let public = text(hex::encode(&*key(name).pk));
        let key = [
            ("keyid", text(id)),
            ("keytype", text("ed25519")),
            ("keyval", Node::Object(vec![("public", public)])),
            ("scheme", text("ed25519")),
        ];
        (id.clone(), Node::Object(key.to_vec()))
    });
    let keys = Node::Keyed(keys.collect());
    let steps = (0..steps).map(|number| {
        Node::Object(vec![
            ("_type", text("step")),
            ("expected_command", Node::List(Vec::new())),
            ("expected_materials", list(materials)),
            ("expected_products", list(products)),
            ("name", text(format!("step {number}"))),
            ("pubkeys", Node::List(ids.iter().map(|(id, _)| text(id)).collect())),
            ("threshold", Node::Number(1)),
        ])
    });
    Node::Object(vec![
        ("_type", text("layout")),
        ("expires", text(EXPIRES)),
        ("inspect", Node::List(Vec::new())),
        ("keys", keys),
        ("readme", text("")),
        ("steps", Node::List(steps.collect())),
    ])
}

/// A link of a step, by number.
#[must_use]
pub fn link(step: usize, materials: Node, products: Node) -> Node {
    Node::Object(vec![
        ("_type", text("link")),
        ("byproducts", Node::Object(Vec::new())),
        ("command", Node::List(Vec::new())),
        ("environment", Node::Object(Vec::new())),
        ("materials", materials),
        ("name", text(format!("step {step}"))),
        ("products", products),
    ])
}

/// A payload in a Metablock that somebody has signed.
#[must_use]
pub fn metablock(payload: Node, signer: &str) -> Envelope {
    Envelope::metablock(payload, vec![signed(signer)])
}
