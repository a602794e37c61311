//! A device on simulated flash, and what holds for every boot of it.
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use std::collections::BTreeMap;

use sitrep_core::{Code, NoClock};
use sitrep_firmware::decision::{Board, PROOF};
use sitrep_firmware::journal::{self, State, Trial};
use sitrep_firmware::trailer::{self, TRAILER};
use sitrep_firmware::{Booted, Decision, Device, Flash as _, Map, Region, Slot, boot};

use crate::power::SimulatedFlash;
use crate::update::{DEVICE, Release, policy, time};

/// Slot a, by number.
pub const A: usize = 0;
/// Slot b, by number.
pub const B: usize = 1;

/// A device with flash of these words and pages.
#[derive(Clone, Debug)]
pub struct TestDevice<const WORD: usize, const PAGE: usize> {
    /// What the boot gets.
    pub device: Device<'static>,
    /// Its flash.
    pub flash: SimulatedFlash<WORD, PAGE>,
    /// Every image that may ever run, by its bytes, and its security version.
    pub images: BTreeMap<Vec<u8>, u32>,
    /// Every policy that may come into force, by its revision.
    pub policies: BTreeMap<u32, Vec<u8>>,
}

/// The largest package here, in bytes.
const PACKAGE: usize = 4096;

impl<const WORD: usize, const PAGE: usize> TestDevice<WORD, PAGE> {
    /// A device as it leaves the factory, with this release in slot a, which the owner vouches for.
    #[must_use]
    pub fn new(release: &Release) -> Self {
        let mut start = 0;
        let mut region = |bytes: usize| {
            let length = bytes.next_multiple_of(PAGE) as u32;
            start += length;
            Region { start: start - length, length }
        };
        let map = Map {
            policy: [region(1), region(1)],
            journal: [region(1), region(1)],
            slots: [region(PACKAGE), region(PACKAGE)],
            staging: region(PACKAGE),
        };
        assert!(map.is_good(WORD as u32, PAGE as u32));
        let device = Device { map, identity: Some(DEVICE), build_time: time("2026-01-01T00:00:00Z") };
        let flash = SimulatedFlash::new(vec![0xff; start as usize]);
        let mut device = Self { device, flash, images: BTreeMap::new(), policies: BTreeMap::new() };
        device.may_run(release);
        device.flash.put(map.slots[A], &release.package(A, &[]));
        device.put_policy(0, 1, &policy(1, &["owner"], 1));
        device.put_state(State::factory(1), 1);
        device
    }

    /// The same with slot a confirmed.
    #[must_use]
    pub fn confirmed(release: &Release) -> Self {
        let mut device = Self::new(release);
        let counter = release.security_version;
        device.put_state(State { counter, slots: [Trial::Confirmed, Trial::Empty], ..State::factory(1) }, 1);
        device
    }

    /// The images of this release may run.
    pub fn may_run(&mut self, release: &Release) {
        for image in &release.images {
            self.images.insert(image.clone(), release.security_version);
        }
    }

    /// A trust policy in one of the pages, 0 or 1.
    pub fn put_policy(&mut self, page: usize, revision: u32, policy: &[u8]) {
        self.flash.clear(self.device.map.policy[page]);
        self.flash.put(self.device.map.policy[page], policy);
        self.policies.insert(revision, policy.to_vec());
    }

    /// A journal with so many records that say this.
    pub fn put_state(&mut self, state: State, records: u32) {
        for page in self.device.map.journal {
            self.flash.clear(page);
        }
        let page = self.device.map.journal[0];
        let records: Vec<u8> =
            (0..records).flat_map(|number| State { sequence: state.sequence + number, ..state }.record()).collect();
        self.flash.put(page, &records);
    }

    /// How many records a page holds.
    #[must_use]
    pub fn records(&self) -> u32 {
        self.device.map.journal[0].length / journal::RECORD as u32
    }

    /// A package in the staging area.
    pub fn stage(&mut self, package: &[u8]) {
        self.flash.clear(self.device.map.staging);
        self.flash.put(self.device.map.staging, package);
    }

