"""statements: links in the form of in-toto's attestation framework, in files of their own and in attestation bundles."""

from case import (
    DIALECTS,
    DSSE,
    METABLOCK,
    OMIT,
    Envelope,
    add,
    case,
    digest,
    files,
    one,
    replace_text,
)

DENY = ["DISALLOW", "*"]
STATEMENT_V01, STATEMENT_V1 = "https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1"
LINK_V02, LINK_V03 = "https://in-toto.io/Link/v0.2", "https://in-toto.io/attestation/link/v0.3"
PROVENANCE = "https://slsa.dev/provenance/v1"
RULES = {"expected_materials": [["ALLOW", "src"], DENY], "expected_products": [["CREATE", "app"], DENY]}
BOTH = ("builder", "second-builder")


def in_dsse(name):
    return one(name, DSSE)


def descriptors(artifacts, name_first=True):
    """Artifacts as a list of resource descriptors."""
    return [
        {"name": name, "digest": value} if name_first else {"digest": value, "name": name}
        for name, value in artifacts.items()
    ]


def statement(subject, predicate_type, predicate, kind=STATEMENT_V1, **members):
    """An in-toto Statement."""
    payload = {"_type": kind, "subject": subject, "predicateType": predicate_type, "predicate": predicate, **members}
    return {key: value for key, value in payload.items() if value is not OMIT}


def link_statement(name="build", materials=None, products=None, version=LINK_V03, kind=None, **predicate):
    """A link as a statement. Version 0.2 has materials as a map, 0.3 as a list."""
    materials = files("src") if materials is None else materials
    if isinstance(materials, dict) and version == LINK_V03:
        materials = descriptors(materials)
    inner = {"name": name, "command": [], "materials": materials, "byproducts": {}, "environment": {}, **predicate}
    inner = {key: value for key, value in inner.items() if value is not OMIT}
    subject = products if isinstance(products, list) else descriptors(files("app") if products is None else products)
    return statement(subject, version, inner, kind or (STATEMENT_V01 if version == LINK_V02 else STATEMENT_V1))


def one_step(c, **members):
    c.put_layout(c.layout([c.step("build", **{**RULES, **members})]))


def sign(c, payload, *names, **how):
    """A signed envelope."""
    return c.sign(c.envelope(payload, **how), *(names or ("builder",)))


def alone(name, why, expect, payload, dialects=in_dsse, **more):
    """A chain of one step whose link is a statement, in a file of its own."""

    def make(c):
        one_step(c)
        c.write(c.file_name("build", "builder"), sign(c, payload() if callable(payload) else payload))

    add("statements", name, why, expect, make, dialects, **more)


alone(
    "link-v0.2",
    "A statement of version 0.1 with a link of version 0.2.",
    "verified",
    link_statement(version=LINK_V02),
    DSSE,
)
alone("link-v0.3", "A statement of version 1 with a link of version 0.3.", "verified", link_statement(), DSSE)
alone(
    "link-v0.2-in-statement-v1",
    "A statement of version 1 with a link of version 0.2.",
    "verified",
    link_statement(version=LINK_V02, kind=STATEMENT_V1),
)
alone(
    "link-v0.3-in-statement-v0.1",
    "A statement of version 0.1 with a link of version 0.3.",
    "verified",
    link_statement(kind=STATEMENT_V01),
)
alone(
    "materials-missing-in-v0.3",
    "Materials may be missing in version 0.3: there were none.",
    "verified",
    link_statement(materials=OMIT),
)
alone("materials-empty", "A link without materials.", "verified", link_statement(materials={}))
alone(
    "materials-missing-in-v0.2",
    "Materials must not be missing in version 0.2.",
    "link-missing",
    link_statement(materials=OMIT, version=LINK_V02),
    warnings=["link-member"],
)
alone(
    "materials-as-list-in-v0.2",
    "Materials of version 0.2 are a map.",
    "link-missing",
    link_statement(materials=descriptors(files("src")), version=LINK_V02),
    warnings=["link-member"],
)


def map_in_v03():
    payload = link_statement()
    payload["predicate"]["materials"] = files("src")
    return payload


