//! Why a rule is malformed. That it is, core says; this is for whoever has to correct it.

use serde_json::Value;

use super::spelling::nearest;
use crate::rule::KEYWORDS;

const MATCH: &str = "MATCH pattern [IN prefix] WITH MATERIALS|PRODUCTS [IN prefix] FROM step";

/// What is wrong with a rule that core refuses as malformed.
pub(super) fn why(rule: &Value) -> String {
    let Some(words) = rule.as_array() else { return "a rule is a list of words".into() };
    let Some(words) = words.iter().map(Value::as_str).collect::<Option<Vec<_>>>() else {
        return "every word of a rule is a string".into();
    };
    let [keyword, rest @ ..] = words.as_slice() else { return "the rule has no words".into() };
    let keywords = || KEYWORDS.into_iter().map(|(name, _)| name);
    let known = keywords().find(|known| keyword.eq_ignore_ascii_case(known));
    match known {
        None => {
            let meant = nearest(keyword, keywords()).map(|meant| format!("; {meant} is near"));
            format!("`{keyword}` begins no rule{}", meant.unwrap_or_default())
        }
        Some("MATCH") => why_match(rest),
        Some(known) => format!("expected {known} and one pattern, found {} words after it", rest.len()),
    }
}

fn why_match(words: &[&str]) -> String {
    let mut words = words.iter().skip(1).peekable();
    for expected in [&["WITH"][..], &["MATERIALS", "PRODUCTS"], &["FROM"]] {
        let is = |word: &&str, known: &[&str]| known.iter().any(|known| word.eq_ignore_ascii_case(known));
        // A prefix may stand before WITH and before FROM.
        if expected.len() == 1 && words.next_if(|word| is(word, &["IN"])).is_some() {
            words.next();
        }
        match words.next() {
            Some(word) if is(word, expected) => {}
            Some(word) => return format!("expected {} where `{word}` stands, as in {MATCH}", expected.join(" or ")),
            None => return format!("expected {} after the last word, as in {MATCH}", expected.join(" or ")),
        }
    }
    match words.count() {
        0 => format!("expected a step after the last word, as in {MATCH}"),
        _ => format!("expected one word after FROM, as in {MATCH}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reasons() {
        for (rule, expected) in [
            (json!("ALLOW *"), "a rule is a list of words"),
            (json!(["ALLOW", 1]), "every word of a rule is a string"),
            (json!([]), "the rule has no words"),
            (json!(["ALOW", "*"]), "`ALOW` begins no rule; ALLOW is near"),
            (json!(["FROB", "*"]), "`FROB` begins no rule"),
            (json!(["allow"]), "expected ALLOW and one pattern, found 0 words after it"),
            (json!(["CREATE", "a", "b"]), "expected CREATE and one pattern, found 2 words after it"),
            (json!(["MATCH"]), "expected WITH after the last word"),
            (json!(["MATCH", "a", "IN"]), "expected WITH after the last word"),
            (json!(["MATCH", "a", "IN", "b", "FROM", "s"]), "expected WITH where `FROM` stands"),
            (
                json!(["MATCH", "a", "WITH", "PRODUCT", "FROM", "s"]),
                "expected MATERIALS or PRODUCTS where `PRODUCT` stands",
            ),
            (json!(["MATCH", "a", "WITH", "PRODUCTS", "s"]), "expected FROM where `s` stands"),
            (json!(["MATCH", "a", "WITH", "PRODUCTS", "IN", "b", "FROM"]), "expected a step after the last word"),
            (json!(["MATCH", "a", "WITH", "PRODUCTS", "FROM", "s", "t"]), "expected one word after FROM"),
        ] {
            let why = why(&rule);
            assert!(why.starts_with(expected), "{rule}: {why}");
        }
    }
}
