//! What a device's boot has left is shown on the host.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sitrep_cli::shell::temporary::Directory;
use sitrep_core::boot_report::{
    BLOCK, BootDecision, BootReport, BootSlot, Checked, FORMAT, ImageReport, Refusal, SlotReport, SlotState,
};
use sitrep_core::{Code, List, Place};
use sitrep_tests::command::{Run, sitrep};

fn run(directory: &Path, line: &str) -> Run {
    sitrep(directory, &line.split_whitespace().collect::<Vec<_>>())
}

fn report() -> BootReport {
    let place = Place { step: Some(1), rule: Some((List::Products, 2)), attestation: Some(0), ..Place::default() };
    BootReport {
        format: FORMAT,
        decision: BootDecision::Trial(BootSlot::B),
        slots: [
            SlotReport { state: SlotState::Confirmed, checked: Checked::No },
            SlotReport { state: SlotState::Started, checked: Checked::Verified },
        ],
        staging: Checked::Refused(Refusal { code: Code::SecurityVersion.number(), place }),
        policy: 3,
        pending_policy: Some(4),
        counter: 7,
        time_floor: 1_790_000_000,
        clock: None,
        image: Some(ImageReport { sha256: [0xab; 32], security_version: 8 }),
        warnings: [Code::ExpiryUnknown.number(), 1999, 0, 0, 0, 0],
        warning_count: 9,
    }
}

#[test]
fn a_boot_report_is_found_in_a_dump() {
    let directory = Directory::new("report").unwrap();
    let path = directory.path();
    let mut block = vec![0; BLOCK];
    let length = report().write(&mut block).unwrap();
    block.truncate(length);
    // What looks like the start of one is passed over; what follows does not matter.
    let dump = [&[0xff; 100][..], b"SITB", &[0; 20], &block, &[0; 100]].concat();
    fs::write(path.join("ram.bin"), dump).unwrap();
    let text = run(path, "boot-report ram.bin").expect(0);
    for expected in [
        "boot report at offset 124",
        "slot b runs on trial",
        "slot a      confirmed",
        "slot b      started, not confirmed yet",
        "verified at this boot",
        "staging     refused: security-version: the attested security version is below what the trust policy demands (step 1, rule of products 2, attestation 0)",
        "policy      revision 3; 4 comes into force",
        "security version 7 or greater may run",
        "later than 2026-09-21T14:13:20Z",
        "clock       none",
        "sha256 abababab",
        "warning expiry-unknown: ",
        "warning code 1999, which this version of sitrep does not know",
        "9 warnings in all",
    ] {
        assert!(text.stdout.contains(expected), "{expected}:\n{}", text.stdout);
    }
    assert!(text.stderr.is_empty());
    let json: Value = serde_json::from_str(&run(path, "boot-report ram.bin --json").expect(0).stdout).unwrap();
    assert_eq!(json["decision"], json!({"kind": "trial", "slot": "b"}));
    assert_eq!(
        json["slots"],
        json!({"a": {"state": "confirmed", "check": "none"}, "b": {"state": "started", "check": "verified"}})
    );
    assert_eq!(
        json["staging"]["refusal"]["place"],
        json!({"step": 1, "list": "products", "rule": 2, "attestation": 0})
    );
    assert_eq!(json["policy"], json!({"revision": 3, "pending_revision": 4}));
    assert_eq!(
        (&json["time_floor"], &json["clock"], &json["offset"]),
        (&"2026-09-21T14:13:20Z".into(), &Value::Null, &124.into())
    );
    assert_eq!(json["warnings"][1], json!({"number": 1999, "code": null, "message": null}));

    let recovery = BootReport {
        decision: BootDecision::Recovery(Refusal { code: Code::OwnerSignature.number(), place: Place::default() }),
        image: None,
        clock: Some(1_790_000_001),
        time_floor: 0,
        ..report()
    };
    let mut other = vec![0; BLOCK];
    let length = recovery.write(&mut other).unwrap();
    fs::write(path.join("two.bin"), [&other[..length], &block].concat()).unwrap();
    let text = run(path, "boot-report two.bin").expect(0);
    assert!(
        text.stdout.contains("recovery: nothing may run: owner-signature: ")
            && text.stdout.contains("nothing is known")
    );
    assert_eq!(text.stderr, "sitrep: note: 1 more whole boot reports follow: what is shown is the first\n");
}

