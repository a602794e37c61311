//! The verifier as a boot loader has it, on this machine: built without the feature `full`, it answers what it reads from standard input, so that a test
//! can compare its answers with those of the whole verifier (tests/tests/boot_profile.rs).
//!
//! A question is: seconds since 1970 or 0 (8 bytes), a compiled trust policy, a bundle, the number of artifacts (4 bytes), and for each its name and its
//! content; a length of 4 bytes stands before each of these. Numbers are little-endian. An answer is a line: a code, and the warnings' codes.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test's tool: what cannot be done is to be seen at once")]

use std::io::{Read, stdin};

use sitrep_core::limits::{BOOT, Features};
use sitrep_core::{
    BootMemory, Bundle, Clock, Ed25519, Error, FixedClock, NoClock, Request, Sequential, Time, TrustPolicy, verify,
};

fn main() {
    assert!(!Features::BUILD.has(Features::PARAMETERS), "build it with --no-default-features");
    let mut all = Vec::new();
    stdin().read_to_end(&mut all).unwrap();
    let mut input = all.as_slice();
    while !input.is_empty() {
        let mut warnings = Vec::new();
        let result = answer(&mut input, &mut warnings);
        let code = result.map_or_else(|error| error.code().name(), |()| "verified");
        println!("{code} {}", warnings.join(" "));
    }
}

fn answer(input: &mut &[u8], warnings: &mut Vec<&'static str>) -> Result<(), Error> {
    let seconds = u64::from_le_bytes(take(input, 8).try_into().unwrap());
    let clock: &dyn Clock = if seconds == 0 { &NoClock } else { &FixedClock(Time(seconds)) };
    let (policy, bundle) = (sized(input), sized(input));
    let artifacts: Vec<_> = (0..number(input)).map(|_| (sized(input), sized(input))).collect();

    let TrustPolicy { trust, .. } = &TrustPolicy::read_page(policy)?;
    let bundle = &Bundle::open(bundle, &mut [0; BOOT.path])?;
    let request = Request { bundle, trust, clock, schemes: &Ed25519, executor: &Sequential, parameters: &[] };
    let mut memory = BootMemory::new();
    let outcome = verify(&request, &mut memory, &mut ());
    warnings.extend(outcome.warnings().kept().iter().map(|warning| warning.code().name()));
    outcome.result()?;
    for (name, content) in artifacts {
        let name = std::str::from_utf8(name).unwrap();
        let product = outcome.supply_chain()?.product(name, &mut [0; BOOT.path])?;
        product.check(content, Some(content.len() as u64))?;
    }
    Ok(())
}

fn take<'a>(input: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (taken, rest) = input.split_at_checked(length).unwrap();
    *input = rest;
    taken
}

fn number(input: &mut &[u8]) -> u32 {
    u32::from_le_bytes(take(input, 4).try_into().unwrap())
}

fn sized<'a>(input: &mut &'a [u8]) -> &'a [u8] {
    let length = number(input) as usize;
    take(input, length)
}
