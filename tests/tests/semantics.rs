//! Every sentence of in-toto's semantics as sitrep has it, asked one at a time (tests/vectors/semantics): each case gets exactly its code
//! and its warnings, from JSON, from a bundle, from what the bundle was unpacked to, on a device, and from the command line.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use sitrep_metadata::profile::Profile;
use sitrep_tests::cases::{Answer, Case, directories};
use sitrep_tests::command::{sitrep, tree_of, vectors};

/// A case, with the name of its directory.
struct Named {
    name: String,
    directory: PathBuf,
    case: Case,
    /// What is still answered instead of what is expected, and noted.
    exception: Option<(Answer, Vec<String>)>,
}

/// A case that gets another answer than it should (exceptions.json), whatever its dialect.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    case: String,
    actual: String,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    notes: Vec<String>,
    #[allow(dead_code, reason = "for people")]
    reason: String,
}

fn cases() -> Vec<Named> {
    let root = vectors().join("semantics");
    let exceptions: Vec<Exception> =
        serde_json::from_slice(&std::fs::read(root.join("exceptions.json")).unwrap()).unwrap();
    let named = |directory: PathBuf| {
        let name = directory.strip_prefix(&root).unwrap().display().to_string();
        let (question, _) = name.rsplit_once('.').unwrap();
        let exception = exceptions.iter().find(|exception| exception.case == question);
        let exception = exception
            .map(|Exception { actual, warnings, notes, .. }| (Answer::new(&**actual, warnings.clone()), notes.clone()));
        Named { case: Case::read(&directory), exception, name, directory }
    };
    let cases: Vec<_> = directories(&root).into_iter().map(named).collect();
    assert!(cases.len() > 1000, "{} cases", cases.len());
    let is_used =
        |exception: &Exception| cases.iter().any(|named| named.name.starts_with(&format!("{}.", exception.case)));
    assert!(exceptions.iter().all(is_used), "an exception is of no case");
    cases
}

/// The cases that come to a verdict, and that without running anything.
fn judged() -> impl Iterator<Item = Named> {
    let is_judged = |Named { case, exception, .. }: &Named| {
        let code = exception.as_ref().map_or(&case.expect, |(answer, _)| &answer.code);
        code != "unreadable" && case.run_inspections.is_none()
    };
    cases().into_iter().filter(is_judged)
}

/// What is wrong, all of it, so that one run tells everything.
#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn add(&mut self, Named { name, case, .. }: &Named, what: &str) {
        self.0.push(format!("{name}: {}\n    {what}", case.why));
    }

    fn compare(&mut self, named: &Named, answer: &Answer, from: &str) {
        let expected = named.case.expected();
        match &named.exception {
            Some((exception, _)) if answer == exception => {}
            Some(_) if *answer == expected => self.add(named, &format!("is no exception any more {from}")),
            None if *answer == expected => {}
            _ => self.add(named, &format!("expected {expected:?}, got {answer:?} {from}")),
        }
    }

    #[track_caller]
    fn none(&self) {
        assert!(self.0.is_empty(), "{} answers are wrong:\n{}", self.0.len(), self.0.join("\n"));
    }
}

#[test]
fn every_case_gets_its_code_from_json() {
    let (mut faults, mut counts) = (Faults::default(), BTreeMap::<_, [u32; 3]>::new());
    for named in cases() {
        let Named { name, directory, case, .. } = &named;
        let column = match case.expect.as_str() {
            "verified" => 0,
            "unreadable" => 2,
            _ => 1,
        };
        counts.entry(name.split('/').next().unwrap().to_owned()).or_default()[column] += 1;
        match case.load(directory) {
            Err(error) => {
                faults.compare(&named, &Answer::new("unreadable", Vec::new()), &format!("from JSON: {error}"));
                if case.expect == "unreadable" && !error.to_string().contains(&case.says) {
                    faults.add(&named, &format!("expected {:?}, got: {error}", case.says));
                }
            }
            Ok(chain) => {
                let notes: Vec<String> = chain.loaded.notes.iter().map(ToString::to_string).collect();
                let expected = named.exception.as_ref().map_or(&case.notes, |(_, notes)| notes);
                if !are_notes(&notes, expected) {
                    faults.add(&named, &format!("expected notes {expected:?}, got {notes:?}"));
                }
                if case.run_inspections.is_none() {
                    faults.compare(&named, &chain.judge(Profile::Host), "from JSON");
                }
            }
        }
    }
    println!("{:<16}{:>9}{:>9}{:>11}", "family", "verified", "refused", "unreadable");
    for (family, [verified, refused, unreadable]) in counts {
        println!("{family:<16}{verified:>9}{refused:>9}{unreadable:>11}");
    }
    faults.none();
}

