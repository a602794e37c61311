//! What a step's command returned and printed, as it stands in a link.
//!
//! `stdout` and `stderr` are strings in every link, as in-toto's are. What they hold is what was printed, where that was asked for and is text; where the string is
//! not all of it, two members more say what all of it was, so that bytes which are no UTF-8 can be told from others:
//!
//! | asked for | `stdout` | `stdout-digest`, `stdout-length` |
//! |---|---|---|
//! | nothing | empty | – |
//! | digest | empty | `{"sha256": …}` and the number of bytes |
//! | text, which is UTF-8 and not too long | the text | – |
//! | text, otherwise | its start, with U+FFFD for what is no UTF-8 | as above |

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::hex;

/// What a command returned and printed.
#[derive(Clone, Debug)]
pub struct Byproducts {
    /// What it returned; minus the signal's number when a signal ended it.
    pub return_value: i32,
    /// What it wrote to standard output.
    pub stdout: Stream,
    /// What it wrote to standard error.
    pub stderr: Stream,
}

/// What is kept of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// Nothing.
    #[default]
    Nothing,
    /// Digest and length.
    Digest,
    /// The text, up to so many bytes.
    Text(usize),
}

/// A stream of bytes, while they come.
#[derive(Clone, Debug)]
pub struct Stream {
    keep: Keep,
    start: Vec<u8>,
    length: u64,
    digest: Sha256,
}

impl Stream {
    /// An empty one.
    #[must_use]
    pub fn new(keep: Keep) -> Self {
        Self { keep, start: Vec::new(), length: 0, digest: Sha256::new() }
    }

    /// Adds what came. Takes no more memory than is kept.
    pub fn add(&mut self, bytes: &[u8]) {
        if self.keep == Keep::Nothing {
            return;
        }
        self.length += bytes.len() as u64;
        self.digest.update(bytes);
        if let Keep::Text(most) = self.keep {
            let room = most.saturating_sub(self.start.len()).min(bytes.len());
            self.start.extend_from_slice(bytes.get(..room).unwrap_or_default());
        }
    }

    /// The text that stands for it, and whether that is all of it.
    fn text(&self) -> (String, bool) {
        let is_cut = self.length > self.start.len() as u64;
        match std::str::from_utf8(&self.start) {
            Ok(text) => (text.to_owned(), !is_cut),
            // The limit has cut a character in two.
            Err(error) if is_cut && error.error_len().is_none() => {
                let whole = self.start.get(..error.valid_up_to()).unwrap_or_default();
                (String::from_utf8_lossy(whole).into_owned(), false)
            }
            Err(_) => (String::from_utf8_lossy(&self.start).into_owned(), false),
        }
    }

    fn put(&self, name: &str, members: &mut Map<String, Value>) {
        let (text, is_all) = self.text();
        members.insert(name.to_owned(), text.into());
        if self.keep != Keep::Nothing && (!is_all || self.keep == Keep::Digest) {
            let digest = hex::encode(&self.digest.clone().finalize());
            members.insert(format!("{name}-digest"), json!({"sha256": digest}));
            members.insert(format!("{name}-length"), self.length.into());
        }
    }
}

impl Byproducts {
    /// The members of a link's `byproducts`.
    #[must_use]
    pub fn members(&self) -> Map<String, Value> {
        let mut members = Map::from_iter([("return-value".to_owned(), self.return_value.into())]);
        self.stdout.put("stdout", &mut members);
        self.stderr.put("stderr", &mut members);
        members
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands of a stream that comes in these pieces.
    fn kept(keep: Keep, pieces: &[&[u8]]) -> (String, Option<(String, u64)>) {
        let mut stdout = Stream::new(keep);
        pieces.iter().for_each(|piece| stdout.add(piece));
        let members = Byproducts { return_value: -9, stdout, stderr: Stream::new(Keep::Nothing) }.members();
        assert_eq!((&members["return-value"], &members["stderr"]), (&json!(-9), &json!("")));
        assert!(!members.contains_key("stderr-digest"));
        let more = members
            .get("stdout-digest")
            .map(|digest| (digest["sha256"].as_str().unwrap().to_owned(), members["stdout-length"].as_u64().unwrap()));
        (members["stdout"].as_str().unwrap().to_owned(), more)
    }

    #[test]
    fn what_is_not_all_in_the_text_has_a_digest() {
        let digest = |bytes: &[u8]| Some((hex::encode(&Sha256::digest(bytes)), bytes.len() as u64));
        assert_eq!(kept(Keep::Nothing, &[b"abc"]), (String::new(), None));
        assert_eq!(kept(Keep::Digest, &[b"ab", b"c"]), (String::new(), digest(b"abc")));
        assert_eq!(kept(Keep::Digest, &[]), (String::new(), digest(b"")));
        assert_eq!(kept(Keep::Text(6), &["aä".as_bytes(), "ö\0".as_bytes()]), ("aäö\0".into(), None));
        assert_eq!(kept(Keep::Text(4), &["aä".as_bytes(), "ö".as_bytes()]), ("aä".into(), digest("aäö".as_bytes())));
        assert_eq!(kept(Keep::Text(9), &[b"a\xffb"]), ("a\u{fffd}b".into(), digest(b"a\xffb")));
        // At the end of all, half a character is none.
        assert_eq!(kept(Keep::Text(9), &[b"a\xc3"]), ("a\u{fffd}".into(), digest(b"a\xc3")));
        assert_eq!(kept(Keep::Text(0), &[b"a"]), (String::new(), digest(b"a")));
        assert_eq!(kept(Keep::Text(9), &[]), (String::new(), None));
    }
}
