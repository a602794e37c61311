//! What a person wants to know of a verification, copied out of what it was made from: who signed, who vouched, and where a refusal comes from.
//!
//! Texts are those of strangers. What is not printable ASCII, and the backslash, is spelled out as `\xNN`, so that a terminal takes no orders from
//! it; what is too long ends in `...`.

use sitrep_core::{Bundle, Error, Outcome, Role, Str};

use crate::room::LIMITS;

/// Bytes of a finding's text in C, with its NUL.
pub(crate) const TEXT_SIZE: usize = 256;

/// Room for the findings, in bytes: on a device for nine steps of one functionary each; what does not fit is left out, and a finding says so.
const SIZE: usize = if cfg!(feature = "host") { 16_384 } else { 1024 };

/// kind, code (little endian), length of the text
const HEAD: usize = 4;

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    WhereStep = 1,
    WhereRule = 2,
    WhereKey = 3,
    WhereArtifact = 4,
    WhereAttestation = 5,
    SignedBy = 6,
    Step = 7,
    VouchedBy = 8,
    Warning = 9,
    Cut = 10,
}

/// Findings, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    used: u16,
    is_cut: bool,
    bytes: [u8; SIZE],
}

/// A finding as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Finding<'a> {
    pub(crate) kind: u8,
    pub(crate) code: u16,
    pub(crate) text: &'a [u8],
}

impl Account {
    pub(crate) const EMPTY: Self = Self { used: 0, is_cut: false, bytes: [0; SIZE] };

    /// Finding `number`, from 0.
    pub(crate) fn get(&self, number: usize) -> Option<Finding<'_>> {
        let mut rest = self.bytes.get(..usize::from(self.used))?;
        let mut left = number;
        loop {
            let (&[kind, low, high, length], after) = rest.split_first_chunk::<HEAD>()?;
            let (text, after) = after.split_at_checked(usize::from(length))?;
            if left == 0 {
                return Some(Finding { kind, code: u16::from_le_bytes([low, high]), text });
            }
            left = left.saturating_sub(1);
            rest = after;
        }
    }

    /// Adds a finding. Where it does not fit, the last one says that there were more: so much room is always left.
    fn add(&mut self, kind: Kind, code: u16, text: impl Iterator<Item = u8>) {
        let start = usize::from(self.used);
        let place = self.bytes.get_mut(start..).and_then(|rest| rest.split_first_chunk_mut::<HEAD>());
        let (false, Some((head, rest))) = (self.is_cut, place) else { return };
        let longest = TEXT_SIZE.saturating_sub(1);
        let written = rest.len().checked_sub(HEAD).and_then(|room| {
            let (length, is_whole) = spell(text, rest.get_mut(..room.min(longest))?);
            (is_whole || room >= longest).then_some(length)
        });
        let (kind, code, length) = written.map_or((Kind::Cut, 0, 0), |length| (kind, code, length));
        self.is_cut = kind == Kind::Cut;
        let [low, high] = code.to_le_bytes();
        *head = [kind as u8, low, high, u8::try_from(length).unwrap_or_default()];
        self.used = u16::try_from(start.saturating_add(HEAD).saturating_add(length)).unwrap_or(self.used);
    }

    fn add_str(&mut self, kind: Kind, text: Str<'_>) {
        self.add(kind, 0, text.bytes());
    }

    /// Where an error comes from, by the names of the things.
    #[inline(never)]
    pub(crate) fn add_place(&mut self, error: &Error, bundle: &Bundle<'_>, outcome: &Outcome<'_, '_>) {
        let verdict = outcome.verdict();
        if let Some(name) = verdict.step_name(error) {
            self.add_str(Kind::WhereStep, name);
        }
        if let Some((list, _)) = error.place().rule {
            let words = verdict.rule(error).into_iter().flatten();
            let text =
                list.name().bytes().chain(*b":").chain(words.flat_map(|word| (*b" ").into_iter().chain(word.bytes())));
            self.add(Kind::WhereRule, 0, text);
        }
        if let Some(id) = verdict.keyid(error) {
            self.add_str(Kind::WhereKey, id);
        }
        if let Some(predicate_type) = verdict.attestation(error) {
            self.add(Kind::WhereAttestation, 0, predicate_type.bytes());
        }
        if let Some(number) = error.place().artifact {
            let mut path = [0; LIMITS.path];
            let mut cursor = bundle.paths(&mut path);
            if cursor.seek(number).is_ok() {
                self.add(Kind::WhereArtifact, 0, cursor.path().iter().copied());
            }
        }
    }

    /// Who signed the layout, who vouched for each step, and what a person should know besides.
    #[inline(never)]
    pub(crate) fn add_people(&mut self, outcome: &Outcome<'_, '_>) {
        let verdict = outcome.verdict();
        for id in verdict.signed_by() {
            self.add(Kind::SignedBy, 0, id.bytes());
        }
        for step in outcome.steps().iter().filter(|step| step.role == Role::Step) {
            self.add_str(Kind::Step, step.name);
            for id in verdict.vouched_by(step) {
                self.add_str(Kind::VouchedBy, id);
            }
        }
        for warning in outcome.warnings().kept() {
            let name = verdict.step_name(warning).unwrap_or(Str::new(""));
            self.add(Kind::Warning, warning.code().number(), name.bytes());
        }
    }
}

