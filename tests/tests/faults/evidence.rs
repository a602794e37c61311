//! Faults of the evidence: links dropped, replayed, exchanged; recorded falsely and signed by those who may.

use serde_json::{Value, json};
use sitrep_tests::chain::{Chain, Files, Random, Site};

use crate::{
    Bent, Codes, DISAGREE, DISALLOW, Fault, MISSING, REQUIRE, RULES, RULES_OR_DISAGREE, Subject, is_plain, lost,
};

pub(crate) const FAULTS: &[Fault] = &[
    Fault { name: "a link is dropped", bend: |subject| each(subject, |subject, site| subject.without(site), lost) },
    Fault { name: "all links of a step are dropped", bend: all_dropped },
    Fault { name: "a link's file is renamed to a stranger's", bend: renamed },
    Fault { name: "a link of another step in the place of one", bend: of_another_step },
    Fault { name: "the files of two steps' links are exchanged", bend: files_exchanged },
    Fault { name: "a functionary's link of another supply chain", bend: of_another_chain },
    Fault { name: "functionaries of two steps sign each other's links", bend: signed_by_each_other },
    Fault { name: "a material is renamed, all sign", bend: |subject| together(subject, "materials", rename, DISALLOW) },
    Fault { name: "a product is renamed, all sign", bend: |subject| together(subject, "products", rename, RULES) },
    Fault { name: "a material is added, all sign", bend: |subject| together(subject, "materials", add, DISALLOW) },
    Fault { name: "a product is added, all sign", bend: |subject| together(subject, "products", add, DISALLOW) },
    Fault { name: "a material is changed, all sign", bend: |subject| together(subject, "materials", change, DISALLOW) },
    Fault { name: "a product is removed, all sign", bend: required_product_removed },
    Fault { name: "a product is changed before the next step, all sign", bend: product_changed },
    Fault { name: "a product is renamed, one of several signs", bend: |subject| alone(subject, "products", rename) },
    Fault { name: "a material is renamed, one of several signs", bend: |subject| alone(subject, "materials", rename) },
    Fault { name: "a product is added, one of several signs", bend: |subject| alone(subject, "products", add) },
    Fault { name: "a product is removed, one of several signs", bend: |subject| alone(subject, "products", remove) },
    Fault { name: "a product is changed, one of several signs", bend: |subject| alone(subject, "products", change) },
    Fault { name: "a link says that it is of another step, signed again", bend: says_another_step },
];

/// Bends some files that are no root layout.
fn each(subject: &mut Subject, bend: impl Fn(&Subject, &Site) -> Files, codes: fn(&Site) -> Codes) -> Vec<Bent> {
    let sites = subject.sites(|site| site.link.is_some());
    sites.iter().map(|site| (bend(subject, site), codes(site))).collect()
}

/// The files of all links of the step that a link is of, and whether none of them is a sublayout.
fn of_one_step(subject: &Subject, site: &Site) -> (Vec<Site>, bool) {
    let step = subject.step(site);
    let is_of_it = |other: &Site| other.level == site.level && other.link.is_some() && subject.step(other) == step;
    let all: Vec<Site> = subject.chain.sites().into_iter().filter(is_of_it).collect();
    let plain = all.iter().all(is_plain);
    (all, plain)
}

fn all_dropped(subject: &mut Subject) -> Vec<Bent> {
    let drop = |subject: &Subject, site: &Site| {
        let mut files = subject.files.clone();
        for other in of_one_step(subject, site).0 {
            files.remove(&other.path);
        }
        files
    };
    each(subject, drop, |_| MISSING)
}

fn renamed(subject: &mut Subject) -> Vec<Bent> {
    let rename = |subject: &Subject, site: &Site| {
        let mut files = subject.without(site);
        let (stem, _) = site.path.trim_end_matches(".link").rsplit_once('.').unwrap();
        files.insert(format!("{stem}.00000000.link"), subject.files[&site.path].clone());
        files
    };
    each(subject, rename, lost)
}

fn of_another_step(subject: &mut Subject) -> Vec<Bent> {
    let sites = subject.links();
    let replay = |site: &Site| {
        let other = subject.of_other_step(site)?;
        Some((subject.replaced(site, subject.files[&other.path].clone()), lost(site)))
    };
    sites.iter().filter_map(replay).collect()
}

fn files_exchanged(subject: &mut Subject) -> Vec<Bent> {
    let sites = subject.links();
    let exchange = |site: &Site| {
        let other = subject.of_other_step(site)?;
        let mut files = subject.replaced(site, subject.files[&other.path].clone());
        files.insert(other.path.clone(), subject.files[&site.path].clone());
        Some((files, lost(site.first(&other))))
    };
    sites.iter().filter_map(exchange).collect()
}

fn of_another_chain(subject: &mut Subject) -> Vec<Bent> {
    let mut other = Chain::random(&mut Random(subject.random.below(1 << 30) as u64), 0);
    let sites = subject.links();
    let mut bent = Vec::new();
    for site in sites {
        let step = subject.step(&site);
        let Some(link) = other.links_at(&[]).iter().find(|link| link.step == step) else { continue };
        let payload = link.signed.payload.clone();
        let (_, plain) = of_one_step(subject, &site);
        let codes = match (site.is_single, site.level.is_empty()) {
            (true, true) => RULES,
            (true, false) => RULES_OR_DISAGREE,
            (false, _) => DISAGREE,
        };
        if site.is_single || plain {
            bent.push((subject.document_again(&site, |signed| signed.payload = payload), codes));
        }
    }
    bent
}

