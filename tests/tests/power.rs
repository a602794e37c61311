//! The power is cut at every single flash operation of everything that a boot does, and again during the boot after it: a verified image runs, none that is
//! too old, and nothing that was confirmed is lost.
//!
//! Optimised and with the variable `SITREP_LONG` (`tests/run --long`) every first cut is tried, and with words of 4 and 16 bytes every second one; otherwise all
//! of what does little, and a part of what copies an image.

use std::collections::HashSet;
use std::env;

use sitrep_core::Time;
use sitrep_firmware::journal::{State, Trial};
use sitrep_firmware::{Slot, confirm};
use sitrep_tests::power::{Campaign, Operation, SimulatedFlash, Tried, fingerprint};
use sitrep_tests::test_device::{B, TestDevice};
use sitrep_tests::update::{Release, package, policy, policy_update, time};

/// Tries all cuts of what the application does first, if anything, and of the boots after it. When the last boot is through, the device is booted four
/// times more, where the application confirms if it `confirms`. `end` then looks at the state and at what runs.
fn campaign<const WORD: usize, const PAGE: usize>(
    bench: &TestDevice<WORD, PAGE>,
    name: &str,
    first: Option<Slot>,
    confirms: bool,
    end: &dyn Fn(&State, Slot),
) -> Tried {
    let map = &bench.device.map;
    // One cut of so many, by depth: strides that are odd go through all ways in which an operation can be half done. Small words make so many
    // states of two cuts that all of them would take hours.
    let (each, second) = match (is_long(), WORD) {
        (true, 4..) => (1, 1),
        (true, _) => (1, 97),
        (false, 16..) => (3, 997),
        (false, 4..) => (11, 997),
        (false, _) => (41, 997),
    };
    let mut strides = vec![each, second];
    if first.is_some() {
        strides.insert(0, 1);
    }
    let depth = strides.len();
    let mut ended = HashSet::new();
    let mut run = |bytes: &[u8], left: usize| -> Vec<Operation> {
        let mut flash = SimulatedFlash::<WORD, PAGE>::new(bytes.to_vec());
        if let Some(slot) = first.filter(|_| left == depth) {
            confirm(&mut flash, map, slot, Some(time("2027-01-01T00:00:00Z"))).unwrap();
            return flash.operations;
        }
        let mut slot = bench.boot(&mut flash);
        let operations = std::mem::take(&mut flash.operations);
        if !ended.insert(fingerprint(&flash.bytes)) {
            return operations;
        }
        for _ in 0..4 {
            if confirms && bench.state(&flash).of(slot) == Trial::Started {
                confirm(&mut flash, map, slot, None).unwrap();
            }
            slot = bench.boot(&mut flash);
        }
        let quiet = flash.bytes.clone();
        assert_eq!(bench.boot(&mut flash), slot);
        assert!(flash.bytes == quiet, "a normal boot writes nothing");
        end(&bench.state(&flash), slot);
        operations
    };
    let tried = Campaign::new(&mut run, &strides).start(&bench.flash.bytes);
    println!("{name}, words of {WORD}, pages of {PAGE}: {} cuts, {} different states", tried.cuts, tried.states);
    tried
}

/// Are all cuts to be tried? Without optimisation that would take hours.
fn is_long() -> bool {
    env::var_os("SITREP_LONG").is_some() && !cfg!(debug_assertions)
}

fn releases() -> [Release; 2] {
    [Release::new("owner", 1), Release { time: Some("2026-11-21T00:00:00Z"), ..Release::new("owner", 5) }]
}

