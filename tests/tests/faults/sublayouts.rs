//! Faults of sublayouts and what is in them.

use serde_json::json;
use sitrep_tests::chain::{Chain, Signed, Site, keyid};

use crate::{Bent, Fault, MISSING, RULES_OR_DISAGREE, Subject, THRESHOLD, is_plain};

pub(crate) const FAULTS: &[Fault] = &[
    Fault { name: "all that is in a sublayout is dropped", bend: emptied },
    Fault { name: "a sublayout's directory is renamed", bend: directory_renamed },
    Fault { name: "links of one name inside and outside are exchanged", bend: exchanged },
    Fault {
        name: "a sublayout has no steps, signed again",
        bend: |subject| again(subject, &["sublayout-empty"], no_steps),
    },
    Fault { name: "a sublayout is signed by another step's functionary", bend: by_another },
    Fault { name: "a sublayout allows everything and makes something else", bend: anything_goes },
    Fault { name: "a sublayout stands for another step", bend: for_another_step },
];

fn sublayouts(subject: &mut Subject) -> Vec<Site> {
    subject.sites(|site| site.is_sublayout)
}

fn directory(site: &Site) -> String {
    format!("{}/", site.path.trim_end_matches(".link"))
}

fn emptied(subject: &mut Subject) -> Vec<Bent> {
    let sites = sublayouts(subject);
    let bend = |site: &Site| {
        let mut files = subject.files.clone();
        files.retain(|path, _| !path.starts_with(&directory(site)));
        (files, MISSING)
    };
    sites.iter().map(bend).collect()
}

fn directory_renamed(subject: &mut Subject) -> Vec<Bent> {
    let sites = sublayouts(subject);
    let bend = |site: &Site| {
        let (from, to) = (directory(site), format!("{}.00000000/", site.path.split('.').next().unwrap()));
        let rename = |path: String| path.strip_prefix(&from).map(|rest| format!("{to}{rest}")).unwrap_or(path);
        (subject.files.clone().into_iter().map(|(path, file)| (rename(path), file)).collect(), MISSING)
    };
    sites.iter().map(bend).collect()
}

/// Links of two levels that have one step's name.
fn exchanged(subject: &mut Subject) -> Vec<Bent> {
    let links: Vec<Site> = subject.chain.sites().into_iter().filter(is_plain).collect();
    let mut bent = Vec::new();
    for (outer, inner) in links.iter().flat_map(|outer| links.iter().map(move |inner| (outer, inner))) {
        let is_inside = inner.level.len() == outer.level.len() + 1 && inner.level.starts_with(&outer.level);
        if is_inside && subject.step(outer) == subject.step(inner) {
            let mut files = subject.replaced(outer, subject.files[&inner.path].clone());
            files.insert(inner.path.clone(), subject.files[&outer.path].clone());
            bent.push((files, THRESHOLD));
        }
    }
    subject.some(bent)
}

fn again(subject: &mut Subject, codes: crate::Codes, edit: fn(&mut Signed)) -> Vec<Bent> {
    let sites = sublayouts(subject);
    sites.iter().map(|site| (subject.document_again(site, edit), codes)).collect()
}

fn no_steps(signed: &mut Signed) {
    signed.payload["steps"] = json!([]);
}

fn by_another(subject: &mut Subject) -> Vec<Bent> {
    let sites = sublayouts(subject);
    let bend = |site: &Site| {
        let step = subject.step(site);
        let mut chain = subject.chain.clone();
        let other = chain.links_at(&site.level).iter().find(|link| link.step != step)?;
        let signer = other.signed.signers[0].1.clone();
        let sign = |signed: &mut Signed| signed.signers = vec![(keyid(&signer), signer)];
        Some((subject.document_again(site, sign), THRESHOLD))
    };
    sites.iter().filter_map(bend).collect()
}

/// The functionary who was trusted with a sublayout still has to keep to the rules of the layout above.
fn anything_goes(subject: &mut Subject) -> Vec<Bent> {
    let sites = sublayouts(subject);
    let bend = |site: &Site| {
        let files = subject.signed_again(|chain| {
            let level = [&site.level[..], site.link.as_slice()].concat();
            let layout = &mut chain.layout_at(&level).payload;
            for step in layout["steps"].as_array_mut().unwrap() {
                step["expected_materials"] = json!([["ALLOW", "*"]]);
                step["expected_products"] = json!([["ALLOW", "*"]]);
            }
            let last = layout["steps"].as_array().unwrap().last().unwrap()["name"].as_str().unwrap().to_owned();
            add_product(chain, &level, &last);
        });
        (files, RULES_OR_DISAGREE)
    };
    sites.iter().map(bend).collect()
}

/// Adds a product to all links of a step.
fn add_product(chain: &mut Chain, level: &[usize], step: &str) {
    let links = chain.links_at(level);
    let number = links.iter().position(|link| link.step == step && link.inner.is_some());
    for link in links.iter_mut().filter(|link| link.step == step && link.inner.is_none()) {
        link.signed.payload["products"]["evil"] = json!({"sha256": "e".repeat(64)});
    }
    // Where the last step is delegated itself, what is delegated must make it.
    if let Some(number) = number {
        let level = [level, &[number]].concat();
        let layout = &mut chain.layout_at(&level).payload;
        for step in layout["steps"].as_array_mut().unwrap() {
            step["expected_products"] = json!([["ALLOW", "*"]]);
        }
        let last = layout["steps"].as_array().unwrap().last().unwrap()["name"].as_str().unwrap().to_owned();
        add_product(chain, &level, &last);
    }
}

fn for_another_step(subject: &mut Subject) -> Vec<Bent> {
    let sites = sublayouts(subject);
    let bend = |site: &Site| {
        let other = subject.of_other_step(site)?;
        let mut files = subject.replaced(&other, subject.files[&site.path].clone());
        for (path, file) in &subject.files {
            if let Some(rest) = path.strip_prefix(&directory(site)) {
                files.insert(format!("{}{rest}", directory(&other)), file.clone());
            }
        }
        Some((files, THRESHOLD))
    };
    sites.iter().filter_map(bend).collect()
}