alone(
    "materials-as-map-in-v0.3",
    "Materials of version 0.3 are a list.",
    "link-missing",
    map_in_v03,
    warnings=["link-member"],
)
alone(
    "unexpected-product",
    "The products of a statement are its subject: rules see them.",
    "rule-disallow",
    link_statement(products=files("app", "backdoor")),
)
alone(
    "unexpected-material",
    "Rules see the materials of a list.",
    "rule-disallow",
    link_statement(materials=files("src", "evil")),
)
alone(
    "unexpected-material-in-v0.2",
    "Rules see the materials of a map.",
    "rule-disallow",
    link_statement(materials=files("src", "evil"), version=LINK_V02),
)
alone("no-subject-at-all", "A link without products.", "verified", link_statement(products={}))
alone(
    "digest-first",
    "The members of a descriptor stand in either order.",
    "verified",
    link_statement(products=descriptors(files("app"), False), materials=descriptors(files("src"), False)),
)
alone(
    "descending",
    "The descriptors of a list stand in any order.",
    "verified",
    link_statement(products=descriptors({"app": digest("app")}), materials=list(reversed(descriptors(files("src"))))),
)
alone(
    "descriptor-with-more",
    "A descriptor may say more than name and digest.",
    "verified",
    link_statement(
        products=[{"name": "app", "digest": digest("app"), "uri": "pkg:generic/app", "annotations": {"a": 1}}]
    ),
    DSSE,
)
MORE = {
    "downloadLocation": "https://example.org/a b",
    "mediaType": "application/x-\u00fc",
    "content": "AAEC",
    "annotations": {"deep": [{"name": "x", "digest": {"sha256": "00"}}, None, 15, {}]},
    "x": [],
}


def both_lists(name, why, expect, descriptor, rules=None, **more):
    """A link with one material and one product that are described so."""

    def make(c):
        one_step(c, **(rules or {"expected_materials": [["ALLOW", "a"], DENY], "expected_products": [["CREATE", "b"], DENY]}))
        payload = link_statement(materials=descriptor("a"), products=descriptor("b"))
        c.write(c.file_name("build", "builder"), sign(c, payload))

    add("statements", name, why, expect, make, in_dsse, **more)


both_lists(
    "descriptors-with-all-members",
    "Every member of a descriptor is carried, those that nobody knows too.",
    "verified",
    lambda name: [{**MORE, "digest": {**digest(name), "gitCommit": "no digits"}, "uri": "x:y", "name": name}],
)
both_lists(
    "named-by-uri",
    "A descriptor without name is named by its URI.",
    "verified",
    lambda name: [{"uri": f"git+https://x/{name}", "digest": digest(name)}],
    {
        "expected_materials": [["ALLOW", "git+https://x/a"], DENY],
        "expected_products": [["CREATE", "git+https://x/b"], DENY],
    },
)
both_lists(
    "name-before-uri",
    "Where a descriptor has name and URI, it is named by the name.",
    "verified",
    lambda name: [{"uri": "git+https://x/evil", "name": name, "digest": digest(name)}],
)
both_lists(
    "uri-is-not-the-name",
    "Where a descriptor has a name, its URI is no name of it.",
    "rule-disallow",
    lambda name: [{"uri": name, "name": "git+https://x/evil", "digest": digest(name)}],
)
both_lists(
    "descriptors-of-several-forms",
    "Each descriptor of a list may have members of its own, in an order of its own.",
    "verified",
    lambda name: [
        {"name": f"z/{name}", "digest": digest("z")},
        {"digest": digest("y"), "name": f"y/{name}"},
        {"uri": f"pkg:x/{name}", "digest": digest("x"), "mediaType": "text/plain"},
        {"digest": {"sha512": "ab" * 64}, **MORE, "name": name},
    ],
    {"expected_materials": [["ALLOW", "?*/a"], ["ALLOW", "a"], DENY], "expected_products": [["CREATE", "?*/b"], ["CREATE", "b"], DENY]},
)
both_lists(
    "one-among-described-ones",
    "Rules see every descriptor, whatever else they say.",
    "rule-disallow",
    lambda name: [{"name": name, "digest": digest(name), **MORE}, {"uri": "evil", "digest": digest("evil")}],
)
for name, descriptor, code in [
    ("uri-not-normalised", {"uri": "./a", "digest": digest("a")}, "link-artifact-name"),
    ("name-empty", {"name": "", "digest": digest("a")}, "link-artifact-name"),
    ("name-empty-beside-uri", {"name": "", "uri": "a", "digest": digest("a")}, "link-artifact-name"),
    ("digest-bad", {"name": "a", "uri": "x:a", "digest": {"sha256": "AB" * 32}}, "link-digest"),
]:
    both_lists(
        f"descriptor-{name}",
        "What a descriptor says is looked at whatever else it says.",
        "threshold-not-met",
        lambda _, descriptor=descriptor: [descriptor],
        warnings=[code],
    )
