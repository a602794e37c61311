//! `TYPE[@STEP]`: an attestation that a chain must have, as command lines name it.

use std::str::FromStr;

/// Short names of predicate types that are often asked for, and their URIs. A type of another version has to be given as its URI.
const SHORT_NAMES: [(&str, &str); 6] = [
    ("slsa-provenance", "https://slsa.dev/provenance/v1"),
    ("slsa-vsa", "https://slsa.dev/verification_summary/v1"),
    ("spdx", "https://spdx.dev/Document"),
    ("cyclonedx", "https://cyclonedx.org/bom"),
    ("test-result", "https://in-toto.io/attestation/test-result/v0.1"),
    ("security-version", "urn:sitrep:security-version:v1"),
];

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

    fn from_str(text: &str) -> Result<Self, String> {
        // Names of steps have no slash, so what has one belongs to a URI such as `https://user@host/type`.
        let (predicate_type, step) = match text.rsplit_once('@') {
            Some((predicate_type, step)) if !step.contains('/') => (predicate_type, Some(step)),
            _ => (text, None),
        };
        if step.is_some_and(str::is_empty) {
            return Err("expected the name of a step behind the `@`".into());
        }
        let known = SHORT_NAMES.iter().find(|(name, _)| *name == predicate_type);
        let predicate_type = match known {
            Some((_, uri)) => uri,
            None if is_uri(predicate_type) => predicate_type,
            None => {
                let names: Vec<&str> = SHORT_NAMES.iter().map(|(name, _)| *name).collect();
                return Err(format!("expected a URI or one of {}", names.join(", ")));
            }
        };
        Ok(Self { predicate_type: predicate_type.into(), step: step.map(Into::into) })
    }
}

/// `scheme:` first (RFC 3986, section 3.1); the rest is opaque.
fn is_uri(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_a_uri_or_a_short_name() {
        for (text, predicate_type, step) in [
            ("spdx", "https://spdx.dev/Document", None),
            ("slsa-provenance@build", "https://slsa.dev/provenance/v1", Some("build")),
            ("urn:x@a@b", "urn:x@a", Some("b")),
            ("https://me@example.org/type", "https://me@example.org/type", None),
            ("https://me@example.org/type@step 1", "https://me@example.org/type", Some("step 1")),
        ] {
            let expected = RequiredAttestation { predicate_type: predicate_type.into(), step: step.map(Into::into) };
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for text in ["", "provenance", "@build", "spdx@", "SPDX", "1x:y", ":x"] {
            assert!(text.parse::<RequiredAttestation>().is_err(), "{text}");
        }
    }
}
