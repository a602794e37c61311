//! Merges the artifact maps of all payloads into the artifacts section (BUNDLE.md, section 4).

use std::borrow::Cow;
use std::cmp::Ordering;

use sitrep_core::limits::{SHAPES, VARIANTS};

use super::paths::Entries;
use super::runs::{Place, Runs};
use super::strings::Strings;
use super::wire::{push_index, push_varint};
use super::{PackError, Section};
use crate::payload::{ArtifactList, Cursor, Shape};

/// The longest path that goes into a bundle, in bytes: more than any file system allows.
const PATH: usize = 65_535;

/// The artifacts section, and what the maps become.
pub(super) struct Artifacts {
    /// What stands before the entries.
    pub(super) head: Vec<u8>,
    pub(super) entries: Vec<u8>,
    /// For each map, in the order given.
    pub(super) runs: Vec<Runs>,
}

/// Counts the strings that the section refers to.
pub(super) fn count_strings<'a>(lists: &[&'a ArtifactList], strings: &mut Strings<'a>) {
    for shape in shapes_of(lists) {
        for field in &shape.fields {
            strings.count_reference(&field.algorithm);
        }
    }
    for list in lists.iter().filter(|list| !list.shapes.iter().all(Shape::is_binary)) {
        let mut cursor = list.cursor();
        while cursor.next() {
            for (_, value) in fields(&cursor).filter(|(bytes, _)| bytes.is_none()) {
                strings.count_reference(list.text_value(value));
            }
        }
    }
}

/// The shapes that the section defines, in order of appearance.
fn shapes_of<'a>(lists: &[&'a ArtifactList]) -> Vec<&'a Shape> {
    let mut shapes: Vec<&Shape> = Vec::new();
    for shape in lists.iter().flat_map(|list| &list.shapes) {
        // One too many is as bad as all.
        if shapes.len() <= SHAPES as usize && !is_built_in(shape) && !shapes.contains(&shape) {
            shapes.push(shape);
        }
    }
    shapes
}

/// Shape 0: SHA-256 alone.
fn is_built_in(shape: &Shape) -> bool {
    matches!(shape.fields.as_slice(), [field] if field.algorithm == "sha256" && field.bytes == Some(32))
}

/// The values of the current artifact: how many bytes hexadecimal stands for, and the stored bytes.
pub(super) fn fields<'c>(cursor: &'c Cursor<'_>) -> impl Iterator<Item = (Option<u32>, &'c [u8])> {
    let shape = cursor.list().shapes.get(cursor.shape as usize);
    let mut rest = cursor.digests;
    shape.into_iter().flat_map(|shape| &shape.fields).map(move |field| {
        let (value, after) = rest.split_at_checked(field.size()).unwrap_or_default();
        rest = after;
        (field.bytes, value)
    })
}

/// One map, or several that are equal.
struct Source<'a> {
    cursor: Cursor<'a>,
    /// The bundle's numbers of the list's shapes, and whether they are all hexadecimal.
    shapes: Vec<(u32, bool)>,
    runs: Runs,
    /// Where the map does not ascend: the places of its artifacts by rank.
    places: Vec<Place>,
}

impl<'a> Source<'a> {
    fn path(&self) -> &[u8] {
        &self.cursor.path
    }

    /// Shape and encoded digests of the current artifact.
    fn digest_set(&self, strings: &Strings<'_>) -> (u32, Cow<'a, [u8]>) {
        let (shape, binary) = self.shapes.get(self.cursor.shape as usize).copied().unwrap_or_default();
        if binary {
            return (shape, Cow::Borrowed(self.cursor.digests));
        }
        let mut encoded = Vec::new();
        for (bytes, value) in fields(&self.cursor) {
            match bytes {
                Some(_) => encoded.extend_from_slice(value),
                None => push_varint(&mut encoded, strings.reference(self.cursor.list().text_value(value))),
            }
        }
        (shape, Cow::Owned(encoded))
    }

    fn record(&mut self, place: Place) {
        if self.cursor.list().order.is_some() { self.places.push(place) } else { self.runs.push(place) }
    }

