"""attestations: those that a chain has to have, who has to have signed them, and what they have to be about."""

from case import DSSE, OMIT, add, case, digest, files
from families.statements import (
    BOTH,
    RULES,
    STATEMENT_V01,
    STATEMENT_V1,
    in_dsse,
    link_statement,
    one_step,
    sign,
    statement,
)

PROVENANCE, SBOM = "https://slsa.dev/provenance/v1", "https://spdx.dev/Document"
SECURITY = "urn:sitrep:security-version:v1"


def provenance(subject=None, kind=PROVENANCE, predicate=None, version=STATEMENT_V1):
    """An attestation about `app`."""
    subject = [{"name": "app", "digest": digest("app")}] if subject is None else subject
    return statement(subject, kind, predicate if predicate is not None else {"buildDefinition": {"n": 1}}, version)


def chain(c, threshold=1, by="builder", keys=("fetcher", "builder", "second-builder")):
    """Two steps, the last of which makes `app` from `src`."""
    c.put_layout(
        c.layout([c.step("fetch", by="fetcher"), c.step("build", by=by, threshold=threshold, **RULES)], keys=keys)
    )
    c.put_link(c.link("fetch", products=files("src")), by="fetcher")
    for name in [by] if isinstance(by, str) else by[:threshold]:
        c.put_link(c.link("build", files("src"), files("app")), by=name)


def attested(
    name,
    why,
    expect,
    *attestations,
    require=(PROVENANCE,),
    root=None,
    path="attestations.intoto.jsonl",
    dialects=in_dsse,
    **more,
):
    """A chain with attestations: pairs of a payload and its signers."""

    def make(c):
        if require:
            c.more["require_attestation"] = list(require)
        chain(c, **(root or {}))
        envelopes = [sign(c, payload, *signers) for payload, *signers in attestations]
        if envelopes:
            c.put_lines(path, *envelopes)

    add("attestations", name, why, expect, make, dialects, **more)


GOOD = (provenance(), "builder")
attested("present", "The attestation that has to be there is.", "verified", GOOD, dialects=DSSE)
attested("absent", "The attestation that has to be there is not.", "attestation-missing", dialects=DSSE)
attested(
    "another-type",
    "An attestation of another type does not do.",
    "attestation-missing",
    (provenance(kind=SBOM), "builder"),
)
attested(
    "type-in-capitals",
    "Predicate types are compared letter by letter.",
    "attestation-missing",
    (provenance(kind="https://SLSA.dev/provenance/v1"), "builder"),
)
attested(
    "another-version",
    "Another version is another type.",
    "attestation-missing",
    (provenance(kind="https://slsa.dev/provenance/v0.2"), "builder"),
)
attested(
    "statement-v0.1",
    "A statement of version 0.1 does as well.",
    "verified",
    (provenance(version=STATEMENT_V01), "builder"),
)
attested(
    "not-asked-for",
    "Attestations that nobody asks for do no harm.",
    "verified",
    GOOD,
    (provenance(kind=SBOM), "fetcher"),
    require=(),
)
attested(
    "two-types",
    "Two types have to be there, and are.",
    "verified",
    GOOD,
    (provenance(kind=SBOM), "builder"),
    require=(PROVENANCE, SBOM),
)
attested(
    "one-of-two-types",
    "Two types have to be there, and one is.",
    "attestation-missing",
    GOOD,
    require=(PROVENANCE, SBOM),
)
attested(
    "by-stranger",
    "A stranger's attestation does not count.",
    "attestation-threshold",
    (provenance(), "stranger"),
    warnings=["attestation-signature"],
)
attested(
    "by-owner",
    "The owner's attestation does not count unless the layout lets the owner carry out the step.",
    "attestation-threshold",
    (provenance(), "owner"),
    warnings=["attestation-signature"],
)
attested(
    "by-another-functionary",
    "An attestation by a functionary of another step does not count for the product's step.",
    "attestation-threshold",
    (provenance(), "fetcher"),
)
attested(
    "by-several",
    "Of several signatures on an attestation one of the step is enough.",
    "verified",
    (provenance(), "stranger", "fetcher", "builder"),
)
attested(
    "stranger-beside-a-good-one",
    "A stranger's attestation does no harm beside a good one.",
    "verified",
    (provenance(), "stranger"),
    GOOD,
    warnings=["attestation-signature"],
)
attested(
    "for-another-step",
    "An attestation may be asked for of another step, by whose functionaries it has to be.",
    "verified",
    (provenance([{"name": "src", "digest": digest("src")}]), "fetcher"),
    require=(PROVENANCE + "@fetch",),
)
attested(
    "for-another-step-by-the-product's".replace("'", ""),
    "An attestation for another step by a functionary of the product's step does not count.",
    "attestation-threshold",
    (provenance([{"name": "src", "digest": digest("src")}]), "builder"),
    require=(PROVENANCE + "@fetch",),
)
attested("for-the-step-by-name", "The product's step may be named.", "verified", GOOD, require=(PROVENANCE + "@build",))
attested(
    "for-both-steps",
    "The same type for two steps.",
    "verified",
    GOOD,
    (provenance([{"name": "src", "digest": digest("src")}]), "fetcher"),
    require=(PROVENANCE + "@fetch", PROVENANCE + "@build"),
)
attested(
    "for-both-steps-one-missing",
    "One step's attestation does not do for the other's.",
    "attestation-threshold",
    GOOD,
    require=(PROVENANCE + "@fetch", PROVENANCE + "@build"),
)

