//! 132 small supply chains, one question each, made with in-toto 3.1 (tests/vectors/conformance): Metablock and DSSE. From JSON, from a
//! bundle, from what the bundle was unpacked to, and on a device they must get the verdict that their `case.json` expects, and for its reason.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use sitrep_metadata::profile::Profile;
use sitrep_tests::cases::{Case, directories};
use sitrep_tests::command::vectors;

/// A case as those who made it wrote it down: whether it passes, and no reason.
#[derive(Deserialize)]
struct Given {
    expect: Expect,
    why: String,
    owners: Vec<PathBuf>,
}

#[derive(Deserialize, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
enum Expect {
    Pass,
    Fail,
}

/// The code of each case, the same in both dialects but for [`METABLOCK`].
const CODES: [(&str, &str); 66] = [
    ("create_exists", "rule-disallow"),
    ("create_ok", "verified"),
    ("cross_step_replay", "link-missing"),
    ("delete_ok", "verified"),
    ("dup_keyid_bad_first", "verified"),
    ("dup_keyid_good_first", "verified"),
    ("empty_layout", "verified"),
    ("expired", "layout-expired"),
    ("expires_9999", "verified"),
    ("expires_bogus", "layout-expires"),
    ("expires_frac", "layout-expires"),
    ("expires_leap", "layout-expires"),
    ("expires_offset", "layout-expires"),
    ("extra_bad_sig", "verified"),
    ("extra_sig", "verified"),
    ("forged_keyid", "threshold-not-met"),
    ("implicit_allow", "verified"),
    ("keyid_mismatch_in_keys", "layout-keyid"),
    ("keyid_not_hash", "verified"),
    ("layout_bad_sig", "owner-signature"),
    ("layout_wrong_key", "owner-unsigned"),
    ("link_missing", "link-missing"),
    ("link_name_mismatch", "link-missing"),
    ("match_empty_hash", "rule-disallow"),
    ("match_hash_case", "threshold-not-met"),
    ("match_hash_superset", "rule-disallow"),
    ("match_later_step", "verified"),
    ("match_missing_step", "rule-disallow"),
    ("match_pattern_restricts", "rule-disallow"),
    ("match_prefix_dblslash", "threshold-not-met"),
    ("match_prefix_dot", "layout-prefix"),
    ("match_prefix_glob", "rule-disallow"),
    ("match_prefix_slash", "verified"),
    ("match_prefixes", "verified"),
    ("match_self", "verified"),
    ("match_singular", "layout-rule"),
    ("match_src_prefix_component", "rule-disallow"),
    ("match_src_prefix_restricts", "rule-disallow"),
    ("match_unknown_alg", "rule-disallow"),
    ("modify_ok", "verified"),
    ("modify_unchanged", "rule-disallow"),
    ("no_sigs", "owner-unsigned"),
    ("ok3", "verified"),
    ("order_bad", "rule-disallow"),
    ("order_ok", "verified"),
    ("pubkey_not_in_keys", "threshold-not-met"),
    ("require_absent", "rule-require"),
    ("require_consumed", "rule-require"),
    ("require_glob", "rule-require"),
    ("require_not_consume", "rule-disallow"),
    ("require_ok", "verified"),
    ("rule_empty", "layout-rule"),
    ("rule_lowercase", "verified"),
    ("rule_too_long", "layout-rule"),
    ("rule_unknown", "layout-rule"),
    ("scheme_ecdsa", "verified"),
    ("scheme_ed25519", "verified"),
    ("scheme_mismatch", "threshold-not-met"),
    ("scheme_rsa", "verified"),
    ("sig_alt_encoding", "verified"),
    ("sig_no_keyid", "verified"),
    ("tampered", "rule-disallow"),
    ("two_owners_one_sig", "owner-unsigned"),
    ("two_owners_two_sigs", "verified"),
    ("unauthorised_layout_key", "link-missing"),
    ("unknown_signer", "threshold-not-met"),
];

/// What differs in a Metablock: its signatures need a key id.
const METABLOCK: (&str, &str) = ("sig_no_keyid", "owner-unsigned");

/// The cases with keys of RSA and ECDSA, which a device does not check.
const NOT_FOR_A_DEVICE: [&str; 3] = ["scheme_ecdsa", "scheme_mismatch", "scheme_rsa"];

#[test]
fn every_case_gets_its_code() {
    let mut counts = [0, 0];
    for dialect in ["mb-py3", "dsse"] {
        let cases = directories(&vectors().join("conformance").join(dialect));
        assert!(cases.iter().map(|case| name(case)).eq(CODES.iter().map(|(name, _)| *name)), "{dialect}");
        for (directory, (name, code)) in cases.iter().zip(CODES) {
            let code = if dialect == "mb-py3" && name == METABLOCK.0 { METABLOCK.1 } else { code };
            let given: Given = serde_json::from_slice(&std::fs::read(directory.join("case.json")).unwrap()).unwrap();
            let case = Case { owners: given.owners, ..Case::new(&given.why, code, dialect) };
            let from_json = case.load(directory).unwrap();
            let [packed, unpacked] = case.packed_and_unpacked(directory);
            for (chain, form) in [(&from_json, "JSON"), (&packed, "a bundle"), (&unpacked, "an unpacked bundle")] {
                let answer = chain.judge(Profile::Host);
                assert_eq!(answer.code, code, "{dialect}/{name} from {form}: {}", given.why);
                let expect = if answer.code == "verified" { Expect::Pass } else { Expect::Fail };
                assert_eq!(expect, given.expect, "{dialect}/{name} from {form}: {}", given.why);
                let on_a_device = if NOT_FOR_A_DEVICE.contains(&name) { "link-scheme" } else { code };
                assert_eq!(chain.judge(Profile::Device).code, on_a_device, "{dialect}/{name} on a device, from {form}");
            }
            assert!(
                packed.loaded.bundle == unpacked.loaded.bundle,
                "{dialect}/{name}: packing again gives another bundle"
            );
            counts[usize::from(code != "verified")] += 1;
        }
    }
    println!("{} cases verified, {} refused, as expected", counts[0], counts[1]);
    assert_eq!(counts.iter().sum::<u32>(), 132);
}

fn name(directory: &Path) -> &str {
    directory.file_name().unwrap().to_str().unwrap()
}
