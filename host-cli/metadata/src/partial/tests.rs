use super::*;
use crate::bundle::pack::link_file_name;
use crate::vectors;
use sitrep_core::Sequential;

const NOW: Time = Time(1_767_225_600);

/// The demo's layout, and the links of these steps.
fn demo(steps: &[&str]) -> (Value, Packer) {
    let file = |name: &str| format!("in-toto-demo/metablock-ed25519/pristine/{name}");
    let layout = vectors::json(&file("root.layout"))["signed"].clone();
    let mut packer = Packer::new();
    packer.add("root.layout", Document::parse(&vectors::bytes(&file("root.layout"))).unwrap());
    for step in steps_of(&layout).filter(|step| steps.contains(&name_of(step))) {
        let name = link_file_name(name_of(step), step["pubkeys"][0].as_str().unwrap());
        packer.add(&name, Document::parse(&vectors::bytes(&file(&name))).unwrap());
    }
    (layout, packer)
}

fn hold(steps: &[&str], only: Option<&BTreeSet<String>>, recording: Option<&Unsigned<'_>>) -> Held {
    let (layout, packer) = demo(steps);
    hold_of(packer, &layout, only, recording)
}

fn hold_of(packer: Packer, layout: &Value, only: Option<&BTreeSet<String>>, recording: Option<&Unsigned<'_>>) -> Held {
    let mut chain =
        Chain { packer, layout, parameters: &[], executor: &Sequential, nobody: "a random number", near: &|_, _| None };
    chain.hold(only, recording, NOW).unwrap()
}

fn signed(step: &str) -> Value {
    let (_, packer) = demo(&[step]);
    let name = packer.documents().nth(1).unwrap().0.to_owned();
    vectors::json(&format!("in-toto-demo/metablock-ed25519/pristine/{name}"))["signed"].clone()
}

fn words(rules: &[Applied]) -> Vec<String> {
    rules.iter().map(|rule| format!("{} {} {}: {}", rule.step, rule.list.name(), rule.words, rule.consumed)).collect()
}

#[test]
fn what_is_there_is_held_and_what_is_missing_named() {
    let held = hold(&["clone"], None, None);
    assert!(held.fits(), "{held:?}");
    assert_eq!(held.missing, ["update-version", "package"]);
    assert_eq!(words(&held.rules), ["clone products CREATE demo-project/foo.py: 1", "clone products DISALLOW *: 0"]);
    assert_eq!(held.steps[0].vouched_by.len(), 1);
    let held = hold(&["clone", "update-version", "package"], None, None);
    assert!(held.fits() && held.missing.is_empty(), "{held:?}");
}

#[test]
fn a_list_that_names_a_missing_step_waits() {
    let held = hold(&["package"], None, None);
    assert!(held.fits(), "{held:?}");
    let (step, waits_for) = ("package".to_owned(), "update-version".to_owned());
    assert_eq!(held.undecided, [Undecided { step, list: List::Materials, waits_for }]);
}

#[test]
fn a_recording_is_held_before_it_is_signed() {
    let link = signed("update-version").to_string();
    let recording = Unsigned { step: "update-version", payload: link.as_bytes(), is_before: false };
    let held = hold(&["clone"], None, Some(&recording));
    assert!(held.fits(), "{held:?}");
    assert_eq!((held.steps.len(), &held.missing[..]), (2, &["package".to_owned()][..]));
    // Before the command runs nothing is asked of products.
    let mut link = signed("update-version");
    link["products"] = json!({});
    let link = link.to_string();
    let recording = Unsigned { step: "update-version", payload: link.as_bytes(), is_before: true };
    let held = hold(&["clone"], None, Some(&recording));
    assert!(
        held.fits() && words(&held.rules).iter().any(|rule| rule.contains("MATCH") && rule.ends_with(": 1")),
        "{held:?}"
    );
}

#[test]
fn every_misfit_is_told() {
    let mut link = signed("update-version");
    for number in 0..25 {
        link["products"][format!("more*{number:02}")] = json!({"sha256": "0".repeat(64)});
    }
    link["materials"]["demo-project/[other]"] = json!({"sha256": "0".repeat(64)});
    let text = link.to_string();
    let recording = Unsigned { step: "update-version", payload: text.as_bytes(), is_before: false };
    let held = hold(&["clone"], None, Some(&recording));
    let [materials, products] = &held.misfits[..] else { panic!("{held:?}") };
    assert_eq!(
        (materials.list, &materials.artifacts[..], materials.more),
        (List::Materials, &["demo-project/[other]".to_owned()][..], 0)
    );
    assert!(materials.causes[0].contains("step clone recorded no demo-project/[other]"), "{materials:?}");
    assert_eq!((products.artifacts.len(), products.more, products.rule.as_str()), (LEFT_OVER, 15, "DISALLOW *"));
    assert!(held.refusal.is_none() && !held.fits());
    assert_eq!(words(&held.rules).len(), 6, "{:?}", held.rules);
}

#[test]
fn evidence_that_does_not_count_is_a_refusal() {
    let (layout, mut packer) = demo(&[]);
    let mut link = vectors::json("in-toto-demo/metablock-ed25519/pristine/clone.dc7cb599.link");
    link["signed"]["name"] = json!("clone");
    link["signed"]["command"] = json!(["other"]);
    packer.add("clone.dc7cb599.link", Document::parse(link.to_string().as_bytes()).unwrap());
    let held = hold_of(packer, &layout, None, None);
    assert!(held.refusal.is_some_and(|refusal| refusal.class == "evidence"), "nobody has signed it");
}

#[test]
fn steps_build_on_those_that_they_name() {
    let (layout, _) = demo(&[]);
    let all = |step| builds_on(&layout, step).into_iter().collect::<Vec<_>>();
    assert_eq!(all("clone"), [] as [&str; 0]);
    assert_eq!(all("package"), ["clone", "update-version"]);
}

#[test]
fn the_owners_are_asked_first() {
    let file = |name: &str| format!("in-toto-demo/metablock-ed25519/pristine/{name}");
    let layout = Document::parse(&vectors::bytes(&file("root.layout"))).unwrap();
    let owners = vectors::owners(&[&file("alice.pub")]).unwrap();
    let at = |time| FixedClock(Time::parse(time).unwrap());
    assert!(check_layout(&layout, &owners, 1, &at("2030-01-01T00:00:00Z")).unwrap().is_none());
    let refusal = check_layout(&layout, &owners, 1, &at("2041-01-01T00:00:00Z")).unwrap().unwrap();
    assert_eq!(refusal.code, "layout-expired");
    let others = vectors::owners(&["keys/rsa.pem"]).unwrap();
    let refusal = check_layout(&layout, &others, 1, &at("2030-01-01T00:00:00Z")).unwrap().unwrap();
    assert_eq!(refusal.code, "owner-unsigned");
}
