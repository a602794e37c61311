"""rules: what each artifact rule takes out of the queue."""

from case import add, digest, files, one

DENY = ["DISALLOW", "*"]
SHA = digest("content")
OTHER = digest("other")


def two_steps(
    expect,
    name,
    why,
    rules,
    materials=None,
    products=None,
    earlier=None,
    list_="expected_materials",
    family="rules",
    dialects=one,
    **more,
):
    """A step `build` under these rules. `earlier` are the products of a step `fetch` before it, or its materials and products."""
    earlier = earlier if isinstance(earlier, tuple) else ({}, earlier or {})

    def make(c):
        steps = [c.step("fetch"), c.step("build", **{list_: rules})]
        c.put_layout(c.layout(steps))
        c.put_link(c.link("fetch", *earlier))
        c.put_link(c.link("build", materials or {}, products or {}))

    add(family, name, why, expect, make, dialects, **more)


def product(expect, name, why, rules, products, materials=None, **more):
    """The same for the products of the step."""
    two_steps(expect, name, why, rules, materials, products, list_="expected_products", **more)


def malformed(name, why, rule, code="layout-rule", **more):
    two_steps(code, name, why, [rule], **more)


MATCH = ["MATCH", "*", "WITH", "PRODUCTS", "FROM", "fetch"]
TWO = files("a", "b")

# Keywords

CASES = {
    "ALLOW": (["ALLOW", "a"], {}, files("a")),
    "CREATE": (["CREATE", "a"], {}, files("a")),
    "MODIFY": (["MODIFY", "a"], {"a": SHA}, {"a": OTHER}),
    "REQUIRE": (["REQUIRE", "a"], {}, files("a")),
    "DISALLOW": (["DISALLOW", "b"], {}, files("a")),
}
for keyword, (rule, materials, products) in CASES.items():
    last = [] if keyword in ("REQUIRE", "DISALLOW") else [DENY]
    for spelling in (keyword.lower(), keyword.capitalize(), keyword[:2] + keyword[2:].lower()):
        name = f"keyword-{keyword.lower()}-" + {0: "small", 1: "capitalized"}.get(
            sum(map(str.isupper, spelling)), "mixed"
        )
        product(
            "verified",
            name,
            f"Keywords are the same in any letters: {spelling}.",
            [[spelling, *rule[1:]], *last],
            products,
            materials,
        )
two_steps(
    "verified",
    "keyword-delete-small",
    "Keywords are the same in any letters: delete.",
    [["delete", "a"], DENY],
    files("a"),
)
two_steps(
    "verified",
    "keyword-match-small",
    "All words of MATCH are the same in any letters.",
    [["match", "*", "in", "x", "with", "products", "in", "y", "from", "fetch"], DENY],
    {"x/a": SHA},
    earlier={"y/a": SHA},
)
two_steps(
    "verified",
    "keyword-match-mixed",
    "All words of MATCH are the same in any letters.",
    [["mAtCh", "*", "In", "x", "wItH", "pRoDuCtS", "iN", "y", "FrOm", "fetch"], DENY],
    {"x/a": SHA},
    earlier={"y/a": SHA},
)
two_steps(
    "verified",
    "keyword-materials-small",
    "The word MATERIALS too.",
    [["MATCH", "*", "WITH", "materials", "FROM", "fetch"], DENY],
    {"a": SHA},
    earlier=({"a": SHA}, {}),
)
product(
    "rule-disallow",
    "keyword-disallow-small-disallows",
    "A small keyword is the rule, and no text that is passed over.",
    [["disallow", "a"]],
    files("a"),
)
product(
    "rule-require",
    "keyword-require-small-requires",
    "A small keyword is the rule, and no text that is passed over.",
    [["require", "b"]],
    files("a"),
)