for name, described in [
    ("name-null", [{"name": None, "uri": "a", "digest": digest("a")}]),
    ("uri-null", [{"name": "a", "uri": None, "digest": digest("a")}]),
    ("uri-is-number", [{"uri": 1, "digest": digest("a")}]),
    ("no-name", [{"digest": digest("a"), "mediaType": "text/plain"}]),
    ("no-digest", [{"uri": "x:a"}]),
    ("digest-null", [{"uri": "x:a", "digest": None}]),
    ("called-twice", [{"uri": "a", "digest": digest("a")}, {"name": "a", "digest": digest("a")}]),
    ("not-an-object", [{"uri": "a", "digest": digest("a")}, None]),
]:
    both_lists(
        f"descriptor-{name}",
        "Every artifact of a link has a name of its own, or a URI, and a digest set.",
        "link-missing",
        lambda _, described=described: described,
        warnings=["link-member"],
    )
alone(
    "unknown-members",
    "Members that nobody knows are ignored.",
    "verified",
    {**link_statement(note=1), "note": {"x": []}},
)
alone("another-name", "A link of another step.", "link-missing", link_statement(name="test"), notes=["file's name"])

WRONG_TYPES = [
    ("link-v1", "https://in-toto.io/Link/v1"),
    ("link-v0.1", "https://in-toto.io/Link/v0.1"),
    ("without-s", "http://in-toto.io/Link/v0.2"),
    ("in-capitals", "https://in-toto.io/link/v0.2"),
    ("with-slash", LINK_V03 + "/"),
    ("provenance", PROVENANCE),
    ("empty", ""),
]
for name, kind in WRONG_TYPES:
    alone(
        f"predicate-type-{name}",
        f"A predicate of type {kind!r} is no link.",
        "link-missing",
        {**link_statement(), "predicateType": kind},
    )
for name, kind in [
    ("v2", "https://in-toto.io/Statement/v2"),
    ("without-s", "http://in-toto.io/Statement/v1"),
    ("in-capitals", "https://in-toto.io/statement/v1"),
    ("link", "link-statement"),
]:
    alone(
        f"type-{name}",
        f"What says that it is {kind!r} is no statement.",
        "link-missing",
        {**link_statement(), "_type": kind},
        warnings=["link-type"],
    )

FAULTS = [
    ("without-subject", {"subject": OMIT}, "statement"),
    ("without-predicate-type", {"predicateType": OMIT}, "statement"),
    ("predicate-type-is-number", {"predicateType": 1}, "statement"),
    # From here on it says that it is a link, which then lacks something.
    ("subject-is-object", {"subject": {}}, "link"),
    ("subject-is-null", {"subject": None}, "link"),
    ("without-predicate", {"predicate": OMIT}, "link"),
    ("predicate-is-list", {"predicate": []}, "link"),
]
for name, members, what in FAULTS:
    payload = {key: value for key, value in {**link_statement(), **members}.items() if value is not OMIT}
    alone(
        name,
        "A statement has to have its members, of their types.",
        "link-missing",
        payload,
        warnings=[f"{what}-member"],
    )
