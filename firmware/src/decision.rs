//! The decision, so that no single fault takes it: there is no truth value that one skipped instruction turns.
//!
//! Each of two complete verifications fills a [`Token`] while its checks pass. Whatever a verification returned, a token that is not full is not good,
//! and only [`Permit::redeem`] asks the board for the jump, after it has compared both tokens.

use core::hint::black_box;

use sitrep_core::Error;

use crate::flash::{Region, Slot};

/// What a board does at the end.
pub trait Board {
    /// What is left to tell afterwards: `Infallible` on a board, which does not come back.
    type Done;

    /// Reads a word from memory, whatever the compiler believes to know of it.
    fn read(&mut self, word: &u32) -> u32;

    /// Starts the image. `proof` is [`PROOF`] where all comparisons found no difference: what it differs by from that is to be added to the image's address, and to
    /// whatever lets the image run, so that neither a skipped comparison nor a jump past them helps.
    fn jump(&mut self, image: Region, proof: u32) -> Self::Done;

    /// Stops: a fault was injected.
    fn stop(&mut self) -> Self::Done;
}

/// What a token is about, by the number of its word.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Word {
    /// Where the artifact starts in flash.
    Start = 1,
    /// How long it is.
    Length,
    /// The least security version that was asked for.
    Counter,
    /// The attested one.
    SecurityVersion,
    /// The revision of the policy that allows it.
    Revision,
    /// The slot.
    Slot,
    /// The artifact's digest, which is eight words long.
    Digest,
}

const WORDS: usize = Word::Digest as usize + 8;

/// A check that has passed. The values are random, so that no count of some makes up for another.
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
pub(crate) enum Passed {
    /// The journal was read.
    Journal = 0x8f1b_c2d3,
    /// The policy was read.
    Policy = 0x35a9_617e,
    /// The bundle was opened.
    Bundle = 0xd64c_3b09,
    /// The supply chain was verified.
    SupplyChain = 0x49e7_d8a5,
    /// It has made the product.
    Product = 0xb2f0_1e6c,
    /// The artifact is that product.
    Artifact = 0x6c35_94f7,
}

const fn after(count: u32, passed: Passed) -> u32 {
    count.rotate_left(7) ^ passed as u32
}

/// All checks, in their order.
const ALL: u32 = {
    let count = after(after(after(0, Passed::Journal), Passed::Policy), Passed::Bundle);
    after(after(after(count, Passed::SupplyChain), Passed::Product), Passed::Artifact)
};

/// What one verification leaves.
#[derive(Debug)]
pub struct Token([u32; WORDS]);

impl Token {
    /// Of nothing. Two tokens of different blanks differ in every word until they are filled.
    pub(crate) const fn blank(blank: u32) -> Self {
        Self([blank; WORDS])
    }

    /// Starts the count of checks.
    pub(crate) fn start(&mut self) {
        let Self([count, ..]) = self;
        *count = 0;
    }

    /// Counts a check that has passed.
    pub(crate) fn pass(&mut self, passed: Passed) {
        let Self([count, ..]) = self;
        *count = after(*count, passed);
    }

    /// Notes what it is about.
    pub(crate) fn note(&mut self, word: Word, value: u32) {
        if let Some(place) = self.0.get_mut(word as usize) {
            *place = value;
        }
    }

    /// Notes the artifact's digest.
    pub(crate) fn note_digest(&mut self, digest: &[u8; 32]) {
        let places = self.0.iter_mut().skip(Word::Digest as usize);
        places.zip(digest.as_chunks::<4>().0).for_each(|(place, bytes)| *place = u32::from_le_bytes(*bytes));
    }
}

/// How a boot ends.
#[derive(Clone, Copy, Debug)]
pub enum Decision<'p> {
    /// A slot's image may run.
    Run(&'p Permit),
    /// None may: the board waits for a package in the staging area and boots again, or stops.
    Recovery(Error),
}

/// What two verifications of one slot came to.
#[derive(Debug)]
pub struct Permit {
    slot: Slot,
    pub(crate) image: Region,
    pub(crate) first: Token,
    pub(crate) second: Token,
}

/// What the comparisons come to where nothing differs: a number that no register holds by chance.
pub const PROOF: u32 = 0x5aa5_0ff0;

impl Permit {
    /// Of no slot.
    pub(crate) const fn blank() -> Self {
        let image = Region { start: 0, length: 0 };
        Self { slot: Slot::A, image, first: Token::blank(0x5555_5555), second: Token::blank(0xaaaa_aaaa) }
    }

    /// Forgets what was verified: it is about this slot from now on.
    pub(crate) fn clear(&mut self, slot: Slot) {
        self.slot = slot;
        self.first.0.fill(0x5555_5555);
        self.second.0.fill(0xaaaa_aaaa);
    }

    /// The slot that may run.
    #[must_use]
    pub const fn slot(&self) -> Slot {
        self.slot
    }