/// Is each part of another note, and no note left over?
fn are_notes(notes: &[String], parts: &[String]) -> bool {
    let mut left: Vec<&String> = notes.iter().collect();
    parts.iter().all(|part| {
        let found = left.iter().position(|note| note.contains(part.as_str()));
        found.map(|place| left.remove(place)).is_some()
    }) && left.is_empty()
}

#[test]
fn every_case_gets_its_code_from_a_bundle() {
    let mut faults = Faults::default();
    for named in judged() {
        let [packed, again] = named.case.packed_and_unpacked(&named.directory);
        faults.compare(&named, &packed.judge(Profile::Host), "from a bundle");
        faults.compare(&named, &again.judge(Profile::Host), "from an unpacked bundle");
        if packed.loaded.bundle != again.loaded.bundle {
            faults.add(&named, "unpacking and packing gives another bundle");
        }
    }
    faults.none();
}

/// A device decides as a host does, as long as it has the schemes and the room.
#[test]
fn every_case_gets_its_code_on_a_device() {
    let (mut faults, mut same) = (Faults::default(), 0);
    for named in judged() {
        let Ok(chain) = named.case.load(&named.directory) else { continue };
        let answer = chain.judge(Profile::Device);
        match &named.case.device {
            None => {
                faults.compare(&named, &answer, "on a device");
                same += 1;
            }
            Some(code) if *code == answer.code => {}
            Some(code) => faults.add(&named, &format!("expected {code} on a device, got {answer:?}")),
        }
    }
    println!("{same} cases get the same answer on a device");
    faults.none();
}

/// The command itself: its exit code, its verdict in JSON, and that no inspection ran which should not have.
#[test]
#[cfg(unix)]
fn every_case_gets_its_code_from_the_command() {
    let mut faults = Faults::default();
    for named in cases().into_iter().filter(|Named { case, .. }| case.at.is_some()) {
        let Named { directory, case, .. } = &named;
        // Inspections may write.
        let copy = case.run_inspections.as_ref().map(|_| tree_of(directory));
        let directory = copy.as_ref().map_or(directory.as_path(), |copy| copy.path());
        let mut arguments = case.arguments(directory, &directory.join("root.layout"));
        arguments.push("--json".into());
        let arguments: Vec<&str> = arguments.iter().skip(1).map(String::as_str).collect();
        let run = sitrep(directory, &arguments);
        if run.code == 2 {
            faults.compare(
                &named,
                &Answer::new("unreadable", Vec::new()),
                &format!("from the command: {}", run.stderr),
            );
            if case.expect == "unreadable" && !run.stderr.contains(&case.says) {
                faults.add(&named, &format!("expected {:?}, got:\n{}", case.says, run.stderr));
            }
        } else {
            let verdict: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
            let warnings = verdict["warnings"].as_array().unwrap().iter();
            let warnings = warnings.map(|warning| warning["code"].as_str().unwrap().to_owned()).collect();
            let code = verdict["error"]["code"].as_str().unwrap_or("verified");
            faults.compare(&named, &Answer::new(code, warnings), "from the command");
            if (run.code == 0) != (code == "verified") {
                faults.add(&named, &format!("exit code {} for {code}", run.code));
            }
        }
        for file in &case.absent {
            if directory.join(file).exists() {
                faults.add(&named, &format!("{} came into being", file.display()));
            }
        }
    }
    faults.none();
}
