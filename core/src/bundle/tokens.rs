//! The token stream of a payload, read as events (BUNDLE.md, section 6).
//!
//! There is one reader: the bytes that are hashed and the values that decisions are taken from both come out of it.

use super::strings::{Str, Strings, word};
use super::templates::{Piece, template_piece};
use crate::error::{Code, Error, Result};
use crate::features::Features;
use crate::limits::{NESTING, UNORDERED_MEMBERS, UNORDERED_RUNS, Work};
use crate::wire::{Input, Offset};

/// A number of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number<'b> {
    /// A small integer, written in decimal.
    Integer(u32),
    /// Any other JSON number, as written.
    Text(&'b str),
}

impl Number<'_> {
    /// Is it an integer in its only canonical spelling: no fraction, no exponent, no minus zero?
    #[must_use]
    pub fn is_canonical_integer(&self) -> bool {
        match self {
            Self::Integer(_) => true,
            Self::Text(_) if !Features::BUILD.has(Features::NUMBERS) => false,
            Self::Text(text) => *text != "-0" && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit()),
        }
    }

    /// The value, where it is an integer that fits 32 bits without a sign.
    #[must_use]
    pub fn to_u32(&self) -> Option<u32> {
        match self {
            Self::Integer(value) => Some(*value),
            Self::Text(_) if !Features::BUILD.has(Features::NUMBERS) => None,
            Self::Text(text) => text.parse().ok(),
        }
    }
}

/// One event of a payload, in document order.
#[derive(Clone, Copy, Debug)]
pub enum Event<'b> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(Number<'b>),
    /// A string value.
    Text(Str<'b>),
    /// `{`
    ObjectStart,
    /// The key of the next member.
    Key(Str<'b>),
    /// `[`
    ArrayStart,
    /// `}` or `]`, of the container opened last.
    End,
    /// A whole object or array of artifacts; [`ArtifactRuns::form`] says which.
    Artifacts(ArtifactRuns<'b>),
}

/// Consecutive paths of an artifact map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Number of the first path.
    pub first: u32,
    /// How many paths; at least 1.
    pub count: u32,
    /// Which variant of each path, or its last where it has fewer.
    pub variant: u32,
}

impl Run {
    /// The number after the last path.
    #[must_use]
    pub const fn end(&self) -> u32 {
        self.first.saturating_add(self.count)
    }
}

/// How artifacts are written in the JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// An artifact map, as in links: `{path: {algorithm: value, ...}, ...}`.
    Map,
    /// An artifact list, as in statements: `[{"name": path, "digest": {algorithm: value, ...}}, ...]`.
    NameFirst,
    /// The same with the members of each entry the other way round.
    DigestFirst,
    /// A list of descriptors, whose entries have further members, or say `uri` in the place of `name`. Of these the payload's tokens tell.
    Descriptors,
}

/// The code of the first of the tokens for artifact maps and lists: two for each form, ascending and in no order.
const MAPS: u32 = 8;

/// The runs of an artifact map or list, checked for form; reading them starts anew with each copy.
#[derive(Clone, Copy, Debug)]
pub struct ArtifactRuns<'b> {
    /// The code of the token that they follow: it says the form and the order. A number, as a device copies whole words.
    code: u32,
    left: u32,
    end: u32,
    input: Input<'b>,
}

impl<'b> ArtifactRuns<'b> {
    /// A map without artifacts.
    pub const EMPTY: Self = ArtifactRuns { code: MAPS, left: 0, end: 0, input: Input::new(&[]) };

    fn take(input: &mut Input<'b>, code: u32) -> Result<Self> {
        let left = input.varint()?;
        let all = Self { code, left, end: 0, input: *input };
        if !all.ascending() && left > UNORDERED_RUNS {
            return Err(Code::LimitUnordered.into());
        }
        let mut runs = all;
        let (mut ascends, mut end) = (true, 0);
        while let Some(run) = runs.next_run()? {
            ascends = ascends && run.first >= end;
            end = run.end();
        }
        *input = runs.input;
        // Ascending maps have a code of their own, and an empty list is spelled out; two spellings would be one too many.
        if (ascends && !all.ascending()) || (left == 0 && all.form() != Form::Map) {
            return Err(Code::BundleToken.into());
        }
        Ok(all)
    }

    /// How they are written.
    #[must_use]
    pub const fn form(&self) -> Form {
        match self.code.saturating_sub(MAPS) >> 1 {
            0 => Form::Map,
            1 => Form::NameFirst,
            2 => Form::DigestFirst,
            _ => Form::Descriptors,
        }
    }

