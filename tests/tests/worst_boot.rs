//! How many verifications a boot makes at most (firmware/WORST_CASE.md): counted in every combination of what the journal can say of two slots and what can lie in
//! them, in their trailers and in the staging area.

use sitrep_core::NoClock;
use sitrep_firmware::journal::{State, Trial};
use sitrep_firmware::{Booted, Decision, Event, Slot, boot, trailer};
use sitrep_tests::test_device::{A, B, TestDevice};
use sitrep_tests::update::{Release, policy, time};
use sitrep_tests::work::VERIFICATIONS;

/// All ways to choose one of each.
fn product<X: Copy, Y: Copy>(xs: &[X], ys: &[Y]) -> Vec<(X, Y)> {
    xs.iter().flat_map(|x| ys.iter().map(|y| (*x, *y))).collect()
}

#[test]
fn verifications_of_a_boot() {
    const TRIALS: [Trial; 3] = [Trial::Installed, Trial::Started, Trial::Confirmed];
    let releases = [Release::new("owner", 1), Release::new("stranger", 1)];
    let mut blank = TestDevice::<4, 1024>::new(&releases[0]);
    blank.put_policy(1, 2, &policy(2, &["owner"], 1));
    let map = blank.device.map;
    // Later than the layouts expire: the mark is tried with and without its time.
    let mark = trailer::mark(time("2041-01-01T00:00:00Z"));
    let mut most = (0, String::new());
    let (mut boots, mut ran) = (0, 0);
    for (slots, (active, pending)) in
        product(&product(&TRIALS, &TRIALS), &product(&Slot::ALL, &[Trial::Empty, Trial::Confirmed]))
    {
        for (contents, (marks, staged)) in
            product(&product(&[0, 1], &[0, 1]), &product(&[[false; 2], [true; 2]], &[None, Some(0), Some(1)]))
        {
            let mut device = blank.clone();
            device.put_state(State { slots: [slots.0, slots.1], active, pending, ..State::factory(1) }, 1);
            for (slot, (release, is_marked)) in [(A, (contents.0, marks[A])), (B, (contents.1, marks[B]))] {
                device.flash.clear(map.slots[slot]);
                device.install(&releases[release], slot);
                if is_marked {
                    device.flash.put(trailer::of(map.slots[slot]).first(mark.len() as u32), &mark);
                }
            }
            if let Some(release) = staged {
                device.stage(&releases[release].package(B, &[]));
            }
            let (mut told, mut booted) = (0, Booted::new());
            let mut count = |event: &Event<'_>| told += u32::from(matches!(event, Event::Candidate(..)));
            boot(&mut device.flash, &device.device, &NoClock, &mut count, &mut booted);
            // The second verification of what runs is told to nobody; it asks the same.
            let is_run = matches!(booted.decision(), Decision::Run(_));
            let all = told + if is_run { 2 } else { 0 };
            (boots, ran) = (boots + 1, ran + u32::from(is_run));
            if all > most.0 {
                most = (
                    all,
                    format!(
                        "{slots:?}, active {active:?}, pending {pending:?}, {contents:?}, marks {marks:?}, staged {staged:?}"
                    ),
                );
            }
        }
    }
    println!("{boots} boots, {ran} of which run something: at most {} verifications, {}", most.0, most.1);
    assert_eq!(u64::from(most.0), VERIFICATIONS, "{}", most.1);
    assert!(ran > 0 && ran < boots);
}
