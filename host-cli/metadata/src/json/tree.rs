//! A JSON value in memory: nodes in document order, texts in one string.

use super::error::{Fault, Problem, fault};
use crate::limits::JSON_TEXT;

/// A part of the tree's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    length: u32,
}

/// One node. What is inside a container follows it; `size` is the number of those nodes, at all levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    /// An integer of at most 32 bits, in its only canonical spelling.
    Integer(u32),
    /// Any other number, as written.
    Number(Span),
    /// A string; in an object, each member is one as key and then the value.
    Text(Span),
    Array {
        count: u32,
        size: u32,
    },
    Object {
        count: u32,
        size: u32,
    },
    /// A value that is kept elsewhere, by number.
    Elsewhere(u32),
    /// A value that is kept elsewhere as well, and reads as `null`. Of what was inside of it, `size` nodes follow.
    Hidden {
        size: u32,
    },
}

/// A node in eight bytes: a text may hold a value in every second byte. From the lowest bit on: its kind, the greater of its numbers (a start or
/// a size), the other (a length or a count).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Packed(u64);

const KIND_BITS: u32 = 3;
const FIRST_BITS: u32 = 31;

// Texts are shorter than this, so that every number of a node fits.
const _: () = assert!(JSON_TEXT == 1 << (u64::BITS - KIND_BITS - FIRST_BITS));

impl Packed {
    const fn new(node: Node) -> Self {
        let (kind, first, other) = match node {
            Node::Null => (0, 0, 0),
            // Reads as `null`.
            Node::Hidden { size } => (0, size, 1),
            Node::Bool(value) => (1, 0, value as u32),
            // Of 32 bits; there is no other number, so that it goes into both places.
            Node::Integer(value) => (2, value & 0x7fff_ffff, value >> FIRST_BITS),
            Node::Number(Span { start, length }) => (3, start, length),
            Node::Text(Span { start, length }) => (4, start, length),
            Node::Array { count, size } => (5, size, count),
            Node::Object { count, size } => (6, size, count),
            Node::Elsewhere(number) => (7, number, 0),
        };
        Self(kind | (first as u64) << KIND_BITS | (other as u64) << (KIND_BITS + FIRST_BITS))
    }

    const fn node(self) -> Node {
        let first = (self.0 >> KIND_BITS) as u32 & 0x7fff_ffff;
        let other = (self.0 >> (KIND_BITS + FIRST_BITS)) as u32;
        let span = Span { start: first, length: other };
        match self.0 & 7 {
            0 if other == 0 => Node::Null,
            0 => Node::Hidden { size: first },
            1 => Node::Bool(other > 0),
            2 => Node::Integer(first | other << FIRST_BITS),
            3 => Node::Number(span),
            4 => Node::Text(span),
            5 => Node::Array { count: other, size: first },
            6 => Node::Object { count: other, size: first },
            _ => Node::Elsewhere(first),
        }
    }
}

/// A parsed JSON text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    nodes: Vec<Packed>,
    text: String,
}

/// A container that is being built.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    position: usize,
    /// Offset of the container in the JSON text, for errors.
    pub(crate) offset: usize,
}

impl Tree {
    /// The outermost value.
    #[must_use]
    pub fn root(&self) -> Value<'_> {
        Value { tree: self, position: 0 }
    }

    pub(crate) fn push(&mut self, node: Node) {
        self.nodes.push(Packed::new(node));
    }

    /// Lets the value at `position` read as `null`.
    pub(crate) fn hide(&mut self, position: usize) {
        if let Some(node) = self.nodes.get_mut(position) {
            *node = Packed::new(match node.node() {
                Node::Array { size, .. } | Node::Object { size, .. } => Node::Hidden { size },
                _ => Node::Hidden { size: 0 },
            });
        }
    }

    /// Adds a string; `write` appends its value.
    #[inline]
    pub(crate) fn push_text<E>(&mut self, write: impl FnOnce(&mut String) -> Result<(), E>) -> Result<(), E> {
        let start = self.text.len();
        write(&mut self.text)?;
        let span = self.span_from(start);
        self.push(Node::Text(span));
        Ok(())
    }

    pub(crate) fn push_str(&mut self, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        let span = self.span_from(start);
        self.push(Node::Text(span));
    }

    pub(crate) fn push_number(&mut self, number: &str) {
        let start = self.text.len();
        self.text.push_str(number);
        let span = self.span_from(start);
        self.push(Node::Number(span));
    }

    /// Texts are shorter than [`JSON_TEXT`], and so is what they unescape to.
    fn span_from(&self, start: usize) -> Span {
        Span { start: start as u32, length: (self.text.len() - start) as u32 }
    }

    pub(crate) fn open(&mut self, offset: usize) -> Open {
        self.push(Node::Null);
        Open { position: self.nodes.len() - 1, offset }
    }

    fn size_since(&self, open: Open) -> u32 {
        (self.nodes.len() - open.position - 1) as u32
    }

    pub(crate) fn close_array(&mut self, open: Open, count: u32) {
        let size = self.size_since(open);
        if let Some(node) = self.nodes.get_mut(open.position) {
            *node = Packed::new(Node::Array { count, size });
        }
    }

    /// Closes an object whose keys are known to differ, in the order that is wanted.
    pub(crate) fn close_sorted_object(&mut self, open: Open, count: u32) {
        let size = self.size_since(open);
        if let Some(node) = self.nodes.get_mut(open.position) {
            *node = Packed::new(Node::Object { count, size });
        }
    }

    /// Closes an object, sorting its members by key where the text is `canonical`.
    pub(crate) fn close_object(&mut self, open: Open, count: u32, canonical: bool) -> Result<(), Fault> {
        self.close_sorted_object(open, count);
        let members = || Value { tree: self, position: open.position }.members();
        if members().zip(members().skip(1)).all(|((one, _), (other, _))| one < other) {
            return Ok(());
        }
        // Stable, so that the second of two equal keys is the later one.
        let mut sorted: Vec<(&str, Value<'_>)> = members().collect();
        sorted.sort_by_key(|(key, _)| *key);
        if let Some([(key, _), _]) = sorted.array_windows().find(|[(one, _), (other, _)]| one == other) {
            return Err(fault(open.offset, Problem::DuplicateKey((*key).to_owned())));
        }
        if canonical {
            let moved: Vec<Packed> = sorted
                .iter()
                .flat_map(|(_, value)| self.nodes.get(value.position - 1..value.end()).unwrap_or(&[]))
                .copied()
                .collect();
            self.nodes.truncate(open.position + 1);
            self.nodes.extend(moved);
        }
        Ok(())
    }

    fn str(&self, span: Span) -> &str {
        let start = span.start as usize;
        self.text.get(start..start + span.length as usize).unwrap_or("")
    }
}

