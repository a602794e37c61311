//! Faults of layouts: loosened by somebody, and owners' own mistakes.

use serde_json::{Value, json};
use sitrep_tests::chain::{Site, entry, keyid};

use crate::{Bent, Codes, DISALLOW, Fault, MISSING, REQUIRE, Subject, THRESHOLD, lost, not_signed};

pub(crate) const FAULTS: &[Fault] = &[
    Fault { name: "a rule is removed from a layout", bend: |subject| loosened(subject, remove_last_rule) },
    Fault {
        name: "all rules are removed from a layout",
        bend: |subject| {
            loosened(subject, |step| {
                step["expected_materials"] = json!([]);
                step["expected_products"] = json!([]);
            })
        },
    },
    Fault {
        name: "rules are put in another order",
        bend: |subject| loosened(subject, |step| step["expected_products"].as_array_mut().unwrap().rotate_right(1)),
    },
    Fault { name: "a threshold is lowered", bend: threshold_lowered },
    Fault { name: "a key is added to a layout", bend: key_added },
    Fault { name: "a key of a layout is replaced", bend: |subject| edited(subject, replace_key) },
    Fault {
        name: "a step is removed from a layout",
        bend: |subject| edited(subject, |layout| drop(layout["steps"].as_array_mut().unwrap().pop())),
    },
    Fault {
        name: "the expiry is changed",
        bend: |subject| edited(subject, |layout| layout["expires"] = "2099-01-01T00:00:00Z".into()),
    },
    Fault {
        name: "a member is added to a layout",
        bend: |subject| edited(subject, |layout| layout["unknown"] = json!("x")),
    },
    Fault {
        name: "a layout has expired, signed again",
        bend: |subject| {
            signed_again(subject, &["layout-expired"], |layout| layout["expires"] = "2026-06-01T12:00:00Z".into())
        },
    },
    Fault { name: "the expiry is in another form, signed again", bend: expiry_forms },
    Fault { name: "DISALLOW comes first, signed again", bend: disallow_first },
    Fault {
        name: "REQUIRE of something that is not there, signed again",
        bend: |subject| {
            step_again(subject, REQUIRE, |step| {
                step["expected_products"].as_array_mut().unwrap().insert(0, json!(["REQUIRE", "nothing"]));
            })
        },
    },
    Fault {
        name: "one more functionary is demanded, signed again",
        bend: |subject| {
            step_again(subject, THRESHOLD, |step| {
                step["threshold"] = (step["threshold"].as_u64().unwrap() + 1).into();
            })
        },
    },
    Fault {
        name: "nobody may carry out a step, signed again",
        bend: |subject| step_again(subject, MISSING, |step| step["pubkeys"] = json!([])),
    },
    Fault {
        name: "a step without links is added, signed again",
        bend: |subject| signed_again(subject, MISSING, add_step),
    },
    Fault {
        name: "a threshold of 0, signed again",
        bend: |subject| step_again(subject, &["layout-threshold"], |step| step["threshold"] = json!(0)),
    },
    Fault {
        name: "a rule is malformed, signed again",
        bend: |subject| {
            step_again(subject, &["layout-rule"], |step| step["expected_products"] = json!([["PERMIT", "*"]]))
        },
    },
    Fault {
        name: "two steps have one name, signed again",
        bend: |subject| {
            signed_again(subject, &["layout-name"], |layout| {
                let first = layout["steps"][0].clone();
                layout["steps"].as_array_mut().unwrap().push(first);
            })
        },
    },
    Fault {
        name: "a required member is missing, signed again",
        bend: |subject| {
            signed_again(subject, &["layout-member"], |layout| {
                drop(layout.as_object_mut().unwrap().shift_remove("keys"))
            })
        },
    },
    Fault {
        name: "a key is listed under another label, signed again",
        bend: |subject| {
            signed_again(subject, &["layout-keyid"], |layout| {
                let key = layout["keys"].as_object_mut().unwrap().values_mut().next().unwrap();
                key["keyid"] = "ab".repeat(32).into();
            })
        },
    },
    Fault { name: "a layout says that it is something else, signed again", bend: another_type },
];

/// The root layout and some sublayouts.
fn layouts(subject: &mut Subject) -> Vec<Site> {
    let root = subject.chain.sites().remove(0);
    [vec![root], subject.sites(|site| site.is_sublayout)].concat()
}

/// The level of the layout in a file.
fn level(site: &Site) -> Vec<usize> {
    [&site.level[..], site.link.as_slice()].concat()
}

