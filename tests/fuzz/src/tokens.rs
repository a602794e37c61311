//! Well-formed bundles around any tokens, written from BUNDLE.md, with the value that the tokens stand for.

use arbitrary::Arbitrary;
use sitrep_core::bundle::{Form, Piece, TEMPLATE_COUNT, WORDS, template_piece};

use crate::json::Json;
use crate::parts::{Dsse, Envelope, Parts, push_varint};
use crate::rebuild;

/// References below this are words.
const HOT_WORDS: u32 = 16;

/// A bundle with one envelope.
#[derive(Arbitrary, Clone, Debug)]
pub struct Drawn {
    strings: Vec<DrawnString>,
    /// Paths, each with its digest sets.
    paths: Vec<(DrawnString, Vec<DrawnDigests>)>,
    /// The payload.
    pub node: Node,
    /// Is it a DSSE envelope, and if so in which style? The first byte, and the number of spaces.
    pub style: Option<(u8, u8)>,
    /// Where the text does not follow it.
    pub patches: Vec<DrawnPatch>,
}

#[derive(Arbitrary, Clone, Debug)]
enum DrawnString {
    Hex(Vec<u8>),
    Letters(Vec<u8>),
    Text(String),
}

#[derive(Arbitrary, Clone, Debug)]
enum DrawnDigests {
    Sha256(u8),
    Others(Vec<(u8, DrawnString)>),
}

/// A patch: for which token, and what it says.
#[derive(Arbitrary, Clone, Debug)]
pub struct DrawnPatch {
    /// The token, by a number of which the remainder counts.
    pub token: u16,
    /// White space before it; otherwise another spelling of a string.
    pub space: Option<Vec<u8>>,
}

/// One value, as it is stored.
#[derive(Arbitrary, Clone, Debug)]
pub enum Node {
    /// `null`, `true`, `false`
    Literal(u8),
    /// Code 3.
    Small(u32),
    /// Code 4.
    Number(DrawnNumber),
    /// Code 5.
    Word(u8),
    /// Code 56 and above.
    Text(u8),
    /// Codes 6, 16 to 23.
    Array(bool, Vec<Node>),
    /// Code 7.
    Object(Vec<(Key, Node)>),
    /// Codes 24 to 55.
    Template(u8, Vec<Node>),
    /// Codes 8 to 13: form, and for each run first path, count, variant.
    Artifacts(u8, Vec<(u8, u8, u8)>),
    /// So many arrays around a value.
    Deep(u8, Box<Node>),
}

/// A string token.
#[derive(Arbitrary, Clone, Debug)]
pub enum Key {
    /// Code 5.
    Word(u8),
    /// Code 56 and above.
    Text(u8),
}

/// A JSON number.
#[derive(Arbitrary, Clone, Debug)]
pub struct DrawnNumber {
    minus: bool,
    integer: u64,
    fraction: Option<u16>,
    exponent: Option<(bool, i8)>,
}

impl DrawnNumber {
    fn text(&self) -> String {
        let mut text = format!("{}{}", if self.minus { "-" } else { "" }, self.integer);
        if let Some(fraction) = self.fraction {
            text += &format!(".{fraction:03}");
        }
        if let Some((upper, exponent)) = self.exponent {
            text += &format!("{}{exponent:+}", if upper { 'E' } else { 'e' });
        }
        text
    }
}

const LETTERS: [char; 16] =
    ['a', 'b', '/', '.', '"', '\\', '<', '&', '\n', '\x08', '\x7f', '\u{2028}', 'é', '\u{1f600}', '0', '\0'];

impl DrawnString {
    /// Is it stored as hexadecimal, and its bytes; at most 40 of them.
    fn stored(&self) -> (bool, Vec<u8>) {
        match self {
            Self::Hex(bytes) => (true, bytes.iter().take(40).copied().collect()),
            Self::Letters(numbers) => {
                let text: String = numbers.iter().take(12).map(|number| LETTERS[usize::from(number % 16)]).collect();
                (false, text.into_bytes())
            }
            Self::Text(text) => (false, text.chars().take(12).collect::<String>().into_bytes()),
        }
    }

