//! What a boot leaves for the application: one block in memory that the start-up of both leaves alone (BUNDLE.md, section 14).
//!
//! It tells, and decides nothing: whatever runs on the device can change it afterwards.

use core::fmt;

use serde::Deserialize;

use crate::error::{Code, Error, Place};
use crate::verdict::artifact::sha256;

/// The first bytes of a block.
pub const MAGIC: [u8; 4] = *b"SITB";

/// The format of reports that this crate writes and reads.
pub const FORMAT: u8 = 1;

/// How many bytes a block takes at most: what the linker has to keep free.
pub const BLOCK: usize = HEAD + REPORT + SUM;

/// Magic and length.
const HEAD: usize = 8;

/// How many bytes a report has at most: every number as long as it can be.
const REPORT: usize =
    1 + (1 + REFUSAL) + 2 * (2 + REFUSAL) + (1 + REFUSAL) + 5 + 6 + 5 + 10 + 11 + 38 + WARNINGS * 3 + 5;

/// How many bytes a refusal has at most.
const REFUSAL: usize = 3 + 4 + 4 + 5 + 4 + 4 + 6;

/// How many bytes of the SHA-256 of what is before stand at the end.
const SUM: usize = 4;

/// How many warnings a report keeps.
pub const WARNINGS: usize = 6;

/// What came of a boot. A boot writes it with its errors as they are, `R` is then [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct BootReport<R = Refusal> {
    /// [`FORMAT`].
    pub format: u8,
    /// What runs.
    pub decision: BootDecision<R>,
    /// Slot a and slot b.
    pub slots: [SlotReport<R>; 2],
    /// What became of the package in the staging area.
    pub staging: Checked<R>,
    /// The revision of the trust policy in force.
    pub policy: u32,
    /// The revision of the policy that comes into force once an image that it allows was confirmed.
    pub pending_policy: Option<u32>,
    /// The least security version that may run.
    pub counter: u32,
    /// It is certainly later than this, in seconds since 1970; 0 where nothing is known.
    pub time_floor: u64,
    /// What the device's clock said, in seconds since 1970; `None` where it has none, or none that was set: then nobody knows whether what runs has
    /// expired since the time floor.
    pub clock: Option<u64>,
    /// What runs; `None` in recovery.
    pub image: Option<ImageReport>,
    /// Numbers of the first warnings about what runs, in recovery about what was refused last, each once; 0 where there are fewer.
    pub warnings: [u16; WARNINGS],
    /// How many there were.
    pub warning_count: u32,
}

/// What a boot decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum BootDecision<R = Refusal> {
    /// This slot runs; its application has confirmed before that it works.
    Confirmed(BootSlot),
    /// This slot runs, and its application has not confirmed. Where its state is [`SlotState::Started`] it may, and what the next boot does
    /// otherwise depends on the other slot; in any other state it runs because nothing else does, and cannot confirm.
    Trial(BootSlot),
    /// Nothing may run, for this reason.
    Recovery(R),
}

/// One of the two slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum BootSlot {
    /// Slot a.
    A,
    /// Slot b.
    B,
}

/// A slot after a boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct SlotReport<R = Refusal> {
    /// What the journal says of it.
    pub state: SlotState,
    /// What came of its verification at this boot.
    pub checked: Checked<R>,
}

/// What is known of what a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum SlotState {
    /// The journal cannot be read.
    Unknown,
    /// Nothing.
    Empty,
    /// An update that was not started yet.
    Installed,
    /// It was started, and has not confirmed.
    Started,
    /// It was started, and has confirmed that it works.
    Confirmed,
    /// An update that did not verify, or was not confirmed before the next boot.
    Rejected,
}

/// What came of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Checked<R = Refusal> {
    /// There was none.
    No,
    /// It was verified; what was staged was taken.
    Verified,
    /// It was refused.
    Refused(R),
}

/// A refusal: its code's number (BUNDLE.md, section 9), and the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Refusal {
    /// The number of the code.
    pub code: u16,
    /// The place, by number.
    pub place: Place,
}

impl Refusal {
    /// The code, where this crate knows it.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.number() == self.code)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { code: error.code().number(), place: error.place() }
    }
}

