//! The order of a boot (BOOT.md, section "Order").

use core::hint::black_box;

use sitrep_core::boot_report::WARNINGS;
use sitrep_core::{Clock, Code, Error, NoClock, Time};

use crate::candidate::{self, Question, Vouched, Way};
use crate::decision::{Decision, Permit, Token};
use crate::device::Device;
use crate::event::Event;
use crate::flash::{Flash, FlashError, Region, Slot};
use crate::journal::{self, State, Trial};
use crate::policy;
use crate::trailer::{self, TRAILER};

/// What came of a boot.
#[derive(Debug)]
pub struct Booted {
    result: Result<(), Error>,
    permit: Permit,
    /// What there is to tell about it.
    pub account: Account,
}

/// What there is to tell about a boot.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// The state that the journal has now, if any.
    pub state: Option<State>,
    /// The revision of the policy that waits to come into force.
    pub pending: Option<u32>,
    /// What became of the package in the staging area: `None` where there was none.
    pub staged: Option<Result<(), Error>>,
    /// What became of the last verification of slot a and of slot b: `None` where there was none.
    pub checked: [Option<Result<(), Error>>; 2],
    /// The security version that was attested of what runs.
    pub security_version: u32,
    /// Numbers of the first warnings about what runs, each once; 0 where there are fewer.
    pub warnings: [u16; WARNINGS],
    /// How many there were.
    pub warning_count: u32,
}

impl Booted {
    /// Before a boot: nothing may run.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "nothing but a boot is to be begun with it")]
    pub const fn new() -> Self {
        let account = Account {
            state: None,
            pending: None,
            staged: None,
            checked: [None; 2],
            security_version: 0,
            warnings: [0; WARNINGS],
            warning_count: 0,
        };
        Self { result: Err(Error::new(Code::BootJournal)), permit: Permit::blank(), account }
    }

    /// What is to be done.
    #[must_use]
    pub const fn decision(&self) -> Decision<'_> {
        match self.result {
            Ok(()) => Decision::Run(&self.permit),
            Err(error) => Decision::Recovery(error),
        }
    }
}

/// Boots: settles the trial, takes on what was staged, and chooses what may run. What comes of it goes to `booted`, a new one: a device has no room
/// to move it.
pub fn boot<F: Flash>(
    flash: &mut F,
    device: &Device<'_>,
    clock: &dyn Clock,
    tell: &mut dyn FnMut(&Event<'_>),
    booted: &mut Booted,
) {
    let Some(state) = journal::read(flash, &device.map) else { return };
    let mut boot = Boot { flash, device, clock, tell, state, account: &mut booted.account };
    boot.settle();
    boot.account.staged = boot.install_staged();
    booted.result = boot.choose(&mut booted.permit);
    boot.account.pending = policy::pending(boot.flash, &device.map, &boot.state);
    boot.account.state = Some(boot.state);
}

/// A boot under way.
pub(crate) struct Boot<'r, F> {
    pub(crate) flash: &'r mut F,
    pub(crate) device: &'r Device<'r>,
    clock: &'r dyn Clock,
    tell: &'r mut dyn FnMut(&Event<'_>),
    /// As the journal has it.
    pub(crate) state: State,
    account: &'r mut Account,
}

impl<'r, F: Flash> Boot<'r, F> {
    /// The trial of the last update: has its application confirmed?
    #[inline(never)]
    fn settle(&mut self) {
        let active = self.state.active;
        for slot in [active.other(), active] {
            if self.state.of(slot) != Trial::Started {
                continue;
            }
            let trailer = trailer::of(self.device.map.slot(slot));
            let has_confirmed = trailer::find(self.flash.mapped(trailer)).is_some_and(|time| self.confirm(slot, time));
            if !has_confirmed && slot != self.state.active && self.runs(self.state.active) {
                self.reject(slot);
            }
        }
    }

    /// Makes a slot whose application has confirmed the rule, if it is still what it was. Says whether it was.
    #[inline(never)]
    fn confirm(&mut self, slot: Slot, time: Time) -> bool {
        // A time after the layout's expiry would be the end of the very image that gave it.
        for time in [time, Time(0)] {
            let question = Question { floor: time, ..self.in_slot(slot, Way::Verifier) };
            let Ok(Vouched { attested, revision, id, .. }) = self.vouch(&question) else { continue };
            let known = attested.time.unwrap_or(Time(0)).max(time);
            let noted = self.append(&mut |state| {
                state.set(slot, Trial::Confirmed, id);
                state.active = slot;
                state.counter = state.counter.max(attested.security_version);
                state.time_floor = state.time_floor.max(known);
                put_in_force(state, revision);
            });
            // Where this cannot be noted, it is done again at the next boot.
            if noted.is_ok() {
                self.tell(&Event::Confirmed(slot));
            }
            return true;
        }
        false
    }