for name, rule in [
    ("empty", []),
    ("keyword-alone", ["ALLOW"]),
    ("too-many-words", ["ALLOW", "a", "b"]),
    ("create-without-pattern", ["CREATE"]),
    ("disallow-with-two", ["DISALLOW", "a", "b"]),
    ("require-with-two", ["REQUIRE", "a", "b"]),
    ("delete-without-pattern", ["DELETE"]),
    ("modify-with-two", ["MODIFY", "a", "b"]),
    ("allow-with-match-words", ["ALLOW", "a", "WITH", "PRODUCTS", "FROM", "fetch"]),
    ("unknown-keyword", ["PERMIT", "a"]),
    ("empty-keyword", ["", "a"]),
    ("keyword-with-space", ["ALLOW ", "a"]),
    ("keyword-in-other-script", ["\uff21LLOW", "a"]),
    ("dotless-keyword", ["MOD\u0131FY", "a"]),
    ("kelvin-sign", ["\u212a", "a"]),
    ("match-alone", ["MATCH"]),
    ("match-pattern-alone", ["MATCH", "*"]),
    ("match-without-from", ["MATCH", "*", "WITH", "PRODUCTS"]),
    ("match-without-step", ["MATCH", "*", "WITH", "PRODUCTS", "FROM"]),
    ("match-without-with", ["MATCH", "*", "PRODUCTS", "FROM", "fetch"]),
    ("match-without-list", ["MATCH", "*", "WITH", "FROM", "fetch"]),
    ("match-singular", ["MATCH", "*", "WITH", "PRODUCT", "FROM", "fetch"]),
    ("match-singular-material", ["MATCH", "*", "WITH", "MATERIAL", "FROM", "fetch"]),
    ("match-other-list", ["MATCH", "*", "WITH", "BYPRODUCTS", "FROM", "fetch"]),
    ("match-turned", ["MATCH", "*", "FROM", "fetch", "WITH", "PRODUCTS"]),
    ("match-in-without-prefix", ["MATCH", "*", "IN", "WITH", "PRODUCTS", "FROM", "fetch"]),
    ("match-second-in-without-prefix", ["MATCH", "*", "WITH", "PRODUCTS", "IN", "FROM", "fetch"]),
    ("match-in-twice", ["MATCH", "*", "IN", "x", "IN", "y", "WITH", "PRODUCTS", "FROM", "fetch"]),
    ("match-in-at-the-end", ["MATCH", "*", "WITH", "PRODUCTS", "FROM", "fetch", "IN", "x"]),
    ("match-more-words", ["MATCH", "*", "WITH", "PRODUCTS", "FROM", "fetch", "x"]),
    ("match-even-more-words", ["MATCH", "*", "IN", "x", "WITH", "PRODUCTS", "IN", "y", "FROM", "fetch", "x"]),
    ("match-two-patterns", ["MATCH", "a", "b", "WITH", "PRODUCTS", "FROM", "fetch"]),
    ("match-both-lists", ["MATCH", "*", "WITH", "PRODUCTS", "MATERIALS", "FROM", "fetch"]),
    ("word-is-number", ["ALLOW", 1]),
    ("word-is-null", ["ALLOW", None]),
    ("word-is-list", ["ALLOW", ["a"]]),
    ("keyword-is-number", [1, "a"]),
    ("step-is-number", ["MATCH", "*", "WITH", "PRODUCTS", "FROM", 1]),
]:
    malformed(f"malformed-{name}", f"{rule} is no rule, and makes the layout invalid.", rule)
for name, rule in [("text", "ALLOW *"), ("object", {"ALLOW": "*"}), ("null", None), ("number", 1)]:
    malformed(f"rule-is-{name}", "A rule is a list of words.", rule)
two_steps(
    "layout-rule",
    "malformed-after-others",
    "A malformed rule makes the layout invalid wherever it stands.",
    [["ALLOW", "*"], ["DISALLOW", "x"], ["PERMIT", "*"]],
    files("a"),
)
product(
    "layout-rule",
    "malformed-in-products",
    "A malformed rule makes the layout invalid in either list.",
    [["PERMIT", "*"]],
    files("a"),
)


def in_inspection(c):
    c.simple(layout={"inspect": [c.inspection("look", expected_products=[["PERMIT", "*"]])]})


add(
    "rules",
    "malformed-in-inspection",
    "A malformed rule of an inspection makes the layout invalid, whether or not inspections are run.",
    "layout-rule",
    in_inspection,
    inspections="skip",
)
two_steps(
    "verified",
    "words-as-patterns",
    "The words of MATCH may be pattern, prefix and step at the same time.",
    [["MATCH", "IN", "IN", "WITH", "WITH", "PRODUCTS", "IN", "FROM", "FROM", "fetch"], DENY],
    {"WITH/IN": SHA},
    earlier={"FROM/IN": SHA},
)
two_steps(
    "verified",
    "pattern-called-with",
    "A pattern that is a word of MATCH.",
    [["MATCH", "WITH", "WITH", "PRODUCTS", "FROM", "fetch"], DENY],
    {"WITH": SHA},
    earlier={"WITH": SHA},
)