impl<R> From<Result<(), R>> for Checked<R> {
    fn from(result: Result<(), R>) -> Self {
        match result {
            Ok(()) => Self::Verified,
            Err(error) => Self::Refused(error),
        }
    }
}

/// What runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct ImageReport {
    /// Its SHA-256.
    pub sha256: [u8; 32],
    /// The security version that was attested of it.
    pub security_version: u32,
}

/// Why a block holds no report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BootReportError {
    /// It does not start with [`MAGIC`]: no boot has written it, or something else has been written over it.
    Magic,
    /// It is shorter than it says, or says a length that no report has.
    Length,
    /// Its checksum is another one: it was changed, or memory has lost it.
    Checksum,
    /// It is whole, and of another format than [`FORMAT`].
    Format,
    /// It is whole, and no report.
    Content,
}

impl fmt::Display for BootReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Magic => "no boot report starts here",
            Self::Length => "the boot report is cut off, or its length is damaged",
            Self::Checksum => "the boot report was changed after the boot: its checksum is another one",
            Self::Format => "the boot report is of another format",
            Self::Content => "the boot report is whole and says what no boot report can say",
        })
    }
}

impl core::error::Error for BootReportError {}

impl<R: Copy + Into<Refusal>> BootReport<R> {
    /// Writes the block over the start of `block`; returns how many bytes it takes, of which there are at most [`BLOCK`].
    ///
    /// # Errors
    /// [`BootReportError::Length`] where `block` is too short. Then it holds no report.
    pub fn write(&self, block: &mut [u8]) -> Result<usize, BootReportError> {
        let short = BootReportError::Length;
        let (head, rest) = block.split_at_mut_checked(HEAD).ok_or(short)?;
        head.fill(0);
        let mut out = Out { room: rest, filled: 0 };
        self.write_fields(&mut out);
        let length = out.filled;
        let end = length.saturating_add(HEAD);
        let (written, rest) = block.split_at_mut_checked(end).ok_or(short)?;
        let place = rest.first_chunk_mut::<SUM>().ok_or(short)?;
        let (magic, count) = written.split_at_mut(MAGIC.len());
        if let Some(count) = count.first_chunk_mut() {
            *count = (length as u32).to_le_bytes();
        }
        magic.copy_from_slice(&MAGIC);
        place.iter_mut().zip(sha256(written)).for_each(|(place, byte)| *place = byte);
        Ok(end.saturating_add(SUM))
    }

    fn write_fields(&self, out: &mut Out<'_>) {
        out.byte(self.format);
        match self.decision {
            BootDecision::Confirmed(slot) => out.bytes(&[0, slot as u8]),
            BootDecision::Trial(slot) => out.bytes(&[1, slot as u8]),
            BootDecision::Recovery(refusal) => {
                out.byte(2);
                out.refusal(&refusal.into());
            }
        }
        for slot in self.slots {
            out.byte(slot.state as u8);
            out.checked(slot.checked);
        }
        out.checked(self.staging);
        out.number(self.policy.into());
        out.option(self.pending_policy.map(u64::from));
        out.number(self.counter.into());
        out.number(self.time_floor);
        out.option(self.clock);
        match &self.image {
            None => out.byte(0),
            Some(ImageReport { sha256, security_version }) => {
                out.byte(1);
                out.bytes(sha256);
                out.number((*security_version).into());
            }
        }
        self.warnings.iter().for_each(|number| out.number((*number).into()));
        out.number(self.warning_count.into());
    }
}

/// Writes as postcard does, and reads with it: its serializer alone takes twice the flash of all of this.
struct Out<'a> {
    room: &'a mut [u8],
    /// More than there is room for where that is too short.
    filled: usize,
}

