//! What an executor is told about the links that it hands out: which envelope each is, and how much work it is.

use std::cell::RefCell;

use sitrep_core::{Bundle, Executor, HostMemory, Job, LinkState, Request, Trust, verify};
use sitrep_tests::chain::key;
use sitrep_tests::core_alone::{Owner, request};
use sitrep_tests::raw_bundle::{RawBundle, one_run};
use sitrep_tests::raw_chain::{FUNCTIONARY, OWNER, functionaries, layout, link, metablock};

/// Keeps what it is told.
#[derive(Default)]
struct Told(RefCell<Vec<(u16, u32)>>);

impl Executor for Told {
    fn run(&self, links: &mut [LinkState], job: &Job<'_>) {
        for link in links {
            self.0.borrow_mut().push((link.envelope(), link.artifact_count()));
            job(link);
        }
    }
}

#[test]
fn links_say_their_envelope_and_how_many_artifacts_they_list() {
    let link = |materials, products| metablock(link(0, one_run(materials, 0), one_run(products, 0)), FUNCTIONARY);
    let envelopes = vec![
        metablock(layout(&functionaries(1), 1, &Vec::new(), &Vec::new()), OWNER),
        link(0, 0),
        link(2, 3),
        link(0, 7),
    ];
    let paths = (0..7).map(|number| (format!("file-{number}"), 1)).collect();
    let bytes = RawBundle { envelopes, paths, ..RawBundle::default() }.bytes();
    let mut path = [0; 4096];
    let bundle = Bundle::open(&bytes, &mut path).unwrap();
    let owner = Owner::new(&key(OWNER).pk);
    let ids = owner.ids();
    let owners = [owner.key(&ids)];
    let (trust, told) = (Trust::new(&owners, 1), Told::default());
    let request = Request { executor: &told, ..request(&bundle, &trust) };
    let mut memory = Box::new(HostMemory::new());
    let _ = verify(&request, &mut memory, &mut ());
    assert_eq!(told.0.into_inner(), [(1, 0), (2, 5), (3, 7)]);
}
