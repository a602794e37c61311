//! Attestations of a security version (core's BUNDLE.md, section 13): how new files are in terms of security, and for which devices.

use serde::Serialize;
use sitrep_core::{SECURITY_VERSION, Time};

use crate::envelope::document::IN_TOTO;
use crate::envelope::dsse::Envelope;
use crate::hex;

/// Version 1 of in-toto's Statement.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// The devices that files are for.
#[derive(Clone, Copy, Debug)]
pub struct Devices<'a> {
    /// Their product.
    pub product: &'a str,
    /// Any of these.
    pub hardware: &'a [String],
}

/// A file that is attested.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// What people call it.
    pub name: &'a str,
    /// The digest of its contents.
    pub sha256: [u8; 32],
}

/// The statement, all members in the order of their names:
/// boot loaders read no other (BUNDLE.md, section 10).
#[derive(Serialize)]
struct Statement<'a> {
    _type: &'a str,
    predicate: Predicate<'a>,
    #[serde(rename = "predicateType")]
    predicate_type: &'a str,
    subject: Vec<Listed<'a>>,
}

#[derive(Serialize)]
struct Listed<'a> {
    digest: Digests,
    name: &'a str,
}

#[derive(Serialize)]
struct Digests {
    sha256: String,
}

#[derive(Serialize)]
struct Predicate<'a> {
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    hardware: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<&'a str>,
    #[serde(rename = "securityVersion")]
    security_version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
}

/// The statement that `subjects` have a security version, in JSON. `time` has to be one that is read back.
#[must_use]
pub fn statement(
    security_version: u32,
    devices: Option<Devices<'_>>,
    time: Option<Time>,
    subjects: &[Subject<'_>],
) -> Vec<u8> {
    let statement = Statement {
        _type: STATEMENT,
        subject: subjects
            .iter()
            .map(|subject| Listed { name: subject.name, digest: Digests { sha256: hex::encode(&subject.sha256) } })
            .collect(),
        predicate_type: SECURITY_VERSION,
        predicate: Predicate {
            security_version,
            product: devices.map(|devices| devices.product),
            hardware: devices.map_or(&[], |devices| devices.hardware),
            time: time.map(|time| time.to_string()),
        },
    };
    // Strings and numbers alone cannot fail.
    serde_json::to_vec(&statement).unwrap_or_default()
}

/// Does a file hold nothing but such attestations, one a line, whoever signed them?
#[must_use]
pub fn holds_nothing_else(bytes: &[u8]) -> bool {
    bytes.trim_ascii().split(|byte| *byte == b'\n').all(|line| {
        let payload = Envelope::parse(line).ok().filter(|envelope| envelope.payload_type == IN_TOTO);
        let statement = payload.and_then(|it| serde_json::from_slice::<serde_json::Value>(&it.payload).ok());
        statement.is_some_and(|statement| statement["predicateType"] == SECURITY_VERSION)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::Signer;

    #[test]
    fn members_stand_in_the_order_of_their_names_and_what_is_not_said_is_left_out() {
        let subjects = [Subject { name: "app", sha256: [0xab; 32] }];
        let digest = "ab".repeat(32);
        let text = |payload: Vec<u8>| String::from_utf8(payload).unwrap();
        let subject = format!(r#""subject":[{{"digest":{{"sha256":"{digest}"}},"name":"app"}}]}}"#);
        assert_eq!(
            text(statement(7, None, None, &subjects)),
            format!(
                r#"{{"_type":"{STATEMENT}","predicate":{{"securityVersion":7}},"predicateType":"{SECURITY_VERSION}",{subject}"#
            )
        );
        let hardware = ["b".to_owned()];
        let devices = Some(Devices { product: "p", hardware: &hardware });
        let predicate = r#"{"hardware":["b"],"product":"p","securityVersion":7,"time":"2026-01-01T00:00:00Z"}"#;
        let whole = text(statement(7, devices, Time::parse("2026-01-01T00:00:00Z"), &subjects));
        assert!(whole.contains(&format!(r#""predicate":{predicate},"#)), "{whole}");
    }

    #[test]
    fn other_files_are_told_apart() {
        let sign =
            |payload: Vec<u8>| Envelope::sign(IN_TOTO, payload, &[Signer::from_seed([1; 32])]).unwrap().to_json();
        let own = sign(statement(7, None, None, &[]));
        let other = sign(br#"{"predicateType":"https://slsa.dev/provenance/v1"}"#.to_vec());
        assert!(holds_nothing_else(own.as_bytes()) && holds_nothing_else(format!("{own}{own}").as_bytes()));
        for text in ["", "{}", &other, &format!("{own}{other}")] {
            assert!(!holds_nothing_else(text.as_bytes()), "{text}");
        }
    }
}
