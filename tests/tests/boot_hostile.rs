//! A boot under attack: hostile packages, policy updates, marks and flash. What is verified runs, and the device can still be updated.

use sha2::{Digest as _, Sha256};
use sitrep_core::boot_report::{BLOCK, BootDecision, BootReport, BootSlot, Checked, ImageReport, SlotState};
use sitrep_core::{Clock, Code, FixedClock, NoClock, Time, update::package::ARTIFACT};
use sitrep_firmware::journal::{self, State, Trial};
use sitrep_firmware::{Booted, Decision, Region, Slot, Stager, boot, confirm, trailer};
use sitrep_tests::chain::{Random, key};
use sitrep_tests::power::SimulatedFlash;
use sitrep_tests::test_device::{A, B, Jumps, Staged, TestDevice};
use sitrep_tests::update::{Release, package, policy, policy_update, time};

type Subject = TestDevice<4, 1024>;

fn old() -> Release {
    Release::new("owner", 1)
}

fn new() -> Release {
    Release::new("owner", 5)
}

/// A device that runs release 1 from slot a, which has confirmed.
fn subject() -> Subject {
    Subject::confirmed(&old())
}

/// An application stages a package, piece by piece.
fn stage<'p>(subject: &Subject, flash: &mut SimulatedFlash<4, 1024>, pieces: impl IntoIterator<Item = &'p [u8]>) {
    let mut stager = Stager::begin(flash, &subject.device.map).unwrap();
    pieces.into_iter().for_each(|piece| stager.write(piece).unwrap());
    stager.finish().unwrap();
}

/// What a boot says of this package, which must not change what runs.
fn refused(subject: &Subject, package: &[u8]) -> Staged {
    let mut subject = subject.clone();
    subject.stage(package);
    let mut flash = subject.flash.clone();
    let before = subject.state(&flash);
    let (slot, staged) = subject.boot_and_tell(&mut flash);
    assert_eq!(slot, Slot::A);
    let head = subject.device.map.staging.first(32);
    assert!(flash.bytes[head.start as usize..head.end() as usize].iter().all(|byte| *byte == 0xff), "it is erased");
    assert_eq!(subject.state(&flash), before, "nothing is noted");
    // Nothing but the staging area was touched.
    let staging = subject.device.map.staging.start as usize;
    assert!(flash.bytes[..staging] == subject.flash.bytes[..staging]);
    assert_eq!(subject.boot_and_tell(&mut flash), (Slot::A, None));
    staged
}

/// Boots this flash without any expectation but that it does not panic. What runs, or the reason why nothing does.
fn outcome(subject: &Subject, clock: &dyn Clock) -> (Result<Slot, Code>, Subject) {
    let mut after = subject.clone();
    let mut booted = Booted::new();
    boot(&mut after.flash, &subject.device, clock, &mut |_| (), &mut booted);
    let runs = match booted.decision() {
        Decision::Run(permit) => {
            let slot = permit.slot();
            assert!(permit.redeem(&mut Jumps).is_some());
            Ok(slot)
        }
        Decision::Recovery(error) => Err(error.code()),
    };
    (runs, after)
}