# What is left

product(
    "verified", "nothing-left-to-say", "What no rule speaks of is allowed after the last one.", [["CREATE", "a"]], TWO
)
product("verified", "no-rules", "Without rules everything is allowed.", [], TWO)
product("verified", "disallow-of-nothing", "Without artifacts there is nothing to disallow.", [DENY], {})
two_steps("verified", "materials-only", "The rules of one list say nothing about the other.", [DENY], {}, TWO)
product("verified", "products-only", "The rules of one list say nothing about the other.", [DENY], {}, TWO)
product(
    "rule-disallow",
    "disallow-first",
    "DISALLOW before the rule that would account for it.",
    [DENY, ["ALLOW", "*"]],
    TWO,
)
product(
    "verified",
    "disallow-something-else",
    "DISALLOW catches what it matches and nothing else.",
    [["DISALLOW", "c"]],
    TWO,
)
product("rule-disallow", "disallow-one", "DISALLOW catches one of many.", [["DISALLOW", "b"]], TWO)
product(
    "verified",
    "allow-takes-out",
    "What ALLOW takes out of the queue, DISALLOW does not see.",
    [["ALLOW", "a"], ["ALLOW", "b"], DENY],
    TWO,
)
product("rule-disallow", "allow-too-little", "What ALLOW does not match stays.", [["ALLOW", "a"], DENY], TWO)
product(
    "verified",
    "allow-same-twice",
    "A rule that matches nothing any more does no harm.",
    [["ALLOW", "*"], ["ALLOW", "a"], DENY],
    TWO,
)
product(
    "verified",
    "allow-nothing",
    "A rule that matches nothing does no harm.",
    [["ALLOW", "zzz"], ["CREATE", "yyy"], ["ALLOW", "*"], DENY],
    TWO,
)

# CREATE, DELETE, MODIFY

product("verified", "create", "CREATE takes a product that is no material.", [["CREATE", "a"], DENY], files("a"))
product(
    "rule-disallow",
    "create-of-a-material",
    "CREATE does not take a product that was there before, though it is the same.",
    [["CREATE", "a"], DENY],
    files("a"),
    files("a"),
)
product(
    "rule-disallow",
    "create-of-a-changed-material",
    "CREATE does not take a product that was there before and changed.",
    [["CREATE", "a"], DENY],
    {"a": SHA},
    {"a": OTHER},
)
product("verified", "create-pattern", "CREATE takes patterns.", [["CREATE", "src/*"], DENY], files("src/a", "src/b/c"))
product(
    "rule-disallow",
    "create-too-little",
    "CREATE takes what its pattern matches.",
    [["CREATE", "src/*"], DENY],
    files("src/a", "a"),
)
two_steps(
    "rule-disallow", "create-in-materials", "CREATE takes nothing among materials.", [["CREATE", "*"], DENY], files("a")
)
two_steps("verified", "delete", "DELETE takes a material that is no product.", [["DELETE", "a"], DENY], files("a"))
two_steps(
    "rule-disallow",
    "delete-of-a-product",
    "DELETE does not take a material that is still there.",
    [["DELETE", "a"], DENY],
    files("a"),
    files("a"),
)
two_steps(
    "rule-disallow",
    "delete-of-a-changed-product",
    "DELETE does not take a material that is still there and changed.",
    [["DELETE", "a"], DENY],
    {"a": SHA},
    {"a": OTHER},
)
product(
    "rule-disallow", "delete-in-products", "DELETE takes nothing among products.", [["DELETE", "*"], DENY], files("a")
)
product(
    "verified",
    "modify",
    "MODIFY takes what has another digest than before.",
    [["MODIFY", "a"], DENY],
    {"a": SHA},
    {"a": OTHER},
)
product(
    "rule-disallow",
    "modify-unchanged",
    "MODIFY does not take what is as before.",
    [["MODIFY", "a"], DENY],
    {"a": SHA},
    {"a": SHA},
)
product(
    "rule-disallow",
    "modify-created",
    "MODIFY does not take what was not there before.",
    [["MODIFY", "a"], DENY],
    {"a": SHA},
)
two_steps(
    "verified",
    "modify-in-materials",
    "MODIFY takes a material that has another digest afterwards.",
    [["MODIFY", "a"], DENY],
    {"a": SHA},
    {"a": OTHER},
)
two_steps(
    "rule-disallow",
    "modify-deleted",
    "MODIFY does not take a material that is gone.",
    [["MODIFY", "a"], DENY],
    {"a": SHA},
)
product(
    "verified",
    "modify-more-algorithms",
    "A digest set with an algorithm more is another set.",
    [["MODIFY", "a"], DENY],
    {"a": {**SHA, "sha1": "00"}},
    {"a": SHA},
)
product(
    "verified",
    "modify-other-algorithm",
    "A digest set of another algorithm is another set.",
    [["MODIFY", "a"], DENY],
    {"a": {"sha512": "ab" * 64}},
    {"a": SHA},
)
product(
    "rule-disallow",
    "modify-other-order",
    "The same digests in another order are the same set.",
    [["MODIFY", "a"], DENY],
    {"a": {"sha1": "00", **SHA}},
    {"a": {**SHA, "sha1": "00"}},
)
product(
    "rule-disallow",
    "modify-empty-sets",
    "Two empty digest sets do not differ.",
    [["MODIFY", "a"], DENY],
    {"a": {}},
    {"a": {}},
)
product(
    "verified",
    "modify-unknown-algorithm",
    "Digests of an unknown algorithm can differ.",
    [["MODIFY", "a"], DENY],
    {"a": {"x": "1"}},
    {"a": {"x": "2"}},
)
product(
    "verified",
    "create-and-modify",
    "Each product is taken by the rule that fits it.",
    [["CREATE", "new"], ["MODIFY", "old"], ["ALLOW", "same"], DENY],
    {"new": SHA, "old": SHA, "same": SHA},
    {"old": OTHER, "same": SHA, "gone": SHA},
)

