//! The boot image in QEMU: every scenario of firmware/scenarios gives the log beside it.

use sitrep_core::{Clock, FixedClock, NoClock, Time};
use sitrep_firmware::{anchor::Anchor, boot::boot, slot::Slot};
use sitrep_tests::{
    device::{Image, TIME_LIMIT},
    scenario::{self, Scenario},
};

macro_rules! scenarios {
    ($($test:ident)*) => {
        const TESTED: &[&str] = &[$(stringify!($test)),*];

        $(#[test]
        fn $test() {
            let name = stringify!($test).replace('_', "-");
            let Some(image) = Image::open("mps2-an385") else { return };
            scenario::compare(&name, &image.run(&Scenario::read(&name).flash(), TIME_LIMIT));
        })*
    };
}

scenarios! {
    expired
    genuine
    genuine_dsse
    no_clock
    refuse_inspections
    tampered_artifact
    tampered_chain
    tampered_chain_dsse
    tampered_link
    truncated
    wrong_key
}

/// An image that nothing else was written to holds what the scenario `no-clock` says.
#[test]
fn the_image_as_built() {
    scenario::compare_demo(&Scenario::read("no-clock").flash());
    if scenario::blessing() {
        return; // the image is built from what was just written, but perhaps before
    }
    let Some(image) = Image::open("mps2-an385") else { return };
    scenario::compare("no-clock", &image.run_as_built());
}

/// The same boot on this machine, which needs no emulator: it ends as the expected logs say.
#[test]
fn the_host_decides_alike() {
    for name in scenario::names() {
        let flash = Scenario::read(&name).flash();
        let (anchor, slot) = (Anchor::read(&flash.anchor).expect(&name), Slot::read(&flash.slot).expect(&name));
        let clock: &dyn Clock = if let Some(seconds) = flash.clock { &FixedClock(Time(seconds)) } else { &NoClock };
        let result = boot(&anchor, &slot, clock, |_| ());
        let end = match result {
            Ok(()) => "info verified: ".to_owned(),
            Err(error) => format!("({})", error.code().number()),
        };
        let expected = scenario::expected(&name);
        let last = expected.lines().rev().nth(1).expect("a log and an exit code");
        assert!(last.contains(&end), "{name}: {result:?} here, but on the device {last:?}");
    }
}

/// Whatever lies in the slot: a device with that update does not start it.
#[test]
fn no_part_of_a_slot_boots() {
    let flash = Scenario::read("genuine").flash();
    let anchor = Anchor::read(&flash.anchor).expect("an anchor");
    for length in 0..flash.slot.len() {
        let Ok(slot) = Slot::read(&flash.slot[..length]) else { continue };
        assert!(boot(&anchor, &slot, &NoClock, |_| ()).is_err(), "{length} bytes");
    }
    let whole = Slot::read(&flash.slot).expect("a slot");
    for length in 0..whole.bundle.len() {
        let slot = Slot { bundle: &whole.bundle[..length], ..whole };
        assert!(boot(&anchor, &slot, &NoClock, |_| ()).is_err(), "{length} bytes of bundle");
    }
}

#[test]
fn every_scenario_is_tested() {
    let names: Vec<_> = scenario::names().iter().map(|name| name.replace('-', "_")).collect();
    assert_eq!(names, TESTED);
}
