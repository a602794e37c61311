//! The memory that core's verifier takes, all of it: what the caller gives, the stack, and nothing from the heap. It is the same
//! for 10 artifacts a step and for 100,000; without optimisation, 10,000.

use std::mem::size_of_val;

use sitrep_cli::sources::input::Input;
use sitrep_core::bundle::Bundle;
use sitrep_core::limits::{DEVICE, HOST};
use sitrep_core::{Items, Memory, Trust, verify};
use sitrep_tests::core_alone::{Owner, request};
use sitrep_tests::painted::Stack;
use sitrep_tests::{every_kind, scale};

/// Bytes of the stack that is painted; far more than core takes, even without optimisation.
const STACK: usize = 1 << 20;
/// A chain of few artifacts. Without optimisation each call has a stack frame of its own, and a chain of a single block of paths misses
/// one call (64 bytes); what `tests/run` holds to is the optimised build.
const SMALL: usize = if cfg!(debug_assertions) { 100 } else { 10 };
/// Without optimisation, more would take a minute.
const LARGE: usize = if cfg!(debug_assertions) { 10_000 } else { 100_000 };

/// What one verification took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Taken {
    /// Bytes of the memory given.
    memory: usize,
    /// Bytes of the stack, measured by painting.
    stack: usize,
    /// Calls to the allocator.
    allocations: u64,
}

/// A supply chain, packed.
struct Packed {
    bundle: Vec<u8>,
    owner: [u8; 32],
    /// What is demanded of it, but for the owner.
    demands: Trust<'static>,
}

impl Packed {
    fn new(artifacts: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let chain = scale::write(directory.path(), artifacts).unwrap();
        let input = Input::from_directory(&chain.layout, directory.path()).unwrap();
        let demands = Trust::new(&[], 1);
        Self { bundle: input.packer.finish(HOST.profile).unwrap(), owner: chain.owner, demands }
    }

    /// Opens and verifies it, with everything that a caller has to provide made before, and not counted.
    fn verify<
        const LAYOUTS: usize,
        const KEYS: usize,
        const STEPS: usize,
        const LINKS: usize,
        const RULES: usize,
        const PATH: usize,
    >(
        &self,
    ) -> Taken {
        let owner = Owner::new(&self.owner);
        let ids = owner.ids();
        let owners = [owner.key(&ids)];
        let trust = Trust { owners: Items::new(&owners), ..self.demands };
        let mut stack = Stack::new(STACK);

        let mut path = [0; PATH];
        let mut opened = None;
        let mut open = 0;
        let of_open = allocation_counter::measure(|| {
            open = stack.bytes_of(|| opened = Some(Bundle::open(&self.bundle, &mut path)));
        });
        let bundle = opened.unwrap().unwrap();

        // Borrows from the bundle, so it can only be made now.
        let mut memory = Box::new(Memory::<LAYOUTS, KEYS, STEPS, LINKS, RULES, PATH>::new());
        let request = request(&bundle, &trust);
        let mut result = Ok(());
        let mut check = 0;
        let of_check = allocation_counter::measure(|| {
            check = stack.bytes_of(|| result = verify(&request, &mut memory, &mut ()).result());
        });
        result.unwrap();
        Taken {
            memory: size_of_val(&*memory) + size_of_val(&path),
            stack: open.max(check),
            allocations: of_open.count_total + of_check.count_total,
        }
    }
}

fn on_host(packed: &Packed) -> Taken {
    packed.verify::<{ HOST.layouts }, { HOST.keys }, { HOST.steps }, { HOST.links }, { HOST.rules }, { HOST.path }>()
}

fn on_device(packed: &Packed) -> Taken {
    packed.verify::<{ DEVICE.layouts }, { DEVICE.keys }, { DEVICE.steps }, { DEVICE.links }, { DEVICE.rules }, { DEVICE.path }>()
}

#[test]
fn does_not_grow_with_the_artifacts() {
    let (small, large) = (Packed::new(SMALL), Packed::new(LARGE));
    println!("bundles of {} and {} bytes", small.bundle.len(), large.bundle.len());
    for (name, taken) in [("host", [&small, &large].map(on_host)), ("device", [&small, &large].map(on_device))] {
        let [of_small, of_large] = taken;
        println!("{name}, {SMALL} artifacts a step: {of_small:?}");
        println!("{name}, {LARGE} artifacts a step: {of_large:?}");
        assert_eq!(of_small, of_large, "{name}");
        assert_eq!(of_large.allocations, 0, "{name}");
    }
}

/// Sublayouts, statements and attestations come out of the same memory.
#[test]
fn is_enough_for_every_kind_of_evidence() {
    let plain = Packed::new(SMALL);
    let rich = Packed { bundle: every_kind::bundle(), owner: every_kind::owner(), demands: every_kind::DEMANDS };
    for (name, [plain, rich]) in [("host", [&plain, &rich].map(on_host)), ("device", [&plain, &rich].map(on_device))] {
        println!("{name}: {rich:?}, of plain links {plain:?}");
        assert_eq!((rich.memory, rich.allocations), (plain.memory, 0), "{name}");
    }
}
