"""order: of two defects, which is told. empty: layouts that demand nothing. at-hand: artifacts compared with what the chain made."""

import hashlib

from case import add, case, digest, files, one

DENY = ["DISALLOW", "*"]
BROKEN = [["DISALLOW", "*"]]
BOTH = ("builder", "second-builder")
EXPIRED = "2026-01-01T00:00:00Z"


def bad_signature(c, layout):
    """Writes a layout with a signature of the owner over something else."""
    envelope = c.envelope(layout)
    c.write("root.layout", c.sign(envelope, "owner", over=b"other"))


@case("order", "owner-signature")
def signature_before_contents(c):
    """Nothing of a layout is looked at before its signature: here it has no threshold either."""
    step = c.step("build")
    del step["threshold"]
    bad_signature(c, c.layout([step]))


@case("order", "owner-signature")
def signature_before_type(c):
    """Nothing of a layout is looked at before its signature, not even whether it is one."""
    bad_signature(c, c.link("build"))


@case("order", "owner-signature")
def signature_before_expiry(c):
    """The signature comes before the expiry."""
    bad_signature(c, c.layout([], expires=EXPIRED))


@case("order", "owner-signature")
def signature_before_parameters(c):
    """The signature comes before the parameters."""
    c.more["params"] = {"a": "b"}
    bad_signature(c, c.layout([c.step("build", expected_products=[["ALLOW", "{x}"]])]))


@case("order", "layout-rule")
def contents_before_expiry(c):
    """A malformed layout is malformed, whether or not it has expired."""
    c.put_layout(c.layout([c.step("build", expected_products=[["PERMIT", "*"]])], expires=EXPIRED))


@case("order", "layout-rule")
def contents_before_evidence(c):
    """A malformed rule of a last step is told before a link that is missing for the first."""
    c.put_layout(c.layout([c.step("build"), c.step("test", expected_products=[["PERMIT", "*"]])]))


@case("order", "layout-expired")
def expiry_before_evidence(c):
    """The expiry comes before the evidence."""
    c.put_layout(c.layout([c.step("build")], expires=EXPIRED))


@case("order", "layout-expired")
def expiry_before_inspections(c):
    """The expiry comes before inspections."""
    c.put_layout(c.layout([], inspect=[c.inspection("look")], expires=EXPIRED))


@case("order", "layout-expired")
def expiry_before_rules(c):
    """The expiry comes before rules that are broken."""
    c.put_layout(c.layout([c.step("build", expected_products=BROKEN)], expires=EXPIRED))
    c.put_link(c.link("build", products=files("app")))


def steps(c, *rules, **members):
    """Steps `one`, `two`... that two may carry out, with product rules."""
    names = ("one", "two", "three")
    c.put_layout(
        c.layout(
            [c.step(name, by=BOTH, expected_products=list_) for name, list_ in zip(names, rules)], keys=BOTH, **members
        )
    )


def disagree(c, name):
    c.put_link(c.link(name, products=files("a")), by=BOTH[0])
    c.put_link(c.link(name, products=files("b")), by=BOTH[1])


@case("order", "link-missing")
def thresholds_before_agreement(c):
    """Links that disagree for the first step, and none for the second: every threshold comes before any agreement."""
    steps(c, [], [])
    disagree(c, "one")


@case("order", "link-missing")
def thresholds_before_rules(c):
    """A broken rule of the first step, and no link for the second: every threshold comes before any rule."""
    steps(c, BROKEN, [])
    c.put_link(c.link("one", products=files("a")))


@case("order", "links-disagree")
def agreement_before_rules(c):
    """A broken rule of the first step, and links that disagree for the second: every agreement comes before any rule."""
    steps(c, BROKEN, [])
    c.put_link(c.link("one", products=files("a")))
    disagree(c, "two")


@case("order", "threshold-not-met", warnings=["link-signature"])
def thresholds_in_order(c):
    """A bad link for the first step, and none for the second: steps come in the layout's order."""
    steps(c, [], [])
    c.put_link(c.link("one"), by="stranger", path=c.file_name("one", "builder"))


@case("order", "rule-require")
def rules_in_the_order_of_steps(c):
    """Both steps break a rule: the first step's is told."""
    steps(c, [["REQUIRE", "x"]], BROKEN)
    c.put_link(c.link("two", products=files("a")))
    c.put_link(c.link("one", products=files("a")))


def lists(name, why, expect, materials, products):
    def make(c):
        c.put_layout(c.layout([c.step("build", expected_materials=materials, expected_products=products)]))
        c.put_link(c.link("build", files("a"), files("a", "b")))

    add("order", name, why, expect, make)


lists(
    "materials-before-products",
    "Materials come before products: here they lack something, and there is too much of those.",
    "rule-require",
    [["REQUIRE", "x"]],
    BROKEN,
)
lists(
    "materials-before-products-too",
    "Materials come before products: here there is too much of them, and those lack something.",
    "rule-disallow",
    BROKEN,
    [["REQUIRE", "x"]],
)
lists(
    "require-before-disallow",
    "Rules come in their order: something is missing before there is too much.",
    "rule-require",
    [],
    [["ALLOW", "a"], ["REQUIRE", "x"], DENY],
)
lists(
    "disallow-before-require",
    "Rules come in their order: there is too much before something is missing.",
    "rule-disallow",
    [],
    [["ALLOW", "a"], DENY, ["REQUIRE", "x"]],
)
lists(
    "disallow-of-a-later-artifact",
    "Rules come in their order, whatever the order of artifacts: the first rule catches the last artifact.",
    "rule-disallow",
    [],
    [["DISALLOW", "b"], ["REQUIRE", "x"], ["DISALLOW", "a"]],
)


