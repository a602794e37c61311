//! What the host saw of an inspection, as a link that nobody signed.

use std::collections::BTreeMap;

use sitrep_core::bundle::Form;

use super::Observation;
use crate::envelope::document::Document;
use crate::json::{Node, Tree, common_prefix};
use crate::payload::{ArtifactList, Field, Payload, Shape};

/// The link, its keys in canonical order.
pub(super) fn document(observation: &Observation) -> Document {
    let mut tree = Tree::default();
    let object = tree.open(0);
    member(&mut tree, "_type", |tree| tree.push_str("link"));
    member(&mut tree, "byproducts", |tree| {
        let object = tree.open(0);
        member(tree, "return-value", |tree| match u32::try_from(observation.return_value) {
            Ok(value) => tree.push(Node::Integer(value)),
            Err(_) => tree.push_number(&observation.return_value.to_string()),
        });
        tree.close_sorted_object(object, 1);
    });
    member(&mut tree, "command", |tree| {
        let array = tree.open(0);
        observation.command.iter().for_each(|word| tree.push_str(word));
        tree.close_array(array, observation.command.len() as u32);
    });
    member(&mut tree, "environment", |tree| {
        let object = tree.open(0);
        tree.close_sorted_object(object, 0);
    });
    member(&mut tree, "materials", |tree| tree.push(Node::Elsewhere(0)));
    member(&mut tree, "name", |tree| tree.push_str(&observation.name));
    member(&mut tree, "products", |tree| tree.push(Node::Elsewhere(1)));
    tree.close_sorted_object(object, 7);
    let lists = [&observation.materials, &observation.products].map(list);
    Document::observation(Payload { tree, lists: lists.into() })
}

fn member(tree: &mut Tree, key: &str, value: impl FnOnce(&mut Tree)) {
    tree.push_str(key);
    value(tree);
}

fn list(recorded: &BTreeMap<String, [u8; 32]>) -> ArtifactList {
    let mut list = ArtifactList::new(Form::Map);
    list.shapes.push(Shape { fields: vec![Field { algorithm: "sha256".to_owned(), bytes: Some(32) }] });
    list.set_shape(0);
    let mut last: &[u8] = &[];
    for (path, digest) in recorded {
        let path = path.as_bytes();
        let shared = common_prefix(last, path);
        list.push_path(shared, path.get(shared..).unwrap_or(&[]));
        list.push_value(digest);
        last = path;
    }
    list
}
