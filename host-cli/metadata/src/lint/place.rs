//! Where in a layout something is.

use std::fmt;

use serde::Serialize;
use sitrep_core::{List, Role};

use super::model::{Item, Rule};
use crate::bundle::shown::{SHOWN_NAME, brief};

/// How many words of a rule are shown; the longest rule has ten.
const WORDS: usize = 16;

/// A place in a layout, as precise as it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The layout itself, its keys, its steps, its inspections; in each of them the number.
    #[serde(skip)]
    rank: (u8, usize),
    /// Id of the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Name of the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Name of the inspection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inspection: Option<String>,
    /// Name of the member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// `materials` or `products`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<&'static str>,
    /// The rule of the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<RulePlace>,
}

/// A rule of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RulePlace {
    /// Its number, from 0.
    pub index: usize,
    /// Its words, where it has any.
    pub words: Vec<String>,
}

impl Place {
    pub(super) fn layout() -> Self {
        Self::default()
    }

    pub(super) fn key(number: usize, id: &str) -> Self {
        Self { rank: (1, number), key: Some(brief(id, SHOWN_NAME)), ..Self::default() }
    }

    pub(super) fn item(item: &Item<'_>) -> Self {
        // One without a name has a number.
        let name = item.name.map_or_else(|| format!("number {}", item.number + 1), |name| brief(name, SHOWN_NAME));
        match item.role {
            Role::Step => Self { rank: (2, item.number), step: Some(name), ..Self::default() },
            Role::Inspection => Self { rank: (3, item.number), inspection: Some(name), ..Self::default() },
        }
    }

    pub(super) fn member(self, name: &str) -> Self {
        Self { member: Some(brief(name, SHOWN_NAME)), ..self }
    }

    pub(super) fn list(self, list: List) -> Self {
        Self { list: Some(list.name()), ..self }
    }

    pub(super) fn rule(self, rule: &Rule<'_>) -> Self {
        let words = rule.words.iter().take(WORDS).map(|word| brief(word, SHOWN_NAME)).collect();
        Self { rule: Some(RulePlace { index: rule.index, words }), ..self }
    }

    /// What places are sorted by.
    pub(super) fn order(&self) -> impl Ord + use<> {
        (self.rank, self.list, self.rule.as_ref().map(|rule| rule.index), self.member.clone())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        // As people compare them: the first eight digits, which are also those of link files.
        parts.extend(self.key.as_ref().map(|id| format!("key {}", id.chars().take(8).collect::<String>())));
        parts.extend(self.step.as_ref().map(|name| format!("step {name}")));
        parts.extend(self.inspection.as_ref().map(|name| format!("inspection {name}")));
        match (self.list, &self.rule) {
            (Some(list), Some(rule)) if rule.words.is_empty() => {
                parts.push(format!("{list} rule {}", rule.index + 1));
            }
            (Some(list), Some(rule)) => {
                parts.push(format!("{list} rule {}: {}", rule.index + 1, rule.words.join(" ")));
            }
            (Some(list), None) => parts.push(list.into()),
            (None, _) => {}
        }
        parts.extend(self.member.as_ref().map(|name| format!("member {name}")));
        f.write_str(&parts.join(", "))
    }
}