    /// Do the paths stand in ascending order?
    #[must_use]
    pub const fn ascending(&self) -> bool {
        self.code.is_multiple_of(2) || !Features::BUILD.has(Features::UNORDERED)
    }

    /// The next run.
    ///
    /// # Errors
    /// A code of class `bundle` where the tokens are damaged.
    pub fn next_run(&mut self) -> Result<Option<Run>> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let gap = self.input.varint()?;
        let first = if self.ascending() {
            self.end.checked_add(gap)
        } else {
            // Zigzag: even numbers count up, odd ones down.
            let distance = gap >> 1;
            if gap & 1 == 0 {
                self.end.checked_add(distance)
            } else {
                self.end.checked_sub(distance).and_then(|end| end.checked_sub(1))
            }
        };
        let first = first.ok_or(Code::BundleToken)?;
        let head = self.input.varint()?;
        let count = head >> 1;
        let variant = if head & 1 == 0 { 0 } else { self.input.varint()? };
        self.end = first.checked_add(count).ok_or(Code::BundleToken)?;
        if count == 0 || (head & 1 == 1 && variant == 0) {
            return Err(Code::BundleToken.into());
        }
        Ok(Some(Run { first, count, variant }))
    }

    /// How many artifacts the map has.
    ///
    /// # Errors
    /// A code of class `bundle` where the tokens are damaged.
    pub fn count(mut self) -> Result<u32> {
        let mut count: u32 = 0;
        while let Some(run) = self.next_run()? {
            count = count.saturating_add(run.count);
        }
        Ok(count)
    }

    /// How many runs there are; each takes two bytes or more.
    pub(crate) const fn runs(&self) -> u32 {
        self.left
    }

    /// How many units of work it takes to compare each run with every other.
    pub(crate) const fn pairs(&self) -> u32 {
        self.left.saturating_mul(self.left).saturating_mul(3)
    }

    /// Does no path stand in the map twice? Ascending runs cannot overlap; the others are compared pairwise.
    pub(crate) fn is_distinct(mut self) -> Result<bool> {
        if self.ascending() {
            return Ok(true);
        }
        while let Some(run) = self.next_run()? {
            let mut later = self;
            while let Some(other) = later.next_run()? {
                if run.first < other.end() && other.first < run.end() {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

/// A container that is being read.
#[derive(Clone, Copy, Debug)]
enum Frame {
    /// An array or object with so many values to come. In an object, `key` says that a key is next.
    Counted { left: u32, object: bool, key: bool },
    /// A template, and which of its pieces comes next. Numbers instead of a slice: devices keep a stack of these.
    Template { number: u8, next: u8 },
}

/// Reads one value as events.
#[derive(Clone, Debug)]
pub struct Reader<'b> {
    strings: &'b Strings<'b>,
    tokens: &'b [u8],
    input: Input<'b>,
    stack: heapless::Vec<Frame, NESTING>,
    depth: usize,
    started: bool,
    /// Where the entries start of the list of descriptors that was read last; and whether they come next.
    entries: u32,
    is_entered: bool,
}

impl<'b> Reader<'b> {
    /// Reads the value that starts at `offset` of an envelope's tokens.
    #[inline(never)]
    pub(crate) fn new(strings: &'b Strings<'b>, tokens: &'b [u8], offset: u32) -> Self {
        let input = Input::new(tokens.get(offset as usize..).unwrap_or(&[]));
        Self {
            strings,
            tokens,
            input,
            stack: heapless::Vec::new(),
            depth: 0,
            started: false,
            entries: 0,
            is_entered: false,
        }
    }

    /// Where the next value starts, for another reader to begin with. Meaningful only where a value stands in a place of a template or in
    /// a counted container, as all members do that sitrep comes back to (a test of the templates says so).
    pub(crate) const fn offset(&self) -> u32 {
        self.tokens.len().saturating_sub(self.input.len()) as u32
    }

    /// What another reader of the same payload is made of.
    #[cfg(feature = "openpgp")]
    pub(crate) const fn payload(&self) -> (&'b Strings<'b>, &'b [u8]) {
        (self.strings, self.tokens)
    }

    /// How many bytes all tokens of the payload take.
    pub(crate) const fn length(&self) -> u32 {
        self.tokens.len() as u32
    }

    /// Is every token read?
    pub(crate) const fn is_at_end(&self) -> bool {
        self.input.is_empty()
    }

    /// Goes back to the entries of the list of descriptors that was just read, which are stepped over otherwise: the next events are theirs.
    pub(crate) fn enter(&mut self) {
        self.input = Input::new(self.tokens.get(self.entries as usize..).unwrap_or(&[]));
        self.is_entered = true;
    }

    /// The next event; `None` after the value.
    ///
    /// # Errors
    /// A code of class `bundle` or `limit` where the tokens are damaged.
    pub fn next_event(&mut self) -> Result<Option<Event<'b>>> {
        if self.is_entered && Features::BUILD.has(Features::LINK_STATEMENTS) {
            // They are no further member or element of what is around them.
            self.is_entered = false;
            return self.value().map(Some);
        }
        let Some(frame) = self.stack.last_mut() else {
            if self.started {
                return Ok(None);
            }
            self.started = true;
            return self.value().map(Some);
        };
        match frame {
            Frame::Counted { left: 0, .. } => {
                self.stack.pop();
                self.end().map(Some)
            }
            Frame::Counted { key: key @ true, .. } => {
                *key = false;
                match self.value()? {
                    Event::Text(text) => Ok(Some(Event::Key(text))),
                    _ => Err(Code::BundleToken.into()),
                }
            }
            Frame::Counted { left, object, key } => {
                *left = left.saturating_sub(1);
                *key = *object;
                self.value().map(Some)
            }
            Frame::Template { number, next } => {
                let piece = template_piece(usize::from(*number), usize::from(*next)).ok_or(Code::BundleToken)?;
                *next = next.saturating_add(1);
                // The last piece is an end; the frame goes with it, so that the top is always a container that is still open.
                if template_piece(usize::from(*number), usize::from(*next)).is_none() {
                    self.stack.pop();
                }
                self.piece(piece).map(Some)
            }
        }
    }

    fn piece(&mut self, piece: Piece) -> Result<Event<'b>> {
        match piece {
            Piece::Object => self.start(Event::ObjectStart),
            Piece::Array => self.start(Event::ArrayStart),
            Piece::End => self.end(),
            Piece::Key(key) => Ok(Event::Key(Str::new(key))),
            Piece::Text(text) => Ok(Event::Text(Str::new(text))),
            Piece::Place => self.value(),
        }
    }

    fn start(&mut self, event: Event<'b>) -> Result<Event<'b>> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > NESTING { Err(Code::LimitNesting.into()) } else { Ok(event) }
    }

    fn end(&mut self) -> Result<Event<'b>> {
        self.depth = self.depth.saturating_sub(1);
        Ok(Event::End)
    }

    fn push(&mut self, frame: Frame) -> Result<()> {
        self.stack.push(frame).map_err(|_| Code::LimitNesting.into())
    }

    fn counted(&mut self, left: u32, object: bool) -> Result<Event<'b>> {
        self.push(Frame::Counted { left, object, key: object })?;
        self.start(if object { Event::ObjectStart } else { Event::ArrayStart })
    }

    /// Reads the token that starts the next value.
    fn value(&mut self) -> Result<Event<'b>> {
        let code = self.input.varint()?;
        match code {
            0 => Ok(Event::Null),
            1 => Ok(Event::Bool(true)),
            2 => Ok(Event::Bool(false)),
            3 => Ok(Event::Number(Number::Integer(self.input.varint()?))),
            4 => {
                self.strings.need(Features::NUMBERS)?;
                let length = self.input.length()?;
                let text = core::str::from_utf8(self.input.take(length)?).map_err(|_| Code::BundleToken)?;
                if !is_number(text.as_bytes()) {
                    return Err(Code::BundleToken.into());
                }
                Ok(Event::Number(Number::Text(text)))
            }
            5 => Ok(Event::Text(word(self.input.varint()?)?)),
            6 => {
                let count = self.input.varint()?;
                self.counted(count, false)
            }
            7 => {
                let count = self.input.varint()?;
                self.counted(count, true)
            }
            MAPS..16 => {
                if !code.is_multiple_of(2) {
                    self.strings.need(Features::UNORDERED)?;
                }
                let runs = ArtifactRuns::take(&mut self.input, code)?;
                if runs.form() == Form::Descriptors {
                    self.strings.need(Features::LINK_STATEMENTS)?;
                    let length = self.input.length()?;
                    self.entries = self.offset();
                    self.input.take(length)?;
                }
                let levels = if runs.form() == Form::Map { 2 } else { 3 };
                // The container, in a list its entries, and their digest sets.
                if self.depth.saturating_add(levels) > NESTING {
                    return Err(Code::LimitNesting.into());
                }
                Ok(Event::Artifacts(runs))
            }
            16..24 => self.counted(code.saturating_sub(16), false),
            24..56 => {
                let number = code.saturating_sub(24) as u8;
                let first = template_piece(usize::from(number), 0).ok_or(Code::BundleToken)?;
                self.push(Frame::Template { number, next: 1 })?;
                // Which is a container (a test says so), so that this function is not called again.
                self.piece(first)
            }
            56.. => Ok(Event::Text(self.strings.get(code.saturating_sub(56))?)),
        }
    }

    /// Checks that `key`, which has just been read, is no other key of the object that starts at `start`, by reading that object again up
    /// to here. Only for objects whose keys do not ascend; those of templates do, so `start` always is a counted object's.
    pub(crate) fn check_distinct(&self, start: u32, key: Str<'b>) -> Result<()> {
        let mut again = Self::new(self.strings, self.tokens, start);
        again.next_event()?;
        for _ in 0..UNORDERED_MEMBERS {
            let earlier = again.key()?;
            if again.offset() >= self.offset() {
                return Ok(());
            }
            if earlier == Some(key) {
                return Err(Code::BundleDuplicate.into());
            }
            again.skip()?;
        }
        Err(Code::LimitUnordered.into())
    }

    // What follows reads values of a known form. `None` and `false` say that the value has another one; it is then read no further.

    /// Starts an object.
    pub(crate) fn object(&mut self) -> Result<bool> {
        Ok(matches!(self.next_event()?, Some(Event::ObjectStart)))
    }

    /// Starts an array.
    pub(crate) fn array(&mut self) -> Result<bool> {
        Ok(matches!(self.next_event()?, Some(Event::ArrayStart)))
    }

    /// Starts an object; refuses anything else with `error`.
    #[inline(never)]
    pub(crate) fn object_or(&mut self, error: impl Into<Error>) -> Result<()> {
        if self.object()? { Ok(()) } else { Err(error.into()) }
    }

    /// Starts an array; refuses anything else with `error`.
    #[inline(never)]
    pub(crate) fn array_or(&mut self, error: impl Into<Error>) -> Result<()> {
        if self.array()? { Ok(()) } else { Err(error.into()) }
    }

    /// The next key of the object that is being read; `None` at its end.
    pub(crate) fn key(&mut self) -> Result<Option<Str<'b>>> {
        match self.next_event()? {
            Some(Event::Key(key)) => Ok(Some(key)),
            _ => Ok(None),
        }
    }

    /// Does the array that is being read have another element? At its end, the end is read.
    pub(crate) fn element(&mut self) -> bool {
        let at_end = match self.stack.last() {
            Some(Frame::Counted { left, .. }) => *left == 0,
            Some(Frame::Template { number, next }) => {
                template_piece(usize::from(*number), usize::from(*next)) == Some(Piece::End)
            }
            None => return false,
        };
        // An end is no token that could be damaged.
        !at_end || self.next_event().is_err()
    }

    /// A number.
    pub(crate) fn number(&mut self) -> Result<Option<Number<'b>>> {
        match self.next_event()? {
            Some(Event::Number(number)) => Ok(Some(number)),
            _ => Ok(None),
        }
    }

    /// A string value.
    pub(crate) fn string(&mut self) -> Result<Option<Str<'b>>> {
        match self.next_event()? {
            Some(Event::Text(text)) => Ok(Some(text)),
            _ => Ok(None),
        }
    }

    /// A string value; refuses anything else with `error`.
    #[inline(never)]
    pub(crate) fn string_or(&mut self, error: impl Into<Error>) -> Result<Str<'b>> {
        self.string()?.ok_or_else(|| error.into())
    }

    /// A string value; any other is read past.
    pub(crate) fn text(&mut self) -> Result<Option<Str<'b>>> {
        match self.next_event()?.ok_or(Code::BundleToken)? {
            Event::Text(text) => Ok(Some(text)),
            event => self.skip_rest(event).map(|()| None),
        }
    }

    /// Reads past one value.
    pub(crate) fn skip(&mut self) -> Result<()> {
        let event = self.next_event()?.ok_or(Code::BundleToken)?;
        self.skip_rest(event)
    }

    /// Reads past what is left of a value that starts with `event`.
    fn skip_rest(&mut self, event: Event<'b>) -> Result<()> {
        let mut event = Some(event);
        let mut depth: usize = 0;
        loop {
            match event {
                Some(Event::ObjectStart | Event::ArrayStart) => depth = depth.saturating_add(1),
                Some(Event::End) => depth = depth.saturating_sub(1),
                Some(_) => {}
                None => return Err(Code::BundleToken.into()),
            }
            if depth == 0 {
                return Ok(());
            }
            event = self.next_event()?;
        }
    }

    pub(crate) const fn has(&self, feature: Features) -> bool {
        self.strings.has(feature)
    }

    /// The maxima of the work that reading may take.
    pub(crate) const fn work(&self) -> &'static Work {
        self.strings.features().work()
    }

    /// Refuses what the profile leaves out.
    pub(crate) const fn need(&self, feature: Features) -> Result<()> {
        self.strings.need(feature)
    }

    /// Another reader of the same payload, before the value at `offset`.
    pub(crate) fn at(&self, offset: Offset) -> Self {
        Self::new(self.strings, self.tokens, offset.get())
    }

    /// Another reader of the same payload, from its start.
    pub(crate) fn again(&self) -> Self {
        Self::new(self.strings, self.tokens, 0)
    }

    /// The string value at `offset`.
    #[inline(never)]
    pub(crate) fn string_at(&self, offset: Option<Offset>) -> Result<Option<Str<'b>>> {
        match offset {
            Some(offset) => self.at(offset).string(),
            None => Ok(None),
        }
    }

    /// The string value at `offset`; refuses anything else with `error`.
    #[inline(never)]
    pub(crate) fn string_at_or(&self, offset: Option<Offset>, error: impl Into<Error>) -> Result<Str<'b>> {
        self.string_at(offset)?.ok_or_else(|| error.into())
    }

    /// The integer at `offset`, where it is one of 32 bits without a sign.
    #[inline(never)]
    pub(crate) fn integer_at(&self, offset: Offset) -> Result<Option<u32>> {
        Ok(self.at(offset).number()?.and_then(|number| number.to_u32()))
    }
}

