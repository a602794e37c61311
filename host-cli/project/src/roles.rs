//! The roles of an SBOMit document, which are steps of its layout: who completes the derived SBOM of a format, and who derives it.

use serde::Deserialize;

use crate::file::{Rules, Step, Words};

/// `[[mutate]]`: the mutator of a format is the functionary of the step `mutate-FORMAT`, whose product is `FORMAT.patch.json`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mutate {
    /// The SBOM's format, such as `spdx-2.3` or `cyclonedx-1.7`.
    pub format: String,
    /// Who may do it: names of keys.
    pub by: Words,
    /// How many of them must.
    #[serde(default = "one")]
    pub threshold: u64,
}

/// `[[sit]]`: the generator of a format is the functionary of the step `sit-FORMAT`, whose materials are the mutation and the evidence digest, and whose product is
/// the SIT.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sit {
    /// The SBOM's format.
    pub format: String,
    /// Who may do it: names of keys.
    pub by: Words,
    /// How many of them must.
    #[serde(default = "one")]
    pub threshold: u64,
    /// The number of the rules by which it is derived.
    #[serde(default = "one")]
    pub ruleset: u64,
}

const fn one() -> u64 {
    1
}

fn rule(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

impl Mutate {
    /// The name of its step.
    #[must_use]
    pub fn step_name(&self) -> String {
        format!("mutate-{}", self.format)
    }

    /// The step.
    #[must_use]
    pub fn step(&self) -> Step {
        let patch = format!("{}.patch.json", self.format);
        let products = vec![rule(&["REQUIRE", &patch]), rule(&["CREATE", &patch]), rule(&["DISALLOW", "*"])];
        Step {
            name: self.step_name(),
            by: self.by.clone(),
            threshold: self.threshold,
            rules: Rules { materials: Some(vec![rule(&["DISALLOW", "*"])]), products: Some(products) },
            ..Step::default()
        }
    }
}

impl Sit {
    /// The name of its step.
    #[must_use]
    pub fn step_name(&self) -> String {
        format!("sit-{}", self.format)
    }

    /// The step. What it is made of has to be the mutation that the mutator signed, and the evidence.
    #[must_use]
    pub fn step(&self) -> Step {
        let (patch, mutate) = (format!("{}.patch.json", self.format), format!("mutate-{}", self.format));
        let materials = vec![
            rule(&["REQUIRE", &patch]),
            rule(&["REQUIRE", "sbomit:evidence"]),
            rule(&["MATCH", &patch, "WITH", "PRODUCTS", "FROM", &mutate]),
            rule(&["ALLOW", "sbomit:evidence"]),
            rule(&["DISALLOW", "*"]),
        ];
        let command = format!("sitrep sit generate {} --ruleset {}", self.format, self.ruleset);
        Step {
            name: self.step_name(),
            by: self.by.clone(),
            threshold: self.threshold,
            command: Some(crate::file::Command(command.split(' ').map(str::to_owned).collect())),
            rules: Rules {
                materials: Some(materials),
                products: Some(vec![rule(&["CREATE", "*"]), rule(&["DISALLOW", "*"])]),
            },
            ..Step::default()
        }
    }
}