/// All campaigns on flash of these words and pages.
fn everything<const WORD: usize, const PAGE: usize>() {
    let [old, new] = releases();
    let rotated = Release::new("successor", 6);
    let to_successor = policy_update(&policy(2, &["successor"], 1), &["owner"]);
    let mut all = Vec::new();

    // Also where the next record goes to the other page.
    let is_short = !is_long() && WORD != 4;
    for full in [false, true].into_iter().take(if is_short { 1 } else { 2 }) {
        let confirmed = || {
            let mut bench = TestDevice::<WORD, PAGE>::confirmed(&old);
            if full {
                let state = bench.state(&bench.flash);
                bench.put_state(state, bench.records());
            }
            bench
        };
        let name = |what: &str| format!("{what}{}", if full { ", journal page full" } else { "" });

        // Installs, and the new image does not confirm.
        let mut bench = confirmed();
        bench.may_run(&new);
        bench.stage(&new.package(B, &[]));
        all.push(campaign(&bench, &name("install and revert"), None, false, &|state, slot| {
            assert_eq!((slot, state.active, state.slots), (Slot::A, Slot::A, [Trial::Confirmed, Trial::Rejected]));
            assert_eq!(state.counter, 1);
        }));

        // Installs, and it confirms: unless a cut came between its start and its confirmation.
        all.push(campaign(&bench, &name("install and confirm"), None, true, &|state, slot| {
            assert_eq!(slot, state.active);
            match slot {
                Slot::A => assert_eq!((state.counter, state.slots), (1, [Trial::Confirmed, Trial::Rejected])),
                Slot::B => assert_eq!((state.counter, state.slots), (5, [Trial::Confirmed, Trial::Confirmed])),
            }
        }));

        // The counter, the time floor and the slot, moved by one confirmation.
        let mut bench = confirmed();
        bench.install(&new, B);
        let state = State { slots: [Trial::Confirmed, Trial::Started], ..bench.state(&bench.flash) };
        bench.put_state(state, if full { bench.records() } else { 1 });
        all.push(campaign(&bench, &name("confirm"), Some(Slot::B), false, &|state, slot| {
            assert_eq!(slot, state.active);
            match slot {
                // The mark was not whole.
                Slot::A => assert_eq!((state.counter, state.slots), (1, [Trial::Confirmed, Trial::Rejected])),
                Slot::B => {
                    assert_eq!((state.counter, state.slots), (5, [Trial::Confirmed, Trial::Confirmed]));
                    assert_eq!(state.time_floor, time("2027-01-01T00:00:00Z"));
                }
            }
        }));

        // The trial ends without confirmation.
        all.push(campaign(&bench, &name("revert"), None, false, &|state, slot| {
            assert_eq!((slot, state.slots), (Slot::A, [Trial::Confirmed, Trial::Rejected]));
            assert_eq!((state.counter, state.time_floor), (1, Time(0)));
        }));

        // A policy that allows what runs comes into force at once.
        let mut bench = confirmed();
        let both = policy(2, &["owner", "successor"], 1);
        bench.policies.insert(2, both.clone());
        bench.stage(&package(&[], &[], &policy_update(&both, &["owner"])));
        all.push(campaign(&bench, &name("policy update"), None, false, &|state, slot| {
            assert_eq!((slot, state.revision, state.pending), (Slot::A, 2, Trial::Empty));
        }));

        // One that does not waits for an image that it allows: here it never comes.
        let mut bench = confirmed();
        bench.stage(&package(&[], &[], &to_successor));
        all.push(campaign(&bench, &name("revocation alone"), None, false, &|state, slot| {
            assert_eq!((slot, state.revision, state.pending), (Slot::A, 1, Trial::Confirmed));
        }));

        // Here it comes with the policy, and is confirmed.
        let mut bench = confirmed();
        bench.may_run(&rotated);
        bench.policies.insert(2, policy(2, &["successor"], 1));
        bench.stage(&rotated.package(B, &to_successor));
        all.push(campaign(&bench, &name("rotation"), None, true, &|state, slot| match slot {
            Slot::A => assert_eq!((state.revision, state.pending, state.counter), (1, Trial::Confirmed, 1)),
            Slot::B => assert_eq!((state.revision, state.pending, state.counter), (2, Trial::Empty, 6)),
        }));
    }

    // A device that has just left the factory.
    let mut bench = TestDevice::<WORD, PAGE>::new(&old);
    all.push(campaign(&bench, "first boot", Some(Slot::A), true, &|state, slot| {
        assert_eq!((slot, state.of(slot), state.counter), (Slot::A, Trial::Confirmed, 1));
    }));
    bench.may_run(&new);
    bench.stage(&new.package(B, &[]));
    all.push(campaign(&bench, "update of a factory image that has not confirmed", None, false, &|state, slot| {
        assert_eq!((slot, state.slots), (Slot::A, [Trial::Started, Trial::Rejected]));
    }));

    let (cuts, states) = all.iter().fold((0, 0), |(cuts, states), it| (cuts + it.cuts, states + it.states));
    println!("words of {WORD}, pages of {PAGE}: {cuts} cuts in all, {states} different states");
}

/// Like a microcontroller of the nRF51 and nRF52 series.
#[test]
fn words_of_4_pages_of_1024() {
    everything::<4, 1024>();
}

/// Like the STM32H5 series, whose flash corrects errors.
#[test]
fn words_of_16_pages_of_8192() {
    everything::<16, 8192>();
}

/// Like serial flash.
#[test]
fn words_of_1_pages_of_4096() {
    everything::<1, 4096>();
}
