//! A sublayout does not say for which step it was made. Whoever signs one has carried out one step.

use sitrep_core::Code;
use sitrep_tests::chain::key;
use sitrep_tests::demo::verified;
use sitrep_tests::raw_bundle::{Added, Envelope, Node, RawBundle, one_run};
use sitrep_tests::raw_chain::{OWNER, functionaries, layout, link, metablock, rule};

/// The answer to a layout of two steps that either of two functionaries may carry out, for which these sublayouts were given: step, signer, and the
/// pattern that makes it another sublayout.
fn answer(given: &[(usize, &str, &str)]) -> Result<(), Code> {
    let both = functionaries(2);
    let mut envelopes = vec![metablock(layout(&both, 2, &Vec::new(), &Vec::new()), OWNER)];
    for (step, signer, pattern) in given {
        let rules = vec![rule(&["ALLOW", pattern])];
        let step = Added { step: Some(format!("step {step}")), ..Added::default() };
        let parent = Added { parent: envelopes.len() as u32, ..Added::default() };
        envelopes.push(metablock(layout(&both, 1, &rules, &Vec::new()), signer).with(step));
        let inner: Node = link(0, one_run(0, 0), one_run(0, 0));
        envelopes.push(Envelope::with(metablock(inner, signer), parent));
    }
    let bytes = RawBundle { envelopes, ..RawBundle::default() }.bytes();
    verified(&bytes, &key(OWNER).pk, |outcome| outcome.result().map_err(|error| error.code())).unwrap()
}

#[test]
fn one_signature_on_a_sublayout_stands_for_one_step() {
    let (one, other) = ("functionary 0", "functionary 1");
    assert_eq!(answer(&[(0, one, "a"), (1, one, "a")]), Err(Code::SublayoutReused));
    assert_eq!(answer(&[(0, one, "a"), (0, other, "b"), (1, other, "b")]), Err(Code::SublayoutReused));
    // Others than those two; each signed by somebody else; twice for the same step.
    assert_eq!(answer(&[(0, one, "a"), (1, one, "b")]), Ok(()));
    assert_eq!(answer(&[(0, one, "a"), (1, other, "a")]), Ok(()));
    assert_eq!(answer(&[(0, one, "a"), (0, other, "a"), (1, one, "b")]), Ok(()));
}