SUBJECTS = [
    (
        "material",
        "verified",
        [{"name": "src", "digest": digest("src")}],
        "An attestation may be about a material of the step.",
    ),
    (
        "another-name",
        "verified",
        [{"name": "https://example.org/app", "digest": digest("app")}],
        "What an attestation is about is told by digest: its name does not matter.",
    ),
    ("without-name", "verified", [{"digest": digest("app")}], "What an attestation is about need not have a name."),
    (
        "second",
        "verified",
        [{"name": "other", "digest": digest("other")}, {"name": "app", "digest": digest("app")}],
        "One of several subjects is enough.",
    ),
    (
        "another-algorithm-too",
        "verified",
        [{"name": "app", "digest": {**digest("app"), "sha512": "ab" * 64}}],
        "An algorithm that the step did not record is passed over.",
    ),
    (
        "other-content",
        "attestation-subject",
        [{"name": "app", "digest": digest("other")}],
        "An attestation about something else.",
    ),
    ("none", "attestation-subject", [], "An attestation about nothing."),
    (
        "without-digest",
        "attestation-subject",
        [{"name": "app", "uri": "pkg:generic/app"}],
        "An attestation that names its subject without digest could be about anything.",
    ),
    ("empty-digest", "attestation-subject", [{"name": "app", "digest": {}}], "An empty digest set tells nothing."),
    (
        "only-other-algorithm",
        "attestation-subject",
        [{"name": "app", "digest": {"sha512": "ab" * 64}}],
        "No algorithm in common tells nothing.",
    ),
    ("only-sha1", "attestation-subject", [{"name": "app", "digest": {"sha1": "ab" * 20}}], "SHA-1 tells nothing."),
    (
        "digest-in-capitals",
        "attestation-subject",
        [{"name": "app", "digest": {"sha256": digest("app")["sha256"].upper()}}],
        "A digest in upper case is another.",
    ),
    (
        "twice",
        "verified",
        [{"name": "app", "digest": digest("app")}] * 2,
        "A subject twice is no harm where it is no link's product.",
    ),
    (
        "sixty-fourth",
        "verified",
        [{"name": f"x{number}", "digest": digest(f"x{number}")} for number in range(63)]
        + [{"name": "app", "digest": digest("app")}],
        "The first 64 subjects are looked at.",
    ),
    (
        "sixty-fifth",
        "attestation-subject",
        [{"name": f"x{number}", "digest": digest(f"x{number}")} for number in range(64)]
        + [{"name": "app", "digest": digest("app")}],
        "The first 64 subjects are looked at, and no more.",
    ),
]
for name, expect, subject, why in SUBJECTS:
    attested(f"subject-{name}", why, expect, (provenance(subject), "builder"))