for name, predicate in [
    ("without-name", {"name": OMIT}),
    ("name-is-number", {"name": 1}),
    ("command-is-text", {"command": "make"}),
    ("byproducts-is-list", {"byproducts": []}),
]:
    payload = link_statement()
    payload["predicate"] = {
        key: value for key, value in {**payload["predicate"], **predicate}.items() if value is not OMIT
    }
    alone(
        f"predicate-{name}",
        "A link in a statement has to have its members, of their types.",
        "link-missing",
        payload,
        warnings=["link-member"],
    )
SUBJECTS = [
    ("without-name", [{"digest": digest("app")}]),
    ("without-digest", [{"name": "app"}]),
    ("name-is-number", [{"name": 1, "digest": digest("app")}]),
    ("digest-is-text", [{"name": "app", "digest": digest("app")["sha256"]}]),
    ("digest-of-number", [{"name": "app", "digest": {"sha256": 1}}]),
    ("is-text", ["app"]),
    ("twice", descriptors(files("app")) * 2),
    ("twice-with-other-digest", [{"name": "app", "digest": digest("app")}, {"name": "app", "digest": digest("evil")}]),
    ("second-without-name", [{"name": "app", "digest": digest("app")}, {"digest": digest("b")}]),
]
for name, subject in SUBJECTS:
    alone(
        f"subject-{name}",
        "Every product of a link has a name of its own and a digest set.",
        "link-missing",
        link_statement(products=subject),
        warnings=["link-member"],
    )
alone(
    "material-twice",
    "Every material of a link has a name of its own.",
    "link-missing",
    link_statement(materials=descriptors(files("src")) * 2),
    warnings=["link-member"],
)
alone(
    "material-without-name",
    "Every material of a link has a name, or a URI.",
    "link-missing",
    link_statement(materials=[{"downloadLocation": "git+https://x", "digest": digest("src")}]),
    warnings=["link-member"],
)
alone(
    "subject-not-normalised",
    "The names of a statement's subject are looked at as others are.",
    "threshold-not-met",
    link_statement(products=files("./app")),
    warnings=["link-artifact-name"],
)
alone(
    "material-not-normalised",
    "The names of a statement's materials are looked at as others are.",
    "threshold-not-met",
    link_statement(materials=files("a/../src")),
    warnings=["link-artifact-name"],
)
alone(
    "subject-digest-in-capitals",
    "The digests of a statement's subject are looked at as others are.",
    "threshold-not-met",
    link_statement(products={"app": {"sha256": "AB" * 32}}),
    warnings=["link-digest"],
)
alone(
    "material-digest-short",
    "The digests of a statement's materials are looked at as others are.",
    "threshold-not-met",
    link_statement(materials={"src": {"sha256": "ab"}}),
    warnings=["link-digest"],
)
alone(
    "return-value",
    "A return value that is not 0 is worth a warning.",
    "verified",
    link_statement(byproducts={"return-value": 1}),
    warnings=["return-value"],
)
alone(
    "return-value-in-v0.2",
    "A return value that is not 0 is worth a warning.",
    "verified",
    link_statement(byproducts={"return-value": 1}, version=LINK_V02),
    warnings=["return-value"],
)


@case("statements", "link-missing", in_dsse, notes=["once"])
def duplicate_key(c):
    """A key twice in a statement makes the file unreadable."""
    one_step(c)
    payload = link_statement()
    text = c.envelope(payload).bytes.replace(b'"_type"', b'"_type":"link","_type"', 1)
    c.write(c.file_name("build", "builder"), sign(c, payload, text=text))


@case("statements", "verified", in_dsse, warnings=["command-differs"])
def command_differs(c):
    """The command of a statement is compared with the one that was expected."""
    one_step(c, expected_command=["make"])
    c.write(c.file_name("build", "builder"), sign(c, link_statement(command=["cc"])))


@case("statements", "verified", in_dsse)
def command_as_expected(c):
    """The command of a statement is the one that was expected."""
    one_step(c, expected_command=["make"])
    c.write(c.file_name("build", "builder"), sign(c, link_statement(command=["make"], version=LINK_V02)))