    fn into_runs(mut self) -> Runs {
        if let Some(order) = &self.cursor.list().order {
            let in_order = order.iter().filter_map(|rank| self.places.get(*rank as usize));
            in_order.for_each(|place| self.runs.push(*place));
        }
        self.runs
    }
}

/// Lists that one artifacts section cannot hold together with those before them.
pub(super) struct Surplus {
    /// Their numbers.
    pub(super) lists: Vec<usize>,
    pub(super) error: PackError,
}

/// Merges `lists`, all paths ascending.
pub(super) fn merge(lists: &[&ArtifactList], strings: &Strings<'_>) -> Result<Artifacts, Surplus> {
    let shapes = shapes_of(lists);
    if shapes.len() > SHAPES as usize {
        return Err(Surplus { lists: with_surplus_shapes(lists), error: PackError::TooManyShapes(shapes.len()) });
    }
    if let Some(longest) = lists.iter().map(|list| list.longest()).max().filter(|longest| *longest > PATH) {
        let lists = (0..).zip(lists).filter(|(_, list)| list.longest() > PATH).map(|(number, _)| number).collect();
        return Err(Surplus { lists, error: PackError::PathTooLong(longest) });
    }
    let (mut sources, source_of) = sources(lists, &shapes);
    let mut surplus: Option<(Vec<usize>, PackError)> = None;
    let mut heap = Heap::new(&mut sources);
    let mut entries = Entries::default();
    let mut path = Vec::new();
    let mut group = Vec::new();
    let mut variants: Vec<(u32, Cow<'_, [u8]>)> = Vec::new();
    while heap.take_least(&sources, &mut path, &mut group) {
        variants.clear();
        let mut chosen = [0; 2];
        // Nearly always one or two maps have the path; of more, the variants are looked up again below.
        for (position, source) in group.iter().enumerate() {
            let set = sources[*source].digest_set(strings);
            let variant = variants.iter().position(|known| *known == set).unwrap_or(variants.len());
            if variant == variants.len() {
                variants.push(set);
            }
            if let Some(chosen) = chosen.get_mut(position) {
                *chosen = variant;
            }
        }
        let is_surplus = variants.len() > VARIANTS as usize;
        for (position, number) in group.iter().enumerate() {
            let variant = chosen.get(position).copied().unwrap_or_else(|| {
                let set = sources[*number].digest_set(strings);
                variants.iter().position(|known| *known == set).unwrap_or(0)
            });
            if is_surplus && variant >= VARIANTS as usize {
                let error = || PackError::TooManyVariants(String::from_utf8_lossy(&path).into_owned());
                surplus.get_or_insert_with(|| (Vec::new(), error())).0.push(*number);
            }
            let last = variant + 1 == variants.len();
            sources[*number].record(Place { path: entries.count, variant: variant as u32, last });
        }
        entries.push(&path, variants.iter().map(|(shape, digests)| (*shape, &**digests)));
        heap.put_back(&mut sources, &group);
    }
    if let Some((surplus, error)) = surplus {
        // All are known now, so that one more attempt will do.
        let lists = (0..).zip(&source_of).filter(|(_, source)| surplus.contains(source)).map(|(number, _)| number);
        return Err(Surplus { lists: lists.collect(), error });
    }
    entries.flush();
    let mut head = Vec::new();
    push_varint(&mut head, entries.count);
    push_varint(&mut head, shapes.len() as u32);
    for shape in shapes {
        push_varint(&mut head, shape.fields.len() as u32);
        for field in &shape.fields {
            push_varint(&mut head, strings.reference(&field.algorithm));
            push_varint(&mut head, field.bytes.unwrap_or(0));
        }
    }
    let others = head.len() + entries.bytes.len();
    if u32::try_from(others).is_err() {
        return Err(Surplus { lists: Vec::new(), error: PackError::TooLarge(Section::Artifacts) });
    }
    push_index(&mut head, &entries.offsets, others);
    let all: Vec<Runs> = sources.into_iter().map(Source::into_runs).collect();
    let runs = source_of.iter().map(|source| all[*source].clone()).collect();
    Ok(Artifacts { head, entries: entries.bytes, runs })
}

/// The lists with shapes for which those before them have left no room.
fn with_surplus_shapes(lists: &[&ArtifactList]) -> Vec<usize> {
    let mut known: Vec<&Shape> = Vec::new();
    let mut surplus = Vec::new();
    for (number, list) in lists.iter().enumerate() {
        let is_new = |shape: &&Shape| !is_built_in(shape) && !known.contains(shape);
        let mut new: Vec<&Shape> = list.shapes.iter().filter(is_new).collect();
        if known.len() + new.len() > SHAPES as usize {
            surplus.push(number);
        } else {
            known.append(&mut new);
        }
    }
    surplus
}

/// The different maps, and which of them each list is.
fn sources<'a>(lists: &[&'a ArtifactList], shapes: &[&Shape]) -> (Vec<Source<'a>>, Vec<usize>) {
    let number = |shape: &Shape| match shapes.iter().position(|known| *known == shape) {
        Some(position) => (position as u32 + 1, shape.is_binary()),
        None => (0, true),
    };
    let mut sources: Vec<Source<'a>> = Vec::new();
    let mut source_of = Vec::with_capacity(lists.len());
    for list in lists {
        // Products that the next step takes as its materials are often the very same map.
        let known = sources.iter().position(|source| {
            let other = source.cursor.list();
            list.order.is_none() && other.order.is_none() && list.is_copy_of(other)
        });
        source_of.push(known.unwrap_or(sources.len()));
        if known.is_none() {
            sources.push(Source {
                cursor: list.cursor(),
                shapes: list.shapes.iter().map(number).collect(),
                runs: Runs::default(),
                places: Vec::new(),
            });
        }
    }
    (sources, source_of)
}