impl Out<'_> {
    #[inline(never)]
    fn byte(&mut self, byte: u8) {
        if let Some(place) = self.room.get_mut(self.filled) {
            *place = byte;
        }
        self.filled = self.filled.saturating_add(1);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.byte(*byte));
    }

    #[inline(never)]
    fn number(&mut self, mut number: u64) {
        while number > 0x7f {
            self.byte(number as u8 | 0x80);
            number >>= 7;
        }
        self.byte(number as u8);
    }

    #[inline(never)]
    fn option(&mut self, number: Option<u64>) {
        self.byte(number.is_some().into());
        number.into_iter().for_each(|number| self.number(number));
    }

    #[inline(never)]
    fn refusal(&mut self, Refusal { code, place }: &Refusal) {
        self.number((*code).into());
        self.option(place.envelope.map(u64::from));
        self.option(place.step.map(u64::from));
        match place.rule {
            None => self.byte(0),
            Some((list, number)) => {
                self.bytes(&[1, list as u8]);
                self.number(number.into());
            }
        }
        self.option(place.key.map(u64::from));
        self.option(place.attestation.map(u64::from));
        self.option(place.artifact.map(u64::from));
    }

    fn checked<R: Into<Refusal>>(&mut self, checked: Checked<R>) {
        match checked {
            Checked::No => self.byte(0),
            Checked::Verified => self.byte(1),
            Checked::Refused(refusal) => {
                self.byte(2);
                self.refusal(&refusal.into());
            }
        }
    }
}

