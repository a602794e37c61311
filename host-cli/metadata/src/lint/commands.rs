//! Inspections, the commands of steps and inspections, and parameters.

use std::collections::HashSet;

use sitrep_core::{Code, Parameter, Role};

use super::model::{Item, Layout};
use super::place::Place;
use super::{Findings, kinds};
use crate::profile::Profile;

/// Words by which shells join commands and redirect what they read and write.
const SHELL: [&str; 9] = ["|", "||", "&&", ";", ">", ">>", "<", "2>&1", "&"];

pub(super) fn find(layout: &Layout<'_>, profile: Profile, findings: &mut Findings) {
    for item in &layout.items {
        find_command(item, findings);
        if item.role == Role::Inspection {
            find_inspection(item, profile, findings);
        }
    }
}

fn find_command(item: &Item<'_>, findings: &mut Findings) {
    let Some(command) = &item.command else { return };
    let (member, what) = match item.role {
        Role::Step => ("expected_command", "a command that is compared word by word"),
        Role::Inspection => ("run", "a program that is started without a shell"),
    };
    let place = || Place::item(item).member(member);
    if let [only] = command[..]
        && only.trim().contains(char::is_whitespace)
    {
        findings.add(&kinds::COMMAND_NOT_SPLIT, place(), format!("`{only}` is one word of {what}"));
    }
    if let Some(word) = command.iter().find(|word| SHELL.contains(word)) {
        findings.add(&kinds::COMMAND_SHELL, place(), format!("`{word}` is an argument of {what}"));
    }
}

fn find_inspection(inspection: &Item<'_>, profile: Profile, findings: &mut Findings) {
    let place = || Place::item(inspection);
    // A `run` that is no list is core's business.
    let run = inspection.members.get("run");
    if run.is_none_or(|run| run.as_array().is_some_and(Vec::is_empty)) {
        let problem = "nothing is run: the rules are applied to the target directory as it is";
        findings.add(&kinds::INSPECTION_RUNS_NOTHING, place().member("run"), problem.into());
    }
    match profile {
        Profile::Host => {
            let problem = "without --run-inspections the chain is not verified";
            findings.add(&kinds::INSPECTION, place(), problem.into());
        }
        Profile::Device | Profile::Boot => {
            let problem = "a device runs no commands: by default it refuses the chain";
            findings.add(&kinds::INSPECTION_ON_DEVICE, place(), problem.into());
        }
    }
}

/// Names in braces, each where it stands first; where any is given, those that are not, and those that are given and stand nowhere.
pub(super) fn find_parameters(items: &[Item<'_>], given: &[Parameter<'_>], findings: &mut Findings) {
    let mut seen = HashSet::new();
    let mut add = |text, place: &dyn Fn() -> Place| {
        for name in parameters(text) {
            if seen.insert(name) {
                match given {
                    [] => findings.add(&kinds::PARAMETER, place(), format!("`{{{name}}}` is a parameter")),
                    _ if given.iter().any(|parameter| parameter.name == name) => {}
                    _ => findings.refuse(Code::ParameterUndefined, place(), format!("`{{{name}}}` is not given")),
                }
            }
        }
    };
    for item in items {
        for list in item.lists() {
            for rule in list.rules.iter().flatten() {
                rule.words.iter().for_each(|word| add(word, &|| Place::item(item).list(list.list).rule(rule)));
            }
        }
        let member = if item.role == Role::Step { "expected_command" } else { "run" };
        item.command.iter().flatten().for_each(|word| add(word, &|| Place::item(item).member(member)));
    }
    for name in given.iter().map(|parameter| parameter.name).filter(|name| !seen.contains(name)) {
        let problem = format!("`{name}` is given, and the layout has no `{{{name}}}`");
        findings.add(&kinds::PARAMETER_UNNAMED, Place::layout(), problem);
    }
}

/// The names of parameters in a text.
fn parameters(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).filter(|name| is_parameter(name))
}

/// Can this be the name of a parameter?
pub(super) fn is_parameter(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}
