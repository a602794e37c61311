//! Values for a layout's parameters: given, and put into the commands of inspections as core does into rules.

use std::fmt;

use serde_json::Value;
use sitrep_core::Parameter;

/// A parameter that has two values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterTwice(pub String);

impl fmt::Display for ParameterTwice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the parameter {} has two values", self.0)
    }
}

impl std::error::Error for ParameterTwice {}

/// Names and values as core takes them.
///
/// # Errors
/// [`ParameterTwice`] where one has two values.
pub fn parameters(given: &[(String, String)]) -> Result<Vec<Parameter<'_>>, ParameterTwice> {
    let mut parameters: Vec<Parameter<'_>> = Vec::with_capacity(given.len());
    for (name, value) in given {
        if parameters.iter().any(|earlier| earlier.name == name) {
            return Err(ParameterTwice(name.clone()));
        }
        parameters.push(Parameter { name, value });
    }
    Ok(parameters)
}

/// Puts the values of parameters in place of `{name}` in a command's words: once, in what the layout says and not in the values. What
/// is no name stays as it is; where no parameter is given at all, every word does.
///
/// Core has refused a layout that names a parameter which is not given.
#[must_use]
pub fn put_in(word: &str, parameters: &[(String, String)]) -> String {
    let mut done = String::with_capacity(word.len());
    let mut rest = word;
    while let Some((before, inside)) = rest.split_once('{') {
        done.push_str(before);
        let named = inside.split_once('}').and_then(|(name, after)| {
            let (_, value) = parameters.iter().find(|(known, _)| known == name)?;
            Some((value, after))
        });
        rest = match named {
            Some((value, after)) => {
                done.push_str(value);
                after
            }
            None => {
                done.push('{');
                inside
            }
        };
    }
    done + rest
}

/// The parameters that a layout names nowhere: neither in a rule nor in a command.
#[must_use]
pub fn unnamed<'g>(layout: &Value, given: &'g [(String, String)]) -> Vec<&'g str> {
    let items = ["steps", "inspect"].into_iter().filter_map(|member| layout[member].as_array()).flatten();
    let words: Vec<&Value> = items
        .flat_map(|item| {
            ["expected_materials", "expected_products", "expected_command", "run"].map(|member| &item[member])
        })
        .collect();
    let is_named = |name: &str| words.iter().any(|words| names(words, &format!("{{{name}}}")));
    given.iter().map(|(name, _)| name.as_str()).filter(|name| !is_named(name)).collect()
}

/// In any text, however deep: rules are lists in a list.
fn names(words: &Value, parameter: &str) -> bool {
    match words {
        Value::String(word) => word.contains(parameter),
        Value::Array(items) => items.iter().any(|item| names(item, parameter)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_named_by_rules_and_commands() {
        let layout = serde_json::json!({
            "readme": "{d}",
            "steps": [{"expected_materials": [["ALLOW", "x/{a}"]], "expected_command": ["{b}"], "name": "{d}"}],
            "inspect": [{"run": ["sh", "{c}"]}],
        });
        let given = ["a", "b", "c", "d", "e"].map(|name| (name.to_owned(), String::new()));
        assert_eq!(unnamed(&layout, &given), ["d", "e"]);
        assert_eq!(unnamed(&Value::Null, &given[..1]), ["a"]);
    }

    #[test]
    fn values_are_put_in_once() {
        let given = [("a", "x*"), ("b-c_1", "{a}"), ("empty", ""), ("a", "again")];
        let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
        for (word, expected) in [
            ("{a}", "x*"),
            ("1{a}2{a}3", "1x*2x*3"),
            ("{b-c_1}{empty}", "{a}"),
            ("{{a}}", "{x*}"),
            ("{x{a}", "{xx*"),
            ("{}{ a}{a", "{}{ a}{a"),
            ("{\u{fc}}}{", "{\u{fc}}}{"),
            ("plain", "plain"),
            ("", ""),
        ] {
            assert_eq!(put_in(word, &given), expected);
            assert_eq!(put_in(word, &[]), word);
        }
    }
}