# REQUIRE

product("verified", "require", "REQUIRE finds a product.", [["REQUIRE", "a"]], TWO)
product("rule-require", "require-absent", "REQUIRE does not find what is not there.", [["REQUIRE", "c"]], TWO)
product("rule-require", "require-of-nothing", "REQUIRE finds nothing among no products.", [["REQUIRE", "a"]], {})
product(
    "rule-require",
    "require-after-allow",
    "REQUIRE looks at what is still in the queue.",
    [["ALLOW", "a"], ["REQUIRE", "a"]],
    TWO,
)
product(
    "rule-require",
    "require-after-create",
    "REQUIRE looks at what is still in the queue.",
    [["CREATE", "*"], ["REQUIRE", "a"]],
    TWO,
)
product(
    "verified",
    "require-before-allow",
    "REQUIRE comes before what takes it out of the queue.",
    [["REQUIRE", "a"], ["ALLOW", "*"], DENY],
    TWO,
)
product(
    "rule-disallow",
    "require-takes-nothing",
    "REQUIRE leaves its artifact in the queue.",
    [["REQUIRE", "a"], DENY],
    files("a"),
)
product(
    "verified", "require-twice", "REQUIRE twice finds its artifact twice.", [["REQUIRE", "a"], ["REQUIRE", "a"]], TWO
)
product("rule-require", "require-pattern", "REQUIRE is literal: a star is a star.", [["REQUIRE", "*"]], TWO)
product(
    "verified",
    "require-literal-star",
    "REQUIRE is literal: it finds a product called `*`.",
    [["REQUIRE", "*"]],
    files("*"),
)
product("rule-require", "require-class", "REQUIRE is literal: brackets are brackets.", [["REQUIRE", "[a]"]], files("a"))
product("rule-require", "require-other-letters", "REQUIRE compares letter by letter.", [["REQUIRE", "A"]], files("a"))
product(
    "rule-require",
    "require-of-a-material",
    "REQUIRE among products does not look at materials.",
    [["REQUIRE", "a"]],
    {},
    files("a"),
)
two_steps(
    "verified", "require-among-materials", "REQUIRE looks at materials among materials.", [["REQUIRE", "a"]], files("a")
)
two_steps(
    "rule-require",
    "require-of-a-product",
    "REQUIRE among materials does not look at products.",
    [["REQUIRE", "a"]],
    {},
    files("a"),
)
product(
    "rule-require",
    "require-directory",
    "REQUIRE of a directory does not find what is in it.",
    [["REQUIRE", "src"]],
    files("src/a"),
)
product("rule-require", "require-empty", "REQUIRE of nothing finds nothing.", [["REQUIRE", ""]], files("a"))