    /// A release in a slot, as if it had been installed; the journal says nothing of it.
    pub fn install(&mut self, release: &Release, slot: usize) {
        self.may_run(release);
        self.flash.put(self.device.map.slots[slot], &release.package(slot, &[]));
    }

    /// The state that the journal has.
    #[must_use]
    pub fn state(&self, flash: &SimulatedFlash<WORD, PAGE>) -> State {
        journal::read(flash, &self.device.map).expect("the journal has a record")
    }

    /// What lies in a slot, but for its trailer.
    #[must_use]
    pub fn package<'f>(&self, flash: &'f SimulatedFlash<WORD, PAGE>, slot: Slot) -> &'f [u8] {
        let region = self.device.map.slot(slot);
        flash.mapped(region.first(region.length - TRAILER))
    }

    /// Boots, and checks everything that holds for any boot from a state that cuts can lead to. Returns the slot that runs.
    pub fn boot(&self, flash: &mut SimulatedFlash<WORD, PAGE>) -> Slot {
        self.boot_and_tell(flash).0
    }

    /// As [`Self::boot`], with what became of the package in the staging area.
    pub fn boot_and_tell(&self, flash: &mut SimulatedFlash<WORD, PAGE>) -> (Slot, Staged) {
        let map = &self.device.map;
        let (before, was) = (self.state(flash), flash.clone());
        let mut booted = Booted::new();
        boot(flash, &self.device, &NoClock, &mut |_| (), &mut booted);
        let after = self.state(flash);
        assert_eq!(booted.account.state, Some(after), "what the boot believes is what the journal says");

        let Decision::Run(permit) = booted.decision() else { panic!("{:?} from {before:?}", booted.decision()) };
        let slot = permit.slot();
        let image = permit.redeem(&mut Jumps).expect("both verifications agree");
        let version = self.images.get(flash.mapped(image)).unwrap_or_else(|| panic!("{image:?} holds no image"));
        assert!(*version >= before.counter && *version >= after.counter, "{version} from {before:?}");

        assert!(after.counter >= before.counter && after.time_floor >= before.time_floor, "{before:?} {after:?}");
        assert!(after.revision >= before.revision && after.sequence >= before.sequence, "{before:?} {after:?}");
        let policy = flash.mapped(after.policy.of(map.policy));
        assert!(policy.starts_with(&self.policies[&after.revision]), "policy {}", after.revision);

        let mark = |slot: Slot| trailer::find(was.mapped(trailer::of(map.slot(slot))));
        for other in Slot::ALL {
            if before.of(other) == Trial::Started && mark(other).is_some() {
                assert_eq!((after.of(other), after.active), (Trial::Confirmed, other), "{before:?}");
            }
        }
        let is_confirmed = before.of(after.active) == Trial::Started && mark(after.active).is_some();
        let is_as_before = after.active == before.active && before.of(after.active) == after.of(after.active);
        assert!(is_confirmed || is_as_before, "{before:?} {after:?}");
        assert_eq!(
            self.package(&was, after.active),
            self.package(flash, after.active),
            "the active slot is not written"
        );
        if slot != after.active {
            assert_eq!(after.of(slot), Trial::Started, "{before:?} {after:?}");
        }
        (slot, booted.account.staged.map(|result| result.map_err(|error| error.code())))
    }
}

/// What a boot said of the package in the staging area, by its code; `None` where there was none.
pub type Staged = Option<Result<(), Code>>;

/// A board that tells where it would have jumped.
#[derive(Clone, Copy, Debug)]
pub struct Jumps;

impl Board for Jumps {
    type Done = Option<Region>;

    fn read(&mut self, word: &u32) -> u32 {
        *word
    }

    fn jump(&mut self, image: Region, proof: u32) -> Option<Region> {
        (proof == PROOF).then_some(image)
    }

    fn stop(&mut self) -> Option<Region> {
        None
    }
}