@case("order", "rule-disallow")
def rules_before_inspections(c):
    """A broken rule is told before inspections that were not run."""
    steps(c, BROKEN, inspect=[c.inspection("look")])
    c.put_link(c.link("one", products=files("a")))


@case("order", "link-missing")
def thresholds_before_inspections(c):
    """A link that is missing is told before inspections that were not run."""
    steps(c, [], inspect=[c.inspection("look")])


@case("order", "rule-disallow")
def rules_before_artifacts(c):
    """A chain that is refused says nothing about an artifact."""
    steps(c, BROKEN)
    c.put_link(c.link("one", products=files("a")))
    c.more["artifacts"] = {"a": "a.bin"}
    c.files["a.bin"] = "other"


@case(
    "order",
    "owner-signature",
    lambda name: one(name, ["metablock-python", "metablock-legacy", "metablock-go", "dsse-python", "dsse-go"]),
)
def owners_in_order(c):
    """The first owner's signature is bad, the second's is missing: owners come in the order in which they are given."""
    c.owner("owner", "second-owner")
    bad_signature(c, c.layout([]))


@case(
    "order",
    "owner-unsigned",
    lambda name: one(name, ["metablock-python", "metablock-legacy", "metablock-go", "dsse-python", "dsse-go"]),
)
def owners_in_the_other_order(c):
    """The same two the other way round."""
    c.owner("second-owner", "owner")
    bad_signature(c, c.layout([]))


# Empty layouts


@case("empty", "verified", warnings=["layout-empty"])
def links_beside_an_empty_layout(c):
    """Links of steps that the layout does not have are not read."""
    c.put_layout(c.layout([]))
    c.put_link(c.link("build", products=files("app")))


@case("empty", "verified", warnings=["layout-empty"])
def no_keys(c):
    """An empty layout needs no keys."""
    c.put_layout(c.layout([], keys={}))


@case("empty", "owner-unsigned", lambda name: ["metablock-go"])
def unsigned(c):
    """An empty layout has to be signed like any other."""
    c.put_layout(c.layout([]), by="stranger")


@case("empty", "layout-expired")
def expired(c):
    """An empty layout expires like any other."""
    c.put_layout(c.layout([], expires=EXPIRED))


@case("empty", "inspections-not-run", warnings=["layout-empty"])
def inspections_alone(c):
    """A layout with nothing but inspections is not verified where they were not run."""
    c.put_layout(c.layout([], inspect=[c.inspection("look")]))


@case("empty", "verified", inspections="skip", warnings=["inspection-skipped", "layout-empty"])
def inspections_alone_skipped(c):
    """A layout with nothing but inspections, which the trust policy leaves out."""
    c.put_layout(c.layout([], inspect=[c.inspection("look")]))


@case("empty", "artifact-no-step", warnings=["layout-empty"])
def artifact_of_an_empty_layout(c):
    """An empty layout vouches for no artifact."""
    c.put_layout(c.layout([]))
    c.more["artifacts"] = {"app": "app.bin"}
    c.files["app.bin"] = "app"


@case("empty", "verified")
def step_without_artifacts(c):
    """A step that uses nothing and makes nothing is one."""
    c.put_layout(c.layout([c.step("build", expected_materials=[DENY], expected_products=[DENY])]))
    c.put_link(c.link("build"))


# Artifacts at hand


def at_hand(name, why, expect, products, content="app", called="app", of=None, earlier=None, **more):
    def make(c):
        c.put_layout(c.layout([c.step("compile"), c.step("build")]))
        c.put_link(c.link("compile", products=earlier or {}))
        c.put_link(c.link("build", products=products))
        c.more["artifacts"] = {called: "artifact.bin"}
        if of:
            c.more["product_of"] = of
        c.files["artifact.bin"] = content

    add("at-hand", name, why, expect, make, **more)


at_hand(
    "product-of-the-last-step",
    "A product of the last step with the digest that was recorded.",
    "verified",
    files("app"),
)
at_hand("other-content", "A product of the last step with another digest.", "artifact-digest", files("app"), "other")
at_hand("other-name", "A file that the last step did not make.", "artifact-unknown", files("app"), called="App")
at_hand(
    "path-not-normalised",
    "A product is asked for by the very name that was recorded.",
    "artifact-unknown",
    files("app"),
    called="./app",
)
at_hand(
    "product-of-an-earlier-step",
    "The product of an earlier step, where that is asked for.",
    "verified",
    {},
    of="compile",
    earlier=files("app"),
)
at_hand(
    "product-of-an-earlier-step-not-asked-for",
    "The product of an earlier step is none of the last.",
    "artifact-unknown",
    {},
    earlier=files("app"),
)
at_hand("product-of-no-step", "A step that does not exist made nothing.", "artifact-step", files("app"), of="nowhere")
at_hand(
    "unknown-algorithm",
    "A digest that cannot be computed proves nothing.",
    "artifact-no-digest",
    {"app": {"blake3": "00"}},
)
at_hand(
    "known-and-unknown-algorithm",
    "A digest that can be computed, beside one that cannot.",
    "verified",
    {"app": {"blake3": "00", **digest("app")}},
)
at_hand(
    "one-of-two-digests-differs",
    "Every digest that can be computed has to agree.",
    "artifact-digest",
    {"app": {**digest("app"), "sha512": "00" * 64}},
)
SEVERAL = {name: hashlib.new(name, b"app").hexdigest() for name in ("sha256", "sha384", "sha512")}
at_hand(
    "several-digests",
    "SHA-384, SHA-512 and Git ids are computed too.",
    "verified",
    {"app": {**SEVERAL, "gitoid:sha256": hashlib.sha256(b"blob 3\0app").hexdigest()}},
)
at_hand("no-digest", "An empty digest set proves nothing.", "artifact-no-digest", {"app": {}})