@case("statements", "threshold-not-met", in_dsse, warnings=["link-signature"])
def by_stranger(c):
    """A statement that a stranger signed does not count."""
    one_step(c)
    c.write(c.file_name("build", "builder"), sign(c, link_statement(), "stranger"))


@case("statements", "threshold-not-met", in_dsse, warnings=["link-signature"])
def changed(c):
    """A statement that was changed after it was signed does not count."""
    one_step(c)
    c.write(
        c.file_name("build", "builder"),
        sign(c, link_statement()),
        replace_text(digest("app")["sha256"], digest("evil")["sha256"]),
    )


@case("statements", "link-missing", in_dsse, warnings=["link-payload-type"])
def payload_type(c):
    """A statement under another payload type does not count."""
    one_step(c)
    c.write(c.file_name("build", "builder"), sign(c, link_statement(), payload_type="application/json"))


@case("statements", "link-missing", METABLOCK[:1], warnings=["link-type"])
def in_a_metablock(c):
    """Statements come in DSSE: in a Metablock they are none."""
    one_step(c)
    c.write(c.file_name("build", "builder"), sign(c, link_statement()))


@case("statements", "verified", in_dsse)
def matched_with_a_link(c):
    """A link is matched with what a statement says, by map and by list."""
    match = lambda step: [["MATCH", "*", "WITH", "PRODUCTS", "FROM", step], DENY]  # noqa: E731
    steps = [
        c.step("fetch"),
        c.step("build", expected_materials=match("fetch")),
        c.step("package", expected_materials=match("build")),
    ]
    c.put_layout(c.layout(steps))
    c.put_link(c.link("fetch", products=files("src")))
    c.write(c.file_name("build", "builder"), sign(c, link_statement()))
    c.put_link(c.link("package", files("app")))


@case("statements", "rule-disallow", in_dsse)
def matched_with_a_link_that_differs(c):
    """What a statement says it used is not what the step before made."""
    match = [["MATCH", "*", "WITH", "PRODUCTS", "FROM", "fetch"], DENY]
    c.put_layout(c.layout([c.step("fetch"), c.step("build", expected_materials=match)]))
    c.put_link(c.link("fetch", products={"src": digest("evil")}))
    c.write(c.file_name("build", "builder"), sign(c, link_statement()))


@case("statements", "verified", in_dsse)
def matched_by_uri(c):
    """What is named by a URI is matched by it, with maps and other lists."""
    match = [["MATCH", "git+https:*", "WITH", "PRODUCTS", "FROM", "fetch"], DENY]
    c.put_layout(c.layout([c.step("fetch"), c.step("build", expected_materials=match)]))
    c.put_link(c.link("fetch", products={"git+https://x//y": digest("src")}))
    described = [{"uri": "git+https://x//y", "digest": digest("src"), "annotations": {}}]
    c.write(c.file_name("build", "builder"), sign(c, link_statement(materials=described)))


@case("statements", "threshold-not-met", in_dsse, warnings=["link-signature"])
def changed_beside_the_name(c):
    """What a descriptor says besides name and digest is signed as well."""
    one_step(c)
    described = [{"name": "app", "digest": digest("app"), "mediaType": "text/plain"}]
    c.write(
        c.file_name("build", "builder"),
        sign(c, link_statement(products=described)),
        replace_text("text/plain", "text/evil"),
    )


def beside_a_link(expect, name, why, version, products):
    def make(c):
        c.put_layout(c.layout([c.step("build", by=BOTH, threshold=2, **RULES)], keys=BOTH))
        c.put_link(c.link("build", files("src"), files("app")))
        c.write(
            c.file_name("build", "second-builder"),
            sign(c, link_statement(version=version, products=products), "second-builder"),
        )

    add("statements", name, why, expect, make, in_dsse)


beside_a_link(
    "verified", "agrees-with-a-link", "A link and a statement that say the same agree.", LINK_V03, files("app")
)
beside_a_link(
    "verified",
    "agrees-with-a-link-v0.2",
    "A link and a statement of version 0.2 that say the same agree.",
    LINK_V02,
    files("app"),
)
beside_a_link(
    "links-disagree",
    "disagrees-with-a-link",
    "A link and a statement that say something else disagree.",
    LINK_V03,
    {"app": digest("other")},
)

