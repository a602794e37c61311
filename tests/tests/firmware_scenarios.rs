//! The boot image in QEMU: every scenario of firmware/scenarios gives the log beside it.

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

#[test]
fn every_scenario_is_tested() {
    let names: Vec<_> = scenario::names().iter().map(|name| name.replace('-', "_")).collect();
    assert_eq!(names, TESTED);
}
