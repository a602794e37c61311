//! The words of `sitrep.toml` as artifact rules (in-toto specification, section 4.3.3), and back.
//!
//! | words | rules |
//! |---|---|
//! | `after = "a"` | materials: `MATCH * WITH PRODUCTS FROM a`, `DISALLOW *` |
//! | `removes = ["p"]` | materials: `DELETE p` before `DISALLOW *` |
//! | no `after`, and `materials` that are recorded | materials: `ALLOW *` |
//! | no `after`, and none | materials: `DISALLOW *` |
//! | `creates = ["p"]`, `changes = ["q"]` | products: `CREATE p`, `MODIFY q`, what is as it was, `DISALLOW *` |
//! | neither, but `after` | products: what is as it was, `DISALLOW *` |
//! | none of the three | products: `ALLOW *` |
//!
//! "What is as it was" is `MATCH * WITH MATERIALS FROM` the step itself, which in-toto allows.

use crate::file::{Rule, Rules, Sugar};

fn rule(words: &[&str]) -> Rule {
    words.iter().map(ToString::to_string).collect()
}

fn each(keyword: &str, patterns: &[String]) -> impl Iterator<Item = Rule> {
    patterns.iter().map(move |pattern| rule(&[keyword, pattern]))
}

/// The rules about materials.
#[must_use]
pub fn materials(sugar: &Sugar<'_>) -> Vec<Rule> {
    if let Some(rules) = &sugar.rules.materials {
        return rules.clone();
    }
    let mut rules: Vec<Rule> =
        sugar.after.iter().map(|step| rule(&["MATCH", "*", "WITH", "PRODUCTS", "FROM", step])).collect();
    rules.extend(each("DELETE", sugar.removes));
    let is_open = sugar.after.is_empty() && sugar.takes_materials;
    rules.push(rule(&[if is_open { "ALLOW" } else { "DISALLOW" }, "*"]));
    rules
}

/// The rules about products.
#[must_use]
pub fn products(sugar: &Sugar<'_>) -> Vec<Rule> {
    if let Some(rules) = &sugar.rules.products {
        return rules.clone();
    }
    if sugar.after.is_empty() && sugar.creates.is_empty() && sugar.changes.is_empty() {
        return vec![rule(&["ALLOW", "*"])];
    }
    let mut rules: Vec<Rule> = each("CREATE", sugar.creates).chain(each("MODIFY", sugar.changes)).collect();
    rules.push(rule(&["MATCH", "*", "WITH", "MATERIALS", "FROM", sugar.name]));
    rules.push(rule(&["DISALLOW", "*"]));
    rules
}

/// The words that rules are made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// See [`crate::file::Step::after`].
    pub after: Vec<String>,
    /// See [`crate::file::Step::materials`]: must all be recorded, since nothing says so?
    pub takes_materials: bool,
    /// See [`crate::file::Step::creates`].
    pub creates: Vec<String>,
    /// See [`crate::file::Step::changes`].
    pub changes: Vec<String>,
    /// See [`crate::file::Step::removes`].
    pub removes: Vec<String>,
    /// What the words above cannot say.
    pub rules: Rules,
}

impl Parts {
    /// The words that make exactly these rules. `is_step` says that such a name is a step's: `after` names no other.
    #[must_use]
    pub fn of(
        name: &str,
        materials_are: &[Rule],
        products_are: &[Rule],
        is_inspection: bool,
        is_step: impl Fn(&str) -> bool,
    ) -> Self {
        let mut parts = Self { takes_materials: is_inspection, ..Self::default() };
        for rule in materials_are {
            match &rule.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                ["MATCH", "*", "WITH", "PRODUCTS", "FROM", step] if is_step(step) => {
                    parts.after.push((*step).to_owned());
                }
                ["DELETE", pattern] => parts.removes.push((*pattern).to_owned()),
                ["ALLOW", "*"] => parts.takes_materials = true,
                _ => {}
            }
        }
        for rule in products_are {
            match &rule.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                ["CREATE", pattern] => parts.creates.push((*pattern).to_owned()),
                ["MODIFY", pattern] => parts.changes.push((*pattern).to_owned()),
                _ => {}
            }
        }
        // Whatever was read, what counts is what it makes.
        if materials(&parts.sugar(name)) != materials_are {
            (parts.after, parts.removes) = Default::default();
            parts.takes_materials = is_inspection;
            parts.rules.materials = Some(materials_are.to_vec());
        }
        if products(&parts.sugar(name)) != products_are {
            (parts.creates, parts.changes) = Default::default();
            parts.rules.products = Some(products_are.to_vec());
        }
        parts
    }

    fn sugar<'p>(&'p self, name: &'p str) -> Sugar<'p> {
        let Self { after, takes_materials, creates, changes, removes, rules } = self;
        Sugar { name, after, takes_materials: *takes_materials, creates, changes, removes, rules }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(texts: &[&str]) -> Vec<Rule> {
        texts.iter().map(|text| text.split(' ').map(str::to_owned).collect()).collect()
    }

    #[test]
    fn words_make_rules_and_rules_words() {
        for (materials_are, products_are, expected) in [
            (&["DISALLOW *"][..], &["ALLOW *"][..], Parts::default()),
            (&["ALLOW *"], &["ALLOW *"], Parts { takes_materials: true, ..Parts::default() }),
            (
                &["MATCH * WITH PRODUCTS FROM a", "MATCH * WITH PRODUCTS FROM b", "DELETE x", "DISALLOW *"],
                &["CREATE c", "CREATE d", "MODIFY e", "MATCH * WITH MATERIALS FROM s", "DISALLOW *"],
                Parts {
                    after: vec!["a".into(), "b".into()],
                    creates: vec!["c".into(), "d".into()],
                    changes: vec!["e".into()],
                    removes: vec!["x".into()],
                    ..Parts::default()
                },
            ),
            (
                &["MATCH * WITH PRODUCTS FROM a", "DISALLOW *"],
                &["MATCH * WITH MATERIALS FROM s", "DISALLOW *"],
                Parts { after: vec!["a".into()], ..Parts::default() },
            ),
        ] {
            let parts = Parts::of("s", &rules(materials_are), &rules(products_are), false, |_| true);
            assert_eq!(parts, expected);
            assert_eq!(materials(&parts.sugar("s")), rules(materials_are));
            assert_eq!(products(&parts.sugar("s")), rules(products_are));
        }
    }

    #[test]
    fn what_words_cannot_say_stands_as_rules() {
        for (materials_are, products_are) in [
            (&[][..], &[][..]),
            (&["MATCH src/* WITH PRODUCTS FROM a", "DISALLOW *"], &["CREATE c", "DISALLOW *"]),
            (&["DELETE x", "MATCH * WITH PRODUCTS FROM a", "DISALLOW *"], &["MODIFY e", "CREATE c", "DISALLOW *"]),
            (&["match * WITH PRODUCTS FROM a", "DISALLOW *"], &["ALLOW *", "ALLOW *"]),
            (&["MATCH * WITH PRODUCTS FROM unknown", "DISALLOW *"], &["MATCH * WITH MATERIALS FROM t", "DISALLOW *"]),
        ] {
            let parts = Parts::of("s", &rules(materials_are), &rules(products_are), false, |step| step != "unknown");
            assert_eq!(materials(&parts.sugar("s")), rules(materials_are));
            assert_eq!(products(&parts.sugar("s")), rules(products_are));
            assert!(parts.rules.materials.is_some() && parts.rules.products.is_some(), "{parts:?}");
        }
    }
}
