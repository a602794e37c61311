//! Reads JSON by recursive descent, which the nesting limit bounds.

use sitrep_core::limits::NESTING;

use super::error::{Expected, Fault, Problem, fault};
use super::lexer::{Lexeme, Lexer};
use super::tree::{Node, Tree};

/// Where white space stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    /// Where no common style has any: before the text, inside empty containers, before `,` and `:`.
    Tight,
    /// After `:`.
    Colon,
    /// Before the first member of a container.
    Open,
    /// After `,`.
    Comma,
    /// Before the end of a container that has members.
    Close,
    /// After the text.
    End,
}

/// Sees how a text is written, token by token.
pub(crate) trait Watch: Clone {
    /// Does it look at anything?
    const WATCHES: bool;

    /// The white space before the next token, which stands in `depth` containers (a closing bracket: outside of its own).
    fn space(&mut self, gap: Gap, depth: usize, space: &[u8]);

    /// The inside of a string token.
    fn string(&mut self, raw: &str, escaped: bool);

    /// How often it has noted something since it began. While this stands still, the like of what was read can be skipped.
    fn noted(&self) -> usize;

    /// So many tokens were skipped, written as others before.
    fn skip(&mut self, tokens: u32);
}

/// Looks at nothing.
impl Watch for () {
    const WATCHES: bool = false;

    #[inline]
    fn space(&mut self, _: Gap, _: usize, _: &[u8]) {}
    #[inline]
    fn string(&mut self, _: &str, _: bool) {}
    #[inline]
    fn noted(&self) -> usize {
        0
    }
    #[inline]
    fn skip(&mut self, _: u32) {}
}

/// A text that is being read. Every method but [`Self::start`] begins at the first byte of a token, white space taken.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'j, W> {
    pub(crate) lexer: Lexer<'j>,
    pub(crate) watch: W,
    /// Is the text an envelope's `signed` member, of which the canonical form counts?
    canonical: bool,
    depth: usize,
    /// Containers that do not count: those of the envelope around a payload.
    base: usize,
}

impl<'j, W: Watch> Reader<'j, W> {
    pub(crate) fn new(text: &'j str, watch: W, canonical: bool) -> Self {
        Self { lexer: Lexer::new(text), watch, canonical, depth: 0, base: 0 }
    }

    pub(crate) const fn is_canonical(&self) -> bool {
        self.canonical
    }

