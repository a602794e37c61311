//! `TYPE[@STEP]`: an attestation that a chain must have, as command lines name it.

use std::str::FromStr;

use crate::payload::predicates::{PREDICATES, by_name, is_link};

/// An attestation that a chain must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredAttestation {
    /// Its `predicateType`, a URI.
    pub predicate_type: String,
    /// The step whose functionaries must have signed it; the product's where it is not named.
    pub step: Option<String>,
}

impl FromStr for RequiredAttestation {
    type Err = String;

    /// A URI may hold `@` itself: what follows the last one is a step only if a step can be called so.
    fn from_str(text: &str) -> Result<Self, String> {
        let (uri, step) = match text.rsplit_once('@') {
            Some((before, step)) if is_step_name(step) && uri_of(before).is_some() => (uri_of(before), Some(step)),
            _ => (uri_of(text), None),
        };
        let Some(uri) = uri else {
            let names: Vec<&str> =
                PREDICATES.iter().filter(|known| !is_link(known.uri)).map(|predicate| predicate.name).collect();
            return Err(format!("expected TYPE or TYPE@STEP, where TYPE is a URI or one of {}", names.join(", ")));
        };
        if is_link(uri) {
            return Err("a link is not demanded here: each step of the layout demands its own".into());
        }
        Ok(Self { predicate_type: uri.to_owned(), step: step.map(str::to_owned) })
    }
}

/// The URI of a predicate type that is given by its name or as a URI.
fn uri_of(text: &str) -> Option<&str> {
    match by_name(text) {
        Some(predicate) => Some(predicate.uri),
        None => is_uri(text).then_some(text),
    }
}

/// Does it start with a scheme (RFC 3986, section 3.1), and go on?
fn is_uri(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, rest)| {
        !rest.is_empty()
            && scheme.starts_with(|char: char| char.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    })
}

/// May a layout call a step so? Others it must not have.
fn is_step_name(text: &str) -> bool {
    !matches!(text, "" | "." | "..") && !text.contains(['/', '\\', '\0'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_names_or_uris_and_steps_follow_the_last_at_sign() {
        let v1 = "https://slsa.dev/provenance/v1";
        for (text, uri, step) in [
            ("slsa-provenance-v1", v1, None),
            ("slsa-provenance@build", v1, Some("build")),
            ("slsa-provenance-v1@build", v1, Some("build")),
            ("slsa-provenance-v1@a b:c", v1, Some("a b:c")),
            (v1, v1, None),
            ("https://slsa.dev/provenance/v1@build", v1, Some("build")),
            ("https://example.com/@scope/type", "https://example.com/@scope/type", None),
            ("https://example.com/@scope/type@build", "https://example.com/@scope/type", Some("build")),
            ("https://user@example.com/type", "https://user@example.com/type", None),
            ("https://example.com/type@", "https://example.com/type@", None),
            ("https://example.com/a@b@c", "https://example.com/a@b", Some("c")),
            ("urn:example:type", "urn:example:type", None),
            ("scai-v0.1", "scai/attribute-report/v0.1", None),
        ] {
            let expected = RequiredAttestation { predicate_type: uri.into(), step: step.map(str::to_owned) };
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_nobody_knows_is_refused_with_what_is_known() {
        for text in
            ["", "@", "@build", "slsa", "slsa-provenance-v1@", "slsa-provenance-v1@..", "slsa@build", ":a", "1:a", "a:"]
        {
            let error = text.parse::<RequiredAttestation>().unwrap_err();
            assert!(error.contains("slsa-provenance-v1, ") && error.contains("spdx-v3, "), "{text}: {error}");
        }
        for text in ["link-v0.3", "link-v0.2@build", "https://in-toto.io/Link/v0.2"] {
            let error = text.parse::<RequiredAttestation>().unwrap_err();
            assert!(error.contains("each step of the layout demands its own"), "{text}");
        }
    }
}
