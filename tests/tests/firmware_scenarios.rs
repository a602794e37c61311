//! The boot images in QEMU: on every board every scenario of firmware/scenarios gives the log beside it.

use sitrep_core::{Clock, Code, Error, FixedClock, NoClock, Time, update::Package};
use sitrep_firmware::{Slot, boards::memory_map, candidate::verify_package};
use sitrep_tests::{
    device::{Flash, Image, TIME_LIMIT},
    scenario::{self, Scenario},
};

macro_rules! scenarios {
    ($($test:ident)*) => {
        const TESTED: &[&str] = &[$(stringify!($test)),*];

        $(#[test]
        fn $test() {
            let name = stringify!($test).replace('_', "-");
            let flash = Scenario::read(&name).flash();
            for board in memory_map::ALL {
                let Some(image) = Image::open(board, "verify") else { continue };
                scenario::compare(&name, &image.run(&flash, TIME_LIMIT));
            }
        })*
    };
}

scenarios! {
    earliest_time
    expired
    genuine
    genuine_dsse
    limit_profile
    no_clock
    one_of_three
    refuse_inspections
    tampered_artifact
    tampered_chain
    tampered_chain_dsse
    tampered_link
    truncated
    truncated_trust
    two_of_three
    wrong_key
}

/// What the image `verify` does.
fn boot(page: &[u8], package: &Package<'_>, clock: &dyn Clock) -> Result<(), Error> {
    verify_package(page, package, Slot::A, clock, &mut |_| ()).map(|_| ())
}

/// The same boot on this machine, which needs no emulator: it ends as the expected logs say.
#[test]
fn the_host_decides_alike() {
    for name in scenario::names() {
        let flash = Scenario::read(&name).flash();
        let package = Package::read(&flash.slot).expect(&name);
        let clock: &dyn Clock = if let Some(seconds) = flash.clock { &FixedClock(Time(seconds)) } else { &NoClock };
        let result = boot(&flash.trust, &package, clock);
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
    for length in 0..flash.slot.len() {
        let Ok(package) = Package::read(&flash.slot[..length]) else { continue };
        assert!(boot(&flash.trust, &package, &NoClock).is_err(), "{length} bytes");
    }
    let whole = Package::read(&flash.slot).expect("a package");
    for length in 0..whole.bundle.len() {
        let package = Package { bundle: &whole.bundle[..length], ..whole };
        assert!(boot(&flash.trust, &package, &NoClock).is_err(), "{length} bytes of bundle");
    }
}

/// Whatever was written to the policy's page: a device with that policy starts nothing.
#[test]
fn no_part_of_a_trust_policy_boots() {
    let Flash { trust, slot, .. } = Scenario::read("genuine").flash();
    let package = Package::read(&slot).expect("a package");
    assert_eq!(boot(&trust, &package, &NoClock), Ok(()));
    for length in 0..trust.len() {
        for erased in [0, 0xff] {
            let page = [&trust[..length], &[erased; 512]].concat();
            assert!(boot(&page, &package, &NoClock).is_err(), "{length} bytes, {erased:#x} behind them");
        }
    }
}

/// A device leaves to a host whether a policy makes sense. Where it does not, no verification succeeds.
#[test]
fn a_policy_that_no_host_compiles_boots_nothing() {
    let Flash { trust, slot, .. } = Scenario::read("genuine").flash();
    let package = Package::read(&slot).expect("a package");
    // Magic, version and length; the number of owners; the only owner: form, key, and two key ids; the threshold and the rest.
    let (owner, rest) = trust[8..].split_at(33 + 1 + 2 * 65);
    let policy = |owners: &[&[u8]], threshold: u8, rest: &[u8]| {
        let body = [&[owners.len() as u8], &owners.concat()[..], &[threshold], rest].concat();
        [b"SITT\x01", &[body.len() as u8 | 0x80, (body.len() >> 7) as u8][..], &body].concat()
    };
    let boot = |page: Vec<u8>| boot(&page, &package, &NoClock).map_err(|error| error.code());
    assert_eq!(policy(&[owner], 1, &rest[1..]), trust);
    assert_eq!(boot(policy(&[owner], 0, &rest[1..])), Err(Code::OwnerNone));
    assert_eq!(boot(policy(&[], 0, &rest[1..])), Err(Code::OwnerNone));
    assert_eq!(boot(policy(&[], 1, &rest[1..])), Err(Code::OwnerNone));
    assert_eq!(boot(policy(&[owner], 2, &rest[1..])), Err(Code::OwnerUnsigned));
    assert_eq!(boot(policy(&[owner, owner], 1, &rest[1..])), Ok(()));
    assert_eq!(boot(policy(&[owner, owner], 2, &rest[1..])), Err(Code::OwnerUnsigned), "one key signs once");
    // The name of the artifact, which stands second behind the threshold.
    assert_eq!(&rest[1..][..3], b"\0\x13d");
    let name = |name: &[u8]| [&[0, name.len() as u8], name, &rest[1..][2 + 19..]].concat();
    assert_eq!(boot(policy(&[owner], 1, &name(b"demo-project.tar.gz"))), Ok(()));
    assert_eq!(boot(policy(&[owner], 1, &name(b""))), Err(Code::TrustArtifact));
    assert_eq!(boot(policy(&[owner], 1, &name(b"./demo-project.tar.gz"))), Err(Code::ArtifactUnknown));
}

#[test]
fn every_scenario_is_tested() {
    let names: Vec<_> = scenario::names().iter().map(|name| name.replace('-', "_")).collect();
    assert_eq!(names, TESTED);
}