/// A value of a [`Tree`].
#[derive(Clone, Copy, Debug)]
pub struct Value<'t> {
    tree: &'t Tree,
    position: usize,
}

impl<'t> Value<'t> {
    pub(crate) fn node(self) -> Node {
        self.tree.nodes.get(self.position).map_or(Node::Null, |node| node.node())
    }

    /// Position of its node in the tree.
    pub(crate) const fn position(self) -> usize {
        self.position
    }

    /// Position of the node after this value.
    fn end(self) -> usize {
        match self.node() {
            Node::Array { size, .. } | Node::Object { size, .. } | Node::Hidden { size } => {
                self.position + 1 + size as usize
            }
            _ => self.position + 1,
        }
    }

    fn at(self, position: usize) -> Self {
        Self { tree: self.tree, position }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(self) -> Option<&'t str> {
        match self.node() {
            Node::Text(span) => Some(self.tree.str(span)),
            _ => None,
        }
    }

    /// Is it `null`?
    #[must_use]
    pub fn is_null(self) -> bool {
        matches!(self.node(), Node::Null | Node::Hidden { .. })
    }

    /// `true` or `false`.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        match self.node() {
            Node::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// A number as it is written, where it is not an [`Self::as_u32`].
    #[must_use]
    pub fn number(self) -> Option<&'t str> {
        match self.node() {
            Node::Number(span) => Some(self.tree.str(span)),
            _ => None,
        }
    }

    /// The value of an integer from 0 to 4,294,967,295.
    #[must_use]
    pub fn as_u32(self) -> Option<u32> {
        match self.node() {
            Node::Integer(value) => Some(value),
            _ => None,
        }
    }

    /// Is it an array?
    #[must_use]
    pub fn is_array(self) -> bool {
        matches!(self.node(), Node::Array { .. })
    }

    /// Is it an object?
    #[must_use]
    pub fn is_object(self) -> bool {
        matches!(self.node(), Node::Object { .. })
    }

    /// The member of an object.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Self> {
        self.members().find(|(own, _)| *own == key).map(|(_, value)| value)
    }

    /// The members of an object, in the order of the text; none for other values.
    pub fn members(self) -> impl Iterator<Item = (&'t str, Self)> + use<'t> {
        let count = match self.node() {
            Node::Object { count, .. } => count,
            _ => 0,
        };
        let mut position = self.position + 1;
        (0..count).map(move |_| {
            let key = self.at(position).as_str().unwrap_or("");
            let value = self.at(position + 1);
            position = value.end();
            (key, value)
        })
    }

    /// The items of an array; none for other values.
    pub fn items(self) -> impl Iterator<Item = Self> + use<'t> {
        let count = match self.node() {
            Node::Array { count, .. } => count,
            _ => 0,
        };
        let mut position = self.position + 1;
        (0..count).map(move |_| {
            let item = self.at(position);
            position = item.end();
            item
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_come_back_out_of_their_eight_bytes() {
        let (most, less) = (JSON_TEXT as u32 - 1, 5);
        let spans = [(0, 0), (most, 0), (0, most), (less, most), (2 * most, most)];
        let mut nodes =
            vec![Node::Null, Node::Bool(false), Node::Bool(true), Node::Elsewhere(0), Node::Elsewhere(most)];
        nodes.extend([0, 1, 2 * most].map(|size| Node::Hidden { size }));
        nodes.extend([0, 1, 1 << 30, 1 << 31, u32::MAX - 1, u32::MAX].map(Node::Integer));
        for (start, length) in spans {
            let span = Span { start, length };
            nodes.extend([Node::Number(span), Node::Text(span)]);
            nodes.extend([Node::Array { count: length, size: start }, Node::Object { count: length, size: start }]);
        }
        for node in nodes {
            assert_eq!(Packed::new(node).node(), node);
        }
        assert_eq!(size_of::<Packed>(), 8);
    }
}