impl BootReport {
    /// Reads the block at the start of `block`; what follows it is not looked at.
    ///
    /// # Errors
    /// [`BootReportError`] where there is none, or it is damaged.
    pub fn read(block: &[u8]) -> Result<Self, BootReportError> {
        let rest = block.strip_prefix(&MAGIC).ok_or(BootReportError::Magic)?;
        let (length, rest) = rest.split_first_chunk().ok_or(BootReportError::Length)?;
        // 32 bits fit usize on every target that core supports.
        let length = u32::from_le_bytes(*length) as usize;
        let (report, rest) =
            rest.split_at_checked(length).filter(|_| length <= REPORT).ok_or(BootReportError::Length)?;
        let sum = rest.first_chunk::<SUM>().ok_or(BootReportError::Length)?;
        let signed = block.get(..length.saturating_add(HEAD)).ok_or(BootReportError::Length)?;
        if sha256(signed).first_chunk() != Some(sum) {
            return Err(BootReportError::Checksum);
        }
        if report.first() != Some(&FORMAT) {
            return Err(BootReportError::Format);
        }
        match postcard::take_from_bytes(report) {
            Ok((report, [])) => Ok(report),
            _ => Err(BootReportError::Content),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::List;

    fn refusal(code: u16, number: u16) -> Refusal {
        let place = Place {
            envelope: Some(number),
            step: Some(number),
            rule: Some((List::Products, number)),
            key: Some(number),
            attestation: Some(number),
            artifact: Some(number.into()),
        };
        Refusal { code, place }
    }

    fn small() -> BootReport {
        BootReport {
            format: FORMAT,
            decision: BootDecision::Trial(BootSlot::B),
            slots: [
                SlotReport { state: SlotState::Confirmed, checked: Checked::No },
                SlotReport { state: SlotState::Started, checked: Checked::Verified },
            ],
            staging: Checked::Refused(Error::new(Code::SecurityVersion).at_step(1).at_attestation(0).into()),
            policy: 3,
            pending_policy: None,
            counter: 7,
            time_floor: 1_790_000_000,
            clock: None,
            image: Some(ImageReport { sha256: [0xab; 32], security_version: 8 }),
            warnings: [Code::ExpiryUnknown.number(), 0, 0, 0, 0, 0],
            warning_count: 1,
        }
    }

    fn large() -> BootReport {
        let max = refusal(u16::MAX, u16::MAX);
        let max = Refusal { place: Place { artifact: Some(u32::MAX), ..max.place }, ..max };
        BootReport {
            decision: BootDecision::Recovery(max),
            slots: [SlotReport { state: SlotState::Rejected, checked: Checked::Refused(max) }; 2],
            staging: Checked::Refused(max),
            policy: u32::MAX,
            pending_policy: Some(u32::MAX),
            counter: u32::MAX,
            time_floor: u64::MAX,
            clock: Some(u64::MAX),
            image: Some(ImageReport { sha256: [0xff; 32], security_version: u32::MAX }),
            warnings: [u16::MAX; WARNINGS],
            warning_count: u32::MAX,
            ..small()
        }
    }

    #[test]
    fn a_report_comes_back_from_its_block() {
        for (report, length) in [(small(), None), (large(), Some(BLOCK))] {
            let mut block = [0xff; BLOCK + 1];
            let written = report.write(&mut block).unwrap();
            assert!(length.is_none_or(|length| length == written), "{written}");
            assert_eq!(BootReport::read(&block), Ok(report));
            assert_eq!(BootReport::read(&block[..written]), Ok(report));
            assert_eq!(block[written], 0xff);
            for length in 0..written {
                assert!(BootReport::read(&block[..length]).is_err(), "{length} bytes");
                // A block that is too short keeps no report of an earlier boot either.
                let mut short = block;
                assert_eq!(report.write(&mut short[..length]), Err(BootReportError::Length));
                assert!(length < HEAD || BootReport::read(&short) == Err(BootReportError::Magic), "{length} bytes");
            }
        }
    }

    #[test]
    fn a_changed_block_is_no_report() {
        let mut block = [0; BLOCK];
        let length = small().write(&mut block).unwrap();
        for at in 0..length {
            for bit in 0..8 {
                let mut changed = block;
                changed[at] ^= 1 << bit;
                let error = BootReport::read(&changed).unwrap_err();
                assert_eq!(error == BootReportError::Magic, at < 4, "byte {at}, bit {bit}");
            }
        }
        assert_eq!(BootReport::read(&[0; BLOCK]), Err(BootReportError::Magic));
        assert_eq!(BootReport::read(&[0xff; BLOCK]), Err(BootReportError::Magic));
    }

    /// The block around any bytes.
    fn block(report: &[u8]) -> heapless::Vec<u8, 1024> {
        let mut block = heapless::Vec::new();
        block.extend_from_slice(&MAGIC).unwrap();
        block.extend_from_slice(&(report.len() as u32).to_le_bytes()).unwrap();
        block.extend_from_slice(report).unwrap();
        let sum = sha256(&block);
        block.extend_from_slice(&sum[..SUM]).unwrap();
        block
    }

    #[test]
    fn what_is_whole_has_to_be_a_report_of_this_format() {
        let mut buffer = [0; BLOCK];
        let length = small().write(&mut buffer).unwrap();
        let report = &buffer[HEAD..length - SUM];
        assert_eq!(BootReport::read(&block(report)), Ok(small()));
        let mut other = [0; BLOCK];
        other[..report.len()].copy_from_slice(report);
        let other = &mut other[..report.len() + 1];
        assert_eq!(BootReport::read(&block(other)), Err(BootReportError::Content));
        assert_eq!(BootReport::read(&block(&other[..report.len() - 1])), Err(BootReportError::Content));
        other[1] = 3;
        assert_eq!(BootReport::read(&block(&other[..report.len()])), Err(BootReportError::Content));
        other[0] = FORMAT + 1;
        assert_eq!(BootReport::read(&block(&other[..report.len()])), Err(BootReportError::Format));
        assert_eq!(BootReport::read(&block(&[])), Err(BootReportError::Format));
        assert_eq!(BootReport::read(&block(&[FORMAT; REPORT + 1])), Err(BootReportError::Length));
    }

    /// The example of BUNDLE.md.
    #[test]
    fn the_example_of_the_format_description_is_a_report() {
        let section = include_str!("../../BUNDLE.md").split("\n## 14. ").nth(1).unwrap();
        let example = section.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
        let mut bytes = heapless::Vec::<u8, 1024>::new();
        for line in example.lines() {
            for word in line.trim_start().split("  ").next().unwrap().split(' ') {
                match word.strip_prefix('"') {
                    Some(text) => bytes.extend_from_slice(text.strip_suffix('"').unwrap().as_bytes()).unwrap(),
                    None => word.as_bytes().chunks(2).for_each(|pair| {
                        let [byte] = crate::hex::decode(pair).unwrap();
                        bytes.push(byte).unwrap();
                    }),
                }
            }
        }
        assert_eq!(BootReport::read(&bytes), Ok(small()));
    }
}