/// Somebody without the keys changes layouts.
fn edited(subject: &mut Subject, edit: fn(&mut Value)) -> Vec<Bent> {
    let sites = layouts(subject);
    sites.iter().map(|site| (subject.with_payload(site, edit), not_signed(site))).collect()
}

/// Somebody without the keys changes some steps of layouts.
fn loosened(subject: &mut Subject, edit: fn(&mut Value)) -> Vec<Bent> {
    let sites = layouts(subject);
    let mut bent = Vec::new();
    for site in &sites {
        for number in 0..steps(subject, site) {
            bent.push((subject.with_payload(site, |layout| edit(&mut layout["steps"][number])), not_signed(site)));
        }
    }
    subject.some(bent)
}

fn steps(subject: &Subject, site: &Site) -> usize {
    subject.chain.clone().layout_at(&level(site)).payload["steps"].as_array().unwrap().len()
}

fn remove_last_rule(step: &mut Value) {
    step["expected_products"].as_array_mut().unwrap().pop();
}

fn threshold_lowered(subject: &mut Subject) -> Vec<Bent> {
    let sites = layouts(subject);
    let mut bent = Vec::new();
    for site in &sites {
        for number in 0..steps(subject, site) {
            let layout = subject.chain.clone().layout_at(&level(site)).payload.clone();
            if layout["steps"][number]["threshold"] != 1 {
                let lower = |layout: &mut Value| layout["steps"][number]["threshold"] = json!(1);
                bent.push((subject.with_payload(site, lower), not_signed(site)));
            }
        }
    }
    subject.some(bent)
}

fn key_added(subject: &mut Subject) -> Vec<Bent> {
    edited(subject, |layout| {
        let label = keyid("stranger");
        layout["keys"][&label] = entry("stranger", &label);
        for step in layout["steps"].as_array_mut().unwrap() {
            step["pubkeys"].as_array_mut().unwrap().push(label.clone().into());
        }
    })
}

fn replace_key(layout: &mut Value) {
    let key = layout["keys"].as_object_mut().unwrap().values_mut().next().unwrap();
    let label = key["keyid"].as_str().unwrap().to_owned();
    *key = entry("stranger", &label);
}

/// Who may sign layouts changes them.
fn signed_again(subject: &mut Subject, codes: Codes, edit: fn(&mut Value)) -> Vec<Bent> {
    let sites = layouts(subject);
    let bend = |site: &Site| (subject.document_again(site, |signed| edit(&mut signed.payload)), codes);
    sites.iter().map(bend).collect()
}

/// Who may sign layouts changes some steps of them.
fn step_again(subject: &mut Subject, codes: Codes, edit: fn(&mut Value)) -> Vec<Bent> {
    let sites = layouts(subject);
    let mut bent = Vec::new();
    for site in &sites {
        for number in 0..steps(subject, site) {
            let files = subject.document_again(site, |signed| edit(&mut signed.payload["steps"][number]));
            bent.push((files, codes));
        }
    }
    subject.some(bent)
}

fn add_step(layout: &mut Value) {
    let steps = layout["steps"].as_array_mut().unwrap();
    let mut step = steps[0].clone();
    step["name"] = json!("deploy");
    steps.push(step);
}

fn expiry_forms(subject: &mut Subject) -> Vec<Bent> {
    let mut bent = Vec::new();
    for form in
        ["2040-01-01T00:00:00", "2040-01-01T00:00:00.0Z", "2040-01-01T00:00:00+00:00", "2040-13-01T00:00:00Z", "never"]
    {
        let sites = layouts(subject);
        for site in &sites {
            let files = subject.document_again(site, |signed| signed.payload["expires"] = form.into());
            bent.push((files, &["layout-expires"][..]));
        }
    }
    bent
}

/// The same rules, in an order in which they let nothing pass.
fn disallow_first(subject: &mut Subject) -> Vec<Bent> {
    step_again(subject, DISALLOW, |step| {
        let rules = step["expected_products"].as_array_mut().unwrap();
        let last = rules.pop().unwrap();
        rules.insert(0, last);
    })
}

fn another_type(subject: &mut Subject) -> Vec<Bent> {
    let sites = layouts(subject);
    let bend = |site: &Site| {
        let codes = if site.link.is_none() { &["layout-type"] } else { lost(site) };
        (subject.document_again(site, |signed| signed.payload["_type"] = json!("other")), codes)
    };
    sites.iter().map(bend).collect()
}