fn signed_by_each_other(subject: &mut Subject) -> Vec<Bent> {
    let sites = subject.links();
    let exchange = |site: &Site| {
        let other = subject.of_other_step(site)?;
        let files = subject.signed_again(|chain| {
            let [one, two] = [site, &other].map(|site| chain.signed_at(site).payload.clone());
            chain.signed_at(site).payload = two;
            chain.signed_at(&other).payload = one;
        });
        Some((files, lost(site.first(&other))))
    };
    sites.iter().filter_map(exchange).collect()
}

/// Changes a set of artifacts, where that can be done.
type Work = fn(&mut Artifacts) -> Option<()>;
type Artifacts = serde_json::Map<String, Value>;

fn rename(artifacts: &mut Artifacts) -> Option<()> {
    let name = artifacts.keys().next()?.clone();
    let digests = artifacts.shift_remove(&name)?;
    artifacts.insert(format!("{name}.orig"), digests);
    Some(())
}

fn add(artifacts: &mut Artifacts) -> Option<()> {
    artifacts.insert("evil".to_owned(), json!({"sha256": "e".repeat(64)}));
    Some(())
}

fn remove(artifacts: &mut Artifacts) -> Option<()> {
    let name = artifacts.keys().next()?.clone();
    artifacts.shift_remove(&name).map(|_| ())
}

fn change(artifacts: &mut Artifacts) -> Option<()> {
    artifacts.values_mut().next()?["sha256"] = "c".repeat(64).into();
    Some(())
}

/// The artifacts of some links changed; they are signed again.
fn artifacts_again(subject: &Subject, sites: &[Site], list: &str, work: Work) -> Option<Files> {
    let mut done = None;
    let files = subject.signed_again(|chain| {
        for site in sites {
            done = chain.signed_at(site).payload[list].as_object_mut().and_then(work);
        }
    });
    done.map(|()| files)
}

/// Does the same to the links of all functionaries of a step, who sign again.
fn together(subject: &mut Subject, list: &str, work: Work, codes: Codes) -> Vec<Bent> {
    let sites = subject.links();
    let bend = |site: &Site| {
        let (all, plain) = of_one_step(subject, site);
        let files = artifacts_again(subject, &all, list, work).filter(|_| plain)?;
        Some((files, if site.level.is_empty() { codes } else { RULES_OR_DISAGREE }))
    };
    sites.iter().filter_map(bend).collect()
}

fn required_product_removed(subject: &mut Subject) -> Vec<Bent> {
    let sites = subject.links();
    let bend = |site: &Site| {
        let (all, plain) = of_one_step(subject, site);
        let layout = subject.chain.clone().layout_at(&site.level).payload.clone();
        let step = layout["steps"].as_array()?.iter().find(|step| step["name"] == subject.step(site))?.clone();
        let rule = step["expected_products"][0].as_array()?.clone();
        if !plain || rule[0] != "REQUIRE" {
            return None;
        }
        let name = rule[1].as_str()?;
        let files = subject.signed_again(|chain| {
            for site in &all {
                chain.signed_at(site).payload["products"].as_object_mut().unwrap().shift_remove(name);
            }
        });
        Some((files, if site.level.is_empty() { REQUIRE } else { RULES_OR_DISAGREE }))
    };
    sites.iter().filter_map(bend).collect()
}

/// Of what the last step makes, nobody else says anything.
fn product_changed(subject: &mut Subject) -> Vec<Bent> {
    let last = |chain: &mut Chain, site: &Site| {
        let layout = &chain.layout_at(&site.level).payload;
        layout["steps"].as_array().unwrap().last().unwrap()["name"].as_str().unwrap().to_owned()
    };
    let mut chain = subject.chain.clone();
    let sites: Vec<Site> = chain.sites().into_iter().filter(is_plain).collect();
    let sites = sites.into_iter().filter(|site| last(&mut chain, site) != subject.step(site)).collect();
    let sites = subject.some(sites);
    let bend = |site: &Site| {
        let (all, plain) = of_one_step(subject, site);
        let files = artifacts_again(subject, &all, "products", change).filter(|_| plain)?;
        Some((files, if site.level.is_empty() { DISALLOW } else { RULES_OR_DISAGREE }))
    };
    sites.iter().filter_map(bend).collect()
}

/// Does it to the link of one of several functionaries, who signs again.
fn alone(subject: &mut Subject, list: &str, work: Work) -> Vec<Bent> {
    let sites = subject.sites(|site| is_plain(site) && !site.is_single);
    let bend = |site: &Site| Some((artifacts_again(subject, std::slice::from_ref(site), list, work)?, DISAGREE));
    sites.iter().filter_map(bend).collect()
}

fn says_another_step(subject: &mut Subject) -> Vec<Bent> {
    let sites = subject.links();
    let bend = |site: &Site| {
        let other = subject.of_other_step(site)?;
        let name = subject.step(&other);
        Some((subject.document_again(site, |signed| signed.payload["name"] = name.into()), lost(site)))
    };
    sites.iter().filter_map(bend).collect()
}
