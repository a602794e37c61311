//! Payloads as tokens (BUNDLE.md, section 6).

use sitrep_core::bundle::{Piece, TEMPLATE_COUNT, template_piece};

use super::runs::{Runs, push_runs};
use super::strings::Strings;
use super::wire::push_varint;
use crate::json::{Node, Value};
use crate::payload::{ArtifactList, list_in};

/// Takes the tokens of a payload.
pub(super) trait Sink<'a> {
    /// A code, or a number that is an operand.
    fn number(&mut self, number: u32);
    fn bytes(&mut self, bytes: &[u8]);
    fn string(&mut self, string: &'a str);
    /// The artifact map or list with this number in the payload.
    fn artifacts(&mut self, number: u32);
    /// Tokens after their length.
    fn framed(&mut self, write: impl FnOnce(&mut Self));
}

/// Turns values into tokens.
#[derive(Debug)]
pub(super) struct Tokens {
    /// The templates with their numbers, the most specific first.
    templates: Vec<(u32, Vec<Piece>)>,
}

impl Tokens {
    pub(super) fn new() -> Self {
        let pieces = |number| (0..).map_while(|position| template_piece(number, position)).collect();
        let mut templates: Vec<(u32, Vec<Piece>)> =
            (0..TEMPLATE_COUNT).map(|number| (number as u32, pieces(number))).collect();
        templates.sort_by_key(|(_, pieces)| {
            std::cmp::Reverse(pieces.iter().filter(|piece| **piece != Piece::Place).count())
        });
        Self { templates }
    }

    /// Hands the tokens of `value` to `sink`. `lists` are the payload's artifact maps and lists.
    pub(super) fn write<'a>(&self, value: Value<'a>, lists: &[ArtifactList], sink: &mut impl Sink<'a>) {
        if let Some(number) = list_in(lists, value) {
            sink.artifacts(number);
            sink.framed(|sink| self.container(value, lists, sink));
            return;
        }
        match value.node() {
            Node::Null | Node::Hidden { .. } => sink.number(0),
            Node::Bool(true) => sink.number(1),
            Node::Bool(false) => sink.number(2),
            Node::Integer(number) => {
                sink.number(3);
                sink.number(number);
            }
            Node::Number(_) => {
                let text = value.number().unwrap_or("0").as_bytes();
                sink.number(4);
                sink.number(text.len() as u32);
                sink.bytes(text);
            }
            Node::Text(_) => sink.string(value.as_str().unwrap_or("")),
            Node::Elsewhere(number) => sink.artifacts(number),
            Node::Array { .. } | Node::Object { .. } => self.container(value, lists, sink),
        }
    }

    fn container<'a>(&self, value: Value<'a>, lists: &[ArtifactList], sink: &mut impl Sink<'a>) {
        let (Node::Array { count, .. } | Node::Object { count, .. }) = value.node() else { return };
        let mut places = Vec::new();
        for (number, pieces) in &self.templates {
            places.clear();
            if matches(value, &mut pieces.iter(), &mut places) {
                sink.number(24 + number);
                places.into_iter().for_each(|place| self.write(place, lists, sink));
                return;
            }
        }
        if value.is_object() {
            sink.number(7);
            sink.number(count);
            for (key, value) in value.members() {
                sink.string(key);
                self.write(value, lists, sink);
            }
        } else {
            match count {
                0..8 => sink.number(16 + count),
                _ => {
                    sink.number(6);
                    sink.number(count);
                }
            }
            value.items().for_each(|item| self.write(item, lists, sink));
        }
    }
}

/// Is `value` what the pieces say? Gathers the values at their places.
fn matches<'a>(value: Value<'a>, pieces: &mut std::slice::Iter<'_, Piece>, places: &mut Vec<Value<'a>>) -> bool {
    match pieces.next() {
        Some(Piece::Place) => {
            places.push(value);
            true
        }
        Some(Piece::Text(text)) => value.as_str() == Some(text),
        Some(Piece::Array) => {
            value.is_array()
                && value
                    .items()
                    .all(|item| !matches!(pieces.as_slice().first(), Some(Piece::End)) && matches(item, pieces, places))
                && pieces.next() == Some(&Piece::End)
        }
        Some(Piece::Object) => {
            value.is_object()
                && value.members().all(|(own, value)| {
                    matches!(pieces.next(), Some(Piece::Key(key)) if *key == own) && matches(value, pieces, places)
                })
                && pieces.next() == Some(&Piece::End)
        }
        Some(Piece::Key(_) | Piece::End) | None => false,
    }
}

/// Counts the strings of a payload, so that they can be numbered.
impl<'a> Sink<'a> for Strings<'a> {
    fn number(&mut self, _: u32) {}
    fn bytes(&mut self, _: &[u8]) {}
    fn artifacts(&mut self, _: u32) {}
    fn framed(&mut self, write: impl FnOnce(&mut Self)) {
        write(self);
    }
    fn string(&mut self, string: &'a str) {
        self.count_token(string);
    }
}

/// Writes the tokens of a payload.
#[derive(Debug)]
pub(super) struct Writer<'w, 'a> {
    pub(super) out: &'w mut Vec<u8>,
    pub(super) strings: &'w Strings<'a>,
    /// The payload's artifact maps and lists, and their runs.
    pub(super) lists: &'w [ArtifactList],
    pub(super) runs: &'w [Runs],
}

impl<'a> Sink<'a> for Writer<'_, 'a> {
    fn number(&mut self, number: u32) {
        push_varint(self.out, number);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    fn string(&mut self, string: &'a str) {
        match self.strings.token(string) {
            Ok(word) => {
                self.number(5);
                self.number(word);
            }
            Err(reference) => self.number(56 + reference),
        }
    }

    fn artifacts(&mut self, number: u32) {
        let number = number as usize;
        if let (Some(list), Some(runs)) = (self.lists.get(number), self.runs.get(number)) {
            push_runs(self.out, list.form, runs);
        }
    }

    fn framed(&mut self, write: impl FnOnce(&mut Self)) {
        let start = self.out.len();
        write(self);
        let tokens = self.out.split_off(start);
        // Sections of 4 GiB and more are refused when the bundle is put together.
        self.number(tokens.len() as u32);
        self.bytes(&tokens);
    }
}