/// The sources that have artifacts left, as a binary heap: the one with the least path first, among equals the first source.
struct Heap(Vec<usize>);

impl Heap {
    fn new(sources: &mut [Source<'_>]) -> Self {
        let mut heap = Self(Vec::with_capacity(sources.len()));
        heap.put_back(sources, &(0..sources.len()).collect::<Vec<_>>());
        heap
    }

    /// Takes out all sources that stand at the least path, in order.
    fn take_least(&mut self, sources: &[Source<'_>], path: &mut Vec<u8>, group: &mut Vec<usize>) -> bool {
        group.clear();
        let Some(least) = self.0.first() else { return false };
        path.clear();
        path.extend_from_slice(sources[*least].path());
        while let Some(top) = self.0.first().copied()
            && (group.is_empty() || sources[top].path() == path.as_slice())
        {
            group.push(top);
            self.0.swap_remove(0);
            self.sink(sources);
        }
        true
    }

    /// Moves these sources on, and puts those back that have another artifact.
    fn put_back(&mut self, sources: &mut [Source<'_>], group: &[usize]) {
        for number in group {
            if sources[*number].cursor.next() {
                self.0.push(*number);
                self.rise(sources);
            }
        }
    }

    fn order(sources: &[Source<'_>], one: usize, other: usize) -> Ordering {
        sources[one].path().cmp(sources[other].path()).then(one.cmp(&other))
    }

    /// Lets the top sink to its place.
    fn sink(&mut self, sources: &[Source<'_>]) {
        let heap = &mut self.0;
        let mut position = 0;
        loop {
            let children = 2 * position + 1..(2 * position + 3).min(heap.len());
            let least = children.min_by(|one, other| Self::order(sources, heap[*one], heap[*other]));
            match least {
                Some(child) if Self::order(sources, heap[child], heap[position]).is_lt() => {
                    heap.swap(child, position);
                    position = child;
                }
                _ => return,
            }
        }
    }

    /// Lets the last one rise to its place.
    fn rise(&mut self, sources: &[Source<'_>]) {
        let heap = &mut self.0;
        let mut position = heap.len() - 1;
        while position > 0 {
            let parent = (position - 1) / 2;
            if Self::order(sources, heap[position], heap[parent]).is_ge() {
                return;
            }
            heap.swap(position, parent);
            position = parent;
        }
    }
}