    /// Reads the value that comes next with `read`, as a payload of its own: its nesting counts from 0.
    pub(crate) fn payload<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        let outer = (self.base, self.canonical);
        (self.base, self.canonical) = (self.depth, true);
        let value = read(self)?;
        (self.base, self.canonical) = outer;
        Ok(value)
    }

    /// Takes the white space before the text.
    pub(crate) fn start(&mut self) -> Result<(), Fault> {
        self.gap(Gap::Tight);
        Ok(())
    }

    /// Takes the white space after the text, and checks that nothing follows.
    pub(crate) fn end(&mut self) -> Result<(), Fault> {
        self.gap(Gap::End);
        if self.lexer.peek().is_some() { Err(self.lexer.expected(Expected::End)) } else { Ok(()) }
    }

    #[inline]
    fn gap(&mut self, gap: Gap) {
        let space = self.lexer.space();
        self.watch.space(gap, self.depth, space);
    }

    /// Takes an opening bracket; says whether there is a member, and takes the closing one if not.
    pub(crate) fn open(&mut self, close: u8) -> Result<bool, Fault> {
        if self.depth - self.base >= NESTING {
            return Err(fault(self.lexer.position(), Problem::TooDeep));
        }
        let (open, expected) = if close == b'}' { (b'{', Expected::Object) } else { (b'[', Expected::Array) };
        if !self.lexer.take(open) {
            return Err(self.lexer.expected(expected));
        }
        let space = self.lexer.space();
        if self.lexer.take(close) {
            self.watch.space(Gap::Tight, self.depth, space);
            return Ok(false);
        }
        self.depth += 1;
        self.watch.space(Gap::Open, self.depth, space);
        Ok(true)
    }

    /// Takes what follows a member: a comma (true) or the closing bracket (false).
    #[inline]
    pub(crate) fn separator(&mut self, close: u8) -> Result<bool, Fault> {
        let space = self.lexer.space();
        if self.lexer.take(b',') {
            self.watch.space(Gap::Tight, self.depth, space);
            self.gap(Gap::Comma);
            return Ok(true);
        }
        if self.lexer.take(close) {
            self.depth -= 1;
            self.watch.space(Gap::Close, self.depth, space);
            return Ok(false);
        }
        Err(self.lexer.expected(if close == b'}' { Expected::CommaOrBrace } else { Expected::CommaOrBracket }))
    }

    /// Takes a string.
    #[inline]
    pub(crate) fn string(&mut self, expected: Expected) -> Result<Lexeme<'j>, Fault> {
        let lexeme = self.lexer.string(expected)?;
        self.watch.string(lexeme.raw, lexeme.escaped);
        Ok(lexeme)
    }

    /// Takes a key and its colon.
    #[inline]
    pub(crate) fn key(&mut self) -> Result<Lexeme<'j>, Fault> {
        let key = self.string(Expected::Key)?;
        self.gap(Gap::Tight);
        if !self.lexer.take(b':') {
            return Err(self.lexer.expected(Expected::Colon));
        }
        self.gap(Gap::Colon);
        Ok(key)
    }

    /// Reads an object; `member` is called before each value, and takes it.
    pub(crate) fn members(
        &mut self,
        mut member: impl FnMut(&mut Self, Lexeme<'j>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if self.open(b'}')? {
            loop {
                let key = self.key()?;
                member(self, key)?;
                if !self.separator(b'}')? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Reads an array; `item` is called before each value, and takes it.
    pub(crate) fn items(&mut self, mut item: impl FnMut(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        if self.open(b']')? {
            loop {
                item(self)?;
                if !self.separator(b']')? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Reads any value into `tree`.
    pub(crate) fn value(&mut self, tree: &mut Tree) -> Result<(), Fault> {
        match self.lexer.peek() {
            Some(b'"') => {
                let lexeme = self.string(Expected::Value)?;
                tree.push_text(|text| lexeme.value(text))
            }
            Some(b'{') => self.object(tree, |reader, tree, _| reader.value(tree)),
            Some(b'[') => {
                let open = tree.open(self.lexer.position());
                let mut count = 0;
                self.items(|reader| {
                    count += 1;
                    reader.value(tree)
                })?;
                tree.close_array(open, count);
                Ok(())
            }
            Some(b'-' | b'0'..=b'9') => self.number(tree),
            Some(b't') => self.lexer.literal("true").map(|()| tree.push(Node::Bool(true))),
            Some(b'f') => self.lexer.literal("false").map(|()| tree.push(Node::Bool(false))),
            Some(b'n') => self.lexer.literal("null").map(|()| tree.push(Node::Null)),
            _ => Err(self.lexer.expected(Expected::Value)),
        }
    }

    /// Reads an object into `tree`; `value` reads the value of each member.
    pub(crate) fn object(
        &mut self,
        tree: &mut Tree,
        mut value: impl FnMut(&mut Self, &mut Tree, Lexeme<'j>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let start = self.lexer;
        let open = tree.open(start.position());
        let mut count = 0;
        self.members(|reader, key| {
            count += 1;
            tree.push_text(|text| key.value(text))?;
            value(reader, tree, key)
        })?;
        tree.close_object(open, count, self.canonical).map_err(|fault| second_key(start, fault))
    }

    fn number(&mut self, tree: &mut Tree) -> Result<(), Fault> {
        let offset = self.lexer.position();
        let mut number = self.lexer.number()?;
        if self.canonical {
            if number.contains(['.', 'e', 'E']) {
                return Err(fault(offset, Problem::Expected(Expected::Integer)));
            }
            if number == "-0" {
                number = "0";
            }
        }
        match number.parse() {
            Ok(value) if !number.starts_with('-') => tree.push(Node::Integer(value)),
            _ => tree.push_number(number),
        }
        Ok(())
    }
}

/// A duplicate key was found in the object at `start`: says where it stands for the second time.
#[cold]
fn second_key(start: Lexer<'_>, found: Fault) -> Fault {
    let Some(key) = found.duplicate_key().map(str::to_owned) else { return found };
    let mut reader = Reader { lexer: start, watch: (), canonical: false, depth: 0, base: 0 };
    let (mut seen, mut second) = (false, None);
    // The object has been read once without error, so this ends without one as well.
    let _ = reader.members(|reader, lexeme| {
        if lexeme.is(&key) {
            if seen {
                second = second.or(Some(lexeme.offset - 1));
            }
            seen = true;
        }
        reader.value(&mut Tree::default())
    });
    fault(second.unwrap_or(found.offset()), Problem::DuplicateKey(key))
}