/// RFC 8259, section 6: `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`. Anything else could smuggle structure into the text.
fn is_number(text: &[u8]) -> bool {
    let digits = |text: &'_ [u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let integer = digits(text);
    if integer == 0 || (integer > 1 && text.starts_with(b"0")) {
        return false;
    }
    let mut rest = text.get(integer..).unwrap_or(&[]);
    if let Some(fraction) = rest.strip_prefix(b".") {
        let length = digits(fraction);
        if length == 0 {
            return false;
        }
        rest = fraction.get(length..).unwrap_or(&[]);
    }
    if let Some(exponent) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) {
        let exponent = exponent.strip_prefix(b"+").or_else(|| exponent.strip_prefix(b"-")).unwrap_or(exponent);
        let length = digits(exponent);
        return length > 0 && length == exponent.len();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::bundle::TEMPLATE_COUNT;

    fn templates() -> impl Iterator<Item = std::vec::Vec<Piece>> {
        (0..TEMPLATE_COUNT).map(|number| (0..).map_while(|position| template_piece(number, position)).collect())
    }

    #[test]
    fn numbers_follow_the_grammar() {
        for good in
            ["0", "-0", "1", "-12", "10", "0.5", "1.50", "1e5", "1E+05", "-0.0e-0", "123456789012345678901234567890"]
        {
            assert!(is_number(good.as_bytes()), "{good}");
        }
        for bad in ["", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "1 ", "1,2", "0x1", "1.e5", "NaN", "1e5.0"] {
            assert!(!is_number(bad.as_bytes()), "{bad}");
        }
    }

    /// Readers come back to the values of these members by their offset in the bundle, so no template may spell them out.
    #[test]
    fn templates_leave_referenced_members_open() {
        for template in templates() {
            for pair in template.windows(2) {
                if let [
                    Piece::Key(
                        "steps" | "inspect" | "keys" | "expected_materials" | "expected_products" | "expected_command"
                        | "command" | "run" | "pubkeys" | "public" | "subkeys",
                    ),
                    value,
                ] = pair
                {
                    assert_eq!(*value, Piece::Place);
                }
            }
        }
    }

    #[test]
    fn templates_have_ascending_keys() {
        for template in templates() {
            let mut last = heapless::Vec::<&str, 4>::new();
            for piece in &template {
                match piece {
                    Piece::Object | Piece::Array => last.push("").unwrap(),
                    Piece::End => drop(last.pop()),
                    Piece::Key(key) => assert!(core::mem::replace(last.last_mut().unwrap(), *key) < *key),
                    Piece::Text(_) | Piece::Place => {}
                }
            }
        }
    }

    #[test]
    fn templates_are_whole_values() {
        for template in templates() {
            assert!(matches!(template.first(), Some(Piece::Object | Piece::Array)));
            let mut depth = 0;
            for (position, piece) in template.iter().enumerate() {
                match piece {
                    Piece::Object | Piece::Array => depth += 1,
                    Piece::End => depth -= 1,
                    _ => {}
                }
                assert_eq!(depth == 0, position + 1 == template.len());
            }
        }
    }
}
