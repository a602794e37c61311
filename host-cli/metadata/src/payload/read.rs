//! Reads payloads.

use sitrep_core::bundle::Form;

use super::descriptors;
use super::list::ArtifactList;
use super::list_reader::ListReader;
use super::style::{Patcher, Patches, Survey};
use super::{Formatting, Payload};
use crate::json::{Fault, Node, Reader, Tree, Watch};

/// Reads the text of a DSSE payload, and how it is written.
pub(crate) fn read_text(text: &str) -> Result<(Payload, Formatting), Fault> {
    let (mut payload, survey) = read_whole(text, Survey::default())?;
    descriptors::take_out(&mut payload);
    let (style, fits) = survey.decide();
    let patches = if fits { Patches::default() } else { read_whole(text, Patcher::new(style))?.1.patches };
    // `Error::check_text` has refused longer texts.
    Ok((payload, Formatting { length: text.len() as u32, style, patches }))
}

fn read_whole<W: Watch>(text: &str, watch: W) -> Result<(Payload, W), Fault> {
    let mut reader = Reader::new(text, watch, false);
    let mut payload = Payload::default();
    reader.start()?;
    read_value(&mut reader, &mut payload)?;
    reader.end()?;
    Ok((payload, reader.watch))
}

/// Reads a Metablock's `signed` member: of its text only the canonical form counts.
pub(crate) fn read_canonical(reader: &mut Reader<'_, ()>) -> Result<Payload, Fault> {
    reader.payload(|reader| {
        let mut payload = Payload::default();
        read_value(reader, &mut payload)?;
        Ok(payload)
    })
}

fn read_value<W: Watch>(reader: &mut Reader<'_, W>, payload: &mut Payload) -> Result<(), Fault> {
    let Payload { tree, lists } = payload;
    if reader.lexer.peek() == Some(b'{') { read_object(reader, tree, lists, true) } else { reader.value(tree) }
}

/// Reads an object whose members `materials` and `products` may be artifact maps: the payload, or its `predicate`. The payload's `subject`
/// and its predicate's `materials` may be artifact lists.
fn read_object<W: Watch>(
    reader: &mut Reader<'_, W>,
    tree: &mut Tree,
    lists: &mut Vec<ArtifactList>,
    outermost: bool,
) -> Result<(), Fault> {
    reader.object(tree, |reader, tree, key| {
        let form = match reader.lexer.peek() {
            Some(b'{') if key.is("materials") || key.is("products") => Some(Form::Map),
            Some(b'{') if outermost && key.is("predicate") => return read_object(reader, tree, lists, false),
            Some(b'[') if key.is(if outermost { "subject" } else { "materials" }) => Some(Form::NameFirst),
            _ => None,
        };
        if let Some(form) = form.filter(|_| lists.len() < super::LISTS) {
            let before = reader.clone();
            let list = ListReader::new(form);
            if let Some(list) = if form == Form::Map { list.read_map(reader) } else { list.read_list(reader) } {
                tree.push(Node::Elsewhere(lists.len() as u32));
                lists.push(list);
                return Ok(());
            }
            // Not of that form, or not JSON: the general reader says which.
            *reader = before;
        }
        reader.value(tree)
    })
}