#[test]
fn what_is_no_boot_report_is_told_apart() {
    let directory = Directory::new("report").unwrap();
    let path = directory.path();
    let mut block = vec![0; BLOCK];
    let length = report().write(&mut block).unwrap();
    let show = |bytes: &[u8]| {
        fs::write(path.join("ram.bin"), bytes).unwrap();
        run(path, "boot-report ram.bin").expect(2)
    };
    show(&[0xff; 64]).error("ram.bin holds no boot report: \"SITB\" stands nowhere in it");
    show(b"").error("ram.bin holds no boot report");
    show(&[b"xx", &block[..length - 1]].concat()).error("ram.bin: at offset 2: the boot report is cut off");
    let mut changed = block.clone();
    changed[20] ^= 1;
    show(&changed).error("ram.bin: at offset 0: the boot report was changed after the boot");
    let other = [&b"SITB\x01\0\0\0"[..], &[FORMAT + 1]].concat();
    let sum = Sha256::digest(&other);
    show(&[&other[..], &sum[..4]].concat()).error("ram.bin: at offset 0: the boot report is of another format");
    run(path, "boot-report none").expect(2).error("cannot read none");
}

/// What the report says of a slot depends on how the slot came to run, and on what there is beside it.
#[test]
fn a_boot_report_says_how_a_slot_runs() {
    let directory = Directory::new("report").unwrap();
    let path = directory.path();
    let text = |report: &BootReport| {
        let mut block = vec![0; BLOCK];
        report.write(&mut block).unwrap();
        fs::write(path.join("ram.bin"), block).unwrap();
        run(path, "boot-report ram.bin").expect(0).stdout
    };
    use SlotState::{Confirmed, Empty, Rejected, Started, Unknown};
    for (a, b, expected) in [
        // The factory's first image.
        (Empty, Started, "slot b runs on trial: it may confirm, and there is nothing to go back to\n"),
        (
            Confirmed,
            Started,
            "slot b runs on trial: unless it confirms, the next boot goes back to slot a if that verifies\n",
        ),
        (Started, Started, "slot b runs on trial: unless it confirms, the next boot may go back to slot a\n"),
        (Rejected, Started, "slot b runs on trial: unless it confirms, the next boot may go back to slot a\n"),
        (Confirmed, Rejected, "slot b runs as the last resort, and cannot confirm: nothing else verifies\n"),
        (Unknown, Unknown, "slot b runs as the last resort, and cannot confirm: nothing else verifies\n"),
    ] {
        let slots = [a, b].map(|state| SlotReport { state, checked: Checked::No });
        let text = text(&BootReport { slots, ..report() });
        assert!(text.contains(expected), "{expected}:\n{text}");
        let is_rejected = text.contains("rejected: it did not verify, or was not confirmed\n");
        assert_eq!(is_rejected, [a, b].contains(&Rejected), "{text}");
    }
    // Neither is a time that anybody could have meant, and each is told as it is.
    let text = text(&BootReport { time_floor: 253_402_300_800, clock: Some(u64::MAX), ..report() });
    assert!(text.contains("later than 253402300800 seconds after 1970-01-01T00:00:00Z\n"), "{text}");
    assert!(text.contains("clock       18446744073709551615 seconds after 1970-01-01T00:00:00Z\n"), "{text}");
    let json: Value = serde_json::from_str(&run(path, "boot-report ram.bin --json").expect(0).stdout).unwrap();
    assert_eq!(json["time_floor"], "253402300800 seconds after 1970-01-01T00:00:00Z");
}
