//! Bundles that expand: what is made of one takes no more memory, and writes no more, than 8 bytes for each of its own and 64 MiB, and takes no
//! more time than two seconds for each megabyte of it and of 200,000 bytes more (here five times that, as every branch is counted and all arithmetic is checked).
//!
//! The input is a bundle that the fuzzer has changed in its parts; of it a larger one is made, in which one string is long, one envelope stands
//! often, and one payload holds itself again and again. So a few bytes are enough to find out what is multiplied with what.
#![no_main]

use std::time::Duration;

use allocation_counter::measure;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use nix::time::{ClockId, clock_gettime};
use sitrep_core::bundle::Bundle;
use sitrep_core::limits::HOST;
use sitrep_core::{Parameter, Time};
use sitrep_fuzz::parts::{Parts, mutate, push_varint};
use sitrep_fuzz::verdict::{Settings, accepted};
use sitrep_metadata::bundle::documents;
use sitrep_metadata::bundle::known::Known;
use sitrep_metadata::bundle::role::{Predicate, Role, Subjects};
use sitrep_metadata::bundle::shown::Shown;
use sitrep_metadata::bundle::unpack::{Writer, plan};
use sitrep_metadata::lint::lint;
use sitrep_metadata::profile::Profile;

fuzz_target!(|data: &[u8]| {
    let Some(parts) = Parts::read(data).filter(|parts| !parts.envelopes.is_empty()) else { return };
    let bytes = larger(parts, data).write();
    check(&bytes);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed, &fuzzer_mutate)
});

/// Numbers that follow from the input.
struct Draw(u64);

impl Draw {
    fn of(data: &[u8]) -> Self {
        Self(
            data.iter()
                .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)),
        )
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

/// The bundle with one of each made large.
fn larger(mut parts: Parts, data: &[u8]) -> Parts {
    let mut draw = Draw::of(data);
    let number = draw.below(parts.strings.len());
    if let Some((is_hex, bytes)) = parts.strings.get_mut(number) {
        let filling = if *is_hex || draw.below(2) == 0 { "a" } else { "é" };
        bytes.extend(filling.repeat(draw.below(1 << 15)).into_bytes());
    }
    let number = draw.below(parts.envelopes.len());
    let envelope = &mut parts.envelopes[number];
    let times = draw.below((1 << 15) / envelope.tokens.len().max(1)) as u32;
    if times > 1 {
        let mut tokens = vec![6];
        push_varint(&mut tokens, times);
        tokens.extend(envelope.tokens.repeat(times as usize));
        // An object that is known by its first member stays one.
        envelope.tokens = if draw.below(2) == 0 { tokens } else { [&[7, 1, 5, 42][..], &tokens].concat() };
    }
    let size = envelope.tokens.len() + 80 * (1 + envelope.signatures.len());
    let again = draw.below((1 << 16) / size);
    parts.fix_lengths();
    let envelope = parts.envelopes[number].clone();
    parts.envelopes.extend(std::iter::repeat_n(envelope, again));
    parts
}

/// Does this within the bound.
fn within(what: &str, length: usize, work: impl FnOnce() -> u64) {
    let clock = || Duration::from(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("a clock"));
    let bound = 8 * length as u64 + (64 << 20);
    let (start, mut written) = (clock(), 0);
    let taken = measure(|| written = work());
    let time = clock().saturating_sub(start);
    // The input is in memory as well.
    assert!(taken.bytes_max + length as u64 <= bound, "{what}: {} bytes of memory of {length}", taken.bytes_max);
    assert!(written <= bound, "{what}: {written} bytes written of {length}");
    assert!(time.as_secs_f64() <= 10.0 * (length as f64 + 200_000.0) / 1e6, "{what}: {time:?} for {length} bytes");
}

fn check(bytes: &[u8]) {
    let settings = Settings(bytes.get(5).copied().unwrap_or(0));
    let mut path = vec![0; HOST.path];
    let Ok(bundle) = Bundle::open(bytes, &mut path) else { return };
    within("unpack", bytes.len(), || {
        let Ok(files) = plan(&bundle) else { return 0 };
        let (mut writer, mut written) = (Writer::new(&bundle), 0);
        for file in &files {
            written += file.path.len() as u64;
            if writer.write_file(file, &mut |bytes| written += bytes.len() as u64).is_err() {
                break;
            }
        }
        written
    });
    within("pack", bytes.len(), || {
        let packed = documents::packer(&bundle).ok().and_then(|packer| packer.finish(HOST.profile).ok());
        packed.map_or(0, |packed| packed.len() as u64)
    });
    within("inspect", bytes.len(), || {
        let mut shown = Shown::of(bytes.len() as u64);
        let texts = bundle.envelopes().flatten().take(1 + HOST.links).filter_map(|envelope| {
            let known = Known::of(&envelope).ok()?;
            let names = [known.name, known.type_name, known.expires, envelope.label(), envelope.step()];
            let mut texts: Vec<String> = names.into_iter().flatten().map(|name| shown.name(name)).collect();
            texts.extend(known.steps.first.iter().chain(&known.inspections.first).map(|name| shown.name(*name)));
            texts.extend(envelope.signatures().filter_map(|signature| shown.optional(signature.keyid)));
            if let Some(Predicate { uri, says, .. }) = Predicate::of(&known, &mut shown) {
                texts.push(uri);
                texts.extend(says.into_iter().flat_map(|says| [says.member, says.value.to_string()]));
            }
            let subjects = Subjects::of(&bundle, &known, &mut shown).ok().flatten();
            Some((Role::of(&envelope, &known), texts, subjects))
        });
        let texts: Vec<_> = texts.collect();
        texts.iter().flat_map(|(_, texts, _)| texts).map(|text| text.len() as u64).sum()
    });
    within("verify", bytes.len(), || {
        accepted(bytes, &bundle, settings, &mut ());
        0
    });
    let layout =
        documents::packer(&bundle).ok().and_then(|packer| packer.documents().next().map(|(_, layout)| layout.clone()));
    if let Some(layout) = layout {
        within("lint", bytes.len(), || {
            let parameters = [Parameter { name: "a", value: "b" }];
            let findings = lint(&layout, Profile::Host, Time(1_800_000_000), &parameters);
            findings.map_or(0, |findings| findings.iter().map(|finding| finding.problem.len() as u64).sum())
        });
    }
}
