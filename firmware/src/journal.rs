//! The boot's own state: what a cut of the power must not lose.
//!
//! A record is the whole state, so that every change is one write of one record, which is there or is not. BOOT.md has its form.

use sitrep_core::{Time, sha256};

use crate::flash::{self, Flash, FlashError, Map, Region, Slot, is_erased};

/// How many bytes a record takes: whole words of every flash.
pub const RECORD: usize = 64;

/// How many of them come before the check.
const CONTENT: usize = 48;

const MAGIC: [u8; 4] = *b"SITJ";

/// What the boot knows of a slot. Any two values differ in four bits or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Trial {
    /// Nothing that the boot has put there.
    Empty = 0xe1,
    /// An update was installed, and was not started yet.
    Installed = 0x1e,
    /// It was started, and has not confirmed yet.
    Started = 0x2d,
    /// It was started and has confirmed that it works.
    Confirmed = 0xb4,
    /// It was to be started and has not confirmed before the next boot, or could not be started.
    Rejected = 0x78,
}

/// The state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// The number of its record. Of two records the greater one counts.
    pub sequence: u32,
    /// The least security version that may run.
    pub counter: u32,
    /// It is certainly later than this.
    pub time_floor: Time,
    /// The revision of the trust policy in force.
    pub revision: u32,
    /// What is known of slot a and slot b.
    pub slots: [Trial; 2],
    /// The slot that runs unless there is a trial.
    pub active: Slot,
    /// Which of the two policy pages is in force.
    pub policy: Slot,
    /// Is the other page's policy to come into force? `Confirmed`: yes; `Empty`: there is none.
    pub pending: Trial,
    /// Which images these are, by the first 4 bytes of their SHA-256: those of slot a and slot b that were verified when they were noted. 0 where none was. It
    /// tells images apart that the owners vouch for, and vouches for none.
    pub ids: [u32; 2],
    /// The greatest revision of a trust policy that was ever taken on, in force or pending.
    pub offered: u32,
}

impl State {
    /// What a factory writes into the first record: slot a holds an image that has not been started, policy page a the policy of this revision.
    #[must_use]
    pub const fn factory(revision: u32) -> Self {
        Self {
            sequence: 1,
            counter: 0,
            time_floor: Time(0),
            revision,
            slots: [Trial::Started, Trial::Empty],
            active: Slot::A,
            policy: Slot::A,
            pending: Trial::Empty,
            ids: [0; 2],
            offered: revision,
        }
    }

    /// What is known of a slot.
    #[must_use]
    pub const fn of(&self, slot: Slot) -> Trial {
        slot.of(self.slots)
    }

    /// Notes what became of a slot, and which image it holds ([`Self::ids`]).
    pub const fn set(&mut self, slot: Slot, trial: Trial, id: u32) {
        *slot.which(&mut self.slots) = trial;
        *slot.which(&mut self.ids) = id;
    }

    /// The record. A factory writes that of [`Self::factory`] to the start of the first journal page and leaves the other one erased.
    #[must_use]
    pub fn record(&self) -> [u8; RECORD] {
        let ([a, b], [id_a, id_b], Time(floor)) = (self.slots, self.ids, self.time_floor);
        let slots = [a as u8, b as u8, self.active as u8, 0];
        let policy = [self.policy as u8, self.pending as u8, 0, 0];
        let fields = [
            u32::from_le_bytes(MAGIC),
            self.sequence,
            self.counter,
            floor as u32,
            (floor >> 32) as u32,
            self.revision,
            u32::from_le_bytes(slots),
            u32::from_le_bytes(policy),
            id_a,
            id_b,
            self.offered,
        ];
        sealed::<CONTENT, RECORD>(&fields)
    }

    /// The state in a record; `None` where that is none.
    fn read(record: &[u8; RECORD]) -> Option<Self> {
        let [sequence, counter, low, high, revision, slots, policy, id_a, id_b, offered] =
            unsealed::<10>(record, CONTENT, MAGIC)?;
        let ([a, b, active, _], [policy, pending, ..]) = (slots.to_le_bytes(), policy.to_le_bytes());
        Some(Self {
            sequence,
            counter,
            time_floor: Time(u64::from(high) << 32 | u64::from(low)),
            revision,
            slots: [trial(a)?, trial(b)?],
            active: slot(active)?,
            policy: slot(policy)?,
            pending: trial(pending)?,
            ids: [id_a, id_b],
            offered,
        })
    }
}

fn trial(byte: u8) -> Option<Trial> {
    [Trial::Empty, Trial::Installed, Trial::Started, Trial::Confirmed, Trial::Rejected]
        .into_iter()
        .find(|trial| *trial as u8 == byte)
}

fn slot(byte: u8) -> Option<Slot> {
    Slot::ALL.into_iter().find(|slot| *slot as u8 == byte)
}

