//! A JSON value in memory: nodes in document order, texts in one string.

use super::error::{Fault, Problem, fault};

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
}

/// A parsed JSON text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    nodes: Vec<Node>,
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
        self.nodes.push(node);
    }

    /// Adds a string; `write` appends its value.
    #[inline]
    pub(crate) fn push_text<E>(&mut self, write: impl FnOnce(&mut String) -> Result<(), E>) -> Result<(), E> {
        let start = self.text.len();
        write(&mut self.text)?;
        let span = self.span_from(start);
        self.nodes.push(Node::Text(span));
        Ok(())
    }

    pub(crate) fn push_str(&mut self, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        let span = self.span_from(start);
        self.nodes.push(Node::Text(span));
    }

    pub(crate) fn push_number(&mut self, number: &str) {
        let start = self.text.len();
        self.text.push_str(number);
        let span = self.span_from(start);
        self.nodes.push(Node::Number(span));
    }

    /// Texts are shorter than 4 GiB, and so is what they unescape to.
    fn span_from(&self, start: usize) -> Span {
        Span { start: start as u32, length: (self.text.len() - start) as u32 }
    }

    pub(crate) fn open(&mut self, offset: usize) -> Open {
        self.nodes.push(Node::Null);
        Open { position: self.nodes.len() - 1, offset }
    }

    fn size_since(&self, open: Open) -> u32 {
        (self.nodes.len() - open.position - 1) as u32
    }

    pub(crate) fn close_array(&mut self, open: Open, count: u32) {
        let size = self.size_since(open);
        if let Some(node) = self.nodes.get_mut(open.position) {
            *node = Node::Array { count, size };
        }
    }

    /// Closes an object whose keys are known to differ, in the order that is wanted.
    pub(crate) fn close_sorted_object(&mut self, open: Open, count: u32) {
        let size = self.size_since(open);
        if let Some(node) = self.nodes.get_mut(open.position) {
            *node = Node::Object { count, size };
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
            let moved: Vec<Node> = sorted
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
        self.tree.nodes.get(self.position).copied().unwrap_or(Node::Null)
    }

    /// Position of the node after this value.
    fn end(self) -> usize {
        match self.node() {
            Node::Array { size, .. } | Node::Object { size, .. } => self.position + 1 + size as usize,
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
        matches!(self.node(), Node::Null)
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
