//! 132 small supply chains, one question each, made with in-toto 3.1 (tests/vectors/conformance): Metablock and DSSE, from JSON and from a
//! bundle, must get the verdict that their `case.json` expects.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use sitrep_cli::args::Profile;
use sitrep_cli::input::Input;
use sitrep_cli::keys::read_owners;
use sitrep_cli::verification::Verifier;
use sitrep_core::{Code, FixedClock, Time};

#[derive(Deserialize)]
struct Case {
    expect: Expect,
    why: String,
    owners: Vec<String>,
}

#[derive(Deserialize, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
enum Expect {
    Pass,
    Fail,
}

/// What came of a case: verified, or the code of the refusal.
type Answer = Result<(), Code>;

fn answer(directory: &Path, owners: &[String]) -> Answer {
    let owners: Vec<PathBuf> = owners.iter().map(|name| directory.join(name)).collect();
    let owners = read_owners(&owners).unwrap();
    let input = Input::from_directory(&directory.join("root.layout"), directory).unwrap();
    let bundle = input.packer.finish(0).unwrap();
    let clock = FixedClock(Time::parse("2026-06-01T00:00:00Z").unwrap());
    let verifier = Verifier::new(&owners, &clock, Profile::Host);
    let from_json = verifier.verify(&bundle, |outcome, _| outcome.result()).unwrap();

    // The same chain once more, unpacked from its bundle and packed again.
    let mut path = vec![0; sitrep_core::limits::HOST.path];
    let files = sitrep_cli::unpack::unpack(&sitrep_core::Bundle::open(&bundle, &mut path).unwrap()).unwrap();
    let unpacked = tempfile::tempdir().unwrap();
    for file in files {
        std::fs::write(unpacked.path().join(file.name), file.json).unwrap();
    }
    let input = Input::from_directory(&unpacked.path().join("root.layout"), unpacked.path()).unwrap();
    assert_eq!(
        input.packer.finish(0).unwrap(),
        bundle,
        "{}: unpacking and packing gives another bundle",
        directory.display()
    );
    from_json.map_err(|error| error.code())
}

#[test]
fn every_case_gets_its_verdict() {
    let mut counts = [0, 0];
    for dialect in ["mb-py3", "dsse"] {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/conformance").join(dialect);
        let mut cases: Vec<_> = std::fs::read_dir(directory).unwrap().map(|case| case.unwrap().path()).collect();
        cases.sort();
        for directory in cases {
            let case: Case = serde_json::from_slice(&std::fs::read(directory.join("case.json")).unwrap()).unwrap();
            let answer = answer(&directory, &case.owners);
            let got = if answer.is_ok() { Expect::Pass } else { Expect::Fail };
            assert_eq!(got, case.expect, "{}: {}: {answer:?}", directory.display(), case.why);
            counts[usize::from(answer.is_err())] += 1;
        }
    }
    println!("{} cases verified, {} refused, as expected", counts[0], counts[1]);
    assert_eq!(counts.iter().sum::<u32>(), 132);
}

/// A refusal for the wrong reason would pass above; these cases have one that is known.
#[test]
fn refusals_have_their_reason() {
    for (case, code) in [
        ("expired", Code::LayoutExpired),
        ("expires_leap", Code::LayoutExpires),
        ("expires_offset", Code::LayoutExpires),
        ("layout_bad_sig", Code::OwnerSignature),
        ("layout_wrong_key", Code::OwnerUnsigned),
        ("two_owners_one_sig", Code::OwnerUnsigned),
        ("link_missing", Code::LinkMissing),
        ("forged_keyid", Code::ThresholdNotMet),
        ("pubkey_not_in_keys", Code::ThresholdNotMet),
        ("keyid_mismatch_in_keys", Code::LayoutKeyId),
        ("match_hash_case", Code::ThresholdNotMet),
        ("match_empty_hash", Code::RuleDisallow),
        ("match_unknown_alg", Code::RuleDisallow),
        ("match_prefix_dot", Code::LayoutPrefix),
        ("match_prefix_glob", Code::RuleDisallow),
        ("match_singular", Code::LayoutRule),
        ("modify_unchanged", Code::RuleDisallow),
        ("require_absent", Code::RuleRequire),
        ("require_consumed", Code::RuleRequire),
        ("rule_empty", Code::LayoutRule),
        ("rule_unknown", Code::LayoutRule),
        ("scheme_mismatch", Code::ThresholdNotMet),
        ("tampered", Code::RuleDisallow),
    ] {
        for dialect in ["mb-py3", "dsse"] {
            let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/conformance").join(dialect).join(case);
            let owners: Case = serde_json::from_slice(&std::fs::read(directory.join("case.json")).unwrap()).unwrap();
            assert_eq!(answer(&directory, &owners.owners), Err(code), "{dialect}/{case}");
        }
    }
}