    fn reject(&mut self, slot: Slot) {
        // An application on trial could stage itself again without end, or make the staging area one that cannot be erased.
        let id = if self.is_staged() { slot.of(self.state.ids) } else { 0 };
        // Where this cannot be noted, it is done again at the next boot.
        if self.append(&mut |state| state.set(slot, Trial::Rejected, id)).is_ok() {
            self.tell(&Event::Rejected(slot));
        }
    }

    /// The first slot that may run: an update that was not started yet, the active slot, the other one.
    #[inline(never)]
    fn choose(&mut self, permit: &mut Permit) -> Result<(), Error> {
        let active = self.state.active;
        let first = if self.state.of(active.other()) == Trial::Installed { active.other() } else { active };
        let mut refusal = None;
        for slot in [first, first.other()] {
            match self.try_slot(slot, permit) {
                Ok(()) => return Ok(()),
                // The active slot's matters more than that of a failed update.
                Err(error) => refusal = if slot == active { Some(error) } else { refusal.or(Some(error)) },
            }
        }
        Err(refusal.unwrap_or(Code::BootJournal.into()))
    }

    /// Verifies a slot twice, and notes before it runs what must not be forgotten then.
    #[inline(never)]
    fn try_slot(&mut self, slot: Slot, permit: &mut Permit) -> Result<(), Error> {
        permit.clear(slot);
        let question = self.in_slot(slot, Way::Verifier);
        let trial = self.state.of(slot);
        let Vouched { attested, revision, image, id } = match self.vouch_into(&question, &mut permit.first) {
            Ok(vouched) => vouched,
            Err(error) => {
                if trial == Trial::Installed {
                    self.reject(slot);
                }
                return Err(error);
            }
        };
        if trial == Trial::Installed {
            // Nobody would ask for its confirmation otherwise.
            self.append(&mut |state| state.set(slot, Trial::Started, id))?;
            self.tell(&Event::Started(slot));
        }
        if trial == Trial::Confirmed && revision > self.state.revision {
            // Where this cannot be noted, the policy stays pending, and allows the image as before.
            if self.append(&mut |state| put_in_force(state, revision)).is_ok() {
                self.tell(&Event::PolicyInForce(revision));
            }
        }
        permit.image = image;
        self.account.security_version = attested.security_version;
        // Apart from the first, from the flash again, and told to nobody. The compiler must not see that it asks the same.
        let again = black_box(Question { way: Way::Digest, ..question });
        candidate::vouch(black_box(&*self.flash), self.device, &again, &mut permit.second, &mut |_| ()).map(|_| ())
    }

    /// May what lies in this slot run?
    pub(crate) fn runs(&mut self, slot: Slot) -> bool {
        self.vouch(&self.in_slot(slot, Way::Verifier)).is_ok()
    }

    /// The question about what lies in a slot.
    fn in_slot(&self, slot: Slot, way: Way) -> Question<'r> {
        let region = self.device.map.slot(slot);
        let package = region.first(region.length.saturating_sub(TRAILER));
        // What was confirmed does not expire: nobody would be served by a device that stops on a date.
        let clock = if self.state.of(slot) == Trial::Confirmed { &NoClock } else { self.clock };
        // What became of one image says nothing of another one that somebody has put in its place.
        Question { package, slot, clock, floor: Time(0), id: slot.of(self.state.ids), way }
    }

    /// The question about a staged package for a slot.
    pub(crate) fn staged(&self, package: Region, slot: Slot) -> Question<'r> {
        Question { package, slot, clock: self.clock, floor: Time(0), id: 0, way: Way::Verifier }
    }

    /// Answers a question that no jump depends on.
    pub(crate) fn vouch(&mut self, question: &Question<'_>) -> Result<Vouched, Error> {
        self.vouch_into(question, &mut Token::blank(0))
    }

    fn vouch_into(&mut self, question: &Question<'_>, token: &mut Token) -> Result<Vouched, Error> {
        let Account { warnings, warning_count, .. } = &mut *self.account;
        let tell = &mut *self.tell;
        let result = candidate::vouch(self.flash, self.device, question, token, &mut |event| {
            if let Event::Candidate(_, report) = event {
                (*warnings, *warning_count) = report.warning_numbers();
            }
            tell(event);
        });
        if question.package.start == self.device.map.slot(question.slot).start {
            *question.slot.which(&mut self.account.checked) = Some(result.map(|_| ()));
        }
        result
    }

    pub(crate) fn tell(&mut self, event: &Event<'_>) {
        (self.tell)(event);
    }

    /// Changes the state, in the journal and here.
    pub(crate) fn append(&mut self, change: &mut dyn FnMut(&mut State)) -> Result<(), FlashError> {
        journal::append(self.flash, &self.device.map, &mut self.state, change)
    }
}

/// The pending policy's revision is the greater one: it is in force when an image that it allows is confirmed.
fn put_in_force(state: &mut State, revision: u32) {
    if revision > state.revision {
        state.revision = revision;
        state.policy = state.policy.other();
        state.pending = Trial::Empty;
    }
}
