//! Artifact maps, `{path: {algorithm: value, ...}, ...}`, and artifact lists, `[{"name": path, "digest": {...}}, ...]`, with hundreds of
//! thousands of entries, without an allocation for each.

use sitrep_core::bundle::Form;

use crate::json::common_prefix;

/// One algorithm of a digest set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// The algorithm's name.
    pub(crate) algorithm: String,
    /// How many bytes the value's lower-case hexadecimal digits stand for; `None` for any other value.
    pub(crate) bytes: Option<u32>,
}

/// Bytes that a value takes which is no hexadecimal: its place in [`ArtifactList::text`].
const TEXT_FIELD: usize = 8;

impl Field {
    /// Bytes that the value takes in [`ArtifactList`].
    pub(crate) fn size(&self) -> usize {
        self.bytes.map_or(TEXT_FIELD, |bytes| bytes as usize)
    }
}

/// The algorithms of a digest set, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) fields: Vec<Field>,
}

impl Shape {
    fn size(&self) -> usize {
        self.fields.iter().map(Field::size).sum()
    }

    /// Are all values hexadecimal?
    pub(crate) fn is_binary(&self) -> bool {
        self.fields.iter().all(|field| field.bytes.is_some())
    }
}

/// The artifacts of one map or list, their paths ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ArtifactList {
    /// How they are written.
    pub(crate) form: Form,
    count: u32,
    /// For each path: how many bytes it shares with the one before, how many follow (both as varints), and these.
    paths: Vec<u8>,
    /// The values of all digest sets, as their shapes say.
    digests: Vec<u8>,
    /// The shapes in use.
    pub(crate) shapes: Vec<Shape>,
    /// From which artifact on which shape holds.
    changes: Vec<(u32, u32)>,
    /// Values that are no hexadecimal.
    text: String,
    /// Bytes of the longest path.
    longest: usize,
    /// Where the document does not ascend: the rank of each of its artifacts.
    pub(crate) order: Option<Vec<u32>>,
    /// Of a list of descriptors, the position of its array in the payload's tree, in which names and digest sets are hidden.
    pub(crate) entries: Option<usize>,
}

impl ArtifactList {
    /// No artifacts yet.
    pub(crate) const fn new(form: Form) -> Self {
        Self {
            form,
            count: 0,
            paths: Vec::new(),
            digests: Vec::new(),
            shapes: Vec::new(),
            changes: Vec::new(),
            text: String::new(),
            longest: 0,
            order: None,
            entries: None,
        }
    }

    pub(crate) const fn count(&self) -> u32 {
        self.count
    }

    /// Bytes of the longest path.
    pub(crate) const fn longest(&self) -> usize {
        self.longest
    }

    /// Is it certain without looking at each artifact that both hold the same in the same shapes, however they are written?
    pub(crate) fn is_copy_of(&self, other: &Self) -> bool {
        self.count == other.count
            && self.paths == other.paths
            && self.digests == other.digests
            && self.changes == other.changes
            && self.shapes == other.shapes
            && self.text == other.text
    }

    /// A value that is no hexadecimal, from the bytes that stand for it.
    pub(crate) fn text_value(&self, field: &[u8]) -> &str {
        let numbers = field.as_chunks::<4>().0;
        let [start, length] = [0, 1].map(|index| numbers.get(index).map_or(0, |number| u32::from_le_bytes(*number)));
        self.text.get(start as usize..(start + length) as usize).unwrap_or("")
    }

    /// Adds the bytes that stand for a value.
    pub(crate) fn push_value(&mut self, bytes: &[u8]) {
        self.digests.extend_from_slice(bytes);
    }

    pub(super) fn push_text_value(&mut self, value: &str) {
        for number in [self.text.len() as u32, value.len() as u32] {
            self.digests.extend_from_slice(&number.to_le_bytes());
        }
        self.text.push_str(value);
    }

    pub(super) fn digests(&mut self) -> &mut Vec<u8> {
        &mut self.digests
    }

    /// Adds a path of which the first `shared` bytes are those of the path before. Its digests come before or after it.
    #[inline]
    pub(crate) fn push_path(&mut self, shared: usize, rest: &[u8]) {
        if (shared | rest.len()) < 0x80 {
            self.paths.extend_from_slice(&[shared as u8, rest.len() as u8]);
        } else {
            push_varint(&mut self.paths, shared);
            push_varint(&mut self.paths, rest.len());
        }
        self.paths.extend_from_slice(rest);
        self.longest = self.longest.max(shared + rest.len());
        self.count += 1;
    }

