//! The roles of an SBOMit document as steps of its layout: who completes the derived SBOM of a format, and who derives it.

use crate::file::{Command, Mutate, Rules, Sit, Step};

fn rule(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

impl Mutate {
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
            command: Some(Command(command.split(' ').map(str::to_owned).collect())),
            rules: Rules {
                materials: Some(materials),
                products: Some(vec![rule(&["CREATE", "*"]), rule(&["DISALLOW", "*"])]),
            },
            ..Step::default()
        }
    }
}