/// Fields, zeros up to `CONTENT` bytes, and the first bytes of SHA-256 of these.
pub(crate) fn sealed<const CONTENT: usize, const ALL: usize>(fields: &[u32]) -> [u8; ALL] {
    let mut bytes = [0; ALL];
    for (place, field) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(fields) {
        *place = field.to_le_bytes();
    }
    if let Some((content, check)) = bytes.split_at_mut_checked(CONTENT) {
        check.iter_mut().zip(sha256(content)).for_each(|(place, byte)| *place = byte);
    }
    bytes
}

/// The fields behind the magic, of which there are `FIELDS`; `None` where the check is not theirs.
pub(crate) fn unsealed<const FIELDS: usize>(bytes: &[u8], content: usize, magic: [u8; 4]) -> Option<[u32; FIELDS]> {
    if !is_sealed(bytes, content, magic) {
        return None;
    }
    let fields = bytes.as_chunks::<4>().0.get(1..)?;
    fields.first_chunk::<FIELDS>().map(|fields| fields.map(u32::from_le_bytes))
}

#[inline(never)]
fn is_sealed(bytes: &[u8], content: usize, magic: [u8; 4]) -> bool {
    // Nearly all places are erased: nothing is hashed there.
    let Some((content, check)) = bytes.split_at_checked(content).filter(|_| bytes.starts_with(&magic)) else {
        return false;
    };
    sha256(content).starts_with(check)
}

/// The last good record of a page. Records are appended, so that it has the greatest number.
fn last(page: &[u8]) -> Option<State> {
    page.as_chunks::<RECORD>().0.iter().rev().find_map(State::read)
}

/// The state as the journal has it, and which page it is in.
fn find<F: Flash>(flash: &F, map: &Map) -> Option<(State, Slot)> {
    let [a, b] = map.journal.map(|page| last(flash.mapped(page)));
    match (a, b) {
        (Some(a), Some(b)) if b.sequence > a.sequence => Some((b, Slot::B)),
        (Some(a), _) => Some((a, Slot::A)),
        (None, b) => Some((b?, Slot::B)),
    }
}

/// The state as the journal has it: its last good record. `None` where it has none: the device was not provisioned, or has lost what it knew.
#[inline(never)]
#[must_use]
pub fn read<F: Flash>(flash: &F, map: &Map) -> Option<State> {
    find(flash, map).map(|(state, _)| state)
}

/// Appends a record of `state` with a change, and makes the change in `state` once it is there.
///
/// # Errors
/// [`FlashError`]: `state` is as before.
#[inline(never)]
pub fn append<F: Flash>(
    flash: &mut F,
    map: &Map,
    state: &mut State,
    change: &mut dyn FnMut(&mut State),
) -> Result<(), FlashError> {
    let (_, page) = find(flash, map).ok_or(FlashError)?;
    let mut next = *state;
    change(&mut next);
    // A record that could not be written may be good all the same: no other one has its number.
    state.sequence = state.sequence.checked_add(1).ok_or(FlashError)?;
    next.sequence = state.sequence;
    let record = &next.record();

    let region = page.of(map.journal);
    let places = flash.mapped(region).as_chunks::<RECORD>().0;
    let used = places.iter().rposition(|place| !is_erased(place)).map_or(0, |last| last.saturating_add(1));
    let place = if used < places.len() {
        region.after((used as u32).saturating_mul(RECORD as u32))
    } else {
        // The records of this page count until there is one in the other.
        let other: Region = page.other().of(map.journal);
        flash::erase(flash, other)?;
        other
    };
    flash::write(flash, place.start, record)?;
    *state = next;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIALS: [Trial; 5] = [Trial::Empty, Trial::Installed, Trial::Started, Trial::Confirmed, Trial::Rejected];

    #[test]
    fn a_record_comes_back() {
        for trial in TRIALS {
            let state = State {
                sequence: 0x0102_0304,
                counter: u32::MAX,
                time_floor: Time(0x1122_3344_5566_7788),
                revision: 7,
                slots: [trial, Trial::Empty],
                active: Slot::B,
                policy: Slot::B,
                pending: Trial::Confirmed,
                ids: [0x8765_4321, 3],
                offered: 9,
            };
            let record = state.record();
            assert_eq!(State::read(&record), Some(state));
            for bit in 0..8 * RECORD {
                let mut damaged = record;
                damaged[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(State::read(&damaged), None, "bit {bit}");
            }
        }
        assert_eq!(State::read(&[0xff; RECORD]), None);
        assert_eq!(State::read(&[0; RECORD]), None);
    }

    #[test]
    fn values_are_far_apart() {
        for (number, one) in TRIALS.iter().enumerate() {
            for other in &TRIALS[..number] {
                assert!((*one as u8 ^ *other as u8).count_ones() >= 4, "{one:?} {other:?}");
            }
        }
    }
}