    /// Says that the next artifact and those after it have this shape.
    pub(crate) fn set_shape(&mut self, shape: u32) {
        if self.changes.last().is_none_or(|(_, last)| *last != shape) {
            self.changes.push((self.count, shape));
        }
    }

    /// The same artifacts with ascending paths; `None` where a path stands in it twice. The order in which they were is kept where it counts.
    pub(super) fn sorted(&self, order_counts: bool) -> Option<Self> {
        let mut all = String::new().into_bytes();
        let mut entries = Vec::with_capacity(self.count as usize);
        let mut cursor = self.cursor();
        while cursor.next() {
            let start = all.len();
            all.extend_from_slice(&cursor.path);
            entries.push((start..all.len(), cursor.shape, cursor.digests));
        }
        let path = |entry: u32| entries.get(entry as usize).and_then(|(path, ..)| all.get(path.clone())).unwrap_or(&[]);
        let mut ranked: Vec<u32> = (0..self.count).collect();
        ranked.sort_by(|one, other| path(*one).cmp(path(*other)));
        if ranked.array_windows().any(|[one, other]| path(*one) == path(*other)) {
            return None;
        }
        let mut sorted = Self { shapes: self.shapes.clone(), text: self.text.clone(), ..Self::new(self.form) };
        let mut order = vec![0; entries.len()];
        let mut last: &[u8] = &[];
        for (rank, entry) in (0..).zip(&ranked) {
            let Some((_, shape, digests)) = entries.get(*entry as usize) else { continue };
            sorted.set_shape(*shape);
            sorted.push_value(digests);
            let path = path(*entry);
            let shared = common_prefix(last, path);
            sorted.push_path(shared, path.get(shared..).unwrap_or(&[]));
            last = path;
            if let Some(place) = order.get_mut(*entry as usize) {
                *place = rank;
            }
        }
        sorted.order = order_counts.then_some(order);
        Some(sorted)
    }

    /// After how many of its artifacts the document goes on with another than the next path.
    pub(super) fn breaks(&self) -> usize {
        let order = self.order.as_deref().unwrap_or(&[]);
        order.array_windows().filter(|[one, other]| one + 1 != *other).count()
    }

    pub(crate) fn cursor(&self) -> Cursor<'_> {
        Cursor {
            list: self,
            paths: &self.paths,
            rest: &self.digests,
            changes: &self.changes,
            next: 0,
            size: 0,
            path: Vec::new(),
            shape: 0,
            digests: &[],
        }
    }
}

/// Reads the artifacts of a list in order.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'l> {
    list: &'l ArtifactList,
    paths: &'l [u8],
    rest: &'l [u8],
    changes: &'l [(u32, u32)],
    next: u32,
    size: usize,
    /// The current path.
    pub(crate) path: Vec<u8>,
    /// Number of the current artifact's shape.
    pub(crate) shape: u32,
    /// The values of the current artifact's digest set.
    pub(crate) digests: &'l [u8],
}

impl<'l> Cursor<'l> {
    pub(crate) const fn list(&self) -> &'l ArtifactList {
        self.list
    }

    /// Moves to the next artifact; false at the end.
    #[inline]
    pub(crate) fn next(&mut self) -> bool {
        if self.next == self.list.count {
            return false;
        }
        if let Some(((first, shape), rest)) = self.changes.split_first()
            && *first == self.next
        {
            self.changes = rest;
            self.shape = *shape;
            self.size = self.list.shapes.get(*shape as usize).map_or(0, Shape::size);
        }
        let shared = take_varint(&mut self.paths);
        let length = take_varint(&mut self.paths);
        let (rest, paths) = self.paths.split_at_checked(length).unwrap_or_default();
        self.path.truncate(shared);
        self.path.extend_from_slice(rest);
        self.paths = paths;
        (self.digests, self.rest) = self.rest.split_at_checked(self.size).unwrap_or_default();
        self.next += 1;
        true
    }
}

fn push_varint(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[inline]
fn take_varint(input: &mut &[u8]) -> usize {
    let (mut value, mut shift) = (0, 0);
    while let Some((byte, rest)) = input.split_first() {
        *input = rest;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
        shift += 7;
    }
    value
}