def several(name, why, expect, recorded, attested_):
    """The step recorded the product with these digests, and the attestation names it with those: by name and digest alone, and with more."""

    def make(c, **more):
        c.more["require_attestation"] = [PROVENANCE]
        c.put_layout(c.layout([c.step("build")]))
        c.put_link(c.link("build", products={"app": recorded}))
        c.put_lines("a.intoto.jsonl", sign(c, provenance([{"name": "app", "digest": attested_, **more}])))

    add("attestations", name, why, expect, make, in_dsse)
    with_uri = lambda c: make(c, uri="pkg:generic/app")  # noqa: E731
    add("attestations", f"{name}-with-uri", f"The subject has a URI too. {why}", expect, with_uri, in_dsse)


SHA, SHA512 = digest("app"), {"sha512": "ab" * 64}
several("common-algorithms-agree", "All algorithms in common agree.", "verified", {**SHA, **SHA512}, {**SHA512, **SHA})
several(
    "one-common-algorithm-differs",
    "One of two algorithms in common differs.",
    "attestation-subject",
    {**SHA, **SHA512},
    {**SHA, "sha512": "cd" * 64},
)
several(
    "unknown-common-algorithm",
    "An unknown algorithm in common is not enough.",
    "attestation-subject",
    {"md5": "00"},
    {"md5": "00"},
)
several("another-digest", "The digest is another.", "attestation-subject", SHA, digest("other"))
several("the-same-digest", "The digest is the same.", "verified", SHA, SHA)
several(
    "sha1-beside-sha256",
    "Beside SHA-256 an unknown algorithm may differ.",
    "verified",
    {**SHA, "sha1": "00"},
    {**SHA, "sha1": "11"},
)
several("one-of-several-recorded", "One algorithm of those recorded is enough.", "verified", {**SHA, **SHA512}, SHA512)

TWO = {"threshold": 2, "by": BOTH}
attested(
    "threshold-of-two",
    "As many have to sign as carry out the step.",
    "verified",
    (provenance(), "builder"),
    (provenance(), "second-builder"),
    root=TWO,
)
attested(
    "threshold-of-two-on-one",
    "Two may sign one attestation.",
    "verified",
    (provenance(), "builder", "second-builder"),
    root=TWO,
)
attested(
    "threshold-of-two-by-one",
    "One is not enough where two carry out the step.",
    "attestation-threshold",
    (provenance(), "builder"),
    root=TWO,
)
attested(
    "threshold-of-two-by-one-twice",
    "One who attests twice is one.",
    "attestation-threshold",
    (provenance(), "builder"),
    (provenance(predicate={"n": 2}), "builder"),
    root=TWO,
)
attested(
    "threshold-of-one-by-the-other",
    "Whoever may carry out the step may attest, without having carried it out.",
    "verified",
    (provenance(), "second-builder"),
    root={"by": BOTH},
)


@case("attestations", "attestation-threshold", in_dsse)
def two_labels_of_one_key(c):
    """One key under two labels attests once."""
    c.more["require_attestation"] = [PROVENANCE]
    entry = {**c.entry("builder"), "keyid": "again"}
    labels = [c.id("builder"), "again", c.id("second-builder")]
    c.put_layout(c.layout([c.step("build", pubkeys=labels, threshold=2)], keys={**c.keys(*BOTH), "again": entry}))
    for name in BOTH:
        c.put_link(c.link("build", products=files("app")), by=name)
    envelope = c.envelope(provenance())
    c.sign(c.sign(envelope, "builder"), "builder", keyid=None if envelope.dialect.keyless else "again")
    c.put_lines("a.intoto.jsonl", envelope)


@case("attestations", "attestation-threshold", in_dsse, warnings=["attestation-signature"])
def changed_attestation(c):
    """An attestation that was changed after it was signed does not count."""
    c.more["require_attestation"] = [PROVENANCE]
    chain(c)
    envelope = sign(c, provenance(predicate={"note": "before"}))
    envelope.bytes = envelope.bytes.replace(b"before", b"behind")
    c.put_lines("a.intoto.jsonl", envelope)


@case("attestations", "attestation-missing", in_dsse, warnings=["link-payload-type"])
def another_payload_type(c):
    """An attestation under another payload type is none."""
    c.more["require_attestation"] = [PROVENANCE]
    chain(c)
    c.put_lines("a.intoto.jsonl", sign(c, provenance(), payload_type="application/json"))


