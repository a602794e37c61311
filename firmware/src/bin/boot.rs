//! The boot image.
#![no_std]
#![no_main]

use sitrep_core::{Clock as _, Time};
use sitrep_firmware::{
    Booted, Decision, Device,
    boards::{self as board, BatteryClock, Exit, MAP},
    boot, log,
};

/// What is built into the image.
const DEVICE: Device<'static> = Device {
    map: MAP,
    identity: Some(sitrep_core::Device { product: "thermostat", hardware: "rev-b" }),
    build_time: BUILD_TIME,
};

/// What `SOURCE_DATE_EPOCH` says when this is compiled, in seconds since 1970 (reproducible-builds.org); without it, 2026-01-01T00:00:00Z.
const BUILD_TIME: Time = match option_env!("SOURCE_DATE_EPOCH") {
    None => Time(1_767_225_600),
    Some(seconds) => match u64::from_str_radix(seconds, 10) {
        Ok(seconds) => Time(seconds),
        Err(_) => panic!("SOURCE_DATE_EPOCH is no number of seconds"),
    },
};

#[board::entry]
fn main() -> ! {
    let mut flash = board::start();
    let mut processor = board::protect();
    loop {
        let mut booted = Booted::new();
        boot(&mut flash, &DEVICE, &BatteryClock, &mut |event| log::event(event), &mut booted);
        leave(&booted);
        let (stack, statics) = board::ram();
        defmt::debug!("stack {=u32} bytes", stack);
        defmt::debug!("statics {=u32} bytes", statics);
        match booted.decision() {
            Decision::Run(permit) => match permit.redeem(&mut processor) {},
            Decision::Recovery(error) => {
                defmt::error!("recovery: {} ({=u16})", error.code(), error.code().number());
                // Where a device waits for somebody to bring a package.
                match board::receive(&mut flash, c"recovery.bin") {
                    Ok(Some(length)) => defmt::debug!("received {=usize} bytes", length),
                    _ => board::exit(Exit::Refused),
                }
            }
        }
    }
}

/// Apart, so that the report is not on the stack while a boot verifies.
#[inline(never)]
fn leave(booted: &Booted) {
    board::leave(&booted.report(BatteryClock.now()));
}
