//! Files that are not what they seem: without an end, without contents, or too many.

use std::fs::{self, File};
use std::process::Command;

use sitrep_core::boot_report;
use sitrep_metadata::keys::host_key::HostKey;

use super::metadata::{genuine, inspected};
use super::{Kind, Place, Shape};
use crate::chain::{OWNER, key, keyid};
use crate::raw_bundle::RawBundle;
use crate::raw_chain::{self, functionaries};

const VERIFY: &str = "verify root.layout --verification-keys owner.pub -v";
const ATTEST: &str =
    "attest security-version --security-version 1 --subject root.layout --signing-key owner.key -o out.intoto.jsonl";
const ATTEST_MANY: &str = "attest security-version --security-version 1 --subject 00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 --signing-key owner.key -o out.intoto.jsonl";

/// What reads a trust policy.
const POLICY: [&str; 7] = [
    "trust show p.json",
    "trust show p.json --json",
    "trust check p.json",
    "trust compile p.json -o out.sitt",
    "trust sign p.json --signing-key owner.key -o out.json",
    "trust update p.json --from p.json -o out.situ",
    "verify other/root.layout --trust p.json",
];
const OWNER_OF_POLICY: &str = r#"{"keytype":"ed25519","scheme":"ed25519","public":"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"},"#;