@case("attestations", "attestation-missing", in_dsse, warnings=["link-type"])
def no_statement(c):
    """What is no statement is no attestation."""
    c.more["require_attestation"] = [PROVENANCE]
    chain(c)
    c.put_lines("a.intoto.jsonl", sign(c, {**provenance(), "_type": "https://in-toto.io/Statement/v9"}))


for member in ("subject", "predicateType"):

    def without(c, member=member):
        c.more["require_attestation"] = [PROVENANCE]
        chain(c)
        payload = provenance()
        del payload[member]
        c.put_lines("a.intoto.jsonl", sign(c, payload))

    name = "subject" if member == "subject" else "predicate-type"
    add(
        "attestations",
        f"statement-without-{name}",
        f"A statement has to have `{member}`.",
        "attestation-missing",
        without,
        in_dsse,
        warnings=["statement-member"],
    )


@case("attestations", "verified", in_dsse)
def in_a_file_of_its_own(c):
    """An attestation in a file of its own, which is named."""
    c.more.update(require_attestation=[PROVENANCE], attestations=["provenance.json"])
    chain(c)
    c.write("provenance.json", sign(c, provenance()))


@case("attestations", "verified", in_dsse)
def in_a_bundle_elsewhere(c):
    """An attestation in an attestation bundle that is named."""
    c.more.update(require_attestation=[PROVENANCE, SBOM], attestations=["elsewhere/both.intoto.jsonl"])
    chain(c)
    c.put_lines("elsewhere/both.intoto.jsonl", sign(c, provenance()), sign(c, provenance(kind=SBOM)))


@case("attestations", "attestation-missing", in_dsse)
def in_a_file_that_nobody_names(c):
    """An attestation in a file that is not named, and is no attestation bundle, is not found."""
    c.more["require_attestation"] = [PROVENANCE]
    chain(c)
    c.write("provenance.json", sign(c, provenance()))


@case("attestations", "verified", in_dsse)
def beside_statements_that_are_links(c):
    """One attestation bundle holds links and attestations."""
    c.more["require_attestation"] = [PROVENANCE]
    one_step(c)
    c.put_lines("all.intoto.jsonl", sign(c, provenance()), sign(c, link_statement()))


@case("attestations", "link-missing", in_dsse)
def evidence_before_attestations(c):
    """A link that is missing is told before an attestation that is."""
    c.more["require_attestation"] = [PROVENANCE]
    one_step(c)


@case("attestations", "rule-disallow", in_dsse)
def rules_before_attestations(c):
    """A broken rule is told before an attestation that is missing."""
    c.more["require_attestation"] = [PROVENANCE]
    one_step(c)
    c.put_link(c.link("build", files("src"), files("app", "backdoor")))


# The artifact at hand


def about(name, why, expect, subject):
    def make(c):
        c.more.update(require_attestation=[PROVENANCE], artifacts={"app": "app.bin"})
        c.put_layout(c.layout([c.step("build")]))
        c.put_link(c.link("build", files("src"), files("app", "log")))
        c.put_lines("a.intoto.jsonl", sign(c, provenance([{"name": subject, "digest": digest(subject)}])))
        c.files["app.bin"] = "app"

    add("attestations", name, why, expect, make, in_dsse)


about("about-the-artifact", "The attestation is about the artifact at hand.", "verified", "app")
about(
    "about-another-product",
    "The attestation is about another product than the artifact at hand.",
    "attestation-subject",
    "log",
)
about(
    "about-a-material",
    "The attestation is about a material, and not about the artifact at hand.",
    "attestation-subject",
    "src",
)


# Security versions


def security(name, why, expect, wanted, *attestations, **more):
    def make(c):
        c.trust(security_version=wanted)
        chain(c)
        if attestations:
            c.put_lines("a.intoto.jsonl", *[sign(c, payload, *signers) for payload, *signers in attestations])

    add("attestations", f"security-version-{name}", why, expect, make, in_dsse, **more)


def version(value, beside=None, **more):
    predicate = {} if value is OMIT else {"securityVersion": value}
    return provenance(kind=SECURITY, predicate=predicate | (beside or {}), **more)