#[test]
fn packages_that_are_none_are_refused() {
    let subject = subject();
    let whole = new().package(B, &[]);
    let head = Some(Err(Code::PackageHead));
    for length in [1, 4, 8, 12, 20, 31, 32, 1023, ARTIFACT, ARTIFACT + 1, whole.len() - 1] {
        let expected = if length < 20 { head } else { refused(&subject, &whole[..length]) };
        assert_eq!(refused(&subject, &whole[..length]), expected, "{length} bytes");
        assert!(expected.is_some_and(|staged| staged.is_err()), "{length} bytes");
    }
    for field in [8, 12, 16] {
        for value in [u32::MAX, 1 << 31, 1 << 30, 3072, 3073, 0xffff_fbff, 0xffff_fc00] {
            let mut package = whole.clone();
            package[field..field + 4].copy_from_slice(&u32::to_le_bytes(value));
            let staged = refused(&subject, &package).expect("there is a package");
            assert!(staged.is_err(), "{value:#x} at {field}");
        }
    }
    // Two things are for people alone, and in no signed text: the name of the file that the attestation came in, and the bundle's profile.
    let name = b"version.intoto.jsonl";
    let name = whole.windows(name.len()).position(|window| window == name).expect("the name") + name.len() - 1;
    let profile = ARTIFACT + new().images[B].len() + 5;
    let is_idle = |at: usize| at == profile || (name - 19..=name).contains(&at);
    let mut random = Random(1);
    for _ in 0..100 {
        let garbage: Vec<u8> = (0..4096).map(|_| random.below(256) as u8).collect();
        assert_eq!(refused(&subject, &garbage), head);
        let mut package = whole.clone();
        let at = ARTIFACT + random.below(package.len() - ARTIFACT);
        package[at] ^= 1 << random.below(8);
        if is_idle(at) {
            continue;
        }
        assert!(refused(&subject, &package).is_some_and(|staged| staged.is_err()), "byte {at}");
    }
}

#[test]
fn what_is_not_for_this_slot_device_or_counter_is_refused() {
    let mut subject = subject();
    assert_eq!(refused(&subject, &new().package(A, &[])), Some(Err(Code::ArtifactDigest)));
    assert_eq!(refused(&subject, &Release::new("owner", 0).package(B, &[])), Some(Err(Code::SecurityVersion)));
    assert_eq!(refused(&subject, &Release::new("stranger", 9).package(B, &[])), Some(Err(Code::OwnerUnsigned)));
    let (image, bundle) = (new().images[B].clone(), new().bundle());
    assert_eq!(refused(&subject, &package(&image, &old().bundle(), &[])), Some(Err(Code::ArtifactDigest)));
    assert!(refused(&subject, &package(&image, &[], &[])).is_some_and(|staged| staged.is_err()));
    assert_eq!(refused(&subject, &package(&[], &bundle, &[])), Some(Err(Code::ArtifactDigest)));

    subject.device.identity = Some(sitrep_core::Device { product: "kettle", hardware: "rev-b" });
    let (runs, _) = outcome(&subject, &NoClock);
    assert_eq!(runs, Err(Code::AttestationProduct), "images of another product do not run either");
}

/// A package that would leave no room for the trailer is not installed.
#[test]
fn a_package_does_not_reach_into_the_trailer() {
    for (less, expected) in [(0, Err(Code::PackageHead)), (127, Err(Code::PackageHead)), (128, Ok(()))] {
        let mut release = new();
        let others = release.package(B, &[]).len() - release.images[B].len();
        // The image's length does not change the bundle's.
        release.images[B] = vec![0x5a; 4096 - less - others];
        let package = release.package(B, &[]);
        assert_eq!(package.len(), 4096 - less);
        let mut subject = subject();
        subject.may_run(&release);
        subject.stage(&package);
        let mut flash = subject.flash.clone();
        let (slot, staged) = subject.boot_and_tell(&mut flash);
        assert_eq!((slot, staged), (if less == 128 { Slot::B } else { Slot::A }, Some(expected)), "{less}");
        if less == 128 {
            confirm(&mut flash, &subject.device.map, Slot::B, None).unwrap();
            assert_eq!(subject.boot(&mut flash), Slot::B);
        }
    }
}