/// Writes a text in printable ASCII over the start of `out`: how many bytes it took, and whether that is all of it.
fn spell(text: impl Iterator<Item = u8>, out: &mut [u8]) -> (usize, bool) {
    const MORE: [u8; 3] = *b"...";
    let (mut written, mut kept) = (0_usize, 0_usize);
    for byte in text {
        let digit = |nibble: u8| {
            if nibble < 10 { b'0'.wrapping_add(nibble) } else { b'a'.wrapping_sub(10).wrapping_add(nibble) }
        };
        let escaped = [b'\\', b'x', digit(byte >> 4), digit(byte & 15)];
        let plain = [byte];
        let is_plain = (b' '..=b'~').contains(&byte) && byte != b'\\';
        let spelled: &[u8] = if is_plain { &plain } else { &escaped };
        let end = written.saturating_add(spelled.len());
        match out.get_mut(written..end) {
            Some(place) => place.copy_from_slice(spelled),
            None => {
                let end = kept.saturating_add(MORE.len());
                let Some(place) = out.get_mut(kept..end) else { return (0, false) };
                place.copy_from_slice(&MORE);
                return (end, false);
            }
        }
        written = end;
        if written.saturating_add(MORE.len()) <= out.len() {
            kept = written;
        }
    }
    (written, true)
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn spelled(text: &[u8], room: usize) -> Vec<u8> {
        let mut out = std::vec![b'#'; room];
        let (length, _) = spell(text.iter().copied(), &mut out);
        out.truncate(length);
        out
    }

    #[test]
    fn names_give_no_orders_to_the_terminal() {
        assert_eq!(spelled(b"a b~", 10), b"a b~");
        assert_eq!(spelled("\x1b[2J\\é\0".as_bytes(), 40), br"\x1b[2J\x5c\xc3\xa9\x00");
        assert_eq!(spelled(b"12345", 5), b"12345");
        assert_eq!(spelled(b"123456", 5), b"12...");
        assert_eq!(spelled(b"1\n\n\n", 9), br"1\x0a...");
        assert_eq!(spelled(b"1234", 2), b"");
    }

    #[test]
    fn what_does_not_fit_is_said_to_be_left_out() {
        let mut account = Account::EMPTY;
        assert_eq!(account.get(0), None);
        account.add(Kind::Warning, 1001, b"x".iter().copied());
        for _ in 0..SIZE {
            account.add(Kind::Step, 0, b"some step".iter().copied());
        }
        assert_eq!(account.get(0), Some(Finding { kind: Kind::Warning as u8, code: 1001, text: b"x" }));
        let all: Vec<_> = (0..).map_while(|number| account.get(number)).collect();
        let (last, others) = all.split_last().unwrap();
        assert_eq!(*last, Finding { kind: Kind::Cut as u8, code: 0, text: b"" });
        assert!(others[1..].iter().all(|finding| finding.kind == Kind::Step as u8 && finding.text == b"some step"));
        assert!(all.len() > SIZE / 13 - 22, "{}", all.len());

        let mut account = Account::EMPTY;
        account.add(Kind::Step, 0, core::iter::repeat_n(b'x', 300));
        assert_eq!(account.get(0).unwrap().text, [&[b'x'; 252][..], b"..."].concat());
    }
}