pub(super) const SHAPES: &[Shape] = &[
    files(
        "a sparse link of 4 GiB, out of a tar of 10 KB",
        "length that takes no space",
        &[VERIFY, "pack root.layout --no-verify -o out.sitrep", "inspect link", "lint link"],
        |place, _| {
            genuine(place, "root.layout");
            sparse(place, &link(0), b"", (4 << 30) - 2);
            through_tar(place, &link(0));
            fs::hard_link(place.path(&link(0)), place.path("link")).unwrap();
        },
    ),
    files("sparse links that start well", "links × length", &[VERIFY], |place, _| {
        genuine(place, "root.layout");
        (0..2).for_each(|functionary| sparse(place, &link(functionary), b"{\"signatures\":[],", 1 << 30));
    }),
    files(
        "a sparse layout",
        "length",
        &[VERIFY, "lint root.layout", "pack root.layout --no-verify -o out.sitrep"],
        |place, _| {
            sparse(place, "root.layout", b"{\"signatures\":[],", 1 << 30);
        },
    ),
    files(
        "sparse attestations",
        "length",
        &[VERIFY, "verify root.layout --verification-keys owner.pub --attestations a.intoto.jsonl"],
        |place, _| {
            genuine(place, "root.layout");
            sparse(place, "a.intoto.jsonl", b"{\"signatures\":[],", 1 << 30);
        },
    ),
    files(
        "a sparse bundle",
        "length",
        &[
            "verify b.sitrep --verification-keys owner.pub",
            "inspect b.sitrep",
            "unpack b.sitrep -o out",
            "boot-report b.sitrep",
        ],
        |place, _| {
            sparse(place, "b.sitrep", b"SITR\x01\x01", 1 << 30);
        },
    ),
    files(
        "sparse keys, policies and envelopes",
        "length",
        &[
            "verify root.layout --verification-keys a.pub",
            "verify root.layout --trust a.pub",
            "key show a.pub",
            "trust show a.pub",
            "trust check a.pub",
            "trust compile a.pub -o out.sitt",
            "trust update a.pub --from a.pub -o out.situ",
            "attest security-version --security-version 1 --subject root.layout --signing-key a.pub -o out.json",
            "trust sign a.pub --signing-key a.pub -o out.json",
        ],
        |place, _| {
            genuine(place, "root.layout");
            sparse(place, "a.pub", b"{", 1 << 30);
        },
    ),
    files(
        "a large key file",
        "length",
        &["key show a.pub", "verify root.layout --verification-keys a.pub", "trust show a.pub"],
        |place, size| {
            genuine(place, "root.layout");
            place.write(
                "a.pub",
                format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", "A".repeat(size)),
            );
        },
    ),
    files("a large signed policy", "length", &["trust update a.json --from trust.json -o out.situ"], |place, size| {
        let payload = "A".repeat(size / 4 * 4);
        place.write(
            "a.json",
            format!(r#"{{"payload":"{payload}","payloadType":"application/vnd.sitrep.trust-policy","signatures":[]}}"#),
        );
    }),
    files(
        "sparse files where output is to be",
        "length",
        &[
            "pack root.layout --no-verify -o a.json",
            "attest security-version --security-version 1 --subject root.layout --signing-key owner.key -o a.json",
            "trust compile trust.json -o a.json",
            "trust sign trust.json --signing-key owner.key -o a.json",
            "boot-package --bundle b.sitrep --artifact owner.pub -o a.json",
        ],
        |place, _| {
            genuine(place, "root.layout");
            place.write("b.sitrep", b"SITR\x01\x03\0\0\0");
            sparse(place, "a.json", b"{\"payload\":", 1 << 30);
        },
    ),
    files("metadata where output is to be", "length", &[ATTEST], |place, size| {
        genuine(place, "root.layout");
        place.write("out.intoto.jsonl", format!("{{\"payload\":[{}", "[],".repeat(size / 3)));
    }),
    files("many subjects", "files", &[ATTEST_MANY], |place, size| {
        genuine(place, "root.layout");
        (0..100).for_each(|number| place.write(&format!("{number:02}"), "a".repeat(size / 100)));
    }),
    files("one long name in a trust policy", "length", &POLICY, |place, size| {
        place.write("p.json", policy(place, &format!("\"{}\"", "a".repeat(size.min(60_000)))))
    }),
    files("arrays in each other in a trust policy", "depth", &POLICY, |place, size| {
        place.write("p.json", policy(place, &"[".repeat(size.min(60_000))))
    }),
    files("one owner many times in a trust policy", "owners²", &POLICY, |place, size| {
        let owners = OWNER_OF_POLICY.repeat(size.min(60_000) / OWNER_OF_POLICY.len());
        let text = policy(place, "\"a\"");
        let (before, after) = text.split_once("\"owners\"").expect("the owners");
        let (before, after) = (before, after.split_once('[').expect("a list").1);
        place.write("p.json", format!("{before}\"owners\":[{owners}{after}"));
    }),
    files(
        "many keys in a file",
        "keys",
        &["key show a.pub", "key show a.pub --json", "verify root.layout --verification-keys a.pub"],
        |place, size| {
            genuine(place, "root.layout");
            let pem = |number: usize| HostKey::Ed25519(*key(&number.to_string()).pk).to_pem();
            place.write("a.pub", (0..size.min(60_000) / 120).map(pem).collect::<String>());
        },
    ),
    files("pipes and devices in place of links", "time without end", &[VERIFY], |place, _| {
        genuine(place, "root.layout");
        assert!(
            Command::new("mkfifo")
                .arg(place.path(&link(0)))
                .arg(place.path("a.intoto.jsonl"))
                .status()
                .unwrap()
                .success()
        );
        #[cfg(unix)]
        std::os::unix::fs::symlink("/dev/zero", place.path(&link(1))).unwrap();
    }),
    files(
        "many attestation bundles",
        "files",
        &[VERIFY, "pack root.layout --no-verify -o out.sitrep"],
        |place, size| {
            genuine(place, "root.layout");
            (0..size / 64).for_each(|number| place.write(&format!("{number:06}.intoto.jsonl"), "1"));
        },
    ),
    files(
        "a directory of very many files",
        "files",
        &[
            VERIFY,
            "pack root.layout --no-verify -o out.sitrep",
            "verify root.layout --verification-keys owner.pub --run-inspections",
        ],
        |place, size| {
            inspected(place, "root.layout");
            (0..size / 32).for_each(|number| place.write(&format!("{number:06}"), ""));
        },
    ),
    files(
        "directories in each other, with files",
        "depth × length",
        &["verify other/inspected.layout --verification-keys owner.pub --run-inspections --target-dir tree"],
        |place, size| {
            inspected(place, "other/inspected.layout");
            let mut path = place.path("tree");
            for number in 0..(size / 512).min(1200) {
                path.push("d");
                // Longer paths than the system takes at once are none that a stranger's archive brings.
                fs::create_dir_all(&path).unwrap();
                fs::write(path.join("f"), number.to_string()).unwrap();
            }
        },
    ),
    files("one file under many names", "names × length", &[VERIFY], |place, size| {
        genuine(place, "root.layout");
        place.write("one", format!("{{\"payload\":\"{}\"}}", "A".repeat(size / 4 * 4)));
        (0..1000).for_each(|number| {
            fs::hard_link(place.path("one"), place.path(&format!("{number:06}.intoto.jsonl"))).unwrap()
        });
    }),
    files(
        "starts of boot reports",
        "starts × length",
        &["boot-report dump", "boot-report dump --json"],
        |place, size| {
            // Each says that it is as long as one can be, and has a checksum of something else.
            let start = [&boot_report::MAGIC[..], &200_u32.to_le_bytes(), &[1; 8]].concat();
            place.write("dump", start.repeat(size / start.len()));
        },
    ),
    files(
        "an update package with a large artifact",
        "length",
        &["boot-package --profile boot --bundle b.sitrep --artifact a -o out.situ"],
        |place, size| {
            place.write("a", "a".repeat(size));
            let layout = raw_chain::metablock(raw_chain::layout(&functionaries(1), 1, &Vec::new(), &Vec::new()), OWNER);
            place.write("b.sitrep", RawBundle { envelopes: vec![layout], ..RawBundle::default() }.bytes());
        },
    ),
];

const fn files(
    name: &'static str,
    formula: &'static str,
    commands: &'static [&'static str],
    write: fn(&Place<'_>, usize),
) -> Shape {
    Shape::new(name, formula, Kind::For(commands), write)
}

fn link(functionary: usize) -> String {
    format!("step 0.{}.link", &keyid(&format!("functionary {functionary}"))[..8])
}

/// A file of which only the start takes space.
fn sparse(place: &Place<'_>, name: &str, start: &[u8], length: u64) {
    place.write(name, start);
    File::options().write(true).open(place.path(name)).unwrap().set_len(length).unwrap();
}

/// Packs a file with holes and unpacks it again: what stays beside it is what somebody would have sent.
fn through_tar(place: &Place<'_>, name: &str) {
    for options in [["--sparse", "-cf"], ["--sparse", "-xf"]] {
        let run = Command::new("tar").args(options).arg("sent.tar").arg(name).current_dir(place.path("")).status();
        assert!(run.unwrap().success(), "tar");
    }
}

/// The owner's trust policy with this in the place of the artifact's name.
fn policy(place: &Place<'_>, artifact: &str) -> String {
    let text = fs::read_to_string(place.path("trust.json")).unwrap();
    let (before, after) = text.split_once("\"owner.pub\"").expect("the artifact's name");
    [before, artifact, after].concat()
}