#[test]
fn policy_updates_need_the_owners_in_force() {
    let mut subject = subject();
    let three = ["owner", "second", "third"];
    subject.put_policy(0, 7, &policy(7, &three, 1));
    subject.put_state(State { revision: 7, ..subject.state(&subject.flash) }, 1);
    let one = |update: &[u8]| refused(&subject, &package(&[], &[], update));
    let next = policy(8, &["mallory"], 1);
    let unsigned = Some(Err(Code::PolicyUpdateSignature));
    assert_eq!(one(&policy_update(&next, &["mallory"])), unsigned, "the new policy's owner");
    assert_eq!(one(&policy_update(&next, &[])), Some(Err(Code::PolicyUpdateForm)));
    assert_eq!(one(&policy_update(&next, &["owner"; 9])), Some(Err(Code::PolicyUpdateForm)), "too many");
    for revision in [0, 6, 7, u32::MAX] {
        let lower = policy_update(&policy(revision, &["owner"], 1), &three);
        assert_eq!(one(&lower), Some(Err(Code::PolicyUpdateRevision)), "{revision}");
    }
    // The signature is over another type of payload.
    let mut raw = policy_update(&next, &["owner"]);
    let at = raw.len() - 64;
    raw[at..].copy_from_slice(&*key("owner").sk.sign(&next, None));
    assert_eq!(one(&raw), unsigned);
    // The beginning of the policy in force is not that policy.
    let head = [u32::from_le_bytes(*b"SITU"), 1, 1, 1].map(u32::to_le_bytes);
    let beginning = [head.as_flattened(), b"S", &[0; 96]].concat();
    assert!(one(&beginning).is_some_and(|staged| staged.is_err()));
    assert_eq!(refused(&subject, &package(&[], &[], &[])), Some(Err(Code::PackageHead)), "nothing at all");
    let good = policy_update(&next, &["owner"]);
    for at in (0..good.len()).step_by(7) {
        let mut changed = good.clone();
        changed[at] ^= 0x10;
        assert!(one(&changed).is_some_and(|staged| staged.is_err()), "byte {at}");
        assert!(at == 0 || one(&good[..at]).is_some_and(|staged| staged.is_err()), "{at} bytes");
    }
}

#[test]
fn one_owner_is_not_two() {
    let mut subject = Subject::confirmed(&old());
    let update = |signers: &[&str]| policy_update(&policy(2, &["owner", "mallory"], 1), signers);
    // Two of three owners; what runs does not, as it has one signature: so there is nothing to be lost but the policy.
    subject.put_policy(0, 1, &policy(1, &["owner", "second", "third"], 2));
    for signers in [&["owner", "owner"][..], &["owner", "owner", "owner"], &["owner", "mallory"], &["owner"]] {
        subject.stage(&package(&[], &[], &update(signers)));
        let (runs, after) = outcome(&subject, &NoClock);
        assert_eq!(runs, Err(Code::OwnerUnsigned), "{signers:?}");
        assert_eq!(after.state(&after.flash), subject.state(&subject.flash), "{signers:?}");
    }
    subject.stage(&package(&[], &[], &update(&["third", "owner"])));
    let (runs, after) = outcome(&subject, &NoClock);
    assert_eq!(runs, Ok(Slot::A), "the new policy lets it run");
    assert_eq!((after.state(&after.flash).revision, after.state(&after.flash).pending), (2, Trial::Empty));
}