    /// The SHA-256 of the image.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        let (mut digest, Token(words)) = ([0; 32], &self.first);
        let places = digest.as_chunks_mut::<4>().0.iter_mut();
        places.zip(words.iter().skip(Word::Digest as usize)).for_each(|(place, word)| *place = word.to_le_bytes());
        digest
    }

    /// Starts the image, if both verifications agree on everything.
    pub fn redeem<B: Board>(&self, board: &mut B) -> B::Done {
        let Self { slot, image, first: Token(first), second: Token(second) } = self;
        let about = [ALL, image.start, image.length];
        let (mut difference, mut compared) = (0, 0_u32);
        for (first, second) in first.iter().zip(second) {
            difference |= board.read(first) ^ board.read(second);
            compared = compared.wrapping_add(1);
        }
        for (first, expected) in first.iter().zip(about) {
            difference |= board.read(first) ^ expected;
            compared = compared.wrapping_add(1);
        }
        // The compiler takes for zero what was compared with zero, but not what it cannot see through.
        let left = black_box(difference);
        if difference != 0 {
            return board.stop();
        }
        // Once more, in another order, with another operation, and against the other token.
        let mut sum = PROOF;
        for (first, second) in first.iter().zip(second).rev() {
            sum = sum.wrapping_add(board.read(second).wrapping_sub(board.read(first)).count_ones());
        }
        for (second, expected) in second.iter().zip(about) {
            sum = sum.wrapping_add(board.read(second).wrapping_sub(expected).count_ones());
        }
        let left_sum = black_box(sum);
        if sum != PROOF
            || compared as usize != WORDS + about.len()
            || second.get(Word::Slot as usize) != Some(&(*slot as u32))
        {
            return board.stop();
        }
        let [version, counter] = [Word::SecurityVersion, Word::Counter].map(|word| second.get(word as usize));
        if version.zip(counter).is_none_or(|(version, counter)| board.read(version) < board.read(counter)) {
            return board.stop();
        }
        // What was compared is where it jumps to: a fault on the way here makes it an address that no image has.
        let start = board.read(&image.start);
        board.jump(Region { start, length: image.length }, left.wrapping_add(left_sum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Host;

    impl Board for Host {
        type Done = Option<Region>;

        fn read(&mut self, word: &u32) -> u32 {
            *word
        }

        fn jump(&mut self, image: Region, proof: u32) -> Option<Region> {
            assert_eq!(proof, PROOF);
            Some(image)
        }

        fn stop(&mut self) -> Option<Region> {
            None
        }
    }

    const IMAGE: Region = Region { start: 0x8400, length: 700 };
    const CHECKS: [Passed; 6] =
        [Passed::Journal, Passed::Policy, Passed::Bundle, Passed::SupplyChain, Passed::Product, Passed::Artifact];

    fn token(blank: u32, checks: &[Passed]) -> Token {
        let mut token = Token::blank(blank);
        token.start();
        checks.iter().for_each(|check| token.pass(*check));
        token.note(Word::Start, IMAGE.start);
        token.note(Word::Length, IMAGE.length);
        token.note(Word::Counter, 3);
        token.note(Word::SecurityVersion, 4);
        token.note(Word::Revision, 1);
        token.note(Word::Slot, Slot::B as u32);
        token.note_digest(&[0xab; 32]);
        token
    }

    fn both() -> [Token; 2] {
        [token(0x5555_5555, &CHECKS), token(0xaaaa_aaaa, &CHECKS)]
    }

    fn redeem([first, second]: [Token; 2]) -> Option<Region> {
        Permit { slot: Slot::B, image: IMAGE, first, second }.redeem(&mut Host)
    }

    #[test]
    fn two_full_tokens_that_agree_start_the_image() {
        assert_eq!(redeem(both()), Some(IMAGE));
        let [first, second] = both();
        let mut permit = Permit { slot: Slot::B, image: IMAGE, first, second };
        assert_eq!((permit.slot(), permit.sha256()), (Slot::B, [0xab; 32]));
        permit.clear(Slot::B);
        assert_eq!(permit.redeem(&mut Host), None);
    }

    #[test]
    fn nothing_else_does() {
        assert_eq!(Permit::blank().redeem(&mut Host), None);
        assert_eq!(redeem([Token::blank(0x5555_5555), Token::blank(0xaaaa_aaaa)]), None);
        assert_eq!(redeem([Token::blank(0), Token::blank(0)]), None);
        // One that was not filled; a word that differs in one bit, in either or in both.
        for word in 0..WORDS {
            for bit in 0..32 {
                for (in_first, in_second) in [(1, 0), (0, 1), (1, 1)] {
                    let [mut first, mut second] = both();
                    first.0[word] ^= in_first << bit;
                    second.0[word] ^= in_second << bit;
                    // What both say of the counter, the version, the policy and the digest is not for this to judge.
                    let is_expected = in_first == 1
                        && in_second == 1
                        && ![0, Word::Start as usize, Word::Length as usize, Word::Slot as usize].contains(&word)
                        && first.0[Word::SecurityVersion as usize] >= first.0[Word::Counter as usize];
                    assert_eq!(redeem([first, second]).is_some(), is_expected, "{word} {bit} {in_first} {in_second}");
                }
            }
        }
        // A check that was left out, or done twice, in both.
        for skipped in 0..CHECKS.len() {
            let some: [Passed; 5] = core::array::from_fn(|at| CHECKS[at + usize::from(at >= skipped)]);
            assert_eq!(redeem([token(0, &some), token(1, &some)]), None, "{skipped}");
            let mut twice = CHECKS;
            twice[skipped] = CHECKS[(skipped + 1) % CHECKS.len()];
            assert_eq!(redeem([token(0, &twice), token(1, &twice)]), None, "{skipped}");
        }
        let [first, _] = both();
        assert_eq!(redeem([first, Token::blank(0xaaaa_aaaa)]), None);
        let [_, second] = both();
        assert_eq!(redeem([Token::blank(0x5555_5555), second]), None);
    }

    #[test]
    fn values_are_far_apart() {
        let far = |one: u32, other: u32| (one ^ other).count_ones();
        for (number, check) in CHECKS.iter().enumerate() {
            assert!(CHECKS.iter().take(number).all(|other| far(*check as u32, *other as u32) >= 8), "{check:?}");
        }
        assert_eq!(far(Slot::A as u32, Slot::B as u32), 8);
    }
}
