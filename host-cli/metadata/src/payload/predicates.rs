//! The predicate types of attestations that people know by a name: what the in-toto attestation framework, SLSA and the tools around them
//! have published, in every version.

use sitrep_core::SECURITY_VERSION;

/// A predicate type that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Predicate {
    /// What people call it.
    pub name: &'static str,
    /// Its URI, as statements have it in `predicateType`.
    pub uri: &'static str,
    /// Where it is defined.
    pub source: &'static str,
}

/// Directory of the in-toto attestation framework's predicates.
macro_rules! vetted {
    ($file:literal) => {
        concat!("https://github.com/in-toto/attestation/blob/main/spec/predicates/", $file)
    };
}

/// Those that core takes as links of a step: they are demanded by the layout.
pub(crate) const LINKS: [&str; 2] = ["https://in-toto.io/attestation/link/v0.3", "https://in-toto.io/Link/v0.2"];

/// Every known predicate type.
pub const PREDICATES: &[Predicate] = &[
    predicate("link-v0.3", LINKS[0], vetted!("link.md")),
    predicate("link-v0.2", LINKS[1], vetted!("link.md")),
    predicate("link-v1-draft", "https://in-toto.io/Link/v1", vetted!("link.md")),
    predicate("slsa-provenance-v1", "https://slsa.dev/provenance/v1", "https://slsa.dev/provenance/v1"),
    predicate("slsa-provenance-v1-rc2", "https://slsa.dev/provenance/v1-rc2", "https://slsa.dev/provenance/v1-rc2"),
    predicate("slsa-provenance-v1-rc1", "https://slsa.dev/provenance/v1-rc1", "https://slsa.dev/provenance/v1-rc1"),
    predicate("slsa-provenance-v0.2", "https://slsa.dev/provenance/v0.2", "https://slsa.dev/provenance/v0.2"),
    predicate("slsa-provenance-v0.1", "https://slsa.dev/provenance/v0.1", "https://slsa.dev/provenance/v0.1"),
    predicate("provenance-v0.1", "https://in-toto.io/Provenance/v0.1", vetted!("provenance.md")),
    predicate("slsa-vsa-v1", "https://slsa.dev/verification_summary/v1", vetted!("vsa.md")),
    predicate(
        "slsa-vsa-v0.2",
        "https://slsa.dev/verification_summary/v0.2",
        "https://slsa.dev/verification_summary/v0.2",
    ),
    predicate(
        "slsa-vsa-v0.1",
        "https://slsa.dev/verification_summary/v0.1",
        "https://slsa.dev/verification_summary/v0.1",
    ),
    predicate("test-result-v0.1", "https://in-toto.io/attestation/test-result/v0.1", vetted!("test-result.md")),
    predicate("scai-v0.3", "https://in-toto.io/attestation/scai/attribute-report/v0.3", vetted!("scai.md")),
    predicate("scai-v0.2", "https://in-toto.io/attestation/scai/attribute-report/v0.2", vetted!("scai.md")),
    predicate("scai-v0.1", "scai/attribute-report/v0.1", vetted!("scai.md")),
    predicate("release-v0.2", "https://in-toto.io/attestation/release/v0.2", vetted!("release.md")),
    predicate("release-v0.1", "https://in-toto.io/attestation/release/v0.1", vetted!("release.md")),
    predicate("runtime-trace-v0.2", "https://in-toto.io/attestation/runtime-trace/v0.2", vetted!("runtime-trace.md")),
    predicate("runtime-trace-v0.1", "https://in-toto.io/attestation/runtime-trace/v0.1", vetted!("runtime-trace.md")),
    predicate("vulns-v0.2", "https://in-toto.io/attestation/vulns/v0.2", vetted!("vulns_02.md")),
    predicate("vulns-v0.1", "https://in-toto.io/attestation/vulns/v0.1", vetted!("vulns.md")),
    predicate("svr-v0.1", "https://in-toto.io/attestation/svr/v0.1", vetted!("svr.md")),
    predicate("reference-v0.1", "https://in-toto.io/attestation/reference/v0.1", vetted!("reference.md")),
    predicate("spdx-v3", "https://spdx.dev/Document/v3", vetted!("spdx3.md")),
    predicate("spdx-v2.3", "https://spdx.dev/Document/v2.3", vetted!("spdx2.md")),
    predicate("spdx", "https://spdx.dev/Document", vetted!("spdx2.md")),
    // One URI for each version of CycloneDX's own specification, and one without version.
    predicate("cyclonedx-v1.6", "https://cyclonedx.org/bom/v1.6", vetted!("cyclonedx.md")),
    predicate("cyclonedx-v1.5", "https://cyclonedx.org/bom/v1.5", vetted!("cyclonedx.md")),
    predicate("cyclonedx-v1.4", "https://cyclonedx.org/bom/v1.4", vetted!("cyclonedx.md")),
    predicate("cyclonedx", "https://cyclonedx.org/bom", vetted!("cyclonedx.md")),
    predicate(
        "witness-collection-v0.1",
        "https://witness.testifysec.com/attestation-collection/v0.1",
        "https://github.com/in-toto/go-witness/blob/main/attestation/collection.go",
    ),
    predicate("security-version-v1", SECURITY_VERSION, "core/BUNDLE.md, section 13"),
];

/// Names without a version, and what each stands for, whatever is published later.
const UNVERSIONED: [(&str, &str); 4] = [
    ("slsa-provenance", "slsa-provenance-v1"),
    ("slsa-vsa", "slsa-vsa-v1"),
    ("test-result", "test-result-v0.1"),
    ("security-version", "security-version-v1"),
];

const fn predicate(name: &'static str, uri: &'static str, source: &'static str) -> Predicate {
    Predicate { name, uri, source }
}

/// The predicate type that people call so.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Predicate> {
    let versioned = UNVERSIONED.iter().find(|(unversioned, _)| *unversioned == name).map(|(_, versioned)| *versioned);
    PREDICATES.iter().find(|predicate| predicate.name == versioned.unwrap_or(name))
}

/// What people call the predicate type with this URI.
#[must_use]
pub fn name_of(uri: &str) -> Option<&'static str> {
    PREDICATES.iter().find(|predicate| predicate.uri == uri).map(|predicate| predicate.name)
}

/// Does a statement with a predicate of this type count as a link of a step?
#[must_use]
pub fn is_link(uri: &str) -> bool {
    LINKS.contains(&uri)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_name_and_every_uri_stands_once() {
        let names: HashSet<&str> = PREDICATES.iter().map(|predicate| predicate.name).collect();
        let uris: HashSet<&str> = PREDICATES.iter().map(|predicate| predicate.uri).collect();
        assert_eq!((names.len(), uris.len()), (PREDICATES.len(), PREDICATES.len()));
        for Predicate { name, uri, .. } in PREDICATES {
            assert_eq!((by_name(name).unwrap().uri, name_of(uri).unwrap()), (*uri, *name));
            // Names are told from URIs by their characters, and from steps by having no `@`.
            assert!(
                name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte))
            );
        }
        for (unversioned, versioned) in UNVERSIONED {
            assert!(!names.contains(unversioned) && by_name(unversioned) == by_name(versioned));
            assert!(by_name(versioned).is_some(), "{versioned}");
        }
    }
}