/// A pending policy is replaced by one with a greater revision only, and is not taken on twice.
#[test]
fn a_pending_policy_can_be_replaced() {
    let mut subject = subject();
    let mut flash = subject.flash.clone();
    let pending = |revision| policy(revision, &["successor"], 1);
    for (revision, expected) in [
        (3, Ok(())),
        (3, Ok(())),
        (2, Err(Code::PolicyUpdateRevision)),
        (4, Ok(())),
        (3, Err(Code::PolicyUpdateRevision)),
        (u32::MAX, Err(Code::PolicyUpdateRevision)),
    ] {
        let staging = subject.device.map.staging;
        flash.clear(staging);
        flash.put(staging, &package(&[], &[], &policy_update(&pending(revision), &["owner"])));
        assert_eq!(subject.boot_and_tell(&mut flash), (Slot::A, Some(expected)), "{revision}");
        let before = subject.state(&flash);
        assert_eq!((before.revision, before.pending), (1, Trial::Confirmed));
    }
    // A cut while the next one is written loses the pending one, but no older one takes its place.
    let mut cut = subject.clone();
    cut.flash = flash.clone();
    let state = State { pending: Trial::Empty, ..subject.state(&flash) };
    cut.put_state(state, 1);
    for (revision, expected) in [(3, Err(Code::PolicyUpdateRevision)), (4, Ok(()))] {
        cut.stage(&package(&[], &[], &policy_update(&pending(revision), &["owner"])));
        let mut flash = cut.flash.clone();
        assert_eq!(subject.boot_and_tell(&mut flash), (Slot::A, Some(expected)), "{revision}");
    }
    // What comes into force is the last one, and only with an image that its owner vouches for.
    let release = Release::new("successor", 6);
    subject.may_run(&release);
    subject.policies.insert(4, pending(4));
    let staging = subject.device.map.staging;
    flash.clear(staging);
    flash.put(staging, &release.package(B, &[]));
    assert_eq!(subject.boot(&mut flash), Slot::B);
    assert_eq!(subject.state(&flash).revision, 1);
    confirm(&mut flash, &subject.device.map, Slot::B, None).unwrap();
    assert_eq!(subject.boot(&mut flash), Slot::B);
    assert_eq!((subject.state(&flash).revision, subject.state(&flash).pending), (4, Trial::Empty));
}