beside_a_link(
    "verified",
    "agrees-with-a-link-by-uri",
    "A link and a statement agree where they name the same by the same name, whichever member that is.",
    LINK_V03,
    [{"digest": digest("app"), "uri": "app"}],
)
beside_a_link(
    "links-disagree",
    "disagrees-with-a-link-by-uri",
    "A link and a statement whose descriptors say something else disagree.",
    LINK_V03,
    [{"name": "app", "digest": digest("other"), "uri": "app"}],
)


@case("statements", "verified", ["mixed"])
def in_a_mixed_chain(c):
    """A link in a Metablock and a statement in DSSE agree."""
    c.put_layout(c.layout([c.step("build", by=BOTH, threshold=2, **RULES)], keys=BOTH))
    c.write(
        c.file_name("build", "builder"),
        c.sign(Envelope(DIALECTS["metablock-legacy"], c.link("build", files("src"), files("app"))), "builder"),
    )
    c.write(
        c.file_name("build", "second-builder"),
        c.sign(Envelope(DIALECTS["dsse-go"], link_statement()), "second-builder"),
    )


# In attestation bundles


@case("statements", "verified", DSSE)
def in_a_bundle(c):
    """Statements in an attestation bundle, a line each."""
    c.put_layout(c.layout([c.step("build", **RULES), c.step("test", by="tester")], keys=("builder", "tester")))
    c.put_lines("chain.intoto.jsonl", sign(c, link_statement()), sign(c, link_statement("test", {}, {}), "tester"))


@case("statements", "verified", in_dsse)
def in_two_bundles(c):
    """Statements in two attestation bundles."""
    c.put_layout(c.layout([c.step("build", **RULES), c.step("test", by="tester")], keys=("builder", "tester")))
    c.put_lines("a.intoto.jsonl", sign(c, link_statement()))
    c.put_lines("b.intoto.jsonl", sign(c, link_statement("test", {}, {}), "tester"))


@case("statements", "verified", in_dsse)
def in_a_bundle_and_beside_it(c):
    """One step's statement in an attestation bundle, the other's link in a file."""
    c.put_layout(c.layout([c.step("build", **RULES), c.step("test", by="tester")], keys=("builder", "tester")))
    c.put_lines("chain.intoto.jsonl", sign(c, link_statement()))
    c.put_link(c.link("test"), by="tester")


@case("statements", "verified", in_dsse)
def in_a_bundle_without_line_feed(c):
    """The last line of an attestation bundle need not end."""
    one_step(c)
    c.put_lines("chain.intoto.jsonl", sign(c, link_statement()))
    c.files["chain.intoto.jsonl"] = c.files["chain.intoto.jsonl"].rstrip(b"\n")


@case("statements", "verified", in_dsse)
def in_a_bundle_with_empty_lines(c):
    """Empty lines of an attestation bundle are none."""
    one_step(c)
    c.put_lines("chain.intoto.jsonl", sign(c, link_statement()))
    c.files["chain.intoto.jsonl"] = b"\n\n" + c.files["chain.intoto.jsonl"] + b"\n"


@case("statements", "verified", in_dsse, notes=[""])
def in_a_bundle_with_a_bad_line(c):
    """A line that is no envelope is noted, and the others count."""
    one_step(c)
    c.put_lines("chain.intoto.jsonl", sign(c, link_statement()))
    c.files["chain.intoto.jsonl"] = b"{}\n" + c.files["chain.intoto.jsonl"]


@case("statements", "verified", in_dsse, notes=["once"])
def in_a_bundle_with_a_duplicate_key(c):
    """A line with a key twice is noted, and the others count."""
    one_step(c)
    envelope = sign(c, link_statement())
    c.put_lines("chain.intoto.jsonl", envelope, envelope)
    c.files["chain.intoto.jsonl"] = c.files["chain.intoto.jsonl"].replace(
        b'"payloadType"', b'"payloadType":"","payloadType"', 1
    )