    fn value(&self) -> String {
        value(&self.stored())
    }
}

fn value((is_hex, bytes): &(bool, Vec<u8>)) -> String {
    if *is_hex { hex(bytes) } else { String::from_utf8_lossy(bytes).into_owned() }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One digest set: the shape that it is stored in, its bytes there, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Digests {
    /// Algorithms (string references) and forms.
    shape: Vec<(u32, u32)>,
    bytes: Vec<u8>,
    says: Vec<(String, Json)>,
}

/// A bundle that is being written.
struct Writer {
    parts: Parts,
    /// What the strings say.
    strings: Vec<String>,
    /// Paths with their variants, ascending.
    paths: Vec<(String, Vec<Digests>)>,
    tokens: Vec<u8>,
    artifact_count: usize,
    has_path_twice: bool,
    has_empty_map: bool,
    has_descriptors: bool,
}

/// What was written.
pub struct Written {
    /// The bundle, with an envelope whose patches and payload length are still missing.
    pub parts: Parts,
    /// The value of its payload.
    pub value: Json,
    /// How many artifacts all maps and lists have.
    pub artifact_count: usize,
    /// Does a path stand twice in one of them?
    pub has_path_twice: bool,
    /// Is there a map without any? It counts for two levels of nesting all the same.
    pub has_empty_map: bool,
    /// Is there a list of descriptors? Canonical JSON has none.
    pub has_descriptors: bool,
}

impl Drawn {
    /// The bundle, and what is to be expected of it.
    #[must_use]
    pub fn write(&self) -> Written {
        let mut parts =
            Parts { strings: self.strings.iter().take(40).map(DrawnString::stored).collect(), ..Parts::default() };
        // So that there is a string for every reference, and for what descriptors say.
        parts.strings.extend(["x", "uri", "digest"].map(|text| (false, text.as_bytes().to_vec())));
        let strings = parts.strings.iter().map(value).collect();
        let mut writer = Writer {
            parts,
            strings,
            paths: Vec::new(),
            tokens: Vec::new(),
            artifact_count: 0,
            has_path_twice: false,
            has_empty_map: false,
            has_descriptors: false,
        };
        writer.add_paths(&self.paths);
        let value = writer.node(&self.node, 0);
        writer.parts.artifacts = writer.artifacts_section();
        let dsse = self.style.map(|(style, spaces)| Dsse { payload_type: 7, style, spaces, ..Dsse::default() });
        let kind = u8::from(dsse.is_some());
        writer.parts.envelopes.push(Envelope { kind, dsse, tokens: writer.tokens, ..Envelope::default() });
        let Writer { parts, artifact_count, has_path_twice, has_empty_map, has_descriptors, .. } = writer;
        Written { parts, value, artifact_count, has_path_twice, has_empty_map, has_descriptors }
    }
}

impl Writer {
    fn reference(&self, number: u8) -> (u32, String) {
        let total = HOT_WORDS + self.strings.len() as u32;
        let reference = u32::from(number) % total;
        let text = match reference.checked_sub(HOT_WORDS) {
            Some(own) => self.strings[own as usize].clone(),
            None => WORDS[reference as usize].to_owned(),
        };
        (reference, text)
    }

    fn add_paths(&mut self, drawn: &[(DrawnString, Vec<DrawnDigests>)]) {
        for (path, sets) in drawn.iter().take(150) {
            let path = path.value();
            if path.is_empty() || self.paths.iter().any(|(own, _)| *own == path) {
                continue;
            }
            let mut variants: Vec<Digests> = Vec::new();
            for set in sets.iter().take(4) {
                let digests = self.digests(set);
                if !variants.iter().any(|other| other.shape == digests.shape && other.bytes == digests.bytes) {
                    variants.push(digests);
                }
            }
            if variants.is_empty() {
                variants.push(self.digests(&DrawnDigests::Sha256(0)));
            }
            self.paths.push((path, variants));
        }
        self.paths.sort_by(|(one, _), (other, _)| one.as_bytes().cmp(other.as_bytes()));
    }

    fn digests(&self, drawn: &DrawnDigests) -> Digests {
        let mut digests = Digests { shape: Vec::new(), bytes: Vec::new(), says: Vec::new() };
        match drawn {
            DrawnDigests::Sha256(byte) => {
                digests.shape.push((2, 32));
                digests.bytes = vec![*byte; 32];
                digests.says.push(("sha256".to_owned(), Json::Text(hex(&[*byte; 32]))));
            }
            DrawnDigests::Others(fields) => {
                for (algorithm, digest) in fields.iter().take(5) {
                    let (reference, name) = self.reference(*algorithm);
                    if digests.says.iter().any(|(own, _)| *own == name) {
                        continue;
                    }
                    let (is_hex, bytes) = digest.stored();
                    if is_hex && !bytes.is_empty() {
                        digests.shape.push((reference, bytes.len() as u32));
                        digests.says.push((name, Json::Text(hex(&bytes))));
                        digests.bytes.extend(bytes);
                    } else {
                        let (value, text) = self.reference(bytes.first().copied().unwrap_or(0));
                        digests.shape.push((reference, 0));
                        push_varint(&mut digests.bytes, value);
                        digests.says.push((name, Json::Text(text)));
                    }
                }
            }
        }
        digests
    }

    /// BUNDLE.md, section 4.
    fn artifacts_section(&self) -> Vec<u8> {
        let sha256 = [(2, 32)];
        let mut shapes: Vec<&[(u32, u32)]> = vec![&sha256];
        let mut entries = Vec::new();
        let mut index = Vec::new();
        let (mut last, mut current) = (&b""[..], 0);
        for (number, (path, variants)) in self.paths.iter().enumerate() {
            if number % 64 == 0 {
                (last, current) = (b"", 0);
                if number > 0 {
                    index.extend((entries.len() as u16).to_le_bytes());
                }
            }
            let mut numbers = Vec::new();
            for digests in variants {
                let known = shapes.iter().position(|shape| **shape == digests.shape);
                numbers.push(known.unwrap_or(shapes.len()));
                if known.is_none() {
                    shapes.push(&digests.shape);
                }
            }
            if numbers.len() > 1 {
                entries.push(241);
                push_varint(&mut entries, numbers.len() as u32);
            } else if numbers[0] != current {
                current = numbers[0];
                entries.push(240);
                push_varint(&mut entries, current as u32);
            }
            let path = path.as_bytes();
            let shared = last.iter().zip(path).take_while(|(one, other)| one == other).count();
            let (new, replaced) = (path.len() - shared, last.len() - shared);
            // The suffix is empty throughout: `same` says so, as it is empty at the start of each block.
            entries.push((new.min(14) as u8) << 4 | (replaced.min(7) as u8) << 1 | 1);
            if new >= 14 {
                push_varint(&mut entries, new as u32 - 14);
            }
            if replaced >= 7 {
                push_varint(&mut entries, replaced as u32 - 7);
            }
            entries.extend(&path[shared..]);
            for (digests, shape) in variants.iter().zip(&numbers) {
                if numbers.len() > 1 {
                    entries.push(*shape as u8);
                }
                entries.extend(&digests.bytes);
            }
            last = path;
        }
        let mut section = Vec::new();
        push_varint(&mut section, self.paths.len() as u32);
        push_varint(&mut section, shapes.len() as u32 - 1);
        for shape in &shapes[1..] {
            push_varint(&mut section, shape.len() as u32);
            for (algorithm, form) in *shape {
                push_varint(&mut section, *algorithm);
                push_varint(&mut section, *form);
            }
        }
        [section, index, entries].concat()
    }

    fn push(&mut self, number: u32) {
        push_varint(&mut self.tokens, number);
    }

    /// Writes the tokens of a value; gives the value.
    fn node(&mut self, node: &Node, depth: usize) -> Json {
        match node {
            Node::Literal(number) => {
                self.push(u32::from(number % 3));
                [Json::Null, Json::Bool(true), Json::Bool(false)][usize::from(number % 3)].clone()
            }
            Node::Small(number) => {
                self.push(3);
                self.push(*number);
                Json::Number(number.to_string())
            }
            Node::Number(number) => {
                let text = number.text();
                self.push(4);
                self.push(text.len() as u32);
                self.tokens.extend(text.as_bytes());
                Json::Number(text)
            }
            Node::Word(_) | Node::Text(_) => {
                let key = match node {
                    Node::Word(number) => Key::Word(*number),
                    Node::Text(number) => Key::Text(*number),
                    _ => return Json::Null,
                };
                Json::Text(self.string(&key))
            }
            Node::Array(short, items) => {
                let items = &items[..items.len().min(40)];
                if *short && items.len() < 8 {
                    self.push(16 + items.len() as u32);
                } else {
                    self.push(6);
                    self.push(items.len() as u32);
                }
                Json::Array(items.iter().map(|item| self.node(item, depth + 1)).collect())
            }
            Node::Object(members) => {
                let members = &members[..members.len().min(40)];
                self.push(7);
                self.push(members.len() as u32);
                let members = members.iter().map(|(key, value)| (self.string(key), self.node(value, depth + 1)));
                Json::Object(members.collect())
            }
            Node::Template(number, places) => {
                let number = usize::from(*number) % TEMPLATE_COUNT;
                self.push(24 + number as u32);
                let mut pieces = (0..).map_while(|position| template_piece(number, position));
                let mut places = places.iter();
                let first = pieces.next().expect("a template is not empty");
                self.template(first, &mut pieces, &mut places, depth)
            }
            Node::Artifacts(form, runs) => self.artifacts(*form, runs),
            Node::Deep(count, node) => {
                let count = if depth < 100 { count % 40 } else { 0 };
                for _ in 0..count {
                    self.push(17);
                }
                let value = self.node(node, depth + usize::from(count));
                (0..count).fold(value, |value, _| Json::Array(vec![value]))
            }
        }
    }

    fn string(&mut self, key: &Key) -> String {
        match key {
            Key::Word(number) => {
                let number = usize::from(*number) % WORDS.len();
                self.push(5);
                self.push(number as u32);
                WORDS[number].to_owned()
            }
            Key::Text(number) => {
                let (reference, text) = self.reference(*number);
                self.push(56 + reference);
                text
            }
        }
    }

    fn template<'n>(
        &mut self,
        piece: Piece,
        pieces: &mut impl Iterator<Item = Piece>,
        places: &mut impl Iterator<Item = &'n Node>,
        depth: usize,
    ) -> Json {
        match piece {
            Piece::Text(text) => Json::text(text),
            Piece::Place => self.node(places.next().unwrap_or(&Node::Literal(0)), depth + 2),
            Piece::Array => {
                let mut items = Vec::new();
                while let Some(piece) = pieces.next().filter(|piece| *piece != Piece::End) {
                    items.push(self.template(piece, pieces, places, depth));
                }
                Json::Array(items)
            }
            Piece::Object => {
                let mut members = Vec::new();
                while let Some(Piece::Key(key)) = pieces.next() {
                    let piece = pieces.next().expect("a key has a value");
                    members.push((key.to_owned(), self.template(piece, pieces, places, depth)));
                }
                Json::Object(members)
            }
            Piece::Key(_) | Piece::End => unreachable!("no value starts so"),
        }
    }

    /// Runs as they may be written: where a path would stand twice, as unordered runs, which the reader has to refuse.
    fn artifacts(&mut self, drawn_form: u8, drawn: &[(u8, u8, u8)]) -> Json {
        let form = [Form::Map, Form::NameFirst, Form::DigestFirst, Form::Descriptors][usize::from(drawn_form % 4)];
        let mut runs: Vec<(usize, usize, usize)> = Vec::new();
        for (first, count, variant) in drawn.iter().take(20) {
            if self.paths.is_empty() {
                break;
            }
            let first = usize::from(*first) % self.paths.len();
            let count = 1 + usize::from(*count) % (self.paths.len() - first);
            let most = self.paths[first..first + count].iter().map(|(_, variants)| variants.len()).max().unwrap_or(1);
            runs.push((first, count, usize::from(*variant) % most));
        }
        if runs.is_empty() && form != Form::Map {
            self.push(16);
            return Json::Array(Vec::new());
        }
        let ascends = runs.array_windows().all(|[one, other]| one.0 + one.1 <= other.0);
        let code = match form {
            Form::Map => 8,
            Form::NameFirst => 10,
            Form::DigestFirst => 12,
            Form::Descriptors => 14,
        };
        self.push(code + u32::from(!ascends));
        self.push(runs.len() as u32);
        let mut end = 0;
        let mut entries = Vec::new();
        for (first, count, variant) in runs {
            let gap = first as i64 - end as i64;
            let zigzag = if gap < 0 { -2 * gap - 1 } else { 2 * gap };
            self.push(if ascends { gap } else { zigzag } as u32);
            self.push((count as u32) << 1 | u32::from(variant > 0));
            if variant > 0 {
                self.push(variant as u32);
            }
            end = first + count;
            for (path, variants) in &self.paths[first..first + count] {
                let digests = &variants[variant.min(variants.len() - 1)];
                entries.push((path.clone(), Json::Object(digests.says.clone())));
            }
        }
        self.artifact_count += entries.len();
        self.has_empty_map |= entries.is_empty();
        let mut paths = std::collections::HashSet::new();
        self.has_path_twice |= !entries.iter().all(|(path, _)| paths.insert(path.clone()));
        if form == Form::Descriptors {
            self.descriptors(drawn_form, entries)
        } else {
            rebuild::artifacts(form, entries)
        }
    }

    /// The entries of a list of descriptors, whose members are drawn by the bits of `drawn`.
    fn descriptors(&mut self, drawn: u8, entries: Vec<(String, Json)>) -> Json {
        self.has_descriptors = true;
        let outer = std::mem::take(&mut self.tokens);
        self.push(6);
        self.push(entries.len() as u32);
        let [uri, digest] = [2, 1].map(|from_end| 56 + HOT_WORDS + (self.strings.len() - from_end) as u32);
        let mut items = Vec::new();
        for (number, (path, digests)) in entries.into_iter().enumerate() {
            let bits = (drawn >> 2).rotate_left(number as u32 % 8);
            let mut members = Vec::new();
            if bits & 1 == 0 {
                members.push((vec![5, 9], vec![0], "name", Json::Text(path.clone())));
            }
            if bits & 3 != 0 {
                // In the place of a name, or beside one.
                let own = if bits & 1 == 0 {
                    (vec![17, 0], Json::Array(vec![Json::Null]))
                } else {
                    (vec![0], Json::Text(path))
                };
                members.push((vec![uri], own.0, "uri", own.1));
            }
            members.insert(usize::from(bits >> 2) % (members.len() + 1), (vec![digest], vec![0], "digest", digests));
            if bits & 8 != 0 {
                members.insert(0, (vec![5, 10], vec![2], WORDS[10], Json::Bool(false)));
            }
            self.push(7);
            self.push(members.len() as u32);
            for (key, value, ..) in &members {
                key.iter().chain(value).for_each(|number| self.push(*number));
            }
            items.push(Json::Object(members.into_iter().map(|(.., key, value)| (key.to_owned(), value)).collect()));
        }
        let entries = std::mem::replace(&mut self.tokens, outer);
        self.push(entries.len() as u32);
        self.tokens.extend(entries);
        Json::Array(items)
    }
}