security("reached", "The security version is the one that is demanded.", "verified", 7, (version(7), "builder"))
security("above", "The security version is above the one that is demanded.", "verified", 7, (version(8), "builder"))
security(
    "below", "The security version is below the one that is demanded.", "security-version", 7, (version(6), "builder")
)
security(
    "best-of-two",
    "One of two security versions is enough.",
    "verified",
    7,
    (version(6), "builder"),
    (version(7), "builder"),
)
security("absent", "No security version is attested.", "attestation-missing", 7)
security("not-demanded", "No security version is demanded.", "verified", 0, (version(1), "builder"))
security(
    "beyond-32-bits", "A security version of more than 32 bits is above.", "verified", 7, (version(2**32), "builder")
)
security("negative", "A security version of less than 0 is below.", "security-version", 7, (version(-8), "builder"))
security(
    "by-stranger",
    "A stranger's security version does not count.",
    "attestation-threshold",
    7,
    (version(7), "stranger"),
    warnings=["attestation-signature"],
)
security(
    "of-another-artifact",
    "A security version of something else does not count.",
    "attestation-subject",
    7,
    (version(7, subject=[{"name": "app", "digest": digest("b")}]), "builder"),
)
security(
    "of-another-step",
    "A security version by a functionary of another step does not count.",
    "attestation-threshold",
    7,
    (version(7), "fetcher"),
)
WHOLE = {"product": "thermostat", "hardware": ["rev-b"], "time": "2026-11-21T00:00:00Z", "more": []}
security(
    "of-a-product",
    "Who does not say which device it is verified for takes a security version for any.",
    "verified",
    7,
    (version(7, beside=WHOLE), "builder"),
)
security(
    "time-of-no-form",
    "A security version with a time that is none does not count.",
    "attestation-time",
    7,
    (version(7, beside={"time": "2026-11-21"}), "builder"),
)
security(
    "time-that-is-null",
    "A time that is null is none, and not left out.",
    "attestation-time",
    7,
    (version(7, beside={"time": None}), "builder"),
)
security(
    "time-of-no-form-not-demanded",
    "What is not demanded is not judged.",
    "verified",
    0,
    (version(7, beside={"time": "2026-11-21"}), "builder"),
)


# Sublayouts


def with_sublayout(c):
    """A step that a sublayout stands in for; gives the directory of the sublayout."""
    c.more["require_attestation"] = [PROVENANCE]
    one_step(c)
    path = c.file_name("build", "builder")
    c.put(path, c.layout([c.step("compile", by="compiler")], keys=("compiler",)), by="builder")
    within = path.removesuffix(".link")
    c.put(
        f"{within}/{c.file_name('compile', 'compiler')}", c.link("compile", files("src"), files("app")), by="compiler"
    )
    return within


@case("attestations", "verified", in_dsse)
def about_the_product_of_a_sublayout(c):
    """What a sublayout made is a product of the step that it stands in for, whose functionary attests."""
    with_sublayout(c)
    c.put_lines("a.intoto.jsonl", sign(c, provenance()))


@case("attestations", "attestation-threshold", in_dsse, warnings=["attestation-signature"])
def by_a_functionary_of_a_sublayout(c):
    """Whoever carries out a step of a sublayout may not attest for the layout around it."""
    with_sublayout(c)
    c.put_lines("a.intoto.jsonl", sign(c, provenance(), "compiler"))


@case("attestations", "attestation-missing", in_dsse)
def inside_of_a_sublayout(c):
    """An attestation in the directory of a sublayout is evidence of the sublayout, and not of the layout around it."""
    within = with_sublayout(c)
    c.put_lines(f"{within}/a.intoto.jsonl", sign(c, provenance(), "compiler"))


# Names of subjects

attested(
    "subject-not-normalised",
    "The names of an attestation's subjects are no paths of artifacts, and may be anything.",
    "verified",
    (provenance([{"name": "./a//../app", "digest": digest("app")}]), "builder"),
)
attested(
    "subject-called-as-another-artifact",
    "What an attestation is about is told by digest, though another artifact has the name.",
    "verified",
    (provenance([{"name": "src", "digest": digest("app")}]), "builder"),
)
