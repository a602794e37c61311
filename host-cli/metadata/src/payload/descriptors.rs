//! Links in statements, whose artifacts are listed as resource descriptors (in-toto attestation framework): where these say more than name and digest, or
//! `uri` in the place of `name`, what counts of them is taken out of the payload's tree (BUNDLE.md, section 6).

use sitrep_core::bundle::Form;

use super::Payload;
use super::list::ArtifactList;
use super::list_reader::ListReader;
use super::predicates::is_link;
use crate::json::{Node, Value};

/// Takes the artifacts out of a link's lists that are spelled out. A list that is none of descriptors stays as it is, and core then refuses the link.
pub(super) fn take_out(payload: &mut Payload) {
    let statement = payload.tree.root();
    if !statement.get("predicateType").and_then(Value::as_str).is_some_and(is_link) {
        return;
    }
    let materials = statement.get("predicate").and_then(|predicate| predicate.get("materials"));
    let room = super::LISTS.saturating_sub(payload.lists.len());
    let lists = [statement.get("subject"), materials].into_iter().flatten().filter_map(read);
    for (list, places) in lists.take(room).collect::<Vec<_>>() {
        places.into_iter().for_each(|place| payload.tree.hide(place as usize));
        payload.lists.push(list);
    }
}

/// The artifacts of an array of descriptors, and where in the tree their names and digest sets are; `None` where there is anything else in it.
fn read(array: Value<'_>) -> Option<(ArtifactList, Vec<u32>)> {
    // The empty array has a token of its own.
    array.items().next()?;
    let mut reader = ListReader::new(Form::Descriptors);
    let mut places = Vec::new();
    for descriptor in array.items() {
        let uri = descriptor.get("uri");
        let name = match descriptor.get("name") {
            // Next to a name, `null` would be taken for the place of another.
            Some(_) if uri.is_some_and(Value::is_null) => return None,
            Some(name) => name,
            None => uri?,
        };
        let digests = descriptor.get("digest").filter(|digests| digests.is_object())?;
        reader.add(name.as_str()?, digests.members().map(|(algorithm, digest)| (algorithm, digest.as_str())))?;
        places.extend([name.position() as u32, digests.position() as u32]);
    }
    let mut list = reader.into_list()?;
    list.entries = Some(array.position());
    Some((list, places))
}

/// The list of descriptors whose entries are in this array.
pub(crate) fn list_in(lists: &[ArtifactList], array: Value<'_>) -> Option<u32> {
    let is_array = matches!(array.node(), Node::Array { .. });
    let number = lists.iter().position(|list| is_array && list.entries == Some(array.position()))?;
    u32::try_from(number).ok()
}
