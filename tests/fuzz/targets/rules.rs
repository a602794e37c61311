//! Random chains, decided by the whole verifier and by the queues of the in-toto specification, section 5.2 ([`sitrep_fuzz::policy`]).
#![no_main]

use libfuzzer_sys::fuzz_target;
use sitrep_core::bundle::Bundle;
use sitrep_core::{
    Code, HostMemory, Inspections, List, NoClock, Observer, OwnerKey, Parameter, PublicHalf, PublicKey, Request,
    Sequential, Str, Trust, limits, verify,
};
use sitrep_fuzz::accept::Accept;
use sitrep_fuzz::chain::{Drawn, PARAMETERS};
use sitrep_fuzz::policy::{Decision, decide};

#[derive(Default)]
struct Consumed(Vec<u32>);

impl Observer for Consumed {
    fn rule(&mut self, _: u16, _: List, _: u16, consumed: u32) {
        self.0.push(consumed);
    }
}

fuzz_target!(|drawn: Drawn| {
    let chain = drawn.chain();
    let bytes = chain.pack();
    let mut path = vec![0; limits::HOST.path];
    let bundle = Bundle::open(&bytes, &mut path).expect("a chain can be opened");
    let ed25519 = Str::new("ed25519");
    let key = PublicKey { keytype: ed25519, scheme: ed25519, public: PublicHalf::Bytes(&[1; 32]) };
    let owners = [OwnerKey { key, ids: (&["one"][..]).into() }];
    let trust = Trust { inspections: Inspections::Skip, ..Trust::new(&owners, 1) };
    let given = PARAMETERS.map(|(name, value)| Parameter { name, value });
    let request = Request {
        bundle: &bundle,
        trust: &trust,
        clock: &NoClock,
        schemes: &Accept { longest: usize::MAX },
        executor: &Sequential,
        parameters: if chain.parameters { &given } else { &[] },
    };
    let mut memory = Box::new(HostMemory::new());
    let mut consumed = Consumed::default();
    let outcome = verify(&request, &mut memory, &mut consumed);
    let decision = match outcome.result() {
        Ok(()) => Decision::Fulfilled(consumed.0),
        Err(error) => {
            let place = error.place();
            let step = place.step.expect("a step's name is good");
            let rule = || place.rule.expect("it is about a rule");
            match error.code() {
                Code::LayoutRule | Code::LayoutPrefix | Code::ParameterUndefined => {
                    Decision::Malformed(step, rule().0, rule().1)
                }
                Code::ThresholdNotMet => Decision::Threshold(step),
                Code::LinksDisagree => Decision::Disagree(step),
                code @ (Code::RuleDisallow | Code::RuleRequire) => Decision::Broken(step, rule().0, rule().1, code),
                code => panic!("{code}: {chain:?}"),
            }
        }
    };
    assert_eq!(decision, decide(&chain), "{chain:?}");
});