/// Marks count in a slot that was started, and nowhere else.
#[test]
fn a_forged_mark_confirms_nothing() {
    for trial in [Trial::Empty, Trial::Installed, Trial::Rejected] {
        let mut subject = subject();
        subject.install(&new(), B);
        let state = State { slots: [Trial::Confirmed, trial], ..subject.state(&subject.flash) };
        subject.put_state(state, 1);
        subject.flash.put(trailer::of(subject.device.map.slots[B]), &trailer::mark(time("2030-01-01T00:00:00Z")));
        let mut flash = subject.flash.clone();
        let slot = subject.boot(&mut flash);
        let after = subject.state(&flash);
        assert_eq!((after.counter, after.time_floor, after.active), (1, Time(0), Slot::A), "{trial:?}");
        assert_eq!(slot, if trial == Trial::Installed { Slot::B } else { Slot::A });
    }
    // Installation erases what somebody put there before.
    let mut subject = subject();
    subject.flash.put(trailer::of(subject.device.map.slots[B]), &trailer::mark(Time(0)));
    subject.may_run(&new());
    subject.stage(&new().package(B, &[]));
    let mut flash = subject.flash.clone();
    assert_eq!(subject.boot(&mut flash), Slot::B);
    assert_eq!(subject.boot(&mut flash), Slot::A);
    assert_eq!(subject.state(&flash).slots, [Trial::Confirmed, Trial::Rejected]);
    // A mark with a bit that is not its own is none.
    for bit in 0..256 {
        let mut mark = trailer::mark(Time(1));
        mark[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(trailer::find(&mark), None);
    }
}

/// An application that claims to know of a time after its own expiry does not end itself.
#[test]
fn a_mad_clock_is_not_believed() {
    for claimed in ["2040-01-01T00:00:00Z", "9999-01-01T00:00:00Z"] {
        let subject = Subject::new(&old());
        let mut flash = subject.flash.clone();
        confirm(&mut flash, &subject.device.map, Slot::A, Some(time(claimed))).unwrap();
        assert_eq!(subject.boot(&mut flash), Slot::A);
        let state = subject.state(&flash);
        assert_eq!((state.of(Slot::A), state.time_floor), (Trial::Confirmed, Time(0)));
    }
}

/// What was confirmed does not stop on a date; what is new has to be in date.
#[test]
fn expiry_is_for_what_is_new() {
    let late = FixedClock(time("2041-01-01T00:00:00Z"));
    let mut subject = subject();
    assert_eq!(outcome(&subject, &late).0, Ok(Slot::A));
    subject.may_run(&new());
    subject.stage(&new().package(B, &[]));
    let (runs, after) = outcome(&subject, &late);
    assert_eq!(runs, Ok(Slot::A));
    assert_eq!(after.state(&after.flash).of(Slot::B), Trial::Empty);
    assert_eq!(outcome(&subject, &FixedClock(time("2039-01-01T00:00:00Z"))).0, Ok(Slot::B));
    assert_eq!(outcome(&Subject::new(&old()), &late).0, Err(Code::LayoutExpired));
    // A time floor does not need a clock.
    subject.device.build_time = time("2041-01-01T00:00:00Z");
    assert_eq!(outcome(&Subject::new(&old()), &NoClock).0, Ok(Slot::A));
    assert_eq!(outcome(&subject, &NoClock).0, Err(Code::LayoutExpired));
}

#[test]
fn a_lost_journal_or_policy_ends_in_recovery() {
    let good = subject();
    let mut subject = good.clone();
    subject.flash.clear(subject.device.map.journal[0]);
    assert_eq!(outcome(&subject, &NoClock).0, Err(Code::BootJournal));
    let mut subject = good.clone();
    subject.put_policy(0, 2, &policy(2, &["owner"], 1));
    assert_eq!(outcome(&subject, &NoClock).0, Err(Code::BootPolicy), "nobody noted that one");
    let mut subject = good.clone();
    subject.flash.clear(subject.device.map.policy[0]);
    assert_eq!(outcome(&subject, &NoClock).0, Err(Code::TrustVersion));
    // Every bit of a record counts.
    for bit in 0..8 * journal::RECORD {
        let mut subject = good.clone();
        let at = subject.device.map.journal[0].start as usize + bit / 8;
        subject.flash.bytes[at] ^= 1 << (bit % 8);
        assert_eq!(outcome(&subject, &NoClock).0, Err(Code::BootJournal), "bit {bit}");
    }
}

/// Where no slot verifies, a staged package is the way out, into whichever slot it is for.
#[test]
fn recovery_takes_a_package() {
    for slot in [A, B] {
        let mut subject = subject();
        let at = subject.device.map.slots[A].start as usize + ARTIFACT;
        subject.flash.bytes[at] ^= 1;
        assert_eq!(outcome(&subject, &NoClock).0, Err(Code::ArtifactDigest));
        subject.may_run(&new());
        subject.stage(&new().package(slot, &[]));
        let (runs, mut after) = outcome(&subject, &NoClock);
        assert_eq!(runs, Ok(Slot::ALL[slot]));
        // There is nothing to go back to: it is tried until it confirms.
        for _ in 0..3 {
            let (runs, again) = outcome(&after, &NoClock);
            assert_eq!(runs, Ok(Slot::ALL[slot]));
            after = again;
        }
        confirm(&mut after.flash, &subject.device.map, Slot::ALL[slot], None).unwrap();
        assert_eq!(outcome(&after, &NoClock).0, Ok(Slot::ALL[slot]));
        let (_, after) = outcome(&after, &NoClock);
        let state = after.state(&after.flash);
        assert_eq!((state.active, state.counter), (Slot::ALL[slot], 5));
    }
}

/// The slot that still works is not written over.
#[test]
fn an_update_goes_to_the_slot_that_is_damaged() {
    let mut subject = subject();
    subject.install(&old(), B);
    subject.put_state(State { slots: [Trial::Confirmed; 2], ..subject.state(&subject.flash) }, 1);
    let at = subject.device.map.slots[A].start as usize + ARTIFACT;
    subject.flash.bytes[at] ^= 1;
    assert_eq!(outcome(&subject, &NoClock).0, Ok(Slot::B));
    for (slot, runs) in [(B, Slot::B), (A, Slot::A)] {
        let mut subject = subject.clone();
        subject.may_run(&new());
        subject.stage(&new().package(slot, &[]));
        let (ran, after) = outcome(&subject, &NoClock);
        // The package for the slot that works is refused.
        assert_eq!(ran, Ok(runs));
        let b = subject.device.map.slots[B];
        let bytes = b.start as usize..b.end() as usize;
        assert!(after.flash.bytes[bytes.clone()] == subject.flash.bytes[bytes]);
        assert_eq!(outcome(&after, &NoClock).0, Ok(Slot::B), "without confirmation it is back");
    }
}

/// An application that stages the same package for ever wears flash out, and nothing else; the journal goes round.
#[test]
fn the_same_package_again_and_again() {
    let mut subject = subject();
    subject.may_run(&new());
    let package = new().package(B, &[]);
    let mut flash = subject.flash.clone();
    for round in 0..20 {
        stage(&subject, &mut flash, package.chunks(1 + round));
        assert_eq!(subject.boot_and_tell(&mut flash), (Slot::B, Some(Ok(()))), "round {round}");
        assert_eq!(subject.boot_and_tell(&mut flash), (Slot::A, None), "round {round}");
    }
    assert!(subject.state(&flash).sequence > 2 * subject.records());
}

/// An application on trial that stages itself gets no second trial at once; the one that ran before may try it again.
#[test]
fn an_image_on_trial_does_not_prolong_it() {
    let mut subject = subject();
    subject.may_run(&new());
    let package = new().package(B, &[]);
    let mut flash = subject.flash.clone();
    for _ in 0..3 {
        stage(&subject, &mut flash, [&package[..]]);
        assert_eq!(subject.boot_and_tell(&mut flash), (Slot::B, Some(Ok(()))), "from the image that has confirmed");
        stage(&subject, &mut flash, [&package[..]]);
        assert_eq!(
            subject.boot_and_tell(&mut flash),
            (Slot::A, Some(Err(Code::BootRejected))),
            "from the one on trial"
        );
        assert_eq!(subject.boot_and_tell(&mut flash), (Slot::A, None));
    }
}

/// A staging area that nobody can erase does not keep a device from the image that works.
#[test]
fn a_package_that_cannot_be_erased_is_tried_once() {
    let mut subject = subject();
    subject.may_run(&new());
    subject.stage(&new().package(B, &[]));
    let mut flash = subject.flash.clone();
    flash.stuck = Some(subject.device.map.staging);
    assert_eq!(subject.boot_and_tell(&mut flash), (Slot::B, Some(Ok(()))));
    for _ in 0..3 {
        assert_eq!(subject.boot_and_tell(&mut flash), (Slot::A, Some(Err(Code::BootRejected))));
    }
}

/// What was confirmed is one image, not whatever lies in its slot: another one, for which owners vouched at some time, has to come by way of the staging area.
#[test]
fn an_image_put_in_the_place_of_another_does_not_run() {
    let late = FixedClock(time("2041-01-01T00:00:00Z"));
    let mut subject = Subject::new(&old());
    let mut flash = subject.flash.clone();
    confirm(&mut flash, &subject.device.map, Slot::A, None).unwrap();
    assert_eq!(subject.boot(&mut flash), Slot::A);
    subject.flash = flash;
    assert_eq!(outcome(&subject, &late).0, Ok(Slot::A), "what was confirmed does not expire");
    let slot = subject.device.map.slots[A];
    subject.flash.clear(slot);
    subject.flash.put(slot, &new().package(A, &[]));
    for clock in [&late as &dyn Clock, &NoClock] {
        assert_eq!(outcome(&subject, clock).0, Err(Code::BootImage));
    }
    // Nor is what was installed.
    let mut subject = self::subject();
    subject.may_run(&new());
    subject.stage(&new().package(B, &[]));
    let mut flash = subject.flash.clone();
    assert_eq!(subject.boot(&mut flash), Slot::B);
    let other = Release { images: [b"x1".to_vec(), b"x2".to_vec()], ..new() };
    let slot = subject.device.map.slots[B];
    flash.clear(slot);
    flash.put(slot, &other.package(B, &[]));
    confirm(&mut flash, &subject.device.map, Slot::B, None).unwrap();
    subject.flash = flash;
    assert_eq!(outcome(&subject, &NoClock).0, Ok(Slot::A));
}

/// What was not finished is no package.
#[test]
fn a_package_that_is_not_finished_is_none() {
    let subject = subject();
    let mut flash = subject.flash.clone();
    let mut stager = Stager::begin(&mut flash, &subject.device.map).unwrap();
    stager.write(&new().package(B, &[])).unwrap();
    assert_eq!(subject.boot_and_tell(&mut flash), (Slot::A, None));
    let mut stager = Stager::begin(&mut flash, &subject.device.map).unwrap();
    assert!(stager.write(&[0; 4097]).and_then(|()| stager.finish()).is_err(), "there is no room");
}

/// Any call of the flash may fail, for once or from there on: the device does not panic, runs what is verified, and is well when the flash is.
#[test]
fn flash_that_fails_bricks_nothing() {
    let mut subject = subject();
    subject.may_run(&new());
    let rotated = Release::new("successor", 6);
    subject.may_run(&rotated);
    let next = policy(2, &["successor"], 1);
    subject.policies.insert(2, next.clone());
    let mut started = subject.clone();
    subject.stage(&rotated.package(B, &policy_update(&next, &["owner"])));
    started.install(&new(), B);
    let state = State { slots: [Trial::Confirmed, Trial::Started], ..started.state(&started.flash) };
    started.put_state(state, started.records());
    let mut marked = started.clone();
    confirm(&mut marked.flash, &marked.device.map, Slot::B, None).unwrap();
    let mut tried = 0;
    for subject in [subject, started, marked] {
        for first in 0..100 {
            for count in [1, 2, usize::MAX] {
                let mut failing = subject.clone();
                failing.flash = SimulatedFlash::new(subject.flash.bytes.clone());
                failing.flash.fails = Some((first, count));
                let (runs, mut after) = outcome(&failing, &NoClock);
                assert!(runs.is_ok(), "{runs:?}: call {first}, {count} times");
                after.flash = SimulatedFlash::new(after.flash.bytes);
                for _ in 0..3 {
                    subject.boot(&mut after.flash);
                }
                tried += 1;
            }
        }
    }
    println!("{tried} ways to fail");
}

/// Boots, updates, confirmations, cuts and damaged packages in any order.
#[test]
fn anything_in_any_order() {
    let rounds = if std::env::var_os("SITREP_LONG").is_some() { 400 } else { 20 };
    let releases: Vec<Release> = (1..8).map(|version| Release::new("owner", version)).collect();
    let packages: Vec<[Vec<u8>; 2]> = releases.iter().map(|it| [A, B].map(|slot| it.package(slot, &[]))).collect();
    let mut boots = 0;
    for seed in 0..rounds {
        let random = &mut Random(seed);
        let mut subject = subject();
        releases.iter().for_each(|release| subject.may_run(release));
        for revision in 2..=5 {
            subject.policies.insert(revision, policy(revision, &["owner"], 1));
        }
        let mut flash = subject.flash.clone();
        let mut runs = Slot::A;
        for _ in 0..60 {
            let (map, staging) = (subject.device.map, subject.device.map.staging);
            match random.below(8) {
                0 | 1 => {
                    let package = &packages[random.below(packages.len())][random.below(2)];
                    flash.clear(staging);
                    flash.put(staging, package);
                }
                2 => {
                    let policy = &subject.policies[&(2 + random.below(4) as u32)];
                    flash.clear(staging);
                    flash.put(staging, &package(&[], &[], &policy_update(policy, &["owner"])));
                }
                3 => {
                    let at = staging.start as usize + random.below(3072);
                    flash.bytes[at] ^= 1 << random.below(8);
                }
                4 => confirm(&mut flash, &map, runs, None).unwrap(),
                5 => {
                    // A boot that is cut: what it did up to there.
                    let mut whole = SimulatedFlash::<4, 1024>::new(flash.bytes.clone());
                    subject.boot(&mut whole);
                    let cut = random.below(whole.operations.len() + 1);
                    flash.redo(&whole.operations[..cut]);
                    // Nothing ran: the application has had no chance to confirm.
                    boots += 1;
                    continue;
                }
                _ => {
                    runs = subject.boot(&mut flash);
                    boots += 1;
                }
            }
        }
        let state = subject.state(&flash);
        assert!(state.counter >= 1 && state.revision >= 1);
    }
    println!("{boots} boots");
}

/// The application finds in its report what the boot has done.
#[test]
fn the_report_says_what_the_boot_did() {
    let mut subject = subject();
    subject.may_run(&new());
    subject.stage(&new().package(B, &[]));
    let clock = FixedClock(time("2027-01-01T00:00:00Z"));
    let report = |flash: &mut SimulatedFlash<4, 1024>| {
        let mut block = [0; BLOCK];
        let mut booted = Booted::new();
        boot(flash, &subject.device, &clock, &mut |_| (), &mut booted);
        booted.report(clock.now()).write(&mut block).unwrap();
        BootReport::read(&block).unwrap()
    };
    let mut flash = subject.flash.clone();
    let trial = report(&mut flash);
    assert_eq!((trial.decision, trial.staging), (BootDecision::Trial(BootSlot::B), Checked::Verified));
    assert_eq!(trial.slots.map(|slot| slot.state), [SlotState::Confirmed, SlotState::Started]);
    assert_eq!((trial.policy, trial.pending_policy, trial.counter, trial.warning_count), (1, None, 1, 0));
    assert_eq!(trial.clock, Some(clock.0.0));
    let sha256: [u8; 32] = Sha256::digest(&new().images[B]).into();
    assert_eq!(trial.image, Some(ImageReport { sha256, security_version: 5 }));
    let reverted = report(&mut flash);
    assert_eq!((reverted.decision, reverted.staging), (BootDecision::Confirmed(BootSlot::A), Checked::No));
    assert_eq!(reverted.slots.map(|slot| slot.state), [SlotState::Confirmed, SlotState::Rejected]);
    // What was confirmed is held against the time floor alone, and the report says that its expiry is not known.
    assert_eq!((reverted.warnings[0], reverted.warning_count), (Code::ExpiryUnknown.number(), 1));
    flash.clear(subject.device.map.journal[0]);
    let lost = report(&mut flash);
    assert_eq!(lost.decision, BootDecision::Recovery(sitrep_core::Error::new(Code::BootJournal).into()));
    assert_eq!(lost.slots.map(|slot| slot.state), [SlotState::Unknown; 2]);
}

/// Regions of a map must not meet, and must be whole pages.
#[test]
fn maps_that_cannot_work_are_refused() {
    let good = subject().device.map;
    assert!(good.is_good(4, 1024) && good.is_good(1, 256) && good.is_good(32, 1024));
    for (word, page) in [(0, 1024), (3, 1024), (64, 1024), (4, 0), (4, 128), (4, 2048), (4, 1000)] {
        assert!(!good.is_good(word, page), "{word} {page}");
    }
    assert!(!good.is_good(8, 264), "copies go beyond a page");
    let far = Region { start: 0xffff_fc00, length: 1024 };
    let between = |region: Region| Region { start: region.start + 256, length: region.length - 1024 };
    let bad = [
        sitrep_firmware::Map { staging: Region { start: good.staging.start - 1024, ..good.staging }, ..good },
        sitrep_firmware::Map { staging: Region { length: 0, ..good.staging }, ..good },
        sitrep_firmware::Map { staging: Region { start: good.staging.start + 4, ..good.staging }, ..good },
        sitrep_firmware::Map { policy: [far; 2], ..good },
        sitrep_firmware::Map { slots: [good.slots[0], far], ..good },
        sitrep_firmware::Map { journal: [good.journal[0]; 2], ..good },
    ];
    assert!(bad.iter().all(|map| !map.is_good(4, 1024)));
    let slots = good.slots.map(between);
    assert!(!sitrep_firmware::Map { slots, ..good }.is_good(4, 256), "vector tables need places of 1 KiB");
}