@case("statements", "link-missing", in_dsse, notes=["end of the text"])
def in_a_bundle_on_one_line(c):
    """Two envelopes on one line are none."""
    c.put_layout(c.layout([c.step("build", **RULES)]))
    c.put_lines("chain.intoto.jsonl", sign(c, link_statement()), sign(c, link_statement()))
    c.files["chain.intoto.jsonl"] = c.files["chain.intoto.jsonl"].replace(b"\n", b"") + b"\n"


@case("statements", "threshold-not-met", in_dsse)
def twice_in_a_bundle(c):
    """One functionary's statement twice is one functionary's."""
    c.put_layout(c.layout([c.step("build", by=BOTH, threshold=2, **RULES)], keys=BOTH))
    envelope = sign(c, link_statement())
    c.put_lines("chain.intoto.jsonl", envelope, envelope)


@case("statements", "verified", in_dsse)
def threshold_in_a_bundle(c):
    """Two functionaries' statements in one attestation bundle."""
    c.put_layout(c.layout([c.step("build", by=BOTH, threshold=2, **RULES)], keys=BOTH))
    c.put_lines("chain.intoto.jsonl", sign(c, link_statement()), sign(c, link_statement(), "second-builder"))


@case("statements", "links-disagree", in_dsse)
def disagree_in_a_bundle(c):
    """Two functionaries' statements in one attestation bundle do not agree."""
    c.put_layout(c.layout([c.step("build", by=BOTH, **RULES)], keys=BOTH))
    c.put_lines(
        "chain.intoto.jsonl",
        sign(c, link_statement()),
        sign(c, link_statement(products={"app": digest("b")}), "second-builder"),
    )


@case("statements", "threshold-not-met", in_dsse, warnings=["link-signature"])
def stranger_in_a_bundle(c):
    """A stranger's statement in an attestation bundle does not count."""
    one_step(c)
    c.put_lines("chain.intoto.jsonl", sign(c, link_statement(), "stranger"))


@case("statements", "link-missing", in_dsse, warnings=["link-stray"])
def stray_in_a_bundle(c):
    """A statement of a step that the layout does not have belongs to none."""
    one_step(c)
    c.put_lines("chain.intoto.jsonl", sign(c, link_statement("test")))


@case("statements", "link-missing", in_dsse)
def bundle_with_another_ending(c):
    """Attestation bundles end in `.intoto.jsonl`."""
    one_step(c)
    c.put_lines("chain.jsonl", sign(c, link_statement()))


@case("statements", "verified", in_dsse)
def in_a_sublayouts_directory(c):
    """An attestation bundle in the directory of a sublayout holds statements of its steps."""
    one_step(c)
    path = c.file_name("build", "builder")
    c.put(path, c.layout([c.step("compile", by="compiler")], keys=("compiler",)), by="builder")
    c.put_lines(f"{path.removesuffix('.link')}/chain.intoto.jsonl", sign(c, link_statement("compile"), "compiler"))


@case("statements", "link-missing", in_dsse, warnings=["link-stray"])
def outside_of_a_sublayouts_directory(c):
    """An attestation bundle beside a sublayout holds no statements of its steps."""
    one_step(c)
    c.put(
        c.file_name("build", "builder"), c.layout([c.step("compile", by="compiler")], keys=("compiler",)), by="builder"
    )
    c.put_lines("chain.intoto.jsonl", sign(c, link_statement("compile"), "compiler"))


@case("statements", "verified", in_dsse, link_dir="chain.intoto.jsonl")
def bundle_in_the_place_of_a_directory(c):
    """An attestation bundle may be named in the place of a directory with links."""
    one_step(c)
    c.put_lines("chain.intoto.jsonl", sign(c, link_statement()))


@case("statements", "link-missing", in_dsse, link_dir="other.intoto.jsonl")
def another_bundle_than_that_which_is_named(c):
    """Where an attestation bundle is named in the place of a directory, no other is read."""
    c.put_layout(c.layout([c.step("build")]))
    c.put_link(c.link("build"))
    c.put_lines("chain.intoto.jsonl", sign(c, link_statement()))
    c.put_lines("other.intoto.jsonl", sign(c, statement([], PROVENANCE, {})))
